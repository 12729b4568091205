/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML in and out. Reading: a quick reader for what templates print, libyaml's events for all else
 * (docs/internals/yaml.md), bounded where libyaml is not (docs/internals/safety.md 3, rule 3): depth <= KZ_VALUE_DEPTH (checked at each start, and libyaml
 * looks at most 1024 characters ahead, so its quadratic flow nesting never gets going), anchors <=
 * 1000, nodes of a document <= 2 million, and of what aliases and merge keys copy <= 100 per byte
 * of text and 2 million in all (64 bytes of a string count as a node), a document <= 3 MiB.
 * Duplicate keys and aliases of what they stand in are errors. Scalars resolve as in
 * sigs.k8s.io/yaml v1.4 (YAML 1.1: y/yes/on are booleans, 0o17 and 017 octal, ...), because that is
 * what Kubernetes tools read; .inf and .nan are errors as JSON has none. Keys that are not strings
 * take their text as it does; a null key is an error. Merge keys "<<" are merged where they stand:
 * they replace keys before them and are replaced by keys behind them, as there. An alias is a copy:
 * a tree never shares parts (but strings). */
#ifndef KZ_VALUE_YAML_H
#define KZ_VALUE_YAML_H

#include "base/buf.h"
#include "value/value.h"

struct kz_yaml_limits {
    size_t text;     /* whole input in bytes; 0: 100 MiB - 1 */
    size_t document; /* one document in characters; 0: 3 MiB */
    size_t docs;     /* documents; 0: 20000 */
    bool last_key_wins; /* a repeated key is no error, as when helm reads values and templates */
};

/* Reads a stream of documents: a list with one item per non-empty document, each item's line is where
 * it starts. Errors carry file:line:col; name is the file as the user knows it. */
KZ_MUST_USE int kz_yaml_read_all(struct kz_value **out, struct kz_arena *a, struct kz_str text,
                                 struct kz_str name, const struct kz_yaml_limits *limits,
                                 struct kz_err *err);

/* Exactly one document (an empty text is null); more is an error. */
KZ_MUST_USE int kz_yaml_read(struct kz_value **out, struct kz_arena *a, struct kz_str text,
                             struct kz_str name, struct kz_err *err);

/* Appends one document in block style, keys sorted or in order, ending in a newline; strings are
 * quoted when a YAML 1.1 reader would take them for something else. Equal input, equal bytes. */
enum kz_yaml_flags {
    KZ_YAML_ORDERED = 0,
    KZ_YAML_SORTED = 1 << 0,
    KZ_YAML_PRETTY = 1 << 1, /* as yaml.v3: lists under a key are indented, nothing folds */
    KZ_YAML_BARE_MERGE = 1 << 2, /* a key "<<" without quotes, which reads back as a merge */
};
void kz_yaml_write(struct kz_buf *b, const struct kz_value *v, unsigned flags);

#endif
