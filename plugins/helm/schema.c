/* SPDX-License-Identifier: Apache-2.0
 *
 * From the text of a schema to a compiled one. First every `$ref` is made absolute and every `$id` is
 * entered, then the schemas are read from the root on; a reference is read once and may be to what is
 * still being read. */
#include "helm/schema_impl.h"

#include "helm/render.h"
#include "helm/text.h"
#include "template/gojson.h"
#include "value/json.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { MAX_SCHEMAS = 200000, MAX_NESTED = 1000 };

struct document { /* what a reference without a pointer leads to */
    struct kz_value *at;
    enum kz_draft draft; /* 0: not said */
};

struct compile {
    struct kz_schema_set *set;
    struct kz_arena *a;
    unsigned made, nested;
};

static struct kz_schema *schema_at(struct compile *c, const struct kz_value *v,
                                   enum kz_draft draft);

static bool bad(struct compile *c, const char *fmt, ...) KZ_PRINTF(2, 3);
static bool bad(struct compile *c, const char *fmt, ...)
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

static bool failed(const struct compile *c)
{
    return c->set->why.len > 0;
}

static bool is_schema(const struct kz_value *v)
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

/* ---- references -------------------------------------------------------------------------------- */

/* Length of "scheme:" at the front, or 0. */
static size_t scheme_len(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i], low = (char)(c | 0x20);
        if (c == ':')
            return i > 0 ? i + 1 : 0;
        if (!(low >= 'a' && low <= 'z') &&
            !(i > 0 && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            return 0;
    }
    return 0;
}

/* Where "scheme://host" ends. */
static size_t host_end(struct kz_str s)
{
    size_t at = scheme_len(s);
    if (!kz_str_starts(kz_str_skip(s, at), KZ_STR("//")))
        return at;
    return at + 2 + kz_str_index(kz_str_skip(s, at + 2), '/');
}

static struct kz_str no_fragment(struct kz_str s)
{
    return kz_str_head(s, kz_str_index(s, '#'));
}

/* What ref means in a document at base; an empty fragment is none. */
static struct kz_str resolve(struct kz_arena *a, struct kz_str base, struct kz_str ref)
{
    struct kz_str full;
    base = no_fragment(base);
    if (kz_str_ends(ref, KZ_STR("#")))
        ref = kz_str_head(ref, ref.len - 1);
    if (ref.len == 0)
        return base;
    if (scheme_len(ref) > 0)
        return ref;
    if (ref.ptr[0] == '#')
        return kz_str_printf(a, KZ_FMT KZ_FMT, KZ_ARG(base), KZ_ARG(ref));
    const size_t host = host_end(base);
    if (ref.ptr[0] == '/') {
        full = kz_str_printf(a, KZ_FMT KZ_FMT, KZ_ARG(kz_str_head(base, host)), KZ_ARG(ref));
    } else {
        const size_t slash = kz_str_rindex(base, '/');
        const struct kz_str dir =
            slash < base.len && slash >= host ? kz_str_head(base, slash) : kz_str_head(base, host);
        full = kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(dir), KZ_ARG(ref));
    }
    return full;
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

static void enter(struct compile *c, struct kz_str name, struct kz_value *at, enum kz_draft draft)
{
    struct document *d = kz_new(c->a, struct document);
    *d = (struct document){.at = at, .draft = draft};
    (void)kz_map_put(&c->set->documents, name.ptr == NULL ? KZ_STR("") : name, d);
}

static void absolute_all(struct compile *c, struct kz_value *v, struct kz_str base,
                         enum kz_draft draft);

/* Keys of what only holds schemas by name are no keywords. */
static bool holds_names(struct kz_str key)
{
    return kz_str_is(key, "properties") || kz_str_is(key, "dependencies") ||
           kz_str_is(key, "patternProperties");
}

static void absolute_map(struct compile *c, struct kz_value *v, struct kz_str base,
                         enum kz_draft draft)
{
    const struct kz_value *id = kz_value_get(v, "id");
    if (id == NULL)
        id = kz_value_get(v, "$id");
    if (kz_value_is(id, KZ_STRING)) {
        base = resolve(c->a, base, id->as.str);
        if (kz_map_find(&c->set->documents, base) != NULL)
            return; /* entered already: gojsonschema stops here, too */
        enter(c, base, v, draft);
    }
    const struct kz_pair *ref = kz_value_pair(v, KZ_STR("$ref"));
    if (ref != NULL && ref->val->kind == KZ_STRING)
        ref->val->as.str = resolve(c->a, base, ref->val->as.str);
    for (size_t i = 0; i < v->as.map.len; i++) {
        const struct kz_pair *p = &v->as.map.at[i];
        if (kz_str_is(p->key, "const") || kz_str_is(p->key, "enum"))
            continue;
        if (!holds_names(p->key))
            absolute_all(c, p->val, base, draft);
        else
            for (size_t k = 0; k < kz_value_pairs(p->val); k++)
                absolute_all(c, p->val->as.map.at[k].val, base, draft);
    }
}

/* Depth is that of the JSON reader. */
static void absolute_all(struct compile *c, struct kz_value *v, struct kz_str base,
                         enum kz_draft draft)
{
    if (v->kind == KZ_MAP)
        absolute_map(c, v, base, draft);
    for (size_t i = 0; v->kind == KZ_LIST && i < v->as.list.len; i++)
        absolute_all(c, v->as.list.at[i], base, draft);
}

static int hex(char c)
{
    const char low = (char)(c | 0x20);
    return c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* %41 to A; then ~1 to / and ~0 to ~. */
static struct kz_str unescape(struct kz_arena *a, struct kz_str s)
{
    char *out = kz_arena_bytes(a, s.len + 1);
    size_t n = 0, m = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '%' && i + 2 < s.len && hex(s.ptr[i + 1]) >= 0 && hex(s.ptr[i + 2]) >= 0) {
            out[n++] = (char)(hex(s.ptr[i + 1]) * 16 + hex(s.ptr[i + 2]));
            i += 2;
        } else
            out[n++] = s.ptr[i];
    }
    for (size_t i = 0; i < n; i++) {
        const bool tilde = out[i] == '~' && i + 1 < n && (out[i + 1] == '0' || out[i + 1] == '1');
        out[m++] = !tilde ? out[i] : out[i + 1] == '0' ? '~' : '/';
        i += tilde;
    }
    return kz_str_n(out, m);
}

static const struct kz_value *pointer(struct compile *c, const struct kz_value *doc,
                                      struct kz_str path)
{
    const struct kz_value *at = doc;
    if (path.len > 0 && path.ptr[0] != '/') {
        (void)bad(c, "JSON pointer must be empty or start with a \"/\"");
        return NULL;
    }
    for (path = kz_str_skip(path, 1); path.ptr != NULL;) {
        struct kz_str part, key;
        const bool more = kz_str_index(path, '/') < path.len;
        path = kz_str_cut(&part, path, '/');
        key = unescape(c->a, part);
        if (kz_value_is(at, KZ_MAP)) {
            at = kz_value_find(at, key);
            if (at == NULL)
                (void)bad(c, "Object has no key '" KZ_FMT "'", KZ_ARG(key));
        } else if (kz_value_is(at, KZ_LIST)) {
            uint64_t i = 0;
            const size_t n = at->as.list.len;
            const bool number = kz_str_u64(&i, key);
            at = number && i < n ? at->as.list.at[i] : NULL;
            if (!number)
                (void)bad(c, "Invalid array index '" KZ_FMT "'", KZ_ARG(key));
            else if (at == NULL)
                (void)bad(c, "Out of bound array[0,%zu] index '%llu'", n, (unsigned long long)i);
        } else {
            (void)bad(c, "Invalid token reference '" KZ_FMT "'", KZ_ARG(key));
            at = NULL;
        }
        if (at == NULL || !more)
            return at;
    }
    return at;
}

static const struct kz_value *lookup(struct compile *c, enum kz_draft *draft, struct kz_str ref)
{
    const struct document *d = kz_map_find(&c->set->documents, ref);
    const struct kz_str base = no_fragment(ref);
    if (d == NULL && base.len < ref.len) {
        d = kz_map_find(&c->set->documents, base.len == 0 ? KZ_STR("") : base);
        if (d != NULL) {
            *draft = d->draft;
            const struct kz_str path = kz_str_skip(ref, base.len + 1);
            return path.len == 0 ? d->at : pointer(c, d->at, path);
        }
    }
    if (d != NULL) {
        *draft = d->draft;
        return d->at;
    }
    if (scheme_len(ref) == 0)
        (void)bad(c, "Reference " KZ_FMT " must be canonical", KZ_ARG(ref));
    else
        (void)bad(c, "Get \"" KZ_FMT "\": kzsync fetches no schema", KZ_ARG(base));
    return NULL;
}

/* The drafts themselves as schemas of values: anything goes, as no chart checks schemas. */
static bool is_metaschema(struct kz_str ref)
{
    return kz_str_starts(ref, KZ_STR("http://json-schema.org/draft-0")) &&
           kz_str_ends(no_fragment(ref), KZ_STR("/schema"));
}

static struct kz_schema *schema_ref(struct compile *c, struct kz_str ref, enum kz_draft draft)
{
    struct kz_schema *known = kz_map_find(&c->set->refs, ref);
    enum kz_draft said = 0;
    if (known != NULL)
        return known;
    struct kz_schema *s = kz_new(c->a, struct kz_schema);
    (void)kz_map_put(&c->set->refs, ref, s); /* before it is read: it may refer to itself */
    if (is_metaschema(ref)) {
        s->is_bool = s->pass = true;
        return s;
    }
    const struct kz_value *v = lookup(c, &said, ref);
    if (v == NULL)
        return NULL;
    if (!is_schema(v)) {
        (void)bad(c, "schema must be of type object");
        return NULL;
    }
    s->ref = schema_at(c, v, said != 0 ? said : draft);
    return s;
}

/* ---- keywords ---------------------------------------------------------------------------------- */

static void push(struct compile *c, struct kz_schemas *list, struct kz_schema *s)
{
    if (list->n == list->cap) {
        list->cap = list->cap == 0 ? 4 : 2 * list->cap;
        struct kz_schema **at = kz_new_n(c->a, struct kz_schema *, list->cap);
        if (list->n > 0)
            memcpy(at, list->at, list->n * sizeof(struct kz_schema *));
        list->at = at;
    }
    list->at[list->n++] = s;
}

static struct kz_named *add_named(struct compile *c, struct kz_nameds *list, struct kz_str name)
{
    if (list->n == list->cap) {
        list->cap = list->cap == 0 ? 8 : 2 * list->cap;
        struct kz_named *at = kz_new_n(c->a, struct kz_named, list->cap);
        if (list->n > 0)
            memcpy(at, list->at, list->n * sizeof *at);
        list->at = at;
    }
    struct kz_named *out = &list->at[list->n++];
    out->name = name;
    return out;
}

static bool invalid_type(struct compile *c, const char *expected, const char *key)
{
    return bad(c, "Invalid type. Expected: %s, given: %s", expected, key);
}

static struct kz_regex *regex(struct compile *c, struct kz_str pattern)
{
    struct kz_regex *re;
    struct kz_err err;
    if (kz_regex_new(&re, pattern, &err) < 0)
        return NULL;
    kz_vec_push(&c->set->regexes, re);
    return re;
}

static bool read_types(struct compile *c, struct kz_schema *s, const struct kz_value *v)
{
    static const char *const names[] = {"array", "boolean", "integer", "number",
                                        "null",  "object",  "string"};
    const size_t n = kz_value_is(v, KZ_LIST) ? v->as.list.len : 1;
    kz_autobuf struct kz_buf b = KZ_BUF(1024);
    if (v == NULL)
        return true;
    if (v->kind != KZ_LIST && v->kind != KZ_STRING)
        return invalid_type(c, "string/array of strings", "type");
    for (size_t i = 0; i < n; i++) {
        const struct kz_value *item = v->kind == KZ_LIST ? v->as.list.at[i] : v;
        unsigned bit = 0;
        if (item->kind != KZ_STRING)
            return invalid_type(c, "string/array of strings", "type");
        for (size_t k = 0; k < kz_countof(names); k++)
            if (kz_str_is(item->as.str, names[k]))
                bit = 1U << k;
        if (bit == 0)
            return bad(c,
                       "has a primitive type that is NOT VALID -- given: /" KZ_FMT
                       "/ Expected valid values are:"
                       "[array boolean integer number null object string]",
                       KZ_ARG(item->as.str));
        if ((s->types & bit) != 0)
            return bad(c, KZ_FMT " type is duplicated", KZ_ARG(item->as.str));
        s->types |= bit;
        kz_buf_puts(&b, i > 0 ? "," : "");
        kz_buf_add_str(&b, item->as.str);
    }
    s->types_text = n > 1 ? kz_str_printf(c->a, "[" KZ_FMT "]", KZ_ARG(kz_buf_str(&b)))
                          : kz_str_dup(c->a, kz_buf_str(&b));
    return true;
}

static bool number(double *out, const struct kz_value *v)
{
    if (kz_value_is(v, KZ_INT))
        *out = (double)v->as.num;
    else if (kz_value_is(v, KZ_UINT))
        *out = (double)v->as.unum;
    else if (kz_value_is(v, KZ_FLOAT))
        *out = v->as.real;
    else
        return false;
    return true;
}

static const double *keep(struct compile *c, double num)
{
    double *out = kz_new(c->a, double);
    *out = num;
    return out;
}

/* exclusiveMinimum and Maximum: a flag in draft 4, a number since 6, either when no draft is said. */
static bool read_exclusive(struct compile *c, struct kz_schema *s, const struct kz_value *v,
                           const char *key, const char *with, const double **inclusive,
                           const double **exclusive)
{
    double num;
    if (v == NULL)
        return true;
    if (s->draft != KZ_DRAFT_4 && number(&num, v)) {
        *exclusive = keep(c, num);
        return true;
    }
    if (v->kind != KZ_BOOL || s->draft == KZ_DRAFT_6 || s->draft == KZ_DRAFT_7)
        return invalid_type(c,
                            s->draft == KZ_DRAFT_4     ? "boolean"
                            : s->draft == KZ_DRAFT_ANY ? "boolean/number"
                                                       : "number",
                            key);
    if (*inclusive == NULL)
        return bad(c, "%s cannot be used without %s", key, with);
    if (v->as.truth) {
        *exclusive = *inclusive;
        *inclusive = NULL;
    }
    return true;
}

static bool read_numbers(struct compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "multipleOf");
    double num;
    if (v != NULL) {
        if (!number(&num, v))
            return invalid_type(c, "number", "multipleOf");
        if (num <= 0)
            return bad(c, "multipleOf must be strictly greater than 0");
        s->multiple = keep(c, num);
    }
    v = kz_value_get(m, "minimum");
    if (v != NULL) {
        if (!number(&num, v))
            return bad(c, "minimum must be of a number");
        s->min = keep(c, num);
    }
    if (!read_exclusive(c, s, kz_value_get(m, "exclusiveMinimum"), "exclusiveMinimum", "minimum",
                        &s->min, &s->above))
        return false;
    v = kz_value_get(m, "maximum");
    if (v != NULL) {
        if (!number(&num, v))
            return bad(c, "maximum must be of a number");
        s->max = keep(c, num);
    }
    return read_exclusive(c, s, kz_value_get(m, "exclusiveMaximum"), "exclusiveMaximum", "maximum",
                          &s->max, &s->under);
}

static bool read_count(struct compile *c, const int64_t **out, const struct kz_value *m,
                       const char *key)
{
    const struct kz_value *v = kz_value_get(m, key);
    double num;
    if (v == NULL)
        return true;
    if (!number(&num, v) || num != floor(num) || fabs(num) > 9e15)
        return bad(c, "%s must be of an integer", key);
    if (num < 0)
        return bad(c, "%s must be greater than or equal to 0", key);
    int64_t *count = kz_new(c->a, int64_t);
    *count = (int64_t)num;
    *out = count;
    return true;
}

static bool read_counts(struct compile *c, struct kz_schema *s, const struct kz_value *m)
{
    if (!read_count(c, &s->min_len, m, "minLength") || !read_count(c, &s->max_len, m, "maxLength"))
        return false;
    if (s->min_len != NULL && s->max_len != NULL && *s->min_len > *s->max_len)
        return bad(c, "minLength cannot be greater than maxLength");
    if (!read_count(c, &s->min_props, m, "minProperties") ||
        !read_count(c, &s->max_props, m, "maxProperties"))
        return false;
    if (s->min_props != NULL && s->max_props != NULL && *s->min_props > *s->max_props)
        return bad(c, "minProperties cannot be greater than maxProperties");
    return read_count(c, &s->min_items, m, "minItems") &&
           read_count(c, &s->max_items, m, "maxItems");
}

static bool read_strings(struct compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "pattern");
    if (v != NULL) {
        if (v->kind != KZ_STRING)
            return bad(c, "pattern must be of a string");
        s->pattern = regex(c, v->as.str);
        s->pattern_text = v->as.str;
        if (s->pattern == NULL)
            return bad(c, "pattern must be a valid regex");
    }
    v = kz_value_get(m, "format");
    if (v != NULL && v->kind != KZ_STRING)
        return bad(c, "format must be of type string");
    s->format = kz_value_as_str(v);
    return true;
}

static bool read_required(struct compile *c, struct kz_schema *s, const struct kz_value *v)
{
    if (v == NULL)
        return true;
    if (v->kind != KZ_LIST)
        return bad(c, "required must be of an array");
    for (size_t i = 0; i < v->as.list.len; i++) {
        if (v->as.list.at[i]->kind != KZ_STRING)
            return bad(c, "required items must be string");
        for (size_t k = 0; k < i; k++)
            if (kz_str_eq(v->as.list.at[k]->as.str, v->as.list.at[i]->as.str))
                return bad(c, "required items must be unique");
    }
    s->required = v;
    return true;
}

static bool read_enum(struct compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "const");
    if (v != NULL && s->draft >= KZ_DRAFT_6) {
        s->const_text = kz_new(c->a, struct kz_str);
        *s->const_text = kz_schema_json(c->a, v);
    }
    v = kz_value_get(m, "enum");
    if (v == NULL)
        return true;
    if (v->kind != KZ_LIST)
        return bad(c, "enum must be of an array");
    s->enums = kz_new_n(c->a, struct kz_str, v->as.list.len + 1);
    for (size_t i = 0; i < v->as.list.len; i++) {
        const struct kz_str text = kz_schema_json(c->a, v->as.list.at[i]);
        for (size_t k = 0; k < s->n_enums; k++)
            if (kz_str_eq(s->enums[k], text))
                return bad(c, "enum items must be unique");
        s->enums[s->n_enums++] = text;
    }
    return true;
}

/* ---- keywords that hold schemas ---------------------------------------------------------------- */

static bool read_properties(struct compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "properties");
    if (v != NULL && v->kind != KZ_MAP)
        return bad(c, "properties must be of type object");
    for (size_t i = 0; i < kz_value_pairs(v); i++) {
        struct kz_schema *sub = schema_at(c, v->as.map.at[i].val, s->draft);
        add_named(c, &s->properties, v->as.map.at[i].key)->schema = sub;
        if (failed(c))
            return false;
    }
    v = kz_value_get(m, "additionalProperties");
    if (v != NULL && !is_schema(v))
        return invalid_type(c, "boolean/valid schema", "additionalProperties");
    if (kz_value_is(v, KZ_BOOL))
        s->no_more_properties = !v->as.truth;
    else if (v != NULL)
        s->more_properties = schema_at(c, v, s->draft);
    v = kz_value_get(m, "patternProperties");
    if (v != NULL && v->kind != KZ_MAP)
        return invalid_type(c, "valid schema", "patternProperties");
    for (size_t i = 0; i < kz_value_pairs(v); i++) {
        struct kz_regex *re = regex(c, v->as.map.at[i].key);
        if (re == NULL)
            return bad(c, "Invalid regex pattern '" KZ_FMT "'", KZ_ARG(v->as.map.at[i].key));
        struct kz_schema *sub = schema_at(c, v->as.map.at[i].val, s->draft);
        struct kz_named *p = add_named(c, &s->patterns, v->as.map.at[i].key);
        p->re = re;
        p->schema = sub;
    }
    v = kz_value_get(m, "propertyNames");
    if (v != NULL && s->draft >= KZ_DRAFT_6) {
        if (!is_schema(v))
            return invalid_type(c, "valid schema", "patternProperties");
        s->property_names = schema_at(c, v, s->draft);
    }
    return !failed(c);
}

static bool read_dependencies(struct compile *c, struct kz_schema *s, const struct kz_value *v)
{
    static const char wrong[] = "dependency must be of type schema or array of strings";
    if (v != NULL && v->kind != KZ_MAP)
        return bad(c, "dependencies must be of type object");
    for (size_t i = 0; i < kz_value_pairs(v); i++) {
        const struct kz_value *d = v->as.map.at[i].val;
        struct kz_schema *sub = NULL;
        if (!is_schema(d) && d->kind != KZ_LIST)
            return bad(c, "%s", wrong);
        for (size_t k = 0; d->kind == KZ_LIST && k < d->as.list.len; k++)
            if (d->as.list.at[k]->kind != KZ_STRING)
                return bad(c, "%s", wrong);
        if (d->kind != KZ_LIST)
            sub = schema_at(c, d, s->draft);
        struct kz_named *n = add_named(c, &s->dependencies, v->as.map.at[i].key);
        n->schema = sub;
        n->keys = d->kind == KZ_LIST ? d : NULL;
    }
    return !failed(c);
}

static bool read_items(struct compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const struct kz_value *v = kz_value_get(m, "items");
    if (v != NULL && !is_schema(v) && v->kind != KZ_LIST)
        return invalid_type(c, "valid schema/array of schemas", "items");
    for (size_t i = 0; kz_value_is(v, KZ_LIST) && i < v->as.list.len; i++) {
        if (!is_schema(v->as.list.at[i]))
            return invalid_type(c, "valid schema/array of schemas", "items");
        push(c, &s->items, schema_at(c, v->as.list.at[i], s->draft));
    }
    if (is_schema(v)) {
        push(c, &s->items, schema_at(c, v, s->draft));
        s->items_single = true;
    }
    v = kz_value_get(m, "additionalItems");
    if (v != NULL && !is_schema(v))
        return invalid_type(c, "boolean/valid schema", "additionalItems");
    if (kz_value_is(v, KZ_BOOL))
        s->no_more_items = !v->as.truth;
    else if (v != NULL)
        s->more_items = schema_at(c, v, s->draft);
    v = kz_value_get(m, "uniqueItems");
    if (v != NULL && v->kind != KZ_BOOL)
        return bad(c, "uniqueItems must be of a boolean");
    s->unique_items = kz_value_as_bool(v, false);
    v = kz_value_get(m, "contains");
    if (v != NULL && s->draft >= KZ_DRAFT_6)
        s->contains = schema_at(c, v, s->draft);
    return !failed(c);
}

static bool read_list(struct compile *c, struct kz_schemas *out, const struct kz_value *m,
                      const char *key, const char *said, enum kz_draft draft)
{
    const struct kz_value *v = kz_value_get(m, key);
    if (v != NULL && v->kind != KZ_LIST)
        return bad(c, "%s must be of an array", said);
    for (size_t i = 0; i < kz_value_len(v) && !failed(c); i++)
        push(c, out, schema_at(c, v->as.list.at[i], draft));
    return !failed(c);
}

static bool read_one(struct compile *c, struct kz_schema **out, const struct kz_value *m,
                     const char *key, enum kz_draft draft)
{
    const struct kz_value *v = kz_value_get(m, key);
    if (v == NULL)
        return true;
    if (!is_schema(v))
        return bad(c, "%s must be of an object", key);
    *out = schema_at(c, v, draft);
    return !failed(c);
}

static bool read_combined(struct compile *c, struct kz_schema *s, const struct kz_value *m)
{
    return read_list(c, &s->one_of, m, "oneOf", "oneOf", s->draft) &&
           read_list(c, &s->any_of, m, "anyOf", "anyOf", s->draft) &&
           read_list(c, &s->all_of, m, "allOf", "anyOf", s->draft) &&
           read_one(c, &s->not_, m, "not", s->draft) &&
           (s->draft < KZ_DRAFT_7 || (read_one(c, &s->if_, m, "if", s->draft) &&
                                      read_one(c, &s->then, m, "then", s->draft) &&
                                      read_one(c, &s->else_, m, "else", s->draft)));
}

/* Definitions are read although only references use them: a mistake in one is a mistake. */
static bool read_definitions(struct compile *c, const struct kz_value *v, enum kz_draft draft)
{
    if (v != NULL && v->kind != KZ_MAP)
        return invalid_type(c, "array of schemas", "definitions");
    for (size_t i = 0; i < kz_value_pairs(v); i++) {
        if (!is_schema(v->as.map.at[i].val))
            return invalid_type(c, "array of schemas", "definitions");
        (void)schema_at(c, v->as.map.at[i].val, draft);
    }
    return !failed(c);
}

static bool text_or_none(struct compile *c, const struct kz_value *m, const char *key)
{
    const struct kz_value *v = kz_value_get(m, key);
    return v == NULL || v->kind == KZ_STRING || invalid_type(c, "string", key);
}

static void read_schema(struct compile *c, struct kz_schema *s, const struct kz_value *m)
{
    const char *id =
        s->draft == KZ_DRAFT_4 || (s->draft == KZ_DRAFT_ANY && kz_value_get(m, "id") != NULL)
            ? "id"
            : "$id";
    if (!text_or_none(c, m, id) || !read_definitions(c, kz_value_get(m, "definitions"), s->draft) ||
        !text_or_none(c, m, "title") || !text_or_none(c, m, "description") ||
        !text_or_none(c, m, "$ref"))
        return;
    const struct kz_value *ref = kz_value_get(m, "$ref");
    if (ref != NULL) {
        s->ref = schema_ref(c, ref->as.str.len == 0 ? KZ_STR("") : ref->as.str, s->draft);
        return;
    }
    (void)(read_types(c, s, kz_value_get(m, "type")) && read_properties(c, s, m) &&
           read_dependencies(c, s, kz_value_get(m, "dependencies")) && read_items(c, s, m) &&
           read_numbers(c, s, m) && read_strings(c, s, m) && read_counts(c, s, m) &&
           read_required(c, s, kz_value_get(m, "required")) && read_enum(c, s, m) &&
           read_combined(c, s, m));
}

static struct kz_schema *schema_at(struct compile *c, const struct kz_value *v, enum kz_draft draft)
{
    struct kz_schema *s = kz_new(c->a, struct kz_schema);
    s->draft = draft;
    if (failed(c))
        return s;
    if (++c->made > MAX_SCHEMAS || c->nested >= MAX_NESTED) {
        (void)bad(c, "the schema is too large");
        return s;
    }
    if (v->kind == KZ_BOOL && draft >= KZ_DRAFT_6) {
        s->is_bool = true;
        s->pass = v->as.truth;
        return s;
    }
    if (v->kind != KZ_MAP) {
        (void)bad(c, "Expected: valid schema, given: Invalid JSON");
        return s;
    }
    c->nested++;
    read_schema(c, s, v);
    c->nested--;
    return s;
}

/* ---- entry ------------------------------------------------------------------------------------- */

bool kz_schema_ok(struct kz_str *why, struct kz_arena *a, struct kz_str schema,
                  const struct kz_value *values)
{
    struct kz_schema_set set = {.a = a, .why = KZ_STR("")};
    struct compile c = {.set = &set, .a = a};
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    struct kz_value *doc;
    if (!kz_go_json_first(&doc, why, a, schema))
        return false;
    kz_map_init(&set.documents);
    kz_map_init(&set.refs);
    if (!is_schema(doc)) {
        (void)bad(&c, "schema is invalid");
    } else if (kz_value_get(doc, "$schema") != NULL &&
               !kz_value_is(kz_value_get(doc, "$schema"), KZ_STRING)) {
        (void)bad(&c, "$schema must be of type string");
    } else {
        const enum kz_draft draft = draft_of(doc);
        enter(&c, KZ_STR(""), doc, draft);
        absolute_all(&c, doc, KZ_STR(""), draft);
        set.root = schema_at(&c, doc, draft != 0 ? draft : KZ_DRAFT_ANY);
    }
    if (!failed(&c) && !kz_schema_apply(&b, a, set.root, values))
        (void)bad(&c, "the schema needs too much work");
    *why = failed(&c) ? set.why : kz_str_dup(a, kz_buf_str(&b));
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
