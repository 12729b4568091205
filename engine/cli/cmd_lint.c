/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync lint: everything that can be found wrong in a folder without a cluster. */
#include "cli/color.h"
#include "cli/offline.h"
#include "cli/report.h"

#include <unistd.h>

struct findings {
    const struct kz_args *args;
    struct kz_buf text;
    bool color;
    size_t errors, warnings;
};

static void add(struct findings *f, const char *word, const struct kz_err *err, struct kz_str module)
{
    struct kz_err e = *err;
    (void)kz_wrap(&e, KZ_FMT, KZ_ARG(module));
    kz_report_error(&f->text, word, &e, kz_args_flag(f->args, "verbose"), f->color);
}

/* One object in two modules: kzsync would apply neither. */
static void find_duplicates(struct findings *f, const struct kz_offline *o)
{
    struct kz_map seen;
    kz_map_init(&seen);
    for (size_t i = 0; i < o->n; i++) {
        struct kz_offline_module *m = &o->modules[i];
        for (size_t k = 0; m->want != NULL && k < m->want->n + m->want->n_hooks; k++) {
            const struct kz_want_object *obj = &m->want->at[k];
            const struct kz_offline_module *other = kz_map_put(&seen, obj->key, m);
            struct kz_err err;
            if (other == NULL)
                continue;
            (void)kz_fail(&err, KZ_E_CONFLICT, KZ_FMT " " KZ_FMT " is also in module " KZ_FMT, KZ_ARG(obj->id.kind),
                          KZ_ARG(obj->id.name), KZ_ARG(other->spec->name));
            (void)kz_err_at(&err, obj->origin.file, obj->origin.line, 1);
            (void)kz_err_hint(&err, "remove it from one of the two");
            add(f, "error", &err, m->spec->name);
            f->errors++;
        }
    }
    kz_map_done(&seen);
}

static void find_all(struct findings *f, const struct kz_offline *o)
{
    for (size_t i = 0; i < o->platform->n_warnings; i++) {
        kz_buf_printf(&f->text, "warning: " KZ_FMT "\n", KZ_ARG(o->platform->warnings[i]));
        f->warnings++;
    }
    for (size_t i = 0; i < o->n; i++) {
        const struct kz_offline_module *m = &o->modules[i];
        const struct kz_value *list = kz_value_get(m->reply, "warnings");
        if (m->want == NULL) {
            add(f, "error", &m->err, m->spec->name);
            f->errors++;
        }
        for (size_t k = 0; k < kz_value_len(list); k++) {
            struct kz_err err;
            const struct kz_value *w = kz_value_at(list, k);
            (void)kz_fail(&err, KZ_E_INVALID, KZ_FMT, KZ_ARG(kz_value_path_str(w, "text")));
            (void)kz_err_at(&err, kz_value_path_str(w, "file"), (unsigned)kz_value_path_int(w, "line", 0), 1);
            add(f, "warning", &err, m->spec->name);
            f->warnings++;
        }
    }
    find_duplicates(f, o);
}

static int lint(const struct kz_args *args, const struct kz_offline *o, struct kz_err *err)
{
    struct findings f = {.args = args};
    size_t objects = 0;
    kz_buf_init(&f.text, 16 << 20);
    f.color = kz_color_for((enum kz_color_when)kz_args_word(args, "color"), STDOUT_FILENO);
    find_all(&f, o);
    for (size_t i = 0; i < o->n; i++)
        objects += o->modules[i].want == NULL ? 0 : o->modules[i].want->n;
    kz_buf_printf(&f.text, "Lint: %zu modules, %zu objects, %zu errors, %zu warnings.\n", o->n, objects, f.errors,
                  f.warnings);
    int rc = kz_cli_out(&f.text, err);
    kz_buf_done(&f.text);
    if (rc < 0)
        return rc;
    return f.errors > 0 || (f.warnings > 0 && kz_args_flag(args, "strict")) ? KZ_EXIT_FAILED : KZ_EXIT_OK;
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    return kz_offline_run(args, lint, err);
}

static const struct kz_opt options[] = {
    {"module", 'm', KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "only this module"},
    {"kube-version", 0, KZ_OPT_TEXT, "VERSION", NULL, 0, 0, "v1.32.0", "version that templates are told"},
    {"strict", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "warnings fail too"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync lint clusters/prod", "definitions, rendering, duplicates, order"},
    {0},
};
const struct kz_command kz_cmd_lint = {
    .name = "lint",
    .summary = "check a folder without a cluster",
    .args = "[PATH]",
    .args_max = 1,
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
