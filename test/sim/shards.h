/* SPDX-License-Identifier: Apache-2.0
 *
 * What the shards of the inventory in the cluster hold, shard by shard: a write costs the checks one shard. */
#ifndef SIM_SHARDS_H
#define SIM_SHARDS_H

#include "base/map.h"

#include <stdbool.h>

struct kz_arena;

struct sim_shards {
    struct kz_map by_name; /* ConfigMap -> struct sim_shard * */
};

void sim_shards_init(struct sim_shards *s);
void sim_shards_done(struct sim_shards *s);
bool sim_shards_have(const struct sim_shards *s, struct kz_str key);
const char *sim_shards_owner(const struct sim_shards *s, struct kz_str key); /* name of its module; NULL none */
const char *sim_shards_after(const struct sim_shards *s, const char *module); /* what it depended on; NULL nothing */
const char *sim_shards_healthy(const struct sim_shards *s, const char *module); /* its last healthy revision; NULL none */
unsigned sim_shards_quarantined(const struct sim_shards *s); /* modules whose newest revision is set aside */
/* The shard's text is now this one, "" when it is gone. lost has each key that no shard has any more. false: it can't
 * be read, and counts as empty. */
bool sim_shards_take(struct sim_shards *s, struct kz_str name, struct kz_str text,
                     void (*lost)(void *arg, struct kz_str key), void *arg);

#endif
