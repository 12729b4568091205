/* SPDX-License-Identifier: Apache-2.0
 *
 * eq, ne, lt, le, gt, ge: only basic kinds of the same sort compare, signed with unsigned excepted. */
#include "template/builtins.h"

#include "template/print.h"

enum sort { NO_SORT, BOOLS, COMPLEXES, INTS, FLOATS, STRINGS, UINTS };

static enum sort sort_of(struct kz_val v)
{
    static const enum sort sorts[KZ_GO_KINDS_] = {
        [KZ_GO_BOOL] = BOOLS,   [KZ_GO_COMPLEX] = COMPLEXES, [KZ_GO_INT] = INTS,
        [KZ_GO_FLOAT] = FLOATS, [KZ_GO_STRING] = STRINGS,    [KZ_GO_UINT] = UINTS,
    };
    return sorts[kz_val_kind(v)];
}

static const char bad_type[] = "invalid type for comparison";
static const char bad_pair[] = "incompatible types for comparison";

static struct kz_str shown(struct kz_eval *ev, struct kz_val v)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_printf(b, kz_eval_arena(ev), KZ_STR("%s"), &v, 1);
    return kz_eval_text(ev, b);
}

/* Two values of no basic kind: nil, lists, maps, structs, functions. */
static bool equal_others(struct kz_eval *ev, struct kz_val a, struct kz_val b)
{
    const enum kz_gokind ka = kz_val_kind(a), kb = kz_val_kind(b);
    if (ka != kb && ka != KZ_GO_INVALID && kb != KZ_GO_INVALID) {
        (void)kz_eval_fail(ev, "non-comparable types " KZ_FMT ": %s, %s: " KZ_FMT,
                           KZ_ARG(shown(ev, a)), kz_val_type_name(a), kz_val_type_name(b),
                           KZ_ARG(kz_val_text(kz_eval_arena(ev), b)));
        return false;
    }
    if (kz_val_is_nil(a) || kz_val_is_nil(b))
        return kz_val_is_nil(a) == kz_val_is_nil(b);
    if (kb == KZ_GO_SLICE || kb == KZ_GO_MAP || kb == KZ_GO_FUNC) {
        (void)kz_eval_fail(ev, "non-comparable type " KZ_FMT ": %s", KZ_ARG(shown(ev, b)),
                           kz_val_type_name(b));
        return false;
    }
    return a.type == b.type &&
           (a.as.obj == b.as.obj || (ka == KZ_GO_STRUCT && kz_val_deep_eq(a, b)));
}

static bool equal(struct kz_eval *ev, struct kz_val a, struct kz_val b)
{
    const enum sort sa = sort_of(a), sb = sort_of(b);
    if (sa == INTS && sb == UINTS)
        return a.as.num >= 0 && (uint64_t)a.as.num == b.as.unum;
    if (sa == UINTS && sb == INTS)
        return b.as.num >= 0 && a.as.unum == (uint64_t)b.as.num;
    if (sa != sb) {
        if (a.type != NULL && b.type != NULL)
            (void)kz_eval_fail(ev, "%s", bad_pair);
        return false;
    }
    switch (sa) {
    case BOOLS:
        return a.as.truth == b.as.truth;
    case COMPLEXES:
        return a.as.complex.re == b.as.complex.re && a.as.complex.im == b.as.complex.im;
    case INTS:
        return a.as.num == b.as.num;
    case FLOATS:
        return a.as.real == b.as.real;
    case STRINGS:
        return kz_str_eq(a.as.str, b.as.str);
    case UINTS:
        return a.as.unum == b.as.unum;
    case NO_SORT:
        break;
    }
    return equal_others(ev, a, b);
}

static bool less(struct kz_eval *ev, struct kz_val a, struct kz_val b)
{
    const enum sort sa = sort_of(a), sb = sort_of(b);
    if (sa == NO_SORT || sb == NO_SORT) {
        (void)kz_eval_fail(ev, "%s", bad_type);
        return false;
    }
    if (sa == INTS && sb == UINTS)
        return a.as.num < 0 || (uint64_t)a.as.num < b.as.unum;
    if (sa == UINTS && sb == INTS)
        return b.as.num >= 0 && a.as.unum < (uint64_t)b.as.num;
    if (sa != sb) {
        (void)kz_eval_fail(ev, "%s", bad_pair);
        return false;
    }
    switch (sa) {
    case INTS:
        return a.as.num < b.as.num;
    case FLOATS:
        return a.as.real < b.as.real;
    case STRINGS:
        return kz_str_cmp(a.as.str, b.as.str) < 0;
    case UINTS:
        return a.as.unum < b.as.unum;
    case BOOLS:
    case COMPLEXES:
    case NO_SORT:
        break;
    }
    (void)kz_eval_fail(ev, "%s", bad_type);
    return false;
}

struct kz_val kz_builtin_eq(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    if (argc == 1)
        return kz_eval_fail(ev, "missing argument for comparison");
    for (size_t i = 1; i < argc && !kz_eval_failed(ev); i++)
        if (equal(ev, argv[0], argv[i]))
            return kz_val_bool(true);
    return kz_val_bool(false);
}

struct kz_val kz_builtin_ne(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_bool(!equal(ev, argv[0], argv[1]));
}

struct kz_val kz_builtin_lt(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_bool(less(ev, argv[0], argv[1]));
}

/* Not "not greater": no comparison with NaN holds, and gt is "not le" as in Go. */
static bool less_or_equal(struct kz_eval *ev, const struct kz_val *argv)
{
    return less(ev, argv[0], argv[1]) || (!kz_eval_failed(ev) && equal(ev, argv[0], argv[1]));
}

struct kz_val kz_builtin_le(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_bool(less_or_equal(ev, argv));
}

struct kz_val kz_builtin_gt(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_bool(!less_or_equal(ev, argv));
}

struct kz_val kz_builtin_ge(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_bool(!less(ev, argv[0], argv[1]));
}
