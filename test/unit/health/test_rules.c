/* SPDX-License-Identifier: Apache-2.0
 *
 * The built-in rules are cases (test/cases/health); here is the language. */
#include "health/rules.h"

#include "value/yaml.h"

#include <criterion/criterion.h>

static struct kz_arena *arena;

static void setup(void)
{
    arena = kz_arena_new(256 << 20);
}

static void teardown(void)
{
    kz_arena_free(arena);
}

TestSuite(rules, .init = setup, .fini = teardown);

static struct kz_value *yaml(struct kz_str text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read(&v, arena, text, KZ_STR("in"), &err), 0, KZ_FMT ": %s", KZ_ARG(text), err.frame[0]);
    return v;
}

static struct kz_rules *rules_of(const char *rows)
{
    struct kz_rules *r = NULL;
    struct kz_err err;
    char line[KZ_ERR_TEXT];
    struct kz_value *own = yaml(kz_str_printf(arena, "[{groups: [x.io], kinds: [Foo], rules: [%s]}]", rows));
    cr_assert_eq(kz_rules_new(&r, own, &err), 0, "%s: %s", rows, kz_err_line(line, sizeof line, &err));
    return r;
}

Test(rules, first_that_matches_decides)
{
    static const struct {
        const char *rows, *status, *want;
    } rows[] = {
        {"{then: healthy}", "{}", "healthy "},
        {"{field: status.a, is: 1, then: failing}, {then: healthy, why: else}", "{a: 1}", "failing a 1"},
        {"{field: status.a, is: 1, then: failing}, {then: healthy, why: else}", "{a: 2}", "healthy else"},
        {"{field: status.a, is: 1, then: failing}", "{a: 2}", "healthy "}, /* the generic rule */
        {"{field: status.a, is: '1', then: failing}, {then: failed}", "{a: 1}", "failed its status does not say yet that it is ready"},
        {"{field: status.message, exists: true, then: failing}", "{message: disk full}", "failing disk full"},
        {"{field: status.a, is: 1, and: [{field: status.b, is: 2}], then: failing}, {then: healthy}", "{a: 1}", "healthy "},
        {"{field: status.a, is: 1, and: [{field: status.b, is: 2}], then: failing}", "{a: 1, b: 2}", "failing a 1"},
        {"{each: status.list, field: ok, is: false, then: failing, why: '{name} of {more[].k} is off'}",
         "{list: [{name: a, ok: true}, {name: b, ok: false, more: [{k: 2}, {k: 3}]}]}", "failing b of 5 is off"},
        {"{each: status.list, condition: Up, is: False, then: failing}",
         "{list: [{conditions: [{type: Up, status: 'False', reason: Why, message: because}]}]}", "failing Why: because"},
        {"{each: status.list, field: ok, is: false, then: failing}, {then: suspended, why: none}", "{list: 7}", "suspended none"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_rules *r = rules_of(rows[i].rows);
        struct kz_value *live = yaml(kz_str_printf(arena, "{apiVersion: x.io/v1, kind: Foo, status: %s}", rows[i].status));
        struct kz_verdict v = kz_health_of(r, live, 0);
        struct kz_str got = kz_str_printf(arena, "%s %s", kz_health_name(v.health), v.why);
        cr_expect(kz_str_is(got, rows[i].want), "%s on %s: " KZ_FMT, rows[i].rows, rows[i].status, KZ_ARG(got));
        kz_rules_free(r);
    }
}

Test(rules, own_rules_come_before_all_others)
{
    struct kz_err err;
    struct kz_rules *r = NULL;
    struct kz_value *own = yaml(KZ_STR("[{groups: [cert-manager.io], kinds: [Issuer], rules: [{then: suspended}]},"
                                       " {groups: [apps], rules: [{field: spec.replicas, is: 7, then: failed}]}]"));
    cr_assert_eq(kz_rules_new(&r, own, &err), 0);
    struct kz_value *issuer = yaml(KZ_STR("{apiVersion: cert-manager.io/v1, kind: Issuer}"));
    struct kz_value *other = yaml(KZ_STR("{apiVersion: cert-manager.io/v1, kind: ClusterIssuer}"));
    struct kz_value *seven = yaml(KZ_STR("{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 7}}"));
    struct kz_value *eight = yaml(KZ_STR("{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 8}}"));
    cr_expect_eq(kz_health_of(r, issuer, 0).health, KZ_HEALTH_SUSPENDED);
    cr_expect_eq(kz_health_of(r, other, 0).health, KZ_HEALTH_PROGRESSING);
    cr_expect_eq(kz_health_of(r, seven, 0).health, KZ_HEALTH_FAILED);
    cr_expect_eq(kz_health_of(r, eight, 0).health, KZ_HEALTH_PROGRESSING);
    cr_expect(kz_rules_own(r, KZ_STR("apps"), KZ_STR("StatefulSet")));
    cr_expect_not(kz_rules_own(r, KZ_STR("cert-manager.io"), KZ_STR("Certificate")));
    kz_rules_free(r);
}

Test(rules, what_is_wrong_is_said)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"{}", "needs then: healthy"},
        {"{then: well}", "needs then: healthy"},
        {"{field: a, then: healthy}", "needs a word to compare with"},
        {"{each: a, then: healthy}", "needs one of condition, field"},
        {"{and: [{condition: A}], then: healthy}", "needs one of condition, field"},
        {"{each: 'a[]', field: b, is: 1, then: healthy}", "can't have [] in each"},
        {"{each: 'a[', field: b, is: 1, then: healthy}", "is no path: 'a['"},
        {"{then: healthy, why: '{a'}", "has a '{' without '}'"},
        {"{then: healthy, why: '{}'}", "is no path"},
        {"{then: healthy, why: '{a}{a}{a}{a}{a}{a}{a}{a}{a}'}", "has more than 7 places"},
        {"{condition: A, is: [x], then: healthy}", "needs a text, number or boolean behind is"},
        {"{condition: A, above: 1, then: healthy}", "needs a field to look at"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_err err;
        cr_expect_eq(kz_rule_check(yaml(kz_str(rows[i].in)), &err), -KZ_E_INVALID, "%s", rows[i].in);
        cr_expect(kz_str_has(kz_str(err.frame[0]), kz_str(rows[i].want)), "%s: %s", rows[i].in, err.frame[0]);
    }
    struct kz_rules *r = NULL;
    struct kz_err err;
    cr_expect_eq(kz_rules_new(&r, yaml(KZ_STR("[{groups: [x]}]")), &err), -KZ_E_INVALID);
    cr_expect_str_eq(err.frame[err.depth - 1], "health rules, entry 1");
    cr_expect_eq(kz_rules_new(&r, yaml(KZ_STR("{a: b}")), &err), -KZ_E_INVALID);
}

/* However large an object is, its verdict takes so many steps and no more. */
Test(rules, a_budget_bounds_every_look)
{
    struct kz_rules *r = rules_of("{each: status.list, field: 'more[].k', is: 1, then: failing}, {then: healthy}");
    struct kz_value *live = yaml(KZ_STR("{apiVersion: x.io/v1, kind: Foo, status: {list: []}}"));
    struct kz_value *list = kz_value_child(kz_value_child(live, KZ_STR("status")), KZ_STR("list"));
    struct kz_value *item = yaml(KZ_STR("{more: [{k: 0}, {k: 0}, {k: 0}, {k: 0}]}"));
    for (int i = 0; i < 100; i++)
        kz_value_push(arena, list, item);
    cr_expect_eq(kz_health_of(r, live, 0).health, KZ_HEALTH_HEALTHY);
    for (int i = 0; i < 10000; i++)
        kz_value_push(arena, list, item);
    struct kz_verdict v = kz_health_of(r, live, 0);
    cr_expect_eq(v.health, KZ_HEALTH_UNKNOWN);
    cr_expect_str_eq(v.why, "its health rules need more than 20000 steps");
    kz_rules_free(r);
}
