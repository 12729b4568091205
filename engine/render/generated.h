/* SPDX-License-Identifier: Apache-2.0
 *
 * Which parts of an object come from generated values: those that differ when the same thing is rendered
 * with another seed. So also what was derived from them is found, a prefix or a checksum. */
#ifndef KZ_RENDER_GENERATED_H
#define KZ_RENDER_GENERATED_H

#include "value/value.h"

/* List of JSON pointers, NULL when the two are equal. A part that only one of them has counts with what
 * it stands in. */
struct kz_value *kz_generated_paths(struct kz_arena *a, const struct kz_value *one,
                                    const struct kz_value *other);

#endif
