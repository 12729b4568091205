/* SPDX-License-Identifier: Apache-2.0
 *
 * What sprig's functions know of the run they are part of: its time, its place, its source of random
 * values. The `user` of an evaluator whose set holds sprig's functions points to a struct that begins
 * with a struct kz_sprig.
 *
 * "Random" values are stable: a password that changes with each sync is no desired state. Each comes
 * from a stream that is keyed by (seed, module, file, named template that the call stands in,
 * function, arguments, how often that was asked before), so that a new line in a template changes no
 * value but its own. A certificate stays the same until two thirds of its life are over and is then
 * made anew, with a new key: its period begins at a multiple of that time, shifted by the stream, so
 * that not all certificates of the world are renewed on one day. */
#ifndef KZ_TEMPLATE_SPRIG_H
#define KZ_TEMPLATE_SPRIG_H

#include "template/func.h"

enum kz_random {
    KZ_RANDOM_STABLE,
    KZ_RANDOM_FRESH, /* as helm does it: new in each run */
};

struct kz_zone;
struct kz_regex_cache;

/* What a run depended on, beside its input. */
struct kz_sprig_used {
    bool random;   /* a value was generated */
    bool now;      /* a template looked at the time */
    int64_t until; /* wall ns when a certificate is due to be made anew; 0: none */
};

struct kz_sprig {
    int64_t now;   /* wall ns: what `now` answers */
    int64_t clock; /* wall ns: what certificates are valid at; 0: as now */
    enum kz_random random;
    struct kz_str seed;     /* secret bytes, at least 16: whoever has them has all generated keys */
    struct kz_str module;   /* who it is for, unique below the seed */
    struct kz_str template; /* the file that is executed now: see kz_sprig_begin */
    const struct kz_zone *local; /* NULL: UTC */
    struct kz_sprig_used *used;  /* filled during runs; NULL: nobody asks */

    /* Private. */
    struct kz_dict *asked;
    struct kz_regex_cache *regexes;
};

void kz_sprig_done(struct kz_sprig *s); /* what functions put aside; the rest is the caller's */
/* Before each file that is executed. name must live as long as the run. */
void kz_sprig_begin(struct kz_sprig *s, struct kz_str name);
struct kz_sprig *kz_sprig_of(struct kz_eval *ev);

/* ---- streams of random bytes --------------------------------------------------------------------- */
struct kz_stream {
    uint8_t key[32], block[32];
    uint64_t number; /* of the block to come */
    size_t used;     /* bytes of block */
    bool fresh;      /* the operating system's randomness */
};
/* The stream of one call: what asks for it and with which arguments. Counts as a generated value. */
void kz_stream_open(struct kz_stream *s, struct kz_eval *ev, const char *func,
                    const struct kz_val *argv, size_t argc);
void kz_stream_read(struct kz_stream *s, void *out, size_t len);
/* 0 <= n < bound, without bias; bound > 0. */
uint64_t kz_stream_below(struct kz_stream *s, uint64_t bound);

#endif
