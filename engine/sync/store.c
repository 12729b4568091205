/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/store_inside.h"
#include "resource/object.h"
#include "sync/namespace.h"

struct kz_store *kz_store_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns,
                              struct kz_str platform, bool read_only)
{
    struct kz_store *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    s->env = env;
    s->kube = kube;
    s->ns = strndup(ns.ptr, ns.len);
    s->platform = strndup(platform.ptr, platform.len);
    s->read_only = read_only;
    s->shard_max = KZ_INVENTORY_SHARD;
    kz_map_init(&s->modules);
    kz_map_init(&s->owners);
    return s;
}

void kz_store_limit(struct kz_store *s, size_t shard_max)
{
    s->shard_max = shard_max;
}

static void free_all(struct kz_map *entries)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(entries, &i)) != NULL;)
        free(slot->val);
    kz_map_done(entries);
}

static void module_free(struct kz_store_module *m)
{
    free_all(&m->entries);
    free_all(&m->leaving);
    free(m->after);
    free(m->user);
    free(m->tenant);
    free(m);
}

void kz_store_clear(struct kz_store *s)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&s->modules, &i)) != NULL;)
        module_free(slot->val);
    for (size_t i = 0; i < s->shards.len; i++) {
        kz_store_write_drop(s, s->shards.at[i].write);
        free(s->shards.at[i].resource_version);
        kz_vec_done(&s->shards.at[i].entries);
        kz_vec_done(&s->shards.at[i].modules);
    }
    s->shards.len = s->n_leaving = 0;
    s->shards_seen = 0;
    s->distrust[0] = '\0';
    kz_map_clear(&s->modules);
    kz_map_clear(&s->owners);
}

void kz_store_free(struct kz_store *s)
{
    if (s == NULL)
        return;
    kz_env_timer_stop(s->env, &s->timer);
    kz_env_timer_stop(s->env, &s->kick);
    kz_store_clear(s);
    kz_map_done(&s->modules);
    kz_map_done(&s->owners);
    kz_vec_done(&s->shards);
    kz_vec_done(&s->waiters);
    free(s->ns);
    free(s->platform);
    free(s);
}

uint64_t kz_store_epoch(const struct kz_store *s)
{
    return s->met;
}

void kz_store_lead(struct kz_store *s, uint64_t epoch, bool fence)
{
    s->epoch = epoch;
    for (size_t i = 0; fence && kz_store_trusted(s) && i < s->shards.len; i++)
        s->shards.at[i].dirty |= s->shards.at[i].resource_version != NULL;
}

void kz_store_sign(struct kz_store *s, struct kz_str version)
{
    (void)snprintf(s->by, sizeof s->by, KZ_FMT, KZ_ARG(version));
}

struct kz_str kz_store_signed(const struct kz_store *s)
{
    return kz_str(s->newest);
}

bool kz_store_trusted(const struct kz_store *s)
{
    return s->distrust[0] == '\0';
}

const char *kz_store_distrust(const struct kz_store *s)
{
    return s->distrust;
}

/* ---- modules -------------------------------------------------------------------------------- */

struct kz_store_module *kz_store_module(struct kz_store *s, struct kz_str name)
{
    struct kz_store_module *m = kz_map_find(&s->modules, name);
    if (m != NULL)
        return m;
    m = calloc(1, sizeof *m + name.len + 1);
    kz_assert(m != NULL);
    memcpy(m->name, name.ptr, name.len);
    m->shard = m->tail = -1;
    kz_map_init(&m->entries);
    kz_map_init(&m->leaving);
    (void)kz_map_put(&s->modules, kz_str_n(m->name, name.len), m);
    return m;
}

struct kz_store_module *kz_store_next(const struct kz_store *s, size_t *i)
{
    const struct kz_map_slot *slot;
    while ((slot = kz_map_next(&s->modules, i)) != NULL) {
        struct kz_store_module *m = slot->val;
        if (m->entries.len > 0)
            return m;
    }
    return NULL;
}

struct kz_store_module *kz_store_owner(const struct kz_store *s, struct kz_str key)
{
    return kz_map_find(&s->owners, key);
}

void kz_store_touch(struct kz_store *s, struct kz_store_module *m)
{
    kz_store_place_module(s, m);
    s->shards.at[m->shard].dirty = true;
}

/* ---- entries -------------------------------------------------------------------------------- */

struct kz_store_entry *kz_store_find(const struct kz_store_module *m, struct kz_str key)
{
    return kz_map_find(&m->entries, key);
}

/* The entry and its strings are one block; pub's views point into it. */
struct kz_store_entry *kz_store_entry_new(const struct kz_entry *from, struct kz_str key)
{
    const struct kz_str parts[] = {key, from->version, from->uid};
    struct kz_str views[kz_countof(parts)];
    size_t size = 0;
    for (size_t i = 0; i < kz_countof(parts); i++)
        size += parts[i].len + 1;
    struct kz_store_entry *e = calloc(1, sizeof *e + size);
    kz_assert(e != NULL);
    e->pub = *from;
    char *p = e->key;
    for (size_t i = 0; i < kz_countof(parts); i++) {
        if (parts[i].len > 0)
            memcpy(p, parts[i].ptr, parts[i].len);
        views[i] = kz_str_n(p, parts[i].len);
        p += parts[i].len + 1;
    }
    bool ok = kz_id_parse(&e->pub.id, views[0]);
    kz_assert(ok);
    e->pub.version = views[1];
    e->pub.uid = views[2];
    return e;
}

void kz_store_insert(struct kz_store *s, struct kz_store_module *m, struct kz_store_entry *e)
{
    struct kz_str key = kz_str(e->key);
    e->pub.module = kz_str(m->name); /* which outlives it */
    struct kz_store_entry *old = kz_map_put(&m->entries, key, e);
    kz_assert(old == NULL);
    (void)kz_map_put(&s->owners, key, m);
}

void kz_store_replace(struct kz_store *s, struct kz_store_module *m, struct kz_store_entry *old,
                      const struct kz_entry *now)
{
    /* the new block is made before the old one, whose strings it copies, is freed */
    struct kz_store_entry *e = kz_store_entry_new(now, kz_str(old->key));
    e->pub.module = kz_str(m->name);
    e->shard = old->shard;
    e->slot = old->slot;
    (void)kz_map_put(&m->entries, kz_str(e->key), e);
    (void)kz_map_put(&s->owners, kz_str(e->key), m);
    s->shards.at[e->shard].entries.at[e->slot] = e;
    s->shards.at[e->shard].dirty = true;
    free(old);
}

/* It moves back before it was dropped: the text still has it. */
static struct kz_store_entry *call_back(struct kz_store *s, struct kz_store_module *m, struct kz_str key)
{
    struct kz_store_entry *e = kz_map_del(&m->leaving, key);
    if (e == NULL)
        return NULL;
    s->n_leaving--;
    kz_store_insert(s, m, e);
    return e;
}

struct kz_store_entry *kz_store_add(struct kz_store *s, struct kz_store_module *m, struct kz_str key,
                                    const struct kz_id *id, struct kz_str version, int wave)
{
    struct kz_store_entry *e = kz_store_find(m, key);
    if (e == NULL)
        e = call_back(s, m, key);
    if (e != NULL) {
        e->pub.wave = wave;
        return e;
    }
    e = kz_store_entry_new(&(struct kz_entry){.id = *id, .version = version, .wave = wave}, key);
    kz_store_insert(s, m, e);
    kz_store_place(s, m, e);
    s->shards.at[e->shard].dirty = true;
    return e;
}

void kz_store_confirm(struct kz_store *s, struct kz_store_module *m, struct kz_str key,
                      struct kz_str uid, struct kz_hash desired, struct kz_hash owned)
{
    struct kz_store_entry *old = kz_store_find(m, key);
    if (old == NULL)
        return;
    if (kz_str_eq(old->pub.uid, uid) && kz_hash_eq(old->pub.desired, desired) &&
        kz_hash_eq(old->pub.owned, owned))
        return;
    struct kz_entry now = old->pub;
    now.uid = uid;
    now.desired = desired;
    now.owned = owned;
    kz_store_replace(s, m, old, &now);
}

static struct kz_store_entry *disown(struct kz_store *s, struct kz_store_module *m, struct kz_str key)
{
    struct kz_store_entry *e = kz_map_del(&m->entries, key);
    if (e != NULL && kz_map_find(&s->owners, kz_str(e->key)) == m)
        (void)kz_map_del(&s->owners, kz_str(e->key));
    return e;
}

void kz_store_forget(struct kz_store *s, struct kz_store_module *m, struct kz_str key)
{
    struct kz_store_entry *e = disown(s, m, key);
    if (e == NULL)
        return;
    kz_store_take_out(s, e);
    free(e);
}

void kz_store_hand_over(struct kz_store *s, struct kz_store_module *m, struct kz_str key)
{
    struct kz_store_entry *e = disown(s, m, key);
    if (e == NULL)
        return;
    e->left = s->round + 1;
    (void)kz_map_put(&m->leaving, kz_str(e->key), e);
    s->n_leaving++;
}

static void drop_left_of(struct kz_store *s, struct kz_store_module *m)
{
    KZ_VEC(struct kz_store_entry *) ripe = {0};
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&m->leaving, &i)) != NULL;)
        if (((struct kz_store_entry *)slot->val)->left <= s->round)
            kz_vec_push(&ripe, slot->val);
    for (size_t i = 0; i < ripe.len; i++) {
        (void)kz_map_del(&m->leaving, kz_str(ripe.at[i]->key));
        kz_store_take_out(s, ripe.at[i]);
        free(ripe.at[i]);
    }
    s->n_leaving -= ripe.len;
    kz_vec_done(&ripe);
}

void kz_store_drop_left(struct kz_store *s)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; s->n_leaving > 0 && (slot = kz_map_next(&s->modules, &i)) != NULL;)
        drop_left_of(s, slot->val);
}

int64_t kz_store_written(const struct kz_store *s)
{
    return s->written;
}
