/* SPDX-License-Identifier: Apache-2.0
 *
 * Block style as sigs.k8s.io/yaml v1.4 prints it: items of a list under a key are not indented, long
 * plain and quoted scalars fold at a blank behind column 80, text with line ends is literal. */
#include "value/yaml.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "value/json.h"
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
    KZ_VEC(const struct kz_pair *) order; /* sorted pairs of the maps that are open, as a stack */
};

enum place { ROOT, ITEM, KEY, LONG_KEY, VALUE };

/* ---- output ---------------------------------------------------------------------------------- */

static void put_raw(struct writer *w, struct kz_str s)
{
    kz_buf_add_str(w->buf, s);
    for (size_t i = 0; i < s.len; i++)
        w->col += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
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
    bool multiline, plain, single, literal, tabs;
};

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
    bool syntax = kz_str_starts(s, KZ_STR("---")) || kz_str_starts(s, KZ_STR("..."));
    bool breaks = false, special = false, tabs = false, space_break = false, break_space = false;
    bool was_space = false, was_break = false, after_white = true, edge_white = false;
    if (s.len == 0)
        return (struct shape){.plain = true, .single = true};
    for (size_t at = 0; at < s.len;) {
        uint32_t r = 0;
        const size_t n = kz_utf8_next(kz_str_skip(s, at), &r);
        kz_assert(n > 0); /* what is not UTF-8 went to base64 before */
        const bool space = r == ' ', brk = is_break(r), edge = at == 0 || at + n == s.len;
        syntax = syntax || (r < 0x80 && r != 0 && is_syntax(s, at, after_white));
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
    return (struct shape){
        .multiline = breaks,
        .plain = !syntax && !breaks && !edge_white && !special && !tabs && !space_break && !break_space,
        .single = !special && !tabs && !space_break && !break_space,
        .literal = !ends_in_space && !special && !space_break,
        .tabs = tabs,
    };
}

/* ---- scalars --------------------------------------------------------------------------------- */

/* One character that may be a break, in a plain or single-quoted text. */
static void put_flowing(struct writer *w, struct kz_str s, bool quoted, bool may_fold)
{
    const bool fold = may_fold && (w->flags & KZ_YAML_PRETTY) == 0;
    bool spaces = false, breaks = false;
    for (size_t at = 0; at < s.len;) {
        uint32_t r = 0;
        const size_t n = kz_utf8_next(kz_str_skip(s, at), &r);
        const struct kz_str one = kz_str_n(s.ptr + at, n);
        const bool next_space = at + 1 < s.len && s.ptr[at + 1] == ' ';
        at += n;
        if (r == ' ') {
            const bool inside = !quoted || (at > 1 && at < s.len);
            if (fold && !spaces && w->col > WIDTH && inside && !next_space)
                start_line(w);
            else
                put_raw(w, one);
            spaces = true;
        } else if (is_break(r)) {
            if (!breaks && r == '\n')
                put_break(w);
            kz_buf_add_str(w->buf, one);
            w->col = 0;
            w->leading = true;
            breaks = true;
        } else {
            if (breaks)
                start_line(w);
            if (quoted && r == '\'')
                put_raw(w, one);
            put_raw(w, one);
            w->leading = spaces = breaks = false;
        }
    }
}

static void put_plain(struct writer *w, struct kz_str s, bool fold)
{
    if (!w->white)
        put_raw(w, KZ_STR(" "));
    put_flowing(w, s, false, fold);
    w->white = w->leading = false;
}

static void put_single(struct writer *w, struct kz_str s, bool fold)
{
    put_indicator(w, "'", true, false, false);
    put_flowing(w, s, true, fold);
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

static void put_double(struct writer *w, struct kz_str s, bool may_fold)
{
    const bool fold = may_fold && (w->flags & KZ_YAML_PRETTY) == 0;
    bool spaces = false;
    put_indicator(w, "\"", true, false, false);
    for (size_t at = 0; at < s.len;) {
        uint32_t r = 0;
        const size_t n = kz_utf8_next(kz_str_skip(s, at), &r);
        const struct kz_str one = kz_str_n(s.ptr + at, n);
        at += n;
        if (!printable(r) || is_break(r) || r == '"' || r == '\\') {
            put_escape(w, r);
            spaces = false;
        } else if (r == ' ') {
            if (fold && !spaces && w->col > WIDTH && at > 1 && at < s.len) {
                start_line(w);
                if (s.ptr[at] == ' ')
                    put_raw(w, KZ_STR("\\"));
            } else {
                put_raw(w, one);
            }
            spaces = true;
        } else {
            put_raw(w, one);
            spaces = false;
        }
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
        uint32_t r = 0;
        const size_t n = kz_utf8_next(kz_str_skip(s, at), &r);
        const struct kz_str one = kz_str_n(s.ptr + at, n);
        at += n;
        if (is_break(r)) {
            kz_buf_add_str(w->buf, one);
            w->col = 0;
            w->leading = breaks = true;
        } else {
            if (breaks)
                start_line(w);
            put_raw(w, one);
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

static void put_string(struct writer *w, struct kz_str s, enum place place)
{
    const bool key = place == KEY;
    const struct shape shape = analyse(s);
    w->indent += w->indent < 0 ? STEP + 1 : STEP;
    switch (style_of(s, &shape, key, w->flags)) {
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

static void put_text(struct writer *w, struct kz_str s, enum place place)
{
    const long indent = w->indent;
    if (kz_utf8_valid(s))
        put_string(w, s, place);
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

/* ---- the order of keys ----------------------------------------------------------------------- */


static uint32_t rune_at(struct kz_str s, size_t at, size_t *n)
{
    uint32_t r = 0xFFFD;
    size_t len = at < s.len ? kz_utf8_next(kz_str_skip(s, at), &r) : 0;
    *n = len == 0 ? 1 : len;
    return r;
}

static bool is_digit(uint32_t r)
{
    return r >= '0' && r <= '9';
}

/* Letters in Unicode's sense; beyond ASCII by blocks: signs and symbols in keys are rare. */
static bool is_letter(uint32_t r)
{
    static const struct {
        uint32_t first, last;
    } others[] = {
        {0x00, 0x40},     {0x5B, 0x60},     {0x7B, 0xA9},     {0xAB, 0xB4},   {0xB6, 0xB9},
        {0xBB, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},     {0x300, 0x36F}, {0x2000, 0x2070},
        {0x2072, 0x207E}, {0x20A0, 0x20FF}, {0x2190, 0x2BFF}, {0x2E00, 0x3004},
        {0x3007, 0x3030}, {0xD800, 0xF8FF}, {0xFE00, 0xFE6F}, {0xFEFF, 0xFF20},
        {0xFFE0, 0xFFFF}, {0x1F000, 0x1FFFF}, {0xE0000, 0x10FFFF},
    };
    for (size_t i = 0; i < kz_countof(others); i++)
        if (r <= others[i].last)
            return r < others[i].first;
    return true;
}

/* Is the digit before `at` part of a number that has begun with something other than 0? */
static bool inside_number(struct kz_str s, size_t at)
{
    while (at > 0 && is_digit((unsigned char)s.ptr[at - 1]))
        if (s.ptr[--at] != '0')
            return true;
    return false;
}

static uint64_t number_at(struct kz_str s, size_t at, uint64_t start, size_t *len)
{
    uint64_t num = start;
    size_t n = 0;
    for (; at + n < s.len && is_digit((unsigned char)s.ptr[at + n]); n++)
        num = num * 10 + (uint64_t)(s.ptr[at + n] - '0');
    *len = n;
    return num;
}

/* At the first difference: letters come behind everything else, digits compare as numbers. */
static int natural_cmp(struct kz_str a, struct kz_str b)
{
    size_t at = 0, n, m;
    while (at < a.len && at < b.len) {
        const uint32_t x = rune_at(a, at, &n), y = rune_at(b, at, &m);
        if (x == y) {
            at += n;
            continue;
        }
        if (is_letter(x) || is_letter(y)) {
            if (is_letter(x) && is_letter(y))
                return x < y ? -1 : 1;
            return is_letter(y) ? -1 : 1;
        }
        const uint64_t start = (x == '0' || y == '0') && inside_number(a, at) ? 1 : 0;
        size_t xlen, ylen;
        const int64_t xnum = (int64_t)number_at(a, at, start, &xlen);
        const int64_t ynum = (int64_t)number_at(b, at, start, &ylen);
        if (xnum != ynum)
            return xnum < ynum ? -1 : 1;
        if (xlen != ylen)
            return xlen < ylen ? -1 : 1;
        return x < y ? -1 : 1;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

static int by_key(const void *a, const void *b)
{
    const struct kz_pair *const *x = a, *const *y = b;
    return natural_cmp((*x)->key, (*y)->key);
}

/* ---- trees ----------------------------------------------------------------------------------- */

static void write_node(struct writer *w, const struct kz_value *v, enum place place);

static bool simple_key(struct kz_str key)
{
    return key.len <= KEY_MAX && (!kz_utf8_valid(key) || !analyse(key).multiline);
}

static void write_pair(struct writer *w, const struct kz_pair *pair)
{
    start_line(w);
    if (simple_key(pair->key)) {
        put_text(w, pair->key, KEY);
        put_indicator(w, ":", false, false, false);
    } else {
        put_indicator(w, "?", true, false, true);
        put_text(w, pair->key, LONG_KEY);
        start_line(w);
        put_indicator(w, ":", true, false, true);
    }
    write_node(w, pair->val, VALUE);
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
        put_text(w, v->as.str, place);
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
