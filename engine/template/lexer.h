/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of a template: text between actions and the words inside them, one at a time. */
#ifndef KZ_TEMPLATE_LEXER_H
#define KZ_TEMPLATE_LEXER_H

#include "base/arena.h"
#include "base/str.h"

enum kz_item_kind {
    KZ_I_ERROR, /* val is the message */
    KZ_I_BOOL,
    KZ_I_CHAR, /* a printable character without a meaning of its own, such as ',' */
    KZ_I_CHAR_CONSTANT,
    KZ_I_COMPLEX,
    KZ_I_ASSIGN,
    KZ_I_DECLARE,
    KZ_I_EOF,
    KZ_I_FIELD, /* with its dot */
    KZ_I_IDENTIFIER,
    KZ_I_LEFT_DELIM,
    KZ_I_LEFT_PAREN,
    KZ_I_NUMBER,
    KZ_I_PIPE,
    KZ_I_RAW_STRING,
    KZ_I_RIGHT_DELIM,
    KZ_I_RIGHT_PAREN,
    KZ_I_SPACE,
    KZ_I_STRING, /* with its quotes */
    KZ_I_TEXT,
    KZ_I_VARIABLE, /* with its $ */
    KZ_I_KEYWORD,  /* only a border: what follows are keywords */
    KZ_I_BLOCK,
    KZ_I_BREAK,
    KZ_I_CONTINUE,
    KZ_I_DOT,
    KZ_I_DEFINE,
    KZ_I_ELSE,
    KZ_I_END,
    KZ_I_IF,
    KZ_I_NIL,
    KZ_I_RANGE,
    KZ_I_TEMPLATE,
    KZ_I_WITH,
};

struct kz_item {
    struct kz_str val;
    uint32_t pos; /* bytes from the start of the text */
    uint8_t kind; /* enum kz_item_kind */
    bool plain;   /* of a STRING: ASCII without escapes, so what stands between the quotes is the text */
};

struct kz_comment; /* one that was skipped */

struct kz_lexer {
    struct kz_arena *arena; /* of error messages and comments */
    struct kz_str input;
    size_t pos, start; /* of the next byte, of the item under way */
    const struct kz_comment *comments; /* the newest first */
    int paren_depth;
    bool inside_action;
    bool break_is_word, continue_is_word; /* a function has that name: no keyword */
};

/* The input has less than 4 GiB. */
void kz_lexer_init(struct kz_lexer *l, struct kz_arena *a, struct kz_str input);
/* Written in place, member by member: items are looked at millions of times, and copied only where one has to
 * outlive the next. After EOF or an error comes EOF for ever. */
void kz_lexer_next(struct kz_lexer *l, struct kz_item *out);
/* The line that Go names for what stands at pos of the text, 1-based: lines inside of comments do not count. */
unsigned kz_lexer_line(const struct kz_lexer *l, struct kz_str text, size_t pos);
/* As messages show it: "EOF", <end>, "text up..." */
struct kz_str kz_item_text(struct kz_arena *a, const struct kz_item *item);

#endif
