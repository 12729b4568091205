/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as Go's encoding/json reads and writes it, straight to and from values of templates: its
 * error texts, its escapes, every number a float64, a repeated key's last value, U+FFFD for broken
 * UTF-8. */
#ifndef KZ_TEMPLATE_GOJSON_H
#define KZ_TEMPLATE_GOJSON_H

#include "base/buf.h"
#include "template/val.h"

/* Text that needs no change is shared. false: *error is Go's message, on the arena, and *out is
 * nil for bad syntax, or else what was read, with nil for each number beyond float64 inside it
 * (alone: 0). */
bool kz_gojson_read(struct kz_val *out, struct kz_str *error, struct kz_arena *a,
                    struct kz_str text);

/* The same as a json.Decoder: what follows the first value is not looked at, and a text that ends too
 * early is an "unexpected EOF", without a value "EOF". Numbers beyond float64 are nil. */
bool kz_gojson_decode(struct kz_val *out, struct kz_str *error, struct kz_arena *a,
                      struct kz_str text);

enum kz_gojson_flags {
    KZ_GOJSON_HTML = 1 << 0,   /* <, > and & as escapes */
    KZ_GOJSON_PRETTY = 1 << 1, /* two blanks a level */
};
/* false: *error says why not, as Go would; b has a part of the text. */
bool kz_gojson_write(struct kz_buf *b, struct kz_str *error, struct kz_arena *a, struct kz_val v,
                     unsigned flags);

/* json.Unmarshal into a map or a list (want: kz_type_map, kz_type_list): null is a nil one, and
 * what is something else sets *error, over one that is there already, and gives an empty one. */
struct kz_val kz_json_as(struct kz_arena *a, struct kz_val v, const struct kz_type *want,
                         struct kz_str *error);
/* What Helm's from* functions give then: {"Error": error} along with what was read, or [error]. */
struct kz_val kz_json_error(struct kz_arena *a, struct kz_val v, struct kz_str error);

#endif
