/* SPDX-License-Identifier: Apache-2.0 */
#include "render/values.h"

#include "base/base64.h"
#include "value/merge.h"
#include "value/yaml.h"

struct layer {
    struct kz_lookup what;
    struct kz_str key;
    bool optional, secret;
};

static int fail_layer(struct kz_err *err, const struct layer *layer, const char *why)
{
    return kz_fail(err, KZ_E_NOTFOUND, "valuesFrom names " KZ_FMT " '" KZ_FMT "' in namespace '" KZ_FMT "', %s",
                   KZ_ARG(layer->what.kind), KZ_ARG(layer->what.name), KZ_ARG(layer->what.ns), why);
}

static struct kz_value *alter(struct kz_arena *a, const struct kz_value *v)
{
    struct kz_value *out = kz_value_copy(a, v);
    if (v->kind == KZ_STRING)
        return kz_value_str(a, kz_str_printf(a, KZ_FMT "+", KZ_ARG(v->as.str)));
    for (size_t i = 0; v->kind == KZ_LIST && i < v->as.list.len; i++)
        out->as.list.at[i] = alter(a, v->as.list.at[i]);
    for (size_t i = 0; v->kind == KZ_MAP && i < v->as.map.len; i++)
        out->as.map.at[i].val = alter(a, v->as.map.at[i].val);
    return out;
}

/* Each text of a Secret is kept out of messages, not only the whole that it stands in. */
static void hide(struct kz_lookups *l, const struct kz_value *v)
{
    if (v->kind == KZ_STRING)
        kz_lookups_hide(l, v->as.str);
    for (size_t i = 0; v->kind == KZ_LIST && i < v->as.list.len; i++)
        hide(l, v->as.list.at[i]);
    for (size_t i = 0; v->kind == KZ_MAP && i < v->as.map.len; i++)
        hide(l, v->as.map.at[i].val);
}

/* The text of the key; 0: there is none, and that is fine. */
static int read_key(struct kz_str *text, struct kz_arena *a, const struct layer *layer, const struct kz_value *object,
                    struct kz_err *err)
{
    const struct kz_value *v = kz_value_find(kz_value_get(object, "data"), layer->key);
    if (v == NULL && layer->optional)
        return 0;
    if (v == NULL)
        return fail_layer(err, layer,
                          kz_cstr(a, kz_str_printf(a, "which has no key '" KZ_FMT "'", KZ_ARG(layer->key))));
    *text = kz_value_as_str(v);
    if (layer->secret && !kz_base64_decode(text, a, *text))
        return fail_layer(err, layer, "whose text is not base64");
    return 1;
}

/* Errors about a Secret tell the line, and nothing of what stands there. */
static int read_map(struct kz_value **out, struct kz_arena *a, const struct layer *layer, struct kz_str text,
                    struct kz_err *err)
{
    struct kz_err why;
    struct kz_value *v;
    if (kz_yaml_read(&v, a, text, layer->key, &why) < 0) {
        struct kz_str line = kz_str_printf(a, "whose key '" KZ_FMT "' is not YAML (line %u)%s%s", KZ_ARG(layer->key),
                                           why.line, layer->secret ? "" : ": ", layer->secret ? "" : why.frame[0]);
        return fail_layer(err, layer, kz_cstr(a, line));
    }
    if (v->kind == KZ_NULL)
        v = kz_value_map(a);
    if (v->kind != KZ_MAP)
        return fail_layer(err, layer, kz_cstr(a, kz_str_printf(a, "whose key '" KZ_FMT "' is a %s, not a map of values",
                                                               KZ_ARG(layer->key), kz_kind_name(v->kind))));
    *out = v;
    return 0;
}

static int add_layer(struct kz_value **values, struct kz_arena *a, const struct layer *layer, struct kz_lookups *l,
                     bool altered, struct kz_err *err)
{
    const struct kz_value *object;
    struct kz_str text;
    struct kz_value *more;
    int rc = kz_lookups_find(l, &object, &layer->what, err);
    if (rc < 0)
        return kz_wrap(err, "valuesFrom names " KZ_FMT " '" KZ_FMT "'", KZ_ARG(layer->what.kind),
                       KZ_ARG(layer->what.name));
    if (object == NULL)
        return layer->optional || !kz_lookups_knows(l, &layer->what)
                   ? 0
                   : fail_layer(err, layer, "which does not exist or may not be read");
    rc = read_key(&text, a, layer, object, err);
    if (rc <= 0)
        return rc;
    rc = read_map(&more, a, layer, text, err);
    if (rc < 0)
        return rc;
    if (layer->secret)
        hide(l, more);
    *values = kz_merge_layers(a, *values, layer->secret && altered ? alter(a, more) : more, true);
    return 0;
}

int kz_values_resolve(const struct kz_value **out, bool *secret, struct kz_arena *a, const struct kz_value *input,
                      struct kz_lookups *l, bool altered, struct kz_err *err)
{
    const struct kz_value *layers = kz_value_get(input, "valueLayers"), *whole = kz_value_get(input, "values");
    struct kz_value *values = kz_value_map(a);
    *secret = false;
    if (kz_value_len(layers) == 0) {
        *out = kz_value_is(whole, KZ_MAP) ? whole : values;
        return 0;
    }
    for (size_t i = 0; i < kz_value_len(layers); i++) {
        const struct kz_value *v = kz_value_at(layers, i);
        const struct layer layer = {
            .what = {KZ_STR("v1"), kz_value_path_str(v, "kind"), kz_value_path_str(input, "namespace"),
                     kz_value_path_str(v, "name")},
            .key = kz_value_path_str(v, "key"),
            .optional = kz_value_path_bool(v, "optional", false),
            .secret = kz_str_is(kz_value_path_str(v, "kind"), "Secret"),
        };
        if (layer.what.kind.len == 0) {
            values = kz_merge_layers(a, values, kz_value_get(v, "values"), true);
            continue;
        }
        *secret |= layer.secret;
        int rc = add_layer(&values, a, &layer, l, altered, err);
        if (rc < 0)
            return rc;
    }
    *out = values;
    return 0;
}
