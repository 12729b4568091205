/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML as Helm reads it, and its errors in goyaml's words. Our reader says better what is wrong, but
 * people search for the text they know: after a failure the text is scanned once more for it. */
#include "helm/text.h"

#include "value/yaml.h"
#include "value/yaml_scalar.h"

#include <yaml.h>

/* goyaml is libyaml in Go: the same problems at the same marks, only lines are counted its way. It reads
 * one document and looks no further: without an error up to its end, *end_at is how many characters it
 * has. */
static bool goyaml_error(struct kz_buf *b, size_t *end_at, struct kz_str text)
{
    yaml_parser_t p;
    yaml_event_t ev;
    bool found = false, end = false;
    unsigned depth = 0;
    if (yaml_parser_initialize(&p) == 0)
        return false;
    yaml_parser_set_input_string(&p, (const unsigned char *)text.ptr, text.len);
    while (!end && !found) {
        if (yaml_parser_parse(&p, &ev) == 0) {
            size_t line = p.problem_mark.line;
            if (line != 0 && p.error == YAML_SCANNER_ERROR)
                line++;
            else if (line == 0)
                line = p.context_mark.line;
            kz_buf_puts(b, "yaml: ");
            if (line != 0)
                kz_buf_printf(b, "line %zu: ", line);
            kz_buf_puts(b, p.problem != NULL ? p.problem : "unknown problem parsing YAML content");
            found = true;
            break;
        }
        if (ev.type == YAML_SEQUENCE_START_EVENT || ev.type == YAML_MAPPING_START_EVENT)
            depth++;
        *end_at = ev.end_mark.index;
        end = ev.type == YAML_STREAM_END_EVENT || ev.type == YAML_DOCUMENT_END_EVENT ||
              depth > 10 * KZ_VALUE_DEPTH;
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&p);
    return found;
}

static size_t bytes_of(struct kz_str text, size_t chars)
{
    size_t at = 0;
    for (; at < text.len && chars > 0; chars--)
        for (at++; at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;)
            at++;
    return at;
}

int kz_go_yaml(struct kz_value **out, struct kz_arena *a, struct kz_str text, struct kz_str name,
               struct kz_err *err)
{
    static const struct kz_yaml_limits limits = {.last_key_wins = true,
                                                 .document = (size_t)64 << 20};
    struct kz_value *docs;
    if (kz_yaml_read_all(&docs, a, text, name, &limits, err) >= 0) {
        *out = docs->as.list.len == 0 ? kz_value_null(a) : docs->as.list.at[0];
        return 0;
    }
    kz_autobuf struct kz_buf b = KZ_BUF(4096);
    const struct kz_err ours = *err;
    size_t chars = 0;
    if (ours.code == KZ_E_LIMIT || (!goyaml_error(&b, &chars, text) && chars == 0))
        return kz_wrap(err, "error converting YAML to JSON");
    if (b.len == 0) { /* the trouble is behind the first document */
        const struct kz_str first = kz_str_head(text, bytes_of(text, chars));
        if (first.len < text.len && kz_yaml_read_all(&docs, a, first, name, &limits, err) >= 0) {
            *out = docs->as.list.len == 0 ? kz_value_null(a) : docs->as.list.at[0];
            return 0;
        }
        *err = ours;
        return kz_wrap(err, "error converting YAML to JSON");
    }
    (void)kz_fail(err, ours.code, "%s", b.ptr);
    (void)kz_wrap(err, "error converting YAML to JSON");
    return kz_err_at(err, name, ours.line, ours.col);
}

void kz_go_floats(struct kz_value *v)
{
    switch (v->kind) {
    case KZ_INT:
        v->as.real = (double)v->as.num;
        v->kind = KZ_FLOAT;
        return;
    case KZ_UINT:
        v->as.real = (double)v->as.unum;
        v->kind = KZ_FLOAT;
        return;
    case KZ_LIST:
        for (size_t i = 0; i < v->as.list.len; i++)
            kz_go_floats(v->as.list.at[i]);
        return;
    case KZ_MAP:
        for (size_t i = 0; i < v->as.map.len; i++)
            kz_go_floats(v->as.map.at[i].val);
        return;
    case KZ_NULL:
    case KZ_BOOL:
    case KZ_FLOAT:
    case KZ_STRING:
        return;
    }
}

bool kz_go_as_text(struct kz_str *out, struct kz_arena *a, const struct kz_value *v)
{
    char num[32];
    switch (v->kind) {
    case KZ_STRING:
        *out = v->as.str;
        return true;
    case KZ_BOOL:
        *out = v->as.truth ? KZ_STR("true") : KZ_STR("false");
        return true;
    case KZ_INT:
        *out = kz_str_printf(a, "%lld", (long long)v->as.num);
        return true;
    case KZ_UINT:
        *out = kz_str_printf(a, "%llu", (unsigned long long)v->as.unum);
        return true;
    case KZ_FLOAT:
        kz_yaml_float_text(num, v->as.real, 64);
        *out = kz_str_dup(a, kz_str(num));
        return true;
    case KZ_NULL:
    case KZ_LIST:
    case KZ_MAP:
        return false;
    }
    return false;
}
