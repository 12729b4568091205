/* SPDX-License-Identifier: Apache-2.0
 *
 * The text that Go's encoding/json gives a value: keys sorted, <, > and & escaped. */
#include "helm/text.h"

#include "base/utf8.h"
#include "value/json.h"

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
