/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON pointers (RFC 6901): "/spec/ports/0", "~1" stands for "/" and "~0" for "~"; "" is the whole
 * document. The cursors below name the place by its container, so that it can be read, set, inserted
 * or removed. Trees change in place: the caller owns them (value.h). */
#ifndef KZ_VALUE_PATH_H
#define KZ_VALUE_PATH_H

#include "value/value.h"

/* Takes the first step off a pointer; *out is a view or, with escapes, a copy in the arena (NULL: escapes are
 * refused). false: it is at its end, or no pointer. */
bool kz_path_step(struct kz_str *out, struct kz_arena *a, struct kz_str *pointer);

/* The value at the pointer, or NULL. Cost: one lookup a step. */
const struct kz_value *kz_path_find(const struct kz_value *root, struct kz_str pointer);

/* A place: an element of a list or a pair of a map, which may not exist yet. */
struct kz_place {
    struct kz_value *in; /* the list or map; NULL: the whole document */
    struct kz_str key;   /* of a map, unescaped; lives in the arena */
    size_t index;        /* of a list; its length for "-" */
    bool exists;
};

/* Finds the place; everything but the last step must exist. Fails with KZ_E_NOTFOUND naming the step,
 * or KZ_E_INVALID for what is no pointer, or an index that is no number or beyond the end. */
KZ_MUST_USE int kz_path_place(struct kz_place *out, struct kz_arena *a, struct kz_value *root,
                              struct kz_str pointer, struct kz_err *err);

/* The value at a place that exists. */
struct kz_value *kz_place_get(const struct kz_place *p, struct kz_value *root);
/* Replaces what is there; puts it there (a map: set) when nothing is. */
void kz_place_set(struct kz_arena *a, const struct kz_place *p, struct kz_value **root,
                  struct kz_value *val);
/* As set, but moves list items from here on up by one: the "add" of RFC 6902. */
void kz_place_insert(struct kz_arena *a, const struct kz_place *p, struct kz_value **root,
                     struct kz_value *val);
/* Removes what exists there; the whole document becomes null. */
void kz_place_remove(struct kz_arena *a, const struct kz_place *p, struct kz_value **root);

/* Sets the value at the pointer, making the maps on the way that are missing. */
KZ_MUST_USE int kz_path_set(struct kz_value **root, struct kz_arena *a, struct kz_str pointer,
                            struct kz_value *val, struct kz_err *err);

#endif
