/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/chart.h"

#include "helm/ignore.h"
#include "helm/text.h"

#include <stdarg.h>
#include <string.h>

enum { MAX_FILES = 20000, MAX_DEPTH = 64, MAX_NESTED = 32 };
static const size_t max_bytes = (size_t)512 << 20; /* of all files of a chart */

void kz_helm_note(struct kz_helm_notes *notes, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (notes == NULL || kz_value_len(notes->list) >= 1000)
        return;
    kz_value_push(notes->arena, notes->list,
                  kz_value_str(notes->arena, kz_str_dup(notes->arena, kz_str(text))));
}

struct kz_str kz_chart_full_path(struct kz_arena *a, const struct kz_chart *c)
{
    if (c->parent == NULL)
        return c->meta->name;
    return kz_str_concat(a, kz_chart_full_path(a, c->parent), KZ_STR("/charts/"), c->meta->name);
}

bool kz_chart_is_library(const struct kz_chart *c)
{
    return kz_go_fold_eq(c->meta->type, "library");
}

/* ---- from files to a chart --------------------------------------------------------------------- */

static int build(struct kz_chart **out, struct kz_arena *a, const struct kz_chart_files *files,
                 unsigned nested, struct kz_helm_notes *notes, struct kz_err *err);

/* requirements.yaml and .lock of version 1 are also plain files. */
static bool is_v1(const struct kz_chart *c)
{
    return kz_str_is(c->meta->api_version, "v1");
}

static int read_meta(struct kz_chart *c, struct kz_arena *a, const struct kz_chart_file *f,
                     struct kz_err *err)
{
    struct kz_value *doc;
    if (kz_go_yaml(&doc, a, f->data, f->name, err) < 0 ||
        kz_chart_meta_read(c->meta, a, doc, err) < 0)
        return kz_wrap(err, "cannot load " KZ_FMT, KZ_ARG(f->name));
    return 0;
}

static int read_values(struct kz_chart *c, struct kz_arena *a, const struct kz_chart_file *f,
                       struct kz_err *err)
{
    struct kz_value *doc;
    if (kz_go_yaml(&doc, a, f->data, f->name, err) < 0)
        return kz_wrap(err, "cannot load values.yaml");
    if (doc->kind != KZ_MAP && doc->kind != KZ_NULL) {
        (void)kz_fail(err, KZ_E_INVALID,
                      "json: cannot unmarshal %s into Go value of type map[string]interface {}",
                      kz_go_json_kind(doc));
        (void)kz_err_at(err, f->name, doc->line, doc->col);
        (void)kz_wrap(err, "error unmarshaling JSON: while decoding JSON");
        return kz_wrap(err, "cannot load values.yaml");
    }
    kz_go_floats(doc);
    c->values = doc->kind == KZ_MAP ? doc : NULL;
    return 0;
}

static int check_lock(struct kz_arena *a, const struct kz_chart_file *f, struct kz_err *err)
{
    struct kz_value *doc;
    if (kz_go_yaml(&doc, a, f->data, f->name, err) < 0 || kz_chart_lock_check(a, doc, err) < 0)
        return kz_wrap(err, "cannot load " KZ_FMT, KZ_ARG(f->name));
    return 0;
}

/* Sorts one file to where it belongs. Those below charts/ go to `below` with their shorter name. */
static int place(struct kz_chart *c, struct kz_chart_files *templates, struct kz_chart_files *rest,
                 struct kz_chart_files *below, struct kz_arena *a, const struct kz_chart_file *f,
                 struct kz_helm_notes *notes, struct kz_err *err)
{
    if (kz_str_is(f->name, "Chart.yaml"))
        return 0;
    if (kz_str_is(f->name, "values.yaml"))
        return read_values(c, a, f, err);
    if (kz_str_is(f->name, "values.schema.json")) {
        c->schema = f->data.ptr == NULL ? KZ_STR("") : f->data;
        return 0;
    }
    if (kz_str_is(f->name, "Chart.lock"))
        return check_lock(a, f, err);
    const bool is_lock = kz_str_is(f->name, "requirements.lock");
    if (is_lock || kz_str_is(f->name, "requirements.yaml")) {
        if (!is_v1(c))
            kz_helm_note(
                notes, "%s",
                is_lock ? "Dependency locking is handled in Chart.lock since apiVersion \"v2\"."
                        : "Dependencies are handled in Chart.yaml since apiVersion \"v2\".");
        if ((is_lock ? check_lock(a, f, err) : read_meta(c, a, f, err)) < 0)
            return -(int)err->code;
        if (is_v1(c))
            kz_chart_files_add(a, rest, f->name, f->data);
        return 0;
    }
    if (kz_str_starts(f->name, KZ_STR("templates/")))
        kz_chart_files_add(a, templates, f->name, f->data);
    else if (kz_str_starts(f->name, KZ_STR("charts/")) && !kz_str_ends(f->name, KZ_STR(".prov")))
        kz_chart_files_add(a, below, kz_str_skip(f->name, 7), f->data);
    else
        kz_chart_files_add(a, rest, f->name, f->data);
    return 0;
}

static struct kz_str first_part(struct kz_str name)
{
    return kz_str_head(name, kz_str_index(name, '/'));
}

static int build_packed(struct kz_chart **out, struct kz_arena *a, const struct kz_chart_file *f,
                        unsigned nested, struct kz_helm_notes *notes, struct kz_err *err)
{
    struct kz_chart_files files = {0};
    int rc = kz_archive_read(&files, a, f->data, err);
    return rc < 0 ? rc : build(out, a, &files, nested, notes, err);
}

/* The chart "name" below: a folder's files, or one packed file. */
static int build_below(struct kz_chart **out, struct kz_arena *a,
                       const struct kz_chart_files *below, struct kz_str name, unsigned nested,
                       struct kz_helm_notes *notes, struct kz_err *err)
{
    const bool packed = kz_str_ends(name, KZ_STR(".tgz"));
    struct kz_chart_files files = {0};
    for (size_t i = 0; i < below->n; i++) {
        struct kz_str head, rest = kz_str_cut(&head, below->at[i].name, '/');
        if (!kz_str_eq(head, name))
            continue;
        if (packed && rest.len > 0)
            return kz_fail(err, KZ_E_INVALID, "expected " KZ_FMT ", got " KZ_FMT, KZ_ARG(name),
                           KZ_ARG(below->at[i].name));
        if (packed)
            return build_packed(out, a, &below->at[i], nested, notes, err);
        if (head.len < below->at[i].name.len)
            kz_chart_files_add(a, &files, rest, below->at[i].data);
    }
    return build(out, a, &files, nested, notes, err);
}

static int by_name(const void *x, const void *y)
{
    return kz_str_cmp(*(const struct kz_str *)x, *(const struct kz_str *)y);
}

/* Helm takes the charts below in random order; by name is one of them. */
static int build_subs(struct kz_chart *c, struct kz_arena *a, const struct kz_chart_files *below,
                      unsigned nested, struct kz_helm_notes *notes, struct kz_err *err)
{
    struct kz_str *names = kz_new_n(a, struct kz_str, below->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < below->n; i++)
        names[n++] = first_part(below->at[i].name);
    if (n > 1)
        qsort(names, n, sizeof *names, by_name);
    c->subs = kz_new_n(a, struct kz_chart *, n + 1);
    for (size_t i = 0; i < n; i++) {
        if ((i > 0 && kz_str_eq(names[i], names[i - 1])) || names[i].len == 0 ||
            names[i].ptr[0] == '_' || names[i].ptr[0] == '.')
            continue;
        struct kz_chart *sub;
        if (build_below(&sub, a, below, names[i], nested + 1, notes, err) < 0)
            return kz_wrap(err, "error unpacking subchart " KZ_FMT " in " KZ_FMT, KZ_ARG(names[i]),
                           KZ_ARG(c->meta->name));
        sub->parent = c;
        c->subs[c->n_subs++] = sub;
    }
    return 0;
}

static int build(struct kz_chart **out, struct kz_arena *a, const struct kz_chart_files *files,
                 unsigned nested, struct kz_helm_notes *notes, struct kz_err *err)
{
    struct kz_chart *c = kz_new(a, struct kz_chart);
    struct kz_chart_files templates = {0}, rest = {0}, below = {0};
    bool has_meta = false;
    if (nested > MAX_NESTED)
        return kz_fail(err, KZ_E_LIMIT, "charts are nested deeper than %d", MAX_NESTED);
    c->meta = kz_new(a, struct kz_chart_meta);
    for (size_t i = 0; i < files->n; i++) {
        if (kz_str_is(files->at[i].name, "Chart.yaml")) {
            has_meta = true;
            if (read_meta(c, a, &files->at[i], err) < 0)
                return -(int)err->code;
            if (c->meta->api_version.len == 0)
                c->meta->api_version = KZ_STR("v1");
        }
    }
    for (size_t i = 0; i < files->n; i++) {
        has_meta = has_meta || kz_str_starts(files->at[i].name, KZ_STR("requirements."));
        if (place(c, &templates, &rest, &below, a, &files->at[i], notes, err) < 0)
            return -(int)err->code;
    }
    if (!has_meta)
        return kz_fail(err, KZ_E_INVALID, "Chart.yaml file is missing");
    if (kz_chart_meta_check(c->meta, a, err) < 0)
        return -(int)err->code;
    c->templates = templates.at;
    c->n_templates = templates.n;
    c->files = rest.at;
    c->n_files = rest.n;
    if (build_subs(c, a, &below, nested, notes, err) < 0)
        return -(int)err->code;
    *out = c;
    return 0;
}

int kz_chart_build(struct kz_chart **out, struct kz_arena *a, const struct kz_chart_files *files,
                   struct kz_helm_notes *notes, struct kz_err *err)
{
    return build(out, a, files, 0, notes, err);
}

/* ---- from a tree to files ---------------------------------------------------------------------- */

struct walk {
    struct kz_tree *tree;
    struct kz_arena *a;
    struct kz_str root;
    struct kz_ignore ignore;
    struct kz_chart_files files;
    size_t bytes;
    struct kz_helm_notes *notes;
};

static struct kz_str join(struct kz_arena *a, struct kz_str dir, struct kz_str name)
{
    return dir.len == 0 ? name : kz_str_concat(a, dir, KZ_STR("/"), name);
}

/* A picture that git keeps elsewhere is no reason to fail; a template would be. */
static bool may_be_absent(struct kz_str name, const struct kz_err *err)
{
    static const char *const needed[] = {".yaml", ".yml", ".tpl", ".json", ".tgz", ".txt"};
    if (!kz_str_has(kz_str(err->frame[0]), KZ_STR("Git LFS pointer")) ||
        kz_str_has(name, KZ_STR("templates/")))
        return false;
    for (size_t i = 0; i < kz_countof(needed); i++)
        if (kz_str_ends(name, kz_str(needed[i])))
            return false;
    return true;
}

static int add_file(struct walk *w, struct kz_str name, struct kz_err *err)
{
    struct kz_str data;
    if (kz_tree_read(&data, w->a, w->tree, join(w->a, w->root, name), 0, err) < 0) {
        if (!may_be_absent(name, err))
            return kz_wrap(err, "error reading " KZ_FMT, KZ_ARG(name));
        kz_helm_note(w->notes, KZ_FMT " is a Git LFS pointer and left out", KZ_ARG(name));
        return 0;
    }
    w->bytes += data.len;
    if (w->files.n >= MAX_FILES)
        return kz_fail(err, KZ_E_LIMIT, "the chart has more than %d files", MAX_FILES);
    if (w->bytes > max_bytes)
        return kz_fail(err, KZ_E_LIMIT, "the chart has more than %zu MiB of files",
                       max_bytes >> 20);
    kz_chart_files_add(w->a, &w->files, name, kz_chart_no_bom(data));
    return 0;
}

/* dir: relative to the chart. In order of names, a folder where its name stands, as Helm walks. */
static int walk_dir(struct walk *w, struct kz_str dir, unsigned depth, struct kz_err *err)
{
    struct kz_tree_entry *entries;
    size_t n;
    if (depth > MAX_DEPTH)
        return kz_fail(err, KZ_E_LIMIT, "folders are nested deeper than %d: '" KZ_FMT "'",
                       MAX_DEPTH, KZ_ARG(dir));
    struct kz_str full = dir.len == 0 ? w->root : join(w->a, w->root, dir);
    if (kz_tree_list(&entries, &n, w->a, w->tree, full, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; i < n; i++) {
        struct kz_str name = join(w->a, dir, entries[i].name);
        if (kz_ignore_has(&w->ignore, name, entries[i].is_dir))
            continue;
        if ((entries[i].is_dir ? walk_dir(w, name, depth + 1, err) : add_file(w, name, err)) < 0)
            return -(int)err->code;
    }
    return 0;
}

static int load_folder(struct kz_chart **out, struct walk *w, struct kz_helm_notes *notes,
                       struct kz_err *err)
{
    struct kz_str text = KZ_STR(""), path = join(w->a, w->root, KZ_STR(".helmignore"));
    if (kz_tree_kind(w->tree, path) == KZ_TREE_FILE &&
        kz_tree_read(&text, w->a, w->tree, path, 1 << 20, err) < 0)
        return -(int)err->code;
    if (kz_ignore_parse(&w->ignore, w->a, text, err) < 0)
        return -(int)err->code;
    if (walk_dir(w, KZ_STR(""), 0, err) < 0)
        return -(int)err->code;
    return kz_chart_build(out, w->a, &w->files, notes, err);
}

int kz_chart_load(struct kz_chart **out, struct kz_arena *a, struct kz_tree *tree,
                  struct kz_str path, struct kz_helm_notes *notes, struct kz_err *err)
{
    struct walk w = {.tree = tree, .a = a, .root = path, .notes = notes};
    struct kz_chart_files files = {0};
    struct kz_str data;
    if (kz_tree_kind(tree, path) != KZ_TREE_FILE)
        return load_folder(out, &w, notes, err);
    if (kz_tree_read(&data, a, tree, path, 0, err) < 0)
        return -(int)err->code;
    if (kz_archive_read(&files, a, data, err) < 0)
        return kz_wrap(err, "file '" KZ_FMT "' is not a packed chart", KZ_ARG(path));
    return kz_chart_build(out, a, &files, notes, err);
}
