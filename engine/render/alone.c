/* SPDX-License-Identifier: Apache-2.0 */
#include "render/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum { HANDLER_STACK = 32 << 10 };

static struct { /* written before the handlers are installed, read by them */
    int exit_code;
    unsigned seconds;
} at_end;

/* ---- how it ends ------------------------------------------------------------------------------- */

static void say_end(int sig)
{
    char line[128];
    const int n = sig == SIGALRM || sig == SIGXCPU
                      ? snprintf(line, sizeof line, "Error: rendering took longer than %u s\n", at_end.seconds)
                      : snprintf(line, sizeof line, "Error: rendering was ended by signal %d\n", sig);
    (void)!write(STDERR_FILENO, line, (size_t)n);
    _exit(at_end.exit_code);
}

/* On a stack of its own: the fault may be the end of the other one. */
static void catch_ends(void)
{
    static char space[HANDLER_STACK];
    static const int signals[] = {
        SIGALRM, SIGXCPU,
#ifndef KZ_ARENA_DEBUG /* a sanitizer tells more */
        SIGSEGV, SIGBUS,  SIGFPE, SIGILL, SIGABRT,
#endif
    };
    const stack_t stack = {.ss_sp = space, .ss_size = sizeof space};
    const struct sigaction act = {.sa_handler = say_end, .sa_flags = SA_ONSTACK};
    (void)sigaltstack(&stack, NULL);
    for (size_t i = 0; i < kz_countof(signals); i++)
        (void)sigaction(signals[i], &act, NULL);
}

/* ---- what it forgets --------------------------------------------------------------------------- */

static void forget_environment(void)
{
    static char *none[1];
    for (char **e = environ; e != NULL && *e != NULL; e++)
        explicit_bzero(*e, strlen(*e));
    environ = none;
}

static void close_others(void)
{
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null > STDIN_FILENO)
        (void)dup2(null, STDIN_FILENO);
    (void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
}

int kz_sandbox_enter_alone(const struct kz_sandbox_job *job, unsigned wall_seconds, int exit_code,
                           struct kz_err *err)
{
    struct kz_sandbox s = {.seccomp = true};
    const uint32_t refuse = SECCOMP_RET_ERRNO;
    if (kz_landlock_abi() == 0 || syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &refuse) != 0)
        return kz_fail(err, KZ_E_NOTFOUND, "this kernel has no landlock or no seccomp");
    at_end.exit_code = exit_code;
    at_end.seconds = wall_seconds;
    forget_environment();
    close_others();
    catch_ends();
    kz_sandbox_drop(&s);
    (void)alarm(wall_seconds);
    return kz_sandbox_enter_child(&s, job, err);
}
