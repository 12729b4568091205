/* SPDX-License-Identifier: Apache-2.0 */
#include "check_policy.h"

#include "asks.h"
#include "people.h"
#include "resource/object.h"
#include "spec/window.h"

enum { SLACK_SEC = 3 }; /* from a decision to the request that comes of it */

struct sim_begun { /* of one module */
    unsigned life;
    const struct sim_mdef *def;
    bool looked; /* ... or one with other answers, which cannot be told from it */
};

static int64_t wall_of(const struct sim_check *c, unsigned slot)
{
    return SIM_EPOCH + c->w->now + c->people->processes[slot].wall_ahead;
}

/* ---- what a set does ---------------------------------------------------------------------------------------------- */

static bool is_reselected(const struct sim_odef *o, const struct sim_object *live)
{
    struct kz_str label = kz_value_path_str(live->body, "spec.selector.matchLabels.app");
    return kz_str_ends(label, KZ_STR("-new")) != (o->selector % 2 == 1);
}

static enum sim_class class_of(const struct sim_check *c, const struct sim_mdef *d)
{
    enum sim_class cls = SIM_ROUTINE;
    for (size_t i = 0; i < d->objects.len; i++) {
        const struct sim_odef *o = &d->objects.at[i];
        const struct sim_object *live = sim_object_find(c->api, o->key);
        const unsigned stored = sim_check_applied(c, o->key);
        if (o->kind != SIM_DEPLOYMENT || live == NULL || live->gone || stored == o->variant || stored == 0)
            continue;
        const enum sim_class one = is_reselected(o, live) && o->recreate ? SIM_DESTRUCTIVE : SIM_RESTART;
        cls = one > cls ? one : cls;
    }
    return cls;
}

/* ---- may it? ------------------------------------------------------------------------------------------------------ */

static bool is_open(const struct sim_check *c, unsigned slot, const struct sim_mdef *d, enum sim_class cls)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_value *schedule = sim_model_schedule(a), *names = sim_model_windows(a, d, cls);
    const int64_t now = wall_of(c, slot);
    return kz_window_is_open(schedule, names, now) || kz_window_is_open(schedule, names, now - SLACK_SEC * SIM_SEC);
}

/* What of a larger class the set began with may be done already: then the windows of that class counted. */
static bool is_open_for(const struct sim_check *c, unsigned slot, const struct sim_mdef *d, enum sim_class cls)
{
    bool open = false;
    for (; cls < SIM_CLASSES_; cls++)
        open |= is_open(c, slot, d, cls);
    return open;
}

static bool is_overridden(const struct sim_check *c, unsigned slot, struct kz_str module)
{
    const struct sim_wish *w = sim_people_told(c->people, slot, module);
    return w != NULL && w->overrides &&
           (w->override_until == 0 || w->override_until > wall_of(c, slot) - SLACK_SEC * SIM_SEC);
}

static bool needs_approval(const struct sim_mdef *d, enum sim_class cls)
{
    static const char *const words[SIM_CLASSES_] = {"routine", "restart", "destructive"};
    for (enum sim_class c = SIM_ROUTINE; d != NULL && d->approve != NULL && c <= cls; c++)
        if (strcmp(d->approve, words[c]) == 0)
            return true;
    return false;
}

/* The same set, of whatever commit. */
static bool is_same(const struct sim_mdef *a, const struct sim_mdef *b)
{
    bool same = a == b || (a != NULL && b != NULL && a->objects.len == b->objects.len);
    for (size_t i = 0; same && a != b && i < a->objects.len; i++) {
        const struct sim_odef *o = sim_mdef_object(b, a->objects.at[i].key);
        same = o != NULL && o->variant == a->objects.at[i].variant;
    }
    return same;
}

/* What is approved may be in place, and only what it removes is left, while a newer one is held. */
static bool is_approved(const struct sim_check *c, unsigned slot, struct kz_str module, const struct sim_mdef *d)
{
    const struct sim_wish *w = sim_people_told(c->people, slot, module);
    return w != NULL && w->approves && (is_same(w->def, d) || (w->def != NULL && sim_check_whole(c, w->def)));
}

/* For so long that no request which came before is still to be sent; patience 0: just now is enough. */
static bool pauses(const struct sim_check *c, unsigned slot, struct kz_str module, int64_t patience)
{
    const struct sim_wish *w = sim_people_told(c->people, slot, module);
    return w != NULL && w->pauses && (w->until == 0 || w->until > wall_of(c, slot)) && c->w->now - w->told >= patience;
}

static bool is_paused(const struct sim_check *c, unsigned slot, struct kz_str module, int64_t patience)
{
    const struct sim_told *t = &c->told[slot];
    const struct sim_mdef *d = t->loaded == NULL ? NULL : sim_commit_module(t->loaded, module);
    const bool by_git = d != NULL && d->paused && (d->paused_until == 0 || d->paused_until > wall_of(c, slot));
    return (by_git && c->w->now - t->loaded_at >= patience) || pauses(c, slot, module, patience) ||
           pauses(c, slot, KZ_STR(""), patience);
}

bool sim_policy_is_paused(const struct sim_check *c, unsigned slot, struct kz_str module)
{
    return c->people != NULL && is_paused(c, slot, module, 0);
}

/* Either of the two definitions may be the one that counts: a newer one comes before what is rendered of it. */
static void judge(struct sim_check *c, const struct sim_request *r, struct kz_str module, const struct sim_mdef *d,
                  const struct sim_mdef *other, bool removed, enum sim_class cls, struct kz_str key, const char *what)
{
    static const char *const words[SIM_CLASSES_] = {"routine", "restart", "destructive"};
    const unsigned slot = r->client->slot;
    if (is_paused(c, slot, module, SLACK_SEC * SIM_SEC))
        sim_violation(c->w, "PAUSE", "%s of " KZ_FMT " although module " KZ_FMT " is paused", what, KZ_ARG(key),
                      KZ_ARG(module));
    if (needs_approval(d, cls) && needs_approval(other, cls) && !is_approved(c, slot, module, removed ? NULL : d) &&
        !is_approved(c, slot, module, removed ? NULL : other))
        sim_violation(c->w, "APPROVAL", "%s of " KZ_FMT ", class %s, without approval of module " KZ_FMT, what,
                      KZ_ARG(key), words[cls], KZ_ARG(module));
    if (!is_open_for(c, slot, d, cls) && !is_open_for(c, slot, other, cls) && !is_overridden(c, slot, module) &&
        !is_overridden(c, slot, KZ_STR("")))
        sim_violation(c->w, "WINDOW", "%s of " KZ_FMT " of module " KZ_FMT ", class %s, outside of its windows", what,
                      KZ_ARG(key), KZ_ARG(module), words[cls]);
}

/* ---- what is sent -------------------------------------------------------------------------------------------------- */

static struct sim_begun *begun_of(struct sim_check *c, struct kz_str module)
{
    struct sim_begun *b = kz_map_find(&c->begun, module);
    if (b != NULL)
        return b;
    b = kz_new(c->w->arena, struct sim_begun);
    (void)kz_map_put(&c->begun, kz_str_dup(c->w->arena, module), b);
    return b;
}

/* A process that has not read yet what people wish knows of no pause. */
static void check_told(struct sim_check *c, const struct sim_request *r, struct kz_str key)
{
    if (c->people != NULL && r->alive && c->people->told[r->client->slot].life != r->life)
        sim_violation(c->w, "PAUSE", "a write of " KZ_FMT " before wishes were read", KZ_ARG(key));
}

static struct kz_str looked_of(const struct kz_value *body)
{
    return kz_value_as_str(kz_value_get(kz_value_path(body, "metadata.annotations"), SIM_LOOKED));
}

/* The same version with another answer of what it looks up. */
static bool looks_new(const struct sim_check *c, const struct sim_request *r, const struct sim_odef *o)
{
    const struct sim_object *live = sim_object_find(c->api, o->key);
    return live != NULL && !live->gone && !kz_str_eq(looked_of(r->config), looked_of(live->body));
}

void sim_policy_apply(struct sim_check *c, const struct sim_request *r, const struct sim_mdef *d,
                      const struct sim_mdef *before, const struct sim_odef *o)
{
    const struct sim_mdef *told = sim_commit_module(c->told[r->client->slot].loaded, d->name);
    const struct sim_odef *old = before == NULL ? NULL : sim_mdef_object(before, o->key);
    check_told(c, r, o->key);
    const bool mourns = o->hook != NULL && strcmp(o->hook, "SyncFail") == 0; /* also a repair that failed */
    const bool same = sim_check_applied(c, o->key) == o->variant && !looks_new(c, r, o);
    if (c->people == NULL || !r->alive || mourns || same)
        return;
    struct sim_begun *b = begun_of(c, d->name), was = *b;
    b->looked |= looks_new(c, r, o);
    const struct sim_odef *begun = was.def == NULL ? NULL : sim_mdef_object(was.def, o->key);
    if (was.life == r->life && begun != NULL && begun->variant == o->variant) /* it goes on, whatever came since */
        return;
    const char *healthy = sim_shards_healthy(&c->inventory, kz_cstr(c->w->arena, d->name));
    const struct sim_commit *at = healthy == NULL ? NULL : sim_model_find(c->model, kz_str(healthy));
    if (sim_check_goes_back(c, d->name, o))
        return;
    const bool earlier = old != NULL && old->variant == o->variant; /* it may be at the set before */
    const bool ended = was.def == NULL || (at != NULL && is_same(sim_commit_module(at, d->name), was.def));
    /* After a restart what has begun is ended, too, and with it what came on top of it meanwhile. */
    const bool ends = was.def == d || (was.life != r->life && !ended) || was.looked;
    *b = (struct sim_begun){.life = r->life, .def = earlier && !ends ? before : d,
                            .looked = b->looked && was.life == r->life};
    if (ends || earlier || healthy == NULL)
        return;
    judge(c, r, d->name, d, told == NULL ? d : told, false, class_of(c, d), o->key, "apply");
}

void sim_policy_recreate(struct sim_check *c, const struct sim_request *r, struct kz_str key, const struct sim_mdef *d,
                         const struct sim_mdef *before)
{
    const struct sim_odef *o = d == NULL ? NULL : sim_mdef_object(d, key);
    if (o != NULL)
        sim_policy_apply(c, r, d, before, o);
}

void sim_policy_delete(struct sim_check *c, const struct sim_request *r, struct kz_str key, const struct sim_mdef *d,
                       const struct sim_mdef *before)
{
    const char *owner = c->people == NULL ? NULL : sim_shards_owner(&c->inventory, key);
    const struct sim_commit *loaded = c->told[r->client->slot].loaded;
    const struct sim_mdef *told = owner == NULL ? NULL : sim_commit_module(loaded, kz_str(owner));
    if (owner == NULL || !r->alive)
        return;
    if (told == NULL || !told->enabled)
        judge(c, r, kz_str(owner), told, told, true, SIM_DESTRUCTIVE, key, "DELETE");
    else
        judge(c, r, kz_str(owner), d, before == NULL ? told : before, false, SIM_DESTRUCTIVE, key, "DELETE");
}

/* ---- at rest -------------------------------------------------------------------------------------------------------- */

void sim_policy_rest(struct sim_check *c, const struct kz_module_view *v, bool stands)
{
    const bool held = v->word == KZ_WORD_HELD && v->held_by != 0 && (v->held_by & KZ_HELD_PRUNE) == 0;
    if (c->people != NULL && held && !stands)
        sim_violation(c->w, "STAND", "module " KZ_FMT " is held but stands on no older set: " KZ_FMT, KZ_ARG(v->name),
                      KZ_ARG(v->note));
}
