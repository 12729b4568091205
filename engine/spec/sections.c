/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/sections.h"

#include "spec/fields.h"
#include "spec/formats.h"

/* chart, repository and annotations steer Argo CD upstream and mean nothing here. */
static const struct kz_spec_field reserved[] = {
    {.name = "enabled", .type = KZ_F_BOOL},
    {.name = "namespace", .type = KZ_F_LABEL},
    {.name = "retain", .type = KZ_F_BOOL},
    {.name = "targetRevision", .type = KZ_F_ANY},
    {.name = "chart", .type = KZ_F_ANY},
    {.name = "repository", .type = KZ_F_ANY},
    {.name = "annotations", .type = KZ_F_ANY},
    {.name = NULL},
};
static const char *const kept[] = {"enabled", "namespace", "retain"};

static bool is_reserved(struct kz_str key)
{
    return kz_fields_find(reserved, key) != NULL && kz_str_index(key, '.') == key.len;
}

static bool is_ours(struct kz_str key)
{
    return kz_str_is(key, "kubezero") || kz_str_is(key, "global");
}

static int must_be_map(struct kz_str file, struct kz_str key, const struct kz_value *v,
                       struct kz_err *err)
{
    if (v->kind == KZ_MAP || v->kind == KZ_NULL)
        return 0;
    (void)kz_fail(err, KZ_E_INVALID, "section '" KZ_FMT "' must be a map, not a %s", KZ_ARG(key),
                  kz_kind_name(v->kind));
    return kz_err_at(err, file, v->line, v->col);
}

int kz_sections_init(struct kz_sections *s, struct kz_str file, const struct kz_value *values,
                     struct kz_err *err)
{
    s->file = file;
    s->values = values;
    s->used = kz_value_map(s->arena);
    if (values->kind != KZ_MAP && values->kind != KZ_NULL) {
        (void)kz_fail(err, KZ_E_INVALID, "a values file must be a map of sections, not a %s",
                      kz_kind_name(values->kind));
        return kz_err_at(err, file, values->line, values->col);
    }
    const struct kz_value *global = kz_value_get(values, "global");
    if (global == NULL || global->kind == KZ_NULL)
        return 0;
    int rc = must_be_map(file, KZ_STR("global"), global, err);
    if (rc < 0)
        return rc;
    struct kz_value *layer = kz_value_map(s->arena), *inner = kz_value_map(s->arena);
    kz_value_set(s->arena, inner, KZ_STR("global"), kz_value_copy(s->arena, global));
    kz_value_set(s->arena, layer, KZ_STR("values"), inner);
    s->global = layer;
    return 0;
}

int kz_sections_take(const struct kz_value **layer, struct kz_sections *s, struct kz_str module,
                     struct kz_err *err)
{
    struct kz_arena *a = s->arena;
    const struct kz_value *section = is_ours(module) ? NULL : kz_value_find(s->values, module);
    *layer = NULL;
    if (section == NULL)
        return 0;
    kz_value_set(a, s->used, module, kz_value_bool(a, true));
    int rc = must_be_map(s->file, module, section, err);
    if (rc < 0 || section->kind == KZ_NULL)
        return rc;

    struct kz_value *ours = kz_value_map(a), *values = kz_value_map(a), *spec = kz_value_map(a);
    ours->line = section->line;
    ours->col = section->col;
    for (size_t i = 0; i < section->as.map.len; i++) {
        const struct kz_pair *p = &section->as.map.at[i];
        kz_value_set(a, is_reserved(p->key) ? ours : values, p->key, p->val);
    }
    struct kz_owner owner = {.file = s->file, .kind = "section", .name = module};
    rc = kz_fields_check(reserved, ours, &owner, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < kz_countof(kept); i++) {
        const struct kz_pair *p = NULL;
        for (size_t j = 0; j < ours->as.map.len; j++)
            if (kz_str_is(ours->as.map.at[j].key, kept[i]))
                p = &ours->as.map.at[j];
        if (p != NULL && p->val->kind != KZ_NULL)
            kz_value_set(a, spec, p->key, p->val);
    }
    if (kz_value_get(ours, "targetRevision") != NULL)
        kz_value_push(a, s->warnings,
                      kz_value_str(a, kz_str_printf(a, KZ_FMT ": targetRevision of '" KZ_FMT
                                                       "' is ignored: its source is a path",
                                                    KZ_ARG(s->file), KZ_ARG(module))));
    kz_value_set(a, spec, KZ_STR("values"), values);
    *layer = spec;
    return 0;
}

void kz_sections_rest(struct kz_sections *s)
{
    for (size_t i = 0; i < kz_value_len(s->values); i++) {
        struct kz_str key = s->values->as.map.at[i].key;
        if (is_ours(key) || !kz_is_text(key) || kz_value_find(s->used, key) != NULL)
            continue;
        struct kz_str text = kz_str_printf(s->arena, KZ_FMT ":%u: section '%.*s' belongs to no module",
                                           KZ_ARG(s->file), s->values->as.map.at[i].line,
                                           key.len > 63 ? 63 : (int)key.len, key.ptr);
        kz_value_push(s->arena, s->warnings, kz_value_str(s->arena, text));
    }
}
