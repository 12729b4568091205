/* SPDX-License-Identifier: Apache-2.0
 *
 * The hooks of one phase, one after another by weight, kind and name; the next begins when the one before
 * has ended well. Each runs once per content: the inventory remembers the hash of what ended well, and
 * the object carries that hash in an annotation, so that a run which was under way when kzsync died is
 * found again and not repeated.
 *
 *   GET ─ none ──────────────────────> apply ─> healthy? ─> recorded ─> next
 *    ├─ of this content, not failed ──────────────^   │
 *    └─ of older content, or failed ─> DELETE ─> apply └─ failed ─> the module fails
 *
 * A hook under way is not superseded by a newer commit: half a migration is worse than a late one. It may
 * take `health.timeout`. */
#include "sync/hook_record.h"
#include "resource/kinds.h"
#include "resource/ownership.h"

#define ANNOT_RUN "kubezero.com/hook-run" /* hash of the content that this object runs */

enum { TICK_MS = 1000, GONE_POLL_MS = 200 };

static const enum kz_phase phases[KZ_MOD_STATES_] = {
    [KZ_MOD_PRESYNC] = KZ_PHASE_PRE_SYNC,       [KZ_MOD_SYNCHOOK] = KZ_PHASE_SYNC,
    [KZ_MOD_POSTSYNC] = KZ_PHASE_POST_SYNC,     [KZ_MOD_SYNCFAIL] = KZ_PHASE_SYNC_FAIL,
    [KZ_MOD_POSTDELETE] = KZ_PHASE_POST_DELETE,
};

static void next(struct kz_mod *m);
static void begin(struct kz_mod *m);

static enum kz_phase phase_of(const struct kz_mod *m)
{
    return m->want->removal && m->state == KZ_MOD_PRESYNC ? KZ_PHASE_PRE_DELETE : phases[m->state];
}

static struct kz_store_module *record_of(const struct kz_mod *m)
{
    return kz_store_module(m->e->store, kz_str(m->name));
}

static const struct kz_want_object *present(const struct kz_mod *m)
{
    return &m->want->at[m->want->n + m->hook_next];
}

/* ---- the end of one ------------------------------------------------------------------------------- */

struct step {
    struct kz_mod *m;
    unsigned epoch;
    void (*then)(struct kz_mod *m);
};

static struct step *step_new(struct kz_mod *m, void (*then)(struct kz_mod *m))
{
    struct step *s = malloc(sizeof *s);
    kz_assert(s != NULL);
    *s = (struct step){.m = m, .epoch = m->epoch, .then = then};
    m->in_flight = 1;
    return s;
}

/* Takes a step that has been answered; false: of an older state, nobody waits for it. */
static bool step_take(struct step *out, void *arg)
{
    *out = *(struct step *)arg;
    free(arg);
    if (out->m->epoch != out->epoch)
        return false;
    out->m->in_flight = 0;
    return true;
}

static void on_removed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct step s;
    (void)id;
    if (!step_take(&s, arg))
        return;
    struct kz_mod *m = s.m;
    if (res->err != NULL && res->outcome != KZ_NO_OBJECT)
        kz_engine_log_error(m->e, &m->log, "hook-not-deleted", kz_phase_name(phase_of(m)), res->err);
    s.then(m);
}

static void go_on(struct kz_mod *m)
{
    m->hook_next++;
    next(m);
}

/* Of a removed module nobody would ask for the hooks again: they leave the inventory when they are gone. */
static void forget_when_gone(struct kz_mod *m);

static void on_forget_tick(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    forget_when_gone(m);
}

static void on_still_there(void *arg, uint64_t id, const struct kz_result *res)
{
    struct step s;
    (void)id;
    if (!step_take(&s, arg))
        return;
    struct kz_mod *m = s.m;
    if (res->outcome == KZ_NO_OBJECT) {
        kz_lives_gone(m->e->lives, present(m)->key);
        kz_store_forget(m->e->store, record_of(m), present(m)->key);
        go_on(m);
    } else if (kz_env_mono(m->e->env) - m->gate_since > m->spec->timeout) {
        go_on(m); /* a finalizer holds it; its entry stays */
    } else {
        m->timer = kz_env_timer(m->e->env, GONE_POLL_MS * KZ_NS_PER_MS, on_forget_tick, m);
    }
}

static void forget_when_gone(struct kz_mod *m)
{
    kz_env_timer_stop(m->e->env, &m->timer);
    m->hook_uid[0] = '\0'; /* it is not waited for any more */
    (void)kz_kube_get(kz_mod_kube(m), &present(m)->id, on_still_there, step_new(m, NULL));
}

static void remove_it(struct kz_mod *m, void (*then)(struct kz_mod *m))
{
    const struct kz_want_object *o = present(m);
    (void)kz_kube_delete(kz_mod_kube(m), &o->id, kz_str(m->hook_uid), KZ_STR(""), false, on_removed, step_new(m, then));
}

/* The object is the only other witness: it goes when the inventory has it. */
static void on_remembered(void *arg, const struct kz_err *err)
{
    struct step s;
    if (!step_take(&s, arg))
        return;
    if (err == NULL) {
        remove_it(s.m, s.then);
        return;
    }
    if (err->code == KZ_E_CONFLICT)
        kz_engine_halt(s.m->e, err);
    s.then(s.m);
}

static void succeeded(struct kz_mod *m)
{
    const struct kz_want_object *o = present(m);
    kz_log(&m->log, KZ_INFO, "hook-done", KZ_F("object", o->key), KZ_FS("phase", kz_phase_name(phase_of(m))));
    kz_hook_remember(m, o, kz_str(m->hook_uid), kz_hook_content(m, o, phase_of(m)));
    if ((o->hook->remove & KZ_HOOK_SUCCEEDED) != 0 || m->want->removal)
        kz_store_flush(m->e->store, on_remembered, step_new(m, m->want->removal ? forget_when_gone : go_on));
    else
        go_on(m);
}

static void give_up(struct kz_mod *m)
{
    struct kz_err err = *m->err;
    kz_mod_fail(m, &err);
}

/* m->err says why. A hook of SyncFail cannot fail more than has failed already. */
static void failed(struct kz_mod *m)
{
    const struct kz_want_object *o = present(m);
    bool remove = (o->hook->remove & KZ_HOOK_FAILED) != 0 && m->hook_uid[0] != '\0';
    if (m->state == KZ_MOD_SYNCFAIL)
        kz_hook_remember(m, o, kz_str(m->hook_uid), kz_hook_content(m, o, KZ_PHASE_SYNC_FAIL));
    void (*then)(struct kz_mod *m) = m->state == KZ_MOD_SYNCFAIL ? go_on : give_up;
    if (remove)
        remove_it(m, then);
    else
        then(m);
}

static void fail(struct kz_mod *m, const struct kz_err *why)
{
    const struct kz_want_object *o = present(m);
    if (m->state == KZ_MOD_SYNCFAIL) { /* the module's own error stays */
        kz_engine_log_error(m->e, &m->log, "hook-failed", "SyncFail", why);
    } else {
        struct kz_err *err = kz_mod_blame(m, why);
        (void)kz_err_at(err, o->origin.file, o->origin.line, 0);
    }
    failed(m);
}

/* ---- waiting for one ------------------------------------------------------------------------------ */

static void tell_of(struct kz_err *err, const struct kz_mod *m, const char *why, struct kz_str log_text)
{
    const struct kz_want_object *o = present(m);
    (void)kz_fail(err, KZ_E_TIMEOUT, "%s hook " KZ_FMT " " KZ_FMT "%s" KZ_FMT " failed%s: %s%s%s%s" KZ_FMT,
                  kz_phase_name(phase_of(m)), KZ_ARG(o->id.kind), KZ_ARG(o->id.ns), o->id.ns.len > 0 ? "/" : "",
                  KZ_ARG(o->id.name), m->overdue, why, m->pod_reason == NULL ? "" : "; ",
                  m->pod_reason == NULL ? "" : m->pod_reason, log_text.len == 0 ? "" : "; last log lines: ",
                  KZ_ARG(log_text));
}

static void on_log(struct kz_mod *m, struct kz_str text)
{
    const struct kz_live_rec *live = kz_lives_find(m->e->lives, present(m)->key);
    struct kz_err err;
    m->hook_failed = m->state != KZ_MOD_SYNCFAIL;
    tell_of(&err, m, live == NULL ? "it is gone" : live->why != NULL ? live->why : kz_health_name(live->health), text);
    fail(m, &err);
}

static void on_pods(struct kz_mod *m)
{
    kz_pods_log(m, present(m)->id.ns, on_log);
}

static void on_tick(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    kz_hooks_look(m);
    if (m->timer == 0 && m->hook_uid[0] != '\0' && phases[m->state] != 0)
        m->timer = kz_env_timer(m->e->env, TICK_MS * KZ_NS_PER_MS, on_tick, m);
}

/* Why it should not be waited for any longer; NULL: it should. */
static const char *overdue(struct kz_mod *m, const struct kz_live_rec *live)
{
    int64_t now = kz_env_mono(m->e->env);
    enum kz_health h = live == NULL ? KZ_HEALTH_PROGRESSING : live->health;
    if (h == KZ_HEALTH_FAILED)
        return "";
    if (h != KZ_HEALTH_FAILING)
        m->failing_since = 0;
    else if (m->failing_since == 0)
        m->failing_since = now;
    if (m->failing_since != 0 && now - m->failing_since >= m->spec->grace)
        return " (grace time over)";
    return now - m->gate_since >= m->spec->timeout ? " (deadline over)" : NULL;
}

static bool is_to_be_reread(struct kz_mod *m)
{
    const int64_t now = kz_env_mono(m->e->env);
    if (now - m->reread < KZ_REREAD_SEC * KZ_NS_PER_SEC)
        return false;
    m->reread = now;
    return true;
}

static void judge(struct kz_mod *m);

static void on_confirmed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct step s;
    (void)id;
    if (!step_take(&s, arg))
        return;
    struct kz_mod *m = s.m;
    if (res->outcome == KZ_NO_OBJECT)
        kz_lives_gone(m->e->lives, present(m)->key);
    if (res->outcome != KZ_DONE) {
        if (res->outcome == KZ_NO_OBJECT)
            judge(m);
        return; /* else the tick asks again */
    }
    const struct kz_live_rec *live = kz_lives_put(m->e->lives, res->body);
    bool same = live != NULL && kz_str_is(live->pub.uid, m->hook_uid);
    if (!same || live->health == KZ_HEALTH_HEALTHY || overdue(m, live) == NULL)
        judge(m);
    else if (live->pods == NULL)
        on_log(m, KZ_STR(""));
    else
        kz_pods_ask(m, present(m)->id.ns, live->pods, on_pods);
}

static void judge(struct kz_mod *m)
{
    const struct kz_want_object *o = present(m);
    const struct kz_live_rec *live = kz_lives_find(m->e->lives, o->key);
    bool same = live != NULL && kz_str_is(live->pub.uid, m->hook_uid);
    if (kz_engine_claimed_elsewhere(m->e, m, o->key)) {
        begin(m);
        return;
    }
    if (same && live->health == KZ_HEALTH_HEALTHY) {
        succeeded(m);
        return;
    }
    if (live == NULL || !same) { /* deleted, or made anew by somebody: what it came to is not known */
        begin(m);
        return;
    }
    kz_mod_say(m, "%s hook " KZ_FMT " " KZ_FMT ": %s", kz_phase_name(phase_of(m)), KZ_ARG(o->id.kind),
               KZ_ARG(o->id.name), live->why != NULL ? live->why : kz_health_name(live->health));
    m->overdue = overdue(m, live);
    if (m->overdue != NULL || is_to_be_reread(m)) /* nothing fails, or waits for long, on the word of a cache */
        (void)kz_kube_get(kz_mod_kube(m), &o->id, on_confirmed, step_new(m, NULL));
}

void kz_hooks_look(struct kz_mod *m)
{
    if (m->in_flight == 0 && m->hook_uid[0] != '\0')
        judge(m);
}

static void wait_for(struct kz_mod *m, struct kz_str uid)
{
    (void)snprintf(m->hook_uid, sizeof m->hook_uid, KZ_FMT, KZ_ARG(uid));
    m->reread = kz_env_mono(m->e->env);
    if (m->timer == 0) /* the first look comes from the loop: hooks that are done at once must not nest */
        m->timer = kz_env_timer(m->e->env, 0, on_tick, m);
}

/* ---- beginning one -------------------------------------------------------------------------------- */

static void run_text(char text[KZ_HASH_TEXT], const struct kz_mod *m)
{
    kz_hash_text(text, kz_hook_content(m, present(m), phase_of(m)));
}

static void on_applied(struct kz_send *s, const struct kz_result *res)
{
    struct kz_mod *m = s->m;
    if (s->epoch != m->epoch)
        return;
    m->in_flight = 0;
    if (res->err != NULL) {
        m->hopeless = kz_mod_refused(res);
        fail(m, res->err);
        return;
    }
    struct kz_str uid = kz_value_path_str(res->body, "metadata.uid");
    (void)kz_lives_put(m->e->lives, res->body);
    kz_hook_started(m, s->o, uid);
    kz_log(&m->log, KZ_INFO, "hook", KZ_F("object", s->o->key), KZ_FS("phase", kz_phase_name(phase_of(m))));
    wait_for(m, uid);
}

static void apply(struct kz_mod *m)
{
    char text[KZ_HASH_TEXT];
    run_text(text, m);
    m->in_flight = 1;
    kz_mod_send_hook(m, present(m), ANNOT_RUN, kz_str(text), on_applied);
}

static void on_gone_tick(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    begin(m);
}

static void begin_later(struct kz_mod *m)
{
    m->hook_uid[0] = '\0';
    kz_env_timer_stop(m->e->env, &m->timer);
    m->timer = kz_env_timer(m->e->env, GONE_POLL_MS * KZ_NS_PER_MS, on_gone_tick, m);
}

static bool has_labels(const struct kz_mod *m, const struct kz_value *live)
{
    const struct kz_value *labels = kz_value_path(live, "metadata.labels");
    return kz_str_is(kz_value_as_str(kz_value_get(labels, KZ_LABEL_PLATFORM)), m->e->platform_name) &&
           kz_str_is(kz_value_as_str(kz_value_get(labels, KZ_LABEL_MODULE)), m->name);
}

/* Ours: we remember it, or the server knows that we applied it (and it is not another platform's). */
static bool is_ours(const struct kz_mod *m, const struct kz_value *live)
{
    const struct kz_value *labels = kz_value_path(live, "metadata.labels");
    const struct kz_store_entry *e = kz_store_find(record_of(m), present(m)->key);
    struct kz_str platform = kz_value_as_str(kz_value_get(labels, KZ_LABEL_PLATFORM));
    if (e != NULL && e->pub.uid.len > 0 && kz_str_eq(e->pub.uid, kz_value_path_str(live, "metadata.uid")))
        return true;
    return (platform.len == 0 || kz_str_is(platform, m->e->platform_name)) &&
           !kz_hash_is_none(kz_ownership_hash(live, KZ_STR(KZ_FIELD_MANAGER)));
}

/* Objects that do something once and cannot be made to do it again by a change: Jobs, Pods, workflows. A
 * ConfigMap or an account for them is changed where it is. */
static bool runs_once(const struct kz_id *id)
{
    return !kz_kind_is_builtin(id->group) || kz_str_is(id->kind, "Job") || kz_str_is(id->kind, "Pod");
}

static void refuse(struct kz_mod *m)
{
    const struct kz_want_object *o = present(m);
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_CONFLICT, "%s hook " KZ_FMT " " KZ_FMT "%s" KZ_FMT " exists already and is not kzsync's",
                  kz_phase_name(phase_of(m)), KZ_ARG(o->id.kind), KZ_ARG(o->id.ns), o->id.ns.len > 0 ? "/" : "",
                  KZ_ARG(o->id.name));
    (void)kz_err_hint(&err, "it has to be deleted before it can run: delete it by hand if nobody needs it");
    m->hopeless = true;
    fail(m, &err);
}

static void found(struct kz_mod *m, const struct kz_value *live)
{
    const struct kz_want_object *o = present(m);
    char text[KZ_HASH_TEXT];
    struct kz_str uid = kz_value_path_str(live, "metadata.uid");
    struct kz_str ran = kz_value_as_str(kz_value_get(kz_value_path(live, "metadata.annotations"), ANNOT_RUN));
    run_text(text, m);
    bool same = kz_str_is(ran, text) && kz_health_of(m->e->rules, live, kz_env_wall(m->e->env)).health != KZ_HEALTH_FAILED;
    if (kz_value_path(live, "metadata.deletionTimestamp") != NULL) {
        kz_mod_say(m, KZ_FMT " " KZ_FMT " is being deleted", KZ_ARG(o->id.kind), KZ_ARG(o->id.name));
        begin_later(m);
    } else if (!runs_once(&o->id) && !same) {
        apply(m);
    } else if (!is_ours(m, live)) {
        refuse(m);
    } else if (same && !has_labels(m, live)) { /* without them it is out of our sight */
        apply(m);
    } else if (same) {
        (void)kz_lives_put(m->e->lives, live);
        wait_for(m, uid);
    } else {
        (void)snprintf(m->hook_uid, sizeof m->hook_uid, KZ_FMT, KZ_ARG(uid));
        remove_it(m, begin_later);
    }
}

static void on_got(void *arg, uint64_t id, const struct kz_result *res)
{
    struct step s;
    (void)id;
    if (!step_take(&s, arg))
        return;
    if (res->outcome == KZ_NO_OBJECT) {
        kz_lives_gone(s.m->e->lives, present(s.m)->key);
        apply(s.m);
    } else if (res->err != NULL) {
        s.m->hopeless = kz_mod_refused(res);
        fail(s.m, res->err);
    } else {
        found(s.m, res->body);
    }
}

static void begin(struct kz_mod *m)
{
    m->hook_uid[0] = '\0';
    m->overdue = "";
    if (m->e->stopped)
        return;
    if (kz_engine_claimed_elsewhere(m->e, m, present(m)->key)) { /* it is another module's to run now */
        go_on(m);
        return;
    }
    (void)kz_kube_get(kz_mod_kube(m), &present(m)->id, on_got, step_new(m, NULL));
}

/* ---- the phase ------------------------------------------------------------------------------------ */

static void end(struct kz_mod *m)
{
    if (m->state == KZ_MOD_SYNCFAIL)
        kz_mod_after_fail_hooks(m);
    else
        kz_mod_on(m, KZ_EV_DONE);
}

static bool due(const struct kz_mod *m, const struct kz_want_object *o)
{
    enum kz_phase p = phase_of(m);
    return (p != KZ_PHASE_SYNC || o->wave == m->wave) && kz_hook_due(m, o, p);
}

static void next(struct kz_mod *m)
{
    kz_env_timer_stop(m->e->env, &m->timer);
    m->hook_uid[0] = '\0';
    if (m->state != KZ_MOD_SYNCFAIL && kz_mod_safe_point(m))
        return;
    while (m->hook_next < m->want->n_hooks && !due(m, present(m)))
        m->hook_next++;
    if (m->hook_next == m->want->n_hooks) {
        end(m);
        return;
    }
    m->gate_since = kz_env_mono(m->e->env);
    m->failing_since = 0;
    kz_pods_forget(m);
    begin(m);
}

/* The hooks of deleting run when there will be a delete; a rollback runs none: those of the older set have
 * run, and running them again would undo what nobody asked to be undone. */
static bool passes(struct kz_mod *m)
{
    if (m->want->n_hooks == 0 || m->rolling_back)
        return true;
    if (m->want->removal)
        return m->state == KZ_MOD_POSTDELETE ? m->held_n > 0 : kz_prune_held(m) != NULL;
    return m->state == KZ_MOD_POSTDELETE;
}

void kz_enter_hooks(struct kz_mod *m)
{
    m->in_flight = 0;
    m->hook_next = 0;
    if (passes(m)) {
        end(m);
        return;
    }
    if (m->state == KZ_MOD_PRESYNC && !m->want->removal)
        kz_hook_decide(m);
    next(m);
}
