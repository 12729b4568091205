/* SPDX-License-Identifier: Apache-2.0
 *
 * Semantic versions 2.0.0 as tags and charts write them: a leading "v" and missing minor or patch
 * numbers are taken ("v1.2" is 1.2.0). Order is that of the specification; build data never counts. */
#ifndef KZ_BASE_SEMVER_H
#define KZ_BASE_SEMVER_H

#include "base/str.h"

struct kz_semver {
    uint64_t major, minor, patch;
    struct kz_str pre, build; /* views into the text; empty: none */
    unsigned parts;           /* how many of the three numbers were written: 1..3 */
};

/* false: not a version. Leading zeros are refused, as are empty or odd parts of pre and build. */
KZ_MUST_USE bool kz_semver_parse(struct kz_semver *out, struct kz_str text);

/* <0, 0, >0. */
int kz_semver_cmp(const struct kz_semver *a, const struct kz_semver *b);

#endif
