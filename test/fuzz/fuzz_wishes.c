/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of an annotation, as each of the commands. What is understood is written as text that says the same. */
#include "fuzz.h"

#include "report/wishes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t now = 1790000000 * KZ_NS_PER_SEC;
    for (int o = 0; o < KZ_ORDERS_; o++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)256 << 20);
        struct kz_said said, again;
        struct kz_err err;
        if (kz_said_read(&said, a, (enum kz_order)o, kz_str_n((const char *)data, size), now, &err) < 0) {
            kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
            continue;
        }
        struct kz_str text = kz_said_text(a, (enum kz_order)o, &said, now);
        kz_assert(kz_said_read(&again, a, (enum kz_order)o, text, now, &err) == 0);
        kz_assert(kz_hash_eq(said.approval.set, again.approval.set) && said.pause.drift == again.pause.drift);
        kz_assert(kz_str_eq(said.pause.reason, again.pause.reason) && kz_str_eq(said.revision, again.revision));
    }
    return 0;
}
