/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain manifests: a file, or the files of a folder in sorted path order. What is in git is what is
 * applied; values play no part. */
#include "plugins/renderer.h"

#include "base/glob.h"
#include "base/vec.h"
#include "value/json.h"
#include "value/yaml.h"

enum { MAX_FILES = 20000, MAX_DEPTH = 64 };

static const struct kz_option options[] = {
    {"recursive", "boolean", "true", "also read the folders below"},
    {"include", "strings", "", "globs: only files that match one, by path in the module or by name"},
    {"exclude", "strings", "", "globs: no file that matches one; beats include"},
    {NULL, NULL, NULL, NULL},
};

struct walk {
    struct kz_tree *tree;
    struct kz_arena *arena;
    struct kz_str root;  /* the module's folder */
    bool recursive;
    const struct kz_value *include, *exclude;
    KZ_VEC(struct kz_str) files; /* full paths */
};

static bool is_manifest(struct kz_str name)
{
    static const char *const ends[] = {".yaml", ".yml", ".json"};
    for (size_t i = 0; i < kz_countof(ends); i++)
        if (kz_str_ends(name, kz_str(ends[i])))
            return name.ptr[0] != '.';
    return false;
}

static struct kz_str base_name(struct kz_str path)
{
    size_t slash = kz_str_rindex(path, '/');
    return slash == path.len ? path : kz_str_skip(path, slash + 1);
}

/* The path below the module's folder: what options speak of and origins show. */
static struct kz_str below(struct kz_str root, struct kz_str path)
{
    if (kz_str_eq(root, path))
        return base_name(path); /* the module is one file */
    return root.len == 0 ? path : kz_str_skip(path, root.len + 1);
}

/* A pattern without '/' is about the file's name wherever it lies. */
static bool matches(const struct kz_value *globs, struct kz_str path)
{
    for (size_t i = 0; i < kz_value_len(globs); i++) {
        struct kz_str glob = kz_value_as_str(kz_value_at(globs, i));
        bool plain = kz_str_index(glob, '/') == glob.len;
        if (kz_glob_match(glob, path) || (plain && kz_glob_match(glob, base_name(path))))
            return true;
    }
    return false;
}

static int check_globs(const struct kz_value *globs, const char *option, struct kz_err *err)
{
    for (size_t i = 0; i < kz_value_len(globs); i++) {
        struct kz_str glob = kz_value_as_str(kz_value_at(globs, i));
        const char *bad = kz_glob_bad(glob);
        if (bad != NULL)
            return kz_fail(err, KZ_E_INVALID, "option '%s': '" KZ_FMT "': %s", option, KZ_ARG(glob), bad);
    }
    return 0;
}

static bool wanted(const struct walk *w, struct kz_str path)
{
    struct kz_str rel = below(w->root, path);
    if (kz_value_len(w->include) > 0 && !matches(w->include, rel))
        return false;
    return !matches(w->exclude, rel);
}

static int collect(struct walk *w, struct kz_str dir, unsigned depth, struct kz_err *err)
{
    struct kz_tree_entry *entries;
    size_t n;
    if (depth > MAX_DEPTH)
        return kz_fail(err, KZ_E_LIMIT, "folders are nested deeper than %d: '" KZ_FMT "'", MAX_DEPTH,
                       KZ_ARG(dir));
    if (kz_tree_list(&entries, &n, w->arena, w->tree, dir, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; i < n; i++) {
        struct kz_str path;
        if (entries[i].name.len == 0 || entries[i].name.ptr[0] == '.' ||
            (entries[i].is_dir ? !w->recursive : !is_manifest(entries[i].name)))
            continue;
        if (kz_tree_join(&path, w->arena, dir, entries[i].name, err) < 0)
            return -(int)err->code;
        if (entries[i].is_dir) {
            if (collect(w, path, depth + 1, err) < 0)
                return -(int)err->code;
        } else if (wanted(w, path)) {
            if (w->files.len == MAX_FILES)
                return kz_fail(err, KZ_E_LIMIT, "more than %d files", MAX_FILES);
            kz_vec_push(&w->files, path);
        }
    }
    return 0;
}

static int by_path(const void *a, const void *b)
{
    return kz_str_cmp(*(const struct kz_str *)a, *(const struct kz_str *)b);
}

static int read_documents(struct kz_value **out, struct kz_render *r, struct kz_str path,
                          struct kz_err *err)
{
    struct kz_str text;
    if (kz_tree_read(&text, r->arena, r->tree, path, 0, err) < 0)
        return -(int)err->code;
    if (!kz_str_ends(path, KZ_STR(".json")))
        return kz_yaml_read_all(out, r->arena, text, path, NULL, err);
    struct kz_value *doc;
    if (kz_json_read(&doc, r->arena, text, path, err) < 0)
        return -(int)err->code;
    *out = kz_value_list(r->arena);
    kz_value_push(r->arena, *out, doc);
    return 0;
}

/* Definitions for kzsync itself may lie beside what they deploy. */
static bool is_definition(const struct kz_value *doc)
{
    return kz_str_starts(kz_value_path_str(doc, "apiVersion"), KZ_STR("kubezero.com/"));
}

static int emit_file(struct kz_render *r, struct kz_str path, size_t *n, struct kz_err *err)
{
    struct kz_value *docs;
    if (read_documents(&docs, r, path, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; i < docs->as.list.len; i++) {
        struct kz_value *doc = docs->as.list.at[i];
        uint32_t line = doc->line > 0 ? doc->line : 1;
        if (doc->kind == KZ_NULL || is_definition(doc))
            continue;
        if (kz_value_path_str(doc, "kind").len == 0) {
            (void)kz_fail(err, KZ_E_INVALID, "not a Kubernetes object: it has no kind");
            (void)kz_err_hint(err, "leave it out with options: {exclude: [\"" KZ_FMT "\"]}",
                              KZ_ARG(below(r->path, path)));
            return kz_err_at(err, path, line, 1);
        }
        if (kz_str_starts(kz_value_path_str(doc, "apiVersion"), KZ_STR("kustomize.config.k8s.io/"))) {
            (void)kz_fail(err, KZ_E_INVALID, "a kustomization is not an object of the cluster");
            (void)kz_err_hint(err, "set renderer: exec:kustomize");
            return kz_err_at(err, path, line, 1);
        }
        int rc = r->emit(r, doc, below(r->path, path), line, err);
        if (rc < 0)
            return kz_err_at(err, path, line, 1);
        (*n)++;
    }
    return 0;
}

static int render_files(struct kz_render *r, struct walk *w, struct kz_err *err)
{
    size_t n = 0;
    enum kz_tree_kind kind = kz_tree_kind(r->tree, r->path);
    if (kind == KZ_TREE_NONE)
        return kz_fail(err, KZ_E_NOTFOUND, "there is no '" KZ_FMT "' in the source", KZ_ARG(r->path));
    if (kind == KZ_TREE_FILE)
        kz_vec_push(&w->files, r->path);
    else if (collect(w, r->path, 0, err) < 0)
        return -(int)err->code;
    if (w->files.len > 1)
        qsort(w->files.at, w->files.len, sizeof *w->files.at, by_path);
    for (size_t i = 0; i < w->files.len; i++)
        if (emit_file(r, w->files.at[i], &n, err) < 0)
            return -(int)err->code;
    if (n == 0) {
        (void)kz_fail(err, KZ_E_INVALID, "no manifests under '" KZ_FMT "'", KZ_ARG(r->path));
        return kz_err_hint(err, "a module that shall have no objects is one with enabled: false");
    }
    return 0;
}

static int render(struct kz_render *r, struct kz_err *err)
{
    struct walk w = {.tree = r->tree, .arena = r->arena, .root = r->path,
                     .recursive = kz_value_path_bool(r->options, "recursive", true),
                     .include = kz_value_get(r->options, "include"),
                     .exclude = kz_value_get(r->options, "exclude")};
    if (check_globs(w.include, "include", err) < 0 || check_globs(w.exclude, "exclude", err) < 0)
        return -(int)err->code;
    int rc = render_files(r, &w, err);
    kz_vec_done(&w.files);
    return rc;
}

/* A chart or kustomization also holds YAML, but its files are not what is applied. */
static bool is_of_another(struct kz_tree *t, struct kz_arena *a, struct kz_str path)
{
    static const char *const marks[] = {"Chart.yaml", "kustomization.yaml", "kustomization.yml",
                                        "Kustomization"};
    for (size_t i = 0; i < kz_countof(marks); i++) {
        struct kz_err err;
        struct kz_str full;
        if (kz_tree_join(&full, a, path, kz_str(marks[i]), &err) == 0 &&
            kz_tree_kind(t, full) == KZ_TREE_FILE)
            return true;
    }
    return false;
}

static int claims(struct kz_tree *t, struct kz_str path)
{
    enum kz_tree_kind kind = kz_tree_kind(t, path);
    if (kind != KZ_TREE_DIR)
        return kind == KZ_TREE_FILE && is_manifest(base_name(path));
    struct kz_err err;
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    struct walk w = {.tree = t, .arena = a, .root = path, .recursive = true};
    if (is_of_another(t, a, path))
        return 0;
    bool any = collect(&w, path, 0, &err) == 0 && w.files.len > 0;
    kz_vec_done(&w.files);
    return any;
}

const struct kz_renderer kz_renderer_yaml = {
    .abi = KZ_RENDERER_ABI,
    .size = sizeof(struct kz_renderer),
    .name = "yaml",
    .summary = "plain manifests, as they are in git",
    .options = options,
    .claims = claims,
    .render = render,
    .rank = 0,
};
