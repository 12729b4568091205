/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets of fields as metadata.managedFields writes them (docs/internals/api-server.md 2.5), and what they name inside of
 * an object. A node is a map of elements: f:NAME a field, k:{keys} an item of a list that is a map, v:"x" an item of a
 * set; an empty node, or one with ".", is itself in the set. Maps merge by field; containers, volumes, env and ports
 * are lists keyed by name or port; finalizers are a set; everything else is atomic. Pure. */
#ifndef SIM_FIELDSET_H
#define SIM_FIELDSET_H

#include "value/value.h"

/* custom: of a kind without a Go type, where nothing is there from the start, and maps are themselves in the set. */

/* What an apply of this object owns: its leaves, and the items of its lists. */
struct kz_value *sim_fields_of(struct kz_arena *a, const struct kz_value *object, bool custom);

/* What is in `to` and not in `from` (NULL: no object yet), or, with others, has another value there. Maps and lists
 * that are new are themselves in it. Of the status: nothing, or nothing else. */
struct kz_value *sim_fields_new(struct kz_arena *a, const struct kz_value *from, const struct kz_value *to, bool custom,
                                bool others);
struct kz_value *sim_fields_new_status(struct kz_arena *a, const struct kz_value *from, const struct kz_value *to,
                                       bool custom, bool others);

/* x without y, x and y, x or y; NULL: nothing is left. */
struct kz_value *sim_fields_minus(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y);
struct kz_value *sim_fields_both(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y);
struct kz_value *sim_fields_plus(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y);
/* Is the node itself in the set? */
bool sim_fields_is_member(const struct kz_value *node);

/* Takes out of the object what `gone` names on any level and `kept` does not name at all. */
void sim_fields_remove(struct kz_arena *a, struct kz_value *object, const struct kz_value *gone,
                       const struct kz_value *kept);
/* Puts an apply into the object. */
void sim_fields_merge(struct kz_arena *a, struct kz_value *object, const struct kz_value *config);

#endif
