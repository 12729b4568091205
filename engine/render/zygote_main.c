/* SPDX-License-Identifier: Apache-2.0
 *
 * The zygote's life: empty itself, enter the sandbox, touch what children will need, then fork on
 * request and report how each child ended. It parses nothing but messages of the engine. */
#include "render/control.h"

#include "base/hash.h"
#include "base/vec.h"
#include "source/tree.h"
#include "value/json.h"
#include "value/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SCRATCH_PATH = 512, CONTROL_FD = 3 };

struct child {
    uint64_t id;
    pid_t pid;
    char scratch[SCRATCH_PATH]; /* "": none */
};

struct zygote {
    struct kz_sandbox sandbox;
    const struct kz_task *const *tasks;
    char tmp[256]; /* where scratch folders are made */
    int signals;
    KZ_VEC(struct child) children;
};

/* Keeps PATH and TMPDIR, which name places and hold no secret. */
static void empty_environment(struct zygote *z)
{
    static char path[4096];
    static char *none[2];
    const char *was = getenv("PATH");
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "PATH=%s",
                   was != NULL && was[0] != '\0' ? was : "/usr/local/bin:/usr/bin:/bin");
    (void)snprintf(z->tmp, sizeof z->tmp, "%s", tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
    none[0] = path;
    environ = none;
    z->sandbox.path = path + strlen("PATH=");
}

static void close_others(int control)
{
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
#ifndef KZ_ARENA_DEBUG /* a sanitizer's report shall be seen; a hostile worker's words not */
        (void)dup2(null, STDERR_FILENO);
#endif
    }
    if (control != CONTROL_FD)
        (void)dup2(control, CONTROL_FD);
    (void)fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
    if (syscall(SYS_close_range, CONTROL_FD + 1, ~0U, 0) == 0)
        return;
    struct rlimit files = {.rlim_cur = 1024};
    (void)getrlimit(RLIMIT_NOFILE, &files);
    for (int fd = CONTROL_FD + 1; fd < (int)files.rlim_cur && fd < 1 << 16; fd++)
        (void)close(fd);
}

/* What every child would otherwise set up again: library tables, locale, the allocator. */
static void warm_up(void)
{
    struct kz_err err;
    struct kz_value *v;
    char sum[KZ_SHA256_TEXT];
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    kz_sha256_text(sum, KZ_STR("warm-up")); /* else each child fills the tables of libcrypto */
    (void)!kz_tree_init(&err);
    (void)!kz_json_read(&v, a, KZ_STR("{\"a\":[1,2.5,\"x\"]}"), KZ_STR("warm-up"), &err);
    (void)!kz_yaml_read_all(&v, a, KZ_STR("a: [1, 2.5, x]\n"), KZ_STR("warm-up"), NULL, &err);
}

static void tell(const struct kz_control_tell *t)
{
    ssize_t n;
    do
        n = send(CONTROL_FD, t, sizeof *t, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
}

/* ---- children -------------------------------------------------------------------------------- */
static size_t find_pid(const struct zygote *z, pid_t pid)
{
    for (size_t i = 0; i < z->children.len; i++)
        if (z->children.at[i].pid == pid)
            return i;
    return z->children.len;
}

/* Removing what a program left can take long: not here. */
static void remove_later(const char *scratch)
{
    pid_t pid = fork();
    if (pid == 0) {
        kz_scratch_remove(scratch);
        _exit(0);
    }
    if (pid < 0)
        kz_scratch_remove(scratch);
}

static void reap(struct zygote *z)
{
    siginfo_t info;
    for (;;) {
        info.si_pid = 0;
        /* First look, so that the id still belongs to the dead child while its group is killed. */
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
            return;
        struct rusage use = {0};
        int status = 0;
        size_t i = find_pid(z, info.si_pid);
        if (i < z->children.len)
            (void)kill(-info.si_pid, SIGKILL);
        if (wait4(info.si_pid, &status, 0, &use) < 0)
            return;
        if (i == z->children.len)
            continue; /* a program whose parent died before it, or a remover */
        const struct child c = z->children.at[i];
        kz_vec_swap_out(&z->children, i);
        if (c.scratch[0] != '\0')
            remove_later(c.scratch);
        tell(&(struct kz_control_tell){.kind = KZ_CONTROL_EXIT,
                                       .id = c.id,
                                       .status = status,
                                       .maxrss = (uint64_t)use.ru_maxrss << 10});
    }
}

KZ_NORETURN static void become_child(struct zygote *z, int fd, const struct kz_control_ask *ask,
                                     const char *scratch)
{
    sigset_t none;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_NAME, "kzsync-worker", 0, 0, 0);
    (void)close(CONTROL_FD);
    (void)close(z->signals);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    kz_worker_main(fd, &z->sandbox, ask, scratch, z->tasks);
}

static void start_child(struct zygote *z, int fd, const struct kz_control_ask *ask)
{
    struct child c = {.id = ask->id};
    int failed = 0;
    if (fd < 0)
        failed = EBADF;
    else if (ask->may_exec != 0 && !kz_scratch_make(c.scratch, sizeof c.scratch, z->tmp)) {
        failed = errno;
        c.scratch[0] = '\0';
    } else {
        c.pid = fork();
        if (c.pid == 0)
            become_child(z, fd, ask, c.scratch[0] != '\0' ? c.scratch : NULL);
        if (c.pid < 0)
            failed = errno;
    }
    if (fd >= 0)
        (void)close(fd);
    if (failed == 0) {
        (void)setpgid(c.pid, c.pid); /* whoever of the two is first */
        kz_vec_push(&z->children, c);
        return;
    }
    if (c.scratch[0] != '\0')
        kz_scratch_remove(c.scratch);
    tell(&(struct kz_control_tell){.kind = KZ_CONTROL_EXIT, .id = ask->id, .fork_errno = failed});
}

static void kill_child(const struct zygote *z, uint64_t id)
{
    for (size_t i = 0; i < z->children.len; i++)
        if (z->children.at[i].id == id)
            (void)kill(-z->children.at[i].pid, SIGKILL);
}

/* The engine is gone: nobody wants the results. */
KZ_NORETURN static void end(struct zygote *z)
{
    for (size_t i = 0; i < z->children.len; i++)
        (void)kill(-z->children.at[i].pid, SIGKILL);
    while (z->children.len > 0) {
        const struct child c = z->children.at[--z->children.len];
        (void)waitpid(c.pid, NULL, 0);
        if (c.scratch[0] != '\0')
            kz_scratch_remove(c.scratch);
    }
    _exit(0);
}

/* ---- messages ---------------------------------------------------------------------------------- */
static int take_fd(struct msghdr *m)
{
    int fd = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

static void serve(struct zygote *z)
{
    static struct kz_control_ask ask;
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {.iov_base = &ask, .iov_len = sizeof ask};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.space,
                       .msg_controllen = sizeof control.space};
    ssize_t n = recvmsg(CONTROL_FD, &m, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR)
        return;
    if (n < (ssize_t)offsetof(struct kz_control_ask, text))
        end(z);
    int fd = take_fd(&m);
    if (ask.kind == KZ_CONTROL_FORK)
        start_child(z, fd, &ask);
    else if (ask.kind == KZ_CONTROL_KILL)
        kill_child(z, ask.id);
}

static int watch_children(void)
{
    sigset_t chld;
    (void)sigemptyset(&chld);
    (void)sigaddset(&chld, SIGCHLD);
    (void)sigprocmask(SIG_SETMASK, &chld, NULL);
    return signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The engine's handlers mean nothing here, and Ctrl-C goes to the engine, which ends us in order. */
static void reset_signals(void)
{
    for (int sig = 1; sig < NSIG; sig++)
        (void)signal(sig, sig == SIGPIPE || sig == SIGINT || sig == SIGHUP || sig == SIGXFSZ
                              ? SIG_IGN
                              : SIG_DFL);
}

void kz_zygote_main(int control, const struct kz_task *const *tasks)
{
    static struct zygote z;
    pid_t parent = getppid();
    z.tasks = tasks;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)prctl(PR_SET_NAME, "kzsync-zygote", 0, 0, 0);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (getppid() != parent)
        _exit(0);
    reset_signals();
    close_others(control);
    empty_environment(&z);
    if (chdir("/") != 0)
        _exit(1);
    warm_up();
    kz_sandbox_enter_zygote(&z.sandbox);
    z.signals = watch_children();
    struct kz_control_tell level = {.kind = KZ_CONTROL_LEVEL, .layers = z.sandbox.layers};
    memcpy(level.level, z.sandbox.level, sizeof level.level);
    tell(&level);

    for (;;) {
        struct pollfd fds[2] = {
            {.fd = CONTROL_FD, .events = POLLIN},
            {.fd = z.signals,  .events = POLLIN}
        };
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[1].revents != 0) {
            struct signalfd_siginfo drop;
            while (read(z.signals, &drop, sizeof drop) > 0) {
            }
            reap(&z);
        }
        if (fds[0].revents != 0)
            serve(&z);
    }
}
