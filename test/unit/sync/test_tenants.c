/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose rules hold for a module now, and whose an object stays. */
#include "rig.h"

#include <criterion/criterion.h>

#include "sync/tenants.h"
#include "value/yaml.h"

static struct rig r;
static struct kz_str in_shop[] = {KZ_STR_INIT("shop")}, anywhere[] = {KZ_STR_INIT("*")}, maps[] = {KZ_STR_INIT("ConfigMap")};
static const struct kz_tenant_kinds kinds[] = {{.group = KZ_STR_INIT(""), .kinds = {maps, 1}}};
static struct kz_tenant tenants[2];
static struct kz_platform platform = {.tenants = tenants, .n_tenants = 2};
static struct kz_module specs[8];
static size_t n_specs;

static void begin(void)
{
    tenants[0] = (struct kz_tenant){.name = KZ_STR("a"), .user = KZ_STR("robot-a"), .namespaces = {in_shop, 1},
                                    .kinds = kinds, .n_kinds = 1};
    tenants[1] = tenants[0];
    tenants[1].name = KZ_STR("b");
    tenants[1].namespaces = (struct kz_names){anywhere, 1};
    rig_init(&r, &(struct kz_engine_options){.mode = KZ_MODE_RUN});
    rig_lead(&r);
    rig_store(&r, NULL, 0);
    r.e->platform = &platform;
    n_specs = 0;
}

static void end(void)
{
    r.e->platform = NULL;
    rig_done(&r);
}

static struct kz_mod *module(const char *name, const struct kz_tenant *t)
{
    struct kz_module *spec = &specs[n_specs++];
    *spec = (struct kz_module){.name = kz_str(name), .tenant = t, .user = t == NULL ? KZ_STR("") : t->user};
    struct kz_mod *m = rig_mod(&r, name, spec);
    m->removed = false;
    return m;
}

static struct kz_id map_in(const char *ns)
{
    return (struct kz_id){KZ_STR(""), KZ_STR("ConfigMap"), kz_str(ns), KZ_STR("x")};
}

static void own(const struct kz_mod *m, const char *ns)
{
    const struct kz_id id = map_in(ns);
    (void)kz_store_add(r.e->store, kz_store_module(r.e->store, kz_str(m->name)), kz_id_key(r.f.arena, &id), &id, KZ_STR("v1"), 0);
}

static struct kz_str key_in(const char *ns)
{
    const struct kz_id id = map_in(ns);
    return kz_id_key(r.f.arena, &id);
}

Test(tenants, rules_of_a_module, .init = begin, .fini = end)
{
    const struct kz_mod *free_one = module("free", NULL), *a = module("a-web", &tenants[0]), *b = module("b-web", &tenants[1]);
    const struct kz_id shop = map_in("shop"), other = map_in("other"), own_ns = map_in("kz");
    struct kz_id unknown = map_in("shop"), home = {KZ_STR(""), KZ_STR("Namespace"), KZ_STR(""), KZ_STR("kz")};
    unknown.kind = KZ_STR("Thing");
    cr_expect(kz_tenants_may(free_one, &other) && kz_tenants_may(free_one, &own_ns) && kz_tenants_may(free_one, &unknown));
    cr_expect(kz_tenants_may(a, &shop));
    cr_expect_not(kz_tenants_may(a, &other));
    cr_expect_not(kz_tenants_may(a, &unknown), "nothing serves it");
    cr_expect(kz_tenants_may(b, &other));
    cr_expect_not(kz_tenants_may(b, &own_ns), "kzsync's own namespace, whatever the pattern says");
    cr_expect_not(kz_tenants_may(b, &home));
}

/* The definition is gone; what the inventory remembers counts, with the rules of today. */
Test(tenants, rules_of_a_module_that_is_gone, .init = begin, .fini = end)
{
    struct kz_mod *m = module("a-web", &tenants[0]);
    const struct kz_id shop = map_in("shop");
    struct kz_err err;
    own(m, "shop");
    kz_mod_note_user(m);
    m->removed = true;
    m->spec = &kz_module_removed;
    cr_expect_eq(kz_mod_tenant(m), &tenants[0]);
    cr_expect(kz_tenants_may(m, &shop));
    cr_expect_eq(kz_mod_kube(m), kz_kube_gated(r.kube, KZ_STR("robot-a"), &(struct kz_kube_gate){KZ_STR("a"), kz_tenants_gate, r.e}));
    platform.n_tenants = 0;
    cr_expect_not(kz_tenants_may(m, &shop), "its tenant is gone, too");
    cr_expect_lt(kz_tenants_gate(r.e, KZ_STR("a"), &shop, &err), 0);
    platform.n_tenants = 2;
}

static bool is_foreign(const struct kz_mod *m, const char *ns)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_want_row row = {
        .json = kz_str_printf(a, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"x\","
                                 "\"namespace\":\"%s\"}}", ns)};
    struct kz_want *w;
    struct kz_err err;
    cr_assert_eq(kz_want_restore(&w, KZ_STR("abc"), KZ_STR(""), kz_hash(KZ_STR("k")), &row, 1, &err), 0, "%s", err.frame[0]);
    int rc = kz_tenants_foreign(m, w, &err);
    cr_expect(rc == 0 || kz_str_has(kz_str(err.frame[0]), KZ_STR("is the object of module")), "%s", err.frame[0]);
    kz_want_unref(w);
    return rc < 0;
}

Test(tenants, what_another_has_stays_his, .init = begin, .fini = end)
{
    struct kz_mod *free_one = module("free", NULL), *a = module("a-web", &tenants[0]), *a2 = module("a-db", &tenants[0]);
    struct kz_mod *b = module("b-web", &tenants[1]);
    struct kz_mod *const all[] = {free_one, a, a2, b};
    static const struct {
        size_t owner, who;
        bool want;
    } rows[] = {{0, 1, true}, {0, 0, false}, {1, 1, false}, {1, 2, false}, {1, 3, true}, {1, 0, false}, {3, 1, true}};
    for (size_t i = 0; i < kz_countof(all); i++)
        own(all[i], all[i]->name);
    for (size_t i = 0; i < kz_countof(all); i++)
        kz_mod_note_user(all[i]);
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_expect_eq(is_foreign(all[rows[i].who], all[rows[i].owner]->name), rows[i].want, "%s of %s", all[rows[i].who]->name,
                     all[rows[i].owner]->name);
    cr_expect_not(is_foreign(a, "nobody"));
}

Test(tenants, two_want_one_object, .init = begin, .fini = end)
{
    const struct kz_mod *free_one = module("free", NULL), *other = module("other", NULL);
    const struct kz_mod *a = module("a-web", &tenants[0]), *a2 = module("a-db", &tenants[0]), *b = module("b-web", &tenants[1]);
    const struct kz_str new = key_in("new");
    own(a, "old");
    cr_expect_null(kz_tenants_first(free_one, other, new), "as ever");
    cr_expect_null(kz_tenants_first(a, a2, new));
    cr_expect_null(kz_tenants_first(a, b, new), "neither has it");
    cr_expect_eq(kz_tenants_first(a, free_one, new), free_one);
    cr_expect_eq(kz_tenants_first(free_one, a, new), free_one);
    cr_expect_eq(kz_tenants_first(free_one, a, key_in("old")), a, "it has it already");
    cr_expect_eq(kz_tenants_first(b, a, key_in("old")), a);
}

/* The wish of a module that does not render is not known; but it cannot be for what its tenant may not have. */
Test(tenants, a_broken_module_holds_up_nobody_elses_removals, .init = begin, .fini = end)
{
    const struct kz_mod *m = module("free", NULL);
    struct kz_mod *a = module("a-web", &tenants[0]);
    const struct kz_id shop = map_in("shop"), other = map_in("other"), any = {0};
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_INVALID, "no");
    cr_expect_not(kz_engine_wanted_elsewhere(r.e, m, key_in("shop"), &shop));
    kz_mod_render_failed(a, &err);
    cr_expect(kz_engine_wanted_elsewhere(r.e, m, key_in("shop"), &shop));
    cr_expect_not(kz_engine_wanted_elsewhere(r.e, m, key_in("other"), &other));
    cr_expect(kz_engine_wanted_elsewhere(r.e, m, KZ_STR(""), &any));
}
