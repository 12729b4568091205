/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantities of Kubernetes: a decimal number with a suffix of one of three families ("500m", "1Gi",
 * "1e3"). Two spellings of one amount are one value. */
#include "base/clock.h"
#include "resource/diff.h"

/* mantissa * 10^exponent, without trailing zeros: equal amounts have equal members. */
struct amount {
    bool minus;
    __extension__ unsigned __int128 mantissa;
    int64_t exponent;
};

enum { DIGITS_MAX = 18 }; /* times 2^60 (Ei) that still fits in 128 bits */

static bool read_digits(struct amount *q, struct kz_str *s)
{
    bool point = false, any = false;
    int digits = 0;
    while (s->len > 0) {
        char c = s->ptr[0];
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            any = true;
            if (q->mantissa != 0 || c != '0')
                digits++;
            if (digits > DIGITS_MAX)
                return false;
            q->mantissa = q->mantissa * 10 + (unsigned)(c - '0');
            q->exponent -= point ? 1 : 0;
        } else {
            break;
        }
        *s = kz_str_skip(*s, 1);
    }
    return any;
}

static bool apply_suffix(struct amount *q, struct kz_str suffix)
{
    static const struct {
        const char *text;
        int ten, two;
    } known[] = {
        {"",   0,  0 },
        {"n",  -9, 0 },
        {"u",  -6, 0 },
        {"m",  -3, 0 },
        {"k",  3,  0 },
        {"M",  6,  0 },
        {"G",  9,  0 },
        {"T",  12, 0 },
        {"P",  15, 0 },
        {"E",  18, 0 },
        {"Ki", 0,  10},
        {"Mi", 0,  20},
        {"Gi", 0,  30},
        {"Ti", 0,  40},
        {"Pi", 0,  50},
        {"Ei", 0,  60},
    };
    for (size_t i = 0; i < kz_countof(known); i++) {
        if (!kz_str_is(suffix, known[i].text))
            continue;
        q->exponent += known[i].ten;
        q->mantissa <<= known[i].two;
        return true;
    }
    int64_t ten;
    if (suffix.ptr[0] != 'e' && suffix.ptr[0] != 'E')
        return false;
    suffix = kz_str_skip(suffix, 1);
    if (kz_str_starts(suffix, KZ_STR("+")))
        suffix = kz_str_skip(suffix, 1);
    if (!kz_str_i64(&ten, suffix) || ten > 999 || ten < -999)
        return false;
    q->exponent += ten;
    return true;
}

static bool read_amount(struct amount *out, struct kz_str s)
{
    struct amount q = {0};
    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
        q.minus = s.ptr[0] == '-';
        s = kz_str_skip(s, 1);
    }
    if (!read_digits(&q, &s) || !apply_suffix(&q, s))
        return false;
    while (q.mantissa != 0 && q.mantissa % 10 == 0) {
        q.mantissa /= 10;
        q.exponent++;
    }
    if (q.mantissa == 0)
        q = (struct amount){0};
    *out = q;
    return true;
}

bool kz_quantity_is(struct kz_str s)
{
    struct amount any;
    return read_amount(&any, s);
}

bool kz_diff_same_quantity(struct kz_str a, struct kz_str b)
{
    struct amount x, y;
    int64_t s, t;
    if (kz_str_eq(a, b))
        return true;
    if (read_amount(&x, a) && read_amount(&y, b))
        return x.minus == y.minus && x.mantissa == y.mantissa && x.exponent == y.exponent;
    return kz_duration_parse(&s, a) && kz_duration_parse(&t, b) && s == t;
}
