/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

int kz_file_read(struct kz_str *out, struct kz_arena *a, const char *path, size_t limit,
                 struct kz_err *err)
{
    struct stat st;
    kz_autobuf struct kz_buf b = KZ_BUF(limit + 1 + (64U << 10));
    kz_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return kz_fail_errno(err, errno, "read '%s'", path);
    if (S_ISDIR(st.st_mode))
        return kz_fail(err, KZ_E_INVALID, "read '%s': it is a folder", path);
    /* The size is a hint only: /proc says 0, and a file can grow meanwhile. */
    size_t step = st.st_size > 0 && (size_t)st.st_size < limit ? (size_t)st.st_size + 1 : 4096;
    for (;;) {
        char *at = kz_buf_reserve(&b, step > (64U << 10) && b.len > 0 ? 64U << 10 : step);
        if (at == NULL)
            return kz_fail(err, KZ_E_LIMIT, "read '%s': more than %zu bytes", path, limit);
        ssize_t n = read(fd, at, b.cap - b.len - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kz_fail_errno(err, errno, "read '%s'", path);
        if (n == 0)
            break;
        b.len += (size_t)n;
        if (b.len > limit)
            return kz_fail(err, KZ_E_LIMIT, "read '%s': more than %zu bytes", path, limit);
    }
    *out = kz_str_dup(a, kz_buf_str(&b));
    return 0;
}

/* Makes the rename itself durable. A file system that can't sync a folder is not an error. */
static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    struct kz_str p = kz_str(path);
    size_t slash = kz_str_rindex(p, '/');
    if (slash == p.len)
        (void)snprintf(folder, sizeof folder, ".");
    else
        (void)snprintf(folder, sizeof folder, KZ_FMT, (int)(slash > 0 ? slash : 1), path);
    kz_autofd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        (void)fsync(fd);
}

static int write_temp(int fd, const char *path, struct kz_str data, unsigned mode,
                      struct kz_err *err)
{
    int rc = kz_write_all(fd, data, "the new content", err);
    if (rc < 0)
        return kz_wrap(err, "write '%s'", path);
    if (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0)
        return kz_fail_errno(err, errno, "write '%s'", path);
    return 0;
}

int kz_file_write(const char *path, struct kz_str data, unsigned mode, struct kz_err *err)
{
    char temp[PATH_MAX];
    int n = snprintf(temp, sizeof temp, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temp)
        return kz_fail(err, KZ_E_INVALID, "write '%s': the path is too long", path);
    kz_autofd int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return kz_fail_errno(err, errno, "write '%s'", path);
    int rc = write_temp(fd, path, data, mode, err);
    if (rc == 0 && rename(temp, path) != 0)
        rc = kz_fail_errno(err, errno, "write '%s'", path);
    if (rc < 0) {
        (void)unlink(temp);
        return rc;
    }
    sync_folder_of(path);
    return 0;
}

int kz_dir_make(const char *path, struct kz_err *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part)
        return kz_fail(err, KZ_E_INVALID, "make folder '%s': the path is empty or too long", path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return kz_fail_errno(err, errno, "make folder '%s'", part);
    }
    return 0;
}

const char *kz_program_find(struct kz_arena *a, const char *name)
{
    if (strchr(name, '/') != NULL)
        return name;
    const char *path = getenv("PATH");
    struct kz_str rest = kz_str(path != NULL ? path : "/usr/local/bin:/usr/bin:/bin");
    while (rest.len > 0) {
        struct kz_str dir;
        rest = kz_str_cut(&dir, rest, ':');
        if (dir.len == 0 || dir.ptr[0] != '/')
            continue;
        const char *full = kz_str_printf(a, KZ_FMT "/%s", KZ_ARG(dir), name).ptr;
        if (access(full, X_OK) == 0)
            return full;
    }
    return NULL;
}
