/* SPDX-License-Identifier: Apache-2.0
 *
 * A read-only tree of files: a commit read by object id with libgit2 (never a checkout), or a folder on
 * disk read with openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS). Used in workers only.
 *
 * Paths are relative, '/'-separated and cleaned here: "..", absolute paths, NUL, backslashes and
 * entries named ".git" are refused (docs/internals/safety.md 3, rule 2). Symbolic links are
 * followed only while they stay inside the tree (at most 40 hops). */
#ifndef KZ_SOURCE_TREE_H
#define KZ_SOURCE_TREE_H

#include "base/hash.h"
#include "source/source.h"

struct kz_tree;

/* Prepares the object reader: once, in the process that workers are forked from, before its sandbox is
 * entered (measured 3.5 ms: the library also loads certificates that we never use). kz_tree_open does
 * it when nobody has. */
KZ_MUST_USE int kz_tree_init(struct kz_err *err);

struct kz_tree_entry {
    struct kz_str name;
    bool is_dir;
};

KZ_MUST_USE int kz_tree_open(struct kz_tree **out, const struct kz_tree_at *at, struct kz_err *err);
/* The same for a folder, an absolute path, in programs without libgit2. */
KZ_MUST_USE int kz_tree_folder(struct kz_tree **out, struct kz_str folder, struct kz_err *err);
void kz_tree_close(struct kz_tree *t);

/* The clean form of base "/" rel, refusing to leave the tree. base "" is the root, and so is an empty
 * result. Every path given to the functions below is cleaned the same way. */
KZ_MUST_USE int kz_tree_join(struct kz_str *out, struct kz_arena *a, struct kz_str base,
                             struct kz_str rel, struct kz_err *err);

/* Whole file, at most max bytes (KZ_E_LIMIT beyond; 0: 100 MiB - 1). KZ_E_NOTFOUND names the path and,
 * where one is near, the entry that was probably meant. */
KZ_MUST_USE int kz_tree_read(struct kz_str *out, struct kz_arena *a, struct kz_tree *t,
                             struct kz_str path, size_t max, struct kz_err *err);

/* Entries of a folder, sorted by name. Entries named ".git" of a folder on disk are left out; a
 * submodule is listed as a folder that fails when opened; a link that can't be followed as a file that
 * fails when read: neither goes unnoticed. */
KZ_MUST_USE int kz_tree_list(struct kz_tree_entry **out, size_t *n, struct kz_arena *a,
                             struct kz_tree *t, struct kz_str path, struct kz_err *err);

enum kz_tree_kind { KZ_TREE_NONE, KZ_TREE_FILE, KZ_TREE_DIR };
enum kz_tree_kind kz_tree_kind(struct kz_tree *t, struct kz_str path);

/* Content id of a file or folder: equal ids, equal content. For a commit the git object id (reads the
 * folders below, no file); for a folder on disk a hash over all its files. What links lead to outside of
 * the path is part of it. As text. */
KZ_MUST_USE int kz_tree_id(struct kz_str *out, struct kz_arena *a, struct kz_tree *t,
                           struct kz_str path, struct kz_err *err);

/* Writes the subtree below an existing empty folder (for programs that need real files): regular files
 * 0644/0755, links only to places inside the subtree (others are an error), at most max_bytes and
 * 100000 entries in all. */
KZ_MUST_USE int kz_tree_export(struct kz_tree *t, struct kz_str path, const char *dest,
                               uint64_t max_bytes, struct kz_err *err);

#endif
