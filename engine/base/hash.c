/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

/* The plain functions: what stands above them in libcrypto first sets up all of it, which takes 0.4 ms. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <sys/random.h>
#define XXH_STATIC_LINKING_ONLY /* the size of XXH3_state_t: it lives in an arena */
#include <xxhash.h>

struct kz_hash kz_hash(struct kz_str data)
{
    XXH128_hash_t h = XXH3_128bits(data.len == 0 ? "" : data.ptr, data.len);
    return (struct kz_hash){.hi = h.high64, .lo = h.low64};
}

void kz_hash_text(char out[KZ_HASH_TEXT], struct kz_hash h)
{
    (void)snprintf(out, KZ_HASH_TEXT, "%016llx%016llx", (unsigned long long)h.hi,
                   (unsigned long long)h.lo);
}

static bool hex64(uint64_t *out, const char *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 16; i++) {
        char c = p[i];
        unsigned d;
        if (c >= '0' && c <= '9')
            d = (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f')
            d = (unsigned)(c - 'a') + 10;
        else
            return false;
        v = v << 4 | d;
    }
    *out = v;
    return true;
}

bool kz_hash_parse(struct kz_hash *out, struct kz_str hex)
{
    struct kz_hash h;
    if (hex.len != 32 || !hex64(&h.hi, hex.ptr) || !hex64(&h.lo, hex.ptr + 16))
        return false;
    *out = h;
    return true;
}

struct kz_hasher {
    XXH3_state_t *state;
};

struct kz_hasher *kz_hasher_new(struct kz_arena *a)
{
    struct kz_hasher *h = kz_new(a, struct kz_hasher);
    char *raw = kz_arena_alloc(a, sizeof *h->state + 64); /* XXH3 wants 64-byte alignment */
    h->state = (XXH3_state_t *)(void *)(raw + (64 - (uintptr_t)raw % 64) % 64);
    (void)XXH3_128bits_reset(h->state);
    return h;
}

void kz_hasher_add(struct kz_hasher *h, struct kz_str part)
{
    uint64_t len = part.len;
    (void)XXH3_128bits_update(h->state, &len, sizeof len);
    if (part.len > 0)
        (void)XXH3_128bits_update(h->state, part.ptr, part.len);
}

struct kz_hash kz_hasher_end(struct kz_hasher *h)
{
    XXH128_hash_t v = XXH3_128bits_digest(h->state);
    return (struct kz_hash){.hi = v.high64, .lo = v.low64};
}

static uint64_t table_seed; /* one per process: tables are never written out */

void kz_hash_reseed(uint64_t seed)
{
    table_seed = seed | 1;
}

uint64_t kz_hash64_seeded(struct kz_str key)
{
    if (table_seed == 0) {
        uint64_t seed;
        if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
            seed = (uint64_t)(uintptr_t)&table_seed;
        kz_hash_reseed(seed);
    }
    return XXH3_64bits_withSeed(key.len == 0 ? "" : key.ptr, key.len, table_seed);
}

void kz_sha256(unsigned char out[32], struct kz_str data)
{
    SHA256_CTX c;
    const bool ok = SHA256_Init(&c) == 1 && SHA256_Update(&c, data.len == 0 ? "" : data.ptr, data.len) == 1 &&
                    SHA256_Final(out, &c) == 1;
    kz_assert(ok);
}

void kz_sha256_text(char out[KZ_SHA256_TEXT], struct kz_str data)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char md[SHA256_DIGEST_LENGTH];
    kz_sha256(md, data);
    for (size_t i = 0; i < sizeof md; i++) {
        out[2 * i] = digits[md[i] >> 4];
        out[2 * i + 1] = digits[md[i] & 15];
    }
    out[64] = '\0';
}
