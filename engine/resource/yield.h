/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields that are left to others. They are taken out of what is sent, so that others own them and no
 * difference in them is drift. But what is not sent any more is removed by the API server if we alone owned
 * it (replicas would fall to 1): so ownership is given up first, by a patch of managedFields.
 *
 * A path is a JSON pointer (RFC 6901) with two more kinds of step inside lists: "*" for all items, and
 * "[name=web]" for those that have that text there. */
#ifndef KZ_RESOURCE_YIELD_H
#define KZ_RESOURCE_YIELD_H

#include "resource/object.h"

/* Takes what the path names out of body, in place. false: nothing was there. */
bool kz_yield_take(struct kz_value *body, struct kz_arena *a, struct kz_str path);

/* Takes out what no manifest is meant to decide (docs/internals/sync.md section 7), in place, and pushes
 * the paths to the list of strings `taken`. */
void kz_yield_builtin(struct kz_value *body, struct kz_arena *a, const struct kz_id *id, struct kz_value *taken);

/* Does an autoscaler scale this object? set holds what may be one. *replicas: what the manifest says, which
 * is for the object's birth. A manifest that says 0 switches its autoscaler off: false. */
bool kz_yield_scaled(int64_t *replicas, const struct kz_object *o, const struct kz_set *set);

/* Puts into body what live has at the path: what a dry-run is asked with, which can't give up ownership. */
void kz_yield_keep(struct kz_value *body, struct kz_arena *a, const struct kz_value *live, struct kz_str path);

/* managedFields of live without these paths in the Apply entry of our manager; NULL: none of them is in it. */
struct kz_value *kz_yield_release(struct kz_arena *a, const struct kz_value *live, struct kz_str manager,
                                  const struct kz_str *paths, size_t n);

#endif
