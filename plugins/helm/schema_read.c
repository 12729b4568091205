/* SPDX-License-Identifier: Apache-2.0
 *
 * The keywords of a schema, from its document to struct kz_schema, with gojsonschema's words for what is
 * wrong with them. */
#include "helm/schema_impl.h"

#include <math.h>
#include <string.h>

enum { MAX_SCHEMAS = 200000, MAX_NESTED = 1000 };

/* ---- keywords ---------------------------------------------------------------------------------- */

static void push(struct kz_schema_compile *c, struct kz_schemas *list, struct kz_schema *s)
{
    if (list->n == list->cap) {
        list->cap = list->cap == 0 ? 4 : 2 * list->cap;
        struct kz_schema **at = kz_new_n(c->a, struct kz_schema *, list->cap);
        if (list->n > 0)
            memcpy(at, list->at, list->n * sizeof(struct kz_schema *));
        list->at = at;
    }
    list->at[list->n++] = s;
}

static struct kz_named *add_named(struct kz_schema_compile *c, struct kz_nameds *list, struct kz_str name)
{
    if (list->n == list->cap) {
        list->cap = list->cap == 0 ? 8 : 2 * list->cap;
        struct kz_named *at = kz_new_n(c->a, struct kz_named, list->cap);
        if (list->n > 0)
            memcpy(at, list->at, list->n * sizeof *at);
        list->at = at;
    }
    struct kz_named *out = &list->at[list->n++];
    out->name = name;
    return out;
}

static bool invalid_type(struct kz_schema_compile *c, const char *expected, const char *key)
{
    return kz_schema_bad(c, "Invalid type. Expected: %s, given: %s", expected, key);
}

static struct kz_regex *regex(struct kz_schema_compile *c, struct kz_str pattern)
{
    struct kz_regex *re;
    struct kz_err err;
    if (kz_regex_new(&re, pattern, &err) < 0)
        return NULL;
    kz_vec_push(&c->set->regexes, re);
    return re;
}

static bool read_types(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *v)
{
    static const char *const names[] = {"array", "boolean", "integer", "number",
                                        "null",  "object",  "string"};
    const size_t n = kz_value_is(v, KZ_LIST) ? v->as.list.len : 1;
    kz_autobuf struct kz_buf b = KZ_BUF(1024);
    if (v == NULL)
        return true;
    if (v->kind != KZ_LIST && v->kind != KZ_STRING)
        return invalid_type(c, "string/array of strings", "type");
    for (size_t i = 0; i < n; i++) {
        const struct kz_value *item = v->kind == KZ_LIST ? v->as.list.at[i] : v;
        unsigned bit = 0;
        if (item->kind != KZ_STRING)
            return invalid_type(c, "string/array of strings", "type");
        for (size_t k = 0; k < kz_countof(names); k++)
            if (kz_str_is(item->as.str, names[k]))
                bit = 1U << k;
        if (bit == 0)
            return kz_schema_bad(c,
                       "has a primitive type that is NOT VALID -- given: /" KZ_FMT
                       "/ Expected valid values are:"
                       "[array boolean integer number null object string]",
                       KZ_ARG(item->as.str));
        if ((s->types & bit) != 0)
            return kz_schema_bad(c, KZ_FMT " type is duplicated", KZ_ARG(item->as.str));
        s->types |= bit;
        kz_buf_puts(&b, i > 0 ? "," : "");
        kz_buf_add_str(&b, item->as.str);
    }
    s->types_text = n > 1 ? kz_str_printf(c->a, "[" KZ_FMT "]", KZ_ARG(kz_buf_str(&b)))
                          : kz_str_dup(c->a, kz_buf_str(&b));
    return true;
}

static bool number(double *out, const struct kz_value *v)
{
    if (kz_value_is(v, KZ_INT))
        *out = (double)v->as.num;
    else if (kz_value_is(v, KZ_UINT))
        *out = (double)v->as.unum;
    else if (kz_value_is(v, KZ_FLOAT))
        *out = v->as.real;
    else
        return false;
    return true;
}

static const double *keep(struct kz_schema_compile *c, double num)
{
    double *out = kz_new(c->a, double);
    *out = num;
    return out;
}

/* exclusiveMinimum and Maximum: a flag in draft 4, a number since 6, either when no draft is said. */
static bool read_exclusive(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *v,
                           const char *key, const char *with, const double **inclusive,
                           const double **exclusive)
{
    double num;
    if (v == NULL)
        return true;
    if (s->draft != KZ_DRAFT_4 && number(&num, v)) {
        *exclusive = keep(c, num);
        return true;
    }
    if (v->kind != KZ_BOOL || s->draft == KZ_DRAFT_6 || s->draft == KZ_DRAFT_7)
        return invalid_type(c,
                            s->draft == KZ_DRAFT_4     ? "boolean"
                            : s->draft == KZ_DRAFT_ANY ? "boolean/number"
                                                       : "number",
                            key);
    if (*inclusive == NULL)
        return kz_schema_bad(c, "%s cannot be used without %s", key, with);
    if (v->as.truth) {
        *exclusive = *inclusive;
        *inclusive = NULL;
    }
    return true;
}

static bool read_numbers(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "multipleOf");
    double num;
    if (v != NULL) {
        if (!number(&num, v))
            return invalid_type(c, "number", "multipleOf");
        if (num <= 0)
            return kz_schema_bad(c, "multipleOf must be strictly greater than 0");
        s->multiple = keep(c, num);
    }
    v = kz_value_get(m, "minimum");
    if (v != NULL) {
        if (!number(&num, v))
            return kz_schema_bad(c, "minimum must be of a number");
        s->min = keep(c, num);
    }
    if (!read_exclusive(c, s, kz_value_get(m, "exclusiveMinimum"), "exclusiveMinimum", "minimum",
                        &s->min, &s->above))
        return false;
    v = kz_value_get(m, "maximum");
    if (v != NULL) {
        if (!number(&num, v))
            return kz_schema_bad(c, "maximum must be of a number");
        s->max = keep(c, num);
    }
    return read_exclusive(c, s, kz_value_get(m, "exclusiveMaximum"), "exclusiveMaximum", "maximum",
                          &s->max, &s->under);
}

static bool read_count(struct kz_schema_compile *c, const int64_t **out, const struct kz_value *m,
                       const char *key)
{
    const struct kz_value *v = kz_value_get(m, key);
    double num;
    if (v == NULL)
        return true;
    if (!number(&num, v) || num != floor(num) || fabs(num) > 9e15)
        return kz_schema_bad(c, "%s must be of an integer", key);
    if (num < 0)
        return kz_schema_bad(c, "%s must be greater than or equal to 0", key);
    int64_t *count = kz_new(c->a, int64_t);
    *count = (int64_t)num;
    *out = count;
    return true;
}

static bool read_counts(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *m)
{
    if (!read_count(c, &s->min_len, m, "minLength") || !read_count(c, &s->max_len, m, "maxLength"))
        return false;
    if (s->min_len != NULL && s->max_len != NULL && *s->min_len > *s->max_len)
        return kz_schema_bad(c, "minLength cannot be greater than maxLength");
    if (!read_count(c, &s->min_props, m, "minProperties") ||
        !read_count(c, &s->max_props, m, "maxProperties"))
        return false;
    if (s->min_props != NULL && s->max_props != NULL && *s->min_props > *s->max_props)
        return kz_schema_bad(c, "minProperties cannot be greater than maxProperties");
    return read_count(c, &s->min_items, m, "minItems") &&
           read_count(c, &s->max_items, m, "maxItems");
}

static bool read_strings(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "pattern");
    if (v != NULL) {
        if (v->kind != KZ_STRING)
            return kz_schema_bad(c, "pattern must be of a string");
        s->pattern = regex(c, v->as.str);
        s->pattern_text = v->as.str;
        if (s->pattern == NULL)
            return kz_schema_bad(c, "pattern must be a valid regex");
    }
    v = kz_value_get(m, "format");
    if (v != NULL && v->kind != KZ_STRING)
        return kz_schema_bad(c, "format must be of type string");
    s->format = kz_value_as_str(v);
    return true;
}

static bool read_required(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *v)
{
    if (v == NULL)
        return true;
    if (v->kind != KZ_LIST)
        return kz_schema_bad(c, "required must be of an array");
    for (size_t i = 0; i < v->as.list.len; i++) {
        if (v->as.list.at[i]->kind != KZ_STRING)
            return kz_schema_bad(c, "required items must be string");
        for (size_t k = 0; k < i; k++)
            if (kz_str_eq(v->as.list.at[k]->as.str, v->as.list.at[i]->as.str))
                return kz_schema_bad(c, "required items must be unique");
    }
    s->required = v;
    return true;
}

static bool read_enum(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "const");
    if (v != NULL && s->draft >= KZ_DRAFT_6) {
        s->const_text = kz_new(c->a, struct kz_str);
        *s->const_text = kz_schema_json(c->a, v);
    }
    v = kz_value_get(m, "enum");
    if (v == NULL)
        return true;
    if (v->kind != KZ_LIST)
        return kz_schema_bad(c, "enum must be of an array");
    s->enums = kz_new_n(c->a, struct kz_str, v->as.list.len + 1);
    for (size_t i = 0; i < v->as.list.len; i++) {
        const struct kz_str text = kz_schema_json(c->a, v->as.list.at[i]);
        for (size_t k = 0; k < s->n_enums; k++)
            if (kz_str_eq(s->enums[k], text))
                return kz_schema_bad(c, "enum items must be unique");
        s->enums[s->n_enums++] = text;
    }
    return true;
}

/* ---- keywords that hold schemas ---------------------------------------------------------------- */

static bool read_properties(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "properties");
    if (v != NULL && v->kind != KZ_MAP)
        return kz_schema_bad(c, "properties must be of type object");
    for (size_t i = 0; i < kz_value_pairs(v); i++) {
        struct kz_schema *sub = kz_schema_at(c, v->as.map.at[i].val, s->draft);
        add_named(c, &s->properties, v->as.map.at[i].key)->schema = sub;
        if (kz_schema_failed(c))
            return false;
    }
    v = kz_value_get(m, "additionalProperties");
    if (v != NULL && !kz_schema_is(v))
        return invalid_type(c, "boolean/valid schema", "additionalProperties");
    if (kz_value_is(v, KZ_BOOL))
        s->no_more_properties = !v->as.truth;
    else if (v != NULL)
        s->more_properties = kz_schema_at(c, v, s->draft);
    v = kz_value_get(m, "patternProperties");
    if (v != NULL && v->kind != KZ_MAP)
        return invalid_type(c, "valid schema", "patternProperties");
    for (size_t i = 0; i < kz_value_pairs(v); i++) {
        struct kz_regex *re = regex(c, v->as.map.at[i].key);
        if (re == NULL)
            return kz_schema_bad(c, "Invalid regex pattern '" KZ_FMT "'", KZ_ARG(v->as.map.at[i].key));
        struct kz_schema *sub = kz_schema_at(c, v->as.map.at[i].val, s->draft);
        struct kz_named *p = add_named(c, &s->patterns, v->as.map.at[i].key);
        p->re = re;
        p->schema = sub;
    }
    v = kz_value_get(m, "propertyNames");
    if (v != NULL && s->draft >= KZ_DRAFT_6) {
        if (!kz_schema_is(v))
            return invalid_type(c, "valid schema", "patternProperties");
        s->property_names = kz_schema_at(c, v, s->draft);
    }
    return !kz_schema_failed(c);
}

static bool read_dependencies(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *v)
{
    static const char wrong[] = "dependency must be of type schema or array of strings";
    if (v != NULL && v->kind != KZ_MAP)
        return kz_schema_bad(c, "dependencies must be of type object");
    for (size_t i = 0; i < kz_value_pairs(v); i++) {
        const struct kz_value *d = v->as.map.at[i].val;
        struct kz_schema *sub = NULL;
        if (!kz_schema_is(d) && d->kind != KZ_LIST)
            return kz_schema_bad(c, "%s", wrong);
        for (size_t k = 0; d->kind == KZ_LIST && k < d->as.list.len; k++)
            if (d->as.list.at[k]->kind != KZ_STRING)
                return kz_schema_bad(c, "%s", wrong);
        if (d->kind != KZ_LIST)
            sub = kz_schema_at(c, d, s->draft);
        struct kz_named *n = add_named(c, &s->dependencies, v->as.map.at[i].key);
        n->schema = sub;
        n->keys = d->kind == KZ_LIST ? d : NULL;
    }
    return !kz_schema_failed(c);
}

static bool read_items(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "items");
    if (v != NULL && !kz_schema_is(v) && v->kind != KZ_LIST)
        return invalid_type(c, "valid schema/array of schemas", "items");
    for (size_t i = 0; kz_value_is(v, KZ_LIST) && i < v->as.list.len; i++) {
        if (!kz_schema_is(v->as.list.at[i]))
            return invalid_type(c, "valid schema/array of schemas", "items");
        push(c, &s->items, kz_schema_at(c, v->as.list.at[i], s->draft));
    }
    if (kz_schema_is(v)) {
        push(c, &s->items, kz_schema_at(c, v, s->draft));
        s->items_single = true;
    }
    v = kz_value_get(m, "additionalItems");
    if (v != NULL && !kz_schema_is(v))
        return invalid_type(c, "boolean/valid schema", "additionalItems");
    if (kz_value_is(v, KZ_BOOL))
        s->no_more_items = !v->as.truth;
    else if (v != NULL)
        s->more_items = kz_schema_at(c, v, s->draft);
    v = kz_value_get(m, "uniqueItems");
    if (v != NULL && v->kind != KZ_BOOL)
        return kz_schema_bad(c, "uniqueItems must be of a boolean");
    s->unique_items = kz_value_as_bool(v, false);
    v = kz_value_get(m, "contains");
    if (v != NULL && s->draft >= KZ_DRAFT_6)
        s->contains = kz_schema_at(c, v, s->draft);
    return !kz_schema_failed(c);
}

static bool read_list(struct kz_schema_compile *c, struct kz_schemas *out, const struct kz_value *m,
                      const char *key, const char *said, enum kz_draft draft)
{
    const struct kz_value *v = kz_value_get(m, key);
    if (v != NULL && v->kind != KZ_LIST)
        return kz_schema_bad(c, "%s must be of an array", said);
    for (size_t i = 0; i < kz_value_len(v) && !kz_schema_failed(c); i++)
        push(c, out, kz_schema_at(c, v->as.list.at[i], draft));
    return !kz_schema_failed(c);
}

static bool read_one(struct kz_schema_compile *c, struct kz_schema **out, const struct kz_value *m,
                     const char *key, enum kz_draft draft)
{
    const struct kz_value *v = kz_value_get(m, key);
    if (v == NULL)
        return true;
    if (!kz_schema_is(v))
        return kz_schema_bad(c, "%s must be of an object", key);
    *out = kz_schema_at(c, v, draft);
    return !kz_schema_failed(c);
}

static bool read_combined(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *m)
{
    return read_list(c, &s->one_of, m, "oneOf", "oneOf", s->draft) &&
           read_list(c, &s->any_of, m, "anyOf", "anyOf", s->draft) &&
           read_list(c, &s->all_of, m, "allOf", "anyOf", s->draft) &&
           read_one(c, &s->not_, m, "not", s->draft) &&
           (s->draft < KZ_DRAFT_7 || (read_one(c, &s->if_, m, "if", s->draft) &&
                                      read_one(c, &s->then, m, "then", s->draft) &&
                                      read_one(c, &s->else_, m, "else", s->draft)));
}

/* Definitions are read although only references use them: a mistake in one is a mistake. */
static bool read_definitions(struct kz_schema_compile *c, const struct kz_value *v, enum kz_draft draft)
{
    if (v != NULL && v->kind != KZ_MAP)
        return invalid_type(c, "array of schemas", "definitions");
    for (size_t i = 0; i < kz_value_pairs(v); i++) {
        if (!kz_schema_is(v->as.map.at[i].val))
            return invalid_type(c, "array of schemas", "definitions");
        (void)kz_schema_at(c, v->as.map.at[i].val, draft);
    }
    return !kz_schema_failed(c);
}

static bool text_or_none(struct kz_schema_compile *c, const struct kz_value *m, const char *key)
{
    const struct kz_value *v = kz_value_get(m, key);
    return v == NULL || v->kind == KZ_STRING || invalid_type(c, "string", key);
}

static void read_schema(struct kz_schema_compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const char *id =
        s->draft == KZ_DRAFT_4 || (s->draft == KZ_DRAFT_ANY && kz_value_get(m, "id") != NULL)
            ? "id"
            : "$id";
    if (!text_or_none(c, m, id) || !read_definitions(c, kz_value_get(m, "definitions"), s->draft) ||
        !text_or_none(c, m, "title") || !text_or_none(c, m, "description") ||
        !text_or_none(c, m, "$ref"))
        return;
    const struct kz_value *ref = kz_value_get(m, "$ref");
    if (ref != NULL) {
        s->ref = kz_schema_ref(c, ref->as.str.len == 0 ? KZ_STR("") : ref->as.str, s->draft);
        return;
    }
    (void)(read_types(c, s, kz_value_get(m, "type")) && read_properties(c, s, m) &&
           read_dependencies(c, s, kz_value_get(m, "dependencies")) && read_items(c, s, m) &&
           read_numbers(c, s, m) && read_strings(c, s, m) && read_counts(c, s, m) &&
           read_required(c, s, kz_value_get(m, "required")) && read_enum(c, s, m) &&
           read_combined(c, s, m));
}

struct kz_schema *kz_schema_at(struct kz_schema_compile *c, const struct kz_value *v, enum kz_draft draft)
{
    struct kz_schema *s = kz_new(c->a, struct kz_schema);
    s->draft = draft;
    if (kz_schema_failed(c))
        return s;
    if (++c->made > MAX_SCHEMAS || c->nested >= MAX_NESTED) {
        (void)kz_schema_bad(c, "the schema is too large");
        return s;
    }
    if (v->kind == KZ_BOOL && draft >= KZ_DRAFT_6) {
        s->is_bool = true;
        s->pass = v->as.truth;
        return s;
    }
    if (v->kind != KZ_MAP) {
        (void)kz_schema_bad(c, "Expected: valid schema, given: Invalid JSON");
        return s;
    }
    c->nested++;
    read_schema(c, s, v);
    c->nested--;
    return s;
}
