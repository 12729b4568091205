/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a set, for the parser. */
#ifndef KZ_TEMPLATE_SET_H
#define KZ_TEMPLATE_SET_H

#include "template/tree.h"

/* The function of that name, tables first, built-in ones last (*builtin); NULL: none. */
const struct kz_func *kz_tset_func(const struct kz_tset *set, struct kz_str name, bool *builtin);

/* Names to things: open addressing on an arena. */
struct kz_tslot {
    struct kz_str key; /* ptr NULL: free */
    const void *val;
};
struct kz_tnames {
    struct kz_tslot *slots;
    size_t len, cap;
};
const void *kz_tnames_find(const struct kz_tnames *n, struct kz_str key); /* NULL: absent */
void kz_tnames_put(struct kz_arena *a, struct kz_tnames *n, struct kz_str key, const void *val);

/* What parsing one text gives: its templates, each name once. */
struct kz_trees {
    struct kz_template **at;
    size_t len, cap;
    struct kz_tnames names;
};
struct kz_template *kz_trees_find(const struct kz_trees *t, struct kz_str name);

/* Parses text into trees; false: *message is Go's, *line where it really is, *limit when nesting was too deep. */
struct kz_parse_error {
    struct kz_str message;
    unsigned line;
    bool limit;
};
bool kz_parse(struct kz_trees *out, struct kz_arena *a, const struct kz_tset *set,
              struct kz_str name, struct kz_str text, struct kz_parse_error *error);

#endif
