/* SPDX-License-Identifier: Apache-2.0
 *
 * What the looking commands have in common on paper: the page that they write on, and how a module of a status
 * document is put into words. Pure. */
#ifndef KZ_CLI_WORDS_H
#define KZ_CLI_WORDS_H

#include "cli/color.h"
#include "value/value.h"

struct kz_page {
    size_t width; /* of the terminal; 0: none, nothing is cut and nothing wraps */
    bool color, utf8;
    bool wide;    /* all columns, nothing cut */
    bool all;     /* also what is fine */
    int64_t now;  /* wall ns */
};

/* The states of modules in the order in which they hurt. */
extern const char *const kz_state_words[]; /* ends in NULL */
int kz_state_rank(struct kz_str state);    /* 0 hurts most; an unknown word hurts most, too */
enum kz_tone kz_state_tone(struct kz_str state);

/* One line: why it is as it is, what holds it and until when; "" when there is nothing to say. */
struct kz_str kz_module_note(struct kz_arena *a, const struct kz_value *m, int64_t now);

/* "in 4h12m", "now" when it has passed; "" for what is no RFC 3339 time. */
struct kz_str kz_text_until(struct kz_arena *a, struct kz_str time, int64_t now);

/* The first n columns of text. */
struct kz_str kz_text_head(struct kz_str text, size_t n);

/* text within `width` columns, cut at its end; 0: whole. */
struct kz_str kz_text_clip(struct kz_arena *a, struct kz_str text, size_t width, bool utf8);

/* Appends words, each followed by `between` but the last; lines break before `width` (0: never) and go on at
 * column `indent`. `at`: the column that the first word begins in. */
void kz_words_wrap(struct kz_buf *b, const struct kz_str *words, size_t n, const char *between, size_t at,
                   size_t indent, size_t width);

/* Text, and blanks up to `width` columns; one at least. */
void kz_text_pad(struct kz_buf *b, struct kz_str text, size_t width);

/* The same of a text, at its blanks. */
void kz_text_wrap(struct kz_buf *b, struct kz_arena *a, struct kz_str text, size_t at, size_t indent, size_t width);

#endif
