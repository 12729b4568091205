/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate after a wave, and after the last: everything so far is healthy, and stays so for `soak` when
 * pods were replaced. "Failing" may last for `grace`; "failed" ends the gate at once; the deadline is
 * `timeout`; a kind may have times of its own. While a pod waits for a node the deadline stands still, up to
 * `capacity`. A gate that fails says why: the object, the pod's reason, the container's last lines.
 *
 * Driven by watch events; a timer runs once a second only while a gate is open. */
#include "sync/drift.h"
#include "sync/internal.h"
#include "sync/leave.h"
#include "sync/partial.h"

enum { TICK_MS = 1000, POD_PATIENCE_SEC = 2 };

static void on_tick(void *arg, uint64_t id);
static void look(struct kz_mod *m);

struct bad { /* the first object that is not healthy, and the worst news */
    const struct kz_want_object *o;
    const struct kz_live_rec *live;
    enum kz_health health;
    bool late; /* its deadline is over */
    size_t healthy, total;
};

/* ---- times of a kind ---------------------------------------------------------------------------- */

static struct kz_kind_times times_of(const struct kz_module *spec, const struct kz_id *id)
{
    struct kz_kind_times t = {.timeout = spec->timeout, .grace = spec->grace, .soak = -1};
    for (size_t i = 0; i < spec->n_kind_times; i++) {
        const struct kz_kind_times *own = &spec->kind_times[i];
        if (!kz_str_eq(own->kind, id->kind) || (own->group.len > 0 && !kz_str_eq(own->group, id->group)))
            continue;
        t.timeout = own->timeout >= 0 ? own->timeout : t.timeout;
        t.grace = own->grace >= 0 ? own->grace : t.grace;
        t.soak = own->soak;
        break;
    }
    return t;
}

void kz_gate_applied(struct kz_mod *m, const struct kz_want_object *o)
{
    struct kz_kind_times t = times_of(m->spec, &o->id);
    int64_t soak = t.soak >= 0 ? t.soak : o->runs_pods ? m->spec->soak : 0;
    m->soak_for = soak > m->soak_for ? soak : m->soak_for;
}

/* ---- what is not healthy ------------------------------------------------------------------------ */

/* The more of it, the more it says about the end of the gate. */
static int weight(enum kz_health h, bool late)
{
    return h == KZ_HEALTH_FAILED ? 3 : late ? 2 : h == KZ_HEALTH_FAILING ? 1 : 0;
}

static bool fine(enum kz_health h)
{
    return h == KZ_HEALTH_HEALTHY || h == KZ_HEALTH_SUSPENDED;
}

/* waited: how long the gate has, 0 when nobody waits. partly: only of what is synced just now. */
static struct bad survey(const struct kz_mod *m, int from, int to, int64_t waited, bool partly)
{
    struct bad b = {.health = KZ_HEALTH_HEALTHY};
    for (size_t i = 0; i < m->want->n; i++) {
        const struct kz_want_object *o = &m->want->at[i];
        if (o->wave < from)
            continue;
        if (o->wave > to)
            break;
        if (partly && !kz_partial_has(m, o->key))
            continue;
        const struct kz_live_rec *live = kz_lives_find(m->e->lives, o->key);
        enum kz_health h = live == NULL ? KZ_HEALTH_MISSING : live->health;
        b.total++;
        if (fine(h) || !kz_is_awaited(m, o)) {
            b.healthy++;
            continue;
        }
        bool late = waited > 0 && waited >= times_of(m->spec, &o->id).timeout;
        if (b.o == NULL || weight(h, late) > weight(b.health, b.late)) {
            b.o = o;
            b.live = live;
            b.health = h;
            b.late = late;
        }
    }
    return b;
}

bool kz_mod_healthy(const struct kz_mod *m, size_t *healthy)
{
    if (m->want == NULL)
        return false;
    struct bad b = survey(m, 0, m->want->n_waves, 0, false);
    if (healthy != NULL)
        *healthy = b.healthy;
    return b.healthy == b.total;
}

/* ---- failing: with the pod's reason and its last lines ------------------------------------------ */

static void fail_now(struct kz_mod *m, const struct bad *b, struct kz_str log_text)
{
    struct kz_err err;
    char id[512];
    const char *why = b->live != NULL && b->live->why != NULL ? b->live->why : kz_health_name(b->health);
    (void)snprintf(id, sizeof id, KZ_FMT " " KZ_FMT "%s" KZ_FMT, KZ_ARG(b->o->id.kind), KZ_ARG(b->o->id.ns),
                   b->o->id.ns.len > 0 ? "/" : "", KZ_ARG(b->o->id.name));
    /* One cause, from the object over its pod to what the container said last. */
    (void)kz_fail(&err, KZ_E_TIMEOUT, "%s is not healthy%s: %s%s%s%s" KZ_FMT, id, m->overdue, why,
                  m->pod_reason == NULL ? "" : "; ", m->pod_reason == NULL ? "" : m->pod_reason,
                  log_text.len == 0 ? "" : "; last log lines: ", KZ_ARG(log_text));
    (void)kz_err_at(&err, b->o->origin.file, b->o->origin.line, 0);
    kz_mod_fail(m, &err);
}

struct ask {
    struct kz_mod *m;
    unsigned epoch;
    const struct kz_want_object *o;
};

/* Without the time in which pods waited for a node, as far as that is forgiven. */
static int64_t waited(const struct kz_mod *m)
{
    int64_t spare = m->gate_capacity < m->spec->capacity ? m->gate_capacity : m->spec->capacity;
    return kz_env_mono(m->e->env) - m->gate_since - spare;
}

static struct bad survey_gate(const struct kz_mod *m)
{
    return survey(m, m->gate_from, m->wave, waited(m), true);
}

static void on_log(struct kz_mod *m, struct kz_str text)
{
    struct bad b = survey_gate(m);
    if (b.o == NULL || m->overdue == NULL) /* it recovered while we asked */
        look(m);
    else
        fail_now(m, &b, text);
}

/* Nothing fails on the word of a cache: a watch may have stalled. The object that is to blame is read
 * once more; while the API server does not answer, the gate stays open. */
static void confirm(struct kz_mod *m, const struct bad *b);

static void on_confirmed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct ask q = *(struct ask *)arg;
    struct kz_mod *m = q.m;
    (void)id;
    free(arg);
    if (m->epoch != q.epoch)
        return;
    if (res->outcome == KZ_DONE)
        (void)kz_lives_put(m->e->lives, res->body);
    else if (res->outcome == KZ_NO_OBJECT)
        kz_lives_gone(m->e->lives, q.o->key);
    if (m->epoch != q.epoch) /* the news may have been taken in already */
        return;
    m->in_flight = 0;
    if (res->outcome != KZ_DONE && res->outcome != KZ_NO_OBJECT && res->outcome != KZ_NO_KIND)
        return; /* the tick asks again */
    struct bad b = survey_gate(m);
    if (b.o == NULL)
        look(m);
    else if (b.o == q.o)
        kz_pods_log(m, b.o->id.ns, on_log);
    else
        confirm(m, &b);
}

static void confirm(struct kz_mod *m, const struct bad *b)
{
    struct ask *q = calloc(1, sizeof *q);
    kz_assert(q != NULL);
    *q = (struct ask){.m = m, .epoch = m->epoch, .o = b->o};
    m->in_flight = 1;
    (void)kz_kube_get(kz_mod_kube(m), &b->o->id, on_confirmed, q);
}

static void on_reread(void *arg, uint64_t id, const struct kz_result *res)
{
    struct ask q = *(struct ask *)arg;
    struct kz_mod *m = q.m;
    (void)id;
    free(arg);
    if (m->epoch != q.epoch)
        return;
    m->in_flight = 0;
    if (res->outcome == KZ_DONE)
        (void)kz_lives_put(m->e->lives, res->body);
    else if (res->outcome == KZ_NO_OBJECT)
        kz_lives_gone(m->e->lives, q.o->key);
    if (m->epoch == q.epoch) /* the news may have been taken in already */
        look(m);
}

/* No event for long: that may be the watch. */
static void reread(struct kz_mod *m, const struct bad *b, int64_t now)
{
    if (m->in_flight > 0 || now - m->reread < KZ_REREAD_SEC * KZ_NS_PER_SEC)
        return;
    struct ask *q = calloc(1, sizeof *q);
    kz_assert(q != NULL);
    *q = (struct ask){.m = m, .epoch = m->epoch, .o = b->o};
    m->reread = now;
    m->in_flight = 1;
    (void)kz_kube_get(kz_mod_kube(m), &b->o->id, on_reread, q);
}

/* Pods are asked for only while their workload keeps the gate waiting. */
static void ask_pods(struct kz_mod *m, const struct bad *b)
{
    int64_t now = kz_env_mono(m->e->env);
    if (b->live == NULL || b->live->pods == NULL || m->in_flight > 0 ||
        now - m->gate_since < POD_PATIENCE_SEC * KZ_NS_PER_SEC ||
        now - m->pods_asked < POD_PATIENCE_SEC * KZ_NS_PER_SEC)
        return;
    m->pods_asked = now;
    m->pods_of = b->o;
    kz_pods_ask(m, b->o->id.ns, b->live->pods, look);
}

/* ---- the gate ----------------------------------------------------------------------------------- */

static void rearm(struct kz_mod *m)
{
    if (m->timer == 0)
        m->timer = kz_env_timer(m->e->env, TICK_MS * KZ_NS_PER_MS, on_tick, m);
}

static void on_tick(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    look(m);
}

/* A Deployment's own deadline counts the wait for a node too: the pods are asked before that is believed. */
static bool may_hope(const struct kz_mod *m, const struct bad *b)
{
    bool can_ask = b->live != NULL && b->live->overdue && b->live->pods != NULL;
    return can_ask && m->gate_capacity < m->spec->capacity && (m->pods_of != b->o || m->in_flight > 0 || m->pod_capacity);
}

/* Why the gate should not wait any longer; NULL: it should. */
static const char *overdue(const struct kz_mod *m, const struct bad *b, int64_t now)
{
    if (b->health == KZ_HEALTH_FAILED && !may_hope(m, b))
        return "";
    if (m->failing_since != 0 && now - m->failing_since >= times_of(m->spec, &b->o->id).grace)
        return " (grace time over)";
    return b->late ? " (deadline over)" : NULL;
}

/* The deadline stands still while the last word of the pods is that one of them waits for a node. */
static void count_capacity(struct kz_mod *m, int64_t now)
{
    if (m->pod_capacity)
        m->gate_capacity += now - m->gate_seen;
    m->gate_seen = now;
}

static void wait_healthy(struct kz_mod *m, const struct bad *b, int64_t now)
{
    if (m->pods_of != b->o && m->in_flight == 0) { /* what pods of another one lack says nothing of this one */
        kz_pods_forget(m);
        m->pods_of = NULL;
    }
    bool failing = b->health == KZ_HEALTH_FAILING || m->pod_failing;
    m->healthy_since = 0;
    m->gate_for = kz_waited_kind(&b->o->id);
    m->failing_since = !failing ? 0 : m->failing_since == 0 ? now : m->failing_since;
    kz_mod_say(m, KZ_FMT " " KZ_FMT ": %s%s%s", KZ_ARG(b->o->id.kind), KZ_ARG(b->o->id.name),
               b->live != NULL && b->live->why != NULL ? b->live->why : kz_health_name(b->health),
               m->pod_reason != NULL ? ", " : "", m->pod_reason != NULL ? m->pod_reason : "");
    if (b->health == KZ_HEALTH_MISSING) /* deleted behind our back: waiting would not bring it back */
        kz_drift_soon(m);
    m->overdue = overdue(m, b, now);
    if (m->overdue != NULL && m->in_flight == 0)
        confirm(m, b);
    if (m->overdue == NULL) {
        ask_pods(m, b);
        reread(m, b, now);
    }
    rearm(m);
}

static void look(struct kz_mod *m)
{
    int64_t now = kz_env_mono(m->e->env);
    if (kz_mod_safe_point(m))
        return;
    count_capacity(m, now);
    struct bad b = survey_gate(m);
    if (b.o == NULL && m->partial == NULL && kz_gate_extra_pending(m)) {
        m->gate_for = KZ_WAITED_GATE;
        if (m->state == KZ_MOD_GATE) /* its deadline may just have failed the module */
            rearm(m);
        return;
    }
    if (b.o != NULL) {
        wait_healthy(m, &b, now);
        return;
    }
    m->failing_since = 0;
    if (m->healthy_since == 0)
        m->healthy_since = now;
    int64_t left = m->wave + 1 >= m->want->n_waves ? m->soak_for - (now - m->healthy_since) : 0;
    if (left <= 0) {
        kz_mod_gate_over(m);
        return;
    }
    kz_mod_say(m, "healthy, soaking");
    kz_env_timer_stop(m->e->env, &m->timer);
    m->timer = kz_env_timer(m->e->env, left, on_tick, m);
}

void kz_gate_look(struct kz_mod *m)
{
    look(m);
}

/* The first look comes from the loop: waves that are healthy at once must not nest. */
void kz_enter_gate(struct kz_mod *m)
{
    m->gate_since = kz_env_mono(m->e->env);
    m->gate_for = KZ_WAITED_NOTHING;
    m->healthy_since = m->failing_since = m->pods_asked = m->gate_capacity = 0;
    m->gate_seen = m->reread = m->gate_since;
    m->in_flight = 0;
    kz_pods_forget(m);
    m->pods_of = NULL;
    if (m->partial == NULL)
        kz_gate_extra_start(m);
    m->timer = kz_env_timer(m->e->env, 0, on_tick, m);
}
