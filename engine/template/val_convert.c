/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents to values of templates and back. */
#include "template/val.h"

#include "base/base64.h"

#include <math.h>

struct kz_val kz_val_from_value(struct kz_arena *a, const struct kz_value *v,
                                enum kz_val_numbers numbers)
{
    if (v == NULL)
        return KZ_NIL;
    switch (v->kind) {
    case KZ_NULL:
        break;
    case KZ_BOOL:
        return kz_val_bool(v->as.truth);
    case KZ_INT:
        return numbers == KZ_VAL_FLOATS ? kz_val_float((double)v->as.num) : kz_val_int64(v->as.num);
    case KZ_UINT:
        return kz_val_float((double)v->as.unum);
    case KZ_FLOAT:
        return kz_val_float(v->as.real);
    case KZ_STRING:
        return kz_val_str(v->as.str);
    case KZ_LIST: {
        struct kz_list *l = kz_list_new(a, v->as.list.len);
        for (size_t i = 0; i < v->as.list.len; i++)
            kz_list_push(a, l, kz_val_from_value(a, v->as.list.at[i], numbers));
        l->decoded = true;
        return kz_val_list(l);
    }
    case KZ_MAP: {
        struct kz_dict *d = kz_dict_new(a, v->as.map.len);
        for (size_t i = 0; i < v->as.map.len; i++)
            kz_dict_set(a, d, v->as.map.at[i].key,
                        kz_val_from_value(a, v->as.map.at[i].val, numbers));
        return kz_val_dict(d);
    }
    }
    return KZ_NIL;
}

struct walk {
    struct kz_arena *a;
    unsigned left; /* values that may still come */
};

static int convert(struct kz_value **out, struct walk *w, struct kz_val v, unsigned depth,
                   struct kz_err *err);

static int from_real(struct kz_value **out, struct kz_arena *a, double real, struct kz_err *err)
{
    if (!isfinite(real))
        return kz_fail(err, KZ_E_INVALID, "json: unsupported value: %s",
                       isnan(real) ? "NaN"
                       : real > 0  ? "+Inf"
                                   : "-Inf");
    *out = kz_value_float(a, real);
    return 0;
}

static int from_list(struct kz_value **out, struct walk *w, struct kz_val v, unsigned depth,
                     struct kz_err *err)
{
    struct kz_value *list = kz_value_list(w->a);
    const size_t n = kz_val_len(v);
    kz_value_reserve(w->a, list, n);
    for (size_t i = 0; i < n; i++) {
        struct kz_value *item = NULL;
        const int rc = convert(&item, w, v.as.list->at[i], depth, err);
        if (rc < 0)
            return rc;
        kz_value_push(w->a, list, item);
    }
    *out = list;
    return 0;
}

static int from_dict(struct kz_value **out, struct walk *w, struct kz_dict *d, unsigned depth,
                     struct kz_err *err)
{
    struct kz_value *map = kz_value_map(w->a);
    kz_dict_sort(d);
    kz_value_reserve(w->a, map, d->len);
    for (size_t i = 0; i < d->len; i++) {
        struct kz_value *val = NULL;
        const int rc = convert(&val, w, d->at[i].val, depth, err);
        if (rc < 0)
            return rc;
        kz_value_add(w->a, map, d->at[i].key, val);
    }
    *out = map;
    return 0;
}

static int from_object(struct kz_value **out, struct walk *w, struct kz_val v, unsigned depth,
                       struct kz_err *err)
{
    const struct kz_shape *shape = v.type->shape;
    struct kz_value *map = kz_value_map(w->a);
    if (shape != NULL && shape->n_fields == 0 && shape->string != NULL) {
        *out = kz_value_str(w->a, (shape->json != NULL ? shape->json : shape->string)(w->a, &v));
        return 0;
    }
    for (size_t i = 0; shape != NULL && i < shape->n_fields; i++) {
        struct kz_value *val = NULL;
        struct kz_str name;
        const struct kz_val part = shape->fields[i].get(w->a, &v);
        if (!kz_field_json(&name, &shape->fields[i], part))
            continue;
        const int rc = convert(&val, w, part, depth, err);
        if (rc < 0)
            return rc;
        kz_value_set(w->a, map, name, val);
    }
    *out = map;
    return 0;
}

static int convert(struct kz_value **out, struct walk *w, struct kz_val v, unsigned depth,
                   struct kz_err *err)
{
    if (w->left == 0)
        return kz_fail(err, KZ_E_LIMIT, "a value has more than %d parts", KZ_VAL_NODES);
    w->left--;
    if (depth == 0)
        return kz_fail(err, KZ_E_INVALID,
                       "a value is nested deeper than %d levels or contains itself", KZ_VAL_DEPTH);
    if (kz_val_is_nil(v)) {
        *out = kz_value_null(w->a);
        return 0;
    }
    switch (kz_val_kind(v)) {
    case KZ_GO_BOOL:
        *out = kz_value_bool(w->a, v.as.truth);
        return 0;
    case KZ_GO_INT:
        *out = kz_value_int(w->a, v.as.num);
        return 0;
    case KZ_GO_UINT:
        *out = kz_value_uint(w->a, v.as.unum);
        return 0;
    case KZ_GO_FLOAT:
        return from_real(out, w->a, v.as.real, err);
    case KZ_GO_STRING:
        *out = kz_value_str(w->a, v.as.str);
        return 0;
    case KZ_GO_SLICE:
        if (!kz_val_is_bytes(v))
            return from_list(out, w, v, depth - 1, err);
        *out = kz_value_str(w->a, kz_base64_encode(w->a, v.as.str));
        return 0;
    case KZ_GO_MAP:
        return from_dict(out, w, v.as.dict, depth - 1, err);
    case KZ_GO_STRUCT:
    case KZ_GO_PTR:
        return from_object(out, w, v, depth - 1, err);
    case KZ_GO_COMPLEX:
    case KZ_GO_FUNC:
    case KZ_GO_INVALID:
    case KZ_GO_KINDS_:
        break;
    }
    return kz_fail(err, KZ_E_INVALID, "json: unsupported type: %s", kz_val_type_name(v));
}

int kz_val_to_value(struct kz_value **out, struct kz_arena *a, struct kz_val v, struct kz_err *err)
{
    struct walk w = {.a = a, .left = KZ_VAL_NODES};
    return convert(out, &w, v, KZ_VAL_DEPTH, err);
}
