/* SPDX-License-Identifier: Apache-2.0
 *
 * What the controller manager does, as far as anybody waits for it: Deployments become ready in steps
 * (never with an image that is named broken), Jobs complete, CRDs get established and their kinds served,
 * a namespace that is deleted takes its content along. */
#include "apiserver.h"

#include "owner.h"

static struct kz_value *condition(struct kz_arena *a, const char *type, const char *status, const char *reason)
{
    struct kz_value *c = kz_value_map(a);
    kz_value_set(a, c, KZ_STR("type"), kz_value_cstr(a, type));
    kz_value_set(a, c, KZ_STR("status"), kz_value_cstr(a, status));
    kz_value_set(a, c, KZ_STR("reason"), kz_value_cstr(a, reason));
    return c;
}

/* Writes `status` like a controller: metadata and spec stay as they are. */
static void put_status(struct sim_api *api, struct sim_object *o, struct kz_value *status)
{
    struct sim_merge m;
    sim_owner_status(&m, api->w->arena, o->body, status, KZ_STR("kube-controller-manager"), o->kind->custom);
    (void)sim_store_put(api, o->kind, o->id.ns, o->id.name, m.body, "controller");
}

static bool is_broken(const struct kz_value *deployment)
{
    const struct kz_value *list = kz_value_path(deployment, "spec.template.spec.containers");
    for (size_t i = 0; i < kz_value_len(list); i++)
        if (kz_str_has(kz_value_path_str(kz_value_at(list, i), "image"), KZ_STR("broken")))
            return true;
    return false;
}

static void step(void *arg, uint64_t id);

struct work {
    struct sim_api *api;
    struct sim_object *o;
    int64_t generation;
};

static void later(struct sim_api *api, struct sim_object *o, int64_t lo, int64_t hi)
{
    struct work *k = kz_new(api->w->arena, struct work);
    *k = (struct work){.api = api, .o = o, .generation = kz_value_path_int(o->body, "metadata.generation", 0)};
    sim_cancel(api->w, o->controller);
    o->controller = sim_after(api->w, sim_between(&api->rng, lo, hi), step, k);
}

static void deployment(struct sim_api *api, struct sim_object *o)
{
    struct kz_arena *a = api->w->arena;
    struct kz_value *st = kz_value_map(a), *conds = kz_value_list(a);
    int64_t want = kz_value_path_int(o->body, "spec.replicas", 1);
    bool ready = o->stage > 0 && !is_broken(o->body);
    kz_value_set(a, st, KZ_STR("observedGeneration"),
                 kz_value_int(a, kz_value_path_int(o->body, "metadata.generation", 0)));
    kz_value_set(a, st, KZ_STR("replicas"), kz_value_int(a, want));
    kz_value_set(a, st, KZ_STR("updatedReplicas"), kz_value_int(a, want));
    if (ready) {
        kz_value_set(a, st, KZ_STR("readyReplicas"), kz_value_int(a, want));
        kz_value_set(a, st, KZ_STR("availableReplicas"), kz_value_int(a, want));
    }
    kz_value_push(a, conds, condition(a, "Available", ready ? "True" : "False", "MinimumReplicas"));
    kz_value_set(a, st, KZ_STR("conditions"), conds);
    bool more = o->stage == 0;
    o->stage = 1;
    put_status(api, o, st);
    if (more && !o->gone)
        later(api, o, 200 * SIM_MS, 6 * SIM_SEC);
}

static void job(struct sim_api *api, struct sim_object *o)
{
    struct kz_arena *a = api->w->arena;
    struct kz_value *st = kz_value_map(a), *conds = kz_value_list(a);
    bool broken = is_broken(o->body);
    kz_value_set(a, st, broken ? KZ_STR("failed") : KZ_STR("succeeded"), kz_value_int(a, 1));
    kz_value_push(a, conds, condition(a, broken ? "Failed" : "Complete", "True",
                                      broken ? "BackoffLimitExceeded" : "CompletionsReached"));
    kz_value_set(a, st, KZ_STR("conditions"), conds);
    o->stage = 2;
    put_status(api, o, st);
}

/* ---- kinds that come and go --------------------------------------------------------------------------- */

static void serve(struct sim_api *api, struct sim_object *crd)
{
    struct kz_arena *a = api->w->arena;
    struct kz_str group = kz_value_path_str(crd->body, "spec.group");
    struct kz_str kind = kz_value_path_str(crd->body, "spec.names.kind");
    struct sim_kind *k = sim_kind_find(api, group, kind);
    if (k == NULL) {
        k = kz_new(a, struct sim_kind);
        *k = (struct sim_kind){.group = group, .version = KZ_STR("v1"), .kind = kind, .custom = true,
                               .plural = kz_value_path_str(crd->body, "spec.names.plural"), .counts = true,
                               .namespaced = kz_str_is(kz_value_path_str(crd->body, "spec.scope"), "Namespaced")};
        kz_vec_push(&api->kinds, k);
    }
    if (!k->served)
        sim_say(api->w, "server now serves " KZ_FMT "/" KZ_FMT, KZ_ARG(group), KZ_ARG(kind));
    k->served = true;
    k->ends = false;
    api->discovery_version++;
}

static void establish(struct sim_api *api, struct sim_object *o)
{
    struct kz_arena *a = api->w->arena;
    struct kz_value *st = kz_value_map(a), *conds = kz_value_list(a);
    kz_value_push(a, conds, condition(a, "NamesAccepted", "True", "NoConflicts"));
    kz_value_push(a, conds, condition(a, "Established", "True", "InitialNamesAccepted"));
    kz_value_set(a, st, KZ_STR("conditions"), conds);
    o->stage = 2;
    serve(api, o);
    put_status(api, o, st);
}

static struct sim_kind *kind_of(const struct sim_api *api, const struct sim_object *crd)
{
    return sim_kind_find(api, kz_value_path_str(crd->body, "spec.group"), kz_value_path_str(crd->body, "spec.names.kind"));
}

static void withdraw(struct sim_api *api, const struct sim_object *crd)
{
    struct sim_kind *k = kind_of(api, crd);
    if (k == NULL)
        return;
    for (size_t i = 0; i < api->objects.len; i++) /* which somebody took the finalizer away from */
        if (api->objects.at[i]->kind == k && !api->objects.at[i]->gone)
            sim_store_drop(api, api->objects.at[i], "crd-controller");
    k->served = false;
    api->discovery_version++;
    sim_say(api->w, "server does not serve " KZ_FMT " any more", KZ_ARG(k->kind));
    sim_watch_fade(api, k);
}

/* A CRD that is being deleted takes its instances along, and goes when none is left. */
static void purge(struct sim_api *api, struct sim_object *crd)
{
    const struct sim_kind *k = kind_of(api, crd);
    bool left = false;
    for (size_t i = 0; k != NULL && i < api->objects.len; i++) {
        struct sim_object *o = api->objects.at[i];
        if (o->kind == k && !o->gone)
            sim_store_delete(api, o, "crd-controller");
        left |= o->kind == k && !o->gone;
    }
    if (left) {
        later(api, crd, SIM_SEC, SIM_SEC);
        return;
    }
    struct kz_value *body = sim_edit_begin(api, crd);
    sim_finalizer_remove(sim_child(api->w->arena, body, "metadata"), SIM_CRD_FINALIZER);
    sim_edit(api, crd, body, "crd-controller");
}

static void terminate(struct sim_api *api, struct sim_object *ns)
{
    bool left = false;
    for (size_t i = 0; i < api->objects.len; i++) {
        struct sim_object *o = api->objects.at[i];
        if (o->gone || !kz_str_eq(o->id.ns, ns->id.name))
            continue;
        sim_store_delete(api, o, "namespace-controller");
        left |= !o->gone;
    }
    if (left)
        later(api, ns, 2 * SIM_SEC, 2 * SIM_SEC);
    else
        sim_store_drop(api, ns, "namespace-controller");
}

static void step(void *arg, uint64_t id)
{
    const struct work *k = arg;
    struct sim_object *o = k->o;
    (void)id;
    o->controller = 0;
    if (o->gone)
        return;
    if (kz_str_is(o->id.kind, "Namespace"))
        terminate(k->api, o);
    else if (kz_str_is(o->id.kind, "Deployment"))
        deployment(k->api, o);
    else if (kz_str_is(o->id.kind, "Job"))
        job(k->api, o);
    else if (kz_value_path(o->body, "metadata.deletionTimestamp") != NULL)
        purge(k->api, o);
    else
        establish(k->api, o);
}

void sim_controller_see(struct sim_api *api, struct sim_object *o)
{
    bool deleting = kz_value_path(o->body, "metadata.deletionTimestamp") != NULL;
    int64_t gen = kz_value_path_int(o->body, "metadata.generation", 0);
    int64_t seen = kz_value_path_int(o->body, "status.observedGeneration", 0);
    bool is_crd = kz_str_is(o->id.kind, "CustomResourceDefinition");
    if (o->gone) {
        if (is_crd)
            withdraw(api, o);
        return;
    }
    if (api->idle && !is_crd)
        return;
    if (kz_str_is(o->id.kind, "Namespace")) {
        if (deleting && o->controller == 0)
            later(api, o, 5070 * SIM_MS, 5070 * SIM_MS);
    } else if (is_crd && deleting) {
        if (kind_of(api, o) != NULL)
            kind_of(api, o)->ends = true;
        if (o->stage < 3)
            later(api, o, 20 * SIM_MS, 50 * SIM_MS);
        o->stage = 3;
    } else if (deleting) {
        return;
    } else if (kz_str_is(o->id.kind, "Deployment") && gen != seen) {
        o->stage = 0;
        later(api, o, 20 * SIM_MS, 800 * SIM_MS);
    } else if (kz_str_is(o->id.kind, "Job") && o->stage == 0) {
        o->stage = 1;
        later(api, o, 500 * SIM_MS, 8 * SIM_SEC);
    } else if (is_crd && o->stage == 0) {
        o->stage = 1;
        later(api, o, 20 * SIM_MS, 50 * SIM_MS);
    }
}

/* ---- pods: only of workloads that do not start, made when they are asked for ----------------------------- */

static struct kz_value *stuck_pod(struct kz_arena *a, const struct sim_object *d)
{
    struct kz_value *pod = kz_value_map(a), *meta = sim_child(a, pod, "metadata"), *list = kz_value_list(a);
    struct kz_value *c = kz_value_map(a), *waiting = sim_child(a, sim_child(a, c, "state"), "waiting");
    kz_value_set(a, pod, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, pod, KZ_STR("kind"), kz_value_cstr(a, "Pod"));
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, kz_str_printf(a, KZ_FMT "-x1", KZ_ARG(d->id.name))));
    kz_value_set(a, meta, KZ_STR("namespace"), kz_value_str(a, d->id.ns));
    kz_value_set(a, c, KZ_STR("name"), kz_value_cstr(a, "main"));
    kz_value_set(a, waiting, KZ_STR("reason"), kz_value_cstr(a, "ImagePullBackOff"));
    kz_value_set(a, waiting, KZ_STR("message"), kz_value_cstr(a, "Back-off pulling image"));
    kz_value_push(a, list, c);
    kz_value_set(a, sim_child(a, pod, "status"), KZ_STR("phase"), kz_value_cstr(a, "Pending"));
    kz_value_set(a, sim_child(a, pod, "status"), KZ_STR("containerStatuses"), list);
    return pod;
}

void sim_pods_run(struct sim_reply *out, struct sim_request *r)
{
    struct sim_api *api = r->api;
    struct kz_arena *a = api->w->arena;
    struct kz_value *list = kz_value_map(a), *items = kz_value_list(a);
    for (size_t i = 0; i < api->objects.len; i++) {
        const struct sim_object *o = api->objects.at[i];
        if (o->gone || !kz_str_is(o->id.kind, "Deployment") || !kz_str_eq(o->id.ns, r->ns) ||
            !is_broken(o->body) || o->stage == 0 ||
            !kz_str_eq(kz_value_as_str(kz_value_find(kz_value_path(o->body, "spec.selector.matchLabels"), r->label)),
                       r->value))
            continue;
        kz_value_push(a, items, stuck_pod(a, o));
    }
    kz_value_set(a, list, KZ_STR("kind"), kz_value_cstr(a, "PodList"));
    kz_value_set(a, list, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, sim_child(a, list, "metadata"), KZ_STR("resourceVersion"),
                 kz_value_str(a, kz_str_printf(a, "%llu", (unsigned long long)api->version)));
    kz_value_set(a, list, KZ_STR("items"), items);
    *out = (struct sim_reply){.status = 200, .body = sim_json(a, list), .content_type = "application/json",
                              .retry_after = -1};
}
