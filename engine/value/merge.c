/* SPDX-License-Identifier: Apache-2.0 */
#include "value/merge.h"

/* The tree is shared, so nobody changes it through this pointer. */
static struct kz_value *shared(const struct kz_value *v)
{
    return (struct kz_value *)(uintptr_t)v;
}

static void put(struct kz_arena *a, struct kz_value *map, const struct kz_pair *from,
                struct kz_value *val)
{
    struct kz_pair *pair = kz_value_add(a, map, from->key, val);
    pair->line = from->line;
    pair->col = from->col;
}

struct kz_value *kz_merge(struct kz_arena *a, const struct kz_value *base,
                          const struct kz_value *over)
{
    if (over->kind != KZ_MAP)
        return shared(over);
    struct kz_value *out = kz_value_map(a);
    out->line = over->line;
    out->col = over->col;
    if (!kz_value_is(base, KZ_MAP))
        base = NULL;
    kz_value_reserve(a, out, kz_value_len(base) + over->as.map.len);
    for (size_t i = 0; i < kz_value_len(base); i++) {
        const struct kz_pair *old = &base->as.map.at[i];
        const struct kz_pair *new = kz_value_pair(over, old->key);
        if (new == NULL)
            put(a, out, old, old->val);
        else if (new->val->kind != KZ_NULL)
            put(a, out, new, kz_merge(a, old->val, new->val));
    }
    for (size_t i = 0; i < over->as.map.len; i++) {
        const struct kz_pair *new = &over->as.map.at[i];
        if (new->val->kind != KZ_NULL && kz_value_find(base, new->key) == NULL)
            put(a, out, new, kz_merge(a, NULL, new->val));
    }
    return out;
}

struct kz_value *kz_merge_layers(struct kz_arena *a, const struct kz_value *low,
                                 const struct kz_value *high, bool keep_null)
{
    struct kz_value *out = kz_value_map(a);
    if (high != NULL) {
        out->line = high->line;
        out->col = high->col;
    }
    for (size_t i = 0; kz_value_is(low, KZ_MAP) && i < low->as.map.len; i++)
        kz_value_set(a, out, low->as.map.at[i].key, low->as.map.at[i].val);
    for (size_t i = 0; kz_value_is(high, KZ_MAP) && i < high->as.map.len; i++) {
        struct kz_str key = high->as.map.at[i].key;
        struct kz_value *val = high->as.map.at[i].val;
        const struct kz_value *old = kz_value_find(out, key);
        if (val->kind == KZ_NULL && !keep_null)
            (void)kz_value_del(out, key);
        else if (val->kind == KZ_MAP && (kz_value_is(old, KZ_MAP) || !keep_null))
            kz_value_set(a, out, key, kz_merge_layers(a, kz_value_is(old, KZ_MAP) ? old : NULL, val,
                                                      keep_null));
        else
            kz_value_set(a, out, key, val);
    }
    return out;
}
