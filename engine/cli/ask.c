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

int kz_ask_apply(struct kz_app *app, const struct kz_id *id, struct kz_str version, const struct kz_value *body,
                 struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    struct question q = {.app = app, .arena = a};
    return wait_for(&q, kz_kube_apply(kz_app_kube(app), id, version, body, KZ_APPLY_FORCE, on_result, &q), err);
}

int kz_ask_allowed(bool *out, struct kz_app *app, struct kz_str user, const struct kz_ask_right *right, struct kz_str ns,
                   struct kz_err *err)
{
    static const struct kz_id id = {.group = KZ_STR_INIT("authorization.k8s.io"), .kind = KZ_STR_INIT("SubjectAccessReview"),
                                    .ns = KZ_STR_INIT(""), .name = KZ_STR_INIT("")};
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *body = kz_value_map(a), *spec = kz_value_map(a), *what = kz_value_map(a);
    kz_value_set(a, what, KZ_STR("verb"), kz_value_cstr(a, right->verb));
    kz_value_set(a, what, KZ_STR("group"), kz_value_cstr(a, right->group));
    kz_value_set(a, what, KZ_STR("resource"), kz_value_cstr(a, right->resource));
    kz_value_set(a, what, KZ_STR("namespace"), kz_value_str(a, ns));
    kz_value_set(a, spec, KZ_STR("user"), kz_value_str(a, user));
    kz_value_set(a, spec, KZ_STR("resourceAttributes"), what);
    kz_value_set(a, body, KZ_STR("apiVersion"), kz_value_cstr(a, "authorization.k8s.io/v1"));
    kz_value_set(a, body, KZ_STR("kind"), kz_value_cstr(a, "SubjectAccessReview"));
    kz_value_set(a, body, KZ_STR("metadata"), kz_value_map(a));
    kz_value_set(a, body, KZ_STR("spec"), spec);
    struct question q = {.app = app, .arena = a};
    const int rc = wait_for(&q, kz_kube_create(kz_app_kube(app), &id, KZ_STR("v1"), body, on_result, &q), err);
    if (rc == 0)
        *out = kz_value_path_bool(q.body, "status.allowed", false);
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
