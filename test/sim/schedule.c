/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/log.h"
#include "people.h"
#include "resource/object.h"

enum { PEACE_SEC = 120, POLLS = 10, WINDOWS = 84 };

struct plan { /* of this seed */
    int64_t war, interval; /* ns */
    bool repair;           /* the last commit mends all mistakes: then everything must end well */
    bool two;              /* a second process stands by */
    bool policy;           /* windows, approvals and pauses */
    bool obliging;         /* ... and in the end people resume and approve everything */
};

struct run {
    struct sim_world w;
    struct sim_faults faults;
    struct sim_api api;
    struct sim_model model;
    struct sim_check check;
    struct sim_process processes[SIM_SLOTS];
    unsigned lives;
    struct sim_rng rng;
    struct plan plan;
    struct sim_asks asks;
    struct sim_people people;
    struct sim_rng whims;  /* of theirs */
    unsigned quotas;
    unsigned quarantined;  /* as last seen by the ambush */
};

/* ---- the processes ---------------------------------------------------------------------------------------------------- */

static struct sim_process *leader(struct run *r)
{
    for (size_t i = 0; i < SIM_SLOTS; i++)
        if (r->processes[i].engine != NULL && sim_check_leads(r->processes[i].engine))
            return &r->processes[i];
    return NULL;
}

static bool is_busy(const struct sim_process *p)
{
    return p == NULL || sim_check_is_busy(p->engine);
}

static bool is_awake(const struct run *r, const struct sim_process *p)
{
    return p != NULL && p->client.asleep_until <= r->w.now;
}

/* Mostly the one that leads. */
static struct sim_process *some_process(struct run *r)
{
    struct sim_process *p = leader(r);
    return p != NULL && sim_chance(&r->rng, 700) ? p : &r->processes[r->plan.two ? sim_below(&r->rng, SIM_SLOTS) : 0];
}

static void start_all(struct run *r)
{
    for (size_t i = 0; i < (r->plan.two ? SIM_SLOTS : 1); i++) {
        r->processes[i].interval = r->plan.interval;
        sim_process_start(&r->processes[i]);
    }
}

static void on_kill(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_struck(&r->faults, "killed");
    sim_process_kill(some_process(r));
}

static void on_term(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_struck(&r->faults, "asked to end");
    sim_process_term(some_process(r));
}

/* Somebody asks for the lease, and does not take it. */
static void on_ask(void *arg, uint64_t id)
{
    struct run *r = arg;
    struct kz_arena *a = r->w.arena;
    struct sim_object *o = sim_object_find(&r->api, KZ_STR("coordination.k8s.io/Lease/kzsync-system/kzsync-sim"));
    (void)id;
    if (o == NULL || o->gone)
        return;
    struct kz_value *body = sim_edit_begin(&r->api, o);
    kz_value_set(a, sim_child(a, sim_child(a, body, "metadata"), "annotations"), KZ_STR("kubezero.com/wanted-by"),
                 kz_value_cstr(a, "stranger"));
    sim_say(&r->w, "a stranger asks for the lease");
    sim_edit(&r->api, o, body, "stranger");
}

static void on_stop(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_struck(&r->faults, "stopped, then continued");
    sim_process_stop(some_process(r), sim_between(&r->rng, SIM_SEC, 40 * SIM_SEC));
}

static void on_clock(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_struck(&r->faults, "clock set");
    some_process(r)->wall_ahead = sim_between(&r->rng, -86400 * SIM_SEC, 86400 * SIM_SEC);
}

/* Somebody says that what failed shall be tried again. */
static void on_release_order(void *arg, uint64_t id)
{
    struct run *r = arg;
    const struct sim_commit *c = r->model.head;
    (void)id;
    struct sim_process *p = leader(r);
    for (size_t i = 0; is_awake(r, p) && i < c->modules.len; i++)
        if (kz_engine_release(p->engine, c->modules.at[i]->name))
            sim_say(&r->w, "person: release " KZ_FMT, KZ_ARG(c->modules.at[i]->name));
}

/* Killed just when a revision was set aside: the way back has to be found after the restart. */
static void on_ambush(void *arg, uint64_t id)
{
    struct run *r = arg;
    struct sim_process *p = leader(r);
    bool fresh = p != NULL && r->check.quarantined > r->quarantined;
    (void)id;
    if (fresh && sim_chance(&r->rng, 500))
        sim_process_kill(p);
    else if (fresh && sim_chance(&r->rng, 500))
        (void)sim_after(&r->w, sim_between(&r->rng, 0, 20 * SIM_SEC), on_release_order, r);
    r->quarantined = r->check.quarantined;
    if (r->w.now + SIM_SEC < r->plan.war)
        (void)sim_after(&r->w, SIM_SEC, on_ambush, r);
}

/* Somebody sends a module back to what it was before. */
static void on_way_back(void *arg, const struct kz_err *err)
{
    struct run *r = arg;
    sim_say(&r->w, "person: %s", err == NULL ? "it goes back" : err->frame[0]);
}

static void on_person(void *arg, uint64_t id)
{
    struct run *r = arg;
    const struct sim_commit *c = r->model.head;
    struct sim_process *p = leader(r);
    struct kz_err err;
    (void)id;
    if (!is_awake(r, p) || c->modules.len == 0)
        return;
    struct kz_str name = c->modules.at[sim_below(&r->rng, c->modules.len)]->name;
    sim_check_ordered_back(&r->check, name);
    sim_say(&r->w, "person: back with " KZ_FMT, KZ_ARG(name));
    if (kz_engine_go_back(p->engine, name, KZ_STR(""), on_way_back, r, &err) < 0)
        on_way_back(r, &err);
}

static void on_push(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_model_push(&r->model);
    struct sim_process *p = leader(r);
    if (is_awake(r, p) && sim_chance(&r->rng, 500))
        kz_engine_poll_now(p->engine);
}

/* ---- spans of trouble ----------------------------------------------------------------------------------------------------- */

static void on_up(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_say(&r->w, "API server is up");
    r->faults.down = false;
}

static void on_down(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_struck(&r->faults, "API server down");
    sim_say(&r->w, "API server is down");
    r->faults.down = true;
    sim_struck(&r->faults, "watches cut");
    sim_watch_cut_all(&r->api);
    (void)sim_after(&r->w, sim_between(&r->rng, SIM_SEC, 40 * SIM_SEC), on_up, r);
}

static void on_hole_end(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    r->faults.hole = KZ_STR("");
}

static void on_hole(void *arg, uint64_t id)
{
    static const char *const groups[] = {"apps", "batch", "sim.example.com", "apiextensions.k8s.io"};
    struct run *r = arg;
    (void)id;
    r->faults.hole = kz_str(groups[sim_below(&r->rng, kz_countof(groups))]);
    r->faults.hole_stale = sim_chance(&r->rng, 500);
    sim_struck(&r->faults, r->faults.hole_stale ? "group stale in discovery" : "group missing in discovery");
    sim_say(&r->w, "discovery does not show " KZ_FMT "%s", KZ_ARG(r->faults.hole), r->faults.hole_stale ? " freshly" : "");
    (void)sim_after(&r->w, sim_between(&r->rng, SIM_SEC, 50 * SIM_SEC), on_hole_end, r);
}

static void on_source_back(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    r->faults.branch_gone = r->faults.source_down = false;
}

static void on_source_gone(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    if (sim_chance(&r->rng, 500))
        r->faults.branch_gone = true;
    else
        r->faults.source_down = true;
    sim_say(&r->w, "source is gone");
    (void)sim_after(&r->w, sim_between(&r->rng, SIM_SEC, 60 * SIM_SEC), on_source_back, r);
}

static void on_compact(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_struck(&r->faults, "etcd compacted");
    sim_compact(&r->api);
    if (sim_chance(&r->rng, 500))
        sim_watch_cut_all(&r->api);
}

/* ---- strangers ------------------------------------------------------------------------------------------------------------- */

static struct sim_object *any_object(struct run *r)
{
    for (int tries = 0; r->api.objects.len > 0 && tries < 20; tries++) {
        struct sim_object *o = r->api.objects.at[sim_below(&r->rng, r->api.objects.len)];
        const struct kz_value *labels = kz_value_path(o->body, "metadata.labels");
        if (!o->gone && kz_value_get(labels, KZ_LABEL_PLATFORM) != NULL)
            return o;
    }
    return NULL;
}

static const char HOLD[] = "sim.example.com/hold";

struct held {
    struct run *r;
    struct sim_object *o;
};

static void on_release(void *arg, uint64_t id)
{
    const struct held *h = arg;
    struct sim_api *api = &h->r->api;
    (void)id;
    if (h->o->gone)
        return;
    struct kz_value *body = sim_edit_begin(api, h->o);
    sim_finalizer_remove(sim_child(api->w->arena, body, "metadata"), HOLD);
    sim_edit(api, h->o, body, "stranger");
}

/* kubectl edit of a field that we own, or of one that nobody owns. */
static void edit_fields(struct run *r, struct sim_object *o)
{
    struct kz_arena *a = r->w.arena;
    struct kz_value *body = sim_edit_begin(&r->api, o);
    bool foreign = sim_chance(&r->rng, 300);
    sim_struck(&r->faults, "stranger edits");
    if (kz_str_is(o->id.kind, "ConfigMap"))
        kz_value_set(a, sim_child(a, body, "data"), foreign ? KZ_STR("theirs") : KZ_STR("version"), kz_value_cstr(a, "9999"));
    else if (kz_str_is(o->id.kind, "Deployment"))
        kz_value_set(a, sim_child(a, body, "spec"), foreign ? KZ_STR("minReadySeconds") : KZ_STR("replicas"),
                     kz_value_int(a, 9));
    else
        kz_value_set(a, sim_child(a, sim_child(a, body, "metadata"), "labels"),
                     foreign ? KZ_STR("theirs") : KZ_STR(KZ_LABEL_MODULE), kz_value_cstr(a, "x"));
    sim_edit(&r->api, o, body, "kubectl-edit");
}

static void remove_label(struct run *r, struct sim_object *o)
{
    struct kz_arena *a = r->w.arena;
    struct kz_value *body = sim_edit_begin(&r->api, o);
    struct kz_value *labels = sim_child(a, sim_child(a, body, "metadata"), "labels");
    sim_struck(&r->faults, "stranger takes labels");
    (void)kz_value_del(labels, sim_chance(&r->rng, 500) ? KZ_STR(KZ_LABEL_PLATFORM) : KZ_STR(KZ_LABEL_MODULE));
    sim_edit(&r->api, o, body, "kubectl-label");
}

static void hold_object(struct run *r, struct sim_object *o)
{
    struct kz_arena *a = r->w.arena;
    struct kz_value *body = sim_edit_begin(&r->api, o);
    if (kz_value_path(body, "metadata.deletionTimestamp") != NULL)
        return;
    sim_struck(&r->faults, "stranger holds");
    sim_finalizer_add(a, sim_child(a, body, "metadata"), HOLD);
    sim_edit(&r->api, o, body, "stranger");
    struct held *h = kz_new(a, struct held);
    *h = (struct held){.r = r, .o = o};
    int64_t left = r->plan.war - r->w.now;
    (void)sim_after(&r->w, sim_between(&r->rng, SIM_SEC, left > 2 * SIM_SEC ? left : 2 * SIM_SEC), on_release, h);
}

/* Somebody cleans up Secrets that he does not know, or edits one. */
static void on_history_stranger(void *arg, uint64_t id)
{
    struct run *r = arg;
    struct kz_arena *a = r->w.arena;
    struct sim_object *o = NULL;
    (void)id;
    for (size_t i = 0; i < r->api.objects.len; i++)
        if (!r->api.objects.at[i]->gone && kz_str_starts(r->api.objects.at[i]->id.name, KZ_STR("kzsync-history-")))
            o = o == NULL || sim_chance(&r->rng, 500) ? r->api.objects.at[i] : o;
    if (o == NULL)
        return;
    sim_say(&r->w, "a stranger comes to " KZ_FMT, KZ_ARG(o->key));
    r->check.history_spoilt = true;
    sim_struck(&r->faults, "stranger at the history");
    unsigned what = (unsigned)sim_below(&r->rng, 3);
    if (what == 0) {
        sim_store_delete(&r->api, o, "stranger");
        return;
    }
    struct kz_value *body = sim_edit_begin(&r->api, o);
    if (what == 1)
        kz_value_set(a, sim_child(a, sim_child(a, body, "metadata"), "annotations"),
                     KZ_STR("kubezero.com/history-index"), kz_value_cstr(a, "{\"v\":1}"));
    else
        kz_value_set(a, sim_child(a, body, "data"), KZ_STR("sets"), kz_value_cstr(a, "a3pzeW5j"));
    sim_edit(&r->api, o, body, "kubectl-edit");
}

static void on_stranger(void *arg, uint64_t id)
{
    struct run *r = arg;
    struct sim_object *o = any_object(r);
    (void)id;
    if (o == NULL)
        return;
    bool precious = kz_str_is(o->id.kind, "Namespace") || kz_str_is(o->id.kind, "CustomResourceDefinition");
    unsigned what = (unsigned)sim_below(&r->rng, 10);
    sim_say(&r->w, "a stranger comes to " KZ_FMT, KZ_ARG(o->key));
    if (what < 4)
        edit_fields(r, o);
    else if (what < 6)
        remove_label(r, o);
    else if (what < 7)
        hold_object(r, o);
    else if (!precious || sim_chance(&r->rng, 200)) {
        sim_struck(&r->faults, "stranger deletes");
        sim_store_delete(&r->api, o, "stranger");
    }
}

static void on_quota_end(void *arg, uint64_t id)
{
    const struct held *h = arg;
    (void)id;
    sim_say(&h->r->w, "the quota goes");
    if (!h->o->gone)
        sim_store_drop(&h->r->api, h->o, "admin");
}

/* For a while no ConfigMap more may be created where most modules are. */
static void on_quota(void *arg, uint64_t id)
{
    struct run *r = arg;
    struct kz_arena *a = r->w.arena;
    struct kz_value *body = kz_value_map(a), *hard = kz_value_map(a);
    struct held *h = kz_new(a, struct held);
    (void)id;
    sim_struck(&r->faults, "quota");
    sim_say(&r->w, "a quota comes");
    kz_value_set(a, body, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, body, KZ_STR("kind"), kz_value_cstr(a, "ResourceQuota"));
    kz_value_set(a, hard, KZ_STR("count/configmaps"), kz_value_cstr(a, "0"));
    kz_value_set(a, sim_child(a, body, "status"), KZ_STR("hard"), hard);
    *h = (struct held){.r = r, .o = sim_store_put(&r->api, sim_kind_find(&r->api, KZ_STR(""), KZ_STR("ResourceQuota")),
                                                  KZ_STR("default"), kz_str_printf(a, "quota-%u", ++r->quotas), body, "admin")};
    int64_t left = r->plan.war - r->w.now;
    (void)sim_after(&r->w, sim_between(&r->rng, SIM_SEC, left > 2 * SIM_SEC ? left : 2 * SIM_SEC), on_quota_end, h);
}

static void on_outsider(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_say(&r->w, "what modules look up changes");
    sim_asks_change(&r->asks, &r->api);
}

/* ---- people -------------------------------------------------------------------------------------------------------------- */

static struct kz_str some_module(struct run *r)
{
    const struct sim_commit *c = r->model.head;
    return c->modules.len == 0 || sim_chance(&r->whims, 100) ? KZ_STR("")
                                                            : c->modules.at[sim_below(&r->whims, c->modules.len)]->name;
}

/* By the clock of one of the processes; those of others say something else. */
static int64_t in_a_while(struct run *r, int64_t most)
{
    return SIM_EPOCH + r->w.now + r->processes[0].wall_ahead + sim_between(&r->whims, SIM_SEC, most);
}

static void on_pause(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_people_pause(&r->people, some_module(r), sim_chance(&r->whims, 600) ? in_a_while(r, 60 * SIM_SEC) : 0,
                     sim_chance(&r->whims, 200));
}

static void on_resume(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    if (r->people.wishes.len > 0)
        sim_people_resume(&r->people, r->people.wishes.at[sim_below(&r->whims, r->people.wishes.len)]->module);
}

static void on_override(void *arg, uint64_t id)
{
    struct run *r = arg;
    (void)id;
    sim_people_override(&r->people, some_module(r), in_a_while(r, 60 * SIM_SEC));
}

static void on_approve(void *arg, uint64_t id)
{
    struct run *r = arg;
    const struct sim_process *p = leader(r);
    (void)id;
    if (p != NULL)
        sim_people_approve(&r->people, p->engine, 500);
}

static void on_partial(void *arg, size_t n, size_t written, const struct kz_err *err)
{
    struct run *r = arg;
    sim_say(&r->w, "person: %zu of %zu written: %s", written, n, err == NULL ? "fine" : err->frame[0]);
    sim_check_partial(&r->check, 0, KZ_STR(""), KZ_STR(""));
}

/* Only one object, and what it needs. */
static void sync_one(struct run *r, struct sim_process *p, struct kz_str module)
{
    const struct sim_mdef *d = sim_commit_module(r->model.head, module);
    struct kz_err err;
    if (d == NULL || d->objects.len == 0 || r->check.partial.life == p->client.life)
        return;
    const struct sim_odef *o = &d->objects.at[sim_below(&r->whims, d->objects.len)];
    const struct kz_str word = kz_str_printf(r->w.arena, KZ_FMT "/" KZ_FMT "%s" KZ_FMT, KZ_ARG(o->id.kind), KZ_ARG(o->id.ns),
                                             o->id.ns.len > 0 ? "/" : "", KZ_ARG(o->id.name));
    sim_say(&r->w, "person: sync " KZ_FMT " of " KZ_FMT, KZ_ARG(word), KZ_ARG(module));
    sim_check_partial(&r->check, p->client.life, module, o->key);
    if (kz_engine_sync_objects(p->engine, module, &word, 1, on_partial, r, &err) < 0)
        on_partial(r, 0, 0, &err);
}

static void on_sync_now(void *arg, uint64_t id)
{
    struct run *r = arg;
    struct sim_process *p = leader(r);
    struct kz_err err;
    (void)id;
    if (!is_awake(r, p))
        return;
    const struct kz_str module = some_module(r);
    if (module.len > 0 && sim_chance(&r->whims, 500))
        sync_one(r, p, module);
    else
        (void)!kz_engine_sync_now(p->engine, module, &err);
}

/* In the end they look every few seconds. */
static void on_oblige(void *arg, uint64_t id)
{
    struct run *r = arg;
    const struct sim_process *p = leader(r);
    (void)id;
    for (size_t i = 0; i < r->people.wishes.len; i++)
        sim_people_resume(&r->people, r->people.wishes.at[i]->module);
    if (p != NULL)
        sim_people_approve(&r->people, p->engine, 1000);
    (void)sim_after(&r->w, 5 * SIM_SEC, on_oblige, r);
}

static bool waits_for_window(const struct run *r, const struct sim_process *p)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_engine_view view;
    bool found = false;
    if (p == NULL || !r->plan.policy)
        return false;
    kz_engine_look(&view, a, p->engine);
    for (size_t i = 0; i < view.n_modules; i++)
        found |= (view.modules[i].held_by & ~(unsigned)KZ_HELD_PRUNE) == KZ_HELD_WINDOW && view.modules[i].paused == NULL;
    return found;
}

static void scatter_whims(struct run *r, unsigned n, sim_fn fn)
{
    for (n = (unsigned)sim_below(&r->whims, n + 1); n > 0; n--)
        (void)sim_after(&r->w, sim_between(&r->whims, 0, r->plan.war), fn, r);
}

/* What waits for a window says when that opens; then it has to go on. */
static void check_stuck(struct run *r, const struct sim_process *p)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_engine_view view;
    if (p == NULL)
        return;
    kz_engine_look(&view, a, p->engine);
    const int64_t now = SIM_EPOCH + r->w.now + p->wall_ahead;
    for (size_t i = 0; i < view.n_modules; i++)
        if (view.modules[i].opens != 0 && view.modules[i].opens + 2 * SIM_SEC < now)
            sim_violation(&r->w, "STUCK", "module " KZ_FMT " waits for a window that has opened: " KZ_FMT,
                          KZ_ARG(view.modules[i].name), KZ_ARG(view.modules[i].note));
}

/* Draws of its own, so that schedules without policy are what they were. */
static void make_policy(struct run *r)
{
    r->whims.state = r->w.seed * 31 + 7;
    r->plan.policy = sim_chance(&r->whims, 400);
    r->plan.obliging = sim_chance(&r->whims, 700);
    if (!r->plan.policy)
        return;
    sim_people_init(&r->people, &r->w, &r->check, r->processes, SIM_SLOTS);
    sim_model_use_policy(&r->model, SIM_EPOCH + r->processes[0].wall_ahead);
    r->plan.war += sim_between(&r->whims, 0, 300) * SIM_SEC; /* windows come and go */
    scatter_whims(r, 3, on_push);
    scatter_whims(r, 4, on_pause);
    scatter_whims(r, 4, on_resume);
    scatter_whims(r, 1, on_override);
    scatter_whims(r, 12, on_approve);
    scatter_whims(r, 2, on_sync_now);
}

/* ---- the whole -------------------------------------------------------------------------------------------------------------- */

static void scatter(struct run *r, unsigned n, sim_fn fn)
{
    for (; n > 0; n--)
        (void)sim_after(&r->w, sim_between(&r->rng, 0, r->plan.war), fn, r);
}

static unsigned up_to(struct run *r, unsigned n)
{
    return (unsigned)sim_below(&r->rng, n + 1);
}

static void make_plan(struct run *r)
{
    bool calm = sim_chance(&r->rng, 150); /* no faults at all: what is simple must work simply */
    r->plan = (struct plan){.war = sim_between(&r->rng, 20 * SIM_SEC, 150 * SIM_SEC),
                            .interval = sim_between(&r->rng, 5, 20) * SIM_SEC,
                            .two = sim_chance(&r->rng, 600),
                            .repair = sim_chance(&r->rng, 500)};
    if (calm)
        r->faults.requests = r->faults.jobs = 0;
    scatter(r, 1 + up_to(r, 4), on_push);
    scatter(r, up_to(r, 4), on_outsider);
    if (calm)
        return;
    scatter(r, up_to(r, 3), on_kill);
    scatter(r, up_to(r, 1), on_term);
    scatter(r, up_to(r, 2), on_stop);
    scatter(r, up_to(r, 1), on_clock);
    scatter(r, up_to(r, 1), on_ask);
    scatter(r, up_to(r, 8), on_stranger);
    scatter(r, sim_chance(&r->rng, 100) ? 1 + up_to(r, 2) : 0, on_history_stranger);
    scatter(r, sim_chance(&r->rng, 300) ? 1 : 0, on_down);
    scatter(r, sim_chance(&r->rng, 300) ? 1 : 0, on_hole);
    scatter(r, sim_chance(&r->rng, 300) ? 1 : 0, on_source_gone);
    scatter(r, up_to(r, 2), on_compact);
    scatter(r, sim_chance(&r->rng, 200) ? 1 : 0, on_quota);
    if (sim_chance(&r->rng, 500))
        on_ambush(r, 0);
    scatter(r, sim_chance(&r->rng, 300) ? 1 + up_to(r, 4) : 0, on_person);
}

static void run_until(struct run *r, int64_t when)
{
    while (sim_step(&r->w, when))
        continue;
    r->w.now = when;
}

static void make_peace(struct run *r)
{
    r->faults.on = r->faults.down = r->faults.branch_gone = r->faults.source_down = false;
    r->faults.hole = KZ_STR("");
    sim_say(&r->w, "peace");
    if (r->plan.policy && r->plan.obliging)
        on_oblige(r, 0);
    if (r->plan.repair)
        sim_model_repair(&r->model);
    for (size_t i = 0; i < SIM_SLOTS; i++)
        r->processes[i].client.asleep_until = 0;
    start_all(r);
}

void sim_schedule(struct sim_result *out, uint64_t seed, bool trace, struct sim_strikes *strikes)
{
    static struct run run; /* large, and one at a time */
    struct run *r = &run;
    *r = (struct run){.rng = {.state = seed * 17 + 9}};
    kz_hash_reseed(seed * 2 + 1);
    sim_world_init(&r->w, seed, trace);
    sim_faults_init(&r->faults, seed);
    r->faults.strikes = strikes;
    sim_model_init(&r->model, &r->w);
    sim_api_init(&r->api, &r->w, &r->faults);
    sim_check_init(&r->check, &r->w, &r->api, &r->model);
    sim_asks_init(&r->asks, &r->w);
    for (unsigned i = 0; i < SIM_SLOTS; i++)
        sim_process_init(&r->processes[i], &r->w, &r->api, &r->model, &r->faults, &r->check, &r->asks, i, &r->lives);
    make_plan(r);
    make_policy(r);
    struct sim_rng lot = {.state = r->w.seed * 37 + 13};
    if (sim_chance(&lot, 300))
        sim_model_use_tenants(&r->model);
    start_all(r);
    run_until(r, r->plan.war);
    make_peace(r);
    run_until(r, r->plan.war + PEACE_SEC * SIM_SEC);
    for (int i = 0; i < 40 && is_busy(leader(r)); i++)
        run_until(r, r->w.now + 5 * SIM_SEC); /* a retry, a poll, a chain of gates behind a watch that stalled in the war */
    for (int i = 0; i < WINDOWS && (is_busy(leader(r)) || waits_for_window(r, leader(r))); i++) {
        run_until(r, r->w.now + 5 * SIM_SEC);
        check_stuck(r, leader(r));
    }
    if (r->plan.policy) /* what a window has let in is written into the history */
        run_until(r, r->w.now + 65 * SIM_SEC);
    for (int i = 0; i < 100 && r->plan.policy && (i == 0 || is_busy(leader(r))); i++)
        run_until(r, r->w.now + 2 * SIM_SEC); /* a window may have opened just now */
    const struct sim_process *p = leader(r);
    if (p != NULL)
        sim_check_rest(&r->check, p->engine, p->client.slot, r->plan.repair);
    else if (!r->model.head->load_fails) /* without definitions there is no name to lead */
        sim_violation(&r->w, "I4", "nobody leads");
    uint64_t writes = r->check.writes;
    run_until(r, r->w.now + POLLS * r->plan.interval);
    sim_check_quiet(&r->check, writes);
    *out = (struct sim_result){.violations = r->w.violations, .events = r->w.events, .requests = r->check.requests, .deletes = r->check.deletes,
                               .virtual_seconds = (double)r->w.now / 1e9};
    memcpy(out->first, r->w.first, sizeof out->first);
    sim_say(&r->w, "end");
    for (size_t i = 0; i < SIM_SLOTS; i++)
        sim_process_done(&r->processes[i]);
    if (r->plan.policy)
        sim_people_done(&r->people);
    sim_asks_done(&r->asks);
    sim_check_done(&r->check);
    sim_api_done(&r->api);
    sim_model_done(&r->model);
    sim_world_done(&r->w);
}
