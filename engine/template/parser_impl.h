/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser's state and its words, shared by parser.c (actions and lists) and parser_pipe.c (what
 * stands between delimiters). The first error ends the work: every function then answers NULL or
 * returns at once, and whoever called looks at p->failed. */
#ifndef KZ_TEMPLATE_PARSER_IMPL_H
#define KZ_TEMPLATE_PARSER_IMPL_H

#include "template/lexer.h"
#include "template/set.h"

struct kz_parser {
    struct kz_arena *arena;
    const struct kz_tset *set;
    struct kz_trees *trees;
    struct kz_str file, text;
    struct kz_lexer lexer;
    struct kz_parse_error *error;
    bool failed;
    unsigned nesting;
};

/* One tree under way: the text itself, or a definition or block in it, which takes over the lexer. */
struct kz_ptree {
    struct kz_parser *p;
    struct kz_str name;
    struct kz_tnode *root;
    struct kz_item token[3]; /* looked ahead; token[0] is the newest */
    unsigned peeked;
    struct kz_names vars;
    bool in_action;
    uint32_t action_pos; /* of its delimiter */
    unsigned range_depth;
};

/* ---- parser_words.c: errors as Go puts them, for the line of the newest word ----------------- */
void kz_ptree_fail_str(struct kz_ptree *t, struct kz_str text);
void kz_ptree_fail(struct kz_ptree *t, const char *text);
void kz_ptree_fail_quoted(struct kz_ptree *t, const char *before, struct kz_str quoted,
                          const char *after);
void kz_ptree_fail_node(struct kz_ptree *t, const char *before, const struct kz_tnode *n,
                        const char *context);
void kz_ptree_unexpected(struct kz_ptree *t, const struct kz_item *token, const char *context);

/* One level of nesting more; false: too many, and the parse has failed. */
bool kz_ptree_enter(struct kz_ptree *t);
void kz_ptree_leave(struct kz_ptree *t);

/* Words one by one, blanks included; those with _word skip blanks. An item stays until the next one is
 * read; what is needed longer is copied. backup2 and backup3 give back what was taken before the word that is
 * looked ahead now. */
static inline const struct kz_item *kz_ptree_next(struct kz_ptree *t)
{
    if (t->peeked > 0)
        t->peeked--;
    else
        kz_lexer_next(&t->p->lexer, &t->token[0]);
    return &t->token[t->peeked];
}

static inline void kz_ptree_backup(struct kz_ptree *t)
{
    t->peeked++;
}

static inline void kz_ptree_backup2(struct kz_ptree *t, const struct kz_item *first)
{
    t->token[1] = *first;
    t->peeked = 2;
}

static inline void kz_ptree_backup3(struct kz_ptree *t, const struct kz_item *first, const struct kz_item *second)
{
    t->token[1] = *second;
    t->token[2] = *first;
    t->peeked = 3;
}

static inline const struct kz_item *kz_ptree_peek(struct kz_ptree *t)
{
    if (t->peeked > 0)
        return &t->token[t->peeked - 1];
    t->peeked = 1;
    kz_lexer_next(&t->p->lexer, &t->token[0]);
    return &t->token[0];
}

static inline const struct kz_item *kz_ptree_next_word(struct kz_ptree *t)
{
    const struct kz_item *item;
    do
        item = kz_ptree_next(t);
    while (item->kind == KZ_I_SPACE);
    return item;
}

static inline const struct kz_item *kz_ptree_peek_word(struct kz_ptree *t)
{
    const struct kz_item *item = kz_ptree_next_word(t);
    kz_ptree_backup(t);
    return item;
}

/* The next word; fails unless it is of that kind. */
const struct kz_item *kz_ptree_expect(struct kz_ptree *t, enum kz_item_kind kind, const char *context);

struct kz_tnode *kz_ptree_node(struct kz_ptree *t, enum kz_tnode_kind kind, size_t pos);
/* The text of a STRING or RAW_STRING. */
bool kz_ptree_unquote(struct kz_ptree *t, struct kz_str *out, const struct kz_item *literal);

/* ---- parser_pipe.c: up to and with end; context is for messages: "if", "command" -------------- */
struct kz_tnode *kz_ptree_pipeline(struct kz_ptree *t, const char *context, enum kz_item_kind end);

#endif
