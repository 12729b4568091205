/* SPDX-License-Identifier: Apache-2.0
 *
 * web VERSION [PORT]: the server that test Deployments run. One thread per connection, one request each.
 *
 *     GET /            "VERSION HOSTNAME GREETING"   GREETING is the variable of that name, "-" without
 *     GET /readyz      200, or 503 until READY_AFTER seconds have passed, and always in version "broken"
 *     GET /healthz     200
 *     GET /env?NAME    the variable; 404 without       GET /file?PATH   the file; 404 without
 *     GET /slow?MS     answers after MS milliseconds, at most 60 s
 *
 * With UPSTREAM=ADDRESS:PORT, GET / is answered by the server there, as an ingress would do it: a connection that
 * is refused, breaks or stays silent is tried again, for some seconds; then 502.
 *
 * Version "crash" prints a line and exits 1 after the start: what a bad release looks like.
 * SIGTERM: no new connections, open requests are finished (at most 10 s), then exit 0. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { UPSTREAM_TRIES = 8, UPSTREAM_MS = 250 };
enum { REQUEST_MAX = 8192, BODY_MAX = 64 * 1024, STACK = 256 * 1024, BACKLOG = 512 };

static const char *version;
static char host[256];
static struct timespec started;
static atomic_int open_requests;
static volatile sig_atomic_t ending;

struct answer {
    int status;
    size_t len;
    char body[BODY_MAX];
};

static void on_term(int sig)
{
    (void)sig;
    ending = 1;
}

static void text(struct answer *a, int status, const char *words)
{
    a->status = status;
    a->len = strlen(words);
    if (a->len > BODY_MAX)
        a->len = BODY_MAX;
    memcpy(a->body, words, a->len);
}

static int is_ready(void)
{
    const char *after = getenv("READY_AFTER");
    struct timespec now;

    if (strcmp(version, "broken") == 0)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return after == NULL || now.tv_sec - started.tv_sec >= strtol(after, NULL, 10);
}

static void write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

/* SO_SNDTIMEO holds for connect too. */
static int connect_upstream(const char *where)
{
    const struct timeval patience = {.tv_usec = UPSTREAM_MS * 1000};
    struct sockaddr_in to = {.sin_family = AF_INET};
    char address[INET_ADDRSTRLEN];
    unsigned short port;

    if (sscanf(where, "%15[0-9.]:%hu", address, &port) != 2 ||
        inet_pton(AF_INET, address, &to.sin_addr) != 1)
        return -1;
    to.sin_port = htons(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

/* One try. An answer counts when it is whole: 200, and as long as it says. */
static int ask_upstream(struct answer *a, const char *where)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: upstream\r\nConnection: close\r\n\r\n";
    char reply[REQUEST_MAX];
    size_t len = 0;
    ssize_t n;
    int fd = connect_upstream(where);

    if (fd < 0)
        return 0;
    write_all(fd, request, sizeof request - 1);
    while (len < sizeof reply - 1 && (n = read(fd, reply + len, sizeof reply - 1 - len)) > 0)
        len += (size_t)n;
    close(fd);
    reply[len] = '\0';

    const char *length = strstr(reply, "Content-Length: "), *body = strstr(reply, "\r\n\r\n");
    if (strncmp(reply, "HTTP/1.1 200 ", 13) != 0 || length == NULL || body == NULL ||
        strtoul(length + 16, NULL, 10) != strlen(body + 4))
        return 0;
    text(a, 200, body + 4);
    return 1;
}

/* Between two tries it waits longer and longer: the Service may choose the dead server again until it is known. */
static void answer_upstream(struct answer *a, const char *where)
{
    for (int i = 1; i <= UPSTREAM_TRIES; i++) {
        if (ask_upstream(a, where))
            return;
        nanosleep(&(struct timespec){.tv_nsec = i * 50 * 1000000L}, NULL);
    }
    text(a, 502, "upstream does not answer\n");
}

static void answer_root(struct answer *a, const char *arg)
{
    const char *greeting = getenv("GREETING"), *upstream = getenv("UPSTREAM");

    (void)arg;
    if (upstream != NULL) {
        answer_upstream(a, upstream);
        return;
    }
    int n =
        snprintf(a->body, BODY_MAX, "%s %s %s\n", version, host, greeting != NULL ? greeting : "-");
    a->status = 200;
    a->len = n < 0 ? 0 : n < BODY_MAX ? (size_t)n : BODY_MAX - 1;
}

static void answer_ready(struct answer *a, const char *arg)
{
    (void)arg;
    text(a, is_ready() ? 200 : 503, is_ready() ? "ready\n" : "not ready\n");
}

static void answer_health(struct answer *a, const char *arg)
{
    (void)arg;
    text(a, 200, "alive\n");
}

static void answer_env(struct answer *a, const char *arg)
{
    const char *value = getenv(arg);

    text(a, value != NULL ? 200 : 404, value != NULL ? value : "no such variable\n");
}

static void answer_file(struct answer *a, const char *arg)
{
    int fd = open(arg, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, a->body, BODY_MAX);

    if (fd >= 0)
        close(fd);
    if (n < 0) {
        text(a, 404, "no such file\n");
        return;
    }
    a->status = 200;
    a->len = (size_t)n;
}

static void answer_slow(struct answer *a, const char *arg)
{
    long ms = strtol(arg, NULL, 10);

    if (ms < 0 || ms > 60000)
        ms = 60000;
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
    answer_root(a, arg);
}

static const struct {
    const char *path;
    void (*answer)(struct answer *a, const char *arg);
} routes[] = {
    {"/",        answer_root  },
    {"/readyz",  answer_ready },
    {"/healthz", answer_health},
    {"/env",     answer_env   },
    {"/file",    answer_file  },
    {"/slow",    answer_slow  },
};

/* "GET /env?NAME HTTP/1.1": the path ends at '?' or blank, the argument at a blank. */
static void route(struct answer *a, char *request)
{
    char *path = strchr(request, ' ');
    char *end = path != NULL ? strchr(path + 1, ' ') : NULL;

    if (end == NULL) {
        text(a, 400, "not a request\n");
        return;
    }
    *end = '\0';
    path++;
    char *arg = strchr(path, '?');
    if (arg != NULL)
        *arg++ = '\0';
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(path, routes[i].path) == 0) {
            routes[i].answer(a, arg != NULL ? arg : "");
            return;
        }
    }
    text(a, 404, "no such page\n");
}

/* Returns the length of the request's head, 0 when the peer went away or sent too much. */
static size_t read_head(int fd, char *request)
{
    size_t n = 0;

    while (n < REQUEST_MAX - 1) {
        ssize_t r = read(fd, request + n, REQUEST_MAX - 1 - n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return 0;
        n += (size_t)r;
        request[n] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL)
            return n;
    }
    return 0;
}

static void send_answer(int fd, const struct answer *a)
{
    char head[256];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d -\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n",
                     a->status, a->len);

    write_all(fd, head, (size_t)n);
    write_all(fd, a->body, a->len);
}

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char request[REQUEST_MAX];
    struct answer *a = malloc(sizeof *a);

    if (a != NULL && read_head(fd, request) > 0) {
        route(a, request);
        send_answer(fd, a);
    }
    free(a);
    /* Closing with unread input would send RST, which can overtake the answer. */
    shutdown(fd, SHUT_WR);
    while (read(fd, request, sizeof request) > 0)
        ;
    close(fd);
    open_requests--;
    return NULL;
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (const struct sockaddr *)&any, sizeof any) != 0 || listen(fd, BACKLOG) != 0) {
        fprintf(stderr, "web: cannot listen on port %u: %s\n", port, strerror(errno));
        exit(1);
    }
    return fd;
}

static void start_thread(const pthread_attr_t *attr, int fd)
{
    const struct timeval patience = {.tv_sec = 5};
    pthread_t thread;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    open_requests++;
    if (pthread_create(&thread, attr, serve, (void *)(intptr_t)fd) != 0) {
        open_requests--;
        close(fd);
    }
}

/* Accepts until SIGTERM, which is blocked everywhere but in ppoll, so that none is missed. What waits in the
 * queue by then has been promised a connection: it is accepted too before the listener is closed. */
static void accept_loop(int listener, const sigset_t *open_mask)
{
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    pthread_attr_t attr;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK);
    while (!ending) {
        if (ppoll(&ready, 1, NULL, open_mask) < 0 && errno != EINTR)
            break;
        int fd;
        while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
            start_thread(&attr, fd);
    }
    pthread_attr_destroy(&attr);
}

int main(int argc, char **argv)
{
    const struct sigaction on_end = {.sa_handler = on_term};
    uint16_t port = argc > 2 ? (uint16_t)strtoul(argv[2], NULL, 10) : 8080;

    version = argc > 1 ? argv[1] : "v0";
    gethostname(host, sizeof host - 1);
    clock_gettime(CLOCK_MONOTONIC, &started);
    sigset_t ends, open_mask;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, &open_mask);
    sigaction(SIGTERM, &on_end, NULL);
    sigaction(SIGINT, &on_end, NULL);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(version, "crash") == 0) {
        fprintf(stderr, "web: cannot read its configuration: this is the version that crashes\n");
        return 1;
    }

    int listener = listen_on(port);
    printf("web %s listens on port %u\n", version, port);
    accept_loop(listener, &open_mask);
    close(listener);
    for (int i = 0; i < 1000 && open_requests > 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    printf("web %s ends, %d requests open\n", version, (int)open_requests);
    return 0;
}
