/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON list of a document and a patch: the patch leaves the document as it was, with or without
 * success; laying the second over the first twice is as once. */
#include "fuzz.h"

#include "value/json.h"
#include "value/json_patch.h"
#include "value/merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    const struct kz_str text = kz_str_n((const char *)data, size);
    struct kz_value *v, *out;
    struct kz_err err;
    if (kz_json_read(&v, a, text, KZ_STR("in"), &err) < 0 || v->kind != KZ_LIST ||
        kz_value_len(v) != 2)
        return 0;
    const struct kz_value *doc = kz_value_at(v, 0), *over = kz_value_at(v, 1);
    const struct kz_value *was = kz_value_copy(a, v);
    if (kz_json_patch(&out, a, doc, over, &err) < 0)
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
    const struct kz_value *once = kz_merge(a, doc, over);
    kz_assert(kz_value_eq(once, kz_merge(a, once, over)));
    kz_assert(kz_value_eq(v, was));
    return 0;
}
