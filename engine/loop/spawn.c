/* SPDX-License-Identifier: Apache-2.0
 *
 * vfork: a daemon of some hundred megabytes does not copy its page tables to start git, and an exec
 * failure comes back through the shared memory. The price: until exec the child may only make system
 * calls and write to struct shared, and no signal handler of ours may run in it. */
#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
    const struct kz_spawn *spec;
    int keep[KZ_SPAWN_INHERIT_MAX]; /* ascending */
    int n_keep;
    volatile int errnum; /* 0: exec took place */
    const char *volatile step;
};

KZ_NORETURN static void give_up(struct shared *s, const char *step)
{
    s->errnum = errno;
    s->step = step;
    _exit(127);
}

/* Everything is opened close-on-exec anyway; this catches what a library forgot. An old kernel without
 * close_range therefore only loses the second line of defence. */
static void close_others(const struct shared *s)
{
    unsigned from = 3;
    for (int i = 0; i < s->n_keep; i++) {
        unsigned fd = (unsigned)s->keep[i];
        if (fd > from)
            (void)syscall(SYS_close_range, from, fd - 1, 0U);
        from = fd + 1;
    }
    (void)syscall(SYS_close_range, from, ~0U, 0U);
}

KZ_NORETURN static void in_child(struct shared *s)
{
    const struct kz_spawn *spec = s->spec;
    struct sigaction act = {.sa_handler = SIG_DFL};
    sigset_t none;
    if (setpgid(0, 0) != 0)
        give_up(s, "make a process group");
    for (int sig = 1; sig < NSIG; sig++)
        (void)sigaction(sig, &act, NULL); /* KILL, STOP and glibc's own can't be set */
    for (int fd = 0; fd < 3; fd++)
        if (dup2(spec->std[fd], fd) < 0)
            give_up(s, "set up its standard descriptors");
    for (int i = 0; i < s->n_keep; i++)
        if (fcntl(s->keep[i], F_SETFD, 0) != 0)
            give_up(s, "pass on a descriptor");
    close_others(s);
    if (chdir(spec->cwd) != 0)
        give_up(s, "enter its working folder");
    struct rlimit memory = {.rlim_cur = spec->memory_limit, .rlim_max = spec->memory_limit};
    if (spec->memory_limit != 0 && setrlimit(RLIMIT_AS, &memory) != 0)
        give_up(s, "limit its memory");
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    /* exec does not write through them: the missing const is POSIX history. */
    union {
        const char *const *in;
        char *const *out;
    } argv = {.in = spec->argv}, envp = {.in = spec->envp};
    (void)execvpe(spec->argv[0], argv.out, envp.out);
    give_up(s, NULL);
}

static void sort_keep(struct shared *s, const int *inherit)
{
    for (; inherit != NULL && *inherit >= 0; inherit++) {
        kz_assert(*inherit > 2 && s->n_keep < KZ_SPAWN_INHERIT_MAX);
        int at = s->n_keep++;
        for (; at > 0 && s->keep[at - 1] > *inherit; at--)
            s->keep[at] = s->keep[at - 1];
        s->keep[at] = *inherit;
    }
}

/* Apart, so that no local of the caller lives across the two returns of vfork. */
__attribute__((noinline)) static pid_t start(struct shared *s)
{
    pid_t pid = vfork();
    if (pid == 0)
        in_child(s);
    return pid;
}

int kz_spawn(pid_t *out, const struct kz_spawn *spec, struct kz_err *err)
{
    struct shared s = {.spec = spec};
    sigset_t all, old;
    sort_keep(&s, spec->inherit);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t pid = start(&s);
    int errnum = pid < 0 ? errno : s.errnum;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (pid < 0)
        return kz_fail_errno(err, errnum, "start '%s'", spec->argv[0]);
    if (errnum != 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        if (s.step == NULL)
            return kz_fail_errno(err, errnum, "start '%s'", spec->argv[0]);
        return kz_fail_errno(err, errnum, "start '%s': %s", spec->argv[0], s.step);
    }
    *out = pid;
    return 0;
}
