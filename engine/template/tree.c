/* SPDX-License-Identifier: Apache-2.0 */
#include "template/tree.h"

#include "template/print.h"

#include <string.h>

struct kz_tnode *kz_tnode_new(struct kz_arena *a, enum kz_tnode_kind kind, size_t pos)
{
    struct kz_tnode *n = kz_new(a, struct kz_tnode);
    n->kind = kind;
    n->pos = (uint32_t)pos;
    return n;
}

void kz_nodes_push(struct kz_arena *a, struct kz_nodes *nodes, struct kz_tnode *node)
{
    if (nodes->len == nodes->cap) {
        const size_t cap = nodes->cap == 0 ? 2 : nodes->cap * 2;
        struct kz_tnode **at = kz_new_n(a, struct kz_tnode *, cap);
        for (size_t i = 0; i < nodes->len; i++)
            at[i] = nodes->at[i];
        nodes->at = at;
        nodes->cap = cap;
    }
    nodes->at[nodes->len++] = node;
}

void kz_names_push(struct kz_arena *a, struct kz_names *names, struct kz_str name)
{
    if (names->len == names->cap) {
        const size_t cap = names->cap == 0 ? 4 : names->cap * 2;
        struct kz_str *at = kz_new_n(a, struct kz_str, cap);
        if (names->len > 0)
            memcpy(at, names->at, names->len * sizeof(*at));
        names->at = at;
        names->cap = cap;
    }
    names->at[names->len++] = name;
}

static void print_names(struct kz_buf *b, const struct kz_names *names, bool leading_dot)
{
    for (size_t i = 0; i < names->len; i++) {
        if (i > 0 || leading_dot)
            kz_buf_putc(b, '.');
        kz_buf_add_str(b, names->at[i]);
    }
}

/* A pipe among operands stands in parentheses. */
static void print_operand(struct kz_buf *b, const struct kz_tnode *n)
{
    if (n->kind != KZ_T_PIPE) {
        kz_tnode_print(b, n);
        return;
    }
    kz_buf_putc(b, '(');
    kz_tnode_print(b, n);
    kz_buf_putc(b, ')');
}

static void print_pipe(struct kz_buf *b, const struct kz_tnode *n)
{
    for (size_t i = 0; i < n->as.pipe.decl.len; i++) {
        if (i > 0)
            kz_buf_puts(b, ", ");
        kz_tnode_print(b, n->as.pipe.decl.at[i]);
    }
    if (n->as.pipe.decl.len > 0)
        kz_buf_puts(b, n->as.pipe.is_assign ? " = " : " := ");
    for (size_t i = 0; i < n->as.pipe.cmds.len; i++) {
        if (i > 0)
            kz_buf_puts(b, " | ");
        kz_tnode_print(b, n->as.pipe.cmds.at[i]);
    }
}

static void print_branch(struct kz_buf *b, const struct kz_tnode *n, const char *word)
{
    kz_buf_printf(b, "{{%s ", word);
    kz_tnode_print(b, n->as.branch.pipe);
    kz_buf_puts(b, "}}");
    kz_tnode_print(b, n->as.branch.list);
    if (n->as.branch.else_list != NULL) {
        kz_buf_puts(b, "{{else}}");
        kz_tnode_print(b, n->as.branch.else_list);
    }
    kz_buf_puts(b, "{{end}}");
}

static void print_call(struct kz_buf *b, const struct kz_tnode *n)
{
    kz_buf_puts(b, "{{template ");
    kz_print_quoted(b, n->as.call.name, KZ_QUOTE_PLAIN);
    if (n->as.call.pipe != NULL) {
        kz_buf_putc(b, ' ');
        kz_tnode_print(b, n->as.call.pipe);
    }
    kz_buf_puts(b, "}}");
}

void kz_tnode_print(struct kz_buf *b, const struct kz_tnode *n)
{
    switch (n->kind) {
    case KZ_T_TEXT:
        kz_buf_add_str(b, n->as.text);
        break;
    case KZ_T_LIST:
        for (size_t i = 0; i < n->as.nodes.len; i++)
            kz_tnode_print(b, n->as.nodes.at[i]);
        break;
    case KZ_T_COMMAND:
        for (size_t i = 0; i < n->as.nodes.len; i++) {
            if (i > 0)
                kz_buf_putc(b, ' ');
            print_operand(b, n->as.nodes.at[i]);
        }
        break;
    case KZ_T_ACTION:
        kz_buf_puts(b, "{{");
        kz_tnode_print(b, n->as.branch.pipe);
        kz_buf_puts(b, "}}");
        break;
    case KZ_T_IF:
        print_branch(b, n, "if");
        break;
    case KZ_T_RANGE:
        print_branch(b, n, "range");
        break;
    case KZ_T_WITH:
        print_branch(b, n, "with");
        break;
    case KZ_T_TEMPLATE:
        print_call(b, n);
        break;
    case KZ_T_BREAK:
        kz_buf_puts(b, "{{break}}");
        break;
    case KZ_T_CONTINUE:
        kz_buf_puts(b, "{{continue}}");
        break;
    case KZ_T_PIPE:
        print_pipe(b, n);
        break;
    case KZ_T_BOOL:
        kz_buf_puts(b, n->as.truth ? "true" : "false");
        break;
    case KZ_T_DOT:
        kz_buf_putc(b, '.');
        break;
    case KZ_T_NIL:
        kz_buf_puts(b, "nil");
        break;
    case KZ_T_NUMBER:
        kz_buf_add_str(b, n->as.number->text);
        break;
    case KZ_T_STRING:
        kz_buf_add_str(b, n->as.string.quoted);
        break;
    case KZ_T_FIELD:
        print_names(b, &n->as.path, true);
        break;
    case KZ_T_VARIABLE:
        print_names(b, &n->as.path, false);
        break;
    case KZ_T_CHAIN:
        print_operand(b, n->as.chain.node);
        print_names(b, &n->as.chain.fields, true);
        break;
    case KZ_T_IDENT:
        kz_buf_add_str(b, n->as.ident.name);
        break;
    case KZ_T_ELSE:
        kz_buf_puts(b, "{{else}}");
        break;
    case KZ_T_END:
        kz_buf_puts(b, "{{end}}");
        break;
    case KZ_T_KINDS_:
        break;
    }
}

/* Blanks as bytes.TrimSpace has them: Unicode's, not only ASCII. */
static bool is_blank(struct kz_str s)
{
    for (size_t i = 0; i < s.len;) {
        uint32_t r;
        i += kz_rune_next(kz_str_skip(s, i), &r);
        const bool blank = (r >= 9 && r <= 13) || r == ' ' || r == 0x85 || r == 0xa0 ||
                           r == 0x1680 || (r >= 0x2000 && r <= 0x200a) || r == 0x2028 ||
                           r == 0x2029 || r == 0x202f || r == 0x205f || r == 0x3000;
        if (!blank)
            return false;
    }
    return true;
}

bool kz_tnode_is_empty(const struct kz_tnode *n)
{
    if (n == NULL)
        return true;
    if (n->kind == KZ_T_TEXT)
        return is_blank(n->as.text);
    if (n->kind != KZ_T_LIST)
        return false;
    for (size_t i = 0; i < n->as.nodes.len; i++)
        if (!kz_tnode_is_empty(n->as.nodes.at[i]))
            return false;
    return true;
}
