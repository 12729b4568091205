/* SPDX-License-Identifier: Apache-2.0 */
#include "value/yaml_quick.h"

#include "base/utf8.h"
#include "value/scan.h"

enum { KEY_MAX = 1024 };

/* ---- places ---------------------------------------------------------------------------------- */

uint32_t kz_quick_wide_col(struct kz_quick *q, char *at)
{
    const char *bol = q->text + (q->bol - q->copy); /* in the text as it came */
    if (q->wide < q->bol)
        q->wide = q->bol + kz_scan_ascii(bol, (size_t)(q->end - q->bol));
    if (at <= q->wide)
        return (uint32_t)(at - q->bol) + 1;
    if (q->counted < q->bol || q->counted > at) {
        q->counted = q->bol;
        q->counted_col = 1;
    }
    for (const char *c = bol + (q->counted - q->bol); c < bol + (at - q->bol); c++)
        q->counted_col += ((unsigned char)*c & 0xC0) != 0x80;
    q->counted = at;
    return q->counted_col;
}

void kz_quick_next_line(struct kz_quick *q, char *line_end)
{
    q->p = q->bol = line_end + 1;
    q->line++;
}

/* ---- the tree -------------------------------------------------------------------------------- */

struct kz_value *kz_quick_node(struct kz_quick *q, enum kz_kind kind, char *at)
{
    struct kz_value *v = kz_new(q->arena, struct kz_value);
    v->kind = kind;
    v->line = q->line;
    v->col = kz_quick_col(q, at);
    return v;
}

static struct kz_quick_level *top(struct kz_quick *q)
{
    return &q->levels[q->depth];
}

bool kz_quick_is_open(const struct kz_quick *q)
{
    return q->entries.len > q->levels[q->depth].first &&
           q->entries.at[q->entries.len - 1].val == NULL;
}

bool kz_quick_weigh(struct kz_quick *q, size_t len)
{
    q->nodes += 1 + len / KZ_YAML_STRING_PER_NODE;
    return q->nodes <= KZ_YAML_NODES;
}

bool kz_quick_put(struct kz_quick *q, struct kz_value *v, size_t len)
{
    q->entries.at[q->entries.len - 1].val = v;
    return kz_quick_weigh(q, len);
}

/* The newest entry goes without a value: null. */
static bool fill_gap(struct kz_quick *q)
{
    if (!kz_quick_is_open(q))
        return true;
    struct kz_value *v = kz_new(q->arena, struct kz_value);
    v->kind = KZ_NULL;
    v->line = top(q)->gap_line;
    v->col = top(q)->gap_col;
    return kz_quick_put(q, v, 0);
}

void kz_quick_entry(struct kz_quick *q, struct kz_str key, uint32_t line, uint32_t col)
{
    const struct kz_pair pair = {.key = key, .line = line, .col = col};
    kz_vec_push(&q->entries, pair);
}

bool kz_quick_open(struct kz_quick *q, enum kz_kind kind, int indent, char *at)
{
    if (q->depth == KZ_VALUE_DEPTH)
        return false;
    struct kz_value *v = kz_quick_node(q, kind, at);
    if (!kz_quick_put(q, v, 0))
        return false;
    q->levels[++q->depth] = (struct kz_quick_level){
        .value = v, .first = q->entries.len, .indent = indent, .is_map = kind == KZ_MAP};
    return true;
}

bool kz_quick_close(struct kz_quick *q)
{
    if (!fill_gap(q))
        return false;
    const struct kz_quick_level *l = top(q);
    const size_t n = q->entries.len - l->first;
    q->entries.len = l->first;
    q->depth--;
    return n == 0 ||
           kz_value_fill(q->arena, l->value, q->entries.at + l->first, n, q->limits->last_key_wins);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Plain text starts with any other byte. */
const unsigned char kz_quick_classes[256] = {
    ['\0'] = KZ_QUICK_STRANGE, ['\t'] = KZ_QUICK_STRANGE, ['\n'] = KZ_QUICK_STRANGE,
    [' '] = KZ_QUICK_STRANGE,  ['#'] = KZ_QUICK_STRANGE,  ['%'] = KZ_QUICK_STRANGE,
    ['&'] = KZ_QUICK_STRANGE,  ['!'] = KZ_QUICK_STRANGE,  ['*'] = KZ_QUICK_STRANGE,
    ['@'] = KZ_QUICK_STRANGE,  ['`'] = KZ_QUICK_STRANGE,  [','] = KZ_QUICK_STRANGE,
    [']'] = KZ_QUICK_STRANGE,  ['}'] = KZ_QUICK_STRANGE,  ['"'] = KZ_QUICK_QUOTE,
    ['\''] = KZ_QUICK_QUOTE,   ['|'] = KZ_QUICK_BLOCK,    ['>'] = KZ_QUICK_BLOCK,
    ['['] = KZ_QUICK_FLOW,     ['{'] = KZ_QUICK_FLOW,     ['-'] = KZ_QUICK_DASH,
    ['?'] = KZ_QUICK_DASH,     [':'] = KZ_QUICK_DASH,
};

/* Goes to the first byte of the next line that has content; false: there is none. */
static bool next_content(struct kz_quick *q)
{
    while (q->p < q->end) {
        char *at = q->p + kz_scan_spaces(q->p);
        if (*at == '#')
            at = memchr(at, '\n', (size_t)(q->end + 1 - at));
        if (*at != '\n') {
            q->p = at;
            return true;
        }
        kz_quick_next_line(q, at);
    }
    return false;
}

/* Behind a value: blanks and a comment may follow on its line. */
static bool end_line(struct kz_quick *q)
{
    char *at = q->p + kz_scan_spaces(q->p);
    if (*at == '#' && at > q->p)
        at = memchr(at, '\n', (size_t)(q->end + 1 - at));
    if (at < q->end && *at != '\n')
        return false;
    kz_quick_next_line(q, at);
    return true;
}

/* Does the newest entry wait for a value, and may it stand in this column? */
static bool takes_value(struct kz_quick *q, int col)
{
    return top(q)->indent < col && kz_quick_is_open(q);
}

/* What stands behind ": " or where a value may start; keys are seen to before. */
static bool read_value(struct kz_quick *q)
{
    struct kz_str text;
    switch (kz_quick_class(q->p)) {
    case KZ_QUICK_PLAIN: {
        char *end = kz_quick_plain_end(q->p);
        return *end != ':' && kz_quick_plain(q, end);
    }
    case KZ_QUICK_QUOTE: {
        struct kz_value *v = kz_quick_node(q, KZ_STRING, q->p);
        if (!kz_quick_quoted(q, &text))
            return false;
        v->as.str = text;
        return kz_quick_put(q, v, text.len) && end_line(q);
    }
    case KZ_QUICK_BLOCK:
        return kz_quick_block(q);
    case KZ_QUICK_FLOW:
        return kz_quick_flow(q) && end_line(q);
    case KZ_QUICK_STRANGE:
    case KZ_QUICK_DASH:
        break;
    }
    return false;
}

/* "- " at p, in this column. */
static bool open_item(struct kz_quick *q, int col)
{
    const struct kz_quick_level *l = top(q);
    const bool under_key = l->is_map && l->indent == col; /* a list need not be indented there */
    if (!l->is_map && l->indent == col) {
        if (!fill_gap(q))
            return false;
    } else if (!(under_key ? kz_quick_is_open(q) : takes_value(q, col)) ||
               !kz_quick_open(q, KZ_LIST, col, q->p)) {
        return false;
    }
    q->p++;
    kz_quick_entry(q, KZ_STR_NONE, 0, 0);
    top(q)->gap_line = q->line;
    top(q)->gap_col = kz_quick_col(q, q->p);
    return true;
}

/* A key that starts in this column, at start; p is at its ':'. */
static bool open_pair(struct kz_quick *q, int col, char *start, struct kz_str key)
{
    const struct kz_quick_level *l = top(q);
    if (!l->is_map && l->indent == col) { /* ends a list that was not indented under its key */
        if (!l[-1].is_map || l[-1].indent != col || !kz_quick_close(q))
            return false;
        l = top(q);
    }
    if (l->is_map && l->indent == col) {
        if (!fill_gap(q))
            return false;
    } else if (!takes_value(q, col) || !kz_quick_open(q, KZ_MAP, col, start)) {
        return false;
    }
    kz_quick_entry(q, key, q->line, kz_quick_col(q, start));
    q->p++;
    top(q)->gap_line = q->line;
    top(q)->gap_col = kz_quick_col(q, q->p);
    return true;
}

/* Behind "- " or ":": is there more on this line? Else p is at the start of the next. */
static bool more_on_line(struct kz_quick *q)
{
    char *at = q->p + kz_scan_spaces(q->p);
    if (*at == '#')
        at = memchr(at, '\n', (size_t)(q->end + 1 - at));
    q->p = at;
    if (*at != '\n')
        return true;
    kz_quick_next_line(q, at);
    return false;
}

/* ": " behind a key at p: the pair, and its value if that stands on the same line. */
static bool read_pair(struct kz_quick *q, int col, char *start, struct kz_str key)
{
    if (q->p - start > KEY_MAX || !open_pair(q, col, start, key))
        return false;
    return !more_on_line(q) || read_value(q);
}

static bool read_plain(struct kz_quick *q, int col)
{
    char *start = q->p, *end = kz_quick_plain_end(start);
    struct kz_str key;
    if (*end != ':')
        return takes_value(q, col) && kz_quick_plain(q, end);
    q->p = end;
    while (kz_quick_white(end[-1]))
        end--;
    if (!kz_quick_plain_key(q, &key, kz_str_n(start, (size_t)(end - start))) ||
        !read_pair(q, col, start, key))
        return false;
    *end = '\0';
    return true;
}

static bool read_quoted(struct kz_quick *q, int col)
{
    char *start = q->p;
    const uint32_t line = q->line, place = kz_quick_col(q, start);
    struct kz_str text;
    if (!kz_quick_quoted(q, &text))
        return false;
    char *next = q->p + kz_scan_spaces(q->p);
    if (*next == ':' && kz_quick_white(next[1])) {
        q->p = next;
        return q->line == line && kz_quick_weigh(q, text.len) && read_pair(q, col, start, text);
    }
    if (!takes_value(q, col))
        return false;
    struct kz_value *v = kz_value_str(q->arena, text);
    v->line = line;
    v->col = place;
    return kz_quick_put(q, v, text.len) && end_line(q);
}

/* The content of a line, which starts in this column: "- " any number of times, then a pair, a value or
 * nothing. Reads to the start of another line. */
static bool read_line(struct kz_quick *q)
{
    int col = (int)(q->p - q->bol);
    while (top(q)->indent > col)
        if (!kz_quick_close(q))
            return false;
    for (; q->p[0] == '-' && kz_quick_white(q->p[1]); col = (int)(q->p - q->bol)) {
        if (!open_item(q, col))
            return false;
        if (!more_on_line(q))
            return true;
    }
    switch (kz_quick_class(q->p)) {
    case KZ_QUICK_PLAIN:
        return read_plain(q, col);
    case KZ_QUICK_QUOTE:
        return read_quoted(q, col);
    case KZ_QUICK_BLOCK:
    case KZ_QUICK_FLOW:
        return takes_value(q, col) && read_value(q);
    case KZ_QUICK_STRANGE:
    case KZ_QUICK_DASH:
        break;
    }
    return false;
}

/* ---- documents ------------------------------------------------------------------------------- */

static bool start_document(struct kz_quick *q)
{
    q->nodes = 0;
    q->entries.len = 0;
    kz_quick_entry(q, KZ_STR_NONE, 0, 0);
    return kz_value_len(q->docs) < q->limits->docs;
}

/* start: a place at or before that from which the size of a document counts. */
static bool end_document(struct kz_quick *q, const char *start)
{
    while (q->depth > 0)
        if (!kz_quick_close(q))
            return false;
    if (q->entries.at[0].val != NULL)
        kz_value_push(q->arena, q->docs, q->entries.at[0].val);
    return (size_t)((q->p < q->end ? q->p : q->end) - start) <= q->limits->document;
}

static bool read_documents(struct kz_quick *q)
{
    const char *start = q->copy;
    q->levels[0] = (struct kz_quick_level){.indent = -1};
    if (!start_document(q))
        return false;
    while (next_content(q)) {
        if (q->p != q->bol || (*q->p != '-' && *q->p != '.') || !kz_quick_marker(q->p)) {
            if (!read_line(q))
                return false;
            continue;
        }
        if (*q->p == '.' || !end_document(q, start) || !start_document(q))
            return false;
        start = q->p;
        q->p += 3;
        if (more_on_line(q))
            return false;
    }
    return end_document(q, start);
}

/* May every character stand in YAML, and is none of them another kind of line end? */
static bool well_made(struct kz_str text)
{
    for (size_t at = 0; at < text.len;) {
        at += kz_scan_printable(text.ptr + at, text.len - at);
        for (const size_t stop = at + 16; at < text.len && at < stop;) {
            const unsigned char c = (unsigned char)text.ptr[at];
            uint32_t rune;
            if (c < 0x80) {
                if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7F)
                    return false;
                at++;
                continue;
            }
            const size_t n = kz_utf8_next(kz_str_skip(text, at), &rune);
            if (n == 0 || rune < 0xA0 || rune == 0x2028 || rune == 0x2029 || rune == 0xFEFF ||
                rune == 0xFFFE || rune == 0xFFFF)
                return false;
            at += n;
        }
    }
    return true;
}

bool kz_yaml_quick_read(struct kz_value **docs, struct kz_arena *a, struct kz_str text,
                        const struct kz_yaml_limits *limits)
{
    struct kz_quick q = {.arena = a, .limits = limits, .text = text.ptr, .line = 1};
    if (text.len > limits->text || !well_made(text))
        return false;
    const struct kz_arena_mark before = kz_arena_here(a);
    q.copy = kz_arena_bytes(a, text.len + KZ_SCAN_PAD);
    if (text.len > 0)
        memcpy(q.copy, text.ptr, text.len);
    memset(q.copy + text.len, 0, KZ_SCAN_PAD);
    q.end = q.copy + text.len;
    *q.end = '\n';
    q.p = q.bol = q.copy;
    q.wide = q.bol + kz_scan_ascii(text.ptr, text.len);
    q.docs = kz_value_list(a);
    const bool mine = read_documents(&q);
    kz_vec_done(&q.entries);
    if (mine)
        *docs = q.docs;
    else
        kz_arena_rewind(a, before);
    return mine;
}
