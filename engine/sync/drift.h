/* SPDX-License-Identifier: Apache-2.0
 *
 * Drift: what the cluster makes of our objects without us. It is repaired as soon as a watch tells of it,
 * or in a window if the module says so. An object has a bucket of three repairs, refilled by one a minute: somebody who writes against us
 * is named after the third, and cannot make us write without end. Private to sync/. */
#ifndef KZ_SYNC_DRIFT_H
#define KZ_SYNC_DRIFT_H

#include "sync/module.h"

/* Does this object of the present want differ from what was applied? Hooks and what another module claims
 * never do. */
bool kz_drift_is(const struct kz_mod *m, struct kz_str key);
/* The same of one of its objects, rec being the module's entries: for who looks at all of them. */
bool kz_drift_of(const struct kz_mod *m, const struct kz_store_module *rec, const struct kz_want_object *o);
/* The first that does, and how many do; NULL: none. */
const struct kz_want_object *kz_drift_first(const struct kz_mod *m, size_t *n);

/* Is drift repaired now? Always, never, or while a window is open, as the module says. */
bool kz_drift_may_heal(const struct kz_mod *m);

/* Looks for drift in a moment. */
void kz_drift_soon(struct kz_mod *m);

/* May a drifted object be repaired in this round? false: its bucket is empty. */
bool kz_drift_allows(const struct kz_mod *m, struct kz_str key);
/* "hpa sets .spec.replicas again and again", once that is known; else NULL. Valid until the next change. */
const char *kz_drift_fight(const struct kz_mod *m, struct kz_str key);
/* A new want: all buckets are full again. Also the end of a module. */
void kz_drift_forget(struct kz_mod *m);

#endif
