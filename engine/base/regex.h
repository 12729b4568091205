/* SPDX-License-Identifier: Apache-2.0
 *
 * Regular expressions of Go, which are those of RE2: linear time on any input, no back-references.
 * Used for what charts say (sprig, schemas); our own code needs none. */
#ifndef KZ_BASE_REGEX_H
#define KZ_BASE_REGEX_H

#include "base/arena.h"
#include "base/err.h"

struct kz_regex;

/* Compiles; KZ_E_PARSE in Go's words: "error parsing regexp: missing closing ]: `[a`". */
KZ_MUST_USE int kz_regex_new(struct kz_regex **out, struct kz_str pattern, struct kz_err *err);
void kz_regex_free(struct kz_regex *re); /* NULL is fine */
static inline void kz_regex_freep(struct kz_regex **re)
{
    kz_regex_free(*re);
}
#define kz_autoregex KZ_CLEANUP(kz_regex_freep)

unsigned kz_regex_groups(const struct kz_regex *re); /* number of ( ) that capture */
/* Number of the group with this name, -1: none. */
int kz_regex_group(const struct kz_regex *re, struct kz_str name);

bool kz_regex_match(const struct kz_regex *re, struct kz_str text); /* anywhere in it */

/* The leftmost match at or behind byte `from` (anchors and \b still see the whole text). groups[0] is
 * the match, groups[i] the i-th group, ptr NULL where it took no part; n of them are filled. */
bool kz_regex_find(const struct kz_regex *re, struct kz_str text, size_t from,
                   struct kz_str *groups, unsigned n);

/* The pattern that matches text literally. */
struct kz_str kz_regex_quote(struct kz_arena *a, struct kz_str text);

#endif
