/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a definition may be shown to everybody who may read a Module object: all but private fields. Those
 * hold values of charts, options of renderers and bodies of patches, and people put passwords there. */
#include "spec/fields.h"

static const struct kz_spec_field *row_of(const struct kz_spec_field *table, struct kz_str name)
{
    for (; table != NULL && table->name != NULL; table++)
        if (kz_str_is(name, table->name))
            return table;
    return NULL;
}

static struct kz_value *shown(struct kz_arena *a, const struct kz_spec_field *f, enum kz_field_type type,
                              const struct kz_value *v);

static struct kz_value *shown_list(struct kz_arena *a, const struct kz_spec_field *f, const struct kz_value *list)
{
    struct kz_value *out = kz_value_list(a);
    for (size_t i = 0; i < kz_value_len(list); i++)
        kz_value_push(a, out, shown(a, f, f->item, kz_value_at(list, i)));
    return out;
}

static struct kz_value *shown_entries(struct kz_arena *a, const struct kz_spec_field *f, const struct kz_value *map)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_pairs(map); i++)
        kz_value_set(a, out, kz_str_dup(a, map->as.map.at[i].key), shown(a, f, f->item, map->as.map.at[i].val));
    return out;
}

static struct kz_value *shown(struct kz_arena *a, const struct kz_spec_field *f, enum kz_field_type type,
                              const struct kz_value *v)
{
    const bool fields = type == KZ_F_FIELDS || type == KZ_F_LABEL_OR_FIELDS;
    if (fields && kz_value_is(v, KZ_MAP))
        return kz_fields_shown(a, f->sub, v);
    if (type == KZ_F_LIST && kz_value_is(v, KZ_LIST))
        return shown_list(a, f, v);
    if (type == KZ_F_NAMED && kz_value_is(v, KZ_MAP))
        return shown_entries(a, f, v);
    return kz_value_copy(a, v);
}

struct kz_value *kz_fields_shown(struct kz_arena *a, const struct kz_spec_field *table, const struct kz_value *map)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_pairs(map); i++) {
        const struct kz_pair *p = &map->as.map.at[i];
        const struct kz_spec_field *f = row_of(table, p->key);
        /* Null means the default here, and the API server would drop it. */
        if (f != NULL && (f->flags & KZ_F_PRIVATE) == 0 && !kz_value_is(p->val, KZ_NULL))
            kz_value_set(a, out, kz_str(f->name), shown(a, f, f->type, p->val));
    }
    return out;
}
