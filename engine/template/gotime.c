/* SPDX-License-Identifier: Apache-2.0 */
#include "template/gotime.h"

enum { DAY = 86400 };

const char *const kz_month_names[12] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
const char *const kz_day_names[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};

/* ---- calendar ---------------------------------------------------------------------------------- */

int64_t kz_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

bool kz_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int kz_days_in(int month, int64_t year)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && kz_is_leap(year));
}

/* Counted in eras of 400 years that begin on 1 March: the leap day ends a year. */
enum { ERA = 146097, ERA_TO_1970 = 719468 };

int64_t kz_days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    const int64_t era = kz_floor_div(year, 400), y = year - era * 400;
    const int64_t yday = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    return era * ERA + y * 365 + y / 4 - y / 100 + yday + day - 1 - ERA_TO_1970;
}

void kz_civil_of(int64_t *year, int *month, int *day, int64_t days)
{
    days += ERA_TO_1970;
    const int64_t era = kz_floor_div(days, ERA), d = days - era * ERA;
    const int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    const int64_t yday = d - (365 * y + y / 4 - y / 100), m = (5 * yday + 2) / 153;
    *day = (int)(yday - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = y + era * 400 + (*month <= 2);
}

struct kz_civil kz_time_civil(struct kz_time t)
{
    struct kz_civil c = {.zone = kz_zone_at(t.zone, t.sec)};
    const int64_t local = t.sec + c.zone.offset, days = kz_floor_div(local, DAY);
    const int rest = (int)(local - days * DAY);
    kz_civil_of(&c.year, &c.month, &c.day, days);
    c.yday = (int)(days - kz_days_of(c.year, 1, 1)) + 1;
    c.weekday = (int)(((days + 4) % 7 + 7) % 7);
    c.hour = rest / 3600;
    c.minute = rest / 60 % 60;
    c.second = rest % 60;
    return c;
}

struct kz_time kz_time_date(int64_t year, int64_t month, int64_t day, int64_t sec_of_day,
                            int32_t nsec, const struct kz_zone *zone)
{
    const int64_t years = kz_floor_div(month - 1, 12);
    const int64_t days = kz_days_of(year + years, (int)(month - 1 - years * 12) + 1, 1) + day - 1;
    struct kz_time t = {.sec = days * DAY + sec_of_day, .nsec = nsec, .zone = zone};
    const struct kz_zone_at guess = kz_zone_at(zone, t.sec);
    int32_t offset = guess.offset;
    if (offset != 0 && (t.sec - offset < guess.start || t.sec - offset >= guess.end))
        offset = kz_zone_at(zone, t.sec - offset).offset;
    t.sec -= offset;
    return t;
}

/* ---- layouts ----------------------------------------------------------------------------------- */

static bool lower_next(struct kz_str s, size_t at)
{
    return at < s.len && s.ptr[at] >= 'a' && s.ptr[at] <= 'z';
}

/* The words of a layout; longer ones first where one begins another. `not_lower`: no word when a small
 * letter follows ("Janet"). */
static const struct word {
    const char *text;
    enum kz_std std;
    bool not_lower;
    signed char parts;
    bool colon, z;
} words[] = {
    {"January",   KZ_STD_LONG_MONTH,   false, 0, false, false},
    {"Jan",       KZ_STD_MONTH,        true,  0, false, false},
    {"Monday",    KZ_STD_LONG_WEEKDAY, false, 0, false, false},
    {"Mon",       KZ_STD_WEEKDAY,      true,  0, false, false},
    {"MST",       KZ_STD_TZ,           false, 0, false, false},
    {"01",        KZ_STD_ZERO_MONTH,   false, 0, false, false},
    {"02",        KZ_STD_ZERO_DAY,     false, 0, false, false},
    {"03",        KZ_STD_ZERO_HOUR12,  false, 0, false, false},
    {"04",        KZ_STD_ZERO_MINUTE,  false, 0, false, false},
    {"05",        KZ_STD_ZERO_SECOND,  false, 0, false, false},
    {"06",        KZ_STD_YEAR,         false, 0, false, false},
    {"002",       KZ_STD_ZERO_YDAY,    false, 0, false, false},
    {"15",        KZ_STD_HOUR,         false, 0, false, false},
    {"1",         KZ_STD_NUM_MONTH,    false, 0, false, false},
    {"2006",      KZ_STD_LONG_YEAR,    false, 0, false, false},
    {"2",         KZ_STD_DAY,          false, 0, false, false},
    {"_2",        KZ_STD_UNDER_DAY,    false, 0, false, false},
    {"__2",       KZ_STD_UNDER_YDAY,   false, 0, false, false},
    {"3",         KZ_STD_HOUR12,       false, 0, false, false},
    {"4",         KZ_STD_MINUTE,       false, 0, false, false},
    {"5",         KZ_STD_SECOND,       false, 0, false, false},
    {"PM",        KZ_STD_PM,           false, 0, false, false},
    {"pm",        KZ_STD_LOWER_PM,     false, 0, false, false},
    {"-070000",   KZ_STD_OFFSET,       false, 3, false, false},
    {"-07:00:00", KZ_STD_OFFSET,       false, 3, true,  false},
    {"-0700",     KZ_STD_OFFSET,       false, 2, false, false},
    {"-07:00",    KZ_STD_OFFSET,       false, 2, true,  false},
    {"-07",       KZ_STD_OFFSET,       false, 1, false, false},
    {"Z070000",   KZ_STD_OFFSET,       false, 3, false, true },
    {"Z07:00:00", KZ_STD_OFFSET,       false, 3, true,  true },
    {"Z0700",     KZ_STD_OFFSET,       false, 2, false, true },
    {"Z07:00",    KZ_STD_OFFSET,       false, 2, true,  true },
    {"Z07",       KZ_STD_OFFSET,       false, 1, false, true },
};

/* ".000" or ",999": its length, 0 when a digit follows. */
static size_t fraction(struct kz_str s)
{
    size_t n = 1;
    if (s.len < 2 || (s.ptr[0] != '.' && s.ptr[0] != ',') || (s.ptr[1] != '0' && s.ptr[1] != '9'))
        return 0;
    while (n < s.len && s.ptr[n] == s.ptr[1])
        n++;
    return n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9' ? 0 : n;
}

static struct kz_chunk cut_at(struct kz_str layout, size_t at, size_t len, enum kz_std std)
{
    return (struct kz_chunk){.prefix = kz_str_head(layout, at),
                             .text = kz_str_n(layout.ptr + at, len),
                             .suffix = kz_str_skip(layout, at + len),
                             .std = std};
}

struct kz_chunk kz_layout_next(struct kz_str layout)
{
    for (size_t i = 0; i < layout.len; i++) {
        const struct kz_str rest = kz_str_skip(layout, i);
        const size_t digits = fraction(rest);
        if (digits > 0) {
            struct kz_chunk c =
                cut_at(layout, i, digits, rest.ptr[1] == '0' ? KZ_STD_FRACTION0 : KZ_STD_FRACTION9);
            c.digits = (int)digits - 1;
            c.mark = rest.ptr[0];
            return c;
        }
        if (kz_str_starts(rest, KZ_STR("_2006"))) /* a "_" and a year */
            return cut_at(layout, i + 1, 4, KZ_STD_LONG_YEAR);
        for (size_t w = 0; w < kz_countof(words); w++) {
            const struct kz_str text = kz_str(words[w].text);
            if (!kz_str_starts(rest, text) || (words[w].not_lower && lower_next(rest, text.len)))
                continue;
            struct kz_chunk c = cut_at(layout, i, text.len, words[w].std);
            c.parts = words[w].parts;
            c.colon = words[w].colon;
            c.z = words[w].z;
            return c;
        }
    }
    return (struct kz_chunk){.prefix = layout};
}

/* ---- formatting -------------------------------------------------------------------------------- */

static void put_int(struct kz_buf *b, int64_t n, int width)
{
    kz_buf_printf(b, "%s%0*llu", n < 0 ? "-" : "", width,
                  (unsigned long long)(n < 0 ? -(uint64_t)n : (uint64_t)n));
}

static void put_offset(struct kz_buf *b, int32_t offset, int parts, bool colon)
{
    const int32_t size = offset < 0 ? -offset : offset;
    /* the sign is that of whole minutes, as in Go */
    kz_buf_putc(b, offset / 60 < 0 ? '-' : '+');
    put_int(b, size / 3600, 2);
    if (parts >= 2)
        kz_buf_printf(b, "%s%02d", colon ? ":" : "", (int)(size / 60 % 60));
    if (parts == 3)
        kz_buf_printf(b, "%s%02d", colon ? ":" : "",
                      (int)((offset / 60 < 0 ? -offset : offset) % 60));
}

static void put_fraction(struct kz_buf *b, int32_t nsec, const struct kz_chunk *c)
{
    char text[16];
    int n = c->digits < 9 ? c->digits : 9;
    if (c->std == KZ_STD_FRACTION9 && nsec == 0)
        return;
    for (int i = 8; i >= 0; i--, nsec /= 10)
        text[i] = (char)('0' + nsec % 10);
    while (c->std == KZ_STD_FRACTION9 && n > 0 && text[n - 1] == '0')
        n--;
    if (n == 0)
        return;
    kz_buf_putc(b, c->mark);
    kz_buf_add(b, text, (size_t)n);
}

static void put_chunk(struct kz_buf *b, const struct kz_chunk *k, const struct kz_civil *c,
                      int32_t nsec)
{
    const int hour12 = c->hour % 12 == 0 ? 12 : c->hour % 12;
    switch (k->std) {
    case KZ_STD_NONE:
        return;
    case KZ_STD_LONG_MONTH:
        kz_buf_puts(b, kz_month_names[c->month - 1]);
        return;
    case KZ_STD_MONTH:
        kz_buf_add(b, kz_month_names[c->month - 1], 3);
        return;
    case KZ_STD_NUM_MONTH:
        put_int(b, c->month, 1);
        return;
    case KZ_STD_ZERO_MONTH:
        put_int(b, c->month, 2);
        return;
    case KZ_STD_LONG_WEEKDAY:
        kz_buf_puts(b, kz_day_names[c->weekday]);
        return;
    case KZ_STD_WEEKDAY:
        kz_buf_add(b, kz_day_names[c->weekday], 3);
        return;
    case KZ_STD_DAY:
        put_int(b, c->day, 1);
        return;
    case KZ_STD_UNDER_DAY:
        kz_buf_printf(b, "%2d", c->day);
        return;
    case KZ_STD_ZERO_DAY:
        put_int(b, c->day, 2);
        return;
    case KZ_STD_UNDER_YDAY:
        kz_buf_printf(b, "%3d", c->yday);
        return;
    case KZ_STD_ZERO_YDAY:
        put_int(b, c->yday, 3);
        return;
    case KZ_STD_HOUR:
        put_int(b, c->hour, 2);
        return;
    case KZ_STD_HOUR12:
        put_int(b, hour12, 1);
        return;
    case KZ_STD_ZERO_HOUR12:
        put_int(b, hour12, 2);
        return;
    case KZ_STD_MINUTE:
        put_int(b, c->minute, 1);
        return;
    case KZ_STD_ZERO_MINUTE:
        put_int(b, c->minute, 2);
        return;
    case KZ_STD_SECOND:
        put_int(b, c->second, 1);
        return;
    case KZ_STD_ZERO_SECOND:
        put_int(b, c->second, 2);
        return;
    case KZ_STD_LONG_YEAR:
        put_int(b, c->year, 4);
        return;
    case KZ_STD_YEAR:
        put_int(b, (c->year < 0 ? -c->year : c->year) % 100, 2);
        return;
    case KZ_STD_PM:
        kz_buf_puts(b, c->hour >= 12 ? "PM" : "AM");
        return;
    case KZ_STD_LOWER_PM:
        kz_buf_puts(b, c->hour >= 12 ? "pm" : "am");
        return;
    case KZ_STD_TZ:
        if (c->zone.name.len > 0)
            kz_buf_add_str(b, c->zone.name);
        else
            put_offset(b, c->zone.offset, 2, false);
        return;
    case KZ_STD_OFFSET:
        if (k->z && c->zone.offset == 0)
            kz_buf_putc(b, 'Z');
        else
            put_offset(b, c->zone.offset, k->parts, k->colon);
        return;
    case KZ_STD_FRACTION0:
    case KZ_STD_FRACTION9:
        put_fraction(b, nsec, k);
        return;
    }
}

void kz_time_format(struct kz_buf *b, struct kz_time t, struct kz_str layout)
{
    const struct kz_civil c = kz_time_civil(t);
    while (layout.len > 0) {
        const struct kz_chunk k = kz_layout_next(layout);
        kz_buf_add_str(b, k.prefix);
        put_chunk(b, &k, &c, t.nsec);
        layout = k.suffix;
    }
}
