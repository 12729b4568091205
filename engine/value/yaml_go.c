/* SPDX-License-Identifier: Apache-2.0 */
#include "value/yaml_go.h"

#include "value/yaml.h"

#include <yaml.h>

enum { DOCUMENT_MAX = 64 << 20, DEPTH_MAX = 10 * KZ_VALUE_DEPTH };

/* What Go's parser, which is libyaml in Go, makes of the first document. */
struct verdict {
    enum { GOOD, BAD, TOO_DEEP } is;
    size_t chars; /* GOOD: the document ends there */
    size_t line;  /* BAD: as Go counts; 0: not told */
    const char *problem;
};

/* Marks count lines from 0, and only those of the scanner are corrected there; a problem in the first
 * line is told at its context. */
static size_t go_line(const yaml_parser_t *p)
{
    if (p->problem_mark.line != 0)
        return p->problem_mark.line + (p->error == YAML_SCANNER_ERROR);
    return p->context_mark.line;
}

static struct verdict judge(struct kz_str text)
{
    struct verdict v = {.is = GOOD};
    yaml_parser_t p;
    yaml_event_t e;
    size_t depth = 0;
    kz_assert(yaml_parser_initialize(&p) == 1);
    yaml_parser_set_input_string(&p, (const unsigned char *)(text.len == 0 ? "" : text.ptr),
                                 text.len);
    for (bool end = false; !end;) {
        if (yaml_parser_parse(&p, &e) == 0) {
            v = (struct verdict){.is = BAD, .line = go_line(&p), .problem = p.problem};
            break;
        }
        depth += e.type == YAML_SEQUENCE_START_EVENT || e.type == YAML_MAPPING_START_EVENT;
        depth -= e.type == YAML_SEQUENCE_END_EVENT || e.type == YAML_MAPPING_END_EVENT;
        if (depth > DEPTH_MAX) /* libyaml gets slow in there */
            v.is = TOO_DEEP;
        v.chars = e.end_mark.index;
        end = v.is == TOO_DEEP || e.type == YAML_DOCUMENT_END_EVENT ||
              e.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&p);
    return v;
}

static size_t bytes_of(struct kz_str text, size_t chars)
{
    size_t at = 0;
    for (; at < text.len && chars > 0; chars--)
        for (at++; at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;)
            at++;
    return at;
}

static int in_words_of_go(struct kz_err *err, const struct verdict *v, struct kz_str name)
{
    const struct kz_err ours = *err;
    const char *problem = v->problem != NULL ? v->problem : "unknown problem parsing YAML content";
    if (v->is != BAD)
        (void)kz_fail(err, ours.code, "yaml: %s", ours.frame[0]);
    else if (v->line == 0)
        (void)kz_fail(err, ours.code, "yaml: %s", problem);
    else
        (void)kz_fail(err, ours.code, "yaml: line %zu: %s", v->line, problem);
    return kz_err_at(err, name, ours.line, ours.col);
}

int kz_yaml_go_read(struct kz_value **doc, struct kz_arena *a, struct kz_str text,
                    struct kz_str name, struct kz_err *err)
{
    static const struct kz_yaml_limits limits = {.last_key_wins = true, .document = DOCUMENT_MAX};
    struct kz_value *docs;
    int rc = kz_yaml_read_all(&docs, a, text, name, &limits, err);
    if (rc < 0 && err->code != KZ_E_LIMIT) {
        const struct verdict v = judge(text);
        const struct kz_str first =
            kz_str_head(text, v.is == GOOD ? bytes_of(text, v.chars) : text.len);
        if (first.len < text.len) /* the trouble may be behind the first document */
            rc = kz_yaml_read_all(&docs, a, first, name, &limits, err);
        if (rc < 0)
            rc = in_words_of_go(err, &v, name);
    }
    if (rc >= 0)
        *doc = kz_value_len(docs) == 0 ? kz_value_null(a) : docs->as.list.at[0];
    return rc;
}
