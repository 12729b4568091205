/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/app.h"
#include "base/fs.h"
#include "base/log.h"
#include "cli/companion.h"
#include "cli/identity.h"
#include "kube/credential.h"
#include "loop/http_client.h"
#include "loop/prober.h"
#include "render/cache.h"
#include "source/git.h"
#include "kz_version.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CACHE_DISK = 256 << 20, CACHE_MEMORY = 8 << 20, WORKERS = 2 };
enum { CLOSE_SEC = 25 }; /* below the 30 s that a pod has */

struct kz_app {
    struct kz_arena *arena;
    const struct kz_args *args;
    struct kz_loop *loop;
    struct kz_env env;
    struct kz_kube_config config;
    struct kz_kube_credential *credential;
    struct kz_http_client *client;
    struct kz_http http;
    struct kz_kube *kube;
    struct kz_probes *probes; /* NULL: the command has no gates */
    struct kz_prober prober;
    struct kz_credentials *repositories;
    struct kz_git *git;
    struct kz_source source;
    struct kz_pool *pool;
    struct kz_workers workers;
    struct kz_render_cache *cache;
    struct kz_source_ref ref; /* url "": a folder */
    struct kz_tree_at tree;
    struct kz_str path;
    struct kz_identity identity;
    unsigned interrupts;
    bool closed;
    struct kz_err ready_err;
};

static bool takes(const struct kz_args *args, const char *name)
{
    for (const struct kz_opt *o = args->command->options; o != NULL && o->name != NULL; o++)
        if (strcmp(o->name, name) == 0)
            return true;
    return false;
}

/* ---- cluster ------------------------------------------------------------------------------------- */

static void on_ready(void *arg, const struct kz_err *err)
{
    struct kz_app *app = arg;
    if (err != NULL)
        app->ready_err = *err;
    kz_loop_stop(app->loop);
}

static const char *opt_cstr(struct kz_app *app, const char *name)
{
    struct kz_str s = kz_args_str(app->args, name);
    return s.len == 0 ? NULL : kz_cstr(app->arena, s);
}

static int open_client(struct kz_app *app, struct kz_err *err)
{
    struct kz_server server = kz_kube_credential_server(app->credential);
    server.user_agent = KZ_STR("kzsync/" KZ_VERSION);
    server.what = KZ_STR("the API server");
    struct kz_http_client *client;
    int rc = kz_http_client_new(&client, app->loop, &server, err);
    if (rc < 0)
        return rc;
    app->client = client;
    app->http = kz_http_client_http(client);
    return 0;
}

static int open_cluster(struct kz_app *app, struct kz_err *err)
{
    struct kz_kube_source src = {.file = opt_cstr(app, "kubeconfig"), .context = opt_cstr(app, "context"),
                                 .environ = (const char *const *)environ};
    int rc = kz_kube_config_load(&app->config, app->arena, &src, err);
    if (rc < 0)
        return rc;
    app->credential = kz_kube_credential_new(app->loop, &app->config);
    kz_kube_credential_ready(app->credential, on_ready, app);
    kz_loop_run(app->loop);
    if (app->ready_err.code != KZ_OK) {
        *err = app->ready_err;
        return -(int)err->code;
    }
    rc = open_client(app, err);
    if (rc < 0)
        return rc;
    struct kz_kube_options opt = {.impersonate_user = app->config.impersonate_user};
    app->kube = kz_kube_new(&app->env, &app->http, &opt);
    return 0;
}

/* ---- source -------------------------------------------------------------------------------------- */

static int cache_folder(struct kz_str *out, struct kz_app *app, struct kz_err *err)
{
    struct kz_str given = kz_args_str(app->args, "cache");
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (given.len > 0)
        *out = kz_str_dup(app->arena, given);
    else if (xdg != NULL && xdg[0] == '/')
        *out = kz_str_printf(app->arena, "%s/kzsync", xdg);
    else if (home != NULL && home[0] == '/')
        *out = kz_str_printf(app->arena, "%s/.cache/kzsync", home);
    else
        *out = kz_str_printf(app->arena, "/tmp/kzsync-%ld", (long)geteuid());
    if (out->ptr[0] != '/') {
        char *cwd = getcwd(NULL, 0);
        *out = kz_str_printf(app->arena, "%s/" KZ_FMT, cwd == NULL ? "" : cwd, KZ_ARG(*out));
        free(cwd);
    }
    return kz_dir_make(out->ptr, err);
}

static int open_git(struct kz_app *app, struct kz_err *err)
{
    struct kz_str cache, folder = kz_args_str(app->args, "credentials");
    int rc = cache_folder(&cache, app, err);
    if (rc < 0)
        return rc;
    app->repositories = kz_credentials_new();
    if (folder.len > 0) {
        rc = kz_credentials_load(app->repositories, folder, err);
        if (rc < 0)
            return rc;
    }
    char ssh[PATH_MAX];
    struct kz_git_config cfg = {.cache = cache, .credentials = app->repositories,
                                .ssh = kz_companion_find(ssh, sizeof ssh, "kzsync-ssh") ? ssh : NULL};
    rc = kz_git_new(&app->git, app->loop, &cfg, err);
    if (rc < 0)
        return rc;
    app->source = kz_git_source(app->git);
    return kz_render_cache_open(&app->cache, kz_cstr(app->arena, kz_str_printf(app->arena, KZ_FMT "/render", KZ_ARG(cache))),
                                CACHE_DISK, CACHE_MEMORY, err);
}

static int open_source(struct kz_app *app, struct kz_err *err)
{
    bool has_repo = takes(app->args, "repo");
    struct kz_str path = kz_args_pos(app->args, 0);
    app->ref.url = has_repo ? kz_args_str(app->args, "repo") : KZ_STR("");
    if (app->ref.url.len > 0) {
        if (path.len > 0) {
            (void)kz_fail(err, KZ_E_USAGE, "give either a folder or --repo, not both");
            return kz_err_hint(err, "inside a repository the folder is named by --path");
        }
        app->ref.ref = kz_args_str(app->args, "ref");
        app->path = kz_args_str(app->args, "path");
        return open_git(app, err);
    }
    struct kz_source_place place;
    int rc = kz_source_place(&place, app->arena, path.len > 0 ? path : KZ_STR("."), err);
    if (rc < 0)
        return rc;
    app->tree.folder = place.root;
    app->path = place.below;
    return 0;
}

/* ---- life ---------------------------------------------------------------------------------------- */

int kz_app_open(struct kz_app **out, const struct kz_args *args, unsigned parts, struct kz_err *err)
{
    struct kz_arena *a = kz_arena_new(64 << 20);
    struct kz_app *app = kz_new(a, struct kz_app);
    app->arena = a;
    app->args = args;
    bool daemon = strcmp(args->command->name, "run") == 0; /* others show progress instead of a log */
    bool in_go = (args->command->flags & KZ_CMD_GO_FLAGS) != 0; /* stderr is another program's */
    enum kz_level least = takes(args, "log-level") ? (enum kz_level)kz_args_word(args, "log-level") : KZ_INFO;
    enum kz_log_format format = takes(args, "log") && kz_args_word(args, "log") == 1 ? KZ_LOG_JSON : KZ_LOG_TEXT;
    kz_log_setup(kz_args_flag(args, "verbose") ? KZ_DEBUG : daemon ? least : in_go ? KZ_ERROR : KZ_WARN, format, STDERR_FILENO);
    int rc = kz_loop_new(&app->loop, err);
    if (rc >= 0)
        app->env = kz_loop_env(app->loop);
    if (rc >= 0 && (parts & KZ_APP_SOURCE) != 0)
        rc = open_source(app, err);
    if (rc >= 0 && (parts & KZ_APP_CLUSTER) != 0)
        rc = open_cluster(app, err);
    if (rc >= 0 && takes(args, "gate-allow")) {
        rc = kz_probes_new(&app->probes, app->loop, kz_args_str(args, "gate-allow"), err);
        if (rc >= 0)
            app->prober = kz_probes_prober(app->probes);
        else
            rc = kz_wrap(err, "--gate-allow");
    }
    if (rc >= 0 && (parts & KZ_APP_WORKERS) != 0) {
        const struct kz_boot *boot = args->cli->app;
        app->pool = kz_pool_new(app->loop, boot->zygote, WORKERS);
        app->workers = kz_pool_workers(app->pool);
    }
    if (rc < 0) {
        kz_app_close(app);
        return rc;
    }
    *out = app;
    return 0;
}

void kz_app_close(struct kz_app *app)
{
    if (app == NULL)
        return;
    if (app->pool != NULL)
        kz_pool_free(app->pool);
    if (app->git != NULL)
        kz_git_free(app->git);
    kz_credentials_free(app->repositories);
    if (app->cache != NULL)
        kz_render_cache_close(app->cache);
    if (app->kube != NULL)
        kz_kube_free(app->kube);
    kz_probes_free(app->probes);
    if (app->client != NULL)
        kz_http_client_free(app->client);
    if (app->credential != NULL)
        kz_kube_credential_free(app->credential);
    if (app->loop != NULL)
        kz_loop_free(app->loop);
    kz_identity_close(&app->identity);
    kz_arena_free(app->arena);
}

struct kz_loop *kz_app_loop(struct kz_app *app)
{
    return app->loop;
}

struct kz_arena *kz_app_arena(struct kz_app *app)
{
    return app->arena;
}

const struct kz_env *kz_app_env(struct kz_app *app)
{
    return &app->env;
}

struct kz_credentials *kz_app_credentials(struct kz_app *app)
{
    return app->repositories;
}

struct kz_kube *kz_app_kube(struct kz_app *app)
{
    return app->kube;
}

const struct kz_http *kz_app_http(struct kz_app *app)
{
    return &app->http;
}

bool kz_app_in_pod(struct kz_app *app)
{
    return kz_str_is(app->config.context, "in-cluster");
}

struct kz_str kz_app_server(struct kz_app *app)
{
    return app->config.server.base;
}

struct kz_str kz_app_instance(const struct kz_app *app)
{
    return app->identity.text;
}

const struct kz_workers *kz_app_workers(struct kz_app *app)
{
    return &app->workers;
}

const struct kz_pool *kz_app_pool(const struct kz_app *app)
{
    return app->pool;
}

/* ---- one job ------------------------------------------------------------------------------------- */

struct one_job {
    struct kz_app *app;
    struct kz_arena *a;
    struct kz_value *reply;
    struct kz_err err;
};

static void on_job(void *arg, uint64_t id, const struct kz_work_result *res)
{
    struct one_job *j = arg;
    (void)id;
    if (res->err != NULL)
        j->err = *res->err;
    else
        j->reply = kz_value_copy(j->a, res->reply);
    kz_loop_stop(j->app->loop);
}

int kz_app_do(struct kz_value **reply, struct kz_app *app, struct kz_arena *a, const struct kz_work *work,
              struct kz_err *err)
{
    struct one_job j = {.app = app, .a = a};
    (void)app->workers.ops->start(app->workers.impl, work, on_job, &j);
    kz_loop_run(app->loop);
    if (j.reply == NULL && j.err.code == KZ_OK)
        return kz_fail(err, KZ_E_TIMEOUT, "interrupted");
    if (j.reply == NULL) {
        *err = j.err;
        return -(int)err->code;
    }
    *reply = j.reply;
    return 0;
}

void kz_app_source_options(struct kz_engine_options *out, struct kz_app *app)
{
    out->ref = app->ref;
    out->tree = app->tree;
    out->path = app->path;
    out->cache = app->cache;
    out->prober = app->probes == NULL ? NULL : &app->prober;
}

/* One for this cluster, namespace and source, so that a process that is started again after a kill -9 goes on
 * with its lease at once. */
static void open_identity(struct kz_app *app, struct kz_str ns)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
    struct kz_err err;
    struct kz_str cache = KZ_STR("");
    const struct kz_str what[] = {app->config.server.base, ns, app->ref.url, app->ref.ref, app->path, app->tree.folder};
    struct kz_hasher *h = kz_hasher_new(a);
    for (size_t i = 0; i < kz_countof(what); i++)
        kz_hasher_add(h, what[i]);
    if (cache_folder(&cache, app, &err) < 0)
        cache = KZ_STR(""); /* a random one then */
    kz_identity_open(&app->identity, app->arena, &app->env, cache, kz_hasher_end(h));
}

struct kz_engine *kz_app_engine(struct kz_app *app, const struct kz_engine_options *opt)
{
    struct kz_engine_options o = *opt;
    o.version = KZ_STR(KZ_VERSION);
    if (takes(app->args, "allow-downgrade"))
        o.any_version |= kz_args_flag(app->args, "allow-downgrade");
    else
        o.any_version |= o.mode == KZ_MODE_PLAN; /* which only reads */
    if (o.mode != KZ_MODE_PLAN)
        open_identity(app, o.ns);
    o.identity = app->identity.text;
    return kz_engine_new(&app->env, app->kube, &app->source, &app->workers, &o);
}

static void on_closed(void *arg)
{
    struct kz_app *app = arg;
    app->closed = true;
    kz_loop_stop(app->loop);
}

static void on_patience_ends(void *arg, uint64_t id)
{
    (void)id;
    on_closed(arg);
}

void kz_app_close_engine(struct kz_app *app, struct kz_engine *e)
{
    uint64_t timer = kz_env_timer(&app->env, CLOSE_SEC * KZ_NS_PER_SEC, on_patience_ends, app);
    kz_engine_close(e, on_closed, app);
    if (!app->closed)
        kz_loop_run(app->loop);
    kz_env_timer_stop(&app->env, &timer);
}

static void on_signal(void *arg, int signum)
{
    struct kz_app *app = arg;
    if (app->interrupts++ > 0)
        _exit(128 + signum);
    kz_loop_stop(app->loop);
}

bool kz_app_interrupted(const struct kz_app *app)
{
    return app->interrupts > 0;
}

void kz_app_catch_signals(struct kz_app *app)
{
    kz_loop_on_signal(app->loop, SIGINT, on_signal, app);
    kz_loop_on_signal(app->loop, SIGTERM, on_signal, app);
}
