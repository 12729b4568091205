/* SPDX-License-Identifier: Apache-2.0
 *
 * Two programs with the same arguments, cold, in turn, so that a busy moment hits both:
 *
 *     bench_cold ROUNDS PROGRAM PROGRAM ARGUMENT...
 *
 * Prints for each, in one line: the median from start to exit in nanoseconds, the peak of resident memory
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
    int64_t took[MOST];
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

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
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
            s->program = argv[2 + k];
            if (!once(s, &s->took[i < 0 ? 0 : i], argv + 3)) {
                (void)fprintf(stderr, "bench_cold: cannot run %s\n", s->program);
                return 1;
            }
        }
    for (size_t k = 0; k < kz_countof(sides); k++) {
        struct side *s = &sides[k];
        qsort(s->took, (size_t)rounds, sizeof *s->took, by_size);
        (void)printf("%lld %lld %d%s", (long long)s->took[rounds / 2], (long long)s->rss << 10,
                     WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 128, k == 0 ? " " : "\n");
    }
    return 0;
}
