/* SPDX-License-Identifier: Apache-2.0
 *
 * What templates are told about the cluster and about Helm: .Capabilities. */
#ifndef KZ_HELM_CAPABILITIES_H
#define KZ_HELM_CAPABILITIES_H

#include "value/value.h"

struct kz_capabilities {
    struct kz_str kube, major, minor; /* "v1.32.0", "1", "32" */
    struct kz_str *api_versions;      /* group/version, on a cluster also group/version/Kind */
    size_t n_api_versions;
    bool builtin; /* the list is that of kz_helm_api_versions and what was added */
};

extern const char kz_helm_version[], kz_helm_git_commit[], kz_helm_go_version[];

/* kube: "1.31" or "v1.31.2", "" for Helm's own; api: list of strings of a cluster, NULL for the list
 * that Helm is built with; extra: more of them (-a), NULL for none. */
KZ_MUST_USE int kz_capabilities_make(struct kz_capabilities *out, struct kz_arena *a,
                                     struct kz_str kube, const struct kz_value *api,
                                     const struct kz_value *extra, struct kz_err *err);

#endif
