/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/count.h"

#include "kube/status.h"

_Static_assert(KZ_VERB_DISCOVER + 1 == KZ_VERB_COUNT_, "kz_kube_stats has a row for each verb");

const char *kz_verb_name(unsigned verb)
{
    static const char *const names[KZ_VERB_COUNT_] = {
        [KZ_VERB_APPLY] = "apply",   [KZ_VERB_GET] = "get",       [KZ_VERB_DELETE] = "delete",
        [KZ_VERB_PATCH] = "patch",   [KZ_VERB_CREATE] = "create", [KZ_VERB_UPDATE] = "update",
        [KZ_VERB_LIST] = "list",     [KZ_VERB_LOGS] = "logs",     [KZ_VERB_WATCH] = "watch",
        [KZ_VERB_DISCOVER] = "discover"};
    return names[verb];
}

const char *kz_resource_class_name(enum kz_resource_class c)
{
    static const char *const names[KZ_RESOURCE_CLASSES_] = {
        [KZ_RESOURCE_WORKLOADS] = "workloads", [KZ_RESOURCE_PODS] = "pods",
        [KZ_RESOURCE_CONFIG] = "config",       [KZ_RESOURCE_NETWORK] = "network",
        [KZ_RESOURCE_STORAGE] = "storage",     [KZ_RESOURCE_RBAC] = "rbac",
        [KZ_RESOURCE_NAMESPACES] = "namespaces", [KZ_RESOURCE_CRDS] = "crds",
        [KZ_RESOURCE_LEASES] = "leases",       [KZ_RESOURCE_CUSTOM] = "custom",
        [KZ_RESOURCE_NONE] = "none",           [KZ_RESOURCE_OTHER] = "other"};
    return names[c];
}

const char *kz_watch_end_name(enum kz_watch_end e)
{
    static const char *const names[KZ_WATCH_ENDS_] = {"time", "expired", "error"};
    return names[e];
}

/* Kubernetes' own groups have no dot, or end in k8s.io. */
static bool is_custom(struct kz_str group)
{
    return kz_str_index(group, '.') < group.len && !kz_str_ends(group, KZ_STR(".k8s.io"));
}

enum kz_resource_class kz_resource_class(struct kz_str group, struct kz_str kind)
{
    static const struct {
        const char *group, *kind; /* NULL: any */
        enum kz_resource_class is;
    } table[] = {
        {"", "", KZ_RESOURCE_NONE},
        {"", "Pod", KZ_RESOURCE_PODS},
        {"", "ConfigMap", KZ_RESOURCE_CONFIG},
        {"", "Secret", KZ_RESOURCE_CONFIG},
        {"", "Namespace", KZ_RESOURCE_NAMESPACES},
        {"", "Service", KZ_RESOURCE_NETWORK},
        {"", "ServiceAccount", KZ_RESOURCE_RBAC},
        {"", "PersistentVolume", KZ_RESOURCE_STORAGE},
        {"", "PersistentVolumeClaim", KZ_RESOURCE_STORAGE},
        {"apps", NULL, KZ_RESOURCE_WORKLOADS},
        {"batch", NULL, KZ_RESOURCE_WORKLOADS},
        {"networking.k8s.io", NULL, KZ_RESOURCE_NETWORK},
        {"discovery.k8s.io", NULL, KZ_RESOURCE_NETWORK},
        {"gateway.networking.k8s.io", NULL, KZ_RESOURCE_NETWORK},
        {"storage.k8s.io", NULL, KZ_RESOURCE_STORAGE},
        {"rbac.authorization.k8s.io", NULL, KZ_RESOURCE_RBAC},
        {"apiextensions.k8s.io", NULL, KZ_RESOURCE_CRDS},
        {"coordination.k8s.io", NULL, KZ_RESOURCE_LEASES},
    };
    for (size_t i = 0; i < kz_countof(table); i++)
        if (kz_str_is(group, table[i].group) && (table[i].kind == NULL || kz_str_is(kind, table[i].kind)))
            return table[i].is;
    return is_custom(group) ? KZ_RESOURCE_CUSTOM : KZ_RESOURCE_OTHER;
}
