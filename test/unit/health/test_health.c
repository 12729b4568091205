/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules are cases (test/cases/health); here is what they can't show. */
#include "health/rules.h"

#include "value/json.h"

#include <criterion/criterion.h>

Test(health, nothing_is_missing)
{
    struct kz_verdict v = kz_health_of(NULL, NULL, 0);
    cr_expect_eq(v.health, KZ_HEALTH_MISSING);
    cr_expect_str_eq(kz_health_name(v.health), "missing");
}

Test(health, no_object_is_unknown)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    cr_expect_eq(kz_health_of(NULL, kz_value_int(a, 1), 0).health, KZ_HEALTH_UNKNOWN);
}

Test(health, names)
{
    cr_expect_str_eq(kz_health_name(KZ_HEALTH_HEALTHY), "healthy");
    cr_expect_str_eq(kz_health_name(KZ_HEALTH_FAILING), "failing");
    cr_expect_str_eq(kz_health_name((enum kz_health)99), "unknown");
}

Test(health, an_empty_selector_selects_nothing)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *v = NULL;
    struct kz_err err = {0};
    struct kz_str selector;
    struct kz_str text = KZ_STR("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":"
                                "{\"selector\":{}}}");
    cr_assert_eq(kz_json_read(&v, a, text, KZ_STR("x"), &err), 0);
    cr_expect_not(kz_health_pod_selector(&selector, a, v));
    cr_expect_not(kz_health_pod_selector(&selector, a, NULL));
}
