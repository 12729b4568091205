/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/drift.h"
#include "resource/ownership.h"
#include "spec/window.h"
#include "sync/internal.h"
#include "sync/leave.h"
#include "sync/policy.h"
#include "sync/tenants.h"

/* CALM gathers the events of one change that touches several objects. */
enum { CALM_MS = 50, BURST = 3, REFILL_SEC = 60, WINDOW_SEC = 20, WORK_BYTES = 16 << 20 };

struct bucket {
    int used;       /* repairs taken out */
    int64_t since;  /* of the last refill */
    bool granted;   /* in the present round */
    bool asked;     /* who it is that writes against us */
    char *fight;
    char key[];
};

/* ---- what has drifted ----------------------------------------------------------------------------- */

bool kz_drift_of(const struct kz_mod *m, const struct kz_store_module *rec, const struct kz_want_object *o)
{
    const struct kz_store_entry *entry = kz_store_find(rec, o->key);
    const struct kz_live_rec *live = kz_lives_find(m->e->lives, o->key);
    bool drift;
    if (o->hook != NULL || kz_engine_claimed_elsewhere(m->e, m, o->key) || kz_leaves(m, o) || kz_tenants_deny(m, &o->id))
        return false;
    const struct kz_object want = {.id = o->id, .hash = o->hash};
    return kz_plan_decide(&drift, &want, live == NULL ? NULL : &live->pub,
                          entry == NULL ? NULL : &entry->pub) != KZ_STEP_NOTHING;
}

bool kz_drift_is(const struct kz_mod *m, struct kz_str key)
{
    const struct kz_want_object *o = kz_want_find(m->want, key);
    return o != NULL && kz_drift_of(m, kz_store_module(m->e->store, kz_str(m->name)), o);
}

const struct kz_want_object *kz_drift_first(const struct kz_mod *m, size_t *n)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const struct kz_want_object *first = NULL;
    *n = 0;
    for (size_t i = 0; i < m->want->n; i++) {
        if (!kz_drift_of(m, rec, &m->want->at[i]))
            continue;
        first = first == NULL ? &m->want->at[i] : first;
        ++*n;
    }
    return first;
}

/* ---- buckets -------------------------------------------------------------------------------------- */

static struct bucket *bucket_of(struct kz_mod *m, struct kz_str key)
{
    struct bucket *b = kz_map_find(&m->buckets, key);
    if (b != NULL)
        return b;
    b = calloc(1, sizeof *b + key.len + 1);
    kz_assert(b != NULL);
    memcpy(b->key, key.ptr, key.len);
    b->since = kz_env_mono(m->e->env);
    (void)kz_map_put(&m->buckets, kz_str_n(b->key, key.len), b);
    return b;
}

static void refill(struct bucket *b, int64_t now)
{
    int64_t n = (now - b->since) / (REFILL_SEC * KZ_NS_PER_SEC);
    b->used = n >= b->used ? 0 : b->used - (int)n;
    b->since = b->used == 0 ? now : b->since + n * REFILL_SEC * KZ_NS_PER_SEC;
    if (b->used == 0 && b->fight != NULL) { /* peace */
        free(b->fight);
        b->fight = NULL;
        b->asked = false;
    }
}

bool kz_drift_allows(const struct kz_mod *m, struct kz_str key)
{
    const struct bucket *b = kz_map_find(&m->buckets, key);
    return b == NULL || b->granted;
}

const char *kz_drift_fight(const struct kz_mod *m, struct kz_str key)
{
    const struct bucket *b = kz_map_find(&m->buckets, key);
    return b == NULL ? NULL : b->fight;
}

void kz_drift_forget(struct kz_mod *m)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&m->buckets, &i)) != NULL;) {
        struct bucket *b = slot->val;
        free(b->fight);
        free(b);
    }
    kz_map_clear(&m->buckets);
}

/* ---- who writes against us ------------------------------------------------------------------------ */

struct ask {
    struct kz_mod *m;
    struct kz_want *want; /* a reference */
    const struct kz_want_object *o;
};

static void on_live(void *arg, uint64_t id, const struct kz_result *res)
{
    struct ask q = *(struct ask *)arg;
    struct bucket *b = kz_map_find(&q.m->buckets, q.o->key);
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
    struct kz_str who, path;
    (void)id;
    free(arg);
    if (b != NULL && b->fight == NULL && res->err == NULL &&
        kz_ownership_thief(&who, &path, a, kz_want_body(a, q.o), res->body, KZ_STR(KZ_FIELD_MANAGER))) {
        if (asprintf(&b->fight, KZ_FMT " sets " KZ_FMT " again and again", KZ_ARG(who), KZ_ARG(path)) < 0)
            b->fight = NULL;
        q.m->counts.fights++;
        kz_log(&q.m->log, KZ_WARN, "fight", KZ_F("object", q.o->key), KZ_F("manager", who), KZ_F("field", path));
        kz_engine_kick(q.m->e);
    } else if (b != NULL && b->fight == NULL && res->outcome == KZ_NO_OBJECT) {
        b->fight = strdup("somebody deletes it again and again");
        q.m->counts.fights++;
        kz_log(&q.m->log, KZ_WARN, "fight", KZ_F("object", q.o->key), KZ_FS("reason", "it is deleted again and again"));
        kz_engine_kick(q.m->e);
    }
    kz_want_unref(q.want);
}

static void ask_who(struct kz_mod *m, struct bucket *b, const struct kz_want_object *o)
{
    struct ask *q = malloc(sizeof *q);
    kz_assert(q != NULL);
    *q = (struct ask){.m = m, .want = kz_want_ref(m->want), .o = o};
    b->asked = true;
    (void)kz_kube_get(kz_mod_kube(m), &o->id, on_live, q);
}

/* ---- repairing ------------------------------------------------------------------------------------ */

/* Gives each drifted object a repair out of its bucket. How many got one; *wait: until one more does. */
static size_t grant(struct kz_mod *m, int64_t *wait)
{
    int64_t now = kz_env_mono(m->e->env);
    size_t granted = 0;
    *wait = INT64_MAX;
    for (size_t i = 0; i < m->want->n; i++) {
        const struct kz_want_object *o = &m->want->at[i];
        const bool drifted = kz_drift_is(m, o->key);
        struct bucket *b = drifted ? bucket_of(m, o->key) : kz_map_find(&m->buckets, o->key);
        if (b == NULL)
            continue;
        refill(b, now);
        b->granted = b->used < BURST;
        if (!drifted)
            continue;
        if (b->granted) {
            b->used++;
            granted++;
            continue;
        }
        if (!b->asked)
            ask_who(m, b, o);
        int64_t left = b->since + REFILL_SEC * KZ_NS_PER_SEC - now;
        *wait = left < *wait ? left : *wait;
    }
    return granted;
}

bool kz_drift_may_heal(const struct kz_mod *m)
{
    const struct kz_value *schedule = m->e->platform == NULL ? NULL : m->e->platform->schedule;
    if (m->spec->self_heal != KZ_HEAL_IN_WINDOW)
        return m->spec->self_heal == KZ_HEAL_ALWAYS;
    return kz_window_is_open(schedule, kz_window_names(schedule, m->spec->windows, "restart"), kz_env_wall(m->e->env));
}

static void on_calm(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->drift_timer = 0;
    m->drift_starves = false;
    if (m->partial != NULL) /* looked at when that is over */
        return;
    bool watched = m->state == KZ_MOD_OK || m->state == KZ_MOD_BACK || m->state == KZ_MOD_GATE;
    char text[24];
    size_t n;
    int64_t wait;
    if (!watched || m->e->opt.mode == KZ_MODE_PLAN || m->e->stopped || kz_drift_first(m, &n) == NULL)
        return;
    (void)snprintf(text, sizeof text, "%zu", n);
    kz_engine_kick(m->e);
    const bool syncs = m->state == KZ_MOD_GATE; /* which ends when all of the set is true, whatever heals at rest */
    if (!syncs && (m->spec->self_heal == KZ_HEAL_OFF || kz_policy_leaves_drift(m)))
        return; /* shown as drift */
    if (!syncs && !kz_drift_may_heal(m)) {
        m->drift_starves = true;
        m->drift_timer = kz_env_timer(m->e->env, WINDOW_SEC * KZ_NS_PER_SEC, on_calm, m);
        return;
    }
    if (grant(m, &wait) == 0) {
        m->drift_starves = true;
        m->drift_timer = kz_env_timer(m->e->env, wait, on_calm, m);
        return;
    }
    if (!syncs) { /* an open gate goes on with the sync that it belongs to */
        m->rolling_back = m->state == KZ_MOD_BACK; /* it rests there again, and what failed stays quarantined */
        m->started = kz_env_mono(m->e->env);
        m->applied = 0;
        m->soak_for = 0;
        kz_attempt_begin(m, KZ_ATTEMPT_DRIFT);
    }
    kz_log(&m->log, KZ_WARN, "drift", KZ_FS("objects", text));
    kz_mod_on(m, KZ_EV_DRIFT);
}

void kz_drift_soon(struct kz_mod *m)
{
    if (m->drift_starves) /* for a bucket: the news may be of another object */
        kz_env_timer_stop(m->e->env, &m->drift_timer);
    m->drift_starves = false;
    if (m->drift_timer == 0)
        m->drift_timer = kz_env_timer(m->e->env, CALM_MS * KZ_NS_PER_MS, on_calm, m);
}
