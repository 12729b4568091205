/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"
#include "base/clock.h"
#include "cli/words.h"

enum { GAP = 2, NAME_LEAST = 12, TAIL_LEAST = 20 };

void kz_table_init(struct kz_table *t, struct kz_arena *a, const struct kz_column *columns, size_t n)
{
    *t = (struct kz_table){.arena = a, .columns = columns, .n_columns = n};
}

void kz_table_row(struct kz_table *t, const struct kz_cell *cells)
{
    if (t->n_rows == t->room) {
        struct kz_cell *old = t->cells;
        t->room = t->room == 0 ? 16 : t->room * 2;
        t->cells = kz_new_n(t->arena, struct kz_cell, t->room * t->n_columns);
        if (old != NULL)
            memcpy(t->cells, old, t->n_rows * t->n_columns * sizeof *old);
    }
    struct kz_cell *row = &t->cells[t->n_rows++ * t->n_columns];
    for (size_t i = 0; i < t->n_columns; i++)
        row[i] = (struct kz_cell){.text = kz_str_dup(t->arena, cells[i].text), .tone = cells[i].tone};
}

struct kz_str kz_text_cut(struct kz_arena *a, struct kz_str text, size_t width, bool utf8)
{
    size_t have = kz_text_width(text);
    struct kz_str mark = utf8 ? KZ_STR("\u2026") : KZ_STR("..");
    size_t mark_width = utf8 ? 1 : 2;
    if (have <= width)
        return text;
    if (width <= mark_width)
        return kz_text_head(text, width);
    size_t left = (width - mark_width + 1) * 2 / 3; /* names differ more at the front */
    size_t right = width - mark_width - left;
    struct kz_str tail = kz_str_skip(text, kz_text_head(text, have - right).len);
    return kz_str_printf(a, KZ_FMT KZ_FMT KZ_FMT, KZ_ARG(kz_text_head(text, left)),
                         KZ_ARG(mark), KZ_ARG(tail));
}

/* Widths by content; 0: the column is left out (or empty throughout). */
static size_t measure(const struct kz_table *t, size_t *widths)
{
    size_t sum = 0;
    for (size_t c = 0; c < t->n_columns; c++) {
        bool empty = true;
        widths[c] = strlen(t->columns[c].head);
        for (size_t r = 0; r < t->n_rows; r++) {
            size_t w = kz_text_width(t->cells[r * t->n_columns + c].text);
            empty = empty && w == 0;
            widths[c] = w > widths[c] ? w : widths[c];
        }
        if (empty && t->n_rows > 0)
            widths[c] = 0;
        sum += widths[c] == 0 ? 0 : widths[c] + GAP;
    }
    return sum < GAP ? 0 : sum - GAP;
}

/* Cuts columns of one sort, the last first. */
static size_t shrink(const struct kz_table *t, size_t *widths, size_t sum, size_t most, unsigned sort, size_t least)
{
    for (size_t c = t->n_columns; c > 0 && sum > most; c--)
        if ((t->columns[c - 1].flags & sort) != 0 && widths[c - 1] > least) {
            const size_t spare = widths[c - 1] - least, over = sum - most;
            const size_t less = spare < over ? spare : over;
            widths[c - 1] -= less;
            sum -= less;
        }
    return sum;
}

static void fit(const struct kz_table *t, size_t *widths, size_t sum, size_t most)
{
    for (size_t c = t->n_columns; c > 0 && sum > most; c--)
        if (!(t->columns[c - 1].flags & KZ_COL_KEEP) && widths[c - 1] > 0) {
            sum -= widths[c - 1] + GAP;
            widths[c - 1] = 0;
        }
    sum = shrink(t, widths, sum, most, KZ_COL_TAIL, TAIL_LEAST);
    (void)shrink(t, widths, sum, most, KZ_COL_NAME, NAME_LEAST);
}

/* The last column that is shown is not padded, so that no line ends in blanks. */
static void print_row(struct kz_buf *b, const struct kz_table *t, const size_t *widths,
                      const struct kz_cell *row, const struct kz_table_style *style)
{
    size_t pad = style->indent;
    for (size_t c = 0; c < t->n_columns; c++) {
        if (widths[c] == 0)
            continue;
        struct kz_str text = row[c].text;
        if ((t->columns[c].flags & KZ_COL_NAME) != 0 && style->width > 0)
            text = kz_text_cut(t->arena, text, widths[c], style->utf8);
        if ((t->columns[c].flags & KZ_COL_TAIL) != 0 && style->width > 0)
            text = kz_text_clip(t->arena, text, widths[c], style->utf8);
        size_t w = kz_text_width(text), fill = w < widths[c] ? widths[c] - w : 0;
        bool right = (t->columns[c].flags & KZ_COL_RIGHT) != 0;
        if (text.len > 0) {
            kz_buf_fill(b, ' ', pad + (right ? fill : 0));
            kz_color_add(b, style->color, row[c].tone, text);
            pad = (right ? 0 : fill) + GAP;
        } else {
            pad += widths[c] + GAP;
        }
    }
    kz_buf_putc(b, '\n');
}

void kz_table_print(struct kz_buf *b, const struct kz_table *t, const struct kz_table_style *style)
{
    size_t *widths = kz_new_n(t->arena, size_t, t->n_columns + 1);
    struct kz_cell *heads = kz_new_n(t->arena, struct kz_cell, t->n_columns + 1);
    size_t sum = measure(t, widths), most = style->width;
    bool any = false;
    if (most > 0)
        fit(t, widths, sum, most > style->indent ? most - style->indent : 1);
    for (size_t c = 0; c < t->n_columns; c++) {
        heads[c] = (struct kz_cell){.text = kz_str(t->columns[c].head), .tone = KZ_TONE_DIM};
        any = any || heads[c].text.len > 0;
    }
    if (any)
        print_row(b, t, widths, heads, style);
    for (size_t r = 0; r < t->n_rows; r++)
        print_row(b, t, widths, &t->cells[r * t->n_columns], style);
}

struct kz_str kz_text_age(struct kz_arena *a, struct kz_str time, int64_t now)
{
    int64_t then;
    char text[KZ_TIME_TEXT];
    if (!kz_time_parse(&then, time))
        return KZ_STR("-");
    kz_duration_text(text, now > then ? now - then : 0);
    return kz_str_dup(a, kz_str(text));
}
