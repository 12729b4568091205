/* SPDX-License-Identifier: Apache-2.0
 *
 * A sync of some objects that a person has named, with those of the module's set that they cannot begin without
 * (resource/uses.h): while it is under way nothing else of the module is written, no hook runs, nothing is removed, and
 * its gates wait for these objects alone. It is no way around the policy: only the set that is at work, or has failed,
 * is synced so, never one that is held, and nothing that is paused with its drift. What the module is afterwards is
 * what it would be without: drift stays drift, and a set that failed has failed. Private to sync/. */
#ifndef KZ_SYNC_PARTIAL_H
#define KZ_SYNC_PARTIAL_H

#include "sync/module.h"

/* May this object be written, waited for? true when no such sync is under way. */
bool kz_partial_has(const struct kz_mod *m, struct kz_str key);
/* Its last gate was passed; true: that ends it here, and the set has failed as before. */
bool kz_partial_passed(struct kz_mod *m);
/* m goes to `next` because of ev. */
void kz_partial_on(struct kz_mod *m, enum kz_mod_state next, enum kz_mod_event ev);
void kz_partial_free(struct kz_mod *m); /* tells nobody */

#endif
