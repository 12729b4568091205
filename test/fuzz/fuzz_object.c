/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON list of documents as a renderer or an API server could send it, through everything that reads
 * objects: set, order, ownership, differences and their text. */
#include "fuzz.h"

#include "resource/diff.h"
#include "resource/order.h"
#include "resource/ownership.h"
#include "value/json.h"

static void order(struct kz_arena *a, const struct kz_value *docs)
{
    const struct kz_set_rules rules = {
        .platform = KZ_STR("p"), .module = KZ_STR("m"), .ns = KZ_STR("n")};
    struct kz_set s;
    struct kz_err err = {0};
    int waves = 0;
    kz_set_init(&s, a);
    for (size_t i = 0; i < kz_value_len(docs) && docs->kind == KZ_LIST; i++)
        (void)!kz_set_add(&s, &rules, docs->as.list.at[i], (struct kz_origin){0}, &err);
    if (kz_order_waves(&s, &waves, &err) == 0) {
        kz_assert((waves > 0) == (s.len > 0));
        for (size_t i = 0; i < s.len; i++) {
            struct kz_id id;
            kz_assert(s.at[i]->wave >= 0 && s.at[i]->wave < waves);
            kz_assert(kz_id_parse(&id, kz_id_key(a, &s.at[i]->id)) &&
                      kz_set_find(&s, &id) == s.at[i]);
        }
    }
    kz_set_done(&s);
}

static void compare(struct kz_arena *a, const struct kz_value *before, const struct kz_value *after)
{
    kz_autobuf struct kz_buf b;
    struct kz_diff d;
    kz_buf_init(&b, (size_t)1 << 26);
    kz_diff_objects(&d, a, before, after);
    kz_diff_text(&b, &d, 2, true);
    kz_diff_objects(&d, a, after, after);
    kz_assert(d.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_value *docs;
    struct kz_err err;
    struct kz_str manager, path;
    if (kz_json_read(&docs, a, kz_str_n((const char *)data, size), KZ_STR("in"), &err) < 0)
        return 0;
    const struct kz_value *x = kz_value_at(docs, 0), *y = kz_value_at(docs, 1);
    struct kz_hash h = kz_ownership_hash(x, KZ_STR("kzsync"));
    kz_assert(kz_hash_eq(h, kz_ownership_hash(x, KZ_STR("kzsync"))));
    (void)kz_ownership_thief(&manager, &path, a, y, x, KZ_STR("kzsync"));
    (void)kz_ownership_migrate(a, x, KZ_STR("kzsync"));
    if (x != NULL && y != NULL)
        compare(a, x, y);
    order(a, docs);
    return 0;
}
