/* SPDX-License-Identifier: Apache-2.0 */
#include "template/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>

#include "template/print.h"

enum { DIVISION_DIGITS = 16 };

struct kz_decimal {
    BIGNUM *value;
    long exp;
};

/* libcrypto fails here for want of memory only. */
static void must(int ok)
{
    kz_assert(ok == 1);
}

static BIGNUM *big(unsigned long n)
{
    BIGNUM *b = BN_new();
    kz_assert(b != NULL);
    must(BN_set_word(b, n));
    return b;
}

static BN_CTX *context(void)
{
    BN_CTX *ctx = BN_CTX_new();
    kz_assert(ctx != NULL);
    return ctx;
}

static void times(BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
    BN_CTX *ctx = context();
    must(BN_mul(out, a, b, ctx));
    BN_CTX_free(ctx);
}

/* out *= 10^n */
static void scale(BIGNUM *out, long n)
{
    BN_CTX *ctx = context();
    BIGNUM *ten = big(10), *power = big((unsigned long)n);
    must(BN_exp(power, ten, power, ctx));
    must(BN_mul(out, out, power, ctx));
    BN_free(ten);
    BN_free(power);
    BN_CTX_free(ctx);
}

static void rescale(struct kz_decimal *d, long exp)
{
    if (d->exp > exp) {
        scale(d->value, d->exp - exp);
        d->exp = exp;
    }
}

struct kz_decimal *kz_decimal_new(double finite)
{
    struct kz_decimal *d = malloc(sizeof *d);
    kz_autobuf struct kz_buf text = KZ_BUF(64);
    char digits[40];
    size_t n = 0;
    kz_assert(d != NULL);
    *d = (struct kz_decimal){.value = BN_new()};
    kz_assert(d->value != NULL);
    if (finite == 0) {
        BN_zero(d->value);
        return d;
    }
    kz_print_float(&text, finite, 'e', -1); /* "-1.234e+05" */
    const struct kz_str all = kz_buf_str(&text);
    const size_t e = kz_str_index(all, 'e'), dot = kz_str_index(all, '.');
    for (size_t i = 0; i < e && n + 1 < sizeof digits; i++)
        if (all.ptr[i] != '.')
            digits[n++] = all.ptr[i];
    digits[n] = '\0';
    d->exp = strtol(all.ptr + e + 1, NULL, 10) - (dot < e ? (long)(e - dot - 1) : 0);
    kz_assert(BN_dec2bn(&d->value, digits) > 0);
    return d;
}

void kz_decimal_free(struct kz_decimal *d)
{
    if (d == NULL)
        return;
    BN_free(d->value);
    free(d);
}

bool kz_decimal_is_zero(const struct kz_decimal *d)
{
    return BN_is_zero(d->value);
}

size_t kz_decimal_size(const struct kz_decimal *d)
{
    return (size_t)BN_num_bytes(d->value);
}

double kz_decimal_float(const struct kz_decimal *d)
{
    char *digits = BN_bn2dec(d->value);
    kz_assert(digits != NULL);
    kz_autobuf struct kz_buf text = KZ_BUF((size_t)1 << 30);
    kz_buf_printf(&text, "%se%ld", digits, d->exp);
    OPENSSL_free(digits);
    return BN_is_zero(d->value) ? 0 : strtod(text.ptr, NULL);
}

/* Both at the exponent of the finer one; by is copied. */
static struct kz_decimal pair(struct kz_decimal *d, const struct kz_decimal *by)
{
    struct kz_decimal other = {.value = BN_dup(by->value), .exp = by->exp};
    kz_assert(other.value != NULL);
    rescale(d, other.exp);
    rescale(&other, d->exp);
    return other;
}

void kz_decimal_add(struct kz_decimal *d, const struct kz_decimal *by)
{
    struct kz_decimal other = pair(d, by);
    must(BN_add(d->value, d->value, other.value));
    BN_free(other.value);
}

void kz_decimal_sub(struct kz_decimal *d, const struct kz_decimal *by)
{
    struct kz_decimal other = pair(d, by);
    must(BN_sub(d->value, d->value, other.value));
    BN_free(other.value);
}

void kz_decimal_mul(struct kz_decimal *d, const struct kz_decimal *by)
{
    times(d->value, d->value, by->value);
    d->exp += by->exp;
}

/* q + r/b = a/b with a, b scaled so that q counts units of 10^-16; up when 2r >= b. */
void kz_decimal_div(struct kz_decimal *d, const struct kz_decimal *by)
{
    const bool negative = BN_is_negative(d->value) != BN_is_negative(by->value);
    BIGNUM *b = BN_dup(by->value), *rest = BN_new();
    BN_CTX *ctx = context();
    const long e = d->exp - by->exp + DIVISION_DIGITS;
    kz_assert(b != NULL && rest != NULL);
    BN_set_negative(d->value, 0);
    BN_set_negative(b, 0);
    scale(e < 0 ? b : d->value, e < 0 ? -e : e);
    must(BN_div(d->value, rest, d->value, b, ctx));
    must(BN_lshift1(rest, rest));
    if (BN_cmp(rest, b) >= 0)
        must(BN_add_word(d->value, 1));
    BN_set_negative(d->value, negative);
    d->exp = -DIVISION_DIGITS;
    BN_free(b);
    BN_free(rest);
    BN_CTX_free(ctx);
}
