/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync bootstrap: installs kzsync in a cluster, and hands over to it. May be run again at any time: it completes
 * what is there, or changes nothing. */
#include "cli/ask.h"
#include "cli/bootstrap.h"
#include "cli/failures.h"
#include "cli/follow.h"
#include "cli/report.h"
#include "value/yaml.h"

#include <stdarg.h>
#include <unistd.h>

#include "kz_version.h"

enum { ARENA = 512 << 20, LOOK_EVERY_SEC = 1, TEXT_MAX = 4 << 20 };

struct work {
    struct kz_bootstrap b;
    struct kz_app *app;
    struct kz_engine *engine;
    struct kz_follow *follow;
};

static void say(const struct work *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct work *w, const char *format, ...)
{
    va_list ap;
    if (kz_args_quiet(w->b.args))
        return;
    va_start(ap, format);
    (void)vfprintf(stderr, format, ap);
    va_end(ap);
}

/* ---- an engine, once ------------------------------------------------------------------------------------- */

static void on_changed(void *arg)
{
    struct work *w = arg;
    if (w->follow != NULL)
        kz_follow_show(w->follow, w->engine, kz_env_wall(kz_app_env(w->app)));
}

static void on_finished(void *arg)
{
    struct work *w = arg;
    kz_loop_stop(kz_app_loop(w->app));
}

/* The view lives in the arena and until the engine is freed. */
static int run_engine(struct kz_engine_view *v, struct work *w, const struct kz_engine_options *opt, struct kz_err *err)
{
    w->engine = kz_app_engine(w->app, opt);
    kz_engine_start(w->engine);
    kz_loop_run(kz_app_loop(w->app));
    if (kz_app_interrupted(w->app)) {
        kz_app_close_engine(w->app, w->engine);
        return kz_fail(err, KZ_E_TIMEOUT, "interrupted: the same command completes what was begun");
    }
    kz_engine_look(v, w->b.arena, w->engine);
    if (v->source_err == NULL)
        return 0;
    *err = *v->source_err;
    return -(int)err->code;
}

/* What git says of the module, it says alone. */
static void say_what_counts(const struct work *w)
{
    static const char *const names[] = {"image", "replicas", "rights", "values", "secret"};
    for (size_t i = 0; w->b.in_git && i < kz_countof(names); i++)
        if (kz_args_given(w->b.args, names[i]))
            say(w, "note: --%s does not count: the module kzsync in git decides\n", names[i]);
}

static struct kz_engine_options options_of(struct work *w, enum kz_mode mode)
{
    struct kz_engine_options opt = {.mode = mode, .ns = w->b.ns, .changed = on_changed, .finished = on_finished, .arg = w};
    kz_app_source_options(&opt, w->app);
    return opt;
}

/* What the repository wants: the platform's name, whether it has kzsync itself, and which rights it takes. */
static int read_repository(struct work *w, struct kz_err *err)
{
    struct kz_engine_options opt = options_of(w, KZ_MODE_PLAN);
    struct kz_engine_view v;
    opt.any_version = true; /* kz_bootstrap_look is stricter, and says more */
    int rc = run_engine(&v, w, &opt, err);
    if (rc >= 0) {
        w->b.platform = kz_str_dup(w->b.arena, v.platform);
        for (size_t i = 0; i < v.n_modules; i++)
            w->b.in_git |= kz_str_is(v.modules[i].name, KZ_BOOTSTRAP_MODULE);
        if (kz_str_is(kz_args_str(w->b.args, "rights"), "modules"))
            w->b.rules = kz_bootstrap_rules(w->b.arena, w->app, &v);
        say(w, "platform " KZ_FMT " at " KZ_FMT ": %zu modules%s\n", KZ_ARG(v.platform),
            KZ_ARG(kz_revision_short(v.revision)), v.n_modules, w->b.in_git ? ", kzsync among them" : "");
        say_what_counts(w);
    } else
        rc = kz_wrap(err, "read the platform from the repository");
    kz_engine_free(w->engine);
    kz_kube_fence(kz_app_kube(w->app), NULL, NULL);
    return rc;
}

/* ---- installing ------------------------------------------------------------------------------------------------ */

static int apply(struct work *w, const struct kz_engine_options *opt, struct kz_err *err)
{
    kz_autobuf struct kz_buf text = KZ_BUF(TEXT_MAX);
    struct kz_engine_view v;
    w->follow = kz_follow_new(w->b.args, STDERR_FILENO);
    int rc = run_engine(&v, w, opt, err);
    if (rc >= 0) {
        kz_follow_end(w->follow, w->engine, kz_env_wall(kz_app_env(w->app)));
        size_t applied = 0;
        for (size_t i = 0; i < v.n_modules; i++)
            applied += kz_str_is(v.modules[i].name, KZ_BOOTSTRAP_MODULE) ? v.modules[i].applied : 0;
        if (kz_failures_add(&text, w->b.args, &v) > 0) {
            (void)!write(STDERR_FILENO, text.ptr, text.len);
            rc = KZ_EXIT_FAILED;
        } else
            say(w, "kzsync %s: %zu objects applied\n", KZ_VERSION, applied);
    }
    kz_follow_free(w->follow);
    w->follow = NULL;
    kz_engine_free(w->engine);
    kz_kube_fence(kz_app_kube(w->app), NULL, NULL);
    return rc;
}

/* Whether anything is to do for the module: else a daemon that leads need not stand by. */
static int plan(bool *idle, struct work *w, struct kz_engine_options opt, struct kz_err *err)
{
    struct kz_engine_view v;
    opt.mode = KZ_MODE_PLAN;
    const int rc = run_engine(&v, w, &opt, err);
    *idle = false;
    for (size_t i = 0; rc >= 0 && i < v.n_modules; i++) {
        const struct kz_plan *p = v.modules[i].plan;
        if (kz_str_is(v.modules[i].name, KZ_BOOTSTRAP_MODULE) && v.modules[i].err == NULL && p != NULL)
            *idle = p->n_steps == p->count[KZ_STEP_NOTHING] + p->count[KZ_STEP_KEEP];
    }
    kz_engine_free(w->engine);
    return rc;
}

static int plan_and_apply(struct work *w, struct kz_engine_options *opt, struct kz_err *err)
{
    bool idle;
    opt->only_module = KZ_STR(KZ_BOOTSTRAP_MODULE);
    int rc = plan(&idle, w, *opt, err);
    if (rc < 0)
        return rc;
    if (idle && w->b.leads) {
        say(w, "kzsync is installed as it shall be\n");
        return 0;
    }
    opt->pause_run = true; /* a daemon that leads stands by meanwhile */
    opt->retry_quarantined = true;
    return apply(w, opt, err);
}

static int install(struct work *w, struct kz_err *err)
{
    struct kz_engine_options opt = options_of(w, KZ_MODE_APPLY);
    struct kz_str folder = KZ_STR("");
    if (!w->b.in_git) {
        if (kz_bootstrap_tree(&folder, &w->b, err) < 0)
            return -(int)err->code;
        opt.ref.url = KZ_STR("");
        opt.tree.folder = folder;
        opt.path = KZ_STR("");
    }
    const int rc = plan_and_apply(w, &opt, err);
    if (folder.len > 0)
        kz_bootstrap_tree_remove(folder);
    return rc;
}

/* Installed, and a module of the platform is not well: not our error, but not success. */
static int tell_failed(const struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    kz_report_error(&b, "error", err, false, false);
    (void)!write(STDERR_FILENO, b.ptr, b.len);
    return KZ_EXIT_FAILED;
}

static int wait_in_sync(struct work *w, struct kz_err *err)
{
    const int64_t deadline = kz_env_mono(kz_app_env(w->app)) + kz_args_duration(w->b.args, "timeout");
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    struct kz_str note = KZ_STR("");
    for (;;) {
        kz_arena_reset(a);
        enum kz_bootstrap_state state = KZ_BOOTSTRAP_NOT_YET;
        const int rc = kz_bootstrap_in_sync(&state, &note, &w->b, w->app, a, err);
        if (rc == 0 && state == KZ_BOOTSTRAP_IN_SYNC)
            return 0;
        if (rc == 0 && state == KZ_BOOTSTRAP_FAILED) {
            (void)kz_fail(err, KZ_E_INVALID, "kzsync is installed and at work; a module is not well: " KZ_FMT, KZ_ARG(note));
            (void)kz_err_hint(err, "kzsync status -n " KZ_FMT, KZ_ARG(w->b.ns));
            return tell_failed(err);
        }
        if (rc < 0 && err->code != KZ_E_REMOTE && err->code != KZ_E_TIMEOUT)
            return rc;
        if (kz_env_mono(kz_app_env(w->app)) >= deadline) {
            (void)kz_fail(err, KZ_E_TIMEOUT, "kzsync is installed, but not in sync in time: " KZ_FMT, KZ_ARG(note));
            return kz_err_hint(err, "kubectl -n " KZ_FMT " logs deployment/kzsync", KZ_ARG(w->b.ns));
        }
        if (!kz_ask_pause(w->app, LOOK_EVERY_SEC * KZ_NS_PER_SEC))
            return kz_fail(err, KZ_E_TIMEOUT, "interrupted: kzsync is installed and goes on");
    }
}

static void hand_over(const struct work *w)
{
    say(w, "in sync: kzsync keeps platform " KZ_FMT "\n", KZ_ARG(w->b.platform));
    if (w->b.in_git)
        return;
    say(w, "\nNothing in git says so yet. To let kzsync keep and upgrade itself, in a working copy of the repository\n"
           "the same command with --write DIR, then commit modules/kzsync.yaml and modules/kzsync/.\n");
}

static int bootstrap(struct work *w, struct kz_err *err)
{
    int rc = kz_ask_discover(w->app, err);
    if (rc >= 0)
        rc = kz_bootstrap_use_secrets(&w->b, w->app, err);
    if (rc >= 0)
        rc = read_repository(w, err);
    if (rc >= 0)
        rc = kz_bootstrap_look(&w->b, w->app, err);
    if (rc >= 0)
        rc = kz_bootstrap_make_secrets(&w->b, w->app, err);
    if (rc == 0)
        rc = install(w, err);
    if (rc == 0)
        rc = kz_bootstrap_may(&w->b, w->app, err);
    if (rc == 0)
        rc = wait_in_sync(w, err);
    if (rc == 0)
        hand_over(w);
    return rc;
}

/* ---- the module alone --------------------------------------------------------------------------------------- */

static int print_module(struct kz_bootstrap *b, struct kz_err *err)
{
    kz_autobuf struct kz_buf text = KZ_BUF(TEXT_MAX);
    struct kz_value *doc;
    const int rc = kz_bootstrap_module(&doc, b, err);
    if (rc < 0)
        return rc;
    kz_yaml_write(&text, doc, KZ_YAML_ORDERED);
    return kz_cli_out(&text, err);
}

static int write_files(struct work *w, struct kz_err *err)
{
    const struct kz_str dir = kz_args_str(w->b.args, "write"), path = kz_args_str(w->b.args, "path");
    const struct kz_str folder =
        kz_str_printf(w->b.arena, KZ_FMT "%s" KZ_FMT, KZ_ARG(dir), path.len > 0 ? "/" : "", KZ_ARG(path));
    if (access(kz_str_printf(w->b.arena, KZ_FMT "/kubezero.yaml", KZ_ARG(folder)).ptr, R_OK) != 0) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "'" KZ_FMT "' is no folder of a platform: it has no kubezero.yaml", KZ_ARG(folder));
        return kz_err_hint(err, "DIR is the top of a working copy of the repository; --path names the folder in it");
    }
    const int rc = kz_bootstrap_write(&w->b, folder.ptr, err);
    if (rc >= 0)
        say(w, "modules/kzsync/ and modules/kzsync.yaml are below " KZ_FMT ": commit them\n", KZ_ARG(folder));
    return rc;
}

/* The rights that the modules need are known only to who has read them, with a cluster at hand. */
static int read_online(struct work *w, bool only_read, struct kz_err *err)
{
    int rc = kz_app_open(&w->app, w->b.args, KZ_APP_CLUSTER | KZ_APP_SOURCE | KZ_APP_WORKERS, err);
    if (rc < 0)
        return rc;
    kz_app_catch_signals(w->app);
    if (!only_read)
        return bootstrap(w, err);
    rc = kz_ask_discover(w->app, err);
    if (rc >= 0)
        rc = kz_bootstrap_use_secrets(&w->b, w->app, err);
    return rc < 0 ? rc : read_repository(w, err);
}

static int act(struct work *w, struct kz_err *err)
{
    const bool write_only = kz_args_given(w->b.args, "write"), print_only = kz_args_flag(w->b.args, "print-module");
    int rc = kz_bootstrap_credentials(&w->b, err);
    if (rc >= 0 && (kz_str_is(kz_args_str(w->b.args, "rights"), "modules") || (!write_only && !print_only)))
        rc = read_online(w, write_only || print_only, err);
    if (rc == 0 && print_only)
        rc = print_module(&w->b, err);
    else if (rc == 0 && write_only)
        rc = write_files(w, err);
    kz_app_close(w->app);
    return rc;
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    if (kz_args_str(args, "repo").len == 0) {
        (void)kz_fail(err, KZ_E_USAGE, "which repository shall kzsync follow? --repo URL");
        return kz_err_hint(err, "see kzsync bootstrap --help");
    }
    struct work w = {.b = {.args = args, .arena = kz_arena_new(ARENA), .ns = kz_args_str(args, "namespace")}};
    const int rc = act(&w, err);
    kz_arena_free(w.b.arena);
    return rc;
}

static const char *const rights[] = {"modules", "cluster-admin", "none", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPTS_SOURCE,
    {"secret", 0, KZ_OPT_LIST, "NAME", NULL, 0, 0, NULL,
     "Secret of kzsync's namespace with repository credentials; may be given several times. Those of --credentials "
     "become Secrets by themselves"},
    {"image", 0, KZ_OPT_TEXT, "NAME[:TAG][@DIGEST]", NULL, 0, 0, NULL, "container image; default that of this version"},
    {"replicas", 0, KZ_OPT_INT, "N", NULL, 1, 5, "1", "pods of kzsync; one leads, others stand by"},
    {"rights", 0, KZ_OPT_WORD, "WHICH", rights, 0, 0, "modules",
     "what kzsync may do: modules (to the kinds of objects that its modules have now), cluster-admin, or none"},
    {"values", 0, KZ_OPT_PATH, "FILE", NULL, 0, 0, NULL, "more values of charts/kzsync, as YAML"},
    {"print-module", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "print the Module to commit, and install nothing"},
    {"write", 0, KZ_OPT_PATH, "DIR", NULL, 0, 0, NULL,
     "write modules/kzsync/ (the chart) and, unless it is there, modules/kzsync.yaml into a working copy of the repository, "
     "and install nothing"},
    {"timeout", 0, KZ_OPT_DURATION, NULL, NULL, 0, 0, "10m", "how long kzsync may take until all is in sync"},
    KZ_OPTS_DOWNGRADE,
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync bootstrap --repo https://git.example.com/platform.git --path clusters/prod --write .",
     "first: kzsync as a module of its own platform, to be committed"},
    {"kzsync bootstrap --repo https://git.example.com/platform.git --path clusters/prod", "then: install it, and wait"},
    {"kzsync bootstrap --repo git@git.example.com:platform.git --credentials ./keys --rights cluster-admin",
     "with a deploy key, for a platform that may do anything"},
    {0},
};
const struct kz_command kz_cmd_bootstrap = {
    .name = "bootstrap",
    .summary = "install kzsync in a cluster, and hand over to it",
    .details = "Reads the platform, installs the module kzsync of it (or, when the repository has none, the chart that this "
               "program holds), and waits until kzsync is at work in the cluster and everything is in sync. From then on "
               "kzsync keeps itself as git says. May be run again: what is half installed is completed, what is in order "
               "is left alone. Refuses a second installation for the same platform, and an older version than the one "
               "at work. It takes the rights of a cluster administrator, because nobody can give rights that he has not "
               "got.",
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
