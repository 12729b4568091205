/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/str.h"

#include <criterion/criterion.h>

Test(str, i64)
{
    static const struct {
        const char *in;
        bool ok;
        int64_t want;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"1 ", false, 0},
        {"0x1", false, 0},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        int64_t got = 0;
        cr_assert_eq(kz_str_i64(&got, kz_str(rows[i].in)), rows[i].ok, "%s", rows[i].in);
        cr_assert_eq(got, rows[i].want, "%s", rows[i].in);
    }
}

Test(str, distance)
{
    cr_assert_eq(kz_str_distance(KZ_STR("replica"), KZ_STR("replicas")), 1);
    cr_assert_eq(kz_str_distance(KZ_STR("rednerer"), KZ_STR("renderer")), 1);
    cr_assert_eq(kz_str_distance(KZ_STR(""), KZ_STR("abc")), 3);
    cr_assert_eq(kz_str_distance(KZ_STR("abc"), KZ_STR("xyz")), 3);
}

Test(str, cut)
{
    struct kz_str head;
    struct kz_str rest = kz_str_cut(&head, KZ_STR("a/b/c"), '/');
    cr_assert(kz_str_is(head, "a"));
    cr_assert(kz_str_is(rest, "b/c"));
    rest = kz_str_cut(&head, KZ_STR("abc"), '/');
    cr_assert(kz_str_is(head, "abc"));
    cr_assert_eq(rest.len, 0);
}

Test(err, chain_place_and_cut)
{
    struct kz_err err;
    char line[4096];
    cr_assert_eq(kz_fail(&err, KZ_E_PARSE, "unknown field '%s'", "x"), -(int)KZ_E_PARSE);
    (void)kz_err_at(&err, KZ_STR("a.yaml"), 3, 5);
    (void)kz_err_at(&err, KZ_STR("later.yaml"), 1, 1);
    (void)kz_wrap(&err, "read module");
    cr_assert_str_eq(kz_err_line(line, sizeof line, &err),
                     "read module: unknown field 'x' (a.yaml:3:5)");
    for (int i = 0; i < 20; i++)
        (void)kz_wrap(&err, "frame %d", i);
    cr_assert_eq(err.depth, (unsigned)KZ_ERR_FRAMES);
    cr_assert_str_eq(err.frame[0], "unknown field 'x'");

    char big[2 * KZ_ERR_TEXT];
    memset(big, 0xC3, sizeof big - 1); /* lead bytes only: the cut must still end in "..." */
    big[sizeof big - 1] = '\0';
    (void)kz_fail(&err, KZ_E_IO, "%s", big);
    cr_assert_str_eq(err.frame[0] + strlen(err.frame[0]) - 3, "...");
}

Test(str, lists)
{
    static const struct {
        const char *list, *word;
        bool want;
    } table[] = {
        {"",                        "a",          false},
        {"a",                       "a",          true },
        {"Prune=false, Force=true", "Force=true", true },
        {"Force=true-not",          "Force=true", false},
        {"a,,b",                    "b",          true },
    };
    for (size_t i = 0; i < kz_countof(table); i++)
        cr_expect_eq(kz_str_lists(kz_str(table[i].list), kz_str(table[i].word)), table[i].want, "%s", table[i].list);
}
