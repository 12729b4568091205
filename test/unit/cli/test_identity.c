/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct kz_arena *arena;
static char folder[64];
static struct kz_env env;

static void draw(void *impl, void *buf, size_t len)
{
    static unsigned char next = 1;
    unsigned char *p = buf;
    (void)impl;
    for (size_t i = 0; i < len; i++)
        p[i] = next++;
}

static void begin(void)
{
    static const struct kz_env_ops ops = {.random = draw};
    env = (struct kz_env){.ops = &ops};
    arena = kz_arena_new(1 << 20);
    (void)snprintf(folder, sizeof folder, "/tmp/kz-identity-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void end(void)
{
    static const char *const hashes[] = {"/lease/00000000000000010000000000000001",
                                         "/lease/00000000000000020000000000000002", "/lease", ""};
    for (size_t i = 0; i < kz_countof(hashes); i++)
        (void)remove(kz_str_printf(arena, "%s%s", folder, hashes[i]).ptr);
    cr_assert_neq(access(folder, F_OK), 0);
    kz_arena_free(arena);
}

static const struct kz_hash one = {1, 1}, two = {2, 2};

Test(identity, the_next_process_is_the_same_and_no_other, .init = begin, .fini = end)
{
    char host[128];
    struct kz_identity a, b, c;
    (void)gethostname(host, sizeof host);
    kz_identity_open(&a, arena, &env, kz_str(folder), one);
    cr_assert(kz_str_starts(a.text, kz_str(host)));
    cr_assert_eq(a.text.len, strlen(host) + 1 + 16);
    kz_identity_open(&b, arena, &env, kz_str(folder), one); /* while the first lives */
    cr_assert_not(kz_str_eq(a.text, b.text));
    cr_assert_lt(b.lock, 0);
    kz_identity_close(&b);
    kz_identity_open(&b, arena, &env, kz_str(folder), two); /* for another purpose */
    cr_assert_not(kz_str_eq(a.text, b.text));
    kz_identity_close(&a);
    kz_identity_open(&c, arena, &env, kz_str(folder), one);
    cr_assert(kz_str_eq(a.text, c.text));
    kz_identity_close(&b);
    kz_identity_close(&c);
}

/* What the process executes does not keep the lock when it is gone. */
Test(identity, the_lock_is_not_handed_down, .init = begin, .fini = end)
{
    struct kz_identity a, b;
    int ready[2];
    kz_identity_open(&a, arena, &env, kz_str(folder), one);
    cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execlp("sleep", "sleep", "60", (char *)NULL);
        _exit(1);
    }
    char byte;
    (void)close(ready[1]);
    cr_assert_eq(read(ready[0], &byte, 1), 0); /* it runs: its end of the pipe is closed */
    (void)close(ready[0]);
    kz_identity_close(&a);
    kz_identity_open(&b, arena, &env, kz_str(folder), one);
    cr_assert(kz_str_eq(a.text, b.text));
    kz_identity_close(&b);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

Test(identity, without_a_folder_it_is_random, .init = begin, .fini = end)
{
    static const char *const folders[] = {"", "/proc/no/such/place"};
    for (size_t i = 0; i < kz_countof(folders); i++) {
        struct kz_identity a, b;
        kz_identity_open(&a, arena, &env, kz_str(folders[i]), one);
        kz_identity_open(&b, arena, &env, kz_str(folders[i]), one);
        cr_assert_not(kz_str_eq(a.text, b.text));
        kz_identity_close(&a);
        kz_identity_close(&b);
    }
    struct kz_identity nothing = {0};
    kz_identity_close(&nothing);
}
