/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync status: what the daemon says of a platform, read from the cluster. kzsync wait: until it says
 * that all is well. */
#include "cli/app.h"
#include "cli/color.h"
#include "cli/table.h"
#include "report/status.h"
#include "value/json.h"
#include "value/yaml.h"

#include <unistd.h>

enum { OUT_TABLE, OUT_WIDE, OUT_JSON, OUT_YAML, OUT_NAME };

struct asking {
    struct kz_app *app;
    const struct kz_args *args;
    struct kz_arena *arena; /* of doc */
    struct kz_value *doc;   /* the newest status */
    struct kz_err err;      /* code 0 none */
    int64_t deadline;       /* wait: mono ns */
    uint64_t timer;
    bool done;
};

/* ---- reading ------------------------------------------------------------------------------------- */

static void stop(struct asking *q)
{
    q->done = true;
    kz_loop_stop(kz_app_loop(q->app));
}

static struct kz_str names_of(struct kz_arena *a, const struct kz_value *list)
{
    kz_autobuf struct kz_buf b = KZ_BUF(4096);
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *labels = kz_value_path(kz_value_at(list, i), "metadata.labels");
        kz_buf_printf(&b, "%s" KZ_FMT, i == 0 ? "" : ", ",
                      KZ_ARG(kz_value_as_str(kz_value_get(labels, KZ_STATUS_LABEL))));
    }
    return kz_str_dup(a, kz_buf_str(&b));
}

static int pick(struct asking *q, const struct kz_value *list, struct kz_err *err)
{
    struct kz_str ns = kz_args_str(q->args, "namespace"), want = kz_args_str(q->args, "platform");
    const struct kz_value *found = NULL;
    size_t n = 0;
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *labels = kz_value_path(kz_value_at(list, i), "metadata.labels");
        if (want.len > 0 && !kz_str_eq(want, kz_value_as_str(kz_value_get(labels, KZ_STATUS_LABEL))))
            continue;
        found = kz_value_at(list, i);
        n++;
    }
    if (n == 0) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "no status%s" KZ_FMT " in namespace " KZ_FMT " of " KZ_FMT,
                      want.len > 0 ? " of platform " : "", KZ_ARG(want), KZ_ARG(ns), KZ_ARG(kz_app_server(q->app)));
        return kz_err_hint(err, "is `kzsync run` at work there? it writes its status within a second");
    }
    if (n > 1) {
        (void)kz_fail(err, KZ_E_INVALID, "there are several platforms: " KZ_FMT, KZ_ARG(names_of(q->arena, list)));
        return kz_err_hint(err, "choose one with --platform NAME");
    }
    return kz_status_of(&q->doc, q->arena, found, err);
}

static void on_listed(void *arg, uint64_t id, const struct kz_result *res);

static void ask(struct asking *q)
{
    (void)kz_kube_list(kz_app_kube(q->app), KZ_STR(""), KZ_STR("ConfigMap"), kz_args_str(q->args, "namespace"),
                       KZ_STR(KZ_STATUS_LABEL), on_listed, q);
}

static void on_discovered(void *arg, const struct kz_err *err)
{
    struct asking *q = arg;
    if (err == NULL) {
        ask(q);
        return;
    }
    q->err = *err;
    stop(q);
}

/* ---- wait ---------------------------------------------------------------------------------------- */

static void on_again(void *arg, uint64_t id)
{
    struct asking *q = arg;
    (void)id;
    q->timer = 0;
    ask(q);
}

static bool state_is(const struct kz_value *m, const char *word)
{
    return kz_str_is(kz_value_path_str(m, "state"), word);
}

/* 1: all is as wanted, -1: something failed, 0: not yet. */
static int verdict(const struct asking *q)
{
    const struct kz_value *modules = kz_value_get(q->doc, "modules");
    struct kz_str only = kz_args_str(q->args, "module"), revision = kz_args_str(q->args, "revision");
    bool all = true, failed = false;
    if (revision.len > 0 && !kz_str_starts(kz_value_path_str(q->doc, "revision"), revision))
        return 0;
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        if (only.len > 0 && !kz_str_eq(only, kz_value_path_str(m, "name")))
            continue;
        all &= state_is(m, "ok") || state_is(m, "paused");
        failed |= state_is(m, "fail") || state_is(m, "back");
    }
    bool settled = kz_value_path_bool(q->doc, "settled", false);
    if (settled && all)
        return 1;
    return settled && failed ? -1 : 0;
}

static void say_waiting(const struct asking *q)
{
    const struct kz_value *modules = kz_value_get(q->doc, "modules");
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        if (!state_is(m, "ok") && !state_is(m, "paused"))
            (void)fprintf(stderr, "%-7.*s " KZ_FMT "  " KZ_FMT "\n", KZ_ARG(kz_value_path_str(m, "state")),
                          KZ_ARG(kz_value_path_str(m, "name")), KZ_ARG(kz_value_path_str(m, "note")));
    }
}

static void on_listed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct asking *q = arg;
    const struct kz_env *env = kz_app_env(q->app);
    (void)id;
    kz_arena_reset(q->arena);
    q->doc = NULL;
    q->err.code = KZ_OK;
    if (res->err != NULL)
        q->err = *res->err;
    else if (pick(q, res->body, &q->err) >= 0)
        q->err.code = KZ_OK;
    if (q->deadline == 0 || (q->doc != NULL && verdict(q) != 0)) {
        stop(q);
        return;
    }
    if (kz_env_mono(env) >= q->deadline) {
        if (q->doc != NULL)
            say_waiting(q);
        stop(q);
        return;
    }
    q->timer = kz_env_timer(env, KZ_NS_PER_SEC / 2, on_again, q);
}

/* ---- printing ------------------------------------------------------------------------------------ */

static enum kz_tone tone_of(struct kz_str state)
{
    static const struct {
        const char *state;
        enum kz_tone tone;
    } rows[] = {{"ok", KZ_TONE_OK},     {"run", KZ_TONE_RUN},    {"wait", KZ_TONE_WAIT}, {"held", KZ_TONE_WAIT},
                {"fail", KZ_TONE_FAIL}, {"drift", KZ_TONE_DRIFT}, {"back", KZ_TONE_WAIT}};
    for (size_t i = 0; i < kz_countof(rows); i++)
        if (kz_str_is(state, rows[i].state))
            return rows[i].tone;
    return KZ_TONE_DIM;
}

static void headline(struct kz_buf *b, struct kz_arena *a, const struct kz_value *doc, bool color, int64_t now)
{
    static const char *const order[] = {"ok", "run", "wait", "held", "fail", "drift", "skip", "back", "unknown", "paused"};
    const struct kz_value *modules = kz_value_get(doc, "modules");
    bool first = true;
    kz_color_add(b, color, KZ_TONE_BOLD, kz_value_path_str(doc, "platform"));
    kz_buf_printf(b, "  " KZ_FMT "  %zu modules:", KZ_ARG(kz_revision_short(kz_value_path_str(doc, "revision"))),
                  kz_value_len(modules));
    for (size_t w = 0; w < kz_countof(order); w++) {
        size_t n = 0;
        for (size_t i = 0; i < kz_value_len(modules); i++)
            n += state_is(kz_value_at(modules, i), order[w]);
        if (n == 0)
            continue;
        kz_buf_printf(b, "%s %zu %s", first ? "" : ",", n, order[w]);
        first = false;
    }
    kz_buf_printf(b, "  %lld objects  seen " KZ_FMT " ago",
                  (long long)kz_value_path_int(doc, "objects", 0), KZ_ARG(kz_text_age(a, kz_value_path_str(doc, "time"), now)));
    if (kz_value_path_str(doc, "leader").len > 0)
        kz_buf_puts(b, "  led by ");
    kz_text_add(b, kz_value_path_str(doc, "leader"));
    kz_buf_putc(b, '\n');
    const struct kz_value *frames = kz_value_path(doc, "error.frames");
    for (size_t i = 0; i < kz_value_len(frames); i++) {
        kz_buf_puts(b, i == 0 ? "stale: " : "  ");
        kz_text_add(b, kz_value_as_str(kz_value_at(frames, i)));
        kz_buf_putc(b, '\n');
    }
}

static int rank(struct kz_str state)
{
    static const char *const order[] = {"fail", "back", "held", "drift", "run", "wait", "skip", "unknown", "paused", "ok"};
    for (size_t i = 0; i < kz_countof(order); i++)
        if (kz_str_is(state, order[i]))
            return (int)i;
    return 0;
}

/* What hurts comes first; equal states by name, as they come. */
static void sorted_rows(const struct kz_value **out, const struct kz_value *modules)
{
    size_t n = 0;
    for (int r = 0; r <= 9; r++)
        for (size_t i = 0; i < kz_value_len(modules); i++)
            if (rank(kz_value_path_str(kz_value_at(modules, i), "state")) == r)
                out[n++] = kz_value_at(modules, i);
}

static void print_table(struct kz_buf *b, struct kz_arena *a, const struct asking *q, bool wide)
{
    static const struct kz_column columns[] = {{"", KZ_COL_KEEP}, {"MODULE", KZ_COL_KEEP | KZ_COL_NAME},
                                               {"OBJECTS", KZ_COL_KEEP}, {"SINCE", 0}, {"REVISION", 0}, {"NOTE", KZ_COL_NAME}};
    const struct kz_value *modules = kz_value_get(q->doc, "modules");
    int64_t now = kz_env_wall(kz_app_env(q->app));
    bool terminal, color = kz_color_for((enum kz_color_when)kz_args_word(q->args, "color"), STDOUT_FILENO);
    size_t n = kz_value_len(modules), width = kz_term_width(STDOUT_FILENO, &terminal);
    const struct kz_value **rows = kz_new_n(a, const struct kz_value *, n + 1);
    struct kz_table t;
    headline(b, a, q->doc, color, now);
    kz_buf_putc(b, '\n');
    kz_table_init(&t, a, columns, kz_countof(columns));
    sorted_rows(rows, modules);
    for (size_t i = 0; i < n; i++) {
        const struct kz_value *m = rows[i];
        long long have = kz_value_path_int(m, "healthy", 0), all = kz_value_path_int(m, "objects", 0);
        struct kz_str state = kz_value_path_str(m, "state");
        struct kz_str count = have == all ? kz_str_printf(a, "%lld", all) : kz_str_printf(a, "%lld/%lld", have, all);
        struct kz_cell cells[] = {{state, tone_of(state)},
                                  {kz_value_path_str(m, "name"), KZ_TONE_PLAIN},
                                  {count, KZ_TONE_PLAIN},
                                  {kz_text_age(a, kz_value_path_str(m, "since"), now), KZ_TONE_PLAIN},
                                  {kz_revision_short(kz_value_path_str(m, "revision")), KZ_TONE_DIM},
                                  {kz_value_path_str(m, "note"), KZ_TONE_PLAIN}};
        kz_table_row(&t, cells);
    }
    kz_table_print(b, &t, &(struct kz_table_style){.width = wide || !terminal ? 0 : width, .indent = 2,
                                                  .color = color, .utf8 = kz_term_utf8(STDOUT_FILENO)});
}

static int print(const struct asking *q, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    const struct kz_value *modules = kz_value_get(q->doc, "modules");
    unsigned form = kz_args_word(q->args, "output");
    if (form == OUT_JSON)
        kz_json_write(&b, q->doc, KZ_JSON_PRETTY);
    else if (form == OUT_YAML)
        kz_yaml_write(&b, q->doc, KZ_YAML_ORDERED);
    else if (form == OUT_NAME)
        for (size_t i = 0; i < kz_value_len(modules); i++)
            kz_buf_printf(&b, KZ_FMT "\n", KZ_ARG(kz_value_path_str(kz_value_at(modules, i), "name")));
    else
        print_table(&b, a, q, form == OUT_WIDE);
    return kz_cli_out(&b, err);
}

/* ---- the commands -------------------------------------------------------------------------------- */

static int gather(struct asking *q, const struct kz_args *args, bool waiting, struct kz_err *err)
{
    *q = (struct asking){.args = args};
    int rc = kz_app_open(&q->app, args, KZ_APP_CLUSTER, err);
    if (rc < 0)
        return rc;
    q->arena = kz_arena_new(64 << 20);
    if (waiting)
        q->deadline = kz_env_mono(kz_app_env(q->app)) + kz_args_duration(args, "timeout");
    kz_app_catch_signals(q->app);
    kz_kube_discover(kz_app_kube(q->app), on_discovered, q);
    kz_loop_run(kz_app_loop(q->app));
    if (q->err.code == KZ_OK)
        return 0;
    *err = q->err;
    return -(int)err->code;
}

static void leave(struct asking *q)
{
    kz_arena_free(q->arena);
    kz_app_close(q->app);
}

static int run_status(const struct kz_args *args, struct kz_err *err)
{
    struct asking q;
    int rc = gather(&q, args, false, err);
    if (rc >= 0)
        rc = q.done ? print(&q, err) : KZ_EXIT_INTERRUPTED;
    leave(&q);
    return rc;
}

static int run_wait(const struct kz_args *args, struct kz_err *err)
{
    struct asking q;
    int rc = gather(&q, args, true, err);
    if (rc >= 0 && !q.done)
        rc = KZ_EXIT_INTERRUPTED;
    else if (rc >= 0) {
        int v = verdict(&q);
        rc = v > 0 ? KZ_EXIT_OK : v < 0 ? KZ_EXIT_FAILED : KZ_EXIT_TIMEOUT;
        if (v < 0)
            say_waiting(&q);
    }
    leave(&q);
    return rc;
}

#define OPT_PLATFORM {"platform", 0, KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "platform, where a cluster has several"}

static const char *const outputs[] = {"table", "wide", "json", "yaml", "name", NULL};
static const struct kz_opt status_options[] = {
    KZ_OPTS_CLUSTER,
    OPT_PLATFORM,
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "table", "table, wide, json, yaml or name"},
    {0},
};
static const struct kz_example status_examples[] = {
    {"kzsync status", "one line per module, what hurts first"},
    {"kzsync status -o json | jq '.modules[] | select(.state != \"ok\")'", "for scripts"},
    {0},
};
const struct kz_command kz_cmd_status = {
    .name = "status",
    .summary = "show the state of each module",
    .details = "Reads what `kzsync run` writes into the cluster; needs nothing but the right to read ConfigMaps "
               "in its namespace.",
    .options = status_options,
    .examples = status_examples,
    .run = run_status,
};

static const struct kz_opt wait_options[] = {
    KZ_OPTS_CLUSTER,
    OPT_PLATFORM,
    {"module", 'm', KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "wait for this module only"},
    {"revision", 'r', KZ_OPT_TEXT, "COMMIT", NULL, 0, 0, NULL, "wait until this commit (or prefix) is at work"},
    {"timeout", 't', KZ_OPT_DURATION, NULL, NULL, 0, 0, "10m", "give up after this time, with exit code 8"},
    {0},
};
static const struct kz_example wait_examples[] = {
    {"kzsync wait --revision $(git rev-parse HEAD) --timeout 5m", "in CI, after a push"},
    {0},
};
const struct kz_command kz_cmd_wait = {
    .name = "wait",
    .summary = "wait until all modules are healthy",
    .details = "Exit code 0 when they are, 3 when one failed, 8 when the time is over.",
    .options = wait_options,
    .examples = wait_examples,
    .run = run_wait,
};
