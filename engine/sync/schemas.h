/* SPDX-License-Identifier: Apache-2.0
 *
 * The schemas of the kinds that new objects have: from the CustomResourceDefinitions of the modules, else from
 * the API server, a document per group and version, fetched when a kind of it is needed first and kept until
 * its hash changes. Private to sync/. */
#ifndef KZ_SYNC_SCHEMAS_H
#define KZ_SYNC_SCHEMAS_H

#include "base/env.h"
#include "schema/schema.h"
#include "sync/want.h"

struct kz_kube;
struct kz_schema_cache;

struct kz_schema_cache *kz_schema_cache_new(const struct kz_env *env, struct kz_kube *kube);
/* No callback comes afterwards. */
void kz_schema_cache_free(struct kz_schema_cache *c);

/* Fetches what is not known of these kinds, or may be old. done once, at once or from the loop; what could not
 * be had is not found then. */
void kz_schema_cache_need(struct kz_schema_cache *c, const struct kz_gvk *what, size_t n,
                          void (*done)(void *arg), void *arg);
/* NULL: not known. Valid until the next need. */
const struct kz_schema *kz_schema_cache_find(const struct kz_schema_cache *c, const struct kz_gvk *what);

/* By a CustomResourceDefinition of a desired set; read once per content. NULL: it has no such version, or its
 * schema cannot be read. */
const struct kz_schema *kz_schema_cache_crd(struct kz_schema_cache *c, const struct kz_want_object *crd,
                                            const struct kz_gvk *what);

#endif
