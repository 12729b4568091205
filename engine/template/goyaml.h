/* SPDX-License-Identifier: Apache-2.0
 *
 * Why go-yaml (as of sigs.k8s.io/yaml v1.4) refuses a text, in its words: it stops behind the first
 * document, counts lines in its own way, and looks at keys, aliases and tags when the whole document is
 * read. Slow path: only for texts that our reader has refused, with better words but not those that
 * people search for. */
#ifndef KZ_TEMPLATE_GOYAML_H
#define KZ_TEMPLATE_GOYAML_H

#include "base/arena.h"

/* What Helm says after "error converting YAML to JSON: " of the first document in text, on the arena.
 * false: nothing, it would take it, and *first is the text up to the document's end. */
bool kz_goyaml_error(struct kz_str *error, struct kz_str *first, struct kz_arena *a,
                     struct kz_str text);

#endif
