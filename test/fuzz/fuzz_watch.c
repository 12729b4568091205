/* SPDX-License-Identifier: Apache-2.0
 *
 * The two decoders of what an API server streams. The first byte says how the rest is cut; the answer
 * may not depend on it. */
#include "fuzz.h"

#include "kube/items.h"
#include "kube/lines.h"
#include "value/json.h"

enum { LONGEST = 4096 };

static void put(struct kz_buf *out, struct kz_str part)
{
    kz_buf_printf(out, "%zu:", part.len);
    kz_buf_add_str(out, part);
}

static void lines(struct kz_buf *out, struct kz_str text, size_t step)
{
    struct kz_lines l;
    struct kz_str line;
    kz_lines_init(&l, LONGEST);
    while (text.len > 0) {
        struct kz_str piece = kz_str_head(text, step);
        text = kz_str_skip(text, step);
        while (kz_lines_next(&l, &piece, &line))
            put(out, line);
    }
    kz_lines_done(&l);
}

static void items(struct kz_buf *out, struct kz_arena *a, struct kz_str text, size_t step)
{
    struct kz_items it;
    struct kz_str part;
    struct kz_value *v;
    struct kz_err err;
    kz_items_init(&it, LONGEST);
    while (text.len > 0) {
        struct kz_str piece = kz_str_head(text, step);
        text = kz_str_skip(text, step);
        while (kz_items_next(&it, &piece, &part))
            put(out, part);
    }
    if (kz_items_end(&it, &part) && kz_json_read(&v, a, part, KZ_STR("envelope"), &err) == 0)
        put(out, part);
    kz_items_done(&it);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    if (size == 0 || size > LONGEST)
        return 0;
    kz_autobuf struct kz_buf whole, cut;
    size_t step = 1 + data[0] % 64;
    const struct kz_str text = kz_str_n((const char *)data + 1, size - 1);
    kz_buf_init(&whole, 1 << 20);
    kz_buf_init(&cut, 1 << 20);
    lines(&whole, text, size);
    lines(&cut, text, step);
    items(&whole, a, text, size);
    items(&cut, a, text, step);
    kz_assert(kz_str_eq(kz_buf_str(&whole), kz_buf_str(&cut)));
    return 0;
}
