/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges of versions, and the shim around regular expressions. */
#include "base/regex.h"
#include "base/semver_range.h"

#include <criterion/criterion.h>

Test(range, table)
{
    static const struct {
        const char *range, *version;
        bool want;
    } cases[] = {
        {"1.2.3",         "1.2.3",        true },
        {"1.2.3",         "1.2.4",        false},
        {"=1.2.3",        "v1.2.3",       true },
        {"1.2",           "1.2.9",        true },
        {"1.x",           "1.9.0",        true },
        {"1.x",           "2.0.0",        false},
        {"*",             "0.0.1",        true },
        {"*",             "1.0.0-rc1",    false},
        {"*-0",           "1.0.0-rc1",    true },
        {"^1.2.3",        "1.9.0",        true },
        {"^1.2.3",        "2.0.0",        false},
        {"^0.2.3",        "0.2.9",        true },
        {"^0.2.3",        "0.3.0",        false},
        {"^0.0.3",        "0.0.4",        false},
        {"^0.0",          "0.0.9",        true },
        {"~1.2.3",        "1.2.9",        true },
        {"~1.2.3",        "1.3.0",        false},
        {"~1",            "1.9.9",        true },
        {">=1.21.0-0",    "1.32.0",       true },
        {">=1.21.0-0",    "1.32.0-gke.1", true },
        {">=1.21.0",      "1.32.0-gke.1", false},
        {">1",            "1.5.0",        false},
        {">11",           "12.0.0",       true },
        {">11.1",         "11.1.5",       false},
        {">11.1",         "11.2.0",       true },
        {"<=1.2",         "1.2.9",        true },
        {"<=1",           "1.9.0",        true },
        {"<1",            "0.9.0",        true },
        {"!=1.2.3",       "1.2.4",        true },
        {"!=1.x",         "1.5.0",        false},
        {"!=1.x",         "2.5.0",        true },
        {"1.2 - 1.4.5",   "1.4.5",        true },
        {"1.2 - 1.4.5",   "1.4.6",        false},
        {">=1 <2 || >=3", "2.5.0",        false},
        {">=1 <2 || >=3", "3.0.1",        true },
        {">= 1.2, < 2",   "1.5.0",        true },
        {"",              "1.0.0",        false},
        {">=1.2,",        "1.3.0",        false},
        {"1.2.3.4",       "1.2.3",        false},
        {"abc",           "1.0.0",        false},
        {">=1.2.3<2",     "1.5.0",        false},
        {"2024.01.3",     "2024.1.3",     true },
        {"1.0.0",         "1.0.0+build",  true },
        {"~>1.2",         "1.2.7",        true },
        {"=>1.2",         "1.2.7",        true },
        {"1.0.0-alpha",   "1.0.0-alpha",  true },
        {"||",            "1.0.0",        false},
    };
    for (size_t i = 0; i < kz_countof(cases); i++)
        cr_expect_eq(kz_semver_in(kz_str(cases[i].version), kz_str(cases[i].range)), cases[i].want,
                     "%s in '%s'", cases[i].version, cases[i].range);
}

Test(regex, find)
{
    struct kz_regex *re;
    struct kz_err err;
    struct kz_str g[3];
    cr_assert_eq(kz_regex_new(&re, KZ_STR("(?P<k>[a-z]+)=(\\d+)?"), &err), 0);
    cr_expect_eq(kz_regex_groups(re), 2);
    cr_expect_eq(kz_regex_group(re, KZ_STR("k")), 1);
    cr_assert(kz_regex_find(re, KZ_STR("x a= b=12"), 4, g, 3));
    cr_expect(kz_str_is(g[0], "b=12") && kz_str_is(g[2], "12"));
    cr_assert(kz_regex_find(re, KZ_STR("a="), 0, g, 3));
    cr_expect_null(g[2].ptr);
    cr_expect_not(kz_regex_match(re, KZ_STR("")));
    kz_regex_free(re);
    cr_assert_lt(kz_regex_new(&re, KZ_STR("[a"), &err), 0);
    cr_expect_str_eq(err.frame[0], "error parsing regexp: missing closing ]: `[a`");
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
    cr_expect(kz_str_is(kz_regex_quote(a, KZ_STR("a.b[1]")), "a\\.b\\[1\\]"));
}
