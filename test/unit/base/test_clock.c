/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <criterion/criterion.h>

Test(clock, duration_parse)
{
    static const struct {
        const char *in;
        int64_t want; /* -1: refused */
    } rows[] = {
        {"0", 0},
        {"10s", 10 * KZ_NS_PER_SEC},
        {"1h30m", 5400 * KZ_NS_PER_SEC},
        {"1.5h", 5400 * KZ_NS_PER_SEC},
        {"250ms", 250 * KZ_NS_PER_MS},
        {"10", -1},
        {"", -1},
        {"-1s", -1},
        {"1d", -1},
        {"999999999999999h", -1},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        int64_t got = -1;
        bool ok = kz_duration_parse(&got, kz_str(rows[i].in));
        cr_assert_eq(ok, rows[i].want >= 0, "%s", rows[i].in);
        cr_assert_eq(got, rows[i].want, "%s", rows[i].in);
    }
}

Test(clock, time_round_trip)
{
    int64_t wall;
    char text[KZ_TIME_TEXT];
    cr_assert(kz_time_parse(&wall, KZ_STR("2026-11-22T20:52:11.000001+01:00")));
    kz_time_text_micro(text, wall);
    cr_assert_str_eq(text, "2026-11-22T19:52:11.000001Z");
    kz_time_text(text, wall);
    cr_assert_str_eq(text, "2026-11-22T19:52:11Z");
    cr_assert_not(kz_time_parse(&wall, KZ_STR("2026-11-22 20:52:11Z")));
    cr_assert_not(kz_time_parse(&wall, KZ_STR("2026-11-22T20:52:11")));
    cr_assert(kz_time_parse(&wall, KZ_STR("2262-04-11T23:47:16Z")));
    cr_assert_not(kz_time_parse(&wall, KZ_STR("2262-04-11T23:47:17Z"))); /* int64_t ns are over */
    cr_assert_not(kz_time_parse(&wall, KZ_STR("9999-12-31T00:00:00Z")));
}

Test(clock, duration_text)
{
    static const struct {
        int64_t ns;
        const char *want;
    } rows[] = {
        {250 * KZ_NS_PER_MS, "250ms"},
        {4 * KZ_NS_PER_SEC, "4s"},
        {131 * KZ_NS_PER_SEC, "2m11s"},
        {11520 * KZ_NS_PER_SEC, "3h12m"},
        {6 * 86400 * KZ_NS_PER_SEC, "6d"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        char got[KZ_TIME_TEXT];
        kz_duration_text(got, rows[i].ns);
        cr_assert_str_eq(got, rows[i].want);
    }
}
