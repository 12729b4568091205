/* SPDX-License-Identifier: Apache-2.0
 *
 *     LIST --page--> LIST --last page--> OPEN --first byte--> WATCH --end--> OPEN
 *      ^               |                  |                    |
 *      +---- 410 ------+------ 410 -------+------ 410 ---------+
 *     any --trouble--> WAIT --timer--> LIST or OPEN
 *     any --404--> LOST --not in discovery, twice, 30 s apart--> GONE
 *
 * `version` is where the watch goes on; it is only taken from events, bookmarks and the list, and is
 * opaque. While it is "" there is no complete list yet, and the next step is LIST. */
#include "kube/watch.h"

#include "kube/call.h"
#include "kube/items.h"
#include "kube/lines.h"
#include "kube/path.h"
#include "value/json.h"

#include <stdio.h>

enum {
    PAGE = 500,
    EVENT_MAX = 8 << 20,
    VERSION_MAX = 64,
    SECONDS_MIN = 290, /* a watch ends by itself after 290..590 s: spread over all watches */
    SECONDS_SPREAD = 301,
    TROUBLE_MAX = 3, /* resumes that fail before a new list */
};
static const int64_t BACKOFF_FIRST = KZ_NS_PER_SEC;
static const int64_t BACKOFF_MAX = 30 * KZ_NS_PER_SEC; /* an API server that is back is seen within that; client-go waits as long */
static const int64_t IDLE_SLACK = 30 * KZ_NS_PER_SEC;
static const int64_t GONE_AFTER = 30 * KZ_NS_PER_SEC;
static const int64_t LIST_TIMEOUT = 120 * KZ_NS_PER_SEC;
static const int64_t LIST_IDLE = 30 * KZ_NS_PER_SEC;
static const int64_t PROBE_TIMEOUT = 20 * KZ_NS_PER_SEC;
static const int64_t LASTED = 5 * KZ_NS_PER_SEC; /* a watch that ran so long was a good one */

enum state {
    LIST,  /* a page is on its way */
    PROBE, /* asking whether `version` is still in the server's past */
    OPEN,  /* a watch was asked for; no reply yet */
    WATCH, /* events come */
    WAIT,  /* for the timer */
    LOST,  /* 404: discovery is asked whether the kind is gone */
    GONE,  /* for good */
};

struct kz_watch {
    struct kz_kube *k;
    struct kz_str group, kind, ns, selector; /* in arena */
    struct kz_arena *arena;
    kz_watch_fn fn;
    void *arg;

    enum state state;
    bool synced, reset_due, closed, busy; /* busy: inside a callback, the struct must stay */
    char version[VERSION_MAX];
    struct kz_buf more;      /* continue token of the next page; "" for the first */
    struct kz_items items;   /* of the page that comes in */
    struct kz_lines lines;   /* of the watch */
    struct kz_verdict ended; /* an ERROR event said why the stream ends */
    bool has_ended, heard;   /* heard: this stream carried anything */
    bool silent;             /* the last stream ran to its end and carried nothing */
    /* An object that can't be read (a NUL in a text is legal there, not here) fails its stream once: it
     * may have been cut. If it comes again, it is left out: one odd object must not hide its kind. */
    bool lenient, skipped;
    int64_t opened;        /* mono */
    int64_t missing_since; /* mono; -1: the kind is there */
    unsigned trouble;
    struct kz_backoff backoff;
    uint64_t call, http, timer;
};

static void begin_list(struct kz_watch *w);
static void begin_watch(struct kz_watch *w);
static void begin_probe(struct kz_watch *w);
static void wait_for(struct kz_watch *w, int64_t ns);
static void look_for_kind(struct kz_watch *w);

/* ---- life ------------------------------------------------------------------------------------ */
static void watch_free(struct kz_watch *w)
{
    kz_buf_done(&w->more);
    kz_items_done(&w->items);
    kz_lines_done(&w->lines);
    kz_arena_free(w->arena);
    free(w);
}

void kz_watch_close(struct kz_watch *w)
{
    if (w == NULL)
        return;
    kz_kube_cancel(w->k, w->call);
    if (w->http != 0)
        w->k->http->ops->cancel(w->k->http->impl, w->http);
    kz_env_timer_stop(w->k->env, &w->timer);
    kz_discovery_forget(w->k, w);
    w->call = w->http = 0;
    w->closed = true;
    w->k->stats.watches--;
    if (!w->busy)
        watch_free(w);
}

bool kz_watch_synced(const struct kz_watch *w)
{
    return w->synced;
}

/* The owner may close the watch in its callback: false then, and the caller returns at once. */
static bool emit(struct kz_watch *w, enum kz_watch_event ev, const struct kz_value *obj,
                 const struct kz_err *err)
{
    if (!w->closed)
        w->fn(w->arg, w, ev, obj, err);
    return !w->closed;
}

/* Every entry from the loop: w stays until the end of it. */
static void enter(struct kz_watch *w)
{
    kz_assert(!w->busy);
    w->busy = true;
}

static void leave(struct kz_watch *w)
{
    w->busy = false;
    if (w->closed)
        watch_free(w);
}

static struct kz_ask ask_of(const struct kz_watch *w)
{
    return (struct kz_ask){
        .verb = KZ_VERB_WATCH, .id = {.group = w->group, .kind = w->kind, .ns = w->ns}
    };
}

/* ---- trouble --------------------------------------------------------------------------------- */
static void list_again(struct kz_watch *w)
{
    w->version[0] = '\0';
    kz_buf_clear(&w->more);
    w->synced = false;
    w->trouble = 0;
}

static void resume(void *arg, uint64_t timer)
{
    struct kz_watch *w = arg;
    (void)timer;
    w->timer = 0;
    enter(w);
    if (w->state == LOST)
        look_for_kind(w);
    else if (w->version[0] == '\0')
        begin_list(w);
    else if (w->silent)
        begin_probe(w);
    else
        begin_watch(w);
    leave(w);
}

static void wait_for(struct kz_watch *w, int64_t ns)
{
    if (w->closed)
        return;
    kz_env_timer_stop(w->k->env, &w->timer);
    w->timer = kz_env_timer(w->k->env, ns, resume, w);
}

/* The first time at once, then spaced out until a stream has carried something. */
static void wait_next(struct kz_watch *w)
{
    bool first = w->backoff.tries == 0;
    int64_t wait = kz_backoff_next(&w->backoff, w->k->env);
    wait_for(w, first ? 0 : wait);
}

/* Something failed: 410 begins a new list, 404 asks discovery, the rest waits and goes on. */
static void on_trouble(struct kz_watch *w, int http, const struct kz_verdict *v)
{
    if (http == 410) {
        list_again(w);
        w->state = WAIT;
        wait_next(w);
        return;
    }
    if (v->outcome == KZ_NO_KIND) {
        w->state = LOST;
        look_for_kind(w);
        return;
    }
    /* The server itself dislikes the version; while it is away, resuming costs least. */
    if ((http >= 500 || http == 400) && ++w->trouble > TROUBLE_MAX)
        list_again(w);
    w->state = WAIT;
    int64_t wait = kz_backoff_next(&w->backoff, w->k->env);
    wait_for(w, v->retry_after > wait ? v->retry_after : wait);
    (void)emit(w, KZ_WATCH_ERROR, NULL, &v->err);
}

/* ---- the kind is not served ------------------------------------------------------------------ */
static void on_discovered(void *arg, const struct kz_err *err)
{
    struct kz_watch *w = arg;
    const struct kz_api *api = kz_kube_api(w->k, w->group, KZ_STR(""), w->kind);
    int64_t now = kz_env_mono(w->k->env);
    enter(w);
    if (err != NULL || api != NULL || kz_discovery_is_stale(w->k, w->group)) {
        w->missing_since = -1;
        w->state = api == NULL ? LOST : WAIT;
        wait_next(w);
        if (err != NULL)
            (void)emit(w, KZ_WATCH_ERROR, NULL, err);
    } else if (w->missing_since < 0) {
        w->missing_since = now;
        wait_for(w, GONE_AFTER);
    } else if (now - w->missing_since < GONE_AFTER) {
        wait_for(w, GONE_AFTER - (now - w->missing_since));
    } else {
        w->state = GONE;
        w->synced = false;
        (void)emit(w, KZ_WATCH_GONE, NULL, NULL);
    }
    leave(w);
}

static void look_for_kind(struct kz_watch *w)
{
    w->state = LOST;
    kz_kube_discover(w->k, on_discovered, w);
}

/* ---- paths ----------------------------------------------------------------------------------- */
/* false: the kind is unknown to discovery; the search for it has begun. */
static bool collection(struct kz_watch *w, struct kz_buf *path)
{
    const struct kz_api *api = kz_kube_api(w->k, w->group, KZ_STR(""), w->kind);
    if (api == NULL) {
        look_for_kind(w);
        return false;
    }
    kz_path_object(path, api->group, api->version, api->plural,
                   api->namespaced ? w->ns : KZ_STR(""), KZ_STR(""));
    if (w->selector.len > 0)
        kz_path_query(path, "labelSelector", w->selector);
    return true;
}

static void query_number(struct kz_buf *path, const char *key, unsigned value)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", value);
    kz_path_query(path, key, kz_str(text));
}

/* Takes the version over; an absurdly long one counts as none. */
static void set_version(struct kz_watch *w, struct kz_str version)
{
    if (version.len == 0 || version.len >= sizeof w->version)
        return;
    memcpy(w->version, version.ptr, version.len);
    w->version[version.len] = '\0';
}

/* ---- list ------------------------------------------------------------------------------------ */
/* kind and apiVersion are missing in items of built-in kinds: all of a watch have the same. */
static void name_item(struct kz_watch *w, struct kz_value *obj)
{
    struct kz_arena *a = w->k->scratch;
    const struct kz_api *api = kz_kube_api(w->k, w->group, KZ_STR(""), w->kind);
    if (kz_value_get(obj, "kind") == NULL)
        kz_value_set(a, obj, KZ_STR("kind"), kz_value_str(a, w->kind));
    if (kz_value_get(obj, "apiVersion") == NULL && api != NULL)
        kz_value_set(a, obj, KZ_STR("apiVersion"),
                     kz_value_str(a, kz_api_version_join(a, api->group, api->version)));
}

/* {"metadata":{"name":"x",...: as built-in kinds begin; "" for others. */
static struct kz_str guess_name(struct kz_str text)
{
    static const struct kz_str lead = KZ_STR_INIT("\"metadata\":{\"name\":\"");
    struct kz_str name = KZ_STR("");
    for (size_t i = 0; i + lead.len < text.len; i++) {
        if (kz_str_starts(kz_str_skip(text, i), lead)) {
            (void)kz_str_cut(&name, kz_str_skip(text, i + lead.len), '"');
            break;
        }
    }
    return kz_str_head(name, 253);
}

/* true: left out, the stream goes on. */
static bool leave_out(struct kz_watch *w, struct kz_str text, const struct kz_err *why)
{
    struct kz_err err;
    const struct kz_ask ask = ask_of(w);
    struct kz_str name = guess_name(text);
    if (!w->lenient) {
        w->lenient = true;
        return false;
    }
    w->skipped = true;
    (void)kz_fail(&err, KZ_E_PARSE, "object '" KZ_FMT "' is left out: %s", KZ_ARG(name),
                  kz_ask_is_secret(&ask) ? "it can't be read" : why->frame[0]);
    (void)kz_wrap(&err, KZ_FMT, KZ_ARG(kz_ask_text(w->k->scratch, &ask)));
    (void)emit(w, KZ_WATCH_ERROR, NULL, &err);
    return true;
}

/* One item of a list. */
static void on_item(struct kz_watch *w, struct kz_str text)
{
    struct kz_value *obj = NULL;
    struct kz_err err;
    if (kz_json_read(&obj, w->k->scratch, text, KZ_STR("list"), &err) < 0) {
        w->items.bad = !leave_out(w, text, &err);
    } else {
        name_item(w, obj);
        (void)emit(w, KZ_WATCH_OBJECT, obj, NULL);
    }
    kz_arena_reset(w->k->scratch);
}

static void on_page_data(void *arg, struct kz_str piece)
{
    struct kz_watch *w = arg;
    struct kz_str item;
    enter(w);
    if (w->reset_due) {
        w->reset_due = false;
        (void)emit(w, KZ_WATCH_RESET, NULL, NULL);
    }
    while (!w->closed && kz_items_next(&w->items, &piece, &item))
        on_item(w, item);
    leave(w);
}

/* The page is complete: the next one, or the watch. */
static void end_page(struct kz_watch *w, const struct kz_value *envelope)
{
    struct kz_str more = kz_value_path_str(envelope, "metadata.continue");
    kz_buf_clear(&w->more);
    kz_buf_add_str(&w->more, more);
    if (more.len > 0) {
        begin_list(w);
        return;
    }
    set_version(w, kz_value_path_str(envelope, "metadata.resourceVersion"));
    kz_items_clear(&w->items); /* its memory is not needed before the next list */
    w->synced = true;
    w->lenient = w->skipped;
    w->missing_since = -1;
    w->trouble = 0;
    w->silent = false;
    if (emit(w, KZ_WATCH_SYNCED, NULL, NULL))
        begin_watch(w);
}

static void page_broken(struct kz_watch *w)
{
    struct kz_verdict v = {.outcome = KZ_TRANSIENT, .retry_after = -1};
    const struct kz_ask ask = ask_of(w);
    (void)kz_fail(&v.err, KZ_E_REMOTE, "%s",
                  w->items.bad ? "the list can't be read, or one object is over 8 MiB"
                               : "the list was cut off");
    (void)kz_wrap(&v.err, KZ_FMT, KZ_ARG(kz_ask_text(w->k->scratch, &ask)));
    kz_arena_reset(w->k->scratch);
    on_trouble(w, 0, &v);
}

static void on_page(void *arg, const struct kz_result *res, const struct kz_http_reply *reply)
{
    struct kz_watch *w = arg;
    struct kz_str text;
    struct kz_value *envelope = NULL;
    struct kz_err err;
    w->call = 0;
    (void)reply;
    enter(w);
    if (res->outcome != KZ_DONE) {
        struct kz_verdict v = {.outcome = res->outcome, .retry_after = res->retry_after};
        v.err = *res->err;
        on_trouble(w, res->status, &v);
    } else if (!kz_items_end(&w->items, &text) ||
               kz_json_read(&envelope, res->arena, text, KZ_STR("list"), &err) < 0) {
        page_broken(w);
    } else {
        end_page(w, envelope);
    }
    leave(w);
}

/* Asks for the page at `more`, or for the first. */
static void begin_list(struct kz_watch *w)
{
    const struct kz_id id = {.group = w->group, .kind = w->kind, .ns = w->ns};
    struct kz_call *c = kz_call_new(w->k, KZ_VERB_LIST, &id);
    w->state = LIST;
    if (!collection(w, &c->path)) {
        kz_call_free(c);
        return;
    }
    query_number(&c->path, "limit", PAGE);
    if (w->more.len > 0)
        kz_path_query(&c->path, "continue", kz_buf_str(&w->more));
    else
        w->reset_due = true;
    if (w->more.len == 0)
        w->skipped = false;
    kz_items_clear(&w->items);
    c->method = KZ_HTTP_GET;
    c->timeout = LIST_TIMEOUT;
    c->idle_timeout = LIST_IDLE;
    c->flags = KZ_CALL_ONCE;
    c->on_data = on_page_data;
    c->on_reply = on_page;
    c->arg = w;
    w->call = kz_call_submit(c);
}

/* ---- watch ----------------------------------------------------------------------------------- */
static void on_error_event(struct kz_watch *w, const struct kz_value *obj)
{
    const struct kz_ask ask = ask_of(w);
    kz_status_judge_event(&w->ended, w->k->scratch, &ask, obj);
    w->ended.conflicts = NULL;
    w->ended.n_conflicts = 0;
    if (kz_value_path_int(obj, "code", 0) == 410 ||
        kz_str_is(kz_value_path_str(obj, "reason"), "Expired"))
        w->ended.outcome = KZ_MOVED_ON; /* marks: list again */
    w->has_ended = true;
}

static void unreadable_event(struct kz_watch *w)
{
    const struct kz_ask ask = ask_of(w);
    w->ended = (struct kz_verdict){.outcome = KZ_TRANSIENT, .retry_after = -1};
    (void)kz_fail(&w->ended.err, KZ_E_REMOTE, "%s",
                  w->lines.bad ? "an event is over 8 MiB" : "an event can't be read");
    (void)kz_wrap(&w->ended.err, KZ_FMT, KZ_ARG(kz_ask_text(w->k->scratch, &ask)));
    w->has_ended = true;
}

static void on_event(struct kz_watch *w, const struct kz_value *event)
{
    struct kz_str type = kz_value_path_str(event, "type");
    const struct kz_value *obj = kz_value_get(event, "object");
    struct kz_str version = kz_value_path_str(obj, "metadata.resourceVersion");
    if (kz_str_is(type, "ERROR")) {
        on_error_event(w, obj);
        return;
    }
    if (version.len == 0) {
        unreadable_event(w);
        return;
    }
    w->heard = true;
    w->trouble = 0;
    kz_backoff_reset(&w->backoff);
    set_version(w, version);
    if (kz_str_is(type, "ADDED") || kz_str_is(type, "MODIFIED"))
        (void)emit(w, KZ_WATCH_OBJECT, obj, NULL);
    else if (kz_str_is(type, "DELETED"))
        (void)emit(w, KZ_WATCH_DELETED, obj, NULL);
}

static void on_watch_data(void *arg, uint64_t http, struct kz_str piece)
{
    struct kz_watch *w = arg;
    struct kz_str line;
    (void)http;
    enter(w);
    w->state = WATCH;
    while (!w->closed && !w->has_ended && kz_lines_next(&w->lines, &piece, &line)) {
        struct kz_value *event = NULL;
        struct kz_err err;
        if (kz_json_read(&event, w->k->scratch, line, KZ_STR("event"), &err) == 0)
            on_event(w, event);
        else if (!leave_out(w, line, &err))
            unreadable_event(w);
        kz_arena_reset(w->k->scratch);
    }
    if (!w->closed && !w->has_ended && w->lines.bad)
        unreadable_event(w);
    leave(w);
}

/* The stream ended. After a good run that is normal: go on at once from where we are. */
static void stream_ended(struct kz_watch *w)
{
    bool lasted = kz_env_mono(w->k->env) - w->opened >= LASTED;
    if (lasted)
        kz_backoff_reset(&w->backoff);
    w->silent = lasted && !w->heard;
    w->lenient = w->lenient && w->skipped;
    w->state = WAIT;
    wait_for(w, lasted ? 0 : kz_backoff_next(&w->backoff, w->k->env));
}

static bool is_end(const struct kz_watch *w, const struct kz_http_reply *reply)
{
    return !w->has_ended && reply->status == 200 &&
           (reply->err == NULL || w->state == WATCH || reply->err->code == KZ_E_TIMEOUT);
}

static void count(struct kz_watch *w, const struct kz_http_reply *reply)
{
    struct kz_kube_stats *s = &w->k->stats;
    const bool expired = w->has_ended ? w->ended.outcome == KZ_MOVED_ON : reply->status == 410;
    s->by[KZ_VERB_WATCH][kz_code_class(reply->status)][kz_resource_class(w->group, w->kind)]++;
    s->watch_ends[expired ? KZ_WATCH_END_EXPIRED : is_end(w, reply) ? KZ_WATCH_END_TIME : KZ_WATCH_END_ERROR]++;
}

static void on_watch_done(void *arg, uint64_t http, const struct kz_http_reply *reply)
{
    struct kz_watch *w = arg;
    const struct kz_ask ask = ask_of(w);
    struct kz_verdict v;
    struct kz_value *body = NULL;
    struct kz_err err;
    (void)http;
    w->http = 0;
    count(w, reply);
    kz_lines_clear(&w->lines);
    enter(w);
    if (w->has_ended) {
        v = w->ended;
        on_trouble(w, v.outcome == KZ_MOVED_ON ? 410 : 500, &v);
    } else if (is_end(w, reply)) {
        stream_ended(w); /* a cut of a running stream is an end like any other */
    } else {
        if (kz_json_read(&body, w->k->scratch, reply->body, KZ_STR("reply"), &err) < 0)
            body = NULL;
        kz_status_judge(&v, w->k->scratch, &ask, reply, body);
        if (v.outcome == KZ_DONE) { /* 2xx other than 200: not a stream */
            v.outcome = KZ_TRANSIENT;
            (void)kz_fail(&v.err, KZ_E_REMOTE, "the answer to a watch is HTTP %d", reply->status);
        }
        kz_arena_reset(w->k->scratch);
        on_trouble(w, reply->status, &v);
    }
    leave(w);
}

/* ---- probe ----------------------------------------------------------------------------------- */
static bool is_future(const struct kz_result *res)
{
    const struct kz_value *causes = kz_value_path(res->body, "details.causes");
    return kz_str_is(kz_value_path_str(kz_value_at(causes, 0), "reason"),
                     "ResourceVersionTooLarge") ||
           kz_str_has(kz_value_path_str(res->body, "message"), KZ_STR("arge resource version"));
}

static void on_probe(void *arg, const struct kz_result *res, const struct kz_http_reply *reply)
{
    struct kz_watch *w = arg;
    (void)reply;
    w->call = 0;
    enter(w);
    if (res->outcome == KZ_DONE) {
        w->silent = false;
        begin_watch(w);
    } else {
        struct kz_verdict v = {.outcome = res->outcome, .retry_after = res->retry_after};
        v.err = *res->err;
        on_trouble(w, is_future(res) ? 410 : res->status, &v);
    }
    leave(w);
}

/* A watch from a version in the server's future is silent for ever
 * (docs/internals/api-server.md 4.2): so it is after etcd was restored from a backup. One small request
 * tells that from an idle kind. */
static void begin_probe(struct kz_watch *w)
{
    const struct kz_id id = {.group = w->group, .kind = w->kind, .ns = w->ns};
    struct kz_call *c = kz_call_new(w->k, KZ_VERB_LIST, &id);
    w->state = PROBE;
    if (!collection(w, &c->path)) {
        kz_call_free(c);
        return;
    }
    kz_path_query(&c->path, "limit", KZ_STR("1"));
    kz_path_query(&c->path, "resourceVersion", kz_str(w->version));
    kz_path_query(&c->path, "resourceVersionMatch", KZ_STR("NotOlderThan"));
    c->method = KZ_HTTP_GET;
    c->timeout = PROBE_TIMEOUT;
    c->flags = KZ_CALL_ONCE;
    c->on_reply = on_probe;
    c->arg = w;
    w->call = kz_call_submit(c);
}

static void begin_watch(struct kz_watch *w)
{
    KZ_CLEANUP(kz_buf_done) struct kz_buf path;
    kz_buf_init(&path, KZ_PATH_MAX);
    if (!collection(w, &path))
        return;
    unsigned seconds = SECONDS_MIN + (unsigned)(kz_env_random64(w->k->env) % SECONDS_SPREAD);
    int64_t idle = seconds * KZ_NS_PER_SEC + IDLE_SLACK;
    kz_path_query(&path, "watch", KZ_STR("1"));
    kz_path_query(&path, "resourceVersion", kz_str(w->version));
    kz_path_query(&path, "allowWatchBookmarks", KZ_STR("true"));
    query_number(&path, "timeoutSeconds", seconds);
    w->state = OPEN;
    w->has_ended = w->heard = w->skipped = false;
    w->opened = kz_env_mono(w->k->env);
    w->k->stats.requests++;
    w->http = w->k->http->ops->start(w->k->http->impl, &(struct kz_http_request){
                                                           .method = KZ_HTTP_GET,
                                                           .path = kz_buf_str(&path),
                                                           .headers = w->k->headers,
                                                           .n_headers = w->k->n_headers,
                                                           .idle_timeout = idle,
                                                           .on_data = on_watch_data,
                                                           .on_done = on_watch_done,
                                                           .arg = w,
                                                       });
}

struct kz_watch *kz_watch_open(struct kz_kube *k, struct kz_str group, struct kz_str kind,
                               struct kz_str ns, struct kz_str label_selector, kz_watch_fn fn,
                               void *arg)
{
    struct kz_watch *w = calloc(1, sizeof *w);
    kz_assert(w != NULL);
    w->k = k;
    w->arena = kz_arena_new((size_t)1 << 20);
    w->group = kz_str_dup(w->arena, group);
    w->kind = kz_str_dup(w->arena, kind);
    w->ns = kz_str_dup(w->arena, ns);
    w->selector = kz_str_dup(w->arena, label_selector);
    w->fn = fn;
    w->arg = arg;
    w->missing_since = -1;
    w->backoff = (struct kz_backoff){.first = BACKOFF_FIRST, .max = BACKOFF_MAX};
    kz_buf_init(&w->more, KZ_PATH_MAX);
    kz_items_init(&w->items, EVENT_MAX);
    kz_lines_init(&w->lines, EVENT_MAX);
    w->state = WAIT;
    k->stats.watches++;
    wait_for(w, 0);
    return w;
}
