/* SPDX-License-Identifier: Apache-2.0
 *
 * Coalescing of values, and schemas. The cases under test/cases/helm say the same with the real helm. */
#include "base/buf.h"
#include "helm/schema.h"
#include "helm/text.h"
#include "helm/values.h"
#include "value/json.h"

#include <criterion/criterion.h>
#include <string.h>

static struct kz_value *yaml(struct kz_arena *a, const char *text)
{
    struct kz_value *v;
    struct kz_err err;
    cr_assert_eq(kz_go_yaml(&v, a, kz_str(text), KZ_STR("t"), &err), 0, "%s", text);
    kz_go_floats(v);
    return v;
}

static const struct {
    const char *given, *parent, *sub,
        *want; /* want: sorted JSON, or the error when it begins with '!' */
} cases[] = {
    {"{}",             "a: 1",              "b: 2",                 "{\"a\":1,\"sub\":{\"b\":2,\"global\":{}}}"},
    {"a: null",        "a: 1",              "{}",                   "{\"sub\":{\"global\":{}}}"                },
    {"{}",             "a: null",           "{}",                   "{\"a\":null,\"sub\":{\"global\":{}}}"     },
    {"a: {b: null}",   "a: {b: 1, c: 2}",   "{}",                   "{\"a\":{\"c\":2},\"sub\":{\"global\":{}}}"},
    {"sub: {b: null}", "{}",                "b: 2",                 "{\"sub\":{\"global\":{}}}"                },
    {"{}",             "sub: {b: null}",    "b: 2",                 "{\"sub\":{\"global\":{}}}"                },
    {"sub: {b: 3}",    "sub: {b: 4, c: 5}", "{b: 6, c: 7, d: 8}",
     "{\"sub\":{\"b\":3,\"c\":5,\"d\":8,\"global\":{}}}"                                                       },
    {"global: {x: 1}", "global: {w: 2}",    "global: {x: 3, z: 4}",
     "{\"global\":{\"w\":2,\"x\":1},\"sub\":{\"global\":{\"w\":2,\"x\":1,\"z\":4}}}"                           },
    {"a: 5",           "a: {b: 1}",         "{}",                   "{\"a\":5,\"sub\":{\"global\":{}}}"        },
    {"a: {b: 1}",      "a: 5",              "{}",                   "{\"a\":{\"b\":1},\"sub\":{\"global\":{}}}"},
    {"sub: 5",         "{}",                "{}",                   "!type mismatch on sub: %!t(float64=5)"    },
};

Test(values, coalesce)
{
    for (size_t i = 0; i < kz_countof(cases); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
        struct kz_chart_meta root_meta = {.name = KZ_STR("root")},
                             sub_meta = {.name = KZ_STR("sub")};
        struct kz_chart sub = {.meta = &sub_meta, .values = yaml(a, cases[i].sub)};
        struct kz_chart *subs[] = {&sub};
        struct kz_chart root = {
            .meta = &root_meta, .values = yaml(a, cases[i].parent), .subs = subs, .n_subs = 1};
        struct kz_value *v;
        struct kz_err err;
        const int rc = kz_values_coalesce(&v, a, &root, yaml(a, cases[i].given), KZ_VALUES_COALESCE,
                                          NULL, &err);
        if (cases[i].want[0] == '!') {
            cr_expect_lt(rc, 0);
            cr_expect_str_eq(err.frame[0], cases[i].want + 1);
            continue;
        }
        cr_assert_eq(rc, 0);
        kz_json_write(&b, v, KZ_JSON_SORTED);
        cr_expect_str_eq(b.ptr, cases[i].want, "case %zu: %s", i, b.ptr);
    }
}

Test(values, paths)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_value *v = yaml(a, "{a: {b: {c: true}}, d: 1}");
    cr_expect(kz_value_as_bool(kz_values_at(v, KZ_STR("a.b.c")), false));
    cr_expect_not_null(kz_values_at(v, KZ_STR("d")));
    cr_expect_null(kz_values_at(v, KZ_STR("a.b")));
    cr_expect_null(kz_values_at(v, KZ_STR("d.x")));
    cr_expect_null(kz_values_at(v, KZ_STR("")));
    cr_expect_not_null(kz_values_table(v, KZ_STR("a.b")));
}

Test(schema, table)
{
    static const struct {
        const char *schema, *values, *want;
    } rows[] = {
        {"{\"required\":[\"a\"]}",                                  "{}",         "- (root): a is required\n"                                 },
        {"{\"properties\":{\"a\":{\"type\":\"integer\"}}}",         "a: 1",       ""                                                          },
        {"{\"properties\":{\"a\":{\"type\":\"integer\"}}}",         "a: 1.5",
         "- a: Invalid type. Expected: integer, given: number\n"                                                                              },
        {"{\"properties\":{\"a\":{\"multipleOf\":0.01}}}",          "a: 19.99",   ""                                                          },
        {"{\"properties\":{\"a\":{\"maximum\":1000000}}}",          "a: 1000001",
         "- a: Must be less than or equal to 1e+06\n"                                                                                         },
        {"{\"properties\":{\"a\":{\"$ref\":\"#/definitions/x\"}}}", "a: 1",
         "Object has no key 'definitions'"                                                                                                    },
        {"{\"type\":\"what\"}",                                     "{}",
         "has a primitive type that is NOT VALID -- given: /what/ Expected valid values are:[array boolean integer number null object string]"},
        {"{\"properties\":{\"a\":{\"enum\":[\"x\",\"<\"]}}}",       "a: y",
         "- a: a must be one of the following: \"x\", \"\\u003c\"\n"                                                                          },
        {"true",                                                    "{}",         ""                                                          },
        {"false",                                                   "{}",         "- (root): False always fails validation\n"                 },
        {"{\"pattern\":\"[\"}",                                     "{}",         "pattern must be a valid regex"                             },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
        struct kz_str why;
        const bool ok = kz_schema_ok(&why, a, kz_str(rows[i].schema), yaml(a, rows[i].values));
        cr_expect_eq(ok, rows[i].want[0] == '\0');
        cr_expect(kz_str_is(why, rows[i].want), "case %zu: " KZ_FMT, i, KZ_ARG(why));
    }
}

/* reliability.md schema-evil: none of these may hang, crash or fetch. */
Test(schema, evil)
{
    static const char *const evil[] = {
        "{\"$ref\":\"#\"}",
        "{\"$ref\":\"#/definitions/a\",\"definitions\":{\"a\":{\"$ref\":\"#/definitions/b\"},\"b\":{\"$ref\":\"#/definitions/a\"}}}",
        "{\"$ref\":\"https://127.0.0.1:1/x.json\"}",
        "{\"$ref\":\"file:///etc/passwd\"}",
        "{\"definitions\":{\"a\":{\"allOf\":[{\"$ref\":\"#/definitions/a\"},{\"$ref\":\"#/definitions/a\"}]}},\"$ref\":\"#/definitions/a\"}",
        "[]",
        "",
        "{",
        "null",
        "{\"minItems\":-1}",
        "{\"maxItems\":1e300}",
    };
    for (size_t i = 0; i < kz_countof(evil); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
        struct kz_str why;
        cr_expect_not(kz_schema_ok(&why, a, kz_str(evil[i]), yaml(a, "{a: 1}")), "%s", evil[i]);
        cr_expect(why.len > 0 && !kz_str_has(why, KZ_STR("root:x:")));
    }
    /* allOf in allOf, as deep as JSON may be and deeper */
    for (size_t depth = 50; depth <= 100000; depth *= 10) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
        kz_autobuf struct kz_buf b = KZ_BUF(4 << 20);
        struct kz_str why;
        for (size_t i = 0; i < depth; i++)
            kz_buf_puts(&b, "{\"allOf\":[");
        kz_buf_puts(&b, "{}");
        for (size_t i = 0; i < depth; i++)
            kz_buf_puts(&b, "]}");
        cr_expect_eq(kz_schema_ok(&why, a, kz_buf_str(&b), yaml(a, "{}")), depth == 50);
    }
}
