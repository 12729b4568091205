/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP server on real sockets: good clients and hostile ones. A client is a function in a forked process; the
 * loop turns here until it has ended. Its exit status is what it has to say. */
#include "loop/http_server.h"

#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/fds.h"

static struct kz_loop *loop;
static struct kz_http_server *server;
static int port, fds_before, asked;
static int64_t slowest; /* turn of the loop while a client was at work, ns */

static void on_ask(void *arg, struct kz_http_answer *out, const struct kz_http_ask *ask)
{
    (void)arg;
    asked++;
    out->status = 200;
    if (kz_str_is(ask->path, "/large"))
        kz_buf_fill(&out->body, 'x', 20 << 20);
    else if (kz_str_is(ask->path, "/huge"))
        kz_buf_fill(&out->body, 'x', (32 << 20) + 1);
    else if (kz_str_is(ask->path, "/empty"))
        out->status = 404;
    else
        kz_buf_printf(&out->body, "path " KZ_FMT "\n", KZ_ARG(ask->path));
}

static void start_at(const char *listen, int64_t life)
{
    struct kz_err err;
    char line[512];
    const struct kz_http_server_options opt = {.listen = kz_str(listen), .answer = on_ask, .life = life};
    cr_assert_eq(kz_http_server_open(&server, loop, &opt, &err), 0, "%s", kz_err_line(line, sizeof line, &err));
    port = kz_http_server_port(server);
    cr_assert_gt(port, 0);
}

static void start(int64_t life)
{
    start_at("127.0.0.1:0", life);
}

static void setup(void)
{
    struct kz_err err;
    fds_before = count_fds();
    asked = 0;
    slowest = 0;
    cr_assert_eq(kz_loop_new(&loop, &err), 0);
}

static void teardown(void)
{
    kz_http_server_close(server);
    server = NULL;
    kz_loop_free(loop);
    cr_assert_eq(count_fds(), fds_before);
}

TestSuite(http_server, .init = setup, .fini = teardown);

/* ---- the other side ---------------------------------------------------------------------------- */

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        _exit(90);
    return fd;
}

/* All that comes until the end, at most `max`; what came in reply. Returns the length. */
static size_t read_all(int fd, char *buf, size_t max)
{
    size_t len = 0;
    ssize_t n;
    while (len < max && (n = read(fd, buf + len, max - len)) > 0)
        len += (size_t)n;
    buf[len < max ? len : max - 1] = '\0';
    return len;
}

static bool says(const char *request, const char *want, const char *unwanted)
{
    static char reply[64 << 10];
    int fd = dial();
    size_t len = strlen(request);
    if (write(fd, request, len) != (ssize_t)len)
        _exit(91);
    (void)read_all(fd, reply, sizeof reply);
    close(fd);
    return strstr(reply, want) != NULL && (unwanted == NULL || strstr(reply, unwanted) == NULL);
}

struct watch {
    pid_t pid;
    int status;
    int64_t last;
};

static void on_tick(void *arg, uint64_t id)
{
    struct watch *w = arg;
    const struct kz_env env = kz_loop_env(loop);
    const int64_t now = kz_env_mono(&env);
    (void)id;
    if (w->last != 0 && now - w->last > slowest)
        slowest = now - w->last;
    w->last = now;
    if (waitpid(w->pid, &w->status, WNOHANG) == w->pid)
        kz_loop_stop(loop);
    else
        (void)kz_env_timer(&env, 5 * KZ_NS_PER_MS, on_tick, w);
}

/* Runs client in a process of its own; its result. */
static int with_client(int (*client)(void))
{
    struct watch w = {.pid = fork()};
    if (w.pid == 0)
        _exit(client());
    on_tick(&w, 0);
    kz_loop_run(loop);
    return WIFEXITED(w.status) ? WEXITSTATUS(w.status) : 100 + WTERMSIG(w.status);
}

/* ---- good clients ------------------------------------------------------------------------------ */

static int client_good(void)
{
    return !says("GET /some%20path?query=1 HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", NULL) ? 1
         : !says("GET /a%20b?q=1 HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\npath /a b\n", "?q")  ? 2
         : !says("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "Connection: close", NULL)            ? 3
         : !says("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 7", "path")         ? 4
         : !says("GET /empty HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found", NULL)           ? 5
         : !says("GET / HTTP/1.0\r\n\r\n", "path /", NULL)                                  ? 6
                                                                                            : 0;
}

Test(http_server, answers_get_and_head)
{
    start(0);
    cr_expect_eq(with_client(client_good), 0);
    cr_expect_eq(asked, 6);
    cr_expect_eq(kz_http_server_connections(server), 0);
}

/* As a pod does: whether IPv6 is there or not. */
Test(http_server, listens_at_all_addresses)
{
    start_at(":0", 0);
    cr_expect_eq(with_client(client_good), 0);
}

static int client_other(void)
{
    static char long_head[64 << 10];
    size_t n = (size_t)snprintf(long_head, sizeof long_head, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ");
    memset(long_head + n, 'y', sizeof long_head - n - 8);
    (void)snprintf(long_head + sizeof long_head - 8, 8, "\r\n\r\n");
    return !says("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "405 Method Not Allowed", "path")  ? 1
         : !says("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", "Allow: GET, HEAD", "path")                                ? 2
         : !says("GET /huge HTTP/1.1\r\nHost: x\r\n\r\n", "500 Internal Server Error", "xxx")                       ? 3
         : !says("GET / HTTP/1.1\r\n\r\n", "400 Bad Request", "path")                                               ? 4
         : !says("nonsense\r\n\r\n", "", "200 OK")                                                                  ? 5
         : !says("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", "", "xxx")          ? 6
                                                                                                                    : 0;
}

Test(http_server, refuses_what_it_does_not_serve)
{
    start(0);
    cr_expect_eq(with_client(client_other), 0);
}

/* ---- hostile ones ------------------------------------------------------------------------------ */

/* A head that does not fit: an error or a closed connection, and never the handler. */
static int client_long_head(void)
{
    static char piece[4096], reply[4096];
    int fd = dial();
    memset(piece, 'y', sizeof piece);
    if (write(fd, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", 34) != 34)
        return 1;
    for (int i = 0; i < 64; i++)
        if (send(fd, piece, sizeof piece, MSG_NOSIGNAL) < 0)
            return 0; /* it was closed on us */
    (void)read_all(fd, reply, sizeof reply);
    return strstr(reply, "431 ") != NULL || reply[0] == '\0' ? 0 : 2;
}

Test(http_server, bounds_the_head)
{
    start(0);
    cr_expect_eq(with_client(client_long_head), 0);
    cr_expect_eq(asked, 0);
}

/* A byte each 20 ms would keep a server busy that counts silence only. */
static int client_slow(void)
{
    char one;
    int fd = dial();
    const int64_t begin = kz_clock_mono();
    if (write(fd, "GET / HTTP/1.1\r\nHost: x\r\nX: ", 28) != 28)
        return 1;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (send(fd, "y", 1, MSG_NOSIGNAL) < 0 || (poll(&p, 1, 20) > 0 && read(fd, &one, 1) <= 0))
            break;
        if (kz_clock_mono() - begin > 5 * KZ_NS_PER_SEC)
            return 2;
    }
    return kz_clock_mono() - begin < 250 * KZ_NS_PER_MS ? 3 : 0;
}

Test(http_server, ends_a_slow_client)
{
    start(300 * KZ_NS_PER_MS);
    cr_expect_eq(with_client(client_slow), 0);
    cr_expect_eq(kz_http_server_connections(server), 0);
    cr_expect_eq(asked, 0);
}

/* Takes nothing of a large answer. */
static int client_no_reader(void)
{
    char one;
    int fd = dial(), small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (write(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n", 33) != 33)
        return 1;
    (void)usleep(100 * 1000);
    if (!says("GET /large HTTP/1.1\r\nHost: x\r\n\r\n", "503 Service Unavailable", NULL))
        return 2; /* two of them are more than may be under way */
    if (!says("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "path /", NULL))
        return 3;
    (void)usleep(600 * 1000);
    return !says("GET /large HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", NULL) ? 4 : read(fd, &one, 1) < 0 ? 5 : 0;
}

Test(http_server, bounds_what_answers_hold)
{
    start(500 * KZ_NS_PER_MS);
    cr_expect_eq(with_client(client_no_reader), 0);
}

/* More connections than there are places: those that are too many from one address are closed at once, and
 * when the others have had their time, everybody is served again. */
static int client_many(void)
{
    enum { MANY = 200 };
    int fd[MANY], closed = 0;
    char one;
    for (int i = 0; i < MANY; i++)
        fd[i] = dial();
    (void)usleep(200 * 1000);
    for (int i = 0; i < MANY; i++)
        closed += recv(fd[i], &one, 1, MSG_DONTWAIT) == 0;
    if (closed < MANY - KZ_HTTP_SERVER_PER_ADDRESS)
        return 1;
    (void)usleep(600 * 1000);
    return says("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "path /", NULL) ? 0 : 2;
}

Test(http_server, bounds_connections)
{
    start(500 * KZ_NS_PER_MS);
    cr_expect_eq(with_client(client_many), 0);
    cr_expect_eq(kz_http_server_connections(server), 0);
}

/* Bytes without sense, cut anywhere; then it serves as before. */
static int client_random(void)
{
    static const char *const heads[] = {"GET ", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: ",
                                        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n", ""};
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < 400; i++) {
        unsigned char bytes[300];
        int fd = dial();
        for (size_t k = 0; k < sizeof bytes; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            bytes[k] = (unsigned char)(x >> 32);
        }
        const char *head = heads[i % 5];
        (void)send(fd, head, strlen(head), MSG_NOSIGNAL);
        (void)send(fd, bytes, x % sizeof bytes, MSG_NOSIGNAL);
        if (i % 3 == 0)
            (void)send(fd, "\r\n\r\n", 4, MSG_NOSIGNAL);
        close(fd);
    }
    (void)usleep(700 * 1000); /* an end that came together with data is noticed when their time is over */
    return says("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "path /", NULL) ? 0 : 1;
}

Test(http_server, survives_nonsense)
{
    start(500 * KZ_NS_PER_MS);
    cr_expect_eq(with_client(client_random), 0);
    cr_expect_lt(slowest, KZ_NS_PER_SEC, "the loop stood still for %lld ms", (long long)(slowest / KZ_NS_PER_MS));
}

/* ---- where to listen --------------------------------------------------------------------------- */

Test(http_server, takes_addresses)
{
    static const struct {
        const char *text, *host;
        unsigned port;
    } good[] = {{":8080", "", 8080},
                {"127.0.0.1:0", "127.0.0.1", 0},
                {"0.0.0.0:65535", "0.0.0.0", 65535},
                {"[::1]:80", "::1", 80}};
    static const char *const bad[] = {"",         "8080",        "localhost:80", "127.0.0.1:", ":65536",
                                      ":-1",      "[::1:80",     "::1:80",       "[]:80",      "1.2.3:80",
                                      "[1.2.3.4]:80", "127.0.0.1:80x", "[::1]",  "12345678901234567890123456789012345678901234567890:1"};
    struct kz_str host;
    struct kz_err err;
    unsigned n;
    start(0);
    for (size_t i = 0; i < kz_countof(good); i++) {
        cr_assert_eq(kz_listen_address(&host, &n, kz_str(good[i].text), &err), 0, "%s", good[i].text);
        cr_expect(kz_str_is(host, good[i].host), "%s", good[i].text);
        cr_expect_eq(n, good[i].port, "%s", good[i].text);
    }
    for (size_t i = 0; i < kz_countof(bad); i++)
        cr_expect_eq(kz_listen_address(&host, &n, kz_str(bad[i]), &err), -KZ_E_INVALID, "'%s'", bad[i]);
}

Test(http_server, says_why_it_cannot_listen)
{
    struct kz_http_server *second;
    struct kz_err err;
    char text[32], line[512];
    start(0);
    (void)snprintf(text, sizeof text, "127.0.0.1:%d", port);
    const struct kz_http_server_options opt = {.listen = kz_str(text), .answer = on_ask};
    cr_assert_lt(kz_http_server_open(&second, loop, &opt, &err), 0);
    (void)kz_err_line(line, sizeof line, &err);
    cr_expect(strstr(line, text) != NULL && strstr(line, "in use") != NULL, "%s", line);
}
