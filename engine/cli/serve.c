/* SPDX-License-Identifier: Apache-2.0 */
#include "kz_version.h"
#include "cli/serve.h"

#include "base/log.h"
#include "loop/http_client.h"
#include "loop/http_server.h"
#include "report/metrics.h"
#include "report/pulse.h"

enum { VIEW_BYTES = 256 << 20, METRICS_AGE_MS = 1000 };

struct kz_serve {
    struct kz_app *app;
    const struct kz_env *env;
    const struct kz_engine *engine;
    struct kz_http_server *server;
    struct kz_route_counts routes[KZ_ROUTES_];
    uint64_t beat_timer;
    int64_t beat;           /* mono: when it fired last */
    struct kz_buf metrics;  /* as told last, "": not yet */
    int64_t metrics_at;     /* mono */
    size_t merged;          /* modules that were told as one then */
};

/* ---- routes ------------------------------------------------------------------------------------ */

static void on_beat(void *arg, uint64_t id)
{
    struct kz_serve *s = arg;
    (void)id;
    s->beat = kz_env_mono(s->env);
    s->beat_timer = kz_env_timer(s->env, KZ_PULSE_EVERY_SEC * KZ_NS_PER_SEC, on_beat, s);
}

static void finish(struct kz_http_answer *out, bool good)
{
    out->status = good ? 200 : 503;
    if (good)
        kz_buf_puts(&out->body, "ok");
    kz_buf_putc(&out->body, '\n');
}

static void healthz(struct kz_serve *s, struct kz_http_answer *out)
{
    const struct kz_pool_stats pool = kz_pool_stats(kz_app_pool(s->app));
    finish(out, kz_pulse_is_well(&out->body, kz_env_mono(s->env) - s->beat, &pool));
}

static void readyz(struct kz_serve *s, struct kz_http_answer *out)
{
    finish(out, kz_engine_is_ready(&out->body, s->engine));
}

static void say_merged(struct kz_serve *s, size_t merged)
{
    char text[24];
    if (merged > 0 && s->merged == 0) {
        (void)snprintf(text, sizeof text, "%zu", merged);
        kz_log(NULL, KZ_WARN, "metrics-overflow", KZ_FS("modules", text),
               KZ_FS("effect", "they are told as one, module=\"_overflow\""));
    }
    s->merged = merged;
}

static void write_metrics(struct kz_serve *s)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(VIEW_BYTES);
    struct kz_engine_view view;
    struct kz_engine_counts counts;
    struct kz_process process;
    const struct kz_http_library library = kz_http_client_library();
    const struct kz_pool_stats pool = kz_pool_stats(kz_app_pool(s->app));
    kz_engine_look(&view, a, s->engine);
    kz_engine_counts(&counts, s->engine);
    size_t (*tally)[KZ_OBJECT_STATES_] = kz_arena_alloc(a, (view.n_modules + 1) * sizeof *tally);
    for (size_t i = 0; i < view.n_modules; i++)
        kz_engine_tally(tally[i], s->engine, view.modules[i].name);
    kz_process_read(&process);
    struct kz_metrics m = {.version = KZ_VERSION, .curl = library.curl, .openssl = library.tls, .now = kz_env_wall(s->env),
                           .view = &view, .counts = &counts, .tally = (const size_t (*)[KZ_OBJECT_STATES_])tally,
                           .kube = kz_kube_stats(kz_app_kube(s->app)), .loop = kz_loop_stats(kz_app_loop(s->app)),
                           .pool = &pool, .routes = s->routes, .process = &process};
    m.line = kz_kube_line(&m.line_oldest, kz_app_kube(s->app));
    kz_buf_clear(&s->metrics);
    say_merged(s, kz_metrics_write(&s->metrics, &m));
    s->metrics_at = kz_env_mono(s->env);
}

/* The text is kept for a second: whoever asks without end costs no more than one who asks once. */
static void metrics(struct kz_serve *s, struct kz_http_answer *out)
{
    if (s->metrics.len == 0 || kz_env_mono(s->env) - s->metrics_at >= METRICS_AGE_MS * KZ_NS_PER_MS)
        write_metrics(s);
    out->status = kz_buf_bad(&s->metrics) ? 500 : 200;
    out->content_type = KZ_METRICS_TYPE;
    kz_buf_add_str(&out->body, kz_buf_str(&s->metrics));
}

static void other(struct kz_serve *s, struct kz_http_answer *out)
{
    (void)s;
    out->status = 404;
    kz_buf_puts(&out->body, "there are /healthz, /readyz and /metrics\n");
}

static void on_ask(void *arg, struct kz_http_answer *out, const struct kz_http_ask *ask)
{
    static void (*const answers[KZ_ROUTES_])(struct kz_serve *s, struct kz_http_answer *out) = {
        [KZ_ROUTE_HEALTHZ] = healthz, [KZ_ROUTE_READYZ] = readyz, [KZ_ROUTE_METRICS] = metrics, [KZ_ROUTE_OTHER] = other};
    struct kz_serve *s = arg;
    unsigned r = 0;
    const int64_t begin = kz_env_mono(s->env);
    while (r < KZ_ROUTE_OTHER && !kz_str_is(ask->path, kz_route_name((enum kz_route)r)))
        r++;
    answers[r](s, out);
    s->routes[r].by[kz_code_class(out->status)]++;
    kz_histogram_add(&s->routes[r].took, KZ_SCALE_REQUEST, kz_env_mono(s->env) - begin);
}

/* ---- life -------------------------------------------------------------------------------------- */

int kz_serve_open(struct kz_serve **out, struct kz_app *app, const struct kz_engine *engine, struct kz_str listen,
                  struct kz_err *err)
{
    char port[16];
    struct kz_serve *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    *s = (struct kz_serve){.app = app, .env = kz_app_env(app), .engine = engine};
    const struct kz_http_server_options opt = {.listen = listen, .answer = on_ask, .arg = s};
    int rc = kz_http_server_open(&s->server, kz_app_loop(app), &opt, err);
    if (rc < 0) {
        free(s);
        if (rc == -KZ_E_INVALID)
            err->code = KZ_E_USAGE;
        return kz_wrap(err, "--listen");
    }
    kz_buf_init(&s->metrics, KZ_HTTP_SERVER_BODIES);
    on_beat(s, 0);
    (void)snprintf(port, sizeof port, "%d", kz_http_server_port(s->server));
    kz_log(NULL, KZ_INFO, "listen", KZ_F("address", listen), KZ_FS("port", port));
    *out = s;
    return 0;
}

void kz_serve_close(struct kz_serve *s)
{
    if (s == NULL)
        return;
    kz_http_server_close(s->server);
    kz_env_timer_stop(s->env, &s->beat_timer);
    kz_buf_done(&s->metrics);
    free(s);
}
