/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* What a terminal of 20 lines shows after these bytes: the escapes that a screen uses, and no others. */
enum { LINES = 20, COLUMNS = 40 };
struct terminal {
    char cells[LINES][COLUMNS];
    size_t row, col;
};

static void erase_from(struct terminal *t, size_t row, size_t col)
{
    for (size_t c = col; c < COLUMNS; c++)
        t->cells[row][c] = '\0';
}

static void escape(struct terminal *t, size_t n, char what)
{
    switch (what) {
    case 'A':
        cr_assert_leq(n, t->row, "moves above the top");
        t->row -= n;
        break;
    case 'B':
        t->row += n;
        break;
    case 'K':
        erase_from(t, t->row, t->col);
        break;
    case 'J':
        erase_from(t, t->row, t->col);
        for (size_t r = t->row + 1; r < LINES; r++)
            erase_from(t, r, 0);
        break;
    default:
        cr_assert_fail("escape %c", what);
    }
}

static void feed(struct terminal *t, struct kz_str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        const char c = bytes.ptr[i];
        if (c == '\033') {
            size_t n = 0;
            for (i += 2; bytes.ptr[i] >= '0' && bytes.ptr[i] <= '9'; i++)
                n = n * 10 + (size_t)(bytes.ptr[i] - '0');
            escape(t, n, bytes.ptr[i]);
        } else if (c == '\n') {
            t->row++;
            t->col = 0;
        } else if (c == '\r') {
            t->col = 0;
        } else {
            t->cells[t->row][t->col++] = c;
        }
    }
}

static void shown(char *out, size_t size, const struct terminal *t)
{
    size_t n = 0;
    for (size_t r = 0; r < t->row; r++)
        n += (size_t)snprintf(out + n, size - n, "%.*s\n", COLUMNS, t->cells[r]);
}

Test(screen, pictures_follow_each_other)
{
    static const struct {
        const char *name, *picture;
        size_t height;
        bool anew;
        const char *want;
        size_t bytes; /* at most */
    } rows[] = {
        {"the first", "head\na 1\nb 1\n", 10, false, "head\na 1\nb 1\n", 13},
        {"one line differs", "head\na 2\nb 1\n", 10, false, "head\na 2\nb 1\n", 17},
        {"the same", "head\na 2\nb 1\n", 10, false, "head\na 2\nb 1\n", 0},
        {"a shorter line", "h\na 2\nb 1\n", 10, false, "h\na 2\nb 1\n", 20},
        {"more lines", "h\na 2\nb 1\nc 1\nd 1\n", 10, false, "h\na 2\nb 1\nc 1\nd 1\n", 8},
        {"fewer lines, one differs", "h\nb 2\n", 10, false, "h\nb 2\n", 30},
        {"another width", "h\nb 2\n", 10, true, "h\nb 2\n", 30},
        {"too many for the terminal", "1\n2\n3\n4\n5\n6\n", 5, false, "1\n2\n3\n        3 more lines\n", 60},
        {"they fit again", "1\n2\n", 5, false, "1\n2\n", 30},
        {"nothing", "", 5, false, "", 30},
    };
    struct terminal t = {0};
    struct kz_screen s;
    char got[LINES * COLUMNS + 1];
    kz_screen_init(&s);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        kz_screen_draw(&b, &s, kz_str(rows[i].picture), rows[i].height, rows[i].anew);
        feed(&t, kz_buf_str(&b));
        got[0] = '\0';
        shown(got, sizeof got, &t);
        cr_expect_str_eq(got, rows[i].want, "%s:\n%s", rows[i].name, got);
        cr_expect_leq(b.len, rows[i].bytes, "%s: %zu bytes", rows[i].name, b.len);
    }
    kz_screen_done(&s);
}
