/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the proxy share. A client is one connection of whom we torment; each request on it is an
 * exchange, which has a connection of its own to the server:
 *
 *     client.c   HTTP/2 or HTTP/1.1 towards the client: requests come out of it, replies go into it
 *     exchange.c one request: its fault, the server, the reply
 *     wire.c     TLS and bytes      script.c   which request meets what      message.c   HTTP/1.1
 */
#ifndef FP_PROXY_H
#define FP_PROXY_H

#include "message.h"
#include "script.h"
#include "wire.h"

#include <netinet/in.h>
#include <stdio.h>

struct fp_client;

struct fp_proxy {
    struct kz_loop *loop;
    struct kz_env env;
    struct fp_script script;
    SSL_CTX *server_tls, *client_tls; /* ours as a server, ours as a client */
    struct sockaddr_in target;
    const char *host;   /* HOST:PORT of the target, for Host */
    const char *victim; /* file with the process to kill, NULL */
    FILE *log;
    uint64_t conns, requests;
    bool only_http1;
};

/* ---- one request --------------------------------------------------------------------------------- */
struct fp_exchange {
    struct fp_exchange *prev, *next; /* of the client */
    struct fp_proxy *p;
    struct fp_client *client; /* NULL: it has left */
    int32_t stream;           /* HTTP/2 */
    uint64_t index;
    char method[16];
    struct kz_buf path, head, body; /* of the request; head: header lines for the server */

    struct fp_hit hit;
    bool watch, started; /* started: the request was complete */
    struct fp_wire *up;
    struct kz_buf in; /* from the server, not yet read */
    bool head_seen;
    struct fp_body framing;

    int status;                  /* of the reply */
    struct kz_buf fields, reply; /* header lines; the body, of a watch what has not left yet */
    bool head_sent, ended, logged;
    size_t taken; /* of reply, by HTTP/2 */
};

struct fp_exchange *fp_exchange_new(struct fp_proxy *p, struct fp_client *c, int32_t stream);
/* The request is complete. It may end the client's connection. */
void fp_exchange_start(struct fp_exchange *x);
/* The client has no use for it any more: a watch ends at the server too, anything else is finished there. */
void fp_exchange_leave(struct fp_exchange *x);

/* ---- one connection of a client ------------------------------------------------------------------ */
void fp_client_accept(struct fp_proxy *p, int fd);
struct fp_wire *fp_client_wire(struct fp_client *c);
/* Sends what the exchange has of its reply: the head once, then the body so far. */
void fp_client_reply(struct fp_exchange *x);
void fp_client_goaway(struct fp_exchange *x); /* this request was not looked at; then the end */
void fp_client_end(struct fp_client *c, enum fp_end how);

#endif
