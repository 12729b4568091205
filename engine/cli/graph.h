/* SPDX-License-Identifier: Apache-2.0
 *
 * The modules of a status document as a graph: what depends on what, in which layer, and as a tree that people
 * can read. Pure: the document in, places in an array out.
 *
 * A graph of dependencies is no tree. Each module stands once, below the one of those it waits for that comes
 * last (the deepest; of several the one that is not well), which is what it waits for longest; the others are named
 * beside it. */
#ifndef KZ_CLI_GRAPH_H
#define KZ_CLI_GRAPH_H

#include "base/buf.h"
#include "value/value.h"

struct kz_node {
    const struct kz_value *doc; /* its entry in the document */
    struct kz_str name, state;
    const size_t *after, *before; /* places of what it depends on, of what depends on it; by name */
    size_t n_after, n_before;
    size_t parent;              /* in the tree; KZ_NODE_NONE: a root */
    const size_t *children;     /* in the tree, by name: those with others below them, the rest, the plain */
    size_t n_children;
    unsigned layer;             /* 0: depends on nothing */
    bool plain;                 /* it is ok, has nothing to say, nothing below it and one above: its like share a line */
};
#define KZ_NODE_NONE SIZE_MAX

struct kz_graph {
    struct kz_node *at;         /* by name */
    size_t n;
    const size_t *roots;
    size_t n_roots;
    unsigned layers;            /* 0: there are no modules */
    const size_t *longest;      /* a longest path, as it is applied: `layers` places */
};

/* Everything lives in the arena; names are views into the document. What is named in `after` and is no module
 * (one that is not defined any more) is left out; a circle, which no platform can have, is cut where it closes.
 * Cost: n log n and the edges. */
void kz_graph_build(struct kz_graph *out, struct kz_arena *a, const struct kz_value *status);

size_t kz_graph_find(const struct kz_graph *g, struct kz_str name); /* or KZ_NODE_NONE */

/* The same with only what these modules depend on, and what depends on them; KZ_NODE_NONE is passed over. */
void kz_graph_around(struct kz_graph *out, struct kz_arena *a, const struct kz_graph *g, const size_t *places,
                     size_t n);

/* Walks the tree, parents first. `branch` of a node: the lines that lead to it, "|  `- " or in UTF-8; valid in
 * the callback. */
struct kz_graph_row {
    size_t place;
    struct kz_str branch;
    bool last; /* of its siblings */
};
void kz_graph_walk(const struct kz_graph *g, bool utf8, void (*each)(void *arg, const struct kz_graph_row *row),
                   void *arg);

/* ---- as text: graph_text.c, graph_forms.c ---------------------------------------------------------- */
struct kz_page;
void kz_graph_tree(struct kz_buf *b, struct kz_arena *a, const struct kz_graph *g, const struct kz_page *page);
void kz_graph_layers(struct kz_buf *b, struct kz_arena *a, const struct kz_graph *g, const struct kz_page *page);
void kz_graph_dot(struct kz_buf *b, const struct kz_graph *g, struct kz_str platform);
void kz_graph_mermaid(struct kz_buf *b, const struct kz_graph *g);
void kz_graph_names(struct kz_buf *b, const struct kz_graph *g); /* in order of layers */
struct kz_value *kz_graph_json(struct kz_arena *a, const struct kz_graph *g, struct kz_str platform);

#endif
