/* SPDX-License-Identifier: Apache-2.0
 *
 * An immutable field changes only with the object: where its owner allows it, the object is deleted and
 * created again. A crash between the two is harmless: the inventory holds the object, it is missing,
 * and so it is created. Private to sync/. */
#ifndef KZ_SYNC_RECREATE_H
#define KZ_SYNC_RECREATE_H

#include "sync/module.h"

/* May it be? By annotation (kubezero.com/recreate: allowed; Argo CD's sync-option Force=true, Flux's force:
 * enabled), but never what holds others or data: Namespace, CRD, PersistentVolume, PersistentVolumeClaim,
 * StatefulSet. */
bool kz_recreate_allowed(const struct kz_want_object *o);

/* Deletes the object of a step, by the uid that the inventory has, waits until it is gone and sends it; done
 * is called as kz_mod_send would. Ends early, with a failure, when the object is not ours. */
void kz_recreate(struct kz_mod *m, size_t step, void (*done)(struct kz_send *s, const struct kz_result *res));

#endif
