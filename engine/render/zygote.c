/* SPDX-License-Identifier: Apache-2.0 */
#include "render/zygote.h"

#include "base/clock.h"
#include "render/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 10000, STOP_MS = 1000 };

static int wait_for_level(struct kz_zygote *z, struct kz_err *err)
{
    struct kz_control_tell tell;
    struct pollfd p = {.fd = z->fd, .events = POLLIN};
    int n;
    do
        n = poll(&p, 1, START_MS);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return kz_fail(err, KZ_E_IO, "the render zygote did not report within %d s",
                       START_MS / 1000);
    ssize_t got = recv(z->fd, &tell, sizeof tell, 0);
    if (got != (ssize_t)sizeof tell || tell.kind != KZ_CONTROL_LEVEL)
        return kz_fail(err, KZ_E_IO, "the render zygote ended while it started");
    z->layers = tell.layers;
    (void)snprintf(z->level, sizeof z->level, "%.*s", (int)sizeof tell.level - 1, tell.level);
    return 0;
}

int kz_zygote_start(struct kz_zygote **out, const struct kz_task *const *tasks, struct kz_err *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return kz_fail_errno(err, errno, "start the render zygote");
    pid_t pid = fork();
    if (pid < 0) {
        int saved = errno;
        (void)close(pair[0]);
        (void)close(pair[1]);
        return kz_fail_errno(err, saved, "start the render zygote");
    }
    if (pid == 0)
        kz_zygote_main(pair[1], tasks);
    (void)close(pair[1]);

    struct kz_zygote *z = calloc(1, sizeof *z);
    kz_assert(z != NULL);
    z->fd = pair[0];
    z->pid = pid;
    if (wait_for_level(z, err) < 0) {
        kz_zygote_stop(z);
        return -(int)err->code;
    }
    *out = z;
    return 0;
}

void kz_zygote_stop(struct kz_zygote *z)
{
    if (z == NULL)
        return;
    (void)close(z->fd); /* the zygote ends its children and itself when it sees that */
    int64_t until = kz_clock_mono() + STOP_MS * KZ_NS_PER_MS;
    pid_t got;
    while ((got = waitpid(z->pid, NULL, WNOHANG)) == 0 && kz_clock_mono() < until)
        (void)poll(NULL, 0, 1);
    if (got == 0) {
        (void)kill(z->pid, SIGKILL);
        (void)waitpid(z->pid, NULL, 0);
    }
    free(z);
}

const char *kz_zygote_level(const struct kz_zygote *z)
{
    return z->level;
}

unsigned kz_zygote_layers(const struct kz_zygote *z)
{
    return z->layers;
}
