/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/id.h"

#include "fixture.h"

static struct kz_id make(const char *group, const char *kind, const char *ns, const char *name)
{
    return (struct kz_id){kz_str(group), kz_str(kind), kz_str(ns), kz_str(name)};
}

Test(id, key_and_parse_are_inverse)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct {
        struct kz_id id;
        const char *key, *text;
    } table[] = {
        {make("apps",                      "Deployment",  "shop", "web"),         "apps/Deployment/shop/web",
         "Deployment shop/web"                                                                                                         },
        {make("",                          "Namespace",   "",     "shop"),        "/Namespace//shop",         "Namespace shop"         },
        {make("rbac.authorization.k8s.io", "ClusterRole", "",     "system:node"),
         "rbac.authorization.k8s.io/ClusterRole//system:node",                                                "ClusterRole system:node"},
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_str key = kz_id_key(a, &table[i].id);
        struct kz_id back;
        cr_assert_str_eq(key.ptr, table[i].key);
        cr_assert(kz_id_parse(&back, key));
        cr_assert(kz_id_eq(&back, &table[i].id));
        cr_assert_str_eq(kz_id_text(a, &back).ptr, table[i].text);
        struct kz_id copy = kz_id_dup(a, &back);
        cr_assert_eq(kz_id_cmp(&copy, &back), 0);
    }
}

Test(id, parse_refuses_what_key_never_writes)
{
    const char *table[] = {"", "a", "a/b", "a/b/c", "a//c/d", "a/b/c/", "a/b/c/d/e", "///"};
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_id id;
        cr_assert_not(kz_id_parse(&id, kz_str(table[i])), "%s", table[i]);
    }
}

Test(id, order_is_namespace_kind_name_group)
{
    const struct kz_id table[] = {
        make("", "Namespace", "", "z"), make("", "A", "a", "a"), make("", "A", "a", "b"),
        make("apps", "A", "a", "b"),    make("", "B", "a", "a"), make("", "A", "b", "a"),
    };
    for (size_t i = 0; i + 1 < kz_countof(table); i++)
        cr_assert_lt(kz_id_cmp(&table[i], &table[i + 1]), 0, "%zu", i);
}

Test(id, of_reads_an_object)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct {
        const char *in, *want; /* "": refused */
    } table[] = {
        {"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','namespace':'n'}}", "/Pod/n/p v1" },
        {"{'apiVersion':'apps/v1','kind':'D','metadata':{'name':'p'}}",              "apps/D//p v1"},
        {"{'apiVersion':'apps/','kind':'D','metadata':{'name':'p'}}",                ""            },
        {"{'apiVersion':'v1','kind':'Pod','metadata':{}}",                           ""            },
        {"{'kind':'Pod','metadata':{'name':'p'}}",                                   ""            },
        {"{'apiVersion':'v1','metadata':{'name':'p'}}",                              ""            },
        {"[]",                                                                       ""            },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_id id;
        struct kz_str version;
        bool ok = kz_id_of(&id, &version, doc(a, table[i].in));
        struct kz_str got = KZ_STR("");
        if (ok)
            got = kz_str_printf(a, "%s " KZ_FMT, kz_id_key(a, &id).ptr, KZ_ARG(version));
        cr_assert_str_eq(got.ptr, table[i].want);
    }
}

Test(id, api_version_join_is_inverse_of_split)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const char *table[] = {"v1", "apps/v1", "monitoring.coreos.com/v1alpha1"};
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_str group, version;
        kz_api_version_split(&group, &version, kz_str(table[i]));
        cr_assert_str_eq(kz_api_version_join(a, group, version).ptr, table[i]);
    }
}
