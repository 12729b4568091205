/* SPDX-License-Identifier: Apache-2.0
 *
 * time.ParseInLocation. */
#include "template/gotime.h"

#include <string.h>

/* What was found so far; -1: not said. */
struct found {
    int64_t year;
    int month, day, yday, hour, minute, second;
    int32_t nsec;
    bool am, pm;
    bool utc, has_offset;
    int32_t offset;
    struct kz_str zone;
    const char *range; /* what is out of range; NULL: nothing */
};

static bool is_digit(struct kz_str s, size_t at)
{
    return at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9';
}

/* One or two digits; exactly two when fixed. */
static bool take_num(int *out, struct kz_str *s, bool fixed)
{
    const size_t n = is_digit(*s, 1) ? 2 : 1;
    if (!is_digit(*s, 0) || (fixed && n == 1))
        return false;
    *out = n == 1 ? s->ptr[0] - '0' : (s->ptr[0] - '0') * 10 + (s->ptr[1] - '0');
    *s = kz_str_skip(*s, n);
    return true;
}

/* One to three digits; exactly three when fixed. */
static bool take_num3(int *out, struct kz_str *s, bool fixed)
{
    size_t n = 0;
    int v = 0;
    while (n < 3 && is_digit(*s, n))
        v = v * 10 + (s->ptr[n++] - '0');
    if (n == 0 || (fixed && n != 3))
        return false;
    *out = v;
    *s = kz_str_skip(*s, n);
    return true;
}

static bool same_letters(struct kz_str s, const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s.ptr[i] == name[i])
            continue;
        const char low = (char)(s.ptr[i] | 0x20);
        if (low < 'a' || low > 'z' || low != (name[i] | 0x20))
            return false;
    }
    return true;
}

/* One of n names, short: their first three letters; any case. */
static bool take_name(int *out, struct kz_str *s, const char *const *names, int n, bool is_short)
{
    for (int i = 0; i < n; i++) {
        const size_t len = is_short ? 3 : strlen(names[i]);
        if (s->len < len || !same_letters(*s, names[i], len))
            continue;
        *out = i;
        *s = kz_str_skip(*s, len);
        return true;
    }
    return false;
}

/* A mark and up to nine digits of the n bytes; more are dropped. */
static bool nanoseconds(int32_t *out, struct kz_str s, size_t n)
{
    if (s.ptr[0] != '.' && s.ptr[0] != ',')
        return false;
    int32_t v = 0;
    for (size_t i = 1; i < 10; i++) {
        if (i < n && !is_digit(s, i))
            return false;
        v = v * 10 + (i < n ? s.ptr[i] - '0' : 0);
    }
    *out = v;
    return true;
}

/* "+3", "-11": its length; 0: none. */
static size_t signed_offset(struct kz_str s)
{
    size_t n = 1;
    int v = 0;
    if (s.len == 0 || (s.ptr[0] != '-' && s.ptr[0] != '+'))
        return 0;
    for (; is_digit(s, n); n++)
        v = v > 99 ? v : v * 10 + (s.ptr[n] - '0');
    return n == 1 || v > 23 ? 0 : n;
}

/* Length of what looks like the name of a zone: "CET", "GMT+3", "+03"; 0: it does not. */
static size_t zone_name(struct kz_str s)
{
    size_t upper = 0;
    if (s.len < 3)
        return 0;
    if (kz_str_starts(s, KZ_STR("ChST")) || kz_str_starts(s, KZ_STR("MeST")))
        return 4;
    if (kz_str_starts(s, KZ_STR("GMT")))
        return 3 + signed_offset(kz_str_skip(s, 3));
    if (s.ptr[0] == '+' || s.ptr[0] == '-')
        return signed_offset(s);
    while (upper < 6 && upper < s.len && s.ptr[upper] >= 'A' && s.ptr[upper] <= 'Z')
        upper++;
    const bool good = upper == 3 ||
                      (upper == 4 && (s.ptr[3] == 'T' || kz_str_starts(s, KZ_STR("WITA")))) ||
                      (upper == 5 && s.ptr[4] == 'T');
    return good ? upper : 0;
}

static bool take_offset(struct found *f, struct kz_str *s, const struct kz_chunk *k)
{
    const size_t step = k->colon ? 3 : 2, need = 3 + step * (size_t)(k->parts - 1);
    int part[3] = {0};
    if (k->z && kz_str_starts(*s, KZ_STR("Z"))) {
        *s = kz_str_skip(*s, 1);
        f->utc = true;
        return true;
    }
    if (s->len < need)
        return false;
    for (size_t i = 1; k->colon && i < (size_t)k->parts; i++)
        if (s->ptr[3 * i] != ':')
            return false;
    const struct kz_str all = kz_str_head(*s, need);
    bool good = true;
    *s = kz_str_skip(*s, need);
    for (size_t i = 0; good && i < (size_t)k->parts; i++) {
        struct kz_str two = kz_str_n(all.ptr + 1 + step * i, 2);
        good = take_num(&part[i], &two, true);
    }
    f->range = part[2] > 60   ? "time zone offset second"
               : part[1] > 60 ? "time zone offset minute"
               : part[0] > 24 ? "time zone offset hour"
                              : f->range;
    f->offset = (part[0] * 60 + part[1]) * 60 + part[2];
    f->has_offset = true;
    if (all.ptr[0] == '-')
        f->offset = -f->offset;
    return good && (all.ptr[0] == '-' || all.ptr[0] == '+');
}

static bool take_seconds(struct found *f, struct kz_str *s, const struct kz_chunk *k)
{
    size_t n = 2;
    if (!take_num(&f->second, s, k->std == KZ_STD_ZERO_SECOND))
        return false;
    if (f->second >= 60) {
        f->range = "second";
        return true;
    }
    if (s->len < 2 || (s->ptr[0] != '.' && s->ptr[0] != ',') || !is_digit(*s, 1))
        return true;
    const enum kz_std next = kz_layout_next(k->suffix).std;
    if (next == KZ_STD_FRACTION0 || next == KZ_STD_FRACTION9)
        return true;
    while (is_digit(*s, n)) /* a fraction is taken though the layout has none */
        n++;
    const bool good = nanoseconds(&f->nsec, *s, n);
    *s = kz_str_skip(*s, n);
    return good;
}

static bool take_half(struct found *f, struct kz_str *s, const char *am, const char *pm)
{
    const struct kz_str two = kz_str_head(*s, 2);
    if (s->len < 2)
        return false;
    *s = kz_str_skip(*s, 2);
    f->am |= kz_str_is(two, am);
    f->pm |= kz_str_is(two, pm);
    return kz_str_is(two, am) || kz_str_is(two, pm);
}

static bool take_year(struct found *f, struct kz_str *s, size_t len)
{
    const struct kz_str text = kz_str_head(*s, len);
    int64_t v;
    if (s->len < len || (len == 4 && !is_digit(*s, 0)))
        return false;
    *s = kz_str_skip(*s, len);
    if (text.ptr[0] == '+' ? !is_digit(text, 1) || !kz_str_i64(&v, kz_str_skip(text, 1))
                           : !kz_str_i64(&v, text))
        return false;
    f->year = len == 4 ? v : v >= 69 ? v + 1900 : v + 2000;
    return true;
}

static bool take_fraction(struct found *f, struct kz_str *s, const struct kz_chunk *k)
{
    size_t n = 1 + (size_t)k->digits;
    if (k->std == KZ_STD_FRACTION0) {
        if (s->len < n)
            return false;
    } else {
        if (s->len < 2 || (s->ptr[0] != '.' && s->ptr[0] != ',') || !is_digit(*s, 1))
            return true; /* left out */
        for (n = 2; is_digit(*s, n);)
            n++;
    }
    const bool good = nanoseconds(&f->nsec, *s, n);
    *s = kz_str_skip(*s, n);
    return good;
}

static void check(struct found *f, bool good, const char *what)
{
    if (!good)
        f->range = what;
}

static bool take_chunk(struct found *f, struct kz_str *s, const struct kz_chunk *k)
{
    int ignored;
    switch (k->std) {
    case KZ_STD_NONE:
        return true;
    case KZ_STD_YEAR:
        return take_year(f, s, 2);
    case KZ_STD_LONG_YEAR:
        return take_year(f, s, 4);
    case KZ_STD_MONTH:
    case KZ_STD_LONG_MONTH:
        if (!take_name(&f->month, s, kz_month_names, 12, k->std == KZ_STD_MONTH))
            return false;
        f->month++;
        return true;
    case KZ_STD_NUM_MONTH:
    case KZ_STD_ZERO_MONTH:
        if (!take_num(&f->month, s, k->std == KZ_STD_ZERO_MONTH))
            return false;
        check(f, f->month >= 1 && f->month <= 12, "month");
        return true;
    case KZ_STD_WEEKDAY:
    case KZ_STD_LONG_WEEKDAY:
        return take_name(&ignored, s, kz_day_names, 7, k->std == KZ_STD_WEEKDAY);
    case KZ_STD_UNDER_DAY:
        if (kz_str_starts(*s, KZ_STR(" ")))
            *s = kz_str_skip(*s, 1);
        return take_num(&f->day, s, false);
    case KZ_STD_DAY:
    case KZ_STD_ZERO_DAY:
        return take_num(&f->day, s, k->std == KZ_STD_ZERO_DAY);
    case KZ_STD_UNDER_YDAY:
        for (int i = 0; i < 2; i++)
            if (kz_str_starts(*s, KZ_STR(" ")))
                *s = kz_str_skip(*s, 1);
        return take_num3(&f->yday, s, false);
    case KZ_STD_ZERO_YDAY:
        return take_num3(&f->yday, s, true);
    case KZ_STD_HOUR:
        if (!take_num(&f->hour, s, false))
            return false;
        check(f, f->hour < 24, "hour");
        return true;
    case KZ_STD_HOUR12:
    case KZ_STD_ZERO_HOUR12:
        if (!take_num(&f->hour, s, k->std == KZ_STD_ZERO_HOUR12))
            return false;
        check(f, f->hour <= 12, "hour");
        return true;
    case KZ_STD_MINUTE:
    case KZ_STD_ZERO_MINUTE:
        if (!take_num(&f->minute, s, k->std == KZ_STD_ZERO_MINUTE))
            return false;
        check(f, f->minute < 60, "minute");
        return true;
    case KZ_STD_SECOND:
    case KZ_STD_ZERO_SECOND:
        return take_seconds(f, s, k);
    case KZ_STD_PM:
        return take_half(f, s, "AM", "PM");
    case KZ_STD_LOWER_PM:
        return take_half(f, s, "am", "pm");
    case KZ_STD_OFFSET:
        return take_offset(f, s, k);
    case KZ_STD_TZ: {
        const size_t n = kz_str_starts(*s, KZ_STR("UTC")) ? 3 : zone_name(*s);
        if (n == 0)
            return false;
        if (kz_str_starts(*s, KZ_STR("UTC")))
            f->utc = true;
        else
            f->zone = kz_str_head(*s, n);
        *s = kz_str_skip(*s, n);
        return true;
    }
    case KZ_STD_FRACTION0:
    case KZ_STD_FRACTION9:
        return take_fraction(f, s, k);
    }
    return false;
}

/* The text between placeholders; a run of blanks there takes any number of blanks. */
static bool skip_text(struct kz_str *s, struct kz_str prefix)
{
    while (prefix.len > 0) {
        if (prefix.ptr[0] == ' ') {
            if (s->len > 0 && s->ptr[0] != ' ')
                return false;
            while (prefix.len > 0 && prefix.ptr[0] == ' ')
                prefix = kz_str_skip(prefix, 1);
            while (s->len > 0 && s->ptr[0] == ' ')
                *s = kz_str_skip(*s, 1);
            continue;
        }
        if (s->len == 0 || s->ptr[0] != prefix.ptr[0])
            return false;
        prefix = kz_str_skip(prefix, 1);
        *s = kz_str_skip(*s, 1);
    }
    return true;
}

/* Day of the year to month and day, which must agree with those said; what is wrong, or NULL. */
static const char *settle_day(struct found *f)
{
    if (f->yday >= 0) {
        int64_t year;
        int month, day;
        if (f->yday < 1 || f->yday > 365 + kz_is_leap(f->year))
            return "day-of-year out of range";
        kz_civil_of(&year, &month, &day, kz_days_of(f->year, 1, 1) + f->yday - 1);
        if (f->month >= 0 && f->month != month)
            return "day-of-year does not match month";
        if (f->day >= 0 && f->day != day)
            return "day-of-year does not match day";
        f->month = month;
        f->day = day;
    }
    f->month = f->month < 0 ? 1 : f->month;
    f->day = f->day < 0 ? 1 : f->day;
    return f->day < 1 || f->day > kz_days_in(f->month, f->year) ? "day out of range" : NULL;
}

static struct kz_time result(const struct found *f, struct kz_arena *a, const struct kz_zone *local)
{
    const int64_t clock = f->hour * 3600 + f->minute * 60 + f->second;
    int32_t offset = 0;
    const bool said_offset = f->has_offset && f->offset != -1; /* -1 means "none" in Go */
    if (f->utc || (!said_offset && f->zone.len == 0))
        return kz_time_date(f->year, f->month, f->day, clock, f->nsec, f->utc ? NULL : local);
    struct kz_time t = kz_time_date(f->year, f->month, f->day, clock, f->nsec, NULL);
    if (said_offset) {
        t.sec -= f->offset;
        const struct kz_zone_at here = kz_zone_at(local, t.sec);
        const bool ours =
            here.offset == f->offset && (f->zone.len == 0 || kz_str_eq(here.name, f->zone));
        t.zone = ours ? local : kz_zone_fixed(a, f->zone, f->offset);
        return t;
    }
    if (kz_zone_named(&offset, local, f->zone, t.sec)) {
        t.sec -= offset;
        t.zone = local;
        return t;
    }
    int64_t hours = 0;
    if (f->zone.len > 3 && kz_str_starts(f->zone, KZ_STR("GMT"))) {
        const struct kz_str digits = kz_str_skip(f->zone, 4);
        if (kz_str_i64(&hours, digits) && f->zone.ptr[3] == '-')
            hours = -hours;
    }
    t.zone = kz_zone_fixed(a, f->zone, (int32_t)hours * 3600); /* the clock stays, as in Go */
    return t;
}

struct kz_str kz_time_quote(struct kz_arena *a, struct kz_str s)
{
    char *to = kz_arena_bytes(a, 4 * s.len + 2);
    size_t n = 0;
    to[n++] = '"';
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x80 || c < ' ') {
            to[n++] = '\\';
            to[n++] = 'x';
            to[n++] = "0123456789abcdef"[c >> 4];
            to[n++] = "0123456789abcdef"[c & 15];
            continue;
        }
        if (c == '"' || c == '\\')
            to[n++] = '\\';
        to[n++] = (char)c;
    }
    to[n++] = '"';
    return kz_str_n(to, n);
}

static bool fail_at(struct kz_str *why, struct kz_arena *a, struct kz_str layout,
                    struct kz_str text, struct kz_str element, struct kz_str at)
{
    *why = kz_str_printf(
        a, "parsing time " KZ_FMT " as " KZ_FMT ": cannot parse " KZ_FMT " as " KZ_FMT,
        KZ_ARG(kz_time_quote(a, text)), KZ_ARG(kz_time_quote(a, layout)),
        KZ_ARG(kz_time_quote(a, at)), KZ_ARG(kz_time_quote(a, element)));
    return false;
}

static bool fail(struct kz_str *why, struct kz_arena *a, struct kz_str text, const char *what)
{
    *why = kz_str_printf(a, "parsing time " KZ_FMT ": %s", KZ_ARG(kz_time_quote(a, text)), what);
    return false;
}

bool kz_time_scan(struct kz_time *out, struct kz_str *why, struct kz_arena *a, struct kz_str layout,
                  struct kz_str text, const struct kz_zone *local)
{
    struct found f = {.month = -1, .day = -1, .yday = -1};
    struct kz_str rest = text, form = layout;
    for (;;) {
        const struct kz_chunk k = kz_layout_next(form);
        if (!skip_text(&rest, k.prefix))
            return fail_at(why, a, layout, text, k.prefix, rest);
        if (k.std == KZ_STD_NONE)
            break;
        form = k.suffix;
        const struct kz_str before = rest;
        const bool good = take_chunk(&f, &rest, &k);
        if (f.range != NULL)
            return fail(why, a, text, kz_cstr(a, kz_str_printf(a, "%s out of range", f.range)));
        if (!good)
            return fail_at(why, a, layout, text, k.text, before);
    }
    if (rest.len > 0)
        return fail(
            why, a, text,
            kz_cstr(a, kz_str_printf(a, "extra text: " KZ_FMT, KZ_ARG(kz_time_quote(a, rest)))));
    if (f.pm && f.hour < 12)
        f.hour += 12;
    else if (f.am && f.hour == 12)
        f.hour = 0;
    const char *wrong = settle_day(&f);
    if (wrong != NULL)
        return fail(why, a, text, wrong);
    *out = result(&f, a, local);
    return true;
}
