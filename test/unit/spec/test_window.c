/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/window.h"

#include "base/clock.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

static bool is_open(struct kz_arena *a, const char *schedule, const char *names, const char *time)
{
    struct kz_value *s = NULL, *n = NULL;
    struct kz_err err;
    int64_t now = 0;
    cr_assert_eq(kz_yaml_read(&s, a, kz_str(schedule), KZ_STR("in"), &err), 0, "%s", err.frame[0]);
    cr_assert_eq(kz_yaml_read(&n, a, kz_str(names), KZ_STR("in"), &err), 0, "%s", err.frame[0]);
    cr_assert(kz_time_parse(&now, kz_str(time)), "%s", time);
    return kz_window_is_open(s, n, now);
}

#define ONE(zone, kind, cron, duration)                                                                               \
    "{timezone: " zone ", windows: [{name: x, " kind ": '" cron "', duration: " duration "}]}"

Test(window, is_open)
{
    static const struct {
        const char *schedule, *names, *time;
        bool want;
    } rows[] = {
        /* no names: any time, but for what is denied */
        {"{}", "[]", "2026-11-22T12:00:00Z", true},
        {"{}", "[x]", "2026-11-22T12:00:00Z", false},
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[]", "2026-11-22T12:00:00Z", true},
        {ONE("UTC", "deny", "0 0 * * *", "24h"), "[]", "2026-11-22T12:00:00Z", false},
        /* edges */
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[x]", "2026-11-22T01:59:59Z", false},
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[x]", "2026-11-22T02:00:00Z", true},
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[x]", "2026-11-22T04:59:59Z", true},
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[x]", "2026-11-22T05:00:00Z", false},
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[y]", "2026-11-22T03:00:00Z", false},
        /* over midnight, over months and years */
        {ONE("UTC", "allow", "30 23 * * *", "2h"), "[x]", "2026-11-23T01:29:00Z", true},
        {ONE("UTC", "allow", "30 23 * * *", "2h"), "[x]", "2026-11-23T01:30:00Z", false},
        {ONE("UTC", "deny", "0 0 20 12 *", "400h"), "[]", "2027-01-05T15:59:00Z", false},
        {ONE("UTC", "deny", "0 0 20 12 *", "400h"), "[]", "2027-01-05T16:00:00Z", true},
        {ONE("UTC", "allow", "0 0 29 2 *", "1h"), "[x]", "2028-02-29T00:30:00Z", true},
        {ONE("UTC", "allow", "0 0 29 2 *", "1h"), "[x]", "2027-03-01T00:30:00Z", false},
        /* weekdays: 2026-11-22 is a Sunday */
        {ONE("UTC", "allow", "0 2 * * 1-5", "3h"), "[x]", "2026-11-22T03:00:00Z", false},
        {ONE("UTC", "allow", "0 2 * * 1-5", "3h"), "[x]", "2026-11-23T03:00:00Z", true},
        {ONE("UTC", "allow", "0 2 * * 7", "3h"), "[x]", "2026-11-22T03:00:00Z", true},
        {ONE("UTC", "allow", "0 2 * * 0", "3h"), "[x]", "2026-11-22T03:00:00Z", true},
        {ONE("UTC", "allow", "0 2 1 * 1", "1h"), "[x]", "2026-11-23T02:30:00Z", true}, /* either of the two */
        {ONE("UTC", "allow", "0 2 1 * 1", "1h"), "[x]", "2026-12-01T02:30:00Z", true},
        {ONE("UTC", "allow", "0 2 1 * 1", "1h"), "[x]", "2026-12-02T02:30:00Z", false},
        /* lists and steps */
        {ONE("UTC", "allow", "*/15 8,20 * * *", "5m"), "[x]", "2026-11-22T20:34:00Z", true},
        {ONE("UTC", "allow", "*/15 8,20 * * *", "5m"), "[x]", "2026-11-22T20:36:00Z", false},
        {ONE("UTC", "allow", "*/15 8,20 * * *", "5m"), "[x]", "2026-11-22T21:01:00Z", false},
        {ONE("UTC", "allow", "10-20/5 * * * *", "1m"), "[x]", "2026-11-22T21:15:30Z", true},
        {ONE("UTC", "allow", "10-20/5 * * * *", "1m"), "[x]", "2026-11-22T21:25:30Z", false},
        /* zones: Berlin is at +1 in November, +2 in July; 02:00 does not exist there on 2026-03-29 */
        {ONE("Europe/Berlin", "allow", "0 2 * * *", "1h"), "[x]", "2026-11-22T01:30:00Z", true},
        {ONE("Europe/Berlin", "allow", "0 2 * * *", "1h"), "[x]", "2026-11-22T02:30:00Z", false},
        {ONE("Europe/Berlin", "allow", "0 2 * * *", "1h"), "[x]", "2026-07-22T00:30:00Z", true},
        {ONE("Europe/Berlin", "allow", "0 2 * * *", "1h"), "[x]", "2026-03-29T00:59:00Z", false},
        {ONE("Europe/Berlin", "allow", "0 2 * * *", "1h"), "[x]", "2026-03-29T01:30:00Z", true},
        {ONE("Europe/Berlin", "allow", "30 2 25 10 *", "30m"), "[x]", "2026-10-25T01:45:00Z", true},
        {ONE("Asia/Kolkata", "allow", "30 5 * * *", "1h"), "[x]", "2026-11-22T00:10:00Z", true},
        {ONE("No/Where", "allow", "* * * * *", "1h"), "[x]", "2026-11-22T00:10:00Z", false},
        /* deny beats allow */
        {"{windows: [{name: x, allow: '0 0 * * *', duration: 24h}, {name: freeze, deny: '0 12 * * *', duration: 1h}]}", "[x]",
         "2026-11-22T12:30:00Z", false},
        {"{windows: [{name: x, allow: '0 0 * * *', duration: 24h}, {name: freeze, deny: '0 12 * * *', duration: 1h}]}", "[x]",
         "2026-11-22T13:30:00Z", true},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        cr_expect_eq(is_open(a, rows[i].schedule, rows[i].names, rows[i].time), rows[i].want, "%s %s at %s",
                     rows[i].schedule, rows[i].names, rows[i].time);
    }
}

Test(window, names_of_a_class)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *s = NULL, *own = NULL;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read(&s, a, KZ_STR("{default: {restart: [a], routine: []}}"), KZ_STR("in"), &err), 0);
    cr_assert_eq(kz_yaml_read(&own, a, KZ_STR("{restart: [b, c]}"), KZ_STR("in"), &err), 0);
    cr_expect_eq(kz_value_len(kz_window_names(s, own, "restart")), 2);
    cr_expect_eq(kz_value_len(kz_window_names(s, NULL, "restart")), 1);
    cr_expect_eq(kz_value_len(kz_window_names(s, own, "routine")), 0);
    cr_expect_eq(kz_value_len(kz_window_names(NULL, NULL, "restart")), 0);
}

/* ---- the next turn ------------------------------------------------------------------------------------------- */

static const struct kz_value *read_yaml(struct kz_arena *a, const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read(&v, a, kz_str(text), KZ_STR("in"), &err), 0, "%s", err.frame[0]);
    return v;
}

struct turn_row {
    const char *schedule, *names, *now, *opens, *closes; /* "" never, "-" it is so already */
};

static void expect_turn(const struct kz_window_turn *got, const char *want, int64_t now, const char *what,
                        const struct turn_row *row)
{
    char text[KZ_TIME_TEXT] = "never";
    int64_t at = want[0] == '-' ? now : KZ_WINDOW_NEVER;
    if (want[0] != '-' && want[0] != '\0')
        cr_assert(kz_time_parse(&at, kz_str(want)), "%s", want);
    if (got->at != KZ_WINDOW_NEVER)
        kz_time_text(text, got->at);
    cr_expect_eq(got->at, at, "%s of %s %s at %s: got %s, want %s", what, row->schedule, row->names, row->now, text, want);
}

static void check_turns(const struct turn_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        const struct kz_value *schedule = read_yaml(a, rows[i].schedule), *names = read_yaml(a, rows[i].names);
        int64_t now = 0;
        cr_assert(kz_time_parse(&now, kz_str(rows[i].now)), "%s", rows[i].now);
        const struct kz_window_turn opens = kz_window_opens(schedule, names, now);
        const struct kz_window_turn closes = kz_window_closes(schedule, names, now);
        expect_turn(&opens, rows[i].opens, now, "opening", &rows[i]);
        expect_turn(&closes, rows[i].closes, now, "closing", &rows[i]);
        cr_expect_eq(kz_window_is_open(schedule, names, now), opens.at == now);
        if (opens.at != KZ_WINDOW_NEVER && opens.at > now) { /* exactly then, and not a second before */
            cr_expect(kz_window_is_open(schedule, names, opens.at), "%s %s", rows[i].schedule, rows[i].now);
            cr_expect_not(kz_window_is_open(schedule, names, opens.at - KZ_NS_PER_SEC), "%s %s", rows[i].schedule, rows[i].now);
        }
        if (closes.at != KZ_WINDOW_NEVER && closes.at > now) {
            cr_expect_not(kz_window_is_open(schedule, names, closes.at), "%s %s", rows[i].schedule, rows[i].now);
            cr_expect(kz_window_is_open(schedule, names, closes.at - KZ_NS_PER_SEC), "%s %s", rows[i].schedule, rows[i].now);
        }
    }
}

/* 2026-11-22 is a Sunday. */
Test(window, turns_by_form_of_cron)
{
    static const struct turn_row rows[] = {
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[x]", "2026-11-22T01:00:00Z", "2026-11-22T02:00:00Z", "-"},
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[x]", "2026-11-22T02:00:00Z", "-", "2026-11-22T05:00:00Z"},
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[x]", "2026-11-22T04:59:59Z", "-", "2026-11-22T05:00:00Z"},
        {ONE("UTC", "allow", "0 2 * * *", "3h"), "[x]", "2026-11-22T05:00:00Z", "2026-11-23T02:00:00Z", "-"},
        {ONE("UTC", "allow", "0 2 * * 1-5", "3h"), "[x]", "2026-11-20T06:00:00Z", "2026-11-23T02:00:00Z", "-"},
        {ONE("UTC", "allow", "0 2 * * 0", "1h"), "[x]", "2026-11-22T03:00:00Z", "2026-11-29T02:00:00Z", "-"},
        {ONE("UTC", "allow", "0 2 * * 7", "1h"), "[x]", "2026-11-22T03:00:00Z", "2026-11-29T02:00:00Z", "-"},
        {ONE("UTC", "allow", "0 2 * * 6,0", "1h"), "[x]", "2026-11-22T03:00:00Z", "2026-11-28T02:00:00Z", "-"},
        {ONE("UTC", "allow", "*/15 8,20 * * *", "5m"), "[x]", "2026-11-22T08:46:00Z", "-", "2026-11-22T08:50:00Z"},
        {ONE("UTC", "allow", "*/15 8,20 * * *", "5m"), "[x]", "2026-11-22T08:51:00Z", "2026-11-22T20:00:00Z", "-"},
        {ONE("UTC", "allow", "10-20/5 * * * *", "1m"), "[x]", "2026-11-22T23:21:00Z", "2026-11-23T00:10:00Z", "-"},
        {ONE("UTC", "allow", "5/20 * * * *", "1m"), "[x]", "2026-11-22T23:26:00Z", "2026-11-22T23:45:00Z", "-"},
        {ONE("UTC", "allow", "0 0 1 1 *", "24h"), "[x]", "2026-11-22T00:00:00Z", "2027-01-01T00:00:00Z", "-"},
        {ONE("UTC", "allow", "0 0 31 * *", "1h"), "[x]", "2026-11-22T00:00:00Z", "2026-12-31T00:00:00Z", "-"},
        {ONE("UTC", "allow", "0 0 29 2 *", "1h"), "[x]", "2026-11-22T00:00:00Z", "2028-02-29T00:00:00Z", "-"},
        {ONE("UTC", "allow", "0 0 13 * 5", "1h"), "[x]", "2026-11-22T00:00:00Z", "2026-11-27T00:00:00Z", "-"}, /* either */
        {ONE("UTC", "allow", "0 0 30 2 *", "1h"), "[x]", "2026-11-22T00:00:00Z", "", "-"},
        {ONE("UTC", "allow", "0 0 * 12-1 *", "1h"), "[x]", "2026-11-22T00:00:00Z", "", "-"},
        /* over midnight, months and years */
        {ONE("UTC", "allow", "30 23 * * *", "2h"), "[x]", "2026-11-23T01:00:00Z", "-", "2026-11-23T01:30:00Z"},
        {ONE("UTC", "allow", "30 23 31 12 *", "2h"), "[x]", "2027-01-01T00:30:00Z", "-", "2027-01-01T01:30:00Z"},
        {ONE("UTC", "allow", "0 0 20 12 *", "400h"), "[x]", "2027-01-02T00:00:00Z", "-", "2027-01-05T16:00:00Z"},
        /* spans that touch, or overlap */
        {ONE("UTC", "allow", "0 0,1,2 * * *", "1h"), "[x]", "2026-11-22T00:30:00Z", "-", "2026-11-22T03:00:00Z"},
        {ONE("UTC", "allow", "0,30 4 * * *", "45m"), "[x]", "2026-11-22T04:10:00Z", "-", "2026-11-22T05:15:00Z"},
        {ONE("UTC", "allow", "* * * * *", "1m"), "[x]", "2026-11-22T04:10:00Z", "-", ""},
        {ONE("UTC", "deny", "* * * * *", "1m"), "[]", "2026-11-22T04:10:00Z", "", "-"},
        /* several windows; names that there are not */
        {"{windows: [{name: a, allow: '0 2 * * *', duration: 1h}, {name: b, allow: '30 2 * * *', duration: 2h}]}", "[a, b]",
         "2026-11-22T02:10:00Z", "-", "2026-11-22T04:30:00Z"},
        {"{windows: [{name: a, allow: '0 2 * * *', duration: 1h}, {name: b, allow: '0 1 * * *', duration: 1h}]}", "[a]",
         "2026-11-22T00:00:00Z", "2026-11-22T02:00:00Z", "-"},
        {"{}", "[x]", "2026-11-22T00:00:00Z", "", "-"},
        {"{}", "[]", "2026-11-22T00:00:00Z", "-", ""},
        {ONE("No/Where", "allow", "* * * * *", "1h"), "[x]", "2026-11-22T00:00:00Z", "", "-"},
        /* deny beats allow: it cuts a window short, moves its opening, or swallows it */
        {"{windows: [{name: x, allow: '0 2 * * *', duration: 3h}, {name: f, deny: '0 4 * * *', duration: 2h}]}", "[x]",
         "2026-11-22T03:00:00Z", "-", "2026-11-22T04:00:00Z"},
        {"{windows: [{name: x, allow: '0 2 * * *', duration: 3h}, {name: f, deny: '0 1 * * *', duration: 2h}]}", "[x]",
         "2026-11-22T00:00:00Z", "2026-11-22T03:00:00Z", "-"},
        {"{windows: [{name: x, allow: '0 2 * * *', duration: 3h}, {name: f, deny: '0 1 23 11 *', duration: 4h}]}", "[x]",
         "2026-11-22T06:00:00Z", "2026-11-24T02:00:00Z", "-"},
        {ONE("UTC", "deny", "0 12 * * *", "1h"), "[]", "2026-11-22T11:00:00Z", "-", "2026-11-22T12:00:00Z"},
        {ONE("UTC", "deny", "0 12 * * *", "1h"), "[]", "2026-11-22T12:15:00Z", "2026-11-22T13:00:00Z", "-"},
    };
    check_turns(rows, kz_countof(rows));
}

/* Berlin 2026: +1 to +2 on 29 March at 01:00Z, back on 25 October at 01:00Z.
 * New York 2026: -5 to -4 on 8 March at 07:00Z, back on 1 November at 06:00Z.
 * Lord Howe 2026: +11 to +10:30 on 5 April at 15:00Z of the 4th, to +11 on 4 October at 15:30Z of the 3rd. */
Test(window, turns_when_clocks_are_set)
{
    static const struct turn_row rows[] = {
        /* a named hour that does not exist is an hour later */
        {ONE("Europe/Berlin", "allow", "30 2 * * *", "1h"), "[x]", "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z", "-"},
        {ONE("Europe/Berlin", "allow", "30 2 * * *", "1h"), "[x]", "2026-03-29T01:45:00Z", "-", "2026-03-29T02:30:00Z"},
        {ONE("America/New_York", "allow", "30 2 * * *", "1h"), "[x]", "2026-03-08T06:00:00Z", "2026-03-08T07:30:00Z", "-"},
        {ONE("America/New_York", "allow", "30 2 * * *", "1h"), "[x]", "2026-03-08T06:45:00Z", "2026-03-08T07:30:00Z", "-"},
        {ONE("Australia/Lord_Howe", "allow", "15 2 * * *", "1h"), "[x]", "2026-10-03T15:00:00Z", "2026-10-03T15:45:00Z", "-"},
        /* one that comes twice is the second */
        {ONE("Europe/Berlin", "allow", "30 2 * * *", "1h"), "[x]", "2026-10-25T00:00:00Z", "2026-10-25T01:30:00Z", "-"},
        {ONE("Europe/Berlin", "allow", "30 2 * * *", "1h"), "[x]", "2026-10-25T00:45:00Z", "2026-10-25T01:30:00Z", "-"},
        {ONE("America/New_York", "allow", "30 1 * * *", "1h"), "[x]", "2026-11-01T05:00:00Z", "2026-11-01T06:30:00Z", "-"},
        {ONE("Australia/Lord_Howe", "allow", "45 1 * * *", "10m"), "[x]", "2026-04-04T14:00:00Z", "2026-04-04T15:15:00Z", "-"},
        /* a window over the change is as long as it says */
        {ONE("Europe/Berlin", "allow", "0 1 * * *", "3h"), "[x]", "2026-03-29T00:30:00Z", "-", "2026-03-29T03:00:00Z"},
        {ONE("Europe/Berlin", "allow", "0 1 * * *", "3h"), "[x]", "2026-10-25T00:30:00Z", "-", "2026-10-25T02:00:00Z"},
        {ONE("Australia/Lord_Howe", "allow", "0 0 * * *", "4h"), "[x]", "2026-04-04T14:00:00Z", "-", "2026-04-04T17:00:00Z"},
        /* the days before and after */
        {ONE("Europe/Berlin", "allow", "0 2 * * *", "1h"), "[x]", "2026-03-28T02:30:00Z", "2026-03-29T01:00:00Z", "-"},
        {ONE("Europe/Berlin", "allow", "0 2 * * *", "1h"), "[x]", "2026-03-29T02:00:00Z", "2026-03-30T00:00:00Z", "-"},
        {ONE("America/New_York", "allow", "0 2 * * *", "1h"), "[x]", "2026-10-31T08:00:00Z", "2026-11-01T07:00:00Z", "-"},
        {ONE("Australia/Lord_Howe", "allow", "0 2 * * *", "1h"), "[x]", "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z", "-"},
        /* any hour: each time that the minute comes, also in the hour that comes twice, and not in one that does not */
        {ONE("Europe/Berlin", "allow", "30 * * * *", "5m"), "[x]", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "-"},
        {ONE("Europe/Berlin", "allow", "30 * * * *", "5m"), "[x]", "2026-10-25T00:40:00Z", "2026-10-25T01:30:00Z", "-"},
        {ONE("Europe/Berlin", "allow", "30 * * * *", "5m"), "[x]", "2026-03-29T00:40:00Z", "2026-03-29T01:30:00Z", "-"},
        {ONE("America/New_York", "allow", "30 */1 * * *", "5m"), "[x]", "2026-11-01T05:00:00Z", "2026-11-01T05:30:00Z", "-"},
        {ONE("Australia/Lord_Howe", "allow", "45 * * * *", "5m"), "[x]", "2026-04-04T14:30:00Z", "2026-04-04T14:45:00Z", "-"},
        {ONE("Australia/Lord_Howe", "allow", "45 * * * *", "5m"), "[x]", "2026-04-04T14:55:00Z", "2026-04-04T15:15:00Z", "-"},
        /* zones without changes, and on the other side of the date */
        {ONE("Asia/Kolkata", "allow", "30 5 * * *", "1h"), "[x]", "2026-11-21T23:00:00Z", "2026-11-22T00:00:00Z", "-"},
        {ONE("Pacific/Kiritimati", "allow", "0 2 * * 1", "1h"), "[x]", "2026-11-22T00:00:00Z", "2026-11-22T12:00:00Z", "-"},
        {ONE("Pacific/Pago_Pago", "allow", "0 20 * * 0", "1h"), "[x]", "2026-11-23T00:00:00Z", "2026-11-23T07:00:00Z", "-"},
    };
    check_turns(rows, kz_countof(rows));
}

Test(window, turns_have_names)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_value *s = read_yaml(a, "{windows: [{name: night, allow: '0 2 * * *', duration: 1h}, "
                                            "{name: noon, allow: '0 12 * * *', duration: 1h}, "
                                            "{name: freeze, deny: '0 6 22 11 *', duration: 48h}]}");
    const struct kz_value *names = read_yaml(a, "[night, noon]");
    int64_t before = 0, inside = 0, open = 0;
    cr_assert(kz_time_parse(&before, KZ_STR("2026-11-21T22:00:00Z")) && kz_time_parse(&inside, KZ_STR("2026-11-22T07:00:00Z")) &&
              kz_time_parse(&open, KZ_STR("2026-11-21T12:30:00Z")));
    struct kz_window_turn t = kz_window_opens(s, names, before);
    cr_expect(kz_str_is(t.name, "night") && !t.denied);
    t = kz_window_opens(s, names, inside);
    cr_expect(kz_str_is(t.name, "freeze") && t.denied);
    t = kz_window_closes(s, names, open);
    cr_expect(kz_str_is(t.name, "noon") && !t.denied);
}

Test(window, clock)
{
    static const struct {
        const char *zone, *at, *now, *want;
    } rows[] = {
        {"{timezone: Europe/Berlin}", "2026-11-23T01:00:00Z", "2026-11-22T20:48:00Z", "02:00 Europe/Berlin"},
        {"{timezone: Europe/Berlin}", "2026-11-28T01:00:00Z", "2026-11-23T20:48:00Z", "Sat 02:00 Europe/Berlin"},
        {"{timezone: America/New_York}", "2026-12-10T02:30:00Z", "2026-11-23T20:48:00Z", "2026-12-09 21:30 America/New_York"},
        {"{}", "2026-11-22T20:49:00Z", "2026-11-22T20:48:00Z", "20:49 UTC"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        char text[KZ_WINDOW_TEXT];
        int64_t at = 0, now = 0;
        cr_assert(kz_time_parse(&at, kz_str(rows[i].at)) && kz_time_parse(&now, kz_str(rows[i].now)));
        kz_window_clock(text, read_yaml(a, rows[i].zone), at, now);
        cr_expect_str_eq(text, rows[i].want);
    }
}
