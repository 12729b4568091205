/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns for paths and names: "*" any run of bytes but "/", "**" any run at all ("**" + "/" also
 * none), "?" one character but "/", "[a-z]" and "[!a-z]" sets, "{a,b}" alternatives (not nested in one
 * another), a backslash takes the next byte as it is. The whole text must match, bytewise. */
#ifndef KZ_BASE_GLOB_H
#define KZ_BASE_GLOB_H

#include "base/str.h"

enum { KZ_GLOB_MAX = 1024 }; /* bytes of a pattern */

/* Cost: a pass over the text for plain patterns, at most its square times the pattern with both kinds
 * of stars; once for each choice of alternatives, of which a pattern has at most 64. */
bool kz_glob_match(struct kz_str pattern, struct kz_str text);

/* NULL: a good pattern; else what is wrong with it. A bad pattern matches nothing. */
const char *kz_glob_bad(struct kz_str pattern);

#endif
