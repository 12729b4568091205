/* SPDX-License-Identifier: Apache-2.0
 *
 * Shards of the inventory: as they are, and with a true hash put behind them, so that the content is
 * reached. What reads is written and reads the same. */
#include "fuzz.h"

#include "resource/inventory.h"

static void read_and_write(struct kz_arena *a, struct kz_str text)
{
    struct kz_shard s, again;
    struct kz_err err = {0};
    if (kz_shard_read(&s, a, text, KZ_STR("in"), &err) < 0) {
        kz_assert(err.code == KZ_E_PARSE && err.depth > 0);
        return;
    }
    kz_autobuf struct kz_buf once, twice;
    kz_buf_init(&once, (size_t)1 << 26);
    kz_buf_init(&twice, (size_t)1 << 26);
    kz_shard_write(&once, &s);
    if (once.len > 1 << 20) /* a table of the input may have been denser than ours */
        return;
    kz_assert(kz_shard_read(&again, a, kz_buf_str(&once), KZ_STR("once"), &err) == 0);
    kz_shard_write(&twice, &again);
    kz_assert(kz_str_eq(kz_buf_str(&once), kz_buf_str(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_str text = kz_str_n((const char *)data, size);
    char hash[KZ_HASH_TEXT];
    read_and_write(a, text);
    kz_hash_text(hash, kz_hash(text));
    read_and_write(a, kz_str_printf(a, KZ_FMT ",\"hash\":\"%s\"}", KZ_ARG(text), hash));
    return 0;
}
