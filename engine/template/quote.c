/* SPDX-License-Identifier: Apache-2.0
 *
 * strconv's string literals: written with escapes, and read back. */
#include "template/quote.h"

#include "base/utf8.h"

#include <string.h>

static const char hex[] = "0123456789abcdef";

static void put_hex(struct kz_buf *b, uint32_t r, unsigned digits)
{
    while (digits-- > 0)
        kz_buf_putc(b, hex[(r >> (4 * digits)) & 15]);
}

void kz_quote_rune_body(struct kz_buf *b, uint32_t r, char quote, enum kz_quote how)
{
    static const char letters[] = "\a\b\f\n\r\t\v", names[] = "abfnrtv";
    if (r == (unsigned char)quote || r == '\\') {
        kz_buf_putc(b, '\\');
        kz_buf_putc(b, (char)r);
    } else if ((r < 0x80 || how == KZ_QUOTE_PLAIN) && kz_rune_is_print(r)) {
        char text[4];
        kz_buf_add(b, text, kz_utf8_put(text, r));
    } else if (r != 0 && r < 0x20 && strchr(letters, (int)r) != NULL) {
        kz_buf_putc(b, '\\');
        kz_buf_putc(b, names[strchr(letters, (int)r) - letters]);
    } else if (r < ' ' || r == 0x7f) {
        kz_buf_puts(b, "\\x");
        put_hex(b, r, 2);
    } else if (r < 0x10000) {
        kz_buf_puts(b, "\\u");
        put_hex(b, r, 4);
    } else {
        kz_buf_puts(b, "\\U");
        put_hex(b, r, 8);
    }
}

void kz_print_quoted(struct kz_buf *b, struct kz_str s, enum kz_quote how)
{
    kz_buf_putc(b, '"');
    for (size_t i = 0, n; i < s.len; i += n) {
        uint32_t r;
        n = kz_utf8_next(kz_str_skip(s, i), &r);
        if (n > 0) {
            kz_quote_rune_body(b, r, '"', how);
        } else { /* a byte that is no UTF-8 */
            n = 1;
            kz_buf_puts(b, "\\x");
            put_hex(b, (unsigned char)s.ptr[i], 2);
        }
    }
    kz_buf_putc(b, '"');
}

bool kz_quote_can_back(struct kz_str s)
{
    for (size_t i = 0, n; i < s.len; i += n) {
        uint32_t r;
        n = kz_utf8_next(kz_str_skip(s, i), &r);
        if (n == 0 || r == 0xfeff || (r < ' ' && r != '\t') || r == '`' || r == 0x7f)
            return false;
    }
    return true;
}

static bool hex_value(uint32_t *out, struct kz_str s, size_t digits, unsigned base)
{
    uint32_t v = 0;
    if (s.len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        const char c = s.ptr[i];
        uint32_t d = 16;
        if (c >= '0' && c <= '9')
            d = (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            d = (uint32_t)((c | 0x20) - 'a' + 10);
        if (d >= base)
            return false;
        v = v * base + d;
    }
    *out = v;
    return true;
}

size_t kz_unquote_rune(uint32_t *rune, bool *is_byte, struct kz_str s, char quote)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    *is_byte = false;
    if (s.len == 0 || s.ptr[0] == quote)
        return 0;
    if (s.ptr[0] != '\\') {
        if ((unsigned char)s.ptr[0] < 0x80) {
            *rune = (unsigned char)s.ptr[0];
            return 1;
        }
        return kz_rune_next(s, rune);
    }
    if (s.len < 2)
        return 0;
    const char c = s.ptr[1];
    const struct kz_str rest = kz_str_skip(s, 2);
    const char *simple = c == '\0' ? NULL : strchr(names, c);
    if (simple != NULL) {
        *rune = (unsigned char)values[simple - names];
        return 2;
    }
    if (c == '\'' || c == '"') {
        *rune = (unsigned char)c;
        return c == quote ? 2 : 0;
    }
    if (c == 'x' || (c >= '0' && c <= '7')) {
        const bool octal = c != 'x';
        *is_byte = true;
        if (octal)
            return hex_value(rune, kz_str_skip(s, 1), 3, 8) && *rune <= 255 ? 4 : 0;
        return hex_value(rune, rest, 2, 16) ? 4 : 0;
    }
    if (c == 'u' || c == 'U') {
        const size_t digits = c == 'u' ? 4 : 8;
        if (!hex_value(rune, rest, digits, 16) || *rune > 0x10ffff ||
            (*rune >= 0xd800 && *rune < 0xe000))
            return 0;
        return 2 + digits;
    }
    return 0;
}

static bool unquote_raw(struct kz_str *out, struct kz_arena *a, struct kz_str body)
{
    if (memchr(body.ptr, '`', body.len) != NULL)
        return false;
    if (memchr(body.ptr, '\r', body.len) == NULL) {
        *out = body;
        return true;
    }
    char *text = kz_arena_bytes(a, body.len);
    size_t len = 0;
    for (size_t i = 0; i < body.len; i++)
        if (body.ptr[i] != '\r')
            text[len++] = body.ptr[i];
    *out = kz_str_n(text, len);
    return true;
}

bool kz_unquote(struct kz_str *out, struct kz_arena *a, struct kz_str literal)
{
    if (literal.len < 2 || literal.ptr[0] != literal.ptr[literal.len - 1])
        return false;
    const struct kz_str body = kz_str_n(literal.ptr + 1, literal.len - 2);
    if (literal.ptr[0] == '`')
        return unquote_raw(out, a, body);
    if (literal.ptr[0] != '"' || memchr(body.ptr, '\n', body.len) != NULL)
        return false;
    if (memchr(body.ptr, '\\', body.len) == NULL && memchr(body.ptr, '"', body.len) == NULL &&
        kz_utf8_valid(body)) {
        *out = body;
        return true;
    }
    char *text = kz_arena_bytes(a, body.len * 3 + 4); /* a bad byte becomes three */
    size_t len = 0;
    for (size_t i = 0, n; i < body.len; i += n) {
        uint32_t r;
        bool is_byte;
        n = kz_unquote_rune(&r, &is_byte, kz_str_skip(body, i), '"');
        if (n == 0)
            return false;
        if (is_byte)
            text[len++] = (char)r;
        else
            len += kz_utf8_put(text + len, r);
    }
    *out = kz_str_n(text, len);
    return true;
}
