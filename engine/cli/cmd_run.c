/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync run: the daemon. Follows one repository and keeps one cluster like it. Crash-only: everything
 * it must remember is in the cluster. */
#include "base/log.h"
#include "cli/app.h"
#include "cli/report.h"
#include "cli/serve.h"
#include "cli/shadow.h"
#include "render/sandbox.h"
#include "report/front.h"
#include "kz_version.h"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

enum { TRIM_SEC = 2, LEAVE_SEC = 3 }; /* after settling: the last writes are over then; at most, to say why */

struct daemon {
    struct kz_app *app;
    struct kz_engine *engine;
    struct kz_front *front;
    struct kz_serve *serve; /* NULL: it listens nowhere */
    uint64_t trim, leaving; /* timers */
    int exit; /* when leaving */
    bool again;    /* from the start */
    bool settled;  /* as last logged */
    char revision[72]; /* then */
};

/* A sync leaves holes all over the heap: at rest the daemon gives them back. */
static void on_rest(void *arg, uint64_t id)
{
    struct daemon *d = arg;
    (void)id;
    d->trim = 0;
    (void)malloc_trim(0);
}

static void on_settled(struct daemon *d, const struct kz_engine_view *v)
{
    char ok[24], all[24];
    const struct kz_env *env = kz_app_env(d->app);
    (void)snprintf(ok, sizeof ok, "%zu", v->words[KZ_WORD_OK]);
    (void)snprintf(all, sizeof all, "%zu", v->n_modules);
    kz_log(NULL, KZ_INFO, "settled", KZ_F("revision", kz_revision_short(v->revision)), KZ_FS("ok", ok),
           KZ_FS("modules", all));
    (void)snprintf(d->revision, sizeof d->revision, KZ_FMT, KZ_ARG(v->revision));
    kz_front_poke(d->front, true);
    kz_env_timer_stop(env, &d->trim);
    d->trim = kz_env_timer(env, TRIM_SEC * KZ_NS_PER_SEC, on_rest, d);
}

static void on_changed(void *arg)
{
    struct daemon *d = arg;
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    struct kz_engine_view v;
    kz_engine_look(&v, a, d->engine);
    kz_front_look(d->front, &v);
    bool settled = v.settled && v.loaded;
    bool moved = !kz_str_is(v.revision, d->revision); /* a small change comes and goes between two looks */
    if (settled && (!d->settled || moved))
        on_settled(d, &v);
    else
        kz_front_poke(d->front, false);
    d->settled = settled;
}

static void leave(void *arg)
{
    const struct daemon *d = arg;
    _exit(d->exit);
}

static void on_late(void *arg, uint64_t id)
{
    (void)id;
    leave(arg);
}

/* Another one leads: nothing that is left to do here may be done. Who is too old to lead says so first. */
static void on_halted(void *arg, const struct kz_err *err)
{
    struct daemon *d = arg;
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    struct kz_engine_view v;
    kz_report_error(&b, "error", err, false, false);
    (void)!write(STDERR_FILENO, b.ptr, b.len);
    d->exit = kz_report_exit(err->code);
    kz_engine_look(&v, a, d->engine);
    if (v.lead_err == NULL)
        leave(d);
    d->leaving = kz_env_timer(kz_app_env(d->app), LEAVE_SEC * KZ_NS_PER_SEC, on_late, d);
    kz_front_refused(d->front, &v, leave, d);
}

/* A kzsync apply acts in between: this process ends in order and begins anew, standing by. */
static void on_wanted(void *arg)
{
    struct daemon *d = arg;
    d->again = true;
    kz_loop_stop(kz_app_loop(d->app));
}

static void on_poll_signal(void *arg, int signum)
{
    struct daemon *d = arg;
    (void)signum;
    kz_engine_poll_now(d->engine);
}

static void close_all(struct daemon *d)
{
    kz_serve_close(d->serve);
    kz_engine_free(d->engine);
    kz_front_free(d->front);
    kz_app_close(d->app);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_boot *boot = args->cli->app;
    struct kz_str listen = kz_args_str(args, "listen");
    struct daemon d = {0};
    int rc = kz_sandbox_reaches(kz_zygote_layers(boot->zygote), kz_args_word(args, "sandbox-min"), err);
    if (rc < 0)
        return rc;
    if (kz_args_given(args, "shadow"))
        return kz_shadow_run(args, err);
    rc = kz_app_open(&d.app, args, KZ_APP_CLUSTER | KZ_APP_SOURCE | KZ_APP_WORKERS, err);
    if (rc < 0)
        return rc;
    struct kz_engine_options opt = {.mode = KZ_MODE_RUN, .ns = kz_args_str(args, "namespace"),
                                    .sandbox = kz_zygote_layers(boot->zygote),
                                    .interval = kz_args_duration(args, "interval"),
                                    .changed = on_changed, .halted = on_halted,
                                    .wanted = on_wanted, .steered = true, .arg = &d};
    kz_app_source_options(&opt, d.app);
    kz_app_catch_signals(d.app);
    d.engine = kz_app_engine(d.app, &opt);
    const struct kz_front_options front = {.ns = opt.ns, .instance = kz_app_instance(d.app),
                                           .crds = kz_args_flag(args, "crds")};
    d.front = kz_front_new(kz_app_env(d.app), kz_app_kube(d.app), d.engine, &front);
    rc = listen.len > 0 ? kz_serve_open(&d.serve, d.app, d.engine, listen, err) : 0;
    if (rc < 0) {
        close_all(&d);
        return rc;
    }
    kz_loop_on_signal(kz_app_loop(d.app), SIGUSR1, on_poll_signal, &d);
    kz_log(NULL, KZ_INFO, "start", KZ_FS("version", KZ_VERSION), KZ_FS("sandbox", kz_zygote_level(boot->zygote)),
           KZ_F("cluster", kz_app_server(d.app)),
           KZ_F("source", opt.ref.url.len > 0 ? opt.ref.url : opt.tree.folder));
    kz_engine_start(d.engine);
    kz_loop_run(kz_app_loop(d.app));
    kz_log(NULL, KZ_INFO, "stop", KZ_FS("reason", kz_app_interrupted(d.app) ? "signal" : "stands by"));
    kz_env_timer_stop(kz_app_env(d.app), &d.trim);
    kz_front_stop(d.front);
    kz_app_close_engine(d.app, d.engine);
    boot->again = d.again && !kz_app_interrupted(d.app);
    close_all(&d);
    return KZ_EXIT_OK;
}

static const char *const log_words[] = {"text", "json", NULL};
static const char *const level_words[] = {"debug", "info", "warn", "error", NULL}; /* as enum kz_level */
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPTS_SOURCE,
    KZ_OPTS_GATES,
    KZ_OPTS_DOWNGRADE,
    {"log", 0, KZ_OPT_WORD, "FORMAT", log_words, 0, 0, "text", "form of the log on stderr: text or json"},
    {"crds", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,
     "bring the CustomResourceDefinitions of Module and Platform into the cluster; else see kzsync crds"},
    {"log-level", 0, KZ_OPT_WORD, "LEVEL", level_words, 0, 0, "info",
     "least level that is logged; --verbose means debug"},
    {"listen", 0, KZ_OPT_TEXT, "ADDR:PORT", NULL, 0, 0, NULL,
     "serve /healthz, /readyz and /metrics there, over plain HTTP; default: nowhere"},
    {"sandbox-min", 0, KZ_OPT_WORD, "LEVEL", kz_sandbox_levels, 0, 0, "seccomp",
     "do not start with a weaker sandbox: none, rlimits, seccomp, landlock or namespaces; each holds the ones before it"},
    {"shadow", 0, KZ_OPT_DURATION, NULL, NULL, 0, 0, NULL,
     "write nothing: plan what the kzsync at work holds in order, for at most so long, and exit with 3 if anything would change"},
    {"interval", 0, KZ_OPT_DURATION, NULL, NULL, 0, 0, "30s", "time between two looks at the repository"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync run --repo https://git.example.com/platform.git --path clusters/prod", "follow the default branch"},
    {"kzsync run --repo file:///srv/platform.git --ref main --interval 5s", "a repository on this machine"},
    {"kzsync run --repo https://git.example.com/platform.git --listen :8080 --log json", "as a pod runs it"},
    {"kill -USR1 $(pidof kzsync)", "look at the repository now"},
    {0},
};
const struct kz_command kz_cmd_run = {
    .name = "run",
    .summary = "follow a repository and keep the cluster like it",
    .args = "[PATH]",
    .args_max = 1,
    .details = "Polls the repository, applies each new commit in dependency order with a health gate after "
               "every step, watches what it applied and repairs drift. Everything that it must remember is "
               "in the cluster: it may be killed at any moment. Of several for one platform, one leads and the "
               "others stand by: see the Lease kzsync-PLATFORM.",
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
