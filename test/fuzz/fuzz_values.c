/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of a user, a chart and a chart below it, coalesced and merged: three YAML texts, parted by NUL. */
#include "fuzz.h"

#include "helm/text.h"
#include "helm/values.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 31);
    struct kz_value *part[3], *out;
    struct kz_err err = {0};
    struct kz_str rest = kz_str_n((const char *)data, size);
    for (size_t i = 0; i < kz_countof(part); i++) {
        struct kz_str text;
        rest = kz_str_cut(&text, rest, '\0');
        if (kz_go_yaml(&part[i], a, text, KZ_STR("values"), &err) < 0 || part[i]->kind != KZ_MAP)
            part[i] = kz_value_map(a);
        kz_go_floats(part[i]);
    }
    struct kz_chart_meta root_meta = {.name = KZ_STR("root")}, sub_meta = {.name = KZ_STR("sub")};
    struct kz_chart sub = {.meta = &sub_meta, .values = part[2]};
    struct kz_chart *subs[] = {&sub};
    struct kz_chart root = {.meta = &root_meta, .values = part[1], .subs = subs, .n_subs = 1};
    for (int mode = KZ_VALUES_COALESCE; mode <= KZ_VALUES_MERGE; mode++) {
        kz_autobuf struct kz_buf b = KZ_BUF((size_t)64 << 20);
        if (kz_values_coalesce(&out, a, &root, part[0], (enum kz_values_mode)mode, NULL, &err) < 0)
            continue;
        kz_assert(kz_value_is(kz_value_get(out, "sub"), KZ_MAP));
        kz_json_write(&b, out, KZ_JSON_SORTED);
    }
    return 0;
}
