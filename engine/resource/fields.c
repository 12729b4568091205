/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/fields.h"

#include "value/json.h"

struct kz_field_step kz_field_step(struct kz_arena *a, struct kz_str member)
{
    struct kz_field_step step = {.kind = KZ_FIELD_BAD};
    if (kz_str_is(member, ".")) {
        step.kind = KZ_FIELD_SELF;
        return step;
    }
    if (member.len < 2 || member.ptr[1] != ':')
        return step;
    struct kz_str rest = kz_str_skip(member, 2);
    struct kz_value *json = NULL;
    struct kz_err err = {0};
    uint64_t index;
    switch (member.ptr[0]) {
    case 'f':
        step.kind = KZ_FIELD_NAME;
        step.name = rest;
        break;
    case 'i':
        if (kz_str_u64(&index, rest)) {
            step.kind = KZ_FIELD_INDEX;
            step.index = (size_t)index;
        }
        break;
    case 'k':
    case 'v':
        if (kz_json_read(&json, a, rest, KZ_STR("fieldsV1"), &err) < 0)
            break;
        step.json = json;
        if (member.ptr[0] == 'v')
            step.kind = KZ_FIELD_VALUE;
        else if (json->kind == KZ_MAP)
            step.kind = KZ_FIELD_KEYS;
        break;
    default:
        break;
    }
    return step;
}

static bool has_keys(const struct kz_value *item, const struct kz_value *keys, bool lenient)
{
    size_t equal = 0;
    for (size_t i = 0; i < kz_value_pairs(keys); i++) {
        const struct kz_pair *key = &keys->as.map.at[i];
        const struct kz_value *have = kz_value_find(item, key->key);
        if (have == NULL && lenient)
            continue;
        if (have == NULL || !kz_value_eq(have, key->val))
            return false;
        equal++;
    }
    return equal > 0;
}

const struct kz_value *kz_field_go(const struct kz_value *v, const struct kz_field_step *step,
                                   bool lenient)
{
    switch (step->kind) {
    case KZ_FIELD_NAME:
        return kz_value_find(v, step->name);
    case KZ_FIELD_INDEX:
        return kz_value_at(v, step->index);
    case KZ_FIELD_SELF:
        return v;
    case KZ_FIELD_KEYS:
    case KZ_FIELD_VALUE:
        break;
    case KZ_FIELD_BAD:
        return NULL;
    }
    if (!kz_value_is(v, KZ_LIST))
        return NULL;
    for (size_t i = 0; i < v->as.list.len; i++) {
        const struct kz_value *item = v->as.list.at[i];
        if (step->kind == KZ_FIELD_KEYS ? has_keys(item, step->json, lenient)
                                        : kz_value_eq(item, step->json))
            return item;
    }
    return NULL;
}

void kz_field_text(struct kz_buf *b, const struct kz_field_step *step)
{
    switch (step->kind) {
    case KZ_FIELD_NAME:
        kz_buf_putc(b, '.');
        kz_buf_add_str(b, step->name);
        break;
    case KZ_FIELD_INDEX:
        kz_buf_printf(b, "[%zu]", step->index);
        break;
    case KZ_FIELD_VALUE:
        kz_buf_puts(b, "[=");
        kz_json_write(b, step->json, KZ_JSON_COMPACT);
        kz_buf_putc(b, ']');
        break;
    case KZ_FIELD_KEYS:
        kz_buf_putc(b, '[');
        for (size_t i = 0; i < kz_value_pairs(step->json); i++) {
            const struct kz_pair *key = &step->json->as.map.at[i];
            if (i > 0)
                kz_buf_putc(b, ',');
            kz_buf_add_str(b, key->key);
            kz_buf_putc(b, '=');
            kz_json_write(b, key->val, KZ_JSON_COMPACT);
        }
        kz_buf_putc(b, ']');
        break;
    case KZ_FIELD_SELF:
    case KZ_FIELD_BAD:
        break;
    }
}

bool kz_field_is_leaf(const struct kz_value *fields)
{
    size_t n = kz_value_len(fields);
    return n == 0 || (n == 1 && kz_value_get(fields, ".") != NULL);
}

bool kz_field_entry_is(const struct kz_value *entry, struct kz_str manager, const char *operation)
{
    if (kz_value_path_str(entry, "subresource").len > 0)
        return false;
    if (operation != NULL && !kz_str_is(kz_value_path_str(entry, "operation"), operation))
        return false;
    return manager.len == 0 || kz_str_eq(kz_value_path_str(entry, "manager"), manager);
}
