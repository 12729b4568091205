/* SPDX-License-Identifier: Apache-2.0
 *
 * A list that the JSON reader takes is cut into just the objects that the reader sees in "items". */
#include "fuzz.h"

#include "kube/items.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_str piece = kz_str_n((const char *)data, size);
    struct kz_str part;
    struct kz_value *doc, *item;
    struct kz_err err;
    struct kz_items it;
    size_t n = 0;
    if (size > 4096 || kz_json_read(&doc, a, piece, KZ_STR("list"), &err) < 0 ||
        doc->kind != KZ_MAP)
        return 0;
    const struct kz_value *want = kz_value_get(doc, "items");
    kz_items_init(&it, 4096);
    while (kz_items_next(&it, &piece, &part)) {
        kz_assert(kz_json_read(&item, a, part, KZ_STR("item"), &err) == 0);
        kz_assert(kz_value_eq(item, kz_value_at(want, n)));
        n++;
    }
    if (kz_items_end(&it, &part)) {
        kz_assert(n == kz_value_len(want) || !kz_value_is(want, KZ_LIST));
        kz_assert(kz_json_read(&doc, a, part, KZ_STR("envelope"), &err) == 0);
    } else {
        kz_assert(it.bad); /* a member that is not an object */
    }
    kz_items_done(&it);
    return 0;
}
