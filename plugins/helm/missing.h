/* SPDX-License-Identifier: Apache-2.0
 *
 * The value whose absence made a template fail: which one, what is near it, and the path to set. */
#ifndef KZ_HELM_MISSING_H
#define KZ_HELM_MISSING_H

#include "helm/render.h"

struct kz_helm_missing {
    struct kz_str text; /* ".Values.ingress.tls is not set (web/values.yaml:3 has 'ingress')" */
    struct kz_str set;  /* "ingress.tls.secretName"; "": it is no value that a user gives */
};
/* defaults: how to name the chart's values.yaml.
 * false: the error is none of that kind, or nobody knows which value it was. */
bool kz_helm_missing_find(struct kz_helm_missing *out, struct kz_arena *a, const struct kz_trace *t,
                          const struct kz_helm_result *r, struct kz_str defaults);

#endif
