/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"

struct question {
    struct kz_app *app;
    struct kz_arena *arena;
    struct kz_value *body;
    struct kz_err err; /* code KZ_OK: none */
    bool answered;
};

static void answered(struct question *q, const struct kz_err *err)
{
    if (err != NULL)
        q->err = *err;
    q->answered = true;
    kz_loop_stop(kz_app_loop(q->app));
}

static void on_discovered(void *arg, const struct kz_err *err)
{
    answered(arg, err);
}

static void on_result(void *arg, uint64_t id, const struct kz_result *res)
{
    struct question *q = arg;
    (void)id;
    if (res->err == NULL)
        q->body = kz_value_copy(q->arena, res->body);
    answered(q, res->err);
}

/* call: to be taken back when a signal comes first; 0 none. */
static int wait_for(struct question *q, uint64_t call, struct kz_err *err)
{
    if (!q->answered)
        kz_loop_run(kz_app_loop(q->app));
    if (!q->answered) {
        kz_kube_cancel(kz_app_kube(q->app), call);
        return kz_fail(err, KZ_E_TIMEOUT, "interrupted");
    }
    if (q->err.code == KZ_OK)
        return 0;
    *err = q->err;
    return -(int)err->code;
}

int kz_ask_discover(struct kz_app *app, struct kz_err *err)
{
    struct question *q = kz_new(kz_app_arena(app), struct question); /* outlives an interrupted wait */
    q->app = app;
    kz_kube_discover(kz_app_kube(app), on_discovered, q);
    return wait_for(q, 0, err);
}

int kz_ask_list(struct kz_value **out, struct kz_app *app, struct kz_arena *a, struct kz_str group, struct kz_str kind,
                struct kz_str ns, struct kz_str selector, struct kz_err *err)
{
    struct question q = {.app = app, .arena = a};
    const int rc = wait_for(&q, kz_kube_list(kz_app_kube(app), group, kind, ns, selector, on_result, &q), err);
    if (rc == 0)
        *out = q.body;
    return rc;
}

int kz_ask_get(struct kz_value **out, struct kz_app *app, struct kz_arena *a, const struct kz_id *id,
               struct kz_err *err)
{
    struct question q = {.app = app, .arena = a};
    const int rc = wait_for(&q, kz_kube_get(kz_app_kube(app), id, on_result, &q), err);
    if (rc == 0)
        *out = q.body;
    return rc;
}

static void on_time(void *arg, uint64_t id)
{
    struct question *q = arg;
    (void)id;
    answered(q, NULL);
}

bool kz_ask_pause(struct kz_app *app, int64_t ns)
{
    struct question q = {.app = app};
    uint64_t timer = kz_env_timer(kz_app_env(app), ns, on_time, &q);
    if (!kz_app_interrupted(app))
        kz_loop_run(kz_app_loop(app));
    kz_env_timer_stop(kz_app_env(app), &timer);
    return q.answered;
}
