/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inventory remembers of hooks: in the place of the hash of what was applied it holds the hash
 * of what has run. Private to sync/. */
#ifndef KZ_SYNC_HOOK_RECORD_H
#define KZ_SYNC_HOOK_RECORD_H

#include "sync/internal.h"

/* What is recorded when o has run in this phase. */
struct kz_hash kz_hook_content(const struct kz_mod *m, const struct kz_want_object *o, enum kz_phase phase);
/* Its object is this one now; what ran well before stays known. */
void kz_hook_started(struct kz_mod *m, const struct kz_want_object *o, struct kz_str uid);
/* It ran well. Written soon. */
void kz_hook_remember(struct kz_mod *m, const struct kz_want_object *o, struct kz_str uid, struct kz_hash done);

/* Decides, before the first write of a sync, whether it installs the module, upgrades it to another set, or
 * only repairs what it is. */
void kz_hook_decide(struct kz_mod *m);
/* Will o run in this phase of the present sync? Not when its content did already. Helm's hooks for
 * installing only run when the module is installed, those for upgrading only when it gets another set.
 * None do while only some objects are synced. After
 * kz_hook_decide. */
bool kz_hook_due(const struct kz_mod *m, const struct kz_want_object *o, enum kz_phase phase);
/* A hook of syncing in this set has not run: what an upgrade to it would run. Of any set, not only the present one. */
bool kz_hook_any_new(const struct kz_mod *m, const struct kz_want *w);

#endif
