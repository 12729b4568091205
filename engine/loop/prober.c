/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/prober.h"

#include <stdlib.h>

#include "base/buf.h"
#include "loop/cidr.h"
#include "loop/http_client.h"
#include "loop/loop_impl.h"
#include "kz_version.h"

enum { ALLOW_MAX = 32, SHOWN = 200 };

struct probe {
    struct kz_loop *loop;
    struct kz_probes *of; /* NULL: it is over */
    struct probe *prev, *next;
    uint64_t id;
    struct kz_http_client *client;
    struct kz_probe what; /* its strings are not kept */
    struct kz_buf body;
    char url[SHOWN + 1];  /* without query, for errors */
    char refused[64];     /* the address that was, "" none */
};

struct kz_probes {
    struct kz_loop *loop;
    struct probe *all;
    struct kz_cidr allow[ALLOW_MAX];
    size_t n_allow;
};

/* From here on nobody is told of it, and nobody finds it. */
static void leave(struct probe *p)
{
    if (p->prev != NULL)
        p->prev->next = p->next;
    else
        p->of->all = p->next;
    if (p->next != NULL)
        p->next->prev = p->prev;
    p->of = NULL;
    p->what.on_done = NULL;
}

static void on_end(void *arg)
{
    struct probe *p = arg;
    kz_buf_done(&p->body);
    free(p);
}

/* Its client goes when the loop's turn ends, and may ask may_connect until then: so p goes after it. */
static void end(struct probe *p)
{
    struct kz_loop *loop = p->loop;
    kz_http_client_free(p->client);
    kz_loop_defer(loop, on_end, p);
}

static bool may_connect(void *arg, const struct sockaddr *addr)
{
    struct probe *p = arg;
    for (size_t i = 0; p->of != NULL && i < p->of->n_allow; i++)
        if (kz_cidr_has(&p->of->allow[i], addr))
            return true;
    if (!kz_cidr_is_inner(addr))
        return true;
    (void)kz_cidr_address(p->refused, sizeof p->refused, addr);
    return false;
}

/* Called for pieces of a good answer; the buffer drops what is beyond its limit. */
static void on_data(void *arg, uint64_t id, struct kz_str piece)
{
    struct probe *p = arg;
    (void)id;
    kz_buf_add_str(&p->body, kz_str_head(piece, p->what.max_body - p->body.len));
}

static void tell(struct probe *p, const struct kz_http_reply *reply)
{
    void (*const done)(void *arg, uint64_t id, const struct kz_http_reply *reply) = p->what.on_done;
    leave(p);
    done(p->what.arg, p->id, reply);
    end(p);
}

static void on_done(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    struct probe *p = arg;
    struct kz_http_reply out = *reply;
    struct kz_err err;
    (void)id;
    if (reply->err != NULL && p->refused[0] != '\0') {
        (void)kz_fail(&err, KZ_E_DENIED, "%s is at %s, which gates may not ask", p->url, p->refused);
        out.err = &err;
    }
    if (p->body.len > 0)
        out.body = kz_buf_str(&p->body);
    out.body = kz_str_head(out.body, p->what.max_body);
    tell(p, &out);
}

/* What is wrong with a URL is told from the loop, like all else. */
static void on_bad(void *arg)
{
    struct probe *p = arg;
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_INVALID, "'%s' is no URL that can be asked", p->url);
    const struct kz_http_reply reply = {.err = &err, .retry_after = -1};
    if (p->of != NULL)
        tell(p, &reply);
}

/* "https://host:port" and "/path?query" without a fragment. */
static void split(struct kz_str *base, struct kz_str *path, struct kz_str url)
{
    size_t host = kz_str_starts(url, KZ_STR("https://")) ? 8 : 7, end = host;
    url = kz_str_head(url, kz_str_index(url, '#'));
    while (end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?')
        end++;
    *base = kz_str_head(url, end);
    *path = kz_str_skip(url, end);
}

static uint64_t start(void *impl, const struct kz_probe *what)
{
    struct kz_probes *all = impl;
    struct probe *p = kz_loop_alloc(sizeof *p);
    kz_autobuf struct kz_buf path = KZ_BUF(8 << 10);
    struct kz_str base, rest;
    struct kz_err err;
    p->loop = all->loop;
    p->of = all;
    p->next = all->all;
    if (p->next != NULL)
        p->next->prev = p;
    all->all = p;
    p->id = kz_loop_next_id(all->loop);
    p->what = *what;
    kz_buf_init(&p->body, what->max_body + 1);
    split(&base, &rest, what->url);
    (void)snprintf(p->url, sizeof p->url, KZ_FMT KZ_FMT, KZ_ARG(base), KZ_ARG(kz_str_head(rest, kz_str_index(rest, '?'))));
    kz_buf_puts(&path, kz_str_starts(rest, KZ_STR("/")) ? "" : "/");
    kz_buf_add_str(&path, rest);
    const struct kz_server server = {.what = KZ_STR("the gate's server"), .base = base, .ca_pem = what->ca_pem,
                                     .user_agent = KZ_STR("kzsync-gate/" KZ_VERSION), .redirects = what->redirects,
                                     .may_connect = may_connect, .arg = p};
    if (kz_buf_bad(&path) || kz_http_client_new(&p->client, all->loop, &server, &err) < 0) {
        kz_loop_defer(all->loop, on_bad, p);
        return p->id;
    }
    const struct kz_http http = kz_http_client_http(p->client);
    (void)http.ops->start(http.impl, &(struct kz_http_request){
                                         .method = KZ_HTTP_GET, .path = kz_buf_str(&path), .accept = "*/*",
                                         .max_body = what->max_body, .timeout = what->timeout,
                                         .on_data = on_data, .on_done = on_done, .arg = p});
    return p->id;
}

static void cancel(void *impl, uint64_t id)
{
    struct kz_probes *all = impl;
    for (struct probe *p = all->all; p != NULL; p = p->next) {
        if (p->id != id || id == 0)
            continue;
        leave(p);
        end(p);
        return;
    }
}

static const struct kz_prober_ops ops = {.start = start, .cancel = cancel};

struct kz_prober kz_probes_prober(struct kz_probes *p)
{
    return (struct kz_prober){.ops = &ops, .impl = p};
}

int kz_probes_new(struct kz_probes **out, struct kz_loop *l, struct kz_str allow, struct kz_err *err)
{
    struct kz_probes *p = kz_loop_alloc(sizeof *p);
    int rc = 0;
    p->loop = l;
    while (rc == 0 && allow.len > 0) {
        struct kz_str one;
        allow = kz_str_cut(&one, allow, ',');
        if (p->n_allow == ALLOW_MAX)
            rc = kz_fail(err, KZ_E_INVALID, "more than %d ranges of addresses", ALLOW_MAX);
        else
            rc = kz_cidr_parse(&p->allow[p->n_allow++], kz_str_trim(one), err);
    }
    if (rc < 0)
        free(p);
    else
        *out = p;
    return rc;
}

void kz_probes_free(struct kz_probes *p)
{
    if (p == NULL)
        return;
    while (p->all != NULL) {
        struct probe *one = p->all;
        leave(one);
        end(one);
    }
    free(p);
}
