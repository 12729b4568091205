/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <poll.h>
#include <signal.h>

static int run_echo(struct kz_value **reply, struct kz_arena *a, struct kz_tree *tree,
                    const struct kz_value *input, const char *scratch, struct kz_err *err)
{
    (void)tree, (void)scratch, (void)err;
    int64_t ms = kz_value_path_int(input, "sleep", 0);
    if (ms > 0)
        (void)poll(NULL, 0, (int)ms);
    *reply = kz_value_copy(a, input);
    return 0;
}
static int run_fail(struct kz_value **reply, struct kz_arena *a, struct kz_tree *tree,
                    const struct kz_value *input, const char *scratch, struct kz_err *err)
{
    (void)reply, (void)a, (void)tree, (void)input, (void)scratch;
    (void)kz_fail(err, KZ_E_CONFLICT, "cause");
    (void)kz_wrap(err, "outer");
    (void)kz_err_hint(err, "hint");
    return kz_err_at(err, KZ_STR("a/b.yaml"), 7, 9);
}
static const struct kz_task echo = {.name = "echo", .run = run_echo};
static const struct kz_task failing = {.name = "fail", .run = run_fail};
static const struct kz_task *const tasks[] = {&echo, &failing, NULL};

static const struct kz_value *sleeper(struct kz_arena *a, int64_t ms)
{
    struct kz_value *v = kz_value_map(a);
    kz_value_set(a, v, KZ_STR("sleep"), kz_value_int(a, ms));
    return v;
}

Test(pool, every_field_of_an_error_arrives)
{
    struct rig r;
    struct outcome o;
    rig_start(&r, tasks, 1);
    rig_run(&r, &o, &(struct kz_work){.task = "fail", .input = kz_value_map(r.arena)});
    cr_assert(!o.ok);
    cr_assert_eq(o.err.code, KZ_E_CONFLICT);
    cr_assert_eq(o.err.depth, 2);
    cr_assert_str_eq(o.err.frame[0], "cause");
    cr_assert_str_eq(o.err.frame[1], "outer");
    cr_assert_str_eq(o.err.hint, "hint");
    cr_assert_str_eq(o.err.file, "a/b.yaml");
    cr_assert_eq(o.err.line, 7);
    cr_assert_eq(o.err.col, 9);
    rig_run(&r, &o, &(struct kz_work){.task = "none", .input = kz_value_map(r.arena)});
    cr_assert(!o.ok);
    cr_assert_eq(o.err.code, KZ_E_BUG);
    rig_stop(&r);
}

Test(pool, large_request_and_reply, .timeout = 60)
{
    enum { N = 8 << 20 };
    struct rig r;
    struct outcome o;
    rig_start(&r, tasks, 1);
    char *text = kz_arena_bytes(r.arena, N);
    memset(text, 'x', N);
    struct kz_value *v = kz_value_map(r.arena);
    kz_value_set(r.arena, v, KZ_STR("text"), kz_value_str(r.arena, kz_str_n(text, N)));
    rig_run(&r, &o, &(struct kz_work){.task = "echo", .input = v});
    cr_assert(o.ok);
    cr_assert(kz_value_eq(o.reply, v));
    rig_stop(&r);
}

Test(pool, waits_in_line_and_runs_side_by_side, .timeout = 60)
{
    enum { N = 12 };
    struct rig r;
    static struct outcome o[N];
    rig_start(&r, tasks, 4);
    int64_t start = kz_clock_mono();
    for (int i = 0; i < N; i++)
        (void)rig_submit(&r, &o[i], &(struct kz_work){.task = "echo", .input = sleeper(r.arena, 100)});
    for (int i = 0; i < N; i++)
        cr_assert(!o[i].ended, "a callback came from inside start");
    for (int i = 0; i < N; i++) {
        rig_wait(&o[i]);
        cr_assert(o[i].ok);
    }
    int64_t took = kz_clock_mono() - start;
    cr_assert_geq(took, 290 * KZ_NS_PER_MS, "more than 4 at once");
    cr_assert_lt(took, 1100 * KZ_NS_PER_MS, "not side by side: %lld ms", (long long)(took / KZ_NS_PER_MS));
    rig_stop(&r);
}

Test(pool, cancel, .timeout = 60)
{
    struct rig r;
    static struct outcome running, waiting, next;
    rig_start(&r, tasks, 1);
    struct kz_workers w = kz_pool_workers(r.pool);
    const struct kz_work slow = {.task = "echo", .input = sleeper(r.arena, 30000)};
    uint64_t a = rig_submit(&r, &running, &slow);
    uint64_t b = rig_submit(&r, &waiting, &slow);
    w.ops->cancel(w.impl, a);
    w.ops->cancel(w.impl, b);
    w.ops->cancel(w.impl, 4711);
    int64_t start = kz_clock_mono();
    rig_run(&r, &next, &(struct kz_work){.task = "echo", .input = kz_value_map(r.arena)});
    cr_assert(next.ok);
    cr_assert(!running.ended && !waiting.ended);
    cr_assert_lt(kz_clock_mono() - start, 5 * KZ_NS_PER_SEC);
    rig_stop(&r);
}

Test(pool, timeout_names_the_module, .timeout = 60)
{
    struct rig r;
    struct outcome o;
    char line[4096];
    rig_start(&r, tasks, 1);
    struct kz_value *v = kz_value_copy(r.arena, sleeper(r.arena, 30000));
    kz_value_set(r.arena, v, KZ_STR("module"), kz_value_cstr(r.arena, "metrics"));
    rig_run(&r, &o, &(struct kz_work){.task = "echo", .input = v, .timeout = 200 * KZ_NS_PER_MS});
    cr_assert(!o.ok);
    cr_assert_eq(o.err.code, KZ_E_TIMEOUT);
    cr_assert_str_eq(kz_err_line(line, sizeof line, &o.err),
                     "rendering module 'metrics' took longer than 200ms");
    rig_stop(&r);
}

Test(pool, free_with_jobs_under_way, .timeout = 20)
{
    struct rig r;
    static struct outcome o[3];
    rig_start(&r, tasks, 2);
    for (int i = 0; i < 3; i++)
        (void)rig_submit(&r, &o[i], &(struct kz_work){.task = "echo", .input = sleeper(r.arena, 30000)});
    int64_t start = kz_clock_mono();
    rig_stop(&r);
    cr_assert_lt(kz_clock_mono() - start, 2 * KZ_NS_PER_SEC);
}

static pid_t child_named(const char *name)
{
    char cmd[128], text[32] = "";
    (void)snprintf(cmd, sizeof cmd, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(cmd, "r");
    pid_t found = 0;
    int pid;
    while (f != NULL && fscanf(f, "%d", &pid) == 1) {
        (void)snprintf(cmd, sizeof cmd, "/proc/%d/comm", pid);
        FILE *c = fopen(cmd, "r");
        if (c != NULL && fgets(text, sizeof text, c) != NULL && strncmp(text, name, strlen(name)) == 0)
            found = pid;
        if (c != NULL)
            (void)fclose(c);
    }
    if (f != NULL)
        (void)fclose(f);
    return found;
}

/* What a crash of the zygote means: each job fails with words, none hangs. */
Test(pool, zygote_dies, .timeout = 20)
{
    struct rig r;
    struct outcome o;
    char line[4096];
    rig_start(&r, tasks, 1);
    (void)rig_submit(&r, &o, &(struct kz_work){.task = "echo", .input = sleeper(r.arena, 30000)});
    pid_t pid = child_named("kzsync-zygote");
    cr_assert_gt(pid, 0);
    cr_assert_eq(kill(pid, SIGKILL), 0);
    cr_assert(kz_pool_stats(r.pool).alive);
    cr_assert_eq(kz_pool_stats(r.pool).busy, 1);
    rig_wait(&o);
    cr_assert(!o.ok);
    cr_assert_not_null(strstr(kz_err_line(line, sizeof line, &o.err), "zygote is gone"), "%s", line);
    cr_assert(!kz_pool_stats(r.pool).alive);
    cr_assert_eq(kz_pool_stats(r.pool).idle, 1);
    rig_run(&r, &o, &(struct kz_work){.task = "echo", .input = kz_value_map(r.arena)});
    cr_assert(!o.ok);
    rig_stop(&r);
}

struct chain {
    struct rig *rig;
    int left;
};
static void next_job(void *arg, uint64_t id, const struct kz_work_result *res)
{
    struct chain *c = arg;
    (void)id;
    cr_assert_null(res->err);
    struct kz_workers w = kz_pool_workers(c->rig->pool);
    if (--c->left == 0) {
        kz_pool_free(c->rig->pool); /* from inside the callback */
        c->rig->pool = NULL;
        kz_loop_stop(c->rig->loop);
    } else {
        (void)w.ops->start(w.impl, &(struct kz_work){.task = "echo", .input = kz_value_map(c->rig->arena)},
                           next_job, c);
    }
}

Test(pool, start_and_free_inside_callbacks, .timeout = 20)
{
    struct rig r;
    rig_start(&r, tasks, 1);
    struct chain c = {.rig = &r, .left = 20};
    struct kz_workers w = kz_pool_workers(r.pool);
    (void)w.ops->start(w.impl, &(struct kz_work){.task = "echo", .input = kz_value_map(r.arena)},
                       next_job, &c);
    while (c.left > 0)
        kz_loop_run(r.loop);
    rig_stop(&r);
}
