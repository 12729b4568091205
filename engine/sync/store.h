/* SPDX-License-Identifier: Apache-2.0
 *
 * The inventory in the cluster: entries of resource/inventory.h kept in ConfigMaps
 * `kzsync-inventory-PLATFORM-N` of kzsync's namespace, written ahead of the first apply and with
 * compare-and-swap, so that kill -9 at any point leaves at most surplus entries, never an orphan.
 *
 * A module has a home shard, the first with room when it is new; when that is full its further entries lie in
 * others. A shard that is missing or cannot be read makes the store "not trusted": everything works but nothing
 * may be pruned. */
#ifndef KZ_SYNC_STORE_H
#define KZ_SYNC_STORE_H

#include "kube/client.h"
#include "resource/inventory.h"

struct kz_store;

/* What kzsync remembers of one module across restarts. */
struct kz_store_module {
    struct kz_map entries;   /* key -> struct kz_store_entry * */
    struct kz_map leaving;   /* the same: handed over, and still in the text until the new owner's is written */
    char revision[65];       /* last fully healthy commit, "" none */
    struct kz_hash render;   /* render key of that */
    struct kz_hash bad;      /* render key that failed its gate: quarantined */
    struct kz_release release; /* of that revision */
    char *after;               /* kz_store_set_after; NULL: nothing */
    char *user, *tenant;       /* kz_store_set_rights; NULL: none */
    int shard;               /* its home, -1: none yet */
    int tail;                /* where its last entry was put, -1 likewise */
    char name[];
};

struct kz_store_entry {
    struct kz_entry pub;
    size_t shard, slot;      /* where it lies */
    unsigned left;           /* the round of writes after which a leaving one is dropped */
    char key[];              /* kz_id_key; pub's strings follow it */
};

struct kz_store *kz_store_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns,
                              struct kz_str platform, bool read_only);
void kz_store_free(struct kz_store *s);
/* Shards are to have at most so many bytes of text (KZ_INVENTORY_SHARD): for tests, before anything is read. */
void kz_store_limit(struct kz_store *s, size_t shard_max);

/* What is written from now on says that this version of kzsync wrote it; at most 31 bytes. "": nothing. */
void kz_store_sign(struct kz_store *s, struct kz_str version);
/* The newest version that says so of what was read; "" none does. */
struct kz_str kz_store_signed(const struct kz_store *s);

/* Reads all shards. done(err): NULL when read; an unreadable shard is not an error but clears trust. */
void kz_store_load(struct kz_store *s, void (*done)(void *arg, const struct kz_err *err), void *arg);
/* The highest epoch (sync/lease.h) that the shards were written in. */
uint64_t kz_store_epoch(const struct kz_store *s);
/* What is written from now on carries this epoch. fence: all shards are written anew with the next flush, so
 * that a write which the leader before us may still have on its way fails. */
void kz_store_lead(struct kz_store *s, uint64_t epoch, bool fence);
bool kz_store_trusted(const struct kz_store *s);
const char *kz_store_distrust(const struct kz_store *s); /* why, for people */

struct kz_store_module *kz_store_module(struct kz_store *s, struct kz_str name); /* made if missing */
/* NULL-terminated walk over the modules that have entries: i starts at 0. */
struct kz_store_module *kz_store_next(const struct kz_store *s, size_t *i);

/* The module that has an entry for this key, NULL none. */
struct kz_store_module *kz_store_owner(const struct kz_store *s, struct kz_str key);

struct kz_store_entry *kz_store_find(const struct kz_store_module *m, struct kz_str key);
/* Adds (write-ahead) or finds; the entry is in the cluster once a later flush has come back. */
struct kz_store_entry *kz_store_add(struct kz_store *s, struct kz_store_module *m, struct kz_str key,
                                    const struct kz_id *id, struct kz_str version, int wave);
/* Records what an apply's reply confirmed. */
void kz_store_confirm(struct kz_store *s, struct kz_store_module *m, struct kz_str key,
                      struct kz_str uid, struct kz_hash desired, struct kz_hash owned);
void kz_store_forget(struct kz_store *s, struct kz_store_module *m, struct kz_str key);
/* Forgets what another module has got an entry for (kz_store_add): the text loses it only after a round of writes
 * that had the other's, for the two may lie in different shards and a crash may come between. */
void kz_store_hand_over(struct kz_store *s, struct kz_store_module *m, struct kz_str key);
void kz_store_touch(struct kz_store *s, struct kz_store_module *m); /* revision, render or bad changed */

/* What it depends on (resource/inventory.h); true: that is news. */
bool kz_store_set_after(struct kz_store *s, struct kz_store_module *m, struct kz_str names);

/* Whose rights its requests have from now on, and whose it is ("": nobody's): a removal has the same, also after a
 * restart. true: that is news. */
bool kz_store_set_rights(struct kz_store *s, struct kz_store_module *m, struct kz_str user, struct kz_str tenant);

/* Calls done from the loop once everything changed so far is in the cluster (at once, from the loop,
 * when nothing is dirty). Flushes that wait share one round of writes. done(err): KZ_E_CONFLICT means
 * that another kzsync writes here: stop. */
void kz_store_flush(struct kz_store *s, void (*done)(void *arg, const struct kz_err *err), void *arg);
/* Writes by itself within two seconds, of many shards within ten: for confirmations, which may be lost. */
void kz_store_flush_soon(struct kz_store *s);
/* The same without delay, for when nothing more is to come. */
void kz_store_flush_now(struct kz_store *s);
bool kz_store_clean(const struct kz_store *s);
int64_t kz_store_written(const struct kz_store *s); /* wall ns of the last write that went well, 0: none did */

#endif
