/* SPDX-License-Identifier: Apache-2.0 */
#include "health/place.h"

#include "health/test.h"
#include "value/json.h"

#include <criterion/criterion.h>

static const char document[] =
    "{\"a\":{\"b\":[{\"n\":1,\"s\":\"x\"},{\"n\":2},{\"n\":\"3\"},{\"m\":{\"n\":4}}],\"0\":\"zero\",\"c.d/e\":true,\"z\":null,"
    "\"f/g\":5,\"t~u\":6},\"big\":[9223372036854775807,1],\"deep\":[[{\"n\":1}],[{\"n\":2},{\"n\":3}]],\"empty\":[]}";

/* What stands at the place as text; "" for nothing. */
static const char *at(struct kz_arena *a, const char *text, unsigned *budget)
{
    struct kz_value *root = NULL, sum;
    struct kz_spot s;
    struct kz_err err;
    kz_autobuf struct kz_buf b = KZ_BUF(1024);
    cr_assert_eq(kz_json_read(&root, a, kz_str(document), KZ_STR("in"), &err), 0);
    cr_assert_eq(kz_spot_parse(&s, a, kz_str(text), &err), 0, "%s: %s", text, err.frame[0]);
    kz_test_scalar(&b, kz_spot_find(&sum, &s, root, budget));
    return kz_cstr(a, kz_buf_str(&b));
}

Test(place, finds)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"a.b[0].s", "x"},        {"/a/b/0/s", "x"},       {"a.b[1].n", "2"},     {"a.b[9].n", ""},
        {"a[\"c.d/e\"]", "true"}, {"/a/c.d~1e", "true"},   {"/a/t~0u", "6"},      {"a.0", "zero"},
        {"/a/0", "zero"},         {"a.z", ""},             {"a.nothing.at.all", ""}, {"a", "a map"},
        {"a.b", "a list"},        {"a.b[].n", "3"},        {"a.b[].m.n", "4"},    {"deep[][].n", "6"},
        {"deep[1][].n", "5"},     {"empty[].n", ""},       {"a.b[].s", ""},       {"big[]", "9223372036854775807"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        unsigned budget = KZ_HEALTH_BUDGET;
        cr_expect_str_eq(at(a, rows[i].in, &budget), rows[i].want, "%s: %s", rows[i].in, at(a, rows[i].in, &budget));
    }
}

Test(place, wrong_texts)
{
    static const char *const rows[] = {
        "", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a[\"\"]", "a[\"b]", "a[\"b\"", "a]b[", "a[0]b", "a.[0]", "a\nb",
        "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a",
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_spot s;
        struct kz_err err;
        int rc = kz_spot_parse(&s, a, kz_str(rows[i]), &err);
        if (strcmp(rows[i], "a]b[") == 0) { /* a name may hold a ']' but not the '[' behind it */
            cr_expect_eq(rc, -KZ_E_INVALID);
            continue;
        }
        cr_expect_eq(rc, -KZ_E_INVALID, "'%s'", rows[i]);
    }
}

Test(place, a_walk_ends_with_its_budget)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    unsigned budget = 3;
    cr_expect_str_eq(at(a, "a.b[].n", &budget), "");
    cr_expect_eq(budget, 0);
    budget = 1;
    cr_expect_str_eq(at(a, "a.b[0].s", &budget), "");
    cr_expect_eq(budget, 0);
}
