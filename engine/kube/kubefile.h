/* SPDX-License-Identifier: Apache-2.0
 *
 * The kubeconfig files as one view: of entries with the same name the first file's counts, and each
 * entry remembers its file, for relative paths and for errors. Only files of this folder include
 * this. */
#ifndef KZ_KUBE_KUBEFILE_H
#define KZ_KUBE_KUBEFILE_H

#include "base/vec.h"
#include "kube/config.h"
#include "value/value.h"

struct kz_kubefile {
    struct kz_str path, dir; /* dir ends in "/", or is "" */
    const struct kz_value *root;
};

struct kz_kubefiles {
    struct kz_kubefile at[32];
    size_t n;
};

/* A map of one file: a cluster, a user, a context. */
struct kz_kubenode {
    const struct kz_kubefile *file;
    const struct kz_value *map; /* NULL: none */
};

KZ_MUST_USE int kz_kubefiles_add(struct kz_kubefiles *f, struct kz_arena *a, struct kz_str text,
                                 struct kz_str path, struct kz_err *err);

/* The entry `name` of list `list` ("contexts"), its member `member` ("context"). map NULL: none. */
KZ_MUST_USE int kz_kubefiles_find(struct kz_kubenode *out, const struct kz_kubefiles *f,
                                  const char *list, const char *member, struct kz_str name,
                                  struct kz_err *err);
/* First non-empty top-level text. */
KZ_MUST_USE int kz_kubefiles_text(struct kz_str *out, const struct kz_kubefiles *f, const char *key,
                                  struct kz_err *err);
/* "prod, test": for hints; and the one nearest to name, "" if none is near. */
struct kz_str kz_kubefiles_names(const struct kz_kubefiles *f, struct kz_arena *a, const char *list,
                                 struct kz_str name, struct kz_str *nearest);

/* Members; absent and null give "" and false. A wrong kind is an error with its place. */
KZ_MUST_USE int kz_kubenode_text(struct kz_str *out, const struct kz_kubenode *n, const char *key,
                                 struct kz_err *err);
KZ_MUST_USE int kz_kubenode_flag(bool *out, const struct kz_kubenode *n, const char *key,
                                 struct kz_err *err);
/* Data of "key-data" (base64), else of the file named by "key"; "" when neither is there. */
KZ_MUST_USE int kz_kubenode_material(struct kz_str *out, const struct kz_kubenode *n,
                                     struct kz_arena *a, const char *key, struct kz_err *err);
/* A path as written, relative to the file. "" stays "". */
struct kz_str kz_kubenode_path(const struct kz_kubenode *n, struct kz_arena *a, struct kz_str path);
/* Adds the place of member key (of the map itself when key is NULL or absent). */
int kz_kubenode_at(const struct kz_kubenode *n, const char *key, struct kz_err *err);

#endif
