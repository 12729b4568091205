/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps of templates: an array of entries and, once there are more than a few, a hash index of it.
 *
 *     at     [ k0 v0 | k1 v1 | k2 v2 | ... ]
 *     index  [ 0 | 3 | 1 | 0 | 2 | ... ]        position + 1, 0 is free; linear probing
 *
 * A deletion moves the later entries down and rebuilds the index: rare, and order stays simple. */
#include "template/val.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 8 }; /* up to here a linear search is faster than a hash */

struct kz_dict *kz_dict_new(struct kz_arena *a, size_t room)
{
    struct kz_dict *d = kz_new(a, struct kz_dict);
    d->sorted = true;
    if (room > 0)
        d->at = kz_new_n(a, struct kz_entry, room);
    d->cap = room;
    return d;
}

/* The slot of key, or the free one where it belongs. */
static size_t slot_of(const struct kz_dict *d, struct kz_str key)
{
    const size_t mask = d->n_index - 1;
    size_t slot = (size_t)kz_hash64_seeded(key) & mask;
    while (d->index[slot] != 0 && !kz_str_eq(d->at[d->index[slot] - 1].key, key))
        slot = (slot + 1) & mask;
    return slot;
}

static void fill_index(struct kz_dict *d)
{
    memset(d->index, 0, d->n_index * sizeof(*d->index));
    for (size_t i = 0; i < d->len; i++)
        d->index[slot_of(d, d->at[i].key)] = (uint32_t)(i + 1);
}

struct kz_val *kz_dict_find(const struct kz_dict *d, struct kz_str key)
{
    if (d == NULL)
        return NULL;
    if (d->index != NULL) {
        const uint32_t at = d->index[slot_of(d, key)];
        return at == 0 ? NULL : &d->at[at - 1].val;
    }
    for (size_t i = 0; i < d->len; i++)
        if (d->at[i].key.len == key.len && memcmp(d->at[i].key.ptr, key.ptr, key.len) == 0)
            return &d->at[i].val;
    return NULL;
}

struct kz_val kz_dict_get(const struct kz_dict *d, struct kz_str key)
{
    const struct kz_val *v = kz_dict_find(d, key);
    return v == NULL ? KZ_NIL : *v;
}

static void make_room(struct kz_arena *a, struct kz_dict *d)
{
    if (d->len == d->cap) {
        const size_t cap = d->cap < 4 ? 4 : d->cap * 2;
        struct kz_entry *at = kz_new_n(a, struct kz_entry, cap);
        if (d->len > 0)
            memcpy(at, d->at, d->len * sizeof(*at));
        d->at = at;
        d->cap = cap;
    }
    if (d->len >= FEW && (d->len + 1) * 2 > d->n_index) {
        d->n_index = d->n_index == 0 ? 32 : d->n_index * 2;
        while (d->n_index < (d->len + 1) * 2)
            d->n_index *= 2;
        d->index = kz_new_n(a, uint32_t, d->n_index);
        fill_index(d);
    }
}

void kz_dict_set(struct kz_arena *a, struct kz_dict *d, struct kz_str key, struct kz_val val)
{
    struct kz_val *old = kz_dict_find(d, key);
    if (key.ptr == NULL)
        key = KZ_STR("");
    if (old != NULL) {
        *old = kz_val_plain(val);
        return;
    }
    make_room(a, d);
    if (d->sorted && d->len > 0)
        d->sorted = kz_str_cmp(d->at[d->len - 1].key, key) < 0;
    d->at[d->len] = (struct kz_entry){.key = key, .val = kz_val_plain(val)};
    d->len++;
    if (d->index != NULL)
        d->index[slot_of(d, key)] = (uint32_t)d->len;
}

bool kz_dict_del(struct kz_dict *d, struct kz_str key)
{
    struct kz_val *val = kz_dict_find(d, key);
    if (val == NULL)
        return false;
    const size_t i = (size_t)(kz_container_of(val, struct kz_entry, val) - d->at);
    memmove(d->at + i, d->at + i + 1, (d->len - i - 1) * sizeof(*d->at));
    d->len--;
    if (d->index != NULL)
        fill_index(d);
    return true;
}

static int by_key(const void *a, const void *b)
{
    return kz_str_cmp(((const struct kz_entry *)a)->key, ((const struct kz_entry *)b)->key);
}

void kz_dict_sort(struct kz_dict *d)
{
    if (d == NULL || d->sorted)
        return;
    qsort(d->at, d->len, sizeof(*d->at), by_key);
    d->sorted = true;
    if (d->index != NULL)
        fill_index(d);
}

struct kz_dict *kz_dict_copy(struct kz_arena *a, const struct kz_dict *d)
{
    struct kz_dict *copy = kz_dict_new(a, d == NULL ? 0 : d->len);
    if (d == NULL || d->len == 0)
        return copy;
    memcpy(copy->at, d->at, d->len * sizeof(*d->at));
    copy->len = d->len;
    copy->sorted = d->sorted;
    if (d->index != NULL) {
        copy->n_index = d->n_index;
        copy->index = kz_new_n(a, uint32_t, d->n_index);
        memcpy(copy->index, d->index, d->n_index * sizeof(*d->index));
    }
    return copy;
}
