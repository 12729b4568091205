/* SPDX-License-Identifier: Apache-2.0
 *
 * What an object of a kind may look like, from the OpenAPI documents of an API server and from
 * CustomResourceDefinitions, in a compact form; and an object's mistakes by it. Knows documents only: no
 * network, no cluster, so that `lint` can use it as well as a sync.
 *
 * An object that is fine must never be refused: what the API server may still fill in or let pass is
 * told as doubtful, what this does not understand (CEL rules, formats) is not looked at. Values are
 * never quoted, since they may be secret.
 *
 * Compact form (schema_impl.h): a node per distinct schema, with sorted properties; references are
 * pointers, so a kind may contain itself. Of a document only what the asked kinds reach is kept:
 * Deployment and all below it are 84 KiB, of a document of 639 KiB. */
#ifndef KZ_SCHEMA_SCHEMA_H
#define KZ_SCHEMA_SCHEMA_H

#include "value/value.h"

struct kz_schema;  /* of one kind */
struct kz_schemas; /* of any number of them */

struct kz_schemas *kz_schemas_new(void);
void kz_schemas_free(struct kz_schemas *s); /* NULL is fine; ends all kz_schema of it */

struct kz_gvk {
    struct kz_str group, version, kind;
};

/* Adds these kinds of one group and version, from the text of /openapi/v3/apis/GROUP/VERSION. A kind that
 * the document lacks is added too, as one that anything fits. KZ_E_PARSE: it is no such document.
 * Cost: one pass over the text, and the reading of what the kinds reach. */
KZ_MUST_USE int kz_schemas_add_openapi(struct kz_schemas *s, struct kz_str text, struct kz_str group,
                                       struct kz_str version, const struct kz_str *kinds, size_t n,
                                       struct kz_err *err);
/* Adds the kind of a CustomResourceDefinition (apiextensions.k8s.io/v1) in all versions that it serves. */
KZ_MUST_USE int kz_schemas_add_crd(struct kz_schemas *s, const struct kz_value *crd, struct kz_err *err);
/* NULL: it was not added. */
const struct kz_schema *kz_schemas_find(const struct kz_schemas *s, const struct kz_gvk *what);
size_t kz_schemas_bytes(const struct kz_schemas *s); /* memory of the compact form */

enum { KZ_MISTAKES = 16 };

struct kz_mistake {
    struct kz_str path; /* "spec.containers[0].image", "" for the object itself */
    struct kz_str text; /* "must be a string, not an integer" */
    bool doubtful;      /* the API server may see it otherwise: it has defaults and admission */
};
struct kz_mistakes {
    struct kz_mistake at[KZ_MISTAKES]; /* in the order of the object; texts in the arena */
    size_t n;                          /* of at */
    size_t more;                       /* that did not fit */
    bool certain;                      /* one of them is not doubtful */
};

/* All mistakes of an object that is to be created, without status. filled_in: others may add what is missing, so
 * that it is doubtful: built-in kinds have defaults that no document tells. */
void kz_schema_check(struct kz_mistakes *out, struct kz_arena *a, const struct kz_schema *s,
                     const struct kz_value *body, bool filled_in);

#endif
