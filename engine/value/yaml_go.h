/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML as sigs.k8s.io/yaml unmarshals it, for what Helm reads: the first document alone, the last of
 * equal keys wins, and what is wrong is told in the words of Go's parser, with its way to count lines.
 * Our reader says better what is wrong, but people search for the text they know. */
#ifndef KZ_VALUE_YAML_GO_H
#define KZ_VALUE_YAML_GO_H

#include "value/value.h"

/* *doc: the first document of text; null where there is none. An error's cause is "yaml: line 2: ..." at
 * the place that our reader found; a limit of ours stays in our words. name: the file in that place.
 * Cost: as kz_yaml_read_all; after a failure the text is looked through once more. */
KZ_MUST_USE int kz_yaml_go_read(struct kz_value **doc, struct kz_arena *a, struct kz_str text,
                                struct kz_str name, struct kz_err *err);

#endif
