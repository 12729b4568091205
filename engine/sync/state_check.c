/* SPDX-License-Identifier: Apache-2.0
 *
 * Before the first write: what can go wrong is found while nothing has happened yet.
 *
 *   exists, and is about to change    dry-run on the server: an immutable field, a refusing webhook, a
 *                                     quota, a conflict that policy forbids
 *   new                               looked for where kind and namespace exist (presence.h): somebody else
 *                                     may have made it, then as above; else its mistakes by the schema of its
 *                                     kind. Where the server can be asked, its dry-run decides whether
 *                                     they are any; `sync.dryRun: full` asks it in any case
 *   hooks that are due                their mistakes by the schema
 *
 * What drifted was fine once, and is sent without. A rollback looks only at what exists. */
#include "sync/hook_record.h"
#include "sync/internal.h"
#include "sync/leave.h"
#include "sync/preflight.h"
#include "sync/presence.h"
#include "sync/recreate.h"

enum { WORK_BYTES = 64 << 20, AT_ONCE = 200 /* objects of a turn of the loop */ };

static void check_next(struct kz_mod *m);

struct probe { /* of one new object */
    struct kz_mod *m;
    unsigned epoch;
    size_t step;
};

/* ---- the server's word ------------------------------------------------------------------------------ */

static void refused(struct kz_mod *m, const struct kz_want_object *o, const struct kz_result *res)
{
    if (m->step_failed)
        return;
    kz_mod_step_failed(m, o, res);
    m->hopeless |= res->outcome == KZ_NO_KIND; /* nothing here brings it */
    if (res->outcome == KZ_IMMUTABLE)
        (void)kz_err_hint(m->err, "an immutable field needs delete and create: delete the object by hand, "
                                   "or annotate it with " KZ_ANNOT_RECREATE ": allowed, when its loss is fine");
}

static void on_checked(struct kz_send *s, const struct kz_result *res)
{
    struct kz_mod *m = s->m;
    if (s->epoch != m->epoch)
        return;
    m->in_flight--;
    struct kz_step_now *step = &m->steps[s->step];
    bool unknown = res->outcome == KZ_NO_OBJECT || (res->outcome == KZ_NO_KIND && kz_kind_may_come(m, step->o));
    step->recreate = res->outcome == KZ_IMMUTABLE && kz_recreate_allowed(step->o);
    if (res->err != NULL && !unknown && !step->recreate)
        refused(m, step->o, res);
    check_next(m);
}

/* ---- mistakes --------------------------------------------------------------------------------------- */

static void fail_mistakes(struct kz_mod *m, const struct kz_want_object *o, const struct kz_mistakes *found)
{
    struct kz_err err;
    (void)kz_mistakes_error(&err, found, o);
    kz_mod_step_failed(m, o, &(struct kz_result){.outcome = KZ_REFUSED, .err = &err, .retry_after = -1});
    if (m->e->opt.mode == KZ_MODE_RUN)
        kz_mistakes_log(m, found, o, "nothing was changed");
}

/* The server was asked about an object that its schema speaks against. */
static void on_doubted(struct kz_send *s, const struct kz_result *res)
{
    struct kz_mod *m = s->m;
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
    struct kz_mistakes found;
    if (s->epoch != m->epoch)
        return;
    m->in_flight--;
    const struct kz_want_object *o = m->steps[s->step].o;
    kz_preflight_look(&found, a, m, o);
    if (res->outcome == KZ_REFUSED && found.n > 0 && !m->step_failed)
        fail_mistakes(m, o, &found); /* the same in better words */
    else if (res->err != NULL && res->outcome != KZ_NO_OBJECT)
        refused(m, o, res);
    check_next(m);
}

/* true: it is decided, or fine. */
static bool judge_new(struct kz_mod *m, size_t i)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
    const struct kz_want_object *o = m->steps[i].o;
    const bool strict = kz_validate_of(m, o) == KZ_VALIDATE_STRICT, can_ask = kz_preflight_can_ask(m, o);
    struct kz_mistakes found;
    kz_preflight_look(&found, a, m, o);
    if (can_ask && (m->spec->dry_run == KZ_DRY_RUN_FULL || (strict && found.n > 0)))
        return false;
    if (strict && found.certain)
        fail_mistakes(m, o, &found);
    else if (found.n > 0)
        kz_mistakes_log(m, &found, o, "sent all the same");
    return true;
}

/* ---- new objects ------------------------------------------------------------------------------------ */

static bool is_of_another_platform(const struct kz_mod *m, const struct kz_value *live, struct kz_str *whose)
{
    *whose = kz_value_as_str(kz_value_get(kz_value_path(live, "metadata.labels"), KZ_LABEL_PLATFORM));
    return whose->len > 0 && !kz_str_is(*whose, m->e->platform_name);
}

static void fail_shared(struct kz_mod *m, const struct kz_want_object *o, struct kz_str whose)
{
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_CONFLICT, "it belongs to platform '" KZ_FMT "'", KZ_ARG(whose));
    (void)kz_want_blame(&err, o);
    (void)kz_err_hint(&err, "remove it from one of the two; its label " KZ_LABEL_PLATFORM " says whose it is");
    kz_mod_step_failed(m, o, &(struct kz_result){.outcome = KZ_TAKEN, .err = &err, .retry_after = -1});
}

static void on_looked(void *arg, uint64_t id, const struct kz_result *res)
{
    struct probe p = *(struct probe *)arg;
    struct kz_mod *m = p.m;
    struct kz_str whose;
    (void)id;
    free(arg);
    if (m->epoch != p.epoch)
        return;
    struct kz_step_now *s = &m->steps[p.step];
    const bool there = res->outcome == KZ_DONE, unknown = !there && res->outcome != KZ_NO_OBJECT;
    if (there && s->o->opt.apply == KZ_APPLY_WORD_IF_ABSENT) {
        kz_leave_to_others(m, s);
        m->in_flight--;
        check_next(m);
    } else if (there && is_of_another_platform(m, res->body, &whose)) {
        m->in_flight--;
        if (!m->step_failed)
            fail_shared(m, s->o, whose);
        check_next(m);
    } else if (there || unknown) { /* what may not be read is asked for by a dry-run */
        kz_mod_send(m, p.step, true, on_checked);
    } else if (judge_new(m, p.step)) {
        m->in_flight--;
        check_next(m);
    } else {
        kz_mod_send(m, p.step, true, on_doubted);
    }
}

static void get_new(struct kz_mod *m, size_t i)
{
    struct probe *p = malloc(sizeof *p);
    kz_assert(p != NULL);
    *p = (struct probe){.m = m, .epoch = m->epoch, .step = i};
    m->in_flight++;
    (void)kz_kube_get(kz_mod_kube(m), &m->steps[i].o->id, on_looked, p);
}

static void look_again(struct kz_mod *m, size_t i);

static void look_at_new(struct kz_mod *m, size_t i)
{
    switch (kz_presence_look(m->e->presence, m, i, look_again)) {
    case KZ_PRESENCE_WAIT:
        m->in_flight++;
        break;
    case KZ_PRESENCE_UNKNOWN:
        get_new(m, i);
        break;
    case KZ_PRESENCE_ABSENT:
        if (!judge_new(m, i)) {
            m->in_flight++;
            kz_mod_send(m, i, true, on_doubted);
        }
        break;
    }
}

static void look_again(struct kz_mod *m, size_t i)
{
    m->in_flight--;
    look_at_new(m, i);
    check_next(m);
}

/* ---- one after another ------------------------------------------------------------------------------ */

static void check_one(struct kz_mod *m, size_t i)
{
    const struct kz_step_now *s = &m->steps[i];
    if (!s->todo || s->drift)
        return;
    if (!kz_is_new(m, s)) {
        m->in_flight++;
        kz_mod_send(m, i, true, on_checked);
    } else if (m->rolling_back) {
        return;
    } else if (kz_preflight_can_ask(m, s->o)) {
        look_at_new(m, i);
    } else if (!kz_kind_may_come(m, s->o)) {
        m->in_flight++;
        kz_mod_send(m, i, true, on_checked); /* the error that says so */
    } else {
        (void)judge_new(m, i);
    }
}

/* A hook is made anew whatever there is: only its schema speaks. */
static void check_hooks(struct kz_mod *m)
{
    for (size_t i = 0; i < m->want->n_hooks && !m->step_failed && m->preflight != NULL; i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
        const struct kz_want_object *o = &m->want->at[m->want->n + i];
        struct kz_mistakes found;
        if (!kz_is_due_hook(m, o))
            continue;
        kz_preflight_look(&found, a, m, o);
        if (found.certain && kz_validate_of(m, o) == KZ_VALIDATE_STRICT)
            fail_mistakes(m, o, &found);
        else if (found.n > 0)
            kz_mistakes_log(m, &found, o, "sent all the same");
    }
}

static void on_turn(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    check_next(m);
}

static void check_next(struct kz_mod *m)
{
    size_t budget = AT_ONCE;
    while (!m->step_failed && m->next == NULL && m->next_step < m->want->n && budget > 0 &&
           m->in_flight < (size_t)m->spec->concurrency) {
        check_one(m, m->next_step++);
        budget--;
    }
    if (budget == 0 && m->timer == 0)
        m->timer = kz_env_timer(m->e->env, 0, on_turn, m);
    if (m->in_flight > 0 || m->timer != 0 || kz_mod_safe_point(m))
        return;
    check_hooks(m);
    kz_preflight_free(m->preflight);
    m->preflight = NULL;
    if (!m->step_failed) {
        kz_mod_on(m, KZ_EV_DONE);
        return;
    }
    struct kz_err err = *m->err;
    size_t at = strlen(err.frame[0]);
    (void)snprintf(err.frame[0] + at, sizeof err.frame[0] - at, "; nothing was changed");
    kz_mod_fail(m, &err);
}

static bool has_new(const struct kz_mod *m)
{
    for (size_t i = 0; i < m->want->n; i++)
        if (kz_is_new(m, &m->steps[i]))
            return true;
    for (size_t i = 0; i < m->want->n_hooks; i++)
        if (kz_is_due_hook(m, &m->want->at[m->want->n + i]))
            return true;
    return false;
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
    kz_hook_decide(m);
    if (!m->rolling_back && has_new(m))
        kz_preflight_begin(m, check_next);
    else
        check_next(m);
}
