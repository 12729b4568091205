/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the symbolic links of a folder lead. Helm reads what they point to, wherever it is; a worker reads
 * one tree. Inside a working copy that is the working copy, elsewhere it is found here. */
#ifndef KZ_CLI_LINKS_H
#define KZ_CLI_LINKS_H

#include "base/arena.h"
#include "base/str.h"

/* The folder nearest to `folder` (an absolute, real path: itself or one above) that holds what links at
 * or below it point to. Links that would need "/" are left out: reading them is an error then, as it is
 * where links go wrong. In the arena. Cost: one look at each entry, 100000 at most. */
struct kz_str kz_links_root(struct kz_arena *a, struct kz_str folder);

#endif
