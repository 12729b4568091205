/* SPDX-License-Identifier: Apache-2.0
 *
 * From words to trees, by recursive descent: texts, actions, branches, definitions. Nesting is
 * counted, so that input can't exhaust the stack. */
#include "template/parser_impl.h"

static struct kz_tnode *item_list(struct kz_ptree *t, struct kz_tnode **end);

/* ---- actions -------------------------------------------------------------------------------- */
static struct kz_tnode *control(struct kz_ptree *t, enum kz_tnode_kind kind);

static void else_part(struct kz_ptree *t, struct kz_tnode *n, const struct kz_tnode *stop)
{
    const unsigned word = kz_ptree_peek(t)->kind;
    const bool chained =
        (n->kind == KZ_T_IF && word == KZ_I_IF) || (n->kind == KZ_T_WITH && word == KZ_I_WITH);
    if (chained) { /* {{else if}} is {{else}}{{if}} with one {{end}} for both */
        (void)kz_ptree_next(t);
        n->as.branch.else_list = kz_ptree_node(t, KZ_T_LIST, stop->pos);
        struct kz_tnode *inner = control(t, n->kind);
        if (inner != NULL)
            kz_nodes_push(t->p->arena, &n->as.branch.else_list->as.nodes, inner);
        return;
    }
    struct kz_tnode *end = NULL;
    n->as.branch.else_list = item_list(t, &end);
    if (!t->p->failed && end->kind != KZ_T_END)
        kz_ptree_fail_node(t, "expected end; found ", end, NULL);
}

/* {{if}}, {{range}} and {{with}} from behind their word up to and with {{end}}. */
static struct kz_tnode *control(struct kz_ptree *t, enum kz_tnode_kind kind)
{
    const char *context = kind == KZ_T_IF ? "if" : kind == KZ_T_RANGE ? "range" : "with";
    const size_t vars = t->vars.len;
    struct kz_tnode *stop = NULL;
    if (!kz_ptree_enter(t))
        return NULL;
    struct kz_tnode *pipe = kz_ptree_pipeline(t, context, KZ_I_RIGHT_DELIM);
    if (pipe == NULL)
        return NULL;
    struct kz_tnode *n = kz_ptree_node(t, kind, pipe->pos);
    n->as.branch.pipe = pipe;
    t->range_depth += kind == KZ_T_RANGE;
    n->as.branch.list = item_list(t, &stop);
    if (t->p->failed)
        return NULL;
    t->range_depth -= kind == KZ_T_RANGE;
    if (stop->kind == KZ_T_ELSE)
        else_part(t, n, stop);
    t->vars.len = vars;
    kz_ptree_leave(t);
    return t->p->failed ? NULL : n;
}

static struct kz_tnode *jump(struct kz_ptree *t, enum kz_tnode_kind kind, size_t pos)
{
    const char *word = kind == KZ_T_BREAK ? "{{break}}" : "{{continue}}";
    const struct kz_item *item = kz_ptree_next_word(t);
    if (item->kind != KZ_I_RIGHT_DELIM)
        kz_ptree_unexpected(t, item, word);
    else if (t->range_depth == 0)
        kz_ptree_fail_str(t, kz_str_printf(t->p->arena, "%s outside {{range}}", word));
    return kz_ptree_node(t, kind, pos);
}

static struct kz_tnode *else_word(struct kz_ptree *t)
{
    const struct kz_item *item = kz_ptree_peek_word(t);
    if (item->kind == KZ_I_IF || item->kind == KZ_I_WITH)
        return kz_ptree_node(t, KZ_T_ELSE, item->pos);
    return kz_ptree_node(t, KZ_T_ELSE, kz_ptree_expect(t, KZ_I_RIGHT_DELIM, "else")->pos);
}

static bool template_name(struct kz_ptree *t, struct kz_str *name, const struct kz_item *item,
                          const char *context)
{
    if (item->kind == KZ_I_STRING || item->kind == KZ_I_RAW_STRING)
        return kz_ptree_unquote(t, name, item);
    kz_ptree_unexpected(t, item, context);
    return false;
}

static void add_tree(struct kz_ptree *t)
{
    struct kz_parser *p = t->p;
    struct kz_template *old = kz_trees_find(p->trees, t->name);
    if (old != NULL && !kz_tnode_is_empty(old->root)) {
        if (!kz_tnode_is_empty(t->root))
            kz_ptree_fail_quoted(t, "template: multiple definition of template ", t->name, "");
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

static void tree_init(struct kz_ptree *t, struct kz_parser *p, struct kz_str name)
{
    *t = (struct kz_ptree){.p = p, .name = name};
    kz_names_push(p->arena, &t->vars, KZ_STR("$"));
}

/* The body of a definition or a block, up to and with its {{end}}. Go counts the line of a surplus
 * {{else}} in the tree that it calls the reader's: a definition's own, but what is around a block. */
static void body(struct kz_ptree *t, struct kz_ptree *reader, const char *context)
{
    struct kz_tnode *end = NULL;
    t->root = item_list(t, &end);
    if (t->p->failed || end == NULL)
        return;
    if (end->kind != KZ_T_END)
        kz_ptree_fail_node(reader, "unexpected ", end, context);
    else
        add_tree(t);
}

/* {{template "name" pipe}}, and {{block}}, which defines the template as well. */
static struct kz_tnode *call(struct kz_ptree *t, bool is_block)
{
    const char *context = is_block ? "block clause" : "template clause";
    const struct kz_item *item = kz_ptree_next_word(t);
    struct kz_tnode *n = kz_ptree_node(t, KZ_T_TEMPLATE, item->pos);
    if (!template_name(t, &n->as.call.name, item, context))
        return NULL;
    if (is_block || kz_ptree_next_word(t)->kind != KZ_I_RIGHT_DELIM) {
        if (!is_block)
            kz_ptree_backup(t);
        n->as.call.pipe = kz_ptree_pipeline(t, context, KZ_I_RIGHT_DELIM);
    }
    if (is_block && !t->p->failed && kz_ptree_enter(t)) {
        struct kz_ptree block;
        tree_init(&block, t->p, n->as.call.name);
        body(&block, t, context);
        kz_ptree_leave(t);
    }
    return t->p->failed ? NULL : n;
}

static struct kz_tnode *action(struct kz_ptree *t)
{
    const struct kz_item *item = kz_ptree_next_word(t);
    struct kz_tnode *n;
    switch (item->kind) {
    case KZ_I_BLOCK:
        return call(t, true);
    case KZ_I_TEMPLATE:
        return call(t, false);
    case KZ_I_BREAK:
        return jump(t, KZ_T_BREAK, item->pos);
    case KZ_I_CONTINUE:
        return jump(t, KZ_T_CONTINUE, item->pos);
    case KZ_I_ELSE:
        return else_word(t);
    case KZ_I_END:
        return kz_ptree_node(t, KZ_T_END, kz_ptree_expect(t, KZ_I_RIGHT_DELIM, "end")->pos);
    case KZ_I_IF:
        return control(t, KZ_T_IF);
    case KZ_I_RANGE:
        return control(t, KZ_T_RANGE);
    case KZ_I_WITH:
        return control(t, KZ_T_WITH);
    default:
        kz_ptree_backup(t);
        n = kz_ptree_node(t, KZ_T_ACTION, kz_ptree_peek(t)->pos);
        n->as.branch.pipe = kz_ptree_pipeline(t, "command", KZ_I_RIGHT_DELIM);
        return n;
    }
}

/* ---- lists ---------------------------------------------------------------------------------- */
static struct kz_tnode *text_or_action(struct kz_ptree *t)
{
    const struct kz_item *item = kz_ptree_next_word(t);
    struct kz_tnode *n;
    switch (item->kind) {
    case KZ_I_TEXT:
        n = kz_ptree_node(t, KZ_T_TEXT, item->pos);
        n->as.text = item->val;
        return n;
    case KZ_I_LEFT_DELIM:
        t->in_action = true;
        t->action_pos = item->pos;
        n = action(t);
        t->in_action = false;
        return n;
    default:
        kz_ptree_unexpected(t, item, "input");
        return NULL;
    }
}

/* Up to {{else}} or {{end}}, which is *end. */
static struct kz_tnode *item_list(struct kz_ptree *t, struct kz_tnode **end)
{
    struct kz_tnode *list = kz_ptree_node(t, KZ_T_LIST, kz_ptree_peek_word(t)->pos);
    while (kz_ptree_peek_word(t)->kind != KZ_I_EOF) {
        struct kz_tnode *n = text_or_action(t);
        if (t->p->failed)
            return NULL;
        if (n->kind == KZ_T_END || n->kind == KZ_T_ELSE) {
            *end = n;
            return list;
        }
        kz_nodes_push(t->p->arena, &list->as.nodes, n);
    }
    kz_ptree_fail(t, "unexpected EOF");
    return NULL;
}

static void definition(struct kz_ptree *outer)
{
    struct kz_ptree t;
    tree_init(&t, outer->p, KZ_STR("definition"));
    const struct kz_item *item = kz_ptree_next_word(&t);
    if (!template_name(&t, &t.name, item, "define clause"))
        return;
    (void)kz_ptree_expect(&t, KZ_I_RIGHT_DELIM, "define clause");
    if (!outer->p->failed)
        body(&t, &t, "define clause");
}

static void parse_tree(struct kz_ptree *t)
{
    t->root = kz_ptree_node(t, KZ_T_LIST, kz_ptree_peek(t)->pos);
    while (!t->p->failed && kz_ptree_peek(t)->kind != KZ_I_EOF) {
        if (kz_ptree_peek(t)->kind == KZ_I_LEFT_DELIM) {
            const struct kz_item delim = *kz_ptree_next(t);
            if (kz_ptree_next_word(t)->kind == KZ_I_DEFINE) {
                definition(t);
                continue;
            }
            kz_ptree_backup2(t, &delim);
        }
        struct kz_tnode *n = text_or_action(t);
        if (t->p->failed)
            return;
        if (n->kind == KZ_T_END || n->kind == KZ_T_ELSE)
            kz_ptree_fail_node(t, "unexpected ", n, NULL);
        else
            kz_nodes_push(t->p->arena, &t->root->as.nodes, n);
    }
}

bool kz_parse(struct kz_trees *out, struct kz_arena *a, const struct kz_tset *set,
              struct kz_str name, struct kz_str text, struct kz_parse_error *error)
{
    struct kz_parser p = {
        .arena = a, .set = set, .trees = out, .file = name, .text = text, .error = error};
    struct kz_ptree t;
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
