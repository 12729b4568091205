/* SPDX-License-Identifier: Apache-2.0
 *
 * Go's fmt and strconv; every row was made by Go 1.23. */
#include "render.h"

#include "template/print.h"

#include <criterion/criterion.h>

#include <math.h>

static const struct {
    const char *in, *want;
} rows[] = {
    {"printf \"%d|%5d|%-5d|%05d|%+d|% d\" 42 42 42 42 42 42",                                                                                "42|   42|42   |00042|+42| 42"                  },
    {"printf \"%x|%X|%#x|%o|%#o|%O|%b|%#b\" 255 255 255 8 8 8 5 5",
     "ff|FF|0xff|10|010|0o10|101|0b101"                                                                                                                                                      },
    {"printf \"%c|%q|%U|%#U\" 65 65 65 9731",                                                                                                "A|'A'|U+0041|U+2603 '\xE2\x98\x83'"            },
    {"printf \"%.3d|%8.3d|%-8.3d|%.0d\" 5 5 5 0",                                                                                            "005|     005|005     |"                        },
    {"printf \"%5.2f|%e|%g|%G|%.0f|%6.1f|%+.1e\" 1.234 1234.5 1e21 1e-7 2.5 3.14159 12345.678",
     " 1.23|1.234500e+03|1e+21|1E-07|2|   3.1|+1.2e+04"                                                                                                                                      },
    {"printf \"%v|%6v|%.3v|%#v|%+v\" 1e6 1.5 1.23456 1.0 1.0",                                                                               "1e+06|   1.5|1.23|1|1"                         },
    {"printf \"%x|%.2x|%b\" 1.5 1.999 1.0",                                                                                                  "0x1.8p+00|0x1.00p+01|4503599627370496p-52"     },
    {"printf \"%s|%5s|%-5s|%.2s|%q|%x|% x|%X|%#x\" \"ab\" \"ab\" \"ab\" \"\xC3\xA9\xC3\xA9\xC3\xA9\" \"q\\\"\" \"hi\" \"hi\" \"hi\" \"hi\"",
     "ab|   ab|ab   |\xC3\xA9\xC3\xA9|\"q\\\"\"|6869|68 69|6869|0x6869"                                                                                                                      },
    {"printf \"%+q|%#q|%#q\" \"\xE2\x98\x83\" \"a\" \"`\"",                                                                                  "\"\\u2603\"|`a`|\"`\""                         },
    {"printf \"%t|%v|%5t\" true false true",                                                                                                 "true|false| true"                              },
    {"printf \"%T %T %T %T %T %T\" 1 1.5 \"s\" true nil 'a'",                                                                                "int float64 string bool <nil> int"             },
    {"printf \"%v %v %v\" 1",                                                                                                                "1 %!v(MISSING) %!v(MISSING)"                   },
    {"printf \"%v\" 1 2",                                                                                                                    "1%!(EXTRA int=2)"                              },
    {"printf \"%d|%s|%z|%t\" \"x\" 5 1 1",                                                                                                   "%!d(string=x)|%!s(int=5)|%!z(int=1)|%!t(int=1)"},
    {"printf \"%!|%\"",                                                                                                                      "%!!(MISSING)|%!(NOVERB)"                       },
    {"printf \"%s|%d\" nil nil",                                                                                                             "%!s(<nil>)|%!d(<nil>)"                         },
    {"printf \"%[2]d %[1]d|%[5]d|%[x]d\" 1 2",                                                                                               "2 1|%!d(BADINDEX)|%!d(BADINDEX)"               },
    {"printf \"%*d|%-*d|%.*f|%*d\" 5 42 5 42 2 1.2345 \"x\" 1",                                                                              "   42|42   |1.23|%!(BADWIDTH)1"                },
    {"printf \"%%|%5%|\"",                                                                                                                   "%|%|"                                          },
    {"printf \"%v %d %s\" .l .l .l",
     "[1 x <nil>] [%!d(float64=1) %!d(string=x) <nil>] [%!s(float64=1) x <nil>]"                                                                                                             },
    {"printf \"%v|%+v|%#v\" .m .m .m",
     "map[a:1 b:[x]]|map[a:1 b:[x]]|map[string]interface {}{\"a\":1, \"b\":[]interface {}{\"x\"}}"                                                                                           },
    {"printf \"%q|%5v|%x\" .l .l .l",
     "[%!q(float64=1) \"x\" <nil>]|[    1     x <nil>]|[0x1p+00 78 <nil>]"                                                                                                                   },
    {"print 1 2 \"a\" \"b\" 3 nil",                                                                                                          "1 2ab3 <nil>"                                  },
    {"print 1 2 \"a\" \"b\" true",                                                                                                           "1 2abtrue"                                     },
    {"println \"a\" 1 nil",                                                                                                                  "a 1 <nil>\n"                                   },
    {"printf \"%6.2f|%-8.1f|%08.3f|%+08d\" -1.5 -1.5 -1.5 5",                                                                                " -1.50|-1.5    |-001.500|+0000005"             },
    {"printf \"%#.3g|%#g|%#x\" 1.0 1.0 1.0",                                                                                                 "1.00|1.00000|0x1.0000p+00"                     },
    {"printf \"%v %v\" 1i 1+2i",                                                                                                             "(0+1i) (1+2i)"                                 },
    {"printf \"%w\" 1",                                                                                                                      "%!w(int=1)"                                    },
    {"printf \"%\xC3\xA9\" 1",                                                                                                               "%!\xC3\xA9(int=1)"                             },
};

Test(template_print, printf)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
        const struct kz_render_case c = {
            .data = "{\"l\":[1,\"x\",null],\"m\":{\"b\":[\"x\"],\"a\":1}}"};
        const char *text = kz_cstr(a, kz_str_printf(a, "{{%s}}", rows[i].in));
        const char *got = kz_test_render(a, &c, text);
        cr_expect_str_eq(got, rows[i].want, "%s: %s", rows[i].in, got);
    }
}

static const struct {
    double real;
    char verb;
    int prec;
    const char *want;
} float_rows[] = {
    {0,                      'g', -1, "0"                      },
    {-0.0,                   'g', -1, "-0"                     },
    {100000,                 'g', -1, "100000"                 },
    {1000000,                'g', -1, "1e+06"                  },
    {21000000,               'g', -1, "2.1e+07"                },
    {123456789,              'g', -1, "1.23456789e+08"         },
    {0.0001,                 'g', -1, "0.0001"                 },
    {0.00001,                'g', -1, "1e-05"                  },
    {0.1 + 0.2,              'g', -1, "0.30000000000000004"    },
    {5e-324,                 'g', -1, "5e-324"                 },
    {1.7976931348623157e308, 'g', -1, "1.7976931348623157e+308"},
    {100,                    'g', 3,  "100"                    },
    {1000,                   'g', 3,  "1e+03"                  },
    {1e20,                   'g', 30, "100000000000000000000"  },
    {1.5,                    'e', -1, "1.5e+00"                },
    {0,                      'e', 3,  "0.000e+00"              },
    {1e21,                   'f', -1, "1000000000000000000000" },
    {0.000001,               'f', -1, "0.000001"               },
    {2.5,                    'f', 0,  "2"                      },
    {3.5,                    'f', 0,  "4"                      },
    {INFINITY,               'g', -1, "+Inf"                   },
    {-INFINITY,              'f', 2,  "-Inf"                   },
    {NAN,                    'g', -1, "NaN"                    },
};

Test(template_print, floats)
{
    for (size_t i = 0; i < kz_countof(float_rows); i++) {
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        kz_print_float(&b, float_rows[i].real, float_rows[i].verb, float_rows[i].prec);
        cr_expect_str_eq(b.ptr, float_rows[i].want, "%s", b.ptr);
    }
}

static const struct {
    struct kz_str in;
    const char *plain, *ascii;
} quote_rows[] = {
    {KZ_STR_INIT("a\"b\\"),                       "\"a\\\"b\\\\\"",                      "\"a\\\"b\\\\\""    },
    {KZ_STR_INIT("\a\b\f\n\r\t\v\x01\x7f"),       "\"\\a\\b\\f\\n\\r\\t\\v\\x01\\x7f\"",
     "\"\\a\\b\\f\\n\\r\\t\\v\\x01\\x7f\""                                                                   },
    {KZ_STR_INIT("\xC3\xA9\xE2\x98\x83"),         "\"\xC3\xA9\xE2\x98\x83\"",            "\"\\u00e9\\u2603\""},
    {KZ_STR_INIT("\xFF\xC3"),                     "\"\\xff\\xc3\"",                      "\"\\xff\\xc3\""    },
    {KZ_STR_INIT("\xE2\x80\xA8\xF0\x9F\x98\x80"), "\"\\u2028\xF0\x9F\x98\x80\"",
     "\"\\u2028\\U0001f600\""                                                                                },
};

Test(template_print, quotes)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 20);
    for (size_t i = 0; i < kz_countof(quote_rows); i++) {
        kz_autobuf struct kz_buf plain = KZ_BUF(4096);
        kz_autobuf struct kz_buf ascii = KZ_BUF(4096);
        struct kz_str back;
        kz_print_quoted(&plain, quote_rows[i].in, KZ_QUOTE_PLAIN);
        kz_print_quoted(&ascii, quote_rows[i].in, KZ_QUOTE_ASCII);
        cr_expect_str_eq(plain.ptr, quote_rows[i].plain, "%s", plain.ptr);
        cr_expect_str_eq(ascii.ptr, quote_rows[i].ascii, "%s", ascii.ptr);
        cr_expect(kz_unquote(&back, a, kz_buf_str(&ascii)) && kz_str_eq(back, quote_rows[i].in));
    }
}

/* A map that holds itself prints as far as the depth goes, and no further. */
Test(template_print, cycle)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
    struct kz_dict *d = kz_dict_new(a, 1);
    kz_dict_set(a, d, KZ_STR("d"), kz_val_dict(d));
    const struct kz_str text = kz_val_text(a, kz_val_dict(d));
    cr_expect(kz_str_has(text, KZ_STR("map[d:map[d:")));
    cr_expect(text.len < 10000);
}
