/* SPDX-License-Identifier: Apache-2.0
 *
 * The one file that knows both kinds: a program that opens folders only links no libgit2. */
#include "source/tree_impl.h"

int kz_tree_open(struct kz_tree **out, const struct kz_tree_at *at, struct kz_err *err)
{
    if (at->folder.len > 0)
        return kz_tree_folder(out, at->folder, err);
    int rc = kz_tree_init(err);
    return rc < 0 ? rc : kz_tree_git_open(out, at->repo, at->commit, err);
}
