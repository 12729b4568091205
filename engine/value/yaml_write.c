/* SPDX-License-Identifier: Apache-2.0
 *
 * Block style as sigs.k8s.io/yaml v1.4 prints it: items of a list under a key are not indented, long
 * plain and quoted scalars fold at a blank behind column 80, text with line ends is literal. */
#include "value/yaml.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "value/json.h"
#include "value/yaml_order.h"
#include "value/yaml_scalar.h"

#include <inttypes.h>
#include <math.h>

enum { STEP = 2, WIDTH = 80, KEY_MAX = 128, BINARY_LINE = 70 };

struct writer {
    struct kz_buf *buf;
    unsigned flags;
    long indent, col;
    bool white;   /* the last thing written was white space or an indicator that serves as such */
    bool leading; /* so far the line has only blanks and "-", "?" or ":" */
    bool wide;    /* what is being written may hold more than ASCII */
    KZ_VEC(const struct kz_pair *) order; /* sorted pairs of the maps that are open, as a stack */
};

enum place { ROOT, ITEM, KEY, LONG_KEY, VALUE };

/* ---- output ---------------------------------------------------------------------------------- */

static void put_raw(struct writer *w, struct kz_str s)
{
    kz_buf_add_str(w->buf, s);
    w->col += (long)s.len;
    for (size_t i = 0; w->wide && i < s.len; i++)
        w->col -= ((unsigned char)s.ptr[i] & 0xC0) == 0x80;
}

static void put_break(struct writer *w)
{
    kz_buf_putc(w->buf, '\n');
    w->col = 0;
}

static void start_line(struct writer *w)
{
    const long indent = w->indent < 0 ? 0 : w->indent;
    if (!w->leading || w->col > indent || (w->col == indent && !w->white))
        put_break(w);
    if (w->col < indent) {
        kz_buf_fill(w->buf, ' ', (size_t)(indent - w->col));
        w->col = indent;
    }
    w->white = w->leading = true;
}

/* "-", "?", ":", quotes and brackets; after: it serves as white space, and the line goes on leading. */
static void put_indicator(struct writer *w, const char *text, bool before, bool after, bool leading)
{
    if (before && !w->white)
        put_raw(w, KZ_STR(" "));
    put_raw(w, kz_str(text));
    w->white = after;
    w->leading = w->leading && leading;
}

/* ---- what a text allows ---------------------------------------------------------------------- */

struct shape {
    bool utf8, wide; /* wide: not ASCII alone */
    bool multiline, plain, single, literal, tabs;
};

/* What a byte may need: runs of bytes that need nothing are written at once. */
enum { BLANK = 1, SYNTAX = 2, APOSTROPHE = 4, ESCAPE = 8, CONTROL = 16, WIDE = 32 };
enum { LOOK = BLANK | SYNTAX | CONTROL | WIDE };
#define FOUR(x)    x, x, x, x
#define SIXTEEN(x) FOUR(x), FOUR(x), FOUR(x), FOUR(x)
static const unsigned char needs[256] = {
    SIXTEEN(CONTROL), SIXTEEN(CONTROL), [' '] = BLANK, [':'] = SYNTAX, ['#'] = SYNTAX,
    ['\''] = APOSTROPHE, ['"'] = ESCAPE, ['\\'] = ESCAPE, [0x7F] = CONTROL,
    SIXTEEN(WIDE), SIXTEEN(WIDE), SIXTEEN(WIDE), SIXTEEN(WIDE),
    SIXTEEN(WIDE), SIXTEEN(WIDE), SIXTEEN(WIDE), SIXTEEN(WIDE),
};

static unsigned needs_at(struct kz_str s, size_t at)
{
    return needs[(unsigned char)s.ptr[at]];
}

/* What stands from at on until a byte has one of these needs. */
static struct kz_str run_at(struct kz_str s, size_t at, unsigned stops)
{
    size_t end = at;
    while (end < s.len && (needs_at(s, end) & stops) == 0)
        end++;
    return kz_str_n(s.ptr + at, end - at);
}

static bool is_break(uint32_t r)
{
    return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029;
}

/* Characters that stand for themselves; tabs and everything beyond U+FFFF are escaped, as there. */
static bool printable(uint32_t r)
{
    return r == '\n' || (r >= 0x20 && r <= 0x7E) || (r >= 0xA0 && r < 0xFFFE && r != 0xFEFF);
}

static bool blank_at(struct kz_str s, size_t at)
{
    return at >= s.len || s.ptr[at] == ' ' || s.ptr[at] == '\t';
}

/* A first character, or one inside, that a reader would take for syntax in block context. */
static bool is_syntax(struct kz_str s, size_t at, bool after_white)
{
    const char c = s.ptr[at];
    if (c == ':')
        return blank_at(s, at + 1);
    if (at == 0)
        return strchr("#,[]{}&*!|>'\"%@`", c) != NULL ||
               ((c == '-' || c == '?') && blank_at(s, at + 1));
    return c == '#' && after_white;
}

static struct shape analyse(struct kz_str s)
{
    bool syntax = kz_str_starts(s, KZ_STR("---")) || kz_str_starts(s, KZ_STR("...")), wide = false;
    bool breaks = false, special = false, tabs = false, space_break = false, break_space = false;
    bool was_space = false, was_break = false, after_white = true, edge_white = false;
    if (s.len == 0)
        return (struct shape){.utf8 = true, .plain = true, .single = true};
    if (s.ptr[0] > 0)
        syntax = syntax || is_syntax(s, 0, true);
    for (size_t at = 0; at < s.len;) {
        const size_t run = run_at(s, at, LOOK).len;
        if (run > 0) {
            at += run;
            was_space = was_break = after_white = false;
            continue;
        }
        uint32_t r = (unsigned char)s.ptr[at];
        /* before a word these two are nothing but themselves */
        const size_t word = r == ' ' || r == ':' ? run_at(s, at + 1, LOOK).len : 0;
        if (word > 0 && at > 0) {
            break_space = break_space || (r == ' ' && was_break);
            was_space = was_break = after_white = false;
            at += 1 + word;
            continue;
        }
        const size_t n = r < 0x80 ? 1 : kz_utf8_next(kz_str_skip(s, at), &r);
        if (n == 0)
            return (struct shape){.utf8 = false};
        const bool space = r == ' ', brk = is_break(r), edge = at == 0 || at + n == s.len;
        wide = wide || r >= 0x80;
        syntax = syntax || (at > 0 && r < 0x80 && r != 0 && is_syntax(s, at, after_white));
        tabs = tabs || r == '\t';
        special = special || (!printable(r) && r != '\t');
        breaks = breaks || brk;
        edge_white = edge_white || (edge && (space || brk));
        break_space = break_space || (space && was_break);
        space_break = space_break || (brk && was_space);
        was_space = space;
        was_break = brk;
        after_white = space || brk || r == '\t' || r == 0;
        at += n;
    }
    const bool ends_in_space = s.ptr[s.len - 1] == ' ';
    const bool single = !special && !tabs && !space_break && !break_space;
    return (struct shape){
        .utf8 = true,
        .wide = wide,
        .multiline = breaks,
        .plain = single && !syntax && !breaks && !edge_white,
        .single = single,
        .literal = !ends_in_space && !special && !space_break,
        .tabs = tabs,
    };
}

/* ---- scalars --------------------------------------------------------------------------------- */

/* Can the text reach the column behind which it folds, if a byte becomes at most so many? */
static bool may_fold(const struct writer *w, struct kz_str s, long bytes)
{
    return (w->flags & KZ_YAML_PRETTY) == 0 && w->col + bytes * (long)s.len > WIDTH;
}

/* A plain or single-quoted text, over several lines if it is long or holds line ends. */
static void put_flowing(struct writer *w, struct kz_str s, bool quoted, bool fold)
{
    const unsigned stops = CONTROL | WIDE | (fold ? BLANK : 0U) | (quoted ? APOSTROPHE : 0U);
    bool spaces = false, breaks = false;
    for (size_t at = 0; at < s.len;) {
        struct kz_str part = run_at(s, at, stops);
        uint32_t r = 0;
        if (part.len == 0)
            part = kz_str_n(s.ptr + at, kz_utf8_next(kz_str_skip(s, at), &r));
        at += part.len;
        if (r == ' ') {
            const bool inside = !quoted || (at > 1 && at < s.len);
            const bool next_space = at < s.len && s.ptr[at] == ' ';
            if (!spaces && w->col > WIDTH && inside && !next_space)
                start_line(w);
            else
                put_raw(w, part);
            spaces = true;
        } else if (is_break(r)) {
            if (!breaks && r == '\n')
                put_break(w);
            kz_buf_add_str(w->buf, part);
            w->col = 0;
            w->leading = true;
            breaks = true;
        } else {
            if (breaks)
                start_line(w);
            if (quoted && r == '\'')
                put_raw(w, part);
            put_raw(w, part);
            w->leading = spaces = breaks = false;
        }
    }
}

static void put_plain(struct writer *w, struct kz_str s, bool fold)
{
    if (!w->white)
        put_raw(w, KZ_STR(" "));
    put_flowing(w, s, false, fold && may_fold(w, s, 1));
    w->white = w->leading = false;
}

static void put_single(struct writer *w, struct kz_str s, bool fold)
{
    put_indicator(w, "'", true, false, false);
    put_flowing(w, s, true, fold && may_fold(w, s, 2));
    put_indicator(w, "'", false, false, false);
    w->white = w->leading = false;
}

static void put_escape(struct writer *w, uint32_t r)
{
    static const struct {
        uint32_t rune;
        char c;
    } shorts[] = {
        {0, '0'},    {0x07, 'a'}, {0x08, 'b'}, {'\t', 't'}, {'\n', 'n'}, {0x0B, 'v'},
        {0x0C, 'f'}, {'\r', 'r'}, {0x1B, 'e'}, {'"', '"'},  {'\\', '\\'}, {0x85, 'N'},
        {0xA0, '_'}, {0x2028, 'L'}, {0x2029, 'P'},
    };
    char text[16];
    for (size_t i = 0; i < kz_countof(shorts); i++)
        if (shorts[i].rune == r) {
            const char two[2] = {'\\', shorts[i].c};
            put_raw(w, kz_str_n(two, 2));
            return;
        }
    (void)snprintf(text, sizeof text, r <= 0xFF ? "\\x%02X" : r <= 0xFFFF ? "\\u%04X" : "\\U%08X",
                   (unsigned)r);
    put_raw(w, kz_str(text));
}

static void put_double(struct writer *w, struct kz_str s, bool fold)
{
    put_indicator(w, "\"", true, false, false);
    fold = fold && may_fold(w, s, 4);
    const bool bom = kz_str_starts(s, KZ_STR("\xEF\xBB\xBF")); /* go-yaml sees it everywhere then */
    const unsigned stops = CONTROL | ESCAPE | WIDE | (fold ? BLANK : 0U);
    bool spaces = false;
    for (size_t at = 0; at < s.len;) {
        struct kz_str part = bom ? KZ_STR("") : run_at(s, at, stops);
        uint32_t r = 'x';
        if (part.len == 0)
            part = kz_str_n(s.ptr + at, kz_utf8_next(kz_str_skip(s, at), &r));
        at += part.len;
        if (r == ' ' && !bom && !spaces && w->col > WIDTH && at > 1 && at < s.len) {
            start_line(w);
            if (s.ptr[at] == ' ')
                put_raw(w, KZ_STR("\\"));
        } else if (bom || !printable(r) || is_break(r) || r == '"' || r == '\\') {
            put_escape(w, r);
        } else {
            put_raw(w, part);
        }
        spaces = r == ' ';
    }
    put_indicator(w, "\"", false, false, false);
    w->white = w->leading = false;
}

/* The size of the break that ends s, or 0. */
static size_t last_break(struct kz_str s)
{
    if (s.len == 0)
        return 0;
    size_t at = s.len - 1;
    while (at > 0 && ((unsigned char)s.ptr[at] & 0xC0) == 0x80)
        at--;
    uint32_t r = 0;
    return kz_utf8_next(kz_str_skip(s, at), &r) > 0 && is_break(r) ? s.len - at : 0;
}

static void put_literal(struct writer *w, struct kz_str s)
{
    uint32_t first = 0;
    put_indicator(w, "|", true, false, false);
    if (kz_utf8_next(s, &first) > 0 && (first == ' ' || is_break(first)))
        put_indicator(w, "2", false, false, false);
    const size_t end = last_break(s);
    const struct kz_str before = kz_str_head(s, s.len - end);
    if (end == 0)
        put_indicator(w, "-", false, false, false);
    else if (before.len == 0 || last_break(before) > 0)
        put_indicator(w, "+", false, false, false);
    put_break(w);
    w->leading = w->white = true;
    bool breaks = true;
    for (size_t at = 0; at < s.len;) {
        struct kz_str part = run_at(s, at, CONTROL | WIDE);
        uint32_t r = 0;
        if (part.len == 0)
            part = kz_str_n(s.ptr + at, kz_utf8_next(kz_str_skip(s, at), &r));
        at += part.len;
        if (is_break(r)) {
            kz_buf_add_str(w->buf, part);
            w->col = 0;
            w->leading = breaks = true;
        } else {
            if (breaks)
                start_line(w);
            put_raw(w, part);
            w->leading = breaks = false;
        }
    }
}

enum style { PLAIN, SINGLE, DOUBLE, LITERAL };

static enum style style_of(struct kz_str s, const struct shape *shape, bool key, unsigned flags)
{
    const bool pretty = (flags & KZ_YAML_PRETTY) != 0; /* yaml.v3 lets tabs into literal text */
    struct kz_value v;
    if (kz_str_index(s, '\n') < s.len)
        return shape->literal && !key && (!shape->tabs || pretty) ? LITERAL : DOUBLE;
    const enum kz_yaml_tag tag = kz_yaml_resolve(&v, s);
    const bool bare_merge = !key || (flags & KZ_YAML_BARE_MERGE) != 0;
    if (tag == KZ_YAML_MERGE ? !bare_merge : tag != KZ_YAML_STR || kz_yaml_is_base60(s))
        return DOUBLE; /* a key "<<" too unless asked: bare it reads back as a merge */
    if (key && shape->multiline)
        return DOUBLE;
    if (shape->plain)
        return PLAIN;
    return shape->single ? SINGLE : DOUBLE;
}

static void put_string(struct writer *w, struct kz_str s, const struct shape *shape,
                       enum place place)
{
    const bool key = place == KEY;
    w->indent += w->indent < 0 ? STEP + 1 : STEP;
    w->wide = shape->wide;
    switch (style_of(s, shape, key, w->flags)) {
    case PLAIN:
        put_plain(w, s, !key);
        break;
    case SINGLE:
        put_single(w, s, !key);
        break;
    case DOUBLE:
        put_double(w, s, !key);
        break;
    case LITERAL:
        put_literal(w, s);
        break;
    }
    w->wide = false;
}

/* Bytes that are no UTF-8 have only this form. */
static void put_binary(struct writer *w, struct kz_str s)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(s.len * 2 + 64);
    struct kz_str rest = kz_base64_encode(a, s);
    if (!w->white)
        put_raw(w, KZ_STR(" "));
    put_raw(w, KZ_STR("!!binary"));
    w->white = w->leading = false;
    w->indent += w->indent < 0 ? STEP + 1 : STEP;
    if (rest.len < BINARY_LINE) {
        put_plain(w, rest, false);
        return;
    }
    put_indicator(w, "|", true, false, false);
    for (; rest.len > 0; rest = kz_str_skip(rest, BINARY_LINE)) {
        w->leading = false;
        start_line(w);
        put_raw(w, kz_str_head(rest, BINARY_LINE));
    }
    put_break(w);
    w->leading = w->white = true;
}

static void put_text(struct writer *w, struct kz_str s, const struct shape *shape, enum place place)
{
    const long indent = w->indent;
    if (shape->utf8)
        put_string(w, s, shape, place);
    else
        put_binary(w, s);
    w->indent = indent;
}

/* There the number comes through JSON text, and reads as an integer where that text is one. */
static void put_float(struct writer *w, double real)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64);
    char text[32];
    int64_t num;
    uint64_t unum;
    if (isfinite(real) && (w->flags & KZ_YAML_PRETTY) == 0)
        kz_json_write_num(&b, real);
    if (kz_str_i64(&num, kz_buf_str(&b)) || kz_str_u64(&unum, kz_buf_str(&b))) {
        put_plain(w, kz_buf_str(&b), false);
        return;
    }
    kz_yaml_float_text(text, real, 64);
    put_plain(w, kz_str(text), false);
}

/* ---- trees ----------------------------------------------------------------------------------- */

static void write_node(struct writer *w, const struct kz_value *v, enum place place);

static void write_pair(struct writer *w, const struct kz_pair *pair)
{
    const struct shape shape = analyse(pair->key);
    start_line(w);
    if (pair->key.len <= KEY_MAX && !(shape.utf8 && shape.multiline)) {
        put_text(w, pair->key, &shape, KEY);
        put_indicator(w, ":", false, false, false);
    } else {
        put_indicator(w, "?", true, false, true);
        put_text(w, pair->key, &shape, LONG_KEY);
        start_line(w);
        put_indicator(w, ":", true, false, true);
    }
    write_node(w, pair->val, VALUE);
}

static int by_key(const void *a, const void *b)
{
    const struct kz_pair *const *x = a, *const *y = b;
    return kz_yaml_key_cmp((*x)->key, (*y)->key);
}

static bool in_order(const struct kz_pair *const *at, size_t n)
{
    size_t i = 1;
    while (i < n && kz_yaml_key_cmp(at[i - 1]->key, at[i]->key) <= 0)
        i++;
    return i >= n;
}

static void write_map(struct writer *w, const struct kz_value *v)
{
    const size_t n = v->as.map.len, base = w->order.len;
    const long indent = w->indent;
    w->indent = indent < 0 ? 0 : indent + STEP;
    if ((w->flags & KZ_YAML_SORTED) == 0) {
        for (size_t i = 0; i < n; i++)
            write_pair(w, &v->as.map.at[i]);
    } else {
        for (size_t i = 0; i < n; i++)
            kz_vec_push(&w->order, &v->as.map.at[i]);
        if (!in_order(w->order.at + base, n))
            qsort(w->order.at + base, n, sizeof *w->order.at, by_key);
        for (size_t i = 0; i < n; i++)
            write_pair(w, w->order.at[base + i]);
        w->order.len = base;
    }
    w->indent = indent;
}

static void write_list(struct writer *w, const struct kz_value *v, enum place place)
{
    const long indent = w->indent;
    if (indent < 0)
        w->indent = 0;
    else if (place != VALUE || w->leading || (w->flags & KZ_YAML_PRETTY) != 0)
        w->indent = indent + STEP;
    for (size_t i = 0; i < v->as.list.len; i++) {
        start_line(w);
        put_indicator(w, "-", true, false, true);
        write_node(w, v->as.list.at[i], ITEM);
    }
    w->indent = indent;
}

static void write_node(struct writer *w, const struct kz_value *v, enum place place)
{
    struct shape shape;
    char text[32];
    switch (v->kind) {
    case KZ_NULL:
        put_plain(w, KZ_STR("null"), false);
        break;
    case KZ_BOOL:
        put_plain(w, v->as.truth ? KZ_STR("true") : KZ_STR("false"), false);
        break;
    case KZ_INT:
        (void)snprintf(text, sizeof text, "%" PRId64, v->as.num);
        put_plain(w, kz_str(text), false);
        break;
    case KZ_UINT:
        (void)snprintf(text, sizeof text, "%" PRIu64, v->as.unum);
        put_plain(w, kz_str(text), false);
        break;
    case KZ_FLOAT:
        put_float(w, v->as.real);
        break;
    case KZ_STRING:
        shape = analyse(v->as.str);
        put_text(w, v->as.str, &shape, place);
        break;
    case KZ_LIST:
        if (v->as.list.len > 0)
            write_list(w, v, place);
        else
            put_indicator(w, "[]", true, false, false);
        break;
    case KZ_MAP:
        if (v->as.map.len > 0)
            write_map(w, v);
        else
            put_indicator(w, "{}", true, false, false);
        break;
    }
}

void kz_yaml_write(struct kz_buf *b, const struct kz_value *v, unsigned flags)
{
    struct writer w = {.buf = b, .flags = flags, .indent = -1, .white = true, .leading = true};
    write_node(&w, v, ROOT);
    kz_vec_done(&w.order);
    if (w.col > 0)
        put_break(&w);
}
