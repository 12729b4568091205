/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync apply: one sync of one tree, in the foreground. */
#include "base/clock.h"
#include "cli/app.h"
#include "cli/color.h"
#include "cli/failures.h"
#include "cli/follow.h"
#include "report/status.h"
#include "value/json.h"

#include <unistd.h>

struct once {
    struct kz_app *app;
    struct kz_engine *engine;
    struct kz_follow *follow;
    bool finished;
};

static void on_changed(void *arg)
{
    struct once *o = arg;
    kz_follow_show(o->follow, o->engine, kz_env_wall(kz_app_env(o->app)));
}

static void on_finished(void *arg)
{
    struct once *o = arg;
    o->finished = true;
    kz_loop_stop(kz_app_loop(o->app));
}

static void print_trouble(const struct kz_args *args, const struct kz_engine_view *v)
{
    kz_autobuf struct kz_buf b = KZ_BUF(4 << 20);
    bool color = kz_color_for((enum kz_color_when)kz_args_word(args, "color"), STDERR_FILENO);
    (void)kz_failures_add(&b, args, v);
    for (size_t i = 0; i < v->n_modules; i++)
        if (v->modules[i].word == KZ_WORD_HELD) {
            kz_color_add(&b, color, KZ_TONE_WAIT, KZ_STR("held"));
            kz_buf_printf(&b, ": " KZ_FMT ": " KZ_FMT "\n", KZ_ARG(v->modules[i].name), KZ_ARG(v->modules[i].note));
            if ((v->modules[i].held_by & KZ_HELD_WINDOW) == 0 && (v->modules[i].held_by & KZ_HELD_PRUNE) != 0)
                kz_buf_puts(&b, "  next: if they shall go, the same command with --confirm-delete\n");
        }
    for (size_t i = 0; i < v->n_modules; i++)
        if (v->modules[i].word == KZ_WORD_BACK && v->modules[i].err == NULL) {
            kz_color_add(&b, color, KZ_TONE_WAIT, KZ_STR("back"));
            kz_buf_printf(&b, ": " KZ_FMT ": " KZ_FMT "\n", KZ_ARG(v->modules[i].name), KZ_ARG(v->modules[i].note));
            kz_buf_puts(&b, "  next: change the module, or the same command with --retry-quarantined\n");
        }
    (void)!write(STDERR_FILENO, b.ptr, b.len);
}

static int exit_code(const struct kz_engine_view *v)
{
    if (v->words[KZ_WORD_FAIL] + v->words[KZ_WORD_BACK] + v->words[KZ_WORD_SKIP] > 0)
        return KZ_EXIT_FAILED;
    return v->words[KZ_WORD_HELD] > 0 ? KZ_EXIT_HELD : KZ_EXIT_OK;
}

static int report(const struct kz_args *args, const struct once *o, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    struct kz_engine_view v;
    size_t applied = 0, removed = 0;
    kz_engine_look(&v, a, o->engine);
    if (v.source_err != NULL) {
        *err = *v.source_err;
        return -(int)err->code;
    }
    print_trouble(args, &v);
    for (size_t i = 0; i < v.n_modules; i++) {
        applied += v.modules[i].applied;
        removed += v.modules[i].removed;
    }
    if (kz_args_word(args, "output") == 1) {
        kz_json_write(&b, kz_status_doc(a, &v, kz_env_wall(kz_app_env(o->app)), KZ_STATUS_FULL), KZ_JSON_PRETTY);
    } else {
        kz_buf_printf(&b, "Apply: %zu applied, %zu deleted; %zu of %zu modules ok", applied, removed,
                      v.words[KZ_WORD_OK], v.n_modules);
        for (int w = 0; w < KZ_WORD_COUNT_; w++)
            if (w != KZ_WORD_OK && v.words[w] > 0)
                kz_buf_printf(&b, ", %zu %s", v.words[w], kz_word_name((enum kz_word)w));
        kz_buf_puts(&b, ".\n");
    }
    int rc = kz_cli_out(&b, err);
    return rc < 0 ? rc : exit_code(&v);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct once o = {0};
    int rc = kz_app_open(&o.app, args, KZ_APP_CLUSTER | KZ_APP_SOURCE | KZ_APP_WORKERS, err);
    if (rc < 0)
        return rc;
    struct kz_engine_options opt = {.mode = KZ_MODE_APPLY, .ns = kz_args_str(args, "namespace"),
                                    .only_module = kz_args_str(args, "module"),
                                    .only = kz_args_str(args, "only"),
                                    .retry_quarantined = kz_args_flag(args, "retry-quarantined"),
                                    .pause_run = kz_args_flag(args, "pause-run"),
                                    .confirm_delete = kz_args_flag(args, "confirm-delete"),
                                    .changed = on_changed, .finished = on_finished, .arg = &o};
    kz_app_source_options(&opt, o.app);
    kz_app_catch_signals(o.app);
    o.follow = kz_follow_new(args, STDERR_FILENO);
    o.engine = kz_app_engine(o.app, &opt);
    kz_engine_start(o.engine);
    kz_loop_run(kz_app_loop(o.app));
    if (o.finished) {
        kz_follow_end(o.follow, o.engine, kz_env_wall(kz_app_env(o.app)));
        rc = report(args, &o, err);
    } else {
        rc = KZ_EXIT_INTERRUPTED;
        kz_app_close_engine(o.app, o.engine);
        (void)fprintf(stderr, "interrupted: what was applied stays; run the same command again to go on\n");
    }
    kz_engine_free(o.engine);
    kz_follow_free(o.follow);
    kz_app_close(o.app);
    return rc;
}

static const char *const outputs[] = {"text", "json", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPTS_SOURCE,
    KZ_OPTS_GATES,
    KZ_OPTS_DOWNGRADE,
    {"only", 0, KZ_OPT_TEXT, "NAMES", NULL, 0, 0, NULL,
     "only these modules (a,b or patterns as net-*), and what they depend on"},
    {"module", 'm', KZ_OPT_TEXT, "MODULE", NULL, 0, 0, NULL, "apply only this module"},
    {"confirm-delete", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,
     "allow removals above the limit of 5 objects or a fifth of a module"},
    {"retry-quarantined", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,
     "try revisions again that failed before and were set aside"},
    {"pause-run", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,
     "let a `kzsync run` that leads stand by until this is done; then it goes on, by its own source"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "text", "form of the result on stdout"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync apply clusters/dev", "make the cluster like this folder"},
    {"kzsync apply --repo https://git.example.com/platform.git --ref v1.2 --path clusters/dev",
     "like a commit of a repository"},
    {0},
};
const struct kz_command kz_cmd_apply = {
    .name = "apply",
    .summary = "make the cluster like a folder or commit, once",
    .args = "[PATH]",
    .args_max = 1,
    .details = "Ends when every module is healthy, failed or held. Exit code 3 when one failed, 4 when "
               "removals were held, 6 when another kzsync leads this platform: a `kzsync run` would undo what "
               "differs from its own source. With --pause-run that one stands by for the time.",
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
