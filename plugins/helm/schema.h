/* SPDX-License-Identifier: Apache-2.0
 *
 * values.schema.json: drafts 4, 6 and 7 as gojsonschema 1.2 has them, whose messages Helm prints; later
 * drafts are read by the rules of 7, what is new in them is ignored. References stay inside the
 * document: nothing is fetched, and a cycle, a deep or an explosive schema ends as an error
 * (reliability.md schema-evil). */
#ifndef KZ_HELM_SCHEMA_H
#define KZ_HELM_SCHEMA_H

#include "helm/chart.h"

/* Stands in the message about a reference to another document. */
#define KZ_SCHEMA_NOT_FETCHED "kzsync fetches no schema"

/* true: values are as the schema wants. Otherwise *why holds one line "- FIELD: TEXT\n" per mistake, or
 * what is wrong with the schema itself. */
bool kz_schema_ok(struct kz_str *why, struct kz_arena *a, struct kz_str schema,
                  const struct kz_value *values);

/* The schemas of c and of all charts below, against coalesced values. Collects all mistakes. */
bool kz_schema_charts_ok(struct kz_str *why, struct kz_arena *a, const struct kz_chart *c,
                         const struct kz_value *values);

#endif
