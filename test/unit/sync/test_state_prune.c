/* SPDX-License-Identifier: Apache-2.0
 *
 * Prune against a cluster that is the test: which object goes first, what is asked before each DELETE, and what
 * keeps an object. The rules themselves are in plan/test_prune.c. */
#include "rig.h"
#include "sync/hold.h"
#include "sync/steer.h"
#include "value/json.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

#define SEC KZ_NS_PER_SEC
#define CMS "/api/v1/namespaces/shop/configmaps"

static struct rig r;
static struct kz_module spec;
static struct kz_platform platform;
static struct kz_mod *m;

/* ---- a module that has come to its prune -------------------------------------------------------------------- */

static const struct rig_object two[] = {
    {"", "v1", "ConfigMap", "shop", "a"},
    {"", "v1", "ConfigMap", "shop", "b"},
};
/* Enough that removing some of it is no blast. */
static const struct rig_object many[] = {
    {"", "v1", "ConfigMap", "shop", "a"}, {"", "v1", "ConfigMap", "shop", "b"}, {"", "v1", "ConfigMap", "shop", "c"},
    {"", "v1", "ConfigMap", "shop", "d"}, {"", "v1", "ConfigMap", "shop", "e"}, {"", "v1", "ConfigMap", "shop", "f"},
};

/* The set of the ConfigMaps from `first` on. */
static struct kz_want *want_from(const struct rig_object *objects, size_t n, size_t first)
{
    struct kz_want_row rows[8] = {0};
    struct kz_want *w = NULL;
    struct kz_err err;
    for (size_t i = first; i < n; i++)
        rows[i - first].json = kz_str_printf(r.f.arena, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
                                                        "\"%s\",\"namespace\":\"shop\"}}", objects[i].name);
    cr_assert_eq(kz_want_restore(&w, KZ_STR("4be91d2"), KZ_STR(""), (struct kz_hash){7, 7}, rows, n - first, &err), 0);
    return w;
}

/* Module m owns these objects and wants those from `first` on. */
static void begin(enum kz_mode mode, const struct rig_object *objects, size_t n, size_t first)
{
    rig_init(&r, &(struct kz_engine_options){.mode = mode});
    if (mode != KZ_MODE_PLAN)
        rig_lead(&r);
    rig_store(&r, objects, n);
    fake_run(&r.f, 2 * SEC);
    fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "me", 1, 2, "run", ""));
    while (fake_has(&r.f, "/secrets?"))
        fake_answer(&r.f, "/secrets?", 200, "{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[]}");
    spec = (struct kz_module){.name = KZ_STR("m"), .prune = true, .enabled = true};
    m = rig_mod(&r, "m", &spec);
    m->state = KZ_MOD_POSTSYNC;
    m->want = want_from(objects, n, first);
    m->steps = calloc(m->want->n + 1, sizeof *m->steps);
}

static void begin_many(void)
{
    begin(KZ_MODE_RUN, many, kz_countof(many), 1);
}

static void end(void)
{
    rig_done(&r);
}

static void prune(void)
{
    kz_mod_on(m, KZ_EV_DONE);
}

/* What lives under a name; extra: members of its metadata, each with a comma before it. */
static const char *live(const char *name, const char *extra)
{
    return kz_str_printf(r.f.arena, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"shop\","
                                    "\"uid\":\"u-%s\",\"resourceVersion\":\"5\",\"labels\":{\"kubezero.com/platform\":\"p\","
                                    "\"kubezero.com/module\":\"m\"}%s}}", name, name, extra).ptr;
}

static const char *at(const char *method, const char *name)
{
    return kz_str_printf(r.f.arena, "%s " CMS "/%s?", method, name).ptr;
}

static void got(const char *name)
{
    fake_answer(&r.f, at("GET", name), 200, live(name, ""));
}

static void is_gone(const char *name)
{
    fake_answer(&r.f, at("GET", name), 404, rig_missing);
}

static bool owns(const char *name)
{
    return kz_store_find(kz_store_module(r.e->store, KZ_STR("m")),
                         kz_str_printf(r.f.arena, "/ConfigMap/shop/%s", name)) != NULL;
}

static bool deletes(void)
{
    return fake_has(&r.f, "DELETE");
}

/* It is at rest, and why something stayed. */
static void held(const char *part)
{
    cr_expect_eq(m->state, KZ_MOD_OK, "%s", kz_mod_state_name(m->state));
    cr_assert_not_null(m->held, "nothing is held, want '%s'", part);
    cr_expect_not_null(strstr(m->held, part), "want '%s', got '%s'", part, m->held);
    cr_expect_not(deletes());
}

/* ---- the way of one object ------------------------------------------------------------------------------------ */

Test(state_prune, one_goes, .init = begin_many, .fini = end)
{
    prune();
    got("a");
    const struct fake_request *q = fake_find(&r.f, at("DELETE", "a"));
    cr_expect(kz_str_has(q->req.body, KZ_STR("\"uid\":\"u-a\"")));
    cr_expect(kz_str_has(q->req.body, KZ_STR("\"resourceVersion\":\"5\"")));
    fake_answer(&r.f, at("DELETE", "a"), 200, "{}");
    cr_expect(owns("a"), "until it is seen to be gone");
    fake_run(&r.f, SEC / 10);
    fake_answer(&r.f, at("GET", "a"), 200, live("a", ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\""));
    cr_expect_not_null(strstr(m->waiting_for, "ConfigMap a is being deleted"));
    fake_run(&r.f, SEC);
    is_gone("a");
    cr_expect_not(owns("a"));
    cr_expect(owns("b"));
    cr_expect_eq(m->state, KZ_MOD_OK);
    cr_expect_eq(m->pruned, 1);
    cr_expect_null(m->held);
}

Test(state_prune, one_that_is_gone_already, .init = begin_many, .fini = end)
{
    prune();
    is_gone("a");
    cr_expect_not(owns("a"));
    cr_expect_eq(m->state, KZ_MOD_OK);
    cr_expect_eq(m->pruned, 0);
}

Test(state_prune, gone_between_get_and_delete, .init = begin_many, .fini = end)
{
    prune();
    got("a");
    fake_answer(&r.f, at("DELETE", "a"), 404, rig_missing);
    cr_expect_not(owns("a"));
    cr_expect_eq(m->state, KZ_MOD_OK);
}

/* Somebody changed or made it anew in between: the precondition failed. It is not ours to judge now. */
Test(state_prune, a_refused_delete, .init = begin_many, .fini = end)
{
    prune();
    got("a");
    fake_answer(&r.f, at("DELETE", "a"), 409, rig_conflict);
    held("the API server refused the delete");
    cr_expect(owns("a"));
    cr_expect_not_null(m->err);
}

/* Its answer got lost; it is not sent again when it is not right any more. */
Test(state_prune, a_delete_that_a_newer_commit_overtakes, .init = begin_many, .fini = end)
{
    prune();
    got("a");
    fake_break(&r.f, at("DELETE", "a"), KZ_E_REMOTE, true);
    r.e->cycle = KZ_CYCLE_LOAD;
    for (int i = 0; i < 1000 && m->held == NULL; i++)
        fake_run(&r.f, SEC / 1000);
    held("a newer revision is being read");
    cr_expect(owns("a"));
}

Test(state_prune, a_delete_that_waits_while_its_module_goes_on, .init = begin_many, .fini = end)
{
    prune();
    got("a");
    fake_break(&r.f, at("DELETE", "a"), KZ_E_REMOTE, true);
    m->epoch++;
    fake_run(&r.f, SEC);
    cr_expect_not(deletes());
    cr_expect(owns("a"));
    cr_expect_null(m->held);
}

Test(state_prune, a_delete_that_is_never_answered, .init = begin_many, .fini = end)
{
    prune();
    got("a");
    for (int i = 0; i < 100000 && m->held == NULL; i++) {
        if (deletes())
            fake_break(&r.f, at("DELETE", "a"), KZ_E_REMOTE, true);
        if (fake_has(&r.f, "PUT " RIG_LEASE))
            fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "me", 1, 3 + i, "run", ""));
        if (m->held == NULL)
            fake_run(&r.f, SEC / 1000);
    }
    held("the API server refused the delete");
}

Test(state_prune, one_that_cannot_be_read, .init = begin_many, .fini = end)
{
    prune();
    fake_answer(&r.f, at("GET", "a"), 403, rig_forbidden);
    held("it cannot be read right now");
}

/* The last ones created go first; of the same rank by name. In which order a map has them is a matter of chance. */
Test(state_prune, in_reverse_order)
{
    enum { EACH = 7 };
    static const char *const names[EACH] = {"a", "b", "c", "d", "e", "f", "g"};
    struct rig_object objects[2 * EACH + 1];
    for (size_t i = 0; i < EACH; i++) {
        objects[i] = (struct rig_object){"", "v1", "ConfigMap", "shop", names[i]};
        objects[EACH + i] = (struct rig_object){"apps", "v1", "Deployment", "shop", names[i]};
    }
    objects[2 * EACH] = (struct rig_object){"", "v1", "ConfigMap", "shop", "stays"};
    begin(KZ_MODE_RUN, objects, kz_countof(objects), 2 * EACH);
    prune();
    for (size_t i = 0; i < EACH; i++)
        fake_answer(&r.f, kz_str_printf(r.f.arena, "GET /apis/apps/v1/namespaces/shop/deployments/%s?", names[i]).ptr, 404,
                    rig_missing);
    for (size_t i = 0; i < EACH; i++)
        is_gone(names[i]);
    cr_expect_eq(m->state, KZ_MOD_OK);
    cr_expect(owns("stays"));
    end();
}

/* ---- what keeps it ------------------------------------------------------------------------------------------------ */

Test(state_prune, its_own_annotation)
{
    static const struct {
        const char *name, *extra;
        bool in_view; /* the watch has seen it before */
    } rows[] = {
        {"never", ",\"annotations\":{\"kubezero.com/prune\":\"never\"}", false},
        {"never, and seen before", ",\"annotations\":{\"kubezero.com/prune\":\"never\"}", true},
        {"of Helm", ",\"annotations\":{\"helm.sh/resource-policy\":\"keep\"}", false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin_many();
        if (rows[i].in_view) {
            kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
            struct kz_value *v = NULL;
            struct kz_err err;
            cr_assert_eq(kz_json_read(&v, a, kz_str(live("a", rows[i].extra)), KZ_STR("live"), &err), 0);
            (void)kz_lives_put(r.e->lives, v);
        }
        prune();
        fake_answer(&r.f, at("GET", "a"), 200, live("a", rows[i].extra));
        cr_expect_not(deletes(), "%s", rows[i].name);
        cr_expect_null(m->held, "%s: nobody has to approve anything", rows[i].name);
        cr_expect(owns("a"), "%s", rows[i].name);
        cr_expect_eq(m->state, KZ_MOD_OK);
        end();
    }
}

/* What stays by its own word is no part of the blast. */
Test(state_prune, what_is_kept_does_not_count)
{
    for (int kept = 0; kept < 2; kept++) {
        begin(KZ_MODE_APPLY, two, 2, 2);
        const char *a = live("a", kept ? ",\"annotations\":{\"kubezero.com/prune\":\"never\"}" : "");
        kz_autoarena struct kz_arena *arena = kz_arena_new(1 << 16);
        struct kz_value *v = NULL;
        struct kz_err err;
        cr_assert_eq(kz_json_read(&v, arena, kz_str(a), KZ_STR("live"), &err), 0);
        (void)kz_lives_put(r.e->lives, v);
        prune();
        fake_answer(&r.f, at("GET", "a"), 200, a);
        got("b");
        cr_expect_eq(fake_has(&r.f, at("DELETE", "b")), kept);
        end();
    }
}

static void set_confirm(void)
{
    r.e->opt.confirm_delete = true;
}

static void set_auto(void)
{
}

/* An annotation that does not protect reaches the rules. */
Test(state_prune, an_annotation_that_asks)
{
    static const struct {
        const char *word;
        void (*set)(void);
        bool goes;
    } rows[] = {{"auto", set_auto, true}, {"confirm", set_auto, false}, {"confirm", set_confirm, true}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin_many();
        rows[i].set();
        prune();
        fake_answer(&r.f, at("GET", "a"), 200,
                    live("a", kz_str_printf(r.f.arena, ",\"annotations\":{\"kubezero.com/prune\":\"%s\"}", rows[i].word).ptr));
        cr_expect_eq(deletes(), rows[i].goes, "%s", rows[i].word);
        end();
    }
}

static void failed_render(void)
{
    m->render_err = calloc(1, sizeof *m->render_err);
}

static void stale_source(void)
{
    r.e->source_fresh = false;
}

static void failed_step(void)
{
    m->step_failed = true;
}

static void wanted_by_other(void)
{
    struct kz_mod *other = rig_mod(&r, "other", &spec);
    (void)kz_map_put(&r.e->claims, KZ_STR("/ConfigMap/shop/a"), other);
}

static void no_prune(void)
{
    spec.prune = false;
}

static void is_paused(void)
{
    spec.paused = KZ_STR("the auditors are here");
}

static void retains(void)
{
    spec.retain = true;
}

static void first_cycle(void)
{
    r.e->resolves = 1;
}

static void is_reading(void)
{
    r.e->cycle = KZ_CYCLE_RENDER;
}

/* Each of the facts that the engine knows, alone, keeps the object. */
Test(state_prune, facts)
{
    static const struct {
        void (*set)(void);
        const char *want;
    } rows[] = {
        {failed_render, "did not render completely"},
        {stale_source, "source could not be read"},
        {failed_step, "could be applied"},
        {wanted_by_other, "another module wants it"},
        {no_prune, "paused, retained or does not prune"},
        {retains, "paused, retained or does not prune"},
        {first_cycle, "first full cycle"},
        {is_reading, "a newer revision is being read"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin_many();
        rows[i].set();
        prune();
        got("a");
        held(rows[i].want);
        cr_expect(owns("a"));
        end();
    }
}

/* ---- policy: nothing is asked while it holds all of them ------------------------------------------------------ */

static void expect_policy(const char *why, unsigned by)
{
    prune();
    held(why);
    cr_expect_not(fake_has(&r.f, "GET " CMS));
    cr_expect_eq(m->held_by, KZ_HELD_PRUNE | by, "%u", m->held_by);
    cr_expect(m->held_policy && !m->held_guarded);
    cr_expect(owns("a"));
}

Test(state_prune, a_pause, .init = begin_many, .fini = end)
{
    is_paused();
    expect_policy("its module is paused", 0);
}

Test(state_prune, an_approval_of_the_class, .init = begin_many, .fini = end)
{
    spec.approve = KZ_STR("restart");
    expect_policy("deletes need approval", KZ_HELD_APPROVAL);
}

Test(state_prune, an_approval_by_the_command, .init = begin_many, .fini = end)
{
    spec.approve = KZ_STR("destructive");
    set_confirm();
    prune();
    got("a");
    fake_answer(&r.f, at("DELETE", "a"), 404, rig_missing);
    cr_expect_eq(m->state, KZ_MOD_OK);
    cr_expect_not(owns("a"));
}

/* Changes of this class only at night, which is hours away. */
static void only_at_night(const char *cls)
{
    struct kz_value *schedule = NULL;
    struct kz_err err;
    const struct kz_str text = kz_str_printf(r.f.arena, "{windows: [{name: nightly, allow: '0 2 * * *', duration: 1h}], "
                                                        "default: {%s: [nightly]}}", cls);
    cr_assert_eq(kz_yaml_read(&schedule, r.f.arena, text, KZ_STR("in"), &err), 0);
    platform = (struct kz_platform){.schedule = schedule};
    kz_map_init(&platform.by_name);
    r.e->platform = &platform;
}

Test(state_prune, a_window, .init = begin_many, .fini = end)
{
    only_at_night("destructive");
    expect_policy("no window is open for deletes", KZ_HELD_WINDOW);
}

static void expect_late_policy(const char *why, unsigned by)
{
    held(why);
    cr_expect_eq(m->held_by, KZ_HELD_PRUNE | by, "%u", m->held_by);
    cr_expect(m->held_policy && !m->held_guarded, "its end is waited for, nothing else");
    cr_expect_eq(m->held_n, 1);
    cr_expect(owns("a"));
}

Test(state_prune, an_override_that_ends_before_the_answer, .init = begin_many, .fini = end)
{
    only_at_night("destructive");
    kz_engine_steer(r.e, KZ_STR("m"), &(struct kz_wishes){.override = {.reason = KZ_STR("CVE"), .until = r.f.now + SEC}});
    prune();
    fake_run(&r.f, SEC);
    got("a");
    expect_late_policy("no window is open for deletes", KZ_HELD_WINDOW);
}

Test(state_prune, a_pause_that_comes_before_the_answer, .init = begin_many, .fini = end)
{
    prune();
    is_paused();
    got("a");
    held("its module is paused");
    cr_expect(owns("a"));
}

Test(state_prune, an_approval_of_this_set, .init = begin_many, .fini = end)
{
    const struct kz_wishes w = {.approval = {.set = kz_want_content(m->want)}};
    spec.approve = KZ_STR("destructive");
    kz_engine_steer(r.e, KZ_STR("m"), &w);
    prune();
    got("a");
    cr_expect(deletes());
}

/* The DELETE got no answer and waits for its next try. */
static void delete_waits(void)
{
    prune();
    got("a");
    fake_break(&r.f, at("DELETE", "a"), KZ_E_REMOTE, true);
    cr_assert_eq(m->state, KZ_MOD_PRUNE);
}

static void until_it_rests(void)
{
    for (int i = 0; i < 1000 && m->state == KZ_MOD_PRUNE; i++)
        fake_run(&r.f, SEC / 1000);
}

Test(state_prune, a_pause_that_comes_while_a_delete_waits, .init = begin_many, .fini = end)
{
    delete_waits();
    is_paused();
    until_it_rests();
    expect_late_policy("its module is paused", 0);
}

/* ---- a newer set that waits for its window ------------------------------------------------------------------------ */

/* It wants the ConfigMaps from `first` on. */
static void newer_set_waits(size_t first)
{
    only_at_night("routine");
    kz_hold_take(m, want_from(many, kz_countof(many), first));
    cr_assert_not_null(m->hold);
}

Test(state_prune, what_a_waiting_set_wants_stays)
{
    begin(KZ_MODE_RUN, many, kz_countof(many), 2);
    newer_set_waits(1);
    prune();
    got("a");
    fake_answer(&r.f, at("DELETE", "a"), 200, "{}");
    fake_run(&r.f, SEC / 10);
    is_gone("a");
    cr_expect_eq(m->state, KZ_MOD_OK);
    cr_expect_eq(m->pruned, 1);
    cr_expect_not(owns("a"));
    cr_expect(owns("b"));
    cr_expect_null(m->held, "it will be wanted again");
    end();
}

Test(state_prune, a_newer_set_that_wants_it_while_a_delete_waits, .init = begin_many, .fini = end)
{
    delete_waits();
    newer_set_waits(0);
    until_it_rests();
    cr_expect_eq(m->state, KZ_MOD_OK);
    cr_expect_not(deletes());
    cr_expect(owns("a"));
    cr_expect_null(m->held, "nobody has to do anything");
}

/* What a guard asks of a person is given with the set, too. */
static void begin_blast(void)
{
    begin(KZ_MODE_RUN, two, kz_countof(two), 2);
}

Test(state_prune, a_guard_that_an_approval_opens, .init = begin_blast, .fini = end)
{
    prune();
    got("a");
    got("b");
    held("everything that the module has would go");
    cr_expect_eq(m->held_by, KZ_HELD_PRUNE | KZ_HELD_APPROVAL);
    cr_expect(m->held_guarded && !m->held_policy);
    const struct kz_wishes other = {.approval = {.set = {1, 2}}}, w = {.approval = {.set = kz_want_content(m->want)}};
    kz_engine_steer(r.e, KZ_STR("m"), &other);
    fake_run(&r.f, SEC);
    cr_expect_eq(m->state, KZ_MOD_OK, "of another set");
    kz_engine_steer(r.e, KZ_STR("m"), &w);
    fake_run(&r.f, SEC);
    got("a");
    cr_expect(deletes());
}

/* A command is its own first cycle: it has just read everything. */
Test(state_prune, the_first_cycle_of_an_apply)
{
    begin(KZ_MODE_APPLY, many, kz_countof(many), 1);
    first_cycle();
    prune();
    got("a");
    cr_expect(deletes());
    end();
}

Test(state_prune, nothing_is_left)
{
    begin(KZ_MODE_APPLY, two, 2, 2);
    prune();
    got("a");
    got("b");
    cr_expect_eq(m->held_n, 2);
    held("everything that the module has would go");
    end();
}

/* A module that was removed is measured against the platform. */
Test(state_prune, a_removed_module)
{
    for (int big = 0; big < 2; big++) {
        begin(KZ_MODE_RUN, two, 2, 2);
        m->removed = true;
        for (int i = 0; big && i < 10; i++) {
            struct kz_str name = kz_str_printf(r.f.arena, "x%d", i);
            const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), name};
            (void)kz_store_add(r.e->store, kz_store_module(r.e->store, KZ_STR("rest")), kz_id_key(r.f.arena, &id), &id,
                               KZ_STR("v1"), 0);
        }
        prune();
        got("a");
        cr_expect_eq(deletes(), big);
        end();
    }
}

static const struct kz_value *read_json(const char *text)
{
    struct kz_value *v;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&v, r.f.arena, kz_str(text), KZ_STR("object"), &err), 0);
    return v;
}

/* What its objects say of its end: let go, or ask. */
Test(state_prune, a_removed_module_whose_objects_have_a_say)
{
    static const struct {
        const char *word;
        bool approved, goes, owned, known; /* known: the watch has told of it */
        const char *want;
    } rows[] = {
        {"orphan", false, false, false, false, NULL},
        {"orphan", false, false, false, true, NULL},
        {"confirm", false, false, true, false, "asks for approval"},
        {"confirm", true, true, true, false, NULL},
        {"delete", false, true, true, true, NULL},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin(KZ_MODE_RUN, two, 2, 2);
        m->removed = true;
        for (int k = 0; k < 10; k++) {
            const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), kz_str_printf(r.f.arena, "x%d", k)};
            (void)kz_store_add(r.e->store, kz_store_module(r.e->store, KZ_STR("rest")), kz_id_key(r.f.arena, &id), &id,
                               KZ_STR("v1"), 0);
        }
        if (rows[i].approved)
            set_confirm();
        if (rows[i].known)
            (void)kz_lives_put(r.e->lives, read_json(live("a", kz_str_printf(r.f.arena, ",\"annotations\":{\"kubezero.com/on-delete\":\"%s\"}", rows[i].word).ptr)));
        prune();
        fake_answer(&r.f, at("GET", "a"), 200, live("a", kz_str_printf(r.f.arena, ",\"annotations\":{\"kubezero.com/on-delete\":\"%s\"}", rows[i].word).ptr));
        fake_run(&r.f, 0);
        cr_expect_eq(deletes(), rows[i].goes, "%s", rows[i].word);
        cr_expect_eq(owns("a"), rows[i].owned, "%s", rows[i].word);
        if (rows[i].want != NULL) {
            got("b");
            cr_assert_not_null(m->held);
        }
        end();
    }
}

/* An object that moved to another module just before kzsync was killed stands in the inventory twice. */
Test(state_prune, what_has_moved_is_forgotten)
{
    static const struct {
        const char *module;
        bool known, has_it, forgotten;
    } rows[] = {{"other", true, true, true}, {"other", true, false, false}, {"other", false, false, false}, {"m", true, true, false}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        static struct kz_module spec_of_other = {.name = KZ_STR_INIT("other"), .enabled = true};
        begin_many();
        const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), KZ_STR("a")};
        if (rows[i].known)
            (void)rig_mod(&r, "other", &spec_of_other);
        if (rows[i].has_it)
            (void)kz_store_add(r.e->store, kz_store_module(r.e->store, KZ_STR("other")), kz_id_key(r.f.arena, &id), &id, KZ_STR("v1"), 0);
        prune();
        fake_answer(&r.f, at("GET", "a"), 200,
                    kz_str_printf(r.f.arena, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\","
                                             "\"uid\":\"u-a\",\"resourceVersion\":\"5\",\"labels\":{\"kubezero.com/platform\":\"p\","
                                             "\"kubezero.com/module\":\"%s\"}}}", rows[i].module).ptr);
        cr_expect_eq(owns("a"), !rows[i].forgotten, "%zu", i);
        if (rows[i].forgotten)
            cr_expect_null(m->held);
        end();
    }
}

/* What will be let go of does not count as a removal. */
Test(state_prune, a_removed_module_of_which_something_is_let_go)
{
    begin(KZ_MODE_RUN, two, 2, 2);
    m->removed = true;
    for (int k = 0; k < 10; k++) {
        const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), kz_str_printf(r.f.arena, "x%d", k)};
        (void)kz_store_add(r.e->store, kz_store_module(r.e->store, KZ_STR("rest")), kz_id_key(r.f.arena, &id), &id, KZ_STR("v1"), 0);
    }
    (void)kz_lives_put(r.e->lives, read_json(live("b", ",\"annotations\":{\"kubezero.com/on-delete\":\"orphan\"}")));
    prune();
    got("a");
    cr_expect(deletes());
    end();
}

Test(state_prune, a_disabled_module_that_retains)
{
    begin(KZ_MODE_RUN, two, 2, 2);
    m->removed = true;
    spec.retain = true;
    prune();
    cr_expect_eq(m->state, KZ_MOD_OK);
    cr_expect_not(owns("a"));
    cr_expect_not(owns("b"));
    cr_expect_not(fake_has(&r.f, CMS));
    end();
}

static void nothing(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err;
}

/* A shard that cannot be read may name what would be an orphan: nothing goes. */
Test(state_prune, an_inventory_that_is_not_trusted, .init = begin_many, .fini = end)
{
    kz_store_free(r.e->store);
    r.e->store = kz_store_new(&r.f.env, r.kube, KZ_STR("kz"), KZ_STR("p"), false);
    kz_store_load(r.e->store, nothing, NULL);
    fake_answer(&r.f, "GET /api/v1/namespaces/kz/configmaps?", 200,
                "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[{\"metadata\":{"
                "\"name\":\"kzsync-inventory-p-0\",\"resourceVersion\":\"7\"},\"data\":{\"inventory\":\"{}\"}}]}");
    struct kz_store_module *rec = kz_store_module(r.e->store, KZ_STR("m"));
    for (size_t i = 0; i < 2; i++) {
        const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), kz_str(two[i].name)};
        struct kz_str key = kz_id_key(r.f.arena, &id);
        (void)kz_store_add(r.e->store, rec, key, &id, KZ_STR("v1"), 0);
        kz_store_confirm(r.e->store, rec, key, kz_str_printf(r.f.arena, "u-%s", two[i].name), (struct kz_hash){1, 2},
                         (struct kz_hash){3, 4});
    }
    prune();
    got("a");
    held("the inventory cannot be trusted");
}

/* ---- custom resources ------------------------------------------------------------------------------------------------ */

#define CRDS "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com"

static const struct rig_object with_crd[] = {
    {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "", "things.example.com"},
    {"", "v1", "ConfigMap", "shop", "b"}, {"", "v1", "ConfigMap", "shop", "c"},
};

static const char *crd(const char *group, const char *kind, const char *extra)
{
    return kz_str_printf(r.f.arena, "{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\",\"metadata\":{"
                                    "\"name\":\"things.example.com\",\"uid\":\"u-things.example.com\",\"resourceVersion\":\"5\","
                                    "\"labels\":{\"kubezero.com/platform\":\"p\",\"kubezero.com/module\":\"m\"}%s},"
                                    "\"spec\":{\"group\":\"%s\",\"names\":{\"kind\":\"%s\"}}}", extra, group, kind).ptr;
}

static void lists(const char *items)
{
    if (items == NULL)
        fake_answer(&r.f, "GET /apis/apps/v1/deployments?", 403, rig_forbidden);
    else if (items[0] != '\0')
        fake_answer(&r.f, "GET /apis/apps/v1/deployments?", 200,
                    kz_str_printf(r.f.arena, "{\"kind\":\"DeploymentList\",\"metadata\":{},\"items\":%s}", items).ptr);
}

#define ONE "[{\"metadata\":{\"name\":\"d\",\"namespace\":\"shop\"}}]"

/* Its instances are listed before anything of the module goes, for it goes with their controller, and counted
 * again just before the type goes. Who cannot be counted, or exists, keeps all of it, approved or not. */
Test(state_prune, a_crd_with_and_without_instances)
{
    static const struct {
        const char *name, *group, *kind, *before, *then; /* NULL: refused; "": the kind is not served */
        const char *want;
    } rows[] = {
        {"none", "apps", "Deployment", "[]", "[]", NULL},
        {"one", "apps", "Deployment", ONE, "[]", "Deployment shop/d stays, and may need what would go here"},
        {"not to be listed", "apps", "Deployment", NULL, "[]", "is not known"},
        {"not served", "example.com", "Thing", "", "[]", "is not known"},
        {"one was made meanwhile", "apps", "Deployment", "[]", ONE, "custom resources of it exist"},
        {"not to be listed any more", "apps", "Deployment", "[]", NULL, "is not known"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin(KZ_MODE_APPLY, with_crd, kz_countof(with_crd), 1);
        set_confirm();
        prune();
        fake_answer(&r.f, "GET " CRDS "?", 200, crd(rows[i].group, rows[i].kind, ""));
        lists(rows[i].before);
        fake_run(&r.f, 0);
        if (fake_has(&r.f, "GET " CRDS "?")) {
            fake_answer(&r.f, "GET " CRDS "?", 200, crd(rows[i].group, rows[i].kind, ""));
            lists(rows[i].then);
            fake_run(&r.f, 0);
        }
        if (rows[i].want != NULL)
            held(rows[i].want);
        else
            cr_expect(fake_has(&r.f, "DELETE " CRDS), "%s", rows[i].name);
        end();
    }
}

#define KEEP "\"annotations\":{\"kubezero.com/prune\":\"never\"}"

static const char *deployment(const char *name, const char *ns, const char *notes)
{
    return kz_str_printf(r.f.arena, "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"%s\",%s"
                                    "\"uid\":\"u-%s\",\"resourceVersion\":\"5\",%s\"labels\":{\"kubezero.com/platform\":\"p\","
                                    "\"kubezero.com/module\":\"m\"}}}", name, ns, name, notes).ptr;
}

/* Its own custom resources go with it, but for one that is kept. */
Test(state_prune, a_crd_whose_instances_are_of_the_same_module)
{
    static const struct rig_object owned[] = {
        {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "", "things.example.com"},
        {"apps", "v1", "Deployment", "shop", "d"}, {"apps", "v1", "Deployment", "", "wide"},
    };
    static const struct {
        const char *list, *kept, *want;
    } rows[] = {
        {ONE, NULL, NULL},
        {"[{\"metadata\":{\"name\":\"wide\"}}]", NULL, NULL},
        {"[{\"metadata\":{\"name\":\"other\"}}]", NULL, "Deployment other stays, and may need what would go here"},
        {ONE, "d", "Deployment shop/d stays, and may need what would go here"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin(KZ_MODE_APPLY, owned, kz_countof(owned), kz_countof(owned));
        set_confirm();
        if (rows[i].kept != NULL)
            (void)kz_lives_put(r.e->lives, read_json(deployment("d", "\"namespace\":\"shop\",", KEEP ",")));
        prune();
        fake_answer(&r.f, "GET " CRDS "?", 200, crd("apps", "Deployment", ""));
        lists(rows[i].list);
        fake_run(&r.f, 0);
        if (rows[i].kept != NULL) /* which is looked at, and stays by its own word */
            fake_answer(&r.f, "GET /apis/apps/v1/namespaces/shop/deployments/d?", 200,
                        deployment("d", "\"namespace\":\"shop\",", KEEP ","));
        if (rows[i].want != NULL)
            held(rows[i].want);
        else
            cr_expect_null(m->held);
        end();
    }
}

/* Custom resources are looked for again when modules have got new wishes meanwhile. */
Test(state_prune, a_crd_that_is_needed_after_all)
{
    begin(KZ_MODE_APPLY, with_crd, kz_countof(with_crd), kz_countof(with_crd));
    set_confirm();
    prune();
    fake_answer(&r.f, "GET " CRDS "?", 200, crd("apps", "Deployment", ""));
    lists("[]");
    fake_answer(&r.f, at("GET", "b"), 403, rig_forbidden);
    r.e->settles++;
    fake_answer(&r.f, at("GET", "c"), 403, rig_forbidden);
    fake_answer(&r.f, "GET " CRDS "?", 200, crd("apps", "Deployment", ""));
    lists(ONE);
    held("Deployment shop/d stays, and may need what would go here");
    cr_expect_eq(m->held_n, 3);
    end();
}

/* What another module wants of the kind may be made at any moment. */
Test(state_prune, a_crd_of_a_kind_that_another_module_wants)
{
    static const struct {
        const char *ns;
        bool coming;
        const char *want;
    } rows[] = {
        {"\"namespace\":\"shop\",", false, "module other wants Deployment shop/d"},
        {"\"namespace\":\"shop\",", true, "module other wants Deployment shop/d"},
        {"", false, "module other wants Deployment d"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin(KZ_MODE_APPLY, with_crd, kz_countof(with_crd), 1);
        struct kz_module idle = {.name = KZ_STR("idle")}, wants = {.name = KZ_STR("other")};
        (void)rig_mod(&r, "idle", &idle);
        struct kz_mod *other = rig_mod(&r, "other", &wants);
        const struct kz_want_row row = {.json = kz_str(deployment("d", rows[i].ns, ""))};
        struct kz_want *w = NULL;
        struct kz_err err;
        cr_assert_eq(kz_want_restore(&w, KZ_STR("4be91d2"), KZ_STR(""), (struct kz_hash){7, 7}, &row, 1, &err), 0);
        if (rows[i].coming)
            other->next = w;
        else
            other->want = w;
        set_confirm();
        prune();
        fake_answer(&r.f, "GET " CRDS "?", 200, crd("apps", "Deployment", ""));
        fake_run(&r.f, 0);
        held(rows[i].want);
        end();
    }
}

/* The type itself: gone already, not to be read, or wanted by another module. */
Test(state_prune, a_crd_whose_instances_are_not_asked_for)
{
    static const struct {
        int status;
        const char *want;
    } rows[] = {{404, NULL}, {403, "is not known"}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin(KZ_MODE_APPLY, with_crd, kz_countof(with_crd), 1);
        set_confirm();
        prune();
        fake_answer(&r.f, "GET " CRDS "?", rows[i].status, rows[i].status == 404 ? rig_missing : rig_forbidden);
        fake_run(&r.f, 0);
        if (rows[i].want != NULL)
            held(rows[i].want);
        else
            cr_expect(fake_has(&r.f, "GET " CRDS "?"), "its entry goes by the same way as others");
        end();
    }
}

Test(state_prune, a_count_that_comes_too_late)
{
    begin(KZ_MODE_RUN, with_crd, kz_countof(with_crd), 1);
    prune();
    fake_answer(&r.f, "GET " CRDS "?", 200, crd("apps", "Deployment", ""));
    lists("[]");
    fake_answer(&r.f, "GET " CRDS "?", 200, crd("apps", "Deployment", ""));
    kz_mod_on(m, KZ_EV_FAILED);
    lists("[]");
    cr_expect_not(deletes());
    end();
}

Test(state_prune, a_first_count_that_comes_too_late)
{
    for (int listing = 0; listing < 2; listing++) {
        begin(KZ_MODE_RUN, with_crd, kz_countof(with_crd), 1);
        prune();
        if (listing == 1)
            fake_answer(&r.f, "GET " CRDS "?", 200, crd("apps", "Deployment", ""));
        kz_mod_on(m, KZ_EV_FAILED);
        if (listing == 1)
            lists(ONE);
        else
            fake_answer(&r.f, "GET " CRDS "?", 200, crd("apps", "Deployment", ""));
        cr_expect_not(deletes());
        cr_expect_null(m->held);
        end();
    }
}

/* ---- time and change on the way ------------------------------------------------------------------------------------------ */

/* Another state was entered while the request was on its way: its answer counts for nothing. */
Test(state_prune, answers_that_come_too_late)
{
    for (int deleting = 0; deleting < 2; deleting++) {
        begin_many();
        prune();
        if (deleting)
            got("a");
        kz_mod_on(m, KZ_EV_FAILED);
        if (deleting)
            fake_answer(&r.f, at("DELETE", "a"), 200, "{}");
        else
            got("a");
        cr_expect_eq(m->pruned, 0);
        cr_expect(owns("a"));
        cr_expect_not(deletes());
        end();
    }
}

/* A newer set is taken between two objects. */
Test(state_prune, a_newer_set_comes_first)
{
    begin(KZ_MODE_RUN, many, kz_countof(many), 2);
    prune();
    m->next = want_from(many, kz_countof(many), 0);
    got("a");
    cr_expect_eq(m->state, KZ_MOD_JOURNAL);
    cr_expect_not(deletes());
    cr_expect_null(m->held);
    end();
}

/* The entry may go while the answer is awaited: another module has taken the object over. */
Test(state_prune, its_entry_is_gone, .init = begin_many, .fini = end)
{
    prune();
    kz_store_forget(r.e->store, kz_store_module(r.e->store, KZ_STR("m")), KZ_STR("/ConfigMap/shop/a"));
    got("a");
    cr_expect_not(deletes());
    cr_expect_null(m->held);
    cr_expect_eq(m->state, KZ_MOD_OK);
}

/* The watch has seen its end already: that answer is an old one. */
Test(state_prune, an_answer_from_before_its_end)
{
    begin_many();
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&v, a, kz_str(live("a", "")), KZ_STR("live"), &err), 0);
    prune();
    (void)kz_lives_put(r.e->lives, v);
    kz_lives_gone(r.e->lives, KZ_STR("/ConfigMap/shop/a"));
    fake_answer(&r.f, at("GET", "a"), 200, "{\"status\":\"no object at all\"}");
    held("it cannot be read right now");
    end();
}

/* What is held stays held in this pass, also when its entry goes in the middle of it. */
Test(state_prune, held_and_then_gone)
{
    begin(KZ_MODE_RUN, many, kz_countof(many), 2);
    prune();
    fake_answer(&r.f, at("GET", "a"), 403, rig_forbidden);
    kz_store_forget(r.e->store, kz_store_module(r.e->store, KZ_STR("m")), KZ_STR("/ConfigMap/shop/a"));
    is_gone("b");
    cr_expect_eq(m->state, KZ_MOD_OK);
    cr_expect_eq(m->held_n, 1);
    end();
}

static void get_late(void)
{
    fake_run(&r.f, 2 * SEC);
    fake_break(&r.f, "PUT " RIG_LEASE, KZ_E_REMOTE, false);
    fake_run(&r.f, 4 * SEC);
    cr_assert_not(kz_engine_may_write(r.e));
}

static void renewed(void)
{
    fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "me", 1, 3, "run", ""));
    cr_assert(kz_engine_may_write(r.e));
    fake_run(&r.f, SEC);
}

/* Without a lease there is no DELETE; it is asked anew when the lease is there again. */
Test(state_prune, the_lease_is_late, .init = begin_many, .fini = end)
{
    get_late();
    prune();
    got("a");
    cr_expect_not(deletes());
    cr_expect_str_eq(m->waiting_for, "the lease is not renewed");
    renewed();
    got("a");
    cr_expect(deletes());
}

/* The same when the DELETE had no good end meanwhile: whether it was the lease is not asked, it is begun anew. */
Test(state_prune, a_delete_that_failed_with_the_lease, .init = begin_many, .fini = end)
{
    prune();
    got("a");
    get_late();
    fake_answer(&r.f, at("DELETE", "a"), 403, rig_forbidden);
    cr_expect(owns("a"));
    cr_expect_null(m->held);
    renewed();
    got("a");
    cr_expect(deletes());
}

/* What would hold every object of a removed module, asked before its hooks run. */
Test(state_prune, what_holds_all_of_a_module)
{
    begin(KZ_MODE_APPLY, two, 2, 2);
    m->removed = true;
    cr_expect_not_null(kz_prune_held(m), "all that the platform has");
    set_confirm();
    cr_expect_null(kz_prune_held(m));
    m->render_err = calloc(1, sizeof *m->render_err);
    cr_expect_str_eq(kz_prune_held(m), "its module did not render completely");
    end();
}

/* kzsync was asked to end, or another one leads. */
Test(state_prune, it_is_ending)
{
    for (int late = 0; late < 2; late++) {
        begin_many();
        prune();
        if (late)
            get_late();
        r.e->stopped = true;
        got("a");
        cr_expect_not(deletes());
        cr_expect_not_null(m->held);
        cr_expect_str_eq(m->held, late ? "the lease of this kzsync runs out" : "kzsync is ending, or another one leads");
        end();
    }
}

/* Its group did not answer the last discovery: what the API server says of it now is not all there is. */
Test(state_prune, a_kind_of_a_stale_group, .init = begin_many, .fini = end)
{
    char *core = strdup(fake_core), *fresh = strstr(core, "\"Current\"");
    memcpy(fresh, "\"Stale\"  ", strlen("\"Current\""));
    kz_kube_discover(r.kube, nothing, NULL);
    fake_answer(&r.f, "GET /version", 200, "{\"major\":\"1\",\"gitVersion\":\"v1.32.0\"}");
    fake_answer(&r.f, "GET /apis", 200, fake_groups);
    fake_answer(&r.f, "GET /api ", 200, core);
    free(core);
    prune();
    got("a");
    held("did not list its kind");
}
