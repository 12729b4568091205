/* SPDX-License-Identifier: Apache-2.0
 *
 * The inventory: what kzsync has applied, written into the cluster before it is applied. Sharded over
 * Secrets-free ConfigMaps of at most KZ_INVENTORY_SHARD bytes of data; a module has its row in one shard
 * and entries in any number of them. Each shard carries a generation and a hash of its content: a
 * corrupt or missing shard means "prune nothing", never "nothing was applied"
 * (docs/internals/safety.md 4, rule 2). */
#ifndef KZ_RESOURCE_INVENTORY_H
#define KZ_RESOURCE_INVENTORY_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "resource/id.h"

enum { KZ_INVENTORY_SHARD = 256 << 10 };

struct kz_entry {
    struct kz_id id;
    struct kz_str version;   /* of the last apply */
    struct kz_str module;
    struct kz_str uid;       /* "" until the first apply was confirmed */
    struct kz_hash desired;  /* of the object as last applied; none until confirmed */
    struct kz_hash owned;    /* kz_ownership_hash of the reply of that apply */
    int wave;
};

/* What a module was when it was last healthy, counted as Helm counts revisions of a release: content and
 * definition decide, not what the cluster serves. */
struct kz_release {
    struct kz_hash key; /* of content and definition; none: never healthy */
    uint32_t number;    /* 1 for the first */
    int64_t time;       /* s since 1970: of the commit that made it */
    bool seeded;        /* it holds generated values */
};

struct kz_inventory_module {
    struct kz_str name;
    struct kz_str revision;  /* commit last fully healthy, "" none */
    struct kz_hash render;   /* render key of it */
    struct kz_hash bad;      /* render key whose gate failed: quarantined; none: nothing */
    struct kz_release release;
    struct kz_str user;      /* whose rights its requests had when it was last applied; "" kzsync's own */
    struct kz_str tenant;    /* whose it was then, "" nobody's; only with a user */
    struct kz_str after;     /* names of the modules that it depended on when it was last defined, by commas */
};

struct kz_shard {
    uint64_t generation;
    uint64_t n_shards;       /* that were in the cluster when it was written, at least; 0: not said */
    uint64_t epoch;          /* of the leader that wrote it (sync/lease.h); 0: before there were any */
    struct kz_str by;        /* version of the kzsync that wrote it, "" not said */
    struct kz_entry *entries;
    size_t n_entries;
    struct kz_inventory_module *modules;
    size_t n_modules;
};

/* Appends the shard as the JSON text stored under one ConfigMap key. About 160 bytes an entry. */
void kz_shard_write(struct kz_buf *b, const struct kz_shard *s);

/* Reads and verifies it: KZ_E_PARSE when it is not what kz_shard_write wrote (hash, fields, bounds). */
KZ_MUST_USE int kz_shard_read(struct kz_shard *out, struct kz_arena *a, struct kz_str text,
                              struct kz_str name, struct kz_err *err);

#endif
