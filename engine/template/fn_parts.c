/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: texts split into parts and put together again. */
#include "template/funcs.h"
#include "template/print.h"
#include "template/texts.h"

#include <string.h>

/* As strings.SplitN: at most n parts (negative: all); an empty separator splits into characters. */
static struct kz_list *split_n(struct kz_arena *a, struct kz_str sep, struct kz_str s, int64_t n)
{
    struct kz_list *parts = kz_list_new(a, 0);
    uint32_t r;
    if (n == 0 || (sep.len == 0 && s.len == 0))
        return parts;
    while (n < 0 || (int64_t)parts->len < n - 1) {
        const size_t one = sep.len > 0 ? 0 : kz_rune_next(s, &r);
        if (sep.len == 0 && one == s.len)
            break;
        const char *hit = sep.len > 0 ? memmem(s.ptr, s.len, sep.ptr, sep.len) : s.ptr + one;
        if (hit == NULL)
            break;
        kz_list_push(a, parts, kz_val_str(kz_str_n(s.ptr, (size_t)(hit - s.ptr))));
        s = kz_str_skip(s, (size_t)(hit - s.ptr) + sep.len);
    }
    kz_list_push(a, parts, kz_val_str(s));
    return parts;
}

/* {"_0": first part, "_1": second, ...} */
static struct kz_val numbered(struct kz_eval *ev, const struct kz_list *parts)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_dict *d = kz_dict_new(a, parts->len);
    for (size_t i = 0; i < parts->len; i++)
        kz_dict_set(a, d, kz_str_printf(a, "_%zu", i), parts->at[i]);
    return kz_val_obj(&kz_type_string_map, d);
}

static struct kz_val split(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return numbered(ev, split_n(kz_eval_arena(ev), argv[0].as.str, argv[1].as.str, -1));
}

static struct kz_val splitn(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return numbered(ev, split_n(kz_eval_arena(ev), argv[0].as.str, argv[2].as.str, argv[1].as.num));
}

static struct kz_val split_list(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_obj(&kz_type_strings,
                      split_n(kz_eval_arena(ev), argv[0].as.str, argv[1].as.str, -1));
}

static struct kz_val to_strings(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return argv[0].type == &kz_type_strings
               ? argv[0]
               : kz_val_obj(&kz_type_strings, kz_texts_of(kz_eval_arena(ev), argv[0]));
}

static struct kz_val join(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_list *texts = kz_texts_of(kz_eval_arena(ev), argv[1]);
    struct kz_buf *b = kz_eval_buf(ev);
    (void)argc;
    for (size_t i = 0; i < texts->len && !kz_buf_bad(b); i++) {
        if (i > 0)
            kz_buf_add_str(b, argv[0].as.str);
        kz_buf_add_str(b, texts->at[i].as.str);
    }
    return kz_val_str(kz_eval_text(ev, b));
}

static int by_text(const void *a, const void *b)
{
    return kz_str_cmp(((const struct kz_val *)a)->as.str, ((const struct kz_val *)b)->as.str);
}

/* A []string is sorted where it is, as there: other names of it see the new order. */
static struct kz_val sort_alpha(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_list *texts = argv[0].type != NULL ? kz_texts_of(a, argv[0]) : kz_list_new(a, 1);
    (void)argc;
    if (argv[0].type == NULL)
        kz_list_push(a, texts, kz_val_str(KZ_STR("<nil>")));
    if (texts->len > 1)
        qsort(texts->at, texts->len, sizeof(*texts->at), by_text);
    return kz_val_obj(&kz_type_strings, texts);
}

const struct kz_func kz_funcs_parts[] = {
    {"split",     "ss", split, NULL},
    {"splitn",      "sis", splitn, NULL},
    {"splitList",           "ss", split_list, NULL},
    {"toStrings", "a", to_strings, NULL},
    {"join",       "sa", join, NULL},
    {"sortAlpha", "a", sort_alpha, NULL},
    {0},
};
