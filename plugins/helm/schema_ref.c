/* SPDX-License-Identifier: Apache-2.0
 *
 * References of a schema: made absolute first, then found by name and JSON pointer. A reference is read
 * once and may be to what is still being read. */
#include "helm/schema_impl.h"

struct document { /* what a reference without a pointer leads to */
    struct kz_value *at;
    enum kz_draft draft; /* 0: not said */
};

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

void kz_schema_enter(struct kz_schema_compile *c, struct kz_str name, struct kz_value *at, enum kz_draft draft)
{
    struct document *d = kz_new(c->a, struct document);
    *d = (struct document){.at = at, .draft = draft};
    (void)kz_map_put(&c->set->documents, name.ptr == NULL ? KZ_STR("") : name, d);
}

/* Keys of what only holds schemas by name are no keywords. */
static bool holds_names(struct kz_str key)
{
    return kz_str_is(key, "properties") || kz_str_is(key, "dependencies") ||
           kz_str_is(key, "patternProperties");
}

static void absolute_map(struct kz_schema_compile *c, struct kz_value *v, struct kz_str base,
                         enum kz_draft draft)
{
    const struct kz_value *id = kz_value_get(v, "id");
    if (id == NULL)
        id = kz_value_get(v, "$id");
    if (kz_value_is(id, KZ_STRING)) {
        base = resolve(c->a, base, id->as.str);
        if (kz_map_find(&c->set->documents, base) != NULL)
            return; /* entered already: gojsonschema stops here, too */
        kz_schema_enter(c, base, v, draft);
    }
    const struct kz_pair *ref = kz_value_pair(v, KZ_STR("$ref"));
    if (ref != NULL && ref->val->kind == KZ_STRING)
        ref->val->as.str = resolve(c->a, base, ref->val->as.str);
    for (size_t i = 0; i < v->as.map.len; i++) {
        const struct kz_pair *p = &v->as.map.at[i];
        if (kz_str_is(p->key, "const") || kz_str_is(p->key, "enum"))
            continue;
        if (!holds_names(p->key))
            kz_schema_absolute(c, p->val, base, draft);
        else
            for (size_t k = 0; k < kz_value_pairs(p->val); k++)
                kz_schema_absolute(c, p->val->as.map.at[k].val, base, draft);
    }
}

/* Depth is that of the JSON reader. */
void kz_schema_absolute(struct kz_schema_compile *c, struct kz_value *v, struct kz_str base,
                         enum kz_draft draft)
{
    if (v->kind == KZ_MAP)
        absolute_map(c, v, base, draft);
    for (size_t i = 0; v->kind == KZ_LIST && i < v->as.list.len; i++)
        kz_schema_absolute(c, v->as.list.at[i], base, draft);
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

static const struct kz_value *pointer(struct kz_schema_compile *c, const struct kz_value *doc,
                                      struct kz_str path)
{
    const struct kz_value *at = doc;
    if (path.len > 0 && path.ptr[0] != '/') {
        (void)kz_schema_bad(c, "JSON pointer must be empty or start with a \"/\"");
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
                (void)kz_schema_bad(c, "Object has no key '" KZ_FMT "'", KZ_ARG(key));
        } else if (kz_value_is(at, KZ_LIST)) {
            uint64_t i = 0;
            const size_t n = at->as.list.len;
            const bool number = kz_str_u64(&i, key);
            at = number && i < n ? at->as.list.at[i] : NULL;
            if (!number)
                (void)kz_schema_bad(c, "Invalid array index '" KZ_FMT "'", KZ_ARG(key));
            else if (at == NULL)
                (void)kz_schema_bad(c, "Out of bound array[0,%zu] index '%llu'", n, (unsigned long long)i);
        } else {
            (void)kz_schema_bad(c, "Invalid token reference '" KZ_FMT "'", KZ_ARG(key));
            at = NULL;
        }
        if (at == NULL || !more)
            return at;
    }
    return at;
}

static const struct kz_value *lookup(struct kz_schema_compile *c, enum kz_draft *draft, struct kz_str ref)
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
        (void)kz_schema_bad(c, "Reference " KZ_FMT " must be canonical", KZ_ARG(ref));
    else
        (void)kz_schema_bad(c, "Get \"" KZ_FMT "\": " KZ_SCHEMA_NOT_FETCHED, KZ_ARG(base));
    return NULL;
}

/* The drafts themselves as schemas of values: anything goes, as no chart checks schemas. */
static bool is_metaschema(struct kz_str ref)
{
    return kz_str_starts(ref, KZ_STR("http://json-schema.org/draft-0")) &&
           kz_str_ends(no_fragment(ref), KZ_STR("/schema"));
}

struct kz_schema *kz_schema_ref(struct kz_schema_compile *c, struct kz_str ref, enum kz_draft draft)
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
    if (!kz_schema_is(v)) {
        (void)kz_schema_bad(c, "schema must be of type object");
        return NULL;
    }
    s->ref = kz_schema_at(c, v, said != 0 ? said : draft);
    return s;
}
