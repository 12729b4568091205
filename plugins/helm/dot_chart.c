/* SPDX-License-Identifier: Apache-2.0
 *
 * .Chart: the metadata as a Go struct, whose fields have other names in JSON. */
#include "helm/dot.h"

#include <string.h>

struct chart_obj {
    const struct kz_chart_meta *meta;
    bool is_root;
};

static struct kz_val texts(struct kz_arena *a, const struct kz_str *at, size_t n)
{
    if (at == NULL)
        return kz_val_obj(&kz_type_strings, NULL);
    struct kz_list *l = kz_list_new(a, n);
    for (size_t i = 0; i < n; i++)
        kz_list_push(a, l, kz_val_str(at[i]));
    return kz_val_obj(&kz_type_strings, l);
}

/* ---- maintainers and dependencies -------------------------------------------------------------- */

#define GETTER(name, type, expr)                                                                   \
    static struct kz_val name(struct kz_arena *a, const struct kz_val *self)                       \
    {                                                                                              \
        const type *o = self->as.obj;                                                              \
        (void)a;                                                                                   \
        return expr;                                                                               \
    }
GETTER(m_name, struct kz_chart_maintainer, kz_val_str(o->name))
GETTER(m_email, struct kz_chart_maintainer, kz_val_str(o->email))
GETTER(m_url, struct kz_chart_maintainer, kz_val_str(o->url))
GETTER(d_name, struct kz_chart_dep, kz_val_str(o->name))
GETTER(d_version, struct kz_chart_dep, kz_val_str(o->version))
GETTER(d_repository, struct kz_chart_dep, kz_val_str(o->repository))
GETTER(d_condition, struct kz_chart_dep, kz_val_str(o->condition))
GETTER(d_tags, struct kz_chart_dep, texts(a, o->tags, o->n_tags))
GETTER(d_enabled, struct kz_chart_dep, kz_val_bool(o->enabled))
GETTER(d_imports, struct kz_chart_dep,
       o->import_values == NULL ? kz_val_list(NULL)
                                : kz_val_from_value(a, o->import_values, KZ_VAL_FLOATS))
GETTER(d_alias, struct kz_chart_dep, kz_val_str(o->alias))

static const struct kz_field m_fields[] = {
    {"Name",  m_name },
    {"Email", m_email},
    {"URL",   m_url  }
};
static const struct kz_shape m_shape = {.fields = m_fields, .n_fields = kz_countof(m_fields)};
static const struct kz_type type_m = {
    .kind = KZ_GO_STRUCT, .name = "chart.Maintainer", .kind_name = "struct", .shape = &m_shape};
static const struct kz_type type_m_ptr = {.kind = KZ_GO_PTR,
                                          .name = "*chart.Maintainer",
                                          .kind_name = "ptr",
                                          .elem = &type_m,
                                          .shape = &m_shape};
static const struct kz_type type_ms = {
    .kind = KZ_GO_SLICE, .name = "[]*chart.Maintainer", .kind_name = "slice", .elem = &type_m_ptr};

static const struct kz_field d_fields[] = {
    {"Name",         d_name      },
    {"Version",      d_version   },
    {"Repository",   d_repository},
    {"Condition",    d_condition },
    {"Tags",         d_tags      },
    {"Enabled",      d_enabled   },
    {"ImportValues", d_imports   },
    {"Alias",        d_alias     }
};
static const struct kz_shape d_shape = {.fields = d_fields, .n_fields = kz_countof(d_fields)};
static const struct kz_type type_d = {
    .kind = KZ_GO_STRUCT, .name = "chart.Dependency", .kind_name = "struct", .shape = &d_shape};
static const struct kz_type type_d_ptr = {.kind = KZ_GO_PTR,
                                          .name = "*chart.Dependency",
                                          .kind_name = "ptr",
                                          .elem = &type_d,
                                          .shape = &d_shape};
static const struct kz_type type_ds = {
    .kind = KZ_GO_SLICE, .name = "[]*chart.Dependency", .kind_name = "slice", .elem = &type_d_ptr};

/* ---- the chart --------------------------------------------------------------------------------- */

#define CHART_TEXT(name, field) GETTER(name, struct chart_obj, kz_val_str(o->meta->field))
CHART_TEXT(c_name, name)
CHART_TEXT(c_home, home)
CHART_TEXT(c_version, version)
CHART_TEXT(c_description, description)
CHART_TEXT(c_icon, icon)
CHART_TEXT(c_api_version, api_version)
CHART_TEXT(c_condition, condition)
CHART_TEXT(c_tags, tags)
CHART_TEXT(c_app_version, app_version)
CHART_TEXT(c_kube_version, kube_version)
CHART_TEXT(c_type, type)
GETTER(c_sources, struct chart_obj, texts(a, o->meta->sources, o->meta->n_sources))
GETTER(c_keywords, struct chart_obj, texts(a, o->meta->keywords, o->meta->n_keywords))
GETTER(c_deprecated, struct chart_obj, kz_val_bool(o->meta->deprecated))
GETTER(c_is_root, struct chart_obj, kz_val_bool(o->is_root))

static struct kz_val c_maintainers(struct kz_arena *a, const struct kz_val *self)
{
    const struct kz_chart_meta *m = ((const struct chart_obj *)self->as.obj)->meta;
    struct kz_list *l = kz_list_new(a, m->n_maintainers);
    for (size_t i = 0; i < m->n_maintainers; i++)
        kz_list_push(a, l, kz_val_obj(&type_m_ptr, &m->maintainers[i]));
    return kz_val_obj(&type_ms, m->maintainers == NULL ? NULL : l);
}

static struct kz_val c_annotations(struct kz_arena *a, const struct kz_val *self)
{
    const struct kz_value *v = ((const struct chart_obj *)self->as.obj)->meta->annotations;
    struct kz_dict *d = kz_dict_new(a, kz_value_pairs(v));
    for (size_t i = 0; i < kz_value_pairs(v); i++)
        kz_dict_set(a, d, v->as.map.at[i].key, kz_val_str(kz_value_as_str(v->as.map.at[i].val)));
    return kz_val_obj(&kz_type_string_map, v == NULL ? NULL : d);
}

static struct kz_val c_dependencies(struct kz_arena *a, const struct kz_val *self)
{
    const struct kz_chart_meta *m = ((const struct chart_obj *)self->as.obj)->meta;
    struct kz_list *l = kz_list_new(a, m->n_deps);
    for (size_t i = 0; i < m->n_deps; i++)
        kz_list_push(a, l, kz_val_obj(&type_d_ptr, m->deps[i]));
    return kz_val_obj(&type_ds, m->deps == NULL ? NULL : l);
}

/* In the order of Go's struct, where the metadata is embedded: its fields are the chart's. */
static const struct kz_field c_fields[] = {
    {"Name",         c_name        },
    {"Home",         c_home        },
    {"Sources",      c_sources     },
    {"Version",      c_version     },
    {"Description",  c_description },
    {"Keywords",     c_keywords    },
    {"Maintainers",  c_maintainers },
    {"Icon",         c_icon        },
    {"APIVersion",   c_api_version },
    {"Condition",    c_condition   },
    {"Tags",         c_tags        },
    {"AppVersion",   c_app_version },
    {"Deprecated",   c_deprecated  },
    {"Annotations",  c_annotations },
    {"KubeVersion",  c_kube_version},
    {"Dependencies", c_dependencies},
    {"Type",         c_type        },
};
static const struct kz_shape meta_shape = {.fields = c_fields, .n_fields = kz_countof(c_fields)};
static const struct kz_type type_meta = {
    .kind = KZ_GO_STRUCT, .name = "chart.Metadata", .kind_name = "struct", .shape = &meta_shape};

GETTER(c_metadata, struct chart_obj, kz_val_obj(&type_meta, (void *)(uintptr_t)o))

static const struct kz_field chart_fields[] = {
    {"Name",         c_name        },
    {"Home",         c_home        },
    {"Sources",      c_sources     },
    {"Version",      c_version     },
    {"Description",  c_description },
    {"Keywords",     c_keywords    },
    {"Maintainers",  c_maintainers },
    {"Icon",         c_icon        },
    {"APIVersion",   c_api_version },
    {"Condition",    c_condition   },
    {"Tags",         c_tags        },
    {"AppVersion",   c_app_version },
    {"Deprecated",   c_deprecated  },
    {"Annotations",  c_annotations },
    {"KubeVersion",  c_kube_version},
    {"Dependencies", c_dependencies},
    {"Type",         c_type        },
    {"IsRoot",       c_is_root     },
    {"Metadata",     c_metadata    },
};
static const struct kz_shape chart_shape = {.fields = chart_fields,
                                            .n_fields = kz_countof(chart_fields)};
static const struct kz_type type_chart = {.kind = KZ_GO_STRUCT,
                                          .name = "struct { chart.Metadata; IsRoot bool }",
                                          .kind_name = "struct",
                                          .shape = &chart_shape};

struct kz_val kz_helm_chart(struct kz_arena *a, const struct kz_chart *c)
{
    struct chart_obj *o = kz_new(a, struct chart_obj);
    *o = (struct chart_obj){.meta = c->meta, .is_root = c->parent == NULL};
    return kz_val_obj(&type_chart, o);
}

/* ---- as JSON ----------------------------------------------------------------------------------- */

static void put(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str text)
{
    if (text.len > 0) /* omitempty */
        (void)kz_value_add(a, map, kz_str(key), kz_value_str(a, text));
}

static void put_texts(struct kz_arena *a, struct kz_value *map, const char *key,
                      const struct kz_str *at, size_t n)
{
    struct kz_value *l = kz_value_list(a);
    for (size_t i = 0; i < n; i++)
        kz_value_push(a, l, kz_value_str(a, at[i]));
    if (n > 0)
        (void)kz_value_add(a, map, kz_str(key), l);
}

static struct kz_value *maintainer_json(struct kz_arena *a, const struct kz_chart_maintainer *m)
{
    struct kz_value *v = kz_value_map(a);
    put(a, v, "name", m->name);
    put(a, v, "email", m->email);
    put(a, v, "url", m->url);
    return v;
}

static struct kz_value *dep_json(struct kz_arena *a, const struct kz_chart_dep *d)
{
    struct kz_value *v = kz_value_map(a);
    (void)kz_value_add(a, v, KZ_STR("name"), kz_value_str(a, d->name));
    put(a, v, "version", d->version);
    (void)kz_value_add(a, v, KZ_STR("repository"), kz_value_str(a, d->repository));
    put(a, v, "condition", d->condition);
    put_texts(a, v, "tags", d->tags, d->n_tags);
    if (d->enabled)
        (void)kz_value_add(a, v, KZ_STR("enabled"), kz_value_bool(a, true));
    if (kz_value_len(d->import_values) > 0)
        (void)kz_value_add(a, v, KZ_STR("import-values"), kz_value_copy(a, d->import_values));
    put(a, v, "alias", d->alias);
    return v;
}

static int by_key(const void *x, const void *y)
{
    return kz_str_cmp(((const struct kz_pair *)x)->key, ((const struct kz_pair *)y)->key);
}

static struct kz_value *sorted_map(struct kz_arena *a, const struct kz_value *map)
{
    struct kz_value *out = kz_value_map(a);
    struct kz_pair *at = kz_new_n(a, struct kz_pair, map->as.map.len);
    memcpy(at, map->as.map.at, map->as.map.len * sizeof *at);
    qsort(at, map->as.map.len, sizeof *at, by_key);
    for (size_t i = 0; i < map->as.map.len; i++)
        (void)kz_value_add(a, out, at[i].key, at[i].val);
    return out;
}

static struct kz_value *chart_json(struct kz_arena *a, const struct chart_obj *o, bool with_root)
{
    const struct kz_chart_meta *m = o->meta;
    struct kz_value *v = kz_value_map(a), *list = kz_value_list(a), *deps = kz_value_list(a);
    put(a, v, "name", m->name);
    put(a, v, "home", m->home);
    put_texts(a, v, "sources", m->sources, m->n_sources);
    put(a, v, "version", m->version);
    put(a, v, "description", m->description);
    put_texts(a, v, "keywords", m->keywords, m->n_keywords);
    for (size_t i = 0; i < m->n_maintainers; i++)
        kz_value_push(a, list, maintainer_json(a, &m->maintainers[i]));
    if (m->n_maintainers > 0)
        (void)kz_value_add(a, v, KZ_STR("maintainers"), list);
    put(a, v, "icon", m->icon);
    put(a, v, "apiVersion", m->api_version);
    put(a, v, "condition", m->condition);
    put(a, v, "tags", m->tags);
    put(a, v, "appVersion", m->app_version);
    if (m->deprecated)
        (void)kz_value_add(a, v, KZ_STR("deprecated"), kz_value_bool(a, true));
    if (kz_value_pairs(m->annotations) > 0)
        (void)kz_value_add(a, v, KZ_STR("annotations"), sorted_map(a, m->annotations));
    put(a, v, "kubeVersion", m->kube_version);
    for (size_t i = 0; i < m->n_deps; i++)
        kz_value_push(a, deps, dep_json(a, m->deps[i]));
    if (m->n_deps > 0)
        (void)kz_value_add(a, v, KZ_STR("dependencies"), deps);
    put(a, v, "type", m->type);
    if (with_root)
        (void)kz_value_add(a, v, KZ_STR("IsRoot"), kz_value_bool(a, o->is_root));
    return v;
}

static struct kz_value *list_json(struct kz_arena *a, struct kz_val v)
{
    struct kz_value *out = kz_value_list(a);
    for (size_t i = 0; i < kz_val_len(v); i++)
        kz_value_push(a, out,
                      v.type == &type_ms ? maintainer_json(a, v.as.list->at[i].as.obj)
                                         : dep_json(a, v.as.list->at[i].as.obj));
    return out;
}

struct kz_value *kz_helm_struct(struct kz_arena *a, struct kz_val v)
{
    if (v.type == &type_chart || v.type == &type_meta)
        return chart_json(a, v.as.obj, v.type == &type_chart);
    if (v.type == &type_m_ptr && v.as.obj != NULL)
        return maintainer_json(a, v.as.obj);
    if (v.type == &type_d_ptr && v.as.obj != NULL)
        return dep_json(a, v.as.obj);
    if ((v.type == &type_ms || v.type == &type_ds) && v.as.list != NULL)
        return list_json(a, v);
    return NULL;
}
