/* SPDX-License-Identifier: Apache-2.0
 *
 * Printf: the walk over a format. %[flags][width][.prec]verb, with * and [n] for operands. */
#include "template/print_impl.h"

#include "base/utf8.h"

#include <string.h>

struct walk {
    struct kz_printer p;
    struct kz_str format;
    const struct kz_val *argv;
    size_t argc;
    size_t i;         /* next byte of the format */
    size_t arg;       /* next operand */
    bool reordered;   /* [n] was used: surplus operands are no mistake */
    bool good_index;  /* this conversion's [n] made sense */
    bool after_index; /* the byte before i closed an [n] */
};

enum { MAX_NUMBER = 1000000 }; /* widths and precisions beyond are ignored, as in Go */

void kz_fmt_put_rune(struct kz_buf *b, uint32_t rune)
{
    char text[4];
    kz_buf_add(b, text, kz_utf8_put(text, rune));
}

static bool at(const struct walk *w, char c)
{
    return w->i < w->format.len && w->format.ptr[w->i] == c;
}

/* Digits from *i up to end. false: none, or too large (then *i is end). */
static bool number(int *out, const struct walk *w, size_t *i, size_t end)
{
    bool any = false;
    int n = 0;
    *out = 0;
    if (*i >= end) {
        *i = end;
        return false;
    }
    for (; *i < end && w->format.ptr[*i] >= '0' && w->format.ptr[*i] <= '9'; (*i)++) {
        if (n > MAX_NUMBER) {
            *i = end;
            return false;
        }
        n = n * 10 + (w->format.ptr[*i] - '0');
        any = true;
    }
    *out = n;
    return any;
}

/* "[n]" at w->i: chooses the operand. */
static void index_of(struct walk *w)
{
    w->after_index = false;
    if (!at(w, '['))
        return;
    w->reordered = true;
    const size_t rest = w->format.len - w->i;
    const char *open = w->format.ptr + w->i;
    const char *close = rest < 3 ? NULL : memchr(open + 1, ']', rest - 1);
    if (close == NULL) {
        w->good_index = false;
        w->i++;
        return;
    }
    const size_t end = (size_t)(close - w->format.ptr);
    size_t i = w->i + 1;
    int n;
    const bool ok = number(&n, w, &i, end) && i == end;
    w->i = end + 1;
    if (ok && n >= 1 && (size_t)n <= w->argc)
        w->arg = (size_t)n - 1;
    else
        w->good_index = false;
    w->after_index = ok;
}

/* The operand that a * stands for. */
static bool star(int *out, struct walk *w)
{
    int64_t n = 0;
    bool ok = false;
    *out = 0;
    if (w->arg >= w->argc)
        return false;
    const struct kz_val v = w->argv[w->arg++];
    if (kz_val_kind(v) == KZ_GO_INT) {
        n = v.as.num;
        ok = true;
    } else if (kz_val_kind(v) == KZ_GO_UINT && v.as.unum <= INT64_MAX) {
        n = (int64_t)v.as.unum;
        ok = true;
    }
    if (!ok || n > MAX_NUMBER || n < -MAX_NUMBER)
        return false;
    *out = (int)n;
    return true;
}

static void width(struct walk *w)
{
    struct kz_fmt *f = &w->p.fmt;
    index_of(w);
    if (!at(w, '*')) {
        f->has_width = number(&f->width, w, &w->i, w->format.len);
        if (w->after_index && f->has_width) /* "%[3]2d" */
            w->good_index = false;
        return;
    }
    w->i++;
    f->has_width = star(&f->width, w);
    if (!f->has_width)
        kz_buf_puts(f->b, "%!(BADWIDTH)");
    if (f->width < 0) {
        f->width = -f->width;
        f->minus = true;
        f->zero = false;
    }
    w->after_index = false;
}

static void precision(struct walk *w)
{
    struct kz_fmt *f = &w->p.fmt;
    if (w->i + 1 >= w->format.len || !at(w, '.'))
        return;
    w->i++;
    if (w->after_index) /* "%[3].2d" */
        w->good_index = false;
    index_of(w);
    if (!at(w, '*')) {
        f->has_prec = true;
        if (!number(&f->prec, w, &w->i, w->format.len))
            f->prec = 0;
        return;
    }
    w->i++;
    f->has_prec = star(&f->prec, w);
    if (f->prec < 0) {
        f->prec = 0;
        f->has_prec = false;
    }
    if (!f->has_prec)
        kz_buf_puts(f->b, "%!(BADPREC)");
    w->after_index = false;
}

static void flags(struct walk *w)
{
    struct kz_fmt *f = &w->p.fmt;
    for (; w->i < w->format.len; w->i++) {
        switch (w->format.ptr[w->i]) {
        case '#':
            f->sharp = true;
            break;
        case '0':
            f->zero = true;
            break;
        case '+':
            f->plus = true;
            break;
        case '-':
            f->minus = true;
            break;
        case ' ':
            f->space = true;
            break;
        default:
            return;
        }
    }
}

static void convert(struct walk *w, uint32_t verb)
{
    struct kz_fmt *f = &w->p.fmt;
    if (verb == '%') {
        kz_buf_putc(f->b, '%');
        return;
    }
    if (!w->good_index || w->arg >= w->argc) {
        kz_buf_puts(f->b, "%!");
        kz_fmt_put_rune(f->b, verb);
        kz_buf_puts(f->b, !w->good_index ? "(BADINDEX)" : "(MISSING)");
        return;
    }
    if (verb == 'v' || verb == 'w') {
        f->sharp_v = f->sharp;
        f->sharp = false;
        f->plus_v = f->plus;
        f->plus = false;
    }
    kz_printer_arg(&w->p, w->argv[w->arg++], verb);
}

static void surplus(struct walk *w)
{
    struct kz_buf *b = w->p.fmt.b;
    kz_fmt_clear(&w->p.fmt);
    kz_buf_puts(b, "%!(EXTRA ");
    for (size_t i = w->arg; i < w->argc; i++) {
        if (i > w->arg)
            kz_buf_puts(b, ", ");
        if (w->argv[i].type != NULL)
            kz_buf_printf(b, "%s=", w->argv[i].type->name);
        kz_printer_arg(&w->p, w->argv[i], 'v');
    }
    kz_buf_putc(b, ')');
}

void kz_printf(struct kz_buf *b, struct kz_arena *a, struct kz_str format,
               const struct kz_val *argv, size_t argc)
{
    struct walk w = {
        .p = {.fmt.b = b, .arena = a},
          .format = format, .argv = argv, .argc = argc
    };
    while (w.i < format.len && !kz_buf_bad(b)) {
        const struct kz_str rest = kz_str_skip(format, w.i);
        const size_t text = kz_str_index(rest, '%');
        kz_buf_add(b, rest.ptr, text);
        w.i += text;
        if (w.i >= format.len)
            break;
        w.i++;
        w.good_index = true;
        kz_fmt_clear(&w.p.fmt);
        flags(&w);
        /* a plain letter right after the flags leaves after_index as it was: Go's quick path */
        const char c = w.i < format.len ? format.ptr[w.i] : '\0';
        if (!(c >= 'a' && c <= 'z' && w.arg < argc)) {
            width(&w);
            precision(&w);
            if (!w.after_index)
                index_of(&w);
        }
        if (w.i >= format.len) {
            kz_buf_puts(b, "%!(NOVERB)");
            break;
        }
        uint32_t verb;
        w.i += kz_rune_next(kz_str_skip(format, w.i), &verb);
        convert(&w, verb);
    }
    if (!w.reordered && w.arg < argc)
        surplus(&w);
}
