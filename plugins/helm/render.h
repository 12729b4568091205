/* SPDX-License-Identifier: Apache-2.0
 *
 * A chart and values in, manifests out: the steps of `helm template` in its order. Pure: reads a tree,
 * writes an arena. */
#ifndef KZ_HELM_RENDER_H
#define KZ_HELM_RENDER_H

#include "helm/dot.h"
#include "helm/funcs.h"
#include "helm/manifest.h"
#include "template/template.h"

struct kz_helm_request {
    struct kz_helm_release release;
    const struct kz_value *values;    /* the user's, numbers of files as floats; NULL: none */
    struct kz_str kube_version;       /* "": Helm's default */
    const struct kz_value *api;       /* list of a cluster, or NULL */
    const struct kz_value *extra_api; /* -a */
    bool skip_schema;
    const struct kz_sprig *sprig;   /* time, seed and the like; copied */
    const struct kz_limits *limits; /* of the templates; NULL: the defaults */
    struct kz_helm_cluster cluster;
    bool want_marks;                /* where each line comes from: helm/place.h works */
};

struct kz_helm_source { /* what a file became, before "<no value>" was taken out, and its marks */
    struct kz_str path, text;
    size_t first, end;
};

/* What was known when a render failed, for explain.h. */
struct kz_helm_failure {
    const struct kz_trace *trace; /* of a template that ran; else NULL */
    struct kz_str name, source;   /* of a template that could not be parsed; else "" */
    struct kz_val values;         /* .Values of the root as the templates had changed them */
    const struct kz_chart_file *texts; /* all templates by their names */
    size_t n_texts;
};

struct kz_helm_crd {
    struct kz_str path, data; /* path as shown: "root/crds/x.yaml" */
};

struct kz_helm_result {
    struct kz_chart *chart;
    struct kz_manifests manifests;
    struct kz_helm_crd *crds; /* root first, then below; as they are, not split */
    size_t n_crds;
    struct kz_str error; /* on failure: Helm's whole message, of any length */
    bool late;           /* it failed after a release was made: Helm adds a hint to --debug */
    struct kz_helm_source *sources; /* with want_marks */
    size_t n_sources;
    struct kz_marks marks;
    struct kz_helm_failure failure;
};

/* Renders. The chart changes (depends.h) and can't be rendered again. On failure err has what fits and
 * the place in the chart; out->error everything. */
KZ_MUST_USE int kz_helm_render(struct kz_helm_result *out, struct kz_arena *a,
                               struct kz_chart *chart, const struct kz_helm_request *req,
                               struct kz_helm_notes *notes, struct kz_err *err);

/* tables.c: every function that a chart's template may call. */
extern const struct kz_func *const kz_helm_tables[];
extern const size_t kz_helm_n_tables;

/* "outermost: ...: cause", without the place. */
struct kz_str kz_helm_error_text(struct kz_arena *a, const struct kz_err *err);

#endif
