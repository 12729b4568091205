/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP client against a real server on loopback: HTTP/1.1, plain and TLS. HTTP/2: test_http2.c. */
#include "base/buf.h"
#include "base/clock.h"
#include "lib/fds.h"
#include "lib/http_server.h"
#include "loop/http_client.h"

#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static struct kz_loop *loop;
static struct kz_http_client *client;
static struct kz_http http;
static struct test_server server;
static char base_url[128];

static struct {
    int calls, pieces, status;
    uint64_t id;
    enum kz_code code;
    bool maybe_sent;
    int64_t retry_after, date;
    char err[2048], hint[256], type[64], etag[64];
    struct kz_buf body, streamed;
} got;

static int fds_before;

static void setup(void)
{
    struct kz_err err;
    fds_before = count_fds();
    server = test_server_start(NULL, NULL, NULL);
    cr_assert_eq(kz_loop_new(&loop, &err), 0);
    kz_buf_init(&got.body, 16 << 20);
    kz_buf_init(&got.streamed, 16 << 20);
    (void)snprintf(base_url, sizeof base_url, "http://127.0.0.1:%d", server.port);
}

static void teardown(void)
{
    kz_http_client_free(client);
    kz_loop_free(loop);
    kz_buf_done(&got.body);
    kz_buf_done(&got.streamed);
    test_server_stop(&server);
    cr_assert_eq(count_fds(), fds_before);
}

TestSuite(http, .init = setup, .fini = teardown);

static void connect_with(struct kz_server s)
{
    struct kz_err err;
    char line[1024];
    if (s.base.len == 0)
        s.base = kz_str(base_url);
    if (s.what.len == 0)
        s.what = KZ_STR("the API server");
    s.user_agent = KZ_STR("kzsync/0");
    cr_assert_eq(kz_http_client_new(&client, loop, &s, &err), 0, "%s",
                 kz_err_line(line, sizeof line, &err));
    http = kz_http_client_http(client);
}

static void on_data(void *arg, uint64_t id, struct kz_str piece)
{
    (void)arg;
    got.id = id;
    got.pieces++;
    kz_buf_add_str(&got.streamed, piece);
}

static void on_done(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    (void)arg;
    got.calls++;
    got.id = id;
    got.status = reply->status;
    got.code = reply->err != NULL ? reply->err->code : KZ_OK;
    got.err[0] = got.hint[0] = '\0';
    if (reply->err != NULL) {
        (void)kz_err_line(got.err, sizeof got.err, reply->err);
        memcpy(got.hint, reply->err->hint, sizeof got.hint);
    }
    got.maybe_sent = reply->maybe_sent;
    got.retry_after = reply->retry_after;
    got.date = reply->date;
    (void)snprintf(got.type, sizeof got.type, KZ_FMT, KZ_ARG(reply->content_type));
    (void)snprintf(got.etag, sizeof got.etag, KZ_FMT, KZ_ARG(reply->etag));
    kz_buf_clear(&got.body);
    kz_buf_add_str(&got.body, reply->body);
}

static struct kz_http_request get(const char *path)
{
    return (struct kz_http_request){
        .path = kz_str(path), .timeout = 10 * KZ_NS_PER_SEC, .on_done = on_done};
}

static void run(const struct kz_http_request *req)
{
    got.calls = 0;
    uint64_t id = http.ops->start(http.impl, req);
    cr_assert_neq(id, 0);
    cr_assert_eq(got.calls, 0);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.id, id);
}

static void fetch(const char *path)
{
    struct kz_http_request req = get(path);
    run(&req);
}

Test(http, replies)
{
    connect_with((struct kz_server){0});
    fetch("/status/200");
    cr_assert_eq(got.code, KZ_OK, "%s", got.err);
    cr_assert_eq(got.status, 200);
    cr_assert_str_eq(got.body.ptr, "status 200\n");
    cr_assert_str_eq(got.type, "text/plain");
    cr_assert_str_eq(got.etag, "\"e-1\"");
    cr_assert_eq(got.retry_after, -1);
    static const int statuses[] = {201, 204, 404, 409, 422, 500, 504};
    for (size_t i = 0; i < kz_countof(statuses); i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "/status/%d", statuses[i]);
        if (statuses[i] == 204)
            continue;
        fetch(path);
        cr_assert_eq(got.status, statuses[i]);
        cr_assert_eq(got.code, KZ_OK);
        cr_assert(strncmp(got.body.ptr, "status ", 7) == 0);
    }
    fetch("/redirect"); /* not followed: credentials stay here */
    cr_assert_eq(got.status, 302);
}

Test(http, retry_after)
{
    static const struct {
        const char *path;
        int64_t least, most; /* seconds */
    } rows[] = {
        {"/retry/7",                             7,     7    },
        {"/retry/0",                             0,     0    },
        {"/retry/99999999999999999999",          -1,    -1   },
        {"/retry/9999999999",                    86400, 86400},
        {"/retry/soon",                          -1,    -1   },
        {"/retry/Sun,+06+Nov+1994+08:49:37+GMT", 0,     0    },
        {"/retry/Fri,+06+Nov+2099+08:49:37+GMT", 86400, 86400},
    };
    connect_with((struct kz_server){0});
    for (size_t i = 0; i < kz_countof(rows); i++) {
        fetch(rows[i].path);
        int64_t sec = got.retry_after < 0 ? -1 : got.retry_after / KZ_NS_PER_SEC;
        cr_expect(sec >= rows[i].least && sec <= rows[i].most, "%s: %d", rows[i].path, (int)sec);
        cr_expect_eq(got.status, 429);
    }
}

Test(http, the_servers_clock)
{
    static const struct {
        const char *path;
        int64_t want; /* seconds */
    } rows[] = {
        {"/date/Mon,+23+Nov+2026+12:00:00+GMT", 1795435200},
        {"/date/noon", 0},
        {"/date/Thu,+01+Jan+1970+00:00:00+GMT", 0},
        {"/status/200", 0},
    };
    connect_with((struct kz_server){0});
    for (size_t i = 0; i < kz_countof(rows); i++) {
        fetch(rows[i].path);
        cr_expect_eq(got.date, rows[i].want * KZ_NS_PER_SEC, "%s: %lld", rows[i].path, (long long)got.date);
        cr_expect_eq(got.status, 200);
    }
}

static int tokens, refused;

static struct kz_str token(void *arg)
{
    static char text[32];
    (void)arg;
    (void)snprintf(text, sizeof text, "token-%d", ++tokens);
    return kz_str(text);
}

static void token_refused(void *arg)
{
    (void)arg;
    refused++;
}

static bool echoed(const char *line)
{
    return strstr(got.body.ptr, line) != NULL;
}

Test(http, requests_as_sent)
{
    char body[] = "{\"a\":1}";
    struct kz_http_header extra = {KZ_STR("x-extra"), KZ_STR("yes")};
    struct kz_http_request req = get("/echo?a=b%2Fc");
    req.method = KZ_HTTP_PATCH;
    req.body = kz_str(body);
    req.content_type = "application/apply-patch+yaml";
    req.headers = &extra;
    req.n_headers = 1;
    connect_with((struct kz_server){.token = token, .token_refused = token_refused});
    got.calls = 0;
    (void)http.ops->start(http.impl, &req);
    memset(body, '!', sizeof body - 1); /* it was copied */
    kz_loop_run(loop);
    cr_expect(echoed("PATCH /echo?a=b%2Fc HTTP/1.1\r\n"), "%s", got.body.ptr);
    cr_expect(echoed("\r\n\r\n{\"a\":1}"));
    cr_expect(echoed("Content-Type: application/apply-patch+yaml\r\n"));
    cr_expect(echoed("Authorization: Bearer token-1\r\n"));
    cr_expect(echoed("Accept: application/json\r\n"));
    cr_expect(echoed("Accept-Encoding: gzip\r\n"));
    cr_expect(echoed("User-Agent: kzsync/0\r\n"));
    cr_expect(echoed("x-extra: yes\r\n"));
    cr_expect(!echoed("Expect:"));

    static const struct {
        enum kz_http_method method;
        const char *body, *line;
    } rows[] = {
        {KZ_HTTP_GET,    "",   "GET /echo HTTP/1.1\r\n"   },
        {KZ_HTTP_POST,   "",   "POST /echo HTTP/1.1\r\n"  },
        {KZ_HTTP_POST,   "x",  "POST /echo HTTP/1.1\r\n"  },
        {KZ_HTTP_PUT,    "x",  "PUT /echo HTTP/1.1\r\n"   },
        {KZ_HTTP_DELETE, "",   "DELETE /echo HTTP/1.1\r\n"},
        {KZ_HTTP_DELETE, "{}", "DELETE /echo HTTP/1.1\r\n"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        req = get("/echo");
        req.method = rows[i].method;
        req.body = kz_str(rows[i].body);
        run(&req);
        cr_expect(strncmp(got.body.ptr, rows[i].line, strlen(rows[i].line)) == 0, "%s",
                  got.body.ptr);
        cr_expect(kz_str_ends(kz_buf_str(&got.body), kz_str(rows[i].body)));
        cr_expect(!echoed("Content-Type:"));
    }
    cr_expect(echoed("Authorization: Bearer token-7\r\n"));
    cr_expect_eq(refused, 0);
    fetch("/status/401");
    cr_expect_eq(got.status, 401);
    cr_expect_eq(refused, 1);
}

Test(http, basic_credentials_and_prefix)
{
    char with_prefix[160];
    (void)snprintf(with_prefix, sizeof with_prefix, "%s/", base_url);
    connect_with((struct kz_server){.base = kz_str(with_prefix),
                                    .basic_user = KZ_STR("user"),
                                    .basic_password = KZ_STR("pass:word")});
    fetch("/echo");
    cr_assert(echoed("GET /echo HTTP"));
    cr_assert(echoed("Authorization: Basic dXNlcjpwYXNzOndvcmQ=\r\n"));
}

Test(http, environment_proxy_is_ignored)
{
    cr_assert_eq(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    cr_assert_eq(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
    connect_with((struct kz_server){0});
    fetch("/status/200");
    cr_assert_eq(got.status, 200, "%s", got.err);
}

Test(http, line_breaks_are_refused)
{
    struct kz_http_header extra = {KZ_STR("x-a"), KZ_STR("1\r\nx-b: 2")};
    struct kz_http_request req = get("/echo");
    req.headers = &extra;
    req.n_headers = 1;
    connect_with((struct kz_server){0});
    run(&req);
    cr_assert_eq(got.code, KZ_E_INVALID);
    cr_assert(!got.maybe_sent);
    fetch("/echo\nx");
    cr_assert_eq(got.code, KZ_E_INVALID);
}

Test(http, gzip_is_for_collected_bodies)
{
    connect_with((struct kz_server){0});
    fetch("/gzip");
    cr_assert_str_eq(got.body.ptr, "hello\n");
    struct kz_http_request req = get("/echo");
    req.on_data = on_data;
    run(&req);
    cr_assert_eq(strstr(got.streamed.ptr, "Accept-Encoding"), NULL);
}

Test(http, streaming)
{
    struct kz_http_request req = get("/chunks/5/20");
    req.on_data = on_data;
    connect_with((struct kz_server){0});
    run(&req);
    cr_assert_eq(got.pieces, 5);
    cr_assert_str_eq(got.streamed.ptr, "tick\ntick\ntick\ntick\ntick\n");
    cr_assert_eq(got.body.len, 0);
    /* the body of a failure is collected */
    req.path = KZ_STR("/status/410");
    run(&req);
    cr_assert_eq(got.pieces, 5);
    cr_assert_str_eq(got.body.ptr, "status 410\n");
}

/* One request on a port that is bound already is answered with 100,000 bytes. */
static void answer_once(int fd)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    char buf[4096];
    if (listen(fd, 1) < 0 || fork() != 0)
        return;
    int c = accept(fd, NULL, NULL);
    bool ok = read(c, buf, sizeof buf) > 0 && write(c, head, sizeof head - 1) > 0;
    memset(buf, 'x', sizeof buf);
    for (size_t sent = 0; ok && sent < 100000;) {
        ssize_t n = write(c, buf, sizeof buf < 100000 - sent ? sizeof buf : 100000 - sent);
        ok = n > 0;
        sent += n > 0 ? (size_t)n : 0;
    }
    _exit(0);
}

/* The small buffer of a watch whose connection was refused must not be filled by a later request as if it
 * were a large one. */
Test(http, a_large_reply_after_a_refused_watch)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    char url[64];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(at.sin_port));
    struct kz_http_request req = get("/watch");
    req.on_data = on_data;
    req.timeout = 0;
    connect_with((struct kz_server){.base = kz_str(url)});
    run(&req);
    cr_assert_eq(got.code, KZ_E_REMOTE, "%s", got.err);
    answer_once(fd);
    fetch("/large");
    cr_assert_eq(got.body.len, 100000);
    (void)close(fd);
}

Test(http, body_limit)
{
    struct kz_http_request req = get("/bytes/1000000");
    req.max_body = 1000000;
    connect_with((struct kz_server){0});
    run(&req);
    cr_assert_eq(got.code, KZ_OK);
    cr_assert_eq(got.body.len, 1000000);
    req.max_body = 999999;
    run(&req);
    cr_assert_eq(got.code, KZ_E_LIMIT);
    cr_assert(got.maybe_sent);
    cr_assert_eq(got.status, 200);
    char want[200];
    (void)snprintf(want, sizeof want,
                   "the reply of the API server at %s is larger than 999999 bytes", base_url);
    cr_assert_str_eq(got.err, want);
}

static int64_t since(int64_t from)
{
    return (kz_clock_mono() - from) / KZ_NS_PER_MS;
}

Test(http, timeouts)
{
    struct kz_http_request req = get("/hang");
    req.timeout = 150 * KZ_NS_PER_MS;
    connect_with((struct kz_server){0});
    int64_t from = kz_clock_mono();
    run(&req);
    cr_assert_eq(got.code, KZ_E_TIMEOUT);
    cr_assert(got.maybe_sent);
    cr_assert(strstr(got.err, "no complete reply of the API server at http://127.0.0.1:") != NULL);
    cr_assert(since(from) >= 150 && since(from) < 1000);

    /* bytes keep it alive, silence does not */
    req = get("/chunks/4/100");
    req.timeout = 0;
    req.idle_timeout = 250 * KZ_NS_PER_MS;
    req.on_data = on_data;
    run(&req);
    cr_assert_eq(got.code, KZ_OK, "%s", got.err);
    req.path = KZ_STR("/stall");
    from = kz_clock_mono();
    run(&req);
    cr_assert_eq(got.code, KZ_E_TIMEOUT);
    cr_assert_eq(got.status, 200);
    cr_assert(strstr(got.err, "sent nothing for 250ms") != NULL, "%s", got.err);
    cr_assert(since(from) >= 250 && since(from) < 1500);
}

/* A process that was stopped for a while does not send what it meant to send before. */
Test(http, what_comes_too_late_is_not_sent)
{
    struct kz_http_request req = get("/echo");
    connect_with((struct kz_server){0});
    run(&req); /* the connection is open */
    cr_assert_eq(got.code, KZ_OK);
    req.timeout = 50 * KZ_NS_PER_MS;
    (void)http.ops->start(http.impl, &req);
    (void)usleep(100000);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 2);
    cr_assert_eq(got.code, KZ_E_TIMEOUT);
    cr_assert_not(got.maybe_sent);
}

static int unsent;

static void count_unsent(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    on_done(arg, id, reply);
    cr_assert_eq(got.code, KZ_E_TIMEOUT);
    unsent += !reply->maybe_sent;
}

/* 64 at a time; those in the queue have the same patience, and were certainly not sent. */
static void queue_and_time(struct kz_str ca)
{
    struct kz_http_request req = get("/hang");
    req.on_done = count_unsent;
    connect_with((struct kz_server){.ca_pem = ca});
    for (int i = 0; i < 70; i++) {
        req.timeout = (i < 64 ? 6000 : 500) * KZ_NS_PER_MS; /* 64 handshakes fit, also on a busy machine */
        (void)http.ops->start(http.impl, &req);
    }
    int64_t from = kz_clock_mono();
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 70);
    cr_assert_eq(unsent, 6, "%d", unsent);
    cr_assert_lt(since(from), 12000);
}

Test(http, queue_and_time)
{
    queue_and_time(KZ_STR(""));
}

Test(http, connection_failures)
{
    static const char *const after_sending[] = {"/drop", "/cut"};
    connect_with((struct kz_server){0});
    for (size_t i = 0; i < kz_countof(after_sending); i++) {
        fetch(after_sending[i]);
        cr_expect_eq(got.code, KZ_E_REMOTE);
        cr_expect(got.maybe_sent);
        cr_expect(strstr(got.err, "broke off before its reply was complete") != NULL, "%s",
                  got.err);
    }
}

Test(http, refused)
{
    char url[64], want[128];
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d", test_free_port());
    (void)snprintf(want, sizeof want, "the API server at %s refused the connection", url);
    connect_with((struct kz_server){.base = kz_str(url)});
    fetch("/");
    cr_assert_eq(got.code, KZ_E_REMOTE);
    cr_assert_eq(got.status, 0);
    cr_assert(!got.maybe_sent);
    cr_assert_str_eq(got.err, want);
}

/* A label over 63 bytes can't exist: the resolver says so without asking a name server. */
#define NO_HOST                                                                                    \
    "https://no-such-host-0123456789-0123456789-0123456789-0123456789-0123456789.invalid"

Test(http, unknown_host)
{
    connect_with((struct kz_server){.base = KZ_STR(NO_HOST)});
    fetch("/");
    cr_assert_eq(got.code, KZ_E_REMOTE);
    cr_assert(!got.maybe_sent);
    cr_assert_str_eq(got.err, "the host name of the API server at " NO_HOST " is not known to DNS");
}

Test(http, addresses_that_are_refused)
{
    static const struct {
        const char *base, *want;
    } rows[] = {
        {"",                         "not a URL"                          },
        {"ftp://host",               "must begin with"                    },
        {"file:///etc/passwd",       "must begin with"                    },
        {"https://user:secret@host", "must not contain a user or password"},
        {"https://host/?q",          "must not contain '?'"               },
        {"https://ho st",            "not a URL"                          },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_err err;
        char line[1024];
        struct kz_http_client *none = NULL;
        struct kz_server s = {.base = kz_str(rows[i].base)};
        cr_expect_eq(kz_http_client_new(&none, loop, &s, &err), -KZ_E_INVALID);
        (void)kz_err_line(line, sizeof line, &err);
        cr_expect(strstr(line, rows[i].want) != NULL, "%s: %s", rows[i].base, line);
        cr_expect_null(strstr(line, "secret"));
        cr_expect_null(none);
    }
}

/* ---- cancelling and callbacks that change the world --------------------------------------------- */
static uint64_t victim;

static void cancel_self(void *arg, uint64_t id, struct kz_str piece)
{
    on_data(arg, id, piece);
    http.ops->cancel(http.impl, id);
    http.ops->cancel(http.impl, victim);
}

static void free_client(void *arg, uint64_t id, struct kz_str piece)
{
    on_data(arg, id, piece);
    kz_http_client_free(client);
    client = NULL;
}

Test(http, cancel)
{
    struct kz_http_request req = get("/chunks/100/10");
    connect_with((struct kz_server){0});
    /* before it began; twice; unknown */
    uint64_t id = http.ops->start(http.impl, &req);
    http.ops->cancel(http.impl, id);
    http.ops->cancel(http.impl, id);
    http.ops->cancel(http.impl, 0);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 0);
    /* from its own data callback, and another one with it */
    req.on_data = cancel_self;
    (void)http.ops->start(http.impl, &req);
    struct kz_http_request hang = get("/hang");
    victim = http.ops->start(http.impl, &hang);
    kz_loop_run(loop);
    cr_assert_eq(got.pieces, 1);
    cr_assert_eq(got.calls, 0);
    /* and the client is as good as ever */
    fetch("/status/200");
    cr_assert_eq(got.status, 200);
}

Test(http, free_from_the_data_callback)
{
    struct kz_http_request req = get("/chunks/100/10");
    connect_with((struct kz_server){0});
    req.on_data = free_client;
    (void)http.ops->start(http.impl, &req);
    struct kz_http_request hang = get("/hang");
    (void)http.ops->start(http.impl, &hang);
    kz_loop_run(loop);
    cr_assert_eq(got.pieces, 1);
    cr_assert_eq(got.calls, 0);
}

static int to_go;

static void start_next(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    on_done(arg, id, reply);
    http.ops->cancel(http.impl, id); /* over: harmless */
    if (--to_go > 0) {
        struct kz_http_request req = get("/status/200");
        req.on_done = start_next;
        (void)http.ops->start(http.impl, &req);
    }
}

Test(http, callback_starts_the_next)
{
    struct kz_http_request req = get("/status/200");
    connect_with((struct kz_server){0});
    req.on_done = start_next;
    to_go = 50;
    (void)http.ops->start(http.impl, &req);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 50);
}

Test(http, free_with_requests_in_all_states)
{
    struct kz_http_request req = get("/hang");
    connect_with((struct kz_server){0});
    (void)http.ops->start(http.impl, &req);
    req.timeout = 50 * KZ_NS_PER_MS;
    (void)http.ops->start(http.impl, &req);
    (void)http.ops->start(http.impl, &req);
}

/* ---- TLS --------------------------------------------------------------------------------------- */
static char certs[64];

static struct kz_str pem(const char *name)
{
    static char text[8][8192];
    static int at;
    char path[128];
    char *buf = text[at++ % 8];
    (void)snprintf(path, sizeof path, "%s/%s", certs, name);
    FILE *f = fopen(path, "re");
    cr_assert_not_null(f, "%s", path);
    size_t n = fread(buf, 1, sizeof text[0], f);
    (void)fclose(f);
    return kz_str_n(buf, n);
}

static void on_made(void *arg, uint64_t id, const struct kz_child_result *res)
{
    (void)arg;
    (void)id;
    cr_assert_eq(res->exit_code, 0, KZ_FMT, KZ_ARG(res->errout));
}

static void setup_tls(void)
{
    static const char *const envp[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    setup();
    (void)snprintf(certs, sizeof certs, "/tmp/kzsync-test-XXXXXX");
    cr_assert_not_null(mkdtemp(certs));
    const char *const argv[] = {KZ_TEST_DIR "/lib/make_certs.sh", certs, NULL};
    struct kz_child_spec spec = {
        .argv = argv, .envp = envp, .max_output = 1 << 20, .timeout = 20 * KZ_NS_PER_SEC};
    (void)kz_child_start(loop, &spec, on_made, NULL);
    kz_loop_run(loop);
}

static void teardown_tls(void)
{
    DIR *d = opendir(certs);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        (void)unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    (void)rmdir(certs);
    teardown();
}

TestSuite(tls, .init = setup_tls, .fini = teardown_tls);

static void tls_server(const char *name, const char *client_ca)
{
    char cert[128], key[128], ca[128] = "";
    (void)snprintf(cert, sizeof cert, "%s/%s.pem", certs, name);
    (void)snprintf(key, sizeof key, "%s/%s.key", certs, name);
    if (client_ca != NULL)
        (void)snprintf(ca, sizeof ca, "%s/%s", certs, client_ca);
    test_server_stop(&server);
    server = test_server_start(cert, key, client_ca != NULL ? ca : NULL);
    (void)snprintf(base_url, sizeof base_url, "https://127.0.0.1:%d", server.port);
}

Test(tls, certificates)
{
    static const struct {
        const char *cert, *ca, *server_name;
        bool insecure;
        enum kz_code code;
        const char *err;
    } rows[] = {
        {"good",    "ca.pem",       "",               false, KZ_OK,       ""                           },
        {"good",    "ca.pem",       "localhost",      false, KZ_OK,       ""                           },
        {"wrong",   "ca.pem",       "other.example",  false, KZ_OK,       ""                           },
        {"good",    "other_ca.pem", "",               false, KZ_E_DENIED,
         "is not trusted: unable to get local issuer"                                                  },
        {"good",    NULL,           "",               false, KZ_E_DENIED, "is not trusted"             },
        {"expired", "ca.pem",       "",               false, KZ_E_DENIED, "has expired"                },
        {"wrong",   "ca.pem",       "",               false, KZ_E_DENIED, "is not for '127.0.0.1'"     },
        {"good",    "ca.pem",       "nobody.example", false, KZ_E_DENIED, "is not for 'nobody.example'"},
        {"wrong",   NULL,           "",               true,  KZ_OK,       ""                           },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        tls_server(rows[i].cert, NULL);
        connect_with((struct kz_server){
            .ca_pem = rows[i].ca != NULL ? pem(rows[i].ca) : KZ_STR_NONE,
            .server_name = kz_str(rows[i].server_name),
            .insecure = rows[i].insecure,
        });
        fetch("/echo");
        cr_expect_eq(got.code, rows[i].code, "%zu: %s", i, got.err);
        cr_expect(strstr(got.err, rows[i].err) != NULL, "%zu: %s", i, got.err);
        if (got.code != KZ_OK) {
            cr_expect(!got.maybe_sent);
            cr_expect(got.hint[0] != '\0');
        } else {
            cr_expect(echoed("Host: 127.0.0.1:"), "%s", got.body.ptr);
        }
        kz_http_client_free(client);
        client = NULL;
    }
}

/* What was asked over TLS is not answered without it. */
Test(tls, redirects_stay_behind_tls)
{
    char path[64];
    struct test_server plain = test_server_start(NULL, NULL, NULL);
    tls_server("good", NULL);
    connect_with((struct kz_server){.ca_pem = pem("ca.pem"), .redirects = 3});
    fetch("/redirect");
    cr_expect_eq(got.status, 200, "%s", got.err);
    (void)snprintf(path, sizeof path, "/away/127.0.0.1:%d/echo", plain.port);
    fetch(path);
    cr_expect_neq(got.code, KZ_OK);
    cr_expect_neq(got.status, 200);
    test_server_stop(&plain);
}

/* HTTP/1.1 behind TLS: requests wait for the first handshake, not for the first reply. */
Test(tls, queue_and_time)
{
    tls_server("good", NULL);
    queue_and_time(pem("ca.pem"));
}

Test(tls, client_certificate)
{
    tls_server("good", "ca.pem");
    connect_with((struct kz_server){
        .ca_pem = pem("ca.pem"), .cert_pem = pem("client.pem"), .key_pem = pem("client.key")});
    fetch("/status/200");
    cr_assert_eq(got.status, 200, "%s", got.err);
    kz_http_client_free(client);

    connect_with((struct kz_server){.ca_pem = pem("ca.pem")});
    fetch("/status/200");
    cr_assert_eq(got.code, KZ_E_REMOTE, "%s", got.err); /* the server's alert, or just its reset */
}

Test(tls, bad_pem)
{
    tls_server("good", NULL);
    connect_with((struct kz_server){.ca_pem = KZ_STR("not a certificate")});
    fetch("/");
    cr_assert_eq(got.code, KZ_E_INVALID, "%s", got.err);
    kz_http_client_free(client);
    connect_with((struct kz_server){.ca_pem = pem("ca.pem"), .cert_pem = KZ_STR("rubbish")});
    fetch("/");
    cr_assert_eq(got.code, KZ_E_INVALID, "%s", got.err);
}

Test(tls, plain_port)
{
    (void)snprintf(base_url, sizeof base_url, "https://127.0.0.1:%d", server.port);
    connect_with((struct kz_server){0});
    struct kz_http_request req = get("/");
    req.timeout = 2 * KZ_NS_PER_SEC;
    run(&req);
    cr_assert_neq(got.code, KZ_OK);
    cr_assert(!got.maybe_sent);
}
