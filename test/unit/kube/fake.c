/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include <criterion/criterion.h>

static struct fake *of(void *impl)
{
    return impl;
}

static int64_t fake_now(void *impl)
{
    return of(impl)->now;
}

static void fake_random(void *impl, void *buf, size_t len)
{
    unsigned char *p = buf;
    for (size_t i = 0; i < len; i++) {
        of(impl)->seed = of(impl)->seed * 6364136223846793005u + 1442695040888963407u;
        p[i] = (unsigned char)(of(impl)->seed >> 33);
    }
}

static uint64_t fake_timer(void *impl, int64_t after, void (*fire)(void *, uint64_t), void *arg)
{
    struct fake *f = of(impl);
    struct fake_timer t = {++f->last_id, f->now + after, fire, arg};
    kz_vec_push(&f->timers, t);
    return t.id;
}

static void fake_timer_cancel(void *impl, uint64_t id)
{
    struct fake *f = of(impl);
    for (size_t i = 0; i < f->timers.len; i++) {
        if (f->timers.at[i].id == id) {
            kz_vec_swap_out(&f->timers, i);
            return;
        }
    }
}

static uint64_t fake_start(void *impl, const struct kz_http_request *req)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    struct fake *f = of(impl);
    struct fake_request r = {.id = ++f->last_id, .open = true, .req = *req};
    r.req.path = kz_str_dup(f->arena, req->path);
    r.req.body = kz_str_dup(f->arena, req->body);
    struct kz_buf line;
    kz_buf_init(&line, 1 << 20);
    kz_buf_printf(&line, "%s " KZ_FMT, names[req->method], KZ_ARG(req->path));
    for (size_t i = 0; i < req->n_headers; i++)
        kz_buf_printf(&line, " [" KZ_FMT ": " KZ_FMT "]", KZ_ARG(req->headers[i].name),
                      KZ_ARG(req->headers[i].value));
    r.line = kz_str_dup(f->arena, kz_buf_str(&line));
    kz_buf_done(&line);
    kz_vec_push(&f->requests, r);
    return r.id;
}

static void fake_cancel(void *impl, uint64_t id)
{
    struct fake *f = of(impl);
    for (size_t i = 0; i < f->requests.len; i++)
        if (f->requests.at[i].id == id)
            f->requests.at[i].open = false;
}

void fake_init(struct fake *f)
{
    static const struct kz_env_ops env_ops = {fake_now, fake_now, fake_random, fake_timer,
                                              fake_timer_cancel};
    static const struct kz_http_ops http_ops = {fake_start, fake_cancel};
    *f = (struct fake){
        .env = {&env_ops,  f},
          .http = {&http_ops, f},
          .seed = 7
    };
    f->now = 1000 * KZ_NS_PER_SEC;
    f->arena = kz_arena_new((size_t)1 << 30);
}

void fake_done(struct fake *f)
{
    cr_assert_eq(fake_open(f), 0, "requests left open");
    cr_assert_eq(f->timers.len, 0, "timers left");
    kz_vec_done(&f->timers);
    kz_vec_done(&f->requests);
    kz_arena_free(f->arena);
}

void fake_run(struct fake *f, int64_t ns)
{
    int64_t end = f->now + ns;
    for (;;) {
        size_t first = f->timers.len;
        for (size_t i = 0; i < f->timers.len; i++)
            if (f->timers.at[i].at <= end &&
                (first == f->timers.len || f->timers.at[i].at < f->timers.at[first].at))
                first = i;
        if (first == f->timers.len)
            break;
        struct fake_timer t = f->timers.at[first];
        kz_vec_swap_out(&f->timers, first);
        if (t.at > f->now)
            f->now = t.at;
        t.fire(t.arg, t.id);
    }
    f->now = end;
}

static struct fake_request *find(struct fake *f, const char *part)
{
    for (size_t i = 0; i < f->requests.len; i++)
        if (f->requests.at[i].open && kz_str_has(f->requests.at[i].line, kz_str(part)))
            return &f->requests.at[i];
    return NULL;
}

bool fake_has(struct fake *f, const char *part)
{
    return find(f, part) != NULL;
}

struct fake_request *fake_find(struct fake *f, const char *part)
{
    struct fake_request *r = find(f, part);
    for (size_t i = 0; r == NULL && i < f->requests.len; i++)
        if (f->requests.at[i].open)
            cr_log_error("open: %s", f->requests.at[i].line.ptr);
    cr_assert_not_null(r, "no open request '%s'", part);
    return r;
}

size_t fake_open(const struct fake *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->requests.len; i++)
        n += f->requests.at[i].open;
    return n;
}

void fake_answer_full(struct fake *f, const char *part, const struct kz_http_reply *reply)
{
    struct fake_request *r = fake_find(f, part);
    struct fake_request copy = *r;
    r->open = false;
    copy.req.on_done(copy.req.arg, copy.id, reply);
}

void fake_data(struct fake *f, const char *part, const char *piece, size_t len)
{
    struct fake_request copy = *fake_find(f, part);
    copy.req.on_data(copy.req.arg, copy.id, kz_str_n(piece, len));
}

void fake_answer(struct fake *f, const char *part, int status, const char *body)
{
    struct fake_request *r = fake_find(f, part);
    uint64_t id = r->id;
    struct kz_http_reply reply = {.status = status, .body = kz_str(body), .retry_after = -1};
    if (r->req.on_data != NULL && status >= 200 && status < 300) {
        fake_data(f, part, body, reply.body.len);
        reply.body = KZ_STR("");
        r = find(f, part);
        if (r == NULL || r->id != id) /* cancelled from its data */
            return;
    }
    fake_answer_full(f, part, &reply);
}

void fake_break(struct fake *f, const char *part, enum kz_code code, bool maybe_sent)
{
    struct kz_err err;
    (void)kz_fail(&err, code, "the connection was lost");
    fake_answer_full(
        f, part, &(struct kz_http_reply){.err = &err, .retry_after = -1, .maybe_sent = maybe_sent});
}

#define RES(name, kind, scope)                                                                     \
    "{\"resource\":\"" name                                                                        \
    "\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":\"" kind                        \
    "\"},\"scope\":\"" scope                                                                       \
    "\",\"singularResource\":\"x\",\"verbs\":[\"create\",\"list\",\"watch\"]}"

const char fake_core[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"metadata\":{},"
    "\"items\":[{\"metadata\":{\"creationTimestamp\":null},\"versions\":[{\"version\":\"v1\","
    "\"freshness\":\"Current\",\"resources\":[" RES(
        "configmaps", "ConfigMap",
        "Namespaced") "," RES("secrets", "Secret",
                              "Namespaced") "," RES("pods", "Pod",
                                                    "Namespaced") "," RES("namespaces", "Namespace",
                                                                          "Cluster") "]}]}]}";

const char fake_groups[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"metadata\":{},"
    "\"items\":[{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\","
    "\"freshness\":\"Current\",\"resources\":[" RES(
        "deployments", "Deployment",
        "Namespaced") "]}]},"
                      "{\"metadata\":{\"name\":\"apiextensions.k8s.io\"},\"versions\":[{\"version\":\"v1\","
                      "\"freshness\":\"Current\",\"resources\":[" RES(
                          "customresourcedefinitions", "CustomResourceDefinition",
                          "Cluster") "]}]},"
                      "{\"metadata\":{\"name\":\"coordination.k8s.io\"},\"versions\":[{\"version\":\"v1\","
                      "\"freshness\":\"Current\",\"resources\":[" RES(
                          "leases", "Lease",
                          "Namespaced") "]}]},"
                                        "{\"metadata\":{\"name\":\"batch\"},\"versions\":["
                                        "{\"version\":\"v1\",\"freshness\":\"Current\",\"resources\":[" RES(
                                            "jobs", "Job",
                                            "Namespaced") "]},"
                                                          "{\"version\":\"v1beta1\",\"freshness\":\"Current\",\"resources\":[" RES(
                                                              "jobs", "Job",
                                                              "Namespaced") "," RES("cronjobs",
                                                                                    "CronJob",
                                                                                    "Namespaced") "]}]}]}";

void fake_discovery(struct fake *f)
{
    fake_answer(f, "GET /version", 200, "{\"major\":\"1\",\"gitVersion\":\"v1.32.0\"}");
    fake_answer_full(f, "GET /apis",
                     &(struct kz_http_reply){.status = 200,
                                             .retry_after = -1,
                                             .body = kz_str(fake_groups),
                                             .etag = KZ_STR("\"G1\"")});
    fake_answer_full(
        f, "GET /api",
        &(struct kz_http_reply){
            .status = 200, .retry_after = -1, .body = kz_str(fake_core), .etag = KZ_STR("\"C1\"")});
}
