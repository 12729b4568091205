/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled patterns of one run: loops ask for the same few thousands of times. */
#ifndef KZ_TEMPLATE_REGEXES_H
#define KZ_TEMPLATE_REGEXES_H

#include "base/regex.h"

struct kz_regex_cache;

/* The pattern, compiled; it stays the cache's and lives until the next get. *cache NULL: made. */
KZ_MUST_USE int kz_regexes_get(const struct kz_regex **out, struct kz_regex_cache **cache,
                               struct kz_str pattern, struct kz_err *err);
void kz_regexes_free(struct kz_regex_cache *cache); /* NULL is fine */

#endif
