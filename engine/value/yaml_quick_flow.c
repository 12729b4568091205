/* SPDX-License-Identifier: Apache-2.0
 *
 * Flow style of the quick YAML reader: lists, maps of "key: value", JSON. Pairs in lists, keys without
 * values and the like are not its own. */
#include "value/yaml_quick.h"

#include "value/scan.h"

enum { KEY_MAX = 1024 };

/* White space, line ends and comments. In the first column a marker could stand. */
static bool skip_white(struct kz_quick *q)
{
    for (;;) {
        char *at = q->p + kz_scan_spaces(q->p);
        if (*at == '#' && (at == q->bol || at > q->p))
            at = memchr(at, '\n', (size_t)(q->end + 1 - at));
        if (at >= q->end)
            return false;
        q->p = at;
        if (*at != '\n')
            return at != q->bol || (*at != '-' && *at != '.' && *at != '%');
        kz_quick_next_line(q, at);
    }
}

/* Where plain text ends: at , [ ] { } a line end, or ": ". NULL: it is not so simple. */
static char *plain_end(char *p)
{
    static const bool stops[256] = {[','] = true, ['['] = true, [']'] = true, ['{'] = true,
                                    ['}'] = true, [':'] = true, ['#'] = true, ['\n'] = true};
    for (;; p++) {
        while (!stops[(unsigned char)*p])
            p++;
        if (*p == '#')
            return NULL;
        if (*p != ':' || kz_quick_white(p[1]))
            return p;
        if (stops[(unsigned char)p[1]] || p[1] == '?')
            return NULL;
    }
}

/* A scalar at p as a string, a view or a copy; *plain: it may mean something else. */
static bool read_text(struct kz_quick *q, struct kz_str *out, bool *plain)
{
    const enum kz_quick_class class = kz_quick_class(q->p);
    *plain = class == KZ_QUICK_PLAIN;
    if (class == KZ_QUICK_QUOTE)
        return kz_quick_quoted(q, out);
    char *start = q->p, *end = *plain ? plain_end(start) : NULL;
    /* "-," and the like, and what starts with '?' or ':', mean something else here */
    if (end == NULL || *start == '?' || *start == ':' || end - start < (*start == '-' ? 2 : 1))
        return false;
    q->p = end;
    while (end > start && kz_quick_white(end[-1]))
        end--;
    *out = kz_str_dup(q->arena, kz_str_n(start, (size_t)(end - start)));
    return true;
}

static bool read_key(struct kz_quick *q)
{
    char *start = q->p;
    const uint32_t line = q->line, col = kz_quick_col(q, start);
    struct kz_str key;
    bool plain;
    if (!read_text(q, &key, &plain) ||
        !(plain ? kz_quick_plain_key(q, &key, key) : kz_quick_weigh(q, key.len)))
        return false;
    q->p += kz_scan_spaces(q->p);
    if (*q->p != ':' || q->line != line || q->p - start > KEY_MAX)
        return false;
    q->p++;
    kz_quick_entry(q, key, line, col);
    return true;
}

static bool read_scalar(struct kz_quick *q)
{
    struct kz_value *v = kz_quick_node(q, KZ_STRING, q->p);
    struct kz_str text;
    bool plain;
    if (!read_text(q, &text, &plain))
        return false;
    v->as.str = text;
    return (!plain || kz_quick_resolve(v, text)) && kz_quick_put(q, v, text.len);
}

static bool open_here(struct kz_quick *q)
{
    const enum kz_kind kind = *q->p == '{' ? KZ_MAP : KZ_LIST;
    return kz_quick_open(q, kind, q->levels[q->depth].indent, q->p++);
}

bool kz_quick_flow(struct kz_quick *q)
{
    const size_t outer = q->depth;
    bool full = false; /* an entry ended: a comma or the end comes next */
    if (!open_here(q))
        return false;
    while (q->depth > outer) {
        if (!skip_white(q))
            return false;
        const bool is_map = q->levels[q->depth].is_map, open = kz_quick_is_open(q);
        if (*q->p == (is_map ? '}' : ']') && !open) {
            q->p++;
            full = true;
            if (!kz_quick_close(q))
                return false;
        } else if (full) {
            if (*q->p++ != ',')
                return false;
            full = false;
        } else if (is_map && !open) {
            if (!read_key(q))
                return false;
        } else {
            if (!is_map)
                kz_quick_entry(q, KZ_STR_NONE, 0, 0);
            full = *q->p != '[' && *q->p != '{';
            if (!(full ? read_scalar(q) : open_here(q)))
                return false;
        }
    }
    return true;
}
