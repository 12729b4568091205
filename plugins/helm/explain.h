/* SPDX-License-Identifier: Apache-2.0
 *
 * What helps a person with a chart that failed, below Helm's message: the place in the chart as a file
 * that can be opened, the line, how it was reached, which value was missing and how to set it; for text
 * that is no YAML also the rendered lines. Values of rendered Secrets are never shown. */
#ifndef KZ_HELM_EXPLAIN_H
#define KZ_HELM_EXPLAIN_H

#include "helm/render.h"
#include "source/tree.h"

struct kz_helm_view { /* where the chart is, and how values are given there */
    struct kz_tree *tree;
    struct kz_str path;  /* of the chart in the tree */
    struct kz_str shown; /* the same as the user names it */
    const char *set;     /* "--set %s=VALUE": printf for a dotted path */
    const char *no_schema; /* how to leave out the check against schemas */
};

/* err and r are what kz_helm_render left behind. Changes place, detail and hint of err; the message and
 * the code stay. */
void kz_helm_explain(struct kz_err *err, struct kz_arena *a, const struct kz_helm_result *r,
                     const struct kz_helm_view *view);

#endif
