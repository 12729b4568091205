/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync diff: what was changed in the cluster since kzsync applied it.
 *
 *     web  2 of 14 objects differ from 4be91d2
 *       ~ Deployment shop/web                        apps/v1  by kubectl-edit, 3h ago
 *           from templates/deployment.yaml:9
 *           ~ spec.replicas  2 -> 3
 *       - ConfigMap shop/web                         v1  was deleted
 *
 *     Diff: 1 changed, 1 deleted, in 1 of 16 modules. */
#include "cli/differs.h"
#include "cli/table.h"
#include "spec/revision.h"

enum { OUT_TEXT, OUT_JSON, OUT_YAML, OUT_NAME };
enum { NAME_WIDTH = 44 };

struct diffing {
    struct kz_look *l;
    struct kz_module_differs *modules;
    size_t n, all;                                   /* modules that were looked at; of the platform */
    size_t changed, deleted, unread, untold, differ; /* objects; modules without a kept set; modules that differ */
};

static void count(struct diffing *d)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct kz_module_differs *m = &d->modules[i];
        size_t some = 0;
        d->untold += !m->kept;
        for (size_t k = 0; k < m->n; k++) {
            d->unread += m->at[k].err != NULL;
            d->changed += m->at[k].kind == KZ_STEP_CHANGE;
            d->deleted += m->at[k].kind == KZ_STEP_CREATE;
            some += m->at[k].err == NULL;
        }
        d->differ += some > 0;
    }
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static void add_object(struct kz_buf *b, struct diffing *d, const struct kz_differs *o, const struct kz_page *page)
{
    struct kz_arena *a = d->l->arena;
    const bool gone = o->kind == KZ_STEP_CREATE;
    struct kz_str name = kz_id_text(a, &o->id);
    kz_buf_puts(b, "  ");
    kz_color_add(b, page->color, gone ? KZ_TONE_DEL : KZ_TONE_WAIT,
                 o->err != NULL ? KZ_STR("?")
                 : gone         ? KZ_STR("-")
                                : KZ_STR("~"));
    kz_buf_putc(b, ' ');
    kz_text_add(b, name);
    kz_buf_fill(b, ' ', name.len < NAME_WIDTH ? NAME_WIDTH - name.len : 0);
    kz_buf_printf(b, " " KZ_FMT, KZ_ARG(kz_api_version_join(a, o->id.group, o->version)));
    if (gone)
        kz_buf_puts(b, "  was deleted");
    if (o->who.len > 0) {
        kz_buf_puts(b, "  by ");
        kz_text_add(b, o->who);
        if (o->time.len > 0)
            kz_buf_printf(b, ", " KZ_FMT " ago", KZ_ARG(kz_text_age(a, o->time, page->now)));
    }
    kz_buf_putc(b, '\n');
    if (o->err != NULL) {
        kz_buf_puts(b, "      cannot be read: ");
        kz_text_add(b, kz_str(o->err->frame[0]));
        kz_buf_putc(b, '\n');
        return;
    }
    if (o->origin.file.len > 0) {
        kz_buf_puts(b, "      from ");
        kz_text_add(b, o->origin.file);
        kz_buf_printf(b, o->origin.line > 0 ? ":%u\n" : "\n", o->origin.line);
    }
    if (o->kind == KZ_STEP_CHANGE && o->diff.len == 0)
        kz_buf_puts(b, "      the same values, but others have taken fields of it over\n");
    kz_diff_text(b, &o->diff, 6, page->color);
}

static void add_module(struct kz_buf *b, struct diffing *d, const struct kz_module_differs *m,
                       const struct kz_page *page)
{
    if (m->kept && m->n == 0)
        return;
    kz_color_add(b, page->color, KZ_TONE_BOLD, m->module);
    if (!m->kept) {
        kz_buf_puts(b, "  no healthy revision is kept: nothing to compare with\n\n");
        return;
    }
    kz_buf_printf(b, "  %zu of %zu objects differ%s from " KZ_FMT "%s\n", m->n, m->objects, m->n == 1 ? "s" : "",
                  KZ_ARG(kz_revision_short(m->revision)),
                  m->newer ? ", its last healthy revision; another one was applied since" : "");
    for (size_t i = 0; i < m->n; i++)
        add_object(b, d, &m->at[i], page);
    kz_buf_putc(b, '\n');
}

static void add_text(struct kz_buf *b, struct diffing *d, const struct kz_page *page)
{
    for (size_t i = 0; i < d->n; i++)
        add_module(b, d, &d->modules[i], page);
    if (d->changed + d->deleted == 0)
        kz_buf_printf(b, "Diff: none; %zu of %zu modules compared", d->n - d->untold, d->n);
    else
        kz_buf_printf(b, "Diff: %zu changed, %zu deleted, in %zu of %zu modules", d->changed, d->deleted, d->differ,
                      d->n);
    if (d->unread > 0)
        kz_buf_printf(b, "; %zu could not be read", d->unread);
    kz_buf_puts(b, ".\n");
    if (d->differ > 0 && page->width > 0)
        kz_buf_puts(b, "Next: kzsync sync MODULE    make it as git says\n"
                       "      kzsync why OBJECT     who writes it\n");
}

/* ---- for machines -------------------------------------------------------------------------------------- */

static struct kz_value *change_doc(struct kz_arena *a, const struct kz_change *c)
{
    static const char *const words[] = {
        [KZ_CHANGE_ADD] = "add", [KZ_CHANGE_SET] = "change", [KZ_CHANGE_REMOVE] = "remove"};
    struct kz_value *v = kz_value_map(a);
    kz_doc_put(a, v, "path", c->path);
    kz_doc_put(a, v, "change", kz_str(words[c->kind]));
    if (c->before != NULL)
        kz_value_set(a, v, KZ_STR("wanted"), kz_value_copy(a, c->before));
    if (c->after != NULL)
        kz_value_set(a, v, KZ_STR("live"), kz_value_copy(a, c->after));
    return v;
}

static struct kz_value *object_doc(struct kz_arena *a, const struct kz_differs *o)
{
    struct kz_value *v = kz_value_map(a), *changes = kz_value_list(a);
    kz_doc_put(a, v, "apiVersion", kz_api_version_join(a, o->id.group, o->version));
    kz_doc_put(a, v, "kind", o->id.kind);
    kz_doc_put(a, v, "namespace", o->id.ns);
    kz_doc_put(a, v, "name", o->id.name);
    kz_doc_put(a, v, "differs",
               o->err != NULL              ? KZ_STR("unknown")
               : o->kind == KZ_STEP_CREATE ? KZ_STR("deleted")
                                           : KZ_STR("changed"));
    kz_doc_put(a, v, "file", o->origin.file);
    if (o->origin.line > 0)
        kz_value_set(a, v, KZ_STR("line"), kz_value_int(a, o->origin.line));
    kz_doc_put(a, v, "by", o->who);
    kz_doc_put(a, v, "time", o->time);
    if (o->err != NULL)
        kz_doc_put(a, v, "error", kz_str(o->err->frame[0]));
    for (size_t i = 0; i < o->diff.len; i++)
        kz_value_push(a, changes, change_doc(a, &o->diff.at[i]));
    kz_value_set(a, v, KZ_STR("changes"), changes);
    return v;
}

static struct kz_value *doc_of(const struct diffing *d)
{
    struct kz_arena *a = d->l->arena;
    struct kz_value *doc = kz_look_doc(d->l, "Diff"), *modules = kz_value_list(a);
    for (size_t i = 0; i < d->n; i++) {
        const struct kz_module_differs *m = &d->modules[i];
        struct kz_value *v = kz_value_map(a), *objects = kz_value_list(a);
        kz_doc_put(a, v, "name", m->module);
        kz_doc_put(a, v, "revision", m->revision);
        kz_value_set(a, v, KZ_STR("kept"), kz_value_bool(a, m->kept));
        kz_value_set(a, v, KZ_STR("newerApplied"), kz_value_bool(a, m->newer));
        for (size_t k = 0; k < m->n; k++)
            kz_value_push(a, objects, object_doc(a, &m->at[k]));
        kz_value_set(a, v, KZ_STR("objects"), objects);
        kz_value_push(a, modules, v);
    }
    kz_value_set(a, doc, KZ_STR("modules"), modules);
    return doc;
}

static void add_names(struct kz_buf *b, const struct diffing *d)
{
    for (size_t i = 0; i < d->n; i++)
        for (size_t k = 0; k < d->modules[i].n; k++) {
            const struct kz_id *id = &d->modules[i].at[k].id;
            kz_buf_printf(b, KZ_FMT "/" KZ_FMT "%s" KZ_FMT "\n", KZ_ARG(id->kind), KZ_ARG(id->ns),
                          id->ns.len > 0 ? "/" : "", KZ_ARG(id->name));
        }
}

/* ---- the command --------------------------------------------------------------------------------------- */

static int gather(struct diffing *d, struct kz_err *err)
{
    struct kz_look *l = d->l;
    struct kz_value *modules;
    int rc = kz_look_choose(&modules, l, KZ_STR(""), err);
    if (rc < 0)
        return rc;
    d->modules = kz_new_n(l->arena, struct kz_module_differs, kz_value_len(modules) + 1);
    for (size_t i = 0; rc >= 0 && i < kz_value_len(modules); i++)
        rc = kz_look_differs(&d->modules[d->n++], l, kz_value_path_str(kz_value_at(modules, i), "name"), err);
    return rc;
}

static int print(struct diffing *d, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(256 << 20);
    const struct kz_page page = kz_look_page(d->l);
    count(d);
    if (kz_look_wants_doc(d->l))
        (void)kz_look_add_doc(&b, d->l, doc_of(d));
    else if (kz_args_word(d->l->args, "output") == OUT_NAME)
        add_names(&b, d);
    else
        add_text(&b, d, &page);
    const int rc = kz_cli_out(&b, err);
    return rc < 0 ? rc : d->changed + d->deleted > 0 ? KZ_EXIT_DIFFERENT : KZ_EXIT_OK;
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_look l;
    struct diffing d = {.l = &l};
    int rc = kz_look_open(&l, args, 0, err);
    if (rc >= 0)
        rc = kz_look_ready(&l, err);
    if (rc >= 0)
        rc = gather(&d, err);
    if (rc >= 0)
        rc = print(&d, err);
    return kz_look_end(&l, rc);
}

static const char *const outputs[] = {"text", "json", "yaml", "name", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "text", "text, json, yaml or name"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync diff", "everything that somebody changed or deleted"},
    {"kzsync diff web", "of one module"},
    {0},
};
const struct kz_command kz_cmd_diff = {
    .name = "diff",
    .summary = "show what was changed in the cluster since it was applied",
    .args = "[MODULE...]",
    .args_max = 1000,
    .details = "Compares with the last healthy revision that kzsync keeps in the cluster; neither git nor a renderer "
               "is needed. Exit code 10 when something differs. Values of Secrets are never shown. What a new commit "
               "would change is told by plan.",
    .options = options,
    .examples = examples,
    .run = run,
};
