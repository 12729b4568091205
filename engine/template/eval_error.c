/* SPDX-License-Identifier: Apache-2.0
 *
 * A message grows from the inside to the outside, one piece for each call on the way; it is joined
 * once, when the run is over: a thousand nested includes would else copy a growing text each. */
#include "template/eval_impl.h"

#include "template/print.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE = 1 << 24 }; /* a message repeats source text; beyond this nobody reads */

static void put_before(struct kz_eval *ev, struct kz_str text)
{
    struct kz_piece *piece = kz_new(ev->arena, struct kz_piece);
    *piece = (struct kz_piece){.text = text, .next = ev->pieces};
    ev->pieces = piece;
    ev->failed = true;
}

KZ_PRINTF(2, 0)
static struct kz_str format(struct kz_eval *ev, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, args);
    char *text = kz_arena_bytes(ev->arena, (size_t)(n < 0 ? 0 : n) + 1);
    if (n >= 0)
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return kz_str_n(text, n < 0 ? 0 : (size_t)n);
}

struct kz_str kz_eval_quoted(struct kz_eval *ev, struct kz_str s)
{
    kz_autobuf struct kz_buf b = KZ_BUF(MESSAGE);
    kz_print_quoted(&b, s, KZ_QUOTE_PLAIN);
    return kz_str_dup(ev->arena, kz_buf_str(&b));
}

struct kz_str kz_eval_node_text(struct kz_eval *ev, const struct kz_tnode *n)
{
    kz_autobuf struct kz_buf b = KZ_BUF(MESSAGE);
    kz_tnode_print(&b, n);
    return kz_str_dup(ev->arena, kz_buf_str(&b));
}

static struct kz_trace *add_trace(struct kz_eval *ev, const struct kz_tnode *n)
{
    struct kz_trace *trace = kz_new(ev->arena, struct kz_trace);
    trace->tmpl = ev->tmpl;
    trace->pos = n->pos;
    kz_template_place(ev->tmpl, trace->pos, &trace->line, &trace->col);
    if (ev->innermost == NULL) {
        trace->nil_in = ev->nil_in;
        trace->nil_key = ev->nil_key;
        ev->innermost = trace;
    } else {
        ev->outermost->outer = trace;
    }
    ev->outermost = trace;
    return trace;
}

void kz_eval_error_via(struct kz_eval *ev, const struct kz_tnode *n)
{
    if (ev->innermost != NULL)
        (void)add_trace(ev, n);
}

/* Puts the place of ev->node before what is there, with text in between. */
static void frame(struct kz_eval *ev, struct kz_str text)
{
    kz_autobuf struct kz_buf b = KZ_BUF(MESSAGE);
    struct kz_trace *trace = add_trace(ev, ev->node);
    trace->node = kz_eval_node_text(ev, ev->node);
    trace->text = text;
    kz_buf_puts(&b, "template: ");
    kz_buf_add_str(&b, ev->tmpl->file);
    kz_buf_printf(&b, ":%u:%u: executing ", trace->line, trace->col);
    kz_print_quoted(&b, ev->tmpl->name, KZ_QUOTE_PLAIN);
    kz_buf_puts(&b, " at <");
    kz_buf_add_str(&b, trace->node);
    kz_buf_puts(&b, ">: ");
    kz_buf_add_str(&b, text);
    put_before(ev, kz_str_dup(ev->arena, kz_buf_str(&b)));
}

void kz_eval_error_at(struct kz_eval *ev, const char *fmt, ...)
{
    va_list args;
    if (ev->failed)
        return;
    va_start(args, fmt);
    const struct kz_str text = format(ev, fmt, args);
    va_end(args);
    frame(ev, text);
}

void kz_eval_error_calling(struct kz_eval *ev, struct kz_str name)
{
    frame(ev, kz_str_printf(ev->arena, "error calling " KZ_FMT ": ", KZ_ARG(name)));
}

void kz_eval_error_clear(struct kz_eval *ev)
{
    ev->failed = ev->over_limit = false;
    ev->pieces = NULL;
    ev->innermost = ev->outermost = NULL;
    ev->error = KZ_STR("");
}

void kz_eval_error_join(struct kz_eval *ev)
{
    kz_autobuf struct kz_buf b = KZ_BUF(MESSAGE);
    for (const struct kz_piece *p = ev->pieces; p != NULL && !kz_buf_bad(&b); p = p->next)
        kz_buf_add_str(&b, p->text);
    ev->error = kz_str_dup(ev->arena, kz_buf_str(&b));
}

struct kz_val kz_eval_fail_str(struct kz_eval *ev, struct kz_str text)
{
    if (!ev->failed)
        put_before(ev, text);
    return KZ_NIL;
}

struct kz_val kz_eval_fail(struct kz_eval *ev, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const struct kz_str text = format(ev, fmt, args);
    va_end(args);
    return kz_eval_fail_str(ev, text);
}

struct kz_val kz_eval_wrap(struct kz_eval *ev, struct kz_str text)
{
    put_before(ev, KZ_STR(": "));
    put_before(ev, text);
    return KZ_NIL;
}

struct kz_val kz_eval_limit(struct kz_eval *ev, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const struct kz_str text = format(ev, fmt, args);
    va_end(args);
    ev->over_limit = true;
    return kz_eval_fail_str(ev, text);
}

bool kz_eval_failed(const struct kz_eval *ev)
{
    return ev->failed;
}

struct kz_str kz_eval_error(const struct kz_eval *ev)
{
    return ev->error;
}

const struct kz_trace *kz_eval_trace(const struct kz_eval *ev)
{
    return ev->innermost;
}
