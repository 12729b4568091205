/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/capabilities.h"

#include "base/semver_range.h"

#include <string.h>

/* .Capabilities.HelmVersion: charts compare it, so it is that of the Helm whose results these are. */
const char kz_helm_version[] = "v3.17.2";
const char kz_helm_git_commit[] = "cc0bbbd6d6276b83880042c1ecb34087e84d41eb";
const char kz_helm_go_version[] = "go1.23.7";

/* What Helm 3.17.2 knows without a cluster, in its order. */
static const char *const api_versions[] = {
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1alpha1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha1",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1alpha1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
};

static int parse_version(struct kz_capabilities *c, struct kz_arena *a, struct kz_str text,
                         struct kz_err *err)
{
    struct kz_semver v;
    if (!kz_semver_parse_loose(&v, text))
        return kz_fail(err, KZ_E_INVALID,
                       "invalid kube version '" KZ_FMT "': Invalid Semantic Version", KZ_ARG(text));
    c->kube = kz_str_printf(a, "v%llu.%llu.%llu%s" KZ_FMT "%s" KZ_FMT, (unsigned long long)v.major,
                            (unsigned long long)v.minor, (unsigned long long)v.patch,
                            v.pre.len > 0 ? "-" : "", KZ_ARG(v.pre), v.build.len > 0 ? "+" : "",
                            KZ_ARG(v.build));
    c->major = kz_str_printf(a, "%llu", (unsigned long long)v.major);
    c->minor = kz_str_printf(a, "%llu", (unsigned long long)v.minor);
    return 0;
}

int kz_capabilities_make(struct kz_capabilities *out, struct kz_arena *a, struct kz_str kube,
                         const struct kz_value *api, const struct kz_value *extra,
                         struct kz_err *err)
{
    struct kz_capabilities c = {.builtin = api == NULL};
    if (parse_version(&c, a, kube.len > 0 ? kube : KZ_STR("v1.32.0"), err) < 0)
        return -(int)err->code;
    c.api_versions = kz_new_n(a, struct kz_str,
                              kz_countof(api_versions) + kz_value_len(api) + kz_value_len(extra));
    for (size_t i = 0; c.builtin && i < kz_countof(api_versions); i++)
        c.api_versions[c.n_api_versions++] = kz_str(api_versions[i]);
    for (size_t i = 0; i < kz_value_len(api); i++)
        c.api_versions[c.n_api_versions++] = kz_value_as_str(kz_value_at(api, i));
    for (size_t i = 0; i < kz_value_len(extra); i++)
        c.api_versions[c.n_api_versions++] = kz_value_as_str(kz_value_at(extra, i));
    *out = c;
    return 0;
}
