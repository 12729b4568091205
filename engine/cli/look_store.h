/* SPDX-License-Identifier: Apache-2.0
 *
 * What kzsync keeps in the cluster beside its status, read for people: the inventory (what it has applied) and the
 * history (the last healthy sets, as they were rendered). Read only; neither needs git. */
#ifndef KZ_CLI_LOOK_STORE_H
#define KZ_CLI_LOOK_STORE_H

#include "cli/look.h"

/* l->store, of the status' platform or of `platform` ("": the former). Needs kz_query_discover. Once. */
KZ_MUST_USE int kz_look_inventory(struct kz_look *l, struct kz_str platform, struct kz_err *err);

/* Status, discovery and inventory: what is there before a command looks at objects. */
KZ_MUST_USE int kz_look_ready(struct kz_look *l, struct kz_err *err);

/* The newest healthy set of a module whose revision begins so ("": any); *out NULL: there is none, as of a module
 * that never became healthy. The caller has the reference. KZ_E_DENIED: Secrets may not be read. */
KZ_MUST_USE int kz_look_set(struct kz_want **out, struct kz_look *l, struct kz_str module, struct kz_str revision,
                            struct kz_err *err);

/* The inventory's entry of an object and the module that it belongs to; false: there is none. */
bool kz_look_entry(const struct kz_store_module **module, const struct kz_entry **entry, const struct kz_look *l,
                   const struct kz_id *id);

/* The entries of a module by kind, namespace and name; *n of them, in the arena. */
const struct kz_entry **kz_look_entries(size_t *n, struct kz_look *l, struct kz_str module);

/* A status of very many modules is brief: puts `after` into it from the inventory. */
KZ_MUST_USE int kz_look_edges(struct kz_look *l, struct kz_err *err);

#endif
