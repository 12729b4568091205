/* SPDX-License-Identifier: Apache-2.0 */
#include "template/builtins.h"

#include "template/print.h"

#include <string.h>

static const char upper[] = "0123456789ABCDEF";

void kz_escape_html(struct kz_buf *b, struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '\0':
            kz_buf_puts(b, "\xEF\xBF\xBD");
            break;
        case '"':
            kz_buf_puts(b, "&#34;");
            break;
        case '\'':
            kz_buf_puts(b, "&#39;");
            break;
        case '&':
            kz_buf_puts(b, "&amp;");
            break;
        case '<':
            kz_buf_puts(b, "&lt;");
            break;
        case '>':
            kz_buf_puts(b, "&gt;");
            break;
        default:
            kz_buf_putc(b, s.ptr[i]);
        }
    }
}

static void js_ascii(struct kz_buf *b, char c)
{
    if (c == '\\' || c == '\'' || c == '"') {
        kz_buf_putc(b, '\\');
        kz_buf_putc(b, c);
    } else if ((unsigned char)c < ' ' || strchr("<>&=", c) != NULL) {
        kz_buf_puts(b, "\\u00");
        kz_buf_putc(b, upper[(unsigned char)c >> 4]);
        kz_buf_putc(b, upper[c & 15]);
    } else {
        kz_buf_putc(b, c);
    }
}

void kz_escape_js(struct kz_buf *b, struct kz_str s)
{
    for (size_t i = 0, n; i < s.len; i += n) {
        uint32_t r;
        n = kz_rune_next(kz_str_skip(s, i), &r);
        if (r < 0x80)
            js_ascii(b, s.ptr[i]);
        else if (kz_rune_is_print(r))
            kz_buf_add(b, s.ptr + i, n);
        else
            kz_buf_printf(b, "\\u%04X", r);
    }
}

void kz_escape_query(struct kz_buf *b, struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (letter || (c >= '0' && c <= '9') || (c != '\0' && strchr("-_.~", c) != NULL)) {
            kz_buf_putc(b, c);
        } else if (c == ' ') {
            kz_buf_putc(b, '+');
        } else {
            kz_buf_putc(b, '%');
            kz_buf_putc(b, upper[(unsigned char)c >> 4]);
            kz_buf_putc(b, upper[c & 15]);
        }
    }
}
