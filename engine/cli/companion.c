/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/companion.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

/* The folder of this program, in self. */
static bool find_folder(struct kz_str *out, char *self, size_t size)
{
    const ssize_t n = readlink("/proc/self/exe", self, size - 1);
    if (n < 0)
        return false;
    self[n] = '\0';
    *out = kz_str_head(kz_str(self), kz_str_rindex(kz_str(self), '/'));
    return true;
}

bool kz_companion_find(char *path, size_t size, const char *name)
{
    char self[PATH_MAX];
    struct kz_str folder;
    if (!find_folder(&folder, self, sizeof self))
        return false;
    const int len = snprintf(path, size, KZ_FMT "/%s", KZ_ARG(folder), name);
    return len > 0 && (size_t)len < size && access(path, X_OK) == 0;
}

int kz_companion_become(char **argv, struct kz_err *err)
{
    /* KZ_COMPANION is relative to the folder of this program: an installed tree can be moved. */
    static const char *const places[] = {"kzsync-cluster", KZ_COMPANION};
    char self[PATH_MAX], path[PATH_MAX];
    struct kz_str folder;
    if (!find_folder(&folder, self, sizeof self))
        return kz_fail_errno(err, errno, "find this program");
    for (size_t i = 0; i < kz_countof(places); i++) {
        const int len = snprintf(path, sizeof path, KZ_FMT "/%s", KZ_ARG(folder), places[i]);
        if (len > 0 && (size_t)len < sizeof path)
            (void)execv(path, argv);
        if (errno != ENOENT)
            return kz_fail_errno(err, errno, "start '%s'", path);
    }
    (void)kz_fail(err, KZ_E_NOTFOUND, "kzsync-cluster is missing, the part of kzsync that talks to git and clusters");
    return kz_err_hint(err, "install it as '%s'", path);
}
