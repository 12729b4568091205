/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/words.h"
#include "base/clock.h"
#include "value/json.h"

#include <criterion/criterion.h>

static int64_t noon(void)
{
    int64_t now;
    cr_assert(kz_time_parse(&now, KZ_STR("2026-11-23T12:00:00Z")));
    return now;
}

Test(words, until)
{
    static const struct {
        const char *time, *want;
    } rows[] = {{"2026-11-23T16:12:00Z", "in 4h12m"},
                {"2026-11-23T12:00:00Z", "now"},
                {"2020-01-01T00:00:00Z", "now"},
                {"", ""},
                {"tomorrow", ""}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
        struct kz_str got = kz_text_until(a, kz_str(rows[i].time), noon());
        cr_expect(kz_str_is(got, rows[i].want), "'%s': '%.*s'", rows[i].time, KZ_ARG(got));
    }
}

/* What is said already is not said twice. */
Test(words, note)
{
    static const struct {
        const char *module, *want;
    } rows[] = {
        {"{}", ""},
        {"{\"note\":\"after istio\"}", "after istio"},
        {"{\"heldBy\":[\"window\"],\"opens\":\"2026-11-23T13:00:00Z\"}", "held by window; opens in 1h"},
        {"{\"note\":\"window nightly, opens in 1h\",\"opens\":\"2026-11-23T13:00:00Z\"}",
         "window nightly, opens in 1h"},
        {"{\"paused\":{\"reason\":\"audit\",\"by\":\"anna\"}}", "audit; by anna"},
        {"{\"paused\":{\"reason\":\"audit\",\"until\":\"2026-11-23T12:30:00Z\"}}", "audit; ends in 30m"},
        {"{\"note\":\"audit\",\"paused\":{\"reason\":\"audit\",\"by\":\"anna\",\"until\":\"2026-11-23T12:30:00Z\"}}",
         "audit; by anna, ends in 30m"},
        {"{\"note\":\"audit, until 2026-11-23T12:30:00Z\",\"paused\":{\"by\":\"anna\",\"until\":\"2026-11-23T12:30:00Z\"}}",
         "audit, until 2026-11-23T12:30:00Z; by anna"},
        {"{\"note\":\"restart class, window nightly opens in 4h 12m (02:00 Europe/Berlin); x\",\"opens\":\"2026-11-23T13:00:00Z\"}",
         "restart class, window nightly opens in 1h (02:00 Europe/Berlin); x"},
        {"{\"note\":\"window nightly opens in 9h; needs approval\",\"opens\":\"2026-11-23T13:00:00Z\"}",
         "window nightly opens in 1h; needs approval"},
        {"{\"note\":\"window nightly opens in 9h\"}", "window nightly opens in 9h"},
        {"{\"note\":7,\"paused\":[1],\"heldBy\":\"x\",\"opens\":true}", ""},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_value *m;
        struct kz_err err;
        cr_assert_geq(kz_json_read(&m, a, kz_str(rows[i].module), KZ_STR("m"), &err), 0);
        struct kz_str got = kz_module_note(a, m, noon());
        cr_expect(kz_str_is(got, rows[i].want), "%s: '%.*s'", rows[i].module, KZ_ARG(got));
    }
}

Test(words, clip)
{
    static const struct {
        const char *in;
        size_t width;
        bool utf8;
        const char *want;
    } rows[] = {{"abcdef", 0, false, "abcdef"},
                {"abcdef", 6, false, "abcdef"},
                {"abcdef", 5, false, "abc.."},
                {"abcdef", 5, true, "abcd\u2026"},
                {"\u00e4\u00f6\u00fc\u00df", 3, true, "\u00e4\u00f6\u2026"},
                {"abc", 2, false, "ab"}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
        struct kz_str got = kz_text_clip(a, kz_str(rows[i].in), rows[i].width, rows[i].utf8);
        cr_expect(kz_str_is(got, rows[i].want), "%s %zu: '%.*s'", rows[i].in, rows[i].width, KZ_ARG(got));
    }
}

Test(words, wrap)
{
    static const struct {
        size_t at, width;
        const char *want;
    } rows[] = {
        {0, 0, "one, two, three, four\n"},
        {0, 12, "one, two,\n  three,\n  four\n"},
        {0, 3, "one,\n  two,\n  three,\n  four\n"},
        {8, 16, "one,\n  two, three,\n  four\n"},
    };
    const struct kz_str list[] = {KZ_STR_INIT("one"), KZ_STR_INIT("two"), KZ_STR_INIT("three"), KZ_STR_INIT("four")};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        kz_words_wrap(&b, list, kz_countof(list), ", ", rows[i].at, 2, rows[i].width);
        cr_expect_str_eq(b.ptr, rows[i].want, "%zu %zu:\n%s", rows[i].at, rows[i].width, b.ptr);
    }
}

Test(words, states)
{
    cr_expect_lt(kz_state_rank(KZ_STR("fail")), kz_state_rank(KZ_STR("held")));
    cr_expect_lt(kz_state_rank(KZ_STR("held")), kz_state_rank(KZ_STR("ok")));
    cr_expect_eq(kz_state_rank(KZ_STR("new word")), 0);
    cr_expect_eq(kz_state_tone(KZ_STR("fail")), KZ_TONE_FAIL);
    cr_expect_eq(kz_state_tone(KZ_STR("new word")), KZ_TONE_DIM);
}
