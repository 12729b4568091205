/* SPDX-License-Identifier: Apache-2.0
 *
 * .Values, .Release, .Capabilities; .Chart and .Files have files of their own. */
#include "helm/dot.h"

#include "helm/funcs.h"

/* ---- .Values ----------------------------------------------------------------------------------- */

/* Globals of a parent and a subchart share their inner maps, and `set` on one shows in the other. */
struct seen {
    const struct kz_value *from;
    struct kz_dict *to;
};
struct convert {
    struct kz_arena *a;
    struct seen *at; /* open addressing, size a power of two */
    size_t n, size;
};

static size_t slot(const struct convert *c, const struct kz_value *v)
{
    size_t i = ((uintptr_t)v >> 4) * 0x9E3779B97F4A7C15u >> 20;
    while (c->at[i & (c->size - 1)].from != NULL && c->at[i & (c->size - 1)].from != v)
        i++;
    return i & (c->size - 1);
}

static void remember(struct convert *c, const struct kz_value *v, struct kz_dict *d)
{
    if (2 * c->n >= c->size) {
        struct convert old = *c;
        c->size = c->size == 0 ? 256 : 2 * c->size;
        c->at = kz_new_n(c->a, struct seen, c->size);
        for (size_t i = 0; i < old.size; i++)
            if (old.at[i].from != NULL)
                c->at[slot(c, old.at[i].from)] = old.at[i];
    }
    c->at[slot(c, v)] = (struct seen){.from = v, .to = d};
    c->n++;
}

static struct kz_val convert(struct convert *c, const struct kz_value *v)
{
    if (v->kind == KZ_LIST) {
        struct kz_list *l = kz_list_new(c->a, v->as.list.len);
        for (size_t i = 0; i < v->as.list.len; i++)
            kz_list_push(c->a, l, convert(c, v->as.list.at[i]));
        l->decoded = true;
        return kz_val_list(l);
    }
    if (v->kind != KZ_MAP)
        return kz_val_from_value(c->a, v, KZ_VAL_EXACT);
    const size_t i = c->size == 0 ? 0 : slot(c, v);
    if (c->size > 0 && c->at[i].from == v)
        return kz_val_dict(c->at[i].to);
    struct kz_dict *d = kz_dict_new(c->a, v->as.map.len);
    remember(c, v, d);
    for (size_t k = 0; k < v->as.map.len; k++)
        kz_dict_set(c->a, d, v->as.map.at[k].key, convert(c, v->as.map.at[k].val));
    return kz_val_dict(d);
}

static struct kz_val as_map(struct kz_eval *ev, const struct kz_val *self,
                            const struct kz_val *argv, size_t argc)
{
    (void)argv;
    (void)argc;
    return kz_val_dict(self->as.dict != NULL ? self->as.dict : kz_dict_new(kz_eval_arena(ev), 0));
}

static struct kz_val values_yaml(struct kz_eval *ev, const struct kz_val *self,
                                 const struct kz_val *argv, size_t argc)
{
    (void)argv;
    (void)argc;
    const struct kz_val text = kz_helm_to_yaml(ev, *self);
    return kz_val_str(kz_str_printf(kz_eval_arena(ev), KZ_FMT "\n", KZ_ARG(text.as.str)));
}

static const struct kz_method values_methods[] = {
    {"AsMap", "", as_map     },
    {"YAML",  "", values_yaml}
};
static const struct kz_shape values_shape = {.methods = values_methods,
                                             .n_methods = kz_countof(values_methods)};
const struct kz_type kz_helm_type_values = {
    .kind = KZ_GO_MAP, .name = "chartutil.Values", .kind_name = "map", .shape = &values_shape};

struct kz_val kz_helm_values(struct kz_arena *a, const struct kz_value *values)
{
    struct convert c = {.a = a};
    struct kz_val v = convert(&c, values);
    v.type = &kz_helm_type_values;
    return v;
}

/* ---- .Release ---------------------------------------------------------------------------------- */

struct kz_val kz_helm_release_val(struct kz_arena *a, const struct kz_helm_release *r)
{
    struct kz_dict *d = kz_dict_new(a, 8);
    kz_dict_set(a, d, KZ_STR("Name"), kz_val_str(r->name));
    kz_dict_set(a, d, KZ_STR("Namespace"), kz_val_str(r->ns));
    kz_dict_set(a, d, KZ_STR("IsUpgrade"), kz_val_bool(r->is_upgrade));
    kz_dict_set(a, d, KZ_STR("IsInstall"), kz_val_bool(!r->is_upgrade));
    kz_dict_set(a, d, KZ_STR("Revision"), kz_val_int(r->revision > 0 ? r->revision : 1));
    kz_dict_set(a, d, KZ_STR("Service"), kz_val_str(KZ_STR("Helm")));
    return kz_val_dict(d);
}

/* ---- .Capabilities ----------------------------------------------------------------------------- */

static const struct kz_capabilities *caps_of(const struct kz_val *self)
{
    return self->as.obj;
}

#define TEXT_FIELD(name, expr)                                                                     \
    static struct kz_val name(struct kz_arena *a, const struct kz_val *self)                       \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)self;                                                                                \
        return kz_val_str(expr);                                                                   \
    }
TEXT_FIELD(kube_version, caps_of(self)->kube)
TEXT_FIELD(kube_major, caps_of(self)->major)
TEXT_FIELD(kube_minor, caps_of(self)->minor)
TEXT_FIELD(helm_version, kz_str(kz_helm_version))
TEXT_FIELD(helm_commit, kz_str(kz_helm_git_commit))
TEXT_FIELD(helm_tree, KZ_STR("clean"))
TEXT_FIELD(helm_go, kz_str(kz_helm_go_version))

static struct kz_str kube_string(struct kz_arena *a, const struct kz_val *self)
{
    (void)a;
    return caps_of(self)->kube;
}

static struct kz_val kube_text(struct kz_eval *ev, const struct kz_val *self,
                               const struct kz_val *argv, size_t argc)
{
    (void)ev;
    (void)argv;
    (void)argc;
    return kz_val_str(caps_of(self)->kube);
}

static const struct kz_field kube_fields[] = {
    {"Version", kube_version, NULL},
    {"Major",   kube_major,   NULL},
    {"Minor",   kube_minor,   NULL}
};
static const struct kz_method kube_methods[] = {
    {"GitVersion", "", kube_text},
    {"String",     "", kube_text}
};
/* String() and GitVersion() are the pointer's: a copy has neither. */
static const struct kz_shape kube_copy_shape = {.fields = kube_fields,
                                                .n_fields = kz_countof(kube_fields)};
static const struct kz_type type_kube_copy = {.kind = KZ_GO_STRUCT,
                                              .name = "chartutil.KubeVersion",
                                              .kind_name = "struct",
                                              .shape = &kube_copy_shape};
static const struct kz_shape kube_shape = {.fields = kube_fields,
                                           .n_fields = kz_countof(kube_fields),
                                           .methods = kube_methods,
                                           .n_methods = kz_countof(kube_methods),
                                           .string = kube_string};
static const struct kz_type type_kube = {.kind = KZ_GO_STRUCT,
                                         .name = "chartutil.KubeVersion",
                                         .kind_name = "struct",
                                         .shape = &kube_shape,
                                         .copied = &type_kube_copy};

static const struct kz_field helm_fields[] = {
    {"Version",      helm_version, "version,omitempty"       },
    {"GitCommit",    helm_commit,  "git_commit,omitempty"    },
    {"GitTreeState", helm_tree,    "git_tree_state,omitempty"},
    {"GoVersion",    helm_go,      "go_version,omitempty"    }
};
static const struct kz_shape helm_shape = {.fields = helm_fields,
                                           .n_fields = kz_countof(helm_fields)};
static const struct kz_type type_helm = {
    .kind = KZ_GO_STRUCT, .name = "version.BuildInfo", .kind_name = "struct", .shape = &helm_shape};

static struct kz_val api_has(struct kz_eval *ev, const struct kz_val *self,
                             const struct kz_val *argv, size_t argc)
{
    (void)ev;
    (void)argc;
    for (size_t i = 0; i < kz_val_len(*self); i++)
        if (kz_str_eq(self->as.list->at[i].as.str, argv[0].as.str))
            return kz_val_bool(true);
    return kz_val_bool(false);
}
static const struct kz_method api_methods[] = {
    {"Has", "s", api_has}
};
static const struct kz_shape api_shape = {.methods = api_methods,
                                          .n_methods = kz_countof(api_methods)};
static const struct kz_type type_api = {.kind = KZ_GO_SLICE,
                                        .name = "chartutil.VersionSet",
                                        .kind_name = "slice",
                                        .elem = &kz_type_string,
                                        .shape = &api_shape};

static struct kz_val caps_kube(struct kz_arena *a, const struct kz_val *self)
{
    (void)a;
    return kz_val_obj(&type_kube, self->as.obj);
}
static struct kz_val caps_helm(struct kz_arena *a, const struct kz_val *self)
{
    (void)a;
    return kz_val_obj(&type_helm, self->as.obj);
}
static struct kz_val caps_api(struct kz_arena *a, const struct kz_val *self)
{
    const struct kz_capabilities *c = caps_of(self);
    struct kz_list *l = kz_list_new(a, c->n_api_versions);
    for (size_t i = 0; i < c->n_api_versions; i++)
        kz_list_push(a, l, kz_val_str(c->api_versions[i]));
    return kz_val_obj(&type_api, l);
}

static const struct kz_field caps_fields[] = {
    {"KubeVersion", caps_kube, NULL},
    {"APIVersions", caps_api,  NULL},
    {"HelmVersion", caps_helm, NULL}
};
static const struct kz_shape caps_shape = {.fields = caps_fields,
                                           .n_fields = kz_countof(caps_fields)};
static const struct kz_type type_caps = {.kind = KZ_GO_STRUCT,
                                         .name = "chartutil.Capabilities",
                                         .kind_name = "struct",
                                         .shape = &caps_shape};
static const struct kz_type type_caps_ptr = {.kind = KZ_GO_PTR,
                                             .name = "*chartutil.Capabilities",
                                             .kind_name = "ptr",
                                             .elem = &type_caps,
                                             .shape = &caps_shape};

struct kz_val kz_helm_capabilities(struct kz_arena *a, const struct kz_capabilities *caps)
{
    struct kz_capabilities *own = kz_new(a, struct kz_capabilities);
    *own = *caps;
    return kz_val_obj(&type_caps_ptr, own);
}
