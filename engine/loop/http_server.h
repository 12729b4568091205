/* SPDX-License-Identifier: Apache-2.0
 *
 * Incoming HTTP on the loop, for machines that look from outside (probes, a metrics collector): libmicrohttpd,
 * whose epoll descriptor is one descriptor of the loop. GET and HEAD only, one request a connection, no request
 * body is read. Knows no routes: those are the handler's.
 *
 * What a stranger can cost is bounded: so many connections in all and for each address, so many bytes of a
 * request's head, and ten seconds from accept to the last byte of the answer, whatever was sent in between.
 * Answers that are under way may hold 32 MiB together; what is more is a 503. */
#ifndef KZ_LOOP_HTTP_SERVER_H
#define KZ_LOOP_HTTP_SERVER_H

#include "base/buf.h"
#include "base/err.h"
#include "loop/loop.h"

enum {
    KZ_HTTP_SERVER_CONNECTIONS = 64,
    KZ_HTTP_SERVER_PER_ADDRESS = 32,
    KZ_HTTP_SERVER_HEAD = 8 << 10,   /* memory of a connection: what does not fit is a 431 or a closed connection */
    KZ_HTTP_SERVER_SECONDS = 10,     /* of a connection's life */
    KZ_HTTP_SERVER_BODIES = 32 << 20,
};

struct kz_http_ask {
    bool head;
    struct kz_str path; /* decoded, without the query; valid during the call */
};

/* The handler fills it at once, from the loop; body is taken over. One that is bad is a 500. */
struct kz_http_answer {
    int status;
    const char *content_type; /* static */
    struct kz_buf body;       /* initialised for 32 MiB */
};

struct kz_http_server;
struct kz_http_server_options {
    struct kz_str listen; /* "ADDR:PORT", "[ADDR6]:PORT", ":PORT" for all addresses; port 0: any */
    void (*answer)(void *arg, struct kz_http_answer *out, const struct kz_http_ask *ask);
    void *arg;
    int64_t life; /* ns of a connection; 0: KZ_HTTP_SERVER_SECONDS. For tests */
};

/* KZ_E_INVALID: listen is no such text; KZ_E_IO and KZ_E_DENIED: the address cannot be had. */
KZ_MUST_USE int kz_http_server_open(struct kz_http_server **out, struct kz_loop *l,
                                    const struct kz_http_server_options *opt, struct kz_err *err);
void kz_http_server_close(struct kz_http_server *s); /* NULL is fine; not from the handler; before kz_loop_free */
int kz_http_server_port(const struct kz_http_server *s);
size_t kz_http_server_connections(const struct kz_http_server *s);

/* Cuts "ADDR:PORT" into its parts: host "" for ":PORT", an IPv6 address without brackets. Names are not taken:
 * resolving one would block. */
KZ_MUST_USE int kz_listen_address(struct kz_str *host, unsigned *port, struct kz_str text, struct kz_err *err);

#endif
