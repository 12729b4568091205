/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/window.h"

#include "base/clock.h"
#include "template/zone.h"

enum { DAY = 86400, ZONE_BYTES = 1 << 20 };

/* The five fields as sets. */
struct cron {
    uint64_t minutes, hours, days, months, weekdays;
    bool any_day, any_weekday; /* "*": then only the other one counts */
};

/* Checked before (kz_is_cron). */
static uint64_t read_set(struct kz_str field, uint64_t least, uint64_t most)
{
    uint64_t set = 0;
    while (field.len > 0) {
        struct kz_str item, range, from;
        uint64_t a = least, b = most, step = 1;
        field = kz_str_cut(&item, field, ',');
        struct kz_str by = kz_str_cut(&range, item, '/');
        if (range.len < item.len)
            (void)kz_str_u64(&step, by);
        struct kz_str to = kz_str_cut(&from, range, '-');
        if (!kz_str_is(range, "*")) {
            (void)kz_str_u64(&a, from);
            b = range.len < item.len && from.len == range.len ? most : a; /* "5/10" goes on to the end */
            if (from.len < range.len)
                (void)kz_str_u64(&b, to);
        }
        for (uint64_t i = a; i <= b && i < 64; i += step > 0 ? step : 64)
            set |= UINT64_C(1) << i;
    }
    return set;
}

static struct cron read_cron(struct kz_str s)
{
    struct kz_str field[5];
    for (size_t i = 0; i < kz_countof(field); i++) {
        s = kz_str_trim(s);
        s = kz_str_cut(&field[i], s, ' ');
    }
    struct cron c = {
        .minutes = read_set(field[0], 0, 59), .hours = read_set(field[1], 0, 23), .days = read_set(field[2], 1, 31),
        .months = read_set(field[3], 1, 12),  .weekdays = read_set(field[4], 0, 7),
        .any_day = kz_str_is(field[2], "*"),  .any_weekday = kz_str_is(field[4], "*"),
    };
    if ((c.weekdays >> 7 & 1) != 0)
        c.weekdays |= 1; /* 7 is Sunday too */
    return c;
}

/* Days since 1970 to a date of the Gregorian calendar. */
static void date_of(unsigned *month, unsigned *day, int64_t days)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097), yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
}

/* As cron has it: with both day fields restricted, one of them is enough. */
static bool is_on(const struct cron *c, int64_t days)
{
    unsigned month, day, weekday = (unsigned)(((days + 4) % 7 + 7) % 7);
    date_of(&month, &day, days);
    bool by_day = (c->days >> day & 1) != 0, by_weekday = (c->weekdays >> weekday & 1) != 0;
    bool fits = c->any_day ? by_weekday : c->any_weekday ? by_day : by_day || by_weekday;
    return fits && (c->months >> month & 1) != 0;
}

static int64_t to_unix(const struct kz_zone *zone, int64_t local)
{
    int64_t guess = local - kz_zone_at(zone, local).offset; /* within a day of it, so at most one change off */
    return local - kz_zone_at(zone, guess).offset;
}

/* The last start at or before `now` on that day; INT64_MIN: none. */
static int64_t last_start(const struct cron *c, const struct kz_zone *zone, int64_t days, int64_t now)
{
    for (int h = 23; h >= 0; h--) {
        for (int m = 59; (c->hours >> h & 1) != 0 && m >= 0; m--) {
            if ((c->minutes >> m & 1) == 0)
                continue;
            int64_t at = to_unix(zone, days * DAY + h * 3600 + m * 60);
            if (at <= now)
                return at;
        }
    }
    return INT64_MIN;
}

static bool is_within(struct kz_str text, int64_t duration, const struct kz_zone *zone, int64_t now)
{
    const struct cron c = read_cron(text);
    int64_t today = (now + kz_zone_at(zone, now).offset) / DAY;
    for (int64_t day = today + 1; day >= today - duration / DAY - 2; day--) {
        int64_t at = is_on(&c, day) ? last_start(&c, zone, day, now) : INT64_MIN;
        if (at != INT64_MIN)
            return now - at < duration;
    }
    return false;
}

static bool names_it(const struct kz_value *names, struct kz_str name)
{
    for (size_t i = 0; i < kz_value_len(names); i++)
        if (kz_str_eq(kz_value_as_str(kz_value_at(names, i)), name))
            return true;
    return false;
}

bool kz_window_is_open(const struct kz_value *schedule, const struct kz_value *names, int64_t now)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ZONE_BYTES);
    const struct kz_value *windows = kz_value_get(schedule, "windows");
    const struct kz_zone *zone = NULL;
    bool open = kz_value_len(names) == 0;
    if (!kz_zone_find(&zone, a, kz_value_path_str(schedule, "timezone")))
        return false; /* a zone that nobody knows: nothing is open by mistake */
    for (size_t i = 0; i < kz_value_len(windows); i++) {
        const struct kz_value *w = kz_value_at(windows, i);
        struct kz_str allow = kz_value_path_str(w, "allow"), deny = kz_value_path_str(w, "deny");
        int64_t duration = 0;
        if (!kz_duration_parse(&duration, kz_value_path_str(w, "duration")))
            continue;
        bool within = is_within(deny.len > 0 ? deny : allow, duration / KZ_NS_PER_SEC, zone, now / KZ_NS_PER_SEC);
        if (within && deny.len > 0)
            return false;
        open = open || (within && names_it(names, kz_value_path_str(w, "name")));
    }
    return open;
}

const struct kz_value *kz_window_names(const struct kz_value *schedule, const struct kz_value *own, const char *cls)
{
    const struct kz_value *list = kz_value_get(own, cls);
    return kz_value_is(list, KZ_LIST) ? list : kz_value_get(kz_value_get(schedule, "default"), cls);
}
