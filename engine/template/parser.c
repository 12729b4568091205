/* SPDX-License-Identifier: Apache-2.0
 *
 * From words to trees, by recursive descent; nesting is counted, so that input can't exhaust the
 * stack. The first error ends the work: every function then answers NULL or returns at once, and
 * whoever called looks at p->failed. */
#include "template/set.h"

#include "template/lexer.h"
#include "template/print.h"

#include <string.h>

enum { MAX_NESTING = 1000 };

struct parser {
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
struct tree {
    struct parser *p;
    struct kz_str name;
    struct kz_tnode *root;
    struct kz_item token[3]; /* looked ahead; token[0] is the newest */
    unsigned peeked;
    struct kz_names vars;
    unsigned action_line, range_depth;
};

static struct kz_tnode *item_list(struct tree *t, struct kz_tnode **end);
static struct kz_tnode *pipeline(struct tree *t, const char *context, enum kz_item_kind end);

/* ---- errors --------------------------------------------------------------------------------- */
static void fail_str(struct tree *t, struct kz_str text)
{
    struct parser *p = t->p;
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    if (p->failed)
        return;
    p->failed = true;
    kz_buf_puts(&b, "template: ");
    kz_buf_add_str(&b, p->file);
    kz_buf_printf(&b, ":%u: ", t->token[0].line);
    kz_buf_add_str(&b, text);
    p->error->message = kz_str_dup(p->arena, kz_buf_str(&b));
    p->error->line = t->token[0].line;
}

static void fail(struct tree *t, const char *text)
{
    fail_str(t, kz_str(text));
}

/* before "quoted" */
static void fail_quoted(struct tree *t, const char *before, struct kz_str quoted, const char *after)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    kz_buf_puts(&b, before);
    kz_print_quoted(&b, quoted, KZ_QUOTE_PLAIN);
    kz_buf_puts(&b, after);
    fail_str(t, kz_buf_str(&b));
}

static void fail_node(struct tree *t, const char *before, const struct kz_tnode *n,
                      const char *context)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    kz_buf_puts(&b, before);
    kz_tnode_print(&b, n);
    if (context != NULL)
        kz_buf_printf(&b, " in %s", context);
    fail_str(t, kz_buf_str(&b));
}

static void unexpected(struct tree *t, const struct kz_item *token, const char *context)
{
    struct parser *p = t->p;
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    const bool error = token->kind == KZ_I_ERROR;
    kz_buf_puts(&b, error ? "" : "unexpected ");
    kz_buf_add_str(&b, kz_item_text(p->arena, token));
    if (!error) {
        kz_buf_printf(&b, " in %s", context);
    } else if (t->action_line != 0 && t->action_line != token->line) {
        if (!kz_str_ends(token->val, KZ_STR(" action")))
            kz_buf_puts(&b, " in action");
        kz_buf_puts(&b, " started at ");
        kz_buf_add_str(&b, p->file);
        kz_buf_printf(&b, ":%u", t->action_line);
    }
    fail_str(t, kz_buf_str(&b));
}

static bool enter(struct tree *t)
{
    if (t->p->nesting >= MAX_NESTING) {
        fail(t, "actions are nested too deep");
        t->p->error->limit = true;
        return false;
    }
    t->p->nesting++;
    return true;
}

static void leave(struct tree *t)
{
    t->p->nesting--;
}

/* ---- words ---------------------------------------------------------------------------------- */
static struct kz_item next(struct tree *t)
{
    if (t->peeked > 0)
        t->peeked--;
    else
        t->token[0] = kz_lexer_next(&t->p->lexer);
    return t->token[t->peeked];
}

static void backup(struct tree *t)
{
    t->peeked++;
}

static void backup2(struct tree *t, struct kz_item first)
{
    t->token[1] = first;
    t->peeked = 2;
}

static void backup3(struct tree *t, struct kz_item first, struct kz_item second)
{
    t->token[1] = second;
    t->token[2] = first;
    t->peeked = 3;
}

static struct kz_item peek(struct tree *t)
{
    if (t->peeked > 0)
        return t->token[t->peeked - 1];
    t->peeked = 1;
    t->token[0] = kz_lexer_next(&t->p->lexer);
    return t->token[0];
}

static struct kz_item next_word(struct tree *t)
{
    struct kz_item item;
    do
        item = next(t);
    while (item.kind == KZ_I_SPACE);
    return item;
}

static struct kz_item peek_word(struct tree *t)
{
    const struct kz_item item = next_word(t);
    backup(t);
    return item;
}

static struct kz_item expect(struct tree *t, enum kz_item_kind kind, const char *context)
{
    const struct kz_item item = next_word(t);
    if (item.kind != kind)
        unexpected(t, &item, context);
    return item;
}

static struct kz_tnode *node(struct tree *t, enum kz_tnode_kind kind, size_t pos)
{
    return kz_tnode_new(t->p->arena, kind, pos);
}

static bool unquote(struct tree *t, struct kz_str *out, struct kz_str literal)
{
    if (kz_unquote(out, t->p->arena, literal))
        return true;
    fail(t, "invalid syntax");
    return false;
}

/* ---- operands ------------------------------------------------------------------------------- */
/* "a.b.c" into its names. */
static void split(struct parser *p, struct kz_names *names, struct kz_str path)
{
    for (;;) {
        const size_t dot = kz_str_index(path, '.');
        kz_names_push(p->arena, names, kz_str_head(path, dot));
        if (dot == path.len)
            return;
        path = kz_str_skip(path, dot + 1);
    }
}

static struct kz_tnode *variable(struct tree *t, const struct kz_item *item)
{
    struct kz_tnode *n = node(t, KZ_T_VARIABLE, item->pos);
    split(t->p, &n->as.path, item->val);
    return n;
}

static struct kz_tnode *known_variable(struct tree *t, const struct kz_item *item)
{
    struct kz_tnode *n = variable(t, item);
    for (size_t i = 0; i < t->vars.len; i++)
        if (kz_str_eq(t->vars.at[i], n->as.path.at[0]))
            return n;
    fail_quoted(t, "undefined variable ", n->as.path.at[0], "");
    return NULL;
}

static struct kz_tnode *function(struct tree *t, const struct kz_item *item)
{
    struct kz_tnode *n = node(t, KZ_T_IDENT, item->pos);
    n->as.ident.name = item->val;
    n->as.ident.func = kz_tset_func(t->p->set, item->val, &n->as.ident.builtin);
    if (n->as.ident.func == NULL)
        fail_quoted(t, "function ", item->val, " not defined");
    return n;
}

static struct kz_tnode *number(struct tree *t, const struct kz_item *item)
{
    struct kz_tnode *n = node(t, KZ_T_NUMBER, item->pos);
    struct kz_str why;
    n->as.number = kz_new(t->p->arena, struct kz_number);
    if (kz_number_read(n->as.number, t->p->arena, item->val, item->kind == KZ_I_COMPLEX, &why))
        return n;
    fail_str(t, why);
    return NULL;
}

/* NULL and not failed: no operand stands here. */
static struct kz_tnode *term(struct tree *t)
{
    const struct kz_item item = next_word(t);
    struct kz_tnode *n;
    switch ((int)item.kind) {
    case KZ_I_IDENTIFIER:
        return function(t, &item);
    case KZ_I_DOT:
        return node(t, KZ_T_DOT, item.pos);
    case KZ_I_NIL:
        return node(t, KZ_T_NIL, item.pos);
    case KZ_I_VARIABLE:
        return known_variable(t, &item);
    case KZ_I_FIELD:
        n = node(t, KZ_T_FIELD, item.pos);
        split(t->p, &n->as.path, kz_str_skip(item.val, 1));
        return n;
    case KZ_I_BOOL:
        n = node(t, KZ_T_BOOL, item.pos);
        n->as.truth = kz_str_is(item.val, "true");
        return n;
    case KZ_I_CHAR_CONSTANT:
    case KZ_I_COMPLEX:
    case KZ_I_NUMBER:
        return number(t, &item);
    case KZ_I_LEFT_PAREN:
        return pipeline(t, "parenthesized pipeline", KZ_I_RIGHT_PAREN);
    case KZ_I_STRING:
    case KZ_I_RAW_STRING:
        n = node(t, KZ_T_STRING, item.pos);
        n->as.string.quoted = item.val;
        return unquote(t, &n->as.string.text, item.val) ? n : NULL;
    default:
        backup(t);
        return NULL;
    }
}

/* A term and the fields that follow it without a blank. */
static struct kz_tnode *operand(struct tree *t)
{
    struct kz_tnode *n = term(t);
    if (n == NULL || t->p->failed || peek(t).kind != KZ_I_FIELD)
        return n;
    struct kz_tnode *chain = node(t, KZ_T_CHAIN, peek(t).pos);
    chain->as.chain.node = n;
    while (peek(t).kind == KZ_I_FIELD)
        kz_names_push(t->p->arena, &chain->as.chain.fields, kz_str_skip(next(t).val, 1));
    switch (n->kind) {
    case KZ_T_FIELD:
    case KZ_T_VARIABLE: /* one longer path, named by its last part */
        n->pos = chain->pos;
        for (size_t i = 0; i < chain->as.chain.fields.len; i++)
            kz_names_push(t->p->arena, &n->as.path, chain->as.chain.fields.at[i]);
        return n;
    case KZ_T_BOOL:
    case KZ_T_STRING:
    case KZ_T_NUMBER:
    case KZ_T_NIL:
    case KZ_T_DOT: {
        kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
        kz_tnode_print(&b, n);
        fail_quoted(t, "unexpected . after term ", kz_buf_str(&b), "");
        return NULL;
    }
    default:
        return chain;
    }
}

/* Operands with blanks between them, up to a pipe or the end. */
static struct kz_tnode *command(struct tree *t)
{
    struct kz_tnode *cmd = node(t, KZ_T_COMMAND, peek_word(t).pos);
    for (;;) {
        (void)peek_word(t);
        struct kz_tnode *n = operand(t);
        if (t->p->failed)
            return NULL;
        if (n != NULL)
            kz_nodes_push(t->p->arena, &cmd->as.nodes, n);
        const struct kz_item item = next(t);
        if (item.kind == KZ_I_SPACE)
            continue;
        if (item.kind == KZ_I_RIGHT_DELIM || item.kind == KZ_I_RIGHT_PAREN)
            backup(t);
        else if (item.kind != KZ_I_PIPE)
            unexpected(t, &item, "operand");
        break;
    }
    if (cmd->as.nodes.len == 0)
        fail(t, "empty command");
    return cmd;
}

/* ---- pipelines ------------------------------------------------------------------------------ */
static void declare(struct tree *t, struct kz_tnode *pipe, const struct kz_item *item)
{
    kz_nodes_push(t->p->arena, &pipe->as.pipe.decl, variable(t, item));
    kz_names_push(t->p->arena, &t->vars, item->val);
}

/* "$x :=", "$x =", and for range "$i, $x :=" before a pipeline, if they stand there. */
static void declarations(struct tree *t, struct kz_tnode *pipe, const char *context)
{
    for (;;) {
        const struct kz_item v = peek_word(t);
        if (v.kind != KZ_I_VARIABLE)
            return;
        (void)next(t);
        const struct kz_item after = peek(t); /* may be a blank: kept for `$x 1` */
        const struct kz_item word = peek_word(t);
        if (word.kind == KZ_I_ASSIGN || word.kind == KZ_I_DECLARE) {
            pipe->as.pipe.is_assign = word.kind == KZ_I_ASSIGN;
            (void)next_word(t);
            declare(t, pipe, &v);
            return;
        }
        if (word.kind == KZ_I_CHAR && kz_str_is(word.val, ",")) {
            (void)next_word(t);
            declare(t, pipe, &v);
            if (strcmp(context, "range") == 0 && pipe->as.pipe.decl.len < 2) {
                const enum kz_item_kind kind = peek_word(t).kind;
                if (kind == KZ_I_VARIABLE || kind == KZ_I_RIGHT_DELIM || kind == KZ_I_RIGHT_PAREN)
                    continue;
                fail(t, "range can only initialize variables");
                return;
            }
            fail_str(t, kz_str_printf(t->p->arena, "too many declarations in %s", context));
            return;
        }
        if (after.kind == KZ_I_SPACE)
            backup3(t, v, after);
        else
            backup2(t, v);
        return;
    }
}

static void check_pipeline(struct tree *t, const struct kz_tnode *pipe, const char *context)
{
    if (pipe->as.pipe.cmds.len == 0) {
        fail_str(t, kz_str_printf(t->p->arena, "missing value for %s", context));
        return;
    }
    for (size_t i = 1; i < pipe->as.pipe.cmds.len; i++) {
        switch (pipe->as.pipe.cmds.at[i]->as.nodes.at[0]->kind) {
        case KZ_T_BOOL:
        case KZ_T_DOT:
        case KZ_T_NIL:
        case KZ_T_NUMBER:
        case KZ_T_STRING:
            fail_str(t, kz_str_printf(t->p->arena, "non executable command in pipeline stage %zu",
                                      i + 1));
            return;
        default:
            break;
        }
    }
}

static void commands(struct tree *t, struct kz_tnode *pipe, const char *context,
                     enum kz_item_kind end)
{
    while (!t->p->failed) {
        const struct kz_item item = next_word(t);
        if (item.kind == end) {
            check_pipeline(t, pipe, context);
            return;
        }
        switch ((int)item.kind) {
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
            backup(t);
            kz_nodes_push(t->p->arena, &pipe->as.pipe.cmds, command(t));
            break;
        default:
            unexpected(t, &item, context);
        }
    }
}

static struct kz_tnode *pipeline(struct tree *t, const char *context, enum kz_item_kind end)
{
    struct kz_tnode *pipe = node(t, KZ_T_PIPE, peek_word(t).pos);
    if (!enter(t))
        return NULL;
    declarations(t, pipe, context);
    commands(t, pipe, context, end);
    leave(t);
    return t->p->failed ? NULL : pipe;
}

/* ---- actions -------------------------------------------------------------------------------- */
static struct kz_tnode *control(struct tree *t, enum kz_tnode_kind kind);

static void else_part(struct tree *t, struct kz_tnode *n, const struct kz_tnode *stop)
{
    const enum kz_item_kind word = peek(t).kind;
    const bool chained =
        (n->kind == KZ_T_IF && word == KZ_I_IF) || (n->kind == KZ_T_WITH && word == KZ_I_WITH);
    if (chained) { /* {{else if}} is {{else}}{{if}} with one {{end}} for both */
        (void)next(t);
        n->as.branch.else_list = node(t, KZ_T_LIST, stop->pos);
        struct kz_tnode *inner = control(t, n->kind);
        if (inner != NULL)
            kz_nodes_push(t->p->arena, &n->as.branch.else_list->as.nodes, inner);
        return;
    }
    struct kz_tnode *end = NULL;
    n->as.branch.else_list = item_list(t, &end);
    if (!t->p->failed && end->kind != KZ_T_END)
        fail_node(t, "expected end; found ", end, NULL);
}

/* {{if}}, {{range}} and {{with}} from behind their word up to and with {{end}}. */
static struct kz_tnode *control(struct tree *t, enum kz_tnode_kind kind)
{
    const char *context = kind == KZ_T_IF ? "if" : kind == KZ_T_RANGE ? "range" : "with";
    const size_t vars = t->vars.len;
    struct kz_tnode *stop = NULL;
    if (!enter(t))
        return NULL;
    struct kz_tnode *pipe = pipeline(t, context, KZ_I_RIGHT_DELIM);
    if (pipe == NULL)
        return NULL;
    struct kz_tnode *n = node(t, kind, pipe->pos);
    n->as.branch.pipe = pipe;
    t->range_depth += kind == KZ_T_RANGE;
    n->as.branch.list = item_list(t, &stop);
    if (t->p->failed)
        return NULL;
    t->range_depth -= kind == KZ_T_RANGE;
    if (stop->kind == KZ_T_ELSE)
        else_part(t, n, stop);
    t->vars.len = vars;
    leave(t);
    return t->p->failed ? NULL : n;
}

static struct kz_tnode *jump(struct tree *t, enum kz_tnode_kind kind, size_t pos)
{
    const char *word = kind == KZ_T_BREAK ? "{{break}}" : "{{continue}}";
    const struct kz_item item = next_word(t);
    if (item.kind != KZ_I_RIGHT_DELIM)
        unexpected(t, &item, word);
    else if (t->range_depth == 0)
        fail_str(t, kz_str_printf(t->p->arena, "%s outside {{range}}", word));
    return node(t, kind, pos);
}

static struct kz_tnode *else_word(struct tree *t)
{
    const struct kz_item item = peek_word(t);
    if (item.kind == KZ_I_IF || item.kind == KZ_I_WITH)
        return node(t, KZ_T_ELSE, item.pos);
    return node(t, KZ_T_ELSE, expect(t, KZ_I_RIGHT_DELIM, "else").pos);
}

static bool template_name(struct tree *t, struct kz_str *name, const struct kz_item *item,
                          const char *context)
{
    if (item->kind == KZ_I_STRING || item->kind == KZ_I_RAW_STRING)
        return unquote(t, name, item->val);
    unexpected(t, item, context);
    return false;
}

static void add_tree(struct tree *t)
{
    struct parser *p = t->p;
    struct kz_template *old = kz_trees_find(p->trees, t->name);
    if (old != NULL && !kz_tnode_is_empty(old->root)) {
        if (!kz_tnode_is_empty(t->root))
            fail_quoted(t, "template: multiple definition of template ", t->name, "");
        return;
    }
    if (old != NULL) {
        old->root = t->root;
        return;
    }
    struct kz_trees *trees = p->trees;
    if (trees->len == trees->cap) {
        const size_t cap = trees->cap == 0 ? 8 : trees->cap * 2;
        struct kz_template **at = kz_new_n(p->arena, struct kz_template *, cap);
        for (size_t i = 0; i < trees->len; i++)
            at[i] = trees->at[i];
        trees->at = at;
        trees->cap = cap;
    }
    struct kz_template *made = kz_new(p->arena, struct kz_template);
    *made =
        (struct kz_template){.name = t->name, .file = p->file, .text = p->text, .root = t->root};
    size_t *at = kz_new(p->arena, size_t);
    *at = trees->len;
    trees->at[trees->len++] = made;
    kz_tnames_put(p->arena, &trees->names, made->name, at);
}

static void tree_init(struct tree *t, struct parser *p, struct kz_str name)
{
    *t = (struct tree){.p = p, .name = name};
    kz_names_push(p->arena, &t->vars, KZ_STR("$"));
}

/* The body of a definition or a block, up to and with its {{end}}. Go counts the line of a surplus
 * {{else}} in the tree that it calls the reader's: a definition's own, but what is around a block. */
static void body(struct tree *t, struct tree *reader, const char *context)
{
    struct kz_tnode *end = NULL;
    t->root = item_list(t, &end);
    if (t->p->failed)
        return;
    if (end->kind != KZ_T_END)
        fail_node(reader, "unexpected ", end, context);
    else
        add_tree(t);
}

/* {{template "name" pipe}}, and {{block}}, which defines the template as well. */
static struct kz_tnode *call(struct tree *t, bool is_block)
{
    const char *context = is_block ? "block clause" : "template clause";
    const struct kz_item item = next_word(t);
    struct kz_tnode *n = node(t, KZ_T_TEMPLATE, item.pos);
    if (!template_name(t, &n->as.call.name, &item, context))
        return NULL;
    if (is_block || next_word(t).kind != KZ_I_RIGHT_DELIM) {
        if (!is_block)
            backup(t);
        n->as.call.pipe = pipeline(t, context, KZ_I_RIGHT_DELIM);
    }
    if (is_block && !t->p->failed && enter(t)) {
        struct tree block;
        tree_init(&block, t->p, n->as.call.name);
        body(&block, t, context);
        leave(t);
    }
    return t->p->failed ? NULL : n;
}

static struct kz_tnode *action(struct tree *t)
{
    const struct kz_item item = next_word(t);
    struct kz_tnode *n;
    switch ((int)item.kind) {
    case KZ_I_BLOCK:
        return call(t, true);
    case KZ_I_TEMPLATE:
        return call(t, false);
    case KZ_I_BREAK:
        return jump(t, KZ_T_BREAK, item.pos);
    case KZ_I_CONTINUE:
        return jump(t, KZ_T_CONTINUE, item.pos);
    case KZ_I_ELSE:
        return else_word(t);
    case KZ_I_END:
        return node(t, KZ_T_END, expect(t, KZ_I_RIGHT_DELIM, "end").pos);
    case KZ_I_IF:
        return control(t, KZ_T_IF);
    case KZ_I_RANGE:
        return control(t, KZ_T_RANGE);
    case KZ_I_WITH:
        return control(t, KZ_T_WITH);
    default:
        backup(t);
        n = node(t, KZ_T_ACTION, peek(t).pos);
        n->as.branch.pipe = pipeline(t, "command", KZ_I_RIGHT_DELIM);
        return n;
    }
}

/* ---- lists ---------------------------------------------------------------------------------- */
static struct kz_tnode *text_or_action(struct tree *t)
{
    const struct kz_item item = next_word(t);
    struct kz_tnode *n;
    switch ((int)item.kind) {
    case KZ_I_TEXT:
        n = node(t, KZ_T_TEXT, item.pos);
        n->as.text = item.val;
        return n;
    case KZ_I_LEFT_DELIM:
        t->action_line = item.line;
        n = action(t);
        t->action_line = 0;
        return n;
    default:
        unexpected(t, &item, "input");
        return NULL;
    }
}

/* Up to {{else}} or {{end}}, which is *end. */
static struct kz_tnode *item_list(struct tree *t, struct kz_tnode **end)
{
    struct kz_tnode *list = node(t, KZ_T_LIST, peek_word(t).pos);
    while (peek_word(t).kind != KZ_I_EOF) {
        struct kz_tnode *n = text_or_action(t);
        if (t->p->failed)
            return NULL;
        if (n->kind == KZ_T_END || n->kind == KZ_T_ELSE) {
            *end = n;
            return list;
        }
        kz_nodes_push(t->p->arena, &list->as.nodes, n);
    }
    fail(t, "unexpected EOF");
    return NULL;
}

static void definition(struct tree *outer)
{
    struct tree t;
    tree_init(&t, outer->p, KZ_STR("definition"));
    const struct kz_item item = next_word(&t);
    if (!template_name(&t, &t.name, &item, "define clause"))
        return;
    (void)expect(&t, KZ_I_RIGHT_DELIM, "define clause");
    if (!outer->p->failed)
        body(&t, &t, "define clause");
}

static void parse_tree(struct tree *t)
{
    t->root = node(t, KZ_T_LIST, peek(t).pos);
    while (!t->p->failed && peek(t).kind != KZ_I_EOF) {
        if (peek(t).kind == KZ_I_LEFT_DELIM) {
            const struct kz_item delim = next(t);
            if (next_word(t).kind == KZ_I_DEFINE) {
                definition(t);
                continue;
            }
            backup2(t, delim);
        }
        struct kz_tnode *n = text_or_action(t);
        if (t->p->failed)
            return;
        if (n->kind == KZ_T_END || n->kind == KZ_T_ELSE)
            fail_node(t, "unexpected ", n, NULL);
        else
            kz_nodes_push(t->p->arena, &t->root->as.nodes, n);
    }
}

bool kz_parse(struct kz_trees *out, struct kz_arena *a, const struct kz_tset *set,
              struct kz_str name, struct kz_str text, struct kz_parse_error *error)
{
    struct parser p = {
        .arena = a, .set = set, .trees = out, .file = name, .text = text, .error = error};
    struct tree t;
    *out = (struct kz_trees){.at = NULL};
    *error = (struct kz_parse_error){.line = 0};
    kz_lexer_init(&p.lexer, a, text);
    p.lexer.break_is_word = kz_tset_has_func(set, KZ_STR("break"));
    p.lexer.continue_is_word = kz_tset_has_func(set, KZ_STR("continue"));
    tree_init(&t, &p, name);
    parse_tree(&t);
    if (!p.failed)
        add_tree(&t);
    return !p.failed;
}
