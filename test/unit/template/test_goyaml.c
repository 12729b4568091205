/* SPDX-License-Identifier: Apache-2.0 */
#include "template/goyaml.h"

#include "base/buf.h"

#include <criterion/criterion.h>

/* The words are those of Helm 3.17.2 for `fromYaml`. */
static const struct {
    const char *text, *want;
} rows[] = {
    {"a: {{ x }}",                                                                                                                               "yaml: invalid map key: map[interface {}]interface {}{\"x\":interface {}(nil)}"          },
    {"a:\n  - b\n c: 1",                                                                                                                         "yaml: line 2: did not find expected key"                                                },
    {"a: b: c",                                                                                                                                  "yaml: mapping values are not allowed in this context"                                   },
    {"x: 1\na: b: c",                                                                                                                            "yaml: line 2: mapping values are not allowed in this context"                           },
    {"a: [1,2",                                                                                                                                  "yaml: line 1: did not find expected ',' or ']'"                                         },
    {"x: 1\ny: [1\nz: 2",                                                                                                                        "yaml: line 2: did not find expected ',' or ']'"                                         },
    {"\ta: 1",                                                                                                                                   "yaml: found character that cannot start any token"                                      },
    {"x: 1\n\ta: 1",                                                                                                                             "yaml: line 2: found a tab character that violates indentation"                          },
    {"a: \"abc",                                                                                                                                 "yaml: found unexpected end of stream"                                                   },
    {"x: 1\na: \"abc\n\n",                                                                                                                       "yaml: line 4: found unexpected end of stream"                                           },
    {"a: *foo",                                                                                                                                  "yaml: unknown anchor 'foo' referenced"                                                  },
    {"x: 1\na: *foo",                                                                                                                            "yaml: unknown anchor 'foo' referenced"                                                  },
    {"%YAML 3.0\n---\na",                                                                                                                        "yaml: found incompatible YAML document"                                                 },
    {"- a\nb: c",                                                                                                                                "yaml: line 1: did not find expected '-' indicator"                                      },
    {"a: 1\n  b: 2",                                                                                                                             "yaml: line 2: mapping values are not allowed in this context"                           },
    {"a: |\n  x\n y: 1",                                                                                                                         "yaml: line 2: did not find expected key"                                                },
    {"a: &",                                                                                                                                     "yaml: did not find expected alphabetic or numeric character"                            },
    {"a: @x",                                                                                                                                    "yaml: found character that cannot start any token"                                      },
    {"{a: 1",                                                                                                                                    "yaml: line 1: did not find expected ',' or '}'"                                         },
    {"x: 1\n{a: 1",                                                                                                                              "yaml: line 3: could not find expected ':'"                                              },
    {"? [a]\n: 1",                                                                                                                               "yaml: invalid map key: []interface {}{\"a\"}"                                           },
    {"a: `x`",                                                                                                                                   "yaml: found character that cannot start any token"                                      },
    {"a: %x",                                                                                                                                    "yaml: found character that cannot start any token"                                      },
    {"x: 1\n%x: 1",                                                                                                                              "yaml: line 2: found unexpected non-alphabetical character"                              },
    {"a: \"\\q\"",                                                                                                                               "yaml: found unknown escape character"                                                   },
    {"x: 1\na: \"\\q\"",                                                                                                                         "yaml: line 2: found unknown escape character"                                           },
    {"a: \"\\xZZ\"",                                                                                                                             "yaml: did not find expected hexdecimal number"                                          },
    {"x:\n  y: \"a\n  b: c",                                                                                                                     "yaml: line 3: found unexpected end of stream"                                           },
    {"a: b\n- c",                                                                                                                                "yaml: line 1: did not find expected key"                                                },
    {"x: 1\n- c",                                                                                                                                "yaml: line 1: did not find expected key"                                                },
    {"a: {b: c]}",                                                                                                                               "yaml: did not find expected ',' or '}'"                                                 },
    {"x: 1\na: {b: c]}",                                                                                                                         "yaml: line 1: did not find expected ',' or '}'"                                         },
    {"a: - b",                                                                                                                                   "yaml: block sequence entries are not allowed in this context"                           },
    {"x: 1\na: - b",                                                                                                                             "yaml: line 2: block sequence entries are not allowed in this context"                   },
    {"...",                                                                                                                                      "yaml: did not find expected node content"                                               },
    {"x: [a, b\n  c: d]\ne",                                                                                                                     "yaml: line 1: did not find expected ',' or ']'"                                         },
    {"key: value\n  other: [",                                                                                                                   "yaml: line 2: mapping values are not allowed in this context"                           },
    {"a: \001",                                                                                                                                  "yaml: control characters are not allowed"                                               },
    {"x: 1\na: \001",                                                                                                                            "yaml: control characters are not allowed"                                               },
    {"<<: 1",                                                                                                                                    "yaml: map merge requires map or sequence of maps as the value"                          },
    {"x: 1\n<<: [1]",                                                                                                                            "yaml: map merge requires map or sequence of maps as the value"                          },
    {"a: !!int x",                                                                                                                               "yaml: cannot decode !!str `x` as a !!int"                                               },
    {"x: 1\na: !!int x",                                                                                                                         "yaml: cannot decode !!str `x` as a !!int"                                               },
    {"a: !!float x",                                                                                                                             "yaml: cannot decode !!str `x` as a !!float"                                             },
    {"a: !!binary \"***\"",                                                                                                                      "yaml: !!binary value contains invalid base64 data"                                      },
    {"a: !!bool x",                                                                                                                              "yaml: cannot decode !!str `x` as a !!bool"                                              },
    {"{{ a }}: b",                                                                                                                               "yaml: invalid map key: map[interface {}]interface {}{\"a\":interface {}(nil)}"          },
    {"- {{ a }}",                                                                                                                                "yaml: invalid map key: map[interface {}]interface {}{\"a\":interface {}(nil)}"          },
    {"a: &a [*a]",                                                                                                                               "yaml: anchor 'a' value contains itself"                                                 },
    {"x: &x {y: *x}",                                                                                                                            "yaml: anchor 'x' value contains itself"                                                 },
    {"a:\n\n\n   - b\n  c\nd",                                                                                                                   "yaml: line 4: did not find expected key"                                                },
    {"a: \">\n",                                                                                                                                 "yaml: line 2: found unexpected end of stream"                                           },
    {"1: {2: [3, {4: {{ 5 }}}]}",
     "yaml: invalid map key: map[interface {}]interface {}{5:interface {}(nil)}"                                                                                                                                                          },
    {"a: \"b\" c",                                                                                                                               "yaml: did not find expected key"                                                        },
    {"x: 1\na: 'b' c",                                                                                                                           "yaml: line 1: did not find expected key"                                                },
    {"a: &b &c d",                                                                                                                               "yaml: did not find expected key"                                                        },
    {"a: >5x\n y",                                                                                                                               "yaml: did not find expected comment or line break"                                      },
    {"a: |x\n y",                                                                                                                                "yaml: did not find expected comment or line break"                                      },
    {"x: 1\na: |-x\n y",                                                                                                                         "yaml: line 2: did not find expected comment or line break"                              },
    {"a: !<tag",                                                                                                                                 "yaml: did not find the expected '>'"                                                    },
    {"x: 1\na: !<tag y\nb",                                                                                                                      "yaml: line 2: did not find the expected '>'"                                            },
    {"%TAG\n---\na",                                                                                                                             "yaml: did not find expected '!'"                                                        },
    {"%YAML 1.1\n%YAML 1.1\n---\na",                                                                                                             "yaml: line 1: found duplicate %YAML directive"                                          },
    {"%FOO\n---\na: 1",                                                                                                                          "yaml: found unknown directive name"                                                     },
    {"a: ? b",                                                                                                                                   "yaml: mapping keys are not allowed in this context"                                     },
    {"[a, b]: c",                                                                                                                                "yaml: invalid map key: []interface {}{\"a\", \"b\"}"                                    },
    {"x: [a: b: c]",                                                                                                                             "yaml: did not find expected ',' or ']'"                                                 },
    {"- - - a\n  - b\n - c",                                                                                                                     "yaml: line 2: did not find expected '-' indicator"                                      },
    {"a: -.inf",                                                                                                                                 "json: unsupported value: -Inf"                                                          },
    {"a: .nan",                                                                                                                                  "json: unsupported value: NaN"                                                           },
    {"~: 1",                                                                                                                                     "unsupported map key of type: %!s(<nil>), key: <nil>, value: 1"                          },
    {"null: 1",                                                                                                                                  "unsupported map key of type: %!s(<nil>), key: <nil>, value: 1"                          },
    {"a: !!null x",                                                                                                                              "yaml: cannot decode !!str `x` as a !!null"                                              },
    {"a: !!timestamp x",                                                                                                                         "yaml: cannot decode !!str `x` as a !!timestamp"                                         },
    {"a: {{b: 1, true: 2, 1: 3, 1.5: 4, ~: 5, 18446744073709551615: 6, -1: 7, a: 8, false: 9, 0.5: \"q\\\"\\n\\u00e9\", 2.0: [], 1e30: {}}: 1}",
     "yaml: invalid map key: map[interface {}]interface {}{interface {}(nil):5, \"a\":8, \"b\":1, 0xffffffffffffffff:6, -1:7, 1:3, 0.5:\"q\\\"\\né\", 1.5:4, 2:[]interface {}{}, 1e+30:map[interface {}]interface {}{}, false:9, true:2}"},
    {"~: {b: 1, true: 2}",
     "unsupported map key of type: %!s(<nil>), key: <nil>, value: map[interface {}]interface {}{\"b\":1, true:2}"                                                                                                                         },
    {"18446744073709551615: \"x\"",
     "unsupported map key of type: uint64, key: 0xffffffffffffffff, value: \"x\""                                                                                                                                                         },
    {"a:\n  b: 1\n  {}\n  c: 2\n",                                                                                                               "yaml: line 2: did not find expected key"                                                },
    {"- a\n{ # b\n}\n",                                                                                                                          "yaml: line 1: did not find expected '-' indicator"                                      },
    {"a: 1\n[a]\nb: 2",                                                                                                                          "yaml: line 3: could not find expected ':'"                                              },
    {"a: 1\n[\n b\n c\nd: 2",                                                                                                                    "yaml: line 5: could not find expected ':'"                                              },
    {"a: 1\n'b'\n# c",                                                                                                                           "yaml: line 4: could not find expected ':'"                                              },
    {"a: 1\nb\n# c",                                                                                                                             "yaml: line 3: could not find expected ':'"                                              },
    {"\xEF\xBB\xBF"
     "a: 1\nb: [",                                                                                                                          "yaml: line 2: did not find expected node content"                                       },
    {"a: !!bool <<",                                                                                                                             "yaml: cannot decode !!str `<<` as a !!bool"                                             },
    {"a: !!float 18446744073709551615",
     "yaml: cannot decode !!int `18446744073709551615` as a !!float"                                                                                                                                                                      },
    {"? {b: 1, <<: {a: 1, b: 2}, c: .nan, c: -.inf}\n: 1",
     "yaml: invalid map key: map[interface {}]interface {}{\"a\":1, \"b\":2, \"c\":-Inf}"                                                                                                                                                 },
    {"- a\n{  ]\n- b\n", "yaml: line 1: did not find expected '-' indicator"},
    {"a: 1\n'b' c\n  ", "yaml: line 3: could not find expected ':'"},
    {"- - *x\n  b\n  c\n- d\n", "yaml: unknown anchor 'x' referenced"},
    {"a: &x 1\nb: [*x, *y]",                                                                                                                     "yaml: unknown anchor 'y' referenced"                                                    },
    {"? &k {a: 1}\n: 1",                                                                                                                         "yaml: invalid map key: map[interface {}]interface {}{\"a\":1}"                          },
    {"a: &k {b: 1}\n*k : 2",                                                                                                                     "yaml: invalid map key: map[interface {}]interface {}{\"b\":1}"                          },
};

Test(goyaml, words)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_str error, first;
        cr_expect(kz_goyaml_error(&error, &first, a, kz_str(rows[i].text)), "%s", rows[i].text);
        cr_expect(kz_str_is(error, rows[i].want), "%s: " KZ_FMT, rows[i].text, KZ_ARG(error));
    }
}

/* What stands behind the first document does not count; marks count characters. */
Test(goyaml, first_document)
{
    static const struct {
        const char *text, *first;
    } good[] = {
        {"a: 1\n",                   "a: 1\n"        },
        {"a: \303\251\n---\nb: [",   "a: \303\251\n" },
        {"a: 1\n...\nb: [",          "a: 1\n"        },
        {"",                         ""              },
        {"a: !Ref .inf",             "a: !Ref .inf"  },
        {"\xEF\xBB\xBF"
         "a: 1\n---\nb: [", "\xEF\xBB\xBF"
         "a: 1\n"},
    };
    for (size_t i = 0; i < kz_countof(good); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_str error, first;
        cr_expect(!kz_goyaml_error(&error, &first, a, kz_str(good[i].text)), "%s", good[i].text);
        cr_expect(kz_str_is(first, good[i].first), "%s: " KZ_FMT, good[i].text, KZ_ARG(first));
    }
}

/* Aliases that double at each level end as those of go-yaml do, not in hours; a chain of them needs no
 * stack to speak of. */
Test(goyaml, aliases)
{
    for (int wide = 0; wide < 2; wide++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
        kz_autobuf struct kz_buf b = KZ_BUF(4 << 20);
        struct kz_str error, first;
        kz_buf_puts(&b, "a0: &a0 [x]\n");
        for (int i = 1; i < (wide != 0 ? 40 : 20000); i++) {
            kz_buf_printf(&b, "a%d: &a%d [*a%d", i, i, i - 1);
            if (wide != 0)
                kz_buf_printf(&b, ", *a%d", i - 1);
            kz_buf_puts(&b, "]\n");
        }
        cr_expect(kz_goyaml_error(&error, &first, a, kz_buf_str(&b)));
        cr_expect(kz_str_is(error, "yaml: document contains excessive aliasing"), KZ_FMT,
                  KZ_ARG(error));
    }
}
