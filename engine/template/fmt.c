/* SPDX-License-Identifier: Apache-2.0 */
#include "template/fmt.h"

#include "base/utf8.h"
#include "template/quote.h"

#include <string.h>

const char kz_fmt_lower[] = "0123456789abcdefx", kz_fmt_upper[] = "0123456789ABCDEFX";

enum { MAX_RUNE = 0x10ffff, BAD_RUNE = 0xfffd };

void kz_fmt_clear(struct kz_fmt *f)
{
    *f = (struct kz_fmt){.b = f->b};
}

void kz_fmt_fill(struct kz_fmt *f, int n)
{
    if (n > 0)
        kz_buf_fill(f->b, f->zero && !f->minus ? '0' : ' ', (size_t)n);
}

static size_t count_runes(struct kz_str s)
{
    size_t n = 0;
    uint32_t r;
    for (size_t i = 0; i < s.len; n++)
        i += kz_rune_next(kz_str_skip(s, i), &r);
    return n;
}

void kz_fmt_pad(struct kz_fmt *f, struct kz_str s)
{
    if (!f->has_width || f->width == 0) {
        kz_buf_add_str(f->b, s);
        return;
    }
    const size_t n = count_runes(s);
    const int fill = n > (size_t)f->width ? 0 : f->width - (int)n;
    if (!f->minus)
        kz_fmt_fill(f, fill);
    kz_buf_add_str(f->b, s);
    if (f->minus)
        kz_fmt_fill(f, fill);
}

static void pad_spaces(struct kz_fmt *f, struct kz_str s)
{
    const bool zero = f->zero;
    f->zero = false;
    kz_fmt_pad(f, s);
    f->zero = zero;
}

/* The precision of a string is a number of characters. */
static struct kz_str truncate(const struct kz_fmt *f, struct kz_str s)
{
    if (!f->has_prec)
        return s;
    size_t i = 0;
    uint32_t r;
    for (int n = f->prec; n > 0 && i < s.len; n--)
        i += kz_rune_next(kz_str_skip(s, i), &r);
    return kz_str_head(s, i);
}

void kz_fmt_str(struct kz_fmt *f, struct kz_str s)
{
    kz_fmt_pad(f, truncate(f, s));
}

void kz_fmt_quoted(struct kz_fmt *f, struct kz_str s)
{
    kz_autobuf struct kz_buf text = KZ_BUF(f->b->max);
    s = truncate(f, s);
    if (f->sharp && kz_quote_can_back(s)) {
        kz_buf_putc(&text, '`');
        kz_buf_add_str(&text, s);
        kz_buf_putc(&text, '`');
    } else {
        kz_print_quoted(&text, s, f->plus ? KZ_QUOTE_ASCII : KZ_QUOTE_PLAIN);
    }
    kz_fmt_pad(f, kz_buf_str(&text));
}

void kz_fmt_hex(struct kz_fmt *f, struct kz_str s, const char *digits)
{
    size_t n = s.len;
    if (f->has_prec && (size_t)f->prec < n)
        n = (size_t)f->prec;
    if (n == 0) {
        if (f->has_width)
            kz_fmt_fill(f, f->width);
        return;
    }
    size_t width = 2 * n;
    if (f->space)
        width = width * (f->sharp ? 2 : 1) + n - 1;
    else if (f->sharp)
        width += 2;
    const int fill = f->has_width && (size_t)f->width > width ? f->width - (int)width : 0;
    if (!f->minus)
        kz_fmt_fill(f, fill);
    for (size_t i = 0; i < n; i++) {
        if (f->space && i > 0)
            kz_buf_putc(f->b, ' ');
        if (f->sharp && (i == 0 || f->space)) {
            kz_buf_putc(f->b, '0');
            kz_buf_putc(f->b, digits[16]);
        }
        kz_buf_putc(f->b, digits[(unsigned char)s.ptr[i] >> 4]);
        kz_buf_putc(f->b, digits[(unsigned char)s.ptr[i] & 15]);
    }
    if (f->minus)
        kz_fmt_fill(f, fill);
}

void kz_fmt_integer(struct kz_fmt *f, uint64_t u, unsigned base, bool is_signed, char verb,
                    const char *digits)
{
    char text[64]; /* digits only, least significant first */
    int n = 0, prec = 0;
    const bool negative = is_signed && (int64_t)u < 0;
    kz_autobuf struct kz_buf out = KZ_BUF(f->b->max);
    if (negative)
        u = -u;
    if (f->has_prec) {
        prec = f->prec;
        if (prec == 0 && u == 0) { /* no digits at all: only the width */
            kz_buf_fill(f->b, ' ', f->width > 0 ? (size_t)f->width : 0);
            return;
        }
    } else if (f->zero && !f->minus && f->has_width) {
        prec = f->width - (negative || f->plus || f->space ? 1 : 0);
    }
    do
        text[n++] = digits[u % base];
    while ((u /= base) > 0);
    if (negative)
        kz_buf_putc(&out, '-');
    else if (f->plus)
        kz_buf_putc(&out, '+');
    else if (f->space)
        kz_buf_putc(&out, ' ');
    if (verb == 'O')
        kz_buf_puts(&out, "0o");
    if (f->sharp && base == 2)
        kz_buf_puts(&out, "0b");
    if (f->sharp && base == 16) {
        kz_buf_putc(&out, '0');
        kz_buf_putc(&out, digits[16]);
    }
    if (f->sharp && base == 8 && prec <= n && text[n - 1] != '0')
        kz_buf_putc(&out, '0');
    if (prec > n)
        kz_buf_fill(&out, '0', (size_t)(prec - n));
    while (n > 0)
        kz_buf_putc(&out, text[--n]);
    pad_spaces(f, kz_buf_str(&out));
}

static uint32_t rune_of(uint64_t c)
{
    return c > MAX_RUNE || (c >= 0xd800 && c < 0xe000) ? BAD_RUNE : (uint32_t)c;
}

void kz_fmt_char(struct kz_fmt *f, uint64_t c)
{
    char text[4];
    kz_fmt_pad(f, kz_str_n(text, kz_utf8_put(text, rune_of(c))));
}

void kz_fmt_quoted_char(struct kz_fmt *f, uint64_t c)
{
    kz_autobuf struct kz_buf text = KZ_BUF(64);
    kz_buf_putc(&text, '\'');
    kz_quote_rune_body(&text, rune_of(c), '\'', f->plus ? KZ_QUOTE_ASCII : KZ_QUOTE_PLAIN);
    kz_buf_putc(&text, '\'');
    kz_fmt_pad(f, kz_buf_str(&text));
}

void kz_fmt_unicode(struct kz_fmt *f, uint64_t u)
{
    char digits[20];
    int n = 0;
    kz_autobuf struct kz_buf out = KZ_BUF(f->b->max);
    const int prec = f->has_prec && f->prec > 4 ? f->prec : 4;
    for (uint64_t rest = u; n == 0 || rest > 0; rest >>= 4)
        digits[n++] = kz_fmt_upper[rest & 15];
    kz_buf_puts(&out, "U+");
    if (prec > n)
        kz_buf_fill(&out, '0', (size_t)(prec - n));
    while (n > 0)
        kz_buf_putc(&out, digits[--n]);
    if (f->sharp && u <= MAX_RUNE && kz_rune_is_print((uint32_t)u)) {
        char text[4];
        kz_buf_puts(&out, " '");
        kz_buf_add(&out, text, kz_utf8_put(text, (uint32_t)u));
        kz_buf_putc(&out, '\'');
    }
    pad_spaces(f, kz_buf_str(&out));
}

/* The # flag: a decimal point always, and for %g and %x trailing zeros up to the precision. */
static void sharpen(struct kz_buf *out, struct kz_str num, char verb, int prec)
{
    int digits = 0;
    bool point = false, nonzero = false;
    size_t i = 1; /* behind the sign */
    if (verb == 'g' || verb == 'G' || verb == 'x')
        digits = prec == -1 ? 6 : prec;
    for (; i < num.len; i++) {
        const char c = num.ptr[i];
        const bool is_exp =
            c == 'p' || c == 'P' || ((c == 'e' || c == 'E') && verb != 'x' && verb != 'X');
        if (is_exp)
            break;
        if (c == '.') {
            point = true;
            continue;
        }
        nonzero = nonzero || c != '0';
        if (nonzero)
            digits--;
    }
    kz_buf_add(out, num.ptr, i);
    if (!point) {
        if (i == 2 && num.ptr[1] == '0') /* the zero of "0." counts */
            digits--;
        kz_buf_putc(out, '.');
    }
    kz_buf_fill(out, '0', digits > 0 ? (size_t)digits : 0);
    kz_buf_add_str(out, kz_str_skip(num, i));
}

void kz_fmt_float(struct kz_fmt *f, double real, char verb, int prec)
{
    kz_autobuf struct kz_buf plain = KZ_BUF(f->b->max);
    kz_autobuf struct kz_buf sharp = KZ_BUF(f->b->max);
    if (f->has_prec)
        prec = f->prec;
    kz_print_float(&plain, real, verb, prec);
    kz_buf_putc(&sharp, '+');
    const bool has_sign = plain.ptr[0] == '-' || plain.ptr[0] == '+';
    if (has_sign)
        kz_buf_clear(&sharp);
    kz_buf_add_str(&sharp, kz_buf_str(&plain)); /* now with a sign, for sure */
    if (kz_buf_bad(&sharp)) {
        f->b->bad = true;
        return;
    }
    if (f->space && sharp.ptr[0] == '+' && !f->plus)
        sharp.ptr[0] = ' ';
    struct kz_str num = kz_buf_str(&sharp);
    if (num.ptr[1] == 'I' || num.ptr[1] == 'N') {
        if (num.ptr[1] == 'N' && !f->space && !f->plus)
            num = kz_str_skip(num, 1);
        pad_spaces(f, num);
        return;
    }
    if (f->sharp && verb != 'b') {
        kz_buf_clear(&plain);
        sharpen(&plain, num, verb, prec);
        num = kz_buf_str(&plain);
    }
    if (!f->plus && num.ptr[0] == '+') {
        kz_fmt_pad(f, kz_str_skip(num, 1));
    } else if (f->zero && !f->minus && f->has_width && (size_t)f->width > num.len) {
        kz_buf_putc(f->b, num.ptr[0]); /* the sign goes before the zeros */
        kz_fmt_fill(f, f->width - (int)num.len);
        kz_buf_add_str(f->b, kz_str_skip(num, 1));
    } else {
        kz_fmt_pad(f, num);
    }
}
