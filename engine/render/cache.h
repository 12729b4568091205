/* SPDX-License-Identifier: Apache-2.0
 *
 * Render replies by the hash of everything that went in, in memory and on disk. A render is a pure
 * function, so a hit is as good as a render; whatever is damaged, foreign or of another version is
 * a miss and goes away. A reply that may hold a secret (kz_render_is_secret) is kept in memory only
 * (docs/internals/safety.md 2, rule 8); all else on disk only, where there is one: the wanted sets
 * are in memory anyway.
 *
 * On disk: one file a reply, "render-<key>", written beside and renamed; the least recently used go
 * when the total passes its bound. The folder is a cache: it may vanish at any time. */
#ifndef KZ_RENDER_CACHE_H
#define KZ_RENDER_CACHE_H

#include "base/hash.h"
#include "value/value.h"

struct kz_render_cache;

/* dir NULL: memory only. A folder that can't be made or read is an error; a full disk later is not.
 * Bounds are bytes of JSON text. */
KZ_MUST_USE int kz_render_cache_open(struct kz_render_cache **out, const char *dir,
                                     uint64_t max_disk, size_t max_memory, struct kz_err *err);
void kz_render_cache_close(struct kz_render_cache *c);

/* The key of a render: the content id of the module's subtree and the whole input (kz_render_task) but
 * for the clock, under this program's version. */
struct kz_hash kz_render_key(struct kz_str tree_id, const struct kz_value *input);

/* NULL: a miss. Else the reply, in the arena, verified by its checksum. */
/* put does not keep what is new in each render. */
const struct kz_value *kz_render_cache_find(struct kz_render_cache *c, struct kz_arena *a,
                                            struct kz_hash key);
void kz_render_cache_put(struct kz_render_cache *c, struct kz_hash key,
                         const struct kz_value *reply);

struct kz_render_cache_stats {
    uint64_t hits_memory, hits_disk, misses, damaged;
    uint64_t bytes_memory, bytes_disk;
};
void kz_render_cache_stats(struct kz_render_cache_stats *out, const struct kz_render_cache *c);

#endif
