/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files. Errors name the path. */
#ifndef KZ_BASE_FS_H
#define KZ_BASE_FS_H

#include "base/arena.h"
#include "base/err.h"

/* The content of a regular file, pipe or /proc file into the arena, NUL-terminated behind the length;
 * more than limit bytes is KZ_E_LIMIT. "-" is not special. */
KZ_MUST_USE int kz_file_read(struct kz_str *out, struct kz_arena *a, const char *path, size_t limit,
                             struct kz_err *err);

/* Replaces path at once: a reader, or a crash at any moment, sees the old or the new content. The
 * file and its folder are synced. mode as in open(2), without umask: 0600 for secrets. */
KZ_MUST_USE int kz_file_write(const char *path, struct kz_str data, unsigned mode,
                              struct kz_err *err);

/* The program that `name` means: with a '/' in it the path itself, unchecked, else the first
 * executable in the absolute folders of PATH. NULL: there is none. */
const char *kz_program_find(struct kz_arena *a, const char *name);

/* The folder and its parents, 0700; one that is there already is fine. */
KZ_MUST_USE int kz_dir_make(const char *path, struct kz_err *err);

#endif
