/* SPDX-License-Identifier: Apache-2.0
 *
 * Literals of numbers: Go's prefixes and underscores, floats in decimal and hexadecimal, imaginary
 * and complex ones, and characters in single quotes. */
#include "template/quote.h"
#include "template/tree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
        return (unsigned)((c | 0x20) - 'a') + 10;
    return 99;
}

static char lower_at(struct kz_str s, size_t i)
{
    return i < s.len ? (char)(s.ptr[i] | 0x20) : '\0';
}

/* Underscores stand between digits, or between a prefix and the first digit. */
static bool underscores_ok(struct kz_str s)
{
    char last = '^';
    bool hex = false;
    if (s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-'))
        s = kz_str_skip(s, 1);
    if (s.len >= 2 && s.ptr[0] == '0' && memchr("box", lower_at(s, 1), 3) != NULL) {
        hex = lower_at(s, 1) == 'x';
        last = '0';
        s = kz_str_skip(s, 2);
    }
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if ((c >= '0' && c <= '9') || (hex && digit_of(c) < 16)) {
            last = '0';
        } else if (c == '_') {
            if (last != '0')
                return false;
            last = '_';
        } else {
            if (last == '_')
                return false;
            last = '!';
        }
    }
    return last != '_';
}

/* ParseUint(text, 0, 64) */
static bool read_uint(uint64_t *out, struct kz_str text)
{
    struct kz_str s = text;
    unsigned base = 10;
    uint64_t n = 0;
    if (s.len == 0)
        return false;
    if (s.ptr[0] == '0') {
        const char p = lower_at(s, 1);
        const bool prefix = s.len >= 3 && (p == 'x' || p == 'o' || p == 'b');
        base = !prefix ? 8 : p == 'x' ? 16 : p == 'o' ? 8 : 2;
        s = kz_str_skip(s, prefix ? 2 : 1);
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '_')
            continue;
        const unsigned d = digit_of(s.ptr[i]);
        if (d >= base || __builtin_mul_overflow(n, base, &n) || __builtin_add_overflow(n, d, &n))
            return false;
    }
    if (memchr(text.ptr, '_', text.len) != NULL && !underscores_ok(text))
        return false;
    *out = n;
    return true;
}

/* ParseInt(text, 0, 64) */
static bool read_int(int64_t *out, struct kz_str text)
{
    const bool negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t n;
    if (text.len > 0 && (text.ptr[0] == '+' || text.ptr[0] == '-'))
        text = kz_str_skip(text, 1);
    if (!read_uint(&n, text) || n > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *out = negative ? (int64_t)(-n) : (int64_t)n;
    return true;
}

static size_t skip_digits(struct kz_str s, size_t *i, unsigned base)
{
    size_t n = 0;
    for (; *i < s.len && (s.ptr[*i] == '_' || digit_of(s.ptr[*i]) < base); (*i)++)
        n += s.ptr[*i] != '_';
    return n;
}

/* [sign] digits [. digits] [e exp], or 0x digits [. digits] p exp. */
static bool is_float(struct kz_str s)
{
    size_t i = 0;
    if (s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-'))
        i++;
    const bool hex = i + 2 < s.len && s.ptr[i] == '0' && lower_at(s, i + 1) == 'x';
    const unsigned base = hex ? 16 : 10;
    if (hex)
        i += 2;
    size_t digits = skip_digits(s, &i, base);
    if (i < s.len && s.ptr[i] == '.') {
        i++;
        digits += skip_digits(s, &i, base);
    }
    if (digits == 0)
        return false;
    if (i < s.len && lower_at(s, i) == (hex ? 'p' : 'e')) {
        i++;
        if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
            i++;
        if (i >= s.len || s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        (void)skip_digits(s, &i, 10);
    } else if (hex) {
        return false;
    }
    return i == s.len && (memchr(s.ptr, '_', s.len) == NULL || underscores_ok(s));
}

/* ParseFloat(text, 64) */
static bool read_float(double *out, struct kz_arena *a, struct kz_str text)
{
    if (!is_float(text))
        return false;
    char *clean = kz_arena_bytes(a, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '_')
            clean[n++] = text.ptr[i];
    clean[n] = '\0';
    const double real = strtod(clean, NULL);
    if (isinf(real))
        return false;
    *out = real;
    return true;
}

/* Which integers the float is. */
static void integers_of(struct kz_number *n)
{
    if (!n->is_int && n->real >= -0x1p63 && n->real < 0x1p63 && trunc(n->real) == n->real) {
        n->is_int = true;
        n->num = (int64_t)n->real;
    }
    if (!n->is_uint && n->real >= 0 && n->real < 0x1p64 && trunc(n->real) == n->real) {
        n->is_uint = true;
        n->unum = (uint64_t)n->real;
    }
}

static struct kz_str why_text(struct kz_arena *a, const char *what, struct kz_str text)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    kz_buf_puts(&b, what);
    kz_print_quoted(&b, text, KZ_QUOTE_PLAIN);
    return kz_str_dup(a, kz_buf_str(&b));
}

static bool read_char(struct kz_number *n, struct kz_arena *a, struct kz_str *why)
{
    const struct kz_str body = kz_str_skip(n->text, 1);
    uint32_t r;
    bool is_byte;
    const size_t used = kz_unquote_rune(&r, &is_byte, body, '\'');
    if (used == 0) {
        *why = KZ_STR("invalid syntax");
        return false;
    }
    if (used + 1 != body.len || body.ptr[used] != '\'') {
        *why = kz_str_printf(a, "malformed character constant: " KZ_FMT, KZ_ARG(n->text));
        return false;
    }
    n->is_int = n->is_uint = n->is_float = true;
    n->num = r;
    n->unum = r;
    n->real = r;
    return true;
}

static bool finish_complex(struct kz_number *n)
{
    n->is_complex = true;
    n->is_float = n->imag == 0;
    if (n->is_float)
        integers_of(n);
    return true;
}

static bool read_part(double *out, struct kz_arena *a, struct kz_str text, struct kz_str *why)
{
    if (read_float(out, a, text))
        return true;
    const struct kz_str quoted = why_text(a, "strconv.ParseFloat: parsing ", text);
    *why = kz_str_printf(a, KZ_FMT ": %s", KZ_ARG(quoted),
                         is_float(text) ? "value out of range" : "invalid syntax");
    return false;
}

/* 1+2i: the sign that divides is the last one that belongs to no exponent. */
static bool read_complex(struct kz_number *n, struct kz_arena *a, struct kz_str *why)
{
    const struct kz_str s = kz_str_head(n->text, n->text.len - 1);
    size_t cut = s.len;
    const bool hex = kz_str_has(s, KZ_STR("0x")) || kz_str_has(s, KZ_STR("0X"));
    while (--cut > 0) {
        const char before = (char)(s.ptr[cut - 1] | 0x20);
        if ((s.ptr[cut] == '+' || s.ptr[cut] == '-') && before != 'p' && (before != 'e' || hex))
            break;
    }
    const struct kz_str real = kz_str_head(s, cut), imag = kz_str_skip(s, cut);
    *why = KZ_STR("syntax error scanning complex number");
    if (cut == 0 || imag.len < 2)
        return false;
    return read_part(&n->real, a, real, why) && read_part(&n->imag, a, imag, why) &&
           finish_complex(n);
}

static bool read_plain(struct kz_number *n, struct kz_arena *a, struct kz_str *why)
{
    const struct kz_str text = n->text;
    if (text.ptr[text.len - 1] == 'i' && read_float(&n->imag, a, kz_str_head(text, text.len - 1)))
        return finish_complex(n);
    n->is_uint = read_uint(&n->unum, text);
    n->is_int = read_int(&n->num, text);
    if (n->is_int && n->num == 0)
        n->is_uint = true;
    if (n->is_int || n->is_uint) {
        n->is_float = true;
        n->real = n->is_int ? (double)n->num : (double)n->unum;
        return true;
    }
    if (read_float(&n->real, a, text)) {
        if (strpbrk(kz_cstr(a, text), ".eEpP") == NULL) {
            *why = why_text(a, "integer overflow: ", text);
            return false;
        }
        n->is_float = true;
        integers_of(n);
        return true;
    }
    *why = why_text(a, "illegal number syntax: ", text);
    return false;
}

/* The type of a constant that no parameter decides; no value: it overflows int. */
static struct kz_val ideal(const struct kz_number *n, struct kz_arena *a)
{
    const struct kz_str t = n->text;
    const bool hex_int = t.len > 2 && t.ptr[0] == '0' && lower_at(t, 1) == 'x' &&
                         strpbrk(kz_cstr(a, t), "pP") == NULL;
    if (n->is_complex)
        return (struct kz_val){
            .type = &kz_type_complex128, .as.complex.re = n->real, .as.complex.im = n->imag};
    if (n->is_float && !hex_int && t.ptr[0] != '\'' && strpbrk(kz_cstr(a, t), ".eEpP") != NULL)
        return kz_val_float(n->real);
    return n->is_int ? kz_val_int(n->num) : KZ_NIL;
}

bool kz_number_read(struct kz_number *out, struct kz_arena *a, struct kz_str text, bool is_complex,
                    struct kz_str *why)
{
    struct kz_number n = {.text = text};
    const bool ok = text.ptr[0] == '\'' ? read_char(&n, a, why)
                    : is_complex        ? read_complex(&n, a, why)
                                        : read_plain(&n, a, why);
    if (!ok)
        return false;
    n.val = ideal(&n, a);
    *out = n;
    return true;
}
