/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kinds.h"

static const struct {
    const char *group;
    const char *kind; /* NULL: the others of this group */
    int namespaced;
} kinds[] = {
    {"",                             "Namespace",          0},
    {"",                             "Node",               0},
    {"",                             "PersistentVolume",   0},
    {"",                             NULL,                 1},
    {"admissionregistration.k8s.io", NULL,                 0},
    {"apiextensions.k8s.io",         NULL,                 0},
    {"apiregistration.k8s.io",       NULL,                 0},
    {"apps",                         NULL,                 1},
    {"autoscaling",                  NULL,                 1},
    {"batch",                        NULL,                 1},
    {"certificates.k8s.io",          NULL,                 0},
    {"coordination.k8s.io",          NULL,                 1},
    {"discovery.k8s.io",             NULL,                 1},
    {"events.k8s.io",                NULL,                 1},
    {"flowcontrol.apiserver.k8s.io", NULL,                 0},
    {"networking.k8s.io",            "IPAddress",          0},
    {"networking.k8s.io",            "IngressClass",       0},
    {"networking.k8s.io",            "ServiceCIDR",        0},
    {"networking.k8s.io",            NULL,                 1},
    {"node.k8s.io",                  NULL,                 0},
    {"policy",                       NULL,                 1},
    {"rbac.authorization.k8s.io",    "ClusterRole",        0},
    {"rbac.authorization.k8s.io",    "ClusterRoleBinding", 0},
    {"rbac.authorization.k8s.io",    NULL,                 1},
    {"scheduling.k8s.io",            NULL,                 0},
    {"storage.k8s.io",               "CSIStorageCapacity", 1},
    {"storage.k8s.io",               NULL,                 0},
};

bool kz_kind_is_builtin(struct kz_str group)
{
    for (size_t i = 0; i < kz_countof(kinds); i++) {
        if (kz_str_is(group, kinds[i].group))
            return !kz_str_is(group, "apiextensions.k8s.io");
    }
    return false;
}

int kz_kind_namespaced(struct kz_str group, struct kz_str kind)
{
    for (size_t i = 0; i < kz_countof(kinds); i++) {
        if (kz_str_is(group, kinds[i].group) &&
            (kinds[i].kind == NULL || kz_str_is(kind, kinds[i].kind)))
            return kinds[i].namespaced;
    }
    return -1;
}

static const struct {
    const char *group, *kind, *pod_template;
} workloads[] = {
    {"apps",  "Deployment",            "spec.template"                 },
    {"apps",  "StatefulSet",           "spec.template"                 },
    {"apps",  "DaemonSet",             "spec.template"                 },
    {"apps",  "ReplicaSet",            "spec.template"                 },
    {"",      "ReplicationController", "spec.template"                 },
    {"batch", "Job",                   "spec.template"                 },
    {"batch", "CronJob",               "spec.jobTemplate.spec.template"},
};

bool kz_kind_is_workload(const struct kz_id *id)
{
    if (id->group.len == 0 && kz_str_is(id->kind, "Pod"))
        return true;
    for (size_t i = 0; i < kz_countof(workloads); i++) {
        if (kz_str_is(id->kind, workloads[i].kind) && kz_str_is(id->group, workloads[i].group))
            return true;
    }
    return false;
}

const struct kz_value *kz_kind_pod_template(const struct kz_id *id, const struct kz_value *body)
{
    if (id->group.len == 0 && kz_str_is(id->kind, "Pod"))
        return body;
    for (size_t i = 0; i < kz_countof(workloads); i++) {
        if (kz_str_is(id->kind, workloads[i].kind) && kz_str_is(id->group, workloads[i].group))
            return kz_value_path(body, workloads[i].pod_template);
    }
    return NULL;
}
