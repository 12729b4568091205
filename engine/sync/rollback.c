/* SPDX-License-Identifier: Apache-2.0
 *
 * The way back to a healthy set: that one is at hand before a newer set is sent, it is kept true after a
 * restart, a person can choose an older one, and what failed can be released. What a rollback never
 * touches: CustomResourceDefinitions and volume claims, whose older form may lose data
 * (docs/internals/safety.md 2, rule 10). */
#include "sync/hold.h"
#include "sync/internal.h"

struct ask {
    struct kz_mod *m;
    unsigned epoch;
};

static struct ask *ask_new(struct kz_mod *m)
{
    struct ask *q = malloc(sizeof *q);
    kz_assert(q != NULL);
    *q = (struct ask){.m = m, .epoch = m->epoch};
    return q;
}

/* ---- before a newer set is sent ----------------------------------------------------------------- */

static void prepared(struct ask q)
{
    if (q.m->epoch == q.epoch && !kz_mod_safe_point(q.m))
        kz_mod_on(q.m, KZ_EV_DONE);
}

static void on_kept(void *arg)
{
    struct ask q = *(struct ask *)arg;
    free(arg);
    prepared(q);
}

/* Without it the module goes on all the same, and `hold` is what a failure leads to. */
static void take_good(struct kz_mod *m, struct kz_want *w, const struct kz_err *err)
{
    char line[KZ_ERR_TEXT];
    if (err != NULL)
        kz_log(&m->log, KZ_WARN, "no-way-back", KZ_FS("reason", kz_err_line(line, sizeof line, err)));
    if (m->good == NULL)
        m->good = w;
    else
        kz_want_unref(w);
}

static void on_loaded(void *arg, struct kz_want *w, const struct kz_err *err)
{
    struct ask q = *(struct ask *)arg;
    free(arg);
    take_good(q.m, w, err);
    prepared(q);
}

/* Some revision of it was healthy, but not in this process. */
static bool has_forgotten(const struct kz_mod *m)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    return m->good == NULL && rec->revision[0] != '\0' && !kz_hash_eq(rec->render, m->want->key);
}

void kz_rollback_prepare(struct kz_mod *m)
{
    struct kz_history *h = m->e->history;
    bool may_need = m->spec->on_failure == KZ_FAIL_ROLLBACK && !m->removed && !m->rolling_back;
    if (may_need && kz_history_owes(h, kz_str(m->name)))
        kz_history_flush(h, on_kept, ask_new(m));
    else if (may_need && has_forgotten(m))
        kz_history_load(h, kz_str(m->name), KZ_STR(""), (struct kz_hash){0}, on_loaded, ask_new(m));
    else
        kz_mod_on(m, KZ_EV_DONE);
}

/* ---- after a restart ---------------------------------------------------------------------------- */

enum { AGAIN_SEC = 30 };

static void on_again(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    kz_rollback_recall(m);
}

static void on_recalled(void *arg, struct kz_want *w, const struct kz_err *err)
{
    struct kz_mod *m = arg;
    m->recalling = false;
    take_good(m, w, err);
    kz_engine_kick(m->e);
    bool alone = m->state == KZ_MOD_IDLE && m->want == NULL && m->next == NULL;
    if (!alone || !m->quarantined || m->e->stopped)
        return;
    if (m->good != NULL)
        kz_mod_go_to(m, kz_want_ref(m->good));
    else if (err != NULL && m->e->opt.mode == KZ_MODE_RUN)
        m->timer = kz_env_timer(m->e->env, AGAIN_SEC * KZ_NS_PER_SEC, on_again, m);
}

void kz_rollback_recall(struct kz_mod *m)
{
    if (m->want != NULL || m->next != NULL || m->recalling)
        return;
    m->recalling = true;
    kz_history_load(m->e->history, kz_str(m->name), KZ_STR(""), m->set_aside, on_recalled, m);
}

/* ---- what stays as it is ------------------------------------------------------------------------ */

static bool is_precious(const struct kz_want_object *o)
{
    return o->crd || (o->id.group.len == 0 && kz_str_is(o->id.kind, "PersistentVolumeClaim"));
}

/* What was applied last is this form of it: then to repair it takes nothing back. */
static bool is_in_place(const struct kz_mod *m, const struct kz_want_object *o)
{
    const struct kz_store_entry *e = kz_store_find(kz_store_module(m->e->store, kz_str(m->name)), o->key);
    return e != NULL && kz_hash_eq(e->pub.desired, o->hash);
}

bool kz_rollback_leaves(const struct kz_mod *m, const struct kz_want_object *o)
{
    return (m->rolling_back || m->state == KZ_MOD_BACK) && is_precious(o) &&
           kz_lives_find(m->e->lives, o->key) != NULL && !(m->standing && is_in_place(m, o));
}

void kz_rollback_say_left(struct kz_mod *m)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    for (size_t i = 0; i < m->want->n && !m->left_said; i++) {
        const struct kz_want_object *o = &m->want->at[i];
        const struct kz_store_entry *entry = kz_store_find(rec, o->key);
        if (kz_rollback_leaves(m, o) && (entry == NULL || !kz_hash_eq(entry->pub.desired, o->hash)))
            kz_log(&m->log, KZ_WARN, "rollback-leaves", KZ_F("object", o->key),
                   KZ_FS("reason", "its older form could lose data: it stays as the newer revision made it"));
    }
    m->left_said = true;
}

/* ---- by a person -------------------------------------------------------------------------------- */

struct order {
    struct kz_mod *m;
    void (*done)(void *arg, const struct kz_err *err);
    void *arg;
};

static bool is_calm(const struct kz_mod *m)
{
    return m->next == NULL && !m->removed && !m->e->stopped &&
           (m->state == KZ_MOD_OK || m->state == KZ_MOD_BACK || m->state == KZ_MOD_FAILED || m->state == KZ_MOD_IDLE);
}

static void on_chosen(void *arg, struct kz_want *w, const struct kz_err *err)
{
    struct order q = *(struct order *)arg;
    struct kz_mod *m = q.m;
    struct kz_err why;
    free(arg);
    if (err == NULL && w == NULL) {
        (void)kz_fail(&why, KZ_E_NOTFOUND, "no such healthy revision of module %s is kept", m->name);
        err = &why;
    } else if (err == NULL && !is_calm(m)) {
        (void)kz_fail(&why, KZ_E_CONFLICT, "module %s is at work just now", m->name);
        err = &why;
    }
    if (err != NULL) {
        kz_want_unref(w);
        q.done(q.arg, err);
        return;
    }
    kz_want_unref(m->good);
    m->good = kz_want_ref(w);
    if (!kz_hash_is_none(m->newest))
        kz_mod_quarantine(m, m->newest);
    if (m->hold != NULL || (m->aside == NULL && m->want != NULL))
        kz_mod_set_aside(m, kz_want_ref(m->hold != NULL ? kz_hold_want(m) : m->want));
    kz_hold_drop(m);
    m->quarantined = true;
    kz_mod_go_to(m, w);
    q.done(q.arg, NULL);
}

int kz_engine_go_back(struct kz_engine *e, struct kz_str module, struct kz_str revision,
                      void (*done)(void *arg, const struct kz_err *err), void *arg, struct kz_err *err)
{
    struct kz_mod *m = kz_engine_mod(e, module);
    if (m == NULL || e->history == NULL)
        return kz_fail(err, KZ_E_NOTFOUND, "there is no module '" KZ_FMT "'", KZ_ARG(module));
    if (!is_calm(m))
        return kz_fail(err, KZ_E_CONFLICT, "module " KZ_FMT " is at work just now", KZ_ARG(module));
    if (kz_steer_waits(e))
        return kz_fail(err, KZ_E_CONFLICT, "what people wish of module " KZ_FMT " is not read yet", KZ_ARG(module));
    struct kz_wish_pause pause;
    if (kz_policy_paused(&pause, m))
        return kz_fail(err, KZ_E_CONFLICT, "module " KZ_FMT " is paused: " KZ_FMT, KZ_ARG(module), KZ_ARG(pause.reason));
    struct order *q = malloc(sizeof *q);
    kz_assert(q != NULL);
    *q = (struct order){.m = m, .done = done, .arg = arg};
    struct kz_hash now = revision.len > 0 || m->want == NULL ? (struct kz_hash){0} : kz_want_content(m->want);
    kz_history_load(e->history, module, revision, now, on_chosen, q);
    return 0;
}

bool kz_engine_release(struct kz_engine *e, struct kz_str module)
{
    struct kz_mod *m = kz_engine_mod(e, module);
    if (m == NULL || !e->store_loaded || kz_hash_is_none(kz_store_module(e->store, module)->bad))
        return false;
    kz_mod_quarantine(m, (struct kz_hash){0});
    m->newest = m->newest_base = (struct kz_hash){0}; /* so that it is handed over once more */
    m->quarantined = false;
    e->loaded_revision = false; /* the same commit, once more */
    kz_cycle_poll(e);
    return true;
}
