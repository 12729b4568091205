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

/* The youngest pod tells which ReplicaSet is the newest; pods of others are on their way out. */
Test(health, pods_of_older_revisions)
{
    static const struct {
        const char *pods, *newest, *old; /* old: one character a pod, 'o' or '.' */
    } rows[] = {
        {"[]", "", ""},
        {"[{'metadata':{'creationTimestamp':'2026-11-23T12:00:00Z'}}]", "", "."}, /* of a StatefulSet */
        {"[{'metadata':{'creationTimestamp':'2026-11-23T12:00:00Z','labels':{'pod-template-hash':'a'}}},"
         "{'metadata':{'creationTimestamp':'2026-11-23T12:00:09Z','labels':{'pod-template-hash':'b'}}},"
         "{'metadata':{'creationTimestamp':'2026-11-23T12:00:01Z','labels':{'pod-template-hash':'a'}}},"
         "{'metadata':{'creationTimestamp':'2026-11-23T12:30:00Z'}}]",
         "b", "o.o."},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_str text = kz_str_dup(a, kz_str(rows[i].pods));
        struct kz_value *pods = NULL;
        struct kz_err err = {0};
        char json[1024];
        for (size_t k = 0; k <= text.len; k++)
            json[k] = text.ptr[k] == '\'' ? '"' : text.ptr[k];
        cr_assert_eq(kz_json_read(&pods, a, kz_str(json), KZ_STR("x"), &err), 0);
        struct kz_str newest = kz_health_newest_template(pods);
        cr_expect(kz_str_is(newest, rows[i].newest), "%zu: %.*s", i, KZ_ARG(newest));
        for (size_t k = 0; k < kz_value_len(pods); k++)
            cr_expect_eq(kz_health_pod_is_old(kz_value_at(pods, k), newest), rows[i].old[k] == 'o', "%zu: pod %zu", i, k);
    }
}
