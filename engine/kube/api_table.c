/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/api_table.h"

#include <stdio.h>

static const size_t TABLE_LIMIT = (size_t)256 << 20;
enum { KEY_MAX = 512 };

struct kz_api_table *kz_api_table_new(void)
{
    struct kz_api_table *t = calloc(1, sizeof *t);
    kz_assert(t != NULL);
    t->arena = kz_arena_new(TABLE_LIMIT);
    kz_map_init(&t->by_key);
    return t;
}

void kz_api_table_free(struct kz_api_table *t)
{
    if (t == NULL)
        return;
    kz_map_done(&t->by_key);
    kz_vec_done(&t->apis);
    kz_vec_done(&t->versions);
    kz_arena_free(t->arena);
    free(t);
}

static struct kz_str key_of(char *buf, size_t size, struct kz_str group, struct kz_str version,
                            struct kz_str kind)
{
    int n = snprintf(buf, size, KZ_FMT "/" KZ_FMT "/" KZ_FMT, KZ_ARG(group), KZ_ARG(version),
                     KZ_ARG(kind));
    return n < 0 || (size_t)n >= size ? KZ_STR("") : kz_str_n(buf, (size_t)n);
}

const struct kz_api *kz_api_table_find(const struct kz_api_table *t, struct kz_str group,
                                       struct kz_str version, struct kz_str kind)
{
    char buf[KEY_MAX];
    struct kz_str key = key_of(buf, sizeof buf, group, version, kind);
    return t == NULL || key.len == 0 ? NULL : kz_map_find(&t->by_key, key);
}

static void put_key(struct kz_api_table *t, struct kz_api *api, struct kz_str version)
{
    char buf[KEY_MAX];
    struct kz_str key = key_of(buf, sizeof buf, api->group, version, api->kind);
    if (key.len > 0 && kz_map_find(&t->by_key, key) == NULL)
        (void)kz_map_put(&t->by_key, kz_str_dup(t->arena, key), api);
}

/* The first of a kind wins: the server lists what it prefers first. */
static void add(struct kz_api_table *t, const struct kz_api *from)
{
    if (from->kind.len == 0 || from->plural.len == 0 ||
        kz_api_table_find(t, from->group, from->version, from->kind) != NULL)
        return;
    struct kz_api *api = kz_new(t->arena, struct kz_api);
    *api = *from;
    api->group = kz_str_dup(t->arena, from->group);
    api->version = kz_str_dup(t->arena, from->version);
    api->kind = kz_str_dup(t->arena, from->kind);
    api->plural = kz_str_dup(t->arena, from->plural);
    kz_vec_push(&t->apis, api);
    put_key(t, api, api->version);
    put_key(t, api, KZ_STR(""));
}

static void add_version(struct kz_api_table *t, struct kz_str group, struct kz_str version,
                        bool stale)
{
    struct kz_api_version v = {kz_str_dup(t->arena, group), kz_str_dup(t->arena, version), stale};
    kz_vec_push(&t->versions, v);
}

/* What was known of a group version that does not answer now. */
static void keep_stale(struct kz_api_table *t, struct kz_str group, struct kz_str version,
                       const struct kz_api_table *old)
{
    for (size_t i = 0; old != NULL && i < old->apis.len; i++) {
        struct kz_api api = *old->apis.at[i];
        api.stale = true;
        if (kz_str_eq(api.group, group) && kz_str_eq(api.version, version))
            add(t, &api);
    }
}

static bool can_watch(const struct kz_value *verbs)
{
    bool list = false;
    bool watch = false;
    for (size_t i = 0; i < kz_value_len(verbs); i++) {
        struct kz_str verb = kz_value_as_str(kz_value_at(verbs, i));
        list = list || kz_str_is(verb, "list");
        watch = watch || kz_str_is(verb, "watch");
    }
    return list && watch;
}

static void add_group(struct kz_api_table *t, const struct kz_value *group_doc,
                      const struct kz_api_table *old)
{
    struct kz_str group = kz_value_path_str(group_doc, "metadata.name");
    const struct kz_value *versions = kz_value_get(group_doc, "versions");
    for (size_t i = 0; i < kz_value_len(versions); i++) {
        const struct kz_value *v = kz_value_at(versions, i);
        struct kz_str version = kz_value_path_str(v, "version");
        bool stale = kz_str_is(kz_value_path_str(v, "freshness"), "Stale");
        const struct kz_value *resources = kz_value_get(v, "resources");
        add_version(t, group, version, stale);
        for (size_t j = 0; j < kz_value_len(resources); j++) {
            const struct kz_value *r = kz_value_at(resources, j);
            add(t, &(struct kz_api){
                       .group = group,
                       .version = version,
                       .kind = kz_value_path_str(r, "responseKind.kind"),
                       .plural = kz_value_path_str(r, "resource"),
                       .namespaced = kz_str_is(kz_value_path_str(r, "scope"), "Namespaced"),
                       .stale = stale,
                       .can_watch = can_watch(kz_value_get(r, "verbs")),
                   });
        }
        if (stale)
            keep_stale(t, group, version, old);
    }
}

void kz_api_table_add_groups(struct kz_api_table *t, const struct kz_value *doc,
                             const struct kz_api_table *old)
{
    const struct kz_value *groups = kz_value_get(doc, "items");
    for (size_t i = 0; i < kz_value_len(groups); i++)
        add_group(t, kz_value_at(groups, i), old);
}

void kz_api_table_add_legacy(struct kz_api_table *t, struct kz_str group, struct kz_str version,
                             const struct kz_value *doc, const struct kz_api_table *old)
{
    const struct kz_value *resources = kz_value_get(doc, "resources");
    add_version(t, group, version, doc == NULL);
    if (doc == NULL)
        keep_stale(t, group, version, old);
    for (size_t i = 0; i < kz_value_len(resources); i++) {
        const struct kz_value *r = kz_value_at(resources, i);
        struct kz_str plural = kz_value_path_str(r, "name");
        if (kz_str_index(plural, '/') < plural.len)
            continue; /* a subresource */
        add(t, &(struct kz_api){
                   .group = group,
                   .version = version,
                   .kind = kz_value_path_str(r, "kind"),
                   .plural = plural,
                   .namespaced = kz_value_path_bool(r, "namespaced", false),
                   .can_watch = can_watch(kz_value_get(r, "verbs")),
               });
    }
}

void kz_api_table_names(const struct kz_api_table *t, struct kz_arena *a, struct kz_value *list)
{
    for (size_t i = 0; t != NULL && i < t->versions.len; i++) {
        const struct kz_api_version *v = &t->versions.at[i];
        kz_value_push(a, list, kz_value_str(a, kz_api_version_join(a, v->group, v->version)));
    }
    for (size_t i = 0; t != NULL && i < t->apis.len; i++) {
        const struct kz_api *api = t->apis.at[i];
        struct kz_str gv = kz_api_version_join(a, api->group, api->version);
        kz_value_push(
            a, list,
            kz_value_str(a, kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(gv), KZ_ARG(api->kind))));
    }
}
