/* SPDX-License-Identifier: Apache-2.0
 *
 * A scratch folder per test, made and removed by a shell. */
#ifndef KZ_TEST_FIXTURE_H
#define KZ_TEST_FIXTURE_H

#include "base/arena.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs a script with "$1" = arg in a clean git environment; fails the test unless it exits 0. */
static inline void sh(const char *arg, const char *script)
{
    char *const env[] = {(char[]){"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
                         (char[]){"GIT_CONFIG_NOSYSTEM=1"},
                         (char[]){"GIT_CONFIG_GLOBAL=/dev/null"},
                         (char[]){"GIT_AUTHOR_NAME=Ada"},
                         (char[]){"GIT_AUTHOR_EMAIL=ada@example.com"},
                         (char[]){"GIT_COMMITTER_NAME=Ada"},
                         (char[]){"GIT_COMMITTER_EMAIL=ada@example.com"},
                         NULL};
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        (void)execle("/bin/sh", "sh", "-euc", script, "sh", arg, (char *)NULL, env);
        _exit(127);
    }
    cr_assert(pid > 0 && waitpid(pid, &status, 0) == pid);
    cr_assert_eq(status, 0, "script failed: %s", script);
}

/* Output of a script, its last newline removed. */
static inline struct kz_str sh_out(struct kz_arena *a, const char *arg, const char *script)
{
    char file[] = "/tmp/kz-out-XXXXXX", text[4096];
    int fd = mkstemp(file);
    cr_assert(fd >= 0);
    sh(arg, kz_str_printf(a, "{ %s; } > %s", script, file).ptr);
    ssize_t n = read(fd, text, sizeof text);
    cr_assert(n >= 0);
    (void)close(fd);
    (void)unlink(file);
    return kz_str_dup(a, kz_str_trim(kz_str_n(text, (size_t)n)));
}

static inline const char *scratch(struct kz_arena *a)
{
    char *dir = kz_arena_bytes(a, 32);
    memcpy(dir, "/tmp/kz-test-XXXXXX", 20);
    cr_assert(mkdtemp(dir) != NULL);
    return dir;
}

static inline void scrap(const char *dir)
{
    sh(dir, "rm -rf -- \"$1\"");
}

#endif
