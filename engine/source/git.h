/* SPDX-License-Identifier: Apache-2.0
 *
 * Git for real: struct kz_source over the git program, HTTPS and one bare mirror per URL.
 *
 * Layout of the cache: <cache>/git/<sha256 of the normalised URL>/ is a bare repository; what was fetched
 * is held by refs/kz/<seconds>-<commit>, the newest 50 of them stay. <cache>/git/tmp/ holds first clones
 * until they are complete. The cache may be deleted at any time while nothing runs.
 *
 * Depth: the first fetch takes the commit alone (nothing to compare it with, and a first sync should be
 * fast); later ones the last 50 commits of history, so that "does the new commit descend from the
 * applied one" has an answer; if that is not enough one fetch of 1000; then descent_known is false.
 *
 * A mirror that is damaged is cloned anew next to the old one and exchanged, once per request. */
#ifndef KZ_SOURCE_GIT_H
#define KZ_SOURCE_GIT_H

#include "loop/loop.h"
#include "source/credential.h"
#include "source/place.h"
#include "source/source.h"

struct kz_git;

struct kz_git_config {
    struct kz_str cache; /* absolute; made when missing */
    struct kz_str run;   /* for secrets of running fetches, best on tmpfs; "": <cache>/run */
    const char *program; /* NULL: "git" */
    const char *ssh;     /* absolute path of kzsync-ssh; NULL: ssh is started by a shell */
    int64_t timeout;     /* of one run of git, ns; 0: 60 s */
    unsigned parallel;   /* runs of git at a time; 0: 4 */
    struct kz_credentials *credentials; /* borrowed; refreshed before each request; NULL: none */
};

/* Strings are copied. Only one process may use a cache at a time, which a lock in it sees to.
 * KZ_E_CONFLICT: another one does. */
KZ_MUST_USE int kz_git_new(struct kz_git **out, struct kz_loop *l, const struct kz_git_config *cfg,
                           struct kz_err *err);
void kz_git_free(
    struct kz_git *g); /* kills children; no callback afterwards; not from a callback */
struct kz_source kz_git_source(struct kz_git *g);

/* A worker found the mirror at tree.repo damaged: the next request clones it anew. */
void kz_git_distrust(struct kz_git *g, struct kz_str repo);

/* ---- a working copy on this machine -------------------------------------------------------------- */

/* The commit that rev ("HEAD", "main", "HEAD~2", an abbreviated id) names in the working copy at root;
 * nothing is fetched, the tree reads that repository's own objects. Cancel as any request. */
uint64_t kz_git_local(struct kz_git *g, const struct kz_source_place *place, struct kz_str rev,
                      kz_source_done done, void *arg);

#endif
