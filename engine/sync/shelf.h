/* SPDX-License-Identifier: Apache-2.0
 *
 * The Secrets that hold packs (pack.h): listed without their content, read, written, removed. Knows
 * nothing of what is in a pack but the names that its index tells. Private to history.c.
 *
 *   kzsync-history-PLATFORM-N      label kubezero.com/history=PLATFORM, type kubezero.com/history,
 *                                  immutable; the index is an annotation. Higher N is newer.
 *   kzsync-history-PLATFORM-N.K    further parts of a pack above 900 KiB. They are written before the
 *                                  first one and go after it: without it there is no pack.
 *
 * One operation at a time; each answers once, from the loop, but a read of the pack that was read last, which
 * answers at once. A pack that is damaged, incomplete or not
 * ours is told once in the log and then left alone: neither read, nor counted, nor removed. */
#ifndef KZ_SYNC_SHELF_H
#define KZ_SYNC_SHELF_H

#include "base/vec.h"
#include "kube/client.h"
#include "sync/pack.h"

enum { KZ_SHELF_PACK_MAX = 16 * 900 * 1024 }; /* compressed bytes of one pack */

struct kz_shelf;

struct kz_shelf_entry { /* of one module in one pack */
    struct kz_str module;
    struct kz_hash content; /* of its newest set there */
};

struct kz_shelf_part {
    unsigned k;
    char *uid, *version;
};

struct kz_shelf_pack {
    uint64_t number;
    unsigned parts;            /* as its first part says; 0: that one is missing */
    KZ_VEC(struct kz_shelf_part) part;
    char sum[KZ_SHA256_TEXT];  /* of all bytes */
    bool bad;
    const struct kz_shelf_entry *index; /* while the list is delivered */
    size_t n;                  /* modules that it was written with */
    /* of history.c: */
    size_t live;               /* modules whose newest sets lie here */
    bool purge;                /* sets in it have to go */
    bool stuck;                /* could not be removed: not tried again before the next list */
};

struct kz_shelf *kz_shelf_new(struct kz_kube *kube, struct kz_str ns, struct kz_str platform);
void kz_shelf_free(struct kz_shelf *s); /* no answer afterwards */

/* Packs are in kz_shelf_at, by number, until the next list. */
void kz_shelf_list(struct kz_shelf *s, void (*done)(void *arg, const struct kz_err *err), void *arg);
size_t kz_shelf_len(const struct kz_shelf *s);
struct kz_shelf_pack *kz_shelf_at(const struct kz_shelf *s, size_t i);

/* pack NULL, err NULL: it is not readable, and now marked bad. The pack lives until the next read or
 * kz_shelf_shut. */
void kz_shelf_read(struct kz_shelf *s, struct kz_shelf_pack *p,
                   void (*done)(void *arg, const struct kz_pack *pack, const struct kz_err *err), void *arg);
void kz_shelf_shut(struct kz_shelf *s);

/* As the next number. done: p the new pack; KZ_E_CONFLICT: somebody else took the number, list again. */
void kz_shelf_write(struct kz_shelf *s, struct kz_str bytes, const struct kz_shelf_entry *index, size_t n,
                    void (*done)(void *arg, struct kz_shelf_pack *p, const struct kz_err *err), void *arg);
void kz_shelf_remove(struct kz_shelf *s, struct kz_shelf_pack *p,
                     void (*done)(void *arg, const struct kz_err *err), void *arg);

#endif
