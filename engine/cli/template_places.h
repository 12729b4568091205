/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the lines of a manifest come from, as a part of the reply of task_template.h. Lines whose places
 * follow one another are told together. */
#ifndef KZ_CLI_TEMPLATE_PLACES_H
#define KZ_CLI_TEMPLATE_PLACES_H

#include "helm/place.h"

/* Sets apiVersion, kind, namespace, name and "places" of part:
 *   [{line, count, from: "FILE:LINE", same, via: ["FILE:LINE", ...]}]
 * count lines from `line` (1-based, in the text) come from LINE and the lines behind it; with same
 * all of them come from LINE. via: where the template was called, innermost first. Files are relative
 * to the chart; "tpl" is a text that was given to tpl. */
void kz_template_places(struct kz_value *part, struct kz_arena *a, struct kz_helm_places *places,
                        const struct kz_manifest *m);
/* The same for a file that is printed as it is. */
void kz_template_places_file(struct kz_value *part, struct kz_arena *a, struct kz_str path,
                             struct kz_str text);

#endif
