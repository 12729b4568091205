/* SPDX-License-Identifier: Apache-2.0 */
#include "template/cast.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c = lower(c);
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 99;
}

static bool has_sign(struct kz_str s)
{
    return s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-');
}

/* Underscores stand between digits, or between the prefix of a base and a digit. */
static bool underscores_ok(struct kz_str s)
{
    char saw = '^';
    bool hex = false;
    if (has_sign(s))
        s = kz_str_skip(s, 1);
    if (s.len >= 2 && s.ptr[0] == '0' && strchr("box", lower(s.ptr[1])) != NULL &&
        s.ptr[1] != '\0') {
        hex = lower(s.ptr[1]) == 'x';
        s = kz_str_skip(s, 2);
        saw = '0';
    }
    for (size_t i = 0; i < s.len; i++) {
        if (digit_of(s.ptr[i]) < (hex ? 16 : 10)) {
            saw = '0';
        } else if (s.ptr[i] == '_') {
            if (saw != '0')
                return false;
            saw = '_';
        } else {
            if (saw == '_')
                return false;
            saw = '!';
        }
    }
    return saw != '_';
}

static unsigned base_of(struct kz_str *s)
{
    static const struct {
        char letter;
        unsigned base;
    } prefixes[] = {
        {'b', 2 },
        {'o', 8 },
        {'x', 16}
    };
    if (s->len == 0 || s->ptr[0] != '0')
        return 10;
    for (size_t i = 0; i < kz_countof(prefixes); i++)
        if (s->len >= 3 && lower(s->ptr[1]) == prefixes[i].letter) {
            *s = kz_str_skip(*s, 2);
            return prefixes[i].base;
        }
    *s = kz_str_skip(*s, 1);
    return 8;
}

enum kz_parsed kz_parse_int(int64_t *out, struct kz_str s, unsigned base)
{
    const struct kz_str whole = s;
    const bool by_prefix = base == 0, negative = s.len > 0 && s.ptr[0] == '-';
    const uint64_t most = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    uint64_t n = 0;
    bool over = false, digits = false;
    *out = 0;
    if (has_sign(s))
        s = kz_str_skip(s, 1);
    if (s.len == 0)
        return KZ_PARSED_SYNTAX;
    if (by_prefix) {
        base = base_of(&s);
        digits = s.len == 0; /* "0" alone */
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '_' && by_prefix)
            continue;
        const unsigned digit = digit_of(s.ptr[i]);
        if (digit >= base)
            return KZ_PARSED_SYNTAX;
        digits = true;
        over = over || __builtin_mul_overflow(n, base, &n) || __builtin_add_overflow(n, digit, &n);
    }
    if (by_prefix && !underscores_ok(whole))
        return KZ_PARSED_SYNTAX;
    if (!digits && !by_prefix)
        return KZ_PARSED_SYNTAX;
    if (over || n > most) {
        *out = negative ? INT64_MIN : INT64_MAX;
        return KZ_PARSED_RANGE;
    }
    *out = (int64_t)(negative ? 0 - n : n);
    return KZ_PARSED;
}

static bool is_word(struct kz_str s, const char *word)
{
    if (s.len != strlen(word))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (lower(s.ptr[i]) != word[i])
            return false;
    return true;
}

/* Is the text a number in Go's syntax? Copies it without underscores. */
static bool float_syntax(struct kz_str s, char *plain, bool *hex)
{
    const struct kz_str whole = s;
    size_t digits = 0, n = 0, i = 0;
    bool dot = false, underscores = false, exponent = false;
    if (has_sign(s))
        plain[n++] = s.ptr[i++];
    *hex = s.len >= i + 3 && s.ptr[i] == '0' && lower(s.ptr[i + 1]) == 'x';
    if (*hex) {
        plain[n++] = '0';
        plain[n++] = 'x';
        i += 2;
    }
    for (; i < s.len; i++) {
        const char c = s.ptr[i];
        if (c == '_') {
            underscores = true;
            continue;
        }
        if (c == '.' && !dot)
            dot = true;
        else if (digit_of(c) < (*hex ? 16 : 10))
            digits++;
        else
            break;
        plain[n++] = c;
    }
    if (digits == 0)
        return false;
    if (i < s.len && lower(s.ptr[i]) == (*hex ? 'p' : 'e')) {
        plain[n++] = s.ptr[i++];
        if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
            plain[n++] = s.ptr[i++];
        if (i >= s.len || digit_of(s.ptr[i]) >= 10)
            return false;
        for (; i < s.len && (digit_of(s.ptr[i]) < 10 || s.ptr[i] == '_'); i++) {
            underscores = underscores || s.ptr[i] == '_';
            if (s.ptr[i] != '_')
                plain[n++] = s.ptr[i];
        }
        exponent = true;
    }
    plain[n] = '\0';
    return i == s.len && (!*hex || exponent) && (!underscores || underscores_ok(whole));
}

enum kz_parsed kz_parse_float(double *out, struct kz_str s)
{
    char room[128], *plain = room;
    bool hex;
    const struct kz_str word = has_sign(s) ? kz_str_skip(s, 1) : s;
    *out = 0;
    if (is_word(word, "inf") || is_word(word, "infinity")) {
        *out = s.ptr[0] == '-' ? -HUGE_VAL : HUGE_VAL;
        return KZ_PARSED;
    }
    if (is_word(s, "nan")) {
        *out = NAN;
        return KZ_PARSED;
    }
    if (s.len == 0)
        return KZ_PARSED_SYNTAX;
    if (s.len + 1 > sizeof room) {
        plain = malloc(s.len + 1);
        kz_assert(plain != NULL);
    }
    const bool good = float_syntax(s, plain, &hex);
    if (good)
        *out = strtod(plain, NULL);
    if (plain != room)
        free(plain);
    if (!good)
        return KZ_PARSED_SYNTAX;
    return isinf(*out) ? KZ_PARSED_RANGE : KZ_PARSED;
}

/* ---- cast ------------------------------------------------------------------------------------ */

/* As Go's conversion on amd64: what does not fit is the lowest number. */
static int64_t float_to_int(double real)
{
    return real >= -0x1p63 && real < 0x1p63 ? (int64_t)real : INT64_MIN;
}

/* "1.00" is 1: zeros behind a point go. */
static struct kz_str without_zeros(struct kz_str s)
{
    size_t i = s.len;
    while (i > 0 && s.ptr[i - 1] == '0')
        i--;
    return i > 0 && i < s.len && s.ptr[i - 1] == '.' ? kz_str_head(s, i - 1) : s;
}

/* Of named integers (durations) only days of the week and months are known to cast. */
static bool casts(struct kz_val v)
{
    return v.type == &kz_type_int || v.type == &kz_type_int64 ||
           strcmp(v.type->name, "time.Weekday") == 0 || strcmp(v.type->name, "time.Month") == 0 ||
           strcmp(v.type->name, v.type->kind_name) == 0;
}

int64_t kz_cast_int(struct kz_val v)
{
    int64_t n = 0;
    if (v.type == &kz_type_string)
        return kz_parse_int(&n, without_zeros(v.as.str), 0) == KZ_PARSED ? n : 0;
    if (v.type == NULL || !casts(v))
        return 0;
    switch (kz_val_kind(v)) {
    case KZ_GO_INT:
        return v.as.num;
    case KZ_GO_UINT:
        return (int64_t)v.as.unum;
    case KZ_GO_FLOAT:
        return float_to_int(v.as.real);
    case KZ_GO_BOOL:
        return v.as.truth;
    default:
        return 0;
    }
}

double kz_cast_float(struct kz_val v)
{
    double real = 0;
    if (v.type == &kz_type_string)
        return kz_parse_float(&real, v.as.str) == KZ_PARSED ? real : 0;
    if (v.type == NULL || !casts(v))
        return 0;
    switch (kz_val_kind(v)) {
    case KZ_GO_INT:
        return (double)v.as.num;
    case KZ_GO_UINT:
        return (double)v.as.unum;
    case KZ_GO_FLOAT:
        return v.as.real;
    case KZ_GO_BOOL:
        return v.as.truth ? 1 : 0;
    default:
        return 0;
    }
}
