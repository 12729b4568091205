/* SPDX-License-Identifier: Apache-2.0
 *
 * A YAML document as go-yaml has it before it is decoded: nodes with tags and aliases. */
#ifndef KZ_TEMPLATE_GOYAML_NODE_H
#define KZ_TEMPLATE_GOYAML_NODE_H

#include "base/arena.h"
#include "value/yaml_scalar.h"

enum kz_gonode_kind { KZ_GONODE_SCALAR, KZ_GONODE_LIST, KZ_GONODE_MAP, KZ_GONODE_ALIAS };

struct kz_gonode {
    enum kz_gonode_kind kind;
    struct kz_str text, tag; /* of a scalar; an alias's name. tag empty: none */
    bool plain;              /* a scalar without quotes or tag */
    bool open;               /* an alias that is being followed */
    struct kz_gonode *target;
    struct kz_gonode **kids; /* of a map keys and values in turn */
    size_t n, cap;
};

/* What an alias stands for; any other node itself. */
static inline const struct kz_gonode *kz_gonode_behind(const struct kz_gonode *n)
{
    return n->kind == KZ_GONODE_ALIAS ? n->target : n;
}

bool kz_gonode_is_merge(const struct kz_gonode *n);

/* The value of a scalar; null for the others. */
void kz_gonode_value(struct kz_value *out, const struct kz_gonode *n);

/* A map's pairs as they are once decoded: what "<<" brings among them, of equal keys the last, sorted as
 * fmt prints maps. Aliases must be free of circles. Answers how many; *out is on the arena. */
struct kz_gopair {
    struct kz_value key;
    const struct kz_gonode *node, *value; /* node: the key's */
    size_t nth;                           /* in the text */
};
size_t kz_gonode_pairs(struct kz_gopair **out, struct kz_arena *a, const struct kz_gonode *map);

/* The node as fmt's %#v prints it once decoded. Aliases must be free of circles. On the arena. */
struct kz_str kz_gonode_syntax(struct kz_arena *a, const struct kz_gonode *n);

#endif
