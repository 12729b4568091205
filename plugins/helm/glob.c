/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/glob.h"

#include "base/utf8.h"

#include <string.h>

enum { NESTED = 100 };

enum kind { TEXT, ANY, SUPER, SINGLE, LIST, RANGE, ANY_OF };

struct pattern { /* parts one behind another */
    struct part *first, *last;
    struct pattern *next; /* alternative */
};

struct part {
    enum kind kind;
    bool negated;             /* LIST, RANGE */
    struct kz_str text;       /* TEXT, LIST: without escapes */
    uint32_t low, high;       /* RANGE */
    struct pattern *patterns; /* ANY_OF */
    struct part *next;
};

struct kz_glob {
    struct pattern root;
    size_t parts;
};

/* ---- reading ----------------------------------------------------------------------------------- */

struct reader {
    struct kz_arena *a;
    struct kz_str rest;
    struct kz_glob *g;
    unsigned depth;
    bool bad;
};

/* The next character without taking it; 0 at the end, which NUL is, too. */
static uint32_t peek(struct reader *r, size_t *len)
{
    uint32_t rune = 0;
    *len = 0;
    if (r->rest.len == 0 || r->bad)
        return 0;
    *len = kz_utf8_next(r->rest, &rune);
    if (*len == 0 || rune == 0xFFFD)
        r->bad = true;
    if (rune == 0)
        r->rest.len = 0;
    return r->bad ? 0 : rune;
}

static uint32_t take(struct reader *r)
{
    size_t len;
    const uint32_t rune = peek(r, &len);
    if (rune != 0)
        r->rest = kz_str_skip(r->rest, len);
    return rune;
}

static struct part *add(struct reader *r, struct pattern *p, enum kind kind)
{
    struct part *part = kz_new(r->a, struct part);
    part->kind = kind;
    if (p->last != NULL)
        p->last->next = part;
    else
        p->first = part;
    p->last = part;
    r->g->parts++;
    return part;
}

/* Up to one of the breakers, escapes resolved. */
static struct kz_str take_text(struct reader *r, const char *breakers)
{
    char *out = kz_arena_bytes(r->a, r->rest.len + 1);
    size_t n = 0, len;
    bool escaped = false;
    for (uint32_t c; (c = peek(r, &len)) != 0;) {
        if (!escaped && c < 0x80 && strchr(breakers, (int)c) != NULL)
            break;
        escaped = !escaped && c == '\\';
        if (!escaped) {
            memcpy(out + n, r->rest.ptr, len);
            n += len;
        }
        r->rest = kz_str_skip(r->rest, len);
    }
    return kz_str_n(out, n);
}

/* Behind "[". A range is two characters and no more; everything else is a list. */
static void read_set(struct reader *r, struct pattern *p)
{
    size_t len;
    bool negated = false;
    if (peek(r, &len) == '!') {
        (void)take(r);
        negated = true;
    }
    const struct kz_str before = r->rest;
    const uint32_t low = take(r);
    if (low != 0 && peek(r, &len) == '-') {
        (void)take(r);
        const uint32_t high = take(r);
        if (high < low || take(r) != ']') {
            r->bad = true;
            return;
        }
        struct part *range = add(r, p, RANGE);
        range->low = low;
        range->high = high;
        range->negated = negated;
        return;
    }
    r->rest = before;
    const struct kz_str list = take_text(r, "]");
    if (list.len == 0 || take(r) != ']') {
        r->bad = true;
        return;
    }
    struct part *part = add(r, p, LIST);
    part->text = list;
    part->negated = negated;
}

static void read_pattern(struct reader *r, struct pattern *p);

/* Behind "{". What is not closed ends with the pattern. */
static void read_any_of(struct reader *r, struct pattern *p)
{
    struct part *part = add(r, p, ANY_OF);
    struct pattern **at = &part->patterns;
    uint32_t c;
    if (++r->depth > NESTED)
        r->bad = true;
    do {
        *at = kz_new(r->a, struct pattern);
        read_pattern(r, *at);
        at = &(*at)->next;
        c = take(r);
    } while (c == ',' && !r->bad);
    r->depth--;
}

static void read_pattern(struct reader *r, struct pattern *p)
{
    size_t len;
    for (uint32_t c; (c = peek(r, &len)) != 0 && !r->bad;) {
        if (r->depth > 0 && (c == ',' || c == '}'))
            return;
        switch (c) {
        case '{':
            (void)take(r);
            read_any_of(r, p);
            break;
        case '[':
            (void)take(r);
            read_set(r, p);
            break;
        case '?':
            (void)take(r);
            (void)add(r, p, SINGLE);
            break;
        case '*':
            (void)take(r);
            if (peek(r, &len) == '*') {
                (void)take(r);
                (void)add(r, p, SUPER);
            } else {
                (void)add(r, p, ANY);
            }
            break;
        default: {
            const struct kz_str text = take_text(r, r->depth > 0 ? "?*[{}," : "?*[{");
            if (text.len > 0)
                add(r, p, TEXT)->text = text;
        }
        }
    }
}

const struct kz_glob *kz_glob_parse(struct kz_arena *a, struct kz_str pattern)
{
    struct kz_glob *g = kz_new(a, struct kz_glob);
    struct reader r = {.a = a, .rest = pattern, .g = g};
    read_pattern(&r, &g->root);
    return r.bad ? NULL : g;
}

size_t kz_glob_parts(const struct kz_glob *g)
{
    return g->parts;
}

/* ---- matching ---------------------------------------------------------------------------------- */

/* All places at once: a part turns the set of places where it may begin into the set of those where it
 * may end. No pattern can blow that up. */
struct match {
    struct kz_arena *a;
    struct kz_str text;
};

static size_t rune_at(const struct match *m, size_t i, uint32_t *rune)
{
    const size_t len = kz_utf8_next(kz_str_skip(m->text, i), rune);
    if (len == 0)
        *rune = 0xFFFD;
    return len == 0 ? 1 : len;
}

static bool in_list(struct kz_str list, uint32_t rune)
{
    for (uint32_t c; list.len > 0;) {
        const size_t len = kz_utf8_next(list, &c);
        if (c == rune)
            return true;
        list = kz_str_skip(list, len);
    }
    return false;
}

static bool one_fits(const struct part *part, uint32_t rune)
{
    switch (part->kind) {
    case SINGLE:
        return rune != '/';
    case LIST:
        return in_list(part->text, rune) != part->negated;
    case RANGE:
        return (rune >= part->low && rune <= part->high) != part->negated;
    case TEXT:
    case ANY:
    case SUPER:
    case ANY_OF:
        break;
    }
    return false;
}

static bool *run(struct match *m, const struct pattern *p, const bool *from);

static void step(struct match *m, const struct part *part, const bool *from, bool *to)
{
    const size_t n = m->text.len;
    bool on = false;
    uint32_t rune;
    switch (part->kind) {
    case TEXT:
        for (size_t i = 0; i + part->text.len <= n; i++)
            if (from[i] && memcmp(m->text.ptr + i, part->text.ptr, part->text.len) == 0)
                to[i + part->text.len] = true;
        return;
    case ANY:
    case SUPER:
        for (size_t i = 0, len; i <= n; i += len) {
            on = on || from[i];
            to[i] = on;
            len = i < n ? rune_at(m, i, &rune) : 1;
            on = on && (part->kind == SUPER || i == n || rune != '/');
        }
        return;
    case SINGLE:
    case LIST:
    case RANGE:
        for (size_t i = 0; i < n; i++) {
            if (!from[i])
                continue;
            const size_t len = rune_at(m, i, &rune);
            to[i + len] = one_fits(part, rune) || to[i + len];
        }
        return;
    case ANY_OF:
        for (const struct pattern *p = part->patterns; p != NULL; p = p->next) {
            const bool *end = run(m, p, from);
            for (size_t i = 0; i <= n; i++)
                to[i] = to[i] || end[i];
        }
        return;
    }
}

static bool *run(struct match *m, const struct pattern *p, const bool *from)
{
    const size_t n = m->text.len + 1;
    bool *at = kz_new_n(m->a, bool, n), *to = kz_new_n(m->a, bool, n);
    memcpy(at, from, n);
    for (const struct part *part = p->first; part != NULL; part = part->next) {
        memset(to, 0, n);
        step(m, part, at, to);
        bool *const old = at;
        at = to;
        to = old;
    }
    return at;
}

bool kz_glob_fits(const struct kz_glob *g, struct kz_arena *scratch, struct kz_str text)
{
    struct match m = {.a = scratch, .text = text.ptr == NULL ? KZ_STR("") : text};
    kz_arena_reset(scratch);
    bool *from = kz_new_n(scratch, bool, text.len + 1);
    from[0] = true;
    return run(&m, &g->root, from)[text.len];
}
