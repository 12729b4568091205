/* SPDX-License-Identifier: Apache-2.0
 *
 * The newest set of a module until it may begin. It is weighed (weigh.h), and as long as the policy stops a change of
 * its class (policy.h) it waits here, beside the machine, which keeps true what the module has. It is looked at again
 * when a window opens, a pause or an override ends, somebody wishes something else, or a newer set comes. What has
 * begun to write is past this place: it is ended. Private to sync/. */
#ifndef KZ_SYNC_HOLD_H
#define KZ_SYNC_HOLD_H

#include "sync/policy.h"

/* A newer set, in place of what waits here: given to the machine (kz_mod_want) at once, or when it may begin. Takes
 * the reference. */
void kz_hold_take(struct kz_mod *m, struct kz_want *w);
void kz_hold_drop(struct kz_mod *m); /* what waits is not wanted any more; nothing waits: fine */

/* Windows, wishes or definitions may be others than they were. Changes the state of the module. */
void kz_hold_look(struct kz_mod *m);

/* The same after new definitions, for modules to which these may matter. */
void kz_hold_settled(struct kz_mod *m);

/* In `crds` before these are written, at the end of `check`: may the present set begin? false: it is held, and the
 * state has changed. What has begun, or repairs, or rolls back, always may. */
bool kz_hold_lets_begin(struct kz_mod *m);
/* In `failed`: may it be tried again now? false: it is when it may. */
bool kz_hold_lets_retry(struct kz_mod *m);
/* Removals are held: they are looked at when the answer may change. */
void kz_hold_watch(struct kz_mod *m);

/* What waits; NULL: nothing does. Its class is not known while it is weighed. */
struct kz_want *kz_hold_want(const struct kz_mod *m);
enum kz_class kz_hold_class(const struct kz_mod *m);
bool kz_hold_is_weighed(const struct kz_mod *m);
/* What stood in its way when that was looked at last; NULL: nothing waits. */
const struct kz_stops *kz_hold_stops(const struct kz_mod *m);
/* What it would do; NULL: nothing waits, or that is not known yet. */
const struct kz_change_count *kz_hold_change(const struct kz_mod *m);
/* Why it waits, one line; in the arena. */
struct kz_str kz_hold_text(struct kz_arena *a, const struct kz_mod *m);

#endif
