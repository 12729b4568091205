/* SPDX-License-Identifier: Apache-2.0
 *
 * A compiled schema, between schema_read.c and schema_ref.c (make it), schema_check.c (applies it)
 * and schema_format.c. */
#ifndef KZ_HELM_SCHEMA_IMPL_H
#define KZ_HELM_SCHEMA_IMPL_H

#include "base/buf.h"
#include "base/map.h"
#include "base/regex.h"
#include "base/vec.h"
#include "helm/schema.h"

enum kz_draft { KZ_DRAFT_4 = 4, KZ_DRAFT_6 = 6, KZ_DRAFT_7 = 7, KZ_DRAFT_ANY = 99 };

enum {
    KZ_TYPE_ARRAY = 1,
    KZ_TYPE_BOOLEAN = 2,
    KZ_TYPE_INTEGER = 4,
    KZ_TYPE_NUMBER = 8,
    KZ_TYPE_NULL = 16,
    KZ_TYPE_OBJECT = 32,
    KZ_TYPE_STRING = 64
};

struct kz_schema;
struct kz_schemas {
    struct kz_schema **at;
    size_t n, cap;
};
struct kz_named { /* a property, pattern or dependency and what it asks for */
    struct kz_str name;
    struct kz_regex *re;         /* of a pattern */
    struct kz_schema *schema;    /* NULL: keys */
    const struct kz_value *keys; /* of a dependency: list of strings */
};
struct kz_nameds {
    struct kz_named *at;
    size_t n, cap;
};

struct kz_schema {
    enum kz_draft draft;
    bool is_bool, pass;       /* the schemas true and false */
    struct kz_schema *ref;    /* replaces everything else */
    unsigned types;           /* bits; 0: any */
    struct kz_str types_text; /* "string" or "[string,null]" */
    struct kz_nameds properties, patterns, dependencies;
    bool no_more_properties, no_more_items, unique_items;
    struct kz_schema *more_properties, *more_items, *property_names, *contains, *not_, *if_, *then,
        *else_;
    struct kz_schemas items, any_of, one_of, all_of;
    bool items_single;
    const double *multiple, *min, *max, *above, *under;
    const int64_t *min_len, *max_len, *min_props, *max_props, *min_items, *max_items;
    struct kz_regex *pattern;
    struct kz_str pattern_text, format;
    const struct kz_value *required; /* list of strings */
    struct kz_str *const_text;
    struct kz_str *enums; /* canonical JSON */
    size_t n_enums;
};

struct kz_schema_set { /* of one document */
    struct kz_arena *a;
    struct kz_schema *root;
    struct kz_map documents;           /* absolute reference -> struct document */
    struct kz_map refs;                /* absolute reference -> struct kz_schema */
    KZ_VEC(struct kz_regex *) regexes; /* to be freed */
    struct kz_str why;                 /* the first mistake of the schema itself */
};

struct kz_schema_compile { /* the work of making one */
    struct kz_schema_set *set;
    struct kz_arena *a;
    unsigned made, nested;
};

/* Notes the first mistake; false. */
bool kz_schema_bad(struct kz_schema_compile *c, const char *fmt, ...) KZ_PRINTF(2, 3);
bool kz_schema_failed(const struct kz_schema_compile *c);
bool kz_schema_is(const struct kz_value *v); /* a map or a boolean */

/* schema_read.c: the schema that v is; after a mistake an empty one. */
struct kz_schema *kz_schema_at(struct kz_schema_compile *c, const struct kz_value *v,
                               enum kz_draft draft);

/* schema_ref.c. enter: name leads to `at`. absolute: makes references in v absolute, in place, and enters
 * each $id. ref: what an absolute reference leads to; NULL: nothing. */
void kz_schema_enter(struct kz_schema_compile *c, struct kz_str name, struct kz_value *at,
                     enum kz_draft draft);
void kz_schema_absolute(struct kz_schema_compile *c, struct kz_value *v, struct kz_str base,
                        enum kz_draft draft);
struct kz_schema *kz_schema_ref(struct kz_schema_compile *c, struct kz_str ref, enum kz_draft draft);

/* encoding/json's text of a value whose numbers are floats: keys sorted, <>& escaped. */
struct kz_str kz_schema_json(struct kz_arena *a, const struct kz_value *v);

/* Whether a string has a format; an unknown one has everything. */
bool kz_schema_format_ok(struct kz_str format, struct kz_str text);
bool kz_schema_format_known(struct kz_str format);

/* schema_check.c: appends the mistakes; false when the work passed its bounds. */
bool kz_schema_apply(struct kz_buf *out, struct kz_arena *a, const struct kz_schema *s,
                     const struct kz_value *v);

#endif
