/* SPDX-License-Identifier: Apache-2.0
 *
 * The quick JSON reader: from text straight to our tree. It knows no errors: whatever is wrong or unusual (surrogates,
 * integers beyond 64 bits) it leaves to jansson, whose trees it equals. Private to engine/value and its tests. */
#ifndef KZ_VALUE_JSON_QUICK_H
#define KZ_VALUE_JSON_QUICK_H

#include "value/value.h"

/* true: *out is what kz_json_read gives, or with last_wins what kz_json_read_last does. false: not its own, and the arena
 * is as it was. Cost: one pass; memory: the tree and its strings. */
bool kz_json_quick_read(struct kz_value **out, struct kz_arena *a, struct kz_str text, bool last_wins);

/* The same by jansson, for everything that is JSON, and all errors. */
KZ_MUST_USE int kz_json_jansson_read(struct kz_value **out, struct kz_arena *a, struct kz_str text, struct kz_str name,
                                     bool last_wins, struct kz_err *err);

#endif
