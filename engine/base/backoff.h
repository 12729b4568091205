/* SPDX-License-Identifier: Apache-2.0
 *
 * Exponential backoff with full jitter: each wait is drawn from [half, whole] of a doubling bound. */
#ifndef KZ_BASE_BACKOFF_H
#define KZ_BASE_BACKOFF_H

#include "base/env.h"

struct kz_backoff {
    int64_t first, max; /* ns */
    unsigned tries;     /* since the last reset */
};

/* The next wait in ns; counts the try. */
int64_t kz_backoff_next(struct kz_backoff *b, const struct kz_env *env);
static inline void kz_backoff_reset(struct kz_backoff *b)
{
    b->tries = 0;
}

#endif
