/* SPDX-License-Identifier: Apache-2.0 */
#include "people.h"

enum { READS_MS = 3000, HEARS_MS = 400 };

/* ---- telling ---------------------------------------------------------------------------------------------------- */

struct news { /* on its way to one process */
    struct sim_people *p;
    unsigned slot, life;
    const struct sim_wish *wish; /* as it is when the news come */
};

static void remember(struct sim_people *p, unsigned slot, const struct sim_wish *w)
{
    struct sim_wish now = *w;
    now.told = p->w->now;
    for (size_t i = 0; i < p->told[slot].at.len; i++) {
        struct sim_wish *old = &p->told[slot].at.at[i];
        if (!kz_str_eq(old->module, w->module))
            continue;
        now.told = old->pauses ? old->told : now.told;
        *old = now;
        return;
    }
    kz_vec_push(&p->told[slot].at, now);
}

static void tell(struct sim_people *p, unsigned slot, const struct sim_wish *w)
{
    const struct kz_wishes wishes = {
        .pause = {.reason = kz_str(w->pauses ? "a person says so" : ""), .until = w->until, .drift = w->drift},
        .approval = {.set = w->approves ? w->set : (struct kz_hash){0}},
        .override = {.reason = kz_str(w->overrides ? "it burns" : ""), .until = w->override_until},
    };
    remember(p, slot, w); /* first: the engine acts at once */
    kz_engine_steer(p->processes[slot].engine, w->module, &wishes);
}

static bool listens(const struct sim_people *p, unsigned slot, unsigned life)
{
    return p->processes[slot].engine != NULL && p->processes[slot].client.life == life;
}

static void on_news(void *arg, uint64_t id)
{
    const struct news *n = arg;
    (void)id;
    if (listens(n->p, n->slot, n->life) && n->p->told[n->slot].life == n->life)
        tell(n->p, n->slot, n->wish);
}

static void on_read(void *arg, uint64_t id)
{
    const struct news *n = arg;
    struct sim_people *p = n->p;
    (void)id;
    if (!listens(p, n->slot, n->life))
        return;
    p->told[n->slot].life = n->life;
    for (size_t i = 0; i < p->wishes.len; i++)
        tell(p, n->slot, p->wishes.at[i]);
    kz_engine_steer_ready(p->processes[n->slot].engine);
}

static void on_started(void *arg, struct sim_process *q)
{
    struct sim_people *p = arg;
    struct news *n = kz_new(p->w->arena, struct news);
    *n = (struct news){.p = p, .slot = q->client.slot, .life = q->client.life};
    p->told[n->slot].life = 0;
    p->told[n->slot].at.len = 0;
    (void)sim_after_held(p->w, sim_between(&p->rng, 0, READS_MS * SIM_MS), on_read, n, &q->client.asleep_until);
}

static void spread(struct sim_people *p, const struct sim_wish *w)
{
    for (unsigned slot = 0; slot < p->n; slot++) {
        struct sim_process *q = &p->processes[slot];
        struct news *n = kz_new(p->w->arena, struct news);
        *n = (struct news){.p = p, .slot = slot, .life = q->client.life, .wish = w};
        if (q->engine != NULL)
            (void)sim_after_held(p->w, sim_between(&p->rng, 0, HEARS_MS * SIM_MS), on_news, n, &q->client.asleep_until);
    }
}

const struct sim_wish *sim_people_told(const struct sim_people *p, unsigned slot, struct kz_str module)
{
    for (size_t i = 0; i < p->told[slot].at.len; i++)
        if (kz_str_eq(p->told[slot].at.at[i].module, module))
            return &p->told[slot].at.at[i];
    return NULL;
}

bool sim_people_may_pause(const struct sim_people *p, unsigned slot, struct kz_str module)
{
    const struct sim_wish *own = p == NULL ? NULL : sim_people_told(p, slot, module);
    const struct sim_wish *all = p == NULL ? NULL : sim_people_told(p, slot, KZ_STR(""));
    return (own != NULL && own->told > 0) || (all != NULL && all->told > 0);
}

/* ---- wishing ---------------------------------------------------------------------------------------------------- */

static struct sim_wish *wish_of(struct sim_people *p, struct kz_str module)
{
    for (size_t i = 0; i < p->wishes.len; i++)
        if (kz_str_eq(p->wishes.at[i]->module, module))
            return p->wishes.at[i];
    struct sim_wish *w = kz_new(p->w->arena, struct sim_wish);
    *w = (struct sim_wish){.module = kz_str_dup(p->w->arena, module)};
    kz_vec_push(&p->wishes, w);
    return w;
}

void sim_people_pause(struct sim_people *p, struct kz_str module, int64_t until, bool drift)
{
    struct sim_wish *w = wish_of(p, module);
    sim_say(p->w, "person: pause '" KZ_FMT "'%s", KZ_ARG(module), drift ? ", drift too" : "");
    w->pauses = true;
    w->drift = drift;
    w->until = until;
    spread(p, w);
}

void sim_people_resume(struct sim_people *p, struct kz_str module)
{
    struct sim_wish *w = wish_of(p, module);
    if (!w->pauses)
        return;
    sim_say(p->w, "person: resume '" KZ_FMT "'", KZ_ARG(module));
    w->pauses = w->drift = false;
    spread(p, w);
}

void sim_people_override(struct sim_people *p, struct kz_str module, int64_t until)
{
    struct sim_wish *w = wish_of(p, module);
    sim_say(p->w, "person: windows of '" KZ_FMT "' are overridden", KZ_ARG(module));
    w->overrides = true;
    w->override_until = until;
    spread(p, w);
}

void sim_people_approve(struct sim_people *p, const struct kz_engine *e, unsigned per_mille)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_engine_view view;
    kz_engine_look(&view, a, e);
    for (size_t i = 0; i < view.n_modules; i++) {
        const struct kz_module_view *v = &view.modules[i];
        if ((v->held_by & KZ_HELD_APPROVAL) == 0 || !sim_chance(&p->rng, per_mille))
            continue;
        const struct sim_commit *c = sim_model_find(p->check->model, v->target);
        const struct sim_mdef *d = c == NULL ? NULL : sim_commit_module(c, v->name);
        struct sim_wish *w = wish_of(p, v->name);
        sim_say(p->w, "person: approve " KZ_FMT ": " KZ_FMT, KZ_ARG(v->name), KZ_ARG(v->note));
        w->approves = true;
        w->set = v->set;
        w->def = d != NULL && d->enabled ? d : NULL;
        spread(p, w);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

void sim_people_init(struct sim_people *p, struct sim_world *w, struct sim_check *c, struct sim_process *processes, unsigned n)
{
    *p = (struct sim_people){.w = w, .check = c, .processes = processes, .n = n, .rng = {.state = w->seed * 29 + 13}};
    c->people = p;
    for (unsigned i = 0; i < n; i++) {
        processes[i].started = on_started;
        processes[i].started_arg = p;
    }
}

void sim_people_done(struct sim_people *p)
{
    kz_vec_done(&p->wishes);
    for (unsigned i = 0; i < SIM_SLOTS; i++)
        kz_vec_done(&p->told[i].at);
}
