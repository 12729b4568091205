/* SPDX-License-Identifier: Apache-2.0
 *
 * Content hashes: XXH3-128 decides whether two things that we made are equal (not against an
 * adversary: whoever controls both contents already controls the result); SHA-256 where an outsider
 * could profit from a collision. */
#ifndef KZ_BASE_HASH_H
#define KZ_BASE_HASH_H

#include "base/arena.h"
#include "base/str.h"

struct kz_hash { /* XXH3-128; all zero: none */
    uint64_t hi, lo;
};

struct kz_hash kz_hash(struct kz_str data);
static inline bool kz_hash_eq(struct kz_hash a, struct kz_hash b)
{
    return a.hi == b.hi && a.lo == b.lo;
}
static inline bool kz_hash_is_none(struct kz_hash h)
{
    return h.hi == 0 && h.lo == 0;
}

enum { KZ_HASH_TEXT = 33 }; /* 32 hex digits and NUL */
void kz_hash_text(char out[KZ_HASH_TEXT], struct kz_hash h);
KZ_MUST_USE bool kz_hash_parse(struct kz_hash *out, struct kz_str hex);

/* Hash over several parts; each part is framed by its length, so ("ab","c") differs from ("a","bc"). */
struct kz_hasher;
struct kz_hasher *kz_hasher_new(struct kz_arena *a);
void kz_hasher_add(struct kz_hasher *h, struct kz_str part);
struct kz_hash kz_hasher_end(struct kz_hasher *h);

/* For hash tables: seeded with a random number of this process. Not stable across processes. */
uint64_t kz_hash64_seeded(struct kz_str key);
/* Takes this number instead, so that a simulated run repeats. Only while no table holds anything. */
void kz_hash_reseed(uint64_t seed);

void kz_sha256(unsigned char out[32], struct kz_str data);
enum { KZ_SHA256_TEXT = 65 };
void kz_sha256_text(char out[KZ_SHA256_TEXT], struct kz_str data); /* lower-case hex */

#endif
