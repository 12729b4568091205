/* SPDX-License-Identifier: Apache-2.0
 *
 * Why go-yaml refuses a text, in its words: it stops behind the first document, and counts lines
 * in its own way. Slow path: only for texts that our reader has refused. */
#ifndef KZ_TEMPLATE_YAML_ERROR_H
#define KZ_TEMPLATE_YAML_ERROR_H

#include "base/arena.h"
#include "base/err.h"

/* true: the syntax of the first document is good, *doc is the text up to its end. false: *error is
 * "yaml: line N: ..." on the arena. */
bool kz_yaml_first(struct kz_str *doc, struct kz_str *error, struct kz_arena *a,
                   struct kz_str text);

/* YAML may hold infinite numbers, JSON may not: true if that is why our reader refused the text with
 * err, and *error is what encoding/json says to it. */
bool kz_yaml_infinite(struct kz_str *error, struct kz_arena *a, struct kz_str text,
                      const struct kz_err *err);

#endif
