/* SPDX-License-Identifier: Apache-2.0
 *
 * In which order removed modules go, and which custom resources keep the others. */
#include "rig.h"

#include <criterion/criterion.h>

#include "value/json.h"

static struct rig r;
static struct kz_module specs[8];
static size_t n_specs;

static void begin_in(enum kz_mode mode)
{
    rig_init(&r, &(struct kz_engine_options){.mode = mode});
    if (mode != KZ_MODE_PLAN)
        rig_lead(&r);
    rig_store(&r, NULL, 0);
    n_specs = 0;
}

static void begin(void)
{
    begin_in(KZ_MODE_RUN);
}

static void end(void)
{
    rig_done(&r);
}

static struct kz_store_module *record(const struct kz_mod *m)
{
    return kz_store_module(r.e->store, kz_str(m->name));
}

static void own(const struct kz_mod *m, const char *group, const char *kind, const char *ns, const char *name)
{
    const struct kz_id id = {kz_str(group), kz_str(kind), kz_str(ns), kz_str(name)};
    (void)kz_store_add(r.e->store, record(m), kz_id_key(r.f.arena, &id), &id, KZ_STR("v1"), 0);
}

/* A module that owns a ConfigMap, on its way out; after: what it depended on. */
static struct kz_mod *leaving(const char *name, const char *after)
{
    struct kz_module *spec = &specs[n_specs++];
    *spec = (struct kz_module){.name = kz_str(name)};
    struct kz_mod *m = rig_mod(&r, name, spec);
    m->removed = true;
    m->state = KZ_MOD_WAIT;
    own(m, "", "ConfigMap", "shop", name);
    (void)kz_store_set_after(r.e->store, record(m), kz_str(after));
    return m;
}

static void waits(struct kz_mod *m, const char *why)
{
    cr_expect_not(kz_takedown_ready(m), "%s", m->name);
    cr_expect_str_eq(m->waiting_for, why);
}

static void is_removed(struct kz_mod *m)
{
    m->state = KZ_MOD_OK;
    m->want = kz_want_empty(KZ_STR("4be91d2"), NULL);
}

/* ---- what is remembered ---------------------------------------------------------------------------------- */

Test(takedown, dependencies_are_remembered_as_they_are, .init = begin, .fini = end)
{
    struct kz_depend depends[] = {{.module = KZ_STR("low")}, {.module = KZ_STR("missing"), .optional = true},
                                  {.module = KZ_STR("gone")}, {.object = {.kind = KZ_STR("Node"), .name = KZ_STR("a")}},
                                  {.module = KZ_STR("net")}};
    struct kz_module low = {.name = KZ_STR("low")}, net = {.name = KZ_STR("net")};
    struct kz_module top = {.name = KZ_STR("top"), .depends = depends, .n_depends = kz_countof(depends)};
    (void)rig_mod(&r, "low", &low);
    (void)rig_mod(&r, "net", &net);
    (void)leaving("gone", "");
    struct kz_mod *m = rig_mod(&r, "top", &top);
    kz_takedown_settle(r.e);
    cr_expect_str_eq(record(m)->after, "low,net");
    cr_expect_lt(record(m)->shard, 0, "nothing is written for a module that has nothing");
    kz_store_touch(r.e->store, record(m));
    top.n_depends = 1;
    kz_takedown_settle(r.e);
    cr_expect_str_eq(record(m)->after, "low");
    cr_expect_not(kz_store_clean(r.e->store));
    own(m, "", "ConfigMap", "shop", "top");
    top.n_depends = 0;
    kz_takedown_settle(r.e);
    cr_expect_null(record(m)->after);
}

Test(takedown, a_plan_remembers_nothing)
{
    begin_in(KZ_MODE_PLAN);
    struct kz_mod *low = leaving("low", ""), *top = leaving("top", "low");
    kz_takedown_settle(r.e);
    cr_expect_eq(low->first.len + top->first.len, 0);
    end();
}

/* ---- the order --------------------------------------------------------------------------------------------- */

Test(takedown, what_depended_on_a_module_goes_before_it, .init = begin, .fini = end)
{
    struct kz_mod *low = leaving("low", "was,top"), *top = leaving("top", "low");
    (void)kz_store_set_after(r.e->store, record(low), KZ_STR("was"));
    kz_takedown_settle(r.e);
    kz_takedown_settle(r.e); /* each cycle */
    cr_expect(kz_takedown_ready(top));
    waits(low, "after top, which is not gone yet and depended on it");
    cr_expect_not(low->skipped);
    top->state = KZ_MOD_FAILED;
    top->timer = kz_env_timer(&r.f.env, KZ_NS_PER_SEC, (void (*)(void *, uint64_t))0, NULL);
    waits(low, "after top, which is not gone yet and depended on it");
    cr_expect(low->skipped);
    kz_env_timer_stop(&r.f.env, &top->timer);
    is_removed(top);
    top->want->removal = false; /* its set is still the one from before */
    waits(low, "after top, which is not gone yet and depended on it");
    top->want->removal = true;
    top->held_n = 1;
    waits(low, "after top, which is not gone yet and depended on it");
    top->held_n = 0;
    cr_expect(kz_takedown_ready(low), "what it has left is kept on purpose");
    top->state = KZ_MOD_WAIT;
    const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), KZ_STR("top")};
    kz_store_forget(r.e->store, record(top), kz_id_key(r.f.arena, &id));
    cr_expect(kz_takedown_ready(low));
}

Test(takedown, custom_resources_go_before_their_controller, .init = begin, .fini = end)
{
    struct kz_mod *operator = leaving("operator", ""), *user = leaving("user", ""), *other = leaving("other", "");
    own(operator, "apiextensions.k8s.io", "CustomResourceDefinition", "", "deployments.apps");
    own(operator, "apps", "Deployment", "shop", "its-own");
    own(user, "apps", "Deployment", "shop", "one");
    own(user, "apps", "Deployment", "shop", "two");
    own(other, "example.com", "Unserved", "shop", "three");
    kz_takedown_settle(r.e);
    cr_expect_eq(operator->first.len, 1);
    cr_expect(kz_takedown_ready(user) && kz_takedown_ready(other));
    waits(operator, "after user, which is not gone yet and has custom resources of this module's kinds");
}

/* Metrics depend on certificates, and certificates have a custom resource for metrics. */
Test(takedown, custom_resources_win_over_dependencies, .init = begin, .fini = end)
{
    struct kz_mod *metrics = leaving("metrics", "certs,base"), *certs = leaving("certs", "");
    struct kz_mod *a = leaving("a", "metrics"), *b = leaving("b", "metrics"), *top = leaving("top", "a,b");
    struct kz_mod *base = leaving("base", "");
    own(metrics, "apiextensions.k8s.io", "CustomResourceDefinition", "", "deployments.apps");
    own(certs, "apps", "Deployment", "shop", "one");
    kz_takedown_settle(r.e);
    cr_expect(kz_takedown_ready(certs), "%s", certs->waiting_for);
    cr_expect(kz_takedown_ready(top));
    cr_expect_not(kz_takedown_ready(a));
    cr_expect_not(kz_takedown_ready(b));
    cr_expect_not(kz_takedown_ready(metrics));
    cr_expect_not(kz_takedown_ready(base));
    cr_expect_eq(metrics->first.len, 3);
}

/* Each has custom resources of the other's kind: none waits to begin, and only these may go at first. */
Test(takedown, custom_resources_of_each_other_go_crosswise, .init = begin, .fini = end)
{
    static const struct kz_id one = {KZ_STR_INIT("apps"), KZ_STR_INIT("Deployment"), KZ_STR_INIT("shop"), KZ_STR_INIT("one")};
    static const struct kz_id map = {KZ_STR_INIT(""), KZ_STR_INIT("ConfigMap"), KZ_STR_INIT("shop"), KZ_STR_INIT("a")};
    struct kz_mod *a = leaving("a", "b"), *b = leaving("b", ""), *c = leaving("c", "a");
    own(a, "apiextensions.k8s.io", "CustomResourceDefinition", "", "configmaps.");
    own(a, "apps", "Deployment", "shop", "one");
    own(b, "apiextensions.k8s.io", "CustomResourceDefinition", "", "deployments.apps");
    kz_takedown_settle(r.e);
    waits(a, "after c, which is not gone yet and depended on it");
    is_removed(c);
    cr_expect(kz_takedown_ready(a), "%s", a->waiting_for);
    cr_expect(kz_takedown_ready(b), "%s", b->waiting_for);
    cr_expect_eq(kz_takedown_crossed(a), b);
    cr_expect_eq(kz_takedown_crossed(b), a);
    cr_expect_null(kz_takedown_crossed(c));
    cr_expect(kz_takedown_goes_ahead(a, &one));
    cr_expect_not(kz_takedown_goes_ahead(a, &map));
    kz_store_forget(r.e->store, record(a), kz_id_key(r.f.arena, &one));
    cr_expect_null(kz_takedown_crossed(b), "what was waited for has gone");
    cr_expect_eq(kz_takedown_crossed(a), b);
}

/* ---- hooks from the history ------------------------------------------------------------------------------ */

static struct kz_mod *forgotten(void)
{
    struct kz_mod *m = leaving("m", "");
    m->state = KZ_MOD_JOURNAL;
    m->want = kz_want_empty(KZ_STR("4be91d2"), NULL);
    m->steps = calloc(1, sizeof *m->steps);
    cr_assert_not(kz_takedown_recall(m), "whose set is known");
    m->want->forgotten = true;
    cr_assert(kz_takedown_recall(m));
    fake_run(&r.f, 0);
    return m;
}

static void answer(int status)
{
    fake_answer(&r.f, "/secrets?", status,
                status == 200 ? "{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[]}"
                              : rig_forbidden);
    fake_run(&r.f, 0);
}

static void is_written(void)
{
    fake_answer(&r.f, "PUT /api/v1/namespaces/kz/configmaps/kzsync-inventory-p-0?", 200, "{\"metadata\":{\"resourceVersion\":\"8\"}}");
    fake_run(&r.f, 0);
}

Test(takedown, a_history_that_cannot_be_read_holds_up_nothing, .init = begin, .fini = end)
{
    struct kz_mod *m = forgotten();
    answer(403);
    cr_expect_neq(m->state, KZ_MOD_FAILED);
    cr_expect_not(m->want->forgotten);
    is_written();
}

Test(takedown, an_answer_that_comes_too_late, .init = begin, .fini = end)
{
    struct kz_mod *m = forgotten();
    m->epoch++;
    answer(200);
    cr_expect(m->want->forgotten);
}

Test(takedown, a_newer_set_comes_first, .init = begin, .fini = end)
{
    struct kz_mod *m = forgotten();
    struct kz_want *next = kz_want_empty(KZ_STR("5cf91d2"), NULL);
    m->next = next;
    answer(200);
    cr_expect_eq(m->want, next);
    is_written();
}
