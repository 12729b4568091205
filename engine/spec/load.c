/* SPDX-License-Identifier: Apache-2.0
 *
 * From files to one reply: documents -> drafts (a module with its layers) -> merged specs. Each
 * document is checked against the option tables where it stands, so that errors name its own file and
 * line; the finished reply then goes through kz_platform_decode, as it will in the parent. */
#include "spec/platform.h"

#include "base/vec.h"
#include "source/tree.h"
#include "spec/fields.h"
#include "spec/layers.h"
#include "base/near.h"
#include "spec/sections.h"
#include "spec/tenancy.h"
#include "value/merge.h"
#include "value/yaml.h"

#define PLATFORM_FILE "kubezero.yaml"
enum { FILE_MAX = 3 << 20 };

struct load {
    struct kz_arena *a;
    struct kz_tree *tree;
    struct kz_err *err;
    struct kz_str file;              /* of the Platform */
    const struct kz_value *platform; /* its document; NULL until it is read */
    KZ_VEC(struct kz_draft) drafts;
    struct kz_map by_name;           /* a draft's name -> its place in drafts, + 1 */
    struct kz_map files;             /* that were read for Modules */
    struct kz_value *tenants;        /* list as in the reply */
    struct kz_value *warnings;
};

static struct kz_str join(struct kz_arena *a, struct kz_str folder, struct kz_str name)
{
    return folder.len == 0 ? name
                           : kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(folder), KZ_ARG(name));
}

static struct kz_str base_name(struct kz_str path)
{
    size_t slash = kz_str_rindex(path, '/');
    return slash == path.len ? path : kz_str_skip(path, slash + 1);
}

static struct kz_str folder_of(struct kz_str file)
{
    return kz_str_head(file, kz_str_rindex(file, '/') == file.len ? 0 : kz_str_rindex(file, '/'));
}

static bool is_yaml(struct kz_str name)
{
    return kz_str_ends(name, KZ_STR(".yaml")) || kz_str_ends(name, KZ_STR(".yml"));
}

static struct kz_draft *find_draft(struct load *l, struct kz_str name)
{
    const void *place = kz_map_find(&l->by_name, name);
    return place == NULL ? NULL : &l->drafts.at[(uintptr_t)place - 1];
}

/* ---- documents ----------------------------------------------------------------------------- */

static int add_draft(struct load *l, struct kz_str name, struct kz_str file,
                     const struct kz_value *spec, uint32_t line, uint32_t col)
{
    const struct kz_draft *old = find_draft(l, name);
    if (old != NULL) {
        (void)kz_fail(l->err, KZ_E_INVALID, "two modules are named '" KZ_FMT "'", KZ_ARG(name));
        (void)kz_err_at(l->err, file, line, col);
        return kz_err_hint(l->err, "rename one; the other is at " KZ_FMT ":%u", KZ_ARG(old->file),
                           old->line);
    }
    if (l->drafts.len == KZ_MODULES_MAX)
        return kz_fail(l->err, KZ_E_LIMIT, "more than %d modules", KZ_MODULES_MAX);
    struct kz_draft d = {.name = name, .file = file, .line = line, .col = col, .n_layers = 1,
                         .layers[0] = {.file = file, .spec = spec}};
    kz_vec_push(&l->drafts, d);
    (void)kz_map_put(&l->by_name, name, (void *)(uintptr_t)l->drafts.len);
    return 0;
}

static int check_doc(struct load *l, const struct kz_doc_kind *kind, struct kz_str file,
                     const struct kz_value *doc)
{
    struct kz_owner owner = {.file = file, .kind = kind->kind,
                             .name = kz_value_path_str(doc, "metadata.name")};
    int rc = kz_fields_check(kind->fields, doc, &owner, l->err);
    if (rc == 0)
        kz_fields_inert(l->warnings, l->a, kind->fields, doc, &owner);
    return rc;
}

static int take_module(struct load *l, struct kz_str file, const struct kz_value *doc)
{
    static const struct kz_value empty = {.kind = KZ_MAP};
    int rc = check_doc(l, &kz_doc_module, file, doc);
    if (rc < 0)
        return rc;
    const struct kz_value *name = kz_value_path(doc, "metadata.name");
    const struct kz_value *spec = kz_value_get(doc, "spec");
    return add_draft(l, name->as.str, file, kz_value_is(spec, KZ_MAP) ? spec : &empty, name->line,
                     name->col);
}

static int take_platform(struct load *l, struct kz_str file, const struct kz_value *doc)
{
    if (l->platform != NULL) {
        (void)kz_fail(l->err, KZ_E_INVALID, "more than one Platform");
        return kz_err_at(l->err, file, doc->line, doc->col);
    }
    l->platform = doc;
    return check_doc(l, &kz_doc_platform, file, doc);
}

static int take_unknown(struct load *l, struct kz_str file, const struct kz_value *doc, bool root)
{
    const struct kz_value *kind = kz_value_get(doc, "kind");
    struct kz_near near = kz_near(kz_value_as_str(kind));
    if (root)
        kz_near_try(&near, KZ_STR("Platform"));
    kz_near_try(&near, KZ_STR("Module"));
    if (kz_value_is(kind, KZ_STRING))
        (void)kz_fail(l->err, KZ_E_INVALID, "kind '" KZ_FMT "' can't stand here" KZ_NEAR_FMT,
                      KZ_ARG(kz_str_head(kind->as.str, 63)), KZ_NEAR_ARGS(near));
    else
        (void)kz_fail(l->err, KZ_E_INVALID, "a definition needs the field 'kind'");
    (void)kz_err_at(l->err, file, kind != NULL ? kind->line : doc->line,
                    kind != NULL ? kind->col : doc->col);
    return kz_err_hint(l->err, root ? "this file holds a Platform and Modules; manifests go into a "
                                      "folder that a Module's source.path names"
                                    : "this file holds Modules; manifests go into a folder that a "
                                      "Module's source.path names");
}

static int read_docs(struct load *l, struct kz_value **docs, struct kz_str file)
{
    struct kz_str text;
    int rc = kz_tree_read(&text, l->a, l->tree, file, FILE_MAX, l->err);
    if (rc < 0)
        return kz_err_at(l->err, file, 0, 0);
    return kz_yaml_read_all(docs, l->a, text, file, NULL, l->err);
}

/* root: the file may hold the Platform. */
static int take_file(struct load *l, struct kz_str file, bool root)
{
    struct kz_value *docs;
    if (kz_map_put(&l->files, file, l) != NULL) /* a tenant's folder may lie in the platform's */
        return 0;
    int rc = read_docs(l, &docs, file);
    for (size_t i = 0; rc == 0 && i < kz_value_len(docs); i++) {
        const struct kz_value *doc = kz_value_at(docs, i);
        struct kz_str kind = kz_value_path_str(doc, "kind");
        if (kz_str_is(kind, "Module"))
            rc = take_module(l, file, doc);
        else if (root && kz_str_is(kind, "Platform"))
            rc = take_platform(l, file, doc);
        else
            rc = take_unknown(l, file, doc, root);
    }
    return rc;
}

/* FOLDER/SUB/module.yaml; of the platform's own folder also FOLDER/NAME.yaml, of a tenant's FOLDER/module.yaml: what
 * else a tenant puts there is content. */
static int take_modules_folder(struct load *l, struct kz_str folder, bool own)
{
    struct kz_tree_entry *entries = NULL;
    size_t n = 0;
    if (kz_tree_kind(l->tree, folder) != KZ_TREE_DIR)
        return 0;
    int rc = kz_tree_list(&entries, &n, l->a, l->tree, folder, l->err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct kz_str path = join(l->a, folder, entries[i].name);
        if (entries[i].is_dir) {
            path = join(l->a, path, KZ_STR("module.yaml"));
            if (kz_tree_kind(l->tree, path) != KZ_TREE_FILE)
                continue;
        } else if (own ? !is_yaml(path) : !kz_str_is(entries[i].name, "module.yaml")) {
            continue;
        }
        rc = take_file(l, path, false);
    }
    return rc;
}

/* ---- what the Platform refers to ----------------------------------------------------------- */

static int missing_edition(struct load *l, const struct kz_value *edition, struct kz_str file)
{
    struct kz_tree_entry *entries = NULL;
    struct kz_err why;
    size_t n = 0;
    struct kz_buf list;
    kz_buf_init(&list, 120);
    if (kz_tree_kind(l->tree, folder_of(file)) == KZ_TREE_DIR &&
        kz_tree_list(&entries, &n, l->a, l->tree, folder_of(file), &why) < 0)
        n = 0;
    for (size_t i = 0; i < n; i++)
        if (kz_str_ends(entries[i].name, KZ_STR(".yaml")))
            kz_buf_printf(&list, "%s" KZ_FMT, list.len > 0 ? ", " : "",
                          KZ_ARG(kz_str_head(entries[i].name, entries[i].name.len - 5)));
    (void)kz_fail(l->err, KZ_E_NOTFOUND, "edition '" KZ_FMT "' is not available: no file " KZ_FMT,
                  KZ_ARG(edition->as.str), KZ_ARG(kz_str_head(file, 60)));
    (void)kz_err_at(l->err, l->file, edition->line, edition->col);
    if (list.len > 0)
        (void)kz_err_hint(l->err, "editions in this repository: " KZ_FMT, KZ_ARG(kz_buf_str(&list)));
    else
        (void)kz_err_hint(l->err, "add that file, name its folder in editionSource.path, or leave out "
                                  "edition and list all in modules");
    kz_buf_done(&list);
    return -(int)l->err->code;
}

static int take_edition(struct load *l, const struct kz_value *spec)
{
    const struct kz_value *edition = kz_value_get(spec, "edition");
    const struct kz_value *at = kz_value_path(spec, "editionSource.path");
    struct kz_str folder = KZ_STR("charts");
    if (!kz_value_is(edition, KZ_STRING))
        return 0;
    if (kz_value_is(at, KZ_STRING)) {
        int rc = kz_layers_path(&folder, l->a, l->file, at, "editionSource.path", l->err);
        if (rc < 0)
            return rc;
    }
    struct kz_str file = join(l->a, folder, kz_str_printf(l->a, "editions/" KZ_FMT ".yaml",
                                                          KZ_ARG(edition->as.str)));
    if (kz_tree_kind(l->tree, file) != KZ_TREE_FILE)
        return missing_edition(l, edition, file);
    return take_file(l, file, false);
}

static int take_tenants(struct load *l, const struct kz_value *spec)
{
    int rc = kz_tenancy_list(&l->tenants, l->a, l->file, kz_value_get(spec, "tenants"), l->err);
    for (size_t i = 0; rc == 0 && i < kz_value_len(l->tenants); i++) {
        const struct kz_value *folders = kz_value_get(kz_value_at(l->tenants, i), "folders");
        for (size_t k = 0; rc == 0 && k < kz_value_len(folders); k++)
            rc = take_modules_folder(l, kz_value_as_str(kz_value_at(folders, k)), false);
    }
    return rc;
}

static void add_layer(struct kz_draft *d, struct kz_str file, const struct kz_value *spec)
{
    kz_assert(d->n_layers < KZ_LAYERS);
    d->layers[d->n_layers++] = (struct kz_layer){.file = file, .spec = spec};
}

static int take_values_file(struct load *l, const struct kz_value *spec)
{
    const struct kz_value *name = kz_value_get(spec, "values");
    struct kz_str path, text;
    struct kz_value *values = NULL;
    struct kz_sections s = {.arena = l->a, .warnings = l->warnings};
    if (!kz_value_is(name, KZ_STRING))
        return 0;
    int rc = kz_layers_existing(&path, l->a, l->tree, l->file, name, "values", l->err);
    if (rc == 0) {
        rc = kz_tree_read(&text, l->a, l->tree, path, FILE_MAX, l->err);
        if (rc < 0)
            return kz_err_at(l->err, l->file, name->line, name->col);
        rc = kz_yaml_read(&values, l->a, text, path, l->err);
    }
    if (rc == 0)
        rc = kz_sections_init(&s, path, values, l->err);
    for (size_t i = 0; rc == 0 && i < l->drafts.len; i++) {
        struct kz_draft *d = &l->drafts.at[i];
        const struct kz_value *section;
        if (s.global != NULL)
            add_layer(d, path, s.global);
        rc = kz_sections_take(&section, &s, d->name, l->err);
        if (rc == 0 && section != NULL)
            add_layer(d, path, section);
    }
    if (rc == 0)
        kz_sections_rest(&s);
    return rc;
}

static int no_such_module(struct load *l, const struct kz_pair *entry)
{
    struct kz_near near = kz_near(entry->key);
    for (size_t i = 0; i < l->drafts.len; i++)
        kz_near_try(&near, l->drafts.at[i].name);
    (void)kz_fail(l->err, KZ_E_INVALID, "no module '" KZ_FMT "' to override" KZ_NEAR_FMT,
                  KZ_ARG(entry->key), KZ_NEAR_ARGS(near));
    (void)kz_err_at(l->err, l->file, entry->line, entry->col);
    return kz_err_hint(l->err, "a further module needs source: {path: ...}");
}

/* Further modules first, so that the values file has a section for them too. */
static int take_further(struct load *l, const struct kz_value *modules)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < kz_value_len(modules); i++) {
        const struct kz_pair *p = &modules->as.map.at[i];
        if (find_draft(l, p->key) != NULL)
            continue;
        if (kz_value_get(p->val, "source") == NULL)
            return no_such_module(l, p);
        rc = add_draft(l, p->key, l->file, kz_value_map(l->a), p->line, p->col);
    }
    return rc;
}

static void take_overrides(struct load *l, const struct kz_value *modules)
{
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_pair *p = &modules->as.map.at[i];
        struct kz_draft *d = find_draft(l, p->key);
        kz_assert(d != NULL); /* take_further made the missing ones */
        if (p->val->kind == KZ_MAP)
            add_layer(d, l->file, p->val);
    }
}

/* ---- reply --------------------------------------------------------------------------------- */

static void set_str(struct load *l, struct kz_value *map, const char *key, struct kz_str s)
{
    kz_value_set(l->a, map, kz_str(key), kz_value_str(l->a, s));
}

static int finish_source(struct load *l, struct kz_value *m, const struct kz_draft *d,
                         const struct kz_value *spec)
{
    const struct kz_value *source = kz_value_path(spec, "source.path");
    bool enabled = kz_value_path_bool(spec, "enabled", true);
    struct kz_str path, id = KZ_STR("");
    int rc;
    if (source == NULL) {
        (void)kz_fail(l->err, KZ_E_INVALID, "the module has no source");
        (void)kz_err_at(l->err, d->file, d->line, d->col);
        return kz_err_hint(l->err, "add source: {path: ...}");
    }
    struct kz_str file = kz_draft_layer(d, "source.path")->file;
    if (enabled)
        rc = kz_layers_existing(&path, l->a, l->tree, file, source, "source.path", l->err);
    else
        rc = kz_layers_path(&path, l->a, file, source, "source.path", l->err);
    if (rc == 0 && enabled)
        rc = kz_tree_id(&id, l->a, l->tree, path, l->err);
    if (rc < 0)
        return kz_err_at(l->err, file, source->line, source->col);
    set_str(l, m, "path", path);
    set_str(l, m, "treeId", id);
    return 0;
}

/* `auto` is decided here, where the tree is at hand: charts read facts about the cluster, plain YAML does
 * not, and the engine has to know which. What is neither stays auto, and its render says why. */
static void decide_renderer(struct load *l, struct kz_value *m, struct kz_value *spec)
{
    struct kz_str path = kz_value_path_str(m, "path");
    const struct kz_value *said = kz_value_get(spec, "renderer");
    if (said != NULL && !kz_str_is(kz_value_as_str(said), "auto"))
        return;
    static const struct {
        const char *mark, *renderer;
    } rows[] = {{"Chart.yaml", "helm"}, {"kustomization.yaml", NULL}, {"kustomization.yml", NULL}, {"Kustomization", NULL}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_str file = kz_str_printf(l->a, KZ_FMT "%s%s", KZ_ARG(path), path.len > 0 ? "/" : "", rows[i].mark);
        if (kz_tree_kind(l->tree, file) != KZ_TREE_FILE)
            continue;
        if (rows[i].renderer != NULL)
            kz_value_set(l->a, spec, KZ_STR("renderer"), kz_value_cstr(l->a, rows[i].renderer));
        return;
    }
    if (kz_tree_kind(l->tree, path) == KZ_TREE_DIR || kz_str_ends(path, KZ_STR(".yaml")))
        kz_value_set(l->a, spec, KZ_STR("renderer"), kz_value_cstr(l->a, "yaml"));
}

static int finish_module(struct load *l, struct kz_value *list, const struct kz_draft *d)
{
    struct kz_value *m = kz_value_map(l->a), *spec = kz_draft_spec(l->a, d), *values = NULL;
    struct kz_value *layers = NULL;
    m->line = d->line;
    m->col = d->col;
    set_str(l, m, "name", d->name);
    set_str(l, m, "file", d->file);
    kz_value_set(l->a, m, KZ_STR("line"), kz_value_int(l->a, d->line));
    set_str(l, m, "dependsFile", kz_draft_layer(d, "dependsOn")->file);
    set_str(l, m, "windowsFile", kz_draft_layer(d, "windows")->file);
    int rc = finish_source(l, m, d, spec);
    if (rc == 0)
        rc = kz_draft_values(&values, &layers, l->a, l->tree, d, l->err);
    if (rc < 0)
        return kz_wrap(l->err, KZ_FMT, KZ_ARG(d->name));
    kz_tenancy_claim(m, &(struct kz_tenancy){.arena = l->a, .tenants = l->tenants, .file = l->file}, d, spec);
    decide_renderer(l, m, spec);
    (void)kz_value_del(spec, KZ_STR("source"));
    kz_value_set(l->a, spec, KZ_STR("values"), values);
    kz_value_set(l->a, m, KZ_STR("spec"), spec);
    if (layers != NULL)
        kz_value_set(l->a, m, KZ_STR("valueLayers"), layers);
    kz_value_push(l->a, list, m);
    return 0;
}

static int by_name(const void *x, const void *y)
{
    const struct kz_draft *a = x, *b = y;
    return kz_str_cmp(a->name, b->name);
}

static int finish(struct load *l, struct kz_value **reply, struct kz_str name)
{
    const struct kz_value *spec = kz_value_get(l->platform, "spec");
    const struct kz_value *schedule = kz_value_get(spec, "schedule");
    struct kz_value *out = kz_value_map(l->a), *list = kz_value_list(l->a);
    int rc = 0;
    if (l->drafts.len > 1)
        qsort(l->drafts.at, l->drafts.len, sizeof *l->drafts.at, by_name);
    for (size_t i = 0; rc == 0 && i < l->drafts.len; i++)
        rc = finish_module(l, list, &l->drafts.at[i]);
    if (rc < 0)
        return rc;
    set_str(l, out, "name", name);
    set_str(l, out, "file", l->file);
    set_str(l, out, "edition", kz_value_path_str(spec, "edition"));
    if (kz_value_is(schedule, KZ_MAP))
        kz_value_set(l->a, out, KZ_STR("schedule"), kz_merge_layers(l->a, NULL, schedule, false));
    if (kz_value_len(kz_value_get(spec, "healthRules")) > 0)
        kz_value_set(l->a, out, KZ_STR("healthRules"), kz_value_copy(l->a, kz_value_get(spec, "healthRules")));
    if (spec != NULL) {
        struct kz_value *shown = kz_fields_shown(l->a, kz_doc_platform.spec, spec);
        (void)kz_value_del(shown, KZ_STR("modules"));
        kz_value_set(l->a, out, KZ_STR("spec"), shown);
    }
    kz_value_set(l->a, out, KZ_STR("warnings"), l->warnings);
    kz_value_set(l->a, out, KZ_STR("modules"), list);
    if (kz_value_len(l->tenants) > 0)
        kz_value_set(l->a, out, KZ_STR("tenants"), l->tenants);

    struct kz_platform *p;
    rc = kz_platform_decode(&p, l->a, out, l->err);
    if (rc < 0)
        return rc;
    kz_platform_done(p);
    *reply = out;
    return 0;
}

/* ---- the two shapes of a platform ---------------------------------------------------------- */

static int load_platform(struct load *l, struct kz_value **reply, struct kz_str file)
{
    l->file = file;
    int rc = take_file(l, file, true);
    if (rc < 0)
        return rc;
    if (l->platform == NULL) {
        (void)kz_fail(l->err, KZ_E_INVALID, "no Platform in this file");
        (void)kz_err_at(l->err, file, 1, 1);
        return kz_err_hint(l->err, "add a document with apiVersion: %s and kind: Platform",
                           KZ_API_VERSION);
    }
    const struct kz_value *spec = kz_value_get(l->platform, "spec");
    const struct kz_value *modules = kz_value_get(spec, "modules");
    rc = take_modules_folder(l, join(l->a, folder_of(file), KZ_STR("modules")), true);
    if (rc == 0)
        rc = take_tenants(l, spec);
    if (rc == 0)
        rc = take_edition(l, spec);
    if (rc == 0)
        rc = take_further(l, modules);
    if (rc == 0)
        rc = take_values_file(l, spec);
    if (rc < 0)
        return rc;
    take_overrides(l, modules);
    return finish(l, reply, kz_value_path_str(l->platform, "metadata.name"));
}

/* The nearest legal name: lower case, '-' for all else. */
static struct kz_str name_from(struct kz_arena *a, struct kz_str path)
{
    struct kz_str base = base_name(path);
    char *out = kz_arena_bytes(a, 64);
    size_t n = 0;
    if (is_yaml(base))
        base = kz_str_head(base, kz_str_rindex(base, '.'));
    for (size_t i = 0; i < base.len && n < 63; i++) {
        char c = base.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain)
            out[n++] = c;
        else if (n > 0 && out[n - 1] != '-')
            out[n++] = '-';
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    return n > 0 ? kz_str_n(out, n) : KZ_STR("manifests");
}

static int load_single(struct load *l, struct kz_value **reply, struct kz_str path,
                       struct kz_str name)
{
    struct kz_value *spec = kz_value_map(l->a), *source = kz_value_map(l->a);
    name = name_from(l->a, path.len > 0 || name.len == 0 ? path : name);
    /* Paths are relative to the file that names them: here the caller, at the root. */
    set_str(l, source, "path", path.len > 0 ? path : KZ_STR("."));
    kz_value_set(l->a, spec, KZ_STR("source"), source);
    l->file = path;
    int rc = add_draft(l, name, KZ_STR(""), spec, 0, 0);
    return rc < 0 ? rc : finish(l, reply, name);
}

static int empty_folder(struct load *l, struct kz_str path)
{
    (void)kz_fail(l->err, KZ_E_NOTFOUND, "folder '" KZ_FMT "' is empty",
                  KZ_ARG(path.len > 0 ? path : KZ_STR(".")));
    return kz_err_hint(l->err, "it needs a " PLATFORM_FILE " or manifests");
}

static int load_folder(struct load *l, struct kz_value **reply, struct kz_str path,
                       struct kz_str name)
{
    struct kz_tree_entry *entries;
    size_t n;
    struct kz_str file = join(l->a, path, KZ_STR(PLATFORM_FILE));
    if (kz_tree_kind(l->tree, file) == KZ_TREE_FILE)
        return load_platform(l, reply, file);
    int rc = kz_tree_list(&entries, &n, l->a, l->tree, path, l->err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++) /* a slip here would apply the Platform as a manifest */
        if (!entries[i].is_dir && kz_str_distance(entries[i].name, KZ_STR(PLATFORM_FILE)) <= 2) {
            (void)kz_fail(l->err, KZ_E_NOTFOUND, "no " PLATFORM_FILE ", but a file '" KZ_FMT "'",
                          KZ_ARG(entries[i].name));
            return kz_err_hint(l->err, "rename it to " PLATFORM_FILE);
        }
    return n == 0 ? empty_folder(l, path) : load_single(l, reply, path, name);
}

/* A file is a Platform when its first document says so. */
static int load_file(struct load *l, struct kz_value **reply, struct kz_str path)
{
    struct kz_value *docs;
    if (kz_str_is(base_name(path), PLATFORM_FILE))
        return load_platform(l, reply, path);
    int rc = is_yaml(path) ? read_docs(l, &docs, path) : 0;
    if (rc < 0)
        return rc;
    const struct kz_value *first = is_yaml(path) ? kz_value_at(docs, 0) : NULL;
    if (kz_str_is(kz_value_path_str(first, "kind"), "Platform") &&
        kz_str_starts(kz_value_path_str(first, "apiVersion"), KZ_STR("kubezero.com/")))
        return load_platform(l, reply, path);
    return load_single(l, reply, path, KZ_STR(""));
}

static int run(struct kz_value **reply, struct kz_arena *a, struct kz_tree *tree,
               const struct kz_value *input, const char *scratch, struct kz_err *err)
{
    struct load l = {.a = a, .tree = tree, .err = err, .warnings = kz_value_list(a)};
    struct kz_str path;
    (void)scratch;
    int rc = kz_tree_join(&path, a, KZ_STR(""), kz_value_path_str(input, "path"), err);
    if (rc < 0)
        return rc;
    kz_map_init(&l.by_name);
    kz_map_init(&l.files);
    switch (kz_tree_kind(tree, path)) {
    case KZ_TREE_DIR:
        rc = load_folder(&l, reply, path, kz_value_path_str(input, "name"));
        break;
    case KZ_TREE_FILE:
        rc = load_file(&l, reply, path);
        break;
    case KZ_TREE_NONE: {
        struct kz_value v = {.kind = KZ_STRING, .as.str = path};
        rc = kz_layers_existing(&path, a, tree, KZ_STR(""), &v, "the path of the platform", err);
        if (rc == 0)
            rc = kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is no file or folder", KZ_ARG(path));
        break;
    }
    }
    kz_vec_done(&l.drafts);
    kz_map_done(&l.by_name);
    kz_map_done(&l.files);
    return rc;
}

const struct kz_task kz_load_task = {.name = "load", .run = run};
