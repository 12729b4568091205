/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists in pages of one version, and watches: one JSON line per event, cut into pieces anywhere, resumed
 * from a version, ended by time, by 410 inside of the stream, or by a fault. */
#include "apiserver.h"

#include <stdio.h>

#include "base/buf.h"
#include "value/json.h"

bool sim_selected(const struct sim_request *r, const struct kz_value *body)
{
    if (r->label.len == 0 || body == NULL)
        return body != NULL;
    const struct kz_value *has = kz_value_find(kz_value_path(body, "metadata.labels"), r->label);
    const bool like = has != NULL && (r->value.ptr == NULL || kz_str_eq(kz_value_as_str(has), r->value));
    return like != r->unlike;
}

/* ---- lists ------------------------------------------------------------------------------------------------- */

static struct kz_str place_of(struct kz_arena *a, const struct kz_value *body)
{
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(kz_value_path_str(body, "metadata.namespace")),
                         KZ_ARG(kz_value_path_str(body, "metadata.name")));
}

static int by_place(const void *x, const void *y)
{
    const struct kz_map_slot *a = *(const struct kz_map_slot *const *)x, *b = *(const struct kz_map_slot *const *)y;
    return kz_str_cmp(a->key, b->key);
}

static bool is_asked_for(const struct sim_request *r, const struct sim_kind *kind, const struct kz_value *body)
{
    return kind == r->kind && (r->ns.len == 0 || kz_str_eq(r->ns, kz_value_path_str(body, "metadata.namespace")));
}

/* What there was at a version: what there is, without what has happened since. */
static struct sim_snapshot *take(struct sim_request *r, uint64_t version)
{
    struct sim_api *api = r->api;
    struct kz_arena *a = api->w->arena;
    struct sim_snapshot *s = kz_new(a, struct sim_snapshot);
    struct kz_map found;
    const struct kz_map_slot *slot;
    KZ_VEC(const struct kz_map_slot *) order = {0};
    *s = (struct sim_snapshot){.version = version};
    kz_map_init(&found);
    for (size_t i = 0; i < api->objects.len; i++) {
        struct sim_object *o = api->objects.at[i];
        if (!o->gone && is_asked_for(r, o->kind, o->body))
            (void)kz_map_put(&found, place_of(a, o->body), o->body);
    }
    for (size_t i = api->history.len; i > 0 && api->history.at[i - 1].version > version; i--) {
        const struct sim_change *c = &api->history.at[i - 1];
        const struct kz_value *some = c->before != NULL ? c->before : c->after;
        if (is_asked_for(r, c->kind, some) && c->before == NULL)
            (void)kz_map_del(&found, place_of(a, some));
        else if (is_asked_for(r, c->kind, some))
            (void)kz_map_put(&found, place_of(a, some), (void *)(uintptr_t)c->before);
    }
    for (size_t i = 0; (slot = kz_map_next(&found, &i)) != NULL;)
        kz_vec_push(&order, slot);
    if (order.len > 1)
        qsort(order.at, order.len, sizeof(*order.at), by_place);
    for (size_t i = 0; i < order.len; i++)
        kz_vec_push(&s->items, order.at[i]->val);
    kz_vec_done(&order);
    kz_map_done(&found);
    kz_vec_push(&api->snapshots, s);
    return s;
}

/* A list that need not be older than what the client has seen may be answered by a cache that is behind. */
static uint64_t version_of_list(const struct sim_request *r)
{
    struct sim_api *api = r->api;
    uint64_t seen;
    const bool behind = kz_str_is(sim_query(api->w->arena, r->query, "resourceVersionMatch"), "NotOlderThan") &&
                        kz_str_u64(&seen, sim_query(api->w->arena, r->query, "resourceVersion"));
    if (!behind || !api->faults->on || !sim_chance(&api->rng, 300))
        return api->version;
    if (seen < api->compacted)
        seen = api->compacted;
    const uint64_t version = seen + sim_below(&api->rng, api->version - seen + 1);
    if (version < api->version)
        sim_struck(api->faults, "list from a cache that is behind");
    return version;
}

/* Items of built-in kinds carry no kind and apiVersion (docs/internals/api-server.md 4.1). */
static struct kz_value *bare(struct kz_arena *a, const struct sim_kind *kind, const struct kz_value *body)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_len(body); i++) {
        struct kz_str key = body->as.map.at[i].key;
        if (kind->custom || (!kz_str_is(key, "kind") && !kz_str_is(key, "apiVersion")))
            kz_value_set(a, out, key, body->as.map.at[i].val);
    }
    return out;
}

static struct kz_value *metadata_of(struct kz_arena *a, const struct kz_value *body)
{
    struct kz_value *out = kz_value_map(a);
    kz_value_set(a, out, KZ_STR("kind"), kz_value_cstr(a, "PartialObjectMetadata"));
    kz_value_set(a, out, KZ_STR("apiVersion"), kz_value_cstr(a, "meta.k8s.io/v1"));
    kz_value_set(a, out, KZ_STR("metadata"), kz_value_copy(a, kz_value_get(body, "metadata")));
    return out;
}

/* The token in it goes on at another version; nobody uses it. */
void sim_list_expired(struct sim_reply *out, struct sim_request *r)
{
    sim_fail(out, r, 410, "Expired",
             "The provided continue parameter is too old to display a consistent list result. You can start a new list "
             "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
             "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
             "modified, or deleted between the time the first chunk was returned and now may show up in the list.");
}

/* Asked for what is not written yet: the client's version is of another etcd. */
static bool is_from_the_future(struct sim_reply *out, struct sim_request *r)
{
    struct kz_arena *a = r->api->w->arena;
    uint64_t version;
    if (!kz_str_u64(&version, sim_query(a, r->query, "resourceVersion")) || version <= r->api->version)
        return false;
    *out = (struct sim_reply){
        .status = 504, .content_type = "application/json", .retry_after = SIM_SEC,
        .body = kz_str_printf(a, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":"
                                 "\"Timeout: Too large resource version: %llu, current: %llu\",\"reason\":\"Timeout\",\"details\":"
                                 "{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\",\"message\":\"Too large resource version\"}],"
                                 "\"retryAfterSeconds\":1},\"code\":504}",
                              (unsigned long long)version, (unsigned long long)r->api->version)};
    return true;
}

void sim_list_run(struct sim_reply *out, struct sim_request *r)
{
    struct sim_api *api = r->api;
    struct kz_arena *a = api->w->arena;
    struct kz_str token = sim_query(a, r->query, "continue"), head;
    uint64_t n = 0, at = 0, limit = 0;
    struct kz_str tail = kz_str_cut(&head, token, '-');
    struct sim_snapshot *s = NULL;
    if (is_from_the_future(out, r))
        return;
    if (token.len > 0 && kz_str_u64(&n, head) && kz_str_u64(&at, tail) && n < api->snapshots.len)
        s = api->snapshots.at[n];
    if (s != NULL && s->version < api->compacted) {
        sim_struck(api->faults, "list expired");
        sim_list_expired(out, r);
        return;
    }
    if (s == NULL) {
        n = api->snapshots.len;
        s = take(r, version_of_list(r));
    }
    (void)kz_str_u64(&limit, sim_query(a, r->query, "limit"));
    limit = limit == 0 || limit > api->page ? api->page : limit;
    struct kz_value *list = kz_value_map(a), *items = kz_value_list(a), *meta;
    for (; at < s->items.len && kz_value_len(items) < limit; at++) /* the token says nothing of the selector */
        if (sim_selected(r, s->items.at[at]))
            kz_value_push(a, items, r->metadata ? metadata_of(a, s->items.at[at]) : bare(a, r->kind, s->items.at[at]));
    kz_value_set(a, list, KZ_STR("kind"),
                 kz_value_str(a, r->metadata ? KZ_STR("PartialObjectMetadataList")
                                             : kz_str_concat(a, r->kind->kind, KZ_STR("List"), KZ_STR(""))));
    kz_value_set(a, list, KZ_STR("apiVersion"),
                 kz_value_str(a, r->metadata ? KZ_STR("meta.k8s.io/v1")
                                             : kz_api_version_join(a, r->kind->group, r->kind->version)));
    meta = sim_child(a, list, "metadata");
    kz_value_set(a, meta, KZ_STR("resourceVersion"),
                 kz_value_str(a, kz_str_printf(a, "%llu", (unsigned long long)s->version)));
    if (at < s->items.len)
        kz_value_set(a, meta, KZ_STR("continue"),
                     kz_value_str(a, kz_str_printf(a, "%llu-%llu", (unsigned long long)n, (unsigned long long)at)));
    if (at < s->items.len && r->label.len == 0)
        kz_value_set(a, meta, KZ_STR("remainingItemCount"), kz_value_int(a, (int64_t)(s->items.len - at)));
    kz_value_set(a, list, KZ_STR("items"), items);
    *out = (struct sim_reply){.status = 200, .body = sim_json(a, list), .content_type = "application/json",
                              .retry_after = -1};
}

/* ---- watches -------------------------------------------------------------------------------------------------- */

static void emit(struct sim_request *r, struct kz_str text)
{
    while (r->alive && r->open && text.len > 0) {
        size_t n = sim_chance(&r->api->rng, 700) ? text.len : 1 + sim_below(&r->api->rng, text.len);
        r->on_data(r->arg, r->id, kz_str_head(text, n));
        text = kz_str_skip(text, n);
    }
}

static void end_with(struct sim_request *r, enum kz_code code)
{
    struct sim_reply rep = {.status = 200, .content_type = "application/json", .retry_after = -1};
    struct kz_err err;
    if (code != KZ_OK)
        (void)kz_fail(&err, code, "connection reset");
    sim_watch_end(r);
    sim_say(r->api->w, "watch %llu of " KZ_FMT " ends", (unsigned long long)r->id, KZ_ARG(r->kind->kind));
    sim_http_finish(r, &rep, code == KZ_OK ? NULL : &err, true);
}

static void line(struct kz_buf *b, const char *type, const struct kz_value *obj, uint64_t version)
{
    kz_buf_printf(b, "{\"type\":\"%s\",\"object\":", type);
    if (version == 0) {
        kz_json_write(b, obj, KZ_JSON_COMPACT);
    } else { /* the last state with the version of the change that ends it */
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_value *copy = kz_value_copy(a, obj);
        char text[24];
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)version);
        kz_value_set(a, sim_child(a, copy, "metadata"), KZ_STR("resourceVersion"), kz_value_cstr(a, text));
        kz_json_write(b, copy, KZ_JSON_COMPACT);
    }
    kz_buf_puts(b, "}\n");
}

static void one_change(struct kz_buf *b, const struct sim_request *r, const struct sim_change *c)
{
    bool was = sim_selected(r, c->before), is = sim_selected(r, c->after);
    if (!was && !is)
        return;
    if (!is)
        line(b, "DELETED", c->before, c->version);
    else
        line(b, was ? "MODIFIED" : "ADDED", c->after, 0);
}

static void pump(void *arg, uint64_t id)
{
    struct sim_request *r = arg;
    struct sim_api *api = r->api;
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    (void)id;
    r->pump = 0;
    if (r->fault.kind == SIM_FAULT_SILENT)
        return;
    for (; r->cursor < api->history.len; r->cursor++)
        if (api->history.at[r->cursor].kind == r->kind)
            one_change(&b, r, &api->history.at[r->cursor]);
    if (b.len > 0 && sim_chance(&api->rng, api->bookmarks)) /* a bookmark behind it */
        kz_buf_printf(&b, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"" KZ_FMT "\",\"metadata\":"
                          "{\"resourceVersion\":\"%llu\"}}}\n",
                      KZ_ARG(r->kind->kind), (unsigned long long)api->version);
    if (r->fault.kind == SIM_FAULT_CUT && b.len > 0) { /* in the middle of a line */
        emit(r, kz_str_head(kz_buf_str(&b), b.len * r->fault.cut / 1000));
        if (r->alive)
            end_with(r, KZ_E_REMOTE);
        return;
    }
    emit(r, kz_buf_str(&b));
}

void sim_watch_wake(struct sim_api *api, const struct sim_kind *kind)
{
    for (size_t i = 0; i < api->watches.len; i++) {
        struct sim_request *r = api->watches.at[i];
        if (r->kind == kind && r->pump == 0)
            r->pump = sim_after_held(api->w, sim_between(&api->rng, 0, 6 * SIM_MS), pump, r, &r->client->asleep_until);
    }
}

void sim_watch_end(struct sim_request *r)
{
    struct sim_api *api = r->api;
    if (!r->open)
        return;
    r->open = false;
    sim_cancel(api->w, r->pump);
    sim_cancel(api->w, r->end);
    for (size_t i = 0; i < api->watches.len; i++)
        if (api->watches.at[i] == r) {
            kz_vec_swap_out(&api->watches, i);
            return;
        }
}

static void on_cut(void *arg, uint64_t id)
{
    (void)id;
    end_with(arg, KZ_E_REMOTE);
}

static void end_after(struct sim_request *r, int64_t ns, sim_fn fn)
{
    sim_cancel(r->api->w, r->end);
    r->end = sim_after_held(r->api->w, ns, fn, r, &r->client->asleep_until);
}

void sim_watch_cut_all(struct sim_api *api)
{
    for (size_t i = 0; i < api->watches.len; i++) {
        sim_cancel(api->w, api->watches.at[i]->pump);
        end_after(api->watches.at[i], 0, on_cut);
    }
}

static void on_end(void *arg, uint64_t id)
{
    struct sim_request *r = arg;
    (void)id;
    r->end = 0;
    end_with(r, r->fault.kind == SIM_FAULT_SILENT ? KZ_E_TIMEOUT : KZ_OK);
}

void sim_watch_fade(struct sim_api *api, const struct sim_kind *kind)
{
    for (size_t i = 0; i < api->watches.len; i++) {
        struct sim_request *r = api->watches.at[i];
        if (r->kind != kind)
            continue;
        end_after(r, SIM_SEC, on_end);
    }
}

static void say_expired(void *arg, uint64_t id)
{
    struct sim_request *r = arg;
    (void)id;
    r->pump = 0;
    struct kz_str from = sim_query(r->api->w->arena, r->query, "resourceVersion");
    emit(r, kz_str_printf(r->api->w->arena, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
                   "\"status\":\"Failure\",\"message\":\"too old resource version: " KZ_FMT " (%llu)\",\"reason\":"
                   "\"Expired\",\"code\":410}}\n", KZ_ARG(from), (unsigned long long)r->api->version));
    if (r->alive && r->open)
        end_with(r, KZ_OK);
}

bool sim_watch_begin(struct sim_reply *out, struct sim_request *r)
{
    struct sim_api *api = r->api;
    uint64_t from = 0, seconds = 300;
    struct kz_str version = sim_query(api->w->arena, r->query, "resourceVersion");
    if (!kz_str_u64(&from, version)) {
        sim_fail(out, r, 500, "", "resourceVersion: Invalid value: \"" KZ_FMT "\": strconv.ParseUint: parsing \"" KZ_FMT
                                  "\": invalid syntax", KZ_ARG(version), KZ_ARG(version));
        return false;
    }
    if (!r->alive)
        return true;
    (void)kz_str_u64(&seconds, sim_query(api->w->arena, r->query, "timeoutSeconds"));
    while (r->cursor < api->history.len && api->history.at[r->cursor].version <= from)
        r->cursor++;
    r->open = true;
    kz_vec_push(&api->watches, r);
    int64_t life = (int64_t)seconds * SIM_SEC;
    if (r->fault.kind == SIM_FAULT_CLOSED)
        life = sim_between(&api->rng, 0, 20 * SIM_SEC);
    else if (r->fault.kind == SIM_FAULT_SILENT)
        life = 60 * SIM_SEC; /* a stalled connection is found out by its keepalive */
    end_after(r, life, on_end);
    bool expired = from < api->compacted || r->fault.kind == SIM_FAULT_410;
    if (r->fault.kind == SIM_FAULT_410 || r->fault.kind == SIM_FAULT_SILENT || r->fault.kind == SIM_FAULT_CLOSED)
        sim_struck_request(api->faults, r->fault.kind);
    else if (expired)
        sim_struck(api->faults, "watch expired");
    r->pump = sim_after_held(api->w, r->fault.back, expired ? say_expired : pump, r, &r->client->asleep_until);
    return true;
}
