/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/http_server.h"
#include "base/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections in the order in which they came, which is that of their ends. */
struct conn {
    struct conn *prev, *next;
    struct kz_http_server *s;
    int fd; /* libmicrohttpd's */
    int64_t until;
    size_t bytes; /* of its answer */
    bool ended;   /* its time was over; it goes as soon as libmicrohttpd hears of it */
};

struct kz_http_server {
    struct kz_loop *loop;
    struct kz_env env;
    struct kz_http_server_options opt;
    struct MHD_Daemon *daemon;
    struct kz_io *io;
    uint64_t turn;  /* timer: libmicrohttpd has something left to do */
    uint64_t sweep; /* timer: the oldest connection's time is over */
    struct conn *first, *last;
    size_t n_conns, bytes;
    int port;
};

static void turn(struct kz_http_server *s);

/* ---- connections and their time ---------------------------------------------------------------- */

static void on_sweep(void *arg, uint64_t id);

static void arm_sweep(struct kz_http_server *s)
{
    const struct conn *c = s->first;
    while (c != NULL && c->ended)
        c = c->next;
    if (c != NULL && s->sweep == 0)
        s->sweep = kz_env_timer(&s->env, c->until - kz_env_mono(&s->env), on_sweep, s);
}

/* libmicrohttpd counts silence, not life: who sends a byte now and then would stay for ever. A connection that
 * is shut down is news for it like any other. */
static void on_sweep(void *arg, uint64_t id)
{
    struct kz_http_server *s = arg;
    const int64_t now = kz_env_mono(&s->env);
    (void)id;
    s->sweep = 0;
    for (struct conn *c = s->first; c != NULL && c->until <= now; c = c->next) {
        if (!c->ended)
            (void)shutdown(c->fd, SHUT_RDWR);
        c->ended = true;
    }
    turn(s);
    arm_sweep(s);
}

static struct conn *conn_new(struct kz_http_server *s, int fd)
{
    struct conn *c = calloc(1, sizeof *c);
    kz_assert(c != NULL);
    *c = (struct conn){.s = s, .fd = fd, .prev = s->last, .until = kz_env_mono(&s->env) + s->opt.life};
    *(s->last != NULL ? &s->last->next : &s->first) = c;
    s->last = c;
    s->n_conns++;
    arm_sweep(s);
    return c;
}

static void conn_free(struct conn *c)
{
    struct kz_http_server *s = c->s;
    *(c->prev != NULL ? &c->prev->next : &s->first) = c->next;
    *(c->next != NULL ? &c->next->prev : &s->last) = c->prev;
    s->n_conns--;
    s->bytes -= c->bytes;
    free(c);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *fd;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        conn_free(*context);
        return;
    }
    fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = conn_new(cls, fd->connect_fd);
}

/* ---- answers ----------------------------------------------------------------------------------- */

static enum MHD_Result send_answer(struct MHD_Connection *mhd, int status, const char *type, const char *allow,
                                   struct MHD_Response *r)
{
    enum MHD_Result rc = MHD_NO;
    if (r == NULL)
        return MHD_NO;
    if (MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES &&
        MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") == MHD_YES &&
        (allow == NULL || MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, allow) == MHD_YES))
        rc = MHD_queue_response(mhd, (unsigned)status, r);
    MHD_destroy_response(r); /* drops our reference */
    return rc;
}

static enum MHD_Result send_text(struct MHD_Connection *mhd, int status, const char *text)
{
    /* A persistent buffer is only read; the type of its parameter is older than const. */
    void *bytes = (void *)(uintptr_t)text;
    return send_answer(mhd, status, "text/plain; charset=utf-8", status == 405 ? "GET, HEAD" : NULL,
                       MHD_create_response_from_buffer(strlen(text), bytes, MHD_RESPMEM_PERSISTENT));
}

/* The body goes to libmicrohttpd, which frees it. */
static enum MHD_Result send_body(struct MHD_Connection *mhd, struct conn *c, struct kz_http_answer *a)
{
    struct kz_http_server *s = c->s;
    if (a->body.len > KZ_HTTP_SERVER_BODIES - s->bytes)
        return send_text(mhd, 503, "too many large answers are under way\n");
    if (a->body.len == 0)
        return send_answer(mhd, a->status, a->content_type, NULL,
                           MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
    s->bytes += a->body.len;
    c->bytes = a->body.len;
    struct MHD_Response *r = MHD_create_response_from_buffer(a->body.len, a->body.ptr, MHD_RESPMEM_MUST_FREE);
    if (r != NULL)
        kz_buf_init(&a->body, 0);
    return send_answer(mhd, a->status, a->content_type, NULL, r);
}

/* Called when the head is complete; answering then leaves any body unread. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                  const char *version, const char *data, size_t *data_size, void **context)
{
    struct kz_http_server *s = cls;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct kz_http_answer answer = {.status = 500, .content_type = "text/plain; charset=utf-8"};
    struct kz_http_ask ask = {.head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0, .path = kz_str(url)};
    enum MHD_Result rc;
    (void)version;
    (void)data;
    (void)data_size;
    (void)context;
    if (!ask.head && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return send_text(mhd, 405, "GET or HEAD\n");
    kz_buf_init(&answer.body, KZ_HTTP_SERVER_BODIES);
    s->opt.answer(s->opt.arg, &answer, &ask);
    if (kz_buf_bad(&answer.body))
        rc = send_text(mhd, 500, "the answer is too large\n");
    else
        rc = send_body(mhd, info->socket_context, &answer);
    kz_buf_done(&answer.body);
    return rc;
}

/* ---- libmicrohttpd on the loop ----------------------------------------------------------------- */

static void on_turn(void *arg, uint64_t id)
{
    struct kz_http_server *s = arg;
    (void)id;
    s->turn = 0;
    turn(s);
}

/* What is ready; and once more when something is left that no descriptor tells of. */
static void turn(struct kz_http_server *s)
{
    MHD_UNSIGNED_LONG_LONG ms;
    (void)MHD_run(s->daemon);
    if (s->turn == 0 && MHD_get_timeout(s->daemon, &ms) == MHD_YES)
        s->turn = kz_env_timer(&s->env, (int64_t)ms * KZ_NS_PER_MS, on_turn, s);
}

static void on_ready(void *arg, int fd, int events)
{
    (void)fd;
    (void)events;
    turn(arg);
}

/* ---- where to listen --------------------------------------------------------------------------- */

int kz_listen_address(struct kz_str *host, unsigned *port, struct kz_str text, struct kz_err *err)
{
    const size_t colon = kz_str_rindex(text, ':');
    struct kz_str h = kz_str_head(text, colon);
    int64_t n = -1;
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr addr;
    const bool six = kz_str_starts(h, KZ_STR("[")) && kz_str_ends(h, KZ_STR("]"));
    if (six)
        h = kz_str_head(kz_str_skip(h, 1), h.len - 2);
    bool good = colon < text.len && kz_str_i64(&n, kz_str_skip(text, colon + 1)) && n >= 0 && n <= 65535 &&
                h.len < sizeof copy;
    if (good && (h.len > 0 || six)) {
        (void)snprintf(copy, sizeof copy, KZ_FMT, KZ_ARG(h));
        good = inet_pton(six ? AF_INET6 : AF_INET, copy, &addr) == 1;
    }
    if (!good) {
        (void)kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is no address to listen at", KZ_ARG(text));
        return kz_err_hint(err, "want :PORT, ADDRESS:PORT or [ADDRESS]:PORT, with numbers");
    }
    *host = h;
    *port = (unsigned)n;
    return 0;
}

static socklen_t fill_address(struct sockaddr_storage *out, struct kz_str host, unsigned port)
{
    char copy[INET6_ADDRSTRLEN];
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof *out);
    (void)snprintf(copy, sizeof copy, KZ_FMT, KZ_ARG(host));
    if (host.len > 0 && inet_pton(AF_INET, copy, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        return sizeof *four;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    if (host.len > 0)
        (void)inet_pton(AF_INET6, copy, &six->sin6_addr);
    return sizeof *six;
}

/* -errno, or the socket. */
static int listen_at(const struct sockaddr_storage *addr, socklen_t len)
{
    const int one = 1, none = 0;
    kz_autofd int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (addr->ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &none, sizeof none);
    if (bind(fd, (const struct sockaddr *)addr, len) != 0 || listen(fd, KZ_HTTP_SERVER_CONNECTIONS) != 0)
        return -errno;
    return kz_fd_take(&fd);
}

static int open_socket(struct kz_str text, struct kz_err *err)
{
    struct kz_str host;
    unsigned port;
    struct sockaddr_storage addr;
    int rc = kz_listen_address(&host, &port, text, err);
    if (rc < 0)
        return rc;
    int fd = listen_at(&addr, fill_address(&addr, host, port));
    if ((fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) && host.len == 0) /* a machine without IPv6 */
        fd = listen_at(&addr, fill_address(&addr, KZ_STR("0.0.0.0"), port));
    return fd >= 0 ? fd : kz_fail_errno(err, -fd, "listen at " KZ_FMT, KZ_ARG(text));
}

static int port_of(int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
        return 0;
    /* The port is at the same place in both families. */
    return ntohs(((const struct sockaddr_in *)&addr)->sin_port);
}

/* ---- life -------------------------------------------------------------------------------------- */

int kz_http_server_open(struct kz_http_server **out, struct kz_loop *l, const struct kz_http_server_options *opt,
                        struct kz_err *err)
{
    const int fd = open_socket(opt->listen, err);
    if (fd < 0)
        return fd;
    struct kz_http_server *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    *s = (struct kz_http_server){.loop = l, .env = kz_loop_env(l), .opt = *opt, .port = port_of(fd)};
    if (s->opt.life == 0)
        s->opt.life = KZ_HTTP_SERVER_SECONDS * KZ_NS_PER_SEC;
    s->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
                                 MHD_OPTION_CONNECTION_LIMIT, (unsigned)KZ_HTTP_SERVER_CONNECTIONS,
                                 MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)KZ_HTTP_SERVER_PER_ADDRESS,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)KZ_HTTP_SERVER_HEAD,
                                 MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
                                 MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
                                 MHD_OPTION_END);
    if (s->daemon == NULL) {
        (void)close(fd);
        free(s);
        return kz_fail(err, KZ_E_IO, "listen at " KZ_FMT ": the server can't be started", KZ_ARG(opt->listen));
    }
    const union MHD_DaemonInfo *epoll = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    s->io = kz_io_open(l, epoll->epoll_fd, KZ_IO_READ, on_ready, s);
    *out = s;
    return 0;
}

void kz_http_server_close(struct kz_http_server *s)
{
    if (s == NULL)
        return;
    kz_io_close(s->io);
    kz_env_timer_stop(&s->env, &s->turn);
    kz_env_timer_stop(&s->env, &s->sweep);
    MHD_stop_daemon(s->daemon); /* closes every connection, and tells of it */
    kz_env_timer_stop(&s->env, &s->sweep);
    free(s);
}

int kz_http_server_port(const struct kz_http_server *s)
{
    return s->port;
}

size_t kz_http_server_connections(const struct kz_http_server *s)
{
    return s->n_conns;
}
