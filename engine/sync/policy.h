/* SPDX-License-Identifier: Apache-2.0
 *
 * May a change of a module begin now? By pauses, windows and approvals, of git and of people. Reads definitions,
 * wishes (steer.h) and the clock; asks nobody, changes nothing, knows nothing of how sets are applied. Who acts on
 * the answer is hold.h. Private to sync/. */
#ifndef KZ_SYNC_POLICY_H
#define KZ_SYNC_POLICY_H

#include "spec/window.h"
#include "sync/module.h"
#include "sync/steer.h"

enum { KZ_WINDOW_NAME = 64 }; /* a label and its NUL */

struct kz_stops { /* what stands in the way of a change */
    bool paused, window, approval;
    bool denied;                /* the window is one that denies */
    char name[KZ_WINDOW_NAME];  /* of the window that opens next, or denies now; "" none */
    int64_t opens;              /* wall ns; KZ_WINDOW_NEVER; 0: no window is in the way */
    int64_t again;              /* wall ns: the answer may be another from then on by itself; INT64_MAX: it won't */
};

/* true: something does. w: the set that the change leads to, to which approvals and overrides are bound. A change of
 * class `none` is stopped by nothing. Cost: a walk over the days of the windows. */
bool kz_policy_stops(struct kz_stops *out, const struct kz_mod *m, enum kz_class cls, const struct kz_want *w);
/* Do definitions have windows or approvals, so that the class of its changes matters? */
bool kz_policy_minds_class(const struct kz_mod *m);

/* Is it paused now? The pause that lasts longest, with drift when any of them leaves drift alone; its strings live
 * as long as definitions and wishes. out may be NULL. */
bool kz_policy_paused(struct kz_wish_pause *out, const struct kz_mod *m);
/* A pause that leaves drift alone too. */
bool kz_policy_leaves_drift(const struct kz_mod *m);
/* Somebody has approved exactly this set. */
bool kz_policy_approved(const struct kz_mod *m, const struct kz_want *w);

/* Keeps what of the policy has to outlive the definition of a module: the removal of one needs the approval that its
 * changes needed. Its windows are those of schedule.default then. */
void kz_policy_note(struct kz_mod *m);

/* "restart class, window nightly opens in 4h 12m (02:00 Europe/Berlin)"; what: what waits ("restart class",
 * "delete of 41 objects"). In the arena. */
struct kz_str kz_policy_text(struct kz_arena *a, const struct kz_mod *m, const struct kz_stops *s, struct kz_str what);
/* "window nightly", "approval": what it waits for, without a time; for those who wait for it. */
const char *kz_policy_brief(char text[KZ_WINDOW_NAME + 32], const struct kz_stops *s);

#endif
