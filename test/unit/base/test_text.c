/* SPDX-License-Identifier: Apache-2.0
 *
 * base64, utf8, glob and semver. */
#include "base/base64.h"
#include "base/glob.h"
#include "base/semver.h"
#include "base/utf8.h"

#include <criterion/criterion.h>

Test(base64, both_ways)
{
    static const struct {
        const char *plain, *text;
    } rows[] = {
        {"", ""},           {"f", "Zg=="},         {"fo", "Zm8="},
        {"foo", "Zm9v"},    {"foob", "Zm9vYg=="},  {"fooba", "Zm9vYmE="},
        {"\xFF\xFE", "//4="}, {"foobar", "Zm9vYmFy"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_str out = KZ_STR_NONE;
        cr_assert_str_eq(kz_base64_encode(a, kz_str(rows[i].plain)).ptr, rows[i].text);
        cr_assert(kz_base64_decode(&out, a, kz_str(rows[i].text)), "%s", rows[i].text);
        cr_assert(kz_str_is(out, rows[i].plain), "%s", rows[i].text);
    }
}

Test(base64, decode)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
    } rows[] = {
        {"Zm9v\nYg==\n", "foob"}, {"Zh==", "f"},   {"Zg=", NULL},  {"Zg", NULL},
        {"Z", NULL},              {"Zg===", NULL}, {"Zm9v=", NULL}, {"=", NULL},
        {"Zg==Zg==", NULL},       {"Zm 9v", NULL}, {"Zm-_", NULL},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_str out = KZ_STR_NONE;
        cr_assert_eq(kz_base64_decode(&out, a, kz_str(rows[i].text)), rows[i].want != NULL, "%s",
                     rows[i].text);
        cr_assert(rows[i].want == NULL || kz_str_is(out, rows[i].want), "%s", rows[i].text);
    }
}

Test(utf8, bad)
{
    static const struct {
        const char *text;
        size_t want; /* offset of the first bad byte */
    } rows[] = {
        {"", 0},
        {"plain ascii of some length", 26},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 9},
        {"eight by\xC3", 8},
        {"a\x80", 1},
        {"\xC0\x80", 0},             /* overlong */
        {"\xE0\x80\x80", 0},         /* overlong */
        {"\xED\xA0\x80", 0},         /* surrogate */
        {"\xF4\x90\x80\x80", 0},     /* above U+10FFFF */
        {"\xF0\x9F\x98", 0},         /* cut */
        {"\xFF", 0},
    };
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_assert_eq(kz_utf8_bad(kz_str(rows[i].text)), rows[i].want, "row %zu", i);
}

Test(utf8, cut_and_put)
{
    char out[4];
    uint32_t r;
    cr_assert_eq(kz_utf8_cut(KZ_STR("a\xE2\x82\xAC"), 3).len, 1);
    cr_assert_eq(kz_utf8_cut(KZ_STR("a\xE2\x82\xAC"), 4).len, 4);
    static const uint32_t runes[] = {0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < kz_countof(runes); i++) {
        size_t n = kz_utf8_put(out, runes[i]);
        cr_assert_eq(kz_utf8_next(kz_str_n(out, n), &r), n);
        cr_assert_eq(r, runes[i]);
    }
}

Test(glob, match)
{
    static const struct {
        const char *pattern, *text;
        bool want;
    } rows[] = {
        {"", "", true},
        {"a", "a", true},
        {"a", "ab", false},
        {"*", "", true},
        {"*", "abc", true},
        {"*", "a/b", false},
        {"a*c", "abbc", true},
        {"a*b*c", "aXbYbZc", true},
        {"*.yaml", "a.yaml", true},
        {"*.yaml", "d/a.yaml", false},
        {"**", "a/b/c", true},
        {"**/*.yaml", "a.yaml", true},
        {"**/*.yaml", "a/b/c.yaml", true},
        {"a/**/z", "a/z", true},
        {"a/**/z", "a/b/c/z", true},
        {"a/**/z", "abz", false},
        {"a/**", "a/b", true},
        {"a/**", "a", false},
        {"**b*c", "a/b/bc", true},
        {"*/x/**/y*", "a/x/b/c/y1", true},
        {"?", "\xC3\xA4", true},
        {"?", "/", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]x", "bx", false},
        {"[!a-c]x", "dx", true},
        {"[]]", "]", true},
        {"[a-]", "-", true},
        {"[!a]", "/", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"{a,b}.{x,y}", "b.y", true},
        {"{a,b}.{x,y}", "b.z", false},
        {"{,x}a", "a", true},
        {"[", "[", false},
        {"{a", "{a", false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_assert_eq(kz_glob_match(kz_str(rows[i].pattern), kz_str(rows[i].text)), rows[i].want,
                     "%s %s", rows[i].pattern, rows[i].text);
}

Test(glob, hard_patterns_end)
{
    char text[10001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_assert_not(kz_glob_match(KZ_STR("*a*a*a*a*a*a*a*a*b"), kz_str(text)));
    cr_assert_not(kz_glob_match(KZ_STR("**a**a**a**a**a**a**b"), kz_str(text)));
    cr_assert_not_null(kz_glob_bad(KZ_STR("{a,b,c}{a,b,c}{a,b,c}{a,b,c}")));
}

Test(semver, parse)
{
    static const struct {
        const char *text;
        bool want;
    } rows[] = {
        {"1.2.3", true},      {"v1.2.3", true},   {"1", true},          {"1.2", true},
        {"1.2.3-rc.1", true}, {"1.2.3+b", true},  {"1.2.3-a+b.c", true}, {"1.2.3--", true},
        {"", false},          {"v", false},       {"1.2.3.4", false},   {"01.2.3", false},
        {"1.2.3-", false},    {"1.2.3-01", false}, {"1.2.3-0a", true},  {"1.2.3-a..b", false},
        {"1.2.3+", false},    {"1.2.x", false},   {"1..3", false},      {"1.", false},
        {"99999999999999999999.0.0", false},      {"1.2.3-\xC3\xA4", false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_semver v;
        cr_assert_eq(kz_semver_parse(&v, kz_str(rows[i].text)), rows[i].want, "%s", rows[i].text);
    }
}

Test(semver, order)
{
    static const char *const rising[] = {
        "0.9",       "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
        "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",          "1.0.1",
        "1.2",       "1.10.0",      "2",
    };
    for (size_t i = 0; i < kz_countof(rising); i++)
        for (size_t j = 0; j < kz_countof(rising); j++) {
            struct kz_semver a, b;
            cr_assert(kz_semver_parse(&a, kz_str(rising[i])));
            cr_assert(kz_semver_parse(&b, kz_str(rising[j])));
            int c = kz_semver_cmp(&a, &b);
            cr_assert_eq(c < 0, i < j, "%s %s", rising[i], rising[j]);
            cr_assert_eq(c > 0, i > j, "%s %s", rising[i], rising[j]);
        }
}
