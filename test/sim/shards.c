/* SPDX-License-Identifier: Apache-2.0 */
#include "shards.h"

#include <stdlib.h>

#include "resource/inventory.h"

struct sim_shard {
    struct kz_arena *arena;
    struct kz_map keys;  /* key -> name of its module */
    struct kz_map after; /* module -> what it depended on */
    struct kz_map healthy; /* module -> its last healthy revision */
    unsigned quarantined;
    struct kz_str name; /* in its own block */
};

void sim_shards_init(struct sim_shards *s)
{
    kz_map_init(&s->by_name);
}

static void empty(struct sim_shard *sh)
{
    kz_map_done(&sh->keys);
    kz_map_done(&sh->after);
    kz_map_done(&sh->healthy);
    kz_arena_free(sh->arena);
}

void sim_shards_done(struct sim_shards *s)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&s->by_name, &i)) != NULL;) {
        empty(slot->val);
        free(slot->val);
    }
    kz_map_done(&s->by_name);
}

const char *sim_shards_owner(const struct sim_shards *s, struct kz_str key)
{
    const struct kz_map_slot *slot;
    const char *found = NULL;
    for (size_t i = 0; found == NULL && (slot = kz_map_next(&s->by_name, &i)) != NULL;)
        found = kz_map_find(&((const struct sim_shard *)slot->val)->keys, key);
    return found;
}

const char *sim_shards_after(const struct sim_shards *s, const char *module)
{
    const struct kz_map_slot *slot;
    const char *found = NULL;
    for (size_t i = 0; found == NULL && (slot = kz_map_next(&s->by_name, &i)) != NULL;)
        found = kz_map_find(&((const struct sim_shard *)slot->val)->after, kz_str(module));
    return found;
}

bool sim_shards_have(const struct sim_shards *s, struct kz_str key)
{
    return sim_shards_owner(s, key) != NULL;
}

const char *sim_shards_healthy(const struct sim_shards *s, const char *module)
{
    const struct kz_map_slot *slot;
    const char *found = NULL;
    for (size_t i = 0; found == NULL && (slot = kz_map_next(&s->by_name, &i)) != NULL;)
        found = kz_map_find(&((const struct sim_shard *)slot->val)->healthy, kz_str(module));
    return found;
}

unsigned sim_shards_quarantined(const struct sim_shards *s)
{
    const struct kz_map_slot *slot;
    unsigned n = 0;
    for (size_t i = 0; (slot = kz_map_next(&s->by_name, &i)) != NULL;)
        n += ((const struct sim_shard *)slot->val)->quarantined;
    return n;
}

static struct sim_shard *shard_of(struct sim_shards *s, struct kz_str name)
{
    struct sim_shard *sh = kz_map_find(&s->by_name, name);
    if (sh != NULL)
        return sh;
    sh = calloc(1, sizeof *sh + name.len);
    kz_assert(sh != NULL);
    memcpy(sh + 1, name.ptr, name.len);
    sh->name = kz_str_n((const char *)(sh + 1), name.len);
    kz_map_init(&sh->keys);
    kz_map_init(&sh->after);
    kz_map_init(&sh->healthy);
    (void)kz_map_put(&s->by_name, sh->name, sh);
    return sh;
}

static bool fill(struct sim_shard *sh, struct kz_str text)
{
    struct kz_shard in;
    struct kz_err err;
    kz_map_init(&sh->keys);
    kz_map_init(&sh->after);
    kz_map_init(&sh->healthy);
    sh->arena = kz_arena_new((size_t)64 << 20);
    sh->quarantined = 0;
    if (text.len == 0)
        return true;
    if (kz_shard_read(&in, sh->arena, text, sh->name, &err) < 0)
        return false;
    for (size_t i = 0; i < in.n_modules; i++) {
        sh->quarantined += !kz_hash_is_none(in.modules[i].bad);
        if (in.modules[i].revision.len > 0)
            (void)kz_map_put(&sh->healthy, in.modules[i].name, (char *)(uintptr_t)kz_cstr(sh->arena, in.modules[i].revision));
        if (in.modules[i].after.len > 0)
            (void)kz_map_put(&sh->after, in.modules[i].name, (char *)(uintptr_t)kz_cstr(sh->arena, in.modules[i].after));
    }
    for (size_t i = 0; i < in.n_entries; i++)
        (void)kz_map_put(&sh->keys, kz_id_key(sh->arena, &in.entries[i].id),
                         (char *)(uintptr_t)kz_cstr(sh->arena, in.entries[i].module));
    return true;
}

bool sim_shards_take(struct sim_shards *s, struct kz_str name, struct kz_str text,
                     void (*lost)(void *arg, struct kz_str key), void *arg)
{
    struct sim_shard *sh = shard_of(s, name), old = *sh;
    const struct kz_map_slot *slot;
    bool ok = fill(sh, text);
    for (size_t i = 0; (slot = kz_map_next(&old.keys, &i)) != NULL;)
        if (!sim_shards_have(s, slot->key))
            lost(arg, slot->key);
    empty(&old);
    return ok;
}
