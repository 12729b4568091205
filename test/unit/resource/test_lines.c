/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../engine/resource/lines.h"

#include "base/buf.h"

#include <criterion/criterion.h>

Test(lines, diff)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const struct {
        const char *before, *after, *want;
        size_t lines;
    } table[] = {
        {"",                "",          "",             0},
        {"a\n",             "a\n",       "",             1},
        {"a\nb\n",          "a\nc\n",    "-b +c ",       2},
        {"a\nb\nc\n",       "a\nc\n",    "-b ",          3},
        {"a\nc\n",          "a\nb\nc\n", "+b ",          3},
        {"",                "a\nb",      "+a +b ",       2},
        {"a\nb",            "",          "-a -b ",       2},
        {"1\na\n2\nb\n3\n", "a\nX\nb\n", "-1 -2 +X -3 ", 5},
        {"a\n\nb\n",        "a\nb\n",    "- ",           3},
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        kz_autobuf struct kz_buf b;
        kz_buf_init(&b, 1 << 10);
        struct kz_line_diff d = kz_lines_diff(a, kz_str(table[i].before), kz_str(table[i].after));
        for (size_t k = 0; k < d.len; k++)
            kz_buf_printf(&b, "%c" KZ_FMT " ", d.at[k].sign, KZ_ARG(d.at[k].line));
        cr_expect_str_eq(b.ptr, table[i].want, "%zu: %s", i, b.ptr);
        cr_expect_eq(d.lines, table[i].lines);
    }
}

Test(lines, two_large_texts_cost_no_square)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(256 << 20);
    kz_autobuf struct kz_buf x, y;
    kz_buf_init(&x, 1 << 24);
    kz_buf_init(&y, 1 << 24);
    for (int i = 0; i < 20000; i++) {
        kz_buf_printf(&x, "x%d\n", i);
        kz_buf_printf(&y, "y%d\n", i);
    }
    struct kz_line_diff d = kz_lines_diff(a, kz_buf_str(&x), kz_buf_str(&y));
    cr_expect_eq(d.len, 40000);
    cr_expect_eq(d.at[0].sign, '-');
    cr_expect_eq(d.at[39999].sign, '+');
}
