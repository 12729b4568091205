/* SPDX-License-Identifier: Apache-2.0
 *
 * A module while it is being read: its definition and what later layers say about it, lowest first.
 * Each layer is the map of a Module's spec with the file that it came from. Lives in the worker. */
#ifndef KZ_SPEC_LAYERS_H
#define KZ_SPEC_LAYERS_H

#include "source/tree.h"
#include "value/value.h"

struct kz_layer {
    struct kz_str file;          /* relative paths start at its folder */
    const struct kz_value *spec; /* map, checked against the option table */
};

enum { KZ_LAYERS = 4 }; /* definition, global, section of the values file, override */

struct kz_draft {
    struct kz_str name, file;
    uint32_t line, col;
    struct kz_layer layers[KZ_LAYERS];
    size_t n_layers;
};

/* The merged spec without values and valuesFrom. */
struct kz_value *kz_draft_spec(struct kz_arena *a, const struct kz_draft *d);

/* The merged values; reads the files of valuesFrom. *layers: NULL, or what they are made of, lowest first, when
 * objects of the cluster are among it: {values: map} or {kind, name, key, optional}. */
KZ_MUST_USE int kz_draft_values(struct kz_value **out, struct kz_value **layers, struct kz_arena *a,
                                struct kz_tree *tree, const struct kz_draft *d, struct kz_err *err);

/* The highest layer that says something about a dotted field; the definition if none does. */
const struct kz_layer *kz_draft_layer(const struct kz_draft *d, const char *field);

/* A path that the value v in `file` names, as a clean path of the tree. what is the field's name. */
KZ_MUST_USE int kz_layers_path(struct kz_str *out, struct kz_arena *a, struct kz_str file,
                               const struct kz_value *v, const char *what, struct kz_err *err);

/* The same, and it must exist; the error suggests a neighbour. */
KZ_MUST_USE int kz_layers_existing(struct kz_str *out, struct kz_arena *a, struct kz_tree *tree,
                                   struct kz_str file, const struct kz_value *v, const char *what,
                                   struct kz_err *err);

#endif
