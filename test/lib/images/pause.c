/* SPDX-License-Identifier: Apache-2.0
 *
 * The first process of every pod: it owns the pod's namespaces and does nothing. With shareProcessNamespace it
 * is also the parent of orphans, so it reaps them. Ends on SIGTERM and SIGINT. */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int sig)
{
    (void)sig;
    _exit(0);
}

static void reap(int sig)
{
    (void)sig;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

int main(void)
{
    const struct sigaction on_end = {.sa_handler = end};
    const struct sigaction on_child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};

    if (sigaction(SIGTERM, &on_end, NULL) != 0 || sigaction(SIGINT, &on_end, NULL) != 0 ||
        sigaction(SIGCHLD, &on_child, NULL) != 0)
        return 1;
    for (;;)
        pause();
}
