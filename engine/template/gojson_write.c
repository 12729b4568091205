/* SPDX-License-Identifier: Apache-2.0 */
#include "template/gojson.h"

#include <inttypes.h>
#include <math.h>

#include "base/base64.h"
#include "template/print.h"
#include "value/json.h"

struct writer {
    struct kz_buf *b;
    struct kz_arena *arena;
    struct kz_str error;
    unsigned flags, depth;
};

static bool put(struct writer *w, struct kz_val v);

/* Must this byte be written in another form? */
static bool escapes(unsigned char c, unsigned flags)
{
    return c < 0x20 || c == '"' || c == '\\' ||
           ((flags & KZ_GOJSON_HTML) != 0 && (c == '<' || c == '>' || c == '&'));
}

static void put_escape(struct kz_buf *b, unsigned char c)
{
    static const struct {
        unsigned char c;
        const char *text;
    } shorts[] = {
        {'"',  "\\\""},
        {'\\', "\\\\"},
        {'\b', "\\b" },
        {'\f', "\\f" },
        {'\n', "\\n" },
        {'\r', "\\r" },
        {'\t', "\\t" }
    };
    for (size_t i = 0; i < kz_countof(shorts); i++)
        if (shorts[i].c == c) {
            kz_buf_puts(b, shorts[i].text);
            return;
        }
    kz_buf_printf(b, "\\u%04x", (unsigned)c);
}

static void put_string(struct writer *w, struct kz_str s)
{
    size_t start = 0;
    kz_buf_putc(w->b, '"');
    for (size_t i = 0; i < s.len;) {
        const unsigned char c = (unsigned char)s.ptr[i];
        uint32_t r = c;
        const size_t n = c < 0x80 ? 1 : kz_rune_next(kz_str_skip(s, i), &r);
        const bool odd =
            c < 0x80 ? escapes(c, w->flags) : (r == 0xFFFD && n == 1) || r == 0x2028 || r == 0x2029;
        if (odd) {
            kz_buf_add(w->b, s.ptr + start, i - start);
            if (c < 0x80)
                put_escape(w->b, c);
            else
                kz_buf_printf(w->b, "\\u%04x", (unsigned)r);
            start = i + n;
        }
        i += n;
    }
    if (start < s.len)
        kz_buf_add(w->b, s.ptr + start, s.len - start);
    kz_buf_putc(w->b, '"');
}

static void put_line(struct writer *w)
{
    if ((w->flags & KZ_GOJSON_PRETTY) == 0)
        return;
    kz_buf_putc(w->b, '\n');
    kz_buf_fill(w->b, ' ', (size_t)w->depth * 2);
}

static bool put_float(struct writer *w, double real)
{
    if (!isfinite(real)) {
        w->error = kz_str_printf(w->arena, "json: unsupported value: %s",
                                 isnan(real) ? "NaN"
                                 : real > 0  ? "+Inf"
                                             : "-Inf");
        return false;
    }
    if (real == 0 && signbit(real))
        kz_buf_puts(w->b, "-0");
    else
        kz_json_write_num(w->b, real);
    return true;
}

/* One level in; false when there are too many. */
static bool enter(struct writer *w, struct kz_val v, char bracket)
{
    kz_buf_putc(w->b, bracket);
    if (w->depth++ < KZ_VAL_DEPTH && !kz_buf_bad(w->b))
        return true;
    w->error = kz_str_printf(w->arena, "json: unsupported value: encountered a cycle via %s",
                             kz_val_type_name(v));
    return false;
}

static void leave(struct writer *w, char bracket, bool empty)
{
    w->depth--;
    if (!empty)
        put_line(w);
    kz_buf_putc(w->b, bracket);
}

static bool put_list(struct writer *w, struct kz_val v)
{
    const size_t n = kz_val_len(v);
    if (!enter(w, v, '['))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            kz_buf_putc(w->b, ',');
        put_line(w);
        if (!put(w, kz_val_at(v, i)))
            return false;
    }
    leave(w, ']', n == 0);
    return true;
}

static bool put_pair(struct writer *w, bool first, struct kz_str key, struct kz_val item)
{
    if (!first)
        kz_buf_putc(w->b, ',');
    put_line(w);
    put_string(w, key);
    kz_buf_puts(w->b, (w->flags & KZ_GOJSON_PRETTY) != 0 ? ": " : ":");
    return put(w, item);
}

static bool put_map(struct writer *w, struct kz_val v)
{
    struct kz_dict *d = v.as.dict;
    if (!enter(w, v, '{'))
        return false;
    kz_dict_sort(d);
    for (size_t i = 0; i < d->len; i++)
        if (!put_pair(w, i == 0, d->at[i].key, d->at[i].val))
            return false;
    leave(w, '}', d->len == 0);
    return true;
}

static bool put_object(struct writer *w, struct kz_val v)
{
    const struct kz_shape *shape = v.type->shape;
    const size_t n = shape == NULL ? 0 : shape->n_fields;
    if (n == 0 && shape != NULL && shape->string != NULL) {
        put_string(w, shape->string(w->arena, &v));
        return true;
    }
    if (!enter(w, v, '{'))
        return false;
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        struct kz_str name;
        const struct kz_val val = shape->fields[i].get(w->arena, &v);
        if (!kz_field_json(&name, &shape->fields[i], val))
            continue;
        if (!put_pair(w, first, name, val))
            return false;
        first = false;
    }
    leave(w, '}', first);
    return true;
}

static bool put(struct writer *w, struct kz_val v)
{
    if (kz_val_kind(v) != KZ_GO_FUNC && kz_val_is_nil(v)) {
        kz_buf_puts(w->b, "null");
        return true;
    }
    switch (kz_val_kind(v)) {
    case KZ_GO_BOOL:
        kz_buf_puts(w->b, v.as.truth ? "true" : "false");
        return true;
    case KZ_GO_INT:
        kz_buf_printf(w->b, "%" PRId64, v.as.num);
        return true;
    case KZ_GO_UINT:
        kz_buf_printf(w->b, "%" PRIu64, v.as.unum);
        return true;
    case KZ_GO_FLOAT:
        return put_float(w, v.as.real);
    case KZ_GO_STRING:
        put_string(w, v.as.str);
        return true;
    case KZ_GO_SLICE:
        if (!kz_val_is_bytes(v))
            return put_list(w, v);
        put_string(w, kz_base64_encode(w->arena, v.as.str));
        return true;
    case KZ_GO_MAP:
        return put_map(w, v);
    case KZ_GO_STRUCT:
    case KZ_GO_PTR:
        return put_object(w, v);
    case KZ_GO_INVALID:
    case KZ_GO_COMPLEX:
    case KZ_GO_FUNC:
    case KZ_GO_KINDS_:
        break;
    }
    w->error = kz_str_printf(w->arena, "json: unsupported type: %s", kz_val_type_name(v));
    return false;
}

bool kz_gojson_write(struct kz_buf *b, struct kz_str *error, struct kz_arena *a, struct kz_val v,
                     unsigned flags)
{
    struct writer w = {.b = b, .arena = a, .flags = flags};
    const bool good = put(&w, v);
    if (!good)
        *error = w.error;
    return good;
}
