/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: lists. Every function takes any kind of slice and makes a new []interface {}; the must*
 * variants are the same, as a template sees both a panic and an error as one message. */
#include "template/funcs.h"

#include <math.h>

#include "template/cast.h"
#include "template/texts.h"

static const char nil_pointer[] =
    "runtime error: invalid memory address or nil pointer dereference";

/* Is v a slice? Else the evaluation has failed with "Cannot <what> type <kind>". */
static bool is_list(struct kz_eval *ev, struct kz_val v, const char *what)
{
    if (kz_val_kind(v) == KZ_GO_SLICE)
        return true;
    if (v.type == NULL)
        (void)kz_eval_fail(ev, "%s", nil_pointer);
    else
        (void)kz_eval_fail(ev, "Cannot %s type %s", what, kz_val_kind_name(v));
    return false;
}

/* Items from..to-1 of v, into a list that has room for more. */
static void push_items(struct kz_arena *a, struct kz_list *out, struct kz_val v, size_t from,
                       size_t to)
{
    for (size_t i = from; i < to; i++)
        kz_list_push(a, out, kz_val_at(v, i));
}

static struct kz_val part_of(struct kz_eval *ev, struct kz_val v, size_t from, size_t to)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_list *out = kz_list_new(a, to - from);
    push_items(a, out, v, from, to);
    return kz_val_list(out);
}

/* ---- making and growing ---------------------------------------------------------------------- */

static struct kz_val list(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_list *out = kz_list_new(a, argc);
    for (size_t i = 0; i < argc; i++)
        kz_list_push(a, out, argv[i]);
    return kz_val_list(out);
}

static struct kz_val append(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const size_t n = kz_val_len(argv[0]);
    (void)argc;
    if (!is_list(ev, argv[0], "push on") || !kz_eval_spend(ev, n))
        return KZ_NIL;
    struct kz_list *out = kz_list_new(a, n + 1);
    push_items(a, out, argv[0], 0, n);
    kz_list_push(a, out, argv[1]);
    return kz_val_list(out);
}

static struct kz_val prepend(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const size_t n = kz_val_len(argv[0]);
    (void)argc;
    if (!is_list(ev, argv[0], "prepend on") || !kz_eval_spend(ev, n))
        return KZ_NIL;
    struct kz_list *out = kz_list_new(a, n + 1);
    kz_list_push(a, out, argv[1]);
    push_items(a, out, argv[0], 0, n);
    return kz_val_list(out);
}

static struct kz_val concat(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_list *out = kz_list_new(a, 0);
    for (size_t i = 0; i < argc; i++) {
        if (argv[i].type != NULL && kz_val_kind(argv[i]) != KZ_GO_SLICE)
            return kz_eval_fail(ev, "Cannot concat type %s as list", kz_val_kind_name(argv[i]));
        if (!is_list(ev, argv[i], "") || !kz_eval_spend(ev, kz_val_len(argv[i])))
            return KZ_NIL;
        push_items(a, out, argv[i], 0, kz_val_len(argv[i]));
    }
    return kz_val_list(out->len == 0 ? NULL : out);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static struct kz_val first(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (!is_list(ev, argv[0], "find first on") || kz_val_len(argv[0]) == 0)
        return KZ_NIL;
    return kz_val_plain(kz_val_at(argv[0], 0));
}

static struct kz_val last(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (!is_list(ev, argv[0], "find last on") || kz_val_len(argv[0]) == 0)
        return KZ_NIL;
    return kz_val_plain(kz_val_at(argv[0], kz_val_len(argv[0]) - 1));
}

static struct kz_val rest(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const size_t n = kz_val_len(argv[0]);
    (void)argc;
    if (!is_list(ev, argv[0], "find rest on") || !kz_eval_spend(ev, n))
        return KZ_NIL;
    return n == 0 ? kz_val_list(NULL) : part_of(ev, argv[0], 1, n);
}

static struct kz_val initial(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const size_t n = kz_val_len(argv[0]);
    (void)argc;
    if (!is_list(ev, argv[0], "find initial on") || !kz_eval_spend(ev, n))
        return KZ_NIL;
    return n == 0 ? kz_val_list(NULL) : part_of(ev, argv[0], 0, n - 1);
}

/* The only one that keeps the type of its list. */
static struct kz_val slice(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_val v = argv[0];
    const int64_t len = (int64_t)kz_val_len(v);
    if (v.type != NULL && kz_val_kind(v) != KZ_GO_SLICE)
        return kz_eval_fail(ev, "list should be type of slice or array but %s",
                            kz_val_kind_name(v));
    if (!is_list(ev, v, "") || len == 0)
        return KZ_NIL;
    const int64_t from = argc > 1 ? kz_cast_int(argv[1]) : 0,
                  to = argc > 2 ? kz_cast_int(argv[2]) : len,
                  room = kz_val_is_bytes(v) ? len : (int64_t)kz_list_room(v.as.list);
    if (from < 0 || to < from || to > room)
        return kz_eval_fail(ev, "reflect.Value.Slice: slice index out of bounds");
    if (kz_val_is_bytes(v))
        v.as.str = kz_str_n(v.as.str.ptr + from, (size_t)(to - from));
    else
        v.as.list = kz_list_slice(kz_eval_arena(ev), v.as.list, (size_t)from, (size_t)to);
    return v;
}

/* The number of chunks is computed in floats there: sizes <= 0 have their own results. */
static struct kz_val chunk(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const int64_t size = argv[0].as.num, n = (int64_t)kz_val_len(argv[1]);
    (void)argc;
    if (!is_list(ev, argv[1], "chunk") || !kz_eval_spend(ev, (uint64_t)n))
        return KZ_NIL;
    const double chunks = floor((double)(n - 1) / (double)size) + 1;
    if (!(chunks >= 0 && chunks < 0x1p47) || (size < 0 && chunks > 0 && n % size == 0))
        return kz_eval_fail(ev, "runtime error: makeslice: len out of range");
    struct kz_list *out = kz_list_new(a, 0);
    for (int64_t i = 0; i < (int64_t)chunks; i++) {
        const int64_t left = n - i * size, room = size < 0 ? 1 : size;
        const int64_t take = left < room ? left : room;
        const struct kz_val part =
            part_of(ev, argv[1], (size_t)(i * size), (size_t)(i * size + take));
        kz_list_push(a, out, part);
    }
    return kz_val_obj(&kz_type_lists, out);
}

/* ---- order and choice ------------------------------------------------------------------------ */

static struct kz_val reverse(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const size_t n = kz_val_len(argv[0]);
    (void)argc;
    if (!is_list(ev, argv[0], "find reverse on") || !kz_eval_spend(ev, n))
        return KZ_NIL;
    struct kz_list *out = kz_list_new(a, n);
    for (size_t i = n; i > 0; i--)
        kz_list_push(a, out, kz_val_at(argv[0], i - 1));
    return kz_val_list(out);
}

static bool is_among(const struct kz_val *items, size_t n, struct kz_val v)
{
    for (size_t i = 0; i < n; i++)
        if (kz_val_deep_eq(v, items[i]))
            return true;
    return false;
}

static struct kz_val compact(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_list *out = kz_list_new(a, 0);
    (void)argc;
    if (!is_list(ev, argv[0], "compact on") || !kz_eval_spend(ev, kz_val_len(argv[0])))
        return KZ_NIL;
    for (size_t i = 0; i < kz_val_len(argv[0]); i++)
        if (!kz_val_empty(kz_val_at(argv[0], i)))
            kz_list_push(a, out, kz_val_at(argv[0], i));
    return kz_val_list(out);
}

static struct kz_val uniq(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_list *out = kz_list_new(a, 0);
    (void)argc;
    if (!is_list(ev, argv[0], "find uniq on"))
        return KZ_NIL;
    for (size_t i = 0; i < kz_val_len(argv[0]); i++) {
        const struct kz_val item = kz_val_plain(kz_val_at(argv[0], i));
        if (!kz_eval_spend(ev, out->len + 1))
            return KZ_NIL;
        if (!is_among(out->at, out->len, item))
            kz_list_push(a, out, item);
    }
    return kz_val_list(out);
}

static struct kz_val without(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_list *out = kz_list_new(a, 0);
    if (!is_list(ev, argv[0], "find without on") || !kz_eval_spend(ev, kz_val_len(argv[0]) * argc))
        return KZ_NIL;
    for (size_t i = 0; i < kz_val_len(argv[0]); i++) {
        const struct kz_val item = kz_val_plain(kz_val_at(argv[0], i));
        if (!is_among(argv + 1, argc - 1, item))
            kz_list_push(a, out, item);
    }
    return kz_val_list(out);
}

static struct kz_val has(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (argv[1].type == NULL)
        return kz_val_bool(false);
    if (!is_list(ev, argv[1], "find has on") || !kz_eval_spend(ev, kz_val_len(argv[1])))
        return KZ_NIL;
    for (size_t i = 0; i < kz_val_len(argv[1]); i++)
        if (kz_val_deep_eq(argv[0], kz_val_plain(kz_val_at(argv[1], i))))
            return kz_val_bool(true);
    return kz_val_bool(false);
}

const struct kz_func kz_funcs_lists[] = {
    {"list",       "a+", list, NULL},
    {"tuple",        "a+", list, NULL},
    {"append",            "aa", append, NULL},
    {"push", "aa", append, NULL},
    {"mustAppend",        "aa", append, NULL},
    {"mustPush",     "aa", append, NULL},
    {"prepend",      "aa", prepend, NULL},
    {"mustPrepend",            "aa", prepend, NULL},
    {"concat",        "a+", concat, NULL},
    {"first",        "a", first, NULL},
    {"mustFirst", "a", first, NULL},
    {"last",      "a", last, NULL},
    {"mustLast",            "a", last, NULL},
    {"rest",    "a", rest, NULL},
    {"mustRest",        "a", rest, NULL},
    {"initial",    "a", initial, NULL},
    {"mustInitial",     "a", initial, NULL},
    {"slice",            "aa+", slice, NULL},
    {"mustSlice","aa+", slice, NULL},
    {"chunk",        "ia", chunk, NULL},
    {"mustChunk",     "ia", chunk, NULL},
    {"reverse",      "a", reverse, NULL},
    {"mustReverse",            "a", reverse, NULL},
    {"compact",  "a", compact, NULL},
    {"mustCompact",        "a", compact, NULL},
    {"uniq",  "a", uniq, NULL},
    {"mustUniq",       "a", uniq, NULL},
    {"without",            "aa+", without, NULL},
    {"mustWithout",    "aa+", without, NULL},
    {"has",        "aa", has, NULL},
    {"mustHas",   "aa", has, NULL},
    {0       },
};
