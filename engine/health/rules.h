/* SPDX-License-Identifier: Apache-2.0
 *
 * Health of custom resources as data: entries of (groups, kinds, rules), the same syntax in the built-in file
 * (health.yaml, compiled in) and in a platform's spec.healthRules. docs/internals/health.md section 3 is the
 * language. An object is looked at rule by rule; the first whose tests all hold decides. */
#ifndef KZ_HEALTH_RULES_H
#define KZ_HEALTH_RULES_H

#include "health/health.h"

enum { KZ_RULES_ENTRIES = 256, KZ_RULES_ROWS = 64, KZ_RULES_TESTS = 8 };

/* One of the rules in an entry, for the option table: KZ_E_INVALID says what is wrong, without place. */
KZ_MUST_USE int kz_rule_check(const struct kz_value *row, struct kz_err *err);

/* own: a list of entries that come before the built-in ones, or NULL. Everything is copied; the rules are freed
 * by kz_rules_free. An error (only `own` can cause one) names entry and rule, and has their line. */
KZ_MUST_USE int kz_rules_new(struct kz_rules **out, const struct kz_value *own, struct kz_err *err);
void kz_rules_free(struct kz_rules *r); /* NULL is fine */

/* Are there rules of the platform's own for this kind? */
bool kz_rules_own(const struct kz_rules *r, struct kz_str group, struct kz_str kind);

/* The verdict of the platform's own rules (own) or of the built-in ones; false: none of them decides. A rule that
 * needs too many steps is UNKNOWN. Cost: bounded by KZ_HEALTH_BUDGET. */
bool kz_rules_verdict(struct kz_verdict *out, const struct kz_rules *r, bool own, struct kz_str group,
                      struct kz_str kind, const struct kz_value *live);

#endif
