/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests on their way: the client's side of the seam, latencies and faults, and the grammar of paths.
 * A request whose client died is still read by the server half of the time, as on a real wire. */
#include "apiserver.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "resource/object.h"
#include "value/json.h"

/* ---- small answers --------------------------------------------------------------------------------------- */

void sim_text(struct sim_reply *out, int code, const char *text)
{
    *out = (struct sim_reply){.status = code, .body = kz_str(text), .content_type = "text/plain; charset=utf-8",
                              .retry_after = -1};
}

/* A Status with details about the object of the request, as in docs/internals/api-server.md 2.8. */
void sim_fail(struct sim_reply *out, struct sim_request *r, int code, const char *reason, const char *fmt, ...)
{
    struct kz_arena *a = r->api->w->arena;
    /* what decodes, validates and admits a Secret may quote it */
    const bool quotes = r->api->quotes && r->kind != NULL && kz_str_is(r->kind->kind, "Secret");
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct kz_str message = kz_str_printf(a, "%s%s", text, quotes ? ": Invalid value: " SIM_CANARY ", " SIM_CANARY64 : "");
    struct kz_value *s = kz_value_map(a), *d = kz_value_map(a);
    kz_value_set(a, s, KZ_STR("kind"), kz_value_cstr(a, "Status"));
    kz_value_set(a, s, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, s, KZ_STR("metadata"), kz_value_map(a));
    kz_value_set(a, s, KZ_STR("status"), kz_value_cstr(a, "Failure"));
    kz_value_set(a, s, KZ_STR("message"), kz_value_str(a, message));
    if (reason[0] != '\0')
        kz_value_set(a, s, KZ_STR("reason"), kz_value_cstr(a, reason));
    if (r->kind != NULL && code != 500) {
        if (r->name.len > 0)
            kz_value_set(a, d, KZ_STR("name"), kz_value_str(a, r->name));
        if (r->kind->group.len > 0)
            kz_value_set(a, d, KZ_STR("group"), kz_value_str(a, r->kind->group));
        kz_value_set(a, d, KZ_STR("kind"), kz_value_str(a, r->kind->plural));
    }
    if (reason[0] != '\0' && code != 400 && code != 410)
        kz_value_set(a, s, KZ_STR("details"), d);
    kz_value_set(a, s, KZ_STR("code"), kz_value_int(a, code));
    *out = (struct sim_reply){.status = code, .body = sim_json(a, s), .content_type = "application/json",
                              .retry_after = -1};
}

/* ---- the grammar of paths ----------------------------------------------------------------------------------- */

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct kz_str decode(struct kz_arena *a, struct kz_str s)
{
    char *p = kz_arena_bytes(a, s.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '%' && i + 2 < s.len && hex(s.ptr[i + 1]) >= 0 && hex(s.ptr[i + 2]) >= 0) {
            p[n++] = (char)(hex(s.ptr[i + 1]) * 16 + hex(s.ptr[i + 2]));
            i += 2;
        } else {
            p[n++] = s.ptr[i];
        }
    }
    p[n] = '\0';
    return kz_str_n(p, n);
}

struct kz_str sim_query(struct kz_arena *a, struct kz_str query, const char *key)
{
    while (query.len > 0) {
        struct kz_str pair, name;
        query = kz_str_cut(&pair, query, '&');
        struct kz_str value = kz_str_cut(&name, pair, '=');
        if (kz_str_is(name, key))
            return decode(a, value);
    }
    return KZ_STR("");
}

bool sim_is_custom_kind(const struct sim_api *api, struct kz_str group)
{
    for (size_t i = 0; i < api->kinds.len; i++)
        if (!api->kinds.at[i]->custom && kz_str_eq(api->kinds.at[i]->group, group))
            return false;
    return true;
}

static void find_kind(struct sim_request *r, struct kz_str group, struct kz_str version, struct kz_str plural)
{
    for (size_t i = 0; i < r->api->kinds.len; i++) {
        const struct sim_kind *k = r->api->kinds.at[i];
        if (k->served && kz_str_eq(k->group, group) && kz_str_eq(k->version, version) && kz_str_eq(k->plural, plural))
            r->kind = k;
    }
    if (r->kind == NULL)
        r->no_kind = sim_is_custom_kind(r->api, group) ? "text" : "status";
}

enum { SEGMENTS = 8 };

/* /api/v1/namespaces/NS/pods/NAME/log -> kind, ns, name, sub */
static void read_path(struct sim_request *r)
{
    struct kz_arena *a = r->api->w->arena;
    struct kz_str seg[SEGMENTS], rest = kz_str_skip(r->path, 1);
    size_t n = 0, i = 0;
    while (rest.len > 0 && n < SEGMENTS) {
        rest = kz_str_cut(&seg[n], rest, '/');
        seg[n] = decode(a, seg[n]);
        n++;
    }
    bool core = n > 0 && kz_str_is(seg[0], "api");
    size_t lead = core ? 2 : 3;
    r->ns = r->name = r->sub = KZ_STR("");
    r->verb = SIM_OTHER;
    r->kind = NULL;
    if (n <= lead || (!core && !kz_str_is(seg[0], "apis")))
        return;
    i = lead;
    if (kz_str_is(seg[i], "namespaces") && n > i + 2) {
        r->ns = seg[i + 1];
        i += 2;
    }
    find_kind(r, core ? KZ_STR("") : seg[1], seg[lead - 1], seg[i]);
    r->name = n > i + 1 ? seg[i + 1] : KZ_STR("");
    r->sub = n > i + 2 ? seg[i + 2] : KZ_STR("");
    bool watch = sim_query(a, r->query, "watch").len > 0;
    switch (r->method) {
    case KZ_HTTP_GET:
        r->verb = r->name.len > 0 ? SIM_GET : watch ? SIM_WATCH : SIM_LIST;
        break;
    case KZ_HTTP_POST:
        r->verb = SIM_CREATE;
        break;
    case KZ_HTTP_PUT:
        r->verb = SIM_UPDATE;
        break;
    case KZ_HTTP_DELETE:
        r->verb = SIM_DELETE;
        break;
    case KZ_HTTP_PATCH:
        r->verb = kz_str_starts(r->content_type, KZ_STR("application/apply-patch")) ? SIM_APPLY : SIM_PATCH;
        break;
    }
    struct kz_str selector = sim_query(a, r->query, "labelSelector");
    r->value = kz_str_cut(&r->label, selector, '=');
    if (r->label.len == selector.len)
        r->value = KZ_STR_NONE; /* any value */
    r->unlike = kz_str_ends(r->label, KZ_STR("!"));
    if (r->unlike)
        r->label.len--;
    r->dry_run = kz_str_is(sim_query(a, r->query, "dryRun"), "All") ||
                 kz_str_is(kz_value_as_str(kz_value_at(kz_value_get(r->config, "dryRun"), 0)), "All");
    r->force = kz_str_is(sim_query(a, r->query, "force"), "true");
}

/* ---- answers on their way ------------------------------------------------------------------------------------ */

static bool is_write(const struct sim_request *r)
{
    return r->verb >= SIM_APPLY && r->verb <= SIM_DELETE;
}

static void pieces(struct sim_request *r, struct kz_str body)
{
    while (r->alive && body.len > 0) {
        size_t n = 1 + sim_below(&r->api->rng, body.len);
        r->on_data(r->arg, r->id, kz_str_head(body, n));
        body = kz_str_skip(body, n);
    }
}

/* Hands the answer out; nothing of the request may be used afterwards but `alive`. */
void sim_http_finish(struct sim_request *r, const struct sim_reply *rep, const struct kz_err *err, bool maybe_sent)
{
    if (!r->alive)
        return;
    bool stream = r->on_data != NULL && rep->status >= 200 && rep->status < 300;
    if (stream && rep->body.len > 0)
        pieces(r, rep->body);
    if (!r->alive)
        return;
    r->alive = false;
    struct kz_http_reply out = {.status = rep->status, .body = stream ? KZ_STR("") : rep->body,
                                .content_type = kz_str(rep->content_type), .retry_after = rep->retry_after,
                                .etag = rep->etag, .err = err, .maybe_sent = maybe_sent};
    r->on_done(r->arg, r->id, &out);
}

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

struct on_way {
    struct sim_request *r;
    struct sim_reply rep;
    bool failed, maybe_sent;
    enum kz_code code;
    const char *text;
};

static void arrive_back(void *arg, uint64_t id)
{
    struct on_way *o = arg;
    struct sim_request *r = o->r;
    struct kz_err err;
    (void)id;
    if (!r->alive)
        return;
    sim_say(r->api->w, "http %llu <- %d %s", (unsigned long long)r->id, o->rep.status, o->failed ? o->text : "");
    if (o->failed)
        (void)kz_fail(&err, o->code, "%s", o->text);
    sim_http_finish(r, &o->rep, o->failed ? &err : NULL, o->maybe_sent);
}

static void send_back(struct sim_request *r, const struct sim_reply *rep, int64_t after)
{
    struct on_way *o = kz_new(r->api->w->arena, struct on_way);
    *o = (struct on_way){.r = r, .rep = *rep};
    (void)sim_after_held(r->api->w, after, arrive_back, o, &r->client->asleep_until);
}

static void fail_back(struct sim_request *r, enum kz_code code, const char *text, bool maybe_sent, int64_t after)
{
    struct on_way *o = kz_new(r->api->w->arena, struct on_way);
    *o = (struct on_way){.r = r, .failed = true, .maybe_sent = maybe_sent, .code = code, .text = text,
                         .rep = {.content_type = "", .retry_after = -1}};
    (void)sim_after_held(r->api->w, after, arrive_back, o, &r->client->asleep_until);
}

static void timeout_back(struct sim_request *r)
{
    int64_t after = r->timeout > 0 ? r->timeout - r->fault.there : 60 * SIM_SEC;
    fail_back(r, KZ_E_TIMEOUT, "no answer in time", true, after);
}

/* ---- the server's door ------------------------------------------------------------------------------------------ */

void sim_note_refused(struct sim_request *r)
{
    const struct kz_value *labels = kz_value_path(r->config, "metadata.labels");
    kz_vec_push(&r->api->refused, kz_value_as_str(kz_value_get(labels, KZ_LABEL_MODULE)));
}

/* What kzsync writes for itself: no policy of the platform looks at it. */
static bool is_own(const struct sim_request *r)
{
    return kz_str_starts(r->name, KZ_STR("kzsync")) || (r->kind != NULL && kz_str_is(r->kind->kind, "Lease"));
}

/* Answers without doing anything. true: answered. */
static bool refuse(struct sim_request *r)
{
    struct sim_reply rep;
    int64_t back = r->fault.back;
    if (r->api->faults->no_deletes && r->verb == SIM_DELETE) {
        sim_fail(&rep, r, 403, "Forbidden", "admission webhook \"hook.example.com\" denied the request: not now");
        send_back(r, &rep, back);
        return true;
    }
    switch (r->fault.kind) {
    case SIM_FAULT_RESET:
        sim_struck_request(r->api->faults, r->fault.kind);
        fail_back(r, KZ_E_REMOTE, "connection reset", sim_chance(&r->api->rng, 500), back);
        return true;
    case SIM_FAULT_HANG:
        sim_struck_request(r->api->faults, r->fault.kind);
        timeout_back(r);
        return true;
    case SIM_FAULT_429:
    case SIM_FAULT_429_LATER:
        sim_text(&rep, 429, "Too many requests, please try again later.");
        if (r->fault.kind == SIM_FAULT_429_LATER)
            rep.retry_after = (1 + (int64_t)sim_below(&r->api->rng, 3)) * SIM_SEC;
        break;
    case SIM_FAULT_500:
        sim_fail(&rep, r, 500, "InternalError",
                 "Internal error occurred: failed calling webhook \"hook.example.com\": failed to call "
                 "webhook: Post \"https://hook\": dial tcp 10.0.0.1:443: connect: connection refused");
        break;
    case SIM_FAULT_503:
        sim_text(&rep, 503, "service unavailable");
        break;
    case SIM_FAULT_504:
        rep = (struct sim_reply){
            .status = 504, .content_type = "text/plain; charset=utf-8", .retry_after = -1,
            .body = KZ_STR("{\"metadata\":{},\"status\":\"Failure\",\"message\":\"Timeout: request did not complete "
                           "within the allotted timeout\",\"reason\":\"Timeout\",\"details\":{},\"code\":504}")};
        break;
    case SIM_FAULT_409:
        if (!is_write(r))
            return false;
        sim_fail(&rep, r, 409, "Conflict",
                 "Operation cannot be fulfilled on " KZ_FMT " \"" KZ_FMT "\": the object has been modified; please "
                 "apply your changes to the latest version and try again",
                 KZ_ARG(r->kind == NULL ? KZ_STR("") : r->kind->plural), KZ_ARG(r->name));
        break;
    case SIM_FAULT_410:
        if (r->verb != SIM_LIST || sim_query(r->api->w->arena, r->query, "continue").len == 0)
            return false; /* a watch says it inside of the stream */
        sim_list_expired(&rep, r);
        break;
    case SIM_FAULT_422:
        if (!is_write(r) || is_own(r))
            return false;
        sim_note_refused(r);
        sim_fail(&rep, r, 422, "Invalid", KZ_FMT " \"" KZ_FMT "\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' "
                 "denied request: not now", KZ_ARG(r->kind == NULL ? KZ_STR("") : r->kind->plural), KZ_ARG(r->name));
        break;
    default:
        return false;
    }
    sim_struck_request(r->api->faults, r->fault.kind);
    send_back(r, &rep, back);
    return true;
}

static void run(struct sim_reply *rep, struct sim_request *r)
{
    struct sim_api *api = r->api;
    *rep = (struct sim_reply){.status = 200, .content_type = "application/json", .retry_after = -1};
    api->acting = r;
    if (kz_str_is(r->path, "/api") || kz_str_is(r->path, "/apis"))
        sim_discovery_run(rep, r, kz_str_is(r->path, "/api"));
    else if (kz_str_is(r->path, "/version"))
        rep->body = KZ_STR("{\"major\":\"1\",\"minor\":\"32\",\"gitVersion\":\"v1.32.0\"}");
    else if (r->verb == SIM_OTHER || (r->kind == NULL && kz_str_is(kz_str(r->no_kind), "text")))
        sim_text(rep, 404, "404 page not found\n");
    else if (r->method == KZ_HTTP_PATCH && !kz_str_starts(r->content_type, KZ_STR("application/apply-patch")) &&
             !kz_str_starts(r->content_type, KZ_STR("application/json-patch")))
        sim_fail(rep, &(struct sim_request){.api = api}, 415, "UnsupportedMediaType", "415: Unsupported Media Type");
    else if (r->kind == NULL)
        sim_fail(rep, r, 404, "NotFound", "the server could not find the requested resource");
    else if (kz_str_is(r->kind->kind, "Pod") && r->sub.len > 0)
        sim_fail(rep, r, 400, "BadRequest", "container \"main\" in pod \"" KZ_FMT "\" is waiting to start",
                 KZ_ARG(r->name));
    else if (kz_str_is(r->kind->kind, "Pod"))
        sim_pods_run(rep, r);
    else if (r->verb == SIM_LIST)
        sim_list_run(rep, r);
    else
        sim_verb_run(rep, r);
    api->acting = NULL;
    if (api->observer.answered != NULL)
        api->observer.answered(api->observer.arg, r, rep->status);
}

static void reply(struct sim_request *r, struct sim_reply *rep)
{
    enum sim_fault_kind k = r->fault.kind;
    if (k == SIM_FAULT_LOST || k == SIM_FAULT_LOST_504 || k == SIM_FAULT_LOST_HANG || k == SIM_FAULT_CUT ||
        (is_write(r) && (k == SIM_FAULT_TWICE || k == SIM_FAULT_SLOW)))
        sim_struck_request(r->api->faults, k);
    switch (k) {
    case SIM_FAULT_LOST:
        fail_back(r, KZ_E_REMOTE, "connection reset", true, r->fault.back);
        return;
    case SIM_FAULT_LOST_504:
        sim_text(rep, 504, "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"Timeout: request did not complete "
                           "within the allotted timeout\",\"reason\":\"Timeout\",\"details\":{},\"code\":504}");
        break;
    case SIM_FAULT_LOST_HANG:
        timeout_back(r);
        return;
    case SIM_FAULT_CUT:
        rep->body = kz_str_head(rep->body, rep->body.len * r->fault.cut / 1000);
        break;
    default:
        break;
    }
    if (r->timeout > 0 && r->fault.there + r->fault.back > r->timeout)
        timeout_back(r);
    else
        send_back(r, rep, r->fault.back);
}

/* timeout=15s: what the server itself may take. */
static int64_t server_limit(const struct sim_request *r)
{
    struct kz_str text = sim_query(r->api->w->arena, r->query, "timeout");
    int64_t ns = INT64_MAX;
    return kz_duration_parse(&ns, text) ? ns : INT64_MAX;
}

/* Done when it arrives, late; given up by the server in time; and with its client's connection. */
static bool took_too_long(struct sim_request *r)
{
    return r->fault.kind == SIM_FAULT_SLOW && (!r->alive || r->fault.there > server_limit(r));
}

static void arrive(void *arg, uint64_t id)
{
    struct sim_request *r = arg;
    struct sim_api *api = r->api;
    struct sim_reply rep;
    (void)id;
    if (took_too_long(r) || (!r->alive && sim_chance(&api->rng, 500)))
        return; /* or it never left the client */
    if (api->faults->down) {
        fail_back(r, KZ_E_REMOTE, "connection refused", false, SIM_MS);
        return;
    }
    read_path(r); /* once more: kinds come and go */
    if (refuse(r))
        return;
    if (r->verb == SIM_WATCH && r->kind != NULL) {
        if (!sim_watch_begin(&rep, r))
            send_back(r, &rep, r->fault.back);
        return;
    }
    run(&rep, r);
    if (r->fault.kind == SIM_FAULT_TWICE && is_write(r)) {
        read_path(r);
        run(&rep, r);
    }
    reply(r, &rep);
}

/* ---- the client's side --------------------------------------------------------------------------------------------- */

static struct kz_str header(const struct kz_http_request *req, const char *name)
{
    for (size_t i = 0; i < req->n_headers; i++)
        if (kz_str_is(req->headers[i].name, name))
            return req->headers[i].value;
    return KZ_STR("");
}

/* Of a request that gets no answer at all. */
static int64_t shorter(int64_t whole, int64_t idle)
{
    return whole == 0 || (idle > 0 && idle < whole) ? idle : whole;
}

static uint64_t start(void *impl, const struct kz_http_request *req)
{
    struct sim_client *client = impl;
    struct sim_api *api = client->api;
    struct kz_arena *a = api->w->arena;
    struct sim_request *r = kz_new(a, struct sim_request);
    struct kz_err err;
    struct kz_str path;
    *r = (struct sim_request){.api = api, .client = client, .method = req->method, .body = kz_str_dup(a, req->body),
                              .content_type = kz_str_dup(a, kz_str(req->content_type)),
                              .etag = kz_str_dup(a, header(req, "if-none-match")),
                              .user = kz_str_dup(a, header(req, "impersonate-user")),
                              .metadata = kz_str_has(kz_str(req->accept), KZ_STR("as=PartialObjectMetadataList")),
                              .timeout = shorter(req->timeout, req->idle_timeout),
                              .on_data = req->on_data, .on_done = req->on_done, .arg = req->arg, .alive = true,
                              .life = client->life};
    r->query = kz_str_dup(a, kz_str_cut(&path, req->path, '?'));
    r->path = kz_str_dup(a, path);
    kz_vec_push(&api->requests, r);
    r->id = api->requests.len;
    if (r->body.len > 0 && kz_json_read(&r->config, a, r->body, KZ_STR("request"), &err) < 0)
        r->config = NULL;
    read_path(r);
    r->fault = sim_fault_draw(api->faults, r->verb == SIM_WATCH, r->verb == SIM_LIST, is_write(r));
    if (r->verb == SIM_GET && api->faults->slow_get != NULL && kz_str_ends(r->path, kz_str(api->faults->slow_get)))
        r->fault.back += 13 * SIM_SEC;
    if (r->verb == SIM_WATCH && api->faults->silent_watch != NULL && kz_str_ends(r->path, kz_str(api->faults->silent_watch)))
        r->fault.kind = SIM_FAULT_SILENT;
    sim_say(api->w, "http %llu -> %s " KZ_FMT "%s" KZ_FMT " [%s]", (unsigned long long)r->id, methods[r->method],
            KZ_ARG(r->path), r->query.len > 0 ? "?" : "", KZ_ARG(r->query), sim_fault_name(r->fault.kind));
    if (api->observer.sent != NULL)
        api->observer.sent(api->observer.arg, r);
    (void)sim_after(api->w, r->fault.there, arrive, r);
    if (r->fault.kind == SIM_FAULT_SLOW && r->fault.there > server_limit(r))
        fail_back(r, KZ_E_TIMEOUT, "no answer in time", true, r->timeout);
    return r->id;
}

static void cancel(void *impl, uint64_t id)
{
    const struct sim_client *client = impl;
    const struct sim_api *api = client->api;
    if (id == 0 || id > api->requests.len)
        return;
    struct sim_request *r = api->requests.at[id - 1];
    r->alive = false;
    sim_watch_end(r);
}

static const struct kz_http_ops http_ops = {.start = start, .cancel = cancel};

void sim_client_init(struct sim_client *c, struct sim_api *api, unsigned slot)
{
    *c = (struct sim_client){.api = api, .slot = slot};
    c->http = (struct kz_http){.ops = &http_ops, .impl = c};
}
