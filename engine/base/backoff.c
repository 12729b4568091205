/* SPDX-License-Identifier: Apache-2.0 */
#include "base/backoff.h"

int64_t kz_backoff_next(struct kz_backoff *b, const struct kz_env *env)
{
    int64_t bound = b->first;
    for (unsigned i = 0; i < b->tries && bound < b->max; i++)
        bound *= 2;
    if (bound > b->max)
        bound = b->max;
    b->tries++;
    if (bound < 2)
        return bound;
    return bound / 2 + (int64_t)(kz_env_random64(env) % (uint64_t)(bound / 2 + 1));
}
