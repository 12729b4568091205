/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML through libyaml's events: all of the language, and every error. */
#include "value/yaml_quick.h"

#include "base/base64.h"
#include "base/map.h"
#include "base/utf8.h"
#include "value/yaml_dialect.h"
#include "value/yaml_scalar.h"

#include <math.h>
#include <yaml.h>

enum {
    ANCHORS_MAX = 1000,
    NODES_PER_BYTE = 100,
    TAG_DIRECTIVES_MAX = 100, /* libyaml compares each with each */
    QUOTE_MAX = 60,           /* bytes of the user's text in a message */
};
/* In a pair's col while its map is read: the pair came by "<<". */
static const uint32_t MERGED = UINT32_C(1) << 31;

/* A node under "&name": known from its start, to be copied once it is complete. */
struct anchor {
    const struct kz_value *value; /* NULL while it is open: an alias to it would be a cycle */
    size_t weight;
    unsigned height;
};

/* A list or map that is being read. */
struct frame {
    struct kz_value *value;
    struct anchor *anchor; /* or NULL */
    struct kz_pair key;    /* of a map: the key that waits for its value */
    bool has_key, merge;   /* merge: the key is "<<" */
    bool merged;           /* some pairs came by "<<" */
    size_t weight;
    unsigned height;
};

struct reader {
    yaml_parser_t parser;
    struct kz_yaml_dialect dialect;
    struct kz_arena *arena;
    struct kz_str text, name;
    struct kz_yaml_limits limits;
    struct kz_err *err;

    struct kz_value *docs; /* the list to fill */
    struct kz_value *root; /* of the document that is read; NULL: none yet */
    bool root_empty;
    size_t doc_start;      /* character index */
    struct kz_map anchors; /* name -> struct anchor */
    size_t anchor_count;
    size_t nodes;          /* weight of the document */
    size_t copied;         /* weight of what aliases brought, over all documents */
    size_t depth;
    struct frame frames[KZ_VALUE_DEPTH];
};

/* ---- errors ---------------------------------------------------------------------------------- */

static int fail_at(struct reader *r, const yaml_mark_t *mark)
{
    return kz_err_at(r->err, r->name, (unsigned)mark->line + 1, (unsigned)mark->column + 1);
}

/* The user's word for a message: cut, on one line. */
static struct kz_str quoted(struct reader *r, struct kz_str s)
{
    struct kz_str cut = kz_utf8_cut(kz_str_head(s, kz_str_index(s, '\n')), QUOTE_MAX);
    return cut.len == s.len ? cut : kz_str_printf(r->arena, KZ_FMT "...", KZ_ARG(cut));
}

/* The place of a byte, for errors that libyaml gives as an offset. */
static yaml_mark_t mark_of(struct kz_str text, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (((unsigned char)text.ptr[i] & 0xC0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

static struct kz_str line_of(struct kz_str text, size_t line)
{
    struct kz_str rest = text, head = KZ_STR_NONE;
    for (size_t i = 0; i <= line; i++)
        rest = kz_str_cut(&head, rest, '\n');
    return head;
}

/* Does a tab indent this line? Then that is the error, whatever libyaml stumbled over. */
static bool indented_by_tab(struct kz_str line, size_t *col)
{
    for (size_t i = 0; i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'); i++)
        if (line.ptr[i] == '\t') {
            *col = i;
            return true;
        }
    return false;
}

static int fail_reader(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    yaml_mark_t mark = mark_of(r->text, p->problem_offset);
    if (p->problem_value >= 0)
        (void)kz_fail(r->err, KZ_E_PARSE, "character U+%04X is not allowed in YAML",
                      (unsigned)p->problem_value);
    else
        (void)kz_fail(r->err, KZ_E_PARSE, "%s", p->problem);
    return fail_at(r, &mark);
}

static int fail_syntax(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    yaml_mark_t mark = p->problem_mark;
    size_t tab;
    if (p->error == YAML_MEMORY_ERROR)
        return kz_fail(r->err, KZ_E_IO, "out of memory while reading YAML");
    if (p->error == YAML_READER_ERROR)
        return fail_reader(r);
    if (indented_by_tab(line_of(r->text, mark.line), &tab)) {
        mark.column = tab;
        (void)kz_fail(r->err, KZ_E_PARSE, "a tab indents this line, YAML takes only blanks");
    } else if (strcmp(p->problem, "mapping values are not allowed in this context") == 0) {
        (void)kz_fail(r->err, KZ_E_PARSE, "a ': ' does not fit here: quote the value or indent anew");
    } else if (strcmp(p->problem, "found character that cannot start any token") == 0) {
        (void)kz_fail(r->err, KZ_E_PARSE, "a value cannot start with this character: quote it");
    } else if (strcmp(p->problem, "did not find expected <document start>") == 0) {
        (void)kz_fail(r->err, KZ_E_PARSE, "text stands behind the end of the document");
    } else if (p->context != NULL && p->context_mark.line != mark.line) {
        (void)kz_fail(r->err, KZ_E_PARSE, "%s (%s from line %zu)", p->problem, p->context,
                      p->context_mark.line + 1);
    } else {
        (void)kz_fail(r->err, KZ_E_PARSE, "%s", p->problem);
    }
    return fail_at(r, &mark);
}

static int fail_big(struct reader *r, const yaml_event_t *e, const char *what)
{
    (void)kz_fail(r->err, KZ_E_LIMIT, "%s", what);
    return fail_at(r, &e->start_mark);
}

/* ---- scalars --------------------------------------------------------------------------------- */

static struct kz_str event_text(const yaml_event_t *e)
{
    return kz_str_n((const char *)e->data.scalar.value, e->data.scalar.length);
}

struct tag_rule {
    const char *name;
    bool ok[KZ_YAML_MERGE + 1]; /* may a text that resolves to this carry the tag? */
};
/* Tags that demand something of the text; any other tag makes it a plain string. */
static const struct tag_rule tag_rules[] = {
    {"tag:yaml.org,2002:null", {[KZ_YAML_NULL] = true}},
    {"tag:yaml.org,2002:bool", {[KZ_YAML_BOOL] = true}},
    {"tag:yaml.org,2002:int", {[KZ_YAML_INT] = true}},
    {"tag:yaml.org,2002:float", {[KZ_YAML_INT] = true, [KZ_YAML_FLOAT] = true}},
    {"tag:yaml.org,2002:timestamp", {[KZ_YAML_TIME] = true}},
};

static int read_tagged(struct reader *r, const yaml_event_t *e, struct kz_value *v)
{
    const char *tag = (const char *)e->data.scalar.tag;
    struct kz_str text = event_text(e);
    v->kind = KZ_STRING;
    if (strcmp(tag, "tag:yaml.org,2002:binary") == 0) {
        if (kz_base64_decode(&v->as.str, r->arena, text))
            return 0;
        (void)kz_fail(r->err, KZ_E_PARSE, "!!binary is not valid base64");
        return fail_at(r, &e->start_mark);
    }
    v->as.str = kz_str_dup(r->arena, text);
    for (size_t i = 0; i < kz_countof(tag_rules); i++) {
        if (strcmp(tag, tag_rules[i].name) != 0)
            continue;
        const enum kz_yaml_tag got = kz_yaml_resolve(v, v->as.str);
        const bool to_float = got == KZ_YAML_INT && strcmp(tag, "tag:yaml.org,2002:float") == 0;
        if (!tag_rules[i].ok[got] || (to_float && v->kind == KZ_UINT)) {
            struct kz_str q = quoted(r, text);
            (void)kz_fail(r->err, KZ_E_PARSE, "'" KZ_FMT "' is not a !!%s", KZ_ARG(q),
                          strrchr(tag, ':') + 1);
            return fail_at(r, &e->start_mark);
        }
        if (to_float) {
            v->as.real = (double)v->as.num;
            v->kind = KZ_FLOAT;
        }
    }
    return 0;
}

static int read_scalar(struct reader *r, const yaml_event_t *e, struct kz_value *v)
{
    if (e->data.scalar.tag != NULL)
        return read_tagged(r, e, v);
    v->kind = KZ_STRING;
    v->as.str = kz_str_dup(r->arena, event_text(e));
    if (e->data.scalar.plain_implicit)
        (void)kz_yaml_resolve(v, v->as.str);
    return 0;
}

static bool is_merge(const yaml_event_t *e)
{
    const char *tag = (const char *)e->data.scalar.tag;
    return kz_str_is(event_text(e), "<<") &&
           (tag == NULL ? e->data.scalar.plain_implicit != 0
                        : strcmp(tag, "tag:yaml.org,2002:merge") == 0);
}

/* ---- putting nodes into place ---------------------------------------------------------------- */

static struct frame *top(struct reader *r)
{
    return r->depth == 0 ? NULL : &r->frames[r->depth - 1];
}

static int add_weight(struct reader *r, const yaml_event_t *e, size_t weight)
{
    struct frame *f = top(r);
    r->nodes += weight;
    if (f != NULL)
        f->weight += weight;
    if (r->nodes <= KZ_YAML_NODES)
        return 0;
    return fail_big(r, e, "YAML document has more than 2000000 nodes");
}

static int set_key(struct reader *r, struct frame *f, const struct kz_value *v, bool merge,
                   const yaml_mark_t *mark)
{
    struct kz_str key = KZ_STR_NONE;
    if (!merge && !kz_yaml_key_text(&key, r->arena, v)) {
        (void)kz_fail(r->err, KZ_E_PARSE, "a key cannot be %s: quote it",
                      v->kind == KZ_NULL ? "null" : "such a large number");
        return fail_at(r, mark);
    }
    f->key = (struct kz_pair){
        .key = key, .line = (uint32_t)mark->line + 1, .col = (uint32_t)mark->column + 1};
    f->has_key = true;
    f->merge = merge;
    return 0;
}

static int put_pair(struct reader *r, struct frame *f, struct kz_value *v)
{
    struct kz_pair *pair = NULL;
    const struct kz_pair *old = kz_value_pair(f->value, f->key.key);
    if (old != NULL)
        pair = &f->value->as.map.at[old - f->value->as.map.at];
    if (pair == NULL) {
        pair = kz_value_add(r->arena, f->value, f->key.key, v);
    } else if ((pair->col & MERGED) == 0 && !r->limits.last_key_wins) {
        struct kz_str q = quoted(r, f->key.key);
        (void)kz_fail(r->err, KZ_E_PARSE, "key '" KZ_FMT "' is there twice: lines %u and %u",
                      KZ_ARG(q), pair->line, f->key.line);
        return kz_err_at(r->err, r->name, f->key.line, f->key.col);
    }
    pair->val = v;
    pair->line = f->key.line;
    pair->col = f->key.col;
    return 0;
}

static void merge_map(struct reader *r, struct frame *f, const struct kz_value *from)
{
    for (size_t i = 0; i < from->as.map.len; i++) {
        const struct kz_pair *pair = &from->as.map.at[i];
        kz_value_set(r->arena, f->value, pair->key, pair->val);
        const struct kz_pair *put = kz_value_pair(f->value, pair->key);
        struct kz_pair *to = &f->value->as.map.at[put - f->value->as.map.at];
        to->line = pair->line;
        to->col = pair->col | MERGED;
    }
    f->merged = true;
}

/* "<<: map" or "<<: [map, ...]", where the first map wins. */
static int merge(struct reader *r, struct frame *f, const struct kz_value *from)
{
    bool ok = from->kind == KZ_MAP || from->kind == KZ_LIST;
    for (size_t i = 0; from->kind == KZ_LIST && i < from->as.list.len; i++)
        ok = ok && from->as.list.at[i]->kind == KZ_MAP;
    if (!ok) {
        (void)kz_fail(r->err, KZ_E_PARSE, "'<<' takes a map or a list of maps");
        return kz_err_at(r->err, r->name, f->key.line, f->key.col);
    }
    if (from->kind == KZ_MAP)
        merge_map(r, f, from);
    for (size_t i = kz_value_len(from); from->kind == KZ_LIST && i-- > 0;)
        merge_map(r, f, from->as.list.at[i]);
    return 0;
}

/* A complete node takes its place in the list or map around it, or becomes the document. */
static int put(struct reader *r, struct kz_value *v, unsigned height, bool merge_key,
               const yaml_mark_t *mark)
{
    struct frame *f = top(r);
    if (f == NULL) {
        r->root = v;
        return 0;
    }
    if (f->height < height + 1)
        f->height = height + 1;
    if (f->value->kind == KZ_LIST) {
        kz_value_push(r->arena, f->value, v);
        return 0;
    }
    if (!f->has_key)
        return set_key(r, f, v, merge_key, mark);
    f->has_key = false;
    return f->merge ? merge(r, f, v) : put_pair(r, f, v);
}

/* ---- events ---------------------------------------------------------------------------------- */

static int new_anchor(struct reader *r, const yaml_event_t *e, const yaml_char_t *name,
                      struct anchor **out)
{
    *out = NULL;
    if (name == NULL)
        return 0;
    if (++r->anchor_count > ANCHORS_MAX)
        return fail_big(r, e, "YAML document has more than 1000 anchors");
    *out = kz_new(r->arena, struct anchor);
    (void)kz_map_put(&r->anchors, kz_str_dup(r->arena, kz_str((const char *)name)), *out);
    return 0;
}

static struct kz_value *new_node(struct reader *r, const yaml_event_t *e, enum kz_kind kind)
{
    struct kz_value *v = kz_new(r->arena, struct kz_value);
    v->kind = kind;
    v->line = (uint32_t)e->start_mark.line + 1;
    v->col = (uint32_t)e->start_mark.column + 1;
    return v;
}

static int on_scalar(struct reader *r, const yaml_event_t *e)
{
    struct anchor *anchor;
    struct kz_value *v = new_node(r, e, KZ_NULL);
    const size_t weight = 1 + e->data.scalar.length / KZ_YAML_STRING_PER_NODE;
    const struct frame *f = top(r);
    const bool is_key = f != NULL && f->value->kind == KZ_MAP && !f->has_key;
    int rc = new_anchor(r, e, e->data.scalar.anchor, &anchor);
    if (rc == 0)
        rc = read_scalar(r, e, v);
    if (rc < 0)
        return rc;
    if (v->kind == KZ_FLOAT && !is_key && !isfinite(v->as.real)) {
        (void)kz_fail(r->err, KZ_E_PARSE, "Kubernetes has no infinite numbers: quote the text");
        return fail_at(r, &e->start_mark);
    }
    if (anchor != NULL)
        *anchor = (struct anchor){.value = v, .weight = weight};
    if (f == NULL)
        r->root_empty = e->data.scalar.length == 0 && v->kind == KZ_NULL;
    rc = add_weight(r, e, weight);
    return rc < 0 ? rc : put(r, v, 0, is_key && is_merge(e), &e->start_mark);
}

static int on_start(struct reader *r, const yaml_event_t *e, enum kz_kind kind,
                    const yaml_char_t *anchor_name)
{
    const struct frame *outer = top(r);
    struct anchor *anchor;
    if (r->depth == KZ_VALUE_DEPTH)
        return fail_big(r, e, "YAML is nested deeper than 100 levels");
    if (outer != NULL && outer->value->kind == KZ_MAP && !outer->has_key) {
        (void)kz_fail(r->err, KZ_E_PARSE, "a key cannot be a %s: quote '{{...}}' and the like",
                      kz_kind_name(kind));
        return fail_at(r, &e->start_mark);
    }
    int rc = new_anchor(r, e, anchor_name, &anchor);
    if (rc < 0)
        return rc;
    r->frames[r->depth++] = (struct frame){.value = new_node(r, e, kind), .anchor = anchor};
    return add_weight(r, e, 1);
}

static int on_end(struct reader *r, const yaml_event_t *e)
{
    kz_assert(r->depth > 0); /* libyaml's ends match its starts */
    struct frame f = r->frames[--r->depth];
    for (size_t i = 0; f.merged && i < f.value->as.map.len; i++)
        f.value->as.map.at[i].col &= ~MERGED;
    if (f.anchor != NULL)
        *f.anchor = (struct anchor){.value = f.value, .weight = f.weight, .height = f.height};
    if (r->depth > 0)
        r->frames[r->depth - 1].weight += f.weight;
    return put(r, f.value, f.height, false, &e->start_mark);
}

/* As kz_value_copy, but strings are shared: they never change. */
static struct kz_value *copy_shape(struct kz_arena *a, const struct kz_value *from)
{
    struct kz_value *to = kz_new(a, struct kz_value);
    *to = *from;
    if (from->kind == KZ_LIST) {
        to->as.list.len = to->as.list.cap = 0;
        kz_value_reserve(a, to, from->as.list.len);
        for (size_t i = 0; i < from->as.list.len; i++)
            kz_value_push(a, to, copy_shape(a, from->as.list.at[i]));
    } else if (from->kind == KZ_MAP) {
        to->as.map.len = to->as.map.cap = 0;
        to->as.map.index = NULL;
        kz_value_reserve(a, to, from->as.map.len);
        for (size_t i = 0; i < from->as.map.len; i++) {
            const struct kz_pair *pair = &from->as.map.at[i];
            struct kz_pair *put_pair_at =
                kz_value_add(a, to, pair->key, copy_shape(a, pair->val));
            put_pair_at->line = pair->line;
            put_pair_at->col = pair->col;
        }
    }
    return to;
}

static int on_alias(struct reader *r, const yaml_event_t *e)
{
    struct kz_str name = kz_str((const char *)e->data.alias.anchor);
    const struct anchor *anchor = kz_map_find(&r->anchors, name);
    if (anchor == NULL || anchor->value == NULL) {
        struct kz_str q = quoted(r, name);
        (void)kz_fail(r->err, KZ_E_PARSE,
                      anchor == NULL ? "alias '*" KZ_FMT "' has no anchor before it"
                                     : "alias '*" KZ_FMT "' stands inside its own anchor",
                      KZ_ARG(q));
        return fail_at(r, &e->start_mark);
    }
    r->copied += anchor->weight;
    if (r->copied > KZ_YAML_NODES || r->copied / NODES_PER_BYTE > r->text.len)
        return fail_big(r, e, "YAML aliases multiply to more than 100 times the text");
    if (r->depth + anchor->height > KZ_VALUE_DEPTH)
        return fail_big(r, e, "YAML is nested deeper than 100 levels");
    int rc = add_weight(r, e, anchor->weight);
    return rc < 0 ? rc
                  : put(r, copy_shape(r->arena, anchor->value), anchor->height, false,
                        &e->start_mark);
}

static int on_document(struct reader *r, const yaml_event_t *e)
{
    if (kz_value_len(r->docs) >= r->limits.docs)
        return fail_big(r, e, "YAML has too many documents");
    r->doc_start = e->start_mark.index;
    r->root = NULL;
    r->root_empty = false;
    r->nodes = r->anchor_count = 0;
    kz_map_clear(&r->anchors);
    return 0;
}

static int on_event(struct reader *r, const yaml_event_t *e)
{
    if (e->end_mark.index - r->doc_start > r->limits.document && e->type != YAML_STREAM_END_EVENT &&
        e->type != YAML_DOCUMENT_START_EVENT) {
        (void)kz_fail(r->err, KZ_E_LIMIT, "YAML document is larger than %zu KiB",
                      r->limits.document / 1024);
        return fail_at(r, &e->start_mark);
    }
    switch (e->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
        return 0;
    case YAML_DOCUMENT_START_EVENT:
        return on_document(r, e);
    case YAML_DOCUMENT_END_EVENT:
        if (!r->root_empty)
            kz_value_push(r->arena, r->docs, r->root);
        return 0;
    case YAML_ALIAS_EVENT:
        return on_alias(r, e);
    case YAML_SCALAR_EVENT:
        return on_scalar(r, e);
    case YAML_SEQUENCE_START_EVENT:
        return on_start(r, e, KZ_LIST, e->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return on_start(r, e, KZ_MAP, e->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_end(r, e);
    }
    return 0;
}

/* ---- the stream ------------------------------------------------------------------------------ */

/* What must be known before libyaml sees a byte. */
static int check_text(struct reader *r)
{
    if (r->text.len > r->limits.text) {
        (void)kz_fail(r->err, KZ_E_LIMIT, "file has %zu MiB, limit %zu MiB",
                      r->text.len / (1024 * 1024), (r->limits.text + 1) / (1024 * 1024));
        return kz_err_at(r->err, r->name, 0, 0);
    }
    const size_t bad = kz_utf8_bad(r->text);
    if (bad < r->text.len) {
        yaml_mark_t mark = mark_of(r->text, bad);
        (void)kz_fail(r->err, KZ_E_PARSE, "byte 0x%02X at offset %zu is not UTF-8",
                      (unsigned)(unsigned char)r->text.ptr[bad], bad);
        return fail_at(r, &mark);
    }
    size_t directives = 0;
    for (struct kz_str rest = r->text, line; rest.len > 0;) {
        rest = kz_str_cut(&line, rest, '\n');
        if (line.len > 0 && line.ptr[0] == '%' && ++directives > TAG_DIRECTIVES_MAX) {
            yaml_mark_t mark = mark_of(r->text, (size_t)(line.ptr - r->text.ptr));
            (void)kz_fail(r->err, KZ_E_LIMIT, "YAML has more than 100 lines that start with '%%'");
            return fail_at(r, &mark);
        }
    }
    return 0;
}

static int read_events(struct reader *r)
{
    for (bool end = false; !end;) {
        yaml_event_t e;
        if (!yaml_parser_parse(&r->parser, &e))
            return fail_syntax(r);
        if (e.type == YAML_SCALAR_EVENT)
            e.data.scalar.length =
                kz_yaml_dialect_show(&r->dialect, (char *)e.data.scalar.value, e.data.scalar.length,
                                     e.data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE);
        end = e.type == YAML_STREAM_END_EVENT;
        int rc = on_event(r, &e);
        yaml_event_delete(&e);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int kz_yaml_events_read(struct kz_value **docs, struct kz_arena *a, struct kz_str text,
                        struct kz_str name, const struct kz_yaml_limits *limits,
                        struct kz_err *err)
{
    struct reader r = {.arena = a, .text = text, .name = name, .limits = *limits, .err = err};
    int rc = check_text(&r);
    if (rc < 0)
        return rc;
    if (!yaml_parser_initialize(&r.parser))
        return kz_fail(err, KZ_E_IO, "out of memory while reading YAML");
    r.text = text = kz_yaml_dialect_hide(&r.dialect, a, text);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.len == 0 ? "" : text.ptr),
                                 text.len);
    kz_map_init(&r.anchors);
    r.docs = kz_value_list(a);
    rc = read_events(&r);
    kz_map_done(&r.anchors);
    yaml_parser_delete(&r.parser);
    if (rc == 0)
        *docs = r.docs;
    return rc;
}
