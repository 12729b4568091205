/* SPDX-License-Identifier: Apache-2.0
 *
 * The seam between the engine's decisions and the world: clocks, randomness, timers and HTTP. The
 * engine proper (kube, sync) reaches the world only through it, so the same code runs on libev and
 * curl (loop/) and in the deterministic simulator (test/sim) with virtual time and one seed.
 * Rendering and git have seams of their own (render/render.h, source/source.h) in the same manner.
 *
 * Single-threaded. Every completion is delivered from the loop, never from inside the call that
 * started it, so a caller can store the id first. After a cancel no callback comes. */
#ifndef KZ_BASE_ENV_H
#define KZ_BASE_ENV_H

#include "base/err.h"
#include "base/str.h"

/* One header line, name in lower case when it comes from a reply. */
struct kz_http_header {
    struct kz_str name, value;
};

enum kz_http_method { KZ_HTTP_GET, KZ_HTTP_POST, KZ_HTTP_PUT, KZ_HTTP_PATCH, KZ_HTTP_DELETE };

/* What comes back once, at the end. Valid during the callback only. */
struct kz_http_reply {
    int status;          /* 0: no HTTP answer; err says why */
    struct kz_str body;  /* empty when on_data took it */
    struct kz_str content_type;
    int64_t retry_after; /* ns from the Retry-After header (seconds or date), -1: absent */
    struct kz_str etag;
    int64_t date;        /* the server's clock by its Date header, whole seconds as wall ns; 0: absent */
    const struct kz_err *err; /* NULL: a complete reply; else the transport failed, status may be set */
    bool maybe_sent;     /* with err: the request may have reached the server: outcome unknown */
};

struct kz_http_request {
    enum kz_http_method method;
    struct kz_str path;              /* "/api/v1/...?..."; the client adds scheme, host and credentials */
    struct kz_str body;              /* copied before the start call returns */
    const char *content_type;        /* NULL: none */
    const char *accept;              /* NULL: application/json */
    const struct kz_http_header *headers; /* extra, n_headers of them; copied */
    size_t n_headers;
    size_t max_body;                 /* limit of a collected body in bytes; more is KZ_E_LIMIT. 0: 64 MiB */
    int64_t timeout;                 /* whole request, ns; 0: none (watches) */
    int64_t idle_timeout;            /* no byte for so long ends it, ns; 0: none */

    /* Streaming: called for each piece of a 2xx body instead of collecting it. NULL: collect. */
    void (*on_data)(void *arg, uint64_t id, struct kz_str piece);
    void (*on_done)(void *arg, uint64_t id, const struct kz_http_reply *reply);
    void *arg;
};

struct kz_env_ops {
    int64_t (*mono)(void *impl);                         /* ns; only differences mean something */
    int64_t (*wall)(void *impl);                         /* ns since 1970 UTC */
    void (*random)(void *impl, void *buf, size_t len);   /* CSPRNG in production */
    /* One-shot; ids are never 0 and never reused. */
    uint64_t (*timer)(void *impl, int64_t after_ns, void (*fire)(void *arg, uint64_t id), void *arg);
    void (*timer_cancel)(void *impl, uint64_t id);       /* 0 and fired ids are fine */
};

struct kz_env {
    const struct kz_env_ops *ops;
    void *impl;
};

/* An HTTP client bound to one server (the API server): base URL, TLS and credentials are its own. */
struct kz_http_ops {
    uint64_t (*start)(void *impl, const struct kz_http_request *req); /* id, never 0 */
    void (*cancel)(void *impl, uint64_t id);
};
struct kz_http {
    const struct kz_http_ops *ops;
    void *impl;
};

/* One GET of any URL: what a gate asks of the outside. Without credentials, and never to an address that is
 * refused to gates (loop/prober.h). */
struct kz_probe {
    struct kz_str url;    /* http or https with a host; copied, as ca_pem is */
    struct kz_str ca_pem; /* trust only this; "": the system's store */
    unsigned redirects;   /* how many are followed, never from https to http; 0: they are answers */
    int64_t timeout;      /* of the whole, ns */
    size_t max_body;      /* so many bytes of the answer are kept, the rest is read and dropped */
    void (*on_done)(void *arg, uint64_t id, const struct kz_http_reply *reply);
    void *arg;
};

struct kz_prober_ops {
    uint64_t (*start)(void *impl, const struct kz_probe *p); /* id, never 0 */
    void (*cancel)(void *impl, uint64_t id);                 /* 0 and finished ids are fine */
};
struct kz_prober {
    const struct kz_prober_ops *ops;
    void *impl;
};

static inline int64_t kz_env_mono(const struct kz_env *e)
{
    return e->ops->mono(e->impl);
}
static inline int64_t kz_env_wall(const struct kz_env *e)
{
    return e->ops->wall(e->impl);
}
uint64_t kz_env_random64(const struct kz_env *e);
static inline uint64_t kz_env_timer(const struct kz_env *e, int64_t after_ns,
                                    void (*fire)(void *arg, uint64_t id), void *arg)
{
    return e->ops->timer(e->impl, after_ns, fire, arg);
}
/* Cancels and zeroes *id, so that a struct never holds a dead timer. */
void kz_env_timer_stop(const struct kz_env *e, uint64_t *id);

#endif
