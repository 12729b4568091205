/* SPDX-License-Identifier: Apache-2.0 */
#include "template/goyaml.h"

#include "base/base64.h"
#include "base/map.h"
#include "template/goyaml_node.h"
#include "value/yaml.h"
#include "value/yaml_dialect.h"

#include <math.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 1000, MAX_VISITS = 1000000, DOCUMENT_MAX = 64 << 20 };

struct reader {
    yaml_parser_t parser;
    struct kz_yaml_dialect dialect;
    struct kz_arena *a;
    struct kz_str text;
    bool cut; /* the text ends where another reader was in doubt */
    struct kz_map anchors;
    struct kz_str error;    /* .ptr NULL: none yet */
    unsigned visits, depth; /* of check; aliases make it deeper than the text */
};

/* The first error is the one that counts. */
#define FAIL(r, ...) (((r)->error = kz_str_printf((r)->a, __VA_ARGS__)), false)

static bool read_text(struct reader *r, struct kz_gonode **root, size_t *end);

/* ---- syntax: a tree of nodes ------------------------------------------------------------------- */

/* Marks count characters. */
static size_t bytes_of(struct kz_str text, size_t chars)
{
    size_t at = 0;
    for (; at < text.len && chars > 0; chars--)
        for (at++; at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;)
            at++;
    return at;
}

/* Is there nothing but blanks and comments behind the bracket at text's start, and then its end? */
static bool is_empty_flow(struct kz_str text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '#')
            i += kz_str_index(kz_str_skip(text, i), '\n');
        else if (strchr(" \t\r\n", text.ptr[i]) == NULL)
            return text.ptr[i] == ']' || text.ptr[i] == '}'; /* the scanner takes either */
    }
    return false;
}

/* libyaml looks at all that may be a key as soon as it goes on, go-yaml at the token that its parser wants
 * next; "[]" and "{}" it never keeps back as a possible key. So its parser may refuse what comes before the
 * scanner's error: with the words, at the place, that the text up to that key has, with a token behind it
 * that can't stand there in place of "[]". */
static bool fail_before(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const yaml_simple_key_t *key = p->simple_keys.start;
    if (r->cut || p->error != YAML_SCANNER_ERROR || !key->possible)
        return false;
    const size_t at = bytes_of(r->text, key->mark.index);
    const bool is_empty = key->token_number == p->tokens_parsed && p->tokens.tail != p->tokens.head &&
                          (p->tokens.head->type == YAML_FLOW_SEQUENCE_START_TOKEN ||
                           p->tokens.head->type == YAML_FLOW_MAPPING_START_TOKEN) &&
                          is_empty_flow(kz_str_skip(r->text, at));
    if (!is_empty && strcmp(p->problem, "could not find expected ':'") != 0)
        return false;
    const struct kz_str text = kz_str_concat(r->a, kz_str_head(r->text, at),
                                             is_empty ? KZ_STR(",") : KZ_STR(""), KZ_STR(""));
    struct reader cut = {.a = r->a, .text = text, .cut = true};
    struct kz_gonode *root = NULL;
    size_t end;
    const bool refused = !read_text(&cut, &root, &end) &&
                         !kz_str_ends(cut.error, KZ_STR("did not find expected node content"));
    if (refused)
        r->error = cut.error;
    return refused;
}

/* libyaml misses the ':' of a key when it comes to the next token, go-yaml when it has that token. Both
 * places are in one line but for a token of several lines inside of an open list or map, and for the end
 * of a text within a line, where go-yaml begins another unless it read so far as plain text. */
static size_t line_of_missing_colon(const struct reader *r, const char **problem)
{
    const yaml_parser_t *p = &r->parser;
    const yaml_mark_t *key = &p->simple_keys.start->mark, *at = &p->problem_mark;
    size_t line = at->line;
    const struct kz_str from_key = kz_str_skip(r->text, bytes_of(r->text, key->index));
    if (p->flow_level == 0) {
        const yaml_token_t *last = p->tokens.tail - 1;
        const bool plain = p->tokens.tail != p->tokens.head && last->type == YAML_SCALAR_TOKEN &&
                           last->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        return line + (!plain && at->column != 0 && bytes_of(r->text, at->index) == r->text.len);
    }
    yaml_parser_t alone;
    yaml_token_t token;
    kz_assert(yaml_parser_initialize(&alone) == 1);
    yaml_parser_set_encoding(&alone, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&alone, (const unsigned char *)from_key.ptr,
                                 from_key.len);
    for (int i = 0; i < 2; i++) { /* the start of the text; the bracket, known not to be a key */
        if (yaml_parser_scan(&alone, &token) == 0)
            break;
        yaml_token_delete(&token);
    }
    line = key->line + (alone.problem == NULL ? alone.mark : alone.problem_mark).line;
    if (alone.problem != NULL) /* libyaml's texts are constant */
        *problem = alone.problem;
    yaml_parser_delete(&alone);
    return line;
}

/* Marks count from 0, and only those of the scanner are corrected there. */
static bool fail_syntax(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem == NULL ? "unknown problem parsing YAML content" : p->problem;
    size_t line = p->problem_mark.line;
    if (fail_before(r))
        return false;
    if (strcmp(problem, "could not find expected ':'") == 0)
        line = line_of_missing_colon(r, &problem);
    if (line == 0)
        line = p->context_mark.line;
    else if (p->error == YAML_SCANNER_ERROR)
        line++;
    if (line == 0 || p->error == YAML_READER_ERROR) /* whose marks are not set */
        return FAIL(r, "yaml: %s", problem);
    return FAIL(r, "yaml: line %zu: %s", line, problem);
}

static struct kz_str dup(struct kz_arena *a, const yaml_char_t *text, size_t len)
{
    return text == NULL ? KZ_STR("") : kz_str_dup(a, (struct kz_str){(const char *)text, len});
}

static struct kz_str dup0(struct kz_arena *a, const yaml_char_t *text)
{
    return kz_str_dup(a, kz_str(text == NULL ? "" : (const char *)text));
}

static struct kz_gonode *new_node(struct reader *r, enum kz_gonode_kind kind,
                                  const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct kz_gonode *n = kz_new(r->a, struct kz_gonode);
    n->kind = kind;
    n->tag = dup0(r->a, tag);
    if (anchor != NULL)
        (void)kz_map_put(&r->anchors, dup0(r->a, anchor), n);
    return n;
}

static void add_kid(struct kz_arena *a, struct kz_gonode *n, struct kz_gonode *kid)
{
    if (n->n == n->cap) {
        struct kz_gonode **old = n->kids;
        n->cap = n->cap == 0 ? 8 : n->cap * 2;
        n->kids = kz_new_n(a, struct kz_gonode *, n->cap);
        for (size_t i = 0; i < n->n; i++)
            n->kids[i] = old[i];
    }
    n->kids[n->n++] = kid;
}

/* The node that an event begins. NULL: an error, or the end of what holds it (*ended). */
static struct kz_gonode *node_of(struct reader *r, const yaml_event_t *e, bool *ended)
{
    struct kz_gonode *n;
    *ended = false;
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        n = new_node(r, KZ_GONODE_SCALAR, e->data.scalar.anchor, e->data.scalar.tag);
        n->text = dup(r->a, e->data.scalar.value,
                      kz_yaml_dialect_show(&r->dialect, (char *)e->data.scalar.value,
                                           e->data.scalar.length,
                                           e->data.scalar.style ==
                                               YAML_DOUBLE_QUOTED_SCALAR_STYLE));
        n->plain = e->data.scalar.plain_implicit != 0;
        return n;
    case YAML_SEQUENCE_START_EVENT:
        return new_node(r, KZ_GONODE_LIST, e->data.sequence_start.anchor,
                        e->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return new_node(r, KZ_GONODE_MAP, e->data.mapping_start.anchor, e->data.mapping_start.tag);
    case YAML_ALIAS_EVENT:
        n = new_node(r, KZ_GONODE_ALIAS, NULL, NULL);
        n->text = dup0(r->a, e->data.alias.anchor);
        n->target = kz_map_find(&r->anchors, n->text);
        if (n->target != NULL)
            return n;
        (void)FAIL(r, "yaml: unknown anchor '" KZ_FMT "' referenced", KZ_ARG(n->text));
        return NULL;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        *ended = true;
        return NULL;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    (void)FAIL(r, "yaml: unknown problem parsing YAML content");
    return NULL;
}

/* Reads one node with all below; false: error or *ended. */
static bool read_node(struct reader *r, struct kz_gonode **out, bool *ended, unsigned depth)
{
    yaml_event_t e;
    if (yaml_parser_parse(&r->parser, &e) == 0)
        return fail_syntax(r);
    struct kz_gonode *n = node_of(r, &e, ended);
    yaml_event_delete(&e);
    if (n == NULL)
        return false;
    if (depth > MAX_DEPTH)
        return FAIL(r, "yaml: nested deeper than %d levels", (int)MAX_DEPTH);
    if (n->kind == KZ_GONODE_LIST || n->kind == KZ_GONODE_MAP) {
        struct kz_gonode *kid = NULL;
        bool done = false;
        while (read_node(r, &kid, &done, depth + 1))
            add_kid(r->a, n, kid);
        if (!done)
            return false;
    }
    *out = n;
    return true;
}

/* *out stays NULL for a stream without a document. */
static bool read_document(struct reader *r, struct kz_gonode **out, size_t *end)
{
    bool ended = false, more = true;
    while (more) {
        yaml_event_t e;
        if (yaml_parser_parse(&r->parser, &e) == 0)
            return fail_syntax(r);
        const yaml_event_type_t type = e.type;
        *end = e.start_mark.index;
        more = type != YAML_STREAM_END_EVENT && type != YAML_DOCUMENT_END_EVENT;
        yaml_event_delete(&e);
        if (type == YAML_DOCUMENT_START_EVENT && !read_node(r, out, &ended, 0))
            return false;
    }
    return true;
}

static bool read_text(struct reader *r, struct kz_gonode **root, size_t *end)
{
    const struct kz_str text = kz_yaml_dialect_hide(&r->dialect, r->a, r->text);
    kz_map_init(&r->anchors);
    kz_assert(yaml_parser_initialize(&r->parser) == 1);
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text.ptr, text.len);
    const bool good = read_document(r, root, end);
    yaml_parser_delete(&r->parser);
    kz_map_done(&r->anchors);
    return good;
}

/* ---- meaning ----------------------------------------------------------------------------------- */

static bool check(struct reader *r, struct kz_gonode *n);

static bool check_merge(struct reader *r, struct kz_gonode *value)
{
    bool good = kz_gonode_behind(value)->kind == KZ_GONODE_MAP || value->kind == KZ_GONODE_LIST;
    if (value->kind == KZ_GONODE_LIST)
        for (size_t i = value->n; good && i > 0; i--) {
            good = kz_gonode_behind(value->kids[i - 1])->kind == KZ_GONODE_MAP;
            if (good && !check(r, value->kids[i - 1]))
                return false;
        }
    if (!good)
        return FAIL(r, "yaml: map merge requires map or sequence of maps as the value");
    return value->kind == KZ_GONODE_LIST || check(r, value);
}

static bool check_map(struct reader *r, struct kz_gonode *n)
{
    for (size_t i = 0; i + 1 < n->n; i += 2) {
        struct kz_gonode *key = n->kids[i], *value = n->kids[i + 1];
        if (kz_gonode_is_merge(key)) {
            if (!check_merge(r, value))
                return false;
            continue;
        }
        if (!check(r, key))
            return false;
        if (kz_gonode_behind(key)->kind != KZ_GONODE_SCALAR)
            return FAIL(r, "yaml: invalid map key: " KZ_FMT, KZ_ARG(kz_gonode_syntax(r->a, key)));
        if (!check(r, value))
            return false;
    }
    return true;
}

static bool check_scalar(struct reader *r, const struct kz_gonode *n)
{
    static const char *const names[] = {
        [KZ_YAML_STR] = "str",   [KZ_YAML_NULL] = "null",   [KZ_YAML_BOOL] = "bool",
        [KZ_YAML_INT] = "int",   [KZ_YAML_FLOAT] = "float", [KZ_YAML_TIME] = "timestamp",
        [KZ_YAML_MERGE] = "str",
    };
    static const char *const tags[] = {"bool", "int", "float", "null", "timestamp"};
    struct kz_str tag = n->tag, data;
    struct kz_value v;
    if (!kz_str_starts(tag, KZ_STR("tag:yaml.org,2002:")))
        return true;
    tag = kz_str_skip(tag, strlen("tag:yaml.org,2002:"));
    if (kz_str_is(tag, "binary") && !kz_base64_decode(&data, r->a, n->text))
        return FAIL(r, "yaml: !!binary value contains invalid base64 data");
    bool known = false;
    for (size_t i = 0; i < kz_countof(tags); i++)
        known = known || kz_str_is(tag, tags[i]);
    enum kz_yaml_tag is = kz_yaml_resolve(&v, n->text);
    if (is == KZ_YAML_TIME && !kz_str_is(tag, "timestamp"))
        is = KZ_YAML_STR;
    const bool whole = is == KZ_YAML_INT && v.kind == KZ_INT; /* not beyond 63 bits */
    if (!known || kz_str_is(tag, names[is]) || (kz_str_is(tag, "float") && whole))
        return true;
    return FAIL(r, "yaml: cannot decode !!%s `" KZ_FMT "` as a !!" KZ_FMT, names[is],
                KZ_ARG(n->text), KZ_ARG(tag));
}

static bool check_kind(struct reader *r, struct kz_gonode *n)
{
    bool good = true;
    switch (n->kind) {
    case KZ_GONODE_SCALAR:
        return check_scalar(r, n);
    case KZ_GONODE_LIST:
        for (size_t i = 0; good && i < n->n; i++)
            good = check(r, n->kids[i]);
        return good;
    case KZ_GONODE_MAP:
        return check_map(r, n);
    case KZ_GONODE_ALIAS:
        if (n->open)
            return FAIL(r, "yaml: anchor '" KZ_FMT "' value contains itself", KZ_ARG(n->text));
        n->open = true;
        good = check(r, n->target);
        n->open = false;
        return good;
    }
    return good;
}

static bool check(struct reader *r, struct kz_gonode *n)
{
    if (++r->visits > MAX_VISITS || r->depth > 2 * MAX_DEPTH)
        return FAIL(r, "yaml: document contains excessive aliasing");
    r->depth++;
    const bool good = check_kind(r, n);
    r->depth--;
    return good;
}

static bool check_json(struct reader *r, const struct kz_gonode *n);

static bool check_json_map(struct reader *r, const struct kz_gonode *map)
{
    struct kz_gopair *pairs;
    const size_t n = kz_gonode_pairs(&pairs, r->a, map);
    for (size_t i = 0; i < n; i++) {
        const enum kz_kind kind = pairs[i].key.kind;
        if (kind == KZ_NULL || kind == KZ_UINT) {
            const struct kz_str k = kind == KZ_NULL ? KZ_STR("<nil>")
                                                    : kz_gonode_syntax(r->a, pairs[i].node);
            return FAIL(r, "unsupported map key of type: %s, key: " KZ_FMT ", value: " KZ_FMT,
                        kind == KZ_NULL ? "%!s(<nil>)" : "uint64", KZ_ARG(k),
                        KZ_ARG(kz_gonode_syntax(r->a, pairs[i].value)));
        }
        if (!check_json(r, pairs[i].value))
            return false;
    }
    return true;
}

/* What YAML has and JSON has not. Aliases have been followed once, so they end. */
static bool check_json(struct reader *r, const struct kz_gonode *n)
{
    struct kz_value v;
    n = kz_gonode_behind(n);
    if (n->kind == KZ_GONODE_SCALAR) {
        kz_gonode_value(&v, n);
        if (v.kind != KZ_FLOAT || isfinite(v.as.real))
            return true;
        return FAIL(r, "json: unsupported value: %s",
                    isnan(v.as.real) ? "NaN" : (v.as.real > 0 ? "+Inf" : "-Inf"));
    }
    for (size_t i = 0; n->kind == KZ_GONODE_LIST && i < n->n; i++)
        if (!check_json(r, n->kids[i]))
            return false;
    return n->kind == KZ_GONODE_LIST || check_json_map(r, n);
}

bool kz_goyaml_error(struct kz_str *error, struct kz_str *first, struct kz_arena *a,
                     struct kz_str text)
{
    const struct kz_str mark = KZ_STR("\xEF\xBB\xBF"), whole = text;
    if (kz_str_starts(text, mark)) /* else it would be a column */
        text = kz_str_skip(text, mark.len);
    struct reader r = {.a = a, .text = text};
    struct kz_gonode *root = NULL;
    size_t end = text.len;
    const bool good = read_text(&r, &root, &end) &&
                      (root == NULL || (check(&r, root) && check_json(&r, root)));
    *error = r.error;
    *first = kz_str_head(whole, whole.len - text.len + bytes_of(text, end));
    return !good;
}

/* Does the document come behind an empty one? Then "---" stands twice in what is above it. */
static bool is_second(const struct kz_value *doc, struct kz_str text)
{
    size_t marks = 0;
    struct kz_str line;
    for (uint32_t n = 1; n <= doc->line && marks < 2; n++) {
        text = kz_str_cut(&line, text, '\n');
        marks += kz_str_starts(line, KZ_STR("---")) &&
                 (line.len == 3 || strchr(" \t\r", line.ptr[3]) != NULL);
    }
    return marks == 2;
}

int kz_goyaml_read(struct kz_value **doc, struct kz_arena *a, struct kz_str text,
                   struct kz_str name, struct kz_err *err)
{
    static const struct kz_yaml_limits limits = {.last_key_wins = true, .document = DOCUMENT_MAX};
    struct kz_value *docs;
    int rc = kz_yaml_read_all(&docs, a, text, name, &limits, err);
    if (rc < 0 && err->code != KZ_E_LIMIT) {
        const struct kz_err ours = *err;
        struct kz_str theirs, first;
        const bool bad = kz_goyaml_error(&theirs, &first, a, text);
        if (!bad && first.len < text.len) /* the trouble is behind the first document */
            rc = kz_yaml_read_all(&docs, a, first, name, &limits, err);
        if (rc < 0) {
            (void)(bad ? kz_fail(err, ours.code, KZ_FMT, KZ_ARG(theirs))
                       : kz_fail(err, ours.code, "yaml: %s", ours.frame[0]));
            rc = kz_err_at(err, name, ours.line, ours.col);
        }
    }
    if (rc >= 0)
        *doc = kz_value_len(docs) == 0 || is_second(docs->as.list.at[0], text)
                   ? kz_value_null(a)
                   : docs->as.list.at[0];
    return rc;
}
