/* SPDX-License-Identifier: Apache-2.0
 *
 * Deletes what the module once applied and does not want any more, last, in reverse order of
 * creation, and only when every prune rule of docs/internals/safety.md holds for the object; what
 * does not pass is held with its reason. Each delete is preceded by a live GET (never the word of a
 * cache) and carries the uid and resourceVersion that were seen. An entry leaves the inventory only
 * when the object is gone.
 *
 *   pick the highest delete rank -> GET -> guards -> DELETE -> gone? -> next; a rank waits for the one
 *   above it to be gone */
#include "sync/hold.h"
#include "sync/internal.h"
#include "sync/tenants.h"
#include "sync/leave.h"
#include "sync/removal.h"
#include "resource/order.h"

enum { GONE_POLL_SEC = 1 };

static void prune_next(struct kz_mod *m);
static void on_guarded(struct kz_mod *m, const char *why);
struct victim;
static void skip(struct victim *v);

struct victim {
    struct kz_mod *m;
    unsigned epoch;
    struct kz_arena *arena;
    struct kz_id id;
    struct kz_str key;
    struct kz_value *body; /* of a CRD, while its instances are counted */
    size_t instances;      /* of a CRD */
};

/* Also by a newer set that may not begin yet. */
static bool wanted(const struct kz_mod *m, struct kz_str key)
{
    return kz_want_find(m->want, key) != NULL || (m->hold != NULL && kz_want_find(kz_hold_want(m), key) != NULL);
}

static bool stays(const struct kz_mod *m, const struct kz_live_rec *live)
{
    return kz_is_kept(live) || (live != NULL && m->removed && live->opt.on_delete == KZ_ON_DELETE_ORPHAN);
}

static bool has_to_go(const struct kz_mod *m, struct kz_str key)
{
    return !wanted(m, key) && !stays(m, kz_lives_find(m->e->lives, key));
}

/* The entries that have to go; the count decides about the blast limit. */
static size_t count_unwanted(const struct kz_mod *m, const struct kz_store_module *rec)
{
    size_t n = 0;
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&rec->entries, &i)) != NULL;)
        n += has_to_go(m, slot->key);
    return n;
}

/* ahead: only of what goes ahead of others (takedown.c). */
static struct kz_store_entry *pick(struct kz_mod *m, struct kz_store_module *rec, bool ahead)
{
    struct kz_store_entry *best = NULL;
    const struct kz_map_slot *slot;
    int best_rank = 0;
    for (size_t i = 0; (slot = kz_map_next(&rec->entries, &i)) != NULL;) {
        struct kz_store_entry *e = slot->val;
        if (wanted(m, slot->key) || kz_map_find(&m->prune_skip, slot->key) != NULL)
            continue;
        if (ahead && !kz_takedown_goes_ahead(m, &e->pub.id))
            continue;
        int rank = kz_order_delete_rank(&e->pub.id);
        if (best == NULL || rank > best_rank ||
            (rank == best_rank && kz_id_cmp(&e->pub.id, &best->pub.id) < 0)) {
            best = e;
            best_rank = rank;
        }
    }
    return best;
}

/* Not again in this pass. The key is a copy: its entry may go meanwhile. */
static void pass_over(struct kz_mod *m, struct kz_str key)
{
    char *copy = strndup(key.ptr, key.len);
    kz_assert(copy != NULL);
    (void)kz_map_put(&m->prune_skip, kz_str(copy), copy);
}

void kz_prune_forget(struct kz_mod *m)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&m->prune_skip, &i)) != NULL;)
        free(slot->val);
    kz_map_clear(&m->prune_skip);
}

/* by: further flags of what would let it go. */
static void hold(struct kz_mod *m, struct kz_str key, const char *why, unsigned by)
{
    if (m->held_said != why)
        m->counts.prune_refused[kz_plan_guard(why)]++;
    if (m->held_said != why && m->e->opt.mode == KZ_MODE_RUN)
        kz_log(&m->log, KZ_WARN, "prune-held", KZ_F("object", key), KZ_FS("reason", why));
    m->held = m->held_said = why;
    m->held_by |= KZ_HELD_PRUNE | by;
    m->held_n++;
    pass_over(m, key);
}

/* One of the guards; by and by it may open. */
static void hold_guarded(struct kz_mod *m, struct kz_str key, const char *why, unsigned by)
{
    m->held_guarded = true;
    hold(m, key, why, by);
}

static void hold_policy(struct kz_mod *m, struct kz_str key, const char *why, unsigned by)
{
    m->held_policy = true;
    hold(m, key, why, by);
}

/* What policy has against all removals, NULL: nothing; *by: what would let them go. */
static const char *policy_held(const struct kz_mod *m, unsigned *by)
{
    struct kz_stops s;
    *by = 0;
    if (!kz_policy_stops(&s, m, KZ_CLASS_DESTRUCTIVE, m->want))
        return NULL;
    s.approval &= !m->e->opt.confirm_delete;
    *by = (s.approval ? KZ_HELD_APPROVAL : 0U) | (s.window ? KZ_HELD_WINDOW : 0U);
    return s.paused     ? "its module is paused"
           : s.approval ? "deletes need approval"
           : s.window   ? "no window is open for deletes"
                        : NULL;
}

/* Of all that is to go and was not looked at yet. */
static void hold_all(struct kz_mod *m, const char *why,
                     void (*how)(struct kz_mod *m, struct kz_str key, const char *why, unsigned by), unsigned by)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&rec->entries, &i)) != NULL;)
        if (has_to_go(m, slot->key) && kz_map_find(&m->prune_skip, slot->key) == NULL)
            how(m, slot->key, why, by);
}

/* It stays by its own annotation: nobody has to approve anything. Its entry stays too, so that it goes
 * when the annotation goes. */
static void keep(struct kz_mod *m, struct kz_str key)
{
    kz_log(&m->log, KZ_DEBUG, "kept", KZ_F("object", key));
    pass_over(m, key);
}

/* What keeps an object from going away, and whose it is. */
static void say_stuck(struct kz_mod *m, const struct victim *v, const struct kz_value *body)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    kz_mod_say(m, KZ_FMT " " KZ_FMT " is being deleted" KZ_FMT, KZ_ARG(v->id.kind), KZ_ARG(v->id.name),
               KZ_ARG(kz_stuck_text(a, body, kz_env_wall(m->e->env))));
}

static void forget(struct kz_mod *m, struct kz_str key)
{
    kz_store_forget(m->e->store, kz_store_module(m->e->store, kz_str(m->name)), key);
    kz_store_flush_soon(m->e->store);
}

/* Its module goes, and it was told to stay then: it is nobody's from now on. */
static void let_go(struct kz_mod *m, struct kz_str key)
{
    kz_log(&m->log, KZ_INFO, "let-go", KZ_F("object", key));
    forget(m, key);
}

static void victim_done(struct victim *v)
{
    kz_arena_free(v->arena);
    free(v);
}

/* What holds for all objects alike, after what the rules say of one. */
static const char *module_held(const struct kz_mod *m, const char *why)
{
    if (why == NULL && !kz_store_trusted(m->e->store))
        why = "the inventory cannot be trusted";
    if (why == NULL && m->e->stopped)
        why = "kzsync is ending, or another one leads";
    if (why == NULL && (kz_engine_is_reading(m->e) || m->next != NULL)) /* it may be wanted again, here or elsewhere */
        why = "a newer revision is being read";
    return why;
}

static void fill_facts(struct kz_prune_facts *f, const struct victim *v)
{
    struct kz_mod *m = v->m;
    const struct kz_engine *e = m->e;
    const struct kz_store_module *rec = kz_store_module(e->store, kz_str(m->name));
    const struct kz_api *api = kz_kube_api(e->kube, v->id.group, KZ_STR(""), v->id.kind);
    size_t removing = count_unwanted(m, rec), owned = rec->entries.len;
    /* A module that was taken out of the definitions on purpose is measured against the platform: its own
     * objects all go by intention; a module that suddenly renders nothing is measured against itself. */
    if (m->removed) {
        const struct kz_store_module *other;
        owned = 0;
        for (size_t i = 0; (other = kz_store_next(e->store, &i)) != NULL;)
            owned += other->entries.len;
    }
    *f = (struct kz_prune_facts){
        .render_complete = m->render_err == NULL,
        .source_fresh = e->source_fresh,
        .applied_all = !m->step_failed,
        .live_known = true, /* a GET was just answered */
        .api_fresh = api != NULL && !api->stale,
        .elsewhere = kz_engine_wanted_elsewhere(e, m, v->key, &v->id),
        .module_enabled_prune = m->spec->prune && !kz_policy_paused(NULL, m) && !m->spec->retain,
        .removing = removing,
        .owned = owned,
        .approved = e->opt.confirm_delete || kz_policy_approved(m, m->want),
        .leads = kz_engine_may_write(e),
        .first_cycle = e->opt.mode == KZ_MODE_RUN && e->resolves < 2,
        .instances = v->instances,
        .content_foreign = true, /* what else lives in a namespace is not known: only approval deletes it */
    };
}

const char *kz_prune_held(struct kz_mod *m)
{
    static const struct kz_entry nobody = {.uid = KZ_STR_INIT("-"), .module = KZ_STR_INIT("-")};
    static const struct kz_live any = {.uid = KZ_STR_INIT("-"), .module = KZ_STR_INIT("-")};
    const struct victim v = {.m = m, .instances = SIZE_MAX};
    struct kz_prune_facts facts;
    fill_facts(&facts, &v);
    facts.api_fresh = facts.leads = true; /* which may change before it comes to that */
    unsigned by;
    const char *why = module_held(m, kz_plan_may_prune(&facts, &nobody, &any, KZ_STR("")));
    return why != NULL ? why : policy_held(m, &by);
}

/* ---- after the DELETE ---------------------------------------------------------------------------- */

static void on_tick(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    m->in_flight = 0;
    prune_next(m);
}

static bool is_still_right(void *arg)
{
    const struct victim *v = arg;
    unsigned by;
    return v->m->epoch == v->epoch && module_held(v->m, NULL) == NULL && policy_held(v->m, &by) == NULL &&
           !wanted(v->m, v->key);
}

/* What has come between, if there is something to say: what is wanted again is not looked at any more. */
static void hold_late(struct victim *v)
{
    unsigned by;
    const char *why = module_held(v->m, NULL), *policy = policy_held(v->m, &by);
    if (why != NULL)
        hold_guarded(v->m, v->key, why, 0);
    else if (policy != NULL)
        hold_policy(v->m, v->key, policy, by);
}

static void on_deleted(void *arg, uint64_t id, const struct kz_result *res)
{
    struct victim *v = arg;
    struct kz_mod *m = v->m;
    (void)id;
    if (m->epoch != v->epoch) {
        victim_done(v);
        return;
    }
    if (res->outcome == KZ_DONE) {
        m->pruned++;
        m->counts.pruned++;
        kz_log(&m->log, KZ_INFO, "deleted", KZ_F("object", v->key));
        /* gone or not is asked again by GET: finalizers may keep it for a while */
        m->timer = kz_env_timer(m->e->env, 20 * KZ_NS_PER_MS, on_tick, m);
    } else if (res->outcome == KZ_NO_OBJECT) {
        kz_lives_gone(m->e->lives, v->key);
        forget(m, v->key);
        skip(v);
        return;
    } else if (!kz_engine_may_write(m->e)) {
        m->timer = kz_env_timer(m->e->env, GONE_POLL_SEC * KZ_NS_PER_SEC, on_tick, m);
    } else if (res->outcome == KZ_TRANSIENT && !is_still_right(v)) {
        hold_late(v);
        skip(v);
        return;
    } else {
        hold_guarded(m, v->key, "the API server refused the delete", 0);
        (void)kz_mod_blame(m, res->err);
        skip(v);
        return;
    }
    victim_done(v);
}

/* ---- before it ------------------------------------------------------------------------------------ */

/* It moved: it says so, and its new module has it in the inventory, too. Ours is what a crash has left. */
static bool is_anothers(const struct kz_mod *m, const struct kz_live_rec *live, struct kz_str key)
{
    const struct kz_mod *other = kz_engine_mod(m->e, live->pub.module);
    return other != NULL && other != m && kz_store_find(kz_store_module(m->e->store, kz_str(other->name)), key) != NULL;
}

static const char *why_not(const struct kz_mod *m, const struct kz_prune_facts *facts, const struct kz_store_entry *e,
                           const struct kz_live_rec *live)
{
    const char *why = kz_plan_may_prune(facts, &e->pub, &live->pub, kz_str(kz_prune_word(live->opt.prune)));
    if (why == NULL && m->removed && live->opt.on_delete == KZ_ON_DELETE_CONFIRM && !facts->approved)
        why = "its annotation " KZ_ANNOT_ON_DELETE " asks for approval";
    if (why == NULL && !kz_tenants_may(m, &e->pub.id))
        why = "its tenant may not touch it (any more)";
    return module_held(m, why);
}

static void strike(struct victim *v, const struct kz_value *live_body)
{
    struct kz_mod *m = v->m;
    struct kz_store_entry *e = kz_store_find(kz_store_module(m->e->store, kz_str(m->name)), v->key);
    const struct kz_live_rec *live = kz_lives_put(m->e->lives, live_body);
    struct kz_prune_facts facts;
    if (!kz_engine_may_write(m->e) && !m->e->stopped) { /* asked again from the start, when the lease is renewed */
        kz_mod_say(m, "the lease is not renewed");
        m->timer = kz_env_timer(m->e->env, GONE_POLL_SEC * KZ_NS_PER_SEC, on_tick, m);
        victim_done(v);
        return;
    }
    if (kz_is_kept(live)) {
        keep(m, v->key);
        skip(v);
        return;
    }
    if (e == NULL) { /* another module has taken it over */
        skip(v);
        return;
    }
    if (live == NULL) { /* the answer is older than what the watch has told */
        hold_guarded(m, v->key, "it cannot be read right now", 0);
        skip(v);
        return;
    }
    if (is_anothers(m, live, v->key)) {
        forget(m, v->key);
        skip(v);
        return;
    }
    if (m->removed && live->opt.on_delete == KZ_ON_DELETE_ORPHAN) {
        let_go(m, v->key);
        skip(v);
        return;
    }
    fill_facts(&facts, v);
    unsigned by;
    const char *why = why_not(m, &facts, e, live), *policy = why == NULL ? policy_held(m, &by) : NULL;
    if (policy != NULL) { /* a window has closed since the question was sent */
        hold_policy(m, v->key, policy, by);
        skip(v);
        return;
    }
    if (why != NULL) {
        facts.approved = true; /* would that be enough? */
        hold_guarded(m, v->key, why, why_not(m, &facts, e, live) == NULL ? KZ_HELD_APPROVAL : 0U);
        skip(v);
        return;
    }
    (void)kz_kube_delete_while(kz_mod_kube(m), &v->id, live->pub.uid, live->pub.resource_version,
                               kz_delete_flags(&v->id, (enum kz_propagation)live->opt.propagation), is_still_right,
                               on_deleted, v);
}

static void on_instances(void *arg, uint64_t id, const struct kz_result *res)
{
    struct victim *v = arg;
    (void)id;
    if (v->m->epoch != v->epoch) {
        victim_done(v);
        return;
    }
    if (res->err == NULL)
        v->instances = kz_value_len(res->body);
    strike(v, v->body);
}

/* A CRD takes all custom resources of its kind with it: they are counted by a live list. */
static void count_instances(struct victim *v, const struct kz_value *crd)
{
    v->body = kz_value_copy(v->arena, crd);
    (void)kz_kube_list(kz_mod_kube(v->m), kz_value_path_str(v->body, "spec.group"),
                       kz_value_path_str(v->body, "spec.names.kind"), KZ_STR(""), KZ_STR(""),
                       on_instances, v);
}

static void skip(struct victim *v)
{
    v->m->in_flight = 0;
    prune_next(v->m);
    victim_done(v);
}

static void on_got(void *arg, uint64_t id, const struct kz_result *res)
{
    struct victim *v = arg;
    struct kz_mod *m = v->m;
    (void)id;
    if (m->epoch != v->epoch) {
        victim_done(v);
    } else if (res->outcome == KZ_NO_OBJECT) {
        kz_lives_gone(m->e->lives, v->key);
        forget(m, v->key);
        skip(v);
    } else if (res->err != NULL) {
        hold_guarded(m, v->key, "it cannot be read right now", 0);
        skip(v);
    } else if (kz_value_path(res->body, "metadata.deletionTimestamp") != NULL) {
        say_stuck(m, v, res->body);
        m->timer = kz_env_timer(m->e->env, GONE_POLL_SEC * KZ_NS_PER_SEC, on_tick, m);
        victim_done(v);
    } else if (kz_object_is_crd(&v->id)) {
        count_instances(v, res->body);
    } else {
        strike(v, res->body);
    }
}

/* It has done what it may: what it still has to let go ahead is held, or it is not at work at all. */
static bool is_stuck(struct kz_mod *other)
{
    const bool held = other->state == KZ_MOD_PRUNE &&
                      pick(other, kz_store_module(other->e->store, kz_str(other->name)), true) == NULL;
    return held || kz_mod_at_rest(other);
}

/* Nothing but what goes ahead may go yet. Who may never get there is not waited for: all is held, and looked at again. */
static void wait_for(struct kz_mod *m, struct kz_mod *other)
{
    if (is_stuck(other)) {
        hold_all(m, "custom resources of its kinds stay in another module that goes", hold_guarded, 0);
        kz_mod_on(m, KZ_EV_DONE);
        return;
    }
    kz_mod_say(m, "after the custom resources of this module's kinds in %s", other->name);
    m->timer = kz_env_timer(m->e->env, GONE_POLL_SEC * KZ_NS_PER_SEC, on_tick, m);
}

static void prune_next(struct kz_mod *m)
{
    struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    if (kz_mod_safe_point(m))
        return;
    const bool anew = m->guarded != m->e->settles; /* what modules want has changed, or this is the first */
    struct kz_mod *crossed = anew ? kz_takedown_crossed(m) : NULL;
    if (anew && crossed == NULL) {
        m->guarded = m->e->settles;
        kz_crd_guard(m, has_to_go, on_guarded);
        return;
    }
    unsigned by;
    const char *why = policy_held(m, &by);
    if (why != NULL)
        hold_all(m, why, hold_policy, by);
    struct kz_store_entry *e = pick(m, rec, crossed != NULL);
    if (e == NULL && crossed != NULL && pick(m, rec, false) != NULL) {
        wait_for(m, crossed);
        return;
    }
    if (e == NULL) {
        kz_mod_on(m, KZ_EV_DONE);
        return;
    }
    struct kz_arena *a = kz_arena_new(1 << 20);
    struct victim *v = calloc(1, sizeof *v);
    kz_assert(v != NULL);
    *v = (struct victim){.m = m, .epoch = m->epoch, .arena = a, .id = kz_id_dup(a, &e->pub.id),
                         .key = kz_str_dup(a, kz_str(e->key)), .instances = SIZE_MAX};
    m->in_flight = 1;
    (void)kz_kube_get(kz_mod_kube(m), &v->id, on_got, v);
}

/* `retain`: the objects stay, kzsync lets go of them. */
static void release_all(struct kz_mod *m, struct kz_store_module *rec)
{
    KZ_VEC(struct kz_str) keys = {0};
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&rec->entries, &i)) != NULL;)
        kz_vec_push(&keys, slot->key);
    for (size_t i = 0; i < keys.len; i++)
        kz_store_forget(m->e->store, rec, keys.at[i]);
    kz_vec_done(&keys);
    kz_store_flush_soon(m->e->store);
}

static void on_guarded(struct kz_mod *m, const char *why)
{
    if (why != NULL)
        hold_all(m, why, hold_guarded, 0);
    prune_next(m);
}

void kz_enter_prune(struct kz_mod *m)
{
    struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    m->in_flight = 0;
    if (m->partial != NULL) { /* what is held stays held */
        kz_mod_on(m, KZ_EV_DONE);
        return;
    }
    m->held = NULL;
    m->held_n = 0;
    m->held_by = 0;
    m->held_policy = m->held_guarded = false;
    kz_prune_forget(m);
    if (m->removed && m->spec->retain)
        release_all(m, rec);
    m->guarded = m->e->settles - 1;
    prune_next(m);
}
