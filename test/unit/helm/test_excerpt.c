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
        {4, 0, 1,  "longer than last", "   4 | last\n     | ^\n"},
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
        {"kind: SecretList\n",                    true },
        {"- \n{},\nkind\n",                       true }, /* names none */
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

/* Lines around the one that failed, with what they hold hidden; the mark stays where it says nothing. */
Test(excerpt, masked_lines)
{
    static const char doc[] = "kind: Secret\ndata:\n  a_b/c-d: hunter2\n  \thunter3\n\nhunter4\nx:          \n";
    static const struct {
        uint32_t line, before, col;
        const char *want;
    } cases[] = {
        {3, 2, 0,  "   1 | kind: ***\n   2 | data:\n   3 |   a_b/c-d: ***\n"},
        {3, 0, 3,  "   3 |   a_b/c-d: ***\n     |   ^\n"},
        {3, 0, 12, "   3 |   a_b/c-d: ***\n"},
        {4, 0, 1,  "   4 |    ***\n     | ^\n"},
        {5, 0, 1,  "   5 | \n     | ^\n"},
        {6, 0, 0,  "   6 | ***\n"},
        {7, 0, 9,  "   7 | x:\n"}, /* nothing is hidden, and nothing shown there either */
    };
    for (size_t i = 0; i < kz_countof(cases); i++) {
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        const struct kz_excerpt e = {.text = kz_str(doc), .line = cases[i].line, .before = cases[i].before,
                                     .col = cases[i].col, .masked = true};
        kz_excerpt_add(&b, &e);
        kz_buf_putc(&b, '\0');
        cr_expect_str_eq(b.ptr, cases[i].want, "%zu: %s", i, b.ptr);
    }
}

/* What a terminal would obey is shown as blanks; a long line by the part around the mark, whole letters only. */
Test(excerpt, long_and_odd_lines)
{
    char line[400], want[400];
    static const struct {
        const char *name, *unit; /* the line is made of it */
        size_t units;
        uint32_t col;
        const char *marked;
        size_t from, len; /* what is shown of it */
        int mark;         /* column of the mark in that, -1 none */
    } cases[] = {
        {"it fits", "x", 96, 1, "", 0, 96, 0},
        {"the beginning", "x", 97, 1, "", 0, 96, 0},
        {"around the mark", "x", 200, 101, "", 68, 96, 32},
        {"to the end", "x", 120, 119, "", 86, 34, 32},
        {"no letter is cut on the left", "\xC3\xA4", 100, 102, "", 68, 96, 17},
        {"no letter is cut on the right", "\xE2\x82\xACx\xE2\x82\xAC", 15, 1, "", 0, 95, 0},
        {"no letter at all", "\x80", 97, 1, "", 0, 0, 0},
    };
    for (size_t i = 0; i < kz_countof(cases); i++) {
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        size_t len = 0, unit = strlen(cases[i].unit);
        for (size_t k = 0; k < cases[i].units; k++, len += unit)
            memcpy(line + len, cases[i].unit, unit);
        const struct kz_excerpt e = {.text = kz_str_n(line, len), .line = 1, .col = cases[i].col, .marked = kz_str(cases[i].marked)};
        kz_excerpt_add(&b, &e);
        kz_buf_putc(&b, '\0');
        (void)snprintf(want, sizeof want, "   1 | %.*s\n     | %*s^\n", (int)cases[i].len, line + cases[i].from, cases[i].mark, "");
        cr_expect_str_eq(b.ptr, want, "%s:\n%s%s", cases[i].name, b.ptr, want);
    }
    /* a path whose last part is the place, and whose beginning is not shown */
    memset(line, 'x', 200);
    memset(line + 100, 'p', 60);
    kz_autobuf struct kz_buf far = KZ_BUF(4096);
    kz_excerpt_add(&far, &(struct kz_excerpt){.text = kz_str_n(line, 200), .line = 1, .col = 155, .marked = kz_str_n(line + 100, 60)});
    kz_buf_putc(&far, '\0');
    (void)snprintf(want, sizeof want, "   1 | %.*s\n     | %.*s\n", 78, line + 122, 38,
                   "^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^");
    cr_expect_str_eq(far.ptr, want, "%s%s", far.ptr, want);
    /* the place is far right in what is hidden */
    memcpy(line, "key: ", 5);
    kz_autobuf struct kz_buf hidden = KZ_BUF(4096);
    kz_excerpt_add(&hidden, &(struct kz_excerpt){.text = kz_str_n(line, 200), .line = 1, .col = 155, .masked = true});
    kz_buf_putc(&hidden, '\0');
    cr_expect_str_eq(hidden.ptr, "   1 | key: ***\n", "%s", hidden.ptr);
    kz_autobuf struct kz_buf b = KZ_BUF(4096);
    kz_excerpt_line(&b, KZ_STR("a\x1b[31m\x7f"), false);
    kz_buf_putc(&b, '\0');
    cr_expect_str_eq(b.ptr, "a [31m ");
}

Test(excerpt, high_line_numbers)
{
    enum { LINES = 10001 };
    static char many[LINES * 2];
    for (size_t i = 0; i < LINES; i++)
        memcpy(many + 2 * i, "x\n", 2);
    kz_autobuf struct kz_buf b = KZ_BUF(4096);
    const struct kz_excerpt e = {.text = kz_str_n(many, sizeof many), .line = 10000, .before = 1, .col = 1};
    kz_excerpt_add(&b, &e);
    kz_buf_putc(&b, '\0');
    cr_expect_str_eq(b.ptr, " 9999 | x\n10000 | x\n      | ^\n", "%s", b.ptr);
    kz_autobuf struct kz_buf none = KZ_BUF(4096);
    kz_excerpt_add(&none, &(struct kz_excerpt){.text = KZ_STR("x"), .line = UINT32_MAX});
    cr_expect_eq(none.len, 0);
}
