/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"

uint64_t kz_env_random64(const struct kz_env *e)
{
    uint64_t v = 0;
    e->ops->random(e->impl, &v, sizeof v);
    return v;
}

void kz_env_timer_stop(const struct kz_env *e, uint64_t *id)
{
    if (*id != 0)
        e->ops->timer_cancel(e->impl, *id);
    *id = 0;
}
