/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "base/hash.h"
#include "base/vec.h"

void *kz_vec_grow_(void *at, size_t *cap, size_t len, size_t size)
{
    size_t want = len < 8 ? 8 : len * 2, bytes;
    kz_assert(!__builtin_mul_overflow(want, size, &bytes));
    void *p = realloc(at, bytes);
    kz_assert(p != NULL);
    *cap = want;
    return p;
}

void kz_map_init(struct kz_map *m)
{
    *m = (struct kz_map){0};
}

void kz_map_done(struct kz_map *m)
{
    free(m->slots);
    kz_map_init(m);
}

void kz_map_clear(struct kz_map *m)
{
    if (m->cap > 0)
        memset(m->slots, 0, m->cap * sizeof *m->slots);
    m->len = 0;
}

static uint32_t hash_of(struct kz_str key)
{
    return (uint32_t)kz_hash64_seeded(key);
}

/* The slot that holds key, or the free one where it would go. */
static struct kz_map_slot *slot_of(const struct kz_map *m, struct kz_str key, uint32_t hash)
{
    size_t mask = m->cap - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct kz_map_slot *s = &m->slots[i];
        if (s->key.ptr == NULL || (s->hash == hash && kz_str_eq(s->key, key)))
            return s;
    }
}

static void grow(struct kz_map *m)
{
    struct kz_map old = *m;
    m->cap = old.cap == 0 ? 16 : old.cap * 2;
    m->slots = calloc(m->cap, sizeof *m->slots);
    kz_assert(m->slots != NULL);
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].key.ptr != NULL)
            *slot_of(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
    free(old.slots);
}

void *kz_map_find(const struct kz_map *m, struct kz_str key)
{
    if (m->len == 0)
        return NULL;
    return slot_of(m, key, hash_of(key))->val;
}

void *kz_map_put(struct kz_map *m, struct kz_str key, void *val)
{
    kz_assert(val != NULL);
    if (key.ptr == NULL)
        key = KZ_STR("");
    if ((m->len + 1) * 4 > m->cap * 3)
        grow(m);
    uint32_t hash = hash_of(key);
    struct kz_map_slot *s = slot_of(m, key, hash);
    void *old = s->val;
    if (s->key.ptr == NULL)
        m->len++;
    *s = (struct kz_map_slot){.key = key, .val = val, .hash = hash};
    return old;
}

void *kz_map_del(struct kz_map *m, struct kz_str key)
{
    if (m->len == 0)
        return NULL;
    struct kz_map_slot *s = slot_of(m, key, hash_of(key));
    if (s->key.ptr == NULL)
        return NULL;
    void *val = s->val;
    size_t mask = m->cap - 1, hole = (size_t)(s - m->slots);
    /* Close the gap: move back each follower whose home is not between hole and itself. */
    for (size_t i = (hole + 1) & mask; m->slots[i].key.ptr != NULL; i = (i + 1) & mask) {
        size_t home = m->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct kz_map_slot){0};
    m->len--;
    return val;
}

const struct kz_map_slot *kz_map_next(const struct kz_map *m, size_t *i)
{
    while (*i < m->cap) {
        const struct kz_map_slot *s = &m->slots[(*i)++];
        if (s->key.ptr != NULL)
            return s;
    }
    return NULL;
}
