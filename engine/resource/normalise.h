/* SPDX-License-Identifier: Apache-2.0
 *
 * From a rendered document to the body of an apply: what kzsync adds, folds and leaves out. The rules
 * are in object.h at kz_set_add. Internal to this layer. */
#ifndef KZ_RESOURCE_NORMALISE_H
#define KZ_RESOURCE_NORMALISE_H

#include "resource/object.h"

/* The body to send. id is checked already; its ns is what metadata.namespace becomes ("": none).
 * Changes copies only: the document may share subtrees. Errors have no place yet. */
KZ_MUST_USE int kz_normalise(struct kz_value **out, struct kz_arena *a, const struct kz_id *id,
                             const struct kz_set_rules *rules, const struct kz_value *body,
                             struct kz_err *err);

#endif
