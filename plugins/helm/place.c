/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/place.h"

#include "base/map.h"

#include <string.h>

enum {
    MAX_NESTED = 64,     /* includes inside includes that are looked into */
    MAX_BEHIND = 256,    /* marks before an action among which its texts are looked for */
    MAX_TEXTS = 32,      /* texts that one action is compared with */
    MAX_COMPARED = 4 << 20 /* lines, for one action */
};

struct starts { /* of the lines of a template's source */
    const char *key;
    uint32_t *at;
    size_t n;
};

struct placed { /* the lines of one text */
    const struct kz_helm_place **at;
    struct kz_str *lines; /* without the blanks around them */
    size_t n;
};

struct kz_helm_places {
    struct kz_arena *a;
    const struct kz_helm_result *r;
    struct kz_map sources;   /* text of a template -> struct starts */
    struct placed **runs;    /* of each RUN mark that was looked into */
    struct placed **files;   /* of each source of the result */
};

struct piece { /* what one node printed: from offset to where the next one begins */
    size_t offset, mark, low; /* low: where the marks of its template begin */
    const struct kz_helm_place *via;
};
struct pieces {
    struct piece *at;
    size_t n;
};

/* ---- lines of sources -------------------------------------------------------------------------- */

static const struct starts *starts_of(struct kz_helm_places *p, struct kz_str text)
{
    struct starts *s = kz_map_find(&p->sources, kz_str_n((const char *)&text.ptr, sizeof text.ptr));
    if (s != NULL)
        return s;
    s = kz_new(p->a, struct starts);
    s->key = text.ptr;
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    s->at = kz_new_n(p->a, uint32_t, n);
    s->n = 1;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\n')
            s->at[s->n++] = (uint32_t)i + 1;
    (void)kz_map_put(&p->sources, kz_str_n((const char *)&s->key, sizeof s->key), s);
    return s;
}

static uint32_t line_at(struct kz_helm_places *p, const struct kz_template *t, size_t pos)
{
    const struct starts *s = starts_of(p, kz_template_text(t));
    size_t low = 0, high = s->n;
    while (low + 1 < high) {
        const size_t mid = low + (high - low) / 2;
        if (s->at[mid] <= pos)
            low = mid;
        else
            high = mid;
    }
    return (uint32_t)low + 1;
}

static const struct kz_helm_place *place(struct kz_helm_places *p, const struct kz_template *t,
                                         size_t pos, const struct kz_helm_place *via)
{
    struct kz_helm_place *l = kz_new(p->a, struct kz_helm_place);
    *l = (struct kz_helm_place){.file = kz_template_file(t), .line = line_at(p, t, pos), .via = via};
    return l;
}

/* ---- pieces of a run --------------------------------------------------------------------------- */

/* The marks low..high-1 backwards, without those of runs inside. */
static void collect(struct pieces *out, struct kz_helm_places *p, size_t low, size_t high,
                    const struct kz_helm_place *via)
{
    const struct kz_mark *at = p->r->marks.at;
    for (size_t i = high; i-- > low;) {
        const struct kz_mark *m = &at[i];
        if (m->kind == KZ_MARK_RUN) {
            i -= m->pos;
        } else if (m->kind == KZ_MARK_CALL) {
            collect(out, p, i - m->n, i, place(p, m->as.tmpl, m->pos, via));
            i -= m->n;
        } else {
            out->at[out->n++] = (struct piece){.offset = m->n, .mark = i, .low = low, .via = via};
        }
    }
}

static struct pieces pieces_of(struct kz_helm_places *p, size_t low, size_t high,
                               const struct kz_helm_place *via)
{
    struct pieces l = {.at = kz_new_n(p->a, struct piece, high - low + 1)};
    collect(&l, p, low, high, via);
    for (size_t i = 0; i < l.n / 2; i++) {
        const struct piece swap = l.at[i];
        l.at[i] = l.at[l.n - 1 - i];
        l.at[l.n - 1 - i] = swap;
    }
    return l;
}

/* ---- lines of a text --------------------------------------------------------------------------- */

static struct placed *lines_of(struct kz_arena *a, struct kz_str text)
{
    struct placed *l = kz_new(a, struct placed);
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    l->lines = kz_new_n(a, struct kz_str, n);
    l->at = kz_new_n(a, const struct kz_helm_place *, n);
    for (l->n = 0; l->n < n; l->n++) {
        struct kz_str line;
        text = kz_str_cut(&line, text, '\n');
        l->lines[l->n] = kz_str_trim(line);
        if (l->lines[l->n].len == 0)
            l->lines[l->n].ptr = line.ptr;
    }
    return l;
}

static const struct placed *run_lines(struct kz_helm_places *p, size_t mark,
                                      const struct kz_helm_place *via, unsigned nested);

/* The texts that an action may have printed: of runs right before it, then of earlier ones, whose
 * results wait in variables. */
static size_t texts_of(size_t *out, const struct kz_helm_places *p, const struct piece *piece)
{
    size_t n = 0, seen = 0;
    for (size_t i = piece->mark; i-- > piece->low && n < MAX_TEXTS && seen < MAX_BEHIND; seen++) {
        const struct kz_mark *m = &p->r->marks.at[i];
        if (m->kind == KZ_MARK_RUN) {
            out[n++] = i;
            i -= m->pos;
        } else if (m->kind == KZ_MARK_CALL) {
            i -= m->n;
        }
    }
    return n;
}

/* Lines from..to-1 of l were printed by an action whose own place is `own`. */
static void trace_action(struct placed *l, size_t from, size_t to, struct kz_helm_places *p,
                         const struct piece *piece, const struct kz_helm_place *own, unsigned nested)
{
    size_t texts[MAX_TEXTS], left = to - from, compared = 0;
    const size_t n = nested < MAX_NESTED ? texts_of(texts, p, piece) : 0;
    for (size_t t = 0; t < n && left > 0 && compared < MAX_COMPARED; t++) {
        const struct placed *text = run_lines(p, texts[t], own, nested + 1);
        for (size_t i = from, next = 0; i < to && next < text->n; i++) {
            size_t k = next;
            if (l->at[i] != NULL || l->lines[i].len == 0)
                continue;
            while (k < text->n && compared++ < MAX_COMPARED &&
                   !kz_str_eq(text->lines[k], l->lines[i]))
                k++;
            if (k >= text->n || compared >= MAX_COMPARED)
                continue;
            l->at[i] = text->at[k];
            next = k + 1;
            left--;
        }
    }
    for (size_t i = from; i < to; i++)
        if (l->at[i] == NULL)
            l->at[i] = own;
}

static size_t offset_of(const struct placed *l, size_t line, struct kz_str text)
{
    return (size_t)(l->lines[line].ptr - text.ptr);
}

/* Whether text offset..end-1 stands in the template's source as it is: no action printed it. */
static bool is_verbatim(const struct kz_mark *m, struct kz_str text, size_t offset, size_t end)
{
    const struct kz_str source = kz_str_skip(kz_template_text(m->as.tmpl), m->pos);
    return end - offset <= source.len && memcmp(source.ptr, text.ptr + offset, end - offset) == 0;
}

/* A line belongs to the piece in which its first letter is. */
static struct placed *place_lines(struct kz_helm_places *p, struct kz_str text, size_t low,
                                  size_t high, const struct kz_helm_place *via, unsigned nested)
{
    struct placed *l = lines_of(p->a, text);
    const struct pieces pieces = pieces_of(p, low, high, via);
    for (size_t k = 0, from = 0; k < pieces.n; k++) {
        const struct piece *piece = &pieces.at[k];
        const struct kz_mark *m = &p->r->marks.at[piece->mark];
        const size_t end = k + 1 < pieces.n ? piece[1].offset : text.len + 1;
        size_t to = from;
        while (to < l->n && offset_of(l, to, text) < end)
            to++;
        if (to == from)
            continue;
        if (is_verbatim(m, text, piece->offset, end < text.len ? end : text.len)) {
            for (; from < to; from++)
                l->at[from] =
                    place(p, m->as.tmpl, m->pos + offset_of(l, from, text) - piece->offset,
                          piece->via);
        } else {
            trace_action(l, from, to, p, piece, place(p, m->as.tmpl, m->pos, piece->via), nested);
        }
        from = to;
    }
    return l;
}

static const struct placed *run_lines(struct kz_helm_places *p, size_t mark,
                                      const struct kz_helm_place *via, unsigned nested)
{
    const struct kz_mark *m = &p->r->marks.at[mark];
    if (p->runs[mark] == NULL)
        p->runs[mark] = place_lines(p, kz_str_n(m->as.text, m->n), mark - m->pos, mark, via, nested);
    return p->runs[mark];
}

/* ---- the whole --------------------------------------------------------------------------------- */

struct kz_helm_places *kz_helm_places_new(struct kz_arena *a, const struct kz_helm_result *r)
{
    struct kz_helm_places *p = kz_new(a, struct kz_helm_places);
    *p = (struct kz_helm_places){.a = a, .r = r};
    p->runs = kz_new_n(a, struct placed *, r->marks.len + 1);
    p->files = kz_new_n(a, struct placed *, r->n_sources + 1);
    return p;
}

static struct placed *file_lines(struct kz_helm_places *p, struct kz_str path)
{
    for (size_t i = 0; i < p->r->n_sources; i++) {
        const struct kz_helm_source *s = &p->r->sources[i];
        if (!kz_str_eq(s->path, path))
            continue;
        if (p->files[i] == NULL && s->end > s->first) {
            kz_map_init(&p->sources);
            p->files[i] = place_lines(p, s->text, s->first, s->end, NULL, 0);
            kz_map_done(&p->sources);
        }
        return p->files[i];
    }
    return NULL;
}

static size_t count_lines(struct kz_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

const struct kz_helm_place *const *kz_helm_places_of(size_t *n, struct kz_helm_places *p,
                                                     const struct kz_rendered *file,
                                                     struct kz_str text)
{
    const struct placed *l = file_lines(p, file->path);
    struct kz_helm_place *first = kz_new(p->a, struct kz_helm_place);
    *first = (struct kz_helm_place){.file = file->path, .line = 1};
    *n = count_lines(text) + 1;
    /* What Helm takes out of a text, "<no value>", holds no line break: lines are the same. */
    const size_t from = count_lines(kz_str_n(file->text.ptr, (size_t)(text.ptr - file->text.ptr)));
    const struct kz_helm_place **out = kz_new_n(p->a, const struct kz_helm_place *, *n);
    for (size_t i = 0; i < *n; i++)
        out[i] = l != NULL && from + i < l->n && l->at[from + i] != NULL ? l->at[from + i] : first;
    return out;
}

const struct kz_helm_place *kz_helm_place_file(const struct kz_helm_place *p)
{
    while (p->via != NULL && kz_str_is(p->file, KZ_HELM_TPL))
        p = p->via;
    return p;
}
