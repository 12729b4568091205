/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees printed back, and the messages of what is no template; made by Go 1.23. */
#include "template/template.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static const char *reprint(struct kz_arena *a, struct kz_str text)
{
    struct kz_err err;
    const struct kz_template *t;
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 20);
    struct kz_tset *set = kz_tset_new(a, KZ_STR("t"), NULL, 0, KZ_MISSING_DEFAULT);
    if (kz_tset_parse(&t, set, KZ_STR("t"), text, &err) < 0)
        return kz_cstr(a, kz_str_printf(a, "! " KZ_FMT, KZ_ARG(kz_tset_error(set))));
    kz_template_print(&b, t);
    return kz_cstr(a, kz_buf_str(&b));
}

static const struct {
    const char *in, *want;
} print_rows[] = {
    {"a{{/* c */}}b",                                    "ab"                                              },
    {"{{ .a.b  |  print   1 }}",                         "{{.a.b | print 1}}"                              },
    {"{{$x:=1}}{{ $x = (len .a).b }}",                   "{{$x := 1}}{{$x = (len .a).b}}"                  },
    {"{{if .a}}1{{else if .b}}2{{else}}3{{end}}",
     "{{if .a}}1{{else}}{{if .b}}2{{else}}3{{end}}{{end}}"                                                 },
    {"{{range $i,$v := .}}{{break}}{{continue}}{{end}}",
     "{{range $i, $v := .}}{{break}}{{continue}}{{end}}"                                                   },
    {"{{print | }}",                                     "{{print}}"                                       },
    {"{{with $x := .}}{{else with 1}}{{end}}",           "{{with $x := .}}{{else}}{{with 1}}{{end}}{{end}}"},
    {"{{template `a` .}}{{block \"b\" 1}}x{{end}}",      "{{template \"a\" .}}{{template \"b\" 1}}"        },
    {"{{print nil true 0x1F 'a' \"q\\n\" `r`}}",         "{{print nil true 0x1F 'a' \"q\\n\" `r`}}"        },
    {"{{print.a.b}}{{$.a}}{{(1|print).c}}",              "{{print.a.b}}{{$.a}}{{(1 | print).c}}"           },
};

Test(template_parse, printed_back)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
    for (size_t i = 0; i < kz_countof(print_rows); i++) {
        const char *got = reprint(a, kz_str(print_rows[i].in));
        cr_expect_str_eq(got, print_rows[i].want, "%s: %s", print_rows[i].in, got);
    }
}

static const struct {
    const char *in, *want;
} bad_rows[] = {
    {"{{ .a",                                            "t:1: unclosed action"                           },
    {"a\n{{ .a\n\n",                                     "t:4: unclosed action started at t:2"            },
    {"{{if}}x{{end}}",                                   "t:1: missing value for if"                      },
    {"{{if .a}}",                                        "t:1: unexpected EOF"                            },
    {"{{end}}",                                          "t:1: unexpected {{end}}"                        },
    {"{{else}}",                                         "t:1: unexpected {{else}}"                       },
    {"{{if 1}}{{else}}{{else}}{{end}}",                  "t:1: expected end; found {{else}}"              },
    {"{{nosuch 1}}",                                     "t:1: function \"nosuch\" not defined"           },
    {"{{$x}}",                                           "t:1: undefined variable \"$x\""                 },
    {"{{range .a}}{{$v}}{{end}}",                        "t:1: undefined variable \"$v\""                 },
    {"{{ \"x\" | . }}",                                  "t:1: non executable command in pipeline stage 2"},
    {"{{break}}",                                        "t:1: {{break}} outside {{range}}"               },
    {"{{1.a}}",                                          "t:1: bad number syntax: \"1.a\""                },
    {"{{true.a}}",                                       "t:1: unexpected . after term \"true\""          },
    {"{{nil.a}}",                                        "t:1: unexpected . after term \"nil\""           },
    {"{{(1}}",                                           "t:1: unclosed left paren"                       },
    {"{{1)}}",                                           "t:1: unexpected right paren"                    },
    {"{{\"a}}",                                          "t:1: unterminated quoted string"                },
    {"{{`a}}",                                           "t:1: unterminated raw quoted string"            },
    {"{{'a}}",                                           "t:1: unterminated character constant"           },
    {"{{''}}",                                           "t:1: invalid syntax"                            },
    {"{{\"\\q\"}}",                                      "t:1: invalid syntax"                            },
    {"{{1a}}",                                           "t:1: bad number syntax: \"1a\""                 },
    {"{{08}}",                                           "t:1: integer overflow: \"08\""                  },
    {"{{1e400}}",                                        "t:1: illegal number syntax: \"1e400\""          },
    {"{{.a#}}",                                          "t:1: bad character U+0023 '#'"                  },
    {"{{\x01}}",                                         "t:1: unrecognized character in action: U+0001"  },
    {"{{/* x",                                           "t:1: unclosed comment"                          },
    {"{{/* x */ 1}}",                                    "t:1: comment ends before closing delimiter"     },
    {"{{print :1}}",                                     "t:1: expected :="                               },
    {"{{$a, $b := 1}}",                                  "t:1: too many declarations in command"          },
    {"{{range $a, 1 := .}}{{end}}",                      "t:1: range can only initialize variables"       },
    {"{{template}}",                                     "t:1: unexpected \"}}\" in template clause"      },
    {"{{template .a}}",                                  "t:1: unexpected \".a\" in template clause"      },
    {"{{block \"a\" .}}\n\n{{else}}", "t:1: unexpected {{else}} in block clause"},
    {"{{define \"a\"}}\n\n{{else}}", "t:3: unexpected {{else}} in define clause"},
    {"{{define \"a\"}}x",                                "t:1: unexpected EOF"                            },
    {"{{define \"a\"}}x{{end}}{{define \"a\"}}y{{end}}",
     "t:1: template: multiple definition of template \"a\""                                               },
    {"{{if 1}}{{define \"a\"}}{{end}}{{end}}",           "t:1: unexpected <define> in command"            },
    {"{{|}}",                                            "t:1: unexpected \"|\" in command"               },
    {"{{}}",                                             "t:1: missing value for command"                 },
    {"{{,}}",                                            "t:1: unexpected \",\" in command"               },
};

Test(template_parse, messages)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
    for (size_t i = 0; i < kz_countof(bad_rows); i++) {
        const char *got = reprint(a, kz_str(bad_rows[i].in));
        const char *want = kz_cstr(a, kz_str_printf(a, "! template: %s", bad_rows[i].want));
        cr_expect_str_eq(got, want, "%s: %s", bad_rows[i].in, got);
    }
}

/* Nesting of any kind ends in an error, not on the stack. */
Test(template_parse, nesting)
{
    static const struct {
        const char *open, *close;
    } kinds[] = {
        {"{{if 1}}",                 "{{end}}"       },
        {"{{if 1}}{{else if 1}}",    "{{end}}"       },
        {"{{range .}}",              "{{end}}"       },
        {"{{block \"b\" .}}",        "{{end}}"       },
        {"{{if 1}}{{else}}{{if 1}}", "{{end}}{{end}}"}
    };
    enum { DEEP = 5000 };
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    for (size_t k = 0; k <= kz_countof(kinds); k++) {
        kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
        const bool parens = k == kz_countof(kinds);
        kz_buf_puts(&b, parens ? "{{" : "");
        for (int i = 0; i < DEEP; i++)
            kz_buf_puts(&b, parens ? "(" : kinds[k].open);
        for (int i = 0; i < DEEP; i++)
            kz_buf_puts(&b, parens ? ")" : kinds[k].close);
        const char *got = reprint(a, kz_buf_str(&b));
        cr_expect_str_eq(got, "! template: t:1: actions are nested too deep", "%zu: %.80s", k, got);
    }
}
