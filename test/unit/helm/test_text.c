/* SPDX-License-Identifier: Apache-2.0
 *
 * Splitting, kinds, patterns and .helmignore. */
#include "helm/ignore.h"
#include "helm/manifest.h"
#include "helm/text.h"

#include <criterion/criterion.h>

Test(manifest, split)
{
    static const struct {
        const char *text, *want[5];
    } cases[] = {
        {"a: 1",                   {"a: 1"}          },
        {"---\na: 1\n---\nb: 2\n", {"a: 1", "b: 2"}  },
        {"---\n---\na: 1",         {"---\na: 1"}     }, /* the newline between is taken */
        {"a: |\n  x\n---\n  y",    {"a: |\n  x", "y"}}, /* also inside a block */
        {"a\n----foo",             {"a", "-foo"}     },
        {"a\n--- # c\nb",          {"a", "# c\nb"}   },
        {"a  \n \n---   \n\n b",   {"a", "b"}        },
        {" ---\na",                {"a"}             },
        {"a ---\nb",               {"a ---\nb"}      },
        {"",                       {NULL}            },
        {"---",                    {NULL}            },
        {"a\n---",                 {"a"}             },
    };
    for (size_t i = 0; i < kz_countof(cases); i++) {
        struct kz_str rest = kz_go_trim(kz_str(cases[i].text)), piece;
        bool first = true;
        size_t n = 0;
        while (kz_manifest_split(&piece, &rest, &first)) {
            if (piece.len == 0)
                continue;
            cr_assert(n < 5 && cases[i].want[n] != NULL, "case %zu: one too many", i);
            cr_expect(kz_str_is(kz_go_trim(piece), cases[i].want[n]), "case %zu: " KZ_FMT, i,
                      KZ_ARG(piece));
            n++;
        }
        cr_expect(n == 5 || cases[i].want[n] == NULL, "case %zu: only %zu", i, n);
    }
}

Test(manifest, order)
{
    static const char *const kinds[] = {
        "PriorityClass", "Namespace",  "Secret",  "ConfigMap",  "CustomResourceDefinition",
        "Service",       "Deployment", "Ingress", "APIService", "",
        "Alpha",         "Zebra"};
    for (size_t i = 0; i + 1 < kz_countof(kinds); i++) {
        cr_expect_lt(kz_manifest_kind_cmp(kz_str(kinds[i]), kz_str(kinds[i + 1])), 0, "%s",
                     kinds[i]);
        cr_expect_gt(kz_manifest_kind_cmp(kz_str(kinds[i + 1]), kz_str(kinds[i])), 0, "%s",
                     kinds[i]);
        cr_expect_eq(kz_manifest_kind_cmp(kz_str(kinds[i]), kz_str(kinds[i])), 0, "%s", kinds[i]);
    }
}

Test(text, match)
{
    static const struct {
        const char *pattern, *name;
        int want;
    } cases[] = {
        {"abc",     "abc",              1 },
        {"*",       "abc",              1 },
        {"*c",      "abc",              1 },
        {"a*",      "ab/c",             0 },
        {"a*/b",    "a/c/b",            0 },
        {"a*b?c*x", "abxbbxdbxebxczzx", 1 },
        {"a*b?c*x", "abxbbxdbxebxczzy", 0 },
        {"ab[c]",   "abc",              1 },
        {"ab[^c]",  "abc",              0 },
        {"ab[b-d]", "abc",              1 },
        {"a\\*b",   "a*b",              1 },
        {"a?b",
         "a\xE2\x98\xBA"
         "b",                           1 },
        {"[a-ζ]*", "α",               1 },
        {"*[a-ζ]", "A",                0 },
        {"a?b",     "a/b",              0 },
        {"[",       "a",                -1},
        {"[-]",     "-",                -1},
        {"[x-]",    "x",                -1},
        {"a[",      "x",                -1},
        {"*x",      "xxx",              1 },
        {"",        "",                 1 },
        {"",        "a",                0 },
        {"\\",      "a",                -1},
        {"*.md",    "a/b.md",           0 },
    };
    for (size_t i = 0; i < kz_countof(cases); i++)
        cr_expect_eq(kz_go_match(kz_str(cases[i].pattern), kz_str(cases[i].name)), cases[i].want,
                     "%s with %s", cases[i].pattern, cases[i].name);
}

Test(text, clean)
{
    static const char *const cases[][2] = {
        {"a/./b//c",       "a/b/c"},
        {"a/../b",         "b"    },
        {"../a/..",        ".."   },
        {"",               "."    },
        {"/../a",          "/a"   },
        {"a/..",           "."    },
        {"a/b/../../../c", "../c" }
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(cases); i++)
        cr_expect(kz_str_is(kz_go_clean(a, kz_str(cases[i][0])), cases[i][1]), "%s", cases[i][0]);
}

Test(ignore, table)
{
    static const struct {
        const char *rules, *path;
        bool dir, want;
    } cases[] = {
        {"*.bak",         "a/x.bak",      false, true },
        {"/x",            "x",            false, true },
        {"/x",            "a/x",          false, false},
        {"dir/",          "dir",          true,  true },
        {"dir/",          "dir",          false, false},
        {"a/*.x",         "a/q.x",        false, true },
        {"a/*.x",         "b/a/q.x",      false, false},
        {"# x\n\n x ",    "x",            false, true },
        {"!x",            "y",            false, true },
        {"!x",            "x",            false, false},
        {"",              "templates/.x", false, true },
        {"",              "templates/x",  false, false},
        {"\xEF\xBB\xBFx", "x",            false, true },
    };
    for (size_t i = 0; i < kz_countof(cases); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_ignore ig;
        struct kz_err err;
        cr_assert_eq(kz_ignore_parse(&ig, a, kz_str(cases[i].rules), &err), 0);
        cr_expect_eq(kz_ignore_has(&ig, kz_str(cases[i].path), cases[i].dir), cases[i].want,
                     "%s: %s", cases[i].rules, cases[i].path);
    }
}

Test(ignore, bad)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_ignore ig;
    struct kz_err err;
    cr_expect_lt(kz_ignore_parse(&ig, a, KZ_STR("a/**"), &err), 0);
    cr_expect_str_eq(err.frame[0], "double-star (**) syntax is not supported");
    cr_expect_lt(kz_ignore_parse(&ig, a, KZ_STR("[a"), &err), 0);
}

/* The messages are those of Helm 3.17.2 for a values.schema.json. */
Test(text, json_first)
{
    static const struct {
        const char *text, *why, *out;
    } cases[] = {
        {" {\"a\": 1} {",     NULL,                                                               "{\"a\":1}"               },
        {"{\"a\":1,\"a\":2}", NULL,                                                               "{\"a\":2}"               },
        {"true",              NULL,                                                               "true"                    },
        {"\"a\\\"b\" x",      NULL,                                                               "\"a\\\"b\""              },
        {"{\"a\":\"\xff\"}",  NULL,                                                               "{\"a\":\"\xEF\xBF\xBD\"}"},
        {"",                  "EOF",                                                              NULL                      },
        {" \n",               "EOF",                                                              NULL                      },
        {"{",                 "unexpected EOF",                                                   NULL                      },
        {"{\"a\":1",          "unexpected EOF",                                                   NULL                      },
        {"{\"a\":tru",        "unexpected EOF",                                                   NULL                      },
        {"-",                 "unexpected EOF",                                                   NULL                      },
        {"nope",              "invalid character 'o' in literal null (expecting 'u')",            NULL                      },
        {"{\"a\":1,}",        "invalid character '}' looking for beginning of object key string", NULL                      },
        {"{\"a\" 1}",         "invalid character '1' after object key",                           NULL                      },
        {"// c\n{}",          "invalid character '/' looking for beginning of value",             NULL                      },
        {"{\"a\":[\"b\"}}",   "invalid character '}' after array element",                        NULL                      },
    };
    for (size_t i = 0; i < kz_countof(cases); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 10);
        struct kz_value *v;
        struct kz_str why;
        const bool good = kz_go_json_first(&v, &why, a, kz_str(cases[i].text));
        cr_assert_eq(good, cases[i].why == NULL, "%s", cases[i].text);
        if (good)
            kz_go_json(&b, a, v, KZ_GO_JSON_SORTED);
        else
            kz_buf_add_str(&b, why);
        cr_expect(kz_str_is(kz_buf_str(&b), good ? cases[i].out : cases[i].why), "%s: " KZ_FMT,
                  cases[i].text, KZ_ARG(kz_buf_str(&b)));
    }
}
