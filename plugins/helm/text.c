/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/text.h"

#include "template/print.h"

#include "base/utf8.h"

#include <string.h>

/* ---- blanks ------------------------------------------------------------------------------------ */

static bool is_space(uint32_t r)
{
    return (r >= '\t' && r <= '\r') || r == ' ' || r == 0x85 || r == 0xA0 || r == 0x1680 ||
           (r >= 0x2000 && r <= 0x200A) || r == 0x2028 || r == 0x2029 || r == 0x202F ||
           r == 0x205F || r == 0x3000;
}

static size_t last_rune(struct kz_str s, uint32_t *rune)
{
    for (size_t n = 1; n <= 4 && n <= s.len; n++) {
        struct kz_str tail = kz_str_skip(s, s.len - n);
        if (kz_utf8_next(tail, rune) == n)
            return n;
    }
    return 0;
}

struct kz_str kz_go_trim(struct kz_str s)
{
    uint32_t r;
    size_t n;
    while (s.len > 0 && (n = kz_utf8_next(s, &r)) > 0 && is_space(r))
        s = kz_str_skip(s, n);
    while (s.len > 0 && (n = last_rune(s, &r)) > 0 && is_space(r))
        s = kz_str_head(s, s.len - n);
    return s;
}

/* ---- quoting, paths ---------------------------------------------------------------------------- */

struct kz_str kz_go_quote(struct kz_arena *a, struct kz_str s)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    kz_print_quoted(&b, s, KZ_QUOTE_PLAIN);
    return kz_str_dup(a, kz_buf_str(&b));
}

struct kz_str kz_go_quote_runes(struct kz_arena *a, struct kz_str s)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    kz_buf_putc(&b, '[');
    while (s.len > 0) {
        uint32_t r;
        size_t n = kz_utf8_next(s, &r);
        n = n == 0 ? 1 : n;
        struct kz_str one = kz_go_quote(a, kz_str_head(s, n));
        one = kz_str_is(one, "\"\\\"\"") ? KZ_STR("\"") : kz_str_n(one.ptr + 1, one.len - 2);
        kz_buf_printf(&b, "%s'%s" KZ_FMT "'", b.len > 1 ? " " : "", kz_str_is(one, "'") ? "\\" : "",
                      KZ_ARG(one));
        s = kz_str_skip(s, n);
    }
    kz_buf_putc(&b, ']');
    return kz_str_dup(a, kz_buf_str(&b));
}

struct kz_str kz_go_clean(struct kz_arena *a, struct kz_str path)
{
    const bool rooted = path.len > 0 && path.ptr[0] == '/';
    char *out = kz_arena_bytes(a, path.len + 2);
    size_t n = 0, low = 0; /* low: end of leading ".." that stay */
    if (rooted)
        out[n++] = '/';
    low = n;
    for (struct kz_str rest = path; rest.len > 0;) {
        struct kz_str part;
        rest = kz_str_cut(&part, rest, '/');
        if (part.len == 0 || kz_str_is(part, "."))
            continue;
        if (kz_str_is(part, "..") && n > low) {
            while (n > low && out[n - 1] != '/')
                n--;
            if (n > low)
                n--;
            continue;
        }
        if (kz_str_is(part, "..") && rooted)
            continue;
        if (n > 0 && out[n - 1] != '/')
            out[n++] = '/';
        memcpy(out + n, part.ptr, part.len);
        n += part.len;
        if (kz_str_is(part, ".."))
            low = n;
    }
    return n == 0 ? KZ_STR(".") : kz_str_n(out, n);
}

struct kz_str kz_go_base(struct kz_str path)
{
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path = kz_str_head(path, path.len - 1);
    if (path.len == 0)
        return KZ_STR(".");
    const size_t slash = kz_str_rindex(path, '/');
    return slash == path.len || path.len == 1 ? path : kz_str_skip(path, slash + 1);
}

bool kz_go_fold_eq(struct kz_str a, const char *lower)
{
    size_t i = 0;
    for (; i < a.len && lower[i] != '\0'; i++) {
        const char c = a.ptr[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c) != lower[i])
            return false;
    }
    return i == a.len && lower[i] == '\0';
}

/* ---- filepath.Match ---------------------------------------------------------------------------- */

/* One character of a set, perhaps escaped. false: malformed. */
static bool set_char(uint32_t *out, struct kz_str *p)
{
    if (p->len == 0 || p->ptr[0] == '-' || p->ptr[0] == ']')
        return false;
    if (p->ptr[0] == '\\') {
        *p = kz_str_skip(*p, 1);
        if (p->len == 0)
            return false;
    }
    size_t n = kz_utf8_next(*p, out);
    if (n == 0) {
        *out = 0xFFFD;
        n = 1;
    }
    *p = kz_str_skip(*p, n);
    return p->len > 0;
}

/* "[...]" at the front of p against r; p moves behind it. -1: malformed. */
static int match_set(struct kz_str *p, uint32_t r)
{
    bool found = false;
    *p = kz_str_skip(*p, 1);
    const bool negated = p->len > 0 && p->ptr[0] == '^';
    if (negated)
        *p = kz_str_skip(*p, 1);
    for (unsigned n = 0;; n++) {
        if (p->len > 0 && p->ptr[0] == ']' && n > 0) {
            *p = kz_str_skip(*p, 1);
            return found != negated;
        }
        uint32_t low, high;
        if (!set_char(&low, p))
            return -1;
        high = low;
        if (p->ptr[0] == '-') {
            *p = kz_str_skip(*p, 1);
            if (!set_char(&high, p))
                return -1;
        }
        found = found || (low <= r && r <= high);
    }
}

/* Checks the rest of a pattern that can't match any more. */
static int no_match(struct kz_str p)
{
    while (p.len > 0) {
        if (p.ptr[0] == '[') {
            if (match_set(&p, 0) < 0)
                return -1;
            continue;
        }
        if (p.ptr[0] == '\\' && p.len == 1)
            return -1;
        p = kz_str_skip(p, p.ptr[0] == '\\' ? 2 : 1);
    }
    return 0;
}

int kz_go_match(struct kz_str p, struct kz_str name)
{
    const struct kz_str whole = p;
    struct kz_str star = KZ_STR_NONE, star_name = KZ_STR_NONE; /* where to try again */
    if (no_match(p) < 0)
        return -1;
    for (;;) {
        bool ok;
        uint32_t r = 0;
        if (p.len > 0 && p.ptr[0] == '*') {
            p = kz_str_skip(p, 1);
            star = p;
            star_name = name;
            if (star.ptr == NULL)
                star = kz_str_n(whole.ptr + whole.len, 0);
            continue;
        }
        if (name.len == 0) {
            if (p.len == 0)
                return 1;
            return 0;
        }
        size_t n = kz_utf8_next(name, &r);
        if (n == 0)
            n = 1;
        if (p.len == 0)
            ok = false;
        else if (p.ptr[0] == '[') {
            ok = match_set(&p, r) > 0 && r != '/';
        } else if (p.ptr[0] == '?') {
            ok = r != '/';
            p = kz_str_skip(p, 1);
        } else {
            if (p.ptr[0] == '\\')
                p = kz_str_skip(p, 1);
            ok = p.ptr[0] == name.ptr[0];
            p = kz_str_skip(p, 1);
            n = 1;
        }
        if (ok) {
            name = kz_str_skip(name, n);
            continue;
        }
        if (star.ptr == NULL || star_name.len == 0 || star_name.ptr[0] == '/')
            return 0;
        star_name = kz_str_skip(star_name, 1);
        name = star_name;
        p = star;
    }
}

/* ---- fields ------------------------------------------------------------------------------------ */

struct kz_value *kz_go_field(const struct kz_value *map, const char *name)
{
    const struct kz_pair *p = kz_value_pair(map, kz_str(name));
    if (p != NULL)
        return p->val;
    char lower[32];
    size_t n = strlen(name);
    if (n >= sizeof lower)
        return NULL;
    for (size_t i = 0; i <= n; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
    for (size_t i = 0; i < kz_value_pairs(map); i++)
        if (kz_go_fold_eq(map->as.map.at[i].key, lower))
            return map->as.map.at[i].val;
    return NULL;
}

const char *kz_go_json_kind(const struct kz_value *v)
{
    switch (v->kind) {
    case KZ_NULL:
        return "null";
    case KZ_BOOL:
        return "bool";
    case KZ_INT:
    case KZ_UINT:
    case KZ_FLOAT:
        return "number";
    case KZ_STRING:
        return "string";
    case KZ_LIST:
        return "array";
    case KZ_MAP:
        return "object";
    }
    return "";
}
