/* SPDX-License-Identifier: Apache-2.0
 *
 * From the text of a schema to an answer: every `$ref` is made absolute and every `$id` entered
 * (schema_ref.c), the schemas are read from the root on (schema_read.c), then applied
 * (schema_check.c). */
#include "helm/schema_impl.h"

#include "helm/render.h"
#include "helm/text.h"
#include "template/gojson.h"
#include "value/json.h"

#include <stdarg.h>
#include <stdio.h>

bool kz_schema_bad(struct kz_schema_compile *c, const char *fmt, ...)
{
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (c->set->why.len == 0)
        c->set->why = kz_str_dup(c->a, kz_str(text));
    return false;
}

bool kz_schema_failed(const struct kz_schema_compile *c)
{
    return c->set->why.len > 0;
}

bool kz_schema_is(const struct kz_value *v)
{
    return kz_value_is(v, KZ_MAP) || kz_value_is(v, KZ_BOOL);
}

/* Numbers as floats: 1.0 is 1, and what Go decodes and encodes again. */
struct kz_str kz_schema_json(struct kz_arena *a, const struct kz_value *v)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    kz_go_json(&b, a, v, KZ_GO_JSON_SORTED);
    return kz_str_dup(a, kz_buf_str(&b));
}

static enum kz_draft draft_of(const struct kz_value *doc)
{
    static const struct {
        const char *url;
        enum kz_draft draft;
    } known[] = {
        {"http://json-schema.org/draft-04/schema", KZ_DRAFT_4},
        {"http://json-schema.org/draft-06/schema", KZ_DRAFT_6},
        {"http://json-schema.org/draft-07/schema", KZ_DRAFT_7}
    };
    struct kz_str url = kz_value_path_str(doc, "$schema");
    if (kz_str_ends(url, KZ_STR("#")))
        url = kz_str_head(url, url.len - 1);
    for (size_t i = 0; i < kz_countof(known); i++)
        if (kz_str_is(url, known[i].url))
            return known[i].draft;
    return 0;
}

bool kz_schema_ok(struct kz_str *why, struct kz_arena *a, struct kz_str schema,
                  const struct kz_value *values)
{
    struct kz_schema_set set = {.a = a, .why = KZ_STR("")};
    struct kz_schema_compile c = {.set = &set, .a = a};
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    struct kz_value *doc;
    if (!kz_go_json_first(&doc, why, a, schema))
        return false;
    kz_map_init(&set.documents);
    kz_map_init(&set.refs);
    if (!kz_schema_is(doc)) {
        (void)kz_schema_bad(&c, "schema is invalid");
    } else if (kz_value_get(doc, "$schema") != NULL &&
               !kz_value_is(kz_value_get(doc, "$schema"), KZ_STRING)) {
        (void)kz_schema_bad(&c, "$schema must be of type string");
    } else {
        const enum kz_draft draft = draft_of(doc);
        kz_schema_enter(&c, KZ_STR(""), doc, draft);
        kz_schema_absolute(&c, doc, KZ_STR(""), draft);
        set.root = kz_schema_at(&c, doc, draft != 0 ? draft : KZ_DRAFT_ANY);
    }
    if (!kz_schema_failed(&c) && !kz_schema_apply(&b, a, set.root, values))
        (void)kz_schema_bad(&c, "the schema needs too much work");
    *why = kz_schema_failed(&c) ? set.why : kz_str_dup(a, kz_buf_str(&b));
    for (size_t i = 0; i < set.regexes.len; i++)
        kz_regex_free(set.regexes.at[i]);
    kz_vec_done(&set.regexes);
    kz_map_done(&set.documents);
    kz_map_done(&set.refs);
    return why->len == 0;
}

static void check_charts(struct kz_buf *b, struct kz_arena *a, const struct kz_chart *c,
                         const struct kz_value *values)
{
    struct kz_str why;
    if (c->schema.ptr != NULL && !kz_schema_ok(&why, a, c->schema, values))
        kz_buf_printf(b, KZ_FMT ":\n" KZ_FMT, KZ_ARG(c->meta->name), KZ_ARG(why));
    for (size_t i = 0; i < c->n_subs; i++)
        check_charts(b, a, c->subs[i], kz_value_find(values, c->subs[i]->meta->name));
}

bool kz_schema_charts_ok(struct kz_str *why, struct kz_arena *a, const struct kz_chart *c,
                         const struct kz_value *values)
{
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    check_charts(&b, a, c, values);
    *why = kz_str_dup(a, kz_buf_str(&b));
    return why->len == 0;
}
