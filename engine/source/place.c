/* SPDX-License-Identifier: Apache-2.0 */
#include "source/place.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A linked working copy has a file `.git`; git itself says where its objects are, see rev_parse. */
static bool has_git(struct kz_arena *a, struct kz_str folder)
{
    return access(kz_str_printf(a, KZ_FMT "/.git", KZ_ARG(folder)).ptr, F_OK) == 0;
}

int kz_source_place(struct kz_source_place *out, struct kz_arena *a, struct kz_str path,
                    struct kz_err *err)
{
    char real[PATH_MAX];
    struct stat st;
    const char *wanted = kz_cstr(a, path.len == 0 ? KZ_STR(".") : path);
    if (realpath(wanted, real) == NULL || stat(real, &st) < 0)
        return kz_fail_errno(err, errno, "open '%s'", wanted);
    struct kz_str full = kz_str_dup(a, kz_str(real)), root = full;
    if (!S_ISDIR(st.st_mode))
        root = kz_str_head(full, kz_str_rindex(full, '/'));
    struct kz_str top = root;
    while (top.len > 1 && !has_git(a, top))
        top = kz_str_head(top, kz_str_rindex(top, '/'));
    bool found = top.len > 1;
    if (found)
        root = top;
    if (root.len == 0)
        root = KZ_STR("/");
    struct kz_str below = kz_str_skip(full, root.len);
    *out = (struct kz_source_place){
        .root = kz_str_dup(a, root),
        .below = kz_str_skip(below, below.len > 0 && below.ptr[0] == '/'),
        .repo = found ? kz_str_printf(a, KZ_FMT "/.git", KZ_ARG(root)) : KZ_STR(""),
    };
    return 0;
}
