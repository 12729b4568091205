/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/offline.h"
#include "cli/charts.h"
#include "render/registry.h"
#include "resource/kinds.h"
#include "sync/tenants.h"

enum { ARENA = 512 << 20 };

struct job {
    struct kz_app *app;
    struct kz_offline *o;
    const struct kz_charts *charts;
    size_t left;
};

struct render_job {
    struct job *job;
    struct kz_offline_module *m;
};

static void done_one(struct job *j)
{
    if (--j->left == 0)
        kz_loop_stop(kz_app_loop(j->app));
}

static void on_rendered(void *arg, uint64_t id, const struct kz_work_result *res)
{
    struct render_job *r = arg;
    struct kz_err err;
    (void)id;
    if (res->err != NULL)
        r->m->err = *res->err;
    else if (kz_render_check(res->reply, &err) < 0)
        r->m->err = err;
    else
        r->m->reply = kz_value_copy(r->job->o->arena, res->reply);
    done_one(r->job);
    free(r);
}

static void set_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str val)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, val));
}

static void start_render(struct job *j, struct kz_offline_module *m, struct kz_str kube_version,
                         const struct kz_tree_at *tree)
{
    struct kz_arena *a = j->o->arena;
    struct kz_value *in = kz_value_map(a), *facts = kz_value_map(a);
    struct render_job *r = malloc(sizeof *r);
    kz_assert(r != NULL);
    *r = (struct render_job){.job = j, .m = m};
    set_str(a, in, "module", m->spec->name);
    set_str(a, in, "path", m->spec->path);
    set_str(a, in, "renderer", m->spec->renderer);
    set_str(a, in, "release", m->spec->release);
    set_str(a, in, "namespace", m->spec->ns);
    kz_value_set(a, in, KZ_STR("values"), kz_value_copy(a, m->spec->values));
    if (m->spec->value_layers != NULL)
        kz_value_set(a, in, KZ_STR("valueLayers"), kz_value_copy(a, m->spec->value_layers));
    kz_value_set(a, in, KZ_STR("options"), kz_value_copy(a, m->spec->options));
    set_str(a, facts, "kubeVersion", kube_version);
    kz_charts_add(in, facts, a, j->charts, m->spec->name, kz_env_wall(kz_app_env(j->app)));
    kz_value_set(a, in, KZ_STR("facts"), facts);
    struct kz_work work = {.task = "render", .tree = *tree, .input = in,
                           .may_exec = kz_renderer_needs_exec(m->spec->renderer, m->spec->options)};
    const struct kz_workers *w = kz_app_workers(j->app);
    j->left++;
    (void)w->ops->start(w->impl, &work, on_rendered, r);
}

int kz_offline_load(struct kz_platform **out, struct kz_arena *a, struct kz_app *app,
                    const struct kz_tree_at *tree, struct kz_str path, struct kz_err *err)
{
    struct kz_value *in = kz_value_map(a), *reply;
    set_str(a, in, "path", path);
    const struct kz_work work = {.task = "load", .tree = *tree, .input = in};
    if (kz_app_do(&reply, app, a, &work, err) < 0)
        return -(int)err->code;
    return kz_platform_decode(out, a, reply, err);
}

/* ---- normalising --------------------------------------------------------------------------------- */

static int scope_of(void *arg, struct kz_str group, struct kz_str kind)
{
    const struct kz_offline *o = arg;
    char key[512];
    int known = kz_kind_namespaced(group, kind);
    if (known >= 0)
        return known;
    int n = snprintf(key, sizeof key, KZ_FMT "/" KZ_FMT, KZ_ARG(group), KZ_ARG(kind));
    const char *scope = n < 0 || (size_t)n >= sizeof key ? NULL : kz_map_find(&o->scopes, kz_str_n(key, (size_t)n));
    return scope == NULL ? 1 : scope[0] == 'N'; /* without a cluster an unknown kind passes as namespaced */
}

static void note_crds(struct kz_offline *o, const struct kz_value *objects)
{
    static char namespaced[] = "N", cluster[] = "C";
    for (size_t i = 0; i < kz_value_len(objects); i++) {
        const struct kz_value *b = kz_value_get(kz_value_at(objects, i), "body");
        if (!kz_str_is(kz_value_path_str(b, "kind"), "CustomResourceDefinition"))
            continue;
        struct kz_str key = kz_str_printf(o->arena, KZ_FMT "/" KZ_FMT, KZ_ARG(kz_value_path_str(b, "spec.group")),
                                          KZ_ARG(kz_value_path_str(b, "spec.names.kind")));
        bool wide = kz_str_is(kz_value_path_str(b, "spec.scope"), "Cluster");
        (void)kz_map_put(&o->scopes, key, wide ? cluster : namespaced);
    }
}

static void build_wants(struct kz_offline *o)
{
    struct kz_scope scope = {.namespaced = scope_of, .arg = o};
    for (size_t i = 0; i < o->n; i++)
        note_crds(o, kz_value_get(o->modules[i].reply, "objects"));
    for (size_t i = 0; i < o->n; i++) {
        struct kz_offline_module *m = &o->modules[i];
        struct kz_hash key = {0};
        if (m->reply == NULL || kz_want_build(&m->want, m->spec, o->platform->name, KZ_STR("worktree"), key, scope,
                                              m->reply, &m->err) < 0)
            continue;
        if (kz_tenants_check_set(m->spec->tenant, m->spec, m->want, scope, &m->err) < 0) {
            kz_want_unref(m->want);
            m->want = NULL;
        }
    }
}

int kz_offline_render(struct kz_offline **out, struct kz_app *app, const struct kz_offline_ask *ask, struct kz_err *err)
{
    struct kz_arena *a = kz_arena_new(ARENA);
    struct kz_offline *o = kz_new(a, struct kz_offline);
    struct job j = {.app = app, .o = o, .charts = ask->charts};
    o->arena = a;
    kz_map_init(&o->scopes);
    if (kz_offline_load(&o->platform, a, app, ask->tree, ask->path, err) < 0) {
        kz_offline_close(o);
        return -(int)err->code;
    }
    size_t n = 0;
    struct kz_module **order = kz_platform_order(&n, o->platform, a);
    o->modules = kz_new_n(a, struct kz_offline_module, n + 1);
    j.left = 1;
    for (size_t i = 0; i < n; i++)
        if (ask->only.len == 0 || kz_str_eq(ask->only, order[i]->name)) {
            struct kz_offline_module *m = &o->modules[o->n++];
            m->spec = order[i];
            if (m->spec->violation != NULL) {
                m->err = *m->spec->violation;
                continue;
            }
            start_render(&j, m, ask->kube_version, ask->tree);
        }
    if (--j.left > 0)
        kz_loop_run(kz_app_loop(app));
    if (o->n == 0) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "there is no enabled module '" KZ_FMT "'",
                      KZ_ARG(ask->only));
        kz_offline_close(o);
        return -(int)err->code;
    }
    build_wants(o);
    *out = o;
    return 0;
}

int kz_offline_open(struct kz_offline **out, struct kz_app *app, const struct kz_args *args, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    struct kz_engine_options opt = {0};
    struct kz_charts charts;
    const int rc = kz_charts_read(&charts, a, args, err);
    kz_app_source_options(&opt, app);
    if (rc < 0)
        return rc;
    return kz_offline_render(out, app, &(struct kz_offline_ask){.tree = &opt.tree, .path = opt.path, .charts = &charts,
                                                                .only = kz_args_str(args, "module"),
                                                                .kube_version = kz_args_str(args, "kube-version")}, err);
}

void kz_offline_close(struct kz_offline *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->n; i++)
        kz_want_unref(o->modules[i].want);
    if (o->platform != NULL)
        kz_platform_done(o->platform);
    kz_map_done(&o->scopes);
    kz_arena_free(o->arena);
}

int kz_offline_run(const struct kz_args *args, kz_offline_work *work, struct kz_err *err)
{
    struct kz_app *app = NULL;
    struct kz_offline *o = NULL;
    int rc = kz_app_open(&app, args, KZ_APP_SOURCE | KZ_APP_WORKERS, err);
    if (rc >= 0)
        rc = kz_offline_open(&o, app, args, err);
    if (rc >= 0)
        rc = work(args, o, err);
    kz_offline_close(o);
    kz_app_close(app);
    return rc;
}
