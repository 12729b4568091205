/* SPDX-License-Identifier: Apache-2.0
 *
 * Which folder on this machine a person means: found by walking up, as git does. Reads no file. */
#ifndef KZ_SOURCE_PLACE_H
#define KZ_SOURCE_PLACE_H

#include "base/arena.h"
#include "base/err.h"

/* Where path lies: root is the top of the enclosing working copy (or path itself when there is none),
 * below the rest of path in it. Links in path are resolved. repo: its git folder; "" when there is none. */
struct kz_source_place {
    struct kz_str root, below, repo;
};
KZ_MUST_USE int kz_source_place(struct kz_source_place *out, struct kz_arena *a, struct kz_str path,
                                struct kz_err *err);

#endif
