/* SPDX-License-Identifier: Apache-2.0
 *
 * One server as libcurl needs to know it: address, TLS, credentials. Knows nothing of requests.
 * Private to this folder. */
#ifndef KZ_LOOP_HTTP_ENDPOINT_H
#define KZ_LOOP_HTTP_ENDPOINT_H

#include <curl/curl.h>

#include "base/arena.h"
#include "loop/http_client.h"

static const int64_t kz_connect_timeout = 10 * KZ_NS_PER_SEC;

struct kz_endpoint {
    struct kz_arena *mem;          /* of everything here, copies all */
    struct kz_server server;       /* its strings end in NUL; "" where none was given */
    const char *base;              /* without trailing slash; for errors too */
    const char *what;              /* "the API server" */
    const char *name;              /* expected in its certificate */
    const char *host_header;       /* NULL, or what server_name would otherwise replace */
    struct curl_slist *connect_to; /* NULL, or the real address behind server_name */
};

/* A copy of s that ends in NUL; never NULL. */
struct kz_str kz_http_copy(struct kz_arena *a, struct kz_str s);

/* On failure nothing is left to free. */
KZ_MUST_USE int kz_endpoint_init(struct kz_endpoint *e, const struct kz_server *server,
                                 struct kz_err *err);
void kz_endpoint_done(struct kz_endpoint *e);

/* Everything about the connection; e must outlive the use of easy. */
void kz_endpoint_describe(const struct kz_endpoint *e, CURL *easy);
const char *kz_endpoint_url(const struct kz_endpoint *e, struct kz_arena *a, struct kz_str path);

#endif
