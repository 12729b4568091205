/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/drift.h"
#include "sync/hold.h"
#include "sync/hook_record.h"
#include "sync/leave.h"
#include "sync/partial.h"
#include "sync/preflight.h"
#include "sync/tenants.h"

#include <stdarg.h>

struct state {
    const char *name;
    void (*enter)(struct kz_mod *m);
    bool writing; /* requests may be under way: a newer want has to wait for them */
};

static const struct state states[KZ_MOD_STATES_] = {
    [KZ_MOD_IDLE] = {"idle", NULL, false},
    [KZ_MOD_JOURNAL] = {"journal", kz_enter_journal, true},
    [KZ_MOD_CRDS] = {"crds", kz_enter_crds, true},
    [KZ_MOD_WAIT] = {"wait", kz_enter_wait, false},
    [KZ_MOD_CHECK] = {"check", kz_enter_check, true},
    [KZ_MOD_PRESYNC] = {"presync", kz_enter_hooks, true},
    [KZ_MOD_APPLY] = {"apply", kz_enter_apply, true},
    [KZ_MOD_SYNCHOOK] = {"synchook", kz_enter_hooks, true},
    [KZ_MOD_GATE] = {"gate", kz_enter_gate, false},
    [KZ_MOD_POSTSYNC] = {"postsync", kz_enter_hooks, true},
    [KZ_MOD_PRUNE] = {"prune", kz_enter_prune, true},
    [KZ_MOD_POSTDELETE] = {"postdelete", kz_enter_hooks, true},
    [KZ_MOD_SYNCFAIL] = {"syncfail", kz_enter_hooks, true},
    [KZ_MOD_OK] = {"ok", kz_enter_ok, false},
    [KZ_MOD_BACK] = {"back", kz_enter_back, false},
    [KZ_MOD_FAILED] = {"failed", kz_enter_failed, false},
};

const char *kz_mod_state_name(enum kz_mod_state s)
{
    return states[s].name;
}

/* What KZ_EV_DONE leads to. */
static const enum kz_mod_state after_done[KZ_MOD_STATES_] = {
    [KZ_MOD_IDLE] = KZ_MOD_IDLE,         [KZ_MOD_JOURNAL] = KZ_MOD_CRDS,
    [KZ_MOD_CRDS] = KZ_MOD_WAIT,         [KZ_MOD_WAIT] = KZ_MOD_CHECK,
    [KZ_MOD_CHECK] = KZ_MOD_PRESYNC,     [KZ_MOD_PRESYNC] = KZ_MOD_APPLY,
    [KZ_MOD_APPLY] = KZ_MOD_SYNCHOOK,    [KZ_MOD_SYNCHOOK] = KZ_MOD_GATE,
    [KZ_MOD_GATE] = KZ_MOD_POSTSYNC,     [KZ_MOD_POSTSYNC] = KZ_MOD_PRUNE,
    [KZ_MOD_PRUNE] = KZ_MOD_POSTDELETE,  [KZ_MOD_POSTDELETE] = KZ_MOD_OK,
    [KZ_MOD_OK] = KZ_MOD_OK,             [KZ_MOD_BACK] = KZ_MOD_BACK,
    [KZ_MOD_SYNCFAIL] = KZ_MOD_FAILED,   [KZ_MOD_FAILED] = KZ_MOD_FAILED,
};

/* The states in which a sync has begun to write. */
static bool has_begun(enum kz_mod_state s)
{
    return s >= KZ_MOD_PRESYNC && s <= KZ_MOD_POSTSYNC;
}

enum kz_mod_state kz_mod_next(enum kz_mod_state now, enum kz_mod_event ev)
{
    bool resting = now == KZ_MOD_OK || now == KZ_MOD_BACK;
    switch (ev) {
    case KZ_EV_WANT:
        return KZ_MOD_JOURNAL;
    case KZ_EV_DONE:
        return after_done[now];
    case KZ_EV_WAVE:
        return now == KZ_MOD_GATE ? KZ_MOD_APPLY : now;
    case KZ_EV_FAILED:
        return now == KZ_MOD_IDLE ? now : KZ_MOD_FAILED;
    case KZ_EV_ROLLBACK:
        return has_begun(now) || now == KZ_MOD_SYNCFAIL || resting || now == KZ_MOD_IDLE || now == KZ_MOD_FAILED
                   ? KZ_MOD_JOURNAL /* an older set may hold what was pruned since */
                   : now;
    case KZ_EV_FAIL_HOOKS:
        return has_begun(now) ? KZ_MOD_SYNCFAIL : now;
    case KZ_EV_RETRY:
        return now == KZ_MOD_FAILED ? KZ_MOD_JOURNAL : now;
    case KZ_EV_DRIFT:
        return resting || now == KZ_MOD_GATE ? KZ_MOD_CHECK : now;
    case KZ_EV_RESTED:
        return now == KZ_MOD_GATE ? KZ_MOD_BACK : now;
    case KZ_EV_HELD:
        return now == KZ_MOD_CRDS || now == KZ_MOD_WAIT || now == KZ_MOD_CHECK || now == KZ_MOD_FAILED ? KZ_MOD_IDLE : now;
    }
    return now;
}

static const char *event_name(enum kz_mod_event ev)
{
    static const char *const names[] = {"want",  "done",  "wave",  "failed",
                                        "rollback", "retry", "drift", "rested", "fail-hooks", "held"};
    return names[ev];
}

static void count_in(size_t *n, bool *counted, bool now)
{
    *n += now;
    *n -= *counted;
    *counted = now;
}

/* What others wait for is counted as it changes: looking at all modules for each one that waits is quadratic. */
static void count(struct kz_mod *m)
{
    const bool crds = m->want != NULL && m->want->has_crds &&
                      (m->state == KZ_MOD_JOURNAL || m->state == KZ_MOD_CRDS);
    count_in(&m->e->n_waiting, &m->counted_waiting, m->state == KZ_MOD_WAIT);
    count_in(&m->e->n_crds, &m->counted_crds, crds);
}

void kz_mod_on(struct kz_mod *m, enum kz_mod_event ev)
{
    enum kz_mod_state next = kz_mod_next(m->state, ev);
    if ((next == m->state && ev != KZ_EV_WANT) || m->e->stopped)
        return;
    kz_log(&m->log, KZ_DEBUG, "state", KZ_FS("from", states[m->state].name),
           KZ_FS("to", states[next].name), KZ_FS("on", event_name(ev)));
    kz_env_timer_stop(m->e->env, &m->timer);
    free(m->waiting_for);
    m->waiting_for = NULL;
    if (m->state == KZ_MOD_GATE)
        kz_attempt_gate_over(m);
    kz_partial_on(m, next, ev);
    m->state = next;
    m->epoch++;
    count(m);
    kz_engine_kick(m->e);
    if (states[next].enter != NULL)
        states[next].enter(m);
}

void kz_mod_say(struct kz_mod *m, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    if (text != NULL && m->waiting_for != NULL && strcmp(text, m->waiting_for) == 0) {
        free(text);
        return;
    }
    free(m->waiting_for);
    m->waiting_for = text;
    kz_engine_kick(m->e);
}

/* ---- wants ---------------------------------------------------------------------------------- */

static void plan_steps(struct kz_mod *m)
{
    free(m->steps);
    m->steps = calloc(m->want->n + 1, sizeof *m->steps);
    kz_assert(m->steps != NULL);
    for (size_t i = 0; i < m->want->n; i++)
        m->steps[i].o = &m->want->at[i];
    kz_engine_need_kinds(m->e, m->want);
}

static void take_next(struct kz_mod *m)
{
    kz_want_unref(m->want);
    m->want = m->next;
    m->next = NULL;
    m->cls = m->next_cls;
    m->begun = m->next_begun;
    m->next_cls = KZ_CLASS_NONE;
    m->next_begun = false;
    m->rolling_back = m->standing = m->retry_held = false;
    kz_drift_forget(m);
    m->hook_failed = m->went_on = false;
    m->soak_for = 0;
    m->wave = m->gate_from = 0;
    m->applied = m->pruned = 0;
    (void)kz_mod_blame(m, NULL);
    m->violates = m->render_err == NULL ? KZ_VIOLATES_NOTHING : m->violates;
    m->held = NULL;
    m->held_n = 0;
    m->held_by = 0;
    m->held_policy = m->held_guarded = false;
    m->started = kz_env_mono(m->e->env);
    kz_attempt_begin(m, KZ_ATTEMPT_WANT);
    kz_backoff_reset(&m->backoff);
    kz_pods_forget(m);
    plan_steps(m);
    kz_mod_on(m, KZ_EV_WANT);
}

void kz_mod_want(struct kz_mod *m, struct kz_want *w)
{
    kz_want_unref(m->next);
    m->next = w;
    if (!states[m->state].writing)
        take_next(m);
}

bool kz_mod_safe_point(struct kz_mod *m)
{
    if (m->next == NULL)
        return false;
    take_next(m);
    return true;
}

const struct kz_want *kz_mod_newest(const struct kz_mod *m)
{
    return m->hold != NULL ? kz_hold_want(m) : m->next != NULL ? m->next : m->want;
}

bool kz_mod_at_rest(const struct kz_mod *m)
{
    if (kz_mod_is_rendering(m) || m->next != NULL || m->reply != NULL || m->recalling)
        return false;
    if (m->hold != NULL && !kz_hold_is_weighed(m))
        return false;
    if (m->state == KZ_MOD_FAILED)
        return m->timer == 0 || m->e->opt.mode == KZ_MODE_PLAN;
    if (m->state == KZ_MOD_WAIT)
        return m->skipped || m->parked;
    return m->state == KZ_MOD_IDLE || m->state == KZ_MOD_OK || m->state == KZ_MOD_BACK;
}

size_t kz_mod_decide(struct kz_mod *m)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    size_t todo = 0;
    const bool nothing_new = m->standing || (m->cls == KZ_CLASS_NONE && !m->begun);
    const bool leaves_drift = nothing_new && kz_policy_leaves_drift(m);
    for (size_t i = 0; i < m->want->n; i++) {
        struct kz_step_now *s = &m->steps[i];
        const struct kz_live_rec *live = kz_lives_find(m->e->lives, s->o->key);
        const struct kz_store_entry *entry = kz_store_find(rec, s->o->key);
        const struct kz_object want = {.id = s->o->id, .hash = s->o->hash};
        s->todo = kz_plan_decide(&s->drift, &want, live == NULL ? NULL : &live->pub,
                                 entry == NULL ? NULL : &entry->pub) != KZ_STEP_NOTHING &&
                  !kz_engine_claimed_elsewhere(m->e, m, s->o->key) && !kz_leaves(m, s->o) &&
                  !kz_tenants_deny(m, &s->o->id);
        if (s->drift && m->partial == NULL && (leaves_drift || !kz_drift_allows(m, s->o->key)))
            s->todo = false; /* it is to be left alone, or was repaired too often of late */
        s->todo &= kz_partial_has(m, s->o->key);
        s->checked = s->done = s->recreate = false;
        todo += s->todo;
    }
    return todo;
}

/* ---- rights --------------------------------------------------------------------------------- */

/* Of what is gone from the definitions, or disabled, what it had when it was applied last: also after a restart. */
static struct kz_str user_of(const struct kz_mod *m)
{
    if (m->spec->user.len > 0 || !m->removed)
        return m->spec->user;
    return kz_str(kz_store_module(m->e->store, kz_str(m->name))->user);
}

struct kz_kube *kz_mod_kube(const struct kz_mod *m)
{
    const struct kz_tenant *t = kz_mod_tenant(m);
    if (t == NULL)
        return kz_kube_as(m->e->kube, user_of(m));
    return kz_kube_gated(m->e->kube, user_of(m), &(struct kz_kube_gate){t->name, kz_tenants_gate, m->e});
}

void kz_mod_note_user(struct kz_mod *m)
{
    struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const struct kz_str tenant = m->spec->tenant == NULL ? KZ_STR("") : m->spec->tenant->name;
    if (!m->removed && kz_store_set_rights(m->e->store, rec, m->spec->user, tenant))
        kz_store_touch(m->e->store, rec);
}

/* ---- failing -------------------------------------------------------------------------------- */

/* By the outcome and not by the error's code: a 401 while credentials are renewed is `denied`, a lost race is a
 * `conflict`, and the revision is not to blame for either. */
bool kz_mod_refused(const struct kz_result *res)
{
    return res->outcome == KZ_IMMUTABLE || res->outcome == KZ_REFUSED || res->outcome == KZ_TAKEN;
}

static bool can_go_back(const struct kz_mod *m)
{
    return m->spec->on_failure == KZ_FAIL_ROLLBACK && !m->rolling_back && m->good != NULL &&
           !m->removed && m->partial == NULL &&
           (m->state == KZ_MOD_GATE ||
            (has_begun(m->state) && (m->hook_failed || (m->applied > 0 && m->hopeless)))) &&
           !kz_hash_eq(kz_want_content(m->good), kz_want_content(m->want)); /* the same again would fail too */
}

static bool has_fail_hooks(const struct kz_mod *m)
{
    for (size_t i = 0; i < m->want->n_hooks; i++) {
        if (kz_hook_due(m, &m->want->at[m->want->n + i], KZ_PHASE_SYNC_FAIL))
            return true;
    }
    return false;
}

void kz_mod_quarantine(struct kz_mod *m, struct kz_hash key)
{
    struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    rec->bad = key;
    kz_store_touch(m->e->store, rec);
    kz_store_flush_soon(m->e->store);
}

void kz_mod_set_aside(struct kz_mod *m, struct kz_want *w)
{
    kz_want_unref(m->aside);
    m->aside = w;
}

/* Of a set that is held nothing is left behind that would be worth a line for each object. */
static void begin_old(struct kz_mod *m, struct kz_want *w, bool standing)
{
    m->rolling_back = true;
    m->standing = m->left_said = standing;
    kz_drift_forget(m);
    const bool recalled = m->want == NULL; /* after a restart: it is where it was */
    kz_want_unref(m->want);
    m->want = w;
    plan_steps(m);
    m->wave = m->gate_from = 0;
    m->went_on = m->retry_held = false;
    m->started = kz_env_mono(m->e->env);
    kz_attempt_begin(m, recalled || standing ? KZ_ATTEMPT_WANT : KZ_ATTEMPT_BACK);
    kz_mod_on(m, KZ_EV_ROLLBACK);
}

void kz_mod_go_to(struct kz_mod *m, struct kz_want *w)
{
    struct kz_str from = m->want == NULL ? KZ_STR("") : m->want->revision;
    kz_log(&m->log, KZ_WARN, "rollback", KZ_F("from", kz_revision_short(from)),
           KZ_F("to", kz_revision_short(w->revision)));
    begin_old(m, w, false);
}

void kz_mod_stand_on(struct kz_mod *m, struct kz_want *w)
{
    kz_log(&m->log, KZ_INFO, "stands-on", KZ_F("onto", kz_revision_short(w->revision)));
    m->applied = m->pruned = 0;
    m->soak_for = 0;
    begin_old(m, w, true);
}

struct kz_want *kz_mod_give_up(struct kz_mod *m)
{
    struct kz_want *w = m->want;
    m->want = NULL;
    free(m->steps);
    m->steps = NULL;
    m->cls = KZ_CLASS_NONE;
    (void)kz_mod_blame(m, NULL);
    kz_mod_on(m, KZ_EV_HELD);
    return w;
}

/* On the heap: an error with all its frames is larger than the rest of a module, and most have none. */
struct kz_err *kz_mod_blame(struct kz_mod *m, const struct kz_err *err)
{
    if (err == NULL) {
        free(m->err);
        m->err = NULL;
        return NULL;
    }
    if (m->err == NULL)
        m->err = malloc(sizeof *m->err);
    kz_assert(m->err != NULL);
    if (m->err != err)
        *m->err = *err;
    return m->err;
}

/* A group may have been missing for a while only: the next try sees what is served then. */
static void on_discovered(void *arg, const struct kz_err *err)
{
    struct kz_engine *e = arg;
    const struct kz_map_slot *slot;
    for (size_t i = 0; err == NULL && e->lives != NULL && (slot = kz_map_next(&e->mods, &i)) != NULL;)
        kz_engine_need_kinds(e, ((const struct kz_mod *)slot->val)->want);
}

void kz_mod_step_failed(struct kz_mod *m, const struct kz_want_object *o, const struct kz_result *res)
{
    if (m->step_failed)
        return;
    m->step_failed = true;
    if (res->outcome == KZ_NO_KIND)
        kz_kube_discover(m->e->kube, on_discovered, m->e);
    m->hopeless = kz_mod_refused(res);
    struct kz_err *err = kz_mod_blame(m, res->err);
    kz_err_join(err);
    (void)kz_err_at(err, o->origin.file, o->origin.line, 0);
}

/* onFailure continue: a gate that failed is told, and the waves behind it go on. */
static bool goes_on(const struct kz_mod *m)
{
    return m->spec->on_failure == KZ_FAIL_CONTINUE && m->state == KZ_MOD_GATE && !m->rolling_back && !m->removed &&
           m->partial == NULL;
}

static void end_failed(struct kz_mod *m)
{
    if (has_begun(m->state) && !m->rolling_back && has_fail_hooks(m))
        kz_mod_on(m, KZ_EV_FAIL_HOOKS);
    else
        kz_mod_after_fail_hooks(m);
}

void kz_mod_fail(struct kz_mod *m, const struct kz_err *err)
{
    bool told = m->gate_from > 0 && goes_on(m); /* the first failed gate is the one to blame */
    if (!told)
        (void)kz_mod_blame(m, err);
    kz_engine_log_error(m->e, &m->log, "failed", states[m->state].name, err);
    m->back_after = can_go_back(m);
    if (!m->back_after && goes_on(m)) {
        m->gate_from = m->wave + 1;
        kz_mod_gate_over(m);
    } else {
        end_failed(m);
    }
}

void kz_mod_after_fail_hooks(struct kz_mod *m)
{
    if (m->back_after) {
        kz_mod_quarantine(m, m->want->key);
        kz_mod_set_aside(m, kz_want_ref(m->want));
        kz_mod_go_to(m, kz_want_ref(m->good));
    } else {
        kz_mod_on(m, KZ_EV_FAILED);
    }
}

void kz_mod_gate_over(struct kz_mod *m)
{
    if (m->wave + 1 < m->want->n_waves) {
        m->wave++;
        kz_mod_on(m, KZ_EV_WAVE);
        return;
    }
    if (kz_partial_passed(m))
        return;
    m->went_on = m->gate_from > 0;
    if (m->went_on)
        end_failed(m);
    else
        kz_mod_on(m, m->rolling_back || m->quarantined ? KZ_EV_RESTED : KZ_EV_DONE);
}

struct kz_log kz_mod_log_newest(const struct kz_mod *m)
{
    return (struct kz_log){.fields = {KZ_FS("module", m->name), KZ_F("revision", kz_revision_short(m->e->revision))}};
}

void kz_mod_free(struct kz_mod *m)
{
    kz_gate_extra_stop(m);
    kz_hold_drop(m);
    kz_partial_free(m);
    kz_env_timer_stop(m->e->env, &m->timer);
    kz_env_timer_stop(m->e->env, &m->drift_timer);
    for (size_t i = 0; m->steps != NULL && i < m->want->n; i++)
        kz_env_timer_stop(m->e->env, &m->steps[i].timer);
    kz_want_unref(m->want);
    kz_want_unref(m->next);
    kz_want_unref(m->good);
    kz_want_unref(m->aside);
    kz_want_unref(m->built);
    kz_asks_done(&m->asks);
    kz_arena_free(m->reply_arena);
    kz_arena_free(m->plan_arena);
    kz_prune_forget(m);
    kz_map_done(&m->prune_skip);
    kz_preflight_free(m->preflight);
    kz_drift_forget(m);
    kz_map_done(&m->buckets);
    kz_vec_done(&m->first);
    free(m->needed);
    free(m->render_err);
    free(m->err);
    free(m->steps);
    free(m->waiting_for);
    free(m->pod_reason);
    free(m->name);
    free(m);
}
