/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: strings, cut, joined and asked. Positions count bytes unless a comment says otherwise. */
#include "template/funcs.h"
#include "template/letter.h"
#include "template/print.h"
#include "template/texts.h"

#include <string.h>

/* ---- trimming -------------------------------------------------------------------------------- */

static bool is_in(struct kz_str set, uint32_t r)
{
    while (set.len > 0) {
        uint32_t c;
        set = kz_str_skip(set, kz_rune_next(set, &c));
        if (c == r)
            return true;
    }
    return false;
}

struct kz_str kz_text_trim(struct kz_str s, bool (*drop)(struct kz_str set, uint32_t r),
                           struct kz_str set)
{
    uint32_t r;
    while (s.len > 0) {
        const size_t n = kz_rune_next(s, &r);
        if (!drop(set, r))
            break;
        s = kz_str_skip(s, n);
    }
    while (s.len > 0) {
        const size_t n = kz_rune_last(s, &r);
        if (!drop(set, r))
            break;
        s.len -= n;
    }
    return s;
}

static bool is_space(struct kz_str set, uint32_t r)
{
    (void)set;
    return kz_rune_is_space(r);
}

static struct kz_val trim(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_str(kz_text_trim(argv[0].as.str, is_space, KZ_STR("")));
}

static struct kz_val trim_all(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_str(kz_text_trim(argv[1].as.str, is_in, argv[0].as.str));
}

static struct kz_val trim_prefix(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str s = argv[1].as.str;
    (void)ev, (void)argc;
    return kz_val_str(kz_str_starts(s, argv[0].as.str) ? kz_str_skip(s, argv[0].as.str.len) : s);
}

static struct kz_val trim_suffix(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str s = argv[1].as.str;
    (void)ev, (void)argc;
    return kz_val_str(kz_str_ends(s, argv[0].as.str) ? kz_str_head(s, s.len - argv[0].as.str.len)
                                                     : s);
}

/* ---- cutting --------------------------------------------------------------------------------- */

static struct kz_val trunc_(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const int64_t n = argv[0].as.num, len = (int64_t)argv[1].as.str.len;
    const struct kz_str s = argv[1].as.str;
    (void)ev, (void)argc;
    if (n < 0 && n > -len)
        return kz_val_str(kz_str_skip(s, (size_t)(len + n)));
    return kz_val_str(n >= 0 ? kz_str_head(s, (size_t)n) : s);
}

static struct kz_val substr(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const int64_t start = argv[0].as.num, end = argv[1].as.num;
    const struct kz_str s = argv[2].as.str;
    const int64_t len = (int64_t)s.len;
    (void)argc;
    if (start < 0) {
        if (end < 0)
            return kz_eval_fail(ev, "runtime error: slice bounds out of range [:%lld]",
                                (long long)end);
        if (end > len)
            return kz_eval_fail(ev,
                                "runtime error: slice bounds out of range [:%lld] with length %lld",
                                (long long)end, (long long)len);
        return kz_val_str(kz_str_head(s, (size_t)end));
    }
    const int64_t to = end < 0 || end > len ? len : end;
    if (start > to)
        return kz_eval_fail(ev, "runtime error: slice bounds out of range [%lld:%lld]",
                            (long long)start, (long long)to);
    return kz_val_str(kz_str_n(s.ptr + start, (size_t)(to - start)));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static struct kz_val contains(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_bool(kz_str_has(argv[1].as.str, argv[0].as.str));
}

static struct kz_val has_prefix(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_bool(kz_str_starts(argv[1].as.str, argv[0].as.str));
}

static struct kz_val has_suffix(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_bool(kz_str_ends(argv[1].as.str, argv[0].as.str));
}

/* ---- making ---------------------------------------------------------------------------------- */

static struct kz_val repeat(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const int64_t n = argv[0].as.num;
    const struct kz_str s = argv[1].as.str;
    int64_t total;
    (void)argc;
    if (n < 0)
        return kz_eval_fail(ev, "strings: negative Repeat count");
    if (__builtin_mul_overflow(n, (int64_t)s.len, &total))
        return kz_eval_fail(ev, "strings: Repeat output length overflow");
    if (total == 0 || !kz_eval_spend(ev, (uint64_t)n))
        return kz_val_str(KZ_STR(""));
    struct kz_buf *b = kz_eval_buf(ev);
    for (int64_t i = 0; i < n && !kz_buf_bad(b); i++)
        kz_buf_add_str(b, s);
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val replace(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str old = argv[0].as.str, new = argv[1].as.str;
    struct kz_str s = argv[2].as.str;
    uint32_t r;
    (void)argc;
    if (kz_str_eq(old, new) || (old.len > 0 && !kz_str_has(s, old)))
        return kz_val_str(s);
    struct kz_buf *b = kz_eval_buf(ev);
    if (old.len == 0)
        kz_buf_add_str(b, new);
    while (s.len > 0 && !kz_buf_bad(b)) {
        const char *hit =
            old.len == 0 ? s.ptr + kz_rune_next(s, &r) : memmem(s.ptr, s.len, old.ptr, old.len);
        const size_t before = hit == NULL ? s.len : (size_t)(hit - s.ptr);
        kz_buf_add_str(b, kz_str_head(s, before));
        if (hit != NULL)
            kz_buf_add_str(b, new);
        s = kz_str_skip(s, before + old.len);
    }
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val plural(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return argv[2].as.num == 1 ? argv[0] : argv[1];
}

/* Texts of what is not nil, a blank between two of them. */
static struct kz_val join_shown(struct kz_eval *ev, const struct kz_val *argv, size_t argc,
                                void (*show)(struct kz_buf *b, struct kz_arena *a, struct kz_val v))
{
    struct kz_buf *b = kz_eval_buf(ev);
    bool first = true;
    for (size_t i = 0; i < argc; i++) {
        if (argv[i].type == NULL)
            continue;
        if (!first)
            kz_buf_putc(b, ' ');
        first = false;
        show(b, kz_eval_arena(ev), argv[i]);
    }
    return kz_val_str(kz_eval_text(ev, b));
}

static void show_quoted(struct kz_buf *b, struct kz_arena *a, struct kz_val v)
{
    kz_print_quoted(b, kz_text_of(a, v), KZ_QUOTE_PLAIN);
}

static void show_squoted(struct kz_buf *b, struct kz_arena *a, struct kz_val v)
{
    kz_buf_putc(b, '\'');
    kz_print_value(b, a, v);
    kz_buf_putc(b, '\'');
}

static struct kz_val quote(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return join_shown(ev, argv, argc, show_quoted);
}

static struct kz_val squote(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return join_shown(ev, argv, argc, show_squoted);
}

static struct kz_val cat(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return join_shown(ev, argv, argc, kz_print_value);
}

static struct kz_val to_string(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_str(kz_text_of(kz_eval_arena(ev), argv[0]));
}

const struct kz_func kz_funcs_strings[] = {
    {"trim",       "s", trim, NULL},
    {"trimAll",        "ss", trim_all, NULL},
    {"trimall",            "ss", trim_all, NULL},
    {"trimPrefix", "ss", trim_prefix, NULL},
    {"trimSuffix",        "ss", trim_suffix, NULL},
    {"trunc",    "is", trunc_, NULL},
    {"substr",    "iis", substr, NULL},
    {"contains",            "ss", contains, NULL},
    {"hasPrefix",        "ss", has_prefix, NULL},
    {"hasSuffix",        "ss", has_suffix, NULL},
    {"repeat", "is", repeat, NULL},
    {"replace", "sss", replace, NULL},
    {"plural",            "ssi", plural, NULL},
    {"quote",     "a+", quote, NULL},
    {"squote",        "a+", squote, NULL},
    {"cat",     "a+", cat, NULL},
    {"toString",      "a", to_string, NULL},
    {0           },
};
