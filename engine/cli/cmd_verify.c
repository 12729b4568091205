/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync verify-render: renders charts natively and with the helm program, and says whether that is the
 * same. For people who move from Helm, and for bug reports. */
#include "base/fs.h"
#include "cli/color.h"
#include "cli/offline.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/verify.h"
#include "source/place.h"
#include "value/json.h"

#include <stdlib.h>
#include <unistd.h>

enum { ARENA = 1 << 30, OUT_TEXT, OUT_JSON };
enum { EXIT_EQUAL = 0, EXIT_DIFFERENT = 1, EXIT_TROUBLE = 2 }; /* as diff and cmp */

struct charts {
    struct kz_verify_chart *at;
    size_t n, cap;
};
struct verification {
    const struct kz_args *args;
    struct kz_arena *a;
    struct kz_app *app;
    const char *helm;
    struct kz_str version; /* of helm */
    struct charts charts;
    struct kz_verify_result *results;
};

/* ---- helm -------------------------------------------------------------------------------------- */

static int find_helm(struct verification *v, struct kz_err *err)
{
    const struct kz_str given = kz_args_str(v->args, "helm");
    if (given.len > 0) {
        char *real = realpath(kz_cstr(v->a, given), NULL);
        v->helm = real == NULL ? NULL : kz_cstr(v->a, kz_str(real));
        free(real);
    } else {
        v->helm = kz_program_find(v->a, "helm");
    }
    if (v->helm == NULL && given.len > 0)
        return kz_fail(err, KZ_E_NOTFOUND, "there is no program '" KZ_FMT "'", KZ_ARG(given));
    if (v->helm == NULL) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "there is no program 'helm' in PATH");
        return kz_err_hint(err, "install helm 3.17, or name it with --helm FILE");
    }
    const char *const words[] = {v->helm, "version", "--template", "{{.Version}}", NULL};
    const int code = kz_verify_helm(&v->version, v->a, v->app, words, err);
    if (code < 0)
        return code;
    if (code > 0 || !kz_str_starts(v->version, KZ_STR("v")))
        return kz_fail(err, KZ_E_INVALID, "'%s version' does not answer as helm does", v->helm);
    return 0;
}

/* ---- which charts -------------------------------------------------------------------------------- */

static void add(struct verification *v, struct kz_verify_chart chart)
{
    struct charts *l = &v->charts;
    if (l->n == l->cap) {
        struct kz_verify_chart *at = kz_new_n(v->a, struct kz_verify_chart, l->cap * 2 + 8);
        if (l->n > 0)
            memcpy(at, l->at, l->n * sizeof *at);
        l->at = at;
        l->cap = l->cap * 2 + 8;
    }
    l->at[l->n++] = chart;
}

static bool is_chart(struct kz_arena *a, struct kz_str path)
{
    return kz_str_ends(path, KZ_STR(".tgz")) ||
           access(kz_str_printf(a, KZ_FMT "/Chart.yaml", KZ_ARG(path)).ptr, F_OK) == 0;
}

static size_t list_of(const struct kz_str **out, const struct verification *v, const char *name)
{
    size_t n = 0;
    struct kz_str text, *at = kz_new_n(v->a, struct kz_str, v->args->n_given + 1);
    while (kz_args_list(v->args, name, n, &text))
        at[n++] = text;
    *out = at;
    return n;
}

static void add_chart(struct verification *v, struct kz_str path)
{
    struct kz_verify_chart c = {.name = path,
                                .chart = path,
                                .release = KZ_STR("release-name"),
                                .ns = KZ_STR("default"),
                                .kube_version = kz_args_str(v->args, "kube-version"),
                                .crds = true,
                                .skip = KZ_STR("")};
    c.n_files = list_of(&c.files, v, "values");
    c.n_sets = list_of(&c.sets, v, "set");
    add(v, c);
}

static void add_module(struct verification *v, const struct kz_module *m, struct kz_str root)
{
    const struct kz_str path = kz_str_printf(v->a, KZ_FMT "/" KZ_FMT, KZ_ARG(root), KZ_ARG(m->path));
    const struct kz_value *files = kz_value_get(m->options, "valueFiles");
    struct kz_str *names = kz_new_n(v->a, struct kz_str, kz_value_len(files) + 1);
    const bool automatic = m->renderer.len == 0 || kz_str_is(m->renderer, "auto");
    const bool by_helm = kz_str_is(m->renderer, "helm") || kz_str_is(m->renderer, "exec:helm");
    for (size_t i = 0; i < kz_value_len(files); i++)
        names[i] = kz_str_printf(v->a, KZ_FMT "/" KZ_FMT, KZ_ARG(path),
                                 KZ_ARG(kz_value_as_str(kz_value_at(files, i))));
    add(v, (struct kz_verify_chart){
               .name = m->name,
               .chart = path,
               .release = m->release,
               .ns = m->ns,
               .kube_version = kz_args_str(v->args, "kube-version"),
               .files = names,
               .n_files = kz_value_len(files),
               .values = m->values,
               .crds = kz_value_path_bool(m->options, "includeCRDs", true),
               .skip_schema = kz_value_path_bool(m->options, "skipSchemaValidation", false),
               .skip = by_helm || (automatic && is_chart(v->a, path)) ? KZ_STR("")
                       : automatic ? KZ_STR("no chart")
                                   : kz_str_printf(v->a, "renderer " KZ_FMT, KZ_ARG(m->renderer)),
           });
}

/* The platform's own memory is copied out of: what add_module takes from it lives in the arena. */
static int add_platform(struct verification *v, struct kz_str arg, struct kz_platform **keep,
                        struct kz_err *err)
{
    struct kz_source_place place;
    const struct kz_str only = kz_args_str(v->args, "module");
    size_t n = 0, found = 0;
    if (kz_source_place(&place, v->a, arg, err) < 0)
        return -(int)err->code;
    const struct kz_tree_at tree = {.folder = place.root};
    if (kz_offline_load(keep, v->a, v->app, &tree, place.below, err) < 0)
        return -(int)err->code;
    struct kz_module **order = kz_platform_order(&n, *keep, v->a);
    for (size_t i = 0; i < n; i++)
        if (only.len == 0 || kz_str_eq(only, order[i]->name)) {
            add_module(v, order[i], place.root);
            found++;
        }
    return found > 0 ? 0 : kz_fail(err, KZ_E_NOTFOUND, "there is no enabled module '" KZ_FMT "'",
                                   KZ_ARG(only));
}

/* ---- reports ------------------------------------------------------------------------------------- */

static void seconds(char out[32], int64_t ns)
{
    (void)snprintf(out, 32, "%.2fs", (double)ns / 1e9);
}

static struct kz_str number(struct kz_arena *a, size_t n)
{
    return kz_str_printf(a, "%zu", n);
}

static void add_row(struct kz_table *t, const struct verification *v, size_t i)
{
    static const enum kz_tone tones[] = {KZ_TONE_OK, KZ_TONE_FAIL, KZ_TONE_WAIT};
    const struct kz_verify_result *r = &v->results[i];
    char took[32], helm_took[32];
    const bool skipped = r->verdict == KZ_VERDICT_SKIPPED;
    seconds(took, r->took);
    seconds(helm_took, r->helm_took);
    const struct kz_str none = KZ_STR("-");
    const struct kz_cell cells[] = {
        {kz_str(kz_verdict_name(r->verdict)), tones[r->verdict]},
        {v->charts.at[i].name, KZ_TONE_PLAIN},
        {skipped ? none : number(v->a, r->objects), KZ_TONE_PLAIN},
        {skipped ? none : number(v->a, r->lines), KZ_TONE_PLAIN},
        {skipped ? none : kz_str_dup(v->a, kz_str(helm_took)), KZ_TONE_PLAIN},
        {skipped ? none : kz_str_dup(v->a, kz_str(took)), KZ_TONE_PLAIN},
        {r->note, KZ_TONE_PLAIN},
    };
    kz_table_row(t, cells);
}

static void add_lines(struct kz_buf *b, const char *who, struct kz_str text, bool no_line)
{
    kz_buf_printf(b, "  %-6s ", who);
    if (text.len == 0 && no_line)
        kz_buf_puts(b, "(nothing)");
    kz_text_add(b, kz_str_head(text, kz_str_index(text, '\n')));
    kz_buf_putc(b, '\n');
}

static void add_difference(struct kz_buf *b, const struct verification *v, size_t i)
{
    const struct kz_verify_result *r = &v->results[i];
    kz_buf_printf(b, "\ndifferent: " KZ_FMT, KZ_ARG(v->charts.at[i].name));
    if (r->diff.line > 0)
        kz_buf_printf(b, ", line %zu of the output", r->diff.line);
    kz_buf_putc(b, '\n');
    if (r->from.len > 0)
        kz_buf_printf(b, "  " KZ_FMT "\n", KZ_ARG(r->from));
    for (size_t k = 0; k < kz_value_len(r->via); k++)
        kz_buf_printf(b, "  called from " KZ_FMT "\n", KZ_ARG(kz_value_as_str(kz_value_at(r->via, k))));
    add_lines(b, "helm", r->diff.helm, r->diff.line > 0);
    add_lines(b, "kzsync", r->diff.kzsync, r->diff.line > 0);
}

struct counts {
    size_t of[KZ_VERDICT_SKIPPED + 1];
};

static struct counts count(const struct verification *v)
{
    struct counts c = {{0}};
    for (size_t i = 0; i < v->charts.n; i++)
        c.of[v->results[i].verdict]++;
    return c;
}

static void print_text(struct kz_buf *b, const struct verification *v)
{
    static const struct kz_column columns[] = {
        {"", KZ_COL_KEEP},           {"CHART", KZ_COL_KEEP | KZ_COL_NAME}, {"OBJECTS", KZ_COL_RIGHT},
        {"LINES", KZ_COL_RIGHT},     {"HELM", KZ_COL_RIGHT},               {"KZSYNC", KZ_COL_RIGHT},
        {"NOTE", KZ_COL_NAME},
    };
    struct kz_table t;
    bool terminal;
    const size_t width = kz_term_width(STDOUT_FILENO, &terminal);
    const struct kz_table_style style = {
        .width = terminal ? width : 0,
        .indent = 2,
        .color = kz_color_for((enum kz_color_when)kz_args_word(v->args, "color"), STDOUT_FILENO)};
    const struct counts c = count(v);
    kz_table_init(&t, v->a, columns, kz_countof(columns));
    for (size_t i = 0; i < v->charts.n; i++)
        add_row(&t, v, i);
    kz_table_print(b, &t, &style);
    for (size_t i = 0; i < v->charts.n; i++)
        if (v->results[i].verdict == KZ_VERDICT_DIFFERENT)
            add_difference(b, v, i);
    kz_buf_printf(b, "\nVerify: %zu equal, %zu different, %zu skipped; helm " KZ_FMT ".\n",
                  c.of[KZ_VERDICT_EQUAL], c.of[KZ_VERDICT_DIFFERENT], c.of[KZ_VERDICT_SKIPPED],
                  KZ_ARG(v->version));
}

static void set_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str s)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, s));
}

static struct kz_value *json_of(const struct verification *v, size_t i)
{
    const struct kz_verify_result *r = &v->results[i];
    struct kz_value *o = kz_value_map(v->a), *d = kz_value_map(v->a);
    set_str(v->a, o, "name", v->charts.at[i].name);
    set_str(v->a, o, "chart", v->charts.at[i].chart);
    set_str(v->a, o, "result", kz_str(kz_verdict_name(r->verdict)));
    if (r->note.len > 0)
        set_str(v->a, o, "note", r->note);
    if (r->verdict == KZ_VERDICT_SKIPPED)
        return o;
    kz_value_set(v->a, o, KZ_STR("objects"), kz_value_int(v->a, (int64_t)r->objects));
    kz_value_set(v->a, o, KZ_STR("lines"), kz_value_int(v->a, (int64_t)r->lines));
    kz_value_set(v->a, o, KZ_STR("generated"), kz_value_int(v->a, (int64_t)r->diff.generated));
    kz_value_set(v->a, o, KZ_STR("helmSeconds"), kz_value_float(v->a, (double)r->helm_took / 1e9));
    kz_value_set(v->a, o, KZ_STR("kzsyncSeconds"), kz_value_float(v->a, (double)r->took / 1e9));
    if (r->verdict != KZ_VERDICT_DIFFERENT)
        return o;
    kz_value_set(v->a, d, KZ_STR("line"), kz_value_int(v->a, (int64_t)r->diff.line));
    set_str(v->a, d, "helm", r->diff.helm);
    set_str(v->a, d, "kzsync", r->diff.kzsync);
    if (r->from.len > 0)
        set_str(v->a, d, "from", r->from);
    if (r->via != NULL)
        kz_value_set(v->a, d, KZ_STR("via"), kz_value_copy(v->a, r->via));
    kz_value_set(v->a, o, KZ_STR("difference"), d);
    return o;
}

static void print_json(struct kz_buf *b, const struct verification *v)
{
    const struct counts c = count(v);
    struct kz_value *doc = kz_value_map(v->a), *list = kz_value_list(v->a);
    kz_value_set(v->a, doc, KZ_STR("v"), kz_value_int(v->a, 1));
    set_str(v->a, doc, "kind", KZ_STR("RenderVerification"));
    set_str(v->a, doc, "helm", v->version);
    for (size_t i = 0; i < kz_countof(c.of); i++)
        kz_value_set(v->a, doc, kz_str(kz_verdict_name((enum kz_verdict)i)),
                     kz_value_int(v->a, (int64_t)c.of[i]));
    for (size_t i = 0; i < v->charts.n; i++)
        kz_value_push(v->a, list, json_of(v, i));
    kz_value_set(v->a, doc, KZ_STR("charts"), list);
    kz_json_write(b, doc, KZ_JSON_PRETTY);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static int run_all(struct verification *v, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    v->results = kz_new_n(v->a, struct kz_verify_result, v->charts.n + 1);
    for (size_t i = 0; i < v->charts.n; i++)
        if (kz_verify_run(&v->results[i], v->a, v->app, v->helm, &v->charts.at[i], err) < 0)
            return kz_wrap(err, KZ_FMT, KZ_ARG(v->charts.at[i].name));
    if (kz_args_word(v->args, "output") == 1)
        print_json(&b, v);
    else
        print_text(&b, v);
    if (kz_cli_out(&b, err) < 0)
        return -(int)err->code;
    return count(v).of[KZ_VERDICT_DIFFERENT] > 0 ? EXIT_DIFFERENT : EXIT_EQUAL;
}

static int verify(struct verification *v, struct kz_platform **platforms, struct kz_err *err)
{
    int rc = kz_app_open(&v->app, v->args, KZ_APP_WORKERS, err);
    if (rc >= 0)
        rc = find_helm(v, err);
    for (size_t i = 0; rc >= 0 && (i < v->args->n || i == 0); i++) {
        const struct kz_str arg = v->args->n == 0 ? KZ_STR(".") : kz_args_pos(v->args, i);
        if (is_chart(v->a, arg))
            add_chart(v, arg);
        else
            rc = add_platform(v, arg, &platforms[i], err);
    }
    return rc < 0 ? rc : run_all(v, err);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    struct verification v = {.args = args, .a = kz_arena_new(ARENA)};
    struct kz_platform **platforms = kz_new_n(v.a, struct kz_platform *, args->n + 1);
    int rc = verify(&v, platforms, err);
    if (rc < 0) {
        kz_report_error(&b, "error", err, kz_args_flag(args, "verbose"),
                        kz_color_for((enum kz_color_when)kz_args_word(args, "color"), STDERR_FILENO));
        (void)!write(STDERR_FILENO, b.ptr, b.len);
        rc = EXIT_TROUBLE;
    }
    for (size_t i = 0; i <= args->n; i++)
        if (platforms[i] != NULL)
            kz_platform_done(platforms[i]);
    kz_app_close(v.app);
    kz_arena_free(v.a);
    return rc;
}

static const char *const outputs[] = {"text", "json", NULL};
static const struct kz_opt options[] = {
    {"helm", 0, KZ_OPT_PATH, "FILE", NULL, 0, 0, NULL, "the helm program; default the one in PATH"},
    {"module", 'm', KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "only this module of a platform"},
    {"values", 'f', KZ_OPT_LIST, "FILE", NULL, 0, 0, NULL, "values for charts that are no modules"},
    {"set", 0, KZ_OPT_LIST, "KEY=VALUE", NULL, 0, 0, NULL, "the same, as in helm template"},
    {"kube-version", 0, KZ_OPT_TEXT, "VERSION", NULL, 0, 0, NULL, "version of Kubernetes that templates are told"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "text", "text or json"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync verify-render clusters/prod", "all modules that are charts, with their values"},
    {"kzsync verify-render charts/* -f prod.yaml", "charts by themselves"},
    {"kzsync verify-render clusters/prod -o json | jq '.charts[] | select(.result == \"different\")'",
     "for scripts"},
    {0},
};
const struct kz_command kz_cmd_verify = {
    .name = "verify-render",
    .summary = "compare the built-in chart renderer with helm",
    .args = "[PLATFORM|CHART...]",
    .args_max = 1000,
    .details = "Renders each chart natively and with the helm program, and prints the first line that differs, "
               "with the template that it comes from. What is generated anew each time, passwords for example, is "
               "found by running helm twice and left out; values in Secrets are hidden. A module whose chart "
               "must be rendered by helm itself has `renderer: exec:helm`.\n"
               "Exit code 0: all equal, 1: something differs, 2: it could not be found out.",
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
