/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done to one object: get, apply, create, update, patch, delete, with the answers of
 * docs/internals/api-server.md 2 and 5. */
#include "apiserver.h"

#include "base/buf.h"
#include "owner.h"
#include "value/json_patch.h"

static void answer(struct sim_reply *out, struct sim_request *r, int status, const struct kz_value *body)
{
    *out = (struct sim_reply){.status = status, .body = sim_json(r->api->w->arena, body),
                              .content_type = "application/json", .retry_after = -1};
}

static struct kz_str resource_name(struct sim_request *r)
{
    struct kz_arena *a = r->api->w->arena;
    return r->kind->group.len == 0
               ? r->kind->plural
               : kz_str_printf(a, KZ_FMT "." KZ_FMT, KZ_ARG(r->kind->plural), KZ_ARG(r->kind->group));
}

static void not_found(struct sim_reply *out, struct sim_request *r)
{
    sim_fail(out, r, 404, "NotFound", KZ_FMT " \"" KZ_FMT "\" not found", KZ_ARG(resource_name(r)), KZ_ARG(r->name));
}

static void conflict(struct sim_reply *out, struct sim_request *r, const char *why)
{
    sim_fail(out, r, 409, "Conflict", "Operation cannot be fulfilled on " KZ_FMT " \"" KZ_FMT "\": %s",
             KZ_ARG(resource_name(r)), KZ_ARG(r->name), why);
}

static const char MODIFIED[] =
    "the object has been modified; please apply your changes to the latest version and try again";

static bool is_deleting(const struct kz_value *body)
{
    return kz_value_path(body, "metadata.deletionTimestamp") != NULL;
}

/* Adds one cause to a Status that was just made. */
static void add_cause(struct sim_reply *out, struct sim_request *r, struct kz_value *causes)
{
    struct kz_arena *a = r->api->w->arena;
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    struct kz_str head;
    struct kz_str tail = kz_str_skip(out->body, out->body.len);
    for (size_t i = 0; i + 11 < out->body.len; i++)
        if (kz_str_starts(kz_str_skip(out->body, i), KZ_STR("\"details\":{"))) {
            head = kz_str_head(out->body, i + 11);
            tail = kz_str_skip(out->body, i + 11);
            kz_buf_add_str(&b, head);
            kz_buf_puts(&b, "\"causes\":");
            kz_buf_add_str(&b, sim_json(a, causes));
            if (tail.ptr[0] != '}')
                kz_buf_putc(&b, ',');
            kz_buf_add_str(&b, tail);
            out->body = kz_str_dup(a, kz_buf_str(&b));
            return;
        }
}

static struct kz_value *cause(struct kz_arena *a, const char *reason, struct kz_str message, struct kz_str field)
{
    struct kz_value *c = kz_value_map(a);
    kz_value_set(a, c, KZ_STR("reason"), kz_value_cstr(a, reason));
    kz_value_set(a, c, KZ_STR("message"), kz_value_str(a, message));
    kz_value_set(a, c, KZ_STR("field"), kz_value_str(a, field));
    return c;
}

/* ---- what any write has to pass ------------------------------------------------------------------------------ */

static bool namespace_refuses(struct sim_reply *out, struct sim_request *r, const struct sim_object *o)
{
    struct kz_arena *a = r->api->w->arena;
    if (!r->kind->namespaced)
        return false;
    const struct sim_object *ns =
        sim_object_at(r->api, sim_kind_find(r->api, KZ_STR(""), KZ_STR("Namespace")), KZ_STR(""), r->ns);
    if (ns == NULL) {
        struct sim_request about = *r;
        about.kind = sim_kind_find(r->api, KZ_STR(""), KZ_STR("Namespace"));
        about.name = r->ns;
        sim_fail(out, &about, 404, "NotFound", "namespaces \"" KZ_FMT "\" not found", KZ_ARG(r->ns));
        return true;
    }
    if (!is_deleting(ns->body) || o != NULL)
        return false;
    sim_fail(out, r, 403, "Forbidden",
             KZ_FMT " \"" KZ_FMT "\" is forbidden: unable to create new content in namespace " KZ_FMT
                    " because it is being terminated",
             KZ_ARG(resource_name(r)), KZ_ARG(r->name), KZ_ARG(r->ns));
    struct kz_value *causes = kz_value_list(a);
    kz_value_push(a, causes, cause(a, "NamespaceTerminating",
                                   kz_str_printf(a, "namespace " KZ_FMT " is being terminated", KZ_ARG(r->ns)),
                                   KZ_STR("metadata.namespace")));
    add_cause(out, r, causes);
    return true;
}

static bool immutable_refuses(struct sim_reply *out, struct sim_request *r, const struct kz_value *before,
                              const struct kz_value *after)
{
    struct kz_arena *a = r->api->w->arena;
    const char *path = kz_str_is(r->kind->kind, "Deployment") ? "spec.selector"
                       : kz_str_is(r->kind->kind, "Job")      ? "spec.template"
                                                              : NULL;
    if (path == NULL || before == NULL || kz_value_eq(kz_value_path(before, path), kz_value_path(after, path)))
        return false;
    sim_fail(out, r, 422, "Invalid", KZ_FMT " \"" KZ_FMT "\" is invalid: %s: Invalid value: {}: field is immutable",
             KZ_ARG(resource_name(r)), KZ_ARG(r->name), path);
    struct kz_value *causes = kz_value_list(a);
    kz_value_push(a, causes, cause(a, "FieldValueInvalid", KZ_STR("Invalid value: {}: field is immutable"), kz_str(path)));
    add_cause(out, r, causes);
    return true;
}

enum { SECRET_MAX = 1 << 20 };

static bool secret_refuses(struct sim_reply *out, struct sim_request *r, const struct kz_value *before,
                           const struct kz_value *after)
{
    const struct kz_value *data = kz_value_get(after, "data"), *old = kz_value_get(before, "data");
    size_t bytes = 0;
    if (!kz_str_is(r->kind->kind, "Secret"))
        return false;
    for (size_t i = 0; i < kz_value_pairs(data); i++)
        bytes += kz_value_as_str(data->as.map.at[i].val).len / 4 * 3;
    bool frozen = kz_value_path_bool(before, "immutable", false);
    if (bytes <= SECRET_MAX && (!frozen || (old != NULL && data != NULL && kz_value_eq(old, data))))
        return false;
    sim_fail(out, r, 422, "Invalid", "Secret \"" KZ_FMT "\" is invalid: data: %s", KZ_ARG(r->name),
             frozen ? "Forbidden: field is immutable when `immutable` is set" : "Too long: may not be more than 1048576 bytes");
    return true;
}

/* Defaults that nobody owns (docs/internals/api-server.md 2.7). */
static void fill_defaults(struct kz_arena *a, const struct sim_kind *kind, struct kz_value *body)
{
    if (!kz_str_is(kind->kind, "Deployment"))
        return;
    struct kz_value *spec = sim_child(a, body, "spec");
    if (kz_value_get(spec, "replicas") == NULL)
        kz_value_set(a, spec, KZ_STR("replicas"), kz_value_int(a, 1));
    if (kz_value_get(spec, "progressDeadlineSeconds") == NULL)
        kz_value_set(a, spec, KZ_STR("progressDeadlineSeconds"), kz_value_int(a, 600));
    struct kz_value *pod = sim_child(a, sim_child(a, spec, "template"), "spec");
    struct kz_value *list = sim_child(a, pod, "containers");
    for (size_t i = 0; kz_value_is(list, KZ_LIST) && i < list->as.list.len; i++)
        if (kz_value_get(list->as.list.at[i], "imagePullPolicy") == NULL)
            kz_value_set(a, list->as.list.at[i], KZ_STR("imagePullPolicy"), kz_value_cstr(a, "IfNotPresent"));
}

/* The last step of every write of a whole object. */
static void store(struct sim_reply *out, struct sim_request *r, const struct sim_object *o, struct sim_merge *m,
                  const char *by)
{
    struct sim_api *api = r->api;
    if (m->body != NULL)
        fill_defaults(api->w->arena, r->kind, m->body);
    m->changed = o == NULL || !kz_value_eq(o->body, m->body);
    if (immutable_refuses(out, r, o == NULL ? NULL : o->body, m->body) ||
        secret_refuses(out, r, o == NULL ? NULL : o->body, m->body))
        return;
    if (r->dry_run || !m->changed) {
        answer(out, r, o == NULL ? 201 : 200, m->body);
        return;
    }
    struct sim_object *now = sim_store_put(api, r->kind, r->ns, r->name, m->body, by);
    answer(out, r, o == NULL ? 201 : 200, now->body);
}

/* ---- verbs ------------------------------------------------------------------------------------------------------ */

static void say_conflicts(struct sim_reply *out, struct sim_request *r, const struct sim_merge *m)
{
    struct kz_arena *a = r->api->w->arena;
    struct kz_value *causes = kz_value_list(a);
    struct sim_request about = *r;
    about.name = KZ_STR(""); /* details has no name here (docs/internals/api-server.md 2.6) */
    for (size_t i = 0; i < m->clashes.len; i++) {
        const struct sim_clash *c = &m->clashes.at[i];
        kz_value_push(a, causes,
                      cause(a, "FieldManagerConflict",
                            kz_str_printf(a, "conflict with \"" KZ_FMT "\"%s", KZ_ARG(c->manager), c->update ? " using v1" : ""),
                            c->path));
    }
    sim_fail(out, &about, 409, "Conflict", "Apply failed with %zu conflicts: conflicts with \"" KZ_FMT "\":\n- " KZ_FMT,
             m->clashes.len, KZ_ARG(m->clashes.at[0].manager), KZ_ARG(m->clashes.at[0].path));
    add_cause(out, r, causes);
}

static void apply(struct sim_reply *out, struct sim_request *r, struct sim_object *o)
{
    struct kz_arena *a = r->api->w->arena;
    struct sim_merge m;
    struct kz_str manager = sim_query(a, r->query, "fieldManager");
    struct kz_str uid = kz_value_path_str(r->config, "metadata.uid");
    struct kz_str version = kz_value_path_str(r->config, "metadata.resourceVersion");
    if (r->config == NULL || kz_value_path(r->config, "metadata.managedFields") != NULL) {
        sim_fail(out, r, 400, "BadRequest", r->config == NULL ? "error decoding YAML" : "metadata.managedFields must be nil");
        return;
    }
    if (manager.len == 0) {
        sim_fail(out, r, 422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value");
        return;
    }
    if (uid.len > 0 && o == NULL) {
        conflict(out, r, "uid mismatch: the provided object specified a uid, and no existing object was found");
        return;
    }
    if (o != NULL && version.len > 0 && !kz_str_eq(version, kz_value_path_str(o->body, "metadata.resourceVersion"))) {
        conflict(out, r, MODIFIED);
        return;
    }
    sim_owner_apply(&m, a, o == NULL ? NULL : o->body, r->config, manager, r->force);
    if (m.body == NULL)
        say_conflicts(out, r, &m);
    else
        store(out, r, o, &m, "kzsync");
    kz_vec_done(&m.clashes);
}

static void create(struct sim_reply *out, struct sim_request *r)
{
    struct kz_arena *a = r->api->w->arena;
    struct sim_merge m;
    r->name = kz_value_path_str(r->config, "metadata.name");
    struct sim_object *o = sim_object_at(r->api, r->kind, r->ns, r->name);
    if (namespace_refuses(out, r, o))
        return;
    if (kz_value_path_str(r->config, "metadata.resourceVersion").len > 0) {
        sim_fail(out, r, 500, "", "resourceVersion should not be set on objects to be created");
        return;
    }
    if (o != NULL) {
        sim_fail(out, r, 409, "AlreadyExists", KZ_FMT " \"" KZ_FMT "\" already exists", KZ_ARG(resource_name(r)),
                 KZ_ARG(r->name));
        return;
    }
    sim_owner_update(&m, a, NULL, r->config, KZ_STR("kzsync"));
    store(out, r, NULL, &m, "kzsync");
    kz_vec_done(&m.clashes);
}

static void update(struct sim_reply *out, struct sim_request *r, struct sim_object *o)
{
    struct sim_merge m;
    struct kz_str version = kz_value_path_str(r->config, "metadata.resourceVersion");
    if (o == NULL && kz_str_is(r->kind->kind, "Lease")) { /* docs/internals/api-server.md 7.1 */
        sim_owner_update(&m, r->api->w->arena, NULL, r->config, KZ_STR("kzsync"));
        store(out, r, NULL, &m, "kzsync");
        kz_vec_done(&m.clashes);
        return;
    }
    if (o == NULL) {
        not_found(out, r);
        return;
    }
    if (version.len == 0) {
        sim_fail(out, r, 422, "Invalid", "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update");
        return;
    }
    if (!kz_str_eq(version, kz_value_path_str(o->body, "metadata.resourceVersion"))) {
        conflict(out, r, MODIFIED);
        return;
    }
    /* Server-owned fields come from the stored object. */
    struct kz_arena *a = r->api->w->arena;
    struct kz_value *to = kz_value_copy(a, r->config), *meta = sim_child(a, to, "metadata");
    static const char *const kept[] = {"uid", "creationTimestamp", "generation", "resourceVersion", "managedFields",
                                       "namespace"};
    for (size_t i = 0; i < kz_countof(kept); i++) {
        const struct kz_value *v = kz_value_get(kz_value_get(o->body, "metadata"), kept[i]);
        if (v != NULL)
            kz_value_set(a, meta, kz_str(kept[i]), kz_value_copy(a, v));
    }
    sim_owner_update(&m, a, o->body, to, KZ_STR("kzsync"));
    store(out, r, o, &m, "kzsync");
    kz_vec_done(&m.clashes);
}

/* A JSON patch; a resourceVersion in it is the guard (docs/internals/api-server.md trap 11). */
static void patch(struct sim_reply *out, struct sim_request *r, struct sim_object *o)
{
    struct kz_arena *a = r->api->w->arena;
    struct kz_value *to;
    struct kz_err err;
    if (o == NULL) {
        not_found(out, r);
        return;
    }
    if (r->config == NULL || kz_json_patch(&to, a, kz_value_copy(a, o->body), r->config, &err) < 0) {
        sim_fail(out, r, 422, "Invalid", "the patch can't be applied");
        return;
    }
    if (!kz_str_eq(kz_value_path_str(to, "metadata.resourceVersion"),
                   kz_value_path_str(o->body, "metadata.resourceVersion"))) {
        conflict(out, r, MODIFIED);
        return;
    }
    struct sim_merge m = {.body = kz_value_copy(a, to)};
    store(out, r, o, &m, "kzsync");
}

static void delete_object(struct sim_reply *out, struct sim_request *r, struct sim_object *o)
{
    struct kz_arena *a = r->api->w->arena;
    struct kz_str uid = kz_value_path_str(r->config, "preconditions.uid");
    struct kz_str version = kz_value_path_str(r->config, "preconditions.resourceVersion");
    if (o == NULL) {
        not_found(out, r);
        return;
    }
    if (uid.len > 0 && !kz_str_eq(uid, o->uid)) {
        conflict(out, r, "the UID in the precondition does not match the UID in record. The object might have been "
                         "deleted and then recreated");
        return;
    }
    if (version.len > 0 && !kz_str_eq(version, kz_value_path_str(o->body, "metadata.resourceVersion"))) {
        conflict(out, r, "the ResourceVersion in the precondition does not match the ResourceVersion in record. The "
                         "object might have been modified");
        return;
    }
    if (!r->dry_run)
        sim_store_delete(r->api, o, "kzsync");
    if (!r->dry_run && !o->gone) {
        answer(out, r, 200, o->body);
        return;
    }
    struct kz_value *s = kz_value_map(a), *d = sim_child(a, s, "details");
    kz_value_set(a, s, KZ_STR("kind"), kz_value_cstr(a, "Status"));
    kz_value_set(a, s, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, s, KZ_STR("status"), kz_value_cstr(a, "Success"));
    kz_value_set(a, d, KZ_STR("name"), kz_value_str(a, r->name));
    kz_value_set(a, d, KZ_STR("uid"), kz_value_str(a, o->uid));
    answer(out, r, 200, s);
}

void sim_verb_run(struct sim_reply *out, struct sim_request *r)
{
    struct sim_object *o = sim_object_at(r->api, r->kind, r->ns, r->name);
    if (r->verb == SIM_CREATE) {
        create(out, r);
        return;
    }
    if ((r->verb == SIM_APPLY || r->verb == SIM_UPDATE) && namespace_refuses(out, r, o))
        return;
    switch (r->verb) {
    case SIM_GET:
        if (o == NULL)
            not_found(out, r);
        else
            answer(out, r, 200, o->body);
        return;
    case SIM_APPLY:
        apply(out, r, o);
        return;
    case SIM_UPDATE:
        update(out, r, o);
        return;
    case SIM_PATCH:
        patch(out, r, o);
        return;
    case SIM_DELETE:
        delete_object(out, r, o);
        return;
    case SIM_LIST:
    case SIM_WATCH:
    case SIM_CREATE:
    case SIM_OTHER:
        break;
    }
    sim_fail(out, r, 405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}
