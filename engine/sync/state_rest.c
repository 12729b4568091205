/* SPDX-License-Identifier: Apache-2.0
 *
 * The states in which nothing is under way: ok, back (on the last healthy set) and failed. */
#include "sync/drift.h"
#include "sync/hold.h"
#include "sync/internal.h"
#include "base/clock.h"

enum { HELD_AGAIN_SEC = 60 };

static void note_revision(struct kz_mod *m, struct kz_hash bad)
{
    struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const bool restored = kz_hash_is_none(m->want->release.key); /* what it was asked is not kept with it */
    if (kz_hash_eq(rec->render, m->want->key) && kz_str_is(m->want->revision, rec->revision) &&
        (restored || kz_hash_eq(rec->release.key, m->want->release.key)) &&
        (restored || rec->release.seeded == m->want->release.seeded) && kz_hash_eq(rec->bad, bad))
        return;
    (void)snprintf(rec->revision, sizeof rec->revision, KZ_FMT, KZ_ARG(m->want->revision));
    rec->render = m->want->key;
    if (!restored)
        rec->release = m->want->release;
    rec->bad = bad;
    if (rec->entries.len > 0 || rec->shard >= 0)
        kz_store_touch(m->e->store, rec);
    kz_store_flush_soon(m->e->store);
}

static void remember_good(struct kz_mod *m)
{
    kz_want_unref(m->good);
    m->good = m->removed ? NULL : kz_want_ref(m->want); /* to have nothing is nothing to go back to */
    m->went_on = false;
    if (m->removed)
        kz_history_look(m->e->history);
    else
        kz_history_keep(m->e->history, kz_str(m->name), m->want, m->spec->history);
    note_revision(m, (struct kz_hash){0});
}

/* News that came while the module was busy is looked at now. */
static void look_for_drift(struct kz_mod *m)
{
    size_t n;
    if (m->e->opt.mode == KZ_MODE_RUN && kz_drift_first(m, &n) != NULL)
        kz_drift_soon(m);
}

/* Held removals are looked at again: a guard may open by itself (first cycle, fresh source). */
static void on_held_again(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    kz_held_again(m);
}

static void watch_held(struct kz_mod *m)
{
    if (m->held_policy)
        kz_hold_watch(m);
    if (m->held_guarded)
        m->timer = kz_env_timer(m->e->env, HELD_AGAIN_SEC * KZ_NS_PER_SEC, on_held_again, m);
}

/* Nothing is begun in a pause; kz_hold_watch knows when that ends. */
void kz_held_again(struct kz_mod *m)
{
    if (m->state != KZ_MOD_OK || m->next != NULL)
        return;
    kz_env_timer_stop(m->e->env, &m->timer); /* the end of a pause comes by another one */
    if (kz_policy_paused(NULL, m)) {
        m->held_policy = true;
        watch_held(m);
        return;
    }
    m->started = kz_env_mono(m->e->env);
    m->applied = m->pruned = 0;
    m->soak_for = 0;
    kz_mod_on(m, KZ_EV_DRIFT);
}

/* A look that finds all in place is no sync, nor is a retry that fails again before it wrote anything. */
static void note_end(struct kz_mod *m, enum kz_word result)
{
    m->took = kz_env_mono(m->e->env) - m->started;
    if (m->applied + m->pruned == 0 && result == (m->synced == 0 ? KZ_WORD_OK : m->result))
        return;
    m->synced = kz_env_wall(m->e->env);
    m->result = result;
}

void kz_enter_ok(struct kz_mod *m)
{
    char took[KZ_TIME_TEXT], n[24];
    note_end(m, KZ_WORD_OK);
    if (m->held_n == 0)
        (void)kz_mod_blame(m, NULL);
    remember_good(m);
    kz_attempt_end(m, KZ_SYNC_OK);
    if (m->applied + m->pruned > 0) {
        kz_duration_text(took, m->took);
        (void)snprintf(n, sizeof n, "%zu", m->applied);
        kz_log(&m->log, KZ_INFO, "healthy", KZ_FS("applied", n), KZ_FS("time", took));
    }
    if (kz_mod_safe_point(m))
        return;
    look_for_drift(m);
    if (m->held_n > 0 && m->e->opt.mode == KZ_MODE_RUN)
        watch_held(m);
}

void kz_enter_back(struct kz_mod *m)
{
    char took[KZ_TIME_TEXT];
    m->took = kz_env_mono(m->e->env) - m->started;
    kz_duration_text(took, m->took);
    if (m->rolling_back && !m->standing) /* and not only repaired */
        kz_log(&m->log, KZ_WARN, "rolled-back", KZ_FS("time", took));
    kz_attempt_end_back(m);
    m->rolling_back = false;
    note_revision(m, kz_store_module(m->e->store, kz_str(m->name))->bad);
    if (!m->removed) /* a set that a person chose is the newest healthy one from now on */
        kz_history_keep(m->e->history, kz_str(m->name), m->want, m->spec->history);
    note_end(m, KZ_WORD_BACK);
    if (!kz_mod_safe_point(m))
        look_for_drift(m);
}

static void on_retry(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    kz_retry_now(m);
}

void kz_retry_now(struct kz_mod *m)
{
    if (!kz_hold_lets_retry(m))
        return;
    m->started = kz_env_mono(m->e->env);
    kz_attempt_begin(m, KZ_ATTEMPT_RETRY);
    kz_mod_on(m, KZ_EV_RETRY);
}

/* Worth another try by itself: what may be different next time. */
static bool may_heal(const struct kz_mod *m)
{
    enum kz_code c = m->err == NULL ? KZ_OK : m->err->code;
    return c != KZ_E_PARSE && c != KZ_E_LIMIT && !m->e->stopped && m->want != NULL &&
           m->e->opt.mode != KZ_MODE_PLAN && !(m->hopeless && m->e->opt.mode == KZ_MODE_APPLY);
}

void kz_enter_failed(struct kz_mod *m)
{
    note_end(m, KZ_WORD_FAIL);
    kz_attempt_end(m, m->went_on ? KZ_SYNC_PARTIAL : KZ_SYNC_FAILED);
    if (kz_mod_safe_point(m))
        return;
    /* A one-shot apply does not outstay its welcome; the daemon goes on trying, ever more seldom, but does
     * not repeat a hook that fails: each run of it does something. */
    bool endless = m->e->opt.mode == KZ_MODE_RUN && !m->hook_failed;
    unsigned limit = endless ? UINT32_MAX : (unsigned)m->spec->retry_limit;
    bool gate = m->err != NULL && m->err->code == KZ_E_TIMEOUT;
    if (!may_heal(m) || m->backoff.tries >= limit || (gate && m->e->opt.mode != KZ_MODE_RUN))
        return;
    m->backoff.first = m->spec->retry_backoff;
    m->backoff.max = m->spec->retry_max;
    m->timer = kz_env_timer(m->e->env, kz_backoff_next(&m->backoff, m->e->env), on_retry, m);
}
