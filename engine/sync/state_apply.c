/* SPDX-License-Identifier: Apache-2.0
 *
 * One wave's objects, in parallel up to the module's concurrency, tier after tier: what a workload
 * names has been answered before the workload is sent. A failure does not stop the others of the
 * wave, but nothing after the wave is sent (docs/internals/safety.md 2, rule 6). */
#include "sync/internal.h"
#include "resource/ownership.h"
#include "sync/await.h"
#include "sync/leave.h"
#include "sync/preflight.h"
#include "sync/recreate.h"

static void apply_next(struct kz_mod *m);

/* The inventory learns uid and hashes from the reply, whatever the module does meanwhile. */
static void record(struct kz_mod *m, const struct kz_want_object *o, const struct kz_value *body)
{
    struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    struct kz_live_rec *live = kz_lives_put(m->e->lives, body);
    if (live == NULL)
        return;
    kz_store_confirm(m->e->store, rec, o->key, kz_value_path_str(body, "metadata.uid"), o->hash,
                     kz_ownership_hash(body, KZ_STR(KZ_FIELD_MANAGER)));
}

static void on_applied(struct kz_send *s, const struct kz_result *res)
{
    struct kz_mod *m = s->m;
    if (s->epoch != m->epoch)
        return;
    struct kz_step_now *step = &m->steps[s->step];
    if (res->outcome == KZ_IMMUTABLE && !step->recreate && kz_recreate_allowed(step->o)) { /* drift is not checked */
        step->recreate = true;
        kz_recreate(m, s->step, on_applied);
        return;
    }
    m->in_flight--;
    if (res->outcome == KZ_MOVED_ON && step->o->opt.apply == KZ_APPLY_WORD_IF_ABSENT) {
        step->done = true;
        kz_leave_to_others(m, step); /* somebody was faster */
    } else if (res->outcome == KZ_NO_KIND && kz_kind_may_come(m, step->o)) {
        kz_await_kind(m, step->o);
    } else if (res->err == NULL) {
        step->done = true;
        m->applied++;
        m->counts.applied++;
        kz_gate_applied(m, step->o);
        record(m, step->o, res->body);
        kz_log(&m->log, KZ_DEBUG, "applied", KZ_F("object", step->o->key),
               KZ_FS("drift", step->drift ? "yes" : "no"));
    } else if (!m->step_failed) {
        m->e->crds_changed |= res->outcome == KZ_NO_KIND; /* what we know of the APIs is old */
        kz_mod_step_failed(m, step->o, res);
    }
    apply_next(m);
}

/* Only what differs is sent, in the present wave. */
static bool due(const struct kz_mod *m, const struct kz_step_now *s)
{
    return s->todo && !s->done && s->o->wave == m->wave;
}

static void apply_next(struct kz_mod *m)
{
    while (m->next == NULL && !m->e->stopped && m->next_step < m->want->n &&
           m->in_flight < (size_t)m->spec->concurrency) {
        const struct kz_want_object *o = m->steps[m->next_step].o;
        if (o->wave > m->wave || (m->in_flight > 0 && o->tier > m->tier))
            break;
        size_t i = m->next_step++;
        if (!due(m, &m->steps[i]))
            continue;
        m->tier = o->tier;
        m->in_flight++;
        if (m->steps[i].recreate)
            kz_recreate(m, i, on_applied);
        else
            kz_mod_send(m, i, false, on_applied);
    }
    if (m->in_flight > 0 || kz_mod_safe_point(m))
        return;
    kz_store_flush_soon(m->e->store);
    if (!m->step_failed && kz_await_again(m, apply_next))
        return;
    if (!m->step_failed) {
        kz_mod_on(m, KZ_EV_DONE);
        return;
    }
    struct kz_err err = *m->err;
    kz_mod_fail(m, &err);
}

void kz_enter_apply(struct kz_mod *m)
{
    m->in_flight = 0;
    m->next_step = 0;
    m->step_failed = m->hopeless = false;
    m->kind_since = 0;
    m->kind_awaited = NULL;
    apply_next(m);
}
