/* SPDX-License-Identifier: Apache-2.0
 *
 * Floating-point numbers as Go's strconv.FormatFloat writes them. Digits come from the C library,
 * which rounds exactly; only their layout is ours. */
#include "template/print.h"

#include "base/digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXED = 800 }; /* a double has at most 767 digits before only zeros follow */

/* |real| = 0.d1 d2 ... * 10^point, without trailing zeros; 0 has no digits. */
struct decimal {
    char digit[FIXED + 8];
    int n, point;
};

static void read_digits(struct decimal *d, double real, int n)
{
    char text[FIXED + 32];
    (void)snprintf(text, sizeof text, "%.*e", n - 1, fabs(real));
    char *exp = strchr(text, 'e');
    d->n = 0;
    for (const char *c = text; c < exp; c++)
        if (*c != '.')
            d->digit[d->n++] = *c;
    while (d->n > 0 && d->digit[d->n - 1] == '0')
        d->n--;
    d->point = d->n == 0 ? 0 : (int)strtol(exp + 1, NULL, 10) + 1;
}

static void shortest_digits(struct decimal *d, double real)
{
    struct kz_digits least;
    kz_digits_shortest(&least, real, 64);
    memcpy(d->digit, least.digit, sizeof least.digit);
    d->n = least.n;
    d->point = least.point;
}

static void put_exp(struct kz_buf *b, char e, int exp)
{
    kz_buf_printf(b, "%c%c%02d", e, exp < 0 ? '-' : '+', abs(exp));
}

static char digit_at(const struct decimal *d, int i)
{
    if (i >= 0 && i < d->n)
        return d->digit[i];
    return '0';
}

static void layout_e(struct kz_buf *b, const struct decimal *d, int prec, char e)
{
    kz_buf_putc(b, digit_at(d, 0));
    if (prec > 0)
        kz_buf_putc(b, '.');
    for (int i = 1; i <= prec; i++)
        kz_buf_putc(b, digit_at(d, i));
    put_exp(b, e, d->n == 0 ? 0 : d->point - 1);
}

static void layout_f(struct kz_buf *b, const struct decimal *d, int prec)
{
    if (d->point <= 0)
        kz_buf_putc(b, '0');
    for (int i = 0; i < d->point; i++)
        kz_buf_putc(b, digit_at(d, i));
    if (prec > 0)
        kz_buf_putc(b, '.');
    for (int i = 0; i < prec; i++)
        kz_buf_putc(b, digit_at(d, d->point + i));
}

/* An exponent below 1e-4 and from 10^prec on (10^6 for the shortest form); no trailing zeros. */
static void layout_g(struct kz_buf *b, const struct decimal *d, int prec, char e)
{
    int limit = prec < 0 ? 6 : prec;
    if (prec >= 0 && limit > d->n && d->n >= d->point)
        limit = d->n;
    if (d->point - 1 < -4 || d->point - 1 >= limit)
        layout_e(b, d, d->n > 0 ? d->n - 1 : 0, e);
    else
        layout_f(b, d, d->n > d->point ? d->n - d->point : 0);
}

/* mantissa and exponent of real = mant * 2^(exp - 52), mant with its leading bit */
static uint64_t split(double real, int *exp)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    *exp = (int)(bits >> 52 & 0x7ff);
    uint64_t mant = bits & ((UINT64_C(1) << 52) - 1);
    if (*exp == 0)
        *exp = 1;
    else
        mant |= UINT64_C(1) << 52;
    *exp -= 1023;
    return mant;
}

static void binary_form(struct kz_buf *b, double real)
{
    int exp;
    const uint64_t mant = split(real, &exp);
    kz_buf_printf(b, "%llup%+d", (unsigned long long)mant, exp - 52);
}

static void hex_form(struct kz_buf *b, double real, int prec, char x)
{
    const char *digits = x == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    int exp;
    uint64_t mant = split(real, &exp) << 8; /* the leading 1 comes to bit 60 */
    if (mant == 0)
        exp = 0;
    while (mant != 0 && (mant & UINT64_C(1) << 60) == 0) {
        mant <<= 1;
        exp--;
    }
    if (prec >= 0 && prec < 15) {
        const int shift = prec * 4;
        const uint64_t rest = (mant << shift) & ((UINT64_C(1) << 60) - 1);
        mant >>= 60 - shift;
        if ((rest | (mant & 1)) > UINT64_C(1) << 59)
            mant++;
        mant <<= 60 - shift;
        if ((mant & UINT64_C(1) << 61) != 0) {
            mant >>= 1;
            exp++;
        }
    }
    kz_buf_putc(b, '0');
    kz_buf_putc(b, x);
    kz_buf_putc(b, (char)('0' + (mant >> 60 & 1)));
    mant <<= 4;
    if (prec > 0 || (prec < 0 && mant != 0))
        kz_buf_putc(b, '.');
    for (int i = 0; prec < 0 ? mant != 0 : i < prec; i++) {
        kz_buf_putc(b, digits[mant >> 60 & 15]);
        mant <<= 4;
    }
    put_exp(b, x == 'x' ? 'p' : 'P', exp);
}

/* Digits after the point as many as asked for, however many: the C library pads with zeros itself. */
static void fixed_f(struct kz_buf *b, double real, int prec)
{
    const size_t room = (size_t)prec + 320;
    char *at = kz_buf_reserve(b, room);
    if (at == NULL)
        return;
    b->len += (size_t)snprintf(at, room, "%.*f", prec, real);
}

void kz_print_float(struct kz_buf *b, double real, char verb, int prec)
{
    struct decimal d;
    if (isnan(real)) {
        kz_buf_puts(b, "NaN");
        return;
    }
    if (isinf(real)) {
        kz_buf_puts(b, real > 0 ? "+Inf" : "-Inf");
        return;
    }
    if (signbit(real)) {
        kz_buf_putc(b, '-');
        real = -real;
    }
    if (verb == 'b') {
        binary_form(b, real);
        return;
    }
    if (verb == 'x' || verb == 'X') {
        hex_form(b, real, prec, verb);
        return;
    }
    if (verb == 'f' && prec >= 0) {
        fixed_f(b, real, prec);
        return;
    }
    const bool g = verb == 'g' || verb == 'G';
    if (prec < 0)
        shortest_digits(&d, real);
    else if (g)
        read_digits(&d, real, prec == 0 ? 1 : prec > FIXED ? FIXED : prec);
    else
        read_digits(&d, real, prec + 1 > FIXED ? FIXED : prec + 1);
    if (verb == 'f')
        layout_f(b, &d, d.n > d.point ? d.n - d.point : 0);
    else if (g)
        layout_g(b, &d, prec == 0 ? 1 : prec, verb == 'g' ? 'e' : 'E');
    else
        layout_e(b, &d, prec < 0 ? (d.n > 0 ? d.n - 1 : 0) : prec, verb);
}
