/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: regular expressions. Those without "must" panic on a bad pattern in Go; only the text of the
 * error differs. regexMatch alone takes a bad pattern for "no". */
#include "template/funcs.h"
#include "template/print.h"
#include "template/regexes.h"
#include "template/sprig.h"

#include <string.h>

#include "base/utf8.h"

enum { MAX_GROUPS = 64 };

/* strconv.CanBackquote: short of control characters, the back quote and what is no UTF-8. */
static bool can_backquote(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if ((c < ' ' && c != '\t') || c == '`' || c == 0x7f)
            return false;
    }
    return kz_utf8_valid(s) && !kz_str_has(s, KZ_STR("\xef\xbb\xbf"));
}

static struct kz_val bad_pattern(struct kz_eval *ev, struct kz_str pattern,
                                 const struct kz_err *err, bool must)
{
    if (must)
        return kz_eval_fail(ev, "%s", err->frame[0]);
    struct kz_buf *b = kz_eval_buf(ev);
    kz_buf_puts(b, "regexp: Compile(");
    if (can_backquote(pattern))
        kz_buf_printf(b, "`" KZ_FMT "`", KZ_ARG(pattern));
    else
        kz_print_quoted(b, pattern, KZ_QUOTE_PLAIN);
    kz_buf_printf(b, "): %s", err->frame[0]);
    return kz_eval_fail_str(ev, kz_eval_text(ev, b));
}

static bool compile(const struct kz_regex **re, struct kz_eval *ev, struct kz_str pattern,
                    bool must)
{
    struct kz_err err;
    if (kz_regexes_get(re, &kz_sprig_of(ev)->regexes, pattern, &err) == 0)
        return true;
    (void)bad_pattern(ev, pattern, &err, must);
    return false;
}

/* One after another: an empty match right behind the last one does not count. */
struct scan {
    const struct kz_regex *re;
    struct kz_str text, subject; /* what was given, what is searched */
    const size_t *back;          /* place in text of each byte of subject; NULL: the same */
    size_t from, last;           /* in subject; last: end of the match before; SIZE_MAX: none */
};

/* For Go a byte that is no UTF-8 is a U+FFFD of one byte, for RE2 it matches nothing: the search goes
 * over a copy that has real ones. */
static void search_copy(struct scan *s, struct kz_arena *a)
{
    char *copy = kz_arena_bytes(a, 3 * s->text.len);
    size_t *back = kz_new_n(a, size_t, 3 * s->text.len + 1), n = 0;
    for (size_t at = 0; at < s->text.len;) {
        uint32_t rune;
        const size_t len = kz_rune_next(kz_str_skip(s->text, at), &rune);
        const size_t wide = kz_utf8_put(copy + n, rune);
        for (size_t i = 0; i < wide; i++)
            back[n + i] = at + (wide == len ? i : 0);
        n += wide;
        at += len;
    }
    back[n] = s->text.len;
    s->subject = kz_str_n(copy, n);
    s->back = back;
}

static struct scan scan_of(struct kz_eval *ev, const struct kz_regex *re, struct kz_str text)
{
    if (text.ptr == NULL)
        text = KZ_STR("");
    struct scan s = {.re = re, .text = text, .subject = text, .last = SIZE_MAX};
    if (!kz_utf8_valid(text))
        search_copy(&s, kz_eval_arena(ev));
    return s;
}

static struct kz_str in_text(const struct scan *s, struct kz_str found)
{
    if (s->back == NULL || found.ptr == NULL)
        return found;
    const size_t at = (size_t)(found.ptr - s->subject.ptr), from = s->back[at];
    return kz_str_n(s->text.ptr + from, s->back[at + found.len] - from);
}

static bool next_match(struct scan *s, struct kz_str *groups, unsigned n)
{
    while (s->from <= s->subject.len && kz_regex_find(s->re, s->subject, s->from, groups, n)) {
        const size_t at = (size_t)(groups[0].ptr - s->subject.ptr), end = at + groups[0].len;
        const bool counts = groups[0].len > 0 || at != s->last;
        if (end > s->from) {
            s->from = end;
        } else {
            uint32_t rune;
            const struct kz_str rest = kz_str_skip(s->subject, s->from);
            s->from += rest.len == 0 ? 1 : kz_rune_next(rest, &rune);
        }
        s->last = end;
        for (unsigned i = 0; counts && i < n; i++)
            groups[i] = in_text(s, groups[i]);
        if (counts)
            return true;
    }
    return false;
}

/* ---- match and find ---------------------------------------------------------------------------- */

static struct kz_val regex_match(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_regex *re;
    struct kz_err err;
    (void)argc;
    if (kz_regexes_get(&re, &kz_sprig_of(ev)->regexes, argv[0].as.str, &err) < 0)
        return kz_val_bool(false);
    const struct scan s = scan_of(ev, re, argv[1].as.str);
    return kz_val_bool(kz_regex_match(re, s.subject));
}

static struct kz_val must_regex_match(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_regex *re;
    (void)argc;
    if (!compile(&re, ev, argv[0].as.str, true))
        return KZ_NIL;
    const struct scan s = scan_of(ev, re, argv[1].as.str);
    return kz_val_bool(kz_regex_match(re, s.subject));
}

static struct kz_val find(struct kz_eval *ev, const struct kz_val *argv, bool must)
{
    const struct kz_regex *re;
    struct kz_str found;
    if (!compile(&re, ev, argv[0].as.str, must))
        return KZ_NIL;
    struct scan s = scan_of(ev, re, argv[1].as.str);
    return kz_val_str(next_match(&s, &found, 1) ? found : KZ_STR(""));
}

static struct kz_val regex_find(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return find(ev, argv, false);
}

static struct kz_val must_regex_find(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return find(ev, argv, true);
}

/* At most n, all when negative; none gives a nil slice. */
static struct kz_val find_all(struct kz_eval *ev, const struct kz_val *argv, bool must)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_regex *re;
    struct kz_list *list = NULL;
    struct kz_str found;
    if (!compile(&re, ev, argv[0].as.str, must))
        return KZ_NIL;
    struct scan s = scan_of(ev, re, argv[1].as.str);
    for (int64_t n = argv[2].as.num; n != 0 && next_match(&s, &found, 1); n -= n > 0) {
        if (!kz_eval_spend(ev, 1))
            return KZ_NIL;
        if (list == NULL)
            list = kz_list_new(a, 4);
        kz_list_push(a, list, kz_val_str(found));
    }
    return kz_val_obj(&kz_type_strings, list);
}

static struct kz_val regex_find_all(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return find_all(ev, argv, false);
}

static struct kz_val must_regex_find_all(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return find_all(ev, argv, true);
}

/* ---- replace ----------------------------------------------------------------------------------- */

static bool name_rune(uint32_t r)
{
    return r == '_' || kz_rune_is_letter(r) || kz_rune_is_digit(r);
}

/* The name behind a "$" at the front of s, its length with braces; 0: that "$" is only itself. */
static size_t group_name(struct kz_str s, struct kz_str *name)
{
    const size_t brace = s.len > 0 && s.ptr[0] == '{';
    size_t n = brace;
    while (n < s.len) {
        uint32_t r;
        const size_t len = kz_rune_next(kz_str_skip(s, n), &r);
        if (!name_rune(r))
            break;
        n += len;
    }
    if (n == brace || (brace == 1 && (n == s.len || s.ptr[n] != '}')))
        return 0;
    *name = kz_str_n(s.ptr + brace, n - brace);
    return n + brace;
}

/* "$1", "$name", "${1}x", "$$"; a group that is not there is empty. */
static void expand(struct kz_buf *b, const struct kz_regex *re, struct kz_str form,
                   const struct kz_str *groups, unsigned n)
{
    while (form.len > 0) {
        const size_t at = kz_str_index(form, '$');
        kz_buf_add_str(b, kz_str_head(form, at));
        form = kz_str_skip(form, at);
        if (form.len == 0)
            return;
        form = kz_str_skip(form, 1);
        if (form.len > 0 && form.ptr[0] == '$') {
            kz_buf_putc(b, '$');
            form = kz_str_skip(form, 1);
            continue;
        }
        struct kz_str name;
        const size_t len = group_name(form, &name);
        if (len == 0) {
            kz_buf_putc(b, '$');
            continue;
        }
        form = kz_str_skip(form, len);
        int64_t group;
        const bool leading_zero = name.len > 1 && name.ptr[0] == '0';
        if (leading_zero || name.ptr[0] == '-' || !kz_str_i64(&group, name))
            group = kz_regex_group(re, name);
        if (group >= 0 && group < n)
            kz_buf_add_str(b, groups[group]);
    }
}

static struct kz_val replace(struct kz_eval *ev, const struct kz_val *argv, bool literal, bool must)
{
    const struct kz_regex *re;
    struct kz_str groups[MAX_GROUPS];
    if (!compile(&re, ev, argv[0].as.str, must))
        return KZ_NIL;
    struct scan s = scan_of(ev, re, argv[1].as.str);
    const struct kz_str by = argv[2].as.str;
    const unsigned known = kz_regex_groups(re) + 1, n = literal              ? 1
                                                        : known < MAX_GROUPS ? known
                                                                             : MAX_GROUPS;
    struct kz_buf *b = kz_eval_buf(ev);
    size_t copied = 0;
    while (next_match(&s, groups, n)) {
        const size_t at = (size_t)(groups[0].ptr - s.text.ptr);
        if (!kz_eval_spend(ev, 1))
            return KZ_NIL;
        kz_buf_add(b, s.text.ptr + copied, at - copied);
        if (literal)
            kz_buf_add_str(b, by);
        else
            expand(b, re, by, groups, n);
        copied = at + groups[0].len;
    }
    kz_buf_add(b, s.text.ptr + copied, s.text.len - copied);
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val regex_replace_all(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return replace(ev, argv, false, false);
}

static struct kz_val must_regex_replace_all(struct kz_eval *ev, const struct kz_val *argv,
                                            size_t argc)
{
    (void)argc;
    return replace(ev, argv, false, true);
}

static struct kz_val regex_replace_all_literal(struct kz_eval *ev, const struct kz_val *argv,
                                               size_t argc)
{
    (void)argc;
    return replace(ev, argv, true, false);
}

static struct kz_val must_regex_replace_all_literal(struct kz_eval *ev, const struct kz_val *argv,
                                                    size_t argc)
{
    (void)argc;
    return replace(ev, argv, true, true);
}

/* ---- split ------------------------------------------------------------------------------------- */

/* Go's Split: at most n pieces; a match at the very start or an empty one at the end splits nothing. */
static struct kz_val split(struct kz_eval *ev, const struct kz_val *argv, bool must)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_regex *re;
    struct kz_str found;
    const int64_t n = argv[2].as.num;
    if (!compile(&re, ev, argv[0].as.str, must))
        return KZ_NIL;
    if (n == 0)
        return kz_val_obj(&kz_type_strings, NULL);
    struct scan s = scan_of(ev, re, argv[1].as.str);
    struct kz_list *list = kz_list_new(a, 4);
    if (argv[0].as.str.len > 0 && s.text.len == 0) {
        kz_list_push(a, list, kz_val_str(KZ_STR("")));
        return kz_val_obj(&kz_type_strings, list);
    }
    size_t begin = 0, end = 0;
    while ((n < 0 || (int64_t)list->len < n - 1) && next_match(&s, &found, 1)) {
        if (!kz_eval_spend(ev, 1))
            return KZ_NIL;
        end = (size_t)(found.ptr - s.text.ptr);
        if (end + found.len != 0)
            kz_list_push(a, list, kz_val_str(kz_str_n(s.text.ptr + begin, end - begin)));
        begin = end + found.len;
    }
    if (end != s.text.len)
        kz_list_push(a, list, kz_val_str(kz_str_skip(s.text, begin)));
    return kz_val_obj(&kz_type_strings, list);
}

static struct kz_val regex_split(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return split(ev, argv, false);
}

static struct kz_val must_regex_split(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return split(ev, argv, true);
}

static struct kz_val regex_quote_meta(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_str(kz_regex_quote(kz_eval_arena(ev), argv[0].as.str));
}

const struct kz_func kz_funcs_regex[] = {
    {"regexMatch",    "ss", regex_match, NULL},
    {"mustRegexMatch",    "ss", must_regex_match, NULL},
    {"regexFind",               "ss", regex_find, NULL},
    {"mustRegexFind",        "ss", must_regex_find, NULL},
    {"regexFindAll",           "ssi", regex_find_all, NULL},
    {"mustRegexFindAll",     "ssi", must_regex_find_all, NULL},
    {"regexReplaceAll",     "sss", regex_replace_all, NULL},
    {"mustRegexReplaceAll",               "sss", must_regex_replace_all, NULL},
    {"regexReplaceAllLiteral",    "sss", regex_replace_all_literal, NULL},
    {"mustRegexReplaceAllLiteral",           "sss", must_regex_replace_all_literal, NULL},
    {"regexSplit",  "ssi", regex_split, NULL},
    {"mustRegexSplit", "ssi", must_regex_split, NULL},
    {"regexQuoteMeta",               "s", regex_quote_meta, NULL},
    {0     },
};
