/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json.h"
#include "value/json_quick.h"

#include <criterion/criterion.h>

static const struct {
    const char *name, *in;
    bool taken; /* by the quick reader; the rest is jansson's, and be it for its errors */
} rows[] = {
    {"scalars",          "[null,true,false,0,-0,12,-7,1.5,-2e3,1E+2,\"x\"]",        true },
    {"blanks",           " \t\r\n{ \"a\" : [ 1 , { } , [ ] ] } \n",                 true },
    {"top level text",   "\"x\"",                                                   true },
    {"escapes",          "\"\\b\\f\\n\\r\\t\\\\\\/\\\"\\u00e4\\u20AC\\uffff\"",     true },
    {"long text",        "\"0123456789abcdef0123456789\\n0123456789abcdef\"",       true },
    {"non-ASCII",        "{\"\xC3\xA4\":\"\xE2\x82\xAC \xF0\x9F\x98\x80\x7F\"}",    true },
    {"18 digits",        "[999999999999999999,-999999999999999999]",                true },
    {"smallest float",   "5e-324",                                                  true },
    {"many keys",
     "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":11,\"l\":12,\"m\":13,"
     "\"n\":14,\"o\":15,\"p\":16,\"q\":17,\"r\":18}",                               true },
    {"19 digits",        "9223372036854775807",                                     false},
    {"beyond 64 bits",   "18446744073709551616",                                    false},
    {"surrogates",       "\"\\ud83d\\ude00\"",                                      false},
    {"lone surrogate",   "\"\\ud83d\"",                                             false},
    {"NUL",              "\"\\u0000\"",                                             false},
    {"control",          "\"\x01\"",                                                false},
    {"bad escape",       "\"\\x\"",                                                 false},
    {"cut escape",       "\"\\",                                                    false},
    {"cut rune",         "\"\\u12\"",                                               false},
    {"bad UTF-8",        "\"\xC3\"",                                                false},
    {"no end",           "\"x",                                                     false},
    {"leading zero",     "01",                                                      false},
    {"minus",            "-",                                                       false},
    {"no fraction",      "1.",                                                      false},
    {"no exponent",      "1e",                                                      false},
    {"infinite",         "1e999",                                                   false},
    {"comma at the end", "[1,]",                                                    false},
    {"no comma",         "[1 2]",                                                   false},
    {"no colon",         "{\"a\" 1}",                                               false},
    {"key no text",      "{1:1}",                                                   false},
    {"wrong bracket",    "[1}",                                                     false},
    {"cut",              "{\"a\":",                                                 false},
    {"behind it",        "1 1",                                                     false},
    {"word",             "nul",                                                     false},
    {"nothing",          "",                                                        false},
};

Test(json_quick, equals_jansson)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        kz_autobuf struct kz_buf one = KZ_BUF(1 << 16), two = KZ_BUF(1 << 16);
        struct kz_value *quick, *jansson;
        struct kz_err err;
        cr_assert_eq(kz_json_quick_read(&quick, a, kz_str(rows[i].in), false), rows[i].taken, "%s", rows[i].name);
        if (!rows[i].taken) {
            cr_assert_eq(kz_arena_used(a), 0, "%s", rows[i].name);
            continue;
        }
        cr_assert_eq(kz_json_jansson_read(&jansson, a, kz_str(rows[i].in), KZ_STR("t"), false, &err), 0, "%s",
                     rows[i].name);
        kz_json_write(&one, quick, 0);
        kz_json_write(&two, jansson, 0);
        cr_assert_str_eq(one.ptr, two.ptr, "%s", rows[i].name);
        cr_assert_eq(quick->kind, jansson->kind, "%s", rows[i].name);
    }
}

Test(json_quick, equal_keys)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_str text = KZ_STR("{\"a\":1,\"b\":2,\"a\":3}");
    struct kz_value *v;
    cr_assert(!kz_json_quick_read(&v, a, text, false));
    cr_assert(kz_json_quick_read(&v, a, text, true));
    cr_assert_eq(kz_value_len(v), 2);
    cr_assert_eq(kz_value_path_int(v, "a", 0), 3);
    cr_assert(kz_str_is(v->as.map.at[0].key, "a"));
}

Test(json_quick, depth)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t n = KZ_VALUE_DEPTH_JSON; n <= KZ_VALUE_DEPTH_JSON + 1; n++) {
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
        struct kz_value *v;
        struct kz_err err;
        for (size_t i = 0; i < n; i++)
            kz_buf_putc(&b, '[');
        for (size_t i = 0; i < n; i++)
            kz_buf_putc(&b, ']');
        const bool good = n <= KZ_VALUE_DEPTH_JSON;
        cr_assert_eq(kz_json_quick_read(&v, a, kz_buf_str(&b), false), good);
        cr_assert_eq(kz_json_jansson_read(&v, a, kz_buf_str(&b), KZ_STR("t"), false, &err) == 0, good);
    }
}
