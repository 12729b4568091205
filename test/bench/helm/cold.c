/* SPDX-License-Identifier: Apache-2.0
 *
 * Two programs with the same arguments, cold, in turn, so that a busy moment hits both:
 *
 *     bench_cold ROUNDS PROGRAM PROGRAM ARGUMENT...
 *
 * Prints for each, in one line: the best round from start to exit in nanoseconds, the peak of resident memory
 * in bytes, the exit status. Output goes to /dev/null. */
#include "base/clock.h"
#include "base/def.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 1000 };

struct side {
    const char *program;
    int64_t best;
    long rss; /* KiB */
    int status;
};

static bool once(struct side *s, int64_t *took, char **argv)
{
    posix_spawn_file_actions_t to;
    struct rusage use;
    pid_t pid;
    (void)posix_spawn_file_actions_init(&to);
    (void)posix_spawn_file_actions_addopen(&to, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&to, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const int64_t start = kz_clock_mono();
    const bool ok = posix_spawn(&pid, s->program, &to, NULL, argv, environ) == 0 &&
                    wait4(pid, &s->status, 0, &use) == pid;
    *took = kz_clock_mono() - start;
    (void)posix_spawn_file_actions_destroy(&to);
    if (ok && use.ru_maxrss > s->rss)
        s->rss = use.ru_maxrss;
    return ok;
}

int main(int argc, char **argv)
{
    static struct side sides[2];
    const long rounds = argc > 4 ? strtol(argv[1], NULL, 10) : 0;
    if (rounds < 1 || rounds > MOST) {
        (void)fprintf(stderr, "usage: bench_cold ROUNDS PROGRAM PROGRAM ARGUMENT...\n");
        return 2;
    }
    for (long i = -1; i < rounds; i++) /* the first one fills the page cache and does not count */
        for (size_t k = 0; k < kz_countof(sides); k++) {
            struct side *s = &sides[k];
            int64_t took;
            s->program = argv[2 + k];
            if (!once(s, &took, argv + 3)) {
                (void)fprintf(stderr, "bench_cold: cannot run %s\n", s->program);
                return 1;
            }
            if (i <= 0 || took < s->best)
                s->best = took;
        }
    for (size_t k = 0; k < kz_countof(sides); k++) {
        struct side *s = &sides[k];
        (void)printf("%lld %lld %d%s", (long long)s->best, (long long)s->rss << 10,
                     WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 128, k == 0 ? " " : "\n");
    }
    return 0;
}
