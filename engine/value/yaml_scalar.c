/* SPDX-License-Identifier: Apache-2.0 */
#include "value/yaml_scalar.h"

#include "base/digits.h"

#include <inttypes.h>
#include <math.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- words ----------------------------------------------------------------------------------- */

struct word {
    struct kz_str text;
    enum kz_yaml_tag tag;
    double num; /* of a float; 1 or 0 of a boolean */
};

#define NONE(lit)      {KZ_STR_INIT(lit), KZ_YAML_NULL, 0}
#define YES(lit)       {KZ_STR_INIT(lit), KZ_YAML_BOOL, 1}
#define NO(lit)        {KZ_STR_INIT(lit), KZ_YAML_BOOL, 0}
#define REAL(lit, num) {KZ_STR_INIT(lit), KZ_YAML_FLOAT, (double)(num)}
#define WORDS(...)     (const struct word[]){__VA_ARGS__, {.text = {0}}}

/* By their first byte; each list ends in a word without text. */
static const struct word *const words[128] = {
    ['~'] = WORDS(NONE("~")),
    ['n'] = WORDS(NONE("null"), NO("n"), NO("no")),
    ['N'] = WORDS(NONE("Null"), NONE("NULL"), NO("N"), NO("No"), NO("NO")),
    ['t'] = WORDS(YES("true")),
    ['T'] = WORDS(YES("True"), YES("TRUE")),
    ['f'] = WORDS(NO("false")),
    ['F'] = WORDS(NO("False"), NO("FALSE")),
    ['y'] = WORDS(YES("y"), YES("yes")),
    ['Y'] = WORDS(YES("Y"), YES("Yes"), YES("YES")),
    ['o'] = WORDS(YES("on"), NO("off")),
    ['O'] = WORDS(YES("On"), YES("ON"), NO("Off"), NO("OFF")),
    ['.'] = WORDS(REAL(".nan", NAN), REAL(".NaN", NAN), REAL(".NAN", NAN), REAL(".inf", INFINITY),
                  REAL(".Inf", INFINITY), REAL(".INF", INFINITY)),
    ['+'] = WORDS(REAL("+.inf", INFINITY), REAL("+.Inf", INFINITY), REAL("+.INF", INFINITY)),
    ['-'] = WORDS(REAL("-.inf", -INFINITY), REAL("-.Inf", -INFINITY), REAL("-.INF", -INFINITY)),
    ['<'] = WORDS({KZ_STR_INIT("<<"), KZ_YAML_MERGE, 0}),
};
static const struct word no_text = NONE("");
enum { WORD_MAX = 5 };

/* First bytes of words, numbers and times. */
bool kz_yaml_maybe_special(struct kz_str text)
{
    static const bool starts[256] = {
        ['~'] = true, ['n'] = true, ['N'] = true, ['t'] = true, ['T'] = true, ['f'] = true,
        ['F'] = true, ['y'] = true, ['Y'] = true, ['o'] = true, ['O'] = true, ['.'] = true,
        ['+'] = true, ['-'] = true, ['<'] = true, ['0'] = true, ['1'] = true, ['2'] = true,
        ['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true,
        ['9'] = true,
    };
    return text.len == 0 || starts[(unsigned char)text.ptr[0]];
}

static const struct word *find_word(struct kz_str text)
{
    if (text.len == 0)
        return &no_text;
    if (text.len > WORD_MAX || (unsigned char)text.ptr[0] >= kz_countof(words))
        return NULL;
    const struct word *w = words[(unsigned char)text.ptr[0]];
    while (w != NULL && w->text.len > 0 && !kz_str_eq(w->text, text))
        w++;
    return w == NULL || w->text.len == 0 ? NULL : w;
}

/* ---- integers -------------------------------------------------------------------------------- */

static int digit_of(char c)
{
    return digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                            : c >= 'A' && c <= 'F'   ? c - 'A' + 10
                                                     : 99;
}

/* Sign, then 0x, 0o, 0b or a plain 0 for octal, then digits: all of text or nothing. */
static bool read_int(struct kz_value *out, struct kz_str s)
{
    const bool minus = s.len > 0 && s.ptr[0] == '-';
    const bool signed_text = minus || (s.len > 0 && s.ptr[0] == '+');
    s = kz_str_skip(s, signed_text ? 1 : 0);
    unsigned base = 10;
    if (s.len > 1 && s.ptr[0] == '0') {
        const char mark = (char)(s.ptr[1] | 0x20);
        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        s = kz_str_skip(s, mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
    }
    uint64_t num = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned d = (unsigned)digit_of(s.ptr[i]);
        if (d >= base || __builtin_mul_overflow(num, base, &num) ||
            __builtin_add_overflow(num, d, &num))
            return false;
    }
    if (s.len == 0)
        return false;
    if (num <= (uint64_t)INT64_MAX + (minus ? 1 : 0)) {
        out->kind = KZ_INT;
        out->as.num = minus ? (int64_t)(0 - num) : (int64_t)num;
        return true;
    }
    if (signed_text) /* only bare digits reach beyond 63 bits */
        return false;
    out->kind = KZ_UINT;
    out->as.unum = num;
    return true;
}

/* ---- floats ---------------------------------------------------------------------------------- */

static size_t digits(struct kz_str s, size_t at)
{
    size_t n = 0;
    while (at + n < s.len && digit(s.ptr[at + n]))
        n++;
    return n;
}

/* [-+]? ( .digits | digits [. digits?] ) ( [eE] [-+]? digits )? */
static bool is_float(struct kz_str s)
{
    size_t at = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
    size_t whole = digits(s, at), part = 0;
    at += whole;
    if (at < s.len && s.ptr[at] == '.') {
        part = digits(s, at + 1);
        at += 1 + part;
    }
    if (whole + part == 0)
        return false;
    if (at < s.len && (s.ptr[at] | 0x20) == 'e') {
        at++;
        if (at < s.len && (s.ptr[at] == '-' || s.ptr[at] == '+'))
            at++;
        size_t n = digits(s, at);
        if (n == 0)
            return false;
        at += n;
    }
    return at == s.len;
}

static bool read_float(struct kz_value *out, struct kz_str s)
{
    if (!is_float(s))
        return false;
    char *text = strndup(s.ptr, s.len);
    kz_assert(text != NULL);
    double real = strtod(text, NULL);
    free(text);
    if (isinf(real)) /* too large for a float: stays text */
        return false;
    out->kind = KZ_FLOAT;
    out->as.real = real;
    return true;
}

/* ---- times ----------------------------------------------------------------------------------- */

static bool field(struct kz_str *s, size_t least, size_t most, unsigned max, unsigned *out)
{
    size_t n = 0;
    unsigned v = 0;
    while (n < s->len && n < most && digit(s->ptr[n]))
        v = v * 10 + (unsigned)(s->ptr[n++] - '0');
    if (n < least || v > max)
        return false;
    *s = kz_str_skip(*s, n);
    *out = v;
    return true;
}

static bool skip_char(struct kz_str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = kz_str_skip(*s, 1);
    return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const unsigned char days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month] + (month == 2 && leap ? 1U : 0U);
}

static bool read_clock(struct kz_str *s)
{
    unsigned v;
    if (!field(s, 1, 2, 23, &v) || !skip_char(s, ':') || !field(s, 1, 2, 59, &v) ||
        !skip_char(s, ':') || !field(s, 1, 2, 59, &v))
        return false;
    if (s->len > 1 && (s->ptr[0] == '.' || s->ptr[0] == ',') && digit(s->ptr[1]))
        *s = kz_str_skip(*s, 1 + digits(*s, 1));
    return true;
}

/* YYYY-M-D, alone, with " H:M:S" or with "TH:M:S" and a zone. */
static bool is_time(struct kz_str s)
{
    unsigned year, month, day, v;
    if (!field(&s, 4, 4, 9999, &year) || !skip_char(&s, '-') || !field(&s, 1, 2, 12, &month) ||
        month == 0 || !skip_char(&s, '-') || !field(&s, 1, 2, 31, &day) || day == 0 ||
        day > days_in(year, month))
        return false;
    if (s.len == 0)
        return true;
    if (skip_char(&s, ' '))
        return read_clock(&s) && s.len == 0;
    if ((!skip_char(&s, 'T') && !skip_char(&s, 't')) || !read_clock(&s))
        return false;
    if (skip_char(&s, 'Z'))
        return s.len == 0;
    return (skip_char(&s, '+') || skip_char(&s, '-')) && field(&s, 2, 2, 24, &v) &&
           skip_char(&s, ':') && field(&s, 2, 2, 60, &v) && s.len == 0;
}

/* ---- all together ---------------------------------------------------------------------------- */

/* Without the underscores that may group digits; a view of text where there are none. */
static struct kz_str ungrouped(struct kz_str text, char *room, size_t size)
{
    if (kz_str_index(text, '_') == text.len || text.len > size)
        return text;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '_')
            room[n++] = text.ptr[i];
    return kz_str_n(room, n);
}

/* Underscores stand between digits only. */
static bool well_grouped(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '_' && (i + 1 == s.len || !digit(s.ptr[i - 1]) || !digit(s.ptr[i + 1])))
            return false;
    return true;
}

enum kz_yaml_tag kz_yaml_resolve(struct kz_value *out, struct kz_str text)
{
    char room[512];
    out->kind = KZ_STRING;
    out->as.str = text;
    if (!kz_yaml_maybe_special(text))
        return KZ_YAML_STR;
    const struct word *w = find_word(text);
    if (w != NULL) {
        if (w->tag == KZ_YAML_NULL) {
            out->kind = KZ_NULL;
        } else if (w->tag == KZ_YAML_BOOL) {
            out->kind = KZ_BOOL;
            out->as.truth = w->num > 0;
        } else if (w->tag == KZ_YAML_FLOAT) {
            out->kind = KZ_FLOAT;
            out->as.real = w->num;
        }
        return w->tag;
    }
    if (text.ptr[0] == '.')
        return well_grouped(text) && read_float(out, ungrouped(text, room, sizeof room))
                   ? KZ_YAML_FLOAT
                   : KZ_YAML_STR;
    if (!digit(text.ptr[0]) && text.ptr[0] != '-' && text.ptr[0] != '+')
        return KZ_YAML_STR;
    if (is_time(text))
        return KZ_YAML_TIME;
    struct kz_str plain = ungrouped(text, room, sizeof room);
    if (read_int(out, plain))
        return KZ_YAML_INT;
    return read_float(out, plain) ? KZ_YAML_FLOAT : KZ_YAML_STR;
}

bool kz_yaml_text(struct kz_str *out, struct kz_arena *a, const struct kz_value *v, int bits)
{
    char real[32];
    switch (v->kind) {
    case KZ_STRING:
        *out = v->as.str;
        return true;
    case KZ_BOOL:
        *out = v->as.truth ? KZ_STR("true") : KZ_STR("false");
        return true;
    case KZ_INT:
        *out = kz_str_printf(a, "%" PRId64, v->as.num);
        return true;
    case KZ_UINT:
        *out = kz_str_printf(a, "%" PRIu64, v->as.unum);
        return true;
    case KZ_FLOAT:
        kz_yaml_float_text(real, v->as.real, bits);
        *out = kz_str_dup(a, kz_str(real));
        return true;
    case KZ_NULL:
    case KZ_LIST:
    case KZ_MAP:
        break;
    }
    return false;
}

bool kz_yaml_key_text(struct kz_str *out, struct kz_arena *a, const struct kz_value *v)
{
    return v->kind != KZ_UINT && kz_yaml_text(out, a, v, 32);
}

/* [-+]? digit [digit_]* ( : [0-5]? digit )+ ( . [digit_]* )? */
bool kz_yaml_is_base60(struct kz_str s)
{
    size_t at = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
    size_t groups = 0;
    if (at >= s.len || !digit(s.ptr[at]))
        return false;
    while (at < s.len && (digit(s.ptr[at]) || s.ptr[at] == '_'))
        at++;
    for (; at < s.len && s.ptr[at] == ':'; groups++) {
        size_t n = digits(s, at + 1);
        if (n == 0 || n > 2 || (n == 2 && s.ptr[at + 1] > '5'))
            return false;
        at += 1 + n;
    }
    if (groups == 0)
        return false;
    if (at < s.len && s.ptr[at] == '.')
        for (at++; at < s.len && (digit(s.ptr[at]) || s.ptr[at] == '_');)
            at++;
    return at == s.len;
}

static char *put(char *to, const char *text, int n)
{
    memcpy(to, text, (size_t)n);
    return to + n;
}

void kz_yaml_float_text(char out[32], double real, int bits)
{
    struct kz_digits d;
    if (bits == 32)
        real = (double)(float)real;
    if (!isfinite(real)) {
        (void)snprintf(out, 32, "%s", isnan(real) ? ".nan" : real > 0 ? ".inf" : "-.inf");
        return;
    }
    kz_digits_shortest(&d, real, bits);
    char *to = put(out, "-", signbit(real) ? 1 : 0);
    if (d.n == 0) {
        to = put(to, "0", 1);
    } else if (d.point < -3 || d.point > 6) {
        to = put(put(to, d.digit, 1), ".", d.n > 1 ? 1 : 0);
        to = put(to, d.digit + 1, d.n - 1);
        to += snprintf(to, 8, "e%+03hd", (short)(d.point - 1));
    } else if (d.point <= 0) {
        to = put(put(to, "0.000", 2 - d.point), d.digit, d.n);
    } else if (d.n <= d.point) {
        to = put(put(to, d.digit, d.n), "000000", d.point - d.n);
    } else {
        to = put(put(put(to, d.digit, d.point), ".", 1), d.digit + d.point, d.n - d.point);
    }
    *to = '\0';
}
