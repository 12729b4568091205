/* SPDX-License-Identifier: Apache-2.0 */
#include "template/sprig.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "template/print.h"
#include "template/regexes.h"

void kz_sprig_done(struct kz_sprig *s)
{
    kz_regexes_free(s->regexes);
    s->regexes = NULL;
    s->asked = NULL;
}

void kz_sprig_begin(struct kz_sprig *s, struct kz_str name)
{
    s->template = name;
    s->asked = NULL;
}

struct kz_sprig *kz_sprig_of(struct kz_eval *ev)
{
    struct kz_sprig *s = kz_eval_user(ev);
    kz_assert(s != NULL);
    return s;
}

/* ---- streams ----------------------------------------------------------------------------------- */

/* Little-endian on every machine: a value may not change with the architecture. */
static void put64(uint8_t out[8], uint64_t n)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(n >> (8 * i));
}

static void add_part(EVP_MD_CTX *md, struct kz_str part)
{
    const uint64_t len = part.len;
    kz_assert(EVP_DigestUpdate(md, &len, sizeof len) ==
              1); /* framed: ("ab","c") is not ("a","bc") */
    kz_assert(part.len == 0 || EVP_DigestUpdate(md, part.ptr, part.len) == 1);
}

/* How often these same things were asked for in this file before. */
static uint64_t times_asked(struct kz_sprig *s, struct kz_arena *a, const uint8_t digest[32])
{
    if (s->asked == NULL)
        s->asked = kz_dict_new(a, 8);
    const struct kz_str key = kz_str_n((const char *)digest, 32);
    struct kz_val *count = kz_dict_find(s->asked, key);
    if (count != NULL)
        return (uint64_t)++count->as.num;
    kz_dict_set(a, s->asked, kz_str_dup(a, key), kz_val_int(0));
    return 0;
}

void kz_stream_open(struct kz_stream *st, struct kz_eval *ev, const char *func,
                    const struct kz_val *argv, size_t argc)
{
    struct kz_sprig *s = kz_sprig_of(ev);
    struct kz_arena *a = kz_eval_arena(ev);
    *st = (struct kz_stream){.used = sizeof st->block, .fresh = s->random == KZ_RANDOM_FRESH};
    if (st->fresh)
        return;
    uint8_t digest[32];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    kz_assert(md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
    add_part(md, s->module);
    add_part(md, s->template);
    add_part(md, kz_str(func));
    for (size_t i = 0; i < argc; i++)
        add_part(md, kz_val_text(a, argv[i]));
    kz_assert(EVP_DigestFinal_ex(md, digest, NULL) == 1);
    EVP_MD_CTX_free(md);

    uint8_t id[32 + sizeof(uint64_t)];
    memcpy(id, digest, 32);
    put64(id + 32, times_asked(s, a, digest));
    kz_assert(HMAC(EVP_sha256(), s->seed.ptr == NULL ? "" : s->seed.ptr, (int)s->seed.len, id,
                   sizeof id, st->key, NULL) != NULL);
}

static void next_block(struct kz_stream *s)
{
    uint8_t number[8];
    put64(number, s->number);
    if (s->fresh)
        kz_assert(getrandom(s->block, sizeof s->block, 0) == (ssize_t)sizeof s->block);
    else
        kz_assert(HMAC(EVP_sha256(), s->key, sizeof s->key, number, sizeof number, s->block, NULL) !=
                  NULL);
    s->number++;
    s->used = 0;
}

void kz_stream_read(struct kz_stream *s, void *out, size_t len)
{
    uint8_t *to = out;
    while (len > 0) {
        if (s->used == sizeof s->block)
            next_block(s);
        const size_t left = sizeof s->block - s->used, n = len < left ? len : left;
        memcpy(to, s->block + s->used, n);
        s->used += n;
        to += n;
        len -= n;
    }
}

uint64_t kz_stream_below(struct kz_stream *s, uint64_t bound)
{
    const uint64_t tail = -bound % bound; /* 2^64 mod bound: the values that would come too often */
    for (;;) {
        uint8_t bytes[8];
        uint64_t n = 0;
        kz_stream_read(s, bytes, sizeof bytes);
        for (int i = 0; i < 8; i++)
            n |= (uint64_t)bytes[i] << (8 * i);
        if (n >= tail)
            return n % bound;
    }
}
