/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver.h"

#include "base/buf.h"
#include "owner.h"
#include "value/json.h"

static const struct sim_kind builtin[] = {
    {.group = KZ_STR_INIT(""), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("Namespace"), .plural = KZ_STR_INIT("namespaces")},
    {.group = KZ_STR_INIT(""), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("ConfigMap"), .plural = KZ_STR_INIT("configmaps"), .namespaced = true},
    {.group = KZ_STR_INIT(""), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("Secret"), .plural = KZ_STR_INIT("secrets"), .namespaced = true},
    {.group = KZ_STR_INIT(""), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("Service"), .plural = KZ_STR_INIT("services"), .namespaced = true},
    {.group = KZ_STR_INIT(""), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("ServiceAccount"), .plural = KZ_STR_INIT("serviceaccounts"), .namespaced = true},
    {.group = KZ_STR_INIT(""), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("Pod"), .plural = KZ_STR_INIT("pods"), .namespaced = true},
    {.group = KZ_STR_INIT(""), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("ResourceQuota"), .plural = KZ_STR_INIT("resourcequotas"), .namespaced = true},
    {.group = KZ_STR_INIT("apps"), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("Deployment"), .plural = KZ_STR_INIT("deployments"), .namespaced = true, .counts = true},
    {.group = KZ_STR_INIT("coordination.k8s.io"), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("Lease"), .plural = KZ_STR_INIT("leases"), .namespaced = true},
    {.group = KZ_STR_INIT("batch"), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("Job"), .plural = KZ_STR_INIT("jobs"), .namespaced = true, .counts = true},
    {.group = KZ_STR_INIT("apiextensions.k8s.io"), .version = KZ_STR_INIT("v1"), .kind = KZ_STR_INIT("CustomResourceDefinition"), .plural = KZ_STR_INIT("customresourcedefinitions"), .counts = true},
};

static void seed_namespace(struct sim_api *api, const char *name)
{
    struct kz_arena *a = api->w->arena;
    struct kz_value *body = kz_value_map(a);
    kz_value_set(a, body, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, body, KZ_STR("kind"), kz_value_cstr(a, "Namespace"));
    kz_value_set(a, sim_child(a, body, "metadata"), KZ_STR("name"), kz_value_cstr(a, name));
    (void)sim_store_put(api, sim_kind_find(api, KZ_STR(""), KZ_STR("Namespace")), KZ_STR(""), kz_str(name),
                        body, "kubernetes");
}

void sim_api_init(struct sim_api *api, struct sim_world *w, struct sim_faults *faults)
{
    *api = (struct sim_api){.w = w, .faults = faults, .rng = {.state = w->seed * 11 + 3}};
    kz_map_init(&api->by_key);
    api->version = 100 + sim_below(&api->rng, 1000);
    api->bookmarks = 100;
    api->page = sim_chance(&api->rng, 500) ? 500 : 1 + (unsigned)sim_below(&api->rng, 4);
    for (size_t i = 0; i < kz_countof(builtin); i++) {
        struct sim_kind *k = kz_new(w->arena, struct sim_kind);
        *k = builtin[i];
        k->served = true;
        kz_vec_push(&api->kinds, k);
    }
    seed_namespace(api, "default");
    seed_namespace(api, "kube-system");
}

void sim_api_done(struct sim_api *api)
{
    for (size_t i = 0; i < api->snapshots.len; i++)
        kz_vec_done(&api->snapshots.at[i]->items);
    kz_vec_done(&api->snapshots);
    kz_vec_done(&api->refused);
    kz_vec_done(&api->kinds);
    kz_vec_done(&api->objects);
    kz_vec_done(&api->history);
    kz_vec_done(&api->requests);
    kz_vec_done(&api->watches);
    kz_map_done(&api->by_key);
}

struct sim_kind *sim_kind_find(const struct sim_api *api, struct kz_str group, struct kz_str kind)
{
    for (size_t i = 0; i < api->kinds.len; i++)
        if (kz_str_eq(api->kinds.at[i]->group, group) && kz_str_eq(api->kinds.at[i]->kind, kind))
            return api->kinds.at[i];
    return NULL;
}

struct sim_object *sim_object_find(const struct sim_api *api, struct kz_str key)
{
    return kz_map_find(&api->by_key, key);
}

struct sim_object *sim_object_at(const struct sim_api *api, const struct sim_kind *kind, struct kz_str ns,
                                 struct kz_str name)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
    const struct kz_id id = {.group = kind->group, .kind = kind->kind,
                             .ns = kind->namespaced ? ns : KZ_STR(""), .name = name};
    return kz_map_find(&api->by_key, kz_id_key(a, &id));
}

struct kz_value *sim_child(struct kz_arena *a, struct kz_value *map, const char *key)
{
    for (size_t i = 0; i < map->as.map.len; i++)
        if (kz_str_is(map->as.map.at[i].key, key))
            return map->as.map.at[i].val;
    struct kz_value *child = kz_value_map(a);
    kz_value_set(a, map, kz_str(key), child);
    return child;
}

struct kz_str sim_json(struct kz_arena *a, const struct kz_value *v)
{
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    kz_json_write(&b, v, KZ_JSON_COMPACT);
    return kz_str_dup(a, kz_buf_str(&b));
}

static void record(struct sim_api *api, struct sim_object *o, const struct kz_value *before,
                   const struct kz_value *after, const char *by)
{
    struct sim_change c = {.version = o->version, .kind = o->kind, .before = before, .after = after};
    kz_vec_push(&api->history, c);
    sim_say(api->w, "store %s " KZ_FMT " rv %llu by %s", after == NULL ? "delete" : before == NULL ? "create" : "write",
            KZ_ARG(o->key), (unsigned long long)o->version, by);
    sim_watch_wake(api, o->kind);
    if (api->observer.changed != NULL)
        api->observer.changed(api->observer.arg, o, before, by);
}

static struct sim_object *object_new(struct sim_api *api, const struct sim_kind *kind, struct kz_str ns,
                                     struct kz_str name)
{
    struct kz_arena *a = api->w->arena;
    struct sim_object *o = kz_new(a, struct sim_object);
    *o = (struct sim_object){.kind = kind,
                             .id = {.group = kind->group, .kind = kind->kind,
                                    .ns = kind->namespaced ? kz_str_dup(a, ns) : KZ_STR(""),
                                    .name = kz_str_dup(a, name)},
                             .uid = kz_str_printf(a, "uid-%llu", (unsigned long long)++api->uids)};
    o->key = kz_id_key(a, &o->id);
    api->quotas += kz_str_is(kind->kind, "ResourceQuota");
    kz_vec_push(&api->objects, o);
    (void)kz_map_put(&api->by_key, o->key, o);
    return o;
}

static void set_version(struct sim_api *api, struct sim_object *o, struct kz_value *body)
{
    struct kz_arena *a = api->w->arena;
    o->version = ++api->version;
    kz_value_set(a, sim_child(a, body, "metadata"), KZ_STR("resourceVersion"),
                 kz_value_str(a, kz_str_printf(a, "%llu", (unsigned long long)o->version)));
}

static bool is_same(const struct kz_value *x, const struct kz_value *y)
{
    return x == NULL || y == NULL ? x == y : kz_value_eq(x, y);
}

static bool is_same_at(const struct kz_value *x, const struct kz_value *y, const char *path)
{
    return is_same(kz_value_path(x, path), kz_value_path(y, path));
}

/* Of a Deployment annotations count too. */
static bool is_new_generation(const struct sim_kind *kind, const struct kz_value *before, const struct kz_value *body)
{
    return before == NULL || !is_same_at(before, body, "spec") ||
           (!kz_str_is(kind->kind, "CustomResourceDefinition") && !is_same_at(before, body, "metadata.deletionTimestamp")) ||
           (kz_str_is(kind->kind, "Deployment") && !is_same_at(before, body, "metadata.annotations"));
}

void sim_store_fill(struct sim_api *api, const struct sim_kind *kind, struct kz_str ns, struct kz_str name,
                    struct kz_value *body, const struct kz_value *before, struct kz_str uid)
{
    struct kz_arena *a = api->w->arena;
    struct kz_value *meta = sim_child(a, body, "metadata");
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, name));
    if (kind->namespaced)
        kz_value_set(a, meta, KZ_STR("namespace"), kz_value_str(a, ns));
    kz_value_set(a, meta, KZ_STR("uid"), kz_value_str(a, uid));
    kz_value_set(a, meta, KZ_STR("creationTimestamp"), kz_value_cstr(a, "2030-01-01T00:00:00Z"));
    if (kind->counts)
        kz_value_set(a, meta, KZ_STR("generation"),
                     kz_value_int(a, kz_value_path_int(before, "metadata.generation", 0) + is_new_generation(kind, before, body)));
    if (!kz_str_is(kind->kind, "Namespace"))
        return;
    if (kz_value_path(body, "status.phase") == NULL)
        kz_value_set(a, sim_child(a, body, "status"), KZ_STR("phase"), kz_value_cstr(a, "Active"));
}

struct sim_object *sim_store_put(struct sim_api *api, const struct sim_kind *kind, struct kz_str ns,
                                 struct kz_str name, struct kz_value *body, const char *by)
{
    struct sim_object *o = sim_object_at(api, kind, ns, name);
    const struct kz_value *before = o == NULL ? NULL : o->body;
    if (o == NULL)
        o = object_new(api, kind, ns, name);
    sim_store_fill(api, kind, o->id.ns, o->id.name, body, before, o->uid);
    if (kz_value_path(body, "metadata.deletionTimestamp") != NULL && before != NULL &&
        kz_value_len(kz_value_path(body, "metadata.finalizers")) == 0 && !kz_str_is(kind->kind, "Namespace")) {
        sim_store_drop(api, o, by); /* the last finalizer went: the write is the deletion */
        o->body = body;
        return o;
    }
    set_version(api, o, body);
    o->body = body;
    record(api, o, before, body, by);
    sim_controller_see(api, o);
    return o;
}

void sim_store_drop(struct sim_api *api, struct sim_object *o, const char *by)
{
    const struct kz_value *before = o->body;
    struct kz_value *last = kz_value_copy(api->w->arena, o->body);
    if (o->gone)
        return;
    set_version(api, o, last); /* the DELETED event carries the version of the deletion */
    o->body = last;
    o->gone = true;
    sim_cancel(api->w, o->controller);
    (void)kz_map_del(&api->by_key, o->key);
    record(api, o, before, NULL, by);
    api->history.at[api->history.len - 1].before = last;
    sim_controller_see(api, o);
}

const struct kz_value *sim_store_deleting(struct sim_api *api, const struct sim_object *o)
{
    struct kz_arena *a = api->w->arena;
    bool is_ns = kz_str_is(o->id.kind, "Namespace"), is_crd = kz_str_is(o->id.kind, "CustomResourceDefinition");
    if (kz_value_path(o->body, "metadata.deletionTimestamp") != NULL)
        return o->body;
    if (kz_value_len(kz_value_path(o->body, "metadata.finalizers")) == 0 && !is_ns && !is_crd)
        return NULL;
    struct kz_value *body = kz_value_copy(a, o->body);
    struct kz_value *meta = sim_child(a, body, "metadata");
    if (is_crd)
        sim_finalizer_add(a, meta, SIM_CRD_FINALIZER);
    kz_value_set(a, meta, KZ_STR("deletionTimestamp"), kz_value_cstr(a, "2030-01-01T00:00:01Z"));
    if (!is_ns && !is_crd)
        kz_value_set(a, meta, KZ_STR("deletionGracePeriodSeconds"), kz_value_int(a, 0));
    if (o->kind->counts && !is_crd)
        kz_value_set(a, meta, KZ_STR("generation"), kz_value_int(a, kz_value_path_int(o->body, "metadata.generation", 0) + 1));
    if (is_ns)
        kz_value_set(a, sim_child(a, body, "status"), KZ_STR("phase"), kz_value_cstr(a, "Terminating"));
    return body;
}

void sim_store_delete(struct sim_api *api, struct sim_object *o, const char *by)
{
    const struct kz_value *stays = sim_store_deleting(api, o);
    if (stays == NULL)
        sim_store_drop(api, o, by);
    else if (stays != o->body)
        (void)sim_store_put(api, o->kind, o->id.ns, o->id.name, kz_value_copy(api->w->arena, stays), by);
}

void sim_finalizer_add(struct kz_arena *a, struct kz_value *meta, const char *name)
{
    struct kz_value *list = kz_value_child(meta, KZ_STR("finalizers"));
    if (list == NULL)
        kz_value_set(a, meta, KZ_STR("finalizers"), list = kz_value_list(a));
    kz_value_push(a, list, kz_value_cstr(a, name));
}

void sim_finalizer_remove(struct kz_value *meta, const char *name)
{
    struct kz_value *list = kz_value_child(meta, KZ_STR("finalizers"));
    size_t keep = 0;
    for (size_t i = 0; list != NULL && i < list->as.list.len; i++)
        if (!kz_str_is(kz_value_as_str(list->as.list.at[i]), name))
            list->as.list.at[keep++] = list->as.list.at[i];
    if (keep == 0)
        (void)kz_value_del(meta, KZ_STR("finalizers"));
    else
        list->as.list.len = keep;
}

/* ---- a stranger's hands -------------------------------------------------------------------------------- */

struct kz_value *sim_edit_begin(struct sim_api *api, const struct sim_object *o)
{
    return kz_value_copy(api->w->arena, o->body);
}

void sim_edit(struct sim_api *api, struct sim_object *o, struct kz_value *body, const char *manager)
{
    struct sim_merge m;
    sim_owner_update(&m, api->w->arena, o->body, body, kz_str(manager), o->kind->custom);
    if (!kz_value_eq(o->body, m.body))
        (void)sim_store_put(api, o->kind, o->id.ns, o->id.name, m.body, manager);
    kz_vec_done(&m.clashes);
}

void sim_compact(struct sim_api *api)
{
    api->compacted = api->version;
    sim_say(api->w, "compacted to rv %llu", (unsigned long long)api->version);
}
