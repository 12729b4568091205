/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/removal.h"

#include "base/clock.h"
#include "kube/client.h"
#include "resource/kinds.h"

unsigned kz_delete_flags(const struct kz_id *id, enum kz_propagation said)
{
    switch (said) {
    case KZ_PROPAGATION_AUTO:
        break;
    case KZ_PROPAGATION_BACKGROUND:
        return 0;
    case KZ_PROPAGATION_FOREGROUND:
        return KZ_DELETE_FOREGROUND;
    case KZ_PROPAGATION_ORPHAN:
        return KZ_DELETE_ORPHAN;
    }
    bool pod = id->group.len == 0 && kz_str_is(id->kind, "Pod");
    return kz_kind_is_workload(id) && !pod ? KZ_DELETE_FOREGROUND : 0;
}

/* ---- finalizers ------------------------------------------------------------------------------------- */

static const char *what_it_waits_for(struct kz_str finalizer)
{
    static const struct {
        const char *name, *text;
    } known[] = {
        {"foregroundDeletion", "what it owns is deleted first"},
        {"orphan", "what it owns is let go of first"},
        {"kubernetes.io/pvc-protection", "a Pod still uses it"},
        {"kubernetes.io/pv-protection", "a PersistentVolumeClaim is still bound to it"},
        {"external-provisioner.volume.kubernetes.io/finalizer", "the storage driver deletes the volume first"},
        {"service.kubernetes.io/load-balancer-cleanup", "the cloud controller removes its load balancer first"},
        {"customresourcecleanup.apiextensions.k8s.io", "its custom resources are deleted first"},
        {"batch.kubernetes.io/job-tracking", "the job controller has not counted it yet"},
        {"resources-finalizer.argocd.argoproj.io", "Argo CD deletes what it made first"},
        {"finalizers.fluxcd.io", "Flux deletes what it made first"},
    };
    for (size_t i = 0; i < kz_countof(known); i++)
        if (kz_str_is(finalizer, known[i].name))
            return known[i].text;
    return NULL;
}

/* Whoever has set it is most likely the one that has to take it away. */
static struct kz_str setter(struct kz_arena *a, const struct kz_value *body, struct kz_str finalizer)
{
    const struct kz_value *entries = kz_value_path(body, "metadata.managedFields");
    struct kz_str member = kz_str_printf(a, "v:\"" KZ_FMT "\"", KZ_ARG(finalizer));
    for (size_t i = 0; i < kz_value_len(entries); i++) {
        const struct kz_value *e = kz_value_at(entries, i);
        const struct kz_value *meta = kz_value_get(kz_value_get(e, "fieldsV1"), "f:metadata");
        if (kz_value_find(kz_value_get(meta, "f:finalizers"), member) != NULL)
            return kz_value_path_str(e, "manager");
    }
    return KZ_STR("");
}

static struct kz_str finalizer_text(struct kz_arena *a, const struct kz_value *body, struct kz_str name)
{
    const char *why = what_it_waits_for(name);
    struct kz_str who = why != NULL ? KZ_STR("") : setter(a, body, name), domain, out;
    const size_t slash = kz_str_index(name, '/');
    domain = slash == name.len ? KZ_STR("") : kz_str_head(name, slash);
    out = kz_str_printf(a, "finalizer " KZ_FMT, KZ_ARG(name));
    if (why != NULL)
        return kz_str_printf(a, KZ_FMT " (%s)", KZ_ARG(out), why);
    if (who.len > 0)
        return kz_str_printf(a, KZ_FMT " (set by " KZ_FMT ")", KZ_ARG(out), KZ_ARG(who));
    if (domain.len > 0)
        return kz_str_printf(a, KZ_FMT " (of the controller of " KZ_FMT ")", KZ_ARG(out), KZ_ARG(domain));
    return out;
}

/* Conditions of a Namespace that tell what is left: true is bad. */
static struct kz_str left_in_it(const struct kz_value *body)
{
    static const char *const types[] = {"NamespaceFinalizersRemaining", "NamespaceContentRemaining",
                                        "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionContentFailure"};
    const struct kz_value *list = kz_value_path(body, "status.conditions");
    for (size_t t = 0; t < kz_countof(types); t++)
        for (size_t i = 0; i < kz_value_len(list); i++) {
            const struct kz_value *c = kz_value_at(list, i);
            if (kz_str_is(kz_value_path_str(c, "type"), types[t]) && kz_str_is(kz_value_path_str(c, "status"), "True"))
                return kz_value_path_str(c, "message");
        }
    return KZ_STR("");
}

struct kz_str kz_stuck_text(struct kz_arena *a, const struct kz_value *body, int64_t now)
{
    const struct kz_value *list = kz_value_path(body, "metadata.finalizers");
    struct kz_str out = KZ_STR(""), left = left_in_it(body);
    char age[KZ_TIME_TEXT];
    int64_t since;
    if (kz_time_parse(&since, kz_value_path_str(body, "metadata.deletionTimestamp")) &&
        now - since >= 2 * KZ_NS_PER_SEC) {
        kz_duration_text(age, (now - since) / KZ_NS_PER_SEC * KZ_NS_PER_SEC);
        out = kz_str_printf(a, " for %s", age);
    }
    for (size_t i = 0; i < kz_value_len(list); i++)
        out = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(out), i == 0 ? ": " : ", ",
                            KZ_ARG(finalizer_text(a, body, kz_value_as_str(kz_value_at(list, i)))));
    if (left.len > 0)
        out = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(out), kz_value_len(list) > 0 ? "; " : ": ",
                            KZ_ARG(kz_str_head(left, 300)));
    return out;
}
