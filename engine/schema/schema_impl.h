/* SPDX-License-Identifier: Apache-2.0
 *
 * The compact form. Private to this folder. */
#ifndef KZ_SCHEMA_SCHEMA_IMPL_H
#define KZ_SCHEMA_SCHEMA_IMPL_H

#include "base/map.h"
#include "schema/schema.h"

enum kz_node_flag {
    KZ_NODE_STRING = 1 << 0, /* types; none of them: any */
    KZ_NODE_INTEGER = 1 << 1,
    KZ_NODE_NUMBER = 1 << 2,
    KZ_NODE_BOOL = 1 << 3,
    KZ_NODE_OBJECT = 1 << 4,
    KZ_NODE_LIST = 1 << 5,
    KZ_NODE_TYPES = (1 << 6) - 1,
    KZ_NODE_OPEN = 1 << 6,     /* fields that it does not name are kept */
    KZ_NODE_CLOSED = 1 << 7,   /* additionalProperties: false */
    KZ_NODE_EMBEDDED = 1 << 8, /* an object with apiVersion, kind and metadata */
    KZ_NODE_SET = 1 << 9,      /* a list without equal items */
    KZ_NODE_INT32 = 1 << 10,
    KZ_NODE_BASE64 = 1 << 11,
    KZ_NODE_QUANTITY = 1 << 12,
};

struct kz_node;

struct kz_prop {
    struct kz_str name;
    const struct kz_node *node;
    const struct kz_value *fallback; /* its default, NULL none */
};

struct kz_nodes {
    const struct kz_node **at;
    size_t n;
};

struct kz_names {
    struct kz_str *at;
    size_t n;
};

/* What few nodes have. */
struct kz_rules {
    struct kz_names required, keys; /* keys: of a list whose items are told apart by them */
    const struct kz_value *words;   /* enum, NULL none */
    struct kz_str pattern;          /* "" none */
    const struct kz_value *min, *max;
    bool above, below;              /* min, max themselves are too little, too much */
    int64_t min_len, max_len;       /* of a string, list or map; -1 none */
    struct kz_nodes all, any, one;
    const struct kz_node *not;
};

struct kz_node {
    uint32_t flags;
    uint32_t n_props;
    struct kz_prop *props;           /* sorted by name */
    const struct kz_node *items;     /* of a list, NULL: any */
    const struct kz_node *others;    /* of fields that props do not name, NULL: see flags */
    const struct kz_rules *rules;    /* NULL none */
};

struct kz_schema {
    struct kz_gvk what;
    const struct kz_node *root;
};

struct kz_schemas {
    struct kz_arena *arena;
    struct kz_map kinds; /* "group/version/Kind" -> struct kz_schema * */
};

void kz_schemas_put(struct kz_schemas *s, const struct kz_gvk *what, const struct kz_node *root);

/* ---- document.c ----------------------------------------------------------------------------------- */
/* Where the schemas of an OpenAPI document stand: name -> text, unread. */
struct kz_openapi {
    struct kz_map names; /* -> struct kz_str * in the arena */
};
KZ_MUST_USE int kz_openapi_open(struct kz_openapi *d, struct kz_arena *a, struct kz_str text, struct kz_err *err);
void kz_openapi_done(struct kz_openapi *d);
/* The text of one schema, "" when there is none of this name. */
struct kz_str kz_openapi_find(const struct kz_openapi *d, struct kz_str name);

/* ---- compile.c ------------------------------------------------------------------------------------ */
struct kz_compile {
    struct kz_arena *to;       /* of nodes */
    struct kz_arena *scratch;
    const struct kz_openapi *doc; /* NULL: nothing is referred to */
    struct kz_map done;        /* name of a reference -> struct kz_node * */
    unsigned nested;
    struct kz_err *err;
    bool failed;
};
/* NULL: c->err says why. */
const struct kz_node *kz_compile_schema(struct kz_compile *c, const struct kz_value *schema);
const struct kz_node *kz_compile_named(struct kz_compile *c, struct kz_str name);

const struct kz_prop *kz_node_prop(const struct kz_node *node, struct kz_str name); /* NULL none */

#endif
