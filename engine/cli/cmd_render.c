/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync render: what the modules of a folder become, as YAML on stdout. Needs no cluster. */
#include "cli/charts.h"
#include "cli/offline.h"
#include "cli/color.h"
#include "cli/report.h"
#include "value/json.h"
#include "value/yaml.h"

#include <unistd.h>

enum { OUT_YAML, OUT_JSON };

static void print_warnings(const struct kz_offline_module *m)
{
    const struct kz_value *list = kz_value_get(m->reply, "warnings");
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *w = kz_value_at(list, i);
        (void)fprintf(stderr, "warning: " KZ_FMT ": " KZ_FMT "\n", KZ_ARG(m->spec->name),
                      KZ_ARG(kz_value_path_str(w, "text")));
    }
}

/* In the order in which they would be applied, as they would be sent. */
static void add_yaml(struct kz_buf *b, struct kz_arena *a, const struct kz_offline_module *m)
{
    for (size_t i = 0; i < m->want->n + m->want->n_hooks; i++) {
        const struct kz_want_object *o = &m->want->at[i];
        kz_buf_printf(b, "---\n# module " KZ_FMT ", wave %d, from " KZ_FMT, KZ_ARG(m->spec->name), o->wave,
                      KZ_ARG(o->origin.file));
        if (o->origin.line > 0) /* of what a program wrote, the file alone is known */
            kz_buf_printf(b, ":%u", o->origin.line);
        kz_buf_putc(b, '\n');
        kz_yaml_write(b, kz_want_body(a, o), KZ_YAML_SORTED);
    }
}

static void add_json(struct kz_value *list, struct kz_arena *a, const struct kz_offline_module *m)
{
    for (size_t i = 0; i < m->want->n + m->want->n_hooks; i++)
        kz_value_push(a, list, kz_want_body(a, &m->want->at[i]));
}

static int print(const struct kz_args *args, const struct kz_offline *o, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1U << 30);
    kz_autobuf struct kz_buf b = KZ_BUF(1U << 30);
    kz_autobuf struct kz_buf errors = KZ_BUF(4 << 20);
    struct kz_value *list = kz_value_list(a);
    bool json = kz_args_word(args, "output") == OUT_JSON;
    bool color = kz_color_for((enum kz_color_when)kz_args_word(args, "color"), STDERR_FILENO);
    int code = KZ_EXIT_OK;
    for (size_t i = 0; i < o->n; i++) {
        const struct kz_offline_module *m = &o->modules[i];
        if (m->want == NULL) {
            struct kz_err e = m->err;
            (void)kz_wrap(&e, KZ_FMT, KZ_ARG(m->spec->name));
            kz_report_error(&errors, "error", &e, kz_args_flag(args, "verbose"), color);
            code = KZ_EXIT_FAILED;
            continue;
        }
        print_warnings(m);
        if (json)
            add_json(list, a, m);
        else
            add_yaml(&b, a, m);
    }
    if (json) {
        struct kz_value *doc = kz_value_map(a);
        kz_value_set(a, doc, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
        kz_value_set(a, doc, KZ_STR("kind"), kz_value_cstr(a, "List"));
        kz_value_set(a, doc, KZ_STR("items"), list);
        kz_json_write(&b, doc, KZ_JSON_PRETTY);
    }
    (void)!write(STDERR_FILENO, errors.ptr, errors.len);
    int rc = kz_cli_out(&b, err);
    return rc < 0 ? rc : code;
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    return kz_offline_run(args, print, err);
}

static const char *const outputs[] = {"yaml", "json", NULL};
static const struct kz_opt options[] = {
    {"module", 'm', KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "only this module"},
    {"kube-version", 0, KZ_OPT_TEXT, "VERSION", NULL, 0, 0, "v1.32.0", "version that templates are told"},
    KZ_OPTS_CHARTS,
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "yaml", "yaml or json"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync render clusters/prod", "all modules, in the order of their dependencies"},
    {"kzsync render clusters/prod -m metrics | less", "one module"},
    {0},
};
const struct kz_command kz_cmd_render = {
    .name = "render",
    .summary = "print what the modules become, without a cluster",
    .args = "[PATH]",
    .args_max = 1,
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
