/* SPDX-License-Identifier: Apache-2.0
 *
 * An object whose kind is not served yet, though something that was applied before may bring it: an operator
 * that installs its CustomResourceDefinitions itself. Discovery is read again until the kind is there, for as
 * long as a wave may take. Private to sync/. */
#ifndef KZ_SYNC_AWAIT_H
#define KZ_SYNC_AWAIT_H

#include "sync/module.h"

/* In `apply`: the server has no such kind. The object stays to be done. */
void kz_await_kind(struct kz_mod *m, const struct kz_want_object *o);
/* All requests are answered. true: a kind is waited for, and again is called from the loop when the wave is to
 * be sent once more, or when the deadline has failed the step. */
bool kz_await_again(struct kz_mod *m, void (*again)(struct kz_mod *m));

#endif
