/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: merge and mergeOverwrite, which are mergo v1.0.1 on maps. The first map changes in place,
 * and parts of the others become parts of it: later changes through one name show under the other.
 *
 *     value in the first    value in the other     merge            mergeOverwrite
 *     missing               nil                    stays missing    nil
 *     missing or empty      anything               the other's      the other's
 *     not empty             nil                    stays            nil
 *     a map, not empty      a map                  merged           merged
 *     not empty             anything else          stays            the other's, even when empty
 *
 * An empty map that meets a map is filled; the other's replaces it only when it is empty still. */
#include "template/funcs.h"
#include "template/texts.h"

static bool merge_into(struct kz_eval *ev, struct kz_val dst, struct kz_val src, bool overwrite,
                       unsigned depth);

/* mergo's idea of an empty value: a struct is not, nor a complex 0. */
static bool is_empty(struct kz_val v)
{
    return kz_val_kind(v) != KZ_GO_COMPLEX && kz_val_empty(v);
}

static bool assign(struct kz_eval *ev, struct kz_val dst, struct kz_str key, struct kz_val item,
                   struct kz_val src)
{
    const struct kz_type *want = dst.type->elem, *have = src.type->elem;
    if (want != NULL && have != want) {
        if (have == NULL && kz_val_kind(item) == KZ_GO_SLICE)
            have = item.type; /* lists are unpacked first */
        (void)kz_eval_fail(
            ev, "reflect.Value.SetMapIndex: value of type %s is not assignable to type %s",
            have == NULL ? "interface {}" : have->name, want->name);
        return false;
    }
    kz_dict_set(kz_eval_arena(ev), dst.as.dict, key, item);
    return true;
}

static bool merge_entry(struct kz_eval *ev, struct kz_val dst, struct kz_val src, struct kz_str key,
                        struct kz_val item, bool overwrite, unsigned depth)
{
    const struct kz_val *found = kz_dict_find(dst.as.dict, key);
    const struct kz_val old = found == NULL ? KZ_NIL : *found;
    if (item.type == NULL)
        return !overwrite || assign(ev, dst, key, item, src);
    const bool both_maps = kz_val_kind(item) == KZ_GO_MAP && kz_val_kind(old) == KZ_GO_MAP;
    if (both_maps && !merge_into(ev, old, item, overwrite, depth - 1))
        return false;
    found = kz_dict_find(dst.as.dict, key); /* a map that holds itself may have changed */
    const bool empty = found == NULL || is_empty(*found);
    if ((!empty && both_maps) || (!empty && !overwrite))
        return true;
    return assign(ev, dst, key, item, src);
}

static bool merge_into(struct kz_eval *ev, struct kz_val dst, struct kz_val src, bool overwrite,
                       unsigned depth)
{
    const struct kz_dict *from = src.as.dict;
    if (depth == 0) {
        (void)kz_eval_limit(ev, "a value is nested deeper than %d levels or contains itself",
                            KZ_VAL_DEPTH);
        return false;
    }
    if (from == NULL || dst.as.dict == NULL)
        return true;
    const size_t n = from->len;
    if (!kz_eval_spend(ev, n + 1))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!merge_entry(ev, dst, src, from->at[i].key, from->at[i].val, overwrite, depth))
            return false;
    return true;
}

static struct kz_val merge_all(struct kz_eval *ev, const struct kz_val *argv, size_t argc,
                               bool overwrite)
{
    struct kz_val dst = kz_val_dict(argv[0].as.dict);
    for (size_t i = 1; i < argc; i++) {
        if (dst.as.dict == NULL && argv[i].as.dict != NULL)
            dst.as.dict = kz_dict_new(kz_eval_arena(ev), argv[i].as.dict->len);
        if (!merge_into(ev, dst, kz_val_dict(argv[i].as.dict), overwrite, KZ_VAL_DEPTH))
            return KZ_NIL;
    }
    return dst;
}

static struct kz_val merge(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return merge_all(ev, argv, argc, false);
}

static struct kz_val merge_overwrite(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return merge_all(ev, argv, argc, true);
}

const struct kz_func kz_funcs_merge[] = {
    {"merge", "mm+", merge, NULL},
    {"mustMerge",  "mm+", merge, NULL},
    {"mergeOverwrite",       "mm+", merge_overwrite, NULL},
    {"mustMergeOverwrite", "mm+", merge_overwrite, NULL},
    {0  },
};
