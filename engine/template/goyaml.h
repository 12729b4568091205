/* SPDX-License-Identifier: Apache-2.0
 *
 * Why go-yaml (as of sigs.k8s.io/yaml v1.4) refuses a text, in its words: it stops behind the first
 * document, counts lines in its own way, and looks at keys, aliases and tags when the whole document is
 * read. Slow path: only for texts that our reader has refused, with better words but not those that
 * people search for. */
#ifndef KZ_TEMPLATE_GOYAML_H
#define KZ_TEMPLATE_GOYAML_H

#include "value/value.h"

/* YAML as sigs.k8s.io/yaml unmarshals it, for what Helm reads: the first document alone, the last of equal
 * keys wins. *doc: the first document of text; null where there is none. An error's cause is "yaml: line
 * 2: ..." at the place that our reader found; a limit of ours stays in our words. name: the file in that
 * place. Cost: as kz_yaml_read_all; after a failure the text is looked through once more. */
KZ_MUST_USE int kz_goyaml_read(struct kz_value **doc, struct kz_arena *a, struct kz_str text,
                               struct kz_str name, struct kz_err *err);

/* What Helm says after "error converting YAML to JSON: " of the first document in text, on the arena.
 * false: nothing, it would take it, and *first is the text up to the document's end. */
bool kz_goyaml_error(struct kz_str *error, struct kz_str *first, struct kz_arena *a,
                     struct kz_str text);

#endif
