/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON in and out. Reading: exact 64-bit integers; bad UTF-8, NUL and duplicate keys are errors; depth
 * <= KZ_VALUE_DEPTH_JSON; integers beyond 64 bits signed become floats, as in the API server. json_quick.c
 * reads what is usual, jansson the rest. Writing is ours, because the API server reads apply bodies with a YAML parser
 * that refuses or changes some legal JSON (docs/internals/api-server.md 2.2). */
#ifndef KZ_VALUE_JSON_H
#define KZ_VALUE_JSON_H

#include "base/buf.h"
#include "value/value.h"

/* Reads one document; strings are copied into the arena. name is used in errors: "reply of ...",
 * "values.json". Cost: one pass and the tree; where jansson reads, also about 4 times the text in memory while it runs. */
KZ_MUST_USE int kz_json_read(struct kz_value **out, struct kz_arena *a, struct kz_str text,
                             struct kz_str name, struct kz_err *err);
/* Of equal keys the last counts, as in Go. */
KZ_MUST_USE int kz_json_read_last(struct kz_value **out, struct kz_arena *a, struct kz_str text,
                                  struct kz_str name, struct kz_err *err);

enum kz_json_flags {
    KZ_JSON_COMPACT = 0,
    KZ_JSON_SORTED = 1 << 0, /* keys sorted bytewise: canonical, for hashes */
    KZ_JSON_PRETTY = 1 << 1, /* two blanks per level and a final newline, for people */
};
/* Appends. Non-ASCII text is raw UTF-8; U+0000..1F, 7F..9F, 2028, 2029, FEFF, FFFE, FFFF are \u
 * escapes, "/" is never escaped, and no surrogate escape is ever written, so that the output is also
 * what a YAML parser reads as the same document. Floats: the shortest text that reads
 * back equal, with an exponent only below 1e-6 or from 1e21 on, as Go's encoding/json; one that is
 * not finite becomes null, -0.0 becomes 0. Bytes that are not UTF-8 become U+FFFD. */
void kz_json_write(struct kz_buf *b, const struct kz_value *v, unsigned flags);
void kz_json_write_str(struct kz_buf *b, struct kz_str s); /* one quoted string */
void kz_json_write_num(struct kz_buf *b, double real);     /* one finite number, as above */

/* XXH3-128 of the canonical form. */
struct kz_hash;
void kz_json_hash(struct kz_hash *out, const struct kz_value *v);

#endif
