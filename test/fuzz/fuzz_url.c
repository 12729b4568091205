/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses and references: what is accepted begins with no '-', has no control character, and is its
 * own normal form. */
#include "fuzz.h"

#include "source/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_str text = kz_str_n((const char *)data, size);
    struct kz_url u, again;
    struct kz_err err;
    if (kz_url_parse(&u, a, text, &err) == 0) {
        kz_assert(u.text.len > 0 && u.text.ptr[0] != '-');
        for (size_t i = 0; i < u.text.len; i++)
            kz_assert((unsigned char)u.text.ptr[i] >= 0x20 && u.text.ptr[i] != 0x7f);
        kz_assert(kz_url_parse(&again, a, u.text, &err) == 0 && kz_str_eq(again.text, u.text));
        kz_assert(kz_url_under(&u, &again));
    } else {
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
    }
    if (kz_ref_check(text, &err) == 0)
        kz_assert(text.len == 0 || text.ptr[0] != '-');
    return 0;
}
