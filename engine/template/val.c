/* SPDX-License-Identifier: Apache-2.0 */
#include "template/val.h"

#include <string.h>

/* One row per type: name, Go kind, what %T and kindOf print, element type. */
#define KZ_TYPE(id, kind_, name_, kind_name_, elem_)                                               \
    const struct kz_type kz_type_##id = {                                                          \
        .kind = (kind_), .name = (name_), .kind_name = (kind_name_), .elem = (elem_)}

KZ_TYPE(bool, KZ_GO_BOOL, "bool", "bool", NULL);
KZ_TYPE(int, KZ_GO_INT, "int", "int", NULL);
KZ_TYPE(int64, KZ_GO_INT, "int64", "int64", NULL);
KZ_TYPE(uint8, KZ_GO_UINT, "uint8", "uint8", NULL);
KZ_TYPE(uint32, KZ_GO_UINT, "uint32", "uint32", NULL);
KZ_TYPE(uint64, KZ_GO_UINT, "uint64", "uint64", NULL);
KZ_TYPE(float64, KZ_GO_FLOAT, "float64", "float64", NULL);
KZ_TYPE(complex128, KZ_GO_COMPLEX, "complex128", "complex128", NULL);
KZ_TYPE(string, KZ_GO_STRING, "string", "string", NULL);
KZ_TYPE(func, KZ_GO_FUNC, "func(...interface {}) interface {}", "func", NULL);
KZ_TYPE(list, KZ_GO_SLICE, "[]interface {}", "slice", NULL);
KZ_TYPE(map, KZ_GO_MAP, "map[string]interface {}", "map", NULL);
KZ_TYPE(strings, KZ_GO_SLICE, "[]string", "slice", &kz_type_string);
KZ_TYPE(ints, KZ_GO_SLICE, "[]int", "slice", &kz_type_int);
KZ_TYPE(bytes, KZ_GO_SLICE, "[]uint8", "slice", &kz_type_uint8);
KZ_TYPE(lists, KZ_GO_SLICE, "[][]interface {}", "slice", &kz_type_list);
KZ_TYPE(string_map, KZ_GO_MAP, "map[string]string", "map", &kz_type_string);

bool kz_val_is_nil(struct kz_val v)
{
    switch (kz_val_kind(v)) {
    case KZ_GO_INVALID:
        return true;
    case KZ_GO_SLICE:
        return kz_val_is_bytes(v) ? v.as.str.ptr == NULL : v.as.list == NULL;
    case KZ_GO_MAP:
        return v.as.dict == NULL;
    case KZ_GO_PTR:
        return v.as.obj == NULL;
    case KZ_GO_FUNC:
        return v.as.func == NULL;
    case KZ_GO_BOOL:
    case KZ_GO_INT:
    case KZ_GO_UINT:
    case KZ_GO_FLOAT:
    case KZ_GO_COMPLEX:
    case KZ_GO_STRING:
    case KZ_GO_STRUCT:
    case KZ_GO_KINDS_:
        break;
    }
    return false;
}

bool kz_val_truth(struct kz_val v)
{
    switch (kz_val_kind(v)) {
    case KZ_GO_BOOL:
        return v.as.truth;
    case KZ_GO_INT:
        return v.as.num != 0;
    case KZ_GO_UINT:
        return v.as.unum != 0;
    case KZ_GO_FLOAT:
        return v.as.real != 0;
    case KZ_GO_COMPLEX:
        return v.as.complex.re != 0 || v.as.complex.im != 0;
    case KZ_GO_STRING:
    case KZ_GO_SLICE:
    case KZ_GO_MAP:
        return kz_val_len(v) > 0;
    case KZ_GO_STRUCT:
        return true;
    case KZ_GO_PTR:
    case KZ_GO_FUNC:
        return !kz_val_is_nil(v);
    case KZ_GO_INVALID:
    case KZ_GO_KINDS_:
        break;
    }
    return false;
}

bool kz_field_json(struct kz_str *name, const struct kz_field *f, struct kz_val v)
{
    static const struct kz_str omit = KZ_STR_INIT(",omitempty");
    *name = kz_str(f->json != NULL ? f->json : f->name);
    if (!kz_str_ends(*name, omit))
        return !kz_str_is(*name, "-");
    *name = kz_str_head(*name, name->len - omit.len);
    return kz_val_kind(v) == KZ_GO_STRUCT || kz_val_truth(v);
}

size_t kz_val_len(struct kz_val v)
{
    switch (kz_val_kind(v)) {
    case KZ_GO_STRING:
        return v.as.str.len;
    case KZ_GO_SLICE:
        if (kz_val_is_bytes(v))
            return v.as.str.len;
        return v.as.list == NULL ? 0 : v.as.list->len;
    case KZ_GO_MAP:
        return v.as.dict == NULL ? 0 : v.as.dict->len;
    default:
        return 0;
    }
}

struct kz_val kz_val_at(struct kz_val list, size_t i)
{
    struct kz_val item;
    if (kz_val_kind(list) == KZ_GO_STRING || kz_val_is_bytes(list))
        return (struct kz_val){.type = &kz_type_uint8, .as.unum = (uint8_t)list.as.str.ptr[i]};
    item = list.as.list->at[i];
    item.iface = list.type->elem == NULL;
    return item;
}

const char *kz_val_type_name(struct kz_val v)
{
    return v.type == NULL ? "<nil>" : v.type->name;
}

const char *kz_val_kind_name(struct kz_val v)
{
    return v.type == NULL ? "invalid" : v.type->kind_name;
}

static bool deep_eq(struct kz_val a, struct kz_val b, unsigned depth, unsigned *left);

static bool dict_eq(const struct kz_dict *a, const struct kz_dict *b, unsigned depth,
                    unsigned *left)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->len != b->len)
        return false;
    for (size_t i = 0; i < a->len; i++) {
        const struct kz_val *other = kz_dict_find(b, a->at[i].key);
        if (other == NULL || !deep_eq(a->at[i].val, *other, depth, left))
            return false;
    }
    return true;
}

static bool list_eq(struct kz_val a, struct kz_val b, unsigned depth, unsigned *left)
{
    if (kz_val_is_nil(a) != kz_val_is_nil(b) || kz_val_len(a) != kz_val_len(b))
        return false;
    if (kz_val_is_bytes(a))
        return kz_str_eq(a.as.str, b.as.str);
    for (size_t i = 0; i < kz_val_len(a); i++)
        if (!deep_eq(a.as.list->at[i], b.as.list->at[i], depth, left))
            return false;
    return true;
}

static bool object_eq(struct kz_val a, struct kz_val b, unsigned depth, unsigned *left)
{
    const struct kz_shape *shape = a.type->shape;
    if (a.as.obj == b.as.obj)
        return true;
    if (a.as.obj == NULL || b.as.obj == NULL || shape == NULL || shape->n_fields == 0)
        return false;
    kz_autoarena struct kz_arena *scratch = kz_arena_new((size_t)1 << 24);
    for (size_t i = 0; i < shape->n_fields; i++)
        if (!deep_eq(shape->fields[i].get(scratch, &a), shape->fields[i].get(scratch, &b), depth,
                     left))
            return false;
    return true;
}

static bool deep_eq(struct kz_val a, struct kz_val b, unsigned depth, unsigned *left)
{
    if (a.type != b.type || depth == 0 || *left == 0)
        return false;
    --*left;
    switch (kz_val_kind(a)) {
    case KZ_GO_INVALID:
        return true;
    case KZ_GO_BOOL:
        return a.as.truth == b.as.truth;
    case KZ_GO_INT:
        return a.as.num == b.as.num;
    case KZ_GO_UINT:
        return a.as.unum == b.as.unum;
    case KZ_GO_FLOAT:
        return a.as.real == b.as.real;
    case KZ_GO_COMPLEX:
        return a.as.complex.re == b.as.complex.re && a.as.complex.im == b.as.complex.im;
    case KZ_GO_STRING:
        return kz_str_eq(a.as.str, b.as.str);
    case KZ_GO_SLICE:
        return list_eq(a, b, depth - 1, left);
    case KZ_GO_MAP:
        return dict_eq(a.as.dict, b.as.dict, depth - 1, left);
    case KZ_GO_STRUCT:
    case KZ_GO_PTR:
        return object_eq(a, b, depth - 1, left);
    case KZ_GO_FUNC: /* functions are equal only when both are nil */
        return a.as.func == NULL && b.as.func == NULL;
    case KZ_GO_KINDS_:
        break;
    }
    return false;
}

bool kz_val_deep_eq(struct kz_val a, struct kz_val b)
{
    unsigned left = KZ_VAL_NODES;
    return deep_eq(a, b, KZ_VAL_DEPTH, &left);
}

struct kz_list *kz_list_new(struct kz_arena *a, size_t room)
{
    struct kz_list *l = kz_new(a, struct kz_list);
    if (room > 0)
        l->at = kz_new_n(a, struct kz_val, room);
    l->cap = room;
    return l;
}

void kz_list_push(struct kz_arena *a, struct kz_list *l, struct kz_val item)
{
    if (l->len == l->cap) {
        const size_t cap = l->cap < 4 ? 8 : l->cap * 2;
        struct kz_val *at = kz_new_n(a, struct kz_val, cap);
        if (l->len > 0)
            memcpy(at, l->at, l->len * sizeof(*at));
        l->at = at;
        l->cap = cap;
    }
    l->at[l->len++] = kz_val_plain(item);
}

size_t kz_list_room(const struct kz_list *l)
{
    size_t room = l->len;
    if (l->decoded && l->len > 0 && l->len <= 512)
        for (room = 1; room < l->len;)
            room *= 2;
    return room;
}

struct kz_list *kz_list_cut(struct kz_arena *a, const struct kz_list *l, size_t from, size_t to)
{
    struct kz_list *cut = kz_new(a, struct kz_list);
    kz_assert(from <= to && to <= l->len);
    *cut = (struct kz_list){
        .at = from == to ? NULL : l->at + from, .len = to - from, .cap = to - from};
    return cut;
}

struct kz_list *kz_list_slice(struct kz_arena *a, const struct kz_list *l, size_t from, size_t to)
{
    if (to <= l->len)
        return kz_list_cut(a, l, from, to);
    struct kz_list *out = kz_list_new(a, to - from);
    for (size_t i = from; i < to; i++)
        kz_list_push(a, out, i < l->len ? l->at[i] : KZ_NIL);
    return out;
}
