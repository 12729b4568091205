/* SPDX-License-Identifier: Apache-2.0
 *
 * Aggregated discovery v2 with ETags, and its holes: a group that is missing, or shown as stale. */
#include "apiserver.h"

static struct kz_value *resource(struct kz_arena *a, const struct sim_kind *k)
{
    static const char *const verbs[] = {"create", "delete", "get", "list", "patch", "update", "watch"};
    struct kz_value *r = kz_value_map(a), *list = kz_value_list(a), *rk = sim_child(a, r, "responseKind");
    for (size_t i = 0; i < kz_countof(verbs); i++)
        kz_value_push(a, list, kz_value_cstr(a, verbs[i]));
    kz_value_set(a, r, KZ_STR("resource"), kz_value_str(a, k->plural));
    kz_value_set(a, rk, KZ_STR("group"), kz_value_cstr(a, ""));
    kz_value_set(a, rk, KZ_STR("version"), kz_value_cstr(a, ""));
    kz_value_set(a, rk, KZ_STR("kind"), kz_value_str(a, k->kind));
    kz_value_set(a, r, KZ_STR("scope"), kz_value_cstr(a, k->namespaced ? "Namespaced" : "Cluster"));
    kz_value_set(a, r, KZ_STR("verbs"), list);
    return r;
}

static struct kz_value *group(struct sim_api *api, struct kz_str name, bool stale)
{
    struct kz_arena *a = api->w->arena;
    struct kz_value *g = kz_value_map(a), *versions = kz_value_list(a), *v = kz_value_map(a);
    struct kz_value *list = kz_value_list(a), *meta = sim_child(a, g, "metadata");
    if (name.len > 0)
        kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, name));
    for (size_t i = 0; !stale && i < api->kinds.len; i++)
        if (api->kinds.at[i]->served && kz_str_eq(api->kinds.at[i]->group, name))
            kz_value_push(a, list, resource(a, api->kinds.at[i]));
    kz_value_set(a, v, KZ_STR("version"), kz_value_cstr(a, "v1"));
    kz_value_set(a, v, KZ_STR("resources"), list);
    kz_value_set(a, v, KZ_STR("freshness"), kz_value_cstr(a, stale ? "Stale" : "Current"));
    kz_value_push(a, versions, v);
    kz_value_set(a, g, KZ_STR("versions"), versions);
    return g;
}

static bool seen_before(const struct sim_api *api, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (api->kinds.at[i]->served && kz_str_eq(api->kinds.at[i]->group, api->kinds.at[n]->group))
            return true;
    return false;
}

void sim_discovery_run(struct sim_reply *out, struct sim_request *r, bool core)
{
    struct sim_api *api = r->api;
    const struct sim_faults *f = api->faults;
    struct kz_arena *a = api->w->arena;
    out->etag = core ? KZ_STR("\"core\"")
                     : kz_str_printf(a, "\"v%u-" KZ_FMT "-%d\"", api->discovery_version, KZ_ARG(f->hole), f->hole_stale);
    if (kz_str_eq(out->etag, r->etag)) {
        out->status = 304;
        return;
    }
    struct kz_value *list = kz_value_map(a), *items = kz_value_list(a);
    if (core)
        kz_value_push(a, items, group(api, KZ_STR(""), false));
    for (size_t i = 0; !core && i < api->kinds.len; i++) {
        const struct sim_kind *k = api->kinds.at[i];
        bool hole = f->hole.len > 0 && kz_str_eq(f->hole, k->group);
        if (!k->served || k->group.len == 0 || seen_before(api, i) || (hole && !f->hole_stale))
            continue;
        kz_value_push(a, items, group(api, k->group, hole));
    }
    kz_value_set(a, list, KZ_STR("kind"), kz_value_cstr(a, "APIGroupDiscoveryList"));
    kz_value_set(a, list, KZ_STR("apiVersion"), kz_value_cstr(a, "apidiscovery.k8s.io/v2"));
    kz_value_set(a, list, KZ_STR("metadata"), kz_value_map(a));
    kz_value_set(a, list, KZ_STR("items"), items);
    out->body = sim_json(a, list);
    out->content_type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
}
