/* SPDX-License-Identifier: Apache-2.0 */
#include "asks.h"
#include "check_hooks.h"
#include "check_policy.h"
#include "check_removal.h"
#include "check_secrets.h"
#include "people.h"
#include "tenants.h"

#include <stdio.h>

#include "base/clock.h"
#include "health/health.h"
#include "resource/object.h"
#include "value/json.h"

static const char INVENTORY_LABEL[] = "kubezero.com/inventory";
enum { STORM = 6000 }; /* requests in a minute */

/* ---- small looks ------------------------------------------------------------------------------------------------ */

static unsigned variant_of(const struct kz_value *body)
{
    uint64_t n = 0;
    const struct kz_value *notes = kz_value_path(body, "metadata.annotations");
    (void)kz_str_u64(&n, kz_value_as_str(kz_value_get(notes, SIM_VARIANT)));
    return (unsigned)n;
}

static struct kz_str label_of(const struct kz_value *body, const char *label)
{
    return kz_value_as_str(kz_value_get(kz_value_path(body, "metadata.labels"), label));
}

unsigned sim_check_applied(const struct sim_check *c, struct kz_str key)
{
    return (unsigned)((uintptr_t)kz_map_find(&c->applied, key) - (uintptr_t)(kz_map_find(&c->applied, key) != NULL));
}

static struct sim_seen *seen_of(const struct sim_told *t, struct kz_str name)
{
    for (size_t i = 0; i < t->seen.len; i++)
        if (kz_str_eq(t->seen.at[i]->name, name))
            return t->seen.at[i];
    return NULL;
}

static bool is_live_healthy(const struct sim_check *c, const struct sim_odef *o)
{
    const struct sim_object *live = sim_object_find(c->api, o->key);
    if (live == NULL || variant_of(live->body) != o->variant)
        return false;
    struct kz_verdict v = kz_health_of(c->rules, live->body, SIM_EPOCH + c->w->now);
    return v.health == KZ_HEALTH_HEALTHY || v.health == KZ_HEALTH_SUSPENDED;
}

static unsigned char *flags_of(struct sim_check *c, unsigned variant)
{
    while (c->variants.len <= variant)
        kz_vec_push(&c->variants, 0);
    return &c->variants.at[variant];
}

static bool was_healthy(struct sim_check *c, const struct sim_mdef *d)
{
    for (size_t i = 0; i < d->objects.len; i++)
        if (d->objects.at[i].hook == NULL && (*flags_of(c, d->objects.at[i].variant) & SIM_VARIANT_HEALTHY) == 0)
            return false;
    return true;
}

/* ---- what the engine is told -------------------------------------------------------------------------------------- */

void sim_check_loaded(struct sim_check *c, unsigned slot, const struct sim_commit *commit)
{
    struct sim_told *t = &c->told[slot];
    t->loaded = commit;
    t->loaded_at = c->w->now;
    t->cycle++;
    for (size_t i = 0; i < commit->modules.len; i++)
        if (seen_of(t, commit->modules.at[i]->name) == NULL) {
            struct sim_seen *s = kz_new(c->w->arena, struct sim_seen);
            s->name = commit->modules.at[i]->name;
            kz_vec_push(&t->seen, s);
        }
    for (size_t i = 0; i < t->seen.len; i++) {
        struct sim_seen *s = t->seen.at[i];
        const struct sim_mdef *d = sim_commit_module(commit, s->name);
        if (d == NULL || !d->enabled) {
            sim_hooks_gone(c, s->name);
            s->def = s->before = NULL;
            s->failed = false;
        }
    }
}

void sim_check_rendered(struct sim_check *c, unsigned slot, const struct sim_mdef *d, bool whole)
{
    struct sim_seen *s = seen_of(&c->told[slot], d->name);
    kz_assert(s != NULL);
    s->failed = !whole;
    if (!whole)
        return;
    sim_hooks_told(c, d);
    s->before = s->def;
    s->before_cycle = s->cycle;
    s->def = d;
    s->cycle = c->told[slot].cycle;
    for (size_t i = 0; i < d->objects.len; i++)
        *flags_of(c, d->objects.at[i].variant) |= SIM_VARIANT_GOOD;
}

/* ---- what it sends --------------------------------------------------------------------------------------------------- */

bool sim_check_whole(const struct sim_check *c, const struct sim_mdef *d)
{
    for (size_t i = 0; d != NULL && i < d->objects.len; i++)
        if (d->objects.at[i].hook == NULL && sim_check_applied(c, d->objects.at[i].key) != d->objects.at[i].variant)
            return false;
    return true;
}

/* Newer ones are held: the module is at one that is older still. */
static bool older_whole(const struct sim_check *c, struct kz_str module)
{
    for (size_t i = 0; c->people != NULL && i < c->model->defs.len; i++)
        if (kz_str_eq(c->model->defs.at[i]->name, module) && sim_check_whole(c, c->model->defs.at[i]))
            return true;
    return false;
}

static bool is_hook(const struct kz_value *body)
{
    return kz_value_get(kz_value_path(body, "metadata.annotations"), "argocd.argoproj.io/hook") != NULL;
}

/* Its selector changed in some version, and its owner lets it be made anew. */
static bool may_recreate(const struct sim_check *c, struct kz_str key)
{
    bool allowed = false, changed = false;
    for (size_t i = 0; i < c->model->defs.len; i++) {
        const struct sim_odef *o = sim_mdef_object(c->model->defs.at[i], key);
        allowed |= o != NULL && o->recreate;
        changed |= o != NULL && o->selector > 0;
    }
    return allowed && changed;
}

static void check_delete(struct sim_check *c, const struct sim_request *r, struct kz_str key)
{
    const struct sim_told *t = &c->told[r->client->slot];
    struct kz_str uid = kz_value_path_str(r->config, "preconditions.uid");
    const struct sim_object *live = sim_object_find(c->api, key);
    bool hook = kz_map_find(&c->hook_uids, uid) != NULL; /* whose own controller changes it all the time */
    if (uid.len == 0 || (!hook && kz_value_path_str(r->config, "preconditions.resourceVersion").len == 0))
        sim_violation(c->w, "I2", "DELETE of " KZ_FMT " without uid or version", KZ_ARG(key));
    if (kz_map_find(&c->our_uids, uid) == NULL)
        sim_violation(c->w, "I3", "DELETE of " KZ_FMT " uid " KZ_FMT ", which we never applied", KZ_ARG(key), KZ_ARG(uid));
    if (!sim_shards_have(&c->inventory, key))
        sim_violation(c->w, "I2", "DELETE of " KZ_FMT ", which is not in the inventory", KZ_ARG(key));
    if (kz_map_put(&c->deleted, kz_str_dup(c->w->arena, uid), c) != NULL)
        return; /* decided when it was sent first */
    if (hook)
        return; /* which go when they have run, or to run anew */
    const struct sim_seen *s = live == NULL ? NULL : seen_of(t, label_of(live->body, KZ_LABEL_MODULE));
    if (may_recreate(c, key)) {
        sim_policy_recreate(c, r, key, s == NULL ? NULL : s->def, s == NULL ? NULL : s->before);
        return;
    }
    sim_removal_sent(c, t, key);
    for (size_t i = 0; i < t->seen.len; i++)
        if (t->seen.at[i]->def != NULL && sim_mdef_object(t->seen.at[i]->def, key) != NULL)
            sim_violation(c->w, "I1", "DELETE of " KZ_FMT ", which module " KZ_FMT " holds", KZ_ARG(key),
                          KZ_ARG(t->seen.at[i]->name));
    for (size_t i = 0; t->loaded != NULL && i < t->loaded->modules.len; i++)
        if (t->loaded->modules.at[i]->enabled && sim_mdef_object(t->loaded->modules.at[i], key) != NULL)
            sim_violation(c->w, "I1", "DELETE of " KZ_FMT ", which the definitions of " KZ_FMT " hold", KZ_ARG(key),
                          KZ_ARG(t->loaded->modules.at[i]->name));
    sim_policy_delete(c, r, key, s == NULL ? NULL : s->def, s == NULL ? NULL : s->before);
    if (s == NULL || s->def == NULL)
        return;
    if (s->failed)
        sim_violation(c->w, "I10", "DELETE of " KZ_FMT " although module " KZ_FMT " did not render", KZ_ARG(key),
                      KZ_ARG(s->name));
    if (!sim_check_whole(c, s->def) && (s->before == NULL || !sim_check_whole(c, s->before)) && !older_whole(c, s->name))
        sim_violation(c->w, "I3b", "DELETE of " KZ_FMT " before module " KZ_FMT " is applied", KZ_ARG(key), KZ_ARG(s->name));
}

static bool depends_on(const struct sim_mdef *d, struct kz_str name)
{
    for (size_t i = 0; i < d->depends.len; i++)
        if (kz_str_eq(d->depends.at[i], name))
            return true;
    return false;
}

/* A paused module lets others go on with what it has; a pause that is over now may just have let one begin. */
static bool may_be_paused(const struct sim_check *c, unsigned slot, struct kz_str module)
{
    const struct sim_mdef *d = c->told[slot].loaded == NULL ? NULL : sim_commit_module(c->told[slot].loaded, module);
    return (d != NULL && d->paused) || sim_policy_is_paused(c, slot, module) || sim_people_may_pause(c->people, slot, module);
}

bool sim_check_goes_back(const struct sim_check *c, struct kz_str module, const struct sim_odef *o)
{
    const char *healthy = sim_shards_healthy(&c->inventory, kz_cstr(c->w->arena, module));
    const struct sim_commit *at = healthy == NULL ? NULL : sim_model_find(c->model, kz_str(healthy));
    const struct sim_mdef *d = at == NULL ? NULL : sim_commit_module(at, module);
    const struct sim_odef *then = d == NULL ? NULL : sim_mdef_object(d, o->key);
    return then != NULL && then->variant == o->variant;
}

/* A change of an object to the newest version of its module. */
static void check_order(struct sim_check *c, unsigned slot, const struct sim_seen *s, const struct sim_odef *o)
{
    const struct sim_told *t = &c->told[slot];
    const struct sim_mdef *told = sim_commit_module(t->loaded, s->name);
    const struct sim_odef *old = s->before == NULL ? NULL : sim_mdef_object(s->before, o->key);
    if (o->kind == SIM_CRD || sim_check_applied(c, o->key) == o->variant || told == NULL ||
        (old != NULL && old->variant == o->variant) || /* it may still be at the definition before */
        sim_check_goes_back(c, s->name, o))
        return;
    if (c->partial.life == 0 || !kz_str_eq(c->partial.module, s->name)) /* no hook runs in a sync of some objects */
        sim_hooks_sent(c, s->def, o);
    for (size_t i = 0; i < s->def->depends.len; i++) {
        const struct sim_seen *dep = seen_of(t, s->def->depends.at[i]);
        const struct sim_mdef *now = dep == NULL || dep->def == NULL ? NULL : dep->def;
        if (now == NULL || dep->cycle > s->cycle || was_healthy(c, now) || !depends_on(told, dep->name) ||
            strcmp(now->on_failure, "continue") == 0 || may_be_paused(c, slot, dep->name))
            continue;
        sim_violation(c->w, "DEP", KZ_FMT " of module " KZ_FMT " is changed before module " KZ_FMT " was healthy",
                      KZ_ARG(o->key), KZ_ARG(s->name), KZ_ARG(dep->name));
    }
}

void sim_check_partial(struct sim_check *c, unsigned life, struct kz_str module, struct kz_str key)
{
    c->partial.life = life;
    c->partial.module = kz_str_dup(c->w->arena, module);
    c->partial.key = kz_str_dup(c->w->arena, key);
}

/* What objects here need of others is their namespace and the definition of their kind. */
static void check_partial(const struct sim_check *c, const struct sim_request *r, struct kz_str key)
{
    if (c->partial.life == 0 || r->client->life != c->partial.life || kz_str_eq(key, c->partial.key) ||
        !kz_str_eq(label_of(r->config, KZ_LABEL_MODULE), c->partial.module) ||
        kz_str_has(key, KZ_STR("/Namespace/")) || kz_str_has(key, KZ_STR("/CustomResourceDefinition/")))
        return;
    sim_violation(c->w, "PARTIAL", "apply of " KZ_FMT " while only " KZ_FMT " of its module is synced", KZ_ARG(key),
                  KZ_ARG(c->partial.key));
}

static void check_apply(struct sim_check *c, const struct sim_request *r, struct kz_str key)
{
    unsigned v = variant_of(r->config);
    if (v == 0) /* kzsync's own namespace */
        return;
    check_partial(c, r, key);
    if ((*flags_of(c, v) & SIM_VARIANT_GOOD) == 0)
        sim_violation(c->w, "I10", "apply of " KZ_FMT " in version %u, which never rendered well", KZ_ARG(key), v);
    const struct sim_told *t = &c->told[r->client->slot];
    const struct sim_seen *s = seen_of(t, label_of(r->config, KZ_LABEL_MODULE));
    const struct sim_odef *o = s == NULL || s->def == NULL ? NULL : sim_mdef_object(s->def, key);
    if (o != NULL && o->variant == v)
        check_order(c, r->client->slot, s, o);
    if (o != NULL && o->variant == v)
        sim_policy_apply(c, r, s->def, s->before, o);
}

/* ---- who writes ------------------------------------------------------------------------------------------------------ */

static bool is_lease(const struct sim_kind *k)
{
    return kz_str_is(k->kind, "Lease");
}

static struct sim_leader *life_of(struct sim_check *c, unsigned life)
{
    while (c->lives.len <= life)
        kz_vec_push(&c->lives, (struct sim_leader){.epoch = 0});
    return &c->lives.at[life];
}

/* The lease is free for everybody; and the namespace that it lives in. */
static bool needs_lease(const struct sim_kind *k, struct kz_str name)
{
    return !is_lease(k) && !(kz_str_is(k->kind, "Namespace") && kz_str_is(name, "kzsync-system"));
}

static void check_leader(struct sim_check *c, const struct sim_request *r, const char *what)
{
    if (r->life == c->leader)
        return;
    const struct sim_leader now = *life_of(c, c->leader), *mine = life_of(c, r->life);
    /* A successor with the same identity does not wait until what a dead process has sent is over. */
    if (!r->alive && mine->epoch > 0 && kz_str_eq(mine->identity, now.identity))
        return;
    sim_violation(c->w, "I6", "%s " KZ_FMT "/" KZ_FMT " by life %u of epoch %lld, but life %u leads", what,
                  KZ_ARG(r->kind->kind), KZ_ARG(r->name), r->life, (long long)mine->epoch, c->leader);
}

static void see_lease(struct sim_check *c, const struct sim_request *r, const struct sim_object *o)
{
    struct sim_leader *mine = life_of(c, r->life);
    int64_t epoch = kz_value_path_int(o->body, "spec.leaseTransitions", 0);
    struct kz_str holder = kz_value_path_str(o->body, "spec.holderIdentity");
    if (holder.len > 0 && c->leader != r->life && epoch <= c->epoch)
        sim_violation(c->w, "I6", "the epoch goes from %lld to %lld with a new leader", (long long)c->epoch, (long long)epoch);
    c->epoch = epoch;
    c->leader = holder.len == 0 ? 0 : r->life;
    *mine = (struct sim_leader){.identity = holder.len == 0 ? mine->identity : holder, .epoch = epoch};
}

/* ---- the history -------------------------------------------------------------------------------- */

/* Secrets of the history are written once and removed whole. */
static bool is_history(const struct sim_request *r)
{
    return kz_str_is(r->kind->kind, "Secret") &&
           (kz_str_starts(r->name, KZ_STR("kzsync-history-")) ||
            kz_str_starts(kz_value_path_str(r->config, "metadata.name"), KZ_STR("kzsync-history-")));
}

static void check_history(struct sim_check *c, const struct sim_request *r, struct kz_str key)
{
    if (r->verb != SIM_CREATE && r->verb != SIM_DELETE)
        sim_violation(c->w, "HIST", "a write into " KZ_FMT, KZ_ARG(key));
    if (r->verb == SIM_DELETE && (kz_value_path_str(r->config, "preconditions.uid").len == 0 ||
                                  kz_value_path_str(r->config, "preconditions.resourceVersion").len == 0))
        sim_violation(c->w, "HIST", "DELETE of " KZ_FMT " without uid or version", KZ_ARG(key));
}

static void see_tenant(struct sim_check *c, const struct sim_request *r, struct kz_id id, struct kz_str key)
{
    const struct sim_object *live = r->verb == SIM_DELETE ? sim_object_find(c->api, key) : NULL;
    if (id.name.len == 0) /* it is created */
        id.name = kz_value_path_str(r->config, "metadata.name");
    sim_tenants_sent(c, r, &id, label_of(live != NULL ? live->body : r->config, KZ_LABEL_MODULE));
}

static void on_sent(void *arg, const struct sim_request *r)
{
    struct sim_check *c = arg;
    uint64_t minute = (uint64_t)(c->w->now / (60 * SIM_SEC));
    c->requests++;
    sim_secrets_sent(c->w, r);
    if (minute != c->minute) {
        c->minute = minute;
        c->in_minute = 0;
    }
    if (++c->in_minute == c->storm)
        sim_violation(c->w, "RATE", "%u requests in one minute", c->storm);
    c->applies += r->verb == SIM_APPLY;
    if (r->kind == NULL || r->verb < SIM_APPLY || r->verb > SIM_DELETE)
        return;
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
    const struct kz_id id = {.group = r->kind->group, .kind = r->kind->kind,
                             .ns = r->kind->namespaced ? r->ns : KZ_STR(""), .name = r->name};
    struct kz_str key = kz_id_key(a, &id);
    see_tenant(c, r, id, key);
    if (r->dry_run)
        return;
    c->deletes += r->verb == SIM_DELETE;
    if (needs_lease(r->kind, kz_value_path_str(r->config, "metadata.name").len > 0 ? kz_value_path_str(r->config, "metadata.name") : r->name))
        check_leader(c, r, "sends");
    if (is_history(r))
        check_history(c, r, key);
    else if (r->verb == SIM_DELETE)
        check_delete(c, r, key);
    else if (r->verb == SIM_APPLY)
        check_apply(c, r, key);
}

/* ---- what the server stores ---------------------------------------------------------------------------------------- */

static bool is_ours(const struct kz_value *body)
{
    return kz_str_is(label_of(body, KZ_LABEL_PLATFORM), "sim");
}

static void on_lost(void *arg, struct kz_str key)
{
    struct sim_check *c = arg;
    const struct sim_object *o = sim_object_find(c->api, key);
    if (o != NULL && !o->gone && is_ours(o->body) && kz_map_find(&c->our_uids, o->uid) != NULL)
        sim_violation(c->w, "I7", KZ_FMT " is live but left the inventory", KZ_ARG(key));
}

static void read_shard(struct sim_check *c, const struct sim_object *o)
{
    const bool counts = !o->gone && kz_str_is(label_of(o->body, INVENTORY_LABEL), "sim");
    struct kz_str text = counts ? kz_value_path_str(o->body, "data.inventory") : KZ_STR("");
    if (!sim_shards_take(&c->inventory, o->id.name, text, on_lost, c))
        sim_violation(c->w, "I7", "the inventory can't be read");
    c->quarantined = sim_shards_quarantined(&c->inventory);
}

static void on_changed(void *arg, const struct sim_object *o, const struct kz_value *before, const char *by)
{
    struct sim_check *c = arg;
    bool us = strcmp(by, "kzsync") == 0;
    if (is_lease(o->kind)) {
        if (us)
            see_lease(c, c->api->acting, o);
        return;
    }
    if (us && c->api->acting != NULL && needs_lease(o->kind, o->id.name))
        check_leader(c, c->api->acting, "stores");
    if (us) {
        c->writes++;
        (void)snprintf(c->last_write, sizeof c->last_write, KZ_FMT, KZ_ARG(o->key));
    }
    if (label_of(o->body, INVENTORY_LABEL).len > 0) {
        read_shard(c, o);
        sim_hooks_inventory(c);
        return;
    }
    if (us && !o->gone && is_ours(o->body)) {
        (void)kz_map_put(&c->our_uids, o->uid, c);
        if (is_hook(o->body))
            (void)kz_map_put(&c->hook_uids, o->uid, c);
        (void)kz_map_put(&c->applied, o->key, (void *)((uintptr_t)variant_of(o->body) + 1));
        if (!sim_shards_have(&c->inventory, o->key))
            sim_violation(c->w, "I7", KZ_FMT " is created but not in the inventory", KZ_ARG(o->key));
    }
    struct kz_verdict v = kz_health_of(c->rules, o->gone ? NULL : o->body, SIM_EPOCH + c->w->now);
    bool healthy = v.health == KZ_HEALTH_HEALTHY || v.health == KZ_HEALTH_SUSPENDED;
    sim_hooks_stored(c, o, before, us, variant_of(o->body), healthy);
    if (healthy)
        *flags_of(c, variant_of(o->body)) |= SIM_VARIANT_HEALTHY;
}

void sim_check_init(struct sim_check *c, struct sim_world *w, struct sim_api *api, struct sim_model *m)
{
    *c = (struct sim_check){.w = w, .api = api, .model = m, .storm = STORM};
    struct kz_err err;
    kz_assert(kz_rules_new(&c->rules, NULL, &err) == 0);
    api->quotes = true;
    kz_map_init(&c->applied);
    kz_map_init(&c->our_uids);
    kz_map_init(&c->hook_uids);
    kz_map_init(&c->runs);
    kz_map_init(&c->deleted);
    sim_shards_init(&c->inventory);
    kz_map_init(&c->ordered_back);
    kz_map_init(&c->begun);
    api->observer = (struct sim_observer){.sent = on_sent, .changed = on_changed, .arg = c};
}

void sim_check_done(struct sim_check *c)
{
    kz_rules_free(c->rules);
    kz_map_done(&c->applied);
    kz_map_done(&c->our_uids);
    kz_map_done(&c->hook_uids);
    kz_map_done(&c->runs);
    kz_map_done(&c->deleted);
    sim_shards_done(&c->inventory);
    kz_map_done(&c->ordered_back);
    kz_map_done(&c->begun);
    for (size_t i = 0; i < SIM_SLOTS; i++)
        kz_vec_done(&c->told[i].seen);
    kz_vec_done(&c->lives);
    kz_vec_done(&c->variants);
}

/* ---- at rest ------------------------------------------------------------------------------------------------------------- */

static void check_well(struct sim_check *c, const struct sim_mdef *d, const struct kz_module_view *v)
{
    const bool removals = (v->held_by & KZ_HELD_PRUNE) != 0;
    if (v->word != KZ_WORD_OK && (v->word != KZ_WORD_HELD || !removals))
        return;
    if (!c->model->head->load_fails) /* nothing is rendered then */
        sim_asks_check(c->w, c->api, d);
    for (size_t i = 0; i < d->objects.len; i++)
        if (d->objects.at[i].hook == NULL && !is_live_healthy(c, &d->objects.at[i]))
            sim_violation(c->w, "I4", "module " KZ_FMT " says %s but " KZ_FMT " is not there in its newest version",
                          KZ_ARG(d->name), kz_word_name(v->word), KZ_ARG(d->objects.at[i].key));
}

/* Does some readable index of the history name the module? */
static bool is_kept(const struct sim_check *c, struct kz_str module)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    for (size_t i = 0; i < c->api->objects.len; i++) {
        const struct sim_object *o = c->api->objects.at[i];
        struct kz_value *index;
        struct kz_err err;
        struct kz_str text = kz_value_as_str(
            kz_value_get(kz_value_path(o->body, "metadata.annotations"), "kubezero.com/history-index"));
        if (o->gone || text.len == 0 || kz_json_read(&index, a, text, KZ_STR("index"), &err) < 0)
            continue;
        const struct kz_value *modules = kz_value_get(index, "modules");
        for (size_t k = 0; k < kz_value_len(modules); k++)
            if (kz_str_eq(kz_value_as_str(kz_value_at(kz_value_at(modules, k), 0)), module))
                return true;
    }
    return false;
}

static bool is_elsewhere(const struct sim_told *t, struct kz_str module, struct kz_str key)
{
    for (size_t i = 0; i < t->seen.len; i++)
        if (!kz_str_eq(t->seen.at[i]->name, module) && t->seen.at[i]->def != NULL &&
            sim_mdef_object(t->seen.at[i]->def, key) != NULL)
            return true;
    return false;
}

static bool stands(const struct sim_check *c, const struct sim_told *t, const struct sim_mdef *d)
{
    for (size_t i = 0; i < d->objects.len; i++) {
        const struct sim_odef *o = &d->objects.at[i];
        if (o->kind != SIM_CRD && o->hook == NULL && !is_elsewhere(t, d->name, o->key) && !is_live_healthy(c, o))
            return false;
    }
    return true;
}

static bool stands_on_some(struct sim_check *c, const struct sim_told *t, struct kz_str module)
{
    for (size_t i = 0; i < c->model->defs.len; i++) {
        const struct sim_mdef *old = c->model->defs.at[i];
        if (kz_str_eq(old->name, module) && was_healthy(c, old) && stands(c, t, old))
            return true;
    }
    return false;
}

static void check_back(struct sim_check *c, const struct sim_told *t, const struct sim_mdef *d, const struct kz_module_view *v)
{
    if (c->history_spoilt || !is_kept(c, d->name))
        return;
    sim_policy_rest(c, v, stands_on_some(c, t, d->name));
    if (v->word != KZ_WORD_BACK || stands_on_some(c, t, d->name))
        return;
    sim_violation(c->w, "BACK", "module " KZ_FMT " went back but does not stand on a healthy set: " KZ_FMT,
                  KZ_ARG(d->name), KZ_ARG(v->note));
}

static bool has_mistake(const struct sim_mdef *d)
{
    for (size_t i = 0; i < d->objects.len; i++)
        if (d->objects.at[i].broken || (d->objects.at[i].selector > 0 && !d->objects.at[i].recreate))
            return true;
    return strcmp(d->on_conflict, "fail") == 0;
}

void sim_check_ordered_back(struct sim_check *c, struct kz_str module)
{
    if (kz_map_find(&c->ordered_back, module) == NULL)
        (void)kz_map_put(&c->ordered_back, kz_str_dup(c->w->arena, module), c);
}

static bool was_ordered_back(const struct sim_check *c, struct kz_str module)
{
    return kz_map_find(&c->ordered_back, module) != NULL;
}

static const struct kz_module_view *view_of(const struct kz_engine_view *view, struct kz_str name)
{
    for (size_t i = 0; i < view->n_modules; i++)
        if (kz_str_eq(view->modules[i].name, name))
            return &view->modules[i];
    return NULL;
}

static bool is_left_drifted(const struct kz_module_view *v, const struct sim_mdef *d)
{
    return v->word == KZ_WORD_DRIFT && d != NULL && strcmp(d->self_heal, "off") == 0;
}

/* A stranger made what it depends on unhealthy, and the definitions say that this is not mended; or a person sent
 * that back. */
static bool skips_for_people(const struct sim_check *c, const struct kz_engine_view *view, const struct sim_commit *head,
                             const struct sim_mdef *d)
{
    for (size_t i = 0; d != NULL && i < d->depends.len; i++) {
        const struct sim_mdef *dep = sim_commit_module(head, d->depends.at[i]);
        const struct kz_module_view *v = view_of(view, d->depends.at[i]);
        if (v == NULL)
            continue;
        if (is_left_drifted(v, dep) || (v->word == KZ_WORD_BACK && was_ordered_back(c, v->name)) ||
            (v->word == KZ_WORD_SKIP && skips_for_people(c, view, head, dep)))
            return true;
    }
    return false;
}

bool sim_check_is_busy(const struct kz_engine *e)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_engine_view view;
    kz_engine_look(&view, a, e);
    return view.words[KZ_WORD_RUN] > 0 || !view.settled;
}

bool sim_check_leads(const struct kz_engine *e)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_engine_view view;
    kz_engine_look(&view, a, e);
    return view.leads;
}

/* A quota or a policy was in the way when it was tried: what was refused is set aside. */
static bool was_refused(const struct sim_check *c, struct kz_str module)
{
    for (size_t i = 0; i < c->api->refused.len; i++)
        if (kz_str_eq(c->api->refused.at[i], module))
            return true;
    return false;
}

static bool is_any_held(const struct kz_engine_view *view)
{
    bool any = view->words[KZ_WORD_HELD] + view->words[KZ_WORD_PAUSED] > 0;
    for (size_t i = 0; i < view->n_modules; i++)
        any |= view->modules[i].held_by != 0;
    return any;
}

void sim_check_rest(struct sim_check *c, const struct kz_engine *e, unsigned slot, bool must_be_well)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_engine_view view;
    kz_engine_look(&view, a, e);
    const struct sim_commit *head = c->model->head;
    sim_secrets_shown(c->w, &view);
    if (!head->load_fails && view.source_err != NULL)
        sim_violation(c->w, "I4", "the source is still in trouble: %s", view.source_err->frame[0]);
    if (!head->load_fails && !kz_str_is(view.revision, head->hex))
        sim_violation(c->w, "I4", "the engine stands at " KZ_FMT ", not at %s", KZ_ARG(view.revision), head->hex);
    if (head->load_fails && c->told[slot].loaded != NULL)
        head = c->told[slot].loaded; /* what cannot be read changes nothing */
    bool some_mistake = false;
    for (size_t i = 0; i < head->modules.len; i++)
        some_mistake |= has_mistake(head->modules.at[i]);
    for (size_t i = 0; i < view.n_modules; i++) {
        const struct kz_module_view *v = &view.modules[i];
        const struct sim_mdef *d = sim_commit_module(head, v->name);
        c->any_held |= v->held_by != 0 || v->word == KZ_WORD_HELD || v->word == KZ_WORD_PAUSED;
        c->any_held |= c->people != NULL && v->word != KZ_WORD_OK; /* its windows come and go */
        const bool some_held = is_any_held(&view);
        sim_say(c->w, "rest: " KZ_FMT " %s " KZ_FMT, KZ_ARG(v->name), kz_word_name(v->word), KZ_ARG(v->note));
        bool waits = v->word == KZ_WORD_WAIT &&
                     (some_mistake || some_held || view.words[KZ_WORD_FAIL] + view.words[KZ_WORD_BACK] > 0);
        bool lacks = kz_str_ends(v->note, KZ_STR("is not served yet")); /* by any module of these definitions */
        bool tries = lacks || (d != NULL && has_mistake(d)); /* it may be trying once more just now */
        bool rest = waits || (tries && v->word == KZ_WORD_RUN) || (v->word != KZ_WORD_RUN && v->word != KZ_WORD_WAIT && v->word != KZ_WORD_UNKNOWN);
        bool leaving = d == NULL || !d->enabled; /* after what is held */
        bool ordered = v->word == KZ_WORD_BACK && was_ordered_back(c, v->name);
        bool after_held = c->people != NULL && some_held && (v->word == KZ_WORD_WAIT || v->word == KZ_WORD_SKIP);
        bool well = v->word == KZ_WORD_OK || ordered || after_held || v->word == KZ_WORD_PAUSED || ((v->word == KZ_WORD_FAIL || v->word == KZ_WORD_BACK) && v->held_by != 0) || (leaving && v->word == KZ_WORD_SKIP && view.words[KZ_WORD_HELD] > 0) || v->word == KZ_WORD_HELD || is_left_drifted(v, d) ||
                    (v->word == KZ_WORD_SKIP && skips_for_people(c, &view, head, d));
        bool never = kz_str_has(v->note, KZ_STR("the API server does not serve kind"));
        bool brought_later = (lacks || never) && c->people != NULL && some_held; /* by one that is held */
        if (!rest || (must_be_well && v->word == KZ_WORD_RUN && !brought_later))
            sim_violation(c->w, "I4", "module " KZ_FMT " does not come to rest: %s, " KZ_FMT, KZ_ARG(v->name),
                          kz_word_name(v->word), KZ_ARG(v->note));
        else if (v->word == KZ_WORD_BACK && d != NULL && !has_mistake(d) && !was_ordered_back(c, d->name) &&
                 !was_refused(c, v->name) && v->held_by == 0 && /* the set that mends it waits for people */
                 !kz_str_ends(v->note, KZ_STR("missing")) && /* a stranger deleted it while its gate was open */
                 !kz_str_has(v->note, KZ_STR("is being deleted, waits for finalizer")) && /* and it would not go */
                 !kz_str_starts(v->note, KZ_STR("gate http")) && /* in the war its server says no now and then */
                 !kz_str_is(v->note, "the newest revision failed before and is set aside")) /* by a process before this */
            sim_violation(c->w, "I4", "module " KZ_FMT " went back although nothing is wrong with it: " KZ_FMT,
                          KZ_ARG(v->name), KZ_ARG(v->note));
        else if (must_be_well && !well && !brought_later)
            sim_violation(c->w, "I4", "module " KZ_FMT " is well defined but ends %s: " KZ_FMT, KZ_ARG(v->name),
                          kz_word_name(v->word), KZ_ARG(v->note));
        else if (v->word != KZ_WORD_OK && v->word != KZ_WORD_DRIFT && v->note.len == 0)
            sim_violation(c->w, "I4", "module " KZ_FMT " is %s without a reason", KZ_ARG(v->name), kz_word_name(v->word));
        if (d != NULL && d->enabled && strcmp(d->self_heal, "off") != 0 && strcmp(d->on_conflict, "take") == 0)
            check_well(c, d, v);
        if (d != NULL && d->enabled && strcmp(d->self_heal, "off") != 0 && strcmp(d->on_conflict, "take") == 0)
            check_back(c, &c->told[slot], d, v);
    }
}

void sim_check_quiet(struct sim_check *c, uint64_t writes_before)
{
    bool hooks_fail = false; /* they are tried again a few times */
    for (size_t i = 0; i < c->model->head->modules.len; i++) {
        const struct sim_mdef *d = c->model->head->modules.at[i];
        for (size_t k = 0; k < d->objects.len; k++)
            hooks_fail |= d->objects.at[k].hook != NULL && d->objects.at[k].broken;
    }
    /* What is held may be let go, and what was let in just now is still to be kept in the history. */
    const bool keeps = c->people != NULL && strstr(c->last_write, "/kzsync-history-") != NULL;
    if (c->writes != writes_before && !c->any_held && !hooks_fail && !keeps)
        sim_violation(c->w, "I5", "%llu writes at rest, the last: %s", (unsigned long long)(c->writes - writes_before),
                      c->last_write);
    sim_secrets_logged(c->w);
}
