/* SPDX-License-Identifier: Apache-2.0 */
#include "incident.h"

#include <stdio.h>

#include "base/hash.h"
#include "owner.h"
#include "process.h"
#include "resource/object.h"

enum { MODULES = 3, MAPS = 5 };

struct stage {
    struct sim_world w;
    struct sim_faults faults;
    struct sim_api api;
    struct sim_model model;
    struct sim_check check;
    struct sim_asks asks;
    struct sim_process process;
    unsigned lives;
    struct kz_map uids; /* key -> uid, as of the last look */
};

/* ---- what happens ------------------------------------------------------------------------------------------------- */

static void pass(struct stage *s, int seconds)
{
    int64_t until = s->w.now + seconds * SIM_SEC;
    while (sim_step(&s->w, until))
        continue;
    s->w.now = until;
}

static struct sim_mdef *define(struct stage *s, const struct sim_mdef *old)
{
    struct sim_mdef *d = kz_new(s->w.arena, struct sim_mdef);
    *d = old != NULL ? *old
                     : (struct sim_mdef){.enabled = true, .prune = true, .on_failure = "rollback", .self_heal = "always",
                                         .on_conflict = "take", .soak = "0s", .concurrency = 4, .ns = KZ_STR("default")};
    memset(&d->objects, 0, sizeof d->objects);
    memset(&d->depends, 0, sizeof d->depends);
    for (size_t i = 0; old != NULL && i < old->objects.len; i++)
        kz_vec_push(&d->objects, old->objects.at[i]);
    d->tree = ++s->model.trees;
    kz_vec_push(&s->model.defs, d);
    return d;
}

static void add(struct stage *s, struct sim_mdef *d, enum sim_okind kind, const char *group, const char *name, struct kz_str as)
{
    struct sim_odef o = {.kind = kind, .variant = ++s->model.variants, .size = 1};
    o.id = (struct kz_id){.group = kz_str(group), .kind = kz_str(name), .ns = d->ns, .name = as};
    o.key = kz_id_key(s->w.arena, &o.id);
    kz_vec_push(&d->objects, o);
}

/* The next commit, with the modules of the one before. */
static struct sim_commit *commit(struct stage *s)
{
    struct sim_commit *c = kz_new(s->w.arena, struct sim_commit);
    const struct sim_commit *head = s->model.head;
    *c = (struct sim_commit){.number = (unsigned)s->model.commits.len, .parent = head};
    (void)snprintf(c->hex, sizeof c->hex, "c%06x0%032x", c->number + 1, c->number);
    for (size_t i = 0; head != NULL && i < head->modules.len; i++)
        kz_vec_push(&c->modules, head->modules.at[i]);
    kz_vec_push(&s->model.commits, c);
    s->model.head = c;
    sim_say(&s->w, "commit %.7s", c->hex);
    return c;
}

static struct sim_mdef *change(struct stage *s, struct sim_commit *c, size_t i)
{
    return c->modules.at[i] = define(s, c->modules.at[i]);
}

static void touch(struct stage *s, struct sim_mdef *d, size_t object)
{
    d->objects.at[object].variant = ++s->model.variants;
}

/* m0, m1, m2: five ConfigMaps, a Deployment and a Job each. */
static void first_commit(struct stage *s)
{
    struct sim_commit *c = commit(s);
    for (unsigned i = 0; i < MODULES; i++) {
        struct sim_mdef *d = define(s, NULL);
        d->name = kz_str_printf(s->w.arena, "m%u", i);
        for (unsigned k = 0; k < MAPS; k++)
            add(s, d, SIM_CONFIGMAP, "", "ConfigMap", kz_str_printf(s->w.arena, "m%u-map%u", i, k));
        add(s, d, SIM_DEPLOYMENT, "apps", "Deployment", kz_str_printf(s->w.arena, "m%u-app", i));
        add(s, d, SIM_JOB, "batch", "Job", kz_str_printf(s->w.arena, "m%u-job", i));
        kz_vec_push(&c->modules, d);
    }
}

enum { APP = MAPS, JOB };

/* ---- what is expected ----------------------------------------------------------------------------------------------- */

static void expect(struct stage *s, bool holds, const char *what)
{
    if (!holds)
        sim_violation(&s->w, "INCIDENT", "%s", what);
}

static const struct sim_object *live(const struct stage *s, const char *key)
{
    return sim_object_find(&s->api, kz_str(key));
}

static void remember(struct stage *s)
{
    kz_map_clear(&s->uids);
    for (size_t i = 0; i < s->api.objects.len; i++)
        if (!s->api.objects.at[i]->gone)
            (void)kz_map_put(&s->uids, s->api.objects.at[i]->key, s->api.objects.at[i]);
}

/* Is every object of the platform that was there still the same one, but for `except`? */
static bool all_stand(const struct stage *s, const char *except)
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

static bool is_newest(const struct stage *s, size_t module, size_t object)
{
    const struct sim_odef *o = &s->model.head->modules.at[module]->objects.at[object];
    const struct sim_object *l = sim_object_find(&s->api, o->key);
    char want[16];
    (void)snprintf(want, sizeof want, "%u", o->variant);
    return l != NULL &&
           kz_str_is(kz_value_as_str(kz_value_get(kz_value_path(l->body, "metadata.annotations"), SIM_VARIANT)), want);
}

static enum kz_word word_of(const struct stage *s, const char *module)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_engine_view view;
    kz_engine_look(&view, a, s->process.engine);
    for (size_t i = 0; i < view.n_modules; i++)
        if (kz_str_is(view.modules[i].name, module))
            return view.modules[i].word;
    return KZ_WORD_UNKNOWN;
}

/* ---- the incidents -------------------------------------------------------------------------------------------------------- */

static void renderer_away(struct stage *s)
{
    struct sim_commit *c = commit(s);
    s->faults.cut_renders = true;
    for (size_t i = 0; i < MODULES; i++)
        touch(s, change(s, c, i), 0);
    pass(s, 60);
    expect(s, all_stand(s, ""), "objects went while renders were cut");
    s->faults.on = true;
    s->faults.jobs = 1000;
    pass(s, 60);
    expect(s, all_stand(s, ""), "objects went while nothing could be rendered");
    s->faults.on = s->faults.cut_renders = false;
    pass(s, 120);
    expect(s, is_newest(s, 0, 0) && all_stand(s, ""), "the commit did not arrive when rendering worked again");
}

static void most_of_it_gone(struct stage *s)
{
    struct sim_mdef *d = change(s, commit(s), 0);
    d->objects.len = 1;
    pass(s, 120);
    expect(s, all_stand(s, ""), "six of seven objects were pruned without anybody's word");
    expect(s, word_of(s, "m0") == KZ_WORD_HELD, "the removal is not shown as held");
}

static void moved_while_other_fails(struct stage *s)
{
    struct sim_commit *c = commit(s);
    struct sim_mdef *from = change(s, c, 0), *to = change(s, c, 1);
    kz_vec_push(&to->objects, from->objects.at[0]);
    kz_vec_swap_out(&from->objects, 0);
    to->render_fails = true;
    pass(s, 90);
    expect(s, all_stand(s, ""), "what is in git, in a module that does not render, was pruned");
    c = commit(s);
    change(s, c, 1)->render_fails = false;
    pass(s, 90);
    expect(s, all_stand(s, ""), "a moved object was deleted");
}

static void cache_begins_anew(struct stage *s)
{
    uint64_t applies = s->check.applies;
    s->api.page = 1;
    s->faults.on = true;
    s->faults.requests = 300;
    for (int i = 0; i < 5; i++) {
        sim_compact(&s->api);
        sim_watch_cut_all(&s->api);
        pass(s, 12);
    }
    s->faults.on = false;
    pass(s, 60);
    expect(s, s->check.applies == applies, "a list that began anew was taken for deletions, and all applied once more");
    struct sim_mdef *d = change(s, commit(s), 0);
    kz_vec_swap_out(&d->objects, 4);
    pass(s, 120);
    expect(s, all_stand(s, "/ConfigMap/default/m0-map4"), "a list that began anew was taken for deletions");
    expect(s, live(s, "/ConfigMap/default/m0-map4") == NULL, "what left git stayed");
}

static void there_and_back(struct stage *s)
{
    struct sim_commit *c = commit(s);
    const struct sim_commit *before = c->parent;
    for (size_t i = 0; i < MODULES; i++)
        touch(s, change(s, c, i), 1);
    pass(s, 4);
    c = commit(s);
    for (size_t i = 0; i < MODULES; i++)
        c->modules.at[i] = before->modules.at[i];
    pass(s, 90);
    for (size_t i = 0; i < MODULES; i++)
        expect(s, is_newest(s, i, 1), "a render of another revision stands");
}

static void policy_with_content(struct stage *s)
{
    struct sim_mdef *d = change(s, commit(s), 0);
    d->prune = false;
    kz_vec_swap_out(&d->objects, 4);
    pass(s, 120);
    expect(s, all_stand(s, ""), "pruned by a policy that the same commit took back");
}

static void modules_gone(struct stage *s)
{
    struct sim_commit *c = commit(s);
    c->modules.len = 1;
    pass(s, 120);
    expect(s, all_stand(s, ""), "modules that a generator forgot were pruned");
}

static void heals_after_failure(struct stage *s)
{
    struct sim_mdef *d = change(s, commit(s), 0);
    d->objects.at[APP].broken = true;
    touch(s, d, APP);
    pass(s, 1000);
    struct sim_object *o = sim_object_find(&s->api, KZ_STR("/ConfigMap/default/m0-map1"));
    if (o != NULL)
        sim_store_delete(&s->api, o, "stranger");
    pass(s, 400);
    expect(s, live(s, "/ConfigMap/default/m0-map1") != NULL, "drift is not repaired behind a sync that failed");
}

static void group_stale(struct stage *s)
{
    struct sim_commit *c = commit(s);
    s->faults.hole = KZ_STR("batch");
    s->faults.hole_stale = true;
    s->process.interval = 5 * SIM_SEC;
    sim_watch_cut_all(&s->api);
    touch(s, change(s, c, 0), 0);
    touch(s, change(s, c, 1), 0);
    kz_vec_swap_out(&change(s, c, 2)->objects, JOB);
    pass(s, 60);
    expect(s, is_newest(s, 0, 0) && is_newest(s, 1, 0), "one stale group stops everything");
    expect(s, all_stand(s, ""), "objects went with a stale group");
    s->faults.hole = KZ_STR("");
    pass(s, 120);
    expect(s, live(s, "batch/Job/default/m2-job") == NULL, "what left git stayed when its group was fresh again");
}

static void group_missing(struct stage *s)
{
    struct sim_mdef *d = change(s, commit(s), 0);
    kz_vec_swap_out(&d->objects, JOB);
    s->faults.hole = KZ_STR("batch");
    sim_watch_cut_all(&s->api);
    pass(s, 60);
    expect(s, all_stand(s, "batch/Job/default/m0-job"), "objects went with a group that is missing");
    s->faults.hole = KZ_STR("");
    pass(s, 120);
    expect(s, live(s, "batch/Job/default/m0-job") == NULL, "what left git stayed when its group was back");
}

static void delete_refused(struct stage *s)
{
    struct sim_mdef *d = change(s, commit(s), 0);
    kz_vec_swap_out(&d->objects, 4);
    s->faults.no_deletes = true;
    pass(s, 120);
    expect(s, live(s, "/ConfigMap/default/m0-map4") != NULL, "the webhook did not hold it");
    s->faults.no_deletes = false;
    pass(s, 400);
    expect(s, live(s, "/ConfigMap/default/m0-map4") == NULL, "a refused DELETE left an orphan");
}

static void labels_copied(struct stage *s)
{
    struct kz_arena *a = s->w.arena;
    const struct sim_object *o = live(s, "/ConfigMap/default/m0-map4");
    struct kz_value *body = kz_value_copy(a, o->body);
    (void)kz_value_del(sim_child(a, body, "metadata"), KZ_STR("managedFields"));
    (void)sim_store_put(&s->api, o->kind, o->id.ns, KZ_STR("copy"), body, "operator");
    struct sim_mdef *d = change(s, commit(s), 0);
    kz_vec_swap_out(&d->objects, 4);
    pass(s, 120);
    expect(s, live(s, "/ConfigMap/default/copy") != NULL, "what an operator made with our labels was pruned");
    expect(s, live(s, "/ConfigMap/default/m0-map4") == NULL, "what left git stayed");
}

static void older_manager(struct stage *s)
{
    struct kz_arena *a = s->w.arena;
    struct sim_commit *c = commit(s);
    struct sim_mdef *d = change(s, c, 0);
    struct sim_merge m;
    add(s, d, SIM_CONFIGMAP, "", "ConfigMap", KZ_STR("older"));
    struct kz_value *body = sim_model_body(a, &d->objects.at[d->objects.len - 1]);
    kz_value_set(a, sim_child(a, body, "data"), KZ_STR("drop"), kz_value_cstr(a, "1"));
    sim_owner_update(&m, a, NULL, body, KZ_STR("kubectl-client-side-apply"), false);
    (void)sim_store_put(&s->api, sim_kind_find(&s->api, KZ_STR(""), KZ_STR("ConfigMap")), KZ_STR("default"),
                        KZ_STR("older"), m.body, "kubectl");
    pass(s, 90);
    const struct sim_object *o = live(s, "/ConfigMap/default/older");
    expect(s, o != NULL && kz_value_path(o->body, "data.drop") == NULL, "a field of the older manager stayed for ever");
}

static void stuck_then_mended(struct stage *s)
{
    struct sim_commit *c = commit(s);
    struct sim_mdef *d = change(s, c, 0);
    d->soak = "600s"; /* a gate that stays open, as one for an image that is late */
    touch(s, d, APP);
    touch(s, change(s, c, 1), 0);
    pass(s, 30);
    expect(s, is_newest(s, 1, 0), "a rollout that is stuck holds another module up");
    c = commit(s);
    d = change(s, c, 0);
    d->soak = "0s";
    touch(s, d, APP);
    pass(s, 30);
    expect(s, is_newest(s, 0, APP) && word_of(s, "m0") == KZ_WORD_OK, "a newer commit waits for the one that is stuck");
}

/* The answer to the last look before a DELETE takes longer than a newer commit. */
static void wanted_again_meanwhile(struct stage *s)
{
    struct sim_mdef *d = change(s, commit(s), 0);
    const struct sim_odef map = d->objects.at[4];
    kz_vec_swap_out(&d->objects, 4);
    s->faults.slow_get = "/m0-map4";
    pass(s, 10);
    d = change(s, commit(s), 0);
    kz_vec_push(&d->objects, map);
    pass(s, 60);
    s->faults.slow_get = NULL;
    pass(s, 120);
    expect(s, all_stand(s, ""), "what a newer commit has again was deleted");
}

/* Its owner lets it be deleted and made anew; but what is there is not what we made. */
static void stranger_in_its_place(struct stage *s)
{
    static const char key[] = "apps/Deployment/default/m0-app";
    struct kz_arena *a = s->w.arena;
    struct sim_mdef *d = change(s, commit(s), 0);
    d->self_heal = "off";
    d->objects.at[APP].recreate = true;
    pass(s, 90);
    struct sim_object *o = sim_object_find(&s->api, kz_str(key));
    struct kz_value *body = kz_value_copy(a, o->body);
    (void)kz_value_del(sim_child(a, body, "metadata"), KZ_STR("managedFields"));
    sim_store_drop(&s->api, o, "operator");
    (void)sim_store_put(&s->api, o->kind, o->id.ns, o->id.name, body, "operator");
    const struct kz_str uid = kz_str_dup(a, live(s, key)->uid);
    pass(s, 30);
    d = change(s, commit(s), 0);
    d->objects.at[APP].selector++;
    touch(s, d, APP);
    pass(s, 120);
    const struct sim_object *now = live(s, key);
    expect(s, now != NULL && kz_str_eq(now->uid, uid), "what a stranger made was deleted for a new selector");
    expect(s, word_of(s, "m0") != KZ_WORD_OK, "that it cannot be made anew is not said");
}

static const struct {
    const char *name, *what;
    void (*play)(struct stage *s);
} incidents[] = {
    {"argo-2573", "the renderer is away: nothing may go", renderer_away},
    {"argo-15058", "most of a module leaves git at once: held", most_of_it_gone},
    {"argo-14090", "an object moves into a module that does not render", moved_while_other_fails},
    {"argo-24408", "caches begin anew, in pages, with errors", cache_begins_anew},
    {"argo-26530", "a commit and its reversal, seconds apart", there_and_back},
    {"argo-29766", "policy and content change in one commit", policy_with_content},
    {"argo-9227", "two of three modules leave the definitions", modules_gone},
    {"argo-18442", "drift behind a sync that failed", heals_after_failure},
    {"argo-20828", "one API group is stale", group_stale},
    {"argo-25305", "one API group is missing", group_missing},
    {"flux-1664", "a webhook refuses a DELETE for a while", delete_refused},
    {"flux-410", "an operator copies our labels to objects of its own", labels_copied},
    {"flux-486", "fields of a manager that was there before", older_manager},
    {"wanted-again", "a commit has again what is about to be deleted", wanted_again_meanwhile},
    {"stranger", "a stranger's object in the place of one that may be recreated", stranger_in_its_place},
    {"flux-4752", "a newer commit mends a rollout that is stuck", stuck_then_mended},
};

const char *sim_incident_name(size_t n)
{
    return n < kz_countof(incidents) ? incidents[n].name : NULL;
}

const char *sim_incident_what(size_t n)
{
    return incidents[n].what;
}

void sim_incident_run(struct sim_result *out, size_t n, bool trace)
{
    static struct stage stage;
    struct stage *s = &stage;
    *s = (struct stage){.lives = 0};
    kz_hash_reseed(n + 1);
    sim_world_init(&s->w, n + 1, trace);
    sim_faults_init(&s->faults, n + 1);
    s->faults.on = false;
    s->model = (struct sim_model){.w = &s->w, .rng = {.state = n}};
    sim_api_init(&s->api, &s->w, &s->faults);
    sim_check_init(&s->check, &s->w, &s->api, &s->model);
    sim_asks_init(&s->asks, &s->w);
    kz_map_init(&s->uids);
    sim_process_init(&s->process, &s->w, &s->api, &s->model, &s->faults, &s->check, &s->asks, 0, &s->lives);
    s->process.interval = 10 * SIM_SEC;
    first_commit(s);
    sim_process_start(&s->process);
    pass(s, 120);
    for (size_t i = 0; i < MODULES; i++)
        expect(s, is_newest(s, i, 0), "the platform did not come up");
    remember(s);
    incidents[n].play(s);
    *out = (struct sim_result){.violations = s->w.violations, .events = s->w.events, .requests = s->check.requests,
                               .deletes = s->check.deletes, .virtual_seconds = (double)s->w.now / 1e9};
    memcpy(out->first, s->w.first, sizeof out->first);
    sim_process_done(&s->process);
    kz_map_done(&s->uids);
    sim_asks_done(&s->asks);
    sim_check_done(&s->check);
    sim_api_done(&s->api);
    sim_model_done(&s->model);
    sim_world_done(&s->w);
}
