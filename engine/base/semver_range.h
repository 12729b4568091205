/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges of versions as charts write them: "^1.2", "~1.2.3", ">=1.21-0 <2", "1.x || 3 - 4". Rules of the
 * Go library that helm and sprig use: a blank or comma is "and", "||" is "or", a range that names no
 * preview takes none, a missing or wild part makes "=" a "~". */
#ifndef KZ_BASE_SEMVER_RANGE_H
#define KZ_BASE_SEMVER_RANGE_H

#include "base/arena.h"
#include "base/semver.h"

/* As kz_semver_parse, but numbers may have leading zeros ("2024.01.3"). Views into text. */
KZ_MUST_USE bool kz_semver_parse_loose(struct kz_semver *out, struct kz_str text);

struct kz_semver_range;
/* false: not a range (also the empty text). Lives in the arena. */
KZ_MUST_USE bool kz_semver_range_parse(struct kz_semver_range **out, struct kz_arena *a,
                                       struct kz_str text);
/* The same; on false *bad is the part between "||" that has not the form of a range, or NONE: the form
 * is right but a number or a preview in it is not. */
KZ_MUST_USE bool kz_semver_range_explain(struct kz_semver_range **out, struct kz_str *bad,
                                         struct kz_arena *a, struct kz_str text);
bool kz_semver_range_has(const struct kz_semver_range *r, const struct kz_semver *v);

/* Both from text; false when either is not well-formed. */
bool kz_semver_in(struct kz_str version, struct kz_str range);

#endif
