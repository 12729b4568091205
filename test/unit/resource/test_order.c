/* SPDX-License-Identifier: Apache-2.0
 *
 * Waves and tiers are cases (test/cases/order); here is what they can't show. */
#include "resource/order.h"

#include "fixture.h"

Test(order, delete_ranks)
{
    const struct kz_id first_to_last[] = {
        {KZ_STR_INIT("x.io"),                         KZ_STR_INIT("Foo"),                            KZ_STR_INIT("n"), KZ_STR_INIT("a")},
        {KZ_STR_INIT("admissionregistration.k8s.io"), KZ_STR_INIT("ValidatingWebhookConfiguration"),
         KZ_STR_INIT(""),                                                                                              KZ_STR_INIT("a")},
        {KZ_STR_INIT("networking.k8s.io"),            KZ_STR_INIT("Ingress"),                        KZ_STR_INIT("n"),
         KZ_STR_INIT("a")                                                                                                              },
        {KZ_STR_INIT("apps"),                         KZ_STR_INIT("Deployment"),                     KZ_STR_INIT("n"), KZ_STR_INIT("a")},
        {KZ_STR_INIT(""),                             KZ_STR_INIT("Secret"),                         KZ_STR_INIT("n"), KZ_STR_INIT("a")},
        {KZ_STR_INIT(""),                             KZ_STR_INIT("ServiceAccount"),                 KZ_STR_INIT("n"), KZ_STR_INIT("a")},
        {KZ_STR_INIT("apiextensions.k8s.io"),         KZ_STR_INIT("CustomResourceDefinition"),
         KZ_STR_INIT(""),                                                                                              KZ_STR_INIT("a")},
        {KZ_STR_INIT(""),                             KZ_STR_INIT("Namespace"),                      KZ_STR_INIT(""),  KZ_STR_INIT("a")},
    };
    for (size_t i = 0; i + 1 < kz_countof(first_to_last); i++)
        cr_expect_gt(kz_order_delete_rank(&first_to_last[i]),
                     kz_order_delete_rank(&first_to_last[i + 1]), "%zu", i);
}

Test(order, empty_set_has_no_waves)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_set s;
    struct kz_err err = {0};
    int n = -1;
    kz_set_init(&s, a);
    cr_assert_eq(kz_order_waves(&s, &n, &err), 0);
    cr_expect_eq(n, 0);
    kz_set_done(&s);
}

/* The same objects in any order of appearance give the same order. */
Test(order, does_not_depend_on_appearance)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    const char *const in[] = {
        "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'n'}}",
        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'b','namespace':'n'}}",
        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a','namespace':'n'}}",
        "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'a','namespace':'n'}}",
        "{'apiVersion':'x.io/v1','kind':'Foo','metadata':{'name':'a','namespace':'n'}}",
    };
    const struct kz_set_rules rules = {.module = KZ_STR("m")};
    const char *first[kz_countof(in)];
    for (size_t turn = 0; turn < kz_countof(in); turn++) {
        struct kz_set s;
        struct kz_err err = {0};
        int n = 0;
        kz_set_init(&s, a);
        for (size_t i = 0; i < kz_countof(in); i++) {
            const char *one = in[(i + turn) % kz_countof(in)];
            cr_assert_eq(kz_set_add(&s, &rules, doc(a, one), (struct kz_origin){0}, &err), 0);
        }
        cr_assert_eq(kz_order_waves(&s, &n, &err), 0);
        cr_expect_eq(n, 2);
        for (size_t i = 0; i < s.len; i++) {
            const char *key = kz_id_key(a, &s.at[i]->id).ptr;
            if (turn == 0)
                first[i] = key;
            cr_expect_str_eq(key, first[i]);
        }
        kz_set_done(&s);
    }
}
