/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking an object over from the tool that applied it before (kubectl, Helm, Argo CD, Flux): its entries in
 * managedFields become ours, so that the next apply removes what git does not say any more. Without
 * that such fields would stay for ever (docs/internals/api-server.md 3). Private to sync/. */
#ifndef KZ_SYNC_ADOPT_H
#define KZ_SYNC_ADOPT_H

#include "sync/module.h"

/* Is there something to take over from `live`, the reply of our apply? Only of an object that the
 * inventory has not seen applied: what people do later to an object of ours is drift, or theirs. */
bool kz_adopt_needed(const struct kz_mod *m, const struct kz_want_object *o, const struct kz_value *live);

/* Rewrites managedFields. done is called once; ok: the object has to be applied again, else the tools keep
 * their entries (the object moved on meanwhile, or the server refused), which is logged. */
void kz_adopt(struct kz_mod *m, const struct kz_want_object *o, const struct kz_value *live,
              void (*done)(void *arg, bool ok), void *arg);

/* Adds {op: replace, path, value} to a list. */
void kz_adopt_op(struct kz_arena *a, struct kz_value *ops, const char *path, struct kz_value *value);

/* "helm, kubectl-client-side-apply": whose entries those are; for people. In the arena; "" none. */
struct kz_str kz_adopt_names(struct kz_arena *a, const struct kz_value *live);

#endif
