/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/layers.h"

#include "base/near.h"
#include "value/merge.h"
#include "value/yaml.h"

enum { VALUES_FILE_MAX = 3 << 20 };

struct kz_value *kz_draft_spec(struct kz_arena *a, const struct kz_draft *d)
{
    struct kz_value *spec = kz_value_map(a);
    for (size_t i = 0; i < d->n_layers; i++)
        spec = kz_merge_layers(a, spec, d->layers[i].spec, false);
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
    *values = kz_merge_layers(a, *values, more, true);
    return 0;
}

/* What has come together so far becomes a layer of its own, and behind it the object of the cluster. */
static struct kz_value *add_object(struct kz_value *layers, struct kz_arena *a, struct kz_value *values,
                                   const char *kind, const struct kz_value *from)
{
    struct kz_value *low = kz_value_map(a), *object = kz_value_map(a);
    struct kz_str key = kz_value_path_str(from, "key");
    kz_value_set(a, object, KZ_STR("kind"), kz_value_cstr(a, kind));
    kz_value_set(a, object, KZ_STR("name"), kz_value_str(a, kz_value_path_str(from, "name")));
    kz_value_set(a, object, KZ_STR("key"), kz_value_str(a, key.len > 0 ? key : KZ_STR("values.yaml")));
    kz_value_set(a, object, KZ_STR("optional"), kz_value_bool(a, kz_value_path_bool(from, "optional", false)));
    if (kz_value_pairs(values) > 0) {
        kz_value_set(a, low, KZ_STR("values"), values);
        kz_value_push(a, layers, low);
    }
    kz_value_push(a, layers, object);
    return kz_value_map(a);
}

static int add_from(struct kz_value **values, struct kz_value *layers, struct kz_arena *a, struct kz_tree *tree,
                    struct kz_str file, const struct kz_value *from, struct kz_err *err)
{
    static const struct {
        const char *field, *kind;
    } objects[] = {{"configMap", "ConfigMap"}, {"secret", "Secret"}};
    for (size_t i = 0; i < kz_countof(objects); i++) {
        const struct kz_value *object = kz_value_get(from, objects[i].field);
        if (kz_value_is(object, KZ_MAP)) {
            *values = add_object(layers, a, *values, objects[i].kind, object);
            return 0;
        }
    }
    return add_file(values, a, tree, file, kz_value_get(from, "file"), err);
}

int kz_draft_values(struct kz_value **out, struct kz_value **layers, struct kz_arena *a, struct kz_tree *tree,
                    const struct kz_draft *d, struct kz_err *err)
{
    struct kz_value *values = kz_value_map(a), *list = kz_value_list(a), *last;
    for (size_t i = 0; i < d->n_layers; i++) {
        const struct kz_layer *layer = &d->layers[i];
        const struct kz_value *from = kz_value_get(layer->spec, "valuesFrom");
        for (size_t j = 0; j < kz_value_len(from); j++) {
            int rc = add_from(&values, list, a, tree, layer->file, kz_value_at(from, j), err);
            if (rc < 0)
                return rc;
        }
        values = kz_merge_layers(a, values, kz_value_get(layer->spec, "values"), true);
    }
    *layers = NULL;
    *out = values;
    if (kz_value_len(list) == 0)
        return 0;
    last = kz_value_map(a);
    kz_value_set(a, last, KZ_STR("values"), values);
    kz_value_push(a, list, last);
    *layers = list;
    *out = kz_value_map(a); /* they are whole only with what the cluster has */
    for (size_t i = 0; i < kz_value_len(list); i++)
        *out = kz_merge_layers(a, *out, kz_value_get(kz_value_at(list, i), "values"), true);
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
