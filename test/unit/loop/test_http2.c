/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP client against nginx: HTTP/2 over TLS, many requests on one connection. */
#include "base/clock.h"
#include "lib/http_server.h"
#include "lib/nginx.h"
#include "loop/http_client.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANY = 300 };

static struct kz_loop *loop;
static struct kz_http_client *client;
static struct kz_http http;
static struct test_nginx nginx;
static char dir[64], base_url[128], ca[8192];

static struct {
    int calls, ok, remote, streamed;
    char first[512], last[512]; /* bodies, from WHO: "h2 <connection>" */
    int other_connections;
    char err[1024]; /* the last */
} got;

static void on_made(void *arg, uint64_t id, const struct kz_child_result *res)
{
    (void)arg;
    (void)id;
    cr_assert_eq(res->exit_code, 0, KZ_FMT, KZ_ARG(res->errout));
}

static void setup(void)
{
    static const char *const envp[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    struct kz_err err;
    cr_assert_eq(kz_loop_new(&loop, &err), 0);
    (void)snprintf(dir, sizeof dir, "/tmp/kzsync-test-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    const char *const argv[] = {KZ_TEST_DIR "/lib/make_certs.sh", dir, NULL};
    struct kz_child_spec spec = {
        .argv = argv, .envp = envp, .max_output = 1 << 20, .timeout = 20 * KZ_NS_PER_SEC};
    (void)kz_child_start(loop, &spec, on_made, NULL);
    kz_loop_run(loop);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/ca.pem", dir);
    FILE *f = fopen(path, "re");
    cr_assert_not_null(f);
    ca[fread(ca, 1, sizeof ca - 1, f)] = '\0';
    (void)fclose(f);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void teardown(void)
{
    kz_http_client_free(client);
    kz_loop_free(loop);
    test_nginx_stop(&nginx);
    (void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(http2, .init = setup, .fini = teardown);

#define WHO "location / { return 200 \"$http2 $connection\"; }\n"

static void start_nginx(const char *locations)
{
    struct kz_err err;
    if (!test_nginx_start(&nginx, dir, locations))
        cr_skip_test("no nginx");
    (void)snprintf(base_url, sizeof base_url, "https://127.0.0.1:%d", nginx.port);
    struct kz_server s = {
        .base = kz_str(base_url), .ca_pem = kz_str(ca), .user_agent = KZ_STR("kzsync/0")};
    cr_assert_eq(kz_http_client_new(&client, loop, &s, &err), 0);
    http = kz_http_client_http(client);
}

static void on_done(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    (void)arg;
    (void)id;
    got.calls++;
    if (reply->err != NULL) {
        (void)kz_err_line(got.err, sizeof got.err, reply->err);
        got.remote += reply->err->code == KZ_E_REMOTE && reply->maybe_sent;
        return;
    }
    got.ok += reply->status == 200;
    (void)snprintf(got.last, sizeof got.last, KZ_FMT, KZ_ARG(reply->body));
    if (got.first[0] == '\0')
        memcpy(got.first, got.last, sizeof got.first);
    got.other_connections += strcmp(got.first, got.last) != 0;
}

static struct kz_http_request get(const char *path)
{
    return (struct kz_http_request){
        .path = kz_str(path), .timeout = 20 * KZ_NS_PER_SEC, .on_done = on_done};
}

Test(http2, all_share_one_connection)
{
    start_nginx(WHO);
    struct kz_http_request req = get("/");
    for (int i = 0; i < MANY; i++)
        (void)http.ops->start(http.impl, &req);
    kz_loop_run(loop);
    cr_assert_eq(got.ok, MANY, "%s", got.err);
    cr_assert_eq(strncmp(got.first, "h2 ", 3), 0, "%s", got.first);
    cr_assert_eq(got.other_connections, 0, "%s, %s", got.first, got.last);
}

/* Small bodies share the connection; large ones leave it alone (is_large in http_client.c). */
Test(http2, bodies)
{
    static char big[200000];
    static const struct {
        size_t len;
        const char *length;
        bool http2;
    } rows[] = {
        {50000,      "Content-Length: 50000\r\n",  true },
        {sizeof big, "Content-Length: 200000\r\n", false}
    };
    char locations[256];
    struct test_server echo = test_server_start(NULL, NULL, NULL);
    (void)snprintf(locations, sizeof locations,
                   "location / { proxy_set_header x-h2 $http2; proxy_pass http://127.0.0.1:%d; }",
                   echo.port);
    start_nginx(locations);
    memset(big, 'x', sizeof big);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_http_request req = get("/echo");
        req.method = KZ_HTTP_PATCH;
        req.content_type = "application/json";
        req.body = kz_str_n(big, rows[i].len);
        got.ok = 0;
        for (int n = 0; n < 20; n++)
            (void)http.ops->start(http.impl, &req);
        kz_loop_run(loop);
        cr_expect_eq(got.ok, 20, "%d: %s", got.ok, got.err);
        cr_expect(strstr(got.last, rows[i].length) != NULL, "%s", got.last);
        cr_expect_eq(strstr(got.last, "x-h2: h2\r\n") != NULL, rows[i].http2, "%s", got.last);
    }
    test_server_stop(&echo);
}

static void make_slow_file(void)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/html", dir);
    cr_assert_eq(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/html/slow", dir);
    FILE *f = fopen(path, "we");
    cr_assert_not_null(f);
    for (int i = 0; i < 100000; i++)
        (void)fputs("0123456789", f);
    (void)fclose(f);
}

static void on_data(void *arg, uint64_t id, struct kz_str piece)
{
    (void)arg;
    got.streamed += (int)piece.len;
    http.ops->cancel(http.impl, id);
    struct kz_http_request req = get("/");
    (void)http.ops->start(http.impl, &req);
}

static void on_nothing(void *arg, uint64_t id, struct kz_str piece)
{
    (void)arg;
    (void)id;
    got.streamed += (int)piece.len;
}

/* Cancelling a watch ends its stream, not the connection that all others use. */
Test(http2, cancel_keeps_the_connection)
{
    make_slow_file();
    start_nginx(WHO "location = /slow { limit_rate 20k; }");
    struct kz_http_request req = get("/"), stream = get("/slow");
    (void)http.ops->start(http.impl, &req);
    kz_loop_run(loop);
    stream.on_data = on_data;
    stream.timeout = 0;
    (void)http.ops->start(http.impl, &stream);
    kz_loop_run(loop);
    cr_assert_gt(got.streamed, 0);
    cr_assert_lt(got.streamed, 100000);
    cr_assert_eq(got.calls, 2); /* none for the cancelled one */
    cr_assert_eq(got.ok, 2);
    cr_assert_eq(got.other_connections, 0, "%s, %s", got.first, got.last);
}

/* Half-open: the server is there, acknowledges what we send, and says nothing. The request costs its time
 * limit, what else is on the connection fails with it, and the next one has a new connection. */
Test(http2, a_silent_connection_is_left, .timeout = 30)
{
    start_nginx(WHO "location = /slow { limit_rate 1k; }");
    make_slow_file();
    struct kz_http_request req = get("/"), stream = get("/slow");
    (void)http.ops->start(http.impl, &req);
    kz_loop_run(loop);
    cr_assert_eq(got.ok, 1, "%s", got.err);
    (void)kill(nginx.pid, SIGSTOP);
    stream.timeout = 0; /* a watch */
    stream.on_data = on_nothing;
    (void)http.ops->start(http.impl, &stream);
    req.timeout = 300 * KZ_NS_PER_MS;
    (void)http.ops->start(http.impl, &req);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 3);
    cr_assert_eq(got.ok, 1);
    (void)kill(nginx.pid, SIGCONT);
    req.timeout = 20 * KZ_NS_PER_SEC;
    (void)http.ops->start(http.impl, &req);
    kz_loop_run(loop);
    cr_assert_eq(got.ok, 2, "%s", got.err);
    cr_assert_eq(got.other_connections, 1, "%s, %s", got.first, got.last);
}

/* One request that takes too long says nothing about a connection that others use. */
Test(http2, a_slow_answer_leaves_the_connection)
{
    make_slow_file();
    start_nginx(WHO "location = /slow { limit_rate 20k; }");
    struct kz_http_request req = get("/"), slow = get("/slow");
    slow.timeout = 5 * KZ_NS_PER_SEC; /* nginx sends a piece each second */
    (void)http.ops->start(http.impl, &req);
    kz_loop_run(loop);
    (void)http.ops->start(http.impl, &slow);
    kz_loop_run(loop);
    (void)http.ops->start(http.impl, &req);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 3);
    cr_assert_eq(got.ok, 2, "%s", got.err);
    cr_assert_eq(got.other_connections, 0, "%s, %s", got.first, got.last);
}

/* After each 40 requests the server says GOAWAY. What is lost is reported as such, the rest goes on. */
Test(http2, goaway)
{
    start_nginx("keepalive_requests 40;" WHO);
    struct kz_http_request req = get("/");
    for (int i = 0; i < MANY; i++)
        (void)http.ops->start(http.impl, &req);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, MANY);
    cr_assert_eq(got.ok + got.remote, MANY, "%d and %d", got.ok, got.remote);
    cr_assert_geq(got.ok, MANY - 10);
}

static void kill_nginx(void *arg, uint64_t id)
{
    (void)arg;
    (void)id;
    test_nginx_stop(&nginx);
}

Test(http2, server_dies)
{
    make_slow_file();
    start_nginx(WHO "location = /slow { limit_rate 1k; }");
    struct kz_http_request req = get("/slow");
    (void)http.ops->start(http.impl, &req);
    (void)http.ops->start(http.impl, &req);
    struct kz_env env = kz_loop_env(loop);
    (void)kz_env_timer(&env, 300 * KZ_NS_PER_MS, kill_nginx, NULL);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 2);
    cr_assert_eq(got.remote, 2);
}
