/* SPDX-License-Identifier: Apache-2.0
 *
 * CustomResourceDefinitions of all modules go before anything else, whatever the module graph says,
 * and must be Established; then discovery is read again, and only then does any module go on
 * (docs/internals/api-server.md 1.4: a kind is served some 20-50 ms after its CRD was accepted). */
#include "sync/hold.h"
#include "sync/internal.h"
#include "sync/partial.h"
#include "sync/preflight.h"

static void send_next(struct kz_mod *m);

static void on_applied(struct kz_send *s, const struct kz_result *res)
{
    struct kz_mod *m = s->m;
    if (s->epoch != m->epoch)
        return;
    const struct kz_want_object *o = m->steps[s->step].o;
    m->in_flight--;
    if (res->err == NULL) {
        struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
        const struct kz_live_rec *live = kz_lives_put(m->e->lives, res->body);
        m->applied++;
        m->counts.applied++;
        if (live != NULL)
            kz_store_confirm(m->e->store, rec, o->key, live->pub.uid, o->hash, live->pub.owned);
    } else {
        kz_mod_step_failed(m, o, res);
    }
    send_next(m);
}

static void send_next(struct kz_mod *m)
{
    while (!m->step_failed && !m->e->stopped && m->next_step < m->want->n && m->in_flight < (size_t)m->spec->concurrency) {
        const struct kz_step_now *s = &m->steps[m->next_step++];
        if (!s->o->crd || !s->todo)
            continue;
        m->in_flight++;
        kz_mod_send(m, m->next_step - 1, false, on_applied);
    }
    if (m->in_flight > 0)
        return;
    if (m->step_failed) {
        struct kz_err err = *m->err;
        kz_mod_fail(m, &err);
        return;
    }
    kz_crds_look(m);
}

static void on_deadline(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    struct kz_err err;
    (void)id;
    m->timer = 0;
    (void)kz_fail(&err, KZ_E_TIMEOUT, "%s", m->waiting_for == NULL ? "CRDs are not established" : m->waiting_for);
    kz_mod_fail(m, &err);
}

void kz_crds_look(struct kz_mod *m)
{
    if (m->in_flight > 0 || m->next_step < m->want->n)
        return;
    if (kz_mod_safe_point(m))
        return;
    for (size_t i = 0; i < m->want->n; i++) {
        if (!m->want->at[i].crd || !kz_partial_has(m, m->want->at[i].key))
            continue;
        const struct kz_live_rec *live = kz_lives_find(m->e->lives, m->want->at[i].key);
        if (live == NULL || live->health != KZ_HEALTH_HEALTHY) {
            kz_mod_say(m, "CustomResourceDefinition " KZ_FMT " is not established",
                       KZ_ARG(m->want->at[i].id.name));
            return;
        }
    }
    kz_mod_on(m, KZ_EV_DONE);
}

void kz_enter_crds(struct kz_mod *m)
{
    m->in_flight = 0;
    m->next_step = 0;
    m->step_failed = m->hopeless = false;
    if (!m->want->has_crds || m->rolling_back) { /* a rollback leaves CRDs alone */
        kz_mod_on(m, KZ_EV_DONE);
        return;
    }
    if (!kz_hold_lets_begin(m))
        return;
    struct kz_err err;
    (void)kz_mod_decide(m);
    const struct kz_want_object *bad = kz_preflight_customs(m, &err);
    if (bad != NULL) { /* found before even a CRD is written */
        kz_mod_step_failed(m, bad, &(struct kz_result){.outcome = KZ_REFUSED, .err = &err, .retry_after = -1});
        err = *m->err;
        kz_mod_fail(m, &err);
        return;
    }
    m->e->crds_changed = true;
    m->timer = kz_env_timer(m->e->env, m->spec->timeout, on_deadline, m);
    send_next(m);
}
