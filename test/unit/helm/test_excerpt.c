/* SPDX-License-Identifier: Apache-2.0
 *
 * Excerpts: what is shown of a line, where the mark goes, and what stays hidden. */
#include "helm/excerpt.h"

#include <criterion/criterion.h>

static const char text[] = "one\n  two: {{ .Values.x }}\n\tthree\r\nlast";

Test(excerpt, lines)
{
    static const struct {
        uint32_t line, before, col;
        const char *marked, *want;
    } cases[] = {
        {1, 0, 0,  "",          "   1 | one\n"},
        {1, 5, 2,  "",          "   1 | one\n     |  ^\n"},
        {2, 1, 19, ".Values.x", "   1 | one\n   2 |   two: {{ .Values.x }}\n"
                                "     |           ^^^^^^^^^\n"},
        {2, 0, 10, "nothing",   "   2 |   two: {{ .Values.x }}\n     |          ^\n"},
        {3, 0, 2,  "three",     "   3 |  three\n     |  ^^^^^\n"},
        {4, 0, 5,  "",          "   4 | last\n     |     ^\n"}, /* behind the last letter */
        {4, 0, 9,  "",          "   4 | last\n"},
        {9, 1, 1,  "",          ""},
    };
    for (size_t i = 0; i < kz_countof(cases); i++) {
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        const struct kz_excerpt e = {.text = kz_str(text), .line = cases[i].line,
                                     .before = cases[i].before, .col = cases[i].col,
                                     .marked = kz_str(cases[i].marked)};
        kz_excerpt_add(&b, &e);
        kz_buf_putc(&b, '\0');
        cr_expect_str_eq(b.ptr, cases[i].want, "%zu: %s", i, b.ptr);
    }
}

Test(excerpt, secrets)
{
    static const struct {
        const char *doc;
        bool want;
    } cases[] = {
        {"kind: Secret\n",                        true },
        {"apiVersion: v1\nkind: \"Secret\"\n",    true },
        {"{apiVersion: v1, kind: ConfigMap}",     true }, /* not read as clearly as a line of its own */
        {"{kind: ConfigMap}",                     false},
        {"kind: ConfigMap\n",                     false},
        {"kind: List\nitems:\n- kind: Secret\n",  true },
        {"items:\n- kind: ConfigMap\n",           false},
        {"kind: ConfigMap\nx:\n  kind: Secret\n", true },
        {"data: {a: b}\n",                        true },
        {"",                                      true },
    };
    for (size_t i = 0; i < kz_countof(cases); i++)
        cr_expect_eq(kz_excerpt_is_secret(kz_str(cases[i].doc)), cases[i].want, "%s", cases[i].doc);
}

Test(excerpt, masked)
{
    static const struct {
        const char *line, *want;
    } cases[] = {
        {"  password: hunter2",      "  password: ***"  },
        {"  - tls.key: x",           "  - tls.key: ***" },
        {"stringData:",              "stringData:"      },
        {"  hunter2",                "  ***"            },
        {"  - hunter2",              "  - ***"          },
        {"hunter2 hunter3: x",       "***"              },
        {"  \"hunter\": x",          "  ***"            },
        {"{password: hunter2}",      "***"              },
        {"",                         ""                 },
    };
    for (size_t i = 0; i < kz_countof(cases); i++) {
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        kz_excerpt_line(&b, kz_str(cases[i].line), true);
        kz_buf_putc(&b, '\0');
        cr_expect_str_eq(b.ptr, cases[i].want, "%s: %s", cases[i].line, b.ptr);
    }
}
