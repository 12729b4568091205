/* SPDX-License-Identifier: Apache-2.0
 *
 * Scalars of the quick YAML reader. A text that is not one run of the copy is put together in place:
 * what it becomes is never longer than what it was, and the byte behind it is read already, so that
 * there is room for the NUL. */
#include "value/yaml_quick.h"

#include "base/utf8.h"
#include "value/yaml_scalar.h"
#include "value/scan.h"

#include <math.h>

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct kz_str finish(char *start, char *end)
{
    *end = '\0';
    return kz_str_n(start, (size_t)(end - start));
}

/* ---- plain ----------------------------------------------------------------------------------- */

char *kz_quick_plain_end(char *p)
{
    for (;; p++) {
        p = kz_scan_find3(p, '\n', ':', '#');
        if (*p == '\n' || (*p == ':' && kz_quick_white(p[1])) || (*p == '#' && blank(p[-1])))
            return p;
    }
}

bool kz_quick_resolve(struct kz_value *v, struct kz_str text)
{
    v->kind = KZ_STRING;
    v->as.str = text;
    if (kz_yaml_maybe_special(text))
        (void)kz_yaml_resolve(v, text);
    return v->kind != KZ_FLOAT || isfinite(v->as.real);
}

bool kz_quick_plain_key(struct kz_quick *q, struct kz_str *out, struct kz_str text)
{
    struct kz_value v;
    *out = text;
    if (!kz_quick_weigh(q, text.len))
        return false;
    if (!kz_yaml_maybe_special(text))
        return true;
    return kz_yaml_resolve(&v, text) != KZ_YAML_MERGE && kz_yaml_key_text(out, q->arena, &v);
}

/* Without the blanks that end a line. */
static char *trimmed(const char *start, char *end)
{
    while (end > start && blank(end[-1]))
        end--;
    return end;
}

/* At the start of a line behind plain text: does the text go on? Then p is there, behind *breaks empty
 * lines. A comment, a line that is not indented deeper and the end do not go on. */
static bool goes_on(struct kz_quick *q, size_t *breaks)
{
    const int indent = q->levels[q->depth].indent;
    *breaks = 0;
    for (char *at = q->p; at < q->end;) {
        const size_t col = kz_scan_spaces(at);
        if (at[col] == '\n') {
            at += col + 1;
            ++*breaks;
            continue;
        }
        if ((int)col <= indent || at + col >= q->end || at[col] == '#' ||
            (col == 0 && kz_quick_marker(at)))
            return false;
        q->line += (uint32_t)*breaks;
        q->bol = at;
        q->p = at + col;
        return true;
    }
    return false;
}

bool kz_quick_plain(struct kz_quick *q, char *end)
{
    char *start = q->p, *to = trimmed(start, end);
    struct kz_value *v = kz_quick_node(q, KZ_STRING, start);
    size_t breaks;
    for (;;) {
        const bool comment = *end == '#';
        if (comment)
            end = memchr(end, '\n', (size_t)(q->end + 1 - end));
        kz_quick_next_line(q, end);
        if (comment || !goes_on(q, &breaks))
            break;
        if (blank(*q->p) || q->p == q->bol) /* a tab; a document of text */
            return false;
        end = kz_quick_plain_end(q->p);
        if (*end == ':')
            return false;
        memset(to, breaks == 0 ? ' ' : '\n', breaks == 0 ? 1 : breaks);
        to += breaks == 0 ? 1 : breaks;
        const size_t n = (size_t)(trimmed(q->p, end) - q->p);
        memmove(to, q->p, n);
        to += n;
    }
    const struct kz_str text = finish(start, to);
    return kz_quick_resolve(v, text) && kz_quick_put(q, v, text.len);
}

/* ---- literal and folded ---------------------------------------------------------------------- */

struct block {
    bool folded;
    char chomp;    /* as written: '-', '+' or 0 */
    size_t indent; /* 0: the first line with content says */
    size_t breaks; /* empty lines since the last one with content */
};

/* "|", ">-", "|2+": p then stands at the end of the line. */
static bool read_header(struct kz_quick *q, struct block *b)
{
    const int outer = q->levels[q->depth].indent;
    b->folded = *q->p++ == '>';
    for (int i = 0; i < 2; i++) {
        if (b->chomp == 0 && (*q->p == '-' || *q->p == '+'))
            b->chomp = *q->p++;
        else if (b->indent == 0 && *q->p >= '1' && *q->p <= '9')
            b->indent = (size_t)(*q->p++ - '0') + (outer > 0 ? (size_t)outer : 0);
    }
    while (blank(*q->p))
        q->p++;
    if (*q->p == '#')
        q->p = memchr(q->p, '\n', (size_t)(q->end + 1 - q->p));
    return *q->p == '\n';
}

/* Goes over empty lines to one that has content, or ends the text; *col is how far that is indented, at
 * most as deep as the text. */
static bool skip_empty(struct kz_quick *q, struct block *b, size_t *col)
{
    size_t deepest = 0, n;
    for (;; b->breaks++) {
        n = kz_scan_spaces(q->p);
        if (b->indent > 0 && n > b->indent)
            n = b->indent;
        if (n > deepest)
            deepest = n;
        if ((b->indent == 0 || n < b->indent) && q->p[n] == '\t')
            return false;
        if (q->p + n >= q->end || q->p[n] != '\n')
            break;
        kz_quick_next_line(q, q->p + n);
    }
    if (b->indent == 0) {
        const int least = q->levels[q->depth].indent + 1;
        b->indent = deepest > (size_t)least ? deepest : (size_t)least;
        if (b->indent == 0)
            b->indent = 1;
    }
    *col = n;
    return true;
}

bool kz_quick_block(struct kz_quick *q)
{
    struct block b = {0};
    struct kz_value *v = kz_quick_node(q, KZ_STRING, q->p);
    if (!read_header(q, &b))
        return false;
    char *start = q->p, *to = start; /* the line end of the header: room for the NUL */
    size_t col;
    bool broken = false, was_blank = false; /* a line end waits; its line started with a blank */
    if (q->p < q->end)
        kz_quick_next_line(q, q->p);
    if (!skip_empty(q, &b, &col))
        return false;
    while (col == b.indent && q->p + col < q->end) {
        char *line = q->p + col;
        const bool is_blank = blank(*line);
        if (broken && (!b.folded || was_blank || is_blank))
            *to++ = '\n';
        else if (broken && b.breaks == 0)
            *to++ = ' ';
        memset(to, '\n', b.breaks);
        to += b.breaks;
        b.breaks = 0;
        was_blank = is_blank;
        char *end = memchr(line, '\n', (size_t)(q->end + 1 - line));
        memmove(to, line, (size_t)(end - line));
        to += end - line;
        broken = end < q->end;
        if (broken)
            kz_quick_next_line(q, end);
        else
            q->p = q->bol = end;
        if (!skip_empty(q, &b, &col))
            return false;
    }
    if (broken && b.chomp != '-')
        *to++ = '\n';
    if (b.chomp == '+') {
        memset(to, '\n', b.breaks);
        to += b.breaks;
    }
    v->as.str = finish(start, to);
    return kz_quick_put(q, v, v->as.str.len);
}

/* ---- quoted ---------------------------------------------------------------------------------- */

/* At white space inside quotes that holds a line end: goes behind it; *breaks are the line ends behind
 * the first. Content in the first column may be a marker or worse. */
static bool skip_fold(struct kz_quick *q, size_t *breaks)
{
    *breaks = 0;
    while (*q->p == '\n' || blank(*q->p)) {
        if (q->p >= q->end)
            return false;
        if (blank(*q->p)) {
            q->p++;
        } else {
            kz_quick_next_line(q, q->p);
            ++*breaks;
        }
    }
    return q->p != q->bol || (*q->p != '-' && *q->p != '.' && *q->p != '%');
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* \xFF, \uFFFF, \U0010FFFF: digits of them stand at p. */
static bool read_code(struct kz_quick *q, char **to, int digits)
{
    uint32_t rune = 0;
    for (; digits > 0; digits--, q->p++) {
        const int digit = hex(*q->p);
        if (digit < 0)
            return false;
        rune = rune << 4 | (uint32_t)digit;
    }
    if ((rune >= 0xD800 && rune <= 0xDFFF) || rune > 0x10FFFF)
        return false;
    *to += kz_utf8_put(*to, rune);
    return true;
}

/* p at a backslash that does not end its line. Escapes that become longer are not taken. */
static bool read_escape(struct kz_quick *q, char **to)
{
    static const char plain[128] = {
        ['a'] = '\a', ['b'] = '\b', ['t'] = '\t',  ['\t'] = '\t', ['n'] = '\n',
        ['v'] = '\v', ['f'] = '\f', ['r'] = '\r',  ['e'] = 0x1B,  [' '] = ' ',
        ['"'] = '"',  ['/'] = '/',  ['\\'] = '\\',
    };
    const unsigned char c = (unsigned char)q->p[1];
    q->p += 2;
    if (c < sizeof plain && plain[c] != '\0') {
        *(*to)++ = plain[c];
        return true;
    }
    switch (c) {
    case '0':
        *(*to)++ = '\0';
        return true;
    case 'x':
        return read_code(q, to, 2);
    case 'u':
        return read_code(q, to, 4);
    case 'U':
        return read_code(q, to, 8);
    default:
        return false;
    }
}

/* The rest of a quoted text from p on, where something is not to be taken as it stands. */
static bool put_together(struct kz_quick *q, char *to, char quote, char **end)
{
    for (;;) {
        const char c = *q->p;
        size_t breaks;
        if (c == quote) {
            if (quote == '"' || q->p[1] != '\'')
                break;
            *to++ = '\'';
            q->p += 2;
        } else if (c == '\\' && quote == '"') {
            if (q->p[1] != '\n') {
                if (!read_escape(q, &to))
                    return false;
                continue;
            }
            q->p++; /* an escaped line end is nothing, those behind it stay */
            if (!skip_fold(q, &breaks))
                return false;
            memset(to, '\n', breaks - 1);
            to += breaks - 1;
        } else if (c == '\n' || blank(c)) {
            char *white = q->p;
            while (blank(*q->p))
                q->p++;
            if (*q->p != '\n') {
                const size_t n = (size_t)(q->p - white);
                memmove(to, white, n);
                to += n;
                continue;
            }
            if (!skip_fold(q, &breaks))
                return false;
            memset(to, breaks == 1 ? ' ' : '\n', breaks == 1 ? 1 : breaks - 1);
            to += breaks == 1 ? 1 : breaks - 1;
        } else {
            *to++ = c;
            q->p++;
        }
    }
    *end = to;
    return true;
}

bool kz_quick_quoted(struct kz_quick *q, struct kz_str *out)
{
    const char quote = *q->p;
    char *start = q->p + 1;
    char *end = kz_scan_find3(start, quote, '\n', (char)(quote == '"' ? '\\' : '\n'));
    q->p = end;
    if (end >= q->end)
        return false;
    if (*end != quote || (quote == '\'' && end[1] == '\'')) {
        q->p = trimmed(start, end); /* blanks before a line end are part of the fold */
        if (!put_together(q, q->p, quote, &end))
            return false;
    }
    q->p++;
    *out = finish(start, end);
    return true;
}
