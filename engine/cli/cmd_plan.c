/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync plan: what a sync of this tree would do to the cluster. Writes nothing. */
#include "base/vec.h"
#include "cli/app.h"
#include "cli/color.h"
#include "cli/failures.h"
#include "value/json.h"
#include "value/yaml.h"

#include <unistd.h>

struct planning {
    struct kz_app *app;
    struct kz_engine *engine;
    bool finished;
};

enum { OUT_TEXT, OUT_JSON, OUT_YAML };

static void on_finished(void *arg)
{
    struct planning *p = arg;
    p->finished = true;
    kz_loop_stop(kz_app_loop(p->app));
}

static int by_module(const void *a, const void *b)
{
    return kz_str_cmp(((const struct kz_plan *)a)->module, ((const struct kz_plan *)b)->module);
}

static size_t collect(struct kz_plan *out, const struct kz_engine_view *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_modules; i++)
        if (v->modules[i].plan != NULL)
            out[n++] = *v->modules[i].plan;
    qsort(out, n, sizeof *out, by_module);
    return n;
}

static int report(const struct kz_args *args, const struct planning *p, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(256 << 20);
    kz_autobuf struct kz_buf b = KZ_BUF(256 << 20);
    struct kz_engine_view v;
    bool terminal;
    size_t width = kz_term_width(STDOUT_FILENO, &terminal);
    kz_engine_look(&v, a, p->engine);
    if (v.source_err != NULL) {
        *err = *v.source_err;
        return -(int)err->code;
    }
    struct kz_plan *plans = kz_new_n(a, struct kz_plan, v.n_modules + 1);
    struct kz_plan_view view = {
        .platform = v.platform, .revision_to = kz_revision_short(v.revision), .subject = v.subject,
        .author = v.author, .cluster = kz_app_server(p->app), .plans = plans, .n_plans = collect(plans, &v),
        .colour = kz_color_for((enum kz_color_when)kz_args_word(args, "color"), STDOUT_FILENO),
        .details = kz_args_flag(args, "details") || kz_args_given(args, "module"),
        .width = terminal ? (int)width : 0, .only_module = kz_args_str(args, "module"),
        .generated = v.generated};
    switch (kz_args_word(args, "output")) {
    case OUT_JSON:
        kz_json_write(&b, kz_plan_json(a, &view), KZ_JSON_PRETTY);
        break;
    case OUT_YAML:
        kz_yaml_write(&b, kz_plan_json(a, &view), KZ_YAML_ORDERED);
        break;
    default:
        kz_plan_text(&b, &view);
        break;
    }
    kz_autobuf struct kz_buf errors = KZ_BUF(4 << 20);
    size_t failed = kz_failures_add(&errors, args, &v), changes = 0;
    (void)!write(STDERR_FILENO, errors.ptr, errors.len);
    for (size_t i = 0; i < view.n_plans; i++)
        changes += plans[i].count[KZ_STEP_CREATE] + plans[i].count[KZ_STEP_CHANGE] +
                   plans[i].count[KZ_STEP_REMOVE] + plans[i].count[KZ_STEP_RUN];
    int rc = kz_cli_out(&b, err);
    if (rc < 0)
        return rc;
    if (failed > 0)
        return KZ_EXIT_FAILED;
    return changes > 0 && kz_args_flag(args, "exit-code") ? KZ_EXIT_DIFFERENT : KZ_EXIT_OK;
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct planning p = {0};
    int rc = kz_app_open(&p.app, args, KZ_APP_CLUSTER | KZ_APP_SOURCE | KZ_APP_WORKERS, err);
    if (rc < 0)
        return rc;
    struct kz_engine_options opt = {.mode = KZ_MODE_PLAN, .ns = kz_args_str(args, "namespace"),
                                    .only_module = kz_args_str(args, "module"),
                                    .only = kz_args_str(args, "only"),
                                    .finished = on_finished, .arg = &p};
    kz_app_source_options(&opt, p.app);
    kz_app_catch_signals(p.app);
    p.engine = kz_app_engine(p.app, &opt);
    kz_engine_start(p.engine);
    kz_loop_run(kz_app_loop(p.app));
    rc = p.finished ? report(args, &p, err) : KZ_EXIT_INTERRUPTED;
    kz_engine_free(p.engine);
    kz_app_close(p.app);
    return rc;
}

static const char *const outputs[] = {"text", "json", "yaml", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPTS_SOURCE,
    {"only", 0, KZ_OPT_TEXT, "NAMES", NULL, 0, 0, NULL,
     "only these modules (a,b or patterns as net-*), and what they depend on"},
    {"module", 'm', KZ_OPT_TEXT, "MODULE", NULL, 0, 0, NULL, "only this module, with every object and field"},
    {"details", 'd', KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "every object and field of all modules"},
    {"exit-code", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "exit with 10 when something would change"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "text", "text, json or yaml"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync plan", "what this folder would change in the cluster of the current context"},
    {"kzsync plan clusters/prod -m metrics", "every object and field of one module"},
    {"kzsync plan --exit-code -o json | jq .modules", "for scripts"},
    {0},
};
const struct kz_command kz_cmd_plan = {
    .name = "plan",
    .summary = "show what a sync would change, without changing it",
    .args = "[PATH]",
    .args_max = 1,
    .details = "Compares the rendered objects with the cluster; each change is dry-run on the API server, so "
               "that the diff is the server's own answer. Secrets are masked.",
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
