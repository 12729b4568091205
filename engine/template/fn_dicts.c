/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: dictionaries. set, unset and the merges change the map they are given, for all its names.
 * Where Go's random order of maps would show (keys, values), ours is that of the keys. */
#include "template/funcs.h"
#include "template/texts.h"

static struct kz_val dict(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_dict *d = kz_dict_new(a, (argc + 1) / 2);
    for (size_t i = 0; i < argc; i += 2)
        kz_dict_set(a, d, kz_text_of(a, argv[i]),
                    i + 1 < argc ? argv[i + 1] : kz_val_str(KZ_STR("")));
    return kz_val_dict(d);
}

static struct kz_val get(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_val *v = kz_dict_find(argv[0].as.dict, argv[1].as.str);
    (void)ev, (void)argc;
    return v == NULL ? kz_val_str(KZ_STR("")) : *v;
}

static struct kz_val set(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (argv[0].as.dict == NULL)
        return kz_eval_fail(ev, "assignment to entry in nil map");
    kz_dict_set(kz_eval_arena(ev), argv[0].as.dict, argv[1].as.str, argv[2]);
    return kz_val_dict(argv[0].as.dict);
}

static struct kz_val unset(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (argv[0].as.dict != NULL && kz_eval_spend(ev, argv[0].as.dict->len))
        (void)kz_dict_del(argv[0].as.dict, argv[1].as.str);
    return kz_val_dict(argv[0].as.dict);
}

static struct kz_val has_key(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_bool(kz_dict_find(argv[0].as.dict, argv[1].as.str) != NULL);
}

static struct kz_val pluck(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_list *out = kz_list_new(a, argc);
    for (size_t i = 1; i < argc; i++) {
        const struct kz_val *v = kz_dict_find(argv[i].as.dict, argv[0].as.str);
        if (v != NULL)
            kz_list_push(a, out, *v);
    }
    return kz_val_list(out);
}

static struct kz_val keys(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_list *out = kz_list_new(a, argc == 0 ? 0 : kz_val_len(argv[0]));
    for (size_t i = 0; i < argc; i++) {
        struct kz_dict *d = argv[i].as.dict;
        kz_dict_sort(d);
        if (d != NULL && !kz_eval_spend(ev, d->len))
            return KZ_NIL;
        for (size_t k = 0; d != NULL && k < d->len; k++)
            kz_list_push(a, out, kz_val_str(d->at[k].key));
    }
    return kz_val_obj(&kz_type_strings, out);
}

static struct kz_val values(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_dict *d = argv[0].as.dict;
    struct kz_list *out = kz_list_new(a, d == NULL ? 0 : d->len);
    (void)argc;
    kz_dict_sort(d);
    if (d != NULL && !kz_eval_spend(ev, d->len))
        return KZ_NIL;
    for (size_t k = 0; d != NULL && k < d->len; k++)
        kz_list_push(a, out, d->at[k].val);
    return kz_val_list(out);
}

static struct kz_val pick(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_dict *out = kz_dict_new(a, argc);
    for (size_t i = 1; i < argc; i++) {
        const struct kz_val *v = kz_dict_find(argv[0].as.dict, argv[i].as.str);
        if (v != NULL)
            kz_dict_set(a, out, argv[i].as.str, *v);
    }
    return kz_val_dict(out);
}

static bool is_named(const struct kz_val *names, size_t n, struct kz_str key)
{
    for (size_t i = 0; i < n; i++)
        if (kz_str_eq(names[i].as.str, key))
            return true;
    return false;
}

static struct kz_val omit(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_dict *d = argv[0].as.dict;
    struct kz_dict *out = kz_dict_new(a, d == NULL ? 0 : d->len);
    if (d != NULL && !kz_eval_spend(ev, d->len * argc))
        return KZ_NIL;
    for (size_t k = 0; d != NULL && k < d->len; k++)
        if (!is_named(argv + 1, argc - 1, d->at[k].key))
            kz_dict_set(a, out, d->at[k].key, d->at[k].val);
    return kz_val_dict(out);
}

/* ---- dig ------------------------------------------------------------------------------------- */

/* A Go type assertion that did not hold. */
static struct kz_val not_a(struct kz_eval *ev, struct kz_val v, const struct kz_type *want)
{
    return kz_eval_fail(ev, "interface conversion: interface {} is %s, not %s",
                        v.type == NULL ? "nil" : v.type->name, want->name);
}

static struct kz_val dig(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    if (argc < 3)
        return kz_eval_fail(ev, "dig needs at least three arguments");
    struct kz_val at = argv[argc - 1];
    if (at.type != &kz_type_map)
        return not_a(ev, at, &kz_type_map);
    for (size_t i = 0; i < argc - 2; i++)
        if (argv[i].type != &kz_type_string)
            return not_a(ev, argv[i], &kz_type_string);
    for (size_t i = 0; i < argc - 2; i++) {
        if (at.type != &kz_type_map)
            return not_a(ev, at, &kz_type_map);
        const struct kz_val *next = kz_dict_find(at.as.dict, argv[i].as.str);
        if (next == NULL)
            return argv[argc - 2];
        at = *next;
    }
    return at;
}

/* ---- deepCopy -------------------------------------------------------------------------------- */

static struct kz_val copy(struct kz_eval *ev, struct kz_val v, unsigned depth)
{
    struct kz_arena *a = kz_eval_arena(ev);
    if (depth == 0)
        return kz_eval_limit(ev, "a value is nested deeper than %d levels or contains itself",
                             KZ_VAL_DEPTH);
    if (kz_val_is_nil(v) || kz_val_is_bytes(v))
        return v;
    if (kz_val_kind(v) == KZ_GO_MAP) {
        struct kz_dict *d = kz_dict_copy(a, v.as.dict);
        for (size_t i = 0; i < d->len && kz_eval_spend(ev, 1); i++)
            d->at[i].val = copy(ev, d->at[i].val, depth - 1);
        return kz_val_obj(v.type, d);
    }
    if (kz_val_kind(v) == KZ_GO_SLICE) {
        struct kz_list *l = kz_list_new(a, v.as.list->len);
        for (size_t i = 0; i < v.as.list->len && kz_eval_spend(ev, 1); i++)
            kz_list_push(a, l, copy(ev, v.as.list->at[i], depth - 1));
        return kz_val_obj(v.type, l);
    }
    return v; /* nothing changes what is left in place */
}

static struct kz_val deep_copy(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (argv[0].type == NULL)
        return kz_eval_fail(ev, "reflect: call of reflect.Value.Type on zero Value");
    const struct kz_val v = copy(ev, argv[0], KZ_VAL_DEPTH);
    return kz_eval_failed(ev) ? KZ_NIL : v;
}

const struct kz_func kz_funcs_dicts[] = {
    {"dict",   "a+", dict, NULL},
    {"get",    "ms", get, NULL},
    {"set",        "msa", set, NULL},
    {"unset", "ms", unset, NULL},
    {"hasKey",    "ms", has_key, NULL},
    {"pluck",    "sm+", pluck, NULL},
    {"keys",     "m+", keys, NULL},
    {"values",        "m", values, NULL},
    {"pick",    "ms+", pick, NULL},
    {"omit",    "ms+", omit, NULL},
    {"dig", "a+", dig, NULL},
    {"deepCopy", "a", deep_copy, NULL},
    {"mustDeepCopy",        "a", deep_copy, NULL},
    {0},
};
