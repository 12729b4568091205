/* SPDX-License-Identifier: Apache-2.0
 *
 * Differences of two texts by lines. Internal to this layer. */
#ifndef KZ_RESOURCE_LINES_H
#define KZ_RESOURCE_LINES_H

#include "base/arena.h"

struct kz_line_change {
    char sign; /* '-' or '+' */
    struct kz_str line;
};

struct kz_line_diff {
    struct kz_line_change *at; /* removals before additions, in the order of the texts */
    size_t len;
    size_t lines; /* of the longer text */
};

/* The shortest edit where that costs at most 1 million comparisons; else the lines between the common
 * head and tail, first all that go, then all that come. Views into the texts. */
struct kz_line_diff kz_lines_diff(struct kz_arena *a, struct kz_str before, struct kz_str after);

#endif
