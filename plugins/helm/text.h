/* SPDX-License-Identifier: Apache-2.0
 *
 * Small pieces of Go that Helm's results depend on: what counts as a blank, how a string is quoted,
 * shell patterns of filepath.Match, and the text of YAML errors. */
#ifndef KZ_HELM_TEXT_H
#define KZ_HELM_TEXT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "value/value.h"

/* strings.TrimSpace: also the blanks of Unicode. */
struct kz_str kz_go_trim(struct kz_str s);

/* %q of ordinary text. */
struct kz_str kz_go_quote(struct kz_arena *a, struct kz_str s);

/* %q of a slice of runes: ['a' 'b']. */
struct kz_str kz_go_quote_runes(struct kz_arena *a, struct kz_str s);

/* path.Clean. */
struct kz_str kz_go_clean(struct kz_arena *a, struct kz_str path);
struct kz_str kz_go_base(struct kz_str path); /* the last element; "." for none */

/* filepath.Match: 1 matches, 0 not, -1 the pattern is malformed (wherever it is). */
int kz_go_match(struct kz_str pattern, struct kz_str name);

/* strings.EqualFold against ASCII. */
bool kz_go_fold_eq(struct kz_str a, const char *lower);

/* Reads the first document of a YAML text as sigs.k8s.io/yaml does: null for nothing, the last of
 * equal keys wins. An error says "error converting YAML to JSON: yaml: line 2: ..." in goyaml's words. */
KZ_MUST_USE int kz_go_yaml(struct kz_value **out, struct kz_arena *a, struct kz_str text,
                           struct kz_str name, struct kz_err *err);

/* Makes every number a float, in place: what reading YAML or JSON into interface{} gives. */
void kz_go_floats(struct kz_value *v);

/* Appends what encoding/json makes of a value: keys of maps sorted, or as they are (structs). */
enum kz_go_json_keys { KZ_GO_JSON_SORTED, KZ_GO_JSON_AS_IS };
void kz_go_json(struct kz_buf *b, struct kz_arena *a, const struct kz_value *v,
                enum kz_go_json_keys keys);

/* How long the JSON value at the front is: to the end of its brackets, string, number or word. */
size_t kz_go_json_len(struct kz_str text);
/* Reads the first JSON value of a text as json.Decoder does: what follows does not count, the last of
 * equal keys wins. false: *why is Go's message, on the arena. */
bool kz_go_json_first(struct kz_value **out, struct kz_str *why, struct kz_arena *a,
                      struct kz_str text);

/* A JSON field: by exact name, else by its name in other letters, as encoding/json finds it. */
struct kz_value *kz_go_field(const struct kz_value *map, const char *name);
/* The type that encoding/json names in "cannot unmarshal ...": object, array, string, number, bool. */
const char *kz_go_json_kind(const struct kz_value *v);
/* A scalar as text when a string is wanted: numbers and booleans are converted; false: no scalar. */
bool kz_go_as_text(struct kz_str *out, struct kz_arena *a, const struct kz_value *v);

#endif
