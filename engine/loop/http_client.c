/* SPDX-License-Identifier: Apache-2.0
 *
 * start and cancel only note what is wanted; settle(), deferred to the end of the loop's turn, talks to
 * curl. So both may be called from any callback, also from inside curl, and nothing completes inside
 * start. Names are looked up by libcurl's resolver threads. */
#include "loop/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "loop/http_error.h"
#include "loop/http_reply.h"
#include "loop/loop_impl.h"

enum {
    BODY_MAX = 64 << 20,
    SPARE_MAX = 2,           /* finished easy handles kept for the next request */
    BUFFER = 16 << 10,
    BUFFER_WATCH = 4 << 10,  /* a watch holds its buffer for hours */
    STREAMS = 250,           /* the API server's own limit */
    IDLE_CONNECTIONS = 4,
    SOCKET_UNACKED_MS = 30000,
};
static const int64_t connect_timeout = 10 * KZ_NS_PER_SEC;

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
    struct kz_http_request req;  /* its strings are copies in mem; NULL once curl has them */
    struct kz_arena *mem;
    char *body_out;              /* the request's body: curl reads it until the end */
    struct curl_slist *headers;
    CURL *easy;
    ev_timer timer;
    int64_t deadline, last_byte; /* clock of kz_clock_mono; deadline 0: none */
    bool sent, too_large, had_status;
    struct kz_http_head head;
    struct kz_buf body;
    char detail[CURL_ERROR_SIZE];
};

struct sock {
    ev_io w;
    struct sock *prev, *next;
};

struct kz_http_client {
    struct kz_loop *loop;
    struct kz_arena *mem;     /* the copies of server's strings, C strings all */
    struct kz_server server;
    const char *base;         /* without trailing slash */
    const char *what, *name;  /* "the API server"; the name in its certificate */
    const char *host_header;  /* NULL, or what server_name would otherwise replace */
    struct curl_slist *connect_to;
    CURLM *multi;
    ev_timer timer;           /* curl's */
    struct sock *socks;
    struct kz_map by_id;
    struct request *requests;
    CURL *spare[SPARE_MAX];
    unsigned n_spare;
    bool settling;            /* settle is deferred */
    bool closing;
};

static void settle_later(struct kz_http_client *c);

/* ---- one request: life ------------------------------------------------------------------------- */
static struct kz_str copy(struct kz_arena *a, struct kz_str s)
{
    return kz_str_dup(a, s.ptr != NULL ? s : KZ_STR(""));
}

static struct request *request_new(struct kz_http_client *c, const struct kz_http_request *in)
{
    struct request *r = kz_loop_alloc(sizeof *r);
    r->client = c;
    r->id = kz_loop_next_id(c->loop);
    r->mem = kz_arena_new(SIZE_MAX / 2);
    r->req = *in;
    r->req.path = copy(r->mem, in->path);
    r->body_out = kz_loop_alloc(in->body.len + 1);
    if (in->body.len > 0)
        memcpy(r->body_out, in->body.ptr, in->body.len);
    r->req.content_type = in->content_type != NULL ? kz_cstr(r->mem, kz_str(in->content_type)) : NULL;
    r->req.accept = kz_cstr(r->mem, kz_str(in->accept != NULL ? in->accept : "application/json"));
    struct kz_http_header *headers = kz_new_n(r->mem, struct kz_http_header, in->n_headers);
    for (size_t i = 0; i < in->n_headers; i++) {
        headers[i].name = copy(r->mem, in->headers[i].name);
        headers[i].value = copy(r->mem, in->headers[i].value);
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

/* Never from inside curl. */
static void leave_curl(struct request *r)
{
    struct kz_http_client *c = r->client;
    ev_timer_stop(c->loop->ev, &r->timer);
    if (r->easy == NULL)
        return;
    (void)curl_multi_remove_handle(c->multi, r->easy);
    if (c->n_spare < SPARE_MAX && !c->closing) {
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
        .err = err,
        .maybe_sent = err != NULL && r->sent,
    };
    if (status == 401 && c->server.token_refused != NULL)
        c->server.token_refused(c->server.arg);
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
        .what = c->what,
        .base = c->base,
        .name = c->name,
        .connect_timeout = connect_timeout,
    };
    if (r->easy != NULL) {
        (void)curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &f.os_errno);
        (void)curl_easy_getinfo(r->easy, CURLINFO_SSL_VERIFYRESULT, &f.verify_result);
    }
    if (r->too_large)
        (void)kz_fail(&err, KZ_E_LIMIT, "the reply of %s at %s is larger than %zu bytes", c->what,
                      c->base, r->body.max);
    else
        kz_http_explain(&err, &f);
    complete(r, &err);
}

/* ---- time limits ------------------------------------------------------------------------------- */
static int64_t next_limit(const struct request *r)
{
    int64_t at = r->deadline != 0 ? r->deadline : INT64_MAX;
    if (r->req.idle_timeout > 0 && r->last_byte + r->req.idle_timeout < at)
        at = r->last_byte + r->req.idle_timeout;
    return at;
}

static void arm(struct request *r)
{
    int64_t at = next_limit(r);
    if (at == INT64_MAX)
        return;
    ev_now_update(r->client->loop->ev);
    ev_timer_set(&r->timer, (double)(at - kz_clock_mono()) / 1e9, 0.0);
    ev_timer_start(r->client->loop->ev, &r->timer);
}

static void on_limit(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct request *r = w->data;
    const struct kz_http_client *c = r->client;
    struct kz_err err;
    char text[KZ_TIME_TEXT];
    (void)ev;
    (void)revents;
    int64_t now = kz_clock_mono();
    if (r->state != RUNNING)
        return;
    if (now < next_limit(r)) { /* bytes came meanwhile */
        arm(r);
        return;
    }
    if (r->deadline != 0 && now >= r->deadline) {
        kz_duration_text(text, r->req.timeout);
        (void)kz_fail(&err, KZ_E_TIMEOUT, "no complete reply of %s at %s within %s", c->what,
                      c->base, text);
    } else {
        kz_duration_text(text, r->req.idle_timeout);
        (void)kz_fail(&err, KZ_E_TIMEOUT, "%s at %s sent nothing for %s", c->what, c->base, text);
    }
    int64_t entered = kz_loop_enter();
    complete(r, &err);
    kz_loop_leave(entered, "http");
}

/* ---- what curl calls --------------------------------------------------------------------------- */
static int on_request_starts(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct request *r = arg;
    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    r->sent = true; /* from here on bytes may have left */
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *ptr, size_t size, size_t n, void *arg)
{
    struct request *r = arg;
    r->last_byte = kz_clock_mono();
    kz_http_head_line(&r->head, kz_str_n(ptr, size * n), kz_clock_wall());
    return size * n;
}

/* Returns less than it got to make curl end the request. */
static size_t on_body(char *ptr, size_t size, size_t n, void *arg)
{
    struct request *r = arg;
    struct kz_str piece = kz_str_n(ptr, size * n);
    long status = 0;
    if (r->state == DEAD)
        return 0;
    r->last_byte = kz_clock_mono();
    (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (r->req.on_data != NULL && status >= 200 && status < 300) {
        r->req.on_data(r->req.arg, r->id, piece);
        return r->state == DEAD ? 0 : piece.len;
    }
    kz_buf_add_str(&r->body, piece);
    r->too_large = kz_buf_bad(&r->body);
    return r->too_large ? 0 : piece.len;
}

/* A peer that vanished without a word is noticed while we send (unacknowledged data) and while we only
 * wait (keepalive). */
static int on_socket_made(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    int unacked = SOCKET_UNACKED_MS;
    (void)arg;
    (void)purpose;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked, sizeof unacked);
    return CURL_SOCKOPT_OK;
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
    struct kz_str line = kz_str_printf(r->mem, "%s:%s" KZ_FMT, name, value.len > 0 ? " " : "",
                                       KZ_ARG(value));
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
    if (c->host_header != NULL)
        ok = ok && add_header(r, "Host", kz_str(c->host_header));
    if (c->server.token != NULL) {
        struct kz_str token = c->server.token(c->server.arg);
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
    if (r->req.body.len > 0 || r->req.method == KZ_HTTP_POST) {
        (void)curl_easy_setopt(r->easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->req.body.len);
        (void)curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, r->body_out);
    } else {
        (void)curl_easy_setopt(r->easy, CURLOPT_HTTPGET, 1L);
    }
    (void)curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, names[r->req.method]);
}

static void set_blob(CURL *easy, CURLoption option, struct kz_str pem)
{
    union { /* curl does not write through it */
        const char *in;
        void *out;
    } data = {.in = pem.ptr};
    struct curl_blob blob = {.data = data.out, .len = pem.len, .flags = CURL_BLOB_NOCOPY};
    if (pem.len > 0)
        (void)curl_easy_setopt(easy, option, &blob);
}

static void set_tls(CURL *easy, const struct kz_http_client *c)
{
    const struct kz_server *s = &c->server;
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, s->insecure ? 0L : 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, s->insecure ? 0L : 2L);
    /* The folder of the system's store would be a second source beside ours, and with it libcurl does
     * not keep the parsed bundle for the next connection. */
    if (s->ca_pem.len > 0 || curl_version_info(CURLVERSION_NOW)->cainfo != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (s->ca_pem.len > 0)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    set_blob(easy, CURLOPT_CAINFO_BLOB, s->ca_pem);
    (void)curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
    (void)curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
    set_blob(easy, CURLOPT_SSLCERT_BLOB, s->cert_pem);
    set_blob(easy, CURLOPT_SSLKEY_BLOB, s->key_pem.len > 0 ? s->key_pem : s->cert_pem);
}

static void set_connection(CURL *easy, const struct kz_http_client *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Leaving a request during a name look-up would otherwise wait for the resolver thread. */
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    (void)curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L); /* share the first connection */
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    /* "" is "no proxy", where NULL would be "ask the environment". */
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, c->server.proxy.ptr);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_CONNECT_TO, c->connect_to);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect_timeout / KZ_NS_PER_MS));
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
    (void)curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, c->server.user_agent.ptr);
    if (c->server.basic_user.len > 0 || c->server.basic_password.len > 0) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        (void)curl_easy_setopt(easy, CURLOPT_USERNAME, c->server.basic_user.ptr);
        (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, c->server.basic_password.ptr);
    }
}

static const char *url_of(struct request *r)
{
    const struct kz_http_client *c = r->client;
    struct kz_str base = kz_str(c->base);
    /* With a server name of its own the URL carries that name and CONNECT_TO the real address. */
    if (c->connect_to != NULL) {
        struct kz_str rest = kz_str_skip(base, strlen("https://"));
        rest = kz_str_skip(rest, kz_str_index(rest, '/'));
        struct kz_str port = kz_str(strrchr(c->connect_to->data, ':'));
        base = kz_str_printf(r->mem, "https://%s" KZ_FMT KZ_FMT, c->name, KZ_ARG(port), KZ_ARG(rest));
    }
    return kz_str_printf(r->mem, KZ_FMT KZ_FMT, KZ_ARG(base), KZ_ARG(r->req.path)).ptr;
}

static bool describe(struct request *r)
{
    CURL *e = r->easy;
    bool watch = r->req.on_data != NULL && r->req.timeout == 0;
    set_connection(e, r->client);
    set_tls(e, r->client);
    set_method(r);
    (void)curl_easy_setopt(e, CURLOPT_URL, url_of(r));
    (void)curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)(watch ? BUFFER_WATCH : BUFFER));
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

static void submit(struct request *r)
{
    struct kz_http_client *c = r->client;
    struct kz_err err;
    r->easy = c->n_spare > 0 ? c->spare[--c->n_spare] : curl_easy_init();
    kz_assert(r->easy != NULL);
    r->state = RUNNING;
    if (!describe(r)) {
        (void)kz_fail(&err, KZ_E_INVALID, "a line break in a header or path for %s", c->what);
        complete(r, &err);
        return;
    }
    kz_arena_free(r->mem); /* a watch lives for hours */
    r->mem = NULL;
    r->last_byte = kz_clock_mono();
    r->deadline = r->req.timeout > 0 ? r->last_byte + r->req.timeout : 0;
    ev_init(&r->timer, on_limit);
    r->timer.data = r;
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
        if (code == CURLE_OK)
            complete(r, NULL);
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
              ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) | ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));
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
    if (c->multi != NULL)
        (void)curl_multi_cleanup(c->multi);
    while (c->socks != NULL)
        sock_free(c, c->socks);
    ev_timer_stop(c->loop->ev, &c->timer);
    curl_slist_free_all(c->connect_to);
    kz_map_done(&c->by_id);
    kz_arena_free(c->mem);
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
        else if (r->state == FRESH)
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

static struct kz_server copy_server(struct kz_arena *a, const struct kz_server *in)
{
    struct kz_server s = *in;
    s.what = copy(a, in->what.len > 0 ? in->what : KZ_STR("the server"));
    s.base = copy(a, in->base);
    s.ca_pem = copy(a, in->ca_pem);
    s.cert_pem = copy(a, in->cert_pem);
    s.key_pem = copy(a, in->key_pem);
    s.server_name = copy(a, in->server_name);
    s.proxy = copy(a, in->proxy);
    s.user_agent = copy(a, in->user_agent);
    s.basic_user = copy(a, in->basic_user);
    s.basic_password = copy(a, in->basic_password);
    return s;
}

/* The text of a part of url, or NULL when it has none; in the arena. */
static const char *url_part(struct kz_arena *a, CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == NULL)
        return NULL;
    const char *out = kz_cstr(a, kz_str(text));
    curl_free(text);
    return out;
}

static int read_base(struct kz_http_client *c, CURLU *url, struct kz_err *err)
{
    struct kz_arena *a = c->mem;
    if (curl_url_set(url, CURLUPART_URL, c->server.base.ptr, 0) != CURLUE_OK)
        return kz_fail(err, KZ_E_INVALID, "the address of %s is not a URL", c->what);
    const char *scheme = url_part(a, url, CURLUPART_SCHEME, 0);
    const char *host = url_part(a, url, CURLUPART_HOST, 0);
    const char *port = url_part(a, url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    const char *given_port = url_part(a, url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
    const char *path = url_part(a, url, CURLUPART_PATH, 0);
    if (scheme == NULL || host == NULL || port == NULL ||
        (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0))
        return kz_fail(err, KZ_E_INVALID, "the address of %s must begin with https:// or http://",
                       c->what);
    if (url_part(a, url, CURLUPART_USER, 0) != NULL || url_part(a, url, CURLUPART_PASSWORD, 0) != NULL)
        return kz_fail(err, KZ_E_INVALID, "the address of %s must not contain a user or password",
                       c->what);
    if (url_part(a, url, CURLUPART_QUERY, 0) != NULL || url_part(a, url, CURLUPART_FRAGMENT, 0) != NULL)
        return kz_fail(err, KZ_E_INVALID, "the address of %s must not contain '?' or '#'", c->what);
    struct kz_str prefix = kz_str(path);
    while (kz_str_ends(prefix, KZ_STR("/")))
        prefix.len--;
    const char *colon = given_port != NULL ? ":" : "";
    given_port = given_port != NULL ? given_port : "";
    c->base = kz_str_printf(a, "%s://%s%s%s" KZ_FMT, scheme, host, colon, given_port,
                            KZ_ARG(prefix)).ptr;
    c->name = host;
    if (c->server.server_name.len > 0 && strcmp(scheme, "https") == 0) {
        c->name = c->server.server_name.ptr;
        c->host_header = kz_str_printf(a, "%s%s%s", host, colon, given_port).ptr;
        struct kz_str to = kz_str_printf(a, "%s:%s:%s:%s", c->name, port, host, port);
        c->connect_to = curl_slist_append(NULL, to.ptr);
        kz_assert(c->connect_to != NULL);
    }
    return 0;
}

int kz_http_client_new(struct kz_http_client **out, struct kz_loop *l,
                       const struct kz_server *server, struct kz_err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return kz_fail(err, KZ_E_IO, "initialise libcurl");
    struct kz_http_client *c = kz_loop_alloc(sizeof *c);
    c->loop = l;
    c->mem = kz_arena_new(SIZE_MAX / 2);
    c->server = copy_server(c->mem, server);
    c->what = c->server.what.ptr;
    kz_map_init(&c->by_id);
    ev_init(&c->timer, on_curl_timer);
    c->timer.data = c;
    CURLU *url = curl_url();
    kz_assert(url != NULL);
    int rc = read_base(c, url, err);
    curl_url_cleanup(url);
    if (rc < 0) {
        client_destroy(c);
        return rc;
    }
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
    const struct request *r = request_new(c, req);
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
