/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/err.h"
#include "lib/fds.h"
#include "loop/loop.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct kz_loop *loop;
static int fds_before;

static struct {
    int calls;
    uint64_t id;
    int exit_code;
    enum kz_code code;
    char err[2048], out[4096], errout[4096];
    size_t out_len;
} got;

static void setup(void)
{
    struct kz_err err;
    fds_before = count_fds();
    cr_assert_eq(kz_loop_new(&loop, &err), 0);
}

/* After each test: no child, no zombie, no descriptor is left. */
static void teardown(void)
{
    kz_loop_free(loop);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
    cr_assert_eq(errno, ECHILD);
    cr_assert_eq(count_fds(), fds_before);
}

TestSuite(child, .init = setup, .fini = teardown);

static void on_done(void *arg, uint64_t id, const struct kz_child_result *res)
{
    (void)arg;
    got.calls++;
    got.id = id;
    got.exit_code = res->exit_code;
    got.code = res->err != NULL ? res->err->code : KZ_OK;
    if (res->err != NULL)
        (void)kz_err_line(got.err, sizeof got.err, res->err);
    (void)snprintf(got.out, sizeof got.out, KZ_FMT, KZ_ARG(res->out));
    (void)snprintf(got.errout, sizeof got.errout, KZ_FMT, KZ_ARG(res->errout));
    got.out_len = res->out.len;
}

static struct kz_child_spec shell(const char *const *argv)
{
    static const char *const envp[] = {"PATH=/usr/bin:/bin", "ONLY=this", NULL};
    return (struct kz_child_spec){
        .argv = argv, .envp = envp, .max_output = 2000, .timeout = 10 * KZ_NS_PER_SEC};
}

#define SHELL(script) ((const char *const[]){"/bin/sh", "-c", (script), NULL})

static void run(const struct kz_child_spec *spec)
{
    uint64_t id = kz_child_start(loop, spec, on_done, NULL);
    cr_assert_neq(id, 0);
    cr_assert_eq(got.calls, 0);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.id, id);
}

Test(child, results)
{
    static const struct {
        const char *name, *script, *out, *errout;
        int exit_code;
    } rows[] = {
        {"output",                 "echo hello; echo oops >&2",                                            "hello\n",  "oops\n", 0            },
        {"exit code",              "exit 3",                                                               "",         "",       3            },
        {"signal",                 "kill -USR1 $$",                                                        "",         "",       128 + SIGUSR1},
        {"environment as given",   "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort",
         "ONLY=this\nPATH=/usr/bin:/bin\n",                                                                            "",       0            },
        {"folder",                 "pwd",                                                                  "/\n",      "",       0            },
        {"no input",               "cat; echo end",                                                        "end\n",    "",       0            },
        {"own group",              "ps -o pgid= -p $$ | tr -d ' ' | grep -qx $$",                          "",         "",       0            },
        {"default signals",        "grep -E 'SigBlk|SigIgn' /proc/self/status | grep -v 0000000000000000",
         "",                                                                                                           "",       1            },
        {"only three descriptors", "ls /proc/self/fd | tr '\\n' ' '",                                      "0 1 2 3 ", "",       0            },
    };
    int leaked = open("/dev/null", O_RDONLY); /* somebody forgot O_CLOEXEC */
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const char *const *argv = SHELL(rows[i].script);
        struct kz_child_spec spec = shell(argv);
        got.calls = 0;
        run(&spec);
        cr_expect_eq(got.code, KZ_OK, "%s: %s", rows[i].name, got.err);
        cr_expect_eq(got.exit_code, rows[i].exit_code, "%s: %d", rows[i].name, got.exit_code);
        cr_expect_str_eq(got.out, rows[i].out, "%s: %s", rows[i].name, got.out);
        cr_expect_str_eq(got.errout, rows[i].errout, "%s: %s", rows[i].name, got.errout);
    }
    close(leaked);
}

Test(child, input_larger_than_a_pipe)
{
    static char big[300000];
    memset(big, 'x', sizeof big);
    struct kz_child_spec spec = shell(SHELL("wc -c"));
    spec.input = kz_str_n(big, sizeof big);
    run(&spec);
    cr_assert_str_eq(got.out, "300000\n");
}

Test(child, input_that_is_not_read)
{
    static char big[300000];
    struct kz_child_spec spec = shell(SHELL("exit 0"));
    spec.input = kz_str_n(big, sizeof big);
    run(&spec);
    cr_assert_eq(got.code, KZ_OK);
    cr_assert_eq(got.exit_code, 0);
}

Test(child, inherited_descriptors_keep_their_numbers)
{
    int keep[] = {-1, -1, -1};
    int low = open("/dev/null", O_RDONLY | O_CLOEXEC);
    keep[0] = fcntl(low, F_DUPFD_CLOEXEC, 40);
    keep[1] = fcntl(keep[0], F_DUPFD_CLOEXEC, 20);
    struct kz_child_spec spec = shell(SHELL("cd /proc/$$/fd; echo *"));
    spec.inherit = keep;
    run(&spec);
    /* the shell may hold a descriptor of its own at 10 */
    cr_assert(strstr(got.out, "20 ") != NULL && strstr(got.out, " 40") != NULL, "%s", got.out);
    cr_assert(strncmp(got.out, "0 1 2 ", 6) == 0, "%s", got.out);
    close(low);
    close(keep[0]);
    close(keep[1]);
}

Test(child, start_failures_have_a_cause)
{
    const char *const missing[] = {"/no/such/program", NULL};
    struct kz_child_spec spec = shell(missing);
    run(&spec);
    cr_assert_eq(got.code, KZ_E_NOTFOUND);
    cr_assert_str_eq(got.err, "start '/no/such/program': No such file or directory");

    got.calls = 0;
    spec = shell(SHELL("true"));
    spec.cwd = "/no/such/folder";
    run(&spec);
    cr_assert(strstr(got.err, "enter its working folder") != NULL, "%s", got.err);
}

Test(child, program_is_searched_in_path)
{
    const char *const argv[] = {"true", NULL};
    struct kz_child_spec spec = shell(argv);
    run(&spec);
    cr_assert_eq(got.code, KZ_OK);
}

Test(child, output_limit)
{
    struct kz_child_spec spec = shell(SHELL("yes"));
    run(&spec);
    cr_assert_eq(got.code, KZ_E_LIMIT);
    cr_assert_str_eq(got.err, "it printed more than 2000 bytes");
    cr_assert_leq(got.out_len, 2000);
}

static int64_t since(int64_t from)
{
    return (kz_clock_mono() - from) / KZ_NS_PER_MS;
}

Test(child, timeout_ends_a_polite_program_at_once)
{
    struct kz_child_spec spec = shell(SHELL("exec sleep 30"));
    spec.timeout = 100 * KZ_NS_PER_MS;
    int64_t from = kz_clock_mono();
    run(&spec);
    cr_assert_eq(got.code, KZ_E_TIMEOUT);
    cr_assert_str_eq(got.err, "it did not end within 100ms");
    cr_assert_eq(got.exit_code, 128 + SIGTERM);
    cr_assert_lt(since(from), 1500);
}

/* A zombie that init has not reaped yet does not run. */
static bool runs(pid_t pid)
{
    char path[64], line[256] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    bool there = fgets(line, sizeof line, f) != NULL && strstr(line, ") Z ") == NULL;
    (void)fclose(f);
    return there;
}

/* A program that ignores TERM, with a grandchild that does too and holds the pipes. */
Test(child, timeout_kills_the_whole_group)
{
    struct kz_child_spec spec = shell(
        SHELL("trap '' TERM; sh -c 'echo $$; while :; do sleep 1; done' & sleep 30 & wait; wait"));
    spec.timeout = 200 * KZ_NS_PER_MS;
    int64_t from = kz_clock_mono();
    run(&spec);
    cr_assert_eq(got.code, KZ_E_TIMEOUT);
    cr_assert_eq(got.exit_code, 128 + SIGKILL);
    cr_assert(since(from) >= 2200 && since(from) < 4500, "%d ms", (int)since(from));
    int64_t pid = 0;
    cr_assert(kz_str_i64(&pid, kz_str_trim(kz_str(got.out))));
    usleep(50000);
    cr_assert(!runs((pid_t)pid));
}

Test(child, background_process_ends_with_the_program)
{
    struct kz_child_spec spec = shell(SHELL("sleep 30 & echo $!"));
    int64_t from = kz_clock_mono();
    run(&spec);
    cr_assert_eq(got.exit_code, 0);
    cr_assert_lt(since(from), 1500);
}

/* It left the group, so it lives on, but it can't hold us up by the pipes it has. */
Test(child, process_that_left_the_group_does_not_hold_the_result)
{
    struct kz_child_spec spec = shell(SHELL("setsid sleep 4 & sleep 0.1; echo x"));
    int64_t from = kz_clock_mono();
    run(&spec);
    cr_assert_str_eq(got.out, "x\n");
    cr_assert_lt(since(from), 3000);
}

/* As PID 1, or a subreaper, orphans of the program become ours: they too are reaped. */
Test(child, orphans_are_reaped_by_init)
{
    cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    struct kz_child_spec spec = shell(SHELL("(sleep 30 & sleep 31 &) ; sleep 32 & exit 0"));
    run(&spec);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
    cr_assert_eq(errno, ECHILD);
}

Test(child, memory_limit)
{
    struct kz_child_spec spec = shell(SHELL("ulimit -v"));
    spec.memory_limit = UINT64_C(64) << 20;
    run(&spec);
    cr_assert_str_eq(got.out, "65536\n");
}

Test(child, cancel_is_silent_and_leaves_no_zombie)
{
    struct kz_child_spec spec = shell(SHELL("trap '' TERM; sleep 30"));
    uint64_t id = kz_child_start(loop, &spec, on_done, NULL);
    kz_child_cancel(loop, id);
    kz_child_cancel(loop, id);
    kz_loop_run(loop);
    const char *const missing[] = {"/no/such/program", NULL};
    spec = shell(missing);
    kz_child_cancel(loop, kz_child_start(loop, &spec, on_done, NULL));
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 0);
}

Test(child, free_of_the_loop_kills_what_runs)
{
    struct kz_child_spec spec = shell(SHELL("sleep 30"));
    (void)kz_child_start(loop, &spec, on_done, NULL);
}

Test(child, many_at_once)
{
    struct kz_child_spec spec = shell(SHELL("exit 0"));
    for (int i = 0; i < 40; i++)
        (void)kz_child_start(loop, &spec, on_done, NULL);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 40);
}
