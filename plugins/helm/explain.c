/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/explain.h"

#include "helm/excerpt.h"
#include "helm/missing.h"
#include "helm/place.h"
#include "helm/schema.h"

#include <string.h>

enum { MAX_CALLERS = 6 };

struct explain {
    struct kz_err *err;
    struct kz_arena *a;
    const struct kz_helm_result *r;
    const struct kz_helm_view *view;
    struct kz_buf *b;
};

/* ---- places ------------------------------------------------------------------------------------ */

/* "root/templates/x.yaml" as a file that the user can open; what is packed or has another name on disk
 * (an alias) keeps the name that Helm gives it. */
static struct kz_str shown(const struct explain *x, struct kz_str name)
{
    const struct kz_str below = kz_str_skip(name, kz_str_index(name, '/') + 1);
    struct kz_str path;
    struct kz_err err;
    if (kz_tree_join(&path, x->a, x->view->path, below, &err) < 0 ||
        kz_tree_kind(x->view->tree, path) != KZ_TREE_FILE)
        return name;
    const struct kz_str dir = x->view->shown;
    return dir.len == 0 || kz_str_is(dir, ".") ? below
                        : kz_str_printf(x->a, KZ_FMT "%s" KZ_FMT, KZ_ARG(dir),
                                        dir.ptr[dir.len - 1] == '/' ? "" : "/", KZ_ARG(below));
}

static void set_place(const struct explain *x, struct kz_str name, uint32_t line, uint32_t col)
{
    x->err->file[0] = '\0';
    (void)kz_err_at(x->err, shown(x, name), line, col);
}

static bool is_file(const struct kz_trace *t)
{
    return !kz_str_is(kz_template_file(t->tmpl), KZ_HELM_TPL);
}

/* ---- a template that failed while it ran --------------------------------------------------------- */

static void add_callers(const struct explain *x, const struct kz_trace *t)
{
    unsigned n = 0, more = 0;
    for (const struct kz_trace *c = t->outer; c != NULL; c = c->outer) {
        const struct kz_str file = kz_template_file(c->tmpl);
        if (!is_file(c) || (c->tmpl == t->tmpl && c->line == t->line))
            continue;
        t = c;
        if (n++ < MAX_CALLERS)
            kz_buf_printf(x->b, "called from " KZ_FMT ":%u:%u\n", KZ_ARG(shown(x, file)), c->line,
                          c->col + 1);
        else
            more++;
    }
    if (more > 0)
        kz_buf_printf(x->b, "called from %u more\n", more);
}

static void explain_run(const struct explain *x, const struct kz_trace *inner)
{
    const struct kz_trace *t = inner;
    while (!is_file(t) && t->outer != NULL)
        t = t->outer;
    set_place(x, kz_template_file(t->tmpl), t->line, t->col + 1);
    if (is_file(t)) {
        const struct kz_excerpt e = {.text = kz_template_text(t->tmpl),
                                     .line = t->line,
                                     .col = t->col + 1,
                                     .marked = t->node};
        kz_excerpt_add(x->b, &e);
    }
    if (t != inner)
        kz_buf_printf(x->b, "line %u of the text that tpl was given\n", inner->line);
    add_callers(x, t);
    struct kz_helm_missing m;
    const struct kz_str defaults =
        shown(x, kz_str_printf(x->a, KZ_FMT "/values.yaml", KZ_ARG(x->r->chart->meta->name)));
    if (!kz_helm_missing_find(&m, x->a, inner, x->r, defaults))
        return;
    kz_buf_add_str(x->b, m.text);
    kz_buf_putc(x->b, '\n');
    if (m.set.len > 0) {
        const struct kz_str path = m.set;
        const char *hole = strstr(x->view->set, "%s");
        (void)kz_err_hint(x->err, "%.*s" KZ_FMT "%s", (int)(hole - x->view->set), x->view->set,
                          KZ_ARG(path), hole + 2);
    }
}

/* ---- a template that could not be parsed ---------------------------------------------------------- */

static void explain_parse(const struct explain *x)
{
    const uint32_t line = x->err->line;
    set_place(x, x->r->failure.name, line, 0);
    const struct kz_excerpt e = {.text = x->r->failure.source, .line = line, .before = 1};
    kz_excerpt_add(x->b, &e);
}

/* ---- text that is no YAML -------------------------------------------------------------------------- */

static void add_via(const struct explain *x, const struct kz_helm_place *p)
{
    unsigned n = 0;
    for (p = p->via; p != NULL && n < MAX_CALLERS; p = p->via)
        if (!kz_str_is(p->file, KZ_HELM_TPL)) {
            kz_buf_printf(x->b, "called from " KZ_FMT ":%u\n", KZ_ARG(shown(x, p->file)), p->line);
            n++;
        }
}

static struct kz_str source_of(const struct kz_helm_result *r, struct kz_str name)
{
    for (size_t i = 0; i < r->failure.n_texts; i++)
        if (kz_str_eq(r->failure.texts[i].name, name))
            return r->failure.texts[i].data;
    return KZ_STR("");
}

static void explain_yaml(const struct explain *x)
{
    const struct kz_manifests *m = &x->r->manifests;
    size_t n;
    struct kz_helm_places *places = kz_helm_places_new(x->a, x->r);
    const struct kz_helm_place *const *at = kz_helm_places_of(&n, places, m->bad_file, m->bad);
    const bool known = x->err->line > 0, at_end = x->err->line > n; /* behind the last line */
    const uint32_t line = at_end ? (uint32_t)n : known ? x->err->line : 1;
    const struct kz_helm_place *p = kz_helm_place_file(at[line - 1]);
    const struct kz_excerpt rendered = {.text = m->bad,
                                        .line = line,
                                        .before = 2,
                                        .col = known && !at_end ? x->err->col : 0,
                                        .masked = kz_excerpt_is_secret(m->bad)};
    const struct kz_excerpt source = {.text = source_of(x->r, p->file), .line = p->line};
    set_place(x, p->file, p->line, 0);
    kz_excerpt_add(x->b, &source);
    add_via(x, p);
    if (!known)
        return; /* a matter of the whole document */
    kz_buf_printf(x->b, "became line %u of a document in " KZ_FMT "%s:\n", line,
                  KZ_ARG(m->bad_file->path), rendered.masked ? " (values are hidden)" : "");
    kz_excerpt_add(x->b, &rendered);
}

void kz_helm_explain(struct kz_err *err, struct kz_arena *a, const struct kz_helm_result *r,
                     const struct kz_helm_view *view)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 10);
    const struct explain x = {.err = err, .a = a, .r = r, .view = view, .b = &b};
    if (r->failure.trace != NULL)
        explain_run(&x, r->failure.trace);
    else if (r->failure.name.len > 0)
        explain_parse(&x);
    else if (r->manifests.bad_file != NULL)
        explain_yaml(&x);
    else if (kz_str_has(r->error, KZ_STR(KZ_SCHEMA_NOT_FETCHED)))
        (void)kz_err_hint(err, "leave out the check: %s", view->no_schema);
    while (b.len > 0 && b.ptr[b.len - 1] == '\n')
        b.len--;
    kz_err_detail(err, kz_buf_str(&b));
}
