/* SPDX-License-Identifier: Apache-2.0
 *
 * Where desired state comes from: a git repository at a reference, or a folder on this machine. The
 * engine only learns *which* commit; no byte that the repository can choose is parsed here: packs
 * are read by the fetcher child, trees and files by the render worker (docs/internals/safety.md 3).
 *
 * One bare mirror per URL under the cache folder, filled by the `git` program in a short-lived
 * child with the argument and environment rules of docs/internals/source.md. An unchanged HTTPS
 * repository costs one ls-refs request (protocol v2), no process. */
#ifndef KZ_SOURCE_SOURCE_H
#define KZ_SOURCE_SOURCE_H

#include "base/env.h"

struct kz_source_ref {
    struct kz_str url; /* https://, ssh://, user@host:path, file:// or an absolute path */
    struct kz_str ref; /* branch, tag, full ref or 40/64 hex digits; "" = HEAD */
};

/* A tree that a worker can open: a commit in a mirror, or a folder as it is on disk. */
struct kz_tree_at {
    struct kz_str repo;   /* path of the bare mirror or of a working copy's .git; "" for a folder */
    struct kz_str commit; /* 40/64 hex digits; "" for a folder */
    struct kz_str folder; /* absolute path; "" for a commit */
};

struct kz_source_result {
    const struct kz_err *err;      /* NULL: fine */
    struct kz_tree_at tree;        /* valid during the callback */
    struct kz_str subject, author; /* of the commit, one line each, cut, control bytes removed */
    int64_t time;                  /* committer time, wall ns; never trusted for decisions */
    bool moved;                    /* differs from the `known` commit of the request */
    bool descends;                 /* the new commit has `known` as an ancestor (or known was "") */
    bool descent_known;            /* false: the shallow history does not tell */
};

typedef void (*kz_source_done)(void *arg, uint64_t id, const struct kz_source_result *res);

/* The seam: git for real, a fake in the simulator. */
struct kz_source_ops {
    /* Ask for the present commit of ref and make its objects available; known "" = none yet. */
    uint64_t (*resolve)(void *impl, const struct kz_source_ref *ref, struct kz_str known,
                        kz_source_done done, void *arg);
    void (*cancel)(void *impl, uint64_t id);
};
struct kz_source {
    const struct kz_source_ops *ops;
    void *impl;
};

#endif
