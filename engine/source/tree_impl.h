/* SPDX-License-Identifier: Apache-2.0
 *
 * What a kind of tree has to offer to tree.c: one look at a path, one read, one listing. Following
 * links, cleaning paths and wording errors happens once, in tree.c, for both kinds. */
#ifndef KZ_SOURCE_TREE_IMPL_H
#define KZ_SOURCE_TREE_IMPL_H

#include "source/tree.h"

enum kz_node_kind {
    KZ_NODE_NONE, /* no such entry; also: a parent is a link or a file */
    KZ_NODE_FILE,
    KZ_NODE_EXEC, /* a file with its executable bit */
    KZ_NODE_DIR,
    KZ_NODE_LINK,
    KZ_NODE_SUBMODULE,
    KZ_NODE_OTHER, /* device, socket, pipe */
};

struct kz_node {
    struct kz_str name; /* in listings */
    enum kz_node_kind kind;
    bool no_link;  /* of NONE: it is certain that no link stands on the way */
    uint64_t size; /* of files */
};

/* Paths are clean and are never followed through a link. */
struct kz_tree_ops {
    KZ_MUST_USE int (*look)(struct kz_node *out, struct kz_tree *t, const char *path,
                            struct kz_err *err);
    /* Content of a file or text of a link; the node was just looked at, max is checked again. */
    KZ_MUST_USE int (*read)(struct kz_str *out, struct kz_arena *a, struct kz_tree *t,
                            const char *path, size_t max, struct kz_err *err);
    /* The content of a regular file that no link leads to, in one step; 0: look and read will tell. NULL:
     * there is nothing to win. */
    KZ_MUST_USE int (*read_plain)(struct kz_str *out, struct kz_arena *a, struct kz_tree *t,
                                  const char *path, size_t max, struct kz_err *err);
    /* Unsorted; names are checked by tree.c. Without sizes they stay 0, and a file that can be executed
     * counts as FILE (cheaper). */
    KZ_MUST_USE int (*list)(struct kz_node **out, size_t *n, struct kz_arena *a, struct kz_tree *t,
                            const char *path, bool sizes, struct kz_err *err);
    /* The same, with kinds alone, of a folder that no link leads to, in one step; 0: look and list will tell. NULL:
     * there is nothing to win. */
    KZ_MUST_USE int (*list_plain)(struct kz_node **out, size_t *n, struct kz_arena *a, struct kz_tree *t,
                                  const char *path, struct kz_err *err);
    /* Of what is below path itself, links by their text. NULL: tree_export.c hashes the files. */
    KZ_MUST_USE int (*id)(struct kz_str *out, struct kz_arena *a, struct kz_tree *t,
                          const char *path, struct kz_err *err);
    void (*close)(struct kz_tree *t);
};

struct kz_tree {
    const struct kz_tree_ops *ops;
};

KZ_MUST_USE int kz_tree_git_open(struct kz_tree **out, struct kz_str repo, struct kz_str commit,
                                 struct kz_err *err);

enum {
    KZ_TREE_ENTRIES_MAX = 100000, /* of one folder, and of one export */
    KZ_TREE_DEPTH_MAX = 64,
    KZ_TREE_LINK_MAX = 4096, /* bytes of a link's text */
};

/* Shared by tree.c and tree_export.c. Both paths clean; `real` has no link on its way. */
KZ_MUST_USE int kz_tree_real(const char **real, struct kz_node *node, struct kz_arena *a,
                             struct kz_tree *t, struct kz_str path, struct kz_err *err);
/* Checked and sorted. */
KZ_MUST_USE int kz_tree_nodes(struct kz_node **out, size_t *n, struct kz_arena *a, struct kz_tree *t,
                              const char *real, bool sizes, struct kz_err *err);

#endif
