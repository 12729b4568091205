/* SPDX-License-Identifier: Apache-2.0
 *
 * What the API server records about who set which field (metadata.managedFields), and the hash of
 * the live object restricted to the fields that we own (docs/internals/api-server.md 2.5; what it
 * decides: docs/internals/sync.md 6).
 *
 * Any write of somebody else to a field of ours changes that hash: a different value moves the field
 * out of our entry, a deletion removes it. Writes elsewhere (status, foreign fields) do not. */
#ifndef KZ_RESOURCE_OWNERSHIP_H
#define KZ_RESOURCE_OWNERSHIP_H

#include "base/hash.h"
#include "value/value.h"

/* Hash of our Apply entry (without subresource) and of the values it points at in `live`; none when
 * we own nothing. Cost: one walk over the entry. */
struct kz_hash kz_ownership_hash(const struct kz_value *live, struct kz_str manager);

/* The manager that took a field which `desired` sets and whose live value differs, for messages:
 * *manager and *path (".spec.replicas") are made in the arena. false: none found. */
bool kz_ownership_thief(struct kz_str *manager, struct kz_str *path, struct kz_arena *a,
                        const struct kz_value *desired, const struct kz_value *live,
                        struct kz_str our_manager);

/* managedFields with every Update/Apply entry of `from` managers (without subresource) merged into
 * our Apply entry: what a JSON patch would send to take over from kubectl, helm or Argo CD
 * (docs/internals/api-server.md 3). NULL when there is nothing to take over. */
struct kz_value *kz_ownership_migrate(struct kz_arena *a, const struct kz_value *live,
                                      struct kz_str manager);

#endif
