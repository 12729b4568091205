/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/render.h"

#include "base/semver_range.h"
#include "helm/depends.h"
#include "helm/funcs.h"
#include "helm/schema.h"
#include "helm/text.h"
#include "helm/values.h"
#include "template/funcs.h"

#include <string.h>

enum { MAX_TEMPLATES = 20000 };

struct job { /* one template file */
    struct kz_str name, text, base;
    struct kz_dict *dot;
    size_t slashes, place;
};
struct jobs {
    struct job *at;
    size_t n, cap;
};

struct kz_helm_source { /* marks of one rendered file */
    struct kz_str path, text;
    struct kz_marks marks;
};

struct kz_str kz_helm_error_text(struct kz_arena *a, const struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 10);
    for (unsigned i = err->depth; i-- > 0;) {
        kz_buf_puts(&b, err->frame[i]);
        kz_buf_puts(&b, i > 0 ? ": " : "");
    }
    return kz_str_dup(a, kz_buf_str(&b));
}

/* ---- what there is to run ---------------------------------------------------------------------- */

static void push(struct jobs *l, struct kz_arena *a, struct job j)
{
    if (l->n == l->cap) {
        l->cap = l->cap == 0 ? 64 : 2 * l->cap;
        struct job *at = kz_new_n(a, struct job, l->cap);
        if (l->n > 0)
            memcpy(at, l->at, l->n * sizeof *at);
        l->at = at;
    }
    l->at[l->n++] = j;
}

static bool takes_part(const struct kz_chart *c, struct kz_str name)
{
    return !kz_chart_is_library(c) || kz_go_base(name).ptr[0] == '_';
}

/* The dot of c and of all below it, and their templates. up: the parent's dot, NULL for the root. */
static struct kz_dict *collect(struct jobs *l, struct kz_arena *a, const struct kz_chart *c,
                               const struct kz_dict *up, struct kz_val values, struct kz_val caps,
                               struct kz_val release)
{
    struct kz_dict *dot = kz_dict_new(a, 8), *subs = kz_dict_new(a, 0);
    if (up != NULL) { /* the map under our name in the parent's values: the very same one */
        const struct kz_val *mine = kz_dict_find(values.as.dict, c->meta->name);
        values = mine != NULL && kz_val_kind(*mine) == KZ_GO_MAP ? *mine
                                                                 : kz_val_dict(kz_dict_new(a, 0));
        values.type = &kz_helm_type_values;
        values.iface = false;
    }
    kz_dict_set(a, dot, KZ_STR("Chart"), kz_helm_chart(a, c));
    kz_dict_set(a, dot, KZ_STR("Files"), kz_helm_files(a, c));
    kz_dict_set(a, dot, KZ_STR("Release"), release);
    kz_dict_set(a, dot, KZ_STR("Capabilities"), caps);
    kz_dict_set(a, dot, KZ_STR("Values"), values);
    kz_dict_set(a, dot, KZ_STR("Subcharts"), kz_val_dict(subs));
    for (size_t i = 0; i < c->n_subs; i++)
        kz_dict_set(a, subs, c->subs[i]->meta->name,
                    kz_val_dict(collect(l, a, c->subs[i], dot, values, caps, release)));
    const struct kz_str path = kz_chart_full_path(a, c);
    for (size_t i = 0; i < c->n_templates; i++) {
        const struct kz_chart_file *f = &c->templates[i];
        if (!takes_part(c, f->name))
            continue;
        struct job j = {.text = f->data, .dot = dot};
        j.name = kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(path), KZ_ARG(f->name));
        j.base = kz_str_printf(a, KZ_FMT "/templates", KZ_ARG(path));
        for (size_t k = 0; k < j.name.len; k++)
            j.slashes += j.name.ptr[k] == '/';
        j.place = l->n;
        push(l, a, j);
    }
    return dot;
}

/* Deepest first, then descending by name: what is parsed later replaces, so a parent wins. */
static int by_depth(const void *x, const void *y)
{
    const struct job *a = x, *b = y;
    if (a->slashes != b->slashes)
        return a->slashes > b->slashes ? -1 : 1;
    const int c = kz_str_cmp(b->name, a->name);
    return c != 0 ? c : a->place < b->place ? -1 : a->place > b->place;
}

/* A chart that two aliases share has one path: the last one's values count. */
static void drop_same(struct jobs *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (i + 1 == l->n || !kz_str_eq(l->at[i].name, l->at[i + 1].name))
            l->at[n++] = l->at[i];
    l->n = n;
}

/* ---- messages of the engine -------------------------------------------------------------------- */

static int say(struct kz_helm_result *r, struct kz_arena *a, struct kz_str text, struct kz_err *err)
{
    const struct kz_err place = *err;
    r->error = text;
    (void)kz_fail(err, place.code == KZ_OK ? KZ_E_INVALID : place.code, KZ_FMT, KZ_ARG(text));
    (void)a;
    return place.file[0] == '\0' ? -(int)err->code
                                 : kz_err_at(err, kz_str(place.file), place.line, place.col);
}

/* "template: NAME:3: a: b" becomes "parse error at (NAME:3): b". */
static struct kz_str parse_message(struct kz_arena *a, struct kz_str name, struct kz_str text)
{
    const char *first = memmem(text.ptr, text.len, ": ", 2);
    if (first == NULL)
        return kz_str_printf(a, "parse error in (" KZ_FMT "): " KZ_FMT, KZ_ARG(name), KZ_ARG(text));
    struct kz_str rest = kz_str_skip(text, (size_t)(first - text.ptr) + 2), last = rest;
    const char *end = memmem(rest.ptr, rest.len, ": ", 2);
    const struct kz_str at = end == NULL ? rest : kz_str_head(rest, (size_t)(end - rest.ptr));
    for (const char *p; (p = last.len == 0 ? NULL : memmem(last.ptr, last.len, ": ", 2)) != NULL;)
        last = kz_str_skip(last, (size_t)(p - last.ptr) + 2);
    return kz_str_printf(a, "parse error at (" KZ_FMT "): " KZ_FMT, KZ_ARG(at), KZ_ARG(last));
}

/* What `fail` and `required` say stands for the whole chain. */
static struct kz_str exec_message(struct kz_arena *a, struct kz_str name, struct kz_str text)
{
    const char *one = memmem(text.ptr, text.len, ": ", 2);
    struct kz_str rest = one == NULL ? KZ_STR("") : kz_str_skip(text, (size_t)(one - text.ptr) + 2);
    const char *two = rest.len == 0 ? NULL : memmem(rest.ptr, rest.len, ": ", 2);
    if (two == NULL)
        return kz_str_printf(a, "execution error in (" KZ_FMT "): " KZ_FMT, KZ_ARG(name),
                             KZ_ARG(text));
    const struct kz_str at = kz_str_head(rest, (size_t)(two - rest.ptr));
    rest = kz_str_skip(rest, at.len + 2);
    const char *from = memmem(rest.ptr, rest.len, KZ_STOP_MARK, sizeof KZ_STOP_MARK - 1),
               *to = NULL;
    if (from == NULL)
        return text;
    from += sizeof KZ_STOP_MARK - 1;
    const size_t end_len = sizeof KZ_STOP_END - 1;
    for (const char *p = from; (size_t)(p - rest.ptr) + end_len <= rest.len; p++)
        if (memcmp(p, KZ_STOP_END, end_len) == 0)
            to = p; /* the last one, as a greedy expression finds it */
    if (to == NULL)
        return text;
    return kz_str_printf(a, "execution error at (" KZ_FMT "): " KZ_FMT, KZ_ARG(at),
                         (int)(to - from), from);
}

/* ---- running ----------------------------------------------------------------------------------- */

struct engine {
    struct kz_arena *a;
    struct kz_tset *set;
    struct kz_eval *ev;
    struct kz_helm_run run;
    struct kz_helm_result *out;
    struct kz_buf text; /* of the template that runs */
    struct kz_rendered *files;
    size_t n;
    bool want_marks;
};

static bool is_partial(const struct job *j)
{
    return kz_go_base(j->name).ptr[0] == '_';
}

static int parse_all(struct engine *e, const struct jobs *l, struct kz_err *err)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct job *j = &l->at[i];
        if (kz_tset_parse(NULL, e->set, j->name, j->text, err) < 0)
            return say(e->out, e->a,
                       err->code == KZ_E_LIMIT
                           ? kz_helm_error_text(e->a, err)
                           : parse_message(e->a, j->name, kz_tset_error(e->set)),
                       err);
    }
    return 0;
}

static int run_one(struct engine *e, const struct job *j, struct kz_err *err)
{
    struct kz_dict *here = kz_dict_new(e->a, 2);
    struct kz_marks marks = {0};
    kz_dict_set(e->a, here, KZ_STR("Name"), kz_val_str(j->name));
    kz_dict_set(e->a, here, KZ_STR("BasePath"), kz_val_str(j->base));
    kz_dict_set(e->a, j->dot, KZ_STR("Template"), kz_val_obj(&kz_helm_type_values, here));
    kz_sprig_begin(&e->run.sprig, j->name);
    kz_buf_clear(&e->text);
    if (kz_eval_run(&e->text, e->ev, e->set, kz_tset_find(e->set, j->name),
                    kz_val_obj(&kz_helm_type_values, j->dot), e->want_marks ? &marks : NULL,
                    err) < 0)
        return say(e->out, e->a,
                   err->code == KZ_E_LIMIT ? kz_helm_error_text(e->a, err)
                                           : exec_message(e->a, j->name, kz_eval_error(e->ev)),
                   err);
    if (kz_str_ends(j->name, KZ_STR("NOTES.txt")))
        return 0;
    const struct kz_str text = kz_str_dup(e->a, kz_buf_str(&e->text)), clean = kz_helm_no_value(e->a, text);
    if (e->want_marks)
        e->out->sources[e->out->n_sources++] =
            (struct kz_helm_source){.path = j->name,
                                    .text = text,
                                    .marks = clean.ptr == text.ptr ? marks : (struct kz_marks){0}};
    e->files[e->n++] = (struct kz_rendered){.path = j->name, .text = clean};
    return 0;
}

static int run_all(struct engine *e, struct jobs *l, struct kz_err *err)
{
    if (l->n > MAX_TEMPLATES)
        return kz_fail(err, KZ_E_LIMIT, "more than %d templates", MAX_TEMPLATES);
    if (l->n > 1)
        qsort(l->at, l->n, sizeof *l->at, by_depth);
    drop_same(l);
    if (parse_all(e, l, err) < 0)
        return -(int)err->code;
    e->files = kz_new_n(e->a, struct kz_rendered, l->n + 1);
    e->out->sources = kz_new_n(e->a, struct kz_helm_source, l->n + 1);
    for (size_t i = 0; i < l->n; i++)
        if (!is_partial(&l->at[i]) && run_one(e, &l->at[i], err) < 0)
            return -(int)err->code;
    return 0;
}

/* The one place where the template engine is called. */
static int run_templates(struct engine *e, struct jobs *l, const struct kz_helm_request *req,
                         struct kz_err *err)
{
    e->set = kz_tset_new(e->a, KZ_STR("gotpl"), kz_helm_tables, kz_helm_n_tables, KZ_MISSING_ZERO);
    e->run = (struct kz_helm_run){.sprig = *req->sprig, .arena = e->a};
    kz_map_init(&e->run.included);
    kz_buf_init(&e->text, (size_t)256 << 20);
    e->ev = kz_eval_new(e->a, NULL, &e->run);
    *err = (struct kz_err){0};
    const int rc = run_all(e, l, err);
    kz_eval_free(e->ev);
    kz_map_done(&e->run.included);
    kz_buf_done(&e->text);
    kz_sprig_done(&e->run.sprig);
    return rc;
}

/* ---- CRDs -------------------------------------------------------------------------------------- */

static bool is_crd(struct kz_str name)
{
    static const char *const ends[] = {".yaml", ".yml", ".json"};
    const size_t dot = kz_str_rindex(name, '.');
    for (size_t i = 0; kz_str_starts(name, KZ_STR("crds/")) && i < kz_countof(ends); i++)
        if (kz_go_fold_eq(kz_str_skip(name, dot), ends[i]))
            return true;
    return false;
}

static size_t count_files(const struct kz_chart *c)
{
    size_t n = c->n_files;
    for (size_t i = 0; i < c->n_subs; i++)
        n += count_files(c->subs[i]);
    return n;
}

static void collect_crds(struct kz_helm_result *r, struct kz_arena *a, const struct kz_chart *c)
{
    const struct kz_str path = kz_chart_full_path(a, c);
    for (size_t i = 0; i < c->n_files; i++)
        if (is_crd(c->files[i].name))
            r->crds[r->n_crds++] = (struct kz_helm_crd){
                .path = kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(path), KZ_ARG(c->files[i].name)),
                .data = c->files[i].data};
    for (size_t i = 0; i < c->n_subs; i++)
        collect_crds(r, a, c->subs[i]);
}

/* ---- the whole --------------------------------------------------------------------------------- */

static int check_name(struct kz_str name, struct kz_err *err)
{
    bool ok = name.len > 0 && name.len <= 53;
    for (size_t i = 0; ok && i < name.len; i++) {
        const char c = name.ptr[i];
        const bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool edge =
            i == 0 || i + 1 == name.len || name.ptr[i - 1] == '.' || name.ptr[i + 1] == '.';
        ok = alnum || (!edge && (c == '-' || c == '.'));
    }
    if (ok)
        return 0;
    (void)kz_fail(
        err, KZ_E_INVALID, "%s",
        name.len == 0
            ? "no name provided"
            : "invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?"
              "(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53");
    return kz_wrap(err, "release name \"" KZ_FMT "\"", KZ_ARG(name));
}

static int prepare(struct kz_value **values, struct kz_capabilities *caps, struct kz_arena *a,
                   struct kz_chart *c, const struct kz_helm_request *req,
                   struct kz_helm_notes *notes, struct kz_helm_result *out, struct kz_err *err)
{
    struct kz_str why;
    if (kz_chart_is_library(c))
        return kz_fail(err, KZ_E_INVALID, KZ_FMT " charts are not installable",
                       KZ_ARG(c->meta->type));
    if (c->meta->deprecated)
        kz_helm_note(notes, "This chart is deprecated");
    if (kz_depends_check(c, err) < 0 || check_name(req->release.name, err) < 0 ||
        kz_capabilities_make(caps, a, req->kube_version, req->api, req->extra_api, err) < 0 ||
        kz_depends_process(c, a, req->values, notes, err) < 0 ||
        kz_values_coalesce(values, a, c, req->values, KZ_VALUES_COALESCE, notes, err) < 0)
        return -(int)err->code;
    if (!req->skip_schema && !kz_schema_charts_ok(&why, a, c, *values)) {
        err->code = KZ_OK;
        err->file[0] = '\0';
        return say(
            out, a,
            kz_str_printf(a,
                          "values don't meet the specifications of the schema(s) in the following "
                          "chart(s):\n" KZ_FMT,
                          KZ_ARG(why)),
            err);
    }
    return 0;
}

static int render(struct kz_helm_result *out, struct kz_arena *a, struct kz_chart *c,
                  const struct kz_helm_request *req, struct kz_helm_notes *notes,
                  struct kz_err *err)
{
    struct kz_capabilities caps;
    struct kz_value *values;
    struct jobs jobs = {0};
    struct engine e = {.a = a, .out = out, .want_marks = req->want_marks};
    if (prepare(&values, &caps, a, c, req, notes, out, err) < 0)
        return -(int)err->code;
    out->late = true;
    if (c->meta->kube_version.len > 0 && !kz_semver_in(caps.kube, c->meta->kube_version))
        return kz_fail(err, KZ_E_INVALID,
                       "chart requires kubeVersion: " KZ_FMT
                       " which is incompatible with Kubernetes " KZ_FMT,
                       KZ_ARG(c->meta->kube_version), KZ_ARG(caps.kube));
    (void)collect(&jobs, a, c, NULL, kz_helm_values(a, values), kz_helm_capabilities(a, &caps),
                  kz_helm_release_val(a, &req->release));
    if (run_templates(&e, &jobs, req, err) < 0)
        return -(int)err->code;
    out->crds = kz_new_n(a, struct kz_helm_crd, count_files(c) + 1);
    collect_crds(out, a, c);
    return kz_manifests_make(&out->manifests, a, e.files, e.n, notes, err);
}

int kz_helm_render(struct kz_helm_result *out, struct kz_arena *a, struct kz_chart *chart,
                   const struct kz_helm_request *req, struct kz_helm_notes *notes,
                   struct kz_err *err)
{
    *out = (struct kz_helm_result){.chart = chart};
    const int rc = render(out, a, chart, req, notes, err);
    if (rc < 0 && out->error.ptr == NULL)
        out->error = kz_helm_error_text(a, err);
    return rc;
}

/* ---- origins ----------------------------------------------------------------------------------- */

static uint32_t newlines(const char *from, const char *to)
{
    uint32_t n = 0;
    for (; from < to; from++)
        n += *from == '\n';
    return n;
}

/* The last mark at or before the offset made the text there. Text of a template stands in the output
 * as it is, so lines count on from the node; what an action printed has the action's line. */
static void from_marks(struct kz_str *file, uint32_t *line, const struct kz_helm_source *s,
                       size_t offset)
{
    size_t low = 0, high = s->marks.len;
    while (low + 1 < high) {
        const size_t mid = low + (high - low) / 2;
        if (s->marks.at[mid].offset <= offset)
            low = mid;
        else
            high = mid;
    }
    const struct kz_mark *m = &s->marks.at[low];
    const struct kz_str source = kz_template_text(m->tmpl);
    const size_t run = offset > m->offset ? offset - m->offset : 0;
    uint32_t col;
    kz_template_place(m->tmpl, m->pos, line, &col);
    *file = kz_template_file(m->tmpl);
    if (m->offset <= offset && m->pos + run <= source.len &&
        memcmp(source.ptr + m->pos, s->text.ptr + m->offset, run) == 0)
        *line += newlines(s->text.ptr + m->offset, s->text.ptr + offset);
}

void kz_helm_origin(struct kz_str *file, uint32_t *line, const struct kz_helm_result *r,
                    const struct kz_manifest *m)
{
    *file = m->file->path;
    *line = 1;
    for (size_t i = 0; i < r->n_sources; i++) {
        const struct kz_helm_source *s = &r->sources[i];
        if (!kz_str_eq(s->path, m->file->path))
            continue;
        if (s->marks.len > 0 && m->text.ptr >= s->text.ptr &&
            m->text.ptr <= s->text.ptr + s->text.len)
            from_marks(file, line, s, (size_t)(m->text.ptr - s->text.ptr));
        return;
    }
}
