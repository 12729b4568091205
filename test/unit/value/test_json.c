/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "value/json.h"

#include <criterion/criterion.h>

static const struct {
    const char *name, *in;
    unsigned flags;
    const char *want;
} round_rows[] = {
    {"scalar",       " true ",                                                         0,              "true"                                  },
    {"order",        "{\"b\":1,\"a\":2}",                                              0,              "{\"b\":1,\"a\":2}"                     },
    {"sorted",       "{\"b\":1,\"a\":{\"d\":[],\"c\":{}}}",                            KZ_JSON_SORTED,
     "{\"a\":{\"c\":{},\"d\":[]},\"b\":1}"                                                                                                     },
    {"pretty",       "{\"a\":[1,{}],\"b\":[]}",                                        KZ_JSON_PRETTY,
     "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}\n"                                                                                   },
    {"int max",      "[9223372036854775807,-9223372036854775808]",                     0,
     "[9223372036854775807,-9223372036854775808]"                                                                                              },
    {"slash",        "\"\\/\"",                                                        0,              "\"/\""                                 },
    {"surrogates",   "\"\\ud83d\\ude00\"",                                             0,              "\"\xF0\x9F\x98\x80\""                  },
    {"controls",     "\"\\u0001\\n\\t\\r\\b\\f\\\"\\\\\\u007f\\u0085\\u2028\\ufeff\"", 0,
     "\"\\u0001\\n\\t\\r\\b\\f\\\"\\\\\\u007f\\u0085\\u2028\\ufeff\""                                                                          },
    {"raw utf-8",    "\"\xC3\xA4\xE2\x82\xAC<>&\"",                                    0,              "\"\xC3\xA4\xE2\x82\xAC<>&\""           },
    {"float whole",  "[1.0,-2.50,0.0]",                                                0,              "[1,-2.5,0]"                            },
    {"float small",  "[1e-6,1e-7,0.00012]",                                            0,              "[0.000001,1e-7,0.00012]"               },
    {"float large",  "[1e20,1e21,1.5e300]",                                            0,              "[100000000000000000000,1e+21,1.5e+300]"},
    {"big int", "{\"9223372036854775808\":[9223372036854775808,-9223372036854775809,1e1,\"\\\"1\"]}",
     0, "{\"9223372036854775808\":[9223372036854776000,-9223372036854776000,10,\"\\\"1\"]}"},
    {"float digits", "[0.1,0.30000000000000004,5e-324,1.7976931348623157e308]",        0,
     "[0.1,0.30000000000000004,5e-324,1.7976931348623157e+308]"                                                                                },
};

Test(json, round_trip)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(round_rows); i++) {
        struct kz_value *v;
        struct kz_err err;
        kz_autobuf struct kz_buf b;
        kz_buf_init(&b, 1 << 16);
        cr_assert_eq(kz_json_read(&v, a, kz_str(round_rows[i].in), KZ_STR("t"), &err), 0, "%s",
                     round_rows[i].name);
        kz_json_write(&b, v, round_rows[i].flags);
        cr_assert_str_eq(b.ptr, round_rows[i].want, "%s: %s", round_rows[i].name, b.ptr);
    }
}

static const struct {
    const char *name, *in;
    enum kz_code code;
    const char *want;
} bad_rows[] = {
    {"empty",     "",                     KZ_E_PARSE, "JSON ends too early (r.json:1:1)"                        },
    {"cut",       "{\"a\":",              KZ_E_PARSE, "JSON ends too early (r.json:1:5)"                        },
    {"duplicate", "{\"a\":1,\n\"a\":2}",  KZ_E_PARSE,
     "JSON has the same key twice in one object (r.json:2:3)"                                                   },
    {"big real", "1e999", KZ_E_PARSE, "JSON has a number that is too large (r.json:1:5)"},
    {"minus", "[9223372036854775808,-]", KZ_E_PARSE, "not valid JSON: invalid token (r.json:1:24)"},
    {"nul",       "\"\\u0000\"",          KZ_E_PARSE, "JSON has a string with a NUL character (r.json:1:8)"     },
    {"trailing",  "1 2",                  KZ_E_PARSE, "not valid JSON: end of file expected (r.json:1:3)"       },
    {"bad utf-8", "\"\xC3(\"",            KZ_E_PARSE, "JSON is not valid UTF-8 (r.json:1:1)"                    },
    {"nan",       "NaN",                  KZ_E_PARSE, "not valid JSON: invalid token (r.json:1:3)"              },
};

Test(json, bad)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(bad_rows); i++) {
        struct kz_value *v = NULL;
        struct kz_err err;
        char line[1024];
        int rc = kz_json_read(&v, a, kz_str(bad_rows[i].in), KZ_STR("r.json"), &err);
        cr_assert_eq(rc, -(int)bad_rows[i].code, "%s", bad_rows[i].name);
        cr_assert_null(v);
        (void)kz_err_line(line, sizeof line, &err);
        cr_assert_str_eq(line, bad_rows[i].want, "%s: %s", bad_rows[i].name, line);
    }
}

Test(json, depth)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 22);
    static const struct {
        size_t depth;
        int want;
    } rows[] = {
        {512,    0          },
        {513,    -KZ_E_LIMIT},
        {2049,   -KZ_E_LIMIT},
        {100000, -KZ_E_LIMIT}
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autobuf struct kz_buf b;
        struct kz_value *v;
        struct kz_err err;
        kz_buf_init(&b, 1 << 20);
        kz_buf_fill(&b, '[', rows[i].depth);
        kz_buf_fill(&b, ']', rows[i].depth);
        cr_assert_eq(kz_json_read(&v, a, kz_buf_str(&b), KZ_STR("t"), &err), rows[i].want, "%zu",
                     rows[i].depth);
    }
}

Test(json, hash_is_of_the_canonical_form)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *x, *y;
    struct kz_err err;
    struct kz_hash hx, hy;
    cr_assert_eq(kz_json_read(&x, a, KZ_STR("{\"a\":1,\"b\":2}"), KZ_STR("t"), &err), 0);
    cr_assert_eq(kz_json_read(&y, a, KZ_STR("{\"b\": 2, \"a\": 1}"), KZ_STR("t"), &err), 0);
    kz_json_hash(&hx, x);
    kz_json_hash(&hy, y);
    cr_assert(kz_hash_eq(hx, hy));
}

Test(json, what_is_not_utf8_is_replaced)
{
    kz_autobuf struct kz_buf b;
    kz_buf_init(&b, 64);
    kz_json_write_str(&b, KZ_STR("a\xFFz\xC3"));
    cr_assert_str_eq(b.ptr, "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"");
}
