/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/layers.h"

#include "base/near.h"
#include "value/yaml.h"

enum { VALUES_FILE_MAX = 3 << 20 };

struct kz_value *kz_layers_merge(struct kz_arena *a, const struct kz_value *low,
                                 const struct kz_value *high, bool keep_null)
{
    struct kz_value *out = kz_value_map(a);
    if (high != NULL) {
        out->line = high->line;
        out->col = high->col;
    }
    for (size_t i = 0; kz_value_is(low, KZ_MAP) && i < low->as.map.len; i++)
        kz_value_set(a, out, low->as.map.at[i].key, low->as.map.at[i].val);
    for (size_t i = 0; kz_value_is(high, KZ_MAP) && i < high->as.map.len; i++) {
        struct kz_str key = high->as.map.at[i].key;
        struct kz_value *val = high->as.map.at[i].val;
        const struct kz_value *old = kz_value_find(out, key);
        if (val->kind == KZ_NULL && !keep_null)
            (void)kz_value_del(out, key);
        else if (val->kind == KZ_MAP && (kz_value_is(old, KZ_MAP) || !keep_null))
            kz_value_set(a, out, key, kz_layers_merge(a, kz_value_is(old, KZ_MAP) ? old : NULL, val,
                                                      keep_null));
        else
            kz_value_set(a, out, key, val);
    }
    return out;
}

struct kz_value *kz_draft_spec(struct kz_arena *a, const struct kz_draft *d)
{
    struct kz_value *spec = kz_value_map(a);
    for (size_t i = 0; i < d->n_layers; i++)
        spec = kz_layers_merge(a, spec, d->layers[i].spec, false);
    (void)kz_value_del(spec, KZ_STR("values"));
    (void)kz_value_del(spec, KZ_STR("valuesFrom"));
    return spec;
}

static int add_file(struct kz_value **values, struct kz_arena *a, struct kz_tree *tree,
                    struct kz_str file, const struct kz_value *v, struct kz_err *err)
{
    struct kz_str path, text;
    struct kz_value *more;
    int rc = kz_layers_existing(&path, a, tree, file, v, "valuesFrom.file", err);
    if (rc < 0)
        return rc;
    rc = kz_tree_read(&text, a, tree, path, VALUES_FILE_MAX, err);
    if (rc < 0)
        return kz_err_at(err, file, v->line, v->col);
    rc = kz_yaml_read(&more, a, text, path, err);
    if (rc < 0)
        return rc;
    if (more->kind == KZ_NULL)
        return 0;
    if (more->kind != KZ_MAP) {
        (void)kz_fail(err, KZ_E_INVALID, "values in '" KZ_FMT "' must be a map, not a %s", KZ_ARG(path),
                      kz_kind_name(more->kind));
        return kz_err_at(err, path, more->line, more->col);
    }
    *values = kz_layers_merge(a, *values, more, true);
    return 0;
}

int kz_draft_values(struct kz_value **out, struct kz_arena *a, struct kz_tree *tree,
                    const struct kz_draft *d, struct kz_err *err)
{
    struct kz_value *values = kz_value_map(a);
    for (size_t i = 0; i < d->n_layers; i++) {
        const struct kz_layer *layer = &d->layers[i];
        const struct kz_value *from = kz_value_get(layer->spec, "valuesFrom");
        for (size_t j = 0; j < kz_value_len(from); j++) {
            const struct kz_value *name = kz_value_get(kz_value_at(from, j), "file");
            int rc = add_file(&values, a, tree, layer->file, name, err);
            if (rc < 0)
                return rc;
        }
        values = kz_layers_merge(a, values, kz_value_get(layer->spec, "values"), true);
    }
    *out = values;
    return 0;
}

const struct kz_layer *kz_draft_layer(const struct kz_draft *d, const char *field)
{
    for (size_t i = d->n_layers; i > 0; i--)
        if (kz_value_path(d->layers[i - 1].spec, field) != NULL)
            return &d->layers[i - 1];
    return &d->layers[0];
}

static struct kz_str folder_of(struct kz_str file)
{
    size_t slash = kz_str_rindex(file, '/');
    return slash == file.len ? KZ_STR("") : kz_str_head(file, slash);
}

int kz_layers_path(struct kz_str *out, struct kz_arena *a, struct kz_str file,
                   const struct kz_value *v, const char *what, struct kz_err *err)
{
    struct kz_err why;
    struct kz_str rel = kz_value_as_str(v);
    if (kz_tree_join(out, a, folder_of(file), rel, &why) == 0)
        return 0;
    (void)kz_fail(err, KZ_E_INVALID, "%s '" KZ_FMT "' leaves the repository or is no clean path", what,
                  KZ_ARG(kz_str_head(rel, 60)));
    (void)kz_err_at(err, file, v->line, v->col);
    return kz_err_hint(err, "name a file or folder of this repository, relative to this file");
}

int kz_layers_existing(struct kz_str *out, struct kz_arena *a, struct kz_tree *tree,
                       struct kz_str file, const struct kz_value *v, const char *what,
                       struct kz_err *err)
{
    struct kz_str path, up;
    struct kz_tree_entry *entries;
    struct kz_err why;
    size_t n;
    int rc = kz_layers_path(&path, a, file, v, what, err);
    if (rc < 0)
        return rc;
    if (kz_tree_kind(tree, path) != KZ_TREE_NONE) {
        *out = path;
        return 0;
    }
    up = folder_of(path);
    struct kz_near near = kz_near(kz_str_skip(path, up.len + (up.len > 0)));
    if (kz_tree_kind(tree, up) == KZ_TREE_DIR &&
        kz_tree_list(&entries, &n, a, tree, up, &why) == 0)
        for (size_t i = 0; i < n; i++)
            kz_near_try(&near, entries[i].name);
    (void)kz_fail(err, KZ_E_NOTFOUND, "%s names '" KZ_FMT "', which is not in the repository" KZ_NEAR_FMT,
                  what, KZ_ARG(kz_str_head(path, 60)), KZ_NEAR_ARGS(near));
    return kz_err_at(err, file, v->line, v->col);
}
