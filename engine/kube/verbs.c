/* SPDX-License-Identifier: Apache-2.0
 *
 * The calls of client.h: each makes one request of the API's grammar and puts it in line. */
#include "kube/call.h"
#include "kube/path.h"
#include "value/json.h"

#include <inttypes.h>
#include <stdio.h>

static const int64_t WRITE_TIMEOUT =
    20 * KZ_NS_PER_SEC; /* above timeout=15s: the server ends first */
static const int64_t LEASE_TIMEOUT = 5 * KZ_NS_PER_SEC; /* dies before another may lead */
static const int64_t LOGS_TIMEOUT = 30 * KZ_NS_PER_SEC;
enum { SERVER_BODY_MAX = 3145728 }; /* docs/internals/api-server.md 2.8 */

/* How an election reads and writes; a Lease that a module brings is applied like anything else. */
static bool is_election(enum kz_verb verb, const struct kz_id *id)
{
    return kz_str_is(id->kind, "Lease") && kz_str_is(id->group, "coordination.k8s.io") &&
           (verb == KZ_VERB_GET || verb == KZ_VERB_CREATE || verb == KZ_VERB_UPDATE);
}

/* A call on one object (name "" in id: on its collection), its path without query. On an unknown kind
 * the answer is filled into *err instead and the path stays empty. */
static struct kz_call *object_call(struct kz_kube *k, enum kz_verb verb, enum kz_http_method method,
                                   const struct kz_id *id, struct kz_str version,
                                   struct kz_err *err)
{
    struct kz_call *c = kz_call_new(k, verb, id);
    const struct kz_api *api = kz_kube_api(k, id->group, version, id->kind);
    c->method = method;
    c->timeout = WRITE_TIMEOUT;
    if (is_election(verb, id)) {
        c->flags |= KZ_CALL_URGENT | KZ_CALL_ONCE;
        c->timeout = LEASE_TIMEOUT;
    }
    if (api == NULL) {
        (void)kz_fail(err, KZ_E_NOTFOUND,
                      "the API server does not serve kind '" KZ_FMT "' (" KZ_FMT "%s" KZ_FMT ")",
                      KZ_ARG(id->kind), KZ_ARG(id->group),
                      id->group.len > 0 && version.len > 0 ? "/" : "",
                      KZ_ARG(version.len == 0 && id->group.len == 0 ? KZ_STR("v1") : version));
        (void)kz_err_hint(err, "install the CustomResourceDefinition or check apiVersion and kind");
        (void)kz_wrap(err, KZ_FMT, KZ_ARG(kz_ask_text(c->arena, &c->ask)));
        return c;
    }
    /* A create is sent to the collection. */
    kz_path_object(&c->path, api->group, api->version, api->plural,
                   api->namespaced ? id->ns : KZ_STR(""),
                   verb == KZ_VERB_CREATE ? KZ_STR("") : id->name);
    return c;
}

static uint64_t send(struct kz_call *c, const struct kz_err *err)
{
    struct kz_err limit;
    if (c->path.len == 0)
        return kz_call_answer(c, KZ_NO_KIND, err);
    if (kz_buf_bad(&c->body) || c->body.len > SERVER_BODY_MAX) {
        (void)kz_fail(&limit, KZ_E_LIMIT, "the object has %zu bytes, the API server takes %d",
                      c->body.len, SERVER_BODY_MAX);
        (void)kz_wrap(&limit, KZ_FMT, KZ_ARG(kz_ask_text(c->arena, &c->ask)));
        return kz_call_answer(c, KZ_REFUSED, &limit);
    }
    if (kz_buf_bad(&c->path)) {
        (void)kz_fail(&limit, KZ_E_LIMIT, "the name or selector is too long");
        (void)kz_wrap(&limit, KZ_FMT, KZ_ARG(kz_ask_text(c->arena, &c->ask)));
        return kz_call_answer(c, KZ_REFUSED, &limit);
    }
    return kz_call_submit(c);
}

/* The server's own limit, for writes and for reads of the current state. */
static void limit_query(struct kz_call *c)
{
    char text[8];
    (void)snprintf(text, sizeof text, "%ds", c->timeout == LEASE_TIMEOUT ? 4 : KZ_CALL_SERVER_SEC);
    kz_path_query(&c->path, "timeout", kz_str(text));
    c->server_limit = c->path.len - 3;
}

/* Parameters of every write. */
static void write_query(struct kz_call *c, bool dry_run)
{
    limit_query(c);
    c->flags |= KZ_CALL_GATED;
    if (dry_run)
        kz_path_query(&c->path, "dryRun", KZ_STR("All"));
    else if ((c->flags & KZ_CALL_URGENT) == 0) /* a lease is what the fence stands on */
        c->flags |= KZ_CALL_WRITE;
}

static const struct kz_write as_kzsync = {.manager = "kzsync"};

static void manager_query(struct kz_call *c, const struct kz_write *how, bool strict)
{
    kz_path_query(&c->path, "fieldManager", kz_str(how->manager));
    kz_path_query(&c->path, "fieldValidation", strict ? KZ_STR("Strict") : KZ_STR("Ignore"));
}

static uint64_t finish(struct kz_call *c, kz_kube_done done, void *arg, const struct kz_err *err)
{
    c->done = done;
    c->arg = arg;
    return send(c, err);
}

static bool is_guarded(const struct kz_value *body)
{
    return kz_value_path_str(body, "metadata.uid").len > 0 ||
           kz_value_path_str(body, "metadata.resourceVersion").len > 0;
}

static void part_of(struct kz_call *c, const struct kz_write *how)
{
    if (how->subresource != NULL)
        kz_path_segment(&c->path, kz_str(how->subresource));
}

static uint64_t apply(struct kz_kube *k, const struct kz_id *id, struct kz_str version, const struct kz_write *how,
                      const struct kz_value *body, unsigned flags, kz_kube_done done, void *arg)
{
    struct kz_err err;
    struct kz_call *c = object_call(k, KZ_VERB_APPLY, KZ_HTTP_PATCH, id, version, &err);
    if (c->path.len > 0) {
        part_of(c, how);
        write_query(c, (flags & KZ_APPLY_DRY_RUN) != 0);
        manager_query(c, how, (flags & KZ_APPLY_LENIENT) == 0);
        if ((flags & KZ_APPLY_FORCE) != 0)
            kz_path_query(&c->path, "force", KZ_STR("true"));
    }
    if ((flags & KZ_APPLY_UNFENCED) != 0)
        c->flags &= ~(unsigned)KZ_CALL_WRITE;
    c->content_type = "application/apply-patch+yaml";
    c->ask.guarded = is_guarded(body);
    kz_json_write(&c->body, body, KZ_JSON_COMPACT);
    return finish(c, done, arg, &err);
}

uint64_t kz_kube_apply(struct kz_kube *k, const struct kz_id *id, struct kz_str version,
                       const struct kz_value *body, unsigned flags, kz_kube_done done, void *arg)
{
    return apply(k, id, version, &as_kzsync, body, flags, done, arg);
}

uint64_t kz_kube_apply_by(struct kz_kube *k, const struct kz_id *id, const struct kz_write *how,
                          const struct kz_value *body, unsigned flags, kz_kube_done done, void *arg)
{
    return apply(k, id, KZ_STR(""), how, body, flags, done, arg);
}

uint64_t kz_kube_get(struct kz_kube *k, const struct kz_id *id, kz_kube_done done, void *arg)
{
    return kz_kube_get_at(k, id, KZ_STR(""), done, arg);
}

uint64_t kz_kube_get_at(struct kz_kube *k, const struct kz_id *id, struct kz_str version,
                        kz_kube_done done, void *arg)
{
    struct kz_err err;
    struct kz_call *c = object_call(k, KZ_VERB_GET, KZ_HTTP_GET, id, version, &err);
    if (c->path.len > 0)
        limit_query(c); /* a read of the current state waits for etcd as long as a write */
    return finish(c, done, arg, &err);
}

uint64_t kz_kube_delete(struct kz_kube *k, const struct kz_id *id, struct kz_str uid,
                        struct kz_str resource_version, unsigned flags, kz_kube_done done, void *arg)
{
    return kz_kube_delete_while(k, id, uid, resource_version, flags, NULL, done, arg);
}

uint64_t kz_kube_delete_while(struct kz_kube *k, const struct kz_id *id, struct kz_str uid,
                              struct kz_str resource_version, unsigned flags, bool (*still)(void *arg),
                              kz_kube_done done, void *arg)
{
    const bool dry_run = (flags & KZ_DELETE_DRY_RUN) != 0;
    const char *propagation = (flags & KZ_DELETE_FOREGROUND) != 0 ? "Foreground"
                              : (flags & KZ_DELETE_ORPHAN) != 0   ? "Orphan"
                                                                  : "Background";
    struct kz_err err;
    struct kz_call *c = object_call(k, KZ_VERB_DELETE, KZ_HTTP_DELETE, id, KZ_STR(""), &err);
    struct kz_value *o = kz_value_map(c->arena);
    struct kz_value *pre = kz_value_map(c->arena);
    struct kz_value *all = kz_value_list(c->arena);
    if (c->path.len > 0)
        write_query(c, dry_run);
    kz_value_set(c->arena, o, KZ_STR("kind"), kz_value_cstr(c->arena, "DeleteOptions"));
    kz_value_set(c->arena, o, KZ_STR("apiVersion"), kz_value_cstr(c->arena, "v1"));
    kz_value_set(c->arena, o, KZ_STR("propagationPolicy"), kz_value_cstr(c->arena, propagation));
    /* With a body the server does not read the options of the query: dryRun=All there alone would
     * delete for real. */
    if (dry_run) {
        kz_value_push(c->arena, all, kz_value_cstr(c->arena, "All"));
        kz_value_set(c->arena, o, KZ_STR("dryRun"), all);
    }
    if (uid.len > 0)
        kz_value_set(c->arena, pre, KZ_STR("uid"), kz_value_str(c->arena, uid));
    if (resource_version.len > 0)
        kz_value_set(c->arena, pre, KZ_STR("resourceVersion"),
                     kz_value_str(c->arena, resource_version));
    if (kz_value_len(pre) > 0)
        kz_value_set(c->arena, o, KZ_STR("preconditions"), pre);
    else if (!dry_run)
        c->flags |= KZ_CALL_FRAGILE; /* a second try could hit what was created in between */
    c->ask.guarded = true;
    c->still = still;
    c->content_type = "application/json";
    kz_json_write(&c->body, o, KZ_JSON_COMPACT);
    return finish(c, done, arg, &err);
}

static uint64_t patch(struct kz_kube *k, const struct kz_id *id, const struct kz_write *how, const char *type,
                      const struct kz_value *body, kz_kube_done done, void *arg)
{
    struct kz_err err;
    struct kz_call *c = object_call(k, KZ_VERB_PATCH, KZ_HTTP_PATCH, id, KZ_STR(""), &err);
    if (c->path.len > 0) {
        part_of(c, how);
        write_query(c, false);
        manager_query(c, how, true);
    }
    c->ask.guarded = true;
    c->content_type = type;
    kz_json_write(&c->body, body, KZ_JSON_COMPACT);
    return finish(c, done, arg, &err);
}

uint64_t kz_kube_patch(struct kz_kube *k, const struct kz_id *id, const struct kz_value *ops,
                       kz_kube_done done, void *arg)
{
    return kz_kube_patch_by(k, id, &as_kzsync, ops, done, arg);
}

uint64_t kz_kube_patch_by(struct kz_kube *k, const struct kz_id *id, const struct kz_write *how,
                          const struct kz_value *ops, kz_kube_done done, void *arg)
{
    return patch(k, id, how, "application/json-patch+json", ops, done, arg);
}

uint64_t kz_kube_merge(struct kz_kube *k, const struct kz_id *id, const struct kz_write *how,
                       const struct kz_value *body, kz_kube_done done, void *arg)
{
    return patch(k, id, how, "application/merge-patch+json", body, done, arg);
}

static uint64_t put(struct kz_kube *k, enum kz_verb verb, enum kz_http_method method,
                    const struct kz_id *id, struct kz_str version, const struct kz_value *body,
                    kz_kube_done done, void *arg)
{
    struct kz_err err;
    struct kz_call *c = object_call(k, verb, method, id, version, &err);
    if (c->path.len > 0) {
        write_query(c, false);
        manager_query(c, &as_kzsync, true);
    }
    c->ask.guarded = true;
    c->content_type = "application/json";
    kz_json_write(&c->body, body, KZ_JSON_COMPACT);
    return finish(c, done, arg, &err);
}

uint64_t kz_kube_create(struct kz_kube *k, const struct kz_id *id, struct kz_str version,
                        const struct kz_value *body, kz_kube_done done, void *arg)
{
    return put(k, KZ_VERB_CREATE, KZ_HTTP_POST, id, version, body, done, arg);
}

uint64_t kz_kube_update(struct kz_kube *k, const struct kz_id *id, struct kz_str version,
                        const struct kz_value *body, kz_kube_done done, void *arg)
{
    return put(k, KZ_VERB_UPDATE, KZ_HTTP_PUT, id, version, body, done, arg);
}

uint64_t kz_kube_logs(struct kz_kube *k, struct kz_str ns, struct kz_str pod,
                      struct kz_str container, bool previous, int tail, int64_t since,
                      kz_kube_done done, void *arg)
{
    const struct kz_id id = {.kind = KZ_STR("Pod"), .ns = ns, .name = pod};
    struct kz_call *c = kz_call_new(k, KZ_VERB_LOGS, &id);
    char lines[16], seconds[24];
    (void)snprintf(lines, sizeof lines, "%d", tail < 0 ? 0 : tail);
    (void)snprintf(seconds, sizeof seconds, "%" PRId64, since);
    c->method = KZ_HTTP_GET;
    c->timeout = LOGS_TIMEOUT;
    c->accept = "text/plain, application/json";
    c->flags = KZ_CALL_TEXT;
    kz_path_object(&c->path, KZ_STR(""), KZ_STR("v1"), KZ_STR("pods"), ns, pod);
    kz_path_segment(&c->path, KZ_STR("log"));
    if (container.len > 0)
        kz_path_query(&c->path, "container", container);
    if (previous)
        kz_path_query(&c->path, "previous", KZ_STR("true"));
    kz_path_query(&c->path, "tailLines", kz_str(lines));
    if (since > 0)
        kz_path_query(&c->path, "sinceSeconds", kz_str(seconds));
    kz_path_query(&c->path, "limitBytes", KZ_STR("1048576"));
    c->done = done;
    c->arg = arg;
    return send(c, NULL);
}

uint64_t kz_kube_text(struct kz_kube *k, struct kz_str path, kz_kube_done done, void *arg)
{
    struct kz_call *c = kz_call_new(k, KZ_VERB_DISCOVER, &(struct kz_id){.kind = KZ_STR("")});
    c->method = KZ_HTTP_GET;
    c->timeout = WRITE_TIMEOUT;
    c->flags = KZ_CALL_TEXT;
    kz_buf_add_str(&c->path, path);
    c->done = done;
    c->arg = arg;
    return send(c, NULL);
}
