/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exec/exec.h"

#include "value/yaml.h"

/* Walks the lines of the stream beside the documents: *source is what the last "# Source:" since the
 * last "---" said. */
struct lines {
    struct kz_str rest;
    uint32_t at; /* number of the line that rest begins with */
    struct kz_str source;
};

static void take_line(struct lines *l)
{
    struct kz_str line;
    l->rest = kz_str_cut(&line, l->rest, '\n');
    l->at++;
    if (kz_str_starts(line, KZ_STR("---")))
        l->source = KZ_STR_NONE;
    else if (kz_str_starts(line, KZ_STR("# Source: ")))
        l->source = kz_str_trim(kz_str_skip(line, strlen("# Source: ")));
}

/* The comment stands between the "---" and the first key; a document's line may be either's. */
static struct kz_str source_of(struct lines *l, uint32_t line)
{
    while (l->at <= line && l->rest.len > 0)
        take_line(l);
    while (l->rest.len > 0 && l->source.len == 0 &&
           (l->rest.ptr[0] == '#' || l->rest.ptr[0] == '\n'))
        take_line(l);
    return l->source;
}

int kz_exec_emit(struct kz_render *r, struct kz_str text, struct kz_str name, bool with_chart,
                 struct kz_err *err)
{
    struct kz_value *docs;
    struct kz_str output = kz_str_printf(r->arena, "output of " KZ_FMT, KZ_ARG(name));
    struct lines lines = {.rest = text, .at = 1};
    size_t n = 0;
    if (kz_yaml_read_all(&docs, r->arena, text, output, NULL, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; i < docs->as.list.len; i++) {
        struct kz_value *doc = docs->as.list.at[i];
        if (doc->kind == KZ_NULL)
            continue;
        struct kz_str source = source_of(&lines, doc->line);
        const bool known = source.len > 0;
        const size_t slash = kz_str_index(source, '/');
        if (with_chart && slash < source.len)
            source = kz_str_skip(source, slash + 1);
        if (r->emit(r, doc, known ? source : output, known ? 0 : doc->line, err) < 0)
            return kz_err_at(err, output, doc->line, 1);
        n++;
    }
    if (n == 0)
        return kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' wrote no objects", KZ_ARG(name));
    return 0;
}
