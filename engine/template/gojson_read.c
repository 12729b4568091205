/* SPDX-License-Identifier: Apache-2.0 */
#include "template/gojson.h"

#include <string.h>

#include "base/utf8.h"
#include "template/cast.h"
#include "template/letter.h"
#include "template/print.h"

enum { DEPTH = 1000 }; /* Go stops at 10000; trees of ours are never deeper than this */

struct reader {
    struct kz_arena *arena;
    const char *at, *end;
    struct kz_str error; /* ptr NULL: none; of syntax: nothing more is read */
    struct kz_str saved; /* the first number out of range */
    unsigned depth;
};

/* The end of the text counts as a blank, as there: "tru" fails at ' '. */
static char peek(const struct reader *r)
{
    return r->at < r->end ? *r->at : ' ';
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) != NULL && *r->at != '\0')
        r->at++;
}

static const struct kz_str at_end = KZ_STR_INIT("unexpected end of JSON input");

static bool fail_end(struct reader *r)
{
    if (r->error.ptr == NULL)
        r->error = at_end;
    return false;
}

/* The character that stands here is wrong. */
static bool fail_char(struct reader *r, const char *context)
{
    kz_autobuf struct kz_buf rune = KZ_BUF(16), quoted = KZ_BUF(64);
    const unsigned char c = (unsigned char)peek(r);
    if (r->error.ptr != NULL)
        return false;
    kz_rune_put(&rune, c);
    kz_print_quoted(&quoted, kz_buf_str(&rune), KZ_QUOTE_PLAIN);
    const struct kz_str inner = kz_str_n(quoted.ptr + 1, quoted.len - 2);
    const struct kz_str shown = c == '\'' ? KZ_STR("\\'") : c == '"' ? KZ_STR("\"") : inner;
    r->error = kz_str_printf(r->arena, "invalid character '" KZ_FMT "' %s", KZ_ARG(shown), context);
    return false;
}

static bool read_value(struct reader *r, struct kz_val *out);

static bool read_word(struct reader *r, const char *word)
{
    for (size_t i = 0; word[i] != '\0'; i++, r->at++)
        if (peek(r) != word[i])
            return fail_char(
                r, kz_cstr(r->arena, kz_str_printf(r->arena, "in literal %s (expecting '%c')", word,
                                                   word[i])));
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_digits(struct reader *r, const char *context)
{
    if (!is_digit(peek(r)))
        return fail_char(r, context);
    while (is_digit(peek(r)))
        r->at++;
    return true;
}

static bool read_number(struct reader *r, struct kz_val *out)
{
    const char *start = r->at;
    double real;
    if (peek(r) == '-')
        r->at++;
    if (peek(r) == '0')
        r->at++;
    else if (!take_digits(r, "in numeric literal"))
        return false;
    if (peek(r) == '.') {
        r->at++;
        if (!take_digits(r, "after decimal point in numeric literal"))
            return false;
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        if (peek(r) == '+' || peek(r) == '-')
            r->at++;
        if (!take_digits(r, "in exponent of numeric literal"))
            return false;
    }
    const struct kz_str text = kz_str_n(start, (size_t)(r->at - start));
    if (kz_parse_float(&real, text) == KZ_PARSED) {
        *out = kz_val_float(real);
        return true;
    }
    *out = r->depth == 0 ? kz_val_float(0) : KZ_NIL;
    if (r->saved.ptr == NULL)
        r->saved = kz_str_printf(
            r->arena, "json: cannot unmarshal number " KZ_FMT " into Go value of type float64",
            KZ_ARG(text));
    return true;
}

static int hex_of(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Is the text up to the closing quote well-formed? *plain: it stands for itself. */
static bool scan_string(struct reader *r, bool *plain)
{
    *plain = true;
    for (; r->at < r->end && *r->at != '"'; r->at++) {
        if ((unsigned char)*r->at < 0x20)
            return fail_char(r, "in string literal");
        if (*r->at != '\\')
            continue;
        *plain = false;
        r->at++;
        if (peek(r) != 'u') {
            if (peek(r) == '\0' || strchr("bfnrt\\/\"", peek(r)) == NULL)
                return fail_char(r, "in string escape code");
            continue;
        }
        for (int i = 0; i < 4; i++) {
            r->at++;
            if (hex_of(peek(r)) < 0)
                return fail_char(r, "in \\u hexadecimal character escape");
        }
    }
    return r->at < r->end || fail_end(r);
}

static uint32_t hex4(const char *at)
{
    uint32_t n = 0;
    for (int i = 0; i < 4; i++)
        n = n * 16 + (uint32_t)hex_of(at[i]);
    return n;
}

/* The rune of \uXXXX at s, which may take a second one; returns what it took. */
static size_t unescape_rune(struct kz_str s, uint32_t *rune)
{
    *rune = hex4(s.ptr + 2);
    if (*rune < 0xD800 || *rune > 0xDFFF)
        return 6;
    if (*rune < 0xDC00 && s.len >= 12 && s.ptr[6] == '\\' && s.ptr[7] == 'u') {
        const uint32_t low = hex4(s.ptr + 8);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *rune = 0x10000 + ((*rune - 0xD800) << 10) + (low - 0xDC00);
            return 12;
        }
    }
    *rune = 0xFFFD;
    return 6;
}

static struct kz_str unescape(struct reader *r, struct kz_str s)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    kz_autobuf struct kz_buf b = KZ_BUF(s.len * 3 + 16);
    uint32_t rune;
    while (s.len > 0) {
        size_t n;
        if (s.ptr[0] != '\\') {
            n = kz_rune_next(s, &rune);
        } else if (s.ptr[1] == 'u') {
            n = unescape_rune(s, &rune);
        } else {
            const char *letter = strchr(letters, s.ptr[1]);
            rune = (unsigned char)(letter == NULL ? s.ptr[1] : meant[letter - letters]);
            n = 2;
        }
        kz_rune_put(&b, rune);
        s = kz_str_skip(s, n);
    }
    return kz_str_dup(r->arena, kz_buf_str(&b));
}

/* Behind the opening quote. */
static bool read_string(struct reader *r, struct kz_str *out)
{
    bool plain;
    const char *start = ++r->at;
    if (!scan_string(r, &plain))
        return false;
    const struct kz_str s = kz_str_n(start, (size_t)(r->at - start));
    r->at++;
    *out = plain && kz_utf8_valid(s) ? s : unescape(r, s);
    return true;
}

static bool enter(struct reader *r)
{
    if (++r->depth > DEPTH)
        return fail_char(r, "exceeded max depth");
    r->at++;
    skip_space(r);
    return true;
}

static bool read_list(struct reader *r, struct kz_val *out)
{
    struct kz_list *l = kz_list_new(r->arena, 0);
    l->decoded = true;
    if (!enter(r))
        return false;
    *out = kz_val_list(l);
    for (bool more = peek(r) != ']'; more;) {
        struct kz_val item;
        if (!read_value(r, &item))
            return false;
        kz_list_push(r->arena, l, item);
        skip_space(r);
        more = peek(r) == ',';
        if (r->at == r->end)
            return fail_end(r);
        if (!more && *r->at != ']')
            return fail_char(r, "after array element");
        r->at += more;
    }
    r->at++;
    r->depth--;
    return true;
}

static bool read_pair(struct reader *r, struct kz_dict *d)
{
    struct kz_str key;
    struct kz_val item;
    skip_space(r);
    if (r->at == r->end)
        return fail_end(r);
    if (*r->at != '"')
        return fail_char(r, "looking for beginning of object key string");
    if (!read_string(r, &key))
        return false;
    skip_space(r);
    if (r->at == r->end)
        return fail_end(r);
    if (*r->at != ':')
        return fail_char(r, "after object key");
    r->at++;
    if (!read_value(r, &item))
        return false;
    kz_dict_set(r->arena, d, key, item);
    skip_space(r);
    return true;
}

static bool read_map(struct reader *r, struct kz_val *out)
{
    struct kz_dict *d = kz_dict_new(r->arena, 0);
    if (!enter(r))
        return false;
    *out = kz_val_dict(d);
    for (bool more = peek(r) != '}'; more;) {
        if (!read_pair(r, d))
            return false;
        more = peek(r) == ',';
        if (r->at == r->end)
            return fail_end(r);
        if (!more && *r->at != '}')
            return fail_char(r, "after object key:value pair");
        r->at += more;
    }
    r->at++;
    r->depth--;
    return true;
}

static bool read_value(struct reader *r, struct kz_val *out)
{
    struct kz_str s;
    *out = KZ_NIL;
    skip_space(r);
    if (r->at == r->end)
        return fail_end(r);
    switch (*r->at) {
    case '{':
        return read_map(r, out);
    case '[':
        return read_list(r, out);
    case '"':
        if (!read_string(r, &s))
            return false;
        *out = kz_val_str(s);
        return true;
    case 't':
    case 'f':
        *out = kz_val_bool(*r->at == 't');
        return read_word(r, *r->at == 't' ? "true" : "false");
    case 'n':
        return read_word(r, "null");
    default:
        if (*r->at != '-' && !is_digit(*r->at))
            return fail_char(r, "looking for beginning of value");
        return read_number(r, out);
    }
}

static struct reader reader(struct kz_arena *a, struct kz_str text)
{
    if (text.len == 0)
        text = KZ_STR("");
    return (struct reader){.arena = a, .at = text.ptr, .end = text.ptr + text.len};
}

bool kz_gojson_read(struct kz_val *out, struct kz_str *error, struct kz_arena *a,
                    struct kz_str text)
{
    struct reader r = reader(a, text);
    bool good = read_value(&r, out);
    skip_space(&r);
    if (good && r.at != r.end)
        good = fail_char(&r, "after top-level value");
    if (!good) {
        *out = KZ_NIL;
        *error = r.error;
        return false;
    }
    *error = r.saved;
    return r.saved.ptr == NULL;
}

bool kz_gojson_decode(struct kz_val *out, struct kz_str *error, struct kz_arena *a,
                      struct kz_str text)
{
    struct reader r = reader(a, text);
    skip_space(&r);
    if (r.at == r.end) {
        *error = KZ_STR("EOF");
        return false;
    }
    if (read_value(&r, out))
        return true;
    *error = r.at >= r.end || kz_str_eq(r.error, at_end) ? KZ_STR("unexpected EOF") : r.error;
    return false;
}
