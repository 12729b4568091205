/* SPDX-License-Identifier: Apache-2.0 */
#include "incident_policy.h"

#include "spec/window.h"

static void look_at(const struct sim_stage *s, struct kz_module_view *out, struct kz_arena *a, const char *module)
{
    struct kz_engine_view view;
    kz_engine_look(&view, a, s->process.engine);
    for (size_t i = 0; i < view.n_modules; i++)
        if (kz_str_is(view.modules[i].name, module))
            *out = view.modules[i];
}

static unsigned held_by(const struct sim_stage *s, const char *module)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct kz_module_view v = {.held_by = 0};
    look_at(s, &v, a, module);
    return v.held_by;
}

static void take_away(struct sim_stage *s, const char *key)
{
    struct sim_object *o = sim_object_find(&s->api, kz_str(key));
    stage_expect(s, o != NULL, "nothing is there to take away");
    if (o != NULL)
        sim_store_delete(&s->api, o, "stranger");
    stage_pass(s, 10);
    stage_expect(s, stage_live(s, key) != NULL, "drift is not repaired");
}

static void restart(struct sim_stage *s)
{
    sim_process_kill(&s->process);
    stage_pass(s, 60);
}

/* Seconds until window `seldom` opens; 0: it is open. */
static int until_open(const struct sim_stage *s)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct sim_mdef d = {.windows = {[SIM_RESTART] = "seldom"}};
    const int64_t now = SIM_EPOCH + s->w.now + s->process.wall_ahead;
    const struct kz_window_turn turn = kz_window_opens(sim_model_schedule(a), sim_model_windows(a, &d, SIM_RESTART), now);
    return (int)((turn.at - now + SIM_SEC - 1) / SIM_SEC);
}

void incident_window(struct sim_stage *s)
{
    stage_change(s, stage_commit(s), 0)->windows[SIM_RESTART] = "seldom";
    stage_pass(s, 20);
    while (until_open(s) < 100)
        stage_pass(s, 1);
    struct sim_commit *c = stage_commit(s);
    struct sim_mdef *d = stage_change(s, c, 0);
    stage_touch(s, d, STAGE_APP);
    stage_touch(s, d, 0);
    stage_touch(s, stage_change(s, c, 1), 0);
    stage_pass(s, 20);
    stage_expect(s, held_by(s, "m0") == KZ_HELD_WINDOW && stage_word(s, "m0") == KZ_WORD_HELD, "it does not wait for its window");
    stage_expect(s, !stage_is_newest(s, 0, STAGE_APP) && !stage_is_newest(s, 0, 0), "half of it did not wait");
    stage_expect(s, stage_is_newest(s, 1, 0), "what restarts nothing waits for a window");
    take_away(s, "/ConfigMap/default/m0-map1");
    restart(s);
    stage_expect(s, !stage_is_newest(s, 0, STAGE_APP), "a restart of kzsync opened the window");
    stage_pass(s, until_open(s) - 1);
    stage_expect(s, !stage_is_newest(s, 0, STAGE_APP), "it is too early");
    stage_pass(s, 6);
    stage_expect(s, stage_is_newest(s, 0, STAGE_APP), "it does not go on when the window opens");
    stage_pass(s, 60);
    stage_expect(s, stage_word(s, "m0") == KZ_WORD_OK, "it did not end well");
}

void incident_approval(struct sim_stage *s)
{
    stage_change(s, stage_commit(s), 0)->approve = "restart";
    stage_pass(s, 20);
    stage_touch(s, stage_change(s, stage_commit(s), 0), STAGE_APP);
    stage_pass(s, 20);
    stage_expect(s, (held_by(s, "m0") & KZ_HELD_APPROVAL) != 0, "it does not wait for approval");
    sim_people_approve(&s->people, s->process.engine, 1000);
    stage_touch(s, stage_change(s, stage_commit(s), 0), STAGE_APP); /* what was approved is not this any more */
    stage_pass(s, 20);
    stage_expect(s, !stage_is_newest(s, 0, STAGE_APP), "another set was approved");
    take_away(s, "/ConfigMap/default/m0-map1");
    restart(s);
    stage_expect(s, (held_by(s, "m0") & KZ_HELD_APPROVAL) != 0 && !stage_is_newest(s, 0, STAGE_APP), "a restart of kzsync approves");
    take_away(s, "/ConfigMap/default/m0-map2");
    (void)stage_commit(s); /* a commit that changes nothing of it is no other set */
    sim_people_approve(&s->people, s->process.engine, 1000);
    stage_pass(s, 300); /* its windows come and go */
    stage_expect(s, stage_is_newest(s, 0, STAGE_APP) && stage_word(s, "m0") == KZ_WORD_OK, "approved, and it does not go on");
}

void incident_pause(struct sim_stage *s)
{
    struct sim_mdef *d = stage_change(s, stage_commit(s), 1);
    kz_vec_push(&d->depends, KZ_STR("m0"));
    stage_pass(s, 30);
    sim_people_pause(&s->people, KZ_STR("m0"), SIM_EPOCH + s->w.now + s->process.wall_ahead + 300 * SIM_SEC, false);
    stage_pass(s, 5);
    struct sim_commit *c = stage_commit(s);
    stage_touch(s, stage_change(s, c, 0), 0);
    stage_touch(s, stage_change(s, c, 1), 0);
    stage_pass(s, 20);
    stage_expect(s, stage_word(s, "m0") == KZ_WORD_PAUSED && !stage_is_newest(s, 0, 0), "a pause begins something");
    stage_expect(s, stage_is_newest(s, 1, 0), "a healthy module that is paused holds up another one");
    take_away(s, "/ConfigMap/default/m0-map1");
    restart(s);
    stage_expect(s, stage_word(s, "m0") == KZ_WORD_PAUSED && !stage_is_newest(s, 0, 0), "a restart ends a pause");
    take_away(s, "/ConfigMap/default/m0-map2");
    stage_pass(s, 300);
    stage_expect(s, stage_word(s, "m0") == KZ_WORD_OK && stage_is_newest(s, 0, 0), "its end does not end a pause");
}

void incident_held_others(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    stage_change(s, c, 0)->approve = "restart";
    struct sim_mdef *one = stage_change(s, c, 1), *two = stage_change(s, c, 2);
    kz_vec_push(&one->depends, KZ_STR("m0"));
    kz_vec_push(&two->depends, KZ_STR("m0"));
    stage_pass(s, 30);
    c = stage_commit(s);
    stage_touch(s, stage_change(s, c, 0), STAGE_APP);
    stage_touch(s, stage_change(s, c, 1), 0);
    (void)stage_change(s, c, 2); /* the same once more */
    stage_pass(s, 30);
    stage_expect(s, stage_word(s, "m1") == KZ_WORD_WAIT && !stage_is_newest(s, 1, 0), "it goes on without what it may need");
    stage_expect(s, stage_word(s, "m2") == KZ_WORD_OK, "it waits for what it does not need");
    sim_people_approve(&s->people, s->process.engine, 1000);
    stage_pass(s, 300);
    stage_expect(s, stage_is_newest(s, 0, STAGE_APP) && stage_is_newest(s, 1, 0) && stage_word(s, "m1") == KZ_WORD_OK, "it waits for ever");
}

void incident_held_removal(struct sim_stage *s)
{
    stage_change(s, stage_commit(s), 0)->approve = "destructive";
    stage_pass(s, 20);
    struct sim_mdef *d = stage_change(s, stage_commit(s), 0);
    stage_touch(s, d, 0);
    kz_vec_swap_out(&d->objects, 4);
    stage_pass(s, 90);
    stage_expect(s, stage_is_newest(s, 0, 0), "what removes nothing waits, too");
    stage_expect(s, stage_live(s, "/ConfigMap/default/m0-map4") != NULL, "deleted without approval");
    stage_expect(s, (held_by(s, "m0") & (KZ_HELD_PRUNE | KZ_HELD_APPROVAL)) == (KZ_HELD_PRUNE | KZ_HELD_APPROVAL), "the removal is not shown as held");
    sim_people_approve(&s->people, s->process.engine, 1000);
    stage_pass(s, 100);
    stage_expect(s, stage_live(s, "/ConfigMap/default/m0-map4") == NULL && stage_word(s, "m0") == KZ_WORD_OK, "approved, and it stays");
}

static void add_thing(struct sim_stage *s, struct sim_mdef *d, unsigned number, enum sim_okind kind)
{
    struct kz_arena *a = s->w.arena;
    const bool crd = kind == SIM_CRD;
    const struct kz_str ns = d->ns;
    d->ns = crd ? KZ_STR("") : ns;
    stage_add(s, d, kind, crd ? "apiextensions.k8s.io" : "sim.example.com",
              crd ? "CustomResourceDefinition" : kz_cstr(a, kz_str_printf(a, "Thing%u", number)),
              crd ? kz_str_printf(a, "things%u.sim.example.com", number) : kz_str_printf(a, KZ_FMT "-thing", KZ_ARG(d->name)));
    d->ns = ns;
    d->objects.at[d->objects.len - 1].number = number;
}

/* Each has custom resources of the other's kind, and both go: none may wait for all of the other. */
void incident_crosswise(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    for (unsigned i = 0; i < 2; i++) {
        struct sim_mdef *d = stage_change(s, c, i);
        add_thing(s, d, 1 + i, SIM_CRD);
        add_thing(s, d, 2 - i, SIM_CUSTOM);
    }
    stage_pass(s, 60);
    stage_expect(s, stage_live(s, "sim.example.com/Thing2/default/m0-thing") != NULL &&
                        stage_live(s, "sim.example.com/Thing1/default/m1-thing") != NULL, "they did not come up");
    c = stage_commit(s);
    c->modules.at[0] = c->modules.at[STAGE_MODULES - 1];
    c->modules.len = 1;
    stage_pass(s, 60);
    stage_expect(s, stage_live(s, "apps/Deployment/default/m0-app") != NULL, "removed without approval");
    for (unsigned i = 0; i < 4; i++) {
        sim_people_approve(&s->people, s->process.engine, 1000);
        stage_pass(s, 100);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct kz_arena *a = s->w.arena;
        stage_expect(s, stage_live(s, kz_cstr(a, kz_str_printf(a, "apps/Deployment/default/m%u-app", i))) == NULL &&
                            stage_live(s, kz_cstr(a, kz_str_printf(a, "sim.example.com/Thing%u/default/m%u-thing", 2 - i, i))) == NULL,
                     "they wait for each other");
    }
    stage_expect(s, stage_live(s, "apps/Deployment/default/m2-app") != NULL, "the third one went, too");
}
