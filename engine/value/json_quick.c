/* SPDX-License-Identifier: Apache-2.0
 *
 * By recursive descent. Pairs and items wait on one stack until their map or list ends, which then takes
 * exactly the room that it needs. Every function answers false for "not its own". */
#include "value/json_quick.h"

#include "base/utf8.h"
#include "base/vec.h"
#include "value/scan.h"

#include <math.h>

enum { SAFE_DIGITS = 18 /* fit in 63 bits */, MAX_NUMBER = 63 };

struct quick {
    struct kz_arena *arena;
    const char *at, *end;
    KZ_VEC(struct kz_pair) waiting;
    bool last_wins;
};

static bool is_at(const struct quick *q, char c)
{
    return q->at < q->end && *q->at == c;
}

static void skip_space(struct quick *q)
{
    while (q->at < q->end && (*q->at == ' ' || *q->at == '\n' || *q->at == '\t' || *q->at == '\r'))
        q->at++;
}

/* ---- strings -------------------------------------------------------------------------------- */

/* From behind the opening quote to the closing one. */
static bool find_end(struct quick *q, bool *escapes, bool *wide)
{
    *escapes = *wide = false;
    for (;;) {
        q->at += kz_scan_json(q->at, (size_t)(q->end - q->at));
        if (q->at == q->end)
            return false;
        const unsigned char c = (unsigned char)*q->at++;
        if (c == '"')
            return true;
        if (c < ' ')
            return false;
        *wide = *wide || c >= 0x80;
        if (c != '\\')
            continue;
        *escapes = true;
        if (q->at++ == q->end)
            return false;
    }
}

/* \uXXXX; NUL and surrogates are not ours. */
static bool unescape_rune(struct kz_str s, uint32_t *rune)
{
    *rune = 0;
    for (size_t i = 0; i < 4; i++) {
        const char c = i < s.len ? s.ptr[i] : '\0', low = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            *rune = *rune * 16 + (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            *rune = *rune * 16 + (uint32_t)(low - 'a' + 10);
        else
            return false;
    }
    return *rune != 0 && (*rune < 0xD800 || *rune > 0xDFFF);
}

static bool unescape(struct kz_str *out, struct kz_arena *a, struct kz_str s)
{
    static const char meant[] = "\b\f\n\r\t\\/\"";
    char *text = kz_arena_bytes(a, s.len + 1); /* an escape is never shorter than what it means */
    size_t len = 0;
    for (size_t i = 0; i < s.len;) {
        uint32_t rune;
        if (s.ptr[i] != '\\') {
            text[len++] = s.ptr[i++];
            continue;
        }
        if (s.ptr[i + 1] == 'u') {
            if (!unescape_rune(kz_str_skip(s, i + 2), &rune))
                return false;
            len += kz_utf8_put(text + len, rune);
            i += 6;
            continue;
        }
        const size_t letter = kz_str_index(KZ_STR("bfnrt\\/\""), s.ptr[i + 1]);
        if (letter >= sizeof meant - 1)
            return false;
        text[len++] = meant[letter];
        i += 2;
    }
    text[len] = '\0';
    *out = kz_str_n(text, len);
    return true;
}

static bool read_string(struct quick *q, struct kz_str *out)
{
    bool escapes, wide;
    const char *start = ++q->at;
    if (!find_end(q, &escapes, &wide))
        return false;
    const struct kz_str s = kz_str_n(start, (size_t)(q->at - 1 - start));
    if (wide && !kz_utf8_valid(s))
        return false;
    if (escapes)
        return unescape(out, q->arena, s);
    *out = kz_str_dup(q->arena, s);
    return true;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static size_t skip_digits(struct quick *q)
{
    const char *start = q->at;
    while (q->at < q->end && *q->at >= '0' && *q->at <= '9')
        q->at++;
    return (size_t)(q->at - start);
}

static bool read_fraction(struct quick *q)
{
    if (is_at(q, '.')) {
        q->at++;
        if (skip_digits(q) == 0)
            return false;
    }
    if (is_at(q, 'e') || is_at(q, 'E')) {
        q->at++;
        q->at += is_at(q, '+') || is_at(q, '-');
        if (skip_digits(q) == 0)
            return false;
    }
    return true;
}

static bool read_number(struct quick *q, struct kz_value **out)
{
    const char *start = q->at;
    q->at += is_at(q, '-');
    const char *first = q->at;
    const size_t digits = skip_digits(q);
    if (digits == 0 || (digits > 1 && *first == '0'))
        return false;
    if (!is_at(q, '.') && !is_at(q, 'e') && !is_at(q, 'E')) {
        int64_t num = 0;
        if (digits > SAFE_DIGITS)
            return false;
        for (size_t i = 0; i < digits; i++)
            num = num * 10 + (first[i] - '0');
        *out = kz_value_int(q->arena, *start == '-' ? -num : num);
        return true;
    }
    char text[MAX_NUMBER + 1];
    if (!read_fraction(q) || q->at - start > MAX_NUMBER)
        return false;
    memcpy(text, start, (size_t)(q->at - start));
    text[q->at - start] = '\0';
    const double real = strtod(text, NULL);
    if (!isfinite(real))
        return false;
    *out = kz_value_float(q->arena, real);
    return true;
}

/* ---- values --------------------------------------------------------------------------------- */

static bool read_value(struct quick *q, struct kz_value **out, unsigned depth);

static bool read_word(struct quick *q, struct kz_value **out)
{
    const struct kz_str rest = kz_str_n(q->at, (size_t)(q->end - q->at));
    const bool yes = kz_str_starts(rest, KZ_STR("true")), no = kz_str_starts(rest, KZ_STR("false"));
    if (!yes && !no && !kz_str_starts(rest, KZ_STR("null")))
        return false;
    q->at += no ? 5 : 4;
    *out = yes || no ? kz_value_bool(q->arena, yes) : kz_value_null(q->arena);
    return true;
}

static bool read_key(struct quick *q, struct kz_str *key)
{
    skip_space(q);
    if (!is_at(q, '"') || !read_string(q, key))
        return false;
    skip_space(q);
    if (!is_at(q, ':'))
        return false;
    q->at++;
    return true;
}

/* A map or a list from its opening bracket on. */
static bool read_all(struct quick *q, struct kz_value *v, char close, unsigned depth)
{
    const size_t first = q->waiting.len;
    if (depth == KZ_VALUE_DEPTH_JSON)
        return false;
    q->at++;
    skip_space(q);
    for (bool more = !is_at(q, close); more;) {
        struct kz_pair pair = {0};
        if ((v->kind == KZ_MAP && !read_key(q, &pair.key)) || !read_value(q, &pair.val, depth + 1))
            return false;
        kz_vec_push(&q->waiting, pair);
        skip_space(q);
        more = is_at(q, ',');
        q->at += more;
    }
    if (!is_at(q, close))
        return false;
    q->at++;
    const size_t n = q->waiting.len - first;
    q->waiting.len = first;
    return kz_value_fill(q->arena, v, n == 0 ? NULL : q->waiting.at + first, n, q->last_wins);
}

static bool read_value(struct quick *q, struct kz_value **out, unsigned depth)
{
    struct kz_str s;
    skip_space(q);
    if (q->at == q->end)
        return false;
    switch (*q->at) {
    case '{':
        *out = kz_value_map(q->arena);
        return read_all(q, *out, '}', depth);
    case '[':
        *out = kz_value_list(q->arena);
        return read_all(q, *out, ']', depth);
    case '"':
        if (!read_string(q, &s))
            return false;
        *out = kz_value_str(q->arena, s);
        return true;
    case 't':
    case 'f':
    case 'n':
        return read_word(q, out);
    default:
        return read_number(q, out);
    }
}

bool kz_json_quick_read(struct kz_value **out, struct kz_arena *a, struct kz_str text, bool last_wins)
{
    const struct kz_arena_mark before = kz_arena_here(a);
    struct quick q = {.arena = a, .at = text.ptr, .end = text.ptr + text.len, .last_wins = last_wins};
    struct kz_value *v;
    bool good = text.len > 0 && read_value(&q, &v, 0);
    if (good)
        skip_space(&q);
    good = good && q.at == q.end;
    kz_vec_done(&q.waiting);
    if (good)
        *out = v;
    else
        kz_arena_rewind(a, before);
    return good;
}
