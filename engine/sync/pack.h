/* SPDX-License-Identifier: Apache-2.0
 *
 * Healthy sets of some modules as one piece of bytes: what Secrets of the history hold (history.h).
 * Pure: no cluster, no clock.
 *
 *   zstd of   kzsync-history 1 \n  head \n  body body body ...
 *   head      {"platform":"prod","bodies":[["<SHA-256>",412],...],"modules":{"web":[set,...]}}
 *   set       {"platform":"prod","module":"web","revision":"4be91d2...","subject":"...","time":"2026-11-22T20:52:49Z",
 *              "key":"<render key>","content":"<kz_want_content>","prev":"<SHA-256>",
 *              "objects":[["<SHA-256 of its body>",wave,"file",line],...],"hooks":[...],"hash":"<SHA-256>"}
 *
 * Oldest set first. A body stands once, however many sets hold it. `hash` is over all other members of
 * its set, sorted, also those that this version does not know: they travel along, so that a set may grow
 * members. `prev` is the hash of the set before: a set can be neither changed nor taken out of the
 * middle, nor moved to another module or platform, without being seen. Against mistakes and damage, not
 * against who may write Secrets in kzsync's namespace (docs/internals/safety.md 7). */
#ifndef KZ_SYNC_PACK_H
#define KZ_SYNC_PACK_H

#include "base/buf.h"
#include "sync/want.h"

/* Not compressed; more is neither written nor read. */
enum { KZ_PACK_BYTES = 32 << 20, KZ_PACK_SETS = 64 };

struct kz_pack {
    struct kz_arena *arena;   /* holds everything here */
    struct kz_value *modules; /* name -> list of sets */
    struct kz_map bodies;     /* SHA-256 -> struct kz_str *: its text */
};

void kz_pack_init(struct kz_pack *p);
void kz_pack_done(struct kz_pack *p);

/* Appends the set, with the newest one of the module as its predecessor. */
void kz_pack_add(struct kz_pack *p, struct kz_str platform, struct kz_str module, const struct kz_want *w,
                 int64_t wall);
/* Keeps the newest `keep` sets of the module. */
void kz_pack_trim(struct kz_pack *p, struct kz_str module, size_t keep);
/* Takes over all sets of a module from another pack, which may go then. */
void kz_pack_take(struct kz_pack *p, const struct kz_pack *from, struct kz_str module);

/* Compressed, appended. false: it would have more than KZ_PACK_BYTES or not fit into b; b is bad then. */
KZ_MUST_USE bool kz_pack_write(struct kz_buf *b, const struct kz_pack *p, struct kz_str platform);
/* Reads and verifies all of it. KZ_E_PARSE: damaged, of another platform or of another version. */
KZ_MUST_USE int kz_pack_read(struct kz_pack *out, struct kz_str bytes, struct kz_str platform,
                             struct kz_err *err);

/* One kept set, as far as people want to know; views into the pack. */
struct kz_pack_set {
    struct kz_str revision, subject, time, hash;
    struct kz_hash content;
    size_t n; /* objects */
};
size_t kz_pack_len(const struct kz_pack *p, struct kz_str module);
struct kz_pack_set kz_pack_at(const struct kz_pack *p, struct kz_str module, size_t i); /* 0: oldest */
/* The set as it was; *out has one reference. */
KZ_MUST_USE int kz_pack_want(struct kz_want **out, const struct kz_pack *p, struct kz_str module, size_t i,
                             struct kz_err *err);

#endif
