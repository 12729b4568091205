/* SPDX-License-Identifier: Apache-2.0
 *
 * One chart rendered twice: by the native renderer in a worker, and by the helm program. */
#ifndef KZ_CLI_VERIFY_H
#define KZ_CLI_VERIFY_H

#include "cli/app.h"
#include "cli/verify_diff.h"

struct kz_verify_chart {
    struct kz_str name;              /* for people: the module's, or the chart as it was named */
    struct kz_str chart;             /* folder or packed chart on this disk */
    struct kz_str release, ns, kube_version;
    const struct kz_str *files;      /* --values, in order */
    size_t n_files;
    const struct kz_str *sets;       /* --set, in order */
    size_t n_sets;
    const struct kz_value *values;   /* over the files; NULL: none */
    bool crds, skip_schema;
    struct kz_str skip;              /* why it is not compared; "": it is */
};

enum kz_verdict { KZ_VERDICT_EQUAL, KZ_VERDICT_DIFFERENT, KZ_VERDICT_SKIPPED };
const char *kz_verdict_name(enum kz_verdict v);

struct kz_verify_result { /* in the arena that was given */
    enum kz_verdict verdict;
    struct kz_str note;           /* one sentence; "": none */
    struct kz_verify_diff diff;
    struct kz_str from;           /* "templates/x.yaml:3" of the line that differs; "": unknown */
    const struct kz_value *via;   /* list of such, or NULL */
    size_t objects, lines;
    int64_t helm_took, took;      /* ns; took is the native renderer's, with its worker */
};

/* helm: the program. An error is one of running either of them, not one of the chart: when both refuse
 * a chart with the same words, that is equal. */
KZ_MUST_USE int kz_verify_run(struct kz_verify_result *out, struct kz_arena *a, struct kz_app *app,
                              const char *helm, const struct kz_verify_chart *chart,
                              struct kz_err *err);

/* Runs helm with some words and waits; *text is what it wrote, stderr when it failed. Returns its exit
 * code. */
KZ_MUST_USE int kz_verify_helm(struct kz_str *text, struct kz_arena *a, struct kz_app *app,
                               const char *const *argv, struct kz_err *err);

#endif
