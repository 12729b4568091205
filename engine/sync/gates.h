/* SPDX-License-Identifier: Apache-2.0
 *
 * What one look at a gate of the definition says. Pure: the answer is handed in, and so is the time. `why` is
 * for people, one line of what was found and what is wanted; it is appended only when the gate is not open.
 * Private to sync/. */
#ifndef KZ_SYNC_GATES_H
#define KZ_SYNC_GATES_H

#include "base/env.h"
#include "health/rules.h"
#include "spec/platform.h"

enum { KZ_GATE_BODY = 64 << 10 }; /* so much of an answer is looked at */

/* "ClusterIssuer local-ca", "3 or more Pods (app=web)", "http://web.shop/ready"; never the query of a URL. */
void kz_gate_text(struct kz_buf *b, const struct kz_gate *g);

/* live NULL: it is not there. */
bool kz_gate_object_open(struct kz_buf *why, const struct kz_gate *g, const struct kz_rules *rules,
                         const struct kz_value *live, int64_t now);
bool kz_gate_count_open(struct kz_buf *why, const struct kz_gate *g, const struct kz_rules *rules,
                        const struct kz_value *list, int64_t now);
bool kz_gate_http_open(struct kz_buf *why, const struct kz_gate *g, const struct kz_http_reply *reply);

#endif
