/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine does with its lease: stands by until it leads, writes only while it does, stops at once
 * when another leads, gives the lease back at its end. The lease itself is lease.c.
 *
 * It is asked for when the definitions have named the platform, and before the inventory is read. Who stood
 * by begins anew when it leads: the repository may have moved on. */
#include "sync/internal.h"

enum { CLOSE_LOOK_MS = 10, CLAIM_PATIENCE_SEC = 10, LATE_PATIENCE_SEC = 60, ASK_PATIENCE_SEC = 60, GIVE_SEC = 5 };

static int64_t fence(void *arg)
{
    const struct kz_engine *e = arg;
    return e->lease == NULL ? 0 : kz_lease_left(e->lease);
}

static int64_t closed(void *arg)
{
    (void)arg;
    return 0;
}

void kz_lead_begin(struct kz_engine *e)
{
    if (e->opt.mode != KZ_MODE_PLAN)
        kz_kube_fence(e->kube, fence, e);
}

void kz_lead_free(struct kz_engine *e)
{
    kz_env_timer_stop(e->env, &e->closing);
    if (e->opt.mode != KZ_MODE_PLAN)
        kz_kube_fence(e->kube, closed, NULL); /* what is left in line must not go out now */
    kz_lease_free(e->lease);
}

bool kz_engine_leads(const struct kz_engine *e)
{
    if (e->opt.mode == KZ_MODE_PLAN)
        return true;
    enum kz_lease_state s = e->lease == NULL ? KZ_LEASE_STANDBY : kz_lease_state(e->lease);
    return s == KZ_LEASE_LEADER || s == KZ_LEASE_LATE;
}

bool kz_engine_may_write(const struct kz_engine *e)
{
    return e->opt.mode != KZ_MODE_PLAN && e->lease != NULL && kz_lease_left(e->lease) > 0;
}

/* ---- standing by ----------------------------------------------------------------------------------- */

/* Of a command; a daemon never gives up. */
static void finish(struct kz_engine *e, const struct kz_err *err)
{
    e->source_err = *err;
    if (!e->finished) {
        e->finished = true;
        e->opt.finished(e->opt.arg);
    }
}

static void end_trouble(struct kz_engine *e)
{
    e->lease_said = false;
    e->trouble_since = 0;
    e->lead_err.code = KZ_OK;
}

static void on_leads(void *arg)
{
    struct kz_engine *e = arg;
    end_trouble(e);
    kz_env_timer_stop(e->env, &e->closing);
    free(e->leader);
    e->leader = NULL;
    kz_cycle_lead(e, e->stood_by);
    e->stood_by = false;
}

/* A daemon would undo what is applied beside it, and two applies would undo each other's work. */
static void refuse(struct kz_engine *e, const struct kz_lease_holder *h)
{
    struct kz_err err;
    if (kz_str_is(h->role, "apply")) {
        (void)kz_fail(&err, KZ_E_CONFLICT, "another kzsync apply (" KZ_FMT ") is at work on platform %s",
                      KZ_ARG(h->identity), e->platform_name);
        (void)kz_err_hint(&err, "the same command again, when that one has ended");
    } else {
        (void)kz_fail(&err, KZ_E_CONFLICT, "kzsync run (" KZ_FMT ") keeps platform %s and would undo what differs from "
                                           "its own source", KZ_ARG(h->identity), e->platform_name);
        (void)kz_err_hint(&err, "push the change to that source; or, to act now and let it go on from there afterwards, "
                                "--pause-run");
    }
    finish(e, &err);
}

static void on_no_reaction(void *arg, uint64_t id)
{
    struct kz_engine *e = arg;
    struct kz_err err;
    (void)id;
    e->closing = 0;
    (void)kz_fail(&err, KZ_E_TIMEOUT, "kzsync run (%s) was asked to stand by and still leads after %d s", e->leader,
                  ASK_PATIENCE_SEC);
    finish(e, &err);
}

/* A long apply of its own, and then what it has on its way, may come first. */
static void ask_to_stand_by(struct kz_engine *e)
{
    kz_log(NULL, KZ_WARN, "standby", KZ_FS("asked", e->leader));
    kz_lease_want(e->lease);
    e->closing = kz_env_timer(e->env, ASK_PATIENCE_SEC * KZ_NS_PER_SEC, on_no_reaction, e);
}

static void on_wanted(void *arg, struct kz_str by)
{
    struct kz_engine *e = arg;
    if (e->opt.mode != KZ_MODE_RUN || e->opt.wanted == NULL || e->stopped)
        return;
    kz_log(NULL, KZ_INFO, "standby", KZ_F("asked-by", by));
    e->opt.wanted(e->opt.arg);
}

static void on_waits(void *arg, const struct kz_lease_holder *h)
{
    struct kz_engine *e = arg;
    bool news = e->leader == NULL || !kz_str_is(h->identity, e->leader);
    e->stood_by = true;
    end_trouble(e);
    free(e->leader);
    e->leader = strndup(h->identity.ptr, h->identity.len);
    if (e->opt.mode == KZ_MODE_APPLY && h->alive) {
        if (!e->opt.pause_run || kz_str_is(h->role, "apply"))
            refuse(e, h);
        else if (e->closing == 0)
            ask_to_stand_by(e);
        return;
    }
    if (news)
        kz_log(NULL, e->opt.mode == KZ_MODE_APPLY ? KZ_WARN : KZ_INFO, "standby", KZ_FS("leader", e->leader),
               KZ_FS("role", h->role.len == 0 ? "unknown" : kz_str_is(h->role, "apply") ? "apply" : "run"));
    kz_engine_kick(e);
}

static void on_lost(void *arg, const struct kz_err *err)
{
    kz_engine_halt(arg, err);
}

/* A command gives up where a daemon tries on. */
static bool is_patient(const struct kz_engine *e, const struct kz_err *err, bool late)
{
    int64_t limit = (late ? LATE_PATIENCE_SEC : CLAIM_PATIENCE_SEC) * KZ_NS_PER_SEC;
    return e->opt.mode != KZ_MODE_APPLY ||
           (err->code != KZ_E_DENIED && kz_env_mono(e->env) - e->trouble_since < limit);
}

/* Said once, and again when it was over in between. */
static void on_trouble(void *arg, const struct kz_err *err)
{
    struct kz_engine *e = arg;
    bool late = kz_lease_state(e->lease) == KZ_LEASE_LATE;
    if (err == NULL || (kz_engine_leads(e) && !late)) {
        end_trouble(e);
        return;
    }
    if (!e->lease_said)
        kz_engine_log_error(e, NULL, "lease", late ? "renew" : "claim", err);
    e->lease_said = true;
    if (err->code == KZ_E_DENIED && !kz_engine_leads(e)) {
        e->lead_err = *err;
        kz_engine_kick(e);
    }
    if (e->trouble_since == 0)
        e->trouble_since = kz_env_mono(e->env);
    if (is_patient(e, err, late))
        return;
    if (late)
        kz_engine_halt(e, err);
    else
        finish(e, err);
}

void kz_lead_seek(struct kz_engine *e)
{
    struct kz_lease_options opt = {.ns = e->opt.ns, .platform = kz_str(e->platform_name),
                                   .identity = e->opt.identity,
                                   .role = e->opt.mode == KZ_MODE_APPLY ? KZ_STR("apply") : KZ_STR("run")};
    struct kz_lease_events ev = {.leads = on_leads, .waits = on_waits, .wanted = on_wanted, .lost = on_lost,
                                 .trouble = on_trouble, .arg = e};
    if (e->lease == NULL)
        e->lease = kz_lease_new(e->env, e->kube, &opt, &ev);
}

void kz_lead_store(struct kz_engine *e)
{
    if (e->opt.mode == KZ_MODE_PLAN)
        return;
    kz_lease_raise(e->lease, kz_store_epoch(e->store) + 1);
    kz_store_lead(e->store, kz_lease_epoch(e->lease), kz_lease_was_left(e->lease));
}

static void on_refused(void *arg)
{
    struct kz_engine *e = arg;
    const struct kz_err err = e->source_err;
    kz_engine_halt(e, &err);
}

void kz_lead_refuse(struct kz_engine *e, const struct kz_err *err)
{
    e->source_err = e->lead_err = *err;
    e->stopped = true;
    if (e->lease == NULL)
        on_refused(e);
    else
        kz_lease_release(e->lease, on_refused, e);
}

/* ---- the end ----------------------------------------------------------------------------------------- */

static void on_given(void *arg)
{
    struct kz_engine *e = arg;
    kz_env_timer_stop(e->env, &e->closing);
    e->closed(e->closed_arg);
}

static void on_no_answer(void *arg, uint64_t id)
{
    struct kz_engine *e = arg;
    (void)id;
    e->closing = 0;
    e->closed(e->closed_arg);
}

static void give(struct kz_engine *e)
{
    if (!kz_engine_leads(e) || e->halted) {
        on_given(e);
        return;
    }
    e->closing = kz_env_timer(e->env, GIVE_SEC * KZ_NS_PER_SEC, on_no_answer, e);
    kz_lease_release(e->lease, on_given, e);
}

static void on_close_look(void *arg, uint64_t id);

static void on_kept(void *arg)
{
    struct kz_engine *e = arg;
    e->kept = true;
    on_close_look(e, 0); /* meanwhile there may have been more */
}

static void on_flushed(void *arg, const struct kz_err *err)
{
    struct kz_engine *e = arg;
    if (err != NULL && e->source_err.code == KZ_OK)
        e->source_err = *err;
    e->flush_failed = err != NULL;
    on_close_look(e, 0);
}

/* Until all that is on its way has been answered, and what was done is written down: replies that come in
 * meanwhile have more to write. */
static void on_close_look(void *arg, uint64_t id)
{
    struct kz_engine *e = arg;
    (void)id;
    e->closing = 0;
    if (kz_kube_writing(e->kube) > 0)
        e->closing = kz_env_timer(e->env, CLOSE_LOOK_MS * KZ_NS_PER_MS, on_close_look, e);
    else if (e->store_loaded && !e->flush_failed && !kz_store_clean(e->store))
        kz_store_flush(e->store, on_flushed, e);
    else if (e->history != NULL && !e->halted && !e->kept)
        kz_history_flush(e->history, on_kept, e);
    else
        give(e);
}

void kz_lead_end(struct kz_engine *e, void (*done)(void *arg), void *arg)
{
    e->closed = done;
    e->closed_arg = arg;
    if (e->lease == NULL || !kz_engine_leads(e))
        done(arg);
    else
        on_close_look(e, 0);
}
