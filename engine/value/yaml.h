/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML in and out. Reading: libyaml's events through a wrapper that bounds what libyaml does not
 * (reliability.md 1a): flow nesting is checked before the text is fed, depth <= KZ_VALUE_DEPTH,
 * anchors <= 1000, expanded nodes <= 2 million and <= 100 per source byte, a
 * document <= 3 MiB, duplicate keys and recursive aliases are errors. Scalars resolve as in
 * sigs.k8s.io/yaml (go-yaml v2, YAML 1.1: yes/no/on/off are booleans, 0o17 and 017 octal, ...),
 * because that is what Kubernetes tools read. Maps with keys that are not strings take the key's
 * canonical text as sigs.k8s.io/yaml does. Merge keys "<<" are merged. */
#ifndef KZ_VALUE_YAML_H
#define KZ_VALUE_YAML_H

#include "base/buf.h"
#include "value/value.h"

struct kz_yaml_limits {
    size_t text;     /* whole input in bytes; 0: 100 MiB - 1 */
    size_t document; /* one document; 0: 3 MiB */
    size_t docs;     /* documents; 0: 20000 */
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
enum kz_yaml_flags { KZ_YAML_ORDERED = 0, KZ_YAML_SORTED = 1 << 0 };
void kz_yaml_write(struct kz_buf *b, const struct kz_value *v, unsigned flags);

#endif
