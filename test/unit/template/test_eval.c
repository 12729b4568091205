/* SPDX-License-Identifier: Apache-2.0
 *
 * What templates print and how they fail; every row was made by Go 1.23. */
#include "render.h"

#include <criterion/criterion.h>

static const char data[] =
    "{\"i\":1000000,\"f\":1.5,\"z\":0,\"s\":\"str\",\"e\":\"\",\"b\":true,\"n\":null,\"big\":12345678901,"
    "\"l\":[1,2.5,\"x\",null,true],\"el\":[],\"m\":{\"b\":1,\"a\":\"2\",\"c\":null,\"10\":\"x\"},\"em\":{},"
    "\"small\":0.0000001,\"html\":\"<a>&\\\"'\"}";

#define AT(pos, node) "! template: t:" pos ": executing \"t\" at <" node ">: "

static const struct {
    const char *name, *in, *want;
} rows[] = {
    {"text",                                                                                                                       "plain",                                                                     "plain"},
    {"empty",                                                                                                                      "",                                                                          ""},
    {"numbers",                                                                                                                    "{{.i}} {{.big}} {{.f}} {{.small}} {{100000.0}} {{1e21}}",
     "1e+06 1.2345678901e+10 1.5 1e-07 100000 1e+21"},
    {"literals",                                                                                                                   "{{1}} {{0x1F}} {{'a'}} {{1_000}} {{1i}} {{true}} {{`r\\n`}} {{\"\\x41\"}}",
     "1 31 97 1000 (0+1i) true r\\n A"},
    {"list and map",                                                                                                               "{{.l}} {{.m}} {{.em}}{{.el}}",
     "[1 2.5 x <nil> true] map[10:x a:2 b:1 c:<nil>] map[][]"},
    {"no value",                                                                                                                   "{{.n}} {{.none}} {{.m.c}}",                                                 "<no value> <no value> <no value>"},
    {"nil in parentheses",                                                                                                         "{{(.none).deeper}}",                                                        "<no value>"},
    {"trim",                                                                                                                       "a \n{{- 1 -}}\n b",                                                         "a1b"},
    {"trim needs a blank",                                                                                                         "a {{-1}} b",                                                                "a -1 b"},
    {"comment",                                                                                                                    "a{{/* x */}}b {{- /* y */ -}} c",                                           "abc"},
    {"if",                                                                                                                         "{{if .z}}a{{else if .e}}b{{else}}c{{end}}",                                 "c"},
    {"truth",                                                                                                                      "{{range (print 1 | printf \"%s\" | len)}}{{end}}",
     AT("1:33","len") "range can't iterate over 1"},
    {"with",                                                                                                                            "{{with .none}}a{{else with .s}}{{.}}{{else}}c{{end}}",                                                                                                                                                                                                  "str"},
    {"range list",                                                                                                                            "{{range $i, $v := .l}}{{$i}}={{$v}};{{end}}",
     "0=1;1=2.5;2=x;3=<no value>;4=true;"   },
    {"range map sorted",                                                                                                                            "{{range $k, $v := .m}}{{$k}}={{$v}};{{end}}",
     "10=x;a=2;b=1;c=<no value>;"},
    {"range one variable",                                                                                                                            "{{range $v := .m}}{{$v}},{{end}}",                                                                                                                                                                                    "x,2,1,<no value>,"            },
    {"range else",                                                                                                                            "{{range .el}}a{{else}}b{{end}}{{range .none}}a{{else}}c{{end}}",                                                                                                                                                                                            "bc"},
    {"break, continue",
     "{{range $i, $_ := .l}}{{if eq $i 1}}{{continue}}{{end}}{{if eq $i 3}}{{break}}{{end}}{{$i}}{{end}}",
     "02"},
    {"assign",                                                                                                                            "{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{end}}{{$x}}",                                                                                                                                                                                                "2"},
    {"define",                                                                                                                            "{{define \"a\"}}A{{.}}{{end}}{{template \"a\" .s}}{{template \"a\"}}",
     "AstrA<no value>"},
    {"block",                                                                                                                            "{{block \"b\" .s}}[{{.}}]{{end}}{{template \"b\" 1}}",                                                                                                                                                                                                 "[str][1]"},
    {"empty redefinition",                                                                                                                            "{{define \"a\"}}A{{end}}{{define \"a\"}} \n{{end}}{{template \"a\"}}",
     "A"},
    {"and, or",                                                                                                                            "{{and 1 0 2}} {{or 0 \"\" \"z\"}} {{or 1 .s.x}} {{and .none .none.x}}",
     "0 z 1 <no value>"},
    {"eq",                                                                                                                            "{{eq .s \"a\" \"str\"}} {{eq nil .none}} {{eq .n nil}} {{ne .none \"x\"}}",
     "true true true true"},
    {"less",                                                                                                                            "{{lt 1 2}} {{ge \"b\" \"a\"}} {{gt 1.5 1.2}} {{le .f 1.5}}",                                                                                                                                                                                                  "true true true true"},
    {"index",
     "{{index .l 1}} {{index .m \"a\"}} {{index .m \"none\"}} {{index . \"m\" \"b\"}} {{index \"abc\" 1}}",
     "2.5 2 <no value> 1 98"},
    {"slice",                                                                                                                            "{{slice .s 1}} {{slice \"abcdef\" 1 3}} {{slice .l 1 3}}",                                                                                                                                                                                                 "tr bc [2.5 x]"},
    {"len",                                                                                                                            "{{len .l}} {{len .s}} {{len .m}}",                                                                                                                                                                                                   "5 3 4"},
    {"html",                                                                                                                            "{{html .html}} {{.html | js}} {{urlquery .html \"a b\"}}",
     "&lt;a&gt;&amp;&#34;&#39; \\u003Ca\\u003E\\u0026\\\"\\' %3Ca%3E%26%22%27a+b"},
    {"pipe into last argument",                                                                                                                            "{{2 | printf \"%d %d\" 1}}",                                                                                                                                                                               "1 2"},
    {"redeclared dollar",                                                                                                                            "{{$ := 1}}{{$}}",                                                                                                                                                                                     "1"},

    {"nil pointer",                                                                                                                            "{{.none.deeper}}",                                                                                                                                                                                           "<no value>"},
    {"field of nil element",                                                                                                                            "{{.m.c.d}}",
     AT("1:4",".m.c.d") "nil pointer evaluating interface {}.d"},
    {"field of string",                                                                           "{{.s.deeper}}",
     AT("1:4",".s.deeper") "can't evaluate field deeper in type interface {}"},
    {"field of constant",                                                                                                                     "{{(\"x\").y}}",
     AT("1:3","\"x\"") "can't evaluate field y in type string"},
    {"kinds","{{eq .i 1000000}}",
     AT("1:2","eq .i 1000000") "error calling eq: incompatible types for comparison"},
    {"no comparison",                                                                                                                      "{{eq .l .l}}",
     AT("1:2",
     "eq .l .l") "error calling eq: non-comparable type [%!s(float64=1) %!s(float64=2.5) x <nil> %!s(bool=true)]: []interface {}"},
    {"nil less",                                                                                                                            "{{lt .none 1}}",
     AT("1:2","lt .none 1") "error calling lt: invalid type for comparison"},
    {"eq of one", "{{eq 1}}",
     AT("1:2","eq 1") "error calling eq: missing argument for comparison"},
    {"index range",                                                                                                                     "{{index .l 9}}",
     AT("1:2",                                                                              "index .l 9") "error calling index: index out of range: 9"},
    {"index end",                                                                                                                  "{{index .l 5}}",
     AT("1:2",                                                                     "index .l 5") "error calling index: reflect: slice index out of range"},
    {"index nil",                                                                                                                "{{index nil 1}}",
     AT("1:2","index nil 1") "error calling index: index of untyped nil"},
    {"len nil",                                                                                                                            "{{len .n}}",                                                                                                                                                                                             AT("1:2","len .n") "error calling len: len of nil pointer"},
    {"len number",                                                      "{{len 3}}",                                                                                                                                 AT("1:2","len 3") "error calling len: len of type int"},
    {"range number",                                                                                                                     "x\n{{ range .i }}{{end}}",                                                                                                                                      AT("2:9",".i") "range can't iterate over 1e+06"},
    {"range int","{{range 3}}{{end}}",AT("1:8","3") "range can't iterate over 3"},
    {"no function",                                                                                                                 "{{.s 1}}",                                                                                                                            AT("1:2",".s") "s is not a method but has arguments"},
    {"argument to constant",                                                                                                                            "{{1 2}}",                                                                                                                                                                                          AT("1:2","1") "can't give argument to non-function 1"},
    {"argument count",                                                                                      "{{not 1 2}}",
     AT("1:2","not") "wrong number of args for not: want 1 got 2"},
    {"too few",                                                                                                                    "{{index}}",
     AT("1:2",                                                                                                                                                                                                                                                  "index") "wrong number of args for index: want at least 1 got 0"},
    {"nil command",  "{{nil}}",AT("1:2","nil") "nil is not a command"},
    {"call",                                                                                                       "{{call .s}}",
     AT("1:2","call .s") "error calling call: non-function .s of type string"},
    {"printf wants a string",                                                                                                                            "{{printf 1}}",                                                                                                                                                                                        AT("1:9","1") "expected string; found 1"},
    {"float to string",                                                                         "{{printf .i}}",
     AT("1:9",".i") "wrong type for value; expected string; got float64"},
    {"no value to string",                                                                                                                     "{{printf .none}}",                                                                                                                                AT("1:9",".none") "invalid value; expected string"},
    {"nil to string",                                                                                                                  "{{printf nil}}",                                                                                                                                                                                                                                            AT("1:9",  "nil") "cannot assign nil to string"},
    {"overflow",                                                                                                                       "{{18446744073709551615}}",
     AT("1:2","18446744073709551615") "18446744073709551615 overflows int"},
    {"else has no variable",                                                                                                                            "{{if true}}{{$x := 1}}{{else}}{{$x}}{{end}}",                                                                                                                                                                                 ""},
    {"variable of the other branch",                                                                                             "{{if false}}{{$x := 1}}{{else}}{{$x}}{{end}}",
     AT("1:33",                                                                   "$x") "undefined variable: $x"},
    {"undefined template",                                                                                                                     "{{template \"x\"}}",
     AT("1:11","{{template \"x\"}}") "template \"x\" not defined"},
    {"error in another","{{define \"a\"}}{{.x.y}}{{end}}\n{{template \"a\" .s}}",
     "! template: t:1:18: executing \"a\" at <.x.y>: can't evaluate field x in type string"  },
    {"recursion",                                                                                                              "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}",
     "! template: t:1:25: executing \"a\" at <{{template \"a\"}}>: exceeded maximum template depth (100000)"},
};

Test(template_eval, rows)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
        const struct kz_render_case c = {.data = data};
        const char *got = kz_test_render(a, &c, rows[i].in);
        cr_expect_str_eq(got, rows[i].want, "%s: %s", rows[i].name, got);
    }
}

static const struct {
    enum kz_missing missing;
    const char *in, *want;
} missing_rows[] = {
    {KZ_MISSING_DEFAULT,                                                  "{{.none}}|{{.none.x}}", "<no value>|<no value>"},
    {                                             KZ_MISSING_ZERO,                                                        "{{.none}}",            "<no value>"                       },
    {                               KZ_MISSING_ZERO,                                                           "{{.none.x}}",                                AT("1:7",                        ".none.x") "nil pointer evaluating interface {}.x"},
    {                               KZ_MISSING_ZERO,                                                       "{{(.none).x}}",                                                                              "<no value>"         },
    {                           KZ_MISSING_ZERO, "{{printf .none}}",
     AT("1:9",                                 ".none") "wrong type for value; expected string; got interface {}"},
    { KZ_MISSING_ZERO,                         "{{.none | printf}}",                                                AT("1:10",                                                        "printf") "invalid value; expected string"},
    {            KZ_MISSING_ERROR,                       "{{.none}}",                                              AT("1:2",                                                                      ".none") "map has no entry for key \"none\""},
};

Test(template_eval, missing_keys)
{
    for (size_t i = 0; i < kz_countof(missing_rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
        const struct kz_render_case c = {.data = data, .missing = missing_rows[i].missing};
        const char *got = kz_test_render(a, &c, missing_rows[i].in);
        cr_expect_str_eq(got, missing_rows[i].want, "%s: %s", missing_rows[i].in, got);
    }
}

static const struct {
    const char *name, *in;
    struct kz_limits limits;
    const char *want;
} limit_rows[] = {
    {"steps",
     "{{range .l}}{{range $.l}}{{range $.l}}x{{end}}{{end}}{{end}}", {.steps = 100},
     "! the template took more than 100 steps"                                                                                       },
    {"output",
     "{{range .l}}{{printf \"%1000d\" 1}}{{end}}",                   {.output = 900},
     AT("1:14",                                                                                                                        "printf \"%1000d\" 1") "error calling printf: a text is larger than 900 bytes"},
    {"depth",
     "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}",                                                      {.depth = 3},
     "! template: t:1:25: executing \"a\" at <{{template \"a\"}}>: exceeded maximum template depth (3)"},
};

Test(template_eval, limits)
{
    for (size_t i = 0; i < kz_countof(limit_rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
        const struct kz_render_case c = {.data = data, .limits = &limit_rows[i].limits};
        const char *got = kz_test_render(a, &c, limit_rows[i].in);
        cr_expect_str_eq(got, limit_rows[i].want, "%s: %s", limit_rows[i].name, got);
    }
}
