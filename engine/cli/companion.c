/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/companion.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

int kz_companion_become(char **argv, struct kz_err *err)
{
    /* KZ_COMPANION is relative to the folder of this program: an installed tree can be moved. */
    static const char *const places[] = {"kzsync-cluster", KZ_COMPANION};
    char self[PATH_MAX], path[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return kz_fail_errno(err, errno, "find this program");
    self[n] = '\0';
    const struct kz_str folder = kz_str_head(kz_str(self), kz_str_rindex(kz_str(self), '/'));
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
