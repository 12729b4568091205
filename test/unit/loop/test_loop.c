/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/loop.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <unistd.h>

static struct kz_loop *loop;
static struct kz_env env;

static void setup(void)
{
    struct kz_err err;
    cr_assert_eq(kz_loop_new(&loop, &err), 0);
    env = kz_loop_env(loop);
}

static void teardown(void)
{
    kz_loop_free(loop);
}

TestSuite(loop, .init = setup, .fini = teardown);

static char trace[64];

static void note(char c)
{
    size_t n = strlen(trace);
    cr_assert_lt(n, sizeof trace - 1);
    trace[n] = c;
}

static void *letter(char c)
{
    static char all[128];
    all[(int)c] = c;
    return &all[(int)c];
}

static void fire(void *arg, uint64_t id)
{
    (void)id;
    note(*(const char *)arg);
}

Test(loop, timers_fire_in_order_of_time)
{
    uint64_t c = kz_env_timer(&env, 30 * KZ_NS_PER_MS, fire, letter('c'));
    uint64_t a = kz_env_timer(&env, -5, fire, letter('a'));
    uint64_t b = kz_env_timer(&env, 15 * KZ_NS_PER_MS, fire, letter('b'));
    cr_assert(a != 0 && a != b && b != c);
    int64_t from = env.ops->mono(env.impl);
    kz_loop_run(loop);
    cr_assert_str_eq(trace, "abc");
    cr_assert_geq(env.ops->mono(env.impl) - from, 30 * KZ_NS_PER_MS - KZ_NS_PER_MS / 10);
}

Test(loop, cancelled_timer_is_silent)
{
    uint64_t a = kz_env_timer(&env, 0, fire, letter('a')), copy = a;
    (void)kz_env_timer(&env, KZ_NS_PER_MS, fire, letter('b'));
    kz_env_timer_stop(&env, &a);
    cr_assert_eq(a, 0);
    env.ops->timer_cancel(env.impl, copy); /* again, and ids that never were */
    env.ops->timer_cancel(env.impl, 0);
    env.ops->timer_cancel(env.impl, 4711);
    kz_loop_run(loop);
    cr_assert_str_eq(trace, "b");
}

static uint64_t other;

static void fire_and_cancel(void *arg, uint64_t id)
{
    fire(arg, id);
    env.ops->timer_cancel(env.impl, id); /* itself: it has fired */
    env.ops->timer_cancel(env.impl, other);
}

Test(loop, timer_cancels_another_that_is_due)
{
    (void)kz_env_timer(&env, 0, fire_and_cancel, letter('a'));
    other = kz_env_timer(&env, 0, fire_and_cancel, letter('a'));
    kz_loop_run(loop);
    cr_assert_str_eq(trace, "a");
}

static void deferred_b(void *arg)
{
    (void)arg;
    note('b');
}

static void deferred_a(void *arg)
{
    note('a');
    kz_loop_defer(arg, deferred_b, NULL);
}

static void fire_and_defer(void *arg, uint64_t id)
{
    fire(arg, id);
    kz_loop_defer(loop, deferred_a, loop);
    note('.');
}

Test(loop, deferred_runs_after_the_callback_and_before_sleep)
{
    (void)kz_env_timer(&env, 0, fire_and_defer, letter('t'));
    (void)kz_env_timer(&env, 20 * KZ_NS_PER_MS, fire, letter('u'));
    kz_loop_run(loop);
    cr_assert_str_eq(trace, "t.abu");
}

static void start_timer(void *arg)
{
    (void)arg;
    (void)kz_env_timer(&env, 0, fire_and_defer, letter('t'));
}

Test(loop, deferred_work_keeps_the_loop_running)
{
    kz_loop_defer(loop, start_timer, NULL);
    kz_loop_run(loop);
    cr_assert_str_eq(trace, "t.ab");
}

static void stop(void *arg, uint64_t id)
{
    (void)id;
    kz_loop_stop(arg);
}

Test(loop, stop_and_run_again)
{
    (void)kz_env_timer(&env, 0, stop, loop);
    (void)kz_env_timer(&env, 20 * KZ_NS_PER_MS, fire, letter('x'));
    kz_loop_run(loop);
    cr_assert_str_eq(trace, "");
    kz_loop_run(loop);
    cr_assert_str_eq(trace, "x");
}

Test(loop, leftovers_are_freed)
{
    (void)kz_env_timer(&env, KZ_NS_PER_SEC, fire, letter('x'));
    kz_loop_defer(loop, deferred_b, NULL); /* runs when the loop is freed */
}

static void on_signal(void *arg, int signum)
{
    note(signum == SIGHUP ? 'h' : '?');
    kz_loop_stop(arg);
}

static void raise_hup(void *arg, uint64_t id)
{
    (void)arg;
    (void)id;
    cr_assert_eq(raise(SIGHUP), 0);
}

Test(loop, signal)
{
    kz_loop_on_signal(loop, SIGHUP, on_signal, NULL);
    kz_loop_on_signal(loop, SIGHUP, on_signal, loop); /* replaces */
    kz_loop_run(loop);                                /* a signal alone is nothing to wait for */
    (void)kz_env_timer(&env, 0, raise_hup, NULL);
    (void)kz_env_timer(&env, KZ_NS_PER_SEC, fire, letter('l'));
    kz_loop_run(loop);
    cr_assert_str_eq(trace, "h");
}

static struct kz_io *reader;

static void on_readable(void *arg, int fd, int events)
{
    char c;
    (void)arg;
    cr_assert_eq(events, KZ_IO_READ);
    ssize_t n = read(fd, &c, 1);
    cr_assert_geq(n, 0);
    if (n == 0)
        kz_io_close(reader);
    else
        note(c);
}

Test(loop, io_until_end_of_file)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    reader = kz_io_open(loop, ends[0], KZ_IO_READ, on_readable, NULL);
    cr_assert_eq(write(ends[1], "xy", 2), 2);
    close(ends[1]);
    kz_io_set(reader, 0);
    kz_io_set(reader, KZ_IO_READ);
    kz_loop_run(loop);
    cr_assert_str_eq(trace, "xy");
    close(ends[0]);
}

Test(loop, random_fills_all)
{
    unsigned char buf[300] = {0};
    size_t zeros = 0;
    env.ops->random(env.impl, buf, sizeof buf);
    for (size_t i = 0; i < sizeof buf; i++)
        zeros += buf[i] == 0;
    cr_assert_lt(zeros, 20);
}

static void dawdle(void *arg, uint64_t id)
{
    (void)arg;
    (void)id;
    (void)usleep(60 * 1000);
}

Test(loop, turns_and_stalls_are_counted)
{
    const struct kz_loop_stats *s = kz_loop_stats(loop);
    (void)kz_env_timer(&env, KZ_NS_PER_MS, fire, letter('a'));
    kz_loop_run(loop);
    const uint64_t turns = s->turns;
    cr_expect_gt(turns, 0);
    cr_expect_eq(s->stalls, 0);
    cr_expect_lt(s->busy, 50 * KZ_NS_PER_MS);
    (void)kz_env_timer(&env, 100 * KZ_NS_PER_MS, dawdle, NULL);
    kz_loop_run(loop);
    cr_expect_gt(s->turns, turns);
    cr_expect_eq(s->stalls, 1);
    cr_expect_geq(s->busy, 60 * KZ_NS_PER_MS);
    cr_expect_lt(s->busy, 150 * KZ_NS_PER_MS, "what was slept is not busy");
    cr_expect_geq(s->longest, 60 * KZ_NS_PER_MS);
}
