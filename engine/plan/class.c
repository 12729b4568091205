/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

const char *kz_class_name(enum kz_class c)
{
    static const char *const names[] = {
        [KZ_CLASS_NONE] = "none",
        [KZ_CLASS_METADATA] = "metadata",
        [KZ_CLASS_ROUTINE] = "routine",
        [KZ_CLASS_RESTART] = "restart",
        [KZ_CLASS_DESTRUCTIVE] = "destructive",
    };
    return (size_t)c < kz_countof(names) ? names[c] : "none";
}

/* Fields that a change means for the object as a whole. The first row that matches decides; a path
 * stands for all that is below it. */
static const struct {
    const char *group, *kind, *path;
    enum kz_class cls;
} fields[] = {
    {"apps",                      "Deployment",               "spec.selector",                  KZ_CLASS_DESTRUCTIVE},
    {"apps",                      "Deployment",               "spec.template",                  KZ_CLASS_RESTART    },
    {"apps",                      "DaemonSet",                "spec.selector",                  KZ_CLASS_DESTRUCTIVE},
    {"apps",                      "DaemonSet",                "spec.template",                  KZ_CLASS_RESTART    },
    {"apps",                      "StatefulSet",              "spec.selector",                  KZ_CLASS_DESTRUCTIVE},
    {"apps",                      "StatefulSet",              "spec.serviceName",               KZ_CLASS_DESTRUCTIVE},
    {"apps",                      "StatefulSet",              "spec.podManagementPolicy",       KZ_CLASS_DESTRUCTIVE},
    {"apps",                      "StatefulSet",              "spec.volumeClaimTemplates",      KZ_CLASS_DESTRUCTIVE},
    {"apps",                      "StatefulSet",              "spec.template",                  KZ_CLASS_RESTART    },
    {"apps",                      "ReplicaSet",               "spec.selector",                  KZ_CLASS_DESTRUCTIVE},
    {"batch",                     "Job",                      "spec.selector",                  KZ_CLASS_DESTRUCTIVE},
    {"batch",                     "Job",                      "spec.template",                  KZ_CLASS_DESTRUCTIVE},
    {"batch",                     "Job",                      "spec.completions",               KZ_CLASS_DESTRUCTIVE},
    {"batch",                     "Job",                      "spec.completionMode",            KZ_CLASS_DESTRUCTIVE},
    {"",                          "Pod",                      "spec.tolerations",               KZ_CLASS_ROUTINE    },
    {"",                          "Pod",                      "spec.activeDeadlineSeconds",     KZ_CLASS_ROUTINE    },
    {"",                          "Pod",                      "spec",                           KZ_CLASS_DESTRUCTIVE},
    {"",                          "Service",                  "spec.clusterIP",                 KZ_CLASS_DESTRUCTIVE},
    {"",                          "Service",                  "spec.clusterIPs",                KZ_CLASS_DESTRUCTIVE},
    {"",                          "Secret",                   "type",                           KZ_CLASS_DESTRUCTIVE},
    {"",                          "PersistentVolumeClaim",    "spec.resources",                 KZ_CLASS_ROUTINE    },
    {"",                          "PersistentVolumeClaim",    "spec.volumeAttributesClassName", KZ_CLASS_ROUTINE    },
    {"",                          "PersistentVolumeClaim",    "spec",                           KZ_CLASS_DESTRUCTIVE},
    {"rbac.authorization.k8s.io", "RoleBinding",              "roleRef",                        KZ_CLASS_DESTRUCTIVE},
    {"rbac.authorization.k8s.io", "ClusterRoleBinding",       "roleRef",                        KZ_CLASS_DESTRUCTIVE},
    {"storage.k8s.io",            "StorageClass",             "provisioner",                    KZ_CLASS_DESTRUCTIVE},
    {"storage.k8s.io",            "StorageClass",             "parameters",                     KZ_CLASS_DESTRUCTIVE},
    {"storage.k8s.io",            "StorageClass",             "reclaimPolicy",                  KZ_CLASS_DESTRUCTIVE},
    {"storage.k8s.io",            "StorageClass",             "volumeBindingMode",              KZ_CLASS_DESTRUCTIVE},
    {"scheduling.k8s.io",         "PriorityClass",            "value",                          KZ_CLASS_DESTRUCTIVE},
    {"scheduling.k8s.io",         "PriorityClass",            "preemptionPolicy",               KZ_CLASS_DESTRUCTIVE},
    {"node.k8s.io",               "RuntimeClass",             "handler",                        KZ_CLASS_DESTRUCTIVE},
    {"networking.k8s.io",         "IngressClass",             "spec.controller",                KZ_CLASS_DESTRUCTIVE},
    {"apiextensions.k8s.io",      "CustomResourceDefinition", "spec.group",                     KZ_CLASS_DESTRUCTIVE},
    {"apiextensions.k8s.io",      "CustomResourceDefinition", "spec.scope",                     KZ_CLASS_DESTRUCTIVE},
    {"apiextensions.k8s.io",      "CustomResourceDefinition", "spec.names",                     KZ_CLASS_DESTRUCTIVE},
};

static bool is_at_or_below(struct kz_str path, struct kz_str top)
{
    return kz_str_starts(path, top) &&
           (path.len == top.len || path.ptr[top.len] == '.' || path.ptr[top.len] == '[');
}

/* A container's image is the one thing of a Pod's containers that may change: it restarts it. */
static bool is_pod_image(const struct kz_id *id, struct kz_str path)
{
    return id->group.len == 0 && kz_str_is(id->kind, "Pod") &&
           (kz_str_starts(path, KZ_STR("spec.containers[")) ||
            kz_str_starts(path, KZ_STR("spec.initContainers["))) &&
           kz_str_ends(path, KZ_STR("].image"));
}

/* Objects of a version that goes may be left unreadable. */
static bool is_crd_version_gone(const struct kz_id *id, const struct kz_change *c)
{
    return kz_object_is_crd(id) && c->kind == KZ_CHANGE_REMOVE &&
           kz_str_starts(c->path, KZ_STR("spec.versions[")) && kz_str_ends(c->path, KZ_STR("]")) &&
           kz_str_index(c->path, '.') == kz_str_rindex(c->path, '.');
}

static enum kz_class class_of(const struct kz_id *id, const struct kz_change *c)
{
    if (is_pod_image(id, c->path))
        return KZ_CLASS_RESTART;
    if (is_crd_version_gone(id, c))
        return KZ_CLASS_DESTRUCTIVE;
    for (size_t i = 0; i < kz_countof(fields); i++) {
        if (kz_str_is(id->kind, fields[i].kind) && kz_str_is(id->group, fields[i].group) &&
            is_at_or_below(c->path, kz_str(fields[i].path)))
            return fields[i].cls;
    }
    return is_at_or_below(c->path, KZ_STR("metadata")) ? KZ_CLASS_METADATA : KZ_CLASS_ROUTINE;
}

bool kz_plan_is_plain(const struct kz_id *id)
{
    for (size_t i = 0; i < kz_countof(fields); i++)
        if (kz_str_is(id->kind, fields[i].kind) && kz_str_is(id->group, fields[i].group))
            return false;
    return true;
}

enum kz_class kz_plan_class(const struct kz_id *id, const struct kz_diff *diff,
                            enum kz_step_kind kind)
{
    enum kz_class cls = KZ_CLASS_NONE;
    switch (kind) {
    case KZ_STEP_NOTHING:
    case KZ_STEP_KEEP:
        return KZ_CLASS_NONE;
    case KZ_STEP_REMOVE:
        return KZ_CLASS_DESTRUCTIVE;
    case KZ_STEP_CREATE:
    case KZ_STEP_RUN:
        return KZ_CLASS_ROUTINE;
    case KZ_STEP_CHANGE:
        break;
    }
    if (diff->len == 0) /* not compared yet: what it changes is not known */
        return KZ_CLASS_ROUTINE;
    for (size_t i = 0; i < diff->len; i++) {
        enum kz_class one = class_of(id, &diff->at[i]);
        if (one > cls)
            cls = one;
    }
    return cls;
}
