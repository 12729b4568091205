/* SPDX-License-Identifier: Apache-2.0
 *
 * The prune rules of docs/internals/safety.md, one guard each. All must let an object pass. */
#include "plan/plan.h"

struct asked {
    const struct kz_prune_facts *facts;
    const struct kz_entry *entry;
    const struct kz_live *live;
    struct kz_str annotation;
};

/* NULL lets pass. */
typedef const char *guard(const struct asked *q);

static const char *render_is_whole(const struct asked *q)
{
    return q->facts->render_complete ? NULL : "its module did not render completely";
}

static const char *source_is_fresh(const struct asked *q)
{
    return q->facts->source_fresh ? NULL : "the source could not be read in this cycle";
}

static const char *all_is_applied(const struct asked *q)
{
    return q->facts->applied_all ? NULL : "not all of the module could be applied";
}

static const char *is_recorded(const struct asked *q)
{
    if (q->entry == NULL)
        return "the inventory does not name it";
    return q->entry->uid.len > 0 ? NULL : "it was never seen as applied by this module";
}

static const char *live_is_known(const struct asked *q)
{
    if (!q->facts->live_known)
        return "what lives in the cluster is being read again";
    return q->live != NULL ? NULL : "it does not exist any more";
}

static const char *is_the_same_object(const struct asked *q)
{
    if (!kz_id_eq(&q->live->id, &q->entry->id))
        return "the live object has another name";
    return kz_str_eq(q->live->uid, q->entry->uid) ? NULL : "somebody deleted and created it again";
}

static const char *is_labelled_ours(const struct asked *q)
{
    if (q->live->module.len == 0)
        return "its label " KZ_LABEL_MODULE " is gone";
    return kz_str_eq(q->live->module, q->entry->module) ? NULL : "its label names another module";
}

static const char *is_not_going(const struct asked *q)
{
    return q->live->deleting ? "it is being deleted already" : NULL;
}

static const char *is_wanted_nowhere(const struct asked *q)
{
    return q->facts->elsewhere ? "another module wants it, or could not be rendered" : NULL;
}

static const char *api_is_fresh(const struct asked *q)
{
    return q->facts->api_fresh ? NULL : "the API server did not list its kind in this cycle";
}

static const char *has_no_instances(const struct asked *q)
{
    if (!kz_object_is_crd(&q->entry->id) || q->facts->instances == 0)
        return NULL;
    return q->facts->instances == SIZE_MAX ? "whether custom resources of it exist is not known"
                                           : "custom resources of it exist and would go with it";
}

static const char *we_lead(const struct asked *q)
{
    return q->facts->leads ? NULL : "the lease of this kzsync runs out";
}

static const char *is_past_first_cycle(const struct asked *q)
{
    return q->facts->first_cycle ? "this is the first full cycle after the start" : NULL;
}

static const char *module_prunes(const struct asked *q)
{
    return q->facts->module_enabled_prune ? NULL
                                          : "its module is paused, retained or does not prune";
}

/* Argo CD's and Flux's words too, so that what people protected stays so. An unknown word protects. */
bool kz_plan_is_kept(struct kz_str prune_annotation)
{
    return prune_annotation.len > 0 && !kz_str_is(prune_annotation, "auto") &&
           !kz_str_is(prune_annotation, "confirm");
}

static const char *annotation_allows(const struct asked *q)
{
    if (kz_str_is(q->annotation, "confirm") && !q->facts->approved)
        return "its annotation " KZ_ANNOT_PRUNE " asks for approval";
    if (!kz_plan_is_kept(q->annotation))
        return NULL;
    return "its annotation " KZ_ANNOT_PRUNE " protects it";
}

static const char *kind_allows(const struct asked *q)
{
    static const struct {
        const char *group, *kind, *why;
    } precious[] = {
        {"",                             "Namespace",                      "a Namespace takes all that is in it along: needs approval"},
        {"apiextensions.k8s.io",         "CustomResourceDefinition",       "a CRD needs approval"                                     },
        {"",                             "PersistentVolume",               "a PersistentVolume may hold data: needs approval"         },
        {"",                             "PersistentVolumeClaim",          "a PersistentVolumeClaim may hold data: needs approval"    },
        {"apps",                         "StatefulSet",                    "a StatefulSet may hold data: needs approval"              },
        {"storage.k8s.io",               "StorageClass",                   "a StorageClass needs approval"                            },
        {"apiregistration.k8s.io",       "APIService",                     "an APIService needs approval"                             },
        {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration",
         "a webhook configuration needs approval"                                                                                     },
        {"admissionregistration.k8s.io", "MutatingWebhookConfiguration",
         "a webhook configuration needs approval"                                                                                     },
    };
    const struct kz_id *id = &q->entry->id;
    if (q->facts->approved)
        return NULL;
    for (size_t i = 0; i < kz_countof(precious); i++) {
        if (!kz_str_is(id->kind, precious[i].kind) || !kz_str_is(id->group, precious[i].group))
            continue;
        if (i == 0 && q->facts->content_foreign)
            return "something in the Namespace is not ours: needs approval";
        return precious[i].why;
    }
    return NULL;
}

enum { FEW = 5, SHARE = 5 }; /* more than 5 and more than a fifth */
static const char ALL_GOES[] = "everything that the module has would go: needs approval";
static const char MUCH_GOES[] = "more than a fifth of the module would go: needs approval";

static const char *blast_is_small(const struct asked *q)
{
    size_t removing = q->facts->removing, owned = q->facts->owned;
    size_t limit = owned / SHARE > FEW ? owned / SHARE : FEW;
    if (q->facts->approved)
        return NULL;
    if (removing >= owned)
        return ALL_GOES;
    return removing > limit ? MUCH_GOES : NULL;
}

const char *kz_plan_may_prune(const struct kz_prune_facts *f, const struct kz_entry *entry,
                              const struct kz_live *live, struct kz_str prune_annotation)
{
    /* Facts about the world first; what a person can approve comes last. */
    static guard *const guards[] = {
        render_is_whole,     source_is_fresh,    all_is_applied,   is_recorded,
        live_is_known,       is_the_same_object, is_labelled_ours, is_not_going,
        is_wanted_nowhere,   api_is_fresh,       has_no_instances, we_lead,
        is_past_first_cycle, module_prunes,      annotation_allows, kind_allows,
        blast_is_small,
    };
    const struct asked q = {
        .facts = f, .entry = entry, .live = live, .annotation = prune_annotation};
    for (size_t i = 0; i < kz_countof(guards); i++) {
        const char *why = guards[i](&q);
        if (why != NULL)
            return why;
    }
    return NULL;
}

/* All texts that ask for a person end in this word. */
enum kz_guard kz_plan_guard(const char *why)
{
    if (strcmp(why, ALL_GOES) == 0 || strcmp(why, MUCH_GOES) == 0)
        return KZ_GUARD_MASS;
    return kz_str_ends(kz_str(why), KZ_STR("approval")) ? KZ_GUARD_APPROVAL : KZ_GUARD_FACT;
}

const char *kz_guard_name(enum kz_guard g)
{
    static const char *const names[KZ_GUARDS_] = {"mass", "approval", "fact"};
    return names[g];
}
