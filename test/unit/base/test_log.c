/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static int64_t now;
static int pipe_fds[2];

static int64_t clock_now(void)
{
    return now;
}

static void start(enum kz_level least, enum kz_log_format format)
{
    cr_assert_eq(pipe(pipe_fds), 0);
    kz_log_setup(least, format, pipe_fds[1]);
    kz_log_clock(clock_now);
}

/* What was written since the last call, of lines of text without their time. */
static const char *written(void)
{
    static char all[64 << 10], text[64 << 10];
    size_t out = 0;
    cr_assert_eq(write(pipe_fds[1], "\n", 1), 1); /* so that there is something to read */
    ssize_t n = read(pipe_fds[0], all, sizeof all - 1);
    cr_assert_gt(n, 0);
    text[0] = '\0';
    struct kz_str line, rest = kz_str_n(all, (size_t)n - 1);
    while (rest.len > 0) {
        rest = kz_str_cut(&line, rest, '\n');
        line = line.ptr[0] == '{' ? line : kz_str_skip(line, 21);
        out += (size_t)snprintf(text + out, sizeof text - out, KZ_FMT "\n", KZ_ARG(line));
    }
    return text;
}

Test(log, fields_and_context)
{
    const struct kz_log module = {.fields = {KZ_FS("module", "web"), KZ_FS("sync", "0a1b")}};
    const struct kz_log inner = {.parent = &module, .fields = {KZ_FS("step", "gate")}};
    start(KZ_INFO, KZ_LOG_TEXT);
    kz_log(&inner, KZ_WARN, "failed", KZ_FS("reason", "no \"way\"\n"), KZ_FS("empty", ""));
    kz_log(NULL, KZ_DEBUG, "hidden", KZ_FS("a", "b"));
    cr_expect_str_eq(written(), "warn  failed module=web sync=0a1b step=gate reason=\"no \\\"way\\\"\\n\" empty=\"\"\n");
}

Test(log, json_is_json_whatever_comes)
{
    start(KZ_INFO, KZ_LOG_JSON);
    kz_log(NULL, KZ_INFO, "x", KZ_F("v", kz_str_n("a\xff\xc3\xa4\xc3\x01\"\\\n", 9)));
    const char *line = written();
    cr_expect(strstr(line, "\",\"level\":\"info\",\"event\":\"x\",\"v\":\"a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\\u0001\\\"\\\\\\n\"}\n") != NULL,
              "%s", line);
}

static void repeat(unsigned n, const char *reason)
{
    for (unsigned i = 0; i < n; i++)
        kz_log(NULL, KZ_WARN, "source", KZ_FS("reason", reason));
}

static size_t lines(void)
{
    size_t n = 0;
    for (const char *at = written(); (at = strchr(at, '\n')) != NULL; at++)
        n++;
    return n;
}

Test(log, what_repeats_is_written_five_times_a_minute)
{
    start(KZ_INFO, KZ_LOG_TEXT);
    repeat(100, "away");
    repeat(3, "another");
    cr_expect_eq(lines(), 5 + 3);
    now += 59 * KZ_NS_PER_SEC;
    repeat(7, "away");
    cr_expect_eq(lines(), 0);
    now += KZ_NS_PER_SEC;
    repeat(1, "away");
    cr_expect_str_eq(written(), "warn  source reason=away repeated=102\n");
    repeat(10, "away");
    cr_expect_eq(lines(), 4);
    now += 3600 * KZ_NS_PER_SEC;
    repeat(1, "another");
    cr_expect_str_eq(written(), "warn  source reason=another\n");
}

Test(log, at_debug_level_nothing_is_left_out)
{
    start(KZ_DEBUG, KZ_LOG_TEXT);
    repeat(20, "away");
    cr_expect_eq(lines(), 20);
}
