/* SPDX-License-Identifier: Apache-2.0
 *
 * time.Duration: nanoseconds as text and back. */
#include "template/gotime.h"

static const uint64_t limit = UINT64_C(1) << 63;

struct kz_time kz_time_add(struct kz_time t, int64_t ns)
{
    int64_t sec = ns / KZ_NS_PER_SEC, nsec = t.nsec + ns % KZ_NS_PER_SEC;
    sec += kz_floor_div(nsec, KZ_NS_PER_SEC);
    t.sec = (int64_t)((uint64_t)t.sec + (uint64_t)sec);
    t.nsec = (int32_t)(nsec - kz_floor_div(nsec, KZ_NS_PER_SEC) * KZ_NS_PER_SEC);
    return t;
}

int64_t kz_time_sub(struct kz_time a, struct kz_time b)
{
    int64_t sec, ns;
    if (__builtin_sub_overflow(a.sec, b.sec, &sec))
        return a.sec < b.sec ? INT64_MIN : INT64_MAX;
    if (__builtin_mul_overflow(sec, KZ_NS_PER_SEC, &ns) ||
        __builtin_add_overflow(ns, a.nsec - b.nsec, &ns))
        return sec < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

int64_t kz_go_duration_round(int64_t ns, int64_t to)
{
    const int64_t rest = ns % to, size = rest < 0 ? -rest : rest;
    int64_t out;
    if (size < to - size)
        return ns - rest;
    if (ns < 0)
        return __builtin_sub_overflow(ns, to - size, &out) ? INT64_MIN : out;
    return __builtin_add_overflow(ns, to - size, &out) ? INT64_MAX : out;
}

/* n / 10^digits without zeros at the end. */
static void put_decimal(struct kz_buf *b, uint64_t n, int digits)
{
    uint64_t unit = 1;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    kz_buf_printf(b, "%llu", (unsigned long long)(n / unit));
    uint64_t rest = n % unit;
    if (rest == 0)
        return;
    while (rest % 10 == 0) {
        rest /= 10;
        digits--;
    }
    kz_buf_printf(b, ".%0*llu", digits, (unsigned long long)rest);
}

void kz_go_duration_print(struct kz_buf *b, int64_t ns)
{
    static const uint64_t sec = 1000000000;
    const uint64_t u = ns < 0 ? -(uint64_t)ns : (uint64_t)ns, minutes = u / sec / 60;
    if (ns < 0)
        kz_buf_putc(b, '-');
    if (u == 0) {
        kz_buf_puts(b, "0s");
    } else if (u < 1000) {
        kz_buf_printf(b, "%dns", (int)u);
    } else if (u < 1000000) {
        put_decimal(b, u, 3);
        kz_buf_puts(b, "\xc2\xb5s");
    } else if (u < sec) {
        put_decimal(b, u, 6);
        kz_buf_puts(b, "ms");
    } else {
        if (minutes >= 60)
            kz_buf_printf(b, "%lluh", (unsigned long long)(minutes / 60));
        if (minutes > 0)
            kz_buf_printf(b, "%llum", (unsigned long long)(minutes % 60));
        put_decimal(b, u % (60 * sec), 9);
        kz_buf_putc(b, 's');
    }
}

/* ---- reading ----------------------------------------------------------------------------------- */

static bool digit(struct kz_str s)
{
    return s.len > 0 && s.ptr[0] >= '0' && s.ptr[0] <= '9';
}

static bool take_int(uint64_t *out, struct kz_str *s)
{
    uint64_t n = 0;
    for (; digit(*s); *s = kz_str_skip(*s, 1)) {
        if (n > limit / 10)
            return false;
        n = n * 10 + (uint64_t)(s->ptr[0] - '0');
        if (n > limit)
            return false;
    }
    *out = n;
    return true;
}

/* Digits behind the point as n / scale; those that do not fit are dropped. */
static uint64_t take_fraction(double *scale, struct kz_str *s)
{
    uint64_t n = 0;
    bool full = false;
    *scale = 1;
    for (; digit(*s); *s = kz_str_skip(*s, 1)) {
        const uint64_t next = n * 10 + (uint64_t)(s->ptr[0] - '0');
        full = full || n > (limit - 1) / 10 || next > limit;
        if (full)
            continue;
        n = next;
        *scale *= 10;
    }
    return n;
}

static uint64_t unit_of(struct kz_str s)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        {"ns",        1                      },
        {"us",        1000                   },
        {"\xc2\xb5s", 1000                   },
        {"\xce\xbcs", 1000                   },
        {"ms",        1000000                },
        {"s",         1000000000             },
        {"m",         UINT64_C(60000000000)  },
        {"h",         UINT64_C(3600000000000)},
    };
    for (size_t i = 0; i < kz_countof(units); i++)
        if (kz_str_is(s, units[i].name))
            return units[i].ns;
    return 0;
}

/* One "1.5h" from the front, added to *sum; the name of what is wrong, or NULL. unit: as it was written. */
static const char *take_term(uint64_t *sum, struct kz_str *s, struct kz_str *unit)
{
    uint64_t whole, fraction = 0;
    double scale = 1;
    size_t n = 0;
    if (!digit(*s) && s->ptr[0] != '.')
        return "invalid";
    const size_t before = s->len;
    if (!take_int(&whole, s))
        return "invalid";
    bool any = s->len < before;
    if (s->len > 0 && s->ptr[0] == '.') {
        *s = kz_str_skip(*s, 1);
        const size_t digits = s->len;
        fraction = take_fraction(&scale, s);
        any = any || s->len < digits;
    }
    if (!any)
        return "invalid";
    while (n < s->len && s->ptr[n] != '.' && !digit(kz_str_skip(*s, n)))
        n++;
    *unit = kz_str_head(*s, n);
    *s = kz_str_skip(*s, n);
    if (n == 0)
        return "missing";
    const uint64_t ns = unit_of(*unit);
    if (ns == 0)
        return "unknown";
    if (whole > limit / ns)
        return "invalid";
    whole *= ns;
    if (fraction > 0)
        whole += (uint64_t)((double)fraction * ((double)ns / scale));
    *sum += whole;
    return whole > limit || *sum > limit ? "invalid" : NULL;
}

bool kz_go_duration_scan(int64_t *ns, struct kz_str *why, struct kz_arena *a, struct kz_str s)
{
    const struct kz_str all = kz_time_quote(a, s);
    struct kz_str unit = KZ_STR("");
    uint64_t sum = 0;
    const char *wrong = NULL;
    const bool minus = kz_str_starts(s, KZ_STR("-"));
    if (minus || kz_str_starts(s, KZ_STR("+")))
        s = kz_str_skip(s, 1);
    const bool zero = kz_str_is(s, "0");
    if (s.len == 0)
        wrong = "invalid";
    while (!zero && s.len > 0 && wrong == NULL)
        wrong = take_term(&sum, &s, &unit);
    if (wrong == NULL && !minus && sum == limit)
        wrong = "invalid";
    if (wrong == NULL) {
        *ns = (int64_t)(minus ? -sum : sum);
        return true;
    }
    if (wrong[0] == 'u')
        *why = kz_str_printf(a, "time: unknown unit " KZ_FMT " in duration " KZ_FMT,
                             KZ_ARG(kz_time_quote(a, unit)), KZ_ARG(all));
    else
        *why = kz_str_printf(a, "time: %s duration " KZ_FMT,
                             wrong[0] == 'm' ? "missing unit in" : wrong, KZ_ARG(all));
    return false;
}
