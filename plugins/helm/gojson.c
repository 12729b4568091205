/* SPDX-License-Identifier: Apache-2.0
 *
 * Values and texts as Go's encoding/json has them: what it writes has keys sorted, <, > and & escaped. */
#include "helm/text.h"

#include "base/utf8.h"
#include "template/gojson.h"
#include "value/json.h"

#include <string.h>

static void put_string(struct kz_buf *b, struct kz_str s)
{
    kz_buf_putc(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            kz_buf_printf(b, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f')
            kz_buf_printf(b, "\\%c",
                          c == '\n'   ? 'n'
                          : c == '\r' ? 'r'
                          : c == '\t' ? 't'
                          : c == '\b' ? 'b'
                                      : 'f');
        else if (c < 0x20 || c == '<' || c == '>' || c == '&')
            kz_buf_printf(b, "\\u%04x", (unsigned)c);
        else if (c == 0xE2 && i + 2 < s.len && s.ptr[i + 1] == '\x80' &&
                 ((unsigned char)s.ptr[i + 2] & 0xFE) == 0xA8) {
            kz_buf_printf(b, "\\u202%c", s.ptr[i + 2] == '\xA8' ? '8' : '9');
            i += 2;
        } else if (c < 0x80) {
            kz_buf_putc(b, (char)c);
        } else {
            uint32_t rune;
            const size_t len = kz_utf8_next(kz_str_skip(s, i), &rune);
            if (len == 0)
                kz_buf_puts(b, "\\ufffd");
            else
                kz_buf_add(b, s.ptr + i, len);
            i += len == 0 ? 0 : len - 1;
        }
    }
    kz_buf_putc(b, '"');
}

static int by_key(const void *x, const void *y)
{
    return kz_str_cmp((*(const struct kz_pair *const *)x)->key,
                      (*(const struct kz_pair *const *)y)->key);
}

static void put_json(struct kz_buf *b, struct kz_arena *a, const struct kz_value *v,
                     enum kz_go_json_keys keys)
{
    switch (v->kind) {
    case KZ_NULL:
        kz_buf_puts(b, "null");
        return;
    case KZ_BOOL:
        kz_buf_puts(b, v->as.truth ? "true" : "false");
        return;
    case KZ_INT:
        kz_buf_printf(b, "%lld", (long long)v->as.num);
        return;
    case KZ_UINT:
        kz_buf_printf(b, "%llu", (unsigned long long)v->as.unum);
        return;
    case KZ_FLOAT:
        kz_json_write_num(b, v->as.real);
        return;
    case KZ_STRING:
        put_string(b, v->as.str);
        return;
    case KZ_LIST:
        kz_buf_putc(b, '[');
        for (size_t i = 0; i < v->as.list.len; i++) {
            kz_buf_puts(b, i > 0 ? "," : "");
            put_json(b, a, v->as.list.at[i], keys);
        }
        kz_buf_putc(b, ']');
        return;
    case KZ_MAP: {
        const struct kz_pair **at = kz_new_n(a, const struct kz_pair *, v->as.map.len + 1);
        for (size_t i = 0; i < v->as.map.len; i++)
            at[i] = &v->as.map.at[i];
        if (keys == KZ_GO_JSON_SORTED && v->as.map.len > 1)
            qsort(at, v->as.map.len, sizeof *at, by_key);
        kz_buf_putc(b, '{');
        for (size_t i = 0; i < v->as.map.len; i++) {
            kz_buf_puts(b, i > 0 ? "," : "");
            put_string(b, at[i]->key);
            kz_buf_putc(b, ':');
            put_json(b, a, at[i]->val, keys);
        }
        kz_buf_putc(b, '}');
        return;
    }
    }
}

void kz_go_json(struct kz_buf *b, struct kz_arena *a, const struct kz_value *v,
                enum kz_go_json_keys keys)
{
    put_json(b, a, v, keys);
}

size_t kz_go_json_len(struct kz_str s)
{
    size_t depth = 0, i = 0;
    while (i < s.len) {
        const char c = s.ptr[i++];
        if (c == '"') {
            while (i < s.len && s.ptr[i] != '"')
                i += s.ptr[i] == '\\' ? 2 : 1;
            i++;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
        } else if (depth == 0) { /* a number or a word ends before what can't be in one */
            while (i < s.len &&
                   memchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", s.ptr[i], 41) != NULL)
                i++;
        }
        if (depth == 0)
            break;
    }
    return i < s.len ? i : s.len;
}

bool kz_go_json_first(struct kz_value **out, struct kz_str *why, struct kz_arena *a,
                      struct kz_str text)
{
    struct kz_err err;
    struct kz_val v;
    while (text.len > 0 && memchr(" \t\r\n", text.ptr[0], 4) != NULL)
        text = kz_str_skip(text, 1);
    if (kz_json_read_last(out, a, text, KZ_STR("JSON"), &err) >= 0)
        return true;
    const struct kz_str first = kz_str_head(text, kz_go_json_len(text)); /* what stands behind does not count */
    if (first.len < text.len && kz_json_read_last(out, a, first, KZ_STR("JSON"), &err) >= 0)
        return true;
    /* What our reader refuses and Go takes: bytes that are not UTF-8, numbers without bounds. */
    const bool good = kz_gojson_read(&v, why, a, first);
    if ((good || kz_val_kind(v) != KZ_GO_INVALID) && kz_val_to_value(out, a, v, &err) >= 0)
        return true;
    if (good)
        *why = kz_str_dup(a, kz_str(err.frame[0]));
    else if (kz_str_is(*why, "unexpected end of JSON input") ||
             (first.len == text.len && kz_str_starts(*why, KZ_STR("invalid character ' ' in "))))
        *why = first.len == 0 ? KZ_STR("EOF") : KZ_STR("unexpected EOF");
    return false;
}
