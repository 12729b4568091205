/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading of status and making of verdicts, for the rules. Internal to this layer. */
#ifndef KZ_HEALTH_STATUS_H
#define KZ_HEALTH_STATUS_H

#include "health/health.h"

struct kz_condition {
    bool is_set;
    struct kz_str status, reason, message; /* views into the object; "" where absent */
    int64_t since;                         /* lastTransitionTime in ns, 0: not known */
};

/* From a list of conditions; from status.conditions of an object. */
struct kz_condition kz_condition_named(const struct kz_value *conditions, struct kz_str type);
struct kz_condition kz_condition_of(const struct kz_value *live, const char *type);
bool kz_condition_is(const struct kz_condition *c, const char *status); /* set and so */

/* One line: line breaks become blanks, control characters go, cut at a character's boundary. */
struct kz_verdict kz_verdict(enum kz_health health, const char *fmt, ...) KZ_PRINTF(2, 3);

/* With the reason and message of a condition: "Reason: message". */
struct kz_verdict kz_verdict_of(enum kz_health health, const struct kz_condition *c);

static inline struct kz_verdict kz_verdict_ok(void)
{
    return (struct kz_verdict){.health = KZ_HEALTH_HEALTHY};
}

/* Rules of the built-in kinds; false: there is none. Called for objects that are not being deleted and
 * whose controller has seen the latest change. */
bool kz_health_builtin(struct kz_verdict *out, struct kz_str group, struct kz_str kind,
                       const struct kz_value *live, int64_t now);

#endif
