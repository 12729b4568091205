/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with objects: their verdicts, their worst pods, what those said last, and warnings of Kubernetes
 * where there is not even a pod. And where an object comes from. */
#include "cli/look_events.h"
#include "cli/look_repo.h"
#include "cli/why.h"
#include "spec/revision.h"

enum { OBJECTS_MOST = 3, PODS_MOST = 2, LOG_LINES = 5 };

/* ---- pods ------------------------------------------------------------------------------------------------ */

static bool is_fine(enum kz_health h)
{
    return h == KZ_HEALTH_HEALTHY || h == KZ_HEALTH_SUSPENDED;
}

static int add_log(struct kz_why *w, struct kz_value *row, const struct kz_pod_seen *p, struct kz_err *err)
{
    struct kz_arena *a = w->l->arena;
    struct kz_query q = kz_look_log_query(p, p->container, p->crashed, LOG_LINES, 0);
    struct kz_value *lines = kz_value_list(a);
    struct kz_str line;
    const int rc = kz_query_all(w->l->app, a, &q, 1, 0, err);
    for (struct kz_str rest = kz_look_log_text(&q); rc >= 0 && rest.len > 0;) {
        rest = kz_str_cut(&line, rest, '\n');
        kz_value_push(a, lines, kz_value_str(a, line));
    }
    if (kz_value_len(lines) > 0)
        kz_value_set(a, row, KZ_STR("log"), lines);
    return rc;
}

static int add_pod(struct kz_why *w, int depth, const struct kz_pod_seen *p, struct kz_err *err)
{
    struct kz_arena *a = w->l->arena;
    struct kz_str text = kz_str_dup(a, kz_str(p->verdict.why));
    if (p->container.len > 0)
        text = kz_str_printf(a, "container " KZ_FMT ": " KZ_FMT, KZ_ARG(p->container), KZ_ARG(text));
    struct kz_value *row =
        kz_why_row(w, depth, "pod", kz_str_printf(a, "Pod " KZ_FMT "/" KZ_FMT, KZ_ARG(p->ns), KZ_ARG(p->name)),
                   kz_str(kz_health_name(p->verdict.health)), text);
    return p->container.len == 0 ? 0 : add_log(w, row, p, err);
}

/* The last warning: without pods it says why there are none. */
static int add_warning(struct kz_why *w, int depth, const struct kz_seen *s, const struct kz_pod_seen *pods,
                       size_t n_pods, struct kz_err *err)
{
    struct kz_arena *a = w->l->arena;
    struct kz_event_seen *events;
    struct kz_err why;
    size_t n;
    if (kz_look_events(&events, &n, w->l, s, 1, pods, n_pods, 0, &why) < 0) {
        *err = why;
        return kz_app_interrupted(w->l->app) ? -(int)why.code : 0; /* events are a help, not the matter */
    }
    for (size_t i = n; i > 0; i--) {
        const struct kz_event_seen *e = &events[i - 1];
        if (!e->warning)
            continue;
        struct kz_str times = e->count > 1 ? kz_str_printf(a, " x%lld", (long long)e->count) : KZ_STR("");
        (void)kz_why_row(
            w, depth, "event", kz_str_printf(a, "Event " KZ_FMT KZ_FMT, KZ_ARG(e->reason), KZ_ARG(times)), KZ_STR(""),
            kz_str_printf(a, KZ_FMT " " KZ_FMT ": " KZ_FMT, KZ_ARG(e->kind), KZ_ARG(e->name), KZ_ARG(e->message)));
        break;
    }
    return 0;
}

static int add_pods(struct kz_why *w, int depth, const struct kz_seen *s, struct kz_err *err)
{
    struct kz_str selector;
    struct kz_pod_seen *pods;
    struct kz_err why;
    size_t n = 0, shown = 0;
    int rc = 0;
    if (s->live == NULL || !kz_health_pod_selector(&selector, w->l->arena, s->live))
        return 0;
    if (kz_look_pods(&pods, &n, w->l, s, 1, &why) < 0) {
        *err = why;
        if (kz_app_interrupted(w->l->app))
            return -(int)why.code;
        (void)kz_why_row(w, depth, "pod", KZ_STR("Pods"), KZ_STR("unknown"),
                         kz_str_dup(w->l->arena, kz_str(why.frame[0])));
        return 0;
    }
    for (size_t i = 0; i < n && shown < PODS_MOST && rc >= 0; i++) {
        if (is_fine(pods[i].verdict.health))
            continue;
        rc = add_pod(w, depth, &pods[i], err);
        shown++;
    }
    return rc < 0 ? rc : add_warning(w, shown > 0 ? depth + 1 : depth, s, pods, n, err);
}

/* ---- objects --------------------------------------------------------------------------------------------- */

int kz_why_objects(struct kz_why *w, int depth, const struct kz_seen *at, size_t n, const struct kz_seen **first,
                   struct kz_err *err)
{
    struct kz_arena *a = w->l->arena;
    size_t bad = 0;
    int rc = 0;
    for (size_t i = 0; i < n && rc >= 0; i++) {
        const struct kz_seen *s = &at[i];
        if (s->err == NULL && is_fine(s->verdict.health))
            continue;
        if (bad++ >= OBJECTS_MOST)
            continue;
        if (*first == NULL)
            *first = s;
        if (s->err != NULL)
            (void)kz_why_row(w, depth, "object", kz_id_text(a, &s->id), KZ_STR("unknown"),
                             kz_str_dup(a, kz_str(s->err->frame[0])));
        else
            (void)kz_why_row(w, depth, "object", kz_id_text(a, &s->id), kz_str(kz_health_name(s->verdict.health)),
                             kz_str_dup(a, kz_str(s->verdict.why)));
        rc = add_pods(w, depth + 1, s, err);
    }
    if (rc >= 0 && bad > OBJECTS_MOST)
        (void)kz_why_row(w, depth, "more", kz_str_printf(a, "%zu more objects are not well", bad - OBJECTS_MOST),
                         KZ_STR(""), KZ_STR(""));
    return rc;
}

/* ---- where it comes from --------------------------------------------------------------------------------- */

static struct kz_str place_text(struct kz_arena *a, struct kz_str file, uint32_t line)
{
    return line == 0 ? kz_str_dup(a, file) : kz_str_printf(a, KZ_FMT ":%u", KZ_ARG(file), line);
}

/* The module is on its way to a revision that it has never been healthy at. */
static bool is_moving(const struct kz_why *w, struct kz_str module)
{
    const struct kz_value *m = kz_look_find(w->l, module);
    return !kz_str_eq(kz_value_path_str(m, "revision"), kz_value_path_str(w->l->status, "revision")) &&
           !kz_str_is(kz_value_path_str(m, "state"), "ok");
}

int kz_why_origin(struct kz_why *w, struct kz_str module, const struct kz_id *id, struct kz_err *err)
{
    struct kz_arena *a = w->l->arena;
    struct kz_want *want = NULL;
    struct kz_str reason = KZ_STR("");
    struct kz_err why;
    if (w->repo != NULL && is_moving(w, module) && kz_repo_origin(w, module, id, &reason))
        return 0;
    if (kz_look_set(&want, w->l, module, KZ_STR(""), &why) < 0) {
        *err = why;
        if (kz_app_interrupted(w->l->app))
            return -(int)why.code;
        kz_why_say(w, "From", "not known: %s", why.frame[0]);
        return 0;
    }
    const struct kz_want_object *o = want == NULL ? NULL : kz_want_find(want, kz_id_key(a, id));
    if (o != NULL) {
        struct kz_str place = place_text(a, o->origin.file, o->origin.line);
        struct kz_str revision = kz_str_dup(a, want->revision);
        kz_why_say(w, "From", KZ_FMT " as of " KZ_FMT ", the last healthy revision of " KZ_FMT, KZ_ARG(place),
                   KZ_ARG(kz_revision_short(revision)), KZ_ARG(module));
        kz_why_fact(w, "Commit", kz_repo_commit(a, w->l, w->repo, revision, kz_str_dup(a, o->origin.file)));
        kz_want_unref(want);
        return 0;
    }
    kz_want_unref(want);
    if (reason.len == 0 && kz_repo_origin(w, module, id, &reason))
        return 0;
    kz_why_fact(w, "From", reason);
    return kz_app_interrupted(w->l->app) ? kz_fail(err, KZ_E_TIMEOUT, "interrupted") : 0;
}
