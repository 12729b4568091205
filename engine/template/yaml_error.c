/* SPDX-License-Identifier: Apache-2.0 */
#include "template/yaml_error.h"

#include <yaml.h>

/* The line of the context, or else of the problem, unless that is the first one; marks count from
 * 0, and only those of the scanner are corrected there. */
static struct kz_str message(struct kz_arena *a, const yaml_parser_t *p)
{
    const bool scanner = p->error == YAML_SCANNER_ERROR;
    const bool reader = p->error == YAML_READER_ERROR; /* its marks are not set */
    const size_t mark = p->context_mark.line != 0 ? p->context_mark.line : p->problem_mark.line;
    const char *problem = p->problem == NULL ? "unknown problem parsing YAML content" : p->problem;
    if (mark == 0 || reader)
        return kz_str_printf(a, "yaml: %s", problem);
    return kz_str_printf(a, "yaml: line %zu: %s", mark + scanner, problem);
}

bool kz_yaml_first(struct kz_str *doc, struct kz_str *error, struct kz_arena *a, struct kz_str text)
{
    yaml_parser_t p;
    yaml_event_t event;
    bool good = true, more = true;
    kz_assert(yaml_parser_initialize(&p) == 1);
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p, (const unsigned char *)text.ptr, text.len);
    *doc = text;
    while (more) {
        good = yaml_parser_parse(&p, &event) == 1;
        if (!good) {
            *error = message(a, &p);
            break;
        }
        more = event.type != YAML_DOCUMENT_END_EVENT && event.type != YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_END_EVENT)
            *doc = kz_str_head(text, event.start_mark.index);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&p);
    return good;
}
