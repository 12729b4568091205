/* SPDX-License-Identifier: Apache-2.0
 *
 * A table for people. It fits a width by leaving out columns from the right (those marked KEEP stay)
 * and then by cutting texts at their end and names in the middle; numbers and commands are never cut. Width 0 (not a
 * terminal): everything is printed. Cells are copied. */
#ifndef KZ_CLI_TABLE_H
#define KZ_CLI_TABLE_H

#include "base/arena.h"
#include "cli/color.h"

enum {
    KZ_COL_KEEP = 1 << 0,  /* never left out */
    KZ_COL_NAME = 1 << 1,  /* may be cut in the middle */
    KZ_COL_RIGHT = 1 << 2, /* aligned right */
    KZ_COL_TAIL = 1 << 3,  /* text: may be cut at its end, before any name is */
};
struct kz_column {
    const char *head; /* "" : no heading */
    unsigned flags;
};

struct kz_cell {
    struct kz_str text;
    enum kz_tone tone;
};

struct kz_table {
    struct kz_arena *arena; /* of the caller; outlives the table */
    const struct kz_column *columns;
    size_t n_columns;
    struct kz_cell *cells;  /* row after row */
    size_t n_rows, room;
};

struct kz_table_style {
    size_t width;   /* 0: unlimited */
    size_t indent;
    bool color, utf8;
};

void kz_table_init(struct kz_table *t, struct kz_arena *a, const struct kz_column *columns, size_t n);
void kz_table_row(struct kz_table *t, const struct kz_cell *cells); /* n_columns of them */
void kz_table_print(struct kz_buf *b, const struct kz_table *t, const struct kz_table_style *style);

/* text, cut in the middle to at most `width` columns. */
struct kz_str kz_text_cut(struct kz_arena *a, struct kz_str text, size_t width, bool utf8);

/* How long ago an RFC 3339 time was; "-" when it is none. */
struct kz_str kz_text_age(struct kz_arena *a, struct kz_str time, int64_t now);

#endif
