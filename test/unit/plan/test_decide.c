/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include <criterion/criterion.h>

Test(decide, table)
{
    const struct kz_hash none = {0}, h1 = {1, 1}, h2 = {2, 2}, o1 = {3, 3}, o2 = {4, 4};
    const struct {
        const char *name;
        bool has_live, deleting, has_entry;
        struct kz_hash want, desired, live_owned, entry_owned;
        const char *live_uid, *entry_uid;
        enum kz_step_kind kind;
        bool drift;
    } table[] = {
        {"new",                            false, false, false, h1, none, none, none, "",  "",  KZ_STEP_CREATE,  false},
        {"written ahead, not yet applied", false, false, true,  h1, none, none, none, "",  "",
         KZ_STEP_CREATE,                                                                                         false},
        {"deleted by somebody",            false, false, true,  h1, h1,   none, o1,   "",  "u", KZ_STEP_CREATE,
         true                                                                                                         },
        {"deleted, and the wish is new",   false, false, true,  h2, h1,   none, o1,   "",  "u",
         KZ_STEP_CREATE,                                                                                         false},
        {"being deleted",                  true,  true,  true,  h1, h1,   o1,   o1,   "u", "u", KZ_STEP_CREATE,  true },
        {"exists, not ours",               true,  false, false, h1, none, none, none, "u", "",  KZ_STEP_CHANGE,
         false                                                                                                        },
        {"apply was not confirmed",        true,  false, true,  h1, none, o1,   none, "u", "",  KZ_STEP_CHANGE,
         false                                                                                                        },
        {"all equal",                      true,  false, true,  h1, h1,   o1,   o1,   "u", "u", KZ_STEP_NOTHING, false},
        {"the wish is new",                true,  false, true,  h2, h1,   o1,   o1,   "u", "u", KZ_STEP_CHANGE,  false},
        {"live changed",                   true,  false, true,  h1, h1,   o2,   o1,   "u", "u", KZ_STEP_CHANGE,  true },
        {"both changed",                   true,  false, true,  h2, h1,   o2,   o1,   "u", "u", KZ_STEP_CHANGE,  false},
        {"our fields are gone",            true,  false, true,  h1, h1,   none, o1,   "u", "u", KZ_STEP_CHANGE,
         true                                                                                                         },
        {"made anew by somebody",          true,  false, true,  h1, h1,   o1,   o1,   "v", "u", KZ_STEP_CHANGE,
         true                                                                                                         },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        const struct kz_object want = {.hash = table[i].want};
        const struct kz_live live = {.uid = kz_str(table[i].live_uid),
                                     .owned = table[i].live_owned,
                                     .deleting = table[i].deleting};
        const struct kz_entry entry = {.uid = kz_str(table[i].entry_uid),
                                       .desired = table[i].desired,
                                       .owned = table[i].entry_owned};
        bool drift;
        enum kz_step_kind kind = kz_plan_decide(&drift, &want, table[i].has_live ? &live : NULL,
                                                table[i].has_entry ? &entry : NULL);
        cr_expect_eq(kind, table[i].kind, "%s", table[i].name);
        cr_expect_eq(drift, table[i].drift, "%s", table[i].name);
    }
}

Test(class, by_path)
{
    const struct {
        const char *group, *kind, *path;
        enum kz_change_kind change;
        enum kz_class want;
    } table[] = {
        {"apps",                      "Deployment",               "spec.template.spec.containers[name=a].image",         KZ_CHANGE_SET,
         KZ_CLASS_RESTART                                                                                                                                      },
        {"apps",                      "Deployment",               "spec.template.metadata.annotations[checksum/config]", KZ_CHANGE_SET,
         KZ_CLASS_RESTART                                                                                                                                      },
        {"apps",                      "Deployment",               "spec.templates",                                      KZ_CHANGE_SET,    KZ_CLASS_ROUTINE    },
        {"apps",                      "Deployment",               "spec.replicas",                                       KZ_CHANGE_SET,    KZ_CLASS_ROUTINE    },
        {"apps",                      "Deployment",               "spec.selector.matchLabels.app",                       KZ_CHANGE_SET,
         KZ_CLASS_DESTRUCTIVE                                                                                                                                  },
        {"apps",                      "Deployment",               "metadata.labels.a",                                   KZ_CHANGE_ADD,    KZ_CLASS_METADATA   },
        {"apps",                      "StatefulSet",              "spec.volumeClaimTemplates[name=data].spec.resources",
         KZ_CHANGE_SET,                                                                                                                    KZ_CLASS_DESTRUCTIVE},
        {"apps",                      "DaemonSet",                "spec.template.spec.hostNetwork",                      KZ_CHANGE_SET,    KZ_CLASS_RESTART    },
        {"batch",                     "Job",                      "spec.template.spec.containers[name=a].image",         KZ_CHANGE_SET,
         KZ_CLASS_DESTRUCTIVE                                                                                                                                  },
        {"batch",                     "CronJob",                  "spec.jobTemplate.spec.template.spec",                 KZ_CHANGE_SET,
         KZ_CLASS_ROUTINE                                                                                                                                      },
        {"",                          "Pod",                      "spec.containers[name=a].image",                       KZ_CHANGE_SET,    KZ_CLASS_RESTART    },
        {"",                          "Pod",                      "spec.containers[name=a].args[0]",                     KZ_CHANGE_SET,    KZ_CLASS_DESTRUCTIVE},
        {"",                          "Secret",                   "type",                                                KZ_CHANGE_SET,    KZ_CLASS_DESTRUCTIVE},
        {"",                          "Secret",                   "data.a",                                              KZ_CHANGE_SET,    KZ_CLASS_ROUTINE    },
        {"",                          "PersistentVolumeClaim",    "spec.resources.requests.storage",                     KZ_CHANGE_SET,
         KZ_CLASS_ROUTINE                                                                                                                                      },
        {"",                          "PersistentVolumeClaim",    "spec.storageClassName",                               KZ_CHANGE_SET,    KZ_CLASS_DESTRUCTIVE},
        {"rbac.authorization.k8s.io", "RoleBinding",              "roleRef.name",                                        KZ_CHANGE_SET,
         KZ_CLASS_DESTRUCTIVE                                                                                                                                  },
        {"apiextensions.k8s.io",      "CustomResourceDefinition", "spec.versions[name=v1beta1]",
         KZ_CHANGE_REMOVE,                                                                                                                 KZ_CLASS_DESTRUCTIVE},
        {"apiextensions.k8s.io",      "CustomResourceDefinition",
         "spec.versions[name=v1].schema.openAPIV3Schema.properties.a[0]",                                                KZ_CHANGE_REMOVE,
         KZ_CLASS_ROUTINE                                                                                                                                      },
        {"x.io",                      "Deployment",               "spec.template",                                       KZ_CHANGE_SET,    KZ_CLASS_ROUTINE    },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_change c = {.kind = table[i].change, .path = kz_str(table[i].path)};
        const struct kz_id id = {.group = kz_str(table[i].group), .kind = kz_str(table[i].kind)};
        const struct kz_diff d = {.at = &c, .len = 1};
        cr_expect_eq(kz_plan_class(&id, &d, KZ_STEP_CHANGE), table[i].want, "%s %s", table[i].kind,
                     table[i].path);
        cr_expect_eq(kz_plan_class(&id, &d, KZ_STEP_REMOVE), KZ_CLASS_DESTRUCTIVE);
        cr_expect_eq(kz_plan_class(&id, &d, KZ_STEP_CREATE), KZ_CLASS_ROUTINE);
        cr_expect_eq(kz_plan_class(&id, &d, KZ_STEP_KEEP), KZ_CLASS_NONE);
    }
}

Test(class, largest_wins)
{
    struct kz_change c[] = {
        {.path = KZ_STR_INIT("metadata.labels.a")},
        {.path = KZ_STR_INIT("spec.template.spec.x")},
        {.path = KZ_STR_INIT("spec.replicas")},
    };
    const struct kz_id id = {.group = KZ_STR("apps"), .kind = KZ_STR("Deployment")};
    const struct kz_diff d = {.at = c, .len = 3}, empty = {0};
    cr_expect_eq(kz_plan_class(&id, &d, KZ_STEP_CHANGE), KZ_CLASS_RESTART);
    cr_expect_eq(kz_plan_class(&id, &empty, KZ_STEP_CHANGE), KZ_CLASS_ROUTINE);
    cr_expect_str_eq(kz_class_name(KZ_CLASS_DESTRUCTIVE), "destructive");
}
