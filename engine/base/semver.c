/* SPDX-License-Identifier: Apache-2.0 */
#include "base/semver.h"

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!digit(s.ptr[i]))
            return false;
    return s.len > 0;
}

static bool number(uint64_t *out, struct kz_str s)
{
    return (s.len == 1 || (s.len > 0 && s.ptr[0] != '0')) && kz_str_u64(out, s);
}

/* Dot-separated parts of letters, digits and "-"; numbers in pre have no leading zero. */
static bool good_parts(struct kz_str s, bool pre)
{
    for (;;) {
        struct kz_str part;
        const bool last = kz_str_index(s, '.') == s.len;
        s = kz_str_cut(&part, s, '.');
        if (part.len == 0 || (pre && part.len > 1 && part.ptr[0] == '0' && all_digits(part)))
            return false;
        for (size_t i = 0; i < part.len; i++) {
            const char c = part.ptr[i], low = (char)(c | 0x20);
            if (!digit(c) && c != '-' && !(low >= 'a' && low <= 'z'))
                return false;
        }
        if (last)
            return true;
    }
}

bool kz_semver_parse(struct kz_semver *out, struct kz_str text)
{
    struct kz_semver v = {0};
    if (text.len > 0 && text.ptr[0] == 'v')
        text = kz_str_skip(text, 1);
    const size_t plus = kz_str_index(text, '+');
    struct kz_str core = kz_str_head(text, plus);
    if (plus < text.len) {
        v.build = kz_str_skip(text, plus + 1);
        if (!good_parts(v.build, false))
            return false;
    }
    const size_t dash = kz_str_index(core, '-');
    if (dash < core.len) {
        v.pre = kz_str_skip(core, dash + 1);
        if (!good_parts(v.pre, true))
            return false;
        core = kz_str_head(core, dash);
    }
    uint64_t *const numbers[] = {&v.major, &v.minor, &v.patch};
    for (bool more = true; more; v.parts++) {
        struct kz_str part;
        if (v.parts == kz_countof(numbers))
            return false;
        more = kz_str_index(core, '.') < core.len;
        core = kz_str_cut(&part, core, '.');
        if (!number(numbers[v.parts], part))
            return false;
    }
    *out = v;
    return true;
}

static int cmp_num(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Numbers by value and below words; words bytewise. Numbers may be of any length. */
static int cmp_part(struct kz_str a, struct kz_str b)
{
    const bool x = all_digits(a), y = all_digits(b);
    if (x != y)
        return x ? -1 : 1;
    if (x && a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return kz_str_cmp(a, b);
}

static int cmp_pre(struct kz_str a, struct kz_str b)
{
    if (a.len == 0 || b.len == 0) /* a release is above its previews */
        return a.len == b.len ? 0 : a.len == 0 ? 1 : -1;
    while (a.len > 0 && b.len > 0) {
        struct kz_str x, y;
        a = kz_str_cut(&x, a, '.');
        b = kz_str_cut(&y, b, '.');
        const int c = cmp_part(x, y);
        if (c != 0)
            return c;
    }
    return cmp_num(a.len > 0, b.len > 0);
}

int kz_semver_cmp(const struct kz_semver *a, const struct kz_semver *b)
{
    int c = cmp_num(a->major, b->major);
    if (c == 0)
        c = cmp_num(a->minor, b->minor);
    if (c == 0)
        c = cmp_num(a->patch, b->patch);
    return c != 0 ? c : cmp_pre(a->pre, b->pre);
}
