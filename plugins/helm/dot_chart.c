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
    {"Name",  m_name,  "name,omitempty" },
    {"Email", m_email, "email,omitempty"},
    {"URL",   m_url,   "url,omitempty"  }
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
    {"Name",         d_name,       "name"                   },
    {"Version",      d_version,    "version,omitempty"      },
    {"Repository",   d_repository, "repository"             },
    {"Condition",    d_condition,  "condition,omitempty"    },
    {"Tags",         d_tags,       "tags,omitempty"         },
    {"Enabled",      d_enabled,    "enabled,omitempty"      },
    {"ImportValues", d_imports,    "import-values,omitempty"},
    {"Alias",        d_alias,      "alias,omitempty"        }
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
#define METADATA_FIELDS \
    {"Name",         c_name,         "name,omitempty"        }, \
    {"Home",         c_home,         "home,omitempty"        }, \
    {"Sources",      c_sources,      "sources,omitempty"     }, \
    {"Version",      c_version,      "version,omitempty"     }, \
    {"Description",  c_description,  "description,omitempty" }, \
    {"Keywords",     c_keywords,     "keywords,omitempty"    }, \
    {"Maintainers",  c_maintainers,  "maintainers,omitempty" }, \
    {"Icon",         c_icon,         "icon,omitempty"        }, \
    {"APIVersion",   c_api_version,  "apiVersion,omitempty"  }, \
    {"Condition",    c_condition,    "condition,omitempty"   }, \
    {"Tags",         c_tags,         "tags,omitempty"        }, \
    {"AppVersion",   c_app_version,  "appVersion,omitempty"  }, \
    {"Deprecated",   c_deprecated,   "deprecated,omitempty"  }, \
    {"Annotations",  c_annotations,  "annotations,omitempty" }, \
    {"KubeVersion",  c_kube_version, "kubeVersion,omitempty" }, \
    {"Dependencies", c_dependencies, "dependencies,omitempty"}, \
    {"Type",         c_type,         "type,omitempty"        }

static const struct kz_field c_fields[] = {METADATA_FIELDS};
static const struct kz_shape meta_shape = {.fields = c_fields, .n_fields = kz_countof(c_fields)};
static const struct kz_type type_meta = {
    .kind = KZ_GO_STRUCT, .name = "chart.Metadata", .kind_name = "struct", .shape = &meta_shape};

GETTER(c_metadata, struct chart_obj, kz_val_obj(&type_meta, (void *)(uintptr_t)o))

static const struct kz_field chart_fields[] = {
    {"Metadata",     c_metadata,     "-"                     },
    METADATA_FIELDS,
    {"IsRoot",       c_is_root,      NULL                    },
};
static const struct kz_shape chart_shape = {
    .promoted = kz_countof(c_fields), .fields = chart_fields, .n_fields = kz_countof(chart_fields)};
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
