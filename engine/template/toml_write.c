/* SPDX-License-Identifier: Apache-2.0
 *
 * Within a table plain values come first, tables behind them, both in order of their keys; a list
 * of maps only is an array of tables. Two blanks for each level below the first. */
#include "template/toml.h"

#include <inttypes.h>
#include <math.h>

#include "template/print.h"

/* A dotted name as a chain from the innermost table outwards. */
struct path {
    const struct path *up;
    struct kz_str key;
    size_t len; /* keys in all */
};

struct writer {
    struct kz_buf *b;
    const char *error;
    unsigned depth;
};

enum shape { NOTHING, PLAIN, TABLE, TABLES };

static void fail(struct writer *w, const char *text)
{
    if (w->error == NULL)
        w->error = text;
}

/* ---- what a value will be -------------------------------------------------------------------- */

static enum shape shape_of(struct writer *w, struct kz_val v);

static enum shape shape_of_list(struct writer *w, struct kz_val v)
{
    bool tables = kz_val_len(v) > 0;
    for (size_t i = 0; i < kz_val_len(v) && w->error == NULL; i++) {
        const enum shape item = shape_of(w, kz_val_at(v, i));
        if (item == NOTHING)
            fail(w, "toml: cannot encode array with nil element");
        tables = tables && item == TABLE;
    }
    return tables ? TABLES : PLAIN;
}

static enum shape shape_of(struct writer *w, struct kz_val v)
{
    enum shape shape = PLAIN;
    if (kz_val_kind(v) == KZ_GO_FUNC)
        fail(w, "unsupported type: func");
    else if (kz_val_kind(v) == KZ_GO_COMPLEX)
        fail(w, "unsupported type: complex128");
    if (kz_val_is_nil(v))
        return NOTHING;
    if (kz_val_kind(v) == KZ_GO_MAP || kz_val_kind(v) == KZ_GO_STRUCT ||
        kz_val_kind(v) == KZ_GO_PTR)
        return TABLE;
    if (++w->depth > KZ_VAL_DEPTH)
        fail(w, "a value is nested too deep or contains itself");
    else if (kz_val_kind(v) == KZ_GO_SLICE)
        shape = shape_of_list(w, v);
    w->depth--;
    return shape;
}

/* ---- values on one line ---------------------------------------------------------------------- */

static void put_quoted(struct writer *w, struct kz_str s)
{
    static const char shorts[] = "\"\\\b\t\n\f\r", letters[] = "\"\\btnfr";
    kz_buf_putc(w->b, '"');
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        const char *at = c == '\0' ? NULL : strchr(shorts, c);
        if (at != NULL) {
            kz_buf_putc(w->b, '\\');
            kz_buf_putc(w->b, letters[at - shorts]);
        } else if (c < 0x20 || c == 0x7F) {
            kz_buf_printf(w->b, "\\u%04x", (unsigned)c);
        } else {
            kz_buf_putc(w->b, (char)c);
        }
    }
    kz_buf_putc(w->b, '"');
}

static void put_key(struct writer *w, struct kz_str key)
{
    bool bare = key.len > 0;
    for (size_t i = 0; i < key.len; i++) {
        const char c = key.ptr[i];
        bare = bare && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                        (c >= 'a' && c <= 'z') || c == '_' || c == '-');
    }
    if (bare)
        kz_buf_add_str(w->b, key);
    else
        put_quoted(w, key);
}

static void put_float(struct writer *w, double real)
{
    const size_t start = w->b->len;
    if (isnan(real) || isinf(real)) {
        kz_buf_puts(w->b, signbit(real) ? "-" : "");
        kz_buf_puts(w->b, isnan(real) ? "nan" : "inf");
        return;
    }
    kz_print_float(w->b, real, 'f', -1);
    if (!kz_str_has(kz_str_skip(kz_buf_str(w->b), start), KZ_STR(".")))
        kz_buf_puts(w->b, ".0");
}

static void put_map(struct writer *w, const struct path *path, struct kz_val v, bool in_line);

static void put_element(struct writer *w, struct kz_val v)
{
    if (w->error != NULL || kz_buf_bad(w->b))
        return;
    switch (kz_val_kind(v)) {
    case KZ_GO_BOOL:
        kz_buf_puts(w->b, v.as.truth ? "true" : "false");
        break;
    case KZ_GO_INT:
        kz_buf_printf(w->b, "%" PRId64, v.as.num);
        break;
    case KZ_GO_UINT:
        kz_buf_printf(w->b, "%" PRIu64, v.as.unum);
        break;
    case KZ_GO_FLOAT:
        put_float(w, v.as.real);
        break;
    case KZ_GO_STRING:
        put_quoted(w, v.as.str);
        break;
    case KZ_GO_SLICE:
        kz_buf_putc(w->b, '[');
        for (size_t i = 0; i < kz_val_len(v); i++) {
            kz_buf_puts(w->b, i > 0 ? ", " : "");
            put_element(w, kz_val_at(v, i));
        }
        kz_buf_putc(w->b, ']');
        break;
    case KZ_GO_MAP:
        put_map(w, NULL, v, true);
        break;
    case KZ_GO_STRUCT:
    case KZ_GO_PTR:
    case KZ_GO_COMPLEX:
    case KZ_GO_FUNC:
    case KZ_GO_INVALID:
    case KZ_GO_KINDS_:
        fail(w, "toml: values of this type cannot be encoded");
        break;
    }
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void put_line(struct writer *w)
{
    if (w->b->len > 0)
        kz_buf_putc(w->b, '\n');
}

static void put_indent(struct writer *w, const struct path *path)
{
    kz_buf_fill(w->b, ' ', (path->len - 1) * 2);
}

static void put_path(struct writer *w, const struct path *path)
{
    if (path->up != NULL) {
        put_path(w, path->up);
        kz_buf_putc(w->b, '.');
    }
    put_key(w, path->key);
}

static void put_header(struct writer *w, const struct path *path, const char *open,
                       const char *close)
{
    put_indent(w, path);
    kz_buf_puts(w->b, open);
    put_path(w, path);
    kz_buf_puts(w->b, close);
    put_line(w);
}

static void put_value(struct writer *w, const struct path *path, struct kz_val v, enum shape shape)
{
    if (shape == TABLES) {
        for (size_t i = 0; i < kz_val_len(v); i++) {
            put_line(w);
            put_header(w, path, "[[", "]]");
            put_map(w, path, kz_val_at(v, i), false);
        }
    } else if (shape == TABLE) {
        if (path->len == 1)
            put_line(w);
        put_header(w, path, "[", "]");
        put_map(w, path, v, false);
    } else {
        put_indent(w, path);
        put_key(w, path->key);
        kz_buf_puts(w->b, " = ");
        put_element(w, v);
        put_line(w);
    }
}

/* The pairs that are tables, or those that are not; comma: also behind the last one. */
static void put_pairs(struct writer *w, const struct path *path, const struct kz_dict *d,
                      bool tables, bool in_line, bool comma)
{
    size_t last = d->len;
    for (size_t i = 0; i < d->len; i++)
        if ((shape_of(w, d->at[i].val) >= TABLE) == tables)
            last = i;
    for (size_t i = 0; i < d->len && w->error == NULL; i++) {
        const struct path at = {path, d->at[i].key, path == NULL ? 1 : path->len + 1};
        const enum shape shape = shape_of(w, d->at[i].val);
        if ((shape >= TABLE) != tables || shape == NOTHING)
            continue;
        if (!in_line) {
            put_value(w, &at, d->at[i].val, shape);
            continue;
        }
        put_key(w, d->at[i].key);
        kz_buf_puts(w->b, " = ");
        put_element(w, d->at[i].val);
        kz_buf_puts(w->b, comma || i != last ? ", " : "");
    }
}

static void put_map(struct writer *w, const struct path *path, struct kz_val v, bool in_line)
{
    struct kz_dict *d = v.as.dict;
    bool tables = false;
    if (kz_val_kind(v) != KZ_GO_MAP || ++w->depth > KZ_VAL_DEPTH) {
        fail(w, kz_val_kind(v) != KZ_GO_MAP ? "toml: values of this type cannot be encoded"
                                            : "a value is nested too deep or contains itself");
        return;
    }
    kz_dict_sort(d);
    for (size_t i = 0; i < d->len; i++)
        tables = shape_of(w, d->at[i].val) >= TABLE || tables;
    kz_buf_puts(w->b, in_line ? "{" : "");
    put_pairs(w, path, d, false, in_line, tables);
    put_pairs(w, path, d, true, in_line, false);
    kz_buf_puts(w->b, in_line ? "}" : "");
    w->depth--;
}

bool kz_toml_write(struct kz_buf *b, struct kz_str *error, struct kz_val v)
{
    struct writer w = {.b = b};
    const enum shape shape = shape_of(&w, v);
    if (shape == TABLES)
        fail(&w, "toml: top-level values must be Go maps or structs");
    else if (shape == TABLE)
        put_map(&w, NULL, v, false);
    else if (shape == PLAIN)
        put_element(&w, v);
    *error = kz_str(w.error);
    return w.error == NULL;
}
