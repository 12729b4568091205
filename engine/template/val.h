/* SPDX-License-Identifier: Apache-2.0
 *
 * The values of templates: what Go's reflect package sees of the data that charts work on. A value is
 * passed by value; maps are shared by reference and change in place, so two names of one map see each
 * other's changes (`set`, `unset` and `merge` rely on it). Lists never change once they are shared: a
 * function that "changes" one makes another. Everything lives in the arena of the run.
 *
 * Types are static descriptions compared by address. A layer above adds its own (structs with fields
 * and methods, named maps) by defining a struct kz_type; see kz_shape. */
#ifndef KZ_TEMPLATE_VAL_H
#define KZ_TEMPLATE_VAL_H

#include "base/arena.h"
#include "value/value.h"

enum kz_gokind {
    KZ_GO_INVALID, /* no value at all */
    KZ_GO_BOOL,
    KZ_GO_INT,     /* signed, any width: as.num */
    KZ_GO_UINT,    /* unsigned, any width: as.unum */
    KZ_GO_FLOAT,   /* as.real */
    KZ_GO_COMPLEX, /* as.complex */
    KZ_GO_STRING,  /* as.str, any bytes */
    KZ_GO_SLICE,   /* as.list; []byte alone: as.str. NULL list: a nil slice */
    KZ_GO_MAP,     /* as.dict, keys are strings. NULL: a nil map */
    KZ_GO_STRUCT,  /* as.obj */
    KZ_GO_PTR,     /* as.obj, to a struct described by elem; NULL: a nil pointer */
    KZ_GO_FUNC,    /* as.func */
    KZ_GO_KINDS_
};

struct kz_eval;
struct kz_func;
struct kz_shape;

struct kz_type {
    enum kz_gokind kind;
    const char *name;             /* what %T prints: "map[string]interface {}" */
    const char *kind_name;        /* reflect.Kind: "int64", "map", "ptr" */
    const struct kz_type *elem;   /* of slices, maps, pointers; NULL: interface {} */
    const struct kz_shape *shape; /* fields, methods, String(); NULL: none */
    /* What a copy of it is, that is what an interface {} holds: without the methods of its pointer,
     * which it has where it stands. NULL: the same. */
    const struct kz_type *copied;
};

struct kz_val {
    const struct kz_type *type; /* NULL: no value (nil) */
    bool
        iface; /* its static type is interface {}: an element of a map or a list. With type NULL it is
                 * a nil interface, else reflect's invalid value: Go words some errors by it */
    union {
        bool truth;
        int64_t num;
        uint64_t unum;
        double real;
        struct {
            double re, im;
        } complex;
        struct kz_str str;
        struct kz_list *list;
        struct kz_dict *dict;
        void *obj;
        const struct kz_func *func;
    } as;
};

extern const struct kz_type kz_type_bool, kz_type_int, kz_type_int64, kz_type_uint8, kz_type_uint32,
    kz_type_uint64, kz_type_float64, kz_type_complex128, kz_type_string, kz_type_func,
    kz_type_list,       /* []interface {} */
    kz_type_map,        /* map[string]interface {} */
    kz_type_strings,    /* []string: items are still kz_val */
    kz_type_ints,       /* []int */
    kz_type_bytes,      /* []uint8 */
    kz_type_lists,      /* [][]interface {} */
    kz_type_string_map; /* map[string]string */

/* What a type of a layer above adds. All members may be NULL or 0. */
struct kz_field {
    const char *name;
    struct kz_val (*get)(struct kz_arena *a, const struct kz_val *self);
    const char *json; /* Go's tag: "name", "name,omitempty", "-" for none; NULL: as name */
};
struct kz_method {
    const char *name;
    const char *sig; /* parameters without self, as in struct kz_func */
    struct kz_val (*call)(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                          size_t argc);
};
struct kz_shape {
    const struct kz_field
        *fields; /* in the order of the Go struct; a pointer shares its struct's */
    size_t n_fields;
    size_t promoted; /* so many behind the first are its own: found here, but no parts of this */
    const struct kz_method *methods;
    size_t n_methods;
    struct kz_str (*string)(struct kz_arena *a,
                            const struct kz_val *self); /* String() or Error() */
    /* The text that MarshalJSON makes of it; NULL: as string. */
    struct kz_str (*json)(struct kz_arena *a, const struct kz_val *self);
};

/* The name in JSON of a field with this value; false: it is left out. */
bool kz_field_json(struct kz_str *name, const struct kz_field *f, struct kz_val v);

/* ---- making --------------------------------------------------------------------------------- */
#define KZ_NIL ((struct kz_val){.type = NULL})
static inline struct kz_val kz_val_bool(bool truth)
{
    return (struct kz_val){.type = &kz_type_bool, .as.truth = truth};
}
static inline struct kz_val kz_val_int(int64_t num)
{
    return (struct kz_val){.type = &kz_type_int, .as.num = num};
}
static inline struct kz_val kz_val_int64(int64_t num)
{
    return (struct kz_val){.type = &kz_type_int64, .as.num = num};
}
static inline struct kz_val kz_val_float(double real)
{
    return (struct kz_val){.type = &kz_type_float64, .as.real = real};
}
static inline struct kz_val kz_val_str(struct kz_str s) /* not copied */
{
    return (struct kz_val){.type = &kz_type_string, .as.str = s};
}
static inline struct kz_val kz_val_bytes(struct kz_str s) /* []byte, not copied */
{
    return (struct kz_val){.type = &kz_type_bytes, .as.str = s};
}
static inline struct kz_val kz_val_list(struct kz_list *list)
{
    return (struct kz_val){.type = &kz_type_list, .as.list = list};
}
static inline struct kz_val kz_val_dict(struct kz_dict *dict)
{
    return (struct kz_val){.type = &kz_type_map, .as.dict = dict};
}
/* One of the other types: a struct, a pointer, a named map or slice. */
static inline struct kz_val kz_val_obj(const struct kz_type *type, void *obj)
{
    return (struct kz_val){.type = type, .as.obj = obj};
}

/* ---- asking --------------------------------------------------------------------------------- */
static inline enum kz_gokind kz_val_kind(struct kz_val v)
{
    return v.type == NULL ? KZ_GO_INVALID : v.type->kind;
}
static inline bool kz_val_is_bytes(struct kz_val v)
{
    return kz_val_kind(v) == KZ_GO_SLICE && v.type->elem == &kz_type_uint8;
}
bool kz_val_is_nil(struct kz_val v); /* no value, or a nil map, slice or pointer */
bool kz_val_truth(struct kz_val v);  /* what `if` decides by */
size_t kz_val_len(struct kz_val v);  /* of strings (bytes), lists, maps; else 0 */
struct kz_val kz_val_at(struct kz_val list,
                        size_t i); /* i < len; of []byte a uint8; iface as in Go */
/* The same without the mark of a static type: what an interface {} parameter receives. */
static inline struct kz_val kz_val_plain(struct kz_val v)
{
    v.iface = false;
    if (v.type != NULL && v.type->copied != NULL)
        v.type = v.type->copied;
    return v;
}
const char *kz_val_type_name(struct kz_val v); /* "<nil>" for no value */
const char *kz_val_kind_name(struct kz_val v); /* "invalid" for no value */

/* reflect.DeepEqual on values. Maps can be put into themselves, in several places at once, so whatever
 * recurses over values stops at a depth and after a number of values; here what is larger is unequal. */
enum { KZ_VAL_DEPTH = 1000, KZ_VAL_NODES = 4 * 1000 * 1000 };
bool kz_val_deep_eq(struct kz_val a, struct kz_val b);

/* ---- lists ---------------------------------------------------------------------------------- */
struct kz_list {
    struct kz_val *at;
    size_t len, cap;
    bool decoded; /* as JSON was read: Go has room behind it, which slice reaches (kz_list_room) */
};
struct kz_list *kz_list_new(struct kz_arena *a, size_t room);
void kz_list_push(struct kz_arena *a, struct kz_list *l,
                  struct kz_val item); /* while still unshared */
/* A view of items from..to-1; 0 <= from <= to <= len. */
struct kz_list *kz_list_cut(struct kz_arena *a, const struct kz_list *l, size_t from, size_t to);
/* The capacity that Go's list has: what appending one by one gives, or the length. Right up to 512 items. */
size_t kz_list_room(const struct kz_list *l);
/* Go's l[from:to], to <= kz_list_room(l): a view, or with nothing behind the end a copy. */
struct kz_list *kz_list_slice(struct kz_arena *a, const struct kz_list *l, size_t from, size_t to);

/* ---- maps ----------------------------------------------------------------------------------- */
struct kz_entry {
    struct kz_str key;
    struct kz_val val;
};
struct kz_dict {
    struct kz_entry *at; /* in order of insertion, or of their keys once sorted */
    size_t len, cap;
    uint32_t *index; /* open addressing, positions + 1; NULL while there are few */
    size_t n_index;  /* a power of two */
    bool sorted;     /* at[] is in bytewise order of keys */
};
struct kz_dict *kz_dict_new(struct kz_arena *a, size_t room);
struct kz_val *kz_dict_find(const struct kz_dict *d,
                            struct kz_str key); /* NULL: absent; d may be NULL */
struct kz_val kz_dict_get(const struct kz_dict *d, struct kz_str key); /* no value when absent */
void kz_dict_set(struct kz_arena *a, struct kz_dict *d, struct kz_str key, struct kz_val val);
bool kz_dict_del(struct kz_dict *d, struct kz_str key);
/* Brings at[] into the order of keys; changes nothing that a template can see (Go's maps have no
 * order). at[] stays valid until the next set or del. */
void kz_dict_sort(struct kz_dict *d);
struct kz_dict *kz_dict_copy(struct kz_arena *a, const struct kz_dict *d); /* one level */

/* ---- from and to documents ------------------------------------------------------------------ */
enum kz_val_numbers {
    KZ_VAL_FLOATS, /* every number is a float64, as after encoding/json: values.yaml, fromYaml */
    KZ_VAL_EXACT,  /* integers become int64: --set */
};
/* Strings are shared with the document. NULL gives nil. Depth is that of the document. */
struct kz_val kz_val_from_value(struct kz_arena *a, const struct kz_value *v,
                                enum kz_val_numbers numbers);
/* Strings are shared; keys in bytewise order; []byte as base64, what has String() or fields as these;
 * fails with KZ_E_LIMIT beyond KZ_VAL_NODES values, with KZ_E_INVALID beyond KZ_VAL_DEPTH levels (a
 * cycle), for functions and numbers that are not finite ("json: unsupported value: NaN"). */
KZ_MUST_USE int kz_val_to_value(struct kz_value **out, struct kz_arena *a, struct kz_val v,
                                struct kz_err *err);

#endif
