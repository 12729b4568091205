/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/excerpt.h"

#include <string.h>

enum { WIDTH = 96, AROUND = 32 }; /* columns of a line; of them before the mark, when it is far right */

/* ---- secrets ----------------------------------------------------------------------------------- */

/* The kind that a line names: "kind: X", also in a list ("- kind: X") or quoted; "" else. */
static struct kz_str kind_of(struct kz_str line)
{
    static const char marks[] = "\"'{},";
    struct kz_str s = kz_str_trim(line);
    while (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == ' ' || strchr(marks, s.ptr[0]) != NULL))
        s = kz_str_skip(s, 1);
    if (!kz_str_starts(s, KZ_STR("kind")))
        return KZ_STR("");
    s = kz_str_skip(s, 4);
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == ':' || strchr(marks, s.ptr[0]) != NULL))
        s = kz_str_skip(s, 1);
    size_t n = 0;
    while (n < s.len && ((s.ptr[n] | 0x20) >= 'a' && (s.ptr[n] | 0x20) <= 'z'))
        n++;
    return kz_str_head(s, n);
}

bool kz_excerpt_is_secret(struct kz_str doc)
{
    bool known = false;
    for (struct kz_str line; doc.len > 0;) {
        doc = kz_str_cut(&line, doc, '\n');
        const struct kz_str kind = kind_of(line);
        if (kz_str_is(kind, "Secret") || kz_str_is(kind, "SecretList") || kz_str_is(kind, "List"))
            return true;
        known = known || kind.len > 0;
    }
    return !known;
}

/* How much of a line can be shown: up to the colon behind a key. */
static size_t open_part(struct kz_str line)
{
    size_t n = 0;
    while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '-' || line.ptr[n] == '\t'))
        n++;
    const size_t key = n;
    while (n < line.len && (line.ptr[n] == '_' || line.ptr[n] == '-' || line.ptr[n] == '.' ||
                            line.ptr[n] == '/' || (line.ptr[n] >= '0' && line.ptr[n] <= '9') ||
                            ((line.ptr[n] | 0x20) >= 'a' && (line.ptr[n] | 0x20) <= 'z')))
        n++;
    return n > key && n < line.len && line.ptr[n] == ':' ? n + 1 : key;
}

/* ---- lines ------------------------------------------------------------------------------------- */

static void add_clean(struct kz_buf *b, struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        kz_buf_putc(b, (unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7F ? ' ' : s.ptr[i]);
}

static bool continues(char c) /* a byte inside of a letter of UTF-8 */
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t letters(struct kz_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += !continues(s.ptr[i]);
    return n;
}

/* What is shown of a line that is too long. col: bytes before the place to be seen. */
static struct kz_str window(struct kz_str line, size_t col)
{
    size_t from = col > WIDTH - AROUND ? col - AROUND : 0;
    while (from > 0 && continues(line.ptr[from]))
        from--;
    struct kz_str s = kz_str_skip(line, from);
    if (s.len <= WIDTH)
        return s;
    size_t end = WIDTH;
    while (end > 0 && continues(s.ptr[end]))
        end--;
    return kz_str_head(s, end);
}

static void add_mark(struct kz_buf *b, struct kz_str line, struct kz_str shown,
                     const struct kz_excerpt *e, unsigned digits)
{
    const size_t at = e->col - 1, cut = (size_t)(shown.ptr - line.ptr);
    size_t from = at, len = 1;
    /* The place of a path is its last part: begin where the path does. */
    for (size_t i = 0; e->marked.len > 1 && i <= at && i + e->marked.len <= line.len; i++) {
        if (i + e->marked.len > at && memcmp(line.ptr + i, e->marked.ptr, e->marked.len) == 0) {
            from = i > cut ? i : cut;
            len = i + e->marked.len - from;
            break;
        }
    }
    const struct kz_str rest = kz_str_skip(shown, from - cut);
    len = letters(kz_str_head(rest, len));
    kz_buf_fill(b, ' ', digits);
    kz_buf_puts(b, " | ");
    kz_buf_fill(b, ' ', letters(kz_str_head(shown, from - cut)));
    kz_buf_fill(b, '^', len > 0 ? len : 1);
    kz_buf_putc(b, '\n');
}

void kz_excerpt_line(struct kz_buf *b, struct kz_str line, bool masked)
{
    const size_t open = masked ? open_part(line) : line.len;
    add_clean(b, window(kz_str_head(line, open), 0));
    if (kz_str_trim(kz_str_skip(line, open)).len > 0)
        kz_buf_puts(b, open > 0 && line.ptr[open - 1] == ':' ? " ***" : "***");
}

static void add_line(struct kz_buf *b, struct kz_str line, uint32_t number,
                     const struct kz_excerpt *e, unsigned digits)
{
    const size_t open = e->masked ? open_part(line) : line.len;
    const bool hidden = kz_str_trim(kz_str_skip(line, open)).len > 0;
    const bool marked = number == e->line && e->col > 0 && e->col <= open + !hidden;
    const struct kz_str shown = window(kz_str_head(line, open), marked ? e->col - 1 : 0);
    kz_buf_printf(b, "%*u | ", (int)digits, number);
    add_clean(b, shown);
    if (hidden)
        kz_buf_puts(b, open > 0 && line.ptr[open - 1] == ':' ? " ***" : "***");
    kz_buf_putc(b, '\n');
    if (marked)
        add_mark(b, line, shown, e, digits);
}

void kz_excerpt_add(struct kz_buf *b, const struct kz_excerpt *e)
{
    const uint32_t from = e->line > e->before ? e->line - e->before : 1;
    struct kz_str rest = e->text, line;
    unsigned digits = 4;
    for (uint32_t limit = 10000; e->line >= limit && digits < 10; digits++)
        limit = limit > UINT32_MAX / 10 ? UINT32_MAX : limit * 10;
    for (uint32_t i = 1; i <= e->line && rest.len > 0; i++) {
        rest = kz_str_cut(&line, rest, '\n');
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line = kz_str_head(line, line.len - 1);
        if (i >= from)
            add_line(b, line, i, e, digits);
    }
}
