/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of a template. A node's pos is the byte in the source that Go would name in an error;
 * texts are views of the source (string literals with escapes alone are copies). */
#ifndef KZ_TEMPLATE_TREE_H
#define KZ_TEMPLATE_TREE_H

#include "template/template.h"

enum kz_tnode_kind {
    KZ_T_TEXT,     /* as.text */
    KZ_T_LIST,     /* as.nodes */
    KZ_T_ACTION,   /* as.branch.pipe alone */
    KZ_T_IF,       /* as.branch */
    KZ_T_RANGE,    /* as.branch */
    KZ_T_WITH,     /* as.branch */
    KZ_T_TEMPLATE, /* as.call */
    KZ_T_BREAK,
    KZ_T_CONTINUE,
    KZ_T_PIPE,    /* as.pipe */
    KZ_T_COMMAND, /* as.nodes: the operands */
    KZ_T_BOOL,    /* as.truth */
    KZ_T_DOT,
    KZ_T_NIL,
    KZ_T_NUMBER,   /* as.number */
    KZ_T_STRING,   /* as.string */
    KZ_T_FIELD,    /* as.path, without the dots */
    KZ_T_VARIABLE, /* as.path, the first with its $ */
    KZ_T_CHAIN,    /* as.chain: (pipe).a.b or func.a.b */
    KZ_T_IDENT,    /* as.ident: a function */
    KZ_T_ELSE,     /* these two only while parsing */
    KZ_T_END,
    KZ_T_KINDS_
};

struct kz_nodes {
    struct kz_tnode **at;
    size_t len, cap;
};
struct kz_names {
    struct kz_str *at;
    size_t len, cap;
};

struct kz_number {
    bool is_int, is_uint, is_float, is_complex; /* what the literal can be, more than one */
    int64_t num;
    uint64_t unum;
    double real, imag;
    struct kz_str text;
    struct kz_val val; /* what it is without a parameter that asks for a type */
};

struct kz_tnode {
    enum kz_tnode_kind kind;
    uint32_t pos;
    union {
        struct kz_str text;
        bool truth;
        struct kz_nodes nodes;
        struct {
            struct kz_nodes decl; /* variables */
            struct kz_nodes cmds;
            bool is_assign; /* = and not := */
        } pipe;
        struct {
            struct kz_tnode *pipe, *list, *else_list; /* else_list NULL: none */
        } branch;
        struct {
            struct kz_str name;
            struct kz_tnode *pipe; /* NULL: none */
        } call;
        struct kz_number *number;
        struct {
            struct kz_str quoted, text;
        } string;
        struct kz_names path;
        struct {
            struct kz_tnode *node;
            struct kz_names fields;
        } chain;
        struct {
            struct kz_str name;
            const struct kz_func *func;
            bool builtin;
        } ident;
    } as;
};

struct kz_template {
    struct kz_str name;
    struct kz_str file, text;
    struct kz_tnode *root; /* a list */
};

struct kz_tnode *kz_tnode_new(struct kz_arena *a, enum kz_tnode_kind kind, size_t pos);
void kz_nodes_push(struct kz_arena *a, struct kz_nodes *nodes, struct kz_tnode *node);
void kz_names_push(struct kz_arena *a, struct kz_names *names, struct kz_str name);

/* Appends the node as Go's String() has it. */
void kz_tnode_print(struct kz_buf *b, const struct kz_tnode *n);
/* Nothing but blanks (comments leave no node). */
bool kz_tnode_is_empty(const struct kz_tnode *n);

/* Reads a number, a complex number or (quoted) a character. false: *why says what is wrong. */
bool kz_number_read(struct kz_number *out, struct kz_arena *a, struct kz_str text, bool is_complex,
                    struct kz_str *why);

#endif
