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
