/* SPDX-License-Identifier: Apache-2.0
 *
 * Operands, commands and pipelines: what stands between the delimiters and in parentheses. */
#include "template/parser_impl.h"

#include "template/print.h"

#include <string.h>

/* ---- operands ------------------------------------------------------------------------------- */
static struct kz_tnode *variable(struct kz_ptree *t, const struct kz_item *item)
{
    struct kz_tnode *n = kz_ptree_node(t, KZ_T_VARIABLE, item->pos);
    kz_names_push(t->p->arena, &n->as.path, item->val);
    return n;
}

static struct kz_tnode *known_variable(struct kz_ptree *t, const struct kz_item *item)
{
    struct kz_tnode *n = variable(t, item);
    for (size_t i = 0; i < t->vars.len; i++)
        if (kz_str_eq(t->vars.at[i], n->as.path.at[0]))
            return n;
    kz_ptree_fail_quoted(t, "undefined variable ", n->as.path.at[0], "");
    return NULL;
}

static struct kz_tnode *function(struct kz_ptree *t, const struct kz_item *item)
{
    struct kz_tnode *n = kz_ptree_node(t, KZ_T_IDENT, item->pos);
    n->as.ident.name = item->val;
    n->as.ident.func = kz_tset_func(t->p->set, item->val, &n->as.ident.builtin);
    if (n->as.ident.func == NULL)
        kz_ptree_fail_quoted(t, "function ", item->val, " not defined");
    return n;
}

static struct kz_tnode *number(struct kz_ptree *t, const struct kz_item *item)
{
    struct kz_tnode *n = kz_ptree_node(t, KZ_T_NUMBER, item->pos);
    struct kz_str why;
    n->as.number = kz_new(t->p->arena, struct kz_number);
    if (kz_number_read(n->as.number, t->p->arena, item->val, item->kind == KZ_I_COMPLEX, &why))
        return n;
    kz_ptree_fail_str(t, why);
    return NULL;
}

/* NULL and not failed: no operand stands here. */
static struct kz_tnode *term(struct kz_ptree *t)
{
    const struct kz_item *item = kz_ptree_next_word(t);
    struct kz_tnode *n;
    switch (item->kind) {
    case KZ_I_IDENTIFIER:
        return function(t, item);
    case KZ_I_DOT:
        return kz_ptree_node(t, KZ_T_DOT, item->pos);
    case KZ_I_NIL:
        return kz_ptree_node(t, KZ_T_NIL, item->pos);
    case KZ_I_VARIABLE:
        return known_variable(t, item);
    case KZ_I_FIELD:
        n = kz_ptree_node(t, KZ_T_FIELD, item->pos);
        kz_names_push(t->p->arena, &n->as.path, kz_str_skip(item->val, 1));
        return n;
    case KZ_I_BOOL:
        n = kz_ptree_node(t, KZ_T_BOOL, item->pos);
        n->as.truth = kz_str_is(item->val, "true");
        return n;
    case KZ_I_CHAR_CONSTANT:
    case KZ_I_COMPLEX:
    case KZ_I_NUMBER:
        return number(t, item);
    case KZ_I_LEFT_PAREN:
        return kz_ptree_pipeline(t, "parenthesized pipeline", KZ_I_RIGHT_PAREN);
    case KZ_I_STRING:
    case KZ_I_RAW_STRING:
        n = kz_ptree_node(t, KZ_T_STRING, item->pos);
        n->as.string.quoted = item->val;
        return kz_ptree_unquote(t, &n->as.string.text, item) ? n : NULL;
    default:
        kz_ptree_backup(t);
        return NULL;
    }
}

static void add_fields(struct kz_ptree *t, struct kz_names *names)
{
    while (kz_ptree_peek(t)->kind == KZ_I_FIELD)
        kz_names_push(t->p->arena, names, kz_str_skip(kz_ptree_next(t)->val, 1));
}

/* A term and the fields that follow it without a blank. */
static struct kz_tnode *operand(struct kz_ptree *t)
{
    struct kz_tnode *n = term(t);
    if (n == NULL || t->p->failed || kz_ptree_peek(t)->kind != KZ_I_FIELD)
        return n;
    const uint32_t pos = kz_ptree_peek(t)->pos;
    struct kz_tnode *chain;
    switch (n->kind) {
    case KZ_T_FIELD:
    case KZ_T_VARIABLE: /* one longer path, named by its last part */
        n->pos = pos;
        add_fields(t, &n->as.path);
        return n;
    case KZ_T_BOOL:
    case KZ_T_STRING:
    case KZ_T_NUMBER:
    case KZ_T_NIL:
    case KZ_T_DOT: {
        struct kz_names ignored = {0};
        add_fields(t, &ignored);
        kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
        kz_tnode_print(&b, n);
        kz_ptree_fail_quoted(t, "unexpected . after term ", kz_buf_str(&b), "");
        return NULL;
    }
    default:
        chain = kz_ptree_node(t, KZ_T_CHAIN, pos);
        chain->as.chain.node = n;
        add_fields(t, &chain->as.chain.fields);
        return chain;
    }
}

/* Operands with blanks between them, up to a pipe or the end. */
static struct kz_tnode *command(struct kz_ptree *t)
{
    struct kz_tnode *cmd = kz_ptree_node(t, KZ_T_COMMAND, kz_ptree_peek_word(t)->pos);
    for (;;) {
        (void)kz_ptree_peek_word(t);
        struct kz_tnode *n = operand(t);
        if (t->p->failed)
            return NULL;
        if (n != NULL)
            kz_nodes_push(t->p->arena, &cmd->as.nodes, n);
        const struct kz_item *item = kz_ptree_next(t);
        if (item->kind == KZ_I_SPACE)
            continue;
        if (item->kind == KZ_I_RIGHT_DELIM || item->kind == KZ_I_RIGHT_PAREN)
            kz_ptree_backup(t);
        else if (item->kind != KZ_I_PIPE)
            kz_ptree_unexpected(t, item, "operand");
        break;
    }
    if (cmd->as.nodes.len == 0)
        kz_ptree_fail(t, "empty command");
    return cmd;
}

/* ---- pipelines ------------------------------------------------------------------------------ */
static void declare(struct kz_ptree *t, struct kz_tnode *pipe, const struct kz_item *item)
{
    kz_nodes_push(t->p->arena, &pipe->as.pipe.decl, variable(t, item));
    kz_names_push(t->p->arena, &t->vars, item->val);
}

/* "$x :=", "$x =", and for range "$i, $x :=" before a pipeline, if they stand there. */
static void declarations(struct kz_ptree *t, struct kz_tnode *pipe, const char *context)
{
    for (;;) {
        if (kz_ptree_peek_word(t)->kind != KZ_I_VARIABLE)
            return;
        const struct kz_item v = *kz_ptree_next(t);
        const struct kz_item after = *kz_ptree_peek(t); /* may be a blank: kept for `$x 1` */
        const struct kz_item *word = kz_ptree_peek_word(t);
        if (word->kind == KZ_I_ASSIGN || word->kind == KZ_I_DECLARE) {
            pipe->as.pipe.is_assign = word->kind == KZ_I_ASSIGN;
            (void)kz_ptree_next_word(t);
            declare(t, pipe, &v);
            return;
        }
        if (word->kind == KZ_I_CHAR && kz_str_is(word->val, ",")) {
            (void)kz_ptree_next_word(t);
            declare(t, pipe, &v);
            if (strcmp(context, "range") == 0 && pipe->as.pipe.decl.len < 2) {
                const unsigned kind = kz_ptree_peek_word(t)->kind;
                if (kind == KZ_I_VARIABLE || kind == KZ_I_RIGHT_DELIM || kind == KZ_I_RIGHT_PAREN)
                    continue;
                kz_ptree_fail(t, "range can only initialize variables");
                return;
            }
            kz_ptree_fail_str(t,
                              kz_str_printf(t->p->arena, "too many declarations in %s", context));
            return;
        }
        if (after.kind == KZ_I_SPACE)
            kz_ptree_backup3(t, &v, &after);
        else
            kz_ptree_backup2(t, &v);
        return;
    }
}

static void check_pipeline(struct kz_ptree *t, const struct kz_tnode *pipe, const char *context)
{
    if (pipe->as.pipe.cmds.len == 0) {
        kz_ptree_fail_str(t, kz_str_printf(t->p->arena, "missing value for %s", context));
        return;
    }
    for (size_t i = 1; i < pipe->as.pipe.cmds.len; i++) {
        switch (pipe->as.pipe.cmds.at[i]->as.nodes.at[0]->kind) {
        case KZ_T_BOOL:
        case KZ_T_DOT:
        case KZ_T_NIL:
        case KZ_T_NUMBER:
        case KZ_T_STRING:
            kz_ptree_fail_str(
                t,
                kz_str_printf(t->p->arena, "non executable command in pipeline stage %zu", i + 1));
            return;
        default:
            break;
        }
    }
}

static void commands(struct kz_ptree *t, struct kz_tnode *pipe, const char *context,
                     enum kz_item_kind end)
{
    while (!t->p->failed) {
        const struct kz_item *item = kz_ptree_next_word(t);
        if (item->kind == end) {
            check_pipeline(t, pipe, context);
            return;
        }
        switch (item->kind) {
        case KZ_I_BOOL:
        case KZ_I_CHAR_CONSTANT:
        case KZ_I_COMPLEX:
        case KZ_I_DOT:
        case KZ_I_FIELD:
        case KZ_I_IDENTIFIER:
        case KZ_I_NUMBER:
        case KZ_I_NIL:
        case KZ_I_RAW_STRING:
        case KZ_I_STRING:
        case KZ_I_VARIABLE:
        case KZ_I_LEFT_PAREN:
            kz_ptree_backup(t);
            kz_nodes_push(t->p->arena, &pipe->as.pipe.cmds, command(t));
            break;
        default:
            kz_ptree_unexpected(t, item, context);
        }
    }
}

struct kz_tnode *kz_ptree_pipeline(struct kz_ptree *t, const char *context, enum kz_item_kind end)
{
    struct kz_tnode *pipe = kz_ptree_node(t, KZ_T_PIPE, kz_ptree_peek_word(t)->pos);
    if (!kz_ptree_enter(t))
        return NULL;
    declarations(t, pipe, context);
    commands(t, pipe, context, end);
    kz_ptree_leave(t);
    return t->p->failed ? NULL : pipe;
}
