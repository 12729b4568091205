/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <stdio.h>

#include "base/hash.h"
#include "owner.h"
#include "resource/object.h"

/* ---- what happens ------------------------------------------------------------------------------------------------- */

void stage_pass(struct sim_stage *s, int seconds)
{
    int64_t until = s->w.now + seconds * SIM_SEC;
    while (sim_step(&s->w, until))
        continue;
    s->w.now = until;
}

struct sim_mdef *stage_define(struct sim_stage *s, const struct sim_mdef *old)
{
    struct sim_mdef *d = kz_new(s->w.arena, struct sim_mdef);
    *d = old != NULL ? *old
                     : (struct sim_mdef){.enabled = true, .prune = true, .on_failure = "rollback", .self_heal = "always",
                                         .on_conflict = "take", .soak = "0s", .concurrency = 4, .ns = KZ_STR("default")};
    memset(&d->objects, 0, sizeof d->objects);
    memset(&d->depends, 0, sizeof d->depends);
    for (size_t i = 0; old != NULL && i < old->objects.len; i++)
        kz_vec_push(&d->objects, old->objects.at[i]);
    for (size_t i = 0; old != NULL && i < old->depends.len; i++)
        kz_vec_push(&d->depends, old->depends.at[i]);
    d->tree = ++s->model.trees;
    kz_vec_push(&s->model.defs, d);
    return d;
}

void stage_add(struct sim_stage *s, struct sim_mdef *d, enum sim_okind kind, const char *group, const char *name, struct kz_str as)
{
    struct sim_odef o = {.kind = kind, .variant = ++s->model.variants, .size = 1};
    o.id = (struct kz_id){.group = kz_str(group), .kind = kz_str(name), .ns = d->ns, .name = as};
    o.key = kz_id_key(s->w.arena, &o.id);
    kz_vec_push(&d->objects, o);
}

struct sim_commit *stage_commit(struct sim_stage *s)
{
    struct sim_commit *c = kz_new(s->w.arena, struct sim_commit);
    const struct sim_commit *head = s->model.head;
    *c = (struct sim_commit){.number = (unsigned)s->model.commits.len, .parent = head,
                             .windows = s->model.policy};
    (void)snprintf(c->hex, sizeof c->hex, "c%06x0%032x", c->number + 1, c->number);
    for (size_t i = 0; head != NULL && i < head->modules.len; i++)
        kz_vec_push(&c->modules, head->modules.at[i]);
    kz_vec_push(&s->model.commits, c);
    s->model.head = c;
    sim_say(&s->w, "commit %.7s", c->hex);
    return c;
}

struct sim_mdef *stage_change(struct sim_stage *s, struct sim_commit *c, size_t i)
{
    return c->modules.at[i] = stage_define(s, c->modules.at[i]);
}

void stage_touch(struct sim_stage *s, struct sim_mdef *d, size_t object)
{
    d->objects.at[object].variant = ++s->model.variants;
}

/* m0, m1, m2: five ConfigMaps, a Deployment and a Job each. */
static void first_commit(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    for (unsigned i = 0; i < STAGE_MODULES; i++) {
        struct sim_mdef *d = stage_define(s, NULL);
        d->name = kz_str_printf(s->w.arena, "m%u", i);
        for (unsigned k = 0; k < STAGE_MAPS; k++)
            stage_add(s, d, SIM_CONFIGMAP, "", "ConfigMap", kz_str_printf(s->w.arena, "m%u-map%u", i, k));
        stage_add(s, d, SIM_DEPLOYMENT, "apps", "Deployment", kz_str_printf(s->w.arena, "m%u-app", i));
        stage_add(s, d, SIM_JOB, "batch", "Job", kz_str_printf(s->w.arena, "m%u-job", i));
        kz_vec_push(&c->modules, d);
    }
}

/* ---- what is expected ----------------------------------------------------------------------------------------------- */

void stage_expect(struct sim_stage *s, bool holds, const char *what)
{
    if (!holds)
        sim_violation(&s->w, "INCIDENT", "%s", what);
}

const struct sim_object *stage_live(const struct sim_stage *s, const char *key)
{
    return sim_object_find(&s->api, kz_str(key));
}

void stage_remember(struct sim_stage *s)
{
    kz_map_clear(&s->uids);
    for (size_t i = 0; i < s->api.objects.len; i++)
        if (!s->api.objects.at[i]->gone)
            (void)kz_map_put(&s->uids, s->api.objects.at[i]->key, s->api.objects.at[i]);
}

bool stage_all_stand(const struct sim_stage *s, const char *except)
{
    size_t at = 0;
    for (const struct kz_map_slot *slot; (slot = kz_map_next(&s->uids, &at)) != NULL;) {
        const struct sim_object *o = slot->val;
        bool ours = kz_value_get(kz_value_path(o->body, "metadata.labels"), KZ_LABEL_PLATFORM) != NULL;
        if (ours && !kz_str_is(o->key, except) &&
            (o->gone || kz_value_path(o->body, "metadata.deletionTimestamp") != NULL))
            return false;
    }
    return true;
}

bool stage_is_newest(const struct sim_stage *s, size_t module, size_t object)
{
    const struct sim_odef *o = &s->model.head->modules.at[module]->objects.at[object];
    const struct sim_object *l = sim_object_find(&s->api, o->key);
    char want[16];
    (void)snprintf(want, sizeof want, "%u", o->variant);
    return l != NULL &&
           kz_str_is(kz_value_as_str(kz_value_get(kz_value_path(l->body, "metadata.annotations"), SIM_VARIANT)), want);
}

enum kz_word stage_word(const struct sim_stage *s, const char *module)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_engine_view view;
    kz_engine_look(&view, a, s->process.engine);
    for (size_t i = 0; i < view.n_modules; i++)
        if (kz_str_is(view.modules[i].name, module))
            return view.modules[i].word;
    return KZ_WORD_UNKNOWN;
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

void stage_begin(struct sim_stage *s, uint64_t seed, bool trace, bool policy)
{
    *s = (struct sim_stage){.lives = 0};
    kz_hash_reseed(seed);
    sim_world_init(&s->w, seed, trace);
    sim_faults_init(&s->faults, seed);
    s->faults.on = false;
    s->model = (struct sim_model){.w = &s->w, .rng = {.state = seed - 1}};
    sim_api_init(&s->api, &s->w, &s->faults);
    sim_check_init(&s->check, &s->w, &s->api, &s->model);
    sim_asks_init(&s->asks, &s->w);
    kz_map_init(&s->uids);
    sim_process_init(&s->process, &s->w, &s->api, &s->model, &s->faults, &s->check, &s->asks, 0, &s->lives);
    s->process.interval = 10 * SIM_SEC;
    s->model.policy = policy;
    if (policy)
        sim_people_init(&s->people, &s->w, &s->check, &s->process, 1);
    first_commit(s);
    sim_process_start(&s->process);
}

void stage_end(struct sim_stage *s, struct sim_result *out)
{
    *out = (struct sim_result){.violations = s->w.violations, .events = s->w.events, .requests = s->check.requests,
                               .deletes = s->check.deletes, .virtual_seconds = (double)s->w.now / 1e9};
    memcpy(out->first, s->w.first, sizeof out->first);
    sim_process_done(&s->process);
    if (s->model.policy)
        sim_people_done(&s->people);
    kz_map_done(&s->uids);
    sim_asks_done(&s->asks);
    sim_check_done(&s->check);
    sim_api_done(&s->api);
    sim_model_done(&s->model);
    sim_world_done(&s->w);
}
