/* SPDX-License-Identifier: Apache-2.0
 *
 * Who this process is as holder of a lease: HOSTNAME_16hex. No two live processes have the same.
 *
 * With a folder that outlives the process it is the same again for the next one that is started for the same
 * purpose on this machine, since boot: it comes from a file there which the process keeps locked. The kernel
 * lets go of the lock when the process is dead, and not before; so who gets it may take the lease of the one
 * before without waiting for it to run out. In a pod that folder is an emptyDir: the container that is
 * started again gets it, another pod does not. */
#ifndef KZ_CLI_IDENTITY_H
#define KZ_CLI_IDENTITY_H

#include "base/arena.h"
#include "base/env.h"
#include "base/hash.h"

struct kz_identity {
    struct kz_str text;
    int lock; /* -1: it is random */
};

/* folder "": none. Whatever goes wrong there, and when another process has the lock: a random one. */
void kz_identity_open(struct kz_identity *out, struct kz_arena *a, const struct kz_env *env, struct kz_str folder,
                      struct kz_hash purpose);
void kz_identity_close(struct kz_identity *id); /* of zeroes too */

#endif
