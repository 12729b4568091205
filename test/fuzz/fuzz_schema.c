/* SPDX-License-Identifier: Apache-2.0
 *
 * A schema, NUL, and YAML values: an answer, and never a hang. */
#include "fuzz.h"

#include "helm/schema.h"
#include "helm/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)4 << 30);
    struct kz_str schema, why, text = kz_str_cut(&schema, kz_str_n((const char *)data, size), '\0');
    struct kz_value *v;
    struct kz_err err;
    if (kz_go_yaml(&v, a, text, KZ_STR("values"), &err) < 0)
        v = kz_value_map(a);
    kz_go_floats(v);
    const bool ok = kz_schema_ok(&why, a, schema, v);
    kz_assert(ok == (why.len == 0));
    return 0;
}
