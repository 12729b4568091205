/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/partial.h"

#include "base/near.h"
#include "resource/called.h"
#include "resource/uses.h"
#include "sync/hold.h"
#include "sync/internal.h"

enum { WORK_BYTES = 64 << 20 };

struct kz_partial {
    struct kz_map keys;     /* of the want's objects; the value is the object */
    struct kz_want *want;   /* whose keys these are */
    size_t n;               /* objects */
    bool passed;            /* the last gate */
    struct kz_err *failed;  /* what the set had failed of before; NULL: it had not */
    void (*done)(void *arg, size_t n, size_t written, const struct kz_err *err);
    void *arg;
};

/* ---- which ------------------------------------------------------------------------------------------------ */

struct gather {
    struct kz_partial *p;
    const struct kz_mod *m;
    KZ_VEC(const struct kz_want_object *) open; /* whose uses were not looked at yet */
};

static struct kz_str plural_of(const struct kz_mod *m, const struct kz_id *id)
{
    const struct kz_api *api = kz_kube_api(m->e->kube, id->group, KZ_STR(""), id->kind);
    return api == NULL ? KZ_STR("") : api->plural;
}

static void take(struct gather *g, struct kz_want_object *o)
{
    if (o->hook != NULL || kz_map_put(&g->p->keys, o->key, o) != NULL)
        return;
    g->p->n++;
    kz_vec_push(&g->open, o);
}

static void on_use(void *arg, const struct kz_id *id)
{
    struct gather *g = arg;
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    struct kz_want_object *o = kz_want_find(g->p->want, kz_id_key(a, id));
    if (o != NULL)
        take(g, o);
}

static void take_uses(struct gather *g)
{
    while (g->open.len > 0) {
        kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
        const struct kz_want_object *o = g->open.at[--g->open.len];
        kz_uses_each(&o->id, plural_of(g->m, &o->id), kz_want_body(a, o), on_use, g);
    }
}

static int not_found(const struct gather *g, struct kz_str word, const struct kz_called *c, struct kz_err *err)
{
    struct kz_near near = kz_near(c->name);
    for (size_t i = 0; i < g->p->want->n; i++)
        if (kz_called_kind(c, &g->p->want->at[i].id, plural_of(g->m, &g->p->want->at[i].id)))
            kz_near_try(&near, g->p->want->at[i].id.name);
    return kz_fail(err, KZ_E_NOTFOUND, "module %s has no '" KZ_FMT "' at revision " KZ_FMT KZ_NEAR_FMT, g->m->name,
                   KZ_ARG(word), KZ_ARG(kz_revision_short(g->p->want->revision)), KZ_NEAR_ARGS(near));
}

static int take_word(struct gather *g, struct kz_str word, struct kz_err *err)
{
    struct kz_want_object *found = NULL;
    struct kz_called c;
    int rc = kz_called_read(&c, word, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < g->p->want->n; i++) {
        struct kz_want_object *o = &g->p->want->at[i];
        if (!kz_called_is(&c, &o->id, plural_of(g->m, &o->id)))
            continue;
        if (found != NULL)
            return kz_fail(err, KZ_E_INVALID, "module %s has several '" KZ_FMT "': name the namespace, and the group behind the "
                           "kind", g->m->name, KZ_ARG(word));
        found = o;
    }
    if (found == NULL)
        return not_found(g, word, &c, err);
    take(g, found);
    return 0;
}

static int gather(struct kz_partial *p, const struct kz_mod *m, const struct kz_str *words, size_t n, struct kz_err *err)
{
    struct gather g = {.p = p, .m = m};
    int rc = 0;
    for (size_t i = 0; i < n && rc >= 0; i++)
        rc = take_word(&g, words[i], err);
    if (rc >= 0)
        take_uses(&g);
    kz_vec_done(&g.open);
    return rc;
}

/* ---- may it be -------------------------------------------------------------------------------------------- */

static int may_begin(const struct kz_mod *m, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_wish_pause pause;
    const bool rests = m->state == KZ_MOD_OK || m->state == KZ_MOD_BACK || m->state == KZ_MOD_FAILED;
    if (m->removed)
        return kz_fail(err, KZ_E_INVALID, "module %s is not in git any more: its objects go", m->name);
    if (m->hold != NULL) {
        (void)kz_fail(err, KZ_E_INVALID, "a newer set of module %s waits and begins as a whole: " KZ_FMT, m->name,
                      KZ_ARG(kz_hold_text(a, m)));
        return kz_err_hint(err, "kzsync approve %s, or kzsync sync %s --override-window REASON", m->name, m->name);
    }
    if (kz_policy_leaves_drift(m) && kz_policy_paused(&pause, m))
        return kz_fail(err, KZ_E_INVALID, "module %s is paused with its drift: " KZ_FMT, m->name, KZ_ARG(pause.reason));
    if (!rests || m->next != NULL || m->want == NULL || kz_steer_waits(m->e) || !kz_engine_may_write(m->e) ||
        m->e->stopped)
        return kz_fail(err, KZ_E_CONFLICT, "module %s is at work just now: %s", m->name, kz_mod_state_name(m->state));
    return 0;
}

/* ---- beginning and end ------------------------------------------------------------------------------------ */

static void partial_free(struct kz_partial *p)
{
    kz_map_done(&p->keys);
    kz_want_unref(p->want);
    free(p->failed);
    free(p);
}

void kz_partial_free(struct kz_mod *m)
{
    if (m->partial != NULL)
        partial_free(m->partial);
    m->partial = NULL;
}

static void begin(struct kz_mod *m)
{
    char n[24];
    const bool failed = m->state == KZ_MOD_FAILED;
    (void)snprintf(n, sizeof n, "%zu", m->partial->n);
    kz_log(&m->log, KZ_INFO, "partial", KZ_FS("objects", n));
    m->rolling_back = m->state == KZ_MOD_BACK || (failed && m->rolling_back);
    m->started = kz_env_mono(m->e->env);
    m->applied = m->pruned = 0;
    m->soak_for = 0;
    m->gate_from = 0;
    kz_attempt_begin(m, failed ? KZ_ATTEMPT_RETRY : KZ_ATTEMPT_DRIFT);
    kz_mod_on(m, failed ? KZ_EV_RETRY : KZ_EV_DRIFT);
}

int kz_engine_sync_objects(struct kz_engine *e, struct kz_str module, const struct kz_str *words, size_t n,
                           void (*done)(void *arg, size_t n, size_t written, const struct kz_err *err), void *arg,
                           struct kz_err *err)
{
    struct kz_mod *m = kz_engine_mod(e, module);
    if (m == NULL)
        return kz_fail(err, KZ_E_NOTFOUND, "there is no module '" KZ_FMT "'", KZ_ARG(module));
    int rc = may_begin(m, err);
    if (rc < 0)
        return rc;
    struct kz_partial *p = calloc(1, sizeof *p);
    kz_assert(p != NULL);
    *p = (struct kz_partial){.want = kz_want_ref(m->want), .done = done, .arg = arg};
    kz_map_init(&p->keys);
    rc = gather(p, m, words, n, err);
    if (rc < 0) {
        partial_free(p);
        return rc;
    }
    if (m->state == KZ_MOD_FAILED && m->err != NULL) {
        p->failed = malloc(sizeof *p->failed);
        kz_assert(p->failed != NULL);
        *p->failed = *m->err;
    }
    m->partial = p;
    begin(m);
    return 0;
}

static void end(struct kz_mod *m, const struct kz_err *err)
{
    struct kz_partial *p = m->partial;
    m->partial = NULL;
    p->done(p->arg, p->n, m->applied, err);
    partial_free(p);
}

void kz_partial_on(struct kz_mod *m, enum kz_mod_state next, enum kz_mod_event ev)
{
    struct kz_err err;
    if (m->partial == NULL)
        return;
    if (ev == KZ_EV_WANT || ev == KZ_EV_ROLLBACK || ev == KZ_EV_HELD) {
        (void)kz_fail(&err, KZ_E_CONFLICT, "another set of module %s came first", m->name);
        end(m, &err);
    } else if (next == KZ_MOD_OK || next == KZ_MOD_BACK) {
        end(m, NULL);
    } else if (next == KZ_MOD_FAILED) {
        const struct kz_err failed = *m->err;
        const bool passed = m->partial->passed;
        if (m->partial->failed != NULL)
            (void)kz_mod_blame(m, m->partial->failed);
        end(m, passed ? NULL : &failed);
    }
}

bool kz_partial_has(const struct kz_mod *m, struct kz_str key)
{
    return m->partial == NULL || kz_map_find(&m->partial->keys, key) != NULL;
}

bool kz_partial_passed(struct kz_mod *m)
{
    if (m->partial == NULL)
        return false;
    m->partial->passed = true;
    if (m->partial->failed == NULL)
        return false;
    (void)kz_mod_blame(m, m->partial->failed);
    kz_mod_on(m, KZ_EV_FAILED);
    return true;
}
