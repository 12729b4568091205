/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"
#include "base/fs.h"
#include "base/io.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char BOOT_ID[] = "/proc/sys/kernel/random/boot_id";

/* Locked for this process and those that it does not exec into: none. */
static int lock_file(struct kz_arena *a, struct kz_str folder, struct kz_hash purpose)
{
    char name[KZ_HASH_TEXT];
    struct kz_err err;
    const char *dir = kz_str_printf(a, KZ_FMT "/lease", KZ_ARG(folder)).ptr;
    if (folder.len == 0 || kz_dir_make(dir, &err) < 0)
        return -1;
    kz_hash_text(name, purpose);
    int fd = open(kz_str_printf(a, "%s/%s", dir, name).ptr, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* What is random in it was drawn when it was made: a copy of the folder on a later inode is another one. */
static bool read_number(uint64_t *out, int fd, const struct kz_env *env)
{
    ssize_t n = pread(fd, out, sizeof *out, 0);
    if (n == (ssize_t)sizeof *out)
        return true;
    *out = kz_env_random64(env);
    return n >= 0 && pwrite(fd, out, sizeof *out, 0) == (ssize_t)sizeof *out;
}

static bool derive(uint64_t *out, struct kz_arena *a, const struct kz_env *env, int fd)
{
    struct kz_str boot;
    struct kz_err err;
    struct stat st;
    uint64_t number = 0;
    if (kz_file_read(&boot, a, BOOT_ID, 256, &err) < 0 || fstat(fd, &st) != 0 || !read_number(&number, fd, env))
        return false;
    struct kz_hasher *h = kz_hasher_new(a);
    kz_hasher_add(h, boot);
    kz_hasher_add(h, kz_str_printf(a, "%llu %llu %" PRIx64, (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
                                   number));
    struct kz_hash hash = kz_hasher_end(h);
    memcpy(out, &hash, sizeof *out);
    return true;
}

void kz_identity_open(struct kz_identity *out, struct kz_arena *a, const struct kz_env *env, struct kz_str folder,
                      struct kz_hash purpose)
{
    char host[128] = "";
    uint64_t number = 0;
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        (void)snprintf(host, sizeof host, "host");
    out->lock = lock_file(a, folder, purpose);
    if (out->lock >= 0 && !derive(&number, a, env, out->lock))
        kz_identity_close(out);
    if (out->lock < 0)
        number = kz_env_random64(env);
    out->text = kz_str_printf(a, "%s_%016" PRIx64, host, number);
}

void kz_identity_close(struct kz_identity *id)
{
    if (id->text.len > 0 && id->lock >= 0)
        (void)close(id->lock);
    id->lock = -1;
}
