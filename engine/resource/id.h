/* SPDX-License-Identifier: Apache-2.0
 *
 * Identity of a Kubernetes object: group, kind, namespace, name. Not the version: the same object
 * read as v1beta1 and v1 is one object (docs/internals/safety.md 2, rule 3). */
#ifndef KZ_RESOURCE_ID_H
#define KZ_RESOURCE_ID_H

#include "value/value.h"

struct kz_id {
    struct kz_str group; /* "" is the core group */
    struct kz_str kind;
    struct kz_str ns;    /* "" for cluster-scoped objects */
    struct kz_str name;
};

bool kz_id_eq(const struct kz_id *a, const struct kz_id *b);
int kz_id_cmp(const struct kz_id *a, const struct kz_id *b); /* by namespace, kind, name, group */
struct kz_id kz_id_dup(struct kz_arena *a, const struct kz_id *id);

/* Map key, one string per identity: "group/Kind/ns/name"; parse is its inverse. */
struct kz_str kz_id_key(struct kz_arena *a, const struct kz_id *id);
KZ_MUST_USE bool kz_id_parse(struct kz_id *out, struct kz_str key); /* views into key */

/* For people: "Deployment shop/web", "Namespace shop", with the group only where asked. */
struct kz_str kz_id_text(struct kz_arena *a, const struct kz_id *id);

/* Splits "apps/v1" into group and version; "v1" has the empty group. */
void kz_api_version_split(struct kz_str *group, struct kz_str *version, struct kz_str api_version);
struct kz_str kz_api_version_join(struct kz_arena *a, struct kz_str group, struct kz_str version);

/* Identity of an object tree; views into it. false: apiVersion, kind or name is missing. */
KZ_MUST_USE bool kz_id_of(struct kz_id *out, struct kz_str *version, const struct kz_value *body);

#endif
