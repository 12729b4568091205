/* SPDX-License-Identifier: Apache-2.0 */
#include "incident.h"

#include "incident_policy.h"
#include "owner.h"
#include "resource/object.h"
#include "stage.h"
#include "sync/steer.h"

static void renderer_away(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    s->faults.cut_renders = true;
    for (size_t i = 0; i < STAGE_MODULES; i++)
        stage_touch(s, stage_change(s, c, i), 0);
    stage_pass(s, 60);
    stage_expect(s, stage_all_stand(s, ""), "objects went while renders were cut");
    s->faults.on = true;
    s->faults.jobs = 1000;
    stage_pass(s, 60);
    stage_expect(s, stage_all_stand(s, ""), "objects went while nothing could be rendered");
    s->faults.on = s->faults.cut_renders = false;
    stage_pass(s, 120);
    stage_expect(s, stage_is_newest(s, 0, 0) && stage_all_stand(s, ""), "the commit did not arrive when rendering worked again");
}

static void most_of_it_gone(struct sim_stage *s)
{
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    d->objects.len = 1;
    stage_pass(s, 120);
    stage_expect(s, stage_all_stand(s, ""), "six of seven objects were pruned without anybody's word");
    stage_expect(s, stage_word(s, "m0") == KZ_WORD_HELD, "the removal is not shown as held");
}

static void moved_while_other_fails(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    struct sim_mdef *from = stage_change(s, c, 0), *to = stage_change(s, c, 1);
    kz_vec_push(&to->objects, from->objects.at[0]);
    kz_vec_swap_out(&from->objects, 0);
    to->render_fails = true;
    stage_pass(s, 90);
    stage_expect(s, stage_all_stand(s, ""), "what is in git, in a module that does not render, was pruned");
    c = stage_commit(s);
    stage_change(s, c, 1)->render_fails = false;
    stage_pass(s, 90);
    stage_expect(s, stage_all_stand(s, ""), "a moved object was deleted");
}

static void cache_begins_anew(struct sim_stage *s)
{
    uint64_t applies = s->check.applies;
    s->api.page = 1;
    s->faults.on = true;
    s->faults.requests = 300;
    for (int i = 0; i < 5; i++) {
        sim_compact(&s->api);
        sim_watch_cut_all(&s->api);
        stage_pass(s, 12);
    }
    s->faults.on = false;
    stage_pass(s, 60);
    stage_expect(s, s->check.applies == applies, "a list that began anew was taken for deletions, and all applied once more");
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    kz_vec_swap_out(&d->objects, 4);
    stage_pass(s, 120);
    stage_expect(s, stage_all_stand(s, "/ConfigMap/default/m0-map4"), "a list that began anew was taken for deletions");
    stage_expect(s, stage_live(s, "/ConfigMap/default/m0-map4") == NULL, "what left git stayed");
}

static void there_and_back(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    const struct sim_commit *before = c->parent;
    for (size_t i = 0; i < STAGE_MODULES; i++)
        stage_touch(s, stage_change(s, c, i), 1);
    stage_pass(s, 4);
    c = stage_commit(s);
    for (size_t i = 0; i < STAGE_MODULES; i++)
        c->modules.at[i] = before->modules.at[i];
    stage_pass(s, 90);
    for (size_t i = 0; i < STAGE_MODULES; i++)
        stage_expect(s, stage_is_newest(s, i, 1), "a render of another revision stands");
}

static void policy_with_content(struct sim_stage *s)
{
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    d->prune = false;
    kz_vec_swap_out(&d->objects, 4);
    stage_pass(s, 120);
    stage_expect(s, stage_all_stand(s, ""), "pruned by a policy that the same commit took back");
}

static void modules_gone(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    c->modules.len = 1;
    stage_pass(s, 120);
    stage_expect(s, stage_all_stand(s, ""), "modules that a generator forgot were pruned");
}

static void heals_after_failure(struct sim_stage *s)
{
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    d->objects.at[STAGE_APP].broken = true;
    stage_touch(s, d, STAGE_APP);
    stage_pass(s, 1000);
    struct sim_object *o = sim_object_find(&s->api, KZ_STR("/ConfigMap/default/m0-map1"));
    if (o != NULL)
        sim_store_delete(&s->api, o, "stranger");
    stage_pass(s, 400);
    stage_expect(s, stage_live(s, "/ConfigMap/default/m0-map1") != NULL, "drift is not repaired behind a sync that failed");
}

static void group_stale(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    s->faults.hole = KZ_STR("batch");
    s->faults.hole_stale = true;
    s->process.interval = 5 * SIM_SEC;
    sim_watch_cut_all(&s->api);
    stage_touch(s, stage_change(s, c, 0), 0);
    stage_touch(s, stage_change(s, c, 1), 0);
    kz_vec_swap_out(&stage_change(s, c, 2)->objects, STAGE_JOB);
    stage_pass(s, 60);
    stage_expect(s, stage_is_newest(s, 0, 0) && stage_is_newest(s, 1, 0), "one stale group stops everything");
    stage_expect(s, stage_all_stand(s, ""), "objects went with a stale group");
    s->faults.hole = KZ_STR("");
    stage_pass(s, 120);
    stage_expect(s, stage_live(s, "batch/Job/default/m2-job") == NULL, "what left git stayed when its group was fresh again");
}

static void group_missing(struct sim_stage *s)
{
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    kz_vec_swap_out(&d->objects, STAGE_JOB);
    s->faults.hole = KZ_STR("batch");
    sim_watch_cut_all(&s->api);
    stage_pass(s, 60);
    stage_expect(s, stage_all_stand(s, "batch/Job/default/m0-job"), "objects went with a group that is missing");
    s->faults.hole = KZ_STR("");
    stage_pass(s, 120);
    stage_expect(s, stage_live(s, "batch/Job/default/m0-job") == NULL, "what left git stayed when its group was back");
}

static void delete_refused(struct sim_stage *s)
{
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    kz_vec_swap_out(&d->objects, 4);
    s->faults.no_deletes = true;
    stage_pass(s, 120);
    stage_expect(s, stage_live(s, "/ConfigMap/default/m0-map4") != NULL, "the webhook did not hold it");
    s->faults.no_deletes = false;
    stage_pass(s, 400);
    stage_expect(s, stage_live(s, "/ConfigMap/default/m0-map4") == NULL, "a refused DELETE left an orphan");
}

static void labels_copied(struct sim_stage *s)
{
    struct kz_arena *a = s->w.arena;
    const struct sim_object *o = stage_live(s, "/ConfigMap/default/m0-map4");
    struct kz_value *body = kz_value_copy(a, o->body);
    (void)kz_value_del(sim_child(a, body, "metadata"), KZ_STR("managedFields"));
    (void)sim_store_put(&s->api, o->kind, o->id.ns, KZ_STR("copy"), body, "operator");
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    kz_vec_swap_out(&d->objects, 4);
    stage_pass(s, 120);
    stage_expect(s, stage_live(s, "/ConfigMap/default/copy") != NULL, "what an operator made with our labels was pruned");
    stage_expect(s, stage_live(s, "/ConfigMap/default/m0-map4") == NULL, "what left git stayed");
}

static void older_manager(struct sim_stage *s)
{
    struct kz_arena *a = s->w.arena;
    struct sim_commit *c = stage_commit(s);
    struct sim_mdef *d = stage_change(s, c, 0);
    struct sim_merge m;
    stage_add(s, d, SIM_CONFIGMAP, "", "ConfigMap", KZ_STR("older"));
    struct kz_value *body = sim_model_body(a, &d->objects.at[d->objects.len - 1]);
    kz_value_set(a, sim_child(a, body, "data"), KZ_STR("drop"), kz_value_cstr(a, "1"));
    sim_owner_update(&m, a, NULL, body, KZ_STR("kubectl-client-side-apply"), false);
    (void)sim_store_put(&s->api, sim_kind_find(&s->api, KZ_STR(""), KZ_STR("ConfigMap")), KZ_STR("default"),
                        KZ_STR("older"), m.body, "kubectl");
    stage_pass(s, 90);
    const struct sim_object *o = stage_live(s, "/ConfigMap/default/older");
    stage_expect(s, o != NULL && kz_value_path(o->body, "data.drop") == NULL, "a field of the older manager stayed for ever");
}

static void stuck_then_mended(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    struct sim_mdef *d = stage_change(s, c, 0);
    d->soak = "600s"; /* a gate that stays open, as one for an image that is late */
    stage_touch(s, d, STAGE_APP);
    stage_touch(s, stage_change(s, c, 1), 0);
    stage_pass(s, 30);
    stage_expect(s, stage_is_newest(s, 1, 0), "a rollout that is stuck holds another module up");
    c = stage_commit(s);
    d = stage_change(s, c, 0);
    d->soak = "0s";
    stage_touch(s, d, STAGE_APP);
    stage_pass(s, 30);
    stage_expect(s, stage_is_newest(s, 0, STAGE_APP) && stage_word(s, "m0") == KZ_WORD_OK, "a newer commit waits for the one that is stuck");
}

/* The answer to the last look before a DELETE takes longer than a newer commit. */
static void wanted_again_meanwhile(struct sim_stage *s)
{
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    const struct sim_odef map = d->objects.at[4];
    kz_vec_swap_out(&d->objects, 4);
    s->faults.slow_get = "/m0-map4";
    stage_pass(s, 10);
    d = stage_change(s, stage_commit(s), 0);
    kz_vec_push(&d->objects, map);
    stage_pass(s, 60);
    s->faults.slow_get = NULL;
    stage_pass(s, 120);
    stage_expect(s, stage_all_stand(s, ""), "what a newer commit has again was deleted");
}

/* A network swallows what a watch says, and keeps it open: the gate opens all the same, long before its deadline. */
static void watch_says_nothing(struct sim_stage *s)
{
    s->faults.silent_watch = "/deployments";
    sim_watch_cut_all(&s->api);
    stage_pass(s, 5);
    stage_add(s, stage_change(s, stage_commit(s), 0), SIM_DEPLOYMENT, "apps", "Deployment", KZ_STR("m0-more"));
    stage_pass(s, 42); /* less than the deadline, at whose end it is read in any case */
    stage_expect(s, stage_live(s, "apps/Deployment/default/m0-more") != NULL && stage_word(s, "m0") == KZ_WORD_OK,
                 "a gate waits for a watch that is silent");
    s->faults.silent_watch = NULL;
}

/* Its owner lets it be deleted and made anew; but what is there is not what we made. */
static void stranger_in_its_place(struct sim_stage *s)
{
    static const char key[] = "apps/Deployment/default/m0-app";
    struct kz_arena *a = s->w.arena;
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    d->self_heal = "off";
    d->objects.at[STAGE_APP].recreate = true;
    stage_pass(s, 90);
    struct sim_object *o = sim_object_find(&s->api, kz_str(key));
    struct kz_value *body = kz_value_copy(a, o->body);
    (void)kz_value_del(sim_child(a, body, "metadata"), KZ_STR("managedFields"));
    sim_store_drop(&s->api, o, "operator");
    (void)sim_store_put(&s->api, o->kind, o->id.ns, o->id.name, body, "operator");
    const struct kz_str uid = kz_str_dup(a, stage_live(s, key)->uid);
    stage_pass(s, 30);
    d = stage_change(s, stage_commit(s), 0);
    d->objects.at[STAGE_APP].selector++;
    stage_touch(s, d, STAGE_APP);
    stage_pass(s, 120);
    const struct sim_object *now = stage_live(s, key);
    stage_expect(s, now != NULL && kz_str_eq(now->uid, uid), "what a stranger made was deleted for a new selector");
    stage_expect(s, stage_word(s, "m0") != KZ_WORD_OK, "that it cannot be made anew is not said");
}

static void on_partial(void *arg, size_t n, size_t written, const struct kz_err *err)
{
    struct sim_stage *s = arg;
    stage_expect(s, err == NULL && n == 1 && written == 1, "one object was asked for, and it is not the one that was written");
    sim_check_partial(&s->check, 0, KZ_STR(""), KZ_STR(""));
}

/* Its owner lets it drift; a person wants one object as git says, and nothing else. */
static void only_one_object(struct sim_stage *s)
{
    static const char *const keys[] = {"/ConfigMap/default/m0-map1", "/ConfigMap/default/m0-map2"};
    const struct kz_str word = KZ_STR("cm/m0-map1");
    struct kz_err err;
    stage_change(s, stage_commit(s), 0)->self_heal = "off";
    stage_pass(s, 60);
    for (size_t i = 0; i < kz_countof(keys); i++)
        sim_store_delete(&s->api, sim_object_find(&s->api, kz_str(keys[i])), "stranger");
    stage_pass(s, 60);
    stage_expect(s, stage_live(s, keys[0]) == NULL && stage_word(s, "m0") == KZ_WORD_DRIFT, "drift was repaired that is to be left alone");
    sim_check_partial(&s->check, s->process.client.life, KZ_STR("m0"), kz_str(keys[0]));
    stage_expect(s, kz_engine_sync_objects(s->process.engine, KZ_STR("m0"), &word, 1, on_partial, s, &err) == 0, "it was refused");
    stage_pass(s, 60);
    stage_expect(s, s->check.partial.life == 0 && stage_live(s, keys[0]) != NULL, "it was not put right");
    stage_expect(s, stage_live(s, keys[1]) == NULL && stage_word(s, "m0") == KZ_WORD_DRIFT, "more than it was synced, or said to be");
}

static const struct {
    const char *name, *what;
    void (*play)(struct sim_stage *s);
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
    {"wanted-again", "a commit has again what is about to be deleted", wanted_again_meanwhile, false},
    {"silent-watch", "what a gate waits for comes by no watch", watch_says_nothing, false},
    {"stranger", "a stranger's object in the place of one that may be recreated", stranger_in_its_place, false},
    {"flux-4752", "a newer commit mends a rollout that is stuck", stuck_then_mended, false},
    {"window", "a restart waits for its window, drift and others do not", incident_window, true},
    {"approval", "a restart waits for the word of a person, bound to the set", incident_approval, true},
    {"pause", "a pause survives a restart, and drift is repaired in it", incident_pause, true},
    {"held-others", "who depends on a held module waits if it has changes", incident_held_others, true},
    {"held-removal", "a removal waits for approval, and nothing else does", incident_held_removal, true},
    {"crosswise", "two modules with custom resources of each other's kinds go", incident_crosswise, true},
    {"only-one", "a person syncs one of two objects that drifted", only_one_object, false},
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
    static struct sim_stage stage;
    struct sim_stage *s = &stage;
    stage_begin(s, n + 1, trace, incidents[n].policy);
    stage_pass(s, 120);
    for (size_t i = 0; i < STAGE_MODULES; i++)
        stage_expect(s, stage_is_newest(s, i, 0), "the platform did not come up");
    stage_remember(s);
    incidents[n].play(s);
    stage_end(s, out);
}
