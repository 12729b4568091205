/* SPDX-License-Identifier: Apache-2.0 */
#include "template/zone_rule.h"

#include "template/gotime.h"

enum { DAY = 86400 };
enum kind { JULIAN, DAY_OF_YEAR, MONTH_WEEK_DAY };
struct change {
    enum kind kind;
    int64_t day, week, month, time;
};

static bool digit(struct kz_str s)
{
    return s.len > 0 && s.ptr[0] >= '0' && s.ptr[0] <= '9';
}

static bool take_char(struct kz_str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = kz_str_skip(*s, 1);
    return true;
}

static bool take_num(int64_t *out, struct kz_str *s, int64_t min, int64_t max)
{
    int64_t n = 0;
    if (!digit(*s))
        return false;
    while (digit(*s)) {
        n = n * 10 + (s->ptr[0] - '0');
        if (n > max)
            return false;
        *s = kz_str_skip(*s, 1);
    }
    *out = n;
    return n >= min;
}

/* "CET" or "<+0330>". */
static bool take_name(struct kz_str *out, struct kz_str *s)
{
    size_t n = 0;
    if (take_char(s, '<')) {
        n = kz_str_index(*s, '>');
        if (n == s->len)
            return false;
        *out = kz_str_head(*s, n);
        *s = kz_str_skip(*s, n + 1);
        return true;
    }
    while (n < s->len && ((s->ptr[n] | 0x20) >= 'a' && (s->ptr[n] | 0x20) <= 'z'))
        n++;
    *out = kz_str_head(*s, n);
    *s = kz_str_skip(*s, n);
    return n >= 3;
}

/* "[+-]h[:m[:s]]" in seconds. */
static bool take_time(int64_t *out, struct kz_str *s)
{
    int64_t h, m = 0, sec = 0;
    const bool minus = take_char(s, '-');
    if (!minus)
        (void)take_char(s, '+');
    if (!take_num(&h, s, 0, 24 * 7) ||
        (take_char(s, ':') &&
         (!take_num(&m, s, 0, 59) || (take_char(s, ':') && !take_num(&sec, s, 0, 59)))))
        return false;
    *out = (minus ? -1 : 1) * (h * 3600 + m * 60 + sec);
    return true;
}

static bool take_change(struct change *c, struct kz_str *s)
{
    c->time = 2 * 3600;
    if (take_char(s, 'J')) {
        c->kind = JULIAN;
        if (!take_num(&c->day, s, 1, 365))
            return false;
    } else if (take_char(s, 'M')) {
        c->kind = MONTH_WEEK_DAY;
        if (!take_num(&c->month, s, 1, 12) || !take_char(s, '.') || !take_num(&c->week, s, 1, 5) ||
            !take_char(s, '.') || !take_num(&c->day, s, 0, 6))
            return false;
    } else {
        c->kind = DAY_OF_YEAR;
        if (!take_num(&c->day, s, 0, 365))
            return false;
    }
    return !take_char(s, '/') || take_time(&c->time, s);
}

/* Seconds into the year, as the clock before the change shows it. */
static int64_t second_of_year(const struct change *c, int64_t year)
{
    const int64_t new_year = kz_days_of(year, 1, 1);
    switch (c->kind) {
    case JULIAN:
        return (c->day - 1 + (kz_is_leap(year) && c->day >= 60)) * DAY + c->time;
    case DAY_OF_YEAR:
        return c->day * DAY + c->time;
    case MONTH_WEEK_DAY:
        break;
    }
    const int64_t first = kz_days_of(year, (int)c->month, 1);
    const int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = (c->day - weekday + 7) % 7 + (c->week - 1) * 7;
    const int64_t next =
        c->month == 12 ? kz_days_of(year + 1, 1, 1) : kz_days_of(year, (int)c->month + 1, 1);
    if (day >= next - first)
        day -= 7;
    return (first - new_year + day) * DAY + c->time;
}

bool kz_zone_rule(struct kz_zone_at *out, struct kz_str rule, int64_t last, int64_t sec)
{
    struct kz_str std, dst;
    int64_t west, std_offset, dst_offset;
    struct change to_dst, to_std;
    if (!take_name(&std, &rule) || !take_time(&west, &rule))
        return false;
    std_offset = -west;
    if (rule.len == 0 || rule.ptr[0] == ',') {
        *out = (struct kz_zone_at){
            .name = std, .offset = (int32_t)std_offset, .start = last, .end = INT64_MAX};
        return true;
    }
    dst_offset = std_offset + 3600;
    if (!take_name(&dst, &rule))
        return false;
    if (rule.len > 0 && rule.ptr[0] != ',') {
        if (!take_time(&west, &rule))
            return false;
        dst_offset = -west;
    }
    if (!take_char(&rule, ',') || !take_change(&to_dst, &rule) || !take_char(&rule, ',') ||
        !take_change(&to_std, &rule) || rule.len > 0)
        return false;

    int64_t year;
    int month, day;
    kz_civil_of(&year, &month, &day, kz_floor_div(sec, DAY));
    const int64_t new_year = kz_days_of(year, 1, 1) * DAY;
    const int64_t next_year = kz_days_of(year + 1, 1, 1) * DAY;
    int64_t start = second_of_year(&to_dst, year) - std_offset;
    int64_t end = second_of_year(&to_std, year) - dst_offset;
    bool dst_inside = true; /* between the two changes of this year, else around them (the south) */
    if (end < start) {
        const int64_t swap = start;
        start = end;
        end = swap;
        dst_inside = false;
    }
    const int64_t at = sec - new_year;
    const bool inside = at >= start && at < end;
    const bool in_dst = inside == dst_inside;
    *out = (struct kz_zone_at){
        .name = in_dst ? dst : std,
        .offset = (int32_t)(in_dst ? dst_offset : std_offset),
        .start = at < start  ? new_year
                 : at >= end ? new_year + end
                             : new_year + start,
        .end = at < start  ? new_year + start
               : at >= end ? next_year
                           : new_year + end,
        .dst = in_dst,
    };
    return true;
}
