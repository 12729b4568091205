/* SPDX-License-Identifier: Apache-2.0
 *
 * The rule at the end of a TZif file, "CET-1CEST,M3.5.0,M10.5.0/3": POSIX TZ with the hours of RFC 8536
 * (-167..167). For zone.c alone. */
#ifndef KZ_TEMPLATE_ZONE_RULE_H
#define KZ_TEMPLATE_ZONE_RULE_H

#include "template/zone.h"

/* What the rule says for sec; last: when the last listed change was. false: no rule or a bad one. */
KZ_MUST_USE bool kz_zone_rule(struct kz_zone_at *out, struct kz_str rule, int64_t last,
                              int64_t sec);

#endif
