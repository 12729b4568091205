/* SPDX-License-Identifier: Apache-2.0
 *
 * The repository of a platform where a person has a working copy of it: who touched a file, and from which line an
 * object comes that no kept set knows. Reads objects of the repository by commit; the files of the working copy
 * do not matter. */
#ifndef KZ_CLI_LOOK_REPO_H
#define KZ_CLI_LOOK_REPO_H

#include "cli/look_store.h"
#include "cli/why.h"

struct kz_repo;

/* folder: of the platform in its working copy; "": the present one. *out NULL: it is in no working copy, which is
 * an error only where a folder was named. */
KZ_MUST_USE int kz_repo_open(struct kz_repo **out, struct kz_look *l, struct kz_str folder, struct kz_err *err);
void kz_repo_close(struct kz_repo *r); /* NULL is fine */

/* "d41c0aa by J. Meyer, 3d ago: raise memory": the last commit up to revision that touched the file. "": r is NULL, or
 * has no such commit or file. In the arena. */
struct kz_str kz_repo_commit(struct kz_arena *a, struct kz_look *l, struct kz_repo *r, struct kz_str revision,
                             struct kz_str file);

/* Facts From and Commit of an object, by rendering its module at the platform's
 * newest revision. false: *reason says why that cannot be; w->repo may be NULL. */
bool kz_repo_origin(struct kz_why *w, struct kz_str module, const struct kz_id *id, struct kz_str *reason);

#endif
