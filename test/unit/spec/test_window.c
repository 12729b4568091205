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
