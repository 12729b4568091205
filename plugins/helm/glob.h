/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns of .Files.Glob, as gobwas/glob reads them with the separator '/': "*" any characters but
 * "/", "**" any at all, "?" one that is not "/", "[abc]" and "[a-c]" or with "!" first one that may be
 * "/", "{a,b*,{c,d}}" alternatives, a backslash takes the next character as it is. (base/glob.h, for
 * our own options, is friendlier: its "**" + "/" is also no folder at all.) */
#ifndef KZ_HELM_GLOB_H
#define KZ_HELM_GLOB_H

#include "base/arena.h"

struct kz_glob;

/* NULL: gobwas refuses the pattern, or it nests deeper than 100 braces. */
const struct kz_glob *kz_glob_parse(struct kz_arena *a, struct kz_str pattern);

/* How many parts it has: a match looks at each byte of the text once for each of them. */
size_t kz_glob_parts(const struct kz_glob *g);

/* The whole text must match. scratch: is reset. */
bool kz_glob_fits(const struct kz_glob *g, struct kz_arena *scratch, struct kz_str text);

#endif
