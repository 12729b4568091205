/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/io.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[128];
static struct kz_arena *arena;
static struct kz_err err;

static void setup(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/kzsync-test-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/file", dir);
    arena = kz_arena_new(64 << 20);
}

static void teardown(void)
{
    kz_arena_free(arena);
    (void)unlink(path);
    cr_assert_eq(rmdir(dir), 0); /* no temporary file is left */
}

TestSuite(fs, .init = setup, .fini = teardown);

Test(fs, write_then_read)
{
    static char big[300000];
    struct kz_str got;
    struct stat st;
    memset(big, 'x', sizeof big);
    cr_assert_eq(kz_file_write(path, KZ_STR("old"), 0644, &err), 0);
    cr_assert_eq(kz_file_write(path, kz_str_n(big, sizeof big), 0600, &err), 0);
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600);
    cr_assert_eq(kz_file_read(&got, arena, path, sizeof big, &err), 0);
    cr_assert(kz_str_eq(got, kz_str_n(big, sizeof big)));
    cr_assert_eq(got.ptr[got.len], '\0');
    cr_assert_eq(kz_file_read(&got, arena, path, sizeof big - 1, &err), -KZ_E_LIMIT);
    cr_assert_eq(kz_file_write(path, KZ_STR(""), 0600, &err), 0);
    cr_assert_eq(kz_file_read(&got, arena, path, 0, &err), 0);
    cr_assert_eq(got.len, 0);
}

Test(fs, read_without_a_size)
{
    struct kz_str got;
    cr_assert_eq(kz_file_read(&got, arena, "/proc/self/status", 64 << 10, &err), 0);
    cr_assert(kz_str_starts(got, KZ_STR("Name:")));
    cr_assert_eq(kz_file_read(&got, arena, "/dev/zero", 100000, &err), -KZ_E_LIMIT);
}

Test(fs, failures)
{
    struct kz_str got;
    char line[1024], nowhere[128];
    cr_assert_eq(kz_file_read(&got, arena, path, 10, &err), -KZ_E_NOTFOUND);
    cr_assert(strstr(kz_err_line(line, sizeof line, &err), path) != NULL);
    cr_assert_eq(kz_file_read(&got, arena, dir, 10, &err), -KZ_E_INVALID);
    (void)snprintf(nowhere, sizeof nowhere, "%s/no/file", dir);
    cr_assert_eq(kz_file_write(nowhere, KZ_STR("x"), 0600, &err), -KZ_E_NOTFOUND);
    cr_assert_eq(kz_file_write(dir, KZ_STR("x"), 0600, &err), -KZ_E_IO); /* over a folder */
}

Test(fs, read_all_and_autofd)
{
    int ends[2], copy;
    char got[4];
    cr_assert_eq(pipe(ends), 0);
    {
        kz_autofd int out = ends[1];
        copy = out;
        cr_assert_eq(kz_write_all(out, KZ_STR("abcdef"), "the pipe", &err), 0);
    }
    cr_assert_eq(fcntl(copy, F_GETFD), -1); /* closed */
    cr_assert_eq(kz_read_all(ends[0], got, 4, "the pipe", &err), 0);
    cr_assert_eq(memcmp(got, "abcd", 4), 0);
    cr_assert_eq(kz_read_all(ends[0], got, 4, "the pipe", &err), -KZ_E_REMOTE);
    close(ends[0]);
}
