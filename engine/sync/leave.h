/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects of a set that are left as they are, because they or the live object say so. Private to sync/. */
#ifndef KZ_SYNC_LEAVE_H
#define KZ_SYNC_LEAVE_H

#include "sync/module.h"

/* Nothing is sent for it, however it differs: a rollback leaves it, it is never applied, or once only and it
 * is there. */
bool kz_leaves(const struct kz_mod *m, const struct kz_want_object *o);
/* A gate waits for its health. */
bool kz_is_awaited(const struct kz_mod *m, const struct kz_want_object *o);
/* It has a place in the inventory: not what is never applied and never was. */
bool kz_is_kept_track_of(const struct kz_mod *m, const struct kz_want_object *o);
/* An object that is to be applied once is there, made by somebody else: it is theirs from now on. */
void kz_leave_to_others(struct kz_mod *m, struct kz_step_now *s);
/* It stays when nobody wants it any more, without anybody's approval. NULL is fine. */
bool kz_is_kept(const struct kz_live_rec *live);

#endif
