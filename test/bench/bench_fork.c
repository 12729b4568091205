/* SPDX-License-Identifier: Apache-2.0
 *
 * What a job costs before it does anything: start to callback, one after another, of a task that copies
 * a small input. Prints microseconds: least, median, 99th percentile. */
#include "base/clock.h"
#include "loop/loop.h"
#include "render/zygote.h"

enum { N = 500 };

static int run_echo(struct kz_value **reply, struct kz_arena *a, struct kz_tree *tree,
                    const struct kz_value *input, const char *scratch, struct kz_err *err)
{
    (void)tree, (void)scratch, (void)err;
    *reply = kz_value_copy(a, input);
    return 0;
}
static const struct kz_task echo = {.name = "echo", .run = run_echo};

static void on_done(void *arg, uint64_t id, const struct kz_work_result *res)
{
    (void)id;
    kz_assert(res->err == NULL);
    kz_loop_stop(arg);
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure(struct kz_loop *loop, struct kz_pool *pool, bool may_exec)
{
    static int64_t took[N];
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_workers w = kz_pool_workers(pool);
    const struct kz_work work = {.task = "echo", .input = kz_value_map(a), .may_exec = may_exec};
    for (size_t i = 0; i < N; i++) {
        int64_t start = kz_clock_mono();
        (void)w.ops->start(w.impl, &work, on_done, loop);
        kz_loop_run(loop);
        took[i] = kz_clock_mono() - start;
    }
    qsort(took, N, sizeof *took, by_size);
    (void)printf("%-14s min %5lld us  median %5lld us  p99 %5lld us\n",
                 may_exec ? "with programs" : "pure", (long long)(took[0] / 1000),
                 (long long)(took[N / 2] / 1000), (long long)(took[N * 99 / 100] / 1000));
}

int main(void)
{
    static const struct kz_task *const tasks[] = {&echo, NULL};
    struct kz_zygote *z;
    struct kz_loop *loop;
    struct kz_err err;
    int64_t start = kz_clock_mono();
    if (kz_zygote_start(&z, tasks, &err) < 0 || kz_loop_new(&loop, &err) < 0)
        return 1;
    (void)printf("zygote start %lld us, level %s\n", (long long)((kz_clock_mono() - start) / 1000),
                 kz_zygote_level(z));
    struct kz_pool *pool = kz_pool_new(loop, z, 1);
    measure(loop, pool, false);
    measure(loop, pool, true);
    kz_pool_free(pool);
    kz_zygote_stop(z);
    kz_loop_free(loop);
    return 0;
}
