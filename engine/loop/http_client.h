/* SPDX-License-Identifier: Apache-2.0
 *
 * Outgoing HTTP on the loop: curl's multi interface, HTTP/2 with one connection per server where the
 * server offers it. Implements struct kz_http of base/env.h for one server. Redirects are answers like
 * others unless the server's description says otherwise. Names are resolved in libcurl's threads, so that DNS never blocks the loop.
 *
 * At most 64 requests are under way at a time, later ones wait in order; watches (streaming, without
 * a timeout for the whole) are not counted and never wait. Bodies over 60 KiB take HTTP/1.1.
 * A connection that brought nothing for half of the time limit of a request on it is closed with that request:
 * the others on it fail with it, and the next ones get a new connection.
 * libcurl itself repeats a request, once, when a connection that it reused turns out to be closed
 * before any byte of the reply: a POST or PUT can so arrive twice. */
#ifndef KZ_LOOP_HTTP_CLIENT_H
#define KZ_LOOP_HTTP_CLIENT_H

#include "base/env.h"
#include "loop/loop.h"

struct sockaddr;

/* All strings are copied. Credentials may change while it lives: token is asked for each request. */
struct kz_server {
    struct kz_str what;       /* in errors: "the API server", "the git server"; "": "the server" */
    struct kz_str base;       /* "https://host:port[/prefix]"; a user or password in it is an error */
    struct kz_str ca_pem;     /* trust only this; "": the system's store */
    struct kz_str cert_pem, key_pem; /* client certificate; "": none */
    struct kz_str server_name; /* expected name in the certificate, "": host of base */
    struct kz_str proxy;      /* "": the environment's NO/HTTPS_PROXY are NOT read; "" is direct */
    bool insecure;            /* no verification: only when the user's kubeconfig says so */
    struct kz_str user_agent; /* "kzsync/0.1.0"; must not begin with curl or Mozilla: see
                                 docs/internals/api-server.md trap 9 */
    /* NULL, or: the bearer token for the next request, "" for none; valid until the next call. */
    struct kz_str (*token)(void *arg);
    void (*token_refused)(void *arg); /* a 401 came: forget and read again; NULL fine */
    struct kz_str basic_user, basic_password; /* for git over HTTPS; "": none */
    unsigned redirects;        /* how many are followed, never from https to http; 0: none. A credential of
                                  the fields above would follow too: for servers without one */
    /* NULL, or: may this address be connected to? Asked for every connection, so what a name resolves to
     * the second time counts as much as the first. */
    bool (*may_connect)(void *arg, const struct sockaddr *addr);
    void *arg;
};

/* Versions of the libraries that speak for us, "7.88.1" and "OpenSSL/3.0.17"; static. */
struct kz_http_library {
    const char *curl, *tls;
};
struct kz_http_library kz_http_client_library(void);

struct kz_http_client;
KZ_MUST_USE int kz_http_client_new(struct kz_http_client **out, struct kz_loop *l,
                                   const struct kz_server *server, struct kz_err *err);
/* Cancels all; no callback afterwards. Fine from its own callbacks. Before kz_loop_free. */
void kz_http_client_free(struct kz_http_client *c);
struct kz_http kz_http_client_http(struct kz_http_client *c);

#endif
