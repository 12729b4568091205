/* SPDX-License-Identifier: Apache-2.0
 *
 * A place in an object, as health rules and gates write it:
 *
 *   status.phase                  names of fields
 *   spec.containers[0].image      an item of a list
 *   spec.nodeSets[].count         all items: the sum of the integers that are found there
 *   metadata.labels["a.b/c"]      a name with dots in it
 *   /status/phase                 the same as a JSON pointer (RFC 6901)
 *
 * Parsed once, then walked often: a walk is bounded by a number of steps that all places of one rule
 * share, so that no object, however large, makes a rule slow. */
#ifndef KZ_HEALTH_PLACE_H
#define KZ_HEALTH_PLACE_H

#include "base/buf.h"
#include "value/value.h"

struct kz_place_step {
    enum { KZ_STEP_NAME, KZ_STEP_INDEX, KZ_STEP_ALL } kind;
    struct kz_str name;
    size_t index;
};

struct kz_spot {
    struct kz_str text; /* as it was written; "" : no place */
    struct kz_place_step *at;
    size_t n;
    bool sums; /* has [] in it */
};

enum { KZ_SPOT_STEPS = 16, KZ_SPOT_BYTES = 256, KZ_HEALTH_BUDGET = 20000 };

/* Copies the text. KZ_E_INVALID says what is wrong with it. */
KZ_MUST_USE int kz_spot_parse(struct kz_spot *out, struct kz_arena *a, struct kz_str text,
                              struct kz_err *err);

/* What stands there; with [] the sum, an integer made in *sum. NULL: nothing (a null counts as nothing, a sum
 * over no integer too), or the budget is used up, which is then 0. */
const struct kz_value *kz_spot_find(struct kz_value *sum, const struct kz_spot *s,
                                    const struct kz_value *root, unsigned *budget);

#endif
