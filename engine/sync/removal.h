/* SPDX-License-Identifier: Apache-2.0
 *
 * How objects are deleted, and why one that is being deleted does not go. Pure. */
#ifndef KZ_SYNC_REMOVAL_H
#define KZ_SYNC_REMOVAL_H

#include "resource/id.h"
#include "resource/options.h"
#include "value/value.h"

/* enum kz_delete_flags: what an object says, else in the foreground for workloads, so that their pods are gone
 * before the next rank goes, and in the background for the rest. */
unsigned kz_delete_flags(const struct kz_id *id, enum kz_propagation said);

/* Of an object with a deletionTimestamp, behind its name: " for 3m: finalizer x/y, which helm has set (a Pod
 * still uses it)". Of a Namespace also what is left in it. now: wall ns. */
struct kz_str kz_stuck_text(struct kz_arena *a, const struct kz_value *body, int64_t now);

#endif
