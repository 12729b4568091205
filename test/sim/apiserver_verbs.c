/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done to one object: get, apply, create, update, patch, delete, with the answers of
 * docs/internals/api-server.md 2 and 5. */
#include "apiserver.h"

#include "base/buf.h"
#include "owner.h"
#include "value/json_patch.h"

static const char US[] = "kzsync"; /* who writes by requests */

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

/* 422 about one field; `about` is named by its plural. */
static void invalid_field(struct sim_reply *out, struct sim_request *about, const char *reason, struct kz_str field,
                          struct kz_str why)
{
    struct kz_arena *a = about->api->w->arena;
    struct kz_value *causes = kz_value_list(a);
    sim_fail(out, about, 422, "Invalid", KZ_FMT " \"" KZ_FMT "\" is invalid: " KZ_FMT ": " KZ_FMT,
             KZ_ARG(resource_name(about)), KZ_ARG(about->name), KZ_ARG(field), KZ_ARG(why));
    kz_value_push(a, causes, cause(a, reason, why, field));
    if (kz_str_is(field, "metadata.uid") || kz_str_is(field, "metadata.finalizers")) /* which are looked at twice */
        kz_value_push(a, causes, cause(a, reason, why, field));
    add_cause(out, about, causes);
}

/* What validation says, which names the kind, not the resource. */
static void invalid(struct sim_reply *out, struct sim_request *r, const char *reason, struct kz_str field, struct kz_str why)
{
    struct sim_kind named = *r->kind;
    struct sim_request about = *r;
    named.plural = named.kind;
    about.kind = &named;
    invalid_field(out, &about, reason, field, why);
}

/* What a ResourceQuota of the namespace says of one more. */
static bool quota_refuses(struct sim_reply *out, struct sim_request *r)
{
    struct sim_api *api = r->api;
    struct kz_arena *a = api->w->arena;
    for (size_t i = 0; api->quotas > 0 && i < api->objects.len; i++) {
        const struct sim_object *q = api->objects.at[i];
        if (q->gone || !kz_str_is(q->id.kind, "ResourceQuota") || !kz_str_eq(q->id.ns, r->ns))
            continue;
        struct kz_str what = kz_str_printf(a, "count/" KZ_FMT, KZ_ARG(resource_name(r)));
        uint64_t hard, used = 0;
        if (!kz_str_u64(&hard, kz_value_as_str(kz_value_find(kz_value_path(q->body, "status.hard"), what))))
            continue;
        for (size_t k = 0; k < api->objects.len; k++)
            used += !api->objects.at[k]->gone && api->objects.at[k]->kind == r->kind && kz_str_eq(api->objects.at[k]->id.ns, r->ns);
        if (used < hard)
            continue;
        sim_note_refused(r);
        sim_fail(out, r, 403, "Forbidden",
                 KZ_FMT " \"" KZ_FMT "\" is forbidden: exceeded quota: " KZ_FMT ", requested: " KZ_FMT "=1, used: " KZ_FMT
                        "=%llu, limited: " KZ_FMT "=%llu",
                 KZ_ARG(resource_name(r)), KZ_ARG(r->name), KZ_ARG(q->id.name), KZ_ARG(what), KZ_ARG(what),
                 (unsigned long long)used, KZ_ARG(what), (unsigned long long)hard);
        return true;
    }
    return false;
}

/* Nothing new may hold what is being deleted. */
static bool finalizer_refuses(struct sim_reply *out, struct sim_request *r, const struct kz_value *before,
                              const struct kz_value *after)
{
    struct kz_arena *a = r->api->w->arena;
    const struct kz_value *old = kz_value_path(before, "metadata.finalizers"), *now = kz_value_path(after, "metadata.finalizers");
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    if (before == NULL || !is_deleting(before))
        return false;
    for (size_t i = 0; i < kz_value_len(now); i++) {
        bool known = false;
        for (size_t k = 0; k < kz_value_len(old); k++)
            known |= kz_value_eq(kz_value_at(now, i), kz_value_at(old, k));
        if (!known)
            kz_buf_printf(&b, "%s\"" KZ_FMT "\"", b.len > 0 ? ", " : "", KZ_ARG(kz_value_as_str(kz_value_at(now, i))));
    }
    if (b.len == 0)
        return false;
    invalid(out, r, "FieldValueForbidden", KZ_STR("metadata.finalizers"),
            kz_str_printf(a, "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers "
                             "[]string{" KZ_FMT "}", KZ_ARG(kz_buf_str(&b))));
    return true;
}

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
    const char *path = kz_str_is(r->kind->kind, "Deployment") ? "spec.selector"
                       : kz_str_is(r->kind->kind, "Job")      ? "spec.template"
                                                              : NULL;
    if (path == NULL || before == NULL || kz_value_eq(kz_value_path(before, path), kz_value_path(after, path)))
        return false;
    invalid(out, r, "FieldValueInvalid", kz_str(path), KZ_STR("Invalid value: {}: field is immutable"));
    return true;
}

/* Two managers can share a container until none of them says its image. */
static bool container_refuses(struct sim_reply *out, struct sim_request *r, const struct kz_value *after)
{
    struct kz_arena *a = r->api->w->arena;
    const struct kz_value *list = kz_value_path(after, "spec.template.spec.containers");
    for (size_t i = 0; i < kz_value_len(list); i++) {
        struct kz_str field = kz_str_printf(a, "spec.template.spec.containers[%zu].image", i);
        if (kz_value_path_str(kz_value_at(list, i), "image").len > 0)
            continue;
        invalid(out, r, "FieldValueRequired", field, KZ_STR("Required value"));
        return true;
    }
    return false;
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
    if (frozen)
        invalid(out, r, "FieldValueForbidden", KZ_STR("data"), KZ_STR("Forbidden: field is immutable when `immutable` is set"));
    else
        invalid(out, r, "FieldValueTooLong", KZ_STR("data"), KZ_STR("Too long: may not be more than 1048576 bytes"));
    return true;
}

static void fill_default(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_value *v)
{
    if (kz_value_get(map, key) == NULL)
        kz_value_set(a, map, kz_str(key), v);
}

static bool is_any_image(struct kz_str image) /* without a tag, or of the latest */
{
    return kz_str_rindex(image, ':') == image.len || kz_str_ends(image, KZ_STR(":latest"));
}

static void fill_container(struct kz_arena *a, struct kz_value *c)
{
    struct kz_value *ports = kz_value_child(c, KZ_STR("ports"));
    fill_default(a, c, "imagePullPolicy",
                 kz_value_cstr(a, is_any_image(kz_value_path_str(c, "image")) ? "Always" : "IfNotPresent"));
    for (size_t i = 0; kz_value_is(ports, KZ_LIST) && i < ports->as.list.len; i++)
        fill_default(a, ports->as.list.at[i], "protocol", kz_value_cstr(a, "TCP"));
}

/* What a Go type does not write when it is empty. */
static void drop_empty(struct kz_value *map, const char *key)
{
    const struct kz_value *v = kz_value_get(map, key);
    if (v != NULL && (kz_value_is(v, KZ_MAP) || kz_value_is(v, KZ_LIST) || kz_value_is(v, KZ_NULL)) && kz_value_len(v) == 0)
        (void)kz_value_del(map, kz_str(key));
}

/* Defaults that nobody owns (docs/internals/api-server.md 2.7). */
static void fill_defaults(struct kz_arena *a, const struct sim_kind *kind, struct kz_value *body)
{
    struct kz_value *spec = kz_value_child(body, KZ_STR("spec")), *meta = kz_value_child(body, KZ_STR("metadata"));
    static const char *const empties[] = {"labels", "annotations", "finalizers"};
    for (size_t i = 0; meta != NULL && i < kz_countof(empties); i++)
        drop_empty(meta, empties[i]);
    if (!kind->custom)
        drop_empty(body, "data");
    if (kz_str_is(kind->kind, "Namespace"))
        fill_default(a, sim_child(a, sim_child(a, body, "metadata"), "labels"), "kubernetes.io/metadata.name",
                     kz_value_str(a, kz_str_dup(a, kz_value_path_str(body, "metadata.name"))));
    if (kz_str_is(kind->kind, "Deployment")) {
        spec = sim_child(a, body, "spec");
        fill_default(a, spec, "replicas", kz_value_int(a, 1));
        fill_default(a, spec, "progressDeadlineSeconds", kz_value_int(a, 600));
        fill_default(a, body, "status", kz_value_map(a));
        struct kz_value *list = sim_child(a, sim_child(a, sim_child(a, spec, "template"), "spec"), "containers");
        for (size_t i = 0; kz_value_is(list, KZ_LIST) && i < list->as.list.len; i++)
            fill_container(a, list->as.list.at[i]);
    } else if (kz_str_is(kind->kind, "Secret")) {
        fill_default(a, body, "type", kz_value_cstr(a, "Opaque"));
    } else if (kz_str_is(kind->kind, "Service")) {
        struct kz_value *ports = spec == NULL ? NULL : kz_value_child(spec, KZ_STR("ports"));
        for (size_t i = 0; kz_value_is(ports, KZ_LIST) && i < ports->as.list.len; i++) {
            struct kz_value *port = ports->as.list.at[i];
            fill_default(a, port, "protocol", kz_value_cstr(a, "TCP"));
            if (kz_value_get(port, "port") != NULL)
                fill_default(a, port, "targetPort", kz_value_copy(a, kz_value_get(port, "port")));
        }
    }
}

/* The last step of every write of a whole object. */
static void store(struct sim_reply *out, struct sim_request *r, const struct sim_object *o, struct kz_value *body)
{
    struct sim_api *api = r->api;
    const struct kz_value *before = o == NULL ? NULL : o->body;
    int status = o == NULL ? 201 : 200;
    fill_defaults(api->w->arena, r->kind, body);
    if (r->verb == SIM_CREATE && r->kind->ends) { /* an apply is let through */
        struct sim_request about = *r;
        about.name = KZ_STR("");
        sim_fail(out, &about, 405, "MethodNotAllowed", "create not allowed while custom resource definition is terminating");
        return;
    }
    if (o == NULL && quota_refuses(out, r))
        return;
    if (finalizer_refuses(out, r, before, body) || immutable_refuses(out, r, before, body) || container_refuses(out, r, body) || secret_refuses(out, r, before, body))
        return;
    if (o != NULL && kz_value_eq(before, body)) {
        answer(out, r, status, before);
    } else if (r->dry_run) {
        const struct kz_value *sent = kz_value_path(r->config, "metadata.resourceVersion");
        if (o == NULL && kz_value_as_str(sent).len > 0) /* which a create ignores, and a dry one shows */
            kz_value_set(api->w->arena, sim_child(api->w->arena, body, "metadata"), KZ_STR("resourceVersion"),
                         kz_value_copy(api->w->arena, sent));
        sim_store_fill(api, r->kind, r->ns, r->name, body, before,
                       o == NULL ? kz_str_printf(api->w->arena, "uid-%llu", (unsigned long long)++api->uids) : o->uid);
        answer(out, r, status, body);
    } else {
        answer(out, r, status, sim_store_put(api, r->kind, r->ns, r->name, body, US)->body);
    }
}

/* ---- verbs ------------------------------------------------------------------------------------------------------ */

static bool comes_later(const struct sim_clash *x, const struct sim_clash *y)
{
    int c = kz_str_cmp(x->manager, y->manager);
    return c > 0 || (c == 0 && x->update && !y->update);
}

/* By manager; of one manager the order stays. */
static void sort_clashes(struct sim_merge *m)
{
    for (size_t i = 1; i < m->clashes.len; i++)
        for (size_t k = i; k > 0 && comes_later(&m->clashes.at[k - 1], &m->clashes.at[k]); k--) {
            struct sim_clash c = m->clashes.at[k];
            m->clashes.at[k] = m->clashes.at[k - 1];
            m->clashes.at[k - 1] = c;
        }
}

static struct kz_str clash_with(struct kz_arena *a, const struct sim_clash *c)
{
    return c->update ? kz_str_printf(a, "\"" KZ_FMT "\" using " KZ_FMT, KZ_ARG(c->manager), KZ_ARG(c->version))
                     : kz_str_printf(a, "\"" KZ_FMT "\"", KZ_ARG(c->manager));
}

static void say_conflicts(struct sim_reply *out, struct sim_request *r, struct sim_merge *m)
{
    struct kz_arena *a = r->api->w->arena;
    struct kz_value *causes = kz_value_list(a);
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    struct kz_str last = KZ_STR("");
    struct sim_request about = *r;
    about.kind = NULL; /* details has no name here (docs/internals/api-server.md 2.6) */
    sort_clashes(m);
    kz_buf_printf(&b, "Apply failed with %zu conflict%s: ", m->clashes.len, m->clashes.len == 1 ? "" : "s");
    for (size_t i = 0; i < m->clashes.len; i++) {
        const struct sim_clash *c = &m->clashes.at[i];
        struct kz_str with = clash_with(a, c);
        if (m->clashes.len == 1)
            kz_buf_printf(&b, "conflict with " KZ_FMT ": " KZ_FMT, KZ_ARG(with), KZ_ARG(c->path));
        else if (!kz_str_eq(with, last))
            kz_buf_printf(&b, "%sconflicts with " KZ_FMT ":", i > 0 ? "\n" : "", KZ_ARG(with));
        if (m->clashes.len > 1)
            kz_buf_printf(&b, "\n- " KZ_FMT, KZ_ARG(c->path));
        last = with;
        kz_value_push(a, causes,
                      cause(a, "FieldManagerConflict", kz_str_concat(a, KZ_STR("conflict with "), with, KZ_STR("")), c->path));
    }
    sim_fail(out, &about, 409, "Conflict", KZ_FMT, KZ_ARG(kz_buf_str(&b)));
    add_cause(out, r, causes);
}

/* Who writes: by the request's word, else by its client's. */
static struct kz_str manager_of(struct sim_request *r)
{
    struct kz_str named = sim_query(r->api->w->arena, r->query, "fieldManager");
    return named.len > 0 ? named : kz_str(US);
}

/* A body that is no object, or not the one of the path. */
static bool body_refuses(struct sim_reply *out, struct sim_request *r)
{
    struct kz_arena *a = r->api->w->arena;
    struct kz_str name = kz_value_path_str(r->config, "metadata.name"), ns = kz_value_path_str(r->config, "metadata.namespace");
    struct kz_str kind = kz_value_path_str(r->config, "kind"), version = kz_value_path_str(r->config, "apiVersion");
    struct sim_request about = *r;
    const char *why = NULL;
    if (r->config == NULL)
        why = "error decoding YAML";
    else if (!kz_str_eq(kind, r->kind->kind))
        why = kz_str_printf(a, "invalid object type: %s" KZ_FMT ", Kind=" KZ_FMT, r->kind->group.len == 0 ? "/" : "",
                            KZ_ARG(version), KZ_ARG(kind)).ptr;
    else if (name.len > 0 && !kz_str_eq(name, r->name))
        why = kz_str_printf(a, "the name of the object (" KZ_FMT ") does not match the name on the URL (" KZ_FMT ")",
                            KZ_ARG(name), KZ_ARG(r->name)).ptr;
    else if (ns.len > 0 && !kz_str_eq(ns, r->ns))
        why = "the namespace of the provided object does not match the namespace sent on the request";
    else if (kz_value_path(r->config, "metadata.managedFields") != NULL)
        why = "metadata.managedFields must be nil";
    about.kind = NULL;
    if (why != NULL)
        sim_fail(out, &about, 400, "BadRequest", "%s", why);
    return why != NULL;
}

static void apply(struct sim_reply *out, struct sim_request *r, struct sim_object *o)
{
    struct kz_arena *a = r->api->w->arena;
    struct sim_merge m;
    struct kz_str manager = sim_query(a, r->query, "fieldManager");
    struct kz_str uid = kz_value_path_str(r->config, "metadata.uid");
    struct kz_str version = kz_value_path_str(r->config, "metadata.resourceVersion");
    if (manager.len == 0) {
        static const struct sim_kind options = {.group = KZ_STR_INIT("meta.k8s.io"), .kind = KZ_STR_INIT("PatchOptions")};
        struct sim_request about = *r;
        about.kind = &options;
        about.name = KZ_STR("");
        invalid(out, &about, "FieldValueRequired", KZ_STR("fieldManager"), KZ_STR("Required value: is required for apply patch"));
        return;
    }
    if (body_refuses(out, r))
        return;
    if (uid.len > 0 && o == NULL) {
        conflict(out, r, kz_str_printf(a, "uid mismatch: the provided object specified uid " KZ_FMT
                                          ", and no existing object was found", KZ_ARG(uid)).ptr);
        return;
    }
    sim_owner_apply(&m, a, o == NULL ? NULL : o->body, r->config, manager, r->force, r->kind->custom);
    if (m.body == NULL)
        say_conflicts(out, r, &m);
    else if (o != NULL && version.len > 0 && !kz_str_eq(version, kz_value_path_str(o->body, "metadata.resourceVersion")))
        conflict(out, r, MODIFIED);
    else if (o != NULL && uid.len > 0 && !kz_str_eq(uid, o->uid))
        invalid(out, r, "FieldValueInvalid", KZ_STR("metadata.uid"),
                kz_str_printf(a, "Invalid value: \"" KZ_FMT "\": field is immutable", KZ_ARG(uid)));
    else
        store(out, r, o, m.body);
    kz_vec_done(&m.clashes);
}

static void insert(struct sim_reply *out, struct sim_request *r)
{
    struct kz_arena *a = r->api->w->arena;
    struct sim_merge m;
    struct kz_value *body = kz_value_copy(a, r->config);
    (void)kz_value_del(body, KZ_STR("status"));
    (void)kz_value_del(sim_child(a, body, "metadata"), KZ_STR("resourceVersion"));
    fill_defaults(a, r->kind, body); /* who replaces owns the defaults too */
    sim_owner_update(&m, a, NULL, body, manager_of(r), r->kind->custom);
    store(out, r, NULL, m.body);
}

static void create(struct sim_reply *out, struct sim_request *r)
{
    r->name = kz_value_path_str(r->config, "metadata.name");
    if (r->name.len == 0) {
        invalid(out, r, "FieldValueRequired", KZ_STR("metadata.name"), KZ_STR("Required value: name or generateName is required"));
        return;
    }
    struct sim_object *o = sim_object_at(r->api, r->kind, r->ns, r->name);
    if (namespace_refuses(out, r, o))
        return;
    if (kz_value_path_str(r->config, "metadata.resourceVersion").len > 0) {
        sim_fail(out, r, 500, "", "resourceVersion should not be set on objects to be created");
        return;
    }
    if (o != NULL) {
        sim_fail(out, r, 409, "AlreadyExists", "%s" KZ_FMT " \"" KZ_FMT "\" already exists",
                 is_deleting(o->body) ? "object is being deleted: " : "", KZ_ARG(resource_name(r)), KZ_ARG(r->name));
        return;
    }
    insert(out, r);
}

/* Writes of an object leave its status alone. */
static void keep_status(struct kz_arena *a, struct kz_value *to, const struct kz_value *before)
{
    const struct kz_value *status = kz_value_get(before, "status");
    if (status != NULL)
        kz_value_set(a, to, KZ_STR("status"), kz_value_copy(a, status));
    else
        (void)kz_value_del(to, KZ_STR("status"));
}

/* Of the kinds that may not be replaced blindly. */
static bool must_name_version(const struct sim_kind *kind)
{
    return kind->custom || kz_str_is(kind->kind, "Lease") || kz_str_is(kind->kind, "CustomResourceDefinition");
}

static void update(struct sim_reply *out, struct sim_request *r, struct sim_object *o)
{
    struct sim_merge m;
    struct kz_str version = kz_value_path_str(r->config, "metadata.resourceVersion");
    if (o == NULL && kz_str_is(r->kind->kind, "Lease")) { /* docs/internals/api-server.md 7.1 */
        insert(out, r);
        return;
    }
    if (o == NULL) {
        not_found(out, r);
        return;
    }
    if (version.len == 0 && must_name_version(r->kind)) {
        invalid_field(out, r, "FieldValueInvalid", KZ_STR("metadata.resourceVersion"),
                      KZ_STR("Invalid value: 0x0: must be specified for an update"));
        return;
    }
    if (version.len > 0 && !kz_str_eq(version, kz_value_path_str(o->body, "metadata.resourceVersion"))) {
        conflict(out, r, MODIFIED);
        return;
    }
    /* Server-owned fields come from the stored object. */
    struct kz_arena *a = r->api->w->arena;
    struct kz_value *to = kz_value_copy(a, r->config), *meta = sim_child(a, to, "metadata");
    static const char *const kept[] = {"uid", "creationTimestamp", "generation", "resourceVersion", "managedFields",
                                       "namespace", "deletionTimestamp", "deletionGracePeriodSeconds"};
    keep_status(a, to, o->body);
    for (size_t i = 0; i < kz_countof(kept); i++) {
        const struct kz_value *v = kz_value_get(kz_value_get(o->body, "metadata"), kept[i]);
        if (v != NULL)
            kz_value_set(a, meta, kz_str(kept[i]), kz_value_copy(a, v));
    }
    fill_defaults(a, r->kind, to);
    sim_owner_update(&m, a, o->body, to, manager_of(r), r->kind->custom);
    store(out, r, o, m.body);
    kz_vec_done(&m.clashes);
}

/* What a patch did to managedFields stands; else the changes are the manager's, as those of a PUT. */
static void patched(struct sim_reply *out, struct sim_request *r, struct sim_object *o, struct kz_value *to)
{
    struct kz_arena *a = r->api->w->arena;
    struct sim_merge m;
    const struct kz_value *before = kz_value_path(o->body, "metadata.managedFields");
    const struct kz_value *after = kz_value_path(to, "metadata.managedFields");
    struct kz_value *live = kz_value_copy(a, o->body);
    kz_value_set(a, sim_child(a, to, "metadata"), KZ_STR("resourceVersion"),
                 kz_value_str(a, kz_value_path_str(o->body, "metadata.resourceVersion")));
    keep_status(a, to, o->body);
    if (after != NULL && (before == NULL || !kz_value_eq(before, after)))
        kz_value_set(a, sim_child(a, live, "metadata"), KZ_STR("managedFields"), kz_value_copy(a, after));
    fill_defaults(a, r->kind, to);
    sim_owner_update(&m, a, live, to, manager_of(r), r->kind->custom);
    store(out, r, o, m.body);
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
    struct kz_str version = kz_value_path_str(to, "metadata.resourceVersion");
    if (version.len > 0 && !kz_str_eq(version, kz_value_path_str(o->body, "metadata.resourceVersion"))) {
        conflict(out, r, MODIFIED);
        return;
    }
    patched(out, r, o, to);
}

/* Names the kind, not the resource. */
static void precondition(struct sim_reply *out, struct sim_request *r, const char *what, struct kz_str want,
                         struct kz_str have, const char *then)
{
    struct sim_kind named = *r->kind;
    struct sim_request about = *r;
    named.plural = named.kind;
    about.kind = &named;
    sim_fail(out, &about, 409, "Conflict",
             "Operation cannot be fulfilled on " KZ_FMT " \"" KZ_FMT "\": the %s in the precondition (" KZ_FMT
             ") does not match the %s in record (" KZ_FMT "). The object might have been %s",
             KZ_ARG(resource_name(&about)), KZ_ARG(r->name), what, KZ_ARG(want), what, KZ_ARG(have), then);
}

static const struct kz_value *demanded(const struct sim_request *r, const char *what)
{
    const struct kz_value *v = kz_value_get(kz_value_get(r->config, "preconditions"), what);
    return kz_value_is(v, KZ_STRING) ? v : NULL;
}

/* true: one of the preconditions does not hold. */
static bool precondition_refuses(struct sim_reply *out, struct sim_request *r, const struct sim_object *o)
{
    const struct kz_value *uid = demanded(r, "uid"), *version = demanded(r, "resourceVersion");
    struct kz_str now = kz_value_path_str(o->body, "metadata.resourceVersion");
    if (uid != NULL && !kz_str_eq(uid->as.str, o->uid))
        precondition(out, r, "UID", uid->as.str, o->uid, "deleted and then recreated");
    else if (version != NULL && !kz_str_eq(version->as.str, now))
        precondition(out, r, "ResourceVersion", version->as.str, now, "modified");
    else
        return false;
    return true;
}

static void delete_object(struct sim_reply *out, struct sim_request *r, struct sim_object *o)
{
    struct kz_arena *a = r->api->w->arena;
    if (o == NULL) {
        not_found(out, r);
        return;
    }
    if (precondition_refuses(out, r, o))
        return;
    const struct kz_value *stays = sim_store_deleting(r->api, o), *was = o->body;
    if (!r->dry_run)
        sim_store_delete(r->api, o, US);
    if (stays != NULL || kz_str_is(r->kind->kind, "Service") || kz_str_is(r->kind->kind, "ServiceAccount")) {
        answer(out, r, 200, !r->dry_run ? o->body : stays == NULL ? was : stays);
        return;
    }
    struct kz_value *s = kz_value_map(a), *d = sim_child(a, s, "details");
    kz_value_set(a, s, KZ_STR("kind"), kz_value_cstr(a, "Status"));
    kz_value_set(a, s, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, s, KZ_STR("metadata"), kz_value_map(a));
    kz_value_set(a, s, KZ_STR("status"), kz_value_cstr(a, "Success"));
    kz_value_set(a, d, KZ_STR("name"), kz_value_str(a, r->name));
    if (r->kind->group.len > 0)
        kz_value_set(a, d, KZ_STR("group"), kz_value_str(a, r->kind->group));
    kz_value_set(a, d, KZ_STR("kind"), kz_value_str(a, r->kind->plural));
    kz_value_set(a, d, KZ_STR("uid"), kz_value_str(a, o->uid));
    answer(out, r, 200, s);
}

/* The status subresource: a PUT changes nothing else. */
static void update_status(struct sim_reply *out, struct sim_request *r, struct sim_object *o)
{
    struct sim_merge m;
    struct kz_str version = kz_value_path_str(r->config, "metadata.resourceVersion");
    if (o == NULL) {
        not_found(out, r);
    } else if (version.len > 0 && !kz_str_eq(version, kz_value_path_str(o->body, "metadata.resourceVersion"))) {
        conflict(out, r, MODIFIED);
    } else {
        sim_owner_status(&m, r->api->w->arena, o->body, kz_value_get(r->config, "status"), manager_of(r), r->kind->custom);
        store(out, r, o, m.body);
    }
}

void sim_verb_run(struct sim_reply *out, struct sim_request *r)
{
    struct sim_object *o = sim_object_at(r->api, r->kind, r->ns, r->name);
    if (r->verb == SIM_CREATE) {
        create(out, r);
        return;
    }
    if (r->name.len == 0) {
        sim_fail(out, &(struct sim_request){.api = r->api}, 405, "MethodNotAllowed",
                 "the server does not allow this method on the requested resource");
        return;
    }
    if (kz_str_is(r->sub, "status") && r->verb != SIM_GET) {
        update_status(out, r, o);
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
