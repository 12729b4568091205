/* SPDX-License-Identifier: Apache-2.0
 *
 * A packed chart: files or an error, and a chart of them or an error. */
#include "fuzz.h"

#include "helm/chart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)4 << 30);
    struct kz_chart_files files = {0};
    struct kz_chart *c;
    struct kz_err err = {0};
    if (kz_archive_read(&files, a, kz_str_n((const char *)data, size), &err) < 0) {
        kz_assert(err.depth > 0);
        return 0;
    }
    if (kz_chart_build(&c, a, &files, NULL, &err) < 0)
        kz_assert(err.depth > 0);
    else
        kz_assert(c->meta->name.len > 0);
    return 0;
}
