/* SPDX-License-Identifier: Apache-2.0
 *
 * What an API server serves, as a table by group, version and kind. Built once from discovery
 * documents, aggregated (v2) or legacy, then only read. Only files of this folder include this.
 *
 * A group whose backend did not answer is stale, not gone: what was known of it stays, marked. */
#ifndef KZ_KUBE_API_TABLE_H
#define KZ_KUBE_API_TABLE_H

#include "base/map.h"
#include "base/vec.h"
#include "kube/client.h"

struct kz_api_version {
    struct kz_str group, version;
    bool stale;
};

struct kz_api_table {
    struct kz_arena *arena;
    struct kz_map by_key;         /* "group/version/Kind" and "group//Kind" -> struct kz_api */
    KZ_VEC(struct kz_api *) apis; /* in the server's order of preference */
    KZ_VEC(struct kz_api_version) versions;
    struct kz_str etag;
};

struct kz_api_table *kz_api_table_new(void);
void kz_api_table_free(struct kz_api_table *t); /* NULL is fine */

/* APIGroupDiscoveryList. old (may be NULL) supplies what a stale group does not tell any more. */
void kz_api_table_add_groups(struct kz_api_table *t, const struct kz_value *doc,
                             const struct kz_api_table *old);
/* APIResourceList of one legacy group version; doc NULL: it did not answer, so it is stale. */
void kz_api_table_add_legacy(struct kz_api_table *t, struct kz_str group, struct kz_str version,
                             const struct kz_value *doc, const struct kz_api_table *old);

/* version "": the preferred one. NULL: not served. */
const struct kz_api *kz_api_table_find(const struct kz_api_table *t, struct kz_str group,
                                       struct kz_str version, struct kz_str kind);
/* Appends "group/version" and "group/version/Kind" texts made in a. */
void kz_api_table_names(const struct kz_api_table *t, struct kz_arena *a, struct kz_value *list);

#endif
