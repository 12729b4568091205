/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Patch (RFC 6902): a list of {op, path, value | from}, applied all or not at all. */
#ifndef KZ_VALUE_JSON_PATCH_H
#define KZ_VALUE_JSON_PATCH_H

#include "value/value.h"

/* Applies patch to a copy of doc; *out is that copy, written only when every operation succeeded.
 * Errors name the operation by number, op and path: "operation 2 (remove '/spec/x'): ...". A "test"
 * that does not hold is KZ_E_CONFLICT; a place that is not there KZ_E_NOTFOUND; the rest
 * KZ_E_INVALID. Operations <= 10000, and the result is not deeper than KZ_VALUE_DEPTH_JSON. */
KZ_MUST_USE int kz_json_patch(struct kz_value **out, struct kz_arena *a, const struct kz_value *doc,
                              const struct kz_value *patch, struct kz_err *err);

#endif
