/* SPDX-License-Identifier: Apache-2.0 */
#include "render/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DEPTH = 256
}; /* each level holds a descriptor open; programs can't write deeper trees usefully */

bool kz_scratch_make(char *out, size_t size, const char *dir)
{
    int n = snprintf(out, size, "%s/kzsync-XXXXXX", dir);
    if (n < 0 || (size_t)n >= size) {
        errno = ENAMETOOLONG;
        return false;
    }
    return mkdtemp(out) != NULL;
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* Owns fd. What a program left behind is not ours to trust: names are used relative to an open
 * folder, and a link is removed, never followed. */
static void empty_folder(int fd, unsigned depth)
{
    (void)fchmod(fd, 0700);
    DIR *d = fdopendir(fd);
    if (d == NULL) {
        (void)close(fd);
        return;
    }
    const struct dirent *e;
    while ((e = readdir(d)) != NULL) {
        if (is_dots(e->d_name) || unlinkat(dirfd(d), e->d_name, 0) == 0)
            continue;
        /* Unlinking failed: a folder, which may have been made unreadable. The mode change does not
         * follow a link out: a link would have been unlinked. */
        (void)!fchmodat(dirfd(d), e->d_name, 0700, 0);
        int sub = depth < DEPTH
                      ? openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                      : -1;
        if (sub >= 0)
            empty_folder(sub, depth + 1);
        (void)unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
    }
    (void)closedir(d);
}

void kz_scratch_remove(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        empty_folder(fd, 0);
    (void)rmdir(path);
}
