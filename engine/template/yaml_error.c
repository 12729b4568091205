/* SPDX-License-Identifier: Apache-2.0 */
#include "template/yaml_error.h"

#include <yaml.h>

#include "base/map.h"
#include "value/value.h"

enum {
    DEPTH = 10 * KZ_VALUE_DEPTH
}; /* libyaml is quadratic in it, and nothing of ours is so deep */

struct anchor {
    bool open; /* its collection has not ended */
};

struct scan {
    struct kz_arena *a;
    struct kz_map anchors;          /* name -> struct anchor */
    struct anchor *open[DEPTH + 1]; /* of the collections around; NULL: has none */
    unsigned depth;
    struct kz_str unknown, around; /* the first alias of none, of what it stands in */
};

/* The line of the problem unless that is the first one; marks count from 0, and only those of the
 * scanner are corrected there. */
static struct kz_str message(struct kz_arena *a, const yaml_parser_t *p)
{
    const char *problem = p->problem == NULL ? "unknown problem parsing YAML content" : p->problem;
    size_t line = p->problem_mark.line;
    if (p->error == YAML_READER_ERROR) /* its marks are not set */
        line = 0;
    else if (line != 0 && p->error == YAML_SCANNER_ERROR)
        line++;
    else if (line == 0)
        line = p->context_mark.line;
    return line == 0 ? kz_str_printf(a, "yaml: %s", problem)
                     : kz_str_printf(a, "yaml: line %zu: %s", line, problem);
}

static struct anchor *set_anchor(struct scan *s, const yaml_char_t *name)
{
    if (name == NULL)
        return NULL;
    struct anchor *anchor = kz_new(s->a, struct anchor);
    (void)kz_map_put(&s->anchors, kz_str_dup(s->a, kz_str((const char *)name)), anchor);
    return anchor;
}

static void push(struct scan *s, const yaml_char_t *name)
{
    struct anchor *anchor = set_anchor(s, name);
    if (anchor != NULL)
        anchor->open = true;
    s->open[s->depth++] = anchor;
}

static void pop(struct scan *s)
{
    struct anchor *anchor = s->open[--s->depth];
    if (anchor != NULL)
        anchor->open = false;
}

/* An alias of nothing stops there at once, one of what is around it when all is read. */
static void look_up(struct scan *s, const yaml_char_t *name)
{
    const struct kz_str text = kz_str_dup(s->a, kz_str((const char *)name));
    const struct anchor *anchor = kz_map_find(&s->anchors, text);
    if (anchor == NULL)
        s->unknown = text;
    else if (anchor->open && s->around.len == 0)
        s->around = text;
}

/* false: there is nothing more to see. */
static bool take(struct scan *s, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        look_up(s, e->data.alias.anchor);
        return s->unknown.len == 0;
    case YAML_SCALAR_EVENT:
        (void)set_anchor(s, e->data.scalar.anchor);
        return true;
    case YAML_SEQUENCE_START_EVENT:
        push(s, e->data.sequence_start.anchor);
        return s->depth < DEPTH;
    case YAML_MAPPING_START_EVENT:
        push(s, e->data.mapping_start.anchor);
        return s->depth < DEPTH;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        pop(s);
        return true;
    case YAML_DOCUMENT_END_EVENT:
    case YAML_STREAM_END_EVENT:
        return false;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT:
        return true;
    }
    return false;
}

/* Marks count characters. */
static struct kz_str first_chars(struct kz_str text, size_t chars)
{
    size_t at = 0;
    for (; at < text.len && chars > 0; chars--)
        for (at++; at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;)
            at++;
    return kz_str_head(text, at);
}

bool kz_yaml_first(struct kz_str *doc, struct kz_str *error, struct kz_arena *a, struct kz_str text)
{
    yaml_parser_t p;
    yaml_event_t event;
    bool more = true;
    struct kz_str why = KZ_STR("");
    struct scan *s = kz_new(a, struct scan);
    s->a = a;
    kz_map_init(&s->anchors);
    kz_assert(yaml_parser_initialize(&p) == 1);
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p, (const unsigned char *)text.ptr, text.len);
    *doc = text;
    while (more) {
        if (yaml_parser_parse(&p, &event) == 0) {
            why = message(a, &p);
            break;
        }
        more = take(s, &event);
        if (event.type == YAML_DOCUMENT_END_EVENT)
            *doc = first_chars(text, event.start_mark.index);
        yaml_event_delete(&event);
    }
    if (s->unknown.len > 0)
        why = kz_str_printf(a, "yaml: unknown anchor '" KZ_FMT "' referenced", KZ_ARG(s->unknown));
    else if (why.len == 0 && s->around.len > 0)
        why =
            kz_str_printf(a, "yaml: anchor '" KZ_FMT "' value contains itself", KZ_ARG(s->around));
    yaml_parser_delete(&p);
    kz_map_done(&s->anchors);
    if (why.len > 0)
        *error = why;
    return why.len == 0;
}

bool kz_yaml_infinite(struct kz_str *error, struct kz_arena *a, struct kz_str text,
                      const struct kz_err *err)
{
    struct kz_str line = KZ_STR("");
    if (!kz_str_has(kz_str(err->frame[0]), KZ_STR("no infinite numbers")))
        return false;
    for (unsigned i = 0; i < err->line; i++)
        text = kz_str_cut(&line, text, '\n');
    line = kz_str_skip(line, err->col > 0 && err->col <= line.len ? err->col - 1 : 0);
    const bool nan = line.len > 1 && (line.ptr[1] | 0x20) == 'n';
    *error = kz_str_printf(a, "json: unsupported value: %s",
                           kz_str_starts(line, KZ_STR("-")) ? "-Inf"
                           : nan                            ? "NaN"
                                                            : "+Inf");
    return true;
}
