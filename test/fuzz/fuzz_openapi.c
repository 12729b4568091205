/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text as an OpenAPI document or CustomResourceDefinition, and any object against what comes of it. The
 * first line is the document, the rest is the object. */
#include "fuzz.h"

#include "schema/schema.h"
#include "value/json.h"

static void look(struct kz_arena *a, const struct kz_schemas *s, const struct kz_gvk *what, const struct kz_value *body)
{
    const struct kz_schema *schema = kz_schemas_find(s, what);
    struct kz_mistakes m;
    if (schema == NULL)
        return;
    for (int builtin = 0; builtin < 2; builtin++) {
        kz_schema_check(&m, a, schema, body, builtin == 1);
        kz_assert(m.n <= KZ_MISTAKES && (m.more == 0 || m.n == KZ_MISTAKES));
        for (size_t i = 0; i < m.n; i++)
            kz_assert(m.at[i].text.len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    static const struct kz_str kinds[] = {KZ_STR_INIT("K"), KZ_STR_INIT("L")};
    struct kz_str first, rest = kz_str_cut(&first, kz_str_n((const char *)data, size), '\n');
    struct kz_value *body, *crd;
    struct kz_err err;
    if (size > (1 << 20) || kz_json_read(&body, a, rest, KZ_STR("object"), &err) < 0)
        return 0;
    struct kz_schemas *s = kz_schemas_new();
    (void)!kz_schemas_add_openapi(s, first, KZ_STR("g"), KZ_STR("v1"), kinds, 2, &err);
    if (kz_json_read(&crd, a, first, KZ_STR("crd"), &err) == 0 && kz_schemas_add_crd(s, crd, &err) == 0)
        look(a, s, &(struct kz_gvk){KZ_STR("c"), KZ_STR("v1"), KZ_STR("C")}, body);
    for (size_t i = 0; i < kz_countof(kinds); i++)
        look(a, s, &(struct kz_gvk){KZ_STR("g"), KZ_STR("v1"), kinds[i]}, body);
    kz_schemas_free(s);
    return 0;
}
