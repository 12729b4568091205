/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bootstrap.h"

#include "cli/ask.h"
#include "report/status.h"
#include "sync/version.h"

#include "kz_version.h"

#define INVENTORY_LABEL "kubezero.com/inventory"
#define INVENTORY_KEY   "inventory"
#define POD_LABELS      "app.kubernetes.io/name=kzsync"

static struct kz_str label_of(const struct kz_value *object, const char *label)
{
    return kz_value_as_str(kz_value_get(kz_value_path(object, "metadata.labels"), label));
}

/* Of all namespaces; who may not read those sees his own. */
static int list_everywhere(struct kz_value **out, const struct kz_bootstrap *b, struct kz_app *app, struct kz_str group,
                           const char *kind, const char *selector, struct kz_err *err)
{
    const int rc = kz_ask_list(out, app, b->arena, group, kz_str(kind), KZ_STR(""), kz_str(selector), err);
    if (rc != -KZ_E_DENIED)
        return rc;
    return kz_ask_list(out, app, b->arena, group, kz_str(kind), b->ns, kz_str(selector), err);
}

/* ---- other installations --------------------------------------------------------------------------------- */

/* One that says which platform it keeps. */
static int check_status(struct kz_bootstrap *b, const struct kz_value *cm, struct kz_err *err)
{
    const struct kz_str ns = kz_value_path_str(cm, "metadata.namespace"), platform = label_of(cm, KZ_STATUS_LABEL);
    const bool here = kz_str_eq(ns, b->ns), same = kz_str_eq(platform, b->platform);
    if (here && same) {
        b->leads = true;
        return 0;
    }
    if (here) {
        (void)kz_fail(err, KZ_E_CONFLICT, "namespace " KZ_FMT " has a kzsync already, which keeps platform " KZ_FMT
                      ", not " KZ_FMT, KZ_ARG(ns), KZ_ARG(platform), KZ_ARG(b->platform));
        return kz_err_hint(err, "nothing was changed; another namespace: --namespace NAME. If that one is gone: kubectl -n " KZ_FMT
                                " delete configmap kzsync-status-" KZ_FMT, KZ_ARG(ns), KZ_ARG(platform));
    }
    if (!same)
        return 0; /* each keeps what is its own */
    (void)kz_fail(err, KZ_E_CONFLICT, "platform " KZ_FMT " is kept already by the kzsync in namespace " KZ_FMT,
                  KZ_ARG(platform), KZ_ARG(ns));
    return kz_err_hint(err, "nothing was changed; two would undo each other's work: use that one with --namespace " KZ_FMT
                            ". If it is gone: kubectl -n " KZ_FMT " delete configmap kzsync-status-" KZ_FMT, KZ_ARG(ns),
                       KZ_ARG(ns), KZ_ARG(platform));
}

static bool has_status(const struct kz_value *list, struct kz_str ns)
{
    for (size_t i = 0; i < kz_value_len(list); i++)
        if (kz_str_eq(kz_value_path_str(kz_value_at(list, i), "metadata.namespace"), ns))
            return true;
    return false;
}

/* One that has said nothing yet may keep any. */
static int check_silent(const struct kz_bootstrap *b, struct kz_app *app, const struct kz_value *statuses,
                        struct kz_err *err)
{
    struct kz_value *list;
    const int rc = list_everywhere(&list, b, app, KZ_STR("apps"), "Deployment", POD_LABELS, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_str ns = kz_value_path_str(kz_value_at(list, i), "metadata.namespace");
        if (kz_str_eq(ns, b->ns) || has_status(statuses, ns))
            continue;
        (void)kz_fail(err, KZ_E_CONFLICT, "there is a kzsync in namespace " KZ_FMT " that does not say what it keeps",
                      KZ_ARG(ns));
        return kz_err_hint(err, "nothing was changed; two would undo each other's work: complete that one with "
                                "--namespace " KZ_FMT ", or remove it", KZ_ARG(ns));
    }
    return 0;
}

/* ---- an older version --------------------------------------------------------------------------------------- */

static int check_version(const struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err)
{
    struct kz_value *list;
    const struct kz_str selector = kz_str_printf(b->arena, INVENTORY_LABEL "=" KZ_FMT, KZ_ARG(b->platform));
    int rc = kz_ask_list(&list, app, b->arena, KZ_STR(""), KZ_STR("ConfigMap"), b->ns, selector, err);
    for (size_t i = 0; rc >= 0 && i < kz_value_len(list) && !kz_args_flag(b->args, "allow-downgrade"); i++) {
        const struct kz_value *cm = kz_value_at(list, i);
        struct kz_shard shard;
        struct kz_err unread; /* the daemon deals with that */
        if (kz_shard_read(&shard, b->arena, kz_value_as_str(kz_value_get(kz_value_get(cm, "data"), INVENTORY_KEY)),
                          kz_value_path_str(cm, "metadata.name"), &unread) < 0 ||
            kz_version_cmp(shard.by, KZ_STR(KZ_VERSION)) <= 0)
            continue;
        rc = kz_fail(err, KZ_E_CONFLICT, "this is kzsync %s, and kzsync " KZ_FMT " is at work on platform " KZ_FMT,
                     KZ_VERSION, KZ_ARG(shard.by), KZ_ARG(b->platform));
        (void)kz_err_hint(err, "nothing was changed; use that version or a newer one, or to go back on purpose "
                               "--allow-downgrade");
    }
    return rc;
}

int kz_bootstrap_look(struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err)
{
    struct kz_value *list;
    int rc = list_everywhere(&list, b, app, KZ_STR(""), "ConfigMap", KZ_STATUS_LABEL, err);
    for (size_t i = 0; rc >= 0 && i < kz_value_len(list); i++)
        rc = check_status(b, kz_value_at(list, i), err);
    if (rc >= 0)
        rc = check_silent(b, app, list, err);
    if (rc >= 0)
        rc = check_version(b, app, err);
    return rc;
}

/* ---- after it was applied ------------------------------------------------------------------------------------ */

int kz_bootstrap_may(const struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err)
{
    static const struct kz_ask_right needed[] = {
        {"create", "coordination.k8s.io", "leases"}, {"update", "coordination.k8s.io", "leases"},
        {"watch", "coordination.k8s.io", "leases"},  {"create", "", "configmaps"},
        {"update", "", "configmaps"},                {"patch", "", "configmaps"},
        {"create", "", "secrets"},                   {"list", "", "secrets"},
    };
    struct kz_value *list;
    int rc = kz_ask_list(&list, app, b->arena, KZ_STR("apps"), KZ_STR("Deployment"), b->ns, KZ_STR(POD_LABELS), err);
    if (rc < 0)
        return rc;
    const struct kz_str account =
        kz_value_path_str(kz_value_at(list, 0), "spec.template.spec.serviceAccountName");
    const struct kz_str user =
        kz_str_printf(b->arena, "system:serviceaccount:" KZ_FMT ":" KZ_FMT, KZ_ARG(b->ns), KZ_ARG(account));
    for (size_t i = 0; i < kz_countof(needed); i++) {
        bool allowed;
        struct kz_err unasked; /* who may not ask finds out by waiting */
        if (kz_ask_allowed(&allowed, app, user, &needed[i], b->ns, &unasked) < 0)
            return 0;
        if (allowed)
            continue;
        (void)kz_fail(err, KZ_E_DENIED, "kzsync runs, but its account " KZ_FMT "/" KZ_FMT " may not %s %s in its namespace",
                      KZ_ARG(b->ns), KZ_ARG(account), needed[i].verb, needed[i].resource);
        return kz_err_hint(err, "give it the rules of charts/kzsync/templates/rbac.yaml (rbac.create: true does), then the "
                                "same command again");
    }
    return 0;
}

/* The leader's identity is the name of its pod, "_" and a number. */
static bool is_pod(const struct kz_value *pods, struct kz_str leader)
{
    const struct kz_str name = kz_str_head(leader, kz_str_rindex(leader, '_'));
    for (size_t i = 0; i < kz_value_len(pods); i++)
        if (name.len > 0 && kz_str_eq(kz_value_path_str(kz_value_at(pods, i), "metadata.name"), name))
            return true;
    return false;
}

static enum kz_bootstrap_state verdict(struct kz_str *note, struct kz_arena *a, const struct kz_value *doc)
{
    const struct kz_value *modules = kz_value_get(doc, "modules"), *why = NULL;
    bool failed = false;
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        const struct kz_str state = kz_value_path_str(m, "state");
        if (kz_str_is(state, "ok") || kz_str_is(state, "paused"))
            continue;
        const bool bad = kz_str_is(state, "fail") || kz_str_is(state, "back") || kz_str_is(state, "held");
        if (why == NULL || (bad && !failed))
            why = m;
        failed |= bad;
    }
    const bool settled = kz_value_path_bool(doc, "settled", false);
    const struct kz_value *stale = kz_value_path(doc, "error.frames");
    if (why != NULL)
        *note = kz_str_printf(a, KZ_FMT ": " KZ_FMT, KZ_ARG(kz_value_path_str(why, "name")),
                              KZ_ARG(kz_value_path_str(why, "note")));
    else
        *note = kz_value_len(stale) > 0 ? kz_value_as_str(kz_value_at(stale, 0)) : KZ_STR("it is at work");
    if (!settled || kz_value_len(stale) > 0)
        return KZ_BOOTSTRAP_NOT_YET;
    return why == NULL ? KZ_BOOTSTRAP_IN_SYNC : failed ? KZ_BOOTSTRAP_FAILED : KZ_BOOTSTRAP_NOT_YET;
}

int kz_bootstrap_in_sync(enum kz_bootstrap_state *out, struct kz_str *note, const struct kz_bootstrap *b,
                         struct kz_app *app, struct kz_arena *a, struct kz_err *err)
{
    struct kz_value *pods, *list, *doc;
    const struct kz_str selector = kz_str_printf(a, KZ_STATUS_LABEL "=" KZ_FMT, KZ_ARG(b->platform));
    if (kz_ask_list(&pods, app, a, KZ_STR(""), KZ_STR("Pod"), b->ns, KZ_STR(POD_LABELS), err) < 0 ||
        kz_ask_list(&list, app, a, KZ_STR(""), KZ_STR("ConfigMap"), b->ns, selector, err) < 0)
        return -(int)err->code;
    *note = KZ_STR("no pod of it leads yet");
    *out = KZ_BOOTSTRAP_NOT_YET;
    if (kz_value_len(list) == 0)
        return 0;
    const int rc = kz_status_of(&doc, a, kz_value_at(list, 0), err);
    if (rc == 0 && is_pod(pods, kz_value_path_str(doc, "leader")))
        *out = verdict(note, a, doc);
    return rc;
}
