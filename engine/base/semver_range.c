/* SPDX-License-Identifier: Apache-2.0 */
#include "base/semver_range.h"

#include <string.h>

enum op { OP_EQ, OP_NE, OP_GT, OP_LT, OP_GE, OP_LE, OP_TILDE, OP_CARET };

struct bound {
    enum op op;
    struct kz_semver con;
    bool dirty, minor_dirty, patch_dirty; /* parts that are missing or wild */
    bool ends_or;                         /* the last of its "and" group */
};

struct kz_semver_range {
    struct bound *at;
    size_t n, cap;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static struct kz_str skip_blanks(struct kz_str s)
{
    while (s.len > 0 && blank(s.ptr[0]))
        s = kz_str_skip(s, 1);
    return s;
}

/* ---- versions ---------------------------------------------------------------------------------- */

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One decimal number from the front; leading zeros are fine. */
static bool take_number(uint64_t *out, struct kz_str *s)
{
    size_t n = 0, zeros = 0;
    while (n < s->len && digit(s->ptr[n]))
        n++;
    while (zeros + 1 < n && s->ptr[zeros] == '0')
        zeros++;
    if (n == 0 || !kz_str_u64(out, kz_str_n(s->ptr + zeros, n - zeros)))
        return false;
    *s = kz_str_skip(*s, n);
    return true;
}

bool kz_semver_parse_loose(struct kz_semver *out, struct kz_str text)
{
    struct kz_semver v = {0};
    uint64_t *const numbers[] = {&v.major, &v.minor, &v.patch};
    struct kz_str rest = text;
    if (rest.len > 0 && rest.ptr[0] == 'v')
        rest = kz_str_skip(rest, 1);
    for (;;) {
        if (!take_number(numbers[v.parts++], &rest))
            return false;
        if (rest.len == 0 || rest.ptr[0] != '.' || v.parts == kz_countof(numbers))
            break;
        rest = kz_str_skip(rest, 1);
    }
    if (rest.len > 0) { /* the strict parser checks what follows the numbers */
        char buf[512] = "0.0.0";
        struct kz_semver tail;
        if (rest.len >= sizeof buf - 5)
            return false;
        memcpy(buf + 5, rest.ptr, rest.len);
        if (!kz_semver_parse(&tail, kz_str_n(buf, rest.len + 5)))
            return false;
        v.pre = tail.pre.len == 0 ? KZ_STR_NONE
                                  : kz_str_n(rest.ptr + (tail.pre.ptr - (buf + 5)), tail.pre.len);
        v.build = tail.build.len == 0
                      ? KZ_STR_NONE
                      : kz_str_n(rest.ptr + (tail.build.ptr - (buf + 5)), tail.build.len);
    }
    *out = v;
    return true;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static enum op take_op(struct kz_str *s)
{
    static const struct {
        const char *text;
        enum op op;
    } ops[] = {
        {"!=", OP_NE   },
        {">=", OP_GE   },
        {"=>", OP_GE   },
        {"<=", OP_LE   },
        {"=<", OP_LE   },
        {"~>", OP_TILDE},
        {"=",  OP_EQ   },
        {">",  OP_GT   },
        {"<",  OP_LT   },
        {"~",  OP_TILDE},
        {"^",  OP_CARET}
    };
    for (size_t i = 0; i < kz_countof(ops); i++) {
        if (!kz_str_starts(*s, kz_str(ops[i].text)))
            continue;
        *s = kz_str_skip(*s, strlen(ops[i].text));
        return ops[i].op;
    }
    return OP_EQ;
}

static bool part_char(char c)
{
    return digit(c) || c == 'x' || c == 'X' || c == '*' || c == '|';
}

static bool suffix_char(char c)
{
    const char low = (char)(c | 0x20);
    return digit(c) || c == '-' || c == '.' || (low >= 'a' && low <= 'z');
}

static size_t suffix_len(struct kz_str s, char mark)
{
    size_t n = 1;
    if (s.len < 2 || s.ptr[0] != mark || !suffix_char(s.ptr[1]) || s.ptr[1] == '.')
        return 0;
    while (
        n < s.len && suffix_char(s.ptr[n]) &&
        !(s.ptr[n] == '.' && (n + 1 == s.len || !suffix_char(s.ptr[n + 1]) || s.ptr[n + 1] == '.')))
        n++;
    return n;
}

/* A version with wild parts as written: where its pieces are. len 0: none stands here. */
struct spelled {
    struct kz_str part[3], pre; /* pre with its "-" */
    size_t len;
};

static struct spelled spell(struct kz_str s)
{
    struct spelled v = {0};
    size_t at = s.len > 0 && s.ptr[0] == 'v';
    for (unsigned i = 0; i < 3; i++) {
        size_t from = at + (i > 0);
        if (i > 0 && (at >= s.len || s.ptr[at] != '.'))
            break;
        size_t to = from;
        while (to < s.len && part_char(s.ptr[to]))
            to++;
        if (to == from)
            break;
        v.part[i] = kz_str_n(s.ptr + from, to - from);
        at = to;
        v.len = at;
    }
    if (v.len == 0)
        return v;
    size_t n = suffix_len(kz_str_skip(s, at), '-');
    v.pre = kz_str_n(s.ptr + at, n);
    at += n;
    v.len = at + suffix_len(kz_str_skip(s, at), '+');
    return v;
}

static bool wild(struct kz_str part)
{
    return part.len == 0 || (part.len == 1 && (part.ptr[0] | 0x20) == 'x') || kz_str_is(part, "*");
}

static bool whole_number(uint64_t *out, struct kz_str part)
{
    return take_number(out, &part) && part.len == 0;
}

static bool to_bound(struct bound *b, const struct spelled *v)
{
    struct kz_semver pre = {0};
    if (v->pre.len > 0) {
        char text[256];
        if (v->pre.len > sizeof text - 8)
            return false;
        int n = snprintf(text, sizeof text, "0.0.0" KZ_FMT, KZ_ARG(v->pre));
        if (!kz_semver_parse(&pre, kz_str_n(text, (size_t)n)))
            return false;
        b->con.pre = kz_str_skip(v->pre, 1);
    }
    if (wild(v->part[0])) {
        b->dirty = true;
        return true;
    }
    if (!whole_number(&b->con.major, v->part[0]))
        return false;
    if (wild(v->part[1])) {
        b->dirty = b->minor_dirty = true;
        return true;
    }
    if (!whole_number(&b->con.minor, v->part[1]))
        return false;
    if (wild(v->part[2])) {
        b->dirty = b->patch_dirty = true;
        return true;
    }
    return whole_number(&b->con.patch, v->part[2]);
}

static void push(struct kz_semver_range *r, struct kz_arena *a, struct bound b)
{
    if (r->n == r->cap) {
        r->cap = r->cap == 0 ? 4 : 2 * r->cap;
        struct bound *at = kz_new_n(a, struct bound, r->cap);
        for (size_t i = 0; i < r->n; i++)
            at[i] = r->at[i];
        r->at = at;
    }
    r->at[r->n++] = b;
}

/* "VERSION - VERSION" with the blanks around it at the front of s: its length and both ends, else 0. */
static size_t hyphen(struct kz_str s, struct kz_str *from, struct kz_str *to)
{
    struct kz_str rest = skip_blanks(s);
    *from = kz_str_head(rest, spell(rest).len);
    rest = kz_str_skip(rest, from->len);
    if (from->len == 0 || rest.len == 0 || !blank(rest.ptr[0]))
        return 0;
    rest = skip_blanks(rest);
    if (rest.len < 2 || rest.ptr[0] != '-' || !blank(rest.ptr[1]))
        return 0;
    rest = skip_blanks(kz_str_skip(rest, 1));
    *to = kz_str_head(rest, spell(rest).len);
    return to->len == 0 ? 0 : s.len - skip_blanks(kz_str_skip(rest, to->len)).len;
}

/* "A - B" becomes ">= A, <= B " wherever it stands, before anything else is read: so messages show it. */
static struct kz_str without_hyphens(struct kz_arena *a, struct kz_str s)
{
    static const char ge[] = ">= ", le[] = ", <= ";
    char *to = kz_arena_bytes(a, 4 * s.len + 1); /* at least 5 bytes gain at most 6 */
    size_t n = 0, at = 0;
    while (at < s.len) {
        struct kz_str from, until;
        const size_t len = hyphen(kz_str_skip(s, at), &from, &until);
        if (len == 0) {
            to[n++] = s.ptr[at++];
            continue;
        }
        memcpy(to + n, ge, 3);
        memcpy(to + n + 3, from.ptr, from.len);
        n += 3 + from.len;
        memcpy(to + n, le, 5);
        memcpy(to + n + 5, until.ptr, until.len);
        n += 5 + until.len;
        to[n++] = ' ';
        at += len;
    }
    return kz_str_n(to, n);
}

/* One group of bounds that must all hold. false: it has not the form of one. *odd: it has, but a
 * number or a preview in it is not well-formed. */
static bool read_group(struct kz_semver_range *r, struct kz_arena *a, struct kz_str s, bool *odd)
{
    s = skip_blanks(s);
    for (;;) {
        struct bound b = {.op = take_op(&s)};
        s = skip_blanks(s);
        const struct spelled v = spell(s);
        if (v.len == 0)
            return false;
        *odd |= !to_bound(&b, &v);
        push(r, a, b);
        struct kz_str rest = kz_str_skip(s, v.len);
        s = skip_blanks(rest);
        if (s.len == 0)
            break;
        if (s.ptr[0] == ',')
            s = skip_blanks(kz_str_skip(s, 1));
        else if (s.len == rest.len)
            return false; /* nothing between two bounds */
    }
    r->at[r->n - 1].ends_or = true;
    return true;
}

bool kz_semver_range_explain(struct kz_semver_range **out, struct kz_str *bad, struct kz_arena *a,
                             struct kz_str text)
{
    struct kz_semver_range *r = kz_new(a, struct kz_semver_range);
    text = without_hyphens(a, text);
    for (;;) {
        size_t at = 0;
        while (at + 1 < text.len && !(text.ptr[at] == '|' && text.ptr[at + 1] == '|'))
            at++;
        const bool more = at + 1 < text.len;
        const struct kz_str group = more ? kz_str_head(text, at) : text;
        bool odd = false;
        if (!read_group(r, a, group, &odd)) {
            *bad = group;
            return false;
        }
        if (odd) {
            *bad = KZ_STR_NONE;
            return false;
        }
        if (!more)
            break;
        text = kz_str_skip(text, at + 2);
    }
    *out = r;
    return true;
}

bool kz_semver_range_parse(struct kz_semver_range **out, struct kz_arena *a, struct kz_str text)
{
    struct kz_str bad;
    return kz_semver_range_explain(out, &bad, a, text);
}

/* ---- asking ------------------------------------------------------------------------------------ */

static bool tilde(const struct bound *b, const struct kz_semver *v)
{
    if (kz_semver_cmp(v, &b->con) < 0)
        return false;
    if (b->con.major == 0 && b->con.minor == 0 && b->con.patch == 0 && !b->minor_dirty &&
        !b->patch_dirty)
        return true; /* "~0.0.0" and "*" take everything */
    return v->major == b->con.major && (v->minor == b->con.minor || b->minor_dirty);
}

static bool caret(const struct bound *b, const struct kz_semver *v)
{
    if (kz_semver_cmp(v, &b->con) < 0)
        return false;
    if (b->con.major > 0 || b->minor_dirty)
        return v->major == b->con.major;
    if (v->major > 0)
        return false;
    if (b->con.minor > 0 || b->patch_dirty)
        return v->minor == b->con.minor;
    return v->minor == 0 && v->patch == b->con.patch;
}

static bool greater(const struct bound *b, const struct kz_semver *v)
{
    if (!b->dirty)
        return kz_semver_cmp(v, &b->con) > 0;
    if (v->major != b->con.major)
        return v->major > b->con.major;
    if (b->minor_dirty)
        return false; /* 11.1 is not above 11 */
    return b->patch_dirty ? v->minor > b->con.minor : kz_semver_cmp(v, &b->con) > 0;
}

static bool at_most(const struct bound *b, const struct kz_semver *v)
{
    if (!b->dirty)
        return kz_semver_cmp(v, &b->con) <= 0;
    return v->major < b->con.major ||
           (v->major == b->con.major && (v->minor <= b->con.minor || b->minor_dirty));
}

static bool differs(const struct bound *b, const struct kz_semver *v)
{
    if (!b->dirty)
        return kz_semver_cmp(v, &b->con) != 0;
    if ((v->pre.len > 0 && b->con.pre.len == 0))
        return false;
    if (v->major != b->con.major)
        return true;
    if (b->minor_dirty)
        return false;
    if (v->minor != b->con.minor)
        return true;
    if (b->patch_dirty)
        return (v->pre.len > 0 || b->con.pre.len > 0) && !kz_str_eq(v->pre, b->con.pre);
    return v->patch != b->con.patch || kz_semver_cmp(v, &b->con) != 0;
}

static bool holds(const struct bound *b, const struct kz_semver *v)
{
    if (b->op != OP_NE && v->pre.len > 0 && b->con.pre.len == 0)
        return false; /* previews only for who asks for them */
    switch (b->op) {
    case OP_EQ:
        return b->dirty ? tilde(b, v) : kz_semver_cmp(v, &b->con) == 0;
    case OP_NE:
        return differs(b, v);
    case OP_GT:
        return greater(b, v);
    case OP_LT:
        return kz_semver_cmp(v, &b->con) < 0;
    case OP_GE:
        return kz_semver_cmp(v, &b->con) >= 0;
    case OP_LE:
        return at_most(b, v);
    case OP_TILDE:
        return tilde(b, v);
    case OP_CARET:
        return caret(b, v);
    }
    return false;
}

bool kz_semver_range_has(const struct kz_semver_range *r, const struct kz_semver *v)
{
    bool all = true;
    for (size_t i = 0; i < r->n; i++) {
        all = all && holds(&r->at[i], v);
        if (!r->at[i].ends_or)
            continue;
        if (all)
            return true;
        all = true;
    }
    return false;
}

bool kz_semver_in(struct kz_str version, struct kz_str range)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_semver_range *r;
    struct kz_semver v;
    return range.len <= 4096 && kz_semver_parse_loose(&v, version) &&
           kz_semver_range_parse(&r, a, range) && kz_semver_range_has(r, &v);
}
