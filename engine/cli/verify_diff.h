/* SPDX-License-Identifier: Apache-2.0
 *
 * Two renderings of a chart, line by line. What is generated (keys, passwords, times) differs each time:
 * a line in which two runs of helm differ is such a line, and then only its key has to be the same. */
#ifndef KZ_CLI_VERIFY_DIFF_H
#define KZ_CLI_VERIFY_DIFF_H

#include "base/arena.h"

struct kz_verify_diff {
    size_t line;                /* the first difference, 1-based; 0: there is none */
    struct kz_str helm, kzsync; /* that line on both sides, as it may be shown; "" beyond the end */
    size_t generated;           /* lines that were not compared */
};

/* again: a second run of helm, or the same text when there was none. Values in Secrets are masked. */
void kz_verify_compare(struct kz_verify_diff *out, struct kz_arena *a, struct kz_str helm,
                       struct kz_str again, struct kz_str kzsync);

#endif
