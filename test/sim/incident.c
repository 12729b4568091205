/* SPDX-License-Identifier: Apache-2.0 */
#include "incident.h"

#include <stdio.h>

#include "base/hash.h"
#include "owner.h"
#include "people.h"
#include "resource/object.h"
#include "spec/window.h"

enum { MODULES = 3, MAPS = 5 };

struct stage {
    struct sim_world w;
    struct sim_faults faults;
    struct sim_api api;
    struct sim_model model;
    struct sim_check check;
    struct sim_asks asks;
    struct sim_process process;
    struct sim_people people;
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
    for (size_t i = 0; old != NULL && i < old->depends.len; i++)
        kz_vec_push(&d->depends, old->depends.at[i]);
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
    *c = (struct sim_commit){.number = (unsigned)s->model.commits.len, .parent = head, .windows = s->model.policy};
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

/* ---- windows, approvals, pauses ------------------------------------------------------------------------------------------ */

static void look_at(const struct stage *s, struct kz_module_view *out, struct kz_arena *a, const char *module)
{
    struct kz_engine_view view;
    kz_engine_look(&view, a, s->process.engine);
    for (size_t i = 0; i < view.n_modules; i++)
        if (kz_str_is(view.modules[i].name, module))
            *out = view.modules[i];
}

static unsigned held_by(const struct stage *s, const char *module)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_module_view v = {.held_by = 0};
    look_at(s, &v, a, module);
    return v.held_by;
}

static void take_away(struct stage *s, const char *key)
{
    struct sim_object *o = sim_object_find(&s->api, kz_str(key));
    expect(s, o != NULL, "nothing is there to take away");
    if (o != NULL)
        sim_store_delete(&s->api, o, "stranger");
    pass(s, 10);
    expect(s, live(s, key) != NULL, "drift is not repaired");
}

static void restart(struct stage *s)
{
    sim_process_kill(&s->process);
    pass(s, 60);
}

/* Seconds until window `seldom` opens; 0: it is open. */
static int until_open(const struct stage *s)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct sim_mdef d = {.windows = {[SIM_RESTART] = "seldom"}};
    const int64_t now = SIM_EPOCH + s->w.now + s->process.wall_ahead;
    const struct kz_window_turn turn = kz_window_opens(sim_model_schedule(a), sim_model_windows(a, &d, SIM_RESTART), now);
    return (int)((turn.at - now + SIM_SEC - 1) / SIM_SEC);
}

static void restart_in_window(struct stage *s)
{
    change(s, commit(s), 0)->windows[SIM_RESTART] = "seldom";
    pass(s, 20);
    while (until_open(s) < 100)
        pass(s, 1);
    struct sim_commit *c = commit(s);
    struct sim_mdef *d = change(s, c, 0);
    touch(s, d, APP);
    touch(s, d, 0);
    touch(s, change(s, c, 1), 0);
    pass(s, 20);
    expect(s, held_by(s, "m0") == KZ_HELD_WINDOW && word_of(s, "m0") == KZ_WORD_HELD, "it does not wait for its window");
    expect(s, !is_newest(s, 0, APP) && !is_newest(s, 0, 0), "half of it did not wait");
    expect(s, is_newest(s, 1, 0), "what restarts nothing waits for a window");
    take_away(s, "/ConfigMap/default/m0-map1");
    restart(s);
    expect(s, !is_newest(s, 0, APP), "a restart of kzsync opened the window");
    pass(s, until_open(s) - 1);
    expect(s, !is_newest(s, 0, APP), "it is too early");
    pass(s, 6);
    expect(s, is_newest(s, 0, APP), "it does not go on when the window opens");
    pass(s, 60);
    expect(s, word_of(s, "m0") == KZ_WORD_OK, "it did not end well");
}

static void word_of_a_person(struct stage *s)
{
    change(s, commit(s), 0)->approve = "restart";
    pass(s, 20);
    touch(s, change(s, commit(s), 0), APP);
    pass(s, 20);
    expect(s, (held_by(s, "m0") & KZ_HELD_APPROVAL) != 0, "it does not wait for approval");
    sim_people_approve(&s->people, s->process.engine, 1000);
    touch(s, change(s, commit(s), 0), APP); /* what was approved is not this any more */
    pass(s, 20);
    expect(s, !is_newest(s, 0, APP), "another set was approved");
    take_away(s, "/ConfigMap/default/m0-map1");
    restart(s);
    expect(s, (held_by(s, "m0") & KZ_HELD_APPROVAL) != 0 && !is_newest(s, 0, APP), "a restart of kzsync approves");
    take_away(s, "/ConfigMap/default/m0-map2");
    (void)commit(s); /* a commit that changes nothing of it is no other set */
    sim_people_approve(&s->people, s->process.engine, 1000);
    pass(s, 300); /* its windows come and go */
    expect(s, is_newest(s, 0, APP) && word_of(s, "m0") == KZ_WORD_OK, "approved, and it does not go on");
}

static void paused_by_people(struct stage *s)
{
    struct sim_mdef *d = change(s, commit(s), 1);
    kz_vec_push(&d->depends, KZ_STR("m0"));
    pass(s, 30);
    sim_people_pause(&s->people, KZ_STR("m0"), SIM_EPOCH + s->w.now + s->process.wall_ahead + 300 * SIM_SEC, false);
    pass(s, 5);
    struct sim_commit *c = commit(s);
    touch(s, change(s, c, 0), 0);
    touch(s, change(s, c, 1), 0);
    pass(s, 20);
    expect(s, word_of(s, "m0") == KZ_WORD_PAUSED && !is_newest(s, 0, 0), "a pause begins something");
    expect(s, is_newest(s, 1, 0), "a healthy module that is paused holds up another one");
    take_away(s, "/ConfigMap/default/m0-map1");
    restart(s);
    expect(s, word_of(s, "m0") == KZ_WORD_PAUSED && !is_newest(s, 0, 0), "a restart ends a pause");
    take_away(s, "/ConfigMap/default/m0-map2");
    pass(s, 300);
    expect(s, word_of(s, "m0") == KZ_WORD_OK && is_newest(s, 0, 0), "its end does not end a pause");
}

static void others_of_held(struct stage *s)
{
    struct sim_commit *c = commit(s);
    change(s, c, 0)->approve = "restart";
    struct sim_mdef *one = change(s, c, 1), *two = change(s, c, 2);
    kz_vec_push(&one->depends, KZ_STR("m0"));
    kz_vec_push(&two->depends, KZ_STR("m0"));
    pass(s, 30);
    c = commit(s);
    touch(s, change(s, c, 0), APP);
    touch(s, change(s, c, 1), 0);
    (void)change(s, c, 2); /* the same once more */
    pass(s, 30);
    expect(s, word_of(s, "m1") == KZ_WORD_WAIT && !is_newest(s, 1, 0), "it goes on without what it may need");
    expect(s, word_of(s, "m2") == KZ_WORD_OK, "it waits for what it does not need");
    sim_people_approve(&s->people, s->process.engine, 1000);
    pass(s, 300);
    expect(s, is_newest(s, 0, APP) && is_newest(s, 1, 0) && word_of(s, "m1") == KZ_WORD_OK, "it waits for ever");
}

static void removals_wait_alone(struct stage *s)
{
    change(s, commit(s), 0)->approve = "destructive";
    pass(s, 20);
    struct sim_mdef *d = change(s, commit(s), 0);
    touch(s, d, 0);
    kz_vec_swap_out(&d->objects, 4);
    pass(s, 90);
    expect(s, is_newest(s, 0, 0), "what removes nothing waits, too");
    expect(s, live(s, "/ConfigMap/default/m0-map4") != NULL, "deleted without approval");
    expect(s, (held_by(s, "m0") & (KZ_HELD_PRUNE | KZ_HELD_APPROVAL)) == (KZ_HELD_PRUNE | KZ_HELD_APPROVAL), "the removal is not shown as held");
    sim_people_approve(&s->people, s->process.engine, 1000);
    pass(s, 100);
    expect(s, live(s, "/ConfigMap/default/m0-map4") == NULL && word_of(s, "m0") == KZ_WORD_OK, "approved, and it stays");
}

static const struct {
    const char *name, *what;
    void (*play)(struct stage *s);
    bool policy; /* the platform has windows, and people wish things */
} incidents[] = {
    {"argo-2573", "the renderer is away: nothing may go", renderer_away, false},
    {"argo-15058", "most of a module leaves git at once: held", most_of_it_gone, false},
    {"argo-14090", "an object moves into a module that does not render", moved_while_other_fails, false},
    {"argo-24408", "caches begin anew, in pages, with errors", cache_begins_anew, false},
    {"argo-26530", "a commit and its reversal, seconds apart", there_and_back, false},
    {"argo-29766", "policy and content change in one commit", policy_with_content, false},
    {"argo-9227", "two of three modules leave the definitions", modules_gone, false},
    {"argo-18442", "drift behind a sync that failed", heals_after_failure, false},
    {"argo-20828", "one API group is stale", group_stale, false},
    {"argo-25305", "one API group is missing", group_missing, false},
    {"flux-1664", "a webhook refuses a DELETE for a while", delete_refused, false},
    {"flux-410", "an operator copies our labels to objects of its own", labels_copied, false},
    {"flux-486", "fields of a manager that was there before", older_manager, false},
    {"flux-4752", "a newer commit mends a rollout that is stuck", stuck_then_mended, false},
    {"window", "a restart waits for its window, drift and others do not", restart_in_window, true},
    {"approval", "a restart waits for the word of a person, bound to the set", word_of_a_person, true},
    {"pause", "a pause survives a restart, and drift is repaired in it", paused_by_people, true},
    {"held-others", "who depends on a held module waits if it has changes", others_of_held, true},
    {"held-removal", "a removal waits for approval, and nothing else does", removals_wait_alone, true},
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
    s->model.policy = incidents[n].policy;
    if (incidents[n].policy)
        sim_people_init(&s->people, &s->w, &s->check, &s->process, 1);
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
    if (incidents[n].policy)
        sim_people_done(&s->people);
    kz_map_done(&s->uids);
    sim_asks_done(&s->asks);
    sim_check_done(&s->check);
    sim_api_done(&s->api);
    sim_model_done(&s->model);
    sim_world_done(&s->w);
}
