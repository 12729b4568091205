/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine's cycle: start -> idle -> resolve -> load -> render -> settle -> idle. One at a time; a poll
 * that comes meanwhile is remembered. Failures keep what is known: a source that cannot be read is
 * stale, definitions that cannot be read change nothing, a module that cannot be rendered fails alone. */
#include "sync/internal.h"
#include "sync/tenants.h"
#include "sync/presence.h"
#include "render/cache.h"
#include "render/registry.h"
#include "sync/facts.h"
#include "sync/version.h"

enum { ARENA_LOAD = 256 << 20, ARENA_INPUT = 1 << 30, RENDER_BATCH = 32, RENDERS_MAX = 64 };

static void resolve(struct kz_engine *e);
static void load(struct kz_engine *e);
static void look(struct kz_engine *e);

void kz_cycle_enter(struct kz_engine *e, enum kz_cycle_state s)
{
    e->cycle = s;
    kz_engine_kick(e);
}

static void on_timer(void *arg, uint64_t id)
{
    struct kz_engine *e = arg;
    (void)id;
    e->timer = 0;
    if (e->cycle == KZ_CYCLE_START)
        kz_cycle_start(e);
    else if (e->cycle == KZ_CYCLE_IDLE)
        resolve(e);
}

void kz_cycle_rest(struct kz_engine *e, int64_t wait)
{
    kz_cycle_enter(e, KZ_CYCLE_IDLE);
    if (e->opt.mode != KZ_MODE_RUN)
        return;
    if (e->poll_again)
        wait = 0;
    e->poll_again = false;
    kz_env_timer_stop(e->env, &e->timer);
    e->timer = kz_env_timer(e->env, wait, on_timer, e);
}

/* What is wrong in the definitions themselves stays so until the next commit. */
static bool is_final(const struct kz_err *err)
{
    return err->code == KZ_E_PARSE || err->code == KZ_E_INVALID || err->code == KZ_E_CONFLICT;
}

/* The cycle cannot go on: the reason is shown, what runs goes on, the next try comes by itself. */
static void trouble(struct kz_engine *e, const struct kz_err *err, const char *event)
{
    e->source_err = *err;
    kz_engine_log_error(e, NULL, "source", event, err);
    kz_cycle_rest(e, is_final(err) ? e->opt.interval : kz_backoff_next(&e->backoff, e->env));
}

/* ---- start: what the cluster serves ------------------------------------------------------------ */

static void on_discovered(void *arg, const struct kz_err *err)
{
    struct kz_engine *e = arg;
    if (err == NULL) {
        e->source_err.code = KZ_OK;
        kz_backoff_reset(&e->backoff);
        resolve(e);
        return;
    }
    e->source_err = *err;
    kz_engine_log_error(e, NULL, "cluster", "discovery", err);
    if (e->opt.mode == KZ_MODE_RUN)
        e->timer = kz_env_timer(e->env, kz_backoff_next(&e->backoff, e->env), on_timer, e);
    kz_engine_kick(e);
}

void kz_cycle_start(struct kz_engine *e)
{
    e->cycle = KZ_CYCLE_START;
    kz_kube_discover(e->kube, on_discovered, e);
}

void kz_cycle_poll(struct kz_engine *e)
{
    if (e->cycle == KZ_CYCLE_IDLE) {
        kz_env_timer_stop(e->env, &e->timer);
        resolve(e);
    } else {
        e->poll_again = true;
    }
}

void kz_cycle_stop(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    kz_env_timer_stop(e->env, &e->timer);
    kz_env_timer_stop(e->env, &e->due_timer);
    if (e->job != 0 && e->cycle == KZ_CYCLE_RESOLVE)
        e->source->ops->cancel(e->source->impl, e->job);
    else if (e->job != 0)
        e->workers->ops->cancel(e->workers->impl, e->job);
    e->job = 0;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        if (m->rendering != 0)
            e->workers->ops->cancel(e->workers->impl, m->rendering);
        m->rendering = 0;
    }
}

/* ---- resolve ----------------------------------------------------------------------------------- */

static void take_commit(struct kz_engine *e, const struct kz_tree_at *tree, struct kz_str subject,
                        struct kz_str author, int64_t time)
{
    struct kz_arena *a = kz_arena_new(1 << 16);
    e->tree = (struct kz_tree_at){.repo = kz_str_dup(a, tree->repo), .commit = kz_str_dup(a, tree->commit),
                                  .folder = kz_str_dup(a, tree->folder)};
    e->revision = tree->commit.len > 0 ? e->tree.commit : KZ_STR("worktree");
    e->subject = kz_str_dup(a, subject);
    e->author = kz_str_dup(a, author);
    e->commit_time = time;
    kz_arena_free(e->commit_arena);
    e->commit_arena = a;
    e->loaded_revision = e->bad_revision = false;
}

/* An unchanged commit needs no second look. */
static bool all_rendered(const struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        const struct kz_mod *m = slot->val;
        if (m->render_err != NULL && m->violates != KZ_VIOLATES &&
            (m->violates == KZ_VIOLATES_NOW || !is_final(m->render_err)))
            return false;
    }
    return true;
}

static void on_rediscovered(void *arg, const struct kz_err *err)
{
    struct kz_engine *e = arg;
    if (err != NULL)
        trouble(e, err, "discovery");
    else
        load(e);
}

/* What the cluster serves may have changed since the last cycle; asking costs two conditional requests. */
static void rediscover(struct kz_engine *e)
{
    kz_cycle_enter(e, KZ_CYCLE_LOAD);
    if (e->resolves > 1)
        kz_kube_discover(e->kube, on_rediscovered, e);
    else
        load(e);
}

/* A guard may open with a source that is read again: first cycle, fresh source. */
void kz_cycle_look_at_held(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    if (e->resolves != e->fresh_since + 1)
        return;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        if (m->held_n > 0)
            kz_held_again(m);
    }
}

static void count_fetch(struct kz_engine *e, const struct kz_source_result *res)
{
    kz_histogram_add(&e->counts.fetches, KZ_SCALE_WORK, kz_env_mono(e->env) - e->resolve_began);
    e->counts.fetched[res->err != NULL ? KZ_FETCH_ERROR : res->moved ? KZ_FETCH_CHANGED : KZ_FETCH_SAME]++;
    if (res->err == NULL)
        e->counts.fetched_at = kz_env_wall(e->env);
}

static void on_resolved(void *arg, uint64_t id, const struct kz_source_result *res)
{
    struct kz_engine *e = arg;
    (void)id;
    e->job = 0;
    e->source_fresh = res->err == NULL;
    e->looks++;
    count_fetch(e, res);
    if (res->err != NULL) {
        e->fresh_since = e->resolves;
        trouble(e, res->err, "resolve");
        return;
    }
    e->resolves++;
    if (!res->moved && e->bad_revision) { /* its definitions will not get better by reading them again */
        e->source_err = e->load_err;
        kz_cycle_rest(e, e->opt.interval);
        return;
    }
    if (!res->moved && e->loaded_revision && e->store_loaded && all_rendered(e)) {
        e->source_err.code = KZ_OK;
        kz_backoff_reset(&e->backoff);
        if (kz_asks_any(e)) {
            look(e);
            return;
        }
        kz_cycle_look_at_held(e);
        kz_cycle_rest(e, e->opt.interval);
        return;
    }
    if (e->revision.len > 0 && !kz_str_eq(e->revision, res->tree.commit) && res->descent_known && !res->descends)
        kz_log(NULL, KZ_WARN, "history-rewritten", KZ_F("from", e->revision), KZ_F("to", res->tree.commit));
    take_commit(e, &res->tree, res->subject, res->author, res->time);
    kz_log(NULL, KZ_INFO, "commit", KZ_F("revision", kz_revision_short(e->revision)), KZ_F("subject", e->subject));
    rediscover(e);
}

static void resolve(struct kz_engine *e)
{
    if (e->stopped)
        return;
    if (e->opt.ref.url.len == 0) { /* a fixed tree */
        e->source_fresh = true;
        e->resolves++;
        e->looks++;
        take_commit(e, &e->opt.tree, KZ_STR(""), KZ_STR(""), kz_env_wall(e->env));
        rediscover(e);
        return;
    }
    kz_cycle_enter(e, KZ_CYCLE_RESOLVE);
    e->resolve_began = kz_env_mono(e->env);
    e->job = e->source->ops->resolve(e->source->impl, &e->opt.ref, e->tree.commit, on_resolved, e);
}

/* ---- load -------------------------------------------------------------------------------------- */

static struct kz_mod *mod_new(struct kz_engine *e, struct kz_str name)
{
    struct kz_mod *m = calloc(1, sizeof *m);
    kz_assert(m != NULL);
    m->e = e;
    m->name = strndup(name.ptr, name.len);
    m->spec = &kz_module_removed;
    m->removed = true;
    m->since = kz_env_wall(e->env);
    m->log.fields[0] = KZ_FS("module", m->name);
    kz_map_init(&m->prune_skip);
    kz_map_init(&m->buckets);
    (void)kz_map_put(&e->mods, kz_str(m->name), m);
    return m;
}

static void start_renders(struct kz_engine *e);

/* Neither defined nor owner of anything: its history goes too. */
static bool is_gone(void *arg, struct kz_str module)
{
    struct kz_engine *e = arg;
    const struct kz_mod *m = kz_engine_mod(e, module);
    bool owns = kz_store_module(e->store, module)->entries.len > 0;
    return e->platform != NULL && kz_store_trusted(e->store) && !owns && (m == NULL || m->removed);
}

static void on_store_loaded(void *arg, const struct kz_err *err)
{
    struct kz_engine *e = arg;
    if (err != NULL) {
        kz_store_free(e->store);
        e->store = NULL;
        trouble(e, err, "inventory");
        return;
    }
    if (!kz_store_trusted(e->store))
        kz_log(NULL, KZ_ERROR, "inventory", KZ_FS("reason", kz_store_distrust(e->store)),
               KZ_FS("effect", "nothing is pruned"));
    struct kz_err old;
    if (!e->opt.any_version &&
        kz_version_may_follow(e->opt.version, kz_store_signed(e->store), kz_str(e->platform_name), &old) < 0) {
        kz_lead_refuse(e, &old);
        return;
    }
    e->store_loaded = true;
    kz_lead_store(e);
    if (e->opt.mode != KZ_MODE_PLAN)
        e->history = kz_history_new(e->env, e->kube, e->opt.ns, kz_str(e->platform_name), is_gone, e);
    start_renders(e);
}

static void load_store(struct kz_engine *e)
{
    kz_cycle_enter(e, KZ_CYCLE_LOAD);
    e->store = kz_store_new(e->env, e->kube, e->opt.ns, kz_str(e->platform_name), e->opt.mode == KZ_MODE_PLAN);
    kz_store_sign(e->store, e->opt.version);
    if (e->opt.inventory_shard > 0)
        kz_store_limit(e->store, e->opt.inventory_shard);
    kz_store_load(e->store, on_store_loaded, e);
}

void kz_cycle_lead(struct kz_engine *e, bool anew)
{
    if (e->cycle != KZ_CYCLE_STANDBY || e->stopped)
        return;
    if (!anew) {
        load_store(e);
        return;
    }
    e->resolves = 0;
    e->fresh_since = 1; /* this cycle is the first of a leader: prune rule 8 */
    e->loaded_revision = false;
    kz_cycle_start(e);
}

/* The platform's name decides label, lease and inventory; it cannot change under a running engine. */
static int bind_platform(struct kz_engine *e, const struct kz_platform *p, struct kz_err *err)
{
    if (e->platform_name == NULL) {
        e->platform_name = strndup(p->name.ptr, p->name.len);
        e->lives = kz_engine_make_lives(e);
        e->presence = kz_presence_new(e->env, p->name);
        e->seed = kz_seed_new(e->env, e->kube,
                              &(struct kz_seed_options){.ns = e->opt.ns, .platform = p->name,
                                                        .read_only = e->opt.mode == KZ_MODE_PLAN});
        return 0;
    }
    if (kz_str_is(p->name, e->platform_name))
        return 0;
    (void)kz_fail(err, KZ_E_INVALID, "the platform's name changed from '%s' to '" KZ_FMT "'",
                  e->platform_name, KZ_ARG(p->name));
    return kz_err_hint(err, "a renamed platform would own none of its objects: rename it back");
}

/* What the definitions say is wrong, as opposed to a child that died. */
static void refuse_definitions(struct kz_engine *e, const struct kz_err *err)
{
    e->bad_revision = err->code == KZ_E_PARSE || err->code == KZ_E_INVALID || err->code == KZ_E_NOTFOUND;
    e->load_err = *err;
    trouble(e, err, "load");
}

static void take_health_rules(struct kz_engine *e, const struct kz_platform *p)
{
    const struct kz_value *before = e->platform == NULL ? NULL : e->platform->health_rules;
    struct kz_rules *rules, *old = e->rules;
    struct kz_err err;
    e->loads++;
    if ((p->health_rules == NULL && before == NULL) || kz_value_eq(p->health_rules, before))
        return;
    kz_assert(kz_rules_new(&rules, p->health_rules, &err) == 0); /* the definitions were checked */
    e->rules = rules;
    if (e->lives != NULL)
        kz_lives_judge(e->lives, rules);
    kz_rules_free(old);
}

static void on_loaded(void *arg, uint64_t id, const struct kz_work_result *res)
{
    struct kz_engine *e = arg;
    struct kz_platform *p;
    struct kz_err err;
    (void)id;
    e->job = 0;
    if (res->err != NULL) {
        refuse_definitions(e, res->err);
        return;
    }
    struct kz_arena *a = kz_arena_new_tight(ARENA_LOAD);
    int rc = kz_platform_decode(&p, a, res->reply, &err);
    if (rc >= 0) {
        rc = bind_platform(e, p, &err);
        if (rc < 0)
            kz_platform_done(p);
    }
    if (rc < 0) {
        kz_arena_free(a);
        refuse_definitions(e, &err);
        return;
    }
    take_health_rules(e, p);
    if (e->platform != NULL)
        kz_platform_done(e->platform);
    struct kz_arena *old = e->platform_arena;
    e->platform = p;
    e->platform_arena = a;
    e->source_err.code = KZ_OK;
    e->loaded_revision = true;
    kz_backoff_reset(&e->backoff);
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        m->spec = &kz_module_removed;
        m->removed = true;
    }
    for (size_t i = 0; i < p->n_modules; i++) {
        struct kz_mod *m = kz_engine_mod(e, p->modules[i].name);
        if (m == NULL)
            m = mod_new(e, p->modules[i].name);
        m->removed = !p->modules[i].enabled;
        m->spec = &p->modules[i];
    }
    kz_arena_free(old);
    if (e->store_loaded) {
        start_renders(e);
    } else if (kz_engine_leads(e)) {
        load_store(e);
    } else {
        kz_cycle_enter(e, KZ_CYCLE_STANDBY);
        kz_lead_seek(e);
    }
}

static void load(struct kz_engine *e)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *input = kz_value_map(a);
    kz_value_set(a, input, KZ_STR("path"), kz_value_str(a, e->opt.path));
    struct kz_work work = {.task = "load", .tree = e->tree, .input = input};
    kz_cycle_enter(e, KZ_CYCLE_LOAD);
    e->job = e->workers->ops->start(e->workers->impl, &work, on_loaded, e);
}

/* ---- render ------------------------------------------------------------------------------------ */

/* newest, not want: after a rollback that is the old set, and going back to it in git has to end `back` */
static bool seen(const struct kz_mod *m, struct kz_hash base)
{
    return m->render_err == NULL && !kz_asks_due(m) && kz_mod_newest(m) != NULL &&
           kz_hash_eq(m->newest_base, base);
}

void kz_mod_render_failed(struct kz_mod *m, const struct kz_err *err)
{
    if (m->render_err == NULL)
        m->render_err = malloc(sizeof *m->render_err);
    kz_assert(m->render_err != NULL);
    *m->render_err = *err;
    m->counts.render_failures[err->code]++;
    const struct kz_log log = kz_mod_log_newest(m);
    kz_engine_log_error(m->e, &log, "failed", "render", err);
}

static void clear_render_err(struct kz_mod *m)
{
    free(m->render_err);
    m->render_err = NULL;
    m->clashes = false;
    m->violates = KZ_VIOLATES_NOTHING;
}

/* It says what it said before, for the same definition. */
static bool is_known(const struct kz_mod *m)
{
    return kz_mod_newest(m) != NULL && kz_hash_eq(m->newest, m->rendering_key) &&
           kz_hash_eq(m->newest_base, m->rendering_base);
}

static void keep_reply(struct kz_mod *m, const struct kz_value *reply)
{
    const bool failed_before = m->render_err != NULL;
    clear_render_err(m);
    kz_asks_keep(m, reply);
    m->rendering_key = kz_asks_key(m, m->rendering_base);
    if (is_known(m) && !failed_before)
        return;
    kz_arena_free(m->reply_arena);
    m->reply_arena = kz_arena_new(ARENA_LOAD);
    m->reply = kz_value_copy(m->reply_arena, reply);
}

static void render_failed(struct kz_mod *m, const struct kz_err *err)
{
    kz_asks_failed(m);
    kz_mod_render_failed(m, err);
    m->violates = m->asks.denied ? KZ_VIOLATES : KZ_VIOLATES_NOTHING;
}

/* A reply names the renderer that `auto` stood for; one that asks for more has none yet. */
static void count_render(struct kz_mod *m, const struct kz_value *reply, bool hit)
{
    struct kz_str name = kz_value_path_str(reply, "renderer");
    const enum kz_renderer_label label = kz_renderer_label(name.len > 0 ? name : m->spec->renderer);
    kz_histogram_add(&m->e->counts.renders[label][hit], KZ_SCALE_WORK, kz_env_mono(m->e->env) - m->render_began);
}

static void start_due(struct kz_engine *e);
static void end_render(struct kz_engine *e);

static void on_rendered(void *arg, uint64_t id, const struct kz_work_result *res)
{
    struct kz_mod *m = arg;
    struct kz_engine *e = m->e;
    struct kz_render_needs needs;
    struct kz_err err;
    (void)id;
    m->rendering = 0;
    count_render(m, res->reply, false);
    const int needing = res->err != NULL ? 0 : kz_render_needs(&needs, res->reply, &err);
    if (needing > 0) {
        kz_asks_fetch(m, &needs); /* the render goes on: kz_cycle_fetched */
        return;
    }
    if (res->err != NULL) {
        render_failed(m, res->err);
    } else if (needing < 0 || kz_render_check(res->reply, &err) < 0) {
        err.code = KZ_E_IO; /* the worker's failure, not the module's: rendered again at the next poll */
        render_failed(m, &err);
    } else {
        keep_reply(m, res->reply);
        if (e->opt.cache != NULL)
            kz_render_cache_put(e->opt.cache, m->cache_key, res->reply);
    }
    end_render(e);
}

static bool from_cache(struct kz_mod *m, const struct kz_value *input)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA_LOAD);
    m->render_began = kz_env_mono(m->e->env);
    if (m->e->opt.cache == NULL)
        return false;
    m->cache_key = kz_render_key(m->spec->tree_id, input);
    const struct kz_value *reply = kz_render_cache_find(m->e->opt.cache, a, m->cache_key);
    if (reply == NULL)
        return false;
    const int64_t until = kz_render_asked(reply).until;
    if (until != 0 && kz_env_wall(m->e->env) >= until)
        return false;
    keep_reply(m, reply);
    count_render(m, reply, true);
    m->e->cached++;
    return true;
}

/* Starts a child, unless the result is known already. */
static void start_render(struct kz_mod *m)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA_INPUT);
    struct kz_engine *e = m->e;
    struct kz_value *in = kz_facts_input(a, m);
    if (from_cache(m, in))
        return;
    kz_facts_add_clock(in, a, m);
    struct kz_work work = {.task = "render", .tree = e->tree, .input = in,
                           .may_exec = kz_renderer_needs_exec(m->spec->renderer, m->spec->options)};
    e->rendering++;
    e->rendered++;
    m->rendering = e->workers->ops->start(e->workers->impl, &work, on_rendered, m);
}

static void on_due(void *arg, uint64_t id)
{
    struct kz_engine *e = arg;
    (void)id;
    e->due_timer = 0;
    start_due(e);
}

/* Some at a time: the loop turns in between, and what waits for a child costs no memory yet. */
static void start_due(struct kz_engine *e)
{
    for (size_t n = 0; n < RENDER_BATCH && e->due_at < e->due.len && e->rendering <= RENDERS_MAX; n++)
        start_render(e->due.at[e->due_at++]);
    if (e->due_at == e->due.len) {
        kz_vec_done(&e->due);
        e->due_at = 0;
        e->starting = false;
        end_render(e);
    } else if (e->rendering <= RENDERS_MAX && e->due_timer == 0) {
        e->due_timer = kz_env_timer(e->env, 0, on_due, e);
    }
}

static void end_render(struct kz_engine *e)
{
    if (--e->rendering == 0)
        kz_cycle_settle(e);
    else if (e->starting && e->due_timer == 0)
        e->due_timer = kz_env_timer(e->env, 0, on_due, e);
}

void kz_cycle_fetched(struct kz_mod *m, const struct kz_err *err)
{
    if (err != NULL)
        render_failed(m, err);
    else
        start_render(m);
    end_render(m->e);
}

/* A module that is in the inventory but not in the definitions has to be taken down. */
static void find_removed(struct kz_engine *e)
{
    struct kz_store_module *rec;
    for (size_t i = 0; (rec = kz_store_next(e->store, &i)) != NULL;)
        if (kz_engine_mod(e, kz_str(rec->name)) == NULL)
            (void)mod_new(e, kz_str(rec->name));
}

/* The answers are known: whose input has changed is rendered. */
static void render_all(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    const bool looked = e->cycle == KZ_CYCLE_LOOK; /* then definitions and other modules are as they were */
    kz_cycle_enter(e, KZ_CYCLE_RENDER);
    e->rendered = e->cached = 0;
    e->rendering = 1; /* the starting itself: settle comes only after all were started */
    e->starting = true;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        if (m->removed)
            clear_render_err(m); /* a definition that is gone is not wrong any more */
        if (m->removed || (looked && ((!kz_asks_due(m) && !m->clashes) || m->spec->violation != NULL)))
            continue; /* a set that was refused for an object of another is kept by nobody: both are made again */
        if (m->spec->violation != NULL) {
            kz_tenants_refused(m, m->spec->violation);
            continue;
        }
        struct kz_hash key = looked ? m->rendering_base : kz_facts_key(e, m->spec);
        if (seen(m, key))
            continue;
        m->rendering_base = key;
        m->release = kz_facts_release(e, m->spec);
        kz_vec_push(&e->due, m);
    }
    start_due(e);
}

static void start_renders(struct kz_engine *e)
{
    kz_cycle_enter(e, KZ_CYCLE_RENDER);
    find_removed(e);
    kz_seed_keep(e->seed);
    kz_asks_refresh(e);
}

static bool any_due(const struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        const struct kz_mod *m = slot->val;
        if (!m->removed && kz_asks_due(m))
            return true;
    }
    return false;
}

void kz_cycle_refreshed(struct kz_engine *e)
{
    if (e->cycle == KZ_CYCLE_LOOK && !any_due(e)) {
        kz_cycle_look_at_held(e);
        kz_cycle_rest(e, e->opt.interval);
        return;
    }
    render_all(e);
}

/* ---- look -------------------------------------------------------------------------------------- */

static void on_look_discovered(void *arg, const struct kz_err *err)
{
    struct kz_engine *e = arg;
    if (err != NULL)
        trouble(e, err, "discovery");
    else
        kz_asks_refresh(e);
}

/* The source is as it was, but what was made of it depends on the cluster or on time. */
static void look(struct kz_engine *e)
{
    kz_cycle_enter(e, KZ_CYCLE_LOOK);
    kz_kube_discover(e->kube, on_look_discovered, e);
}
