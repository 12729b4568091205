/* SPDX-License-Identifier: Apache-2.0
 *
 * /metrics: the text that a collector reads (Prometheus' format 0.0.4), written straight from the engine's view and
 * counters. Families, types, labels and help come from one table (families.c), which also makes docs/metrics.md.
 *
 * A label's value is one of an enum, the name of a module, or what the definitions say of a module that passed
 * their checks; never a commit, user, object, path or text of an error. Above KZ_METRICS_SERIES series the modules
 * that come last by name are one, "_overflow". A module that is gone has no series any more. */
#ifndef KZ_REPORT_METRICS_H
#define KZ_REPORT_METRICS_H

#include "loop/loop.h"
#include "render/zygote.h"
#include "report/process.h"
#include "sync/engine.h"

enum { KZ_METRICS_SERIES = 100000 };
#define KZ_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What is asked of us over HTTP. */
enum kz_route { KZ_ROUTE_HEALTHZ, KZ_ROUTE_READYZ, KZ_ROUTE_METRICS, KZ_ROUTE_OTHER, KZ_ROUTES_ };
const char *kz_route_name(enum kz_route r); /* "/healthz", ..., "other" */
struct kz_route_counts {
    uint64_t by[KZ_CODE_CLASSES_];
    struct kz_histogram took; /* KZ_SCALE_REQUEST */
};

/* All that is told; pointers may be NULL: then their families are left out. */
struct kz_metrics {
    const char *version, *curl, *openssl; /* of this program and of libraries */
    int64_t now;                          /* wall ns */
    const struct kz_engine_view *view;
    const struct kz_engine_counts *counts;
    const size_t (*tally)[KZ_OBJECT_STATES_]; /* of each module of the view */
    const struct kz_kube_stats *kube;
    size_t line;                          /* kz_kube_line */
    int64_t line_oldest;
    const struct kz_loop_stats *loop;
    const struct kz_pool_stats *pool;
    const struct kz_route_counts *routes; /* KZ_ROUTES_ of them */
    const struct kz_process *process;
    size_t max_series;                    /* 0: KZ_METRICS_SERIES */
};

/* Returns how many modules had to be told as one; 0: all have their own series. 20 ms for 1,000 modules at most. */
size_t kz_metrics_write(struct kz_buf *b, const struct kz_metrics *m);

/* docs/metrics.md. */
void kz_metrics_markdown(struct kz_buf *b);

#endif
