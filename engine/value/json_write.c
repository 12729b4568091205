/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json.h"

#include "base/digits.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "value/scan.h"

#include <inttypes.h>
#include <math.h>

/* ---- strings --------------------------------------------------------------------------------- */

/* Characters that the API server's YAML parser would refuse or change when they stand raw. */
static bool needs_escape(uint32_t rune)
{
    return rune < 0x20 || (rune >= 0x7F && rune <= 0x9F) || rune == 0x2028 || rune == 0x2029 ||
           rune == 0xFEFF || rune == 0xFFFE || rune == 0xFFFF;
}

static bool plain_ascii(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static void write_special(struct kz_buf *b, uint32_t rune, struct kz_str raw)
{
    static const char shorts[0x80] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',  ['\r'] = 'r',
        ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\',
    };
    if (rune < kz_countof(shorts) && shorts[rune] != '\0')
        kz_buf_add(b, (const char[]){'\\', shorts[rune]}, 2);
    else if (needs_escape(rune))
        kz_buf_printf(b, "\\u%04x", (unsigned)rune);
    else
        kz_buf_add_str(b, raw);
}

void kz_json_write_str(struct kz_buf *b, struct kz_str s)
{
    kz_buf_putc(b, '"');
    for (size_t at = 0; at < s.len;) {
        size_t run = at + kz_scan_json(s.ptr + at, s.len - at);
        while (run < s.len && plain_ascii((unsigned char)s.ptr[run]))
            run++;
        if (run > at) {
            kz_buf_add(b, s.ptr + at, run - at);
            at = run;
            continue;
        }
        uint32_t rune;
        size_t n = kz_utf8_next(kz_str_skip(s, at), &rune);
        if (n == 0) {
            kz_buf_puts(b, "\xEF\xBF\xBD");
            at++;
            continue;
        }
        write_special(b, rune, kz_str_n(s.ptr + at, n));
        at += n;
    }
    kz_buf_putc(b, '"');
}

/* ---- numbers --------------------------------------------------------------------------------- */

void kz_json_write_num(struct kz_buf *b, double real)
{
    struct kz_digits d;
    kz_digits_shortest(&d, real, 64);
    if (d.n == 0) { /* no "-0": it would read back as the integer 0 */
        kz_buf_putc(b, '0');
        return;
    }
    if (real < 0)
        kz_buf_putc(b, '-');
    const size_t n = (size_t)d.n;
    if (d.point < -5 || d.point > 21) {
        kz_buf_add(b, d.digit, 1);
        if (n > 1)
            kz_buf_putc(b, '.');
        kz_buf_add(b, d.digit + 1, n - 1);
        kz_buf_printf(b, "e%c%d", d.point < 1 ? '-' : '+', abs(d.point - 1));
        return;
    }
    if (d.point <= 0) {
        kz_buf_puts(b, "0.");
        kz_buf_fill(b, '0', (size_t)-d.point);
        kz_buf_add(b, d.digit, n);
        return;
    }
    const size_t whole = (size_t)d.point;
    kz_buf_add(b, d.digit, n < whole ? n : whole);
    if (n < whole) {
        kz_buf_fill(b, '0', whole - n);
    } else if (n > whole) {
        kz_buf_putc(b, '.');
        kz_buf_add(b, d.digit + whole, n - whole);
    }
}

/* ---- trees ----------------------------------------------------------------------------------- */

struct writer {
    struct kz_buf *buf;
    unsigned flags;
    size_t level;
    KZ_VEC(const struct kz_pair *) order; /* sorted pairs of the maps that are open, as a stack */
};

static void write_value(struct writer *w, const struct kz_value *v);

static int by_key(const void *a, const void *b)
{
    const struct kz_pair *const *x = a, *const *y = b;
    return kz_str_cmp((*x)->key, (*y)->key);
}

static void newline(struct writer *w)
{
    if ((w->flags & KZ_JSON_PRETTY) != 0) {
        kz_buf_putc(w->buf, '\n');
        kz_buf_fill(w->buf, ' ', 2 * w->level);
    }
}

static void write_pair(struct writer *w, const struct kz_pair *pair, bool first)
{
    if (!first)
        kz_buf_putc(w->buf, ',');
    newline(w);
    kz_json_write_str(w->buf, pair->key);
    kz_buf_puts(w->buf, (w->flags & KZ_JSON_PRETTY) != 0 ? ": " : ":");
    write_value(w, pair->val);
}

static void write_map(struct writer *w, const struct kz_value *v)
{
    const size_t n = v->as.map.len, base = w->order.len;
    kz_buf_putc(w->buf, '{');
    w->level++;
    if ((w->flags & KZ_JSON_SORTED) == 0) {
        for (size_t i = 0; i < n; i++)
            write_pair(w, &v->as.map.at[i], i == 0);
    } else if (n > 0) {
        for (size_t i = 0; i < n; i++)
            kz_vec_push(&w->order, &v->as.map.at[i]);
        qsort(w->order.at + base, n, sizeof *w->order.at, by_key);
        for (size_t i = 0; i < n; i++)
            write_pair(w, w->order.at[base + i], i == 0);
        w->order.len = base;
    }
    w->level--;
    if (n > 0)
        newline(w);
    kz_buf_putc(w->buf, '}');
}

static void write_list(struct writer *w, const struct kz_value *v)
{
    kz_buf_putc(w->buf, '[');
    w->level++;
    for (size_t i = 0; i < v->as.list.len; i++) {
        if (i > 0)
            kz_buf_putc(w->buf, ',');
        newline(w);
        write_value(w, v->as.list.at[i]);
    }
    w->level--;
    if (v->as.list.len > 0)
        newline(w);
    kz_buf_putc(w->buf, ']');
}

static void write_value(struct writer *w, const struct kz_value *v)
{
    char text[24];
    switch (v->kind) {
    case KZ_NULL:
        kz_buf_puts(w->buf, "null");
        break;
    case KZ_BOOL:
        kz_buf_puts(w->buf, v->as.truth ? "true" : "false");
        break;
    case KZ_INT:
        (void)snprintf(text, sizeof text, "%" PRId64, v->as.num);
        kz_buf_puts(w->buf, text);
        break;
    case KZ_UINT:
        (void)snprintf(text, sizeof text, "%" PRIu64, v->as.unum);
        kz_buf_puts(w->buf, text);
        break;
    case KZ_FLOAT:
        if (isfinite(v->as.real))
            kz_json_write_num(w->buf, v->as.real);
        else
            kz_buf_puts(w->buf, "null");
        break;
    case KZ_STRING:
        kz_json_write_str(w->buf, v->as.str);
        break;
    case KZ_LIST:
        write_list(w, v);
        break;
    case KZ_MAP:
        write_map(w, v);
        break;
    }
}

void kz_json_write(struct kz_buf *b, const struct kz_value *v, unsigned flags)
{
    struct writer w = {.buf = b, .flags = flags};
    write_value(&w, v);
    kz_vec_done(&w.order);
    if ((flags & KZ_JSON_PRETTY) != 0)
        kz_buf_putc(b, '\n');
}

void kz_json_hash(struct kz_hash *out, const struct kz_value *v)
{
    kz_autobuf struct kz_buf b = KZ_BUF(SIZE_MAX / 4);
    kz_json_write(&b, v, KZ_JSON_SORTED);
    kz_assert(!kz_buf_bad(&b));
    *out = kz_hash(kz_buf_str(&b));
}
