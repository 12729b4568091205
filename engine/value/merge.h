/* SPDX-License-Identifier: Apache-2.0
 *
 * Laying one document over another: maps merge key by key, everything else replaces, null deletes
 * (RFC 7386, and the layers of values of a platform). Neither input changes. */
#ifndef KZ_VALUE_MERGE_H
#define KZ_VALUE_MERGE_H

#include "value/value.h"

/* What `over` makes of `base` (NULL: nothing yet). Keys keep the order of base, new ones follow. Maps
 * that merge are new; parts that come from one side only are shared with it, unchanged, except that
 * nulls inside a new map are dropped (RFC 7386). Depth is that of the inputs. Cost: one lookup for
 * each key of over. */
struct kz_value *kz_merge(struct kz_arena *a, const struct kz_value *base,
                          const struct kz_value *over);

/* The same for layers of values: high (NULL: nothing) over low, both maps. A null of high deletes the key, or
 * stays as a null when keep_null, so that it also deletes what a layer below has. Shares subtrees with both. */
struct kz_value *kz_merge_layers(struct kz_arena *a, const struct kz_value *low, const struct kz_value *high,
                                 bool keep_null);

#endif
