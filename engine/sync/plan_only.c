/* SPDX-License-Identifier: Apache-2.0
 *
 * KZ_MODE_PLAN: instead of journal and apply, each module's changes are compared with the server's own
 * answer: GET the live object, dry-run the apply, diff the two. What is not there (presence.h) is compared with
 * nothing. Writes nothing. */
#include "sync/adopt.h"
#include "sync/hook_record.h"
#include "sync/leave.h"
#include "sync/policy.h"
#include "sync/preflight.h"
#include "sync/presence.h"
#include "sync/tenants.h"
#include "value/json.h"

struct probe {
    struct kz_mod *m;
    size_t step;           /* of the plan */
    struct kz_value *live; /* in the plan's arena */
};

static void probe_next(struct kz_mod *m);

static struct kz_step *step_of(const struct probe *p)
{
    return &p->m->plan->steps[p->step];
}

static void end_step(struct probe *p)
{
    struct kz_step *s = step_of(p);
    s->cls = kz_plan_class(&s->id, &s->diff, s->kind);
    if (s->adopts != NULL && s->diff.len == 0)
        s->cls = KZ_CLASS_METADATA; /* ownership only, as far as we can tell */
    p->m->in_flight--;
    free(p);
}

static void close_step(struct probe *p)
{
    struct kz_mod *m = p->m;
    end_step(p);
    probe_next(m);
}

static const char *not_confirmed(struct kz_mod *m, const struct kz_result *res)
{
    char line[KZ_ERR_TEXT];
    return kz_cstr(m->plan_arena, kz_str(kz_err_line(line, sizeof line, res->err)));
}

/* Both sides with a word for what is generated: where that stays the same there is no difference, and where
 * it changes only that is said. Without the key nothing is known of the values, so they are taken to stay. */
static void hide(struct probe *p, struct kz_value **after)
{
    struct kz_mod *m = p->m;
    struct kz_arena *a = m->plan_arena;
    const struct kz_want_object *o = &m->want->at[p->step];
    const struct kz_generated g = kz_want_generated(o, kz_want_body(a, o));
    const bool unknown = kz_seed_state(m->e->seed) == KZ_SEED_FORBIDDEN;
    kz_hide_generated(after, a, &g, unknown || p->live == NULL);
    if (p->live != NULL)
        kz_hide_generated(&p->live, a, &g, unknown);
}

/* What stood where a generated value comes was most likely a generated one, too. */
static void hide_before(struct kz_arena *a, struct kz_diff *d)
{
    for (size_t i = 0; i < d->len; i++) {
        const struct kz_str before = kz_value_as_str(d->at[i].before);
        if (kz_str_is(kz_value_as_str(d->at[i].after), KZ_GENERATED) && before.len > 0 && before.ptr[0] != '#')
            d->at[i].before = kz_value_cstr(a, "(hidden)");
    }
}

static void on_dry_run(struct kz_send *send, const struct kz_result *res)
{
    struct kz_mod *m = send->m;
    struct probe *p = m->probes[send->step];
    struct kz_step *s = step_of(p);
    struct kz_value *after = res->err == NULL ? kz_value_copy(m->plan_arena, res->body)
                                              : kz_want_body(m->plan_arena, &m->want->at[send->step]);
    hide(p, &after);
    if (res->err == NULL) {
        kz_diff_objects(&s->diff, m->plan_arena, p->live, after);
    } else { /* without the server's word: what we would send against what is there */
        s->unknown = not_confirmed(m, res);
        kz_diff_wanted(&s->diff, m->plan_arena, p->live, after);
    }
    hide_before(m->plan_arena, &s->diff);
    close_step(p);
}

/* What is new is compared with nothing; whether the API server would take it says its schema, or with
 * `dryRun: full`, or where the schema is in doubt, itself. true: it was asked. */
static bool judge_new(struct probe *p)
{
    struct kz_mod *m = p->m;
    const struct kz_want_object *o = &m->want->at[p->step];
    struct kz_step *s = step_of(p);
    struct kz_value *body = kz_want_body(m->plan_arena, o);
    const bool can_ask = kz_preflight_can_ask(m, o), strict = kz_validate_of(m, o) == KZ_VALIDATE_STRICT;
    struct kz_mistakes found;
    kz_preflight_look(&found, m->plan_arena, m, o);
    if (can_ask && (m->spec->dry_run == KZ_DRY_RUN_FULL || (strict && found.n > 0))) {
        kz_mod_send(m, p->step, true, on_dry_run);
        return true;
    }
    if (strict && found.certain)
        s->unknown = kz_cstr(m->plan_arena, kz_mistakes_text(m->plan_arena, &found));
    else if (!kz_kind_may_come(m, o))
        s->unknown = "the API server does not serve its kind";
    hide(p, &body);
    kz_diff_objects(&s->diff, m->plan_arena, NULL, body);
    return false;
}

static void on_live(void *arg, uint64_t id, const struct kz_result *res)
{
    struct probe *p = arg;
    struct kz_mod *m = p->m;
    struct kz_step *s = step_of(p);
    (void)id;
    if (res->outcome == KZ_NO_OBJECT || res->outcome == KZ_NO_KIND) {
        if (!judge_new(p))
            close_step(p);
        return;
    }
    if (res->err != NULL) {
        s->unknown = not_confirmed(m, res);
        close_step(p);
        return;
    }
    if (s->kind == KZ_STEP_CREATE) { /* it exists, but is not ours yet */
        s->kind = KZ_STEP_CHANGE;
        m->plan->count[KZ_STEP_CREATE]--;
        m->plan->count[KZ_STEP_CHANGE]++;
    }
    p->live = kz_value_copy(m->plan_arena, res->body);
    if (kz_adopt_needed(m, &m->want->at[p->step], p->live))
        s->adopts = kz_cstr(m->plan_arena, kz_adopt_names(m->plan_arena, p->live));
    kz_mod_send(m, p->step, true, on_dry_run);
}

static bool is_kept(const struct kz_mod *m, struct kz_str key)
{
    const struct kz_live_rec *live = kz_lives_find(m->e->lives, key);
    return !m->spec->prune || m->spec->retain || kz_is_kept(live) ||
           (m->removed && live != NULL && live->opt.on_delete == KZ_ON_DELETE_ORPHAN);
}

static void add_removals(struct kz_mod *m, struct kz_plan *plan, size_t *n)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&rec->entries, &i)) != NULL;) {
        const struct kz_store_entry *entry = slot->val;
        if (kz_want_find(m->want, slot->key) != NULL ||
            kz_engine_wanted_elsewhere(m->e, m, slot->key, &entry->pub.id))
            continue;
        plan->steps[(*n)++] = (struct kz_step){
            .kind = is_kept(m, slot->key) || !kz_tenants_may(m, &entry->pub.id) ? KZ_STEP_KEEP : KZ_STEP_REMOVE,
            .cls = KZ_CLASS_DESTRUCTIVE,
            .id = kz_id_dup(m->plan_arena, &entry->pub.id),
            .version = kz_str_dup(m->plan_arena, entry->pub.version)};
    }
}

/* Hooks in the order of their phases. Whether a removal will pass its guards is not known here. */
static void add_hooks(struct kz_mod *m, struct kz_plan *plan, size_t *n)
{
    static const enum kz_phase phases[] = {KZ_PHASE_PRE_SYNC, KZ_PHASE_SYNC, KZ_PHASE_POST_SYNC};
    static const enum kz_phase removed[] = {KZ_PHASE_PRE_DELETE, KZ_PHASE_POST_DELETE};
    const enum kz_phase *p = m->want->removal ? removed : phases;
    for (size_t k = 0; k < (m->want->removal ? kz_countof(removed) : kz_countof(phases)); k++) {
        for (size_t i = 0; i < m->want->n_hooks; i++) {
            const struct kz_want_object *o = &m->want->at[m->want->n + i];
            if (!kz_hook_due(m, o, p[k]))
                continue;
            plan->steps[(*n)++] = (struct kz_step){.kind = KZ_STEP_RUN, .cls = KZ_CLASS_ROUTINE, .id = o->id,
                                                   .version = o->version, .origin = o->origin,
                                                   .phase = kz_phase_name(p[k])};
        }
    }
}

/* What a daemon would wait for: first for the changes, then for the removals alone. */
static void say_held(struct kz_mod *m)
{
    struct kz_plan *plan = m->plan;
    struct kz_stops s;
    struct kz_wish_pause p;
    const bool installs = kz_store_module(m->e->store, kz_str(m->name))->revision[0] == '\0';
    enum kz_class changes = KZ_CLASS_NONE;
    struct kz_str why = KZ_STR("");
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct kz_step *step = &plan->steps[i];
        const bool stays = step->kind == KZ_STEP_NOTHING || step->kind == KZ_STEP_KEEP || step->kind == KZ_STEP_REMOVE;
        changes = !stays && step->cls > changes ? step->cls : changes;
    }
    if (installs && changes > KZ_CLASS_ROUTINE)
        changes = KZ_CLASS_ROUTINE;
    if (plan->cls != KZ_CLASS_NONE && kz_policy_paused(&p, m))
        why = kz_str_printf(m->plan_arena, "paused: " KZ_FMT, KZ_ARG(p.reason));
    else if (kz_policy_stops(&s, m, changes, m->want))
        why = kz_policy_text(m->plan_arena, m, &s, kz_str_printf(m->plan_arena, "%s class", kz_class_name(changes)));
    else if (plan->count[KZ_STEP_REMOVE] > 0 && kz_policy_stops(&s, m, KZ_CLASS_DESTRUCTIVE, m->want))
        why = kz_policy_text(m->plan_arena, m, &s, kz_str_printf(m->plan_arena, "delete of %zu object%s",
                                                                 plan->count[KZ_STEP_REMOVE],
                                                                 plan->count[KZ_STEP_REMOVE] == 1 ? "" : "s"));
    if (why.len > 0)
        plan->held = kz_cstr(m->plan_arena, why);
}

static void finish(struct kz_mod *m)
{
    struct kz_plan *plan = m->plan;
    memset(plan->count, 0, sizeof plan->count);
    for (size_t i = 0; i < plan->n_steps; i++) {
        struct kz_step *s = &plan->steps[i];
        if (s->kind == KZ_STEP_CHANGE && s->diff.len == 0 && s->unknown == NULL && s->adopts == NULL)
            s->kind = KZ_STEP_NOTHING; /* the server says that nothing would change */
        plan->count[s->kind]++;
        if (s->kind != KZ_STEP_NOTHING && s->cls > plan->cls)
            plan->cls = s->cls;
    }
    say_held(m);
    free(m->probes);
    m->probes = NULL;
    m->planned = true;
    kz_engine_kick(m->e);
}

static void look_again(struct kz_mod *m, size_t i);

/* true: it is decided. */
static bool look(struct probe *p)
{
    struct kz_mod *m = p->m;
    const struct kz_want_object *o = &m->want->at[p->step];
    const bool is_new = kz_lives_find(m->e->lives, o->key) == NULL && kz_preflight_can_ask(m, o);
    switch (is_new ? kz_presence_look(m->e->presence, m, p->step, look_again) : KZ_PRESENCE_UNKNOWN) {
    case KZ_PRESENCE_ABSENT:
        return !judge_new(p);
    case KZ_PRESENCE_UNKNOWN:
        (void)kz_kube_get(kz_mod_kube(m), &o->id, on_live, p);
        break;
    case KZ_PRESENCE_WAIT:
        break;
    }
    return false;
}

static void look_again(struct kz_mod *m, size_t i)
{
    if (look(m->probes[i]))
        close_step(m->probes[i]);
}

static void probe_next(struct kz_mod *m)
{
    while (m->next_step < m->want->n && m->in_flight < (size_t)m->spec->concurrency) {
        size_t i = m->next_step++;
        if (!m->steps[i].todo)
            continue;
        struct probe *p = calloc(1, sizeof *p);
        kz_assert(p != NULL);
        *p = (struct probe){.m = m, .step = i};
        m->probes[i] = p;
        m->in_flight++;
        if (look(p))
            end_step(p);
    }
    if (m->in_flight == 0)
        finish(m);
}

void kz_mod_plan(struct kz_mod *m)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    m->plan_arena = kz_arena_new(512 << 20);
    struct kz_plan *plan = kz_new(m->plan_arena, struct kz_plan);
    plan->module = kz_str(m->name);
    plan->warnings = m->want->warnings;
    plan->n_warnings = m->want->n_warnings;
    plan->steps = kz_new_n(m->plan_arena, struct kz_step, m->want->n + 3 * m->want->n_hooks + rec->entries.len + 1);
    m->plan = plan;
    m->probes = calloc(m->want->n + 1, sizeof *m->probes);
    kz_assert(m->probes != NULL);
    (void)kz_mod_decide(m);
    size_t n = 0;
    for (; n < m->want->n; n++) {
        const struct kz_want_object *o = &m->want->at[n];
        bool live = kz_lives_find(m->e->lives, o->key) != NULL;
        plan->steps[n] = (struct kz_step){
            .kind = !m->steps[n].todo ? KZ_STEP_NOTHING : live ? KZ_STEP_CHANGE : KZ_STEP_CREATE,
            .id = o->id, .version = o->version, .origin = o->origin, .drift = m->steps[n].drift};
        plan->count[plan->steps[n].kind]++;
    }
    kz_hook_decide(m);
    add_hooks(m, plan, &n);
    add_removals(m, plan, &n);
    plan->n_steps = n;
    m->in_flight = 0;
    m->next_step = 0;
    kz_preflight_begin(m, probe_next);
}
