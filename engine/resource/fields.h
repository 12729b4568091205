/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading of fieldsV1, the path sets in metadata.managedFields (docs/internals/api-server.md 2.5):
 * "f:NAME" field, "k:{json}" item of a list by its keys, "v:json" item of a set, "i:N" item by
 * index, "." the thing itself. A member without members of its own is owned as a whole. Internal to
 * this layer. */
#ifndef KZ_RESOURCE_FIELDS_H
#define KZ_RESOURCE_FIELDS_H

#include "base/buf.h"
#include "value/value.h"

/* One step from a value to a part of it. */
struct kz_field_step {
    enum kz_field_kind {
        KZ_FIELD_NAME,  /* f: */
        KZ_FIELD_KEYS,  /* k: */
        KZ_FIELD_VALUE, /* v: */
        KZ_FIELD_INDEX, /* i: */
        KZ_FIELD_SELF,  /* . */
        KZ_FIELD_BAD,
    } kind;
    struct kz_str name;          /* NAME */
    const struct kz_value *json; /* KEYS: a map; VALUE: the item */
    size_t index;                /* INDEX */
};

/* What a member name of fieldsV1 means. JSON in it is read into the arena. */
struct kz_field_step kz_field_step(struct kz_arena *a, struct kz_str member);

/* The part of v that the step leads to, NULL when v has none. lenient: an item of a list matches when
 * the keys that it has are equal; a desired object lacks those that the server fills in
 * (ports: protocol). */
const struct kz_value *kz_field_go(const struct kz_value *v, const struct kz_field_step *step,
                                   bool lenient);

/* Appends the step as the API server writes it in conflicts: .name, [name="c"], [="a"], [3]. */
void kz_field_text(struct kz_buf *b, const struct kz_field_step *step);

/* True if the members of this map are only "." or there are none. */
bool kz_field_is_leaf(const struct kz_value *fields);

/* An entry of managedFields: of this manager ("": any), operation (NULL: any), main resource. */
bool kz_field_entry_is(const struct kz_value *entry, struct kz_str manager, const char *operation);

#endif
