/* SPDX-License-Identifier: Apache-2.0
 *
 * One test of an object, as health rules and gates write it. It looks either at a condition or at a field:
 *
 *   {condition: Ready}                            its status is True
 *   {condition: Ready, is: "False"}               ... is False
 *   {condition: Available, reason: SomePodsNotReady}   it has that reason, whatever its status
 *   {field: status.phase, in: [Ready, Running]}
 *   {field: status.readyNodes, below: "spec.nodeSets[].count"}
 *
 * Words to compare with: is, isNot, in, notIn, exists, below, above, atLeast, atMost; one of them in each
 * test. The last four take an integer, or the place of one as text. A field or condition that is not there
 * passes no test but `exists: false`. */
#ifndef KZ_HEALTH_TEST_H
#define KZ_HEALTH_TEST_H

#include "health/place.h"

enum kz_test_word {
    KZ_TEST_IS, KZ_TEST_IS_NOT, KZ_TEST_IN, KZ_TEST_NOT_IN, KZ_TEST_EXISTS,
    KZ_TEST_BELOW, KZ_TEST_ABOVE, KZ_TEST_AT_LEAST, KZ_TEST_AT_MOST, KZ_TEST_WORDS_,
};

struct kz_test {
    struct kz_str condition, reason; /* condition "": a field is looked at */
    struct kz_spot field;
    enum kz_test_word word;
    const struct kz_value *want;     /* what to compare with; of IN and NOT_IN a list; NULL: `other` */
    struct kz_spot other;
};

/* The names of the members above in YAML, in order of the enum. */
extern const char *const kz_test_words[KZ_TEST_WORDS_];

/* Has this map a member of a test in it? */
bool kz_test_is_in(const struct kz_value *map);

/* From the members of a map; others are left alone. Everything is copied. KZ_E_INVALID: "needs a word to
 * compare with", without a place. */
KZ_MUST_USE int kz_test_parse(struct kz_test *out, struct kz_arena *a, const struct kz_value *map,
                              struct kz_err *err);

/* conditions: the list where a condition is looked for. budget: see place.h; 0 afterwards: undecided, and the
 * answer is false. */
bool kz_test_holds(const struct kz_test *t, const struct kz_value *root, const struct kz_value *conditions,
                   unsigned *budget);

/* Appends what is there and what is wanted, for people: "status.phase is Pending, want Running". */
void kz_test_say(struct kz_buf *b, const struct kz_test *t, const struct kz_value *root,
                 const struct kz_value *conditions);

/* Appends a scalar as people read it; maps and lists by their kind. Cut at 60 bytes. */
void kz_test_scalar(struct kz_buf *b, const struct kz_value *v);

#endif
