/* SPDX-License-Identifier: Apache-2.0 */
#include "base/glob.h"

#include "base/utf8.h"

enum { CHOICES_MAX = 64 };

/* Length of the set "[...]" at the start of p, or 0 when it does not end. */
static size_t set_len(struct kz_str p)
{
    size_t i = 1;
    if (i < p.len && (p.ptr[i] == '!' || p.ptr[i] == '^'))
        i++;
    for (size_t first = i; i < p.len; i++) {
        if (p.ptr[i] == '\\')
            i++;
        else if (p.ptr[i] == ']' && i > first)
            return i + 1;
    }
    return 0;
}

static uint32_t take_rune(struct kz_str *s)
{
    uint32_t r = 0;
    size_t n = kz_utf8_next(*s, &r);
    if (n == 0) {
        r = (unsigned char)s->ptr[0];
        n = 1;
    }
    *s = kz_str_skip(*s, n);
    return r;
}

/* set is what stands between the brackets. */
static bool in_set(struct kz_str set, uint32_t c)
{
    bool negated = set.ptr[0] == '!' || set.ptr[0] == '^', found = false;
    if (negated)
        set = kz_str_skip(set, 1);
    while (set.len > 0) {
        if (set.ptr[0] == '\\' && set.len > 1)
            set = kz_str_skip(set, 1);
        uint32_t low = take_rune(&set), high = low;
        if (set.len > 1 && set.ptr[0] == '-') {
            set = kz_str_skip(set, set.ptr[1] == '\\' && set.len > 2 ? 2 : 1);
            high = take_rune(&set);
        }
        found = found || (c >= low && c <= high);
    }
    return found != negated;
}

/* Matches one item of the pattern that is no star; both move behind it. */
static bool match_one(struct kz_str *p, struct kz_str *t)
{
    if (p->len == 0 || t->len == 0)
        return false;
    if (p->ptr[0] == '?' || p->ptr[0] == '[') {
        size_t n = p->ptr[0] == '?' ? 1 : set_len(*p);
        struct kz_str set = kz_str_n(p->ptr + 1, n < 2 ? 0 : n - 2);
        bool any = p->ptr[0] == '?';
        uint32_t c = take_rune(t);
        *p = kz_str_skip(*p, n);
        return c != '/' && (any || in_set(set, c));
    }
    if (p->ptr[0] == '\\')
        *p = kz_str_skip(*p, 1);
    if (p->ptr[0] != t->ptr[0])
        return false;
    *p = kz_str_skip(*p, 1);
    *t = kz_str_skip(*t, 1);
    return true;
}

/* Where to go on when what follows a star did not match. */
struct retry {
    struct kz_str pattern, text; /* pattern.ptr NULL: none */
};

/* Only the last "*" and the last "**" can still grow, so there is no recursion: a "*" that fails
 * falls back on the "**" before it. */
static bool match(struct kz_str p, struct kz_str t)
{
    struct retry star = {0}, stars = {0};
    for (;;) {
        if (kz_str_starts(p, KZ_STR("**"))) {
            p = kz_str_skip(p, 2);
            stars = (struct retry){p, t};
            star = (struct retry){0};
            if (p.len > 0 && p.ptr[0] == '/') /* also no folder at all */
                p = kz_str_skip(p, 1);
            continue;
        }
        if (p.len > 0 && p.ptr[0] == '*') {
            p = kz_str_skip(p, 1);
            star = (struct retry){p, t};
            continue;
        }
        if (p.len == 0 && t.len == 0)
            return true;
        if (match_one(&p, &t))
            continue;
        if (star.pattern.ptr != NULL && star.text.len > 0 && star.text.ptr[0] != '/') {
            star.text = kz_str_skip(star.text, 1);
            p = star.pattern;
            t = star.text;
        } else if (stars.pattern.ptr != NULL && stars.text.len > 0) {
            stars.text = kz_str_skip(stars.text, 1);
            p = stars.pattern;
            t = stars.text;
            star = (struct retry){0};
        } else {
            return false;
        }
    }
}

const char *kz_glob_bad(struct kz_str p)
{
    bool open = false;
    size_t choices = 1, here = 1;
    if (p.len > KZ_GLOB_MAX)
        return "the pattern is longer than 1024 bytes";
    for (size_t i = 0; i < p.len; i++) {
        if (p.ptr[i] == '\\') {
            if (++i == p.len)
                return "the pattern ends in a backslash";
        } else if (p.ptr[i] == '[') {
            size_t n = set_len(kz_str_skip(p, i));
            if (n == 0)
                return "'[' has no ']'";
            i += n - 1;
        } else if (p.ptr[i] == '{') {
            if (open)
                return "'{' stands inside another";
            open = true;
            here = 1;
        } else if (open && p.ptr[i] == ',') {
            here++;
        } else if (open && p.ptr[i] == '}') {
            open = false;
            choices *= here;
            if (choices > CHOICES_MAX)
                return "the pattern has more than 64 alternatives";
        }
    }
    return open ? "'{' has no '}'" : NULL;
}

/* The index of the first c that is not escaped or in a set, or p.len. */
static size_t find_plain(struct kz_str p, size_t from, const char *any)
{
    for (size_t i = from; i < p.len; i++) {
        if (p.ptr[i] == '\\')
            i++;
        else if (strchr(any, p.ptr[i]) != NULL && p.ptr[i] != '\0')
            return i;
        else if (p.ptr[i] == '[')
            i += set_len(kz_str_skip(p, i)) - 1;
    }
    return p.len;
}

/* Writes the pattern out for each choice; one level of recursion for each group in braces. */
static bool match_choices(struct kz_str p, struct kz_str text)
{
    const size_t open = find_plain(p, 0, "{");
    if (open == p.len)
        return match(p, text);
    const size_t close = find_plain(p, open + 1, "}");
    for (size_t from = open + 1, to; from <= close; from = to + 1) {
        char one[KZ_GLOB_MAX];
        to = find_plain(kz_str_head(p, close), from, ",");
        size_t n = 0;
        memcpy(one, p.ptr, open);
        n += open;
        memcpy(one + n, p.ptr + from, to - from);
        n += to - from;
        memcpy(one + n, p.ptr + close + 1, p.len - close - 1);
        n += p.len - close - 1;
        if (match_choices(kz_str_n(one, n), text))
            return true;
    }
    return false;
}

bool kz_glob_match(struct kz_str pattern, struct kz_str text)
{
    return kz_glob_bad(pattern) == NULL && match_choices(pattern, text);
}
