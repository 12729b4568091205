/* SPDX-License-Identifier: Apache-2.0
 *
 * "did you mean": the candidate nearest to a word that nobody knows. A candidate counts when at most
 * a third of the word is wrong (and at least one change is allowed), so that the suggestion is a slip
 * of the fingers and not a guess. */
#ifndef KZ_BASE_NEAR_H
#define KZ_BASE_NEAR_H

#include "base/str.h"

struct kz_near {
    struct kz_str word, best; /* best "" : nothing is near */
    unsigned distance;
};

static inline struct kz_near kz_near(struct kz_str word)
{
    return (struct kz_near){.word = word, .distance = (unsigned)(word.len < 6 ? 2 : word.len / 3)};
}

static inline void kz_near_try(struct kz_near *n, struct kz_str candidate)
{
    unsigned d = kz_str_distance(n->word, candidate);
    if (d < candidate.len && (d < n->distance || (d == n->distance && n->best.len == 0))) {
        n->distance = d;
        n->best = candidate;
    }
}

/* The two halves of the sentence around it: printf("...%s" KZ_FMT "%s", KZ_NEAR_ARGS(n)). */
#define KZ_NEAR_FMT     "%s" KZ_FMT "%s"
#define KZ_NEAR_ARGS(n) ((n).best.len > 0 ? ", did you mean '" : ""), KZ_ARG((n).best), \
                        ((n).best.len > 0 ? "'?" : "")

#endif
