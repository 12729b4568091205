/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking ahead in words, and the messages about them. */
#include "template/parser_impl.h"

#include "template/print.h"

enum { MAX_NESTING = 1000 };

/* ---- errors --------------------------------------------------------------------------------- */
/* Where the token is in the text. Go leaves out lines inside of comments, and its message has to. */
static unsigned true_line(const struct kz_parser *p, size_t pos)
{
    unsigned line = 1;
    for (size_t i = 0; i < pos && i < p->text.len; i++)
        line += p->text.ptr[i] == '\n';
    return line;
}

static unsigned go_line(const struct kz_parser *p, size_t pos)
{
    return kz_lexer_line(&p->lexer, p->text, pos);
}

void kz_ptree_fail_str(struct kz_ptree *t, struct kz_str text)
{
    struct kz_parser *p = t->p;
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    if (p->failed)
        return;
    p->failed = true;
    kz_buf_puts(&b, "template: ");
    kz_buf_add_str(&b, p->file);
    kz_buf_printf(&b, ":%u: ", go_line(p, t->token[0].pos));
    kz_buf_add_str(&b, text);
    p->error->message = kz_str_dup(p->arena, kz_buf_str(&b));
    p->error->line = true_line(p, t->token[0].pos);
}

void kz_ptree_fail(struct kz_ptree *t, const char *text)
{
    kz_ptree_fail_str(t, kz_str(text));
}

/* before "quoted" */
void kz_ptree_fail_quoted(struct kz_ptree *t, const char *before, struct kz_str quoted,
                          const char *after)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    kz_buf_puts(&b, before);
    kz_print_quoted(&b, quoted, KZ_QUOTE_PLAIN);
    kz_buf_puts(&b, after);
    kz_ptree_fail_str(t, kz_buf_str(&b));
}

void kz_ptree_fail_node(struct kz_ptree *t, const char *before, const struct kz_tnode *n,
                        const char *context)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    kz_buf_puts(&b, before);
    kz_tnode_print(&b, n);
    if (context != NULL)
        kz_buf_printf(&b, " in %s", context);
    kz_ptree_fail_str(t, kz_buf_str(&b));
}

void kz_ptree_unexpected(struct kz_ptree *t, const struct kz_item *token, const char *context)
{
    struct kz_parser *p = t->p;
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    const bool error = token->kind == KZ_I_ERROR;
    kz_buf_puts(&b, error ? "" : "unexpected ");
    kz_buf_add_str(&b, kz_item_text(p->arena, token));
    if (!error) {
        kz_buf_printf(&b, " in %s", context);
    } else if (t->in_action && go_line(p, t->action_pos) != go_line(p, token->pos)) {
        if (!kz_str_ends(token->val, KZ_STR(" action")))
            kz_buf_puts(&b, " in action");
        kz_buf_puts(&b, " started at ");
        kz_buf_add_str(&b, p->file);
        kz_buf_printf(&b, ":%u", go_line(p, t->action_pos));
    }
    kz_ptree_fail_str(t, kz_buf_str(&b));
}

bool kz_ptree_enter(struct kz_ptree *t)
{
    if (t->p->nesting >= MAX_NESTING) {
        kz_ptree_fail(t, "actions are nested too deep");
        t->p->error->limit = true;
        return false;
    }
    t->p->nesting++;
    return true;
}

void kz_ptree_leave(struct kz_ptree *t)
{
    t->p->nesting--;
}

/* ---- words ---------------------------------------------------------------------------------- */
const struct kz_item *kz_ptree_expect(struct kz_ptree *t, enum kz_item_kind kind, const char *context)
{
    const struct kz_item *item = kz_ptree_next_word(t);
    if (item->kind != kind)
        kz_ptree_unexpected(t, item, context);
    return item;
}

struct kz_tnode *kz_ptree_node(struct kz_ptree *t, enum kz_tnode_kind kind, size_t pos)
{
    return kz_tnode_new(t->p->arena, kind, pos);
}

bool kz_ptree_unquote(struct kz_ptree *t, struct kz_str *out, const struct kz_item *literal)
{
    if (literal->plain) {
        *out = kz_str_n(literal->val.ptr + 1, literal->val.len - 2);
        return true;
    }
    if (kz_unquote(out, t->p->arena, literal->val))
        return true;
    kz_ptree_fail(t, "invalid syntax");
    return false;
}
