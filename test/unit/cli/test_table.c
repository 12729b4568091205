/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <criterion/criterion.h>

static const struct kz_column columns[] = {
    {"MODULE", KZ_COL_KEEP | KZ_COL_NAME}, {"OBJECTS", KZ_COL_RIGHT}, {"EMPTY", 0}, {"SINCE", 0},
    {"NOTE", 0},
};

static void print(struct kz_buf *b, size_t width, bool color)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_table t;
    struct kz_table_style style = {.width = width, .indent = 2, .color = color};
    static const char *const rows[][5] = {
        {"istio", "61/63", "", "1m", "gate 1/2"},
        {"a-module-with-a-long-name", "7", "", "41d", ""},
    };
    kz_table_init(&t, a, columns, kz_countof(columns));
    for (size_t r = 0; r < kz_countof(rows); r++) {
        struct kz_cell cells[5] = {0};
        for (size_t c = 0; c < 5; c++)
            cells[c].text = kz_str(rows[r][c]);
        cells[0].tone = r == 0 ? KZ_TONE_RUN : KZ_TONE_PLAIN;
        kz_table_row(&t, cells);
    }
    kz_table_print(b, &t, &style);
}

Test(table, fits)
{
    static const struct {
        size_t width;
        const char *want;
    } rows[] = {
        {0, "  MODULE                     OBJECTS  SINCE  NOTE\n"
            "  istio                        61/63  1m     gate 1/2\n"
            "  a-module-with-a-long-name        7  41d\n"},
        {52, "  MODULE                     OBJECTS  SINCE\n"
             "  istio                        61/63  1m\n"
             "  a-module-with-a-long-name        7  41d\n"},
        {40, "  MODULE                     OBJECTS\n"
             "  istio                        61/63\n"
             "  a-module-with-a-long-name        7\n"},
        {30, "  MODULE\n"
             "  istio\n"
             "  a-module-with-a-long-name\n"},
        {18, "  MODULE\n"
             "  istio\n"
             "  a-module-w..name\n"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_buf b;
        kz_buf_init(&b, 4096);
        print(&b, rows[i].width, false);
        cr_expect_str_eq(b.ptr, rows[i].want, "width %zu:\n%s", rows[i].width, b.ptr);
        kz_buf_done(&b);
    }
}

/* Texts are cut before names, at their end. */
Test(table, tails)
{
    static const struct kz_column with_tail[] = {{"MODULE", KZ_COL_KEEP | KZ_COL_NAME}, {"NOTE", KZ_COL_KEEP | KZ_COL_TAIL}};
    static const struct {
        size_t width;
        const char *want;
    } rows[] = {
        {0, "MODULE                     NOTE\na-module-with-a-long-name  gate Deployment istiod rollout 1/2\n"},
        {50, "MODULE                     NOTE\na-module-with-a-long-name  gate Deployment istio..\n"},
        {40, "MODULE              NOTE\na-module-wi..-name  gate Deployment is..\n"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        struct kz_table t;
        kz_table_init(&t, a, with_tail, kz_countof(with_tail));
        kz_table_row(&t, (const struct kz_cell[]){{KZ_STR("a-module-with-a-long-name"), KZ_TONE_PLAIN},
                                                  {KZ_STR("gate Deployment istiod rollout 1/2"), KZ_TONE_PLAIN}});
        kz_table_print(&b, &t, &(struct kz_table_style){.width = rows[i].width});
        cr_expect_str_eq(b.ptr, rows[i].want, "width %zu:\n%s", rows[i].width, b.ptr);
    }
}

Test(table, color_does_not_move_columns)
{
    struct kz_buf b;
    kz_buf_init(&b, 4096);
    print(&b, 0, true);
    cr_expect_not_null(strstr(b.ptr, "  \033[36mistio\033[0m                        61/63"), "%s", b.ptr);
    kz_buf_done(&b);
}

Test(table, cut)
{
    static const struct {
        const char *in;
        size_t width;
        bool utf8;
        const char *want;
    } rows[] = {
        {"istio-ingressgateway", 12, false, "istio-i..way"}, {"short", 12, false, "short"},
        {"istio-ingressgateway", 12, true, "istio-in\u2026way"}, {"abc", 2, false, "ab"},
        {"abc", 1, true, "a"}, {"h\xC3\xA4h\xC3\xA4h\xC3\xA4h\xC3\xA4", 5, false, "h\xC3\xA4..\xC3\xA4"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(4096);
        struct kz_str got = kz_text_cut(a, kz_str(rows[i].in), rows[i].width, rows[i].utf8);
        cr_expect(kz_str_is(got, rows[i].want), "%s at %zu: " KZ_FMT, rows[i].in, rows[i].width,
                  KZ_ARG(got));
    }
}
