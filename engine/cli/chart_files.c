/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/chart_files.h"

#include "base/fs.h"

#include <limits.h>

int kz_chart_files_write(const char *folder, struct kz_err *err)
{
    for (const struct kz_embedded *f = kz_chart_files; f->path != NULL; f++) {
        char path[PATH_MAX];
        const int n = snprintf(path, sizeof path, "%s/%s", folder, f->path);
        if (n < 0 || (size_t)n >= sizeof path)
            return kz_fail(err, KZ_E_INVALID, "the name of folder '%s' is too long", folder);
        char *slash = strrchr(path, '/');
        *slash = '\0';
        if (kz_dir_make(path, err) < 0)
            return -(int)err->code;
        *slash = '/';
        if (kz_file_write(path, (struct kz_str){(const char *)f->bytes, f->len}, 0644, err) < 0)
            return -(int)err->code;
    }
    return 0;
}
