/* SPDX-License-Identifier: Apache-2.0
 *
 * Durations that are counted by size, for metrics: each part keeps its own figures in a struct of its own and
 * hands out a pointer to it (kz_kube_stats, kz_loop_stats, ...); nobody reads them but report/metrics. Adding costs
 * some comparisons, no memory. Scales are few and fixed, so that series can be compared and their number is
 * known. */
#ifndef KZ_BASE_MEASURE_H
#define KZ_BASE_MEASURE_H

#include "base/def.h"

enum kz_scale {
    KZ_SCALE_REQUEST, /* 5 ms to 60 s */
    KZ_SCALE_WORK,    /* rendering, fetching: 1 ms to 60 s */
    KZ_SCALE_SYNC,    /* 1 s to an hour */
    KZ_SCALES_,
};

enum { KZ_SCALE_MAX = 12 }; /* steps; what is above the last is counted too */

/* The steps of a scale, ns, ascending. */
size_t kz_scale_steps(const int64_t **steps, enum kz_scale s);

struct kz_histogram {
    uint64_t n[KZ_SCALE_MAX + 1]; /* by step, each without the smaller ones; the last one used is "more" */
    int64_t sum;                  /* ns */
};
void kz_histogram_add(struct kz_histogram *h, enum kz_scale s, int64_t ns);

/* HTTP statuses by their first digit; none: no answer came. */
enum kz_code_class { KZ_CODE_NONE, KZ_CODE_2XX, KZ_CODE_3XX, KZ_CODE_4XX, KZ_CODE_5XX, KZ_CODE_CLASSES_ };
enum kz_code_class kz_code_class(int status);
const char *kz_code_class_name(enum kz_code_class c); /* "none", "2xx", ... */

#endif
