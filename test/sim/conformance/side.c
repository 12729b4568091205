/* SPDX-License-Identifier: Apache-2.0 */
#include "side.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "apiserver.h"
#include "kube/credential.h"
#include "loop/http_client.h"

static const int64_t PATIENCE = 30 * KZ_NS_PER_SEC;
/* The real server compacts what was there at the last but one of its looks, one a second (`run`). */
static const int64_t COMPACTION = 3 * KZ_NS_PER_SEC;

struct conform_side {
    const char *name;
    struct kz_http http;
    /* simulated */
    struct sim_world world;
    struct sim_faults faults;
    struct sim_api api;
    struct sim_client sim_client;
    /* real */
    struct kz_arena *arena;
    struct kz_loop *loop;
    struct kz_env env;
    struct kz_kube_config config;
    struct kz_kube_credential *credential;
    struct kz_http_client *client;
};

static void die(const struct kz_err *err)
{
    char line[1024];
    (void)kz_err_line(line, sizeof line, err);
    (void)fprintf(stderr, "conform: %s\n", line);
    exit(2);
}

struct conform_side *conform_side_fake(void)
{
    struct conform_side *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    s->name = "simulated";
    sim_world_init(&s->world, 1, false);
    sim_faults_init(&s->faults, 1);
    s->faults.on = false;
    sim_api_init(&s->api, &s->world, &s->faults);
    s->api.page = 500;
    s->api.bookmarks = 1000;
    s->api.idle = true;
    sim_compact(&s->api);
    sim_client_init(&s->sim_client, &s->api, 0);
    s->http = s->sim_client.http;
    return s;
}

static void on_ready(void *arg, const struct kz_err *err)
{
    struct conform_side *s = arg;
    if (err != NULL)
        die(err);
    kz_loop_stop(s->loop);
}

struct conform_side *conform_side_real(void)
{
    struct conform_side *s = calloc(1, sizeof *s);
    struct kz_err err;
    kz_assert(s != NULL);
    s->name = "real";
    s->arena = kz_arena_new((size_t)64 << 20);
    if (kz_loop_new(&s->loop, &err) < 0)
        die(&err);
    s->env = kz_loop_env(s->loop);
    const struct kz_kube_source source = {.environ = (const char *const *)environ};
    if (kz_kube_config_load(&s->config, s->arena, &source, &err) < 0)
        die(&err);
    s->credential = kz_kube_credential_new(s->loop, &s->config);
    kz_kube_credential_ready(s->credential, on_ready, s);
    kz_loop_run(s->loop);
    struct kz_server server = kz_kube_credential_server(s->credential);
    server.what = KZ_STR("the API server");
    server.user_agent = KZ_STR("conform/1");
    if (kz_http_client_new(&s->client, s->loop, &server, &err) < 0)
        die(&err);
    s->http = kz_http_client_http(s->client);
    return s;
}

void conform_side_free(struct conform_side *s)
{
    if (s->loop == NULL) {
        sim_api_done(&s->api);
        sim_world_done(&s->world);
    } else {
        kz_http_client_free(s->client);
        kz_kube_credential_free(s->credential);
        kz_loop_free(s->loop);
        kz_arena_free(s->arena);
    }
    free(s);
}

const char *conform_side_name(const struct conform_side *s)
{
    return s->name;
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

struct alarm {
    struct conform_side *s;
    bool rang;
};

static void on_alarm(void *arg, uint64_t id)
{
    struct alarm *a = arg;
    (void)id;
    a->rang = true;
    kz_loop_stop(a->s->loop);
}

static bool is_over(bool (*over)(void *arg), void *arg)
{
    return over != NULL && over(arg);
}

void conform_wait(struct conform_side *s, int64_t ns, bool (*over)(void *arg), void *arg)
{
    if (s->loop == NULL) {
        int64_t until = s->world.now + ns;
        while (!is_over(over, arg) && sim_step(&s->world, until))
            continue;
        if (!is_over(over, arg))
            s->world.now = until;
        return;
    }
    struct alarm alarm = {.s = s};
    uint64_t timer = kz_env_timer(&s->env, ns, on_alarm, &alarm);
    while (!alarm.rang && !is_over(over, arg))
        kz_loop_run(s->loop);
    kz_env_timer_stop(&s->env, &timer);
}

void conform_compact(struct conform_side *s)
{
    if (s->loop == NULL)
        sim_compact(&s->api);
    else
        conform_wait(s, COMPACTION, NULL, NULL);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

struct pending {
    struct conform_side *s;
    struct kz_arena *a;
    struct conform_answer *out;
    bool done;
};

static void stop_loop(struct conform_side *s)
{
    if (s->loop != NULL)
        kz_loop_stop(s->loop);
}

static void on_done(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    struct pending *p = arg;
    (void)id;
    if (reply->err != NULL)
        die(reply->err);
    *p->out = (struct conform_answer){.status = reply->status, .body = kz_str_dup(p->a, reply->body),
                                      .type = kz_str_dup(p->a, reply->content_type)};
    p->done = true;
    stop_loop(p->s);
}

static bool is_done(void *arg)
{
    return ((const struct pending *)arg)->done;
}

void conform_ask(struct conform_answer *out, struct kz_arena *a, struct conform_side *s, const struct conform_ask *ask)
{
    struct pending p = {.s = s, .a = a, .out = out};
    (void)s->http.ops->start(s->http.impl,
                             &(struct kz_http_request){.method = ask->method, .path = ask->path, .body = ask->body,
                                                       .content_type = ask->content_type, .accept = ask->accept,
                                                       .timeout = PATIENCE, .on_done = on_done, .arg = &p});
    conform_wait(s, 2 * PATIENCE, is_done, &p);
    kz_assert(p.done);
}

/* ---- streams ------------------------------------------------------------------------------------------------------ */

static void on_piece(void *arg, uint64_t id, struct kz_str piece)
{
    struct conform_stream *st = arg;
    (void)id;
    kz_buf_add_str(&st->text, piece);
    stop_loop(st->side);
}

static void on_end(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    struct conform_stream *st = arg;
    (void)id;
    st->ended = true;
    kz_buf_add_str(&st->text, reply->body);
    stop_loop(st->side);
}

void conform_stream_open(struct conform_stream *out, struct conform_side *s, struct kz_str path)
{
    *out = (struct conform_stream){.side = s, .text = KZ_BUF(8 << 20)};
    out->http = s->http.ops->start(s->http.impl,
                                   &(struct kz_http_request){.method = KZ_HTTP_GET, .path = path, .on_data = on_piece,
                                                             .on_done = on_end, .arg = out});
}

void conform_stream_close(struct conform_stream *st)
{
    if (!st->ended)
        st->side->http.ops->cancel(st->side->http.impl, st->http);
    kz_buf_done(&st->text);
}
