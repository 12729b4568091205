/* SPDX-License-Identifier: Apache-2.0
 *
 * Packs of kept sets. The input is taken as a pack as it is, and as the head and bodies of one, with the
 * compression and the hashes of the bodies made true, so that the content is reached. What reads becomes
 * sets or an error; written and read again it is the same. */
#include "fuzz.h"

#include "sync/pack.h"
#include "value/json.h"

#include <zstd.h>

static void use(const struct kz_pack *p)
{
    for (size_t m = 0; m < p->modules->as.map.len; m++) {
        struct kz_str name = p->modules->as.map.at[m].key;
        for (size_t i = 0; i < kz_pack_len(p, name); i++) {
            struct kz_want *w;
            struct kz_err err;
            (void)kz_pack_at(p, name, i);
            if (kz_pack_want(&w, p, name, i, &err) == 0)
                kz_want_unref(w);
            else
                kz_assert(err.code == KZ_E_PARSE && err.depth > 0);
        }
    }
}

static void read_bytes(struct kz_str bytes)
{
    struct kz_pack p, again;
    struct kz_err err = {0};
    if (kz_pack_read(&p, bytes, KZ_STR("p"), &err) < 0) {
        kz_assert(err.code == KZ_E_PARSE && err.depth > 0);
        return;
    }
    use(&p);
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)64 << 20);
    if (kz_pack_write(&b, &p, KZ_STR("p"))) {
        kz_assert(kz_pack_read(&again, kz_buf_str(&b), KZ_STR("p"), &err) == 0);
        kz_assert(again.modules->as.map.len == p.modules->as.map.len);
        kz_pack_done(&again);
    }
    kz_pack_done(&p);
}

static void read_raw(struct kz_str raw)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)64 << 20);
    char *to = kz_buf_reserve(&b, ZSTD_compressBound(raw.len));
    size_t n = ZSTD_compress(to, ZSTD_compressBound(raw.len), raw.ptr, raw.len, 1);
    kz_assert(!ZSTD_isError(n));
    b.len = n;
    read_bytes(kz_buf_str(&b));
}

static void put_true_hash(struct kz_arena *a, struct kz_value *set)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)16 << 20);
    char *hash = kz_arena_bytes(a, KZ_SHA256_TEXT);
    (void)kz_value_del(set, KZ_STR("hash"));
    kz_json_write(&b, set, KZ_JSON_SORTED);
    kz_sha256_text(hash, kz_buf_str(&b));
    kz_value_set(a, set, KZ_STR("hash"), kz_value_cstr(a, hash));
}

/* The first line is the map of modules, the rest one body; @ in it stands for that body's hash. */
static void read_modules(struct kz_arena *a, struct kz_str text)
{
    kz_autobuf struct kz_buf line = KZ_BUF((size_t)16 << 20), raw = KZ_BUF((size_t)16 << 20);
    char sum[KZ_SHA256_TEXT];
    struct kz_value *modules;
    struct kz_err err;
    struct kz_str head, body = kz_str_cut(&head, text, '\n');
    kz_sha256_text(sum, body);
    for (size_t i = 0; i < head.len; i++)
        if (head.ptr[i] == '@')
            kz_buf_puts(&line, sum);
        else
            kz_buf_putc(&line, head.ptr[i]);
    if (kz_json_read(&modules, a, kz_buf_str(&line), KZ_STR("in"), &err) < 0 || !kz_value_is(modules, KZ_MAP))
        return;
    for (size_t m = 0; m < modules->as.map.len; m++) {
        struct kz_value *list = modules->as.map.at[m].val;
        for (size_t i = 0; kz_value_is(list, KZ_LIST) && i < list->as.list.len; i++)
            if (kz_value_is(list->as.list.at[i], KZ_MAP))
                put_true_hash(a, list->as.list.at[i]);
    }
    kz_buf_printf(&raw, "kzsync-history 1\n{\"platform\":\"p\",\"bodies\":[[\"%s\",%zu]],\"modules\":", sum, body.len);
    kz_json_write(&raw, modules, KZ_JSON_COMPACT);
    kz_buf_puts(&raw, "}\n");
    kz_buf_add_str(&raw, body);
    read_raw(kz_buf_str(&raw));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_str text = kz_str_n((const char *)data, size);
    read_bytes(text);
    read_raw(text);
    read_modules(a, text);
    return 0;
}
