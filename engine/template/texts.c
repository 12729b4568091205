/* SPDX-License-Identifier: Apache-2.0 */
#include "template/texts.h"

#include "base/utf8.h"
#include "template/print.h"

struct kz_str kz_text_of(struct kz_arena *a, struct kz_val v)
{
    return v.type == &kz_type_bytes ? v.as.str : kz_val_text(a, v);
}

struct kz_list *kz_texts_of(struct kz_arena *a, struct kz_val v)
{
    const bool is_list = kz_val_kind(v) == KZ_GO_SLICE;
    const size_t n = is_list ? kz_val_len(v) : v.type != NULL;
    struct kz_list *texts;
    if (v.type == &kz_type_strings && v.as.list != NULL)
        return v.as.list;
    texts = kz_list_new(a, n);
    for (size_t i = 0; i < n; i++) {
        const struct kz_val item = is_list ? kz_val_at(v, i) : v;
        if (item.type != NULL)
            kz_list_push(a, texts, kz_val_str(kz_text_of(a, kz_val_plain(item))));
    }
    return texts;
}

bool kz_val_empty(struct kz_val v)
{
    return !kz_val_truth(v);
}

size_t kz_rune_last(struct kz_str s, uint32_t *rune)
{
    for (size_t n = 1; n <= 4 && n <= s.len; n++) {
        const struct kz_str tail = kz_str_skip(s, s.len - n);
        if (((unsigned char)tail.ptr[0] & 0xC0) == 0x80)
            continue;
        if (kz_utf8_next(tail, rune) == n)
            return n;
        break;
    }
    *rune = 0xFFFD;
    return 1;
}
