/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/window.h"

#include "base/clock.h"
#include "template/zone.h"

enum { DAY = 86400, ZONE_BYTES = 1 << 20 };

/* The five fields as sets. */
struct cron {
    uint64_t minutes, hours, days, months, weekdays;
    bool any_day, any_weekday; /* "*": then only the other one counts */
    bool any_hour;             /* of any step: also in an hour that comes twice, each time */
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
        .any_hour = kz_str_starts(field[1], KZ_STR("*")),
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

/* The moments at which clocks show this local time, none, one or two; a change of the clocks lies within a day. */
static unsigned moments(int64_t at[2], const struct kz_zone *zone, int64_t local)
{
    const int32_t before = kz_zone_at(zone, local - DAY).offset, after = kz_zone_at(zone, local + DAY).offset;
    unsigned n = 0;
    if (kz_zone_at(zone, local - before).offset == before)
        at[n++] = local - before;
    if (after != before && kz_zone_at(zone, local - after).offset == after)
        at[n++] = local - after;
    return n;
}

/* When a window of that local time starts. One that comes twice starts anew each time if the hour is any; one at a
 * named hour starts once, the second time, so that it ends when its clock says. */
static unsigned starts_at(int64_t at[2], const struct cron *c, const struct kz_zone *zone, int64_t local)
{
    const unsigned n = moments(at, zone, local);
    if (n == 0)
        at[0] = local - kz_zone_at(zone, local - DAY).offset;
    else if (n == 2 && !c->any_hour)
        at[0] = at[1];
    return n == 2 && c->any_hour ? 2 : 1;
}

/* Clocks move by some hours at most: so far behind its neighbours in local time may a start be in truth. */
enum { SHIFT_MIN = 180, DAY_MIN = 1440 };

static bool starts_in_minute(const struct cron *c, int minute)
{
    return (c->hours >> (minute / 60) & 1) != 0 && (c->minutes >> (minute % 60) & 1) != 0;
}

/* The last start at or before `now` on that day; INT64_MIN: none. */
static int64_t last_start(const struct cron *c, const struct kz_zone *zone, int64_t days, int64_t now)
{
    int64_t best = INT64_MIN, at[2];
    int floor = 0;
    for (int m = DAY_MIN - 1; m >= floor; m--) {
        if (!starts_in_minute(c, m))
            continue;
        const unsigned n = starts_at(at, c, zone, days * DAY + m * 60);
        for (unsigned i = 0; i < n; i++) {
            if (at[i] > now || at[i] <= best)
                continue;
            floor = best == INT64_MIN && m > SHIFT_MIN ? m - SHIFT_MIN : floor;
            best = at[i];
        }
    }
    return best;
}

/* The first start after `now` on that day; INT64_MAX: none. */
static int64_t first_start(const struct cron *c, const struct kz_zone *zone, int64_t days, int64_t now)
{
    int64_t best = INT64_MAX, at[2];
    int ceiling = DAY_MIN;
    for (int m = 0; m < ceiling; m++) {
        if (!starts_in_minute(c, m))
            continue;
        const unsigned n = starts_at(at, c, zone, days * DAY + m * 60);
        for (unsigned i = 0; i < n; i++) {
            if (at[i] <= now || at[i] >= best)
                continue;
            ceiling = best == INT64_MAX && m + SHIFT_MIN < DAY_MIN ? m + SHIFT_MIN : ceiling;
            best = at[i];
        }
    }
    return best;
}

/* ---- one window -------------------------------------------------------------------------------------- */

struct window { /* of the schedule, read */
    struct kz_str name;
    bool denies, counts; /* counts: it is one of those that were asked for, or denies */
    struct cron cron;
    int64_t duration;    /* seconds */
};

static int64_t local_day(const struct kz_zone *zone, int64_t now)
{
    return (now + kz_zone_at(zone, now).offset) / DAY;
}

/* The end of the span that is open at `now`; INT64_MIN: none is. */
static int64_t open_until(const struct window *w, const struct kz_zone *zone, int64_t now)
{
    const int64_t today = local_day(zone, now);
    for (int64_t day = today + 1; day >= today - w->duration / DAY - 2; day--) {
        const int64_t at = is_on(&w->cron, day) ? last_start(&w->cron, zone, day, now) : INT64_MIN;
        if (at != INT64_MIN)
            return now - at < w->duration ? at + w->duration : INT64_MIN;
    }
    return INT64_MIN;
}

/* The first start after `now`, within ten years; INT64_MAX: none. */
static int64_t next_start(const struct window *w, const struct kz_zone *zone, int64_t now)
{
    const int64_t today = local_day(zone, now);
    for (int64_t day = today - 1; day <= today + 10 * 366; day++) {
        const int64_t at = is_on(&w->cron, day) ? first_start(&w->cron, zone, day, now) : INT64_MAX;
        if (at != INT64_MAX)
            return at;
    }
    return INT64_MAX;
}

/* ---- all of them -------------------------------------------------------------------------------------- */

struct windows {
    struct kz_arena *arena;
    const struct kz_zone *zone;
    struct window *at;
    size_t n;
    bool any_time; /* nothing was named: open but for what denies */
};

static bool names_it(const struct kz_value *names, struct kz_str name)
{
    for (size_t i = 0; i < kz_value_len(names); i++)
        if (kz_str_eq(kz_value_as_str(kz_value_at(names, i)), name))
            return true;
    return false;
}

/* false: a zone that nobody knows, so nothing is open by mistake. */
static bool read_windows(struct windows *out, struct kz_arena *a, const struct kz_value *schedule,
                         const struct kz_value *names)
{
    const struct kz_value *list = kz_value_get(schedule, "windows");
    *out = (struct windows){.arena = a, .any_time = kz_value_len(names) == 0};
    if (!kz_zone_find(&out->zone, a, kz_value_path_str(schedule, "timezone")))
        return false;
    out->at = kz_new_n(a, struct window, kz_value_len(list) + 1);
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *v = kz_value_at(list, i);
        const struct kz_str deny = kz_value_path_str(v, "deny"), name = kz_value_path_str(v, "name");
        struct window w = {.name = name, .denies = deny.len > 0};
        if (!kz_duration_parse(&w.duration, kz_value_path_str(v, "duration")) || (!w.denies && !names_it(names, name)))
            continue;
        w.duration /= KZ_NS_PER_SEC;
        w.cron = read_cron(w.denies ? deny : kz_value_path_str(v, "allow"));
        out->at[out->n++] = w;
    }
    return true;
}

/* A moment at or after `now` at which one of them allows it, whatever denies. */
static int64_t next_allowed(struct kz_str *name, const struct windows *ws, int64_t now)
{
    int64_t best = ws->any_time ? now : INT64_MAX;
    for (size_t i = 0; i < ws->n && best > now; i++) {
        const struct window *w = &ws->at[i];
        if (w->denies)
            continue;
        const int64_t at = open_until(w, ws->zone, now) != INT64_MIN ? now : next_start(w, ws->zone, now);
        if (at >= best)
            continue;
        best = at;
        *name = w->name;
    }
    return best;
}

/* Until when what is open then denies, or allows; INT64_MIN: nothing does. */
static int64_t longest(struct kz_str *name, const struct windows *ws, bool denies, int64_t now)
{
    int64_t until = INT64_MIN;
    for (size_t i = 0; i < ws->n; i++) {
        const int64_t end = ws->at[i].denies == denies ? open_until(&ws->at[i], ws->zone, now) : INT64_MIN;
        if (end <= until)
            continue;
        until = end;
        *name = ws->at[i].name;
    }
    return until;
}

/* Spans that follow each other without a gap are walked one by one. */
enum { SPANS_MAX = 1000 };

static int64_t to_ns(int64_t sec)
{
    return sec >= INT64_MAX / KZ_NS_PER_SEC ? KZ_WINDOW_NEVER : sec * KZ_NS_PER_SEC;
}

bool kz_window_is_open(const struct kz_value *schedule, const struct kz_value *names, int64_t now)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ZONE_BYTES);
    struct windows ws;
    struct kz_str name;
    if (!read_windows(&ws, a, schedule, names))
        return false;
    const int64_t sec = now / KZ_NS_PER_SEC;
    return longest(&name, &ws, true, sec) == INT64_MIN && (ws.any_time || longest(&name, &ws, false, sec) != INT64_MIN);
}

struct kz_window_turn kz_window_opens(const struct kz_value *schedule, const struct kz_value *names, int64_t now)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ZONE_BYTES);
    struct kz_window_turn turn = {.at = KZ_WINDOW_NEVER, .name = KZ_STR("")};
    struct windows ws;
    struct kz_str denier;
    int64_t sec = now / KZ_NS_PER_SEC;
    if (!read_windows(&ws, a, schedule, names))
        return turn;
    for (int i = 0; i < SPANS_MAX && sec != INT64_MAX; i++) {
        const int64_t at = next_allowed(&turn.name, &ws, sec);
        const int64_t denied = at == INT64_MAX ? INT64_MIN : longest(&denier, &ws, true, at);
        if (denied == INT64_MIN) {
            turn.at = at == now / KZ_NS_PER_SEC ? now : to_ns(at);
            break;
        }
        sec = denied;
    }
    if (longest(&denier, &ws, true, now / KZ_NS_PER_SEC) != INT64_MIN) { /* what is in the way just now */
        turn.name = denier;
        turn.denied = true;
    }
    return turn;
}

/* The first start of what denies, after `now`. */
static struct kz_window_turn next_denied(const struct windows *ws, int64_t now)
{
    struct kz_window_turn turn = {.at = INT64_MAX, .name = KZ_STR(""), .denied = true};
    for (size_t i = 0; i < ws->n; i++) {
        const int64_t at = ws->at[i].denies ? next_start(&ws->at[i], ws->zone, now) : INT64_MAX;
        if (at >= turn.at)
            continue;
        turn.at = at;
        turn.name = ws->at[i].name;
    }
    return turn;
}

struct kz_window_turn kz_window_closes(const struct kz_value *schedule, const struct kz_value *names, int64_t now)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ZONE_BYTES);
    struct kz_window_turn open = {.at = now / KZ_NS_PER_SEC, .name = KZ_STR("")};
    struct windows ws;
    if (!kz_window_is_open(schedule, names, now) || !read_windows(&ws, a, schedule, names))
        return (struct kz_window_turn){.at = now, .name = KZ_STR("")};
    struct kz_window_turn denied = next_denied(&ws, open.at);
    bool ends = false;
    for (int i = 0; i < SPANS_MAX && !ws.any_time && !ends && open.at < denied.at; i++) {
        const int64_t more = longest(&open.name, &ws, false, open.at);
        ends = more == INT64_MIN;
        open.at = ends ? open.at : more;
    }
    if (!ws.any_time && !ends && open.at < denied.at)
        denied.at = INT64_MAX; /* too many spans without a gap */
    struct kz_window_turn turn = ends ? open : denied;
    turn.at = to_ns(turn.at);
    return turn;
}

void kz_window_clock(char text[KZ_WINDOW_TEXT], const struct kz_value *schedule, int64_t at, int64_t now)
{
    static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    kz_autoarena struct kz_arena *a = kz_arena_new(ZONE_BYTES);
    const struct kz_zone *zone = NULL;
    char time[KZ_TIME_TEXT], day[16] = "";
    (void)!kz_zone_find(&zone, a, kz_value_path_str(schedule, "timezone"));
    const int64_t local = at / KZ_NS_PER_SEC + kz_zone_at(zone, at / KZ_NS_PER_SEC).offset;
    kz_time_text(time, local * KZ_NS_PER_SEC); /* 2026-11-22T02:00:00Z, in local time */
    if (at - now >= 6 * DAY * KZ_NS_PER_SEC)
        (void)snprintf(day, sizeof day, "%.10s ", time);
    else if (at - now >= 20 * 3600 * KZ_NS_PER_SEC)
        (void)snprintf(day, sizeof day, "%s ", weekdays[((local / DAY + 4) % 7 + 7) % 7]);
    (void)snprintf(text, KZ_WINDOW_TEXT, "%s%.5s " KZ_FMT, day, time + 11, KZ_ARG(kz_zone_name(zone)));
}

const struct kz_value *kz_window_names(const struct kz_value *schedule, const struct kz_value *own, const char *cls)
{
    const struct kz_value *list = kz_value_get(own, cls);
    return kz_value_is(list, KZ_LIST) ? list : kz_value_get(kz_value_get(schedule, "default"), cls);
}
