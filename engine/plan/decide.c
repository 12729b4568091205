/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

enum kz_step_kind kz_plan_decide(bool *drift, const struct kz_object *want,
                                 const struct kz_live *live, const struct kz_entry *entry)
{
    bool confirmed = entry != NULL && !kz_hash_is_none(entry->desired);
    bool wish_is_old = confirmed && kz_hash_eq(entry->desired, want->hash);

    /* What is being deleted has to be made again; the apply waits until it is gone. */
    if (live == NULL || live->deleting) {
        *drift = wish_is_old;
        return KZ_STEP_CREATE;
    }
    *drift = false;
    if (!wish_is_old)
        return KZ_STEP_CHANGE;
    if (kz_str_eq(live->uid, entry->uid) && kz_hash_eq(live->owned, entry->owned))
        return KZ_STEP_NOTHING;
    *drift = true;
    return KZ_STEP_CHANGE;
}
