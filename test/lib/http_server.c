/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct conn {
    int fd;
    SSL *ssl;
    char in[1 << 19]; /* one request */
    size_t len;
};

static void give_up(const char *what)
{
    perror(what);
    _exit(1);
}

static void send_bytes(struct conn *c, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = c->ssl != NULL ? SSL_write(c->ssl, data, (int)len) : write(c->fd, data, len);
        if (n <= 0)
            _exit(0);
        data += n;
        len -= (size_t)n;
    }
}

__attribute__((format(printf, 2, 3))) static void say(struct conn *c, const char *fmt, ...)
{
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    send_bytes(c, text, (size_t)n);
}

static void chunk(struct conn *c, const char *text)
{
    say(c, "%zx\r\n%s\r\n", strlen(text), text);
}

static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

static void plain(struct conn *c, int status, const char *headers, const char *body, size_t len)
{
    say(c,
        "HTTP/1.1 %d Test\r\nContent-Type: text/plain\r\nETag: \"e-1\"\r\n%sContent-Length: %zu\r\n\r\n",
        status, headers, len);
    send_bytes(c, body, len);
}

static void answer(struct conn *c, const char *path)
{
    char text[256];
    long n = 0, ms = 0;
    static const char gzip_hello[] = "\x1f\x8b\x08\0\0\0\0\0\0\xff\xcb\x48\xcd\xc9\xc9\xe7\x02\0"
                                     "\x20\x30\x3a\x36\x06\0\0\0";
    if (strcmp(path, "/echo") == 0 || strncmp(path, "/echo?", 6) == 0) {
        plain(c, 200, "", c->in, c->len);
    } else if (sscanf(path, "/status/%ld", &n) == 1) {
        (void)snprintf(text, sizeof text, "status %ld\n", n);
        plain(c, (int)n, "", text, strlen(text));
    } else if (sscanf(path, "/bytes/%ld", &n) == 1) {
        say(c, "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n\r\n", n);
        char *x = malloc((size_t)n + 1);
        if (x == NULL)
            give_up("malloc");
        memset(x, 'x', (size_t)n);
        send_bytes(c, x, (size_t)n);
        free(x);
    } else if (sscanf(path, "/chunks/%ld/%ld", &n, &ms) == 2) {
        send_bytes(c, chunked, sizeof chunked - 1);
        for (long i = 0; i < n; i++) {
            usleep((useconds_t)ms * 1000);
            chunk(c, "tick\n");
        }
        say(c, "0\r\n\r\n");
    } else if (strcmp(path, "/stall") == 0) {
        send_bytes(c, chunked, sizeof chunked - 1);
        chunk(c, "tick\n");
        pause();
    } else if (strcmp(path, "/hang") == 0) {
        pause();
    } else if (strcmp(path, "/drop") == 0) {
        _exit(0);
    } else if (strcmp(path, "/cut") == 0) {
        say(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
        _exit(0);
    } else if (sscanf(path, "/retry/%127s", text) == 1) {
        char header[300];
        for (char *p = text; *p != '\0'; p++)
            *p = *p == '+' ? ' ' : *p;
        (void)snprintf(header, sizeof header, "Retry-After: %s\r\n", text);
        plain(c, 429, header, "slow down\n", 10);
    } else if (sscanf(path, "/date/%127s", text) == 1) {
        char header[300];
        for (char *p = text; *p != '\0'; p++)
            *p = *p == '+' ? ' ' : *p;
        (void)snprintf(header, sizeof header, "Date: %s\r\n", text);
        plain(c, 200, header, "", 0);
    } else if (strncmp(path, "/away/", 6) == 0) {
        char header[256];
        (void)snprintf(header, sizeof header, "Location: http://%.200s\r\n", path + 6);
        plain(c, 302, header, "", 0);
    } else if (strcmp(path, "/redirect") == 0) {
        plain(c, 302, "Location: /echo\r\n", "", 0);
    } else if (strcmp(path, "/gzip") == 0) {
        if (strstr(c->in, "Accept-Encoding: gzip") != NULL)
            plain(c, 200, "Content-Encoding: gzip\r\n", gzip_hello, sizeof gzip_hello - 1);
        else
            plain(c, 200, "", "hello\n", 6);
    } else {
        plain(c, 404, "", "404 page not found\n", 19);
    }
}

/* Reads one request with its body into c->in; false at the end of the connection. */
static bool read_request(struct conn *c)
{
    size_t want = 0; /* 0: the end of the headers was not seen yet */
    c->len = 0;
    while (want == 0 || c->len < want) {
        size_t room = sizeof c->in - c->len - 1;
        if (room == 0)
            give_up("request too large");
        ssize_t n = c->ssl != NULL ? SSL_read(c->ssl, c->in + c->len, (int)room)
                                   : read(c->fd, c->in + c->len, room);
        if (n <= 0)
            return false;
        c->len += (size_t)n;
        c->in[c->len] = '\0';
        const char *end = strstr(c->in, "\r\n\r\n");
        if (want == 0 && end != NULL) {
            const char *length = strcasestr(c->in, "\r\nContent-Length:");
            want = (size_t)(end + 4 - c->in);
            if (length != NULL && length < end)
                want += strtoul(length + 17, NULL, 10);
        }
    }
    return true;
}

static void serve(int fd, SSL_CTX *tls)
{
    static struct conn c;
    char path[1024];
    c.fd = fd;
    if (tls != NULL) {
        c.ssl = SSL_new(tls);
        if (c.ssl == NULL || SSL_set_fd(c.ssl, fd) != 1 || SSL_accept(c.ssl) != 1)
            return;
    }
    while (read_request(&c) && sscanf(c.in, "%*15s %1023s", path) == 1)
        answer(&c, path);
}

static SSL_CTX *tls_context(const char *cert, const char *key, const char *client_ca)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
        give_up("TLS certificate of the test server");
    if (client_ca != NULL) {
        if (SSL_CTX_load_verify_locations(tls, client_ca, NULL) != 1)
            give_up("client CA of the test server");
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return tls;
}

static int bind_loopback(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        give_up("bind");
    *port = ntohs(at.sin_port);
    return fd;
}

int test_free_port(void)
{
    int port = 0;
    close(bind_loopback(&port));
    return port;
}

struct test_server test_server_start(const char *cert, const char *key, const char *client_ca)
{
    struct test_server s = {0};
    int fd = bind_loopback(&s.port);
    if (listen(fd, 64) != 0)
        give_up("listen");
    s.pid = fork();
    if (s.pid != 0) {
        close(fd);
        (void)setpgid(s.pid, s.pid);
        return s;
    }
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing behind */
    (void)signal(SIGCHLD, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    SSL_CTX *tls = cert != NULL ? tls_context(cert, key, client_ca) : NULL;
    for (;;) {
        int client = accept(fd, NULL, NULL);
        if (client >= 0 && fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(client, tls);
            _exit(0);
        }
        if (client >= 0)
            close(client);
    }
}

void test_server_stop(struct test_server *s)
{
    if (s->pid <= 0)
        return;
    (void)kill(-s->pid, SIGKILL);
    (void)waitpid(s->pid, NULL, 0);
    s->pid = 0;
}
