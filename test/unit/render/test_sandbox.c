/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile workers: each row is a deed done inside a child. It must fail or end the child, and the engine
 * must go on: every row is followed by a good job on the same pool. */
#include "rig.h"

#include "render/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

static pid_t engine; /* set before the zygote is forked */
static char canary[64];

static int try_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd < 0 ? errno : 0;
}

static int open_canary(void)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/token", canary);
    return try_open(path, O_RDONLY);
}
static int open_passwd(void)
{
    return try_open("/etc/passwd", O_RDONLY);
}
static int open_engine_environment(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/environ", (int)engine);
    return try_open(path, O_RDONLY);
}
static int open_engine_memory(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/mem", (int)engine);
    return try_open(path, O_RDWR);
}
static int write_outside(void)
{
    return try_open("/tmp/kz-evil-was-here", O_WRONLY | O_CREAT);
}
static int inet_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}
static int unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0;
}
static int packet_socket(void)
{
    return socket(AF_NETLINK, SOCK_RAW, 0) < 0 ? errno : 0;
}
static int trace_engine(void)
{
    return ptrace(PTRACE_ATTACH, engine, NULL, NULL) < 0 ? errno : 0;
}
static int read_engine(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&engine, 1};
    return process_vm_readv(engine, &here, 1, &there, 1, 0) < 0 ? errno : 0;
}
static int signal_engine(void)
{
    return kill(engine, SIGKILL) < 0 ? errno : 0;
}
static int signal_zygote(void)
{
    return kill(getppid(), SIGKILL) < 0 ? errno : 0;
}
static int signal_all(void)
{
    return kill(-1, SIGTERM) < 0 ? errno : 0;
}
static int limit_engine(void)
{
    const struct rlimit none = {0, 0};
    return prlimit(engine, RLIMIT_NOFILE, &none, NULL) < 0 ? errno : 0;
}
static int raise_own_limit(void)
{
    const struct rlimit more = {1 << 20, 1 << 20};
    return setrlimit(RLIMIT_NOFILE, &more) < 0 ? errno : 0;
}
static int io_uring(void)
{
    char params[256] = {0};
    return syscall(SYS_io_uring_setup, 8, params) < 0 ? errno : 0;
}
static int user_namespace(void)
{
    return unshare(CLONE_NEWUSER) < 0 ? errno : 0;
}
static int clone_namespace(void)
{
    return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0L) < 0 ? errno : 0;
}
static int mount_something(void)
{
    return syscall(SYS_mount, "none", "/tmp", "tmpfs", 0L, NULL) < 0 ? errno : 0;
}
static int bpf_load(void)
{
    char attr[128] = {0};
    return syscall(SYS_bpf, 5, attr, sizeof attr) < 0 ? errno : 0;
}
static int keys(void)
{
    return syscall(SYS_keyctl, 0, -3, 1) < 0 ? errno : 0;
}
static int by_handle(void)
{
    char handle[64] = {0};
    return syscall(SYS_open_by_handle_at, AT_FDCWD, handle, O_RDONLY) < 0 ? errno : 0;
}
static int fork_once(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : 0;
}
static int exec_shell(void)
{
    const char *const argv[] = {"sh", "-c", "true", NULL};
    union {
        const char *const *in;
        char *const *out;
    } args = {argv};
    (void)execve("/bin/sh", args.out, NULL);
    return errno;
}
static int code_at_run_time(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}
static int see_environment(void)
{
    return getenv("KZ_TEST_SECRET") == NULL ? ENOENT : 0;
}
static int new_session(void)
{
    pid_t pid = fork(); /* a group leader can't anyway */
    int status = 0;
    if (pid == 0)
        _exit(setsid() < 0 ? errno : 0);
    (void)waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

/* These do not come back. */
static int endless_loop(void)
{
    volatile pid_t on = engine;
    while (on != 0)
        on = engine;
    return 0;
}
static int sleep_on(void)
{
    while (getpid() > 0)
        (void)poll(NULL, 0, 1000);
    return 0;
}
static int read_nowhere(void)
{
    volatile const char *p = (const char *)(uintptr_t)(engine < 0 ? engine : 16);
    return *p;
}
static int abort_self(void)
{
    (void)signal(SIGABRT, SIG_DFL);
    return raise(SIGABRT);
}
static int leave_quietly(void)
{
    _exit(0);
}
static int arena_limit(void)
{
    struct kz_arena *a = kz_arena_new(1 << 20);
    while (engine != 0)
        (void)kz_arena_bytes(a, 4096);
    return 0;
}
static int eat_memory(void)
{
    for (size_t n = 0; n < 10240; n++) {
        char *p = malloc(1 << 20);
        if (p == NULL)
            _exit(KZ_ARENA_EXIT_LIMIT);
        memset(p, 1, 1 << 20);
    }
    return 0;
}
/* The socket of the job is the one descriptor that is left. */
static int job_socket(void)
{
    for (int fd = 3; fd < 64; fd++) {
        struct stat st;
        if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
            return fd;
    }
    return -1;
}
static int other_descriptors(void)
{
    for (int fd = 3; fd < 256; fd++)
        if (fcntl(fd, F_GETFD) >= 0 && fd != job_socket())
            return 0; /* something of the engine's leaked in */
    return EBADF;
}
static int flood(void)
{
    static char piece[1 << 16];
    int fd = job_socket();
    for (uint64_t n = 0; n < UINT64_C(4) << 30; n += sizeof piece)
        if (write(fd, piece, sizeof piece) < 0)
            _exit(9);
    _exit(8);
}
static int claim_4_gib(void)
{
    static const unsigned char head[8] = {'k', 'z', 'R', 1, 0xFF, 0xFF, 0xFF, 0xFF};
    (void)!write(job_socket(), head, sizeof head);
    _exit(0);
}
static int cut_answer(void)
{
    static const unsigned char head[18] = {'k', 'z', 'R', 1, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{'};
    (void)!write(job_socket(), head, sizeof head);
    _exit(0);
}
static int false_error(void)
{
    static const unsigned char head[24] = {'k', 'z', 'E', 1, 16, 0, 0, 0};
    (void)!write(job_socket(), head, sizeof head);
    _exit(0);
}
static int answer_and_stay(void)
{
    static const char text[] = "kzR\1\012\0\0\0\0\0\0\0\0\0\0\0{}";
    (void)!write(job_socket(), text, sizeof text - 1);
    return sleep_on();
}
static int many_values(void)
{
    enum { LEN = 40 << 20 };
    int fd = job_socket();
    unsigned char *p = malloc(LEN + 16);
    memset(p, ',', LEN + 16);
    memcpy(p, "kzR\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    for (unsigned i = 0; i < 4; i++)
        p[4 + i] = (unsigned char)((LEN + 8) >> (8 * i));
    for (size_t at = 0; at < LEN + 16;) {
        ssize_t n = write(fd, p + at, LEN + 16 - at);
        if (n <= 0)
            _exit(7);
        at += (size_t)n;
    }
    _exit(0);
}

static const struct deed {
    const char *name;
    int (*run)(void);
    const char *want; /* part of the error; NULL: an ordinary answer with an errno that is not 0 */
    bool may_exec;
    bool no_asan;     /* a sanitizer's memory has no limit */
} deeds[] = {
    {"open canary", open_canary, NULL, false, false},
    {"open canary from an exec job", open_canary, NULL, true, false},
    {"open passwd", open_passwd, NULL, false, false},
    {"open passwd from an exec job", open_passwd, NULL, true, false},
    {"open engine's environment", open_engine_environment, NULL, false, false},
    {"open engine's environment from an exec job", open_engine_environment, NULL, true, false},
    {"open engine's memory", open_engine_memory, NULL, true, false},
    {"write outside", write_outside, NULL, false, false},
    {"write outside from an exec job", write_outside, NULL, true, false},
    {"inet socket", inet_socket, NULL, false, false},
    {"inet socket from an exec job", inet_socket, NULL, true, false},
    {"unix socket", unix_socket, NULL, true, false},
    {"netlink socket", packet_socket, NULL, true, false},
    {"ptrace engine", trace_engine, NULL, false, false},
    {"ptrace engine from an exec job", trace_engine, NULL, true, false},
    {"read engine", read_engine, NULL, true, false},
    {"signal engine", signal_engine, NULL, false, false},
    {"signal engine from an exec job", signal_engine, NULL, true, false},
    {"signal zygote", signal_zygote, NULL, false, false},
    {"signal zygote from an exec job", signal_zygote, NULL, true, false},
    {"signal all", signal_all, NULL, false, false},
    {"limit engine", limit_engine, NULL, false, false},
    {"limit engine from an exec job", limit_engine, NULL, true, false},
    {"raise own limit", raise_own_limit, NULL, false, false},
    {"raise own limit in an exec job", raise_own_limit, NULL, true, false},
    {"io_uring", io_uring, NULL, true, false},
    {"user namespace", user_namespace, NULL, true, false},
    {"clone a namespace", clone_namespace, NULL, true, false},
    {"mount", mount_something, NULL, true, false},
    {"bpf", bpf_load, NULL, true, false},
    {"keys", keys, NULL, true, false},
    {"open by handle", by_handle, NULL, true, false},
    {"fork", fork_once, NULL, false, false},
    {"exec", exec_shell, NULL, false, false},
    {"code at run time", code_at_run_time, NULL, false, false},
    {"descriptors", other_descriptors, NULL, false, false},
    {"environment", see_environment, NULL, false, false},
    {"new session", new_session, NULL, true, false},
    {"endless loop", endless_loop, "took longer than 300ms", false, false},
    {"sleep", sleep_on, "took longer than 300ms", false, false},
    {"null pointer", read_nowhere, "ended ", false, false},
    {"abort", abort_self, "ended by signal 6", false, false},
    {"leave quietly", leave_quietly, "without an answer (status 0)", false, false},
    {"arena limit", arena_limit, "used more than 1536 MiB", false, false},
    {"eat memory", eat_memory, "used more than 1536 MiB", false, true},
    {"flood", flood, "not a message", false, false},
    {"claim 4 GiB", claim_4_gib, "more than the 256 MiB", false, false},
    {"cut answer", cut_answer, "without an answer (status 0)", false, false},
    {"false error", false_error, "malformed", false, false},
    {"many values", many_values, "too many values", false, false},
};

static int run_evil(struct kz_value **reply, struct kz_arena *a, struct kz_tree *tree,
                    const struct kz_value *input, const char *scratch, struct kz_err *err)
{
    (void)tree;
    (void)scratch;
    (void)err;
    int64_t n = kz_value_path_int(input, "deed", -1);
    *reply = kz_value_map(a);
    if (n >= 0)
        kz_value_set(a, *reply, KZ_STR("errno"), kz_value_int(a, deeds[n].run()));
    return 0;
}

static int run_stay(struct kz_value **reply, struct kz_arena *a, struct kz_tree *tree,
                    const struct kz_value *input, const char *scratch, struct kz_err *err)
{
    (void)reply, (void)a, (void)tree, (void)input, (void)scratch, (void)err;
    return answer_and_stay();
}

static const struct kz_task evil = {.name = "evil", .run = run_evil};
static const struct kz_task stay = {.name = "stay", .run = run_stay};
static const struct kz_task *const tasks[] = {&evil, &stay, NULL};

static void one(struct rig *r, struct outcome *o, int64_t deed, bool may_exec)
{
    struct kz_value *input = kz_value_map(r->arena);
    kz_value_set(r->arena, input, KZ_STR("deed"), kz_value_int(r->arena, deed));
    rig_run(r, o,
            &(struct kz_work){.task = "evil", .input = input, .may_exec = may_exec,
                              .timeout = deeds[deed < 0 ? 0 : deed].want != NULL &&
                                                 strstr(deeds[deed < 0 ? 0 : deed].want, "300ms") != NULL
                                             ? 300 * KZ_NS_PER_MS
                                             : 20 * KZ_NS_PER_SEC});
}

Test(sandbox, evil_workers, .timeout = 120)
{
    struct rig r;
    struct outcome o;
    char line[8192];
    engine = getpid();
    put_file(make_dir(canary), "token", "secret");
    cr_assert_eq(setenv("KZ_TEST_SECRET", "x", 1), 0);
    rig_start(&r, tasks, 2);
    for (size_t i = 0; i < kz_countof(deeds); i++) {
        const struct deed *d = &deeds[i];
#ifdef KZ_ARENA_DEBUG
        if (d->no_asan)
            continue;
#endif
        one(&r, &o, (int64_t)i, d->may_exec);
        if (!o.ok)
            (void)kz_err_line(line, sizeof line, &o.err);
        if (d->want == NULL) {
            cr_expect(o.ok, "%s: %s", d->name, o.ok ? "" : line);
            cr_expect_neq(kz_value_path_int(o.reply, "errno", 0), 0, "%s: nothing stopped it", d->name);
        } else {
            cr_expect(!o.ok, "%s: it was answered", d->name);
            cr_expect(!o.ok && strstr(line, d->want) != NULL, "%s: %s", d->name, o.ok ? "" : line);
        }
        one(&r, &o, -1, false);
        cr_expect(o.ok, "after %s: the next job failed", d->name);
    }
    scrap(canary);
    rig_stop(&r);
}

/* ---- a process that sandboxes itself --------------------------------------------------------------- */

#ifndef KZ_ARENA_DEBUG /* else the sanitizer tells */
static int overflow(void)
{
    volatile char frame[1 << 13];
    frame[0] = (char)engine;
    return engine != 0 ? overflow() + frame[0] : 0; /* the sum keeps it from being a loop */
}
#endif

static const struct {
    const char *name;
    int (*run)(void);
    const char *want; /* part of standard error at the end; NULL: it comes back with an errno */
} lone_deeds[] = {
    {"open canary", open_canary, NULL},
    {"open passwd", open_passwd, NULL},
    {"open engine's environment", open_engine_environment, NULL},
    {"open engine's memory", open_engine_memory, NULL},
    {"write outside", write_outside, NULL},
    {"inet socket", inet_socket, NULL},
    {"unix socket", unix_socket, NULL},
    {"netlink socket", packet_socket, NULL},
    {"ptrace engine", trace_engine, NULL},
    {"read engine", read_engine, NULL},
    {"signal engine", signal_engine, NULL},
    {"signal all", signal_all, NULL},
    {"limit engine", limit_engine, NULL},
    {"raise own limit", raise_own_limit, NULL},
    {"io_uring", io_uring, NULL},
    {"user namespace", user_namespace, NULL},
    {"clone a namespace", clone_namespace, NULL},
    {"mount", mount_something, NULL},
    {"bpf", bpf_load, NULL},
    {"keys", keys, NULL},
    {"open by handle", by_handle, NULL},
    {"fork", fork_once, NULL},
    {"exec", exec_shell, NULL},
    {"code at run time", code_at_run_time, NULL},
    {"descriptors", other_descriptors, NULL},
    {"environment", see_environment, NULL},
    {"endless loop", endless_loop, "Error: rendering took longer than 1 s\n"},
    {"sleep", sleep_on, "Error: rendering took longer than 1 s\n"},
    {"arena limit", arena_limit, "memory limit of 1 MiB"},
#ifndef KZ_ARENA_DEBUG
    {"null pointer", read_nowhere, "Error: rendering was ended by signal 11\n"},
    {"stack", overflow, "Error: rendering was ended by signal 11\n"},
#endif
};

static int do_alone(size_t deed, const char *folder)
{
    enum { MEMORY = 1536 << 20 };
    struct kz_err err;
    const struct kz_sandbox_job job = {
        .repo = "", .folder = folder, .memory = MEMORY, .cpu_seconds = 5, .prints = true};
    /* What ends by itself needs its time on a busy machine. */
    const char *want = lone_deeds[deed].want;
    const unsigned seconds = want != NULL && strstr(want, "longer than 1 s") != NULL ? 1 : 10;
    if (kz_sandbox_enter_alone(&job, seconds, 99, &err) < 0)
        return 98;
    /* What a chart is read with goes on working. */
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || close(fd) != 0)
        return 97;
    return lone_deeds[deed].run() != 0 ? 0 : 96;
}

Test(sandbox, evil_alone, .timeout = 60)
{
    char folder[64];
    engine = getpid();
    put_file(make_dir(canary), "token", "secret");
    put_file(make_dir(folder), "Chart.yaml", "name: x");
    cr_assert_eq(setenv("KZ_TEST_SECRET", "x", 1), 0);
    for (size_t i = 0; i < kz_countof(lone_deeds); i++) {
        int ends[2], status = 0;
        char said[1024] = "";
        size_t len = 0;
        cr_assert_eq(pipe(ends), 0);
        const pid_t pid = fork();
        cr_assert_geq(pid, 0);
        if (pid == 0) {
            (void)dup2(ends[1], STDERR_FILENO);
            _exit(do_alone(i, folder));
        }
        (void)close(ends[1]);
        for (ssize_t n; (n = read(ends[0], said + len, sizeof said - 1 - len)) > 0;)
            len += (size_t)n;
        (void)close(ends[0]);
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        if (lone_deeds[i].want == NULL)
            cr_expect_eq(status, 0, "%s: status %x, '%s'", lone_deeds[i].name, status, said);
        else
            cr_expect(WIFEXITED(status) && WEXITSTATUS(status) != 0 &&
                          strstr(said, lone_deeds[i].want) != NULL,
                      "%s: status %x, '%s'", lone_deeds[i].name, status, said);
    }
    scrap(canary);
    scrap(folder);
}

/* A child that answered but does not end must not keep its place. */
Test(sandbox, answer_and_stay, .timeout = 20)
{
    struct rig r;
    struct outcome o;
    rig_start(&r, tasks, 1);
    for (int i = 0; i < 3; i++) {
        int64_t start = kz_clock_mono();
        rig_run(&r, &o, &(struct kz_work){.task = "stay", .input = kz_value_map(r.arena)});
        cr_assert(o.ok);
        cr_assert_lt(kz_clock_mono() - start, 5 * KZ_NS_PER_SEC);
    }
    rig_stop(&r);
}

Test(sandbox, level)
{
    struct rig r;
    rig_start(&r, tasks, 1);
    cr_assert_not_null(strstr(kz_zygote_level(r.zygote), "seccomp+rlimits"), "%s",
                       kz_zygote_level(r.zygote));
    rig_stop(&r);
}
