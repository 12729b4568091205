/* SPDX-License-Identifier: Apache-2.0
 *
 * Hash map from string to pointer, on the heap, open addressing, seeded XXH3 (keys come from
 * outside). Keys are views: the caller keeps their bytes alive while they are in the map; usually
 * they lie inside the value. Iteration order is arbitrary: who prints sorts. */
#ifndef KZ_BASE_MAP_H
#define KZ_BASE_MAP_H

#include "base/str.h"

struct kz_map_slot {
    struct kz_str key; /* ptr NULL: free */
    void *val;
    uint32_t hash;
};

struct kz_map {
    struct kz_map_slot *slots; /* cap of them, a power of two */
    size_t len, cap;
};

void kz_map_init(struct kz_map *m);
void kz_map_done(struct kz_map *m); /* frees the table, not the values */
void kz_map_clear(struct kz_map *m);

void *kz_map_find(const struct kz_map *m, struct kz_str key);          /* NULL: absent */
void *kz_map_put(struct kz_map *m, struct kz_str key, void *val);      /* returns the old value; val not NULL */
void *kz_map_del(struct kz_map *m, struct kz_str key);                 /* returns the value, or NULL */

/* for (size_t i = 0; (slot = kz_map_next(m, &i)) != NULL;) — no put or del meanwhile. */
const struct kz_map_slot *kz_map_next(const struct kz_map *m, size_t *i);

#endif
