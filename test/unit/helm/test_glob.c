/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers are gobwas/glob's; test/diff/glob compares many more. */
#include "helm/glob.h"

#include <criterion/criterion.h>

Test(glob, answers)
{
    static const struct {
        const char *pattern, *text;
        bool want;
    } cases[] = {
        {"files/*",             "files/a.txt",   true },
        {"files/*",             "files/a/b.txt", false},
        {"files/**",            "files/a/b.txt", true },
        {"**/a",                "a",             false},
        {"**/a",                "x/y/a",         true },
        {"*",                   "a/b",           false},
        {"?.txt",               "a.txt",         true },
        {"a?b",                 "a/b",           false},
        {"a[!x]b",              "a/b",           true },
        {"a[.-0]b",             "a/b",           true },
        {"[a-c]",               "b",             true },
        {"[!a-c]",              "b",             false},
        {"[^a]",                "^",             true },
        {"[]-a]",               "^",             true },
        {"[ab-e]",              "d",             false},
        {"[\\]]",               "]",             true },
        {"{a,b}.yaml",          "b.yaml",        true },
        {"{a,b{c,d*}}.yaml",    "bdx.yaml",      true },
        {"{a,b{c,d*}}.yaml",    "bx.yaml",       false},
        {"{a,}b",               "b",             true },
        {"{a,b",                "b",             true },
        {"a}",                  "a}",            true },
        {"a,b",                 "a,b",           true },
        {"{**,x}/{y,z}",        "a/b/z",         true },
        {"\\*",                 "*",             true },
        {"\\*",                 "a",             false},
        {"a\\",                 "a",             true },
        {"[é]",                "é",            true },
        {"",                    "",              true },
        {"",                    "a",             false},
        {"{*.yaml,*/*.yaml}",   "x/y.yaml",      true },
        {"{{{a,b},c},d}{e,f}g", "bfg",           true },
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20), *scratch = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(cases); i++) {
        const struct kz_glob *g = kz_glob_parse(a, kz_str(cases[i].pattern));
        cr_assert_not_null(g, "%s", cases[i].pattern);
        cr_expect_eq(kz_glob_fits(g, scratch, kz_str(cases[i].text)), cases[i].want, "%s on %s",
                     cases[i].pattern, cases[i].text);
    }
}

Test(glob, refused)
{
    static const char *const bad[] = {"[",  "[]",  "[]a]",  "[a",     "[a-]",   "[b-a]",
                                      "[!", "[!]", "a\xff", "[a-bc]", "[a-c-e]"};
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(bad); i++)
        cr_expect_null(kz_glob_parse(a, kz_str(bad[i])), "%s", bad[i]);
    char deep[300];
    memset(deep, '{', sizeof deep);
    cr_expect_null(kz_glob_parse(a, kz_str_n(deep, sizeof deep)));
}

/* Stars and alternatives do not multiply. */
Test(glob, time)
{
    char pattern[4096], text[4096];
    size_t n = 0;
    for (int i = 0; i < 60; i++)
        n += (size_t)snprintf(pattern + n, sizeof pattern - n, "{**a,*,a}**");
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 'b';
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20), *scratch = kz_arena_new(64 << 20);
    const struct kz_glob *g = kz_glob_parse(a, kz_str(pattern));
    cr_assert_eq(kz_glob_parts(g), 60 * 6);
    cr_expect(kz_glob_fits(g, scratch, kz_str_n(text, sizeof text)));
}
