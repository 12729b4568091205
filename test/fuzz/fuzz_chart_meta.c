/* SPDX-License-Identifier: Apache-2.0
 *
 * Chart.yaml: metadata that is checked, or an error in words. */
#include "fuzz.h"

#include "helm/chart.h"
#include "helm/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_chart_meta meta = {0};
    struct kz_value *doc;
    struct kz_err err = {0};
    if (kz_go_yaml(&doc, a, kz_str_n((const char *)data, size), KZ_STR("Chart.yaml"), &err) < 0 ||
        kz_chart_meta_read(&meta, a, doc, &err) < 0 || kz_chart_meta_check(&meta, a, &err) < 0) {
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
        return 0;
    }
    kz_assert(meta.name.len > 0 && meta.version.len > 0);
    for (size_t i = 0; i < meta.n_deps; i++)
        kz_assert(meta.deps[i] != NULL);
    return 0;
}
