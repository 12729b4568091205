/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the inventory store: what store.c (entries), store_shard.c (which shard has what, and its text),
 * store_load.c and store_write.c share. Nobody else includes this.
 *
 *     module --row--> one shard, its home
 *        \--entries--> the home, and when that is full any others */
#ifndef KZ_SYNC_STORE_INSIDE_H
#define KZ_SYNC_STORE_INSIDE_H

#include "base/vec.h"
#include "sync/store.h"

#define KZ_STORE_LABEL "kubezero.com/inventory" /* value: the platform's name */
#define KZ_STORE_KEY   "inventory"              /* in the ConfigMap's data */

enum { KZ_STORE_TEXTS = 8, KZ_STORE_SHARDS = 1024 };

struct kz_store_shard {
    char *resource_version; /* NULL: not in the cluster yet */
    uint64_t generation;
    size_t bytes;           /* its text is no longer than that, whatever is confirmed later */
    KZ_VEC(struct kz_store_module *) modules; /* whose home it is */
    KZ_VEC(struct kz_store_entry *) entries;
    bool dirty;
    struct kz_store_write *write; /* under way, NULL none */
    /* What was read or sent last: a write whose answer got lost may be stored much later, so each of
     * these found in the cluster is our own. */
    struct kz_hash texts[KZ_STORE_TEXTS];
    size_t n_texts;
    unsigned races;         /* compare-and-swaps lost in a row, to nobody who changed the content */
};

struct kz_store_waiter {
    void (*done)(void *arg, const struct kz_err *err);
    void *arg;
    unsigned round; /* satisfied once this round of writes has ended */
};

struct kz_store {
    const struct kz_env *env;
    struct kz_kube *kube;
    char *ns, *platform;
    bool read_only;
    size_t shard_max;       /* bytes of a shard's text */
    uint64_t epoch, met;    /* ours; the highest that was read */
    char by[32], newest[32]; /* our version; the newest that wrote what was read, "" none */
    char distrust[256];     /* "" : trusted */
    struct kz_map modules;  /* name -> struct kz_store_module * */
    struct kz_map owners;   /* key -> struct kz_store_module * */
    KZ_VEC(struct kz_store_shard) shards;
    KZ_VEC(struct kz_store_waiter) waiters;
    size_t n_leaving;       /* entries in the modules' `leaving` */
    unsigned round;         /* of writes begun so far */
    size_t writing;         /* requests under way */
    struct kz_err err;      /* of this round; code 0 none */
    int64_t written;        /* wall ns of the last write that went well */
    uint64_t timer;         /* kz_store_flush_soon */
    uint64_t kick;          /* to answer waiters from the loop */
    uint64_t shards_seen;   /* how many there are, said by those that were read */
    void (*loaded)(void *arg, const struct kz_err *err);
    void *loaded_arg;
};

/* ---- store.c ------------------------------------------------------------------------------------ */
/* From an entry that was read or is to be. It is in no map and no shard yet. */
struct kz_store_entry *kz_store_entry_new(const struct kz_entry *from, struct kz_str key);
/* Puts it into the module's and the owners' map. The module had none of this key. */
void kz_store_insert(struct kz_store *s, struct kz_store_module *m, struct kz_store_entry *e);
/* The same entry with other facts, in its place; `old` is freed. */
void kz_store_replace(struct kz_store *s, struct kz_store_module *m, struct kz_store_entry *old,
                      const struct kz_entry *now);
/* A round of writes went well: what had left before it began is dropped. */
void kz_store_drop_left(struct kz_store *s);
void kz_store_clear(struct kz_store *s); /* forgets all modules, entries and shards */

/* ---- store_shard.c ------------------------------------------------------------------------------ */
/* Shard n, made with those below it where missing. */
struct kz_store_shard *kz_store_shard(struct kz_store *s, size_t n);
/* The module's row and the entry get a place with room. */
void kz_store_place_module(struct kz_store *s, struct kz_store_module *m);
void kz_store_place(struct kz_store *s, struct kz_store_module *m, struct kz_store_entry *e);
/* ... or this one: where they were read. */
void kz_store_place_module_at(struct kz_store *s, struct kz_store_module *m, size_t n);
void kz_store_place_at(struct kz_store *s, struct kz_store_entry *e, size_t n);
void kz_store_take_out(struct kz_store *s, struct kz_store_entry *e);
/* How many shards are known to be in the cluster. */
size_t kz_store_count(const struct kz_store *s);
void kz_store_text(struct kz_buf *b, const struct kz_store *s, size_t n);

/* ---- store_write.c ------------------------------------------------------------------------------ */
void kz_store_write_drop(struct kz_store *s, struct kz_store_write *w); /* without an answer; NULL is fine */
bool kz_store_any_dirty(const struct kz_store *s);
void kz_store_note_text(struct kz_store_shard *sh, struct kz_hash text);

#endif
