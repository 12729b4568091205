/* SPDX-License-Identifier: Apache-2.0
 *
 * Generated passwords and keys, wherever people see an object: a word stands in their place. */
#ifndef KZ_RESOURCE_HIDE_H
#define KZ_RESOURCE_HIDE_H

#include "value/value.h"

#define KZ_GENERATED "(generated)" /* kz_diff_objects shows it as it is, in Secrets too */

/* What is generated in one object: JSON pointers into `wanted`. */
struct kz_generated {
    const struct kz_value *wanted;
    const struct kz_str *paths;
    size_t n;
};

/* Changes the tree, which is `wanted` itself or the same object as the server has it: there values are found
 * by their content too, since the server may have lists in another order. all: what stands at the paths is
 * generated whatever it is. */
void kz_hide_generated(struct kz_value **tree, struct kz_arena *a, const struct kz_generated *g, bool all);

#endif
