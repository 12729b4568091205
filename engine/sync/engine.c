/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/drift.h"
#include "sync/internal.h"
#include "sync/tenants.h"
#include "sync/presence.h"
#include "sync/schemas.h"
#include "sync/steer.h"

/* Telling a large platform takes long: no more than a tenth of the time. */
enum { TELL_MS = 100, TELL_SHARE = 10, CRDS_AGAIN_MS = 100, CRDS_TRIES = 100 };

const struct kz_module kz_module_removed = {
    .name = KZ_STR_INIT(""), .prune = true, .automatic = true, .concurrency = 16,
    .retry_limit = 5, .retry_backoff = 5 * KZ_NS_PER_SEC, .retry_max = 300 * KZ_NS_PER_SEC,
    .timeout = 600 * KZ_NS_PER_SEC, .grace = 30 * KZ_NS_PER_SEC,
    .self_heal = KZ_HEAL_OFF, .on_failure = KZ_FAIL_HOLD, .on_conflict = KZ_CONFLICT_FAIL,
};

static struct kz_engine_options copy_options(struct kz_arena *a, const struct kz_engine_options *in)
{
    struct kz_engine_options o = *in;
    o.ref.url = kz_str_dup(a, in->ref.url);
    o.ref.ref = kz_str_dup(a, in->ref.ref);
    o.tree.repo = kz_str_dup(a, in->tree.repo);
    o.tree.commit = kz_str_dup(a, in->tree.commit);
    o.tree.folder = kz_str_dup(a, in->tree.folder);
    o.path = kz_str_dup(a, in->path);
    o.ns = kz_str_dup(a, in->ns.len > 0 ? in->ns : KZ_STR("kzsync-system"));
    o.only_module = kz_str_dup(a, in->only_module);
    o.only = kz_str_dup(a, in->only);
    o.identity = kz_str_dup(a, in->identity);
    o.version = kz_str_dup(a, in->version);
    if (o.interval == 0)
        o.interval = 30 * KZ_NS_PER_SEC;
    return o;
}

struct kz_engine *kz_engine_new(const struct kz_env *env, struct kz_kube *kube,
                                const struct kz_source *source, const struct kz_workers *workers,
                                const struct kz_engine_options *opt)
{
    struct kz_engine *e = calloc(1, sizeof *e);
    kz_assert(e != NULL);
    e->env = env;
    e->kube = kube;
    e->source = source;
    e->workers = workers;
    e->arena = kz_arena_new(1 << 20);
    e->opt = copy_options(e->arena, opt);
    e->fresh_since = 1; /* what the first cycle held is looked at in the second */
    e->backoff = (struct kz_backoff){.first = KZ_NS_PER_SEC, .max = 60 * KZ_NS_PER_SEC};
    kz_map_init(&e->mods);
    kz_map_init(&e->claims);
    kz_map_init(&e->provided);
    kz_map_init(&e->wishes);
    struct kz_err err;
    kz_assert(kz_rules_new(&e->rules, NULL, &err) == 0);
    if (e->opt.identity.len == 0)
        e->opt.identity = kz_str_printf(e->arena, "kzsync_%016llx", (unsigned long long)kz_env_random64(env));
    e->schemas = kz_schema_cache_new(env, kube);
    kz_lead_begin(e);
    return e;
}

void kz_engine_free(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    if (e == NULL)
        return;
    kz_cycle_stop(e);
    kz_lead_free(e);
    kz_schema_cache_free(e->schemas);
    kz_presence_free(e->presence);
    kz_env_timer_stop(e->env, &e->kick);
    kz_env_timer_stop(e->env, &e->crds_timer);
    kz_env_timer_stop(e->env, &e->tell);
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;)
        kz_mod_free(slot->val);
    kz_map_done(&e->mods);
    kz_vec_done(&e->due);
    kz_map_done(&e->claims);
    kz_map_done(&e->provided);
    kz_steer_done(e);
    kz_lives_free(e->lives);
    kz_rules_free(e->rules);
    kz_history_free(e->history);
    kz_store_free(e->store);
    kz_seed_free(e->seed);
    if (e->platform != NULL)
        kz_platform_done(e->platform);
    kz_arena_free(e->platform_arena);
    kz_arena_free(e->claim_arena);
    kz_arena_free(e->commit_arena);
    kz_arena_free(e->arena);
    free(e->platform_name);
    free(e->leader);
    free(e);
}

void kz_engine_start(struct kz_engine *e)
{
    kz_cycle_start(e);
}

void kz_engine_poll_now(struct kz_engine *e)
{
    kz_cycle_poll(e);
}

void kz_engine_log_error(const struct kz_engine *e, const struct kz_log *log, const char *event,
                         const char *step, const struct kz_err *err)
{
    char line[KZ_ERR_TEXT * 2];
    if (e->opt.mode == KZ_MODE_RUN)
        kz_log(log, KZ_ERROR, event, KZ_FS("step", step), KZ_FS("reason", kz_err_line(line, sizeof line, err)));
}

void kz_engine_close(struct kz_engine *e, void (*done)(void *arg), void *arg)
{
    e->stopped = true;
    kz_cycle_stop(e);
    kz_lead_end(e, done, arg);
}

struct kz_mod *kz_engine_mod(struct kz_engine *e, struct kz_str name)
{
    return kz_map_find(&e->mods, name);
}

void kz_engine_halt(struct kz_engine *e, const struct kz_err *err)
{
    if (e->halted)
        return;
    e->stopped = e->halted = true;
    if (e->history != NULL)
        kz_history_stop(e->history);
    e->source_err = *err;
    kz_engine_log_error(e, NULL, "halted", "lease", err);
    if (e->opt.mode == KZ_MODE_RUN && e->opt.halted != NULL)
        e->opt.halted(e->opt.arg, err);
    else
        kz_engine_kick(e);
}

bool kz_engine_claimed_elsewhere(const struct kz_engine *e, const struct kz_mod *m, struct kz_str key)
{
    const struct kz_mod *claimer = kz_map_find(&e->claims, key);
    return claimer != NULL && claimer != m;
}

bool kz_engine_wanted_elsewhere(const struct kz_engine *e, const struct kz_mod *m, struct kz_str key, const struct kz_id *id)
{
    const struct kz_map_slot *slot;
    if (kz_engine_claimed_elsewhere(e, m, key))
        return true;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        const struct kz_mod *other = slot->val;
        if (other != m && !other->removed && (other->render_err != NULL || kz_mod_is_rendering(other)) &&
            (id->kind.len == 0 || kz_tenants_may(other, id)))
            return true; /* its wish is not known */
    }
    return false;
}

bool kz_engine_is_reading(const struct kz_engine *e)
{
    return e->cycle == KZ_CYCLE_LOAD || e->cycle == KZ_CYCLE_RENDER || e->cycle == KZ_CYCLE_SETTLE;
}

void kz_engine_need_kinds(struct kz_engine *e, const struct kz_want *w)
{
    for (size_t i = 0; w != NULL && i < w->n + w->n_hooks; i++)
        kz_lives_need(e->lives, w->at[i].id.group, w->at[i].id.kind);
}

/* ---- CRD barrier ------------------------------------------------------------------------------ */

bool kz_engine_crds_done(const struct kz_engine *e)
{
    return e->n_crds == 0 && !e->crds_changed && !e->crds_reading && kz_lives_ready(e->lives);
}

static void need_kinds(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        const struct kz_mod *m = slot->val;
        kz_engine_need_kinds(e, m->want);
    }
}

/* A kind appears in discovery a moment after its CRD is Established. */
static bool crds_served(const struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&e->provided, &i)) != NULL;) {
        struct kz_str group, kind = kz_str_cut(&group, slot->key, '/');
        if (kz_kube_api(e->kube, group, KZ_STR(""), kind) == NULL)
            return false;
    }
    return true;
}

static void read_kinds(struct kz_engine *e);

static void on_read_kinds_again(void *arg, uint64_t id)
{
    struct kz_engine *e = arg;
    (void)id;
    e->crds_timer = 0;
    read_kinds(e);
}

static void on_discovered_again(void *arg, const struct kz_err *err)
{
    struct kz_engine *e = arg;
    if (err != NULL || (!crds_served(e) && ++e->crds_tries < CRDS_TRIES)) {
        e->crds_timer = kz_env_timer(e->env, CRDS_AGAIN_MS * KZ_NS_PER_MS, on_read_kinds_again, e);
        return;
    }
    e->crds_reading = false;
    need_kinds(e);
    kz_engine_kick(e);
}

static void read_kinds(struct kz_engine *e)
{
    kz_kube_discover(e->kube, on_discovered_again, e);
}

/* ---- kick: the one place where modules learn of each other ------------------------------------- */

static void look_at_waiters(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    if (e->crds_changed && !e->crds_reading && e->n_crds == 0) {
        e->crds_changed = false;
        e->crds_reading = true;
        e->crds_tries = 0;
        read_kinds(e);
    }
    for (size_t i = 0; e->n_waiting > 0 && (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        if (m->state == KZ_MOD_WAIT)
            kz_wait_look(m);
    }
}

static bool all_at_rest(const struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    if (e->platform == NULL)
        return e->source_err.code != KZ_OK && e->opt.mode != KZ_MODE_RUN;
    if (e->halted)
        return true;
    if (e->cycle != KZ_CYCLE_IDLE || e->rendering > 0)
        return false;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        const struct kz_mod *m = slot->val;
        if (e->opt.mode == KZ_MODE_PLAN ? (!m->planned && m->render_err == NULL && m->want != NULL)
                                        : !kz_mod_at_rest(m))
            return false;
    }
    return true;
}

/* A one-shot engine ends when everything rests, what the replies confirmed has been written, and the lease
 * is given back. */
static void maybe_finish(struct kz_engine *e)
{
    if (e->opt.mode == KZ_MODE_RUN || e->finished || !all_at_rest(e))
        return;
    e->finished = true;
    if (e->opt.mode == KZ_MODE_APPLY && !e->stopped)
        kz_lead_end(e, e->opt.finished, e->opt.arg);
    else
        e->opt.finished(e->opt.arg);
}

/* What the replies confirmed is in the cluster as soon as the last module rests, not seconds later. */
static void flush_at_rest(struct kz_engine *e)
{
    bool rests = e->opt.mode == KZ_MODE_RUN && e->store_loaded && all_at_rest(e);
    if (rests && !e->rested && !e->stopped) {
        kz_store_flush_now(e->store);
        kz_presence_clear(e->presence);
    }
    e->rested = rests;
}

static void on_tell(void *arg, uint64_t id)
{
    struct kz_engine *e = arg;
    (void)id;
    e->tell = 0;
    const int64_t begin = kz_env_mono(e->env);
    e->opt.changed(e->opt.arg);
    e->tell_took = kz_env_mono(e->env) - begin;
}

static int64_t tell_after(const struct kz_engine *e)
{
    const int64_t rare = e->tell_took * TELL_SHARE;
    return rare > TELL_MS * KZ_NS_PER_MS ? rare : TELL_MS * KZ_NS_PER_MS;
}

static void on_kick(void *arg, uint64_t id)
{
    struct kz_engine *e = arg;
    (void)id;
    e->kick = 0;
    if (e->lives != NULL && e->store_loaded)
        look_at_waiters(e);
    if (e->opt.changed != NULL && e->tell == 0)
        e->tell = kz_env_timer(e->env, tell_after(e), on_tell, e);
    flush_at_rest(e);
    maybe_finish(e);
}

void kz_engine_kick(struct kz_engine *e)
{
    if (e->kick == 0)
        e->kick = kz_env_timer(e->env, 0, on_kick, e);
}

/* ---- news from the cluster ---------------------------------------------------------------------- */

static void on_object(void *arg, struct kz_str module, struct kz_str key, const struct kz_live_rec *rec)
{
    struct kz_engine *e = arg;
    struct kz_mod *m = kz_map_find(&e->claims, key);
    if (m == NULL)
        m = kz_engine_mod(e, module);
    if (m == NULL || m->want == NULL)
        return;
    (void)rec;
    switch (m->state) {
    case KZ_MOD_CRDS:
        kz_crds_look(m);
        break;
    case KZ_MOD_PRESYNC:
    case KZ_MOD_SYNCHOOK:
    case KZ_MOD_POSTSYNC:
    case KZ_MOD_POSTDELETE:
    case KZ_MOD_SYNCFAIL:
        kz_hooks_look(m);
        break;
    case KZ_MOD_GATE:
        if (kz_drift_is(m, key)) /* deleted or changed while we wait for its health */
            kz_drift_soon(m);
        kz_gate_look(m);
        break;
    case KZ_MOD_OK:
    case KZ_MOD_BACK:
        if (kz_drift_is(m, key))
            kz_drift_soon(m);
        kz_engine_kick(e); /* its health may be what others wait for */
        break;
    case KZ_MOD_IDLE:
    case KZ_MOD_JOURNAL:
    case KZ_MOD_WAIT:
    case KZ_MOD_CHECK:
    case KZ_MOD_APPLY:
    case KZ_MOD_PRUNE:
    case KZ_MOD_FAILED:
    case KZ_MOD_STATES_:
        break;
    }
}

static void on_synced(void *arg)
{
    struct kz_engine *e = arg;
    if (kz_lives_ready(e->lives))
        kz_cycle_lists_ready(e);
    kz_engine_kick(e);
}

static void on_trouble(void *arg, struct kz_str kind, const struct kz_err *err)
{
    struct kz_engine *e = arg;
    char line[KZ_ERR_TEXT];
    kz_log(NULL, KZ_WARN, "watch", KZ_F("kind", kind), KZ_FS("reason", kz_err_line(line, sizeof line, err)));
    on_synced(e); /* a kind that cannot be listed holds up its own modules only */
}

struct kz_lives *kz_engine_make_lives(struct kz_engine *e)
{
    struct kz_lives_events ev = {.object = on_object, .synced = on_synced, .trouble = on_trouble, .arg = e};
    return kz_lives_new(e->env, e->kube, kz_str(e->platform_name), e->rules, &ev);
}
