/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of text/template itself. Their parameters are reflect.Value, so the mark of a static
 * type matters to a few messages. */
#include "template/builtins.h"

#include "template/print.h"

/* ---- and, or, not, call --------------------------------------------------------------------- */
/* Never called: the evaluator handles them, as arguments behind the deciding one are not evaluated,
 * and `call` needs the text of its operand. */
static struct kz_val handled(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argv;
    (void)argc;
    return kz_eval_fail(ev, "unreachable");
}

static struct kz_val not_(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev;
    (void)argc;
    return kz_val_bool(!kz_val_truth(argv[0]));
}

/* ---- len, index, slice ---------------------------------------------------------------------- */
static bool has_len(struct kz_val v)
{
    const enum kz_gokind kind = kz_val_kind(v);
    return kind == KZ_GO_STRING || kind == KZ_GO_SLICE || kind == KZ_GO_MAP;
}

static struct kz_val len(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (has_len(argv[0]))
        return kz_val_int((int64_t)kz_val_len(argv[0]));
    if ((argv[0].type == NULL && argv[0].iface) ||
        (kz_val_kind(argv[0]) == KZ_GO_PTR && argv[0].as.obj == NULL))
        return kz_eval_fail(ev, "len of nil pointer");
    if (argv[0].type == NULL)
        return kz_eval_fail(ev, "reflect: call of reflect.Value.Type on zero Value");
    return kz_eval_fail(ev, "len of type %s", kz_val_type_name(argv[0]));
}

/* false: failed. *out <= cap. */
static bool position(struct kz_eval *ev, size_t *out, struct kz_val v, size_t cap)
{
    int64_t x = 0;
    if (kz_val_kind(v) == KZ_GO_INT) {
        x = v.as.num;
    } else if (kz_val_kind(v) == KZ_GO_UINT) {
        x = (int64_t)v.as.unum;
    } else {
        if (v.type == NULL)
            (void)kz_eval_fail(ev, "cannot index slice/array with nil");
        else
            (void)kz_eval_fail(ev, "cannot index slice/array with type %s", kz_val_type_name(v));
        return false;
    }
    if (x < 0 || (uint64_t)x > cap) {
        (void)kz_eval_fail(ev, "index out of range: %lld", (long long)x);
        return false;
    }
    *out = (size_t)x;
    return true;
}

static struct kz_val index_list(struct kz_eval *ev, struct kz_val list, struct kz_val at)
{
    size_t i = 0;
    if (!position(ev, &i, at, kz_val_len(list)))
        return KZ_NIL;
    if (i == kz_val_len(list)) /* the one that Go's own check lets through */
        return kz_eval_fail(ev, "reflect: %s index out of range",
                            kz_val_kind(list) == KZ_GO_STRING ? "string" : "slice");
    return kz_val_at(list, i);
}

static struct kz_val index_map(struct kz_eval *ev, struct kz_val map, struct kz_val at)
{
    if (at.type == NULL)
        return kz_eval_fail(ev, "value is nil; should be of type string");
    if (at.type != &kz_type_string)
        return kz_eval_fail(ev, "value has type %s; should be string", kz_val_type_name(at));
    const struct kz_type *elem = map.type->elem;
    const struct kz_val *found = kz_dict_find(map.as.dict, at.as.str);
    struct kz_val v = {.type = elem};
    if (found != NULL)
        v = *found;
    else if (elem != NULL && elem->kind == KZ_GO_STRING)
        v.as.str = KZ_STR("");
    v.iface = elem == NULL;
    return v;
}

static struct kz_val index_(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_val item = argv[0];
    if (item.type == NULL)
        return kz_eval_fail(ev, "index of untyped nil");
    for (size_t i = 1; i < argc && !kz_eval_failed(ev); i++) {
        const enum kz_gokind kind = kz_val_kind(item);
        if (kind == KZ_GO_INVALID || (kind == KZ_GO_PTR && item.as.obj == NULL))
            return kz_eval_fail(ev, "index of nil pointer");
        if (kind == KZ_GO_STRING || kind == KZ_GO_SLICE)
            item = index_list(ev, item, argv[i]);
        else if (kind == KZ_GO_MAP)
            item = index_map(ev, item, argv[i]);
        else
            return kz_eval_fail(ev, "can't index item of type %s", kz_val_type_name(item));
    }
    return item;
}

static struct kz_val slice(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_val item = kz_val_plain(argv[0]);
    const bool is_string = kz_val_kind(item) == KZ_GO_STRING;
    const bool is_text = is_string || kz_val_is_bytes(item);
    size_t at[3] = {0, kz_val_len(item), 0};
    if (item.type == NULL)
        return kz_eval_fail(ev, "slice of untyped nil");
    if (argc > 4)
        return kz_eval_fail(ev, "too many slice indexes: %zu", argc - 1);
    if (is_string && argc == 4)
        return kz_eval_fail(ev, "cannot 3-index slice a string");
    if (!is_string && kz_val_kind(item) != KZ_GO_SLICE)
        return kz_eval_fail(ev, "can't slice item of type %s", kz_val_type_name(item));
    const size_t room =
        is_text || item.as.list == NULL ? kz_val_len(item) : kz_list_room(item.as.list);
    for (size_t i = 1; i < argc; i++) {
        if (argv[i].iface) /* unlike index, slice does not look into an interface */
            return kz_eval_fail(ev, "cannot index slice/array with type interface {}");
        if (!position(ev, &at[i - 1], argv[i], room))
            return KZ_NIL;
    }
    if (at[0] > at[1])
        return kz_eval_fail(ev, "invalid slice index: %zu > %zu", at[0], at[1]);
    if (argc == 4 && at[1] > at[2])
        return kz_eval_fail(ev, "invalid slice index: %zu > %zu", at[1], at[2]);
    if (is_text)
        item.as.str = kz_str_n(item.as.str.ptr + at[0], at[1] - at[0]);
    else if (item.as.list != NULL)
        item.as.list = kz_list_slice(kz_eval_arena(ev), item.as.list, at[0], at[1]);
    return item;
}

/* ---- print and escapes ---------------------------------------------------------------------- */
static struct kz_val print(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_print(b, kz_eval_arena(ev), argv, argc);
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val println(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_println(b, kz_eval_arena(ev), argv, argc);
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val printf_(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_printf(b, kz_eval_arena(ev), argv[0].as.str, argv + 1, argc - 1);
    return kz_val_str(kz_eval_text(ev, b));
}

/* The text of the operands as print makes it, with "<no value>" for nil. */
static struct kz_str joined(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    if (argc == 1 && kz_val_kind(argv[0]) == KZ_GO_STRING)
        return argv[0].as.str;
    struct kz_val *shown = kz_new_n(a, struct kz_val, argc + 1);
    for (size_t i = 0; i < argc; i++) {
        shown[i] = argv[i].type == NULL ? kz_val_str(KZ_STR("<no value>")) : argv[i];
        if (kz_val_kind(shown[i]) == KZ_GO_PTR && shown[i].as.obj != NULL)
            shown[i].type = shown[i].type->elem;
    }
    struct kz_buf *b = kz_eval_buf(ev);
    kz_print(b, a, shown, argc);
    return kz_eval_text(ev, b);
}

static struct kz_val escaped(struct kz_eval *ev, const struct kz_val *argv, size_t argc,
                             void (*escape)(struct kz_buf *b, struct kz_str s))
{
    const struct kz_str s = joined(ev, argv, argc);
    struct kz_buf *b = kz_eval_buf(ev);
    escape(b, s);
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val html(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return escaped(ev, argv, argc, kz_escape_html);
}

static struct kz_val js(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return escaped(ev, argv, argc, kz_escape_js);
}

static struct kz_val urlquery(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return escaped(ev, argv, argc, kz_escape_query);
}

const struct kz_func kz_funcs_builtin[KZ_FUNCS_BUILTIN + 1] = {
    {"and",      "rr+", handled,       NULL},
    {"call",     "rr+", handled,       NULL},
    {"eq",       "rr+", kz_builtin_eq, NULL},
    {"ge",       "rr",  kz_builtin_ge, NULL},
    {"gt",       "rr",  kz_builtin_gt, NULL},
    {"html",     "a+",  html,          NULL},
    {"index",    "rr+", index_,        NULL},
    {"js",       "a+",  js,            NULL},
    {"le",       "rr",  kz_builtin_le, NULL},
    {"len",      "r",   len,           NULL},
    {"lt",       "rr",  kz_builtin_lt, NULL},
    {"ne",       "rr",  kz_builtin_ne, NULL},
    {"not",      "r",   not_,          NULL},
    {"or",       "rr+", handled,       NULL},
    {"print",    "a+",  print,         NULL},
    {"printf",   "sa+", printf_,       NULL},
    {"println",  "a+",  println,       NULL},
    {"slice",    "rr+", slice,         NULL},
    {"urlquery", "a+",  urlquery,      NULL},
    {NULL,       NULL,  NULL,          NULL},
};
