/* SPDX-License-Identifier: Apache-2.0
 *
 * Before the first write: what exists already and is about to change is dry-run on the server, so that
 * an immutable field, a refusing webhook, a quota or a conflict that policy forbids is found while
 * nothing has happened yet. What is new needs no dry-run: its namespace or kind may not exist yet. */
#include "sync/internal.h"
#include "sync/recreate.h"

static void check_next(struct kz_mod *m);

static void on_checked(struct kz_send *s, const struct kz_result *res)
{
    struct kz_mod *m = s->m;
    if (s->epoch != m->epoch)
        return;
    m->in_flight--;
    bool unknown = res->outcome == KZ_NO_OBJECT || res->outcome == KZ_NO_KIND;
    struct kz_step_now *step = &m->steps[s->step];
    step->recreate = res->outcome == KZ_IMMUTABLE && kz_recreate_allowed(step->o);
    if (res->err != NULL && !unknown && !step->recreate && !m->step_failed) {
        kz_mod_step_failed(m, m->steps[s->step].o, res);
        if (res->outcome == KZ_IMMUTABLE)
            (void)kz_err_hint(m->err, "an immutable field needs delete and create: delete the object by hand, "
                                       "or annotate it with " KZ_ANNOT_RECREATE ": allowed, when its loss is fine");
    }
    check_next(m);
}

static void check_next(struct kz_mod *m)
{
    while (!m->step_failed && m->next == NULL && m->next_step < m->want->n &&
           m->in_flight < (size_t)m->spec->concurrency) {
        struct kz_step_now *s = &m->steps[m->next_step++];
        if (!s->todo || s->drift || kz_lives_find(m->e->lives, s->o->key) == NULL)
            continue;
        m->in_flight++;
        kz_mod_send(m, m->next_step - 1, true, on_checked);
    }
    if (m->in_flight > 0 || kz_mod_safe_point(m))
        return;
    if (!m->step_failed) {
        kz_mod_on(m, KZ_EV_DONE);
        return;
    }
    struct kz_err err = *m->err;
    size_t at = strlen(err.frame[0]);
    (void)snprintf(err.frame[0] + at, sizeof err.frame[0] - at, "; nothing was changed");
    kz_mod_fail(m, &err);
}

void kz_enter_check(struct kz_mod *m)
{
    m->in_flight = 0;
    m->next_step = 0;
    m->step_failed = m->hopeless = false;
    m->wave = 0;
    if (m->rolling_back)
        kz_rollback_say_left(m);
    (void)kz_mod_decide(m);
    check_next(m);
}
