/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/query.h"

struct round {
    struct kz_app *app;
    struct kz_arena *a;
    size_t left;
    uint64_t timer;
    bool late;
};

struct asked {
    struct round *round;
    struct kz_query *q;
    uint64_t id;
};

static void on_late(void *arg, uint64_t id)
{
    struct round *r = arg;
    (void)id;
    r->timer = 0;
    r->late = true;
    kz_loop_stop(kz_app_loop(r->app));
}

static void on_answer(void *arg, uint64_t id, const struct kz_result *res)
{
    struct asked *k = arg;
    struct kz_query *q = k->q;
    (void)id;
    k->id = 0;
    q->outcome = res->outcome;
    q->err = (struct kz_err){.code = KZ_OK};
    if (res->err != NULL)
        q->err = *res->err;
    else if (res->body != NULL)
        q->body = kz_value_copy(k->round->a, res->body);
    if (res->err == NULL)
        q->text = kz_str_dup(k->round->a, res->text);
    if (--k->round->left == 0)
        kz_loop_stop(kz_app_loop(k->round->app));
}

static uint64_t start(struct asked *k)
{
    struct kz_kube *kube = kz_app_kube(k->round->app);
    const struct kz_query *q = k->q;
    switch (q->verb) {
    case KZ_QUERY_GET:
        return kz_kube_get(kube, &q->id, on_answer, k);
    case KZ_QUERY_LIST:
        return kz_kube_list(kube, q->id.group, q->id.kind, q->id.ns, q->selector, on_answer, k);
    case KZ_QUERY_METADATA:
        return kz_kube_list_metadata(kube, q->id.group, q->id.kind, q->id.ns, q->selector, on_answer, k);
    case KZ_QUERY_TEXT:
        return kz_kube_text(kube, q->path, on_answer, k);
    case KZ_QUERY_LOGS:
        return kz_kube_logs(kube, q->id.ns, q->id.name, q->container, q->previous, q->tail, q->since, on_answer, k);
    case KZ_QUERY_CREATE:
        return kz_kube_create(kube, &q->id, q->version, q->body_in, on_answer, k);
    }
    return 0;
}

static int not_answered(const struct round *r, struct kz_err *err)
{
    if (r->late)
        return kz_fail(err, KZ_E_TIMEOUT, "the API server at " KZ_FMT " does not answer in time",
                       KZ_ARG(kz_app_server(r->app)));
    return kz_fail(err, KZ_E_TIMEOUT, "interrupted");
}

static void arm(struct round *r, int64_t until)
{
    const struct kz_env *env = kz_app_env(r->app);
    const int64_t left = until - kz_env_mono(env);
    if (until != 0)
        r->timer = kz_env_timer(env, left > 0 ? left : 0, on_late, r);
}

int kz_query_all(struct kz_app *app, struct kz_arena *a, struct kz_query *q, size_t n, int64_t until,
                 struct kz_err *err)
{
    struct round r = {.app = app, .a = a, .left = n};
    struct asked *all = kz_new_n(a, struct asked, n + 1);
    if (n == 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        all[i] = (struct asked){.round = &r, .q = &q[i]};
        all[i].id = start(&all[i]);
    }
    arm(&r, until);
    kz_loop_run(kz_app_loop(app));
    kz_env_timer_stop(kz_app_env(app), &r.timer);
    if (r.left == 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (all[i].id == 0)
            continue;
        kz_kube_cancel(kz_app_kube(app), all[i].id);
        (void)not_answered(&r, &q[i].err);
    }
    return not_answered(&r, err);
}

int kz_query_one(struct kz_app *app, struct kz_arena *a, struct kz_query *q, int64_t until, struct kz_err *err)
{
    int rc = kz_query_all(app, a, q, 1, until, err);
    if (rc >= 0 && q->err.code != KZ_OK) {
        *err = q->err;
        rc = -(int)err->code;
    }
    return rc;
}

/* ---- discovery ----------------------------------------------------------------------------------- */

struct discovering {
    struct round round;
    struct kz_err err;
};

static void on_discovered(void *arg, const struct kz_err *err)
{
    struct discovering *d = arg;
    if (err != NULL)
        d->err = *err;
    d->round.left = 0;
    kz_loop_stop(kz_app_loop(d->round.app));
}

/* Whoever is not answered ends: the client forgets the question when it is freed. */
int kz_query_discover(struct kz_app *app, int64_t until, struct kz_err *err)
{
    struct kz_arena *a = kz_app_arena(app);
    struct discovering *d = kz_new(a, struct discovering);
    d->round = (struct round){.app = app, .left = 1};
    kz_kube_discover(kz_app_kube(app), on_discovered, d);
    arm(&d->round, until);
    kz_loop_run(kz_app_loop(app));
    kz_env_timer_stop(kz_app_env(app), &d->round.timer);
    if (d->round.left > 0)
        return not_answered(&d->round, err);
    if (d->err.code == KZ_OK)
        return 0;
    *err = d->err;
    return -(int)err->code;
}

bool kz_query_sleep(struct kz_app *app, int64_t ns)
{
    struct round r = {.app = app};
    arm(&r, kz_env_mono(kz_app_env(app)) + ns);
    kz_loop_run(kz_app_loop(app));
    kz_env_timer_stop(kz_app_env(app), &r.timer);
    return r.late;
}
