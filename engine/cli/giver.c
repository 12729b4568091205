/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/giver.h"
#include "base/near.h"
#include "report/manifest.h"
#include "report/put.h"

#include <stdio.h>

enum { ARENA = 256 << 20, PATIENCE_SEC = 10, AGAIN_MS = 250 };

struct kz_giver {
    struct kz_app *app;
    const struct kz_args *args;
    struct kz_arena *arena;
    struct kz_str who;
    /* of the request under way */
    struct kz_value *body; /* a copy */
    struct kz_err err;
    bool answered;
};

/* ---- one request --------------------------------------------------------------------------------- */

static void on_answer(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_giver *g = arg;
    (void)id;
    g->answered = true;
    if (res->err != NULL)
        g->err = *res->err;
    else
        g->body = kz_value_copy(g->arena, res->body);
    kz_loop_stop(kz_app_loop(g->app));
}

static void on_discovered(void *arg, const struct kz_err *err)
{
    struct kz_giver *g = arg;
    g->answered = true;
    if (err != NULL)
        g->err = *err;
    kz_loop_stop(kz_app_loop(g->app));
}

static void on_time(void *arg, uint64_t id)
{
    const struct kz_giver *g = arg;
    (void)id;
    kz_loop_stop(kz_app_loop(g->app));
}

static void begin(struct kz_giver *g)
{
    g->body = NULL;
    g->err = (struct kz_err){.code = KZ_OK};
    g->answered = false;
}

static int finish(struct kz_giver *g, struct kz_err *err)
{
    kz_loop_run(kz_app_loop(g->app));
    if (!g->answered) {
        kz_kube_discover_forget(kz_app_kube(g->app), g);
        return kz_fail(err, KZ_E_TIMEOUT, "interrupted");
    }
    if (g->err.code == KZ_OK)
        return 0;
    *err = g->err;
    return -(int)err->code;
}

static struct kz_str ns_of(const struct kz_giver *g)
{
    return kz_args_str(g->args, "namespace");
}

/* ---- opening ------------------------------------------------------------------------------------- */

static int look_for_kinds(struct kz_giver *g, struct kz_err *err)
{
    begin(g);
    kz_kube_discover(kz_app_kube(g->app), on_discovered, g);
    int rc = finish(g, err);
    if (rc < 0)
        return rc;
    if (kz_kube_api(kz_app_kube(g->app), KZ_STR("kubezero.com"), KZ_STR(""), KZ_STR("Module")) != NULL)
        return 0;
    (void)kz_fail(err, KZ_E_NOTFOUND, "the kinds Module and Platform are not installed at " KZ_FMT,
                  KZ_ARG(kz_app_server(g->app)));
    return kz_err_hint(err, "kzsync crds | kubectl apply --server-side -f -");
}

/* Who the API server takes us for; what it is not asked for is not worth an error. */
static void ask_who(struct kz_giver *g)
{
    struct kz_err err;
    struct kz_value *review = kz_value_map(g->arena);
    const struct kz_id id = {.group = KZ_STR("authentication.k8s.io"), .kind = KZ_STR("SelfSubjectReview")};
    put_str(g->arena, review, "apiVersion", KZ_STR("authentication.k8s.io/v1"));
    put_str(g->arena, review, "kind", id.kind);
    begin(g);
    (void)kz_kube_create(kz_app_kube(g->app), &id, KZ_STR(""), review, on_answer, g);
    if (finish(g, &err) == 0)
        g->who = one_line(g->arena, kz_str_head(kz_value_path_str(g->body, "status.userInfo.username"), 253));
}

int kz_giver_open(struct kz_giver **out, const struct kz_args *args, struct kz_err *err)
{
    struct kz_giver *g = calloc(1, sizeof *g);
    kz_assert(g != NULL);
    g->args = args;
    g->arena = kz_arena_new(ARENA);
    int rc = kz_app_open(&g->app, args, KZ_APP_CLUSTER, err);
    if (rc >= 0) {
        kz_app_catch_signals(g->app);
        rc = look_for_kinds(g, err);
    }
    if (rc < 0) {
        kz_giver_close(g);
        return rc;
    }
    ask_who(g);
    *out = g;
    return 0;
}

void kz_giver_close(struct kz_giver *g)
{
    if (g == NULL)
        return;
    kz_app_close(g->app);
    kz_arena_free(g->arena);
    free(g);
}

int kz_giver_end(struct kz_giver *g, int rc)
{
    const bool interrupted = g != NULL && kz_app_interrupted(g->app);
    kz_giver_close(g);
    return interrupted && rc != 0 ? KZ_EXIT_INTERRUPTED : rc;
}

struct kz_arena *kz_giver_arena(struct kz_giver *g)
{
    return g->arena;
}

struct kz_str kz_giver_who(const struct kz_giver *g)
{
    return g->who;
}

int64_t kz_giver_now(const struct kz_giver *g)
{
    return kz_env_wall(kz_app_env(g->app));
}

/* ---- objects ------------------------------------------------------------------------------------- */

static struct kz_str name_of(const struct kz_value *obj)
{
    return kz_value_path_str(obj, "metadata.name");
}

static int list(const struct kz_value **out, struct kz_giver *g, const char *kind, struct kz_err *err)
{
    begin(g);
    (void)kz_kube_list(kz_app_kube(g->app), KZ_STR("kubezero.com"), kz_str(kind), ns_of(g), KZ_STR(""), on_answer, g);
    int rc = finish(g, err);
    if (rc == 0)
        *out = g->body;
    return rc;
}

static int find_platform(const struct kz_value **obj, struct kz_giver *g, struct kz_err *err)
{
    const struct kz_value *all = NULL;
    struct kz_str want = kz_args_str(g->args, "platform");
    int rc = list(&all, g, "Platform", err);
    size_t n = 0;
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < kz_value_len(all); i++) {
        const struct kz_value *p = kz_value_at(all, i);
        if (want.len > 0 && !kz_str_eq(want, name_of(p)))
            continue;
        *obj = p;
        n++;
    }
    if (n == 1)
        return 0;
    if (n > 1) {
        (void)kz_fail(err, KZ_E_INVALID, "there are %zu platforms in namespace " KZ_FMT, n, KZ_ARG(ns_of(g)));
        return kz_err_hint(err, "choose one with --platform NAME");
    }
    (void)kz_fail(err, KZ_E_NOTFOUND, "no Platform%s" KZ_FMT " in namespace " KZ_FMT " of " KZ_FMT,
                  want.len > 0 ? " " : "", KZ_ARG(want), KZ_ARG(ns_of(g)), KZ_ARG(kz_app_server(g->app)));
    return kz_err_hint(err, "is `kzsync run` at work there? it makes the object in its first seconds");
}

static int no_module(struct kz_giver *g, struct kz_str module, struct kz_err *err)
{
    const struct kz_value *all = NULL;
    struct kz_near near = kz_near(module);
    int rc = list(&all, g, "Module", err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < kz_value_len(all); i++)
        kz_near_try(&near, name_of(kz_value_at(all, i)));
    (void)kz_fail(err, KZ_E_NOTFOUND, "no module '" KZ_FMT "' in namespace " KZ_FMT KZ_NEAR_FMT, KZ_ARG(module),
                  KZ_ARG(ns_of(g)), KZ_NEAR_ARGS(near));
    return kz_err_hint(err, "kubectl get modules -n " KZ_FMT, KZ_ARG(ns_of(g)));
}

static int get(const struct kz_value **obj, struct kz_giver *g, const char *kind, struct kz_str name, struct kz_err *err)
{
    const struct kz_id id = kz_manifest_id(kind, ns_of(g), name);
    begin(g);
    (void)kz_kube_get(kz_app_kube(g->app), &id, on_answer, g);
    int rc = finish(g, err);
    if (rc == 0)
        *obj = g->body;
    return rc;
}

int kz_giver_find(const struct kz_value **obj, struct kz_giver *g, struct kz_str module, struct kz_err *err)
{
    if (module.len == 0)
        return find_platform(obj, g, err);
    int rc = get(obj, g, "Module", module, err);
    return rc == -KZ_E_NOTFOUND ? no_module(g, module, err) : rc;
}

/* ---- commands ------------------------------------------------------------------------------------ */

int kz_giver_give(struct kz_giver *g, const struct kz_given *given, struct kz_err *err)
{
    static const struct kz_write how = {.manager = "kzsync-cli"};
    struct kz_arena *a = g->arena;
    struct kz_value *patch = kz_value_map(a), *meta = kz_value_map(a), *notes = kz_value_map(a);
    const char *kind = kz_cstr(a, kz_value_path_str(given->obj, "kind"));
    const struct kz_id id = kz_manifest_id(kind, ns_of(g), name_of(given->obj));
    kz_value_set(a, notes, kz_str(kz_order_annotation(given->order)),
                 given->text.len > 0 ? kz_value_str(a, given->text) : kz_value_null(a));
    kz_value_set(a, meta, KZ_STR("annotations"), notes);
    kz_value_set(a, patch, KZ_STR("metadata"), meta);
    begin(g);
    (void)kz_kube_merge(kz_app_kube(g->app), &id, &how, patch, on_answer, g);
    return finish(g, err);
}

/* A command that was answered after the object was read. */
static bool is_answer(struct kz_given *given, const struct kz_value *now, bool end)
{
    const struct kz_value *before = kz_value_path(given->obj, "status.command"), *c = kz_value_path(now, "status.command");
    if (!kz_str_is(kz_value_path_str(c, "name"), kz_order_name(given->order)) ||
        kz_str_eq(kz_value_path_str(c, "time"), kz_value_path_str(before, "time")))
        return false;
    if (given->text.len > 0 && !kz_str_eq(kz_value_path_str(c, "value"), given->text))
        return false;
    given->result = kz_value_path_str(c, "result");
    given->message = kz_value_path_str(c, "message");
    return !end || !kz_str_is(given->result, "taken");
}

static void pause_for(struct kz_giver *g, int64_t ns)
{
    const struct kz_env *env = kz_app_env(g->app);
    uint64_t timer = kz_env_timer(env, ns, on_time, g);
    kz_loop_run(kz_app_loop(g->app));
    kz_env_timer_stop(env, &timer);
}

int kz_giver_await(struct kz_given *given, struct kz_giver *g, int64_t patience, bool end, struct kz_err *err)
{
    const struct kz_env *env = kz_app_env(g->app);
    const char *kind = kz_cstr(g->arena, kz_value_path_str(given->obj, "kind"));
    const int64_t limit = kz_env_mono(env) + patience;
    const struct kz_value *now = NULL;
    for (;;) {
        int rc = get(&now, g, kind, name_of(given->obj), err);
        if (rc < 0)
            return rc;
        if (is_answer(given, now, end))
            return 0;
        if (kz_app_interrupted(g->app))
            return kz_fail(err, KZ_E_TIMEOUT, "interrupted; the command stays given");
        if (kz_env_mono(env) >= limit)
            break;
        pause_for(g, AGAIN_MS * KZ_NS_PER_MS);
    }
    if (given->result.len > 0)
        return kz_fail(err, KZ_E_TIMEOUT, KZ_FMT ": " KZ_FMT ", but not done in time", KZ_ARG(name_of(given->obj)),
                       KZ_ARG(given->message));
    (void)kz_fail(err, KZ_E_TIMEOUT, KZ_FMT ": the daemon has not answered", KZ_ARG(name_of(given->obj)));
    return kz_err_hint(err, "the command stays given; is `kzsync run` at work? see the Lease of the platform");
}

int kz_giver_tell(const struct kz_given *given, enum kz_exit refused)
{
    static const struct {
        const char *result;
        enum kz_exit exit;
    } rows[] = {{"taken", KZ_EXIT_OK}, {"done", KZ_EXIT_OK},     {"ended", KZ_EXIT_OK},
                {"held", KZ_EXIT_HELD}, {"busy", KZ_EXIT_BUSY}, {"failed", KZ_EXIT_FAILED}};
    enum kz_exit code = refused;
    for (size_t i = 0; i < kz_countof(rows); i++)
        if (kz_str_is(given->result, rows[i].result))
            code = rows[i].exit;
    (void)fprintf(code == KZ_EXIT_OK ? stdout : stderr, KZ_FMT ": " KZ_FMT "%s" KZ_FMT "\n", KZ_ARG(name_of(given->obj)),
                  KZ_ARG(given->result), given->message.len > 0 ? ", " : "", KZ_ARG(given->message));
    return (int)code;
}

int kz_giver_do(struct kz_giver *g, struct kz_given *given, struct kz_err *err)
{
    int rc = kz_giver_give(g, given, err);
    if (rc == 0)
        rc = kz_giver_await(given, g, PATIENCE_SEC * KZ_NS_PER_SEC, false, err);
    return rc < 0 ? rc : kz_giver_tell(given, KZ_EXIT_ERROR);
}
