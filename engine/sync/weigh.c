/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/weigh.h"

#include "resource/yield.h"
#include "sync/adopt.h"
#include "sync/hook_record.h"
#include "sync/internal.h"
#include "sync/leave.h"
#include "sync/preflight.h"
#include "sync/recreate.h"

enum { ASKED_AT_ONCE = 8, WORK_BYTES = 64 << 20 };

/* ---- what is known here --------------------------------------------------------------------------------- */

static const struct kz_store_module *record(const struct kz_mod *m)
{
    return kz_store_module(m->e->store, kz_str(m->name));
}

/* As kz_leaves has it, of a set that is not the present one. */
static bool is_left(const struct kz_mod *m, const struct kz_want_object *o)
{
    const struct kz_live_rec *live = kz_lives_find(m->e->lives, o->key);
    return o->opt.apply == KZ_APPLY_WORD_NEVER || (live != NULL && live->opt.apply == KZ_APPLY_WORD_NEVER) ||
           (o->opt.apply == KZ_APPLY_WORD_IF_ABSENT && live != NULL);
}

static enum kz_step_kind step_of(const struct kz_mod *m, const struct kz_want_object *o)
{
    const struct kz_live_rec *live = kz_lives_find(m->e->lives, o->key);
    const struct kz_store_entry *entry = kz_store_find(record(m), o->key);
    const struct kz_object want = {.id = o->id, .hash = o->hash};
    bool drift;
    const enum kz_step_kind kind = kz_plan_decide(&drift, &want, live == NULL ? NULL : &live->pub,
                                                  entry == NULL ? NULL : &entry->pub);
    if (drift || kz_engine_claimed_elsewhere(m->e, m, o->key) || is_left(m, o))
        return KZ_STEP_NOTHING;
    return kind;
}

/* Something of the set stands in the cluster without having come from us, or it was healthy once. */
static bool runs_already(const struct kz_mod *m, const struct kz_want *w)
{
    if (record(m)->revision[0] != '\0')
        return true;
    for (size_t i = 0; i < w->n; i++) {
        const struct kz_store_entry *e = kz_store_find(record(m), w->at[i].key);
        const bool applied = e != NULL && e->pub.uid.len > 0;
        if (!applied && kz_lives_find(m->e->lives, w->at[i].key) != NULL)
            return true;
    }
    return false;
}

/* What we applied once and do not see any more may only have lost its label. */
static bool is_asked_about(const struct kz_mod *m, const struct kz_want_object *o)
{
    const enum kz_step_kind kind = kz_plan_is_plain(&o->id) ? KZ_STEP_NOTHING : step_of(m, o);
    const struct kz_store_entry *e = kind == KZ_STEP_CREATE ? kz_store_find(record(m), o->key) : NULL;
    return kind == KZ_STEP_CHANGE || (e != NULL && e->pub.uid.len > 0);
}

bool kz_weigh_known(enum kz_class *out, const struct kz_mod *m, const struct kz_want *w)
{
    bool asks = false;
    *out = kz_hook_any_new(m, w) ? KZ_CLASS_ROUTINE : KZ_CLASS_NONE;
    if (kz_hash_eq(record(m)->render, w->key)) { /* what differs is to be repaired */
        *out = KZ_CLASS_NONE;
        return true;
    }
    for (size_t i = 0; i < w->n; i++) {
        if (step_of(m, &w->at[i]) != KZ_STEP_NOTHING)
            *out = KZ_CLASS_ROUTINE;
        asks |= is_asked_about(m, &w->at[i]);
    }
    return !asks || !runs_already(m, w);
}

/* ---- a guess -------------------------------------------------------------------------------------------- */

static enum kz_class compare(const struct kz_want_object *before, const struct kz_want_object *o)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
    struct kz_diff d = {0};
    kz_diff_objects(&d, a, kz_want_body(a, before), kz_want_body(a, o));
    return d.len == 0 ? KZ_CLASS_NONE : kz_plan_class(&o->id, &d, KZ_STEP_CHANGE);
}

enum kz_class kz_weigh_guess(const struct kz_mod *m, const struct kz_want *w)
{
    enum kz_class cls;
    if (kz_weigh_known(&cls, m, w))
        return cls;
    for (size_t i = 0; i < w->n; i++) {
        const struct kz_want_object *o = &w->at[i], *before = kz_want_find(m->want, o->key);
        if (!is_asked_about(m, o))
            continue;
        if (before == NULL)
            before = kz_want_find(m->good, o->key);
        const enum kz_class one = before == NULL ? KZ_CLASS_ROUTINE : compare(before, o);
        cls = one > cls ? one : cls;
    }
    return cls;
}

/* What was applied last of this object; none: nothing that we know of. */
static struct kz_hash last_applied(const struct kz_mod *m, struct kz_str key)
{
    const struct kz_store_entry *e = kz_store_find(record(m), key);
    return e == NULL || e->pub.uid.len == 0 ? (struct kz_hash){0} : e->pub.desired;
}

static bool is_in_place(const struct kz_mod *m, const struct kz_want *w)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct kz_hash last = last_applied(m, w->at[i].key);
        if (!w->at[i].crd && !kz_hash_is_none(last) && !kz_hash_eq(last, w->at[i].hash))
            return false;
    }
    return true;
}

/* What `from` does not have proves nothing: it may be left from before, when a removal was held. */
static bool is_between(const struct kz_mod *m, const struct kz_want *from, const struct kz_want *to)
{
    bool begun = false;
    for (size_t i = 0; i < to->n + to->n_hooks; i++) {
        const struct kz_want_object *o = &to->at[i], *old = kz_want_find(from, o->key);
        const struct kz_hash last = last_applied(m, o->key);
        if (o->crd || kz_hash_is_none(last) || (old != NULL && kz_hash_eq(last, old->hash)))
            continue;
        if (kz_hash_eq(last, o->hash))
            begun |= old != NULL;
        else if (o->hook == NULL)
            return false;
    }
    return begun;
}

enum kz_stand kz_weigh_stand(const struct kz_mod *m, const struct kz_want *last, const struct kz_want *newest)
{
    if (kz_hash_eq(kz_want_content(last), kz_want_content(newest)))
        return is_in_place(m, last) ? KZ_STAND_BEGUN : KZ_STAND_UNKNOWN;
    const bool is_last = kz_hash_eq(record(m)->render, last->key); /* and not one that was healthy before that */
    if (is_last && is_between(m, last, newest))
        return KZ_STAND_BEGUN;
    return is_in_place(m, last) ? KZ_STAND_LAST : KZ_STAND_UNKNOWN;
}

/* ---- asking --------------------------------------------------------------------------------------------- */

struct question {
    struct kz_weighing *g;
    const struct kz_want_object *o; /* NULL: free */
    uint64_t call;
    struct kz_arena *arena;
    struct kz_value *live;
};

struct kz_weighing {
    struct kz_mod *m;
    struct kz_kube *kube;
    struct kz_want *want;
    size_t next, under_way;
    struct question at[ASKED_AT_ONCE];
    enum kz_class cls;
    struct kz_change_count asked; /* what the answers come to */
    struct kz_err *failed;
    char *doubt;
    uint64_t timer;
    void (*done)(struct kz_mod *m, const struct kz_weighing *g);
};

static void go_on(struct kz_weighing *g);

static void name_restart(struct kz_change_count *c, const struct kz_id *id)
{
    const size_t at = strlen(c->named);
    char text[KZ_RESTARTS_NAMED];
    const int n = snprintf(text, sizeof text, "%s" KZ_FMT " " KZ_FMT "%s" KZ_FMT, at > 0 ? "," : "", KZ_ARG(id->kind),
                           KZ_ARG(id->ns), id->ns.len > 0 ? "/" : "", KZ_ARG(id->name));
    c->restarts++;
    if (n > 0 && at + (size_t)n < sizeof c->named)
        memcpy(c->named + at, text, (size_t)n + 1);
}

static void count(struct kz_change_count *c, const struct question *q, enum kz_class cls)
{
    if (cls == KZ_CLASS_DESTRUCTIVE && q->live != NULL)
        c->replaces++;
    else if (q->live == NULL)
        c->creates += cls == KZ_CLASS_ROUTINE; /* else it cannot be read */
    else
        c->changes += cls != KZ_CLASS_NONE;
    if (cls == KZ_CLASS_RESTART)
        name_restart(c, &q->o->id);
}

static void note(struct question *q, enum kz_class cls)
{
    struct kz_weighing *g = q->g;
    count(&g->asked, q, cls);
    g->cls = cls > g->cls ? cls : g->cls;
    kz_arena_free(q->arena);
    *q = (struct question){.g = g};
    g->under_way--;
    go_on(g);
}

static void doubt(struct kz_weighing *g, const struct kz_err *err)
{
    char line[KZ_ERR_TEXT];
    if (g->doubt == NULL)
        g->doubt = strdup(kz_err_line(line, sizeof line, err));
}

static void fail(struct question *q, const struct kz_err *err)
{
    struct kz_weighing *g = q->g;
    if (g->failed == NULL) {
        g->failed = malloc(sizeof *g->failed);
        kz_assert(g->failed != NULL);
        *g->failed = *err;
    }
    note(q, KZ_CLASS_NONE);
}

static enum kz_class class_of(const struct question *q, const struct kz_diff *d)
{
    if (d->len > 0)
        return kz_plan_class(&q->o->id, d, KZ_STEP_CHANGE);
    return kz_adopt_needed(q->g->m, q->o, q->live) ? KZ_CLASS_METADATA : KZ_CLASS_NONE;
}

static void on_dry_run(void *arg, uint64_t id, const struct kz_result *res)
{
    struct question *q = arg;
    struct kz_diff d = {0};
    (void)id;
    if (res->outcome == KZ_TRANSIENT || res->outcome == KZ_NO_KIND) {
        fail(q, res->err);
    } else if (res->outcome == KZ_IMMUTABLE && kz_recreate_allowed(q->o)) {
        note(q, KZ_CLASS_DESTRUCTIVE);
    } else if (res->err == NULL) {
        kz_diff_objects(&d, q->arena, q->live, res->body);
        note(q, class_of(q, &d));
    } else { /* it will fail before anything is written, unless it is taken after all */
        doubt(q->g, res->err);
        kz_diff_wanted(&d, q->arena, q->live, kz_want_body(q->arena, q->o));
        note(q, class_of(q, &d));
    }
}

static void dry_run(struct question *q)
{
    const struct kz_want_object *o = q->o;
    struct kz_value *body = kz_want_body(q->arena, o);
    const bool lenient = kz_validate_of(q->g->m, o) != KZ_VALIDATE_STRICT;
    for (size_t i = 0; i < o->n_yields; i++)
        kz_yield_keep(body, q->arena, q->live, o->yields[i]);
    q->call = kz_kube_apply(q->g->kube, &o->id, o->version, body,
                            KZ_APPLY_DRY_RUN | KZ_APPLY_FORCE | (lenient ? KZ_APPLY_LENIENT : 0U), on_dry_run, q);
}

static void on_live(void *arg, uint64_t id, const struct kz_result *res)
{
    struct question *q = arg;
    (void)id;
    if (res->outcome == KZ_TRANSIENT || res->outcome == KZ_NO_KIND) { /* kinds of which more is known are built in */
        fail(q, res->err);
    } else if (res->outcome == KZ_NO_OBJECT) {
        note(q, KZ_CLASS_ROUTINE);
    } else if (res->err != NULL) { /* nobody knows what it does */
        doubt(q->g, res->err);
        note(q, KZ_CLASS_DESTRUCTIVE);
    } else {
        q->live = kz_value_copy(q->arena, res->body);
        dry_run(q);
    }
}

static struct question *free_place(struct kz_weighing *g)
{
    for (size_t i = 0; i < ASKED_AT_ONCE; i++)
        if (g->at[i].o == NULL)
            return &g->at[i];
    return NULL;
}

static void on_end(void *arg, uint64_t id)
{
    struct kz_weighing *g = arg;
    (void)id;
    g->timer = 0;
    g->done(g->m, g);
}

static void go_on(struct kz_weighing *g)
{
    struct question *q;
    while (g->failed == NULL && g->next < g->want->n && (q = free_place(g)) != NULL) {
        const struct kz_want_object *o = &g->want->at[g->next++];
        if (!is_asked_about(g->m, o))
            continue;
        *q = (struct question){.g = g, .o = o, .arena = kz_arena_new(WORK_BYTES)};
        g->under_way++;
        q->call = kz_kube_get(g->kube, &o->id, on_live, q);
    }
    if (g->under_way == 0 && g->timer == 0)
        g->timer = kz_env_timer(g->m->e->env, 0, on_end, g);
}

struct kz_weighing *kz_weigh_begin(struct kz_mod *m, struct kz_want *w,
                                   void (*done)(struct kz_mod *m, const struct kz_weighing *g))
{
    struct kz_weighing *g = calloc(1, sizeof *g);
    kz_assert(g != NULL);
    *g = (struct kz_weighing){.m = m, .kube = kz_mod_kube(m), .want = kz_want_ref(w), .done = done};
    (void)kz_weigh_known(&g->cls, m, w); /* at least */
    go_on(g);
    return g;
}

void kz_weigh_end(struct kz_weighing *g)
{
    if (g == NULL)
        return;
    kz_env_timer_stop(g->m->e->env, &g->timer);
    for (size_t i = 0; i < ASKED_AT_ONCE; i++) {
        if (g->at[i].o == NULL)
            continue;
        kz_kube_cancel(g->kube, g->at[i].call);
        kz_arena_free(g->at[i].arena);
    }
    kz_want_unref(g->want);
    free(g->failed);
    free(g->doubt);
    free(g);
}

enum kz_class kz_weigh_class(const struct kz_weighing *g)
{
    return g->cls;
}

const struct kz_err *kz_weigh_failed(const struct kz_weighing *g)
{
    return g->failed;
}

const char *kz_weigh_doubt(const struct kz_weighing *g)
{
    return g->doubt == NULL ? "" : g->doubt;
}

/* As far as their own annotations let them go. */
static size_t count_removed(const struct kz_mod *m, const struct kz_want *w)
{
    const struct kz_map_slot *slot;
    size_t n = 0;
    for (size_t i = 0; (slot = kz_map_next(&record(m)->entries, &i)) != NULL;)
        n += kz_want_find(w, slot->key) == NULL && !kz_is_kept(kz_lives_find(m->e->lives, slot->key));
    return n;
}

void kz_weigh_count(struct kz_change_count *out, const struct kz_mod *m, const struct kz_want *w, const struct kz_weighing *g)
{
    struct kz_change_count c = {0};
    if (g != NULL)
        c = g->asked;
    for (size_t i = 0; i < w->n; i++) {
        const enum kz_step_kind kind = g != NULL && is_asked_about(m, &w->at[i]) ? KZ_STEP_NOTHING : step_of(m, &w->at[i]);
        c.creates += kind == KZ_STEP_CREATE;
        c.changes += kind == KZ_STEP_CHANGE;
    }
    c.removes = count_removed(m, w);
    *out = c;
}
