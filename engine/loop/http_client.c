/* SPDX-License-Identifier: Apache-2.0
 *
 * start and cancel only note what is wanted; settle(), deferred to the end of the loop's turn, talks to
 * curl. So both may be called from any callback, also from inside curl, and nothing completes inside
 * start. Names are looked up by libcurl's resolver threads. */
#include "loop/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "loop/http_endpoint.h"
#include "loop/http_error.h"
#include "loop/http_reply.h"
#include "loop/loop_impl.h"

enum {
    BODY_MAX = 64 << 20,
    ACTIVE_MAX = 64, /* requests under way, watches not counted; the rest waits its turn */
    SPARE_MAX = 2,   /* finished easy handles kept for the next request */
    BUFFER = 16 << 10,
    BUFFER_WATCH = 4 << 10, /* a watch holds its buffer for hours */
    LARGE_BODY = 60 << 10,  /* more goes by HTTP/1.1, see is_large */
    LARGE_MAX = 4,          /* such requests, and so connections, at a time */
    STREAMS = 250,          /* on one connection; the API server's own limit */
    HEARD_MAX = 16,         /* connections of which is known when they carried something last */
    IDLE_CONNECTIONS = 4,
};

enum state {
    FRESH,   /* not yet with curl */
    RUNNING, /* with curl */
    DEAD,    /* cancelled: settle frees it, no callback */
};

struct request {
    struct kz_http_client *client;
    struct request *prev, *next; /* all requests of the client */
    uint64_t id;
    enum state state;
    struct kz_http_request req; /* its strings are copies in mem; NULL once curl has them */
    struct kz_arena *mem;
    size_t body_len;
    char *body_out; /* the request's body: curl reads it until the end */
    struct curl_slist *headers;
    CURL *easy;
    ev_timer timer;
    int64_t deadline, last_byte; /* clock of kz_clock_mono; deadline 0: none */
    bool counted;                /* in the client's active */
    bool sent, too_large;
    int64_t sent_at;
    int local_port; /* its connection's, once it was sent */
    struct kz_http_head head;
    struct kz_buf body;
    char detail[CURL_ERROR_SIZE];
};

struct sock {
    ev_io w;
    struct sock *prev, *next;
};

/* When a connection, known by its local port, carried a byte of any reply last. */
struct heard {
    int local_port;
    int64_t at;
};

struct kz_http_client {
    struct kz_loop *loop;
    struct kz_endpoint at;
    CURLM *multi;
    ev_timer timer; /* curl's */
    struct sock *socks;
    struct heard heard[HEARD_MAX];
    struct kz_map by_id;
    struct request *requests;
    unsigned active, large; /* counted requests; those of them with a large body */
    CURL *spare[SPARE_MAX];
    unsigned n_spare;
    bool settling; /* settle is deferred */
    bool closing;
};

static void settle_later(struct kz_http_client *c);

/* ---- one request: life ------------------------------------------------------------------------- */
/* A body above the initial window of an HTTP/2 stream (RFC 9113, 6.9.2) takes a connection of its own:
 * while it waits for the window libcurl 7.88 spins, and when the server answers before it has read all
 * (401, 413, 429) the answer is lost. */
static bool is_large(const struct request *r)
{
    return r->body_len > LARGE_BODY;
}

/* A watch is a body that streams without end. */
static bool is_watch(const struct request *r)
{
    return r->req.on_data != NULL && r->req.timeout == 0;
}

static struct request *request_new(struct kz_http_client *c, const struct kz_http_request *in)
{
    struct request *r = kz_loop_alloc(sizeof *r);
    r->client = c;
    r->id = kz_loop_next_id(c->loop);
    r->mem = kz_arena_new(SIZE_MAX / 2);
    r->req = *in;
    r->req.path = kz_http_copy(r->mem, in->path);
    r->req.body = KZ_STR_NONE;
    r->body_len = in->body.len;
    r->body_out = kz_loop_alloc(in->body.len + 1);
    if (in->body.len > 0)
        memcpy(r->body_out, in->body.ptr, in->body.len);
    r->req.content_type =
        in->content_type != NULL ? kz_cstr(r->mem, kz_str(in->content_type)) : NULL;
    r->req.accept = kz_cstr(r->mem, kz_str(in->accept != NULL ? in->accept : "application/json"));
    struct kz_http_header *headers = kz_new_n(r->mem, struct kz_http_header, in->n_headers);
    for (size_t i = 0; i < in->n_headers; i++) {
        headers[i].name = kz_http_copy(r->mem, in->headers[i].name);
        headers[i].value = kz_http_copy(r->mem, in->headers[i].value);
    }
    r->req.headers = headers;
    kz_buf_init(&r->body, in->max_body != 0 ? in->max_body : BODY_MAX);
    kz_http_head_init(&r->head);
    r->next = c->requests;
    if (r->next != NULL)
        r->next->prev = r;
    c->requests = r;
    (void)kz_map_put(&c->by_id, kz_id_key(&r->id), r);
    return r;
}

/* Never from inside curl. A watch's handle is not used again: libcurl 7.88 keeps its small buffer and
 * would fill it as if it had the size that the next request asks for. */
static void leave_curl(struct request *r)
{
    struct kz_http_client *c = r->client;
    ev_timer_stop(c->loop->ev, &r->timer);
    if (r->easy == NULL)
        return;
    if (r->counted) {
        r->counted = false;
        c->active--;
        c->large -= is_large(r);
        if (!c->closing)
            settle_later(c); /* another one may start */
    }
    (void)curl_multi_remove_handle(c->multi, r->easy);
    if (c->n_spare < SPARE_MAX && !c->closing && !is_watch(r)) {
        curl_easy_reset(r->easy);
        c->spare[c->n_spare++] = r->easy;
    } else {
        curl_easy_cleanup(r->easy);
    }
    r->easy = NULL;
}

static void request_free(struct request *r)
{
    struct kz_http_client *c = r->client;
    leave_curl(r);
    (void)kz_map_del(&c->by_id, kz_id_key(&r->id));
    if (r->prev != NULL)
        r->prev->next = r->next;
    else
        c->requests = r->next;
    if (r->next != NULL)
        r->next->prev = r->prev;
    curl_slist_free_all(r->headers);
    kz_buf_done(&r->body);
    kz_arena_free(r->mem);
    free(r->body_out);
    free(r);
}

/* The one place where a request ends with a callback. err NULL: a complete reply. */
static void complete(struct request *r, const struct kz_err *err)
{
    struct kz_http_client *c = r->client;
    long status = 0;
    if (r->easy != NULL)
        (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    leave_curl(r);
    (void)kz_map_del(&c->by_id, kz_id_key(&r->id)); /* a cancel from the callback finds nothing */
    r->state = DEAD;
    struct kz_http_reply reply = {
        .status = (int)status,
        .body = kz_buf_str(&r->body),
        .content_type = kz_str(r->head.content_type),
        .etag = kz_str(r->head.etag),
        .retry_after = r->head.retry_after,
        .date = r->head.date,
        .err = err,
        .maybe_sent = err != NULL && r->sent,
    };
    if (status == 401 && c->at.server.token_refused != NULL)
        c->at.server.token_refused(c->at.server.arg);
    r->req.on_done(r->req.arg, r->id, &reply);
    request_free(r); /* the client may be closing, but settle has not run yet */
}

static void fail(struct request *r, CURLcode code)
{
    struct kz_http_client *c = r->client;
    struct kz_err err;
    struct kz_http_failure f = {
        .curl_code = (int)code,
        .connected = r->sent,
        .detail = r->detail,
        .what = c->at.what,
        .base = c->at.base,
        .name = c->at.name,
        .connect_timeout = kz_connect_timeout,
    };
    if (r->easy != NULL) {
        (void)curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &f.os_errno);
        (void)curl_easy_getinfo(r->easy, CURLINFO_SSL_VERIFYRESULT, &f.verify_result);
    }
    if (r->too_large)
        (void)kz_fail(&err, KZ_E_LIMIT, "the reply of %s at %s is larger than %zu bytes",
                      c->at.what, c->at.base, r->body.max);
    else
        kz_http_explain(&err, &f);
    complete(r, &err);
}

/* ---- connections that fell silent --------------------------------------------------------------- */
static struct heard *heard_of(struct kz_http_client *c, int local_port)
{
    struct heard *oldest = &c->heard[0];
    for (size_t i = 0; i < HEARD_MAX; i++) {
        if (c->heard[i].local_port == local_port)
            return &c->heard[i];
        if (c->heard[i].at < oldest->at)
            oldest = &c->heard[i];
    }
    *oldest = (struct heard){.local_port = local_port};
    return oldest;
}

static void hear(struct request *r)
{
    r->last_byte = kz_clock_mono();
    heard_of(r->client, r->local_port)->at = r->last_byte;
}

static int local_port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {.any.sa_family = AF_UNSPEC};
    socklen_t len = sizeof at;
    if (getsockname(fd, &at.any, &len) != 0)
        return -1;
    return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

/* A request has met its time limit. When its connection brought nothing for half of that limit, to any
 * request, then it is half-open: a balancer forgot it, the process behind it is stopped. TCP does not tell,
 * because somebody acknowledges what we send, and curl would go on to use it: for this request's next try,
 * and for all others. So it is shut, and whatever is on it fails at once and finds a new one. */
static void leave_if_silent(struct request *r, int64_t limit)
{
    struct kz_http_client *c = r->client;
    int64_t heard = heard_of(c, r->local_port)->at;
    if (!r->sent || kz_clock_mono() - (heard > r->sent_at ? heard : r->sent_at) < limit / 2)
        return;
    for (struct sock *s = c->socks; s != NULL; s = s->next)
        if (local_port_of(s->w.fd) == r->local_port)
            (void)shutdown(s->w.fd, SHUT_RDWR);
}

/* ---- time limits ------------------------------------------------------------------------------- */
static int64_t next_limit(const struct request *r)
{
    int64_t at = r->deadline != 0 ? r->deadline : INT64_MAX;
    if (r->state == RUNNING && r->req.idle_timeout > 0 && r->last_byte + r->req.idle_timeout < at)
        at = r->last_byte + r->req.idle_timeout;
    return at;
}

static void arm(struct request *r)
{
    int64_t at = next_limit(r);
    ev_timer_stop(r->client->loop->ev, &r->timer);
    if (at == INT64_MAX)
        return;
    ev_now_update(r->client->loop->ev);
    ev_timer_set(&r->timer, (double)(at - kz_clock_mono()) / 1e9, 0.0);
    ev_timer_start(r->client->loop->ev, &r->timer);
}

static void fail_late(struct request *r)
{
    const struct kz_http_client *c = r->client;
    struct kz_err err;
    char text[KZ_TIME_TEXT];
    if (r->deadline != 0 && kz_clock_mono() >= r->deadline) {
        leave_if_silent(r, r->req.timeout);
        kz_duration_text(text, r->req.timeout);
        (void)kz_fail(&err, KZ_E_TIMEOUT, "no complete reply of %s at %s within %s", c->at.what,
                      c->at.base, text);
    } else {
        leave_if_silent(r, r->req.idle_timeout);
        kz_duration_text(text, r->req.idle_timeout);
        (void)kz_fail(&err, KZ_E_TIMEOUT, "%s at %s sent nothing for %s", c->at.what, c->at.base,
                      text);
    }
    complete(r, &err);
}

static void on_limit(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct request *r = w->data;
    (void)ev;
    (void)revents;
    if (r->state == DEAD)
        return;
    if (kz_clock_mono() < next_limit(r)) { /* bytes came meanwhile */
        arm(r);
        return;
    }
    int64_t entered = kz_loop_enter();
    fail_late(r);
    kz_loop_leave(entered, "http");
}

/* ---- what curl calls --------------------------------------------------------------------------- */
static int on_request_starts(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct request *r = arg;
    (void)ip;
    (void)local_ip;
    (void)port;
    r->local_port = local_port;
    r->sent_at = kz_clock_mono();
    /* After a sleep of this process or machine the timer of the limit may come later than this. */
    if (r->deadline != 0 && r->sent_at >= r->deadline)
        return CURL_PREREQFUNC_ABORT;
    r->sent = true; /* from here on bytes may have left */
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *ptr, size_t size, size_t n, void *arg)
{
    struct request *r = arg;
    hear(r);
    kz_http_head_line(&r->head, kz_str_n(ptr, size * n), kz_clock_wall());
    return size * n;
}

/* Takes all, always: libcurl 7.88 closes the whole HTTP/2 connection when a callback fails. What is not
 * wanted any more is dropped here and ended by settle, which costs its stream only. */
static size_t on_body(char *ptr, size_t size, size_t n, void *arg)
{
    struct request *r = arg;
    struct kz_str piece = kz_str_n(ptr, size * n);
    long status = 0;
    if (r->state == DEAD || r->too_large)
        return piece.len;
    hear(r);
    (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (r->req.on_data != NULL && status >= 200 && status < 300) {
        r->req.on_data(r->req.arg, r->id, piece);
        return piece.len;
    }
    kz_buf_add_str(&r->body, piece);
    if (kz_buf_bad(&r->body)) {
        r->too_large = true;
        settle_later(r->client);
    }
    return piece.len;
}

/* ---- describing a request to curl -------------------------------------------------------------- */
static bool one_line(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0')
            return false;
    return true;
}

/* false: the header would smuggle in another one. An empty value removes what curl would add. */
static bool add_header(struct request *r, const char *name, struct kz_str value)
{
    if (!one_line(kz_str(name)) || !one_line(value))
        return false;
    struct kz_str line =
        kz_str_printf(r->mem, "%s:%s" KZ_FMT, name, value.len > 0 ? " " : "", KZ_ARG(value));
    r->headers = curl_slist_append(r->headers, line.ptr);
    kz_assert(r->headers != NULL);
    return true;
}

static bool set_headers(struct request *r)
{
    struct kz_http_client *c = r->client;
    const struct kz_http_request *req = &r->req;
    bool ok = add_header(r, "Accept", kz_str(req->accept));
    ok = ok && add_header(r, "Content-Type", kz_str(req->content_type));
    ok = ok && add_header(r, "Expect", KZ_STR("")); /* no 100-continue round trip */
    if (c->at.host_header != NULL)
        ok = ok && add_header(r, "Host", kz_str(c->at.host_header));
    if (c->at.server.token != NULL) {
        struct kz_str token = c->at.server.token(c->at.server.arg);
        struct kz_str value = kz_str_printf(r->mem, "Bearer " KZ_FMT, KZ_ARG(token));
        if (token.len > 0)
            ok = ok && add_header(r, "Authorization", value);
    }
    for (size_t i = 0; i < req->n_headers; i++)
        ok = ok && add_header(r, req->headers[i].name.ptr, req->headers[i].value);
    (void)curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
    return ok;
}

static void set_method(const struct request *r)
{
    static const char *const names[] = {
        [KZ_HTTP_GET] = "GET",     [KZ_HTTP_POST] = "POST",     [KZ_HTTP_PUT] = "PUT",
        [KZ_HTTP_PATCH] = "PATCH", [KZ_HTTP_DELETE] = "DELETE",
    };
    if (r->body_len > 0 || r->req.method == KZ_HTTP_POST) {
        (void)curl_easy_setopt(r->easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
        (void)curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, r->body_out);
    } else {
        (void)curl_easy_setopt(r->easy, CURLOPT_HTTPGET, 1L);
    }
    (void)curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, names[r->req.method]);
}

static bool describe(struct request *r)
{
    CURL *e = r->easy;
    long version = is_large(r) ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
    kz_endpoint_describe(&r->client->at, e);
    (void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION, version);
    set_method(r);
    (void)curl_easy_setopt(e, CURLOPT_URL, kz_endpoint_url(&r->client->at, r->mem, r->req.path));
    (void)curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)(is_watch(r) ? BUFFER_WATCH : BUFFER));
    (void)curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER);
    if (r->req.on_data == NULL)
        (void)curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
    (void)curl_easy_setopt(e, CURLOPT_PRIVATE, r);
    (void)curl_easy_setopt(e, CURLOPT_ERRORBUFFER, r->detail);
    (void)curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_request_starts);
    (void)curl_easy_setopt(e, CURLOPT_PREREQDATA, r);
    (void)curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(e, CURLOPT_HEADERDATA, r);
    (void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
    return set_headers(r) && one_line(r->req.path);
}

/* With more streams than the server allows, libcurl opens a connection for each request above that. */
static bool may_start(const struct request *r)
{
    const struct kz_http_client *c = r->client;
    return is_watch(r) || (c->active < ACTIVE_MAX && (!is_large(r) || c->large < LARGE_MAX));
}

static void submit(struct request *r)
{
    struct kz_http_client *c = r->client;
    struct kz_err err;
    r->easy = c->n_spare > 0 ? c->spare[--c->n_spare] : curl_easy_init();
    kz_assert(r->easy != NULL);
    r->state = RUNNING;
    r->counted = !is_watch(r);
    c->active += r->counted;
    c->large += r->counted && is_large(r);
    if (!describe(r)) {
        (void)kz_fail(&err, KZ_E_INVALID, "a line break in a header or path for %s", c->at.what);
        complete(r, &err);
        return;
    }
    kz_arena_free(r->mem); /* a watch lives for hours */
    r->mem = NULL;
    r->last_byte = kz_clock_mono();
    arm(r);
    if (curl_multi_add_handle(c->multi, r->easy) != CURLM_OK)
        fail(r, CURLE_FAILED_INIT);
}

/* ---- sockets and timer of curl ----------------------------------------------------------------- */
static void read_messages(struct kz_http_client *c)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct request *r = NULL;
        CURLcode code = msg->data.result; /* msg dies with the handle's removal */
        (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &r);
        if (r->state == DEAD)
            continue;
        if (code == CURLE_OK && !r->too_large)
            complete(r, NULL);
        else if (code == CURLE_ABORTED_BY_CALLBACK)
            fail_late(r);
        else
            fail(r, code);
    }
}

static void drive(struct kz_http_client *c, curl_socket_t fd, int events)
{
    int running;
    int64_t entered = kz_loop_enter();
    (void)curl_multi_socket_action(c->multi, fd, events, &running);
    read_messages(c);
    kz_loop_leave(entered, "http");
}

static void on_socket(struct ev_loop *ev, ev_io *w, int revents)
{
    (void)ev;
    drive(w->data, w->fd,
          ((revents & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
              ((revents & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void on_curl_timer(struct ev_loop *ev, ev_timer *w, int revents)
{
    (void)ev;
    (void)revents;
    drive(w->data, CURL_SOCKET_TIMEOUT, 0);
}

static int want_timer(CURLM *multi, long ms, void *arg)
{
    struct kz_http_client *c = arg;
    (void)multi;
    ev_timer_stop(c->loop->ev, &c->timer);
    if (ms >= 0) {
        ev_now_update(c->loop->ev);
        ev_timer_set(&c->timer, (double)ms / 1e3, 0.0);
        ev_timer_start(c->loop->ev, &c->timer);
    }
    return 0;
}

static void sock_free(struct kz_http_client *c, struct sock *s)
{
    ev_io_stop(c->loop->ev, &s->w);
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        c->socks = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    free(s);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sock_arg)
{
    struct kz_http_client *c = arg;
    struct sock *s = sock_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL)
            sock_free(c, s);
        return 0;
    }
    if (s == NULL) {
        s = kz_loop_alloc(sizeof *s);
        ev_init(&s->w, on_socket);
        s->w.data = c;
        s->next = c->socks;
        if (s->next != NULL)
            s->next->prev = s;
        c->socks = s;
        (void)curl_multi_assign(c->multi, fd, s);
    }
    ev_io_stop(c->loop->ev, &s->w);
    ev_io_set(&s->w, fd,
              ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
                  ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));
    ev_io_start(c->loop->ev, &s->w);
    return 0;
}

/* ---- life cycle of the client ------------------------------------------------------------------ */
static void client_destroy(struct kz_http_client *c)
{
    while (c->requests != NULL)
        request_free(c->requests);
    while (c->n_spare > 0)
        curl_easy_cleanup(c->spare[--c->n_spare]);
    (void)curl_multi_cleanup(c->multi);
    while (c->socks != NULL)
        sock_free(c, c->socks);
    ev_timer_stop(c->loop->ev, &c->timer);
    kz_map_done(&c->by_id);
    kz_endpoint_done(&c->at);
    free(c);
    curl_global_cleanup(); /* counted by curl itself */
}

static void settle(void *arg)
{
    struct kz_http_client *c = arg;
    c->settling = false;
    if (c->closing) {
        client_destroy(c);
        return;
    }
    /* New requests join at the head, so go to the end first and walk towards the newest. */
    struct request *r = c->requests;
    while (r != NULL && r->next != NULL)
        r = r->next;
    while (r != NULL && !c->closing) {
        struct request *newer = r->prev;
        if (r->state == DEAD)
            request_free(r);
        else if (r->too_large)
            fail(r, CURLE_OK);
        else if (r->state == FRESH && may_start(r))
            submit(r);
        r = newer;
    }
}

static void settle_later(struct kz_http_client *c)
{
    if (!c->settling)
        kz_loop_defer(c->loop, settle, c);
    c->settling = true;
}

int kz_http_client_new(struct kz_http_client **out, struct kz_loop *l,
                       const struct kz_server *server, struct kz_err *err)
{
    struct kz_endpoint at;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return kz_fail(err, KZ_E_IO, "initialise libcurl");
    int rc = kz_endpoint_init(&at, server, err);
    if (rc < 0) {
        curl_global_cleanup();
        return rc;
    }
    struct kz_http_client *c = kz_loop_alloc(sizeof *c);
    c->loop = l;
    c->at = at;
    kz_map_init(&c->by_id);
    ev_init(&c->timer, on_curl_timer);
    c->timer.data = c;
    c->multi = curl_multi_init();
    kz_assert(c->multi != NULL);
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    (void)curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
    *out = c;
    return 0;
}

void kz_http_client_free(struct kz_http_client *c)
{
    if (c == NULL)
        return;
    for (struct request *r = c->requests; r != NULL; r = r->next) {
        (void)kz_map_del(&c->by_id, kz_id_key(&r->id));
        r->state = DEAD;
    }
    c->closing = true;
    settle_later(c); /* we may be inside one of its callbacks */
}

/* ---- struct kz_http ---------------------------------------------------------------------------- */
static uint64_t http_start(void *impl, const struct kz_http_request *req)
{
    struct kz_http_client *c = impl;
    kz_assert(!c->closing);
    struct request *r = request_new(c, req);
    ev_init(&r->timer, on_limit);
    r->timer.data = r;
    if (req->timeout > 0) /* time in the queue counts */
        r->deadline = kz_clock_mono() + req->timeout;
    arm(r);
    settle_later(c);
    return r->id;
}

static void http_cancel(void *impl, uint64_t id)
{
    struct kz_http_client *c = impl;
    struct request *r = kz_map_find(&c->by_id, kz_id_key(&id));
    if (r == NULL)
        return;
    (void)kz_map_del(&c->by_id, kz_id_key(&r->id));
    r->state = DEAD;
    settle_later(c);
}

static const struct kz_http_ops http_ops = {.start = http_start, .cancel = http_cancel};

struct kz_http kz_http_client_http(struct kz_http_client *c)
{
    return (struct kz_http){.ops = &http_ops, .impl = c};
}

struct kz_http_library kz_http_client_library(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return (struct kz_http_library){.curl = info->version, .tls = info->ssl_version};
}
