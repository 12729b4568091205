/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync history: the healthy revisions of each module that are kept in the cluster to go back to. */
#include "cli/app.h"
#include "cli/color.h"
#include "cli/table.h"
#include "sync/history.h"
#include "value/json.h"

#include <unistd.h>

struct asking {
    struct kz_app *app;
    const struct kz_args *args;
    struct kz_arena *arena;  /* of sets */
    struct kz_value *sets;
    struct kz_history *history;
    struct kz_err err;       /* code 0 none */
    bool done;
};

/* ---- reading ------------------------------------------------------------------------------------- */

static void stop(struct asking *q, const struct kz_err *err)
{
    if (err != NULL)
        q->err = *err;
    q->done = true;
    kz_loop_stop(kz_app_loop(q->app));
}

static void put(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str s)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, kz_str_dup(a, s)));
}

static void on_set(void *arg, const struct kz_history_set *s)
{
    struct asking *q = arg;
    struct kz_arena *a = q->arena;
    struct kz_str only = kz_args_pos(q->args, 0);
    if (only.len > 0 && !kz_str_eq(only, s->module))
        return;
    struct kz_value *row = kz_value_map(a);
    put(a, row, "module", s->module);
    put(a, row, "revision", s->revision);
    put(a, row, "subject", s->subject);
    put(a, row, "time", s->time);
    kz_value_set(a, row, KZ_STR("objects"), kz_value_int(a, (int64_t)s->objects));
    put(a, row, "hash", s->hash);
    kz_value_push(a, q->sets, row);
}

static void on_told(void *arg, const struct kz_err *err)
{
    stop(arg, err);
}

static void read_sets(struct asking *q, struct kz_str platform)
{
    q->history = kz_history_new(kz_app_env(q->app), kz_app_kube(q->app), kz_args_str(q->args, "namespace"), platform,
                                NULL, NULL);
    kz_history_stop(q->history); /* it only reads */
    kz_history_each(q->history, on_set, on_told, q);
}

/* Which platforms have a history here? */
static void on_listed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct asking *q = arg;
    struct kz_str found = KZ_STR("");
    struct kz_err err;
    (void)id;
    if (res->err != NULL && res->outcome != KZ_NO_OBJECT) {
        stop(q, res->err);
        return;
    }
    for (size_t i = 0; i < kz_value_len(res->body); i++) {
        const struct kz_value *labels = kz_value_path(kz_value_at(res->body, i), "metadata.labels");
        struct kz_str name = kz_value_as_str(kz_value_get(labels, KZ_HISTORY_LABEL));
        if (found.len > 0 && !kz_str_eq(found, name)) {
            (void)kz_fail(&err, KZ_E_INVALID, "there are several platforms: " KZ_FMT ", " KZ_FMT, KZ_ARG(found),
                          KZ_ARG(name));
            (void)kz_err_hint(&err, "choose one with --platform NAME");
            stop(q, &err);
            return;
        }
        found = name;
    }
    if (found.len == 0)
        stop(q, NULL);
    else
        read_sets(q, found);
}

static void on_discovered(void *arg, const struct kz_err *err)
{
    struct asking *q = arg;
    struct kz_str platform = kz_args_str(q->args, "platform");
    if (err != NULL)
        stop(q, err);
    else if (platform.len > 0)
        read_sets(q, platform);
    else
        (void)kz_kube_list_metadata(kz_app_kube(q->app), KZ_STR(""), KZ_STR("Secret"),
                                    kz_args_str(q->args, "namespace"), KZ_STR(KZ_HISTORY_LABEL), on_listed, q);
}

/* ---- printing ------------------------------------------------------------------------------------ */

static void print_table(struct kz_buf *b, const struct asking *q)
{
    static const struct kz_column columns[] = {{"MODULE", KZ_COL_KEEP | KZ_COL_NAME}, {"REVISION", KZ_COL_KEEP},
                                               {"AGE", KZ_COL_KEEP}, {"OBJECTS", KZ_COL_RIGHT}, {"SUBJECT", KZ_COL_NAME}};
    int64_t now = kz_env_wall(kz_app_env(q->app));
    bool terminal, color = kz_color_for((enum kz_color_when)kz_args_word(q->args, "color"), STDOUT_FILENO);
    size_t width = kz_term_width(STDOUT_FILENO, &terminal);
    struct kz_arena *a = q->arena;
    struct kz_table t;
    kz_table_init(&t, a, columns, kz_countof(columns));
    for (size_t i = 0; i < kz_value_len(q->sets); i++) {
        const struct kz_value *s = kz_value_at(q->sets, i);
        struct kz_cell cells[] = {
            {kz_value_path_str(s, "module"), KZ_TONE_PLAIN},
            {kz_revision_short(kz_value_path_str(s, "revision")), KZ_TONE_PLAIN},
            {kz_text_age(a, kz_value_path_str(s, "time"), now), KZ_TONE_DIM},
            {kz_str_printf(a, "%lld", (long long)kz_value_path_int(s, "objects", 0)), KZ_TONE_PLAIN},
            {kz_value_path_str(s, "subject"), KZ_TONE_PLAIN}};
        kz_table_row(&t, cells);
    }
    kz_table_print(b, &t, &(struct kz_table_style){.width = terminal ? width : 0, .color = color,
                                                   .utf8 = kz_term_utf8(STDOUT_FILENO)});
}

static int print(const struct asking *q, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    if (kz_args_word(q->args, "output") == 1) {
        kz_json_write(&b, q->sets, KZ_JSON_PRETTY);
    } else if (kz_value_len(q->sets) == 0) {
        struct kz_str only = kz_args_pos(q->args, 0);
        struct kz_str ns = kz_args_str(q->args, "namespace");
        (void)kz_fail(err, KZ_E_NOTFOUND, "no healthy revision%s" KZ_FMT " is kept in namespace " KZ_FMT " of " KZ_FMT,
                      only.len > 0 ? " of module " : "", KZ_ARG(only), KZ_ARG(ns), KZ_ARG(kz_app_server(q->app)));
        return kz_err_hint(err, "they are written a moment after a module became healthy");
    } else {
        print_table(&b, q);
    }
    return kz_cli_out(&b, err);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct asking q = {.args = args};
    int rc = kz_app_open(&q.app, args, KZ_APP_CLUSTER, err);
    if (rc < 0)
        return rc;
    q.arena = kz_arena_new(64 << 20);
    q.sets = kz_value_list(q.arena);
    kz_app_catch_signals(q.app);
    kz_kube_discover(kz_app_kube(q.app), on_discovered, &q);
    kz_loop_run(kz_app_loop(q.app));
    if (q.err.code != KZ_OK) {
        *err = q.err;
        rc = -(int)err->code;
    } else {
        rc = q.done ? print(&q, err) : KZ_EXIT_INTERRUPTED;
    }
    kz_history_free(q.history);
    kz_arena_free(q.arena);
    kz_app_close(q.app);
    return rc;
}

static const char *const outputs[] = {"table", "json", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    {"platform", 0, KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "platform, where a cluster has several"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "table", "table or json"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync history", "all modules, newest revision first"},
    {"kzsync history web", "what module web can go back to"},
    {0},
};
const struct kz_command kz_cmd_history = {
    .name = "history",
    .summary = "show the healthy revisions that can be gone back to",
    .args = "[MODULE]",
    .args_max = 1,
    .details = "Reads the Secrets in which kzsync keeps the rendered objects of the last healthy revisions; their "
               "content is not shown.",
    .options = options,
    .examples = examples,
    .run = run,
};
