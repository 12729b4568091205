/* SPDX-License-Identifier: Apache-2.0
 *
 * The key of generated values: 32 random bytes in the Secret kzsync-seed-PLATFORM of kzsync's namespace.
 * Each module gets a seed of its own, derived from it, so that what renders one module cannot compute
 * the passwords of another. Made when the first chart asks for it, with a create that never overwrites,
 * and immutable; not in the inventory, so never pruned. Nothing of it is ever logged or shown.
 *
 *     none -> asking -> ready             it is there, or was made
 *                    -> away              plan only: there is none, or it may not be read */
#ifndef KZ_SYNC_SEED_H
#define KZ_SYNC_SEED_H

#include "kube/client.h"

enum kz_seed_state {
    KZ_SEED_NONE,   /* nobody has asked */
    KZ_SEED_ASKING,
    KZ_SEED_READY,
    KZ_SEED_MISSING,    /* plan: there is none yet; values are made of a key that nobody keeps */
    KZ_SEED_FORBIDDEN,  /* plan: there may be one, we may not read it; the same */
};

struct kz_seed;

struct kz_seed_options {
    struct kz_str ns, platform;
    bool read_only; /* plan: nothing is written */
};

/* env and kube outlive it. */
struct kz_seed *kz_seed_new(const struct kz_env *env, struct kz_kube *kube,
                            const struct kz_seed_options *opt);
void kz_seed_free(struct kz_seed *s); /* NULL is fine; overwrites the key */

/* Reads or makes it; done from the loop, err NULL: kz_seed_text works. After an error the next call
 * tries again. Calls at the same time share the requests. expected: who asks got values from it before,
 * so that a missing key is a loss, which is logged. */
void kz_seed_want(struct kz_seed *s, bool expected, void (*done)(void *arg, const struct kz_err *err), void *arg);
enum kz_seed_state kz_seed_state(const struct kz_seed *s);
/* The seed of one module, hex, in the arena. Only after kz_seed_want has succeeded. */
struct kz_str kz_seed_text(const struct kz_seed *s, struct kz_arena *a, struct kz_str module);
/* Looks whether the Secret is still there and puts it back when it is not. For now and then. */
void kz_seed_keep(struct kz_seed *s);

#endif
