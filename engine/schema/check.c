/* SPDX-License-Identifier: Apache-2.0
 *
 * An object against a schema. A mistake has the path that kubectl would say, and one sentence without the
 * value. Work is bounded in steps; what is too much of it is taken to be fine, since the API server looks
 * again. */
#include "base/buf.h"
#include "base/near.h"
#include "base/regex.h"
#include "base/vec.h"
#include "resource/diff.h"
#include "schema/schema_impl.h"
#include "value/json.h"

#include <stdarg.h>

enum { MAX_STEPS = 1000000, MAX_NESTED = 700, PATTERN_STEPS = 200, PATH_BYTES = 4096, KEY_BYTES = 1 << 20 };

struct place {
    const struct place *in; /* NULL: the object itself */
    struct kz_str name;     /* of a field; else of item i */
    size_t i;
};

struct check {
    struct kz_arena *a;
    struct kz_mistakes *out;
    bool filled_in; /* see schema.h */
    bool quiet;    /* inside of a condition: only whether there is a mistake */
    size_t silent; /* mistakes that were not told */
    unsigned steps, nested;
};

static void look(struct check *c, const struct kz_node *node, const struct kz_value *v, const struct place *at,
                 bool form);

/* ---- mistakes -------------------------------------------------------------------------------------- */

/* A name that would be misread between dots stands in brackets. */
static bool is_plain(struct kz_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char ch = name.ptr[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_' ||
              ch == '-' || ch == '$'))
            return false;
    }
    return name.len > 0;
}

static void write_place(struct kz_buf *b, const struct place *at)
{
    if (at == NULL)
        return;
    write_place(b, at->in);
    if (at->name.ptr == NULL)
        kz_buf_printf(b, "[%zu]", at->i);
    else if (is_plain(at->name))
        kz_buf_printf(b, "%s" KZ_FMT, at->in == NULL ? "" : ".", KZ_ARG(at->name));
    else
        kz_buf_printf(b, "['" KZ_FMT "']", KZ_ARG(kz_str_head(at->name, 253)));
}

static void mistake(struct check *c, bool doubtful, const struct place *at, const char *fmt, ...) KZ_PRINTF(4, 5);
static void mistake(struct check *c, bool doubtful, const struct place *at, const char *fmt, ...)
{
    struct kz_mistakes *out = c->out;
    char text[KZ_ERR_TEXT];
    va_list ap;
    if (c->quiet) {
        c->silent++;
        return;
    }
    out->certain |= !doubtful;
    if (out->n == KZ_MISTAKES) {
        out->more++;
        return;
    }
    kz_autobuf struct kz_buf path = KZ_BUF(PATH_BYTES);
    write_place(&path, at);
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    out->at[out->n++] = (struct kz_mistake){.path = kz_str_dup(c->a, kz_buf_str(&path)),
                                            .text = kz_str_dup(c->a, kz_str(text)),
                                            .doubtful = doubtful};
}

/* ---- types ----------------------------------------------------------------------------------------- */

static const char *kind_text(const struct kz_value *v)
{
    switch (v->kind) {
    case KZ_NULL: return "null";
    case KZ_BOOL: return "true or false";
    case KZ_INT:
    case KZ_UINT: return "an integer";
    case KZ_FLOAT: return "a number";
    case KZ_STRING: return "a string";
    case KZ_LIST: return "a list";
    case KZ_MAP: return "an object";
    }
    return "";
}

static bool is_whole(double real)
{
    return real > -1e15 && real < 1e15 && real == (double)(int64_t)real;
}

static uint32_t types_that_take(const struct kz_value *v)
{
    switch (v->kind) {
    case KZ_NULL: return KZ_NODE_TYPES; /* absent, to the API server */
    case KZ_BOOL: return KZ_NODE_BOOL;
    case KZ_INT:
    case KZ_UINT: return KZ_NODE_INTEGER | KZ_NODE_NUMBER;
    case KZ_FLOAT: return KZ_NODE_NUMBER | (is_whole(v->as.real) ? KZ_NODE_INTEGER : 0U);
    case KZ_STRING: return KZ_NODE_STRING;
    case KZ_LIST: return KZ_NODE_LIST;
    case KZ_MAP: return KZ_NODE_OBJECT;
    }
    return 0;
}

static bool has_type(struct check *c, const struct kz_node *node, const struct kz_value *v, const struct place *at)
{
    static const struct {
        uint32_t bit;
        const char *text;
    } rows[] = {
        {KZ_NODE_STRING, "a string"},       {KZ_NODE_INTEGER, "an integer"}, {KZ_NODE_NUMBER, "a number"},
        {KZ_NODE_BOOL, "true or false"},    {KZ_NODE_OBJECT, "an object"},   {KZ_NODE_LIST, "a list"},
    };
    const uint32_t wanted = node->flags & KZ_NODE_TYPES;
    char text[128] = "";
    if (wanted == 0 || (wanted & types_that_take(v)) != 0)
        return true;
    for (size_t i = 0, len = 0; i < kz_countof(rows); i++)
        if ((wanted & rows[i].bit) != 0)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len == 0 ? "" : " or ", rows[i].text);
    mistake(c, false, at, "must be %s, not %s", text, kind_text(v));
    return false;
}

/* ---- objects --------------------------------------------------------------------------------------- */

static bool is_object_field(struct kz_str name)
{
    return kz_str_is(name, "apiVersion") || kz_str_is(name, "kind") || kz_str_is(name, "metadata");
}

static void unknown_field(struct check *c, const struct kz_node *node, const struct place *at)
{
    struct kz_near near = kz_near(at->name);
    for (size_t i = 0; i < node->n_props; i++)
        kz_near_try(&near, node->props[i].name);
    mistake(c, false, at, "is no field of this kind" KZ_NEAR_FMT, KZ_NEAR_ARGS(near));
}

/* The form says which fields there are; a schema without any, of an object, says nothing of them. */
static void look_at_fields(struct check *c, const struct kz_node *node, const struct kz_value *v,
                           const struct place *in, bool form)
{
    const bool strict = form && (node->flags & KZ_NODE_OPEN) == 0 &&
                        (node->n_props > 0 || (node->flags & KZ_NODE_CLOSED) != 0);
    for (size_t i = 0; i < v->as.map.len; i++) {
        const struct kz_pair *p = &v->as.map.at[i];
        const struct place at = {.in = in, .name = p->key};
        const struct kz_prop *prop = kz_node_prop(node, p->key);
        if (prop != NULL)
            look(c, prop->node, p->val, &at, form);
        else if (node->others != NULL)
            look(c, node->others, p->val, &at, form);
        else if (strict && !((node->flags & KZ_NODE_EMBEDDED) != 0 && is_object_field(p->key)))
            unknown_field(c, node, &at);
    }
}

static void look_at_required(struct check *c, const struct kz_node *node, const struct kz_value *v,
                             const struct place *in)
{
    for (size_t i = 0; i < node->rules->required.n; i++) {
        struct kz_str name = node->rules->required.at[i];
        const struct kz_prop *prop = kz_node_prop(node, name);
        const struct kz_value *have = kz_value_find(v, name);
        if ((have != NULL && have->kind != KZ_NULL) || (in == NULL && is_object_field(name)))
            continue;
        if (!c->filled_in && prop != NULL && prop->fallback != NULL)
            continue; /* filled in before anybody looks */
        const struct place at = {.in = in, .name = name};
        mistake(c, c->filled_in, &at, "is missing");
    }
}

/* ---- lists ----------------------------------------------------------------------------------------- */

static struct kz_str text_of(struct kz_arena *a, const struct kz_value *v)
{
    kz_autobuf struct kz_buf b = KZ_BUF(KEY_BYTES);
    if (v != NULL)
        kz_json_write(&b, v, KZ_JSON_SORTED);
    return kz_str_dup(a, kz_buf_str(&b));
}

/* The values of the keys, with what the schema fills in. */
static struct kz_str key_of(struct kz_arena *a, const struct kz_node *node, const struct kz_value *item)
{
    struct kz_str out = KZ_STR("");
    for (size_t i = 0; i < node->rules->keys.n; i++) {
        struct kz_str name = node->rules->keys.at[i];
        const struct kz_prop *prop = node->items == NULL ? NULL : kz_node_prop(node->items, name);
        const struct kz_value *v = kz_value_find(item, name);
        if (v == NULL && prop != NULL)
            v = prop->fallback;
        out = kz_str_concat(a, out, KZ_STR(","), text_of(a, v));
    }
    return out;
}

/* The API server takes no list with two items of one key. */
static void look_at_twins(struct check *c, const struct kz_node *node, const struct kz_value *v,
                          const struct place *in)
{
    const bool keyed = node->rules != NULL && node->rules->keys.n > 0;
    struct kz_map seen;
    if ((!keyed && (node->flags & KZ_NODE_SET) == 0) || v->as.list.len < 2)
        return;
    kz_map_init(&seen);
    for (size_t i = 0; i < v->as.list.len; i++) {
        const struct kz_value *item = v->as.list.at[i];
        const struct place at = {.in = in, .i = i};
        const struct kz_value *other =
            kz_map_put(&seen, keyed ? key_of(c->a, node, item) : text_of(c->a, item), v->as.list.at[i]);
        if (other == NULL)
            continue;
        size_t first = 0;
        while (v->as.list.at[first] != other)
            first++;
        mistake(c, false, &at, keyed ? "has the same key as item %zu" : "is the same as item %zu", first);
    }
    kz_map_done(&seen);
}

static void look_at_items(struct check *c, const struct kz_node *node, const struct kz_value *v,
                          const struct place *in, bool form)
{
    for (size_t i = 0; node->items != NULL && i < v->as.list.len; i++) {
        const struct place at = {.in = in, .i = i};
        look(c, node->items, v->as.list.at[i], &at, form);
    }
    look_at_twins(c, node, v, in);
}

/* ---- values ---------------------------------------------------------------------------------------- */

static void look_at_words(struct check *c, const struct kz_value *words, const struct kz_value *v,
                          const struct place *at)
{
    kz_autobuf struct kz_buf list = KZ_BUF(KEY_BYTES);
    struct kz_near near = kz_near(kz_value_as_str(v));
    for (size_t i = 0; i < kz_value_len(words); i++) {
        const struct kz_value *w = kz_value_at(words, i);
        if (kz_value_eq(w, v))
            return;
        kz_near_try(&near, kz_value_as_str(w));
        kz_buf_puts(&list, i == 0 ? "" : ", ");
        if (w->kind == KZ_STRING)
            kz_buf_add_str(&list, w->as.str);
        else
            kz_json_write(&list, w, KZ_JSON_COMPACT);
    }
    mistake(c, false, at, "must be one of " KZ_FMT KZ_NEAR_FMT, KZ_ARG(kz_str_head(kz_buf_str(&list), 300)),
            KZ_NEAR_ARGS(near));
}

static double real_of(const struct kz_value *v)
{
    switch (v->kind) {
    case KZ_INT: return (double)v->as.num;
    case KZ_UINT: return (double)v->as.unum;
    case KZ_FLOAT: return v->as.real;
    case KZ_NULL:
    case KZ_BOOL:
    case KZ_STRING:
    case KZ_LIST:
    case KZ_MAP: break;
    }
    return 0;
}

static void look_at_number(struct check *c, const struct kz_node *node, const struct kz_value *v,
                           const struct place *at)
{
    const struct kz_rules *r = node->rules;
    const double real = real_of(v);
    char text[64];
    kz_autobuf struct kz_buf b = KZ_BUF(sizeof text);
    if ((node->flags & KZ_NODE_INT32) != 0 && (real < INT32_MIN || real > INT32_MAX))
        mistake(c, false, at, "must fit into 32 bits");
    if (r != NULL && r->min != NULL && (real < real_of(r->min) || (r->above && real <= real_of(r->min)))) {
        kz_json_write(&b, r->min, KZ_JSON_COMPACT);
        mistake(c, false, at, "must be %s %s", r->above ? "more than" : "at least", b.ptr);
    }
    kz_buf_clear(&b);
    if (r != NULL && r->max != NULL && (real > real_of(r->max) || (r->below && real >= real_of(r->max)))) {
        kz_json_write(&b, r->max, KZ_JSON_COMPACT);
        mistake(c, false, at, "must be %s %s", r->below ? "less than" : "at most", b.ptr);
    }
}

static void look_at_pattern(struct check *c, struct kz_str pattern, struct kz_str s, const struct place *at)
{
    struct kz_regex *re;
    struct kz_err err;
    c->steps += PATTERN_STEPS;
    if (kz_regex_new(&re, pattern, &err) < 0)
        return; /* the API server would not have taken it */
    if (!kz_regex_match(re, s))
        mistake(c, false, at, "must match '" KZ_FMT "'", KZ_ARG(kz_str_head(pattern, 200)));
    kz_regex_free(re);
}

static bool is_base64(struct kz_str s)
{
    size_t n = 0, pad = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char ch = s.ptr[i];
        if (ch == '\n' || ch == '\r')
            continue;
        n++;
        pad += ch == '=';
        const bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
                            ch == '+' || ch == '/';
        if ((!letter && ch != '=') || (letter && pad > 0))
            return false;
    }
    return n % 4 == 0 && pad <= 2;
}

static int64_t letters(struct kz_str s)
{
    int64_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return n;
}

static void look_at_string(struct check *c, const struct kz_node *node, const struct kz_value *v,
                           const struct place *at)
{
    if ((node->flags & KZ_NODE_BASE64) != 0 && !is_base64(v->as.str))
        mistake(c, false, at, "must be base64");
    if ((node->flags & KZ_NODE_QUANTITY) != 0 && !kz_quantity_is(v->as.str))
        mistake(c, true, at, "must be a quantity, as 500m or 1Gi");
    if (node->rules != NULL && node->rules->pattern.len > 0)
        look_at_pattern(c, node->rules->pattern, v->as.str, at);
}

static void look_at_length(struct check *c, const struct kz_rules *r, const struct kz_value *v, const struct place *at)
{
    int64_t n = -1;
    const char *what = "";
    if (v->kind == KZ_STRING) {
        n = letters(v->as.str);
        what = "characters";
    } else if (v->kind == KZ_LIST || v->kind == KZ_MAP) {
        n = (int64_t)kz_value_len(v);
        what = v->kind == KZ_LIST ? "items" : "fields";
    }
    if (n >= 0 && r->min_len > n)
        mistake(c, false, at, "must have at least %lld %s", (long long)r->min_len, what);
    if (n >= 0 && r->max_len >= 0 && r->max_len < n)
        mistake(c, false, at, "must have at most %lld %s", (long long)r->max_len, what);
}

/* ---- conditions ------------------------------------------------------------------------------------ */

/* Does the node fit, without a word about it? */
static bool fits(struct check *c, const struct kz_node *node, const struct kz_value *v, const struct place *at)
{
    const bool quiet = c->quiet;
    const size_t before = c->silent;
    c->quiet = true;
    look(c, node, v, at, false);
    c->quiet = quiet;
    const bool ok = c->silent == before;
    c->silent = before;
    return ok;
}

/* "a, b" when every choice is that one field is there; "" when it says more. */
static struct kz_str choice_names(struct kz_arena *a, const struct kz_nodes *of)
{
    struct kz_str out = KZ_STR("");
    for (size_t i = 0; i < of->n; i++) {
        const struct kz_rules *r = of->at[i]->rules;
        if (r == NULL || r->required.n == 0 || r->not != NULL || r->all.n + r->any.n + r->one.n > 0)
            return KZ_STR("");
        for (size_t k = 0; k < r->required.n; k++)
            out = kz_str_concat(a, out, k > 0 ? KZ_STR(" with ") : i > 0 ? KZ_STR(", ") : KZ_STR(""),
                                r->required.at[k]);
    }
    return out;
}

static void look_at_choice(struct check *c, const struct kz_nodes *of, bool only_one, const struct kz_value *v,
                           const struct place *at)
{
    size_t n = 0;
    for (size_t i = 0; i < of->n && (only_one || n == 0); i++)
        n += fits(c, of->at[i], v, at);
    if (of->n == 0 || n == 1)
        return;
    struct kz_str list = c->quiet ? KZ_STR("") : choice_names(c->a, of);
    if (n == 0 && list.len > 0)
        mistake(c, true, at, "needs one of " KZ_FMT, KZ_ARG(kz_str_head(list, 300)));
    else if (n == 0)
        mistake(c, true, at, "fits none of the %zu forms that it may have", of->n);
    else if (list.len > 0)
        mistake(c, true, at, "may have only one of " KZ_FMT, KZ_ARG(kz_str_head(list, 300)));
    else
        mistake(c, true, at, "fits %zu forms of which it may have one", n);
}

static void look_at_rules(struct check *c, const struct kz_node *node, const struct kz_value *v,
                          const struct place *at)
{
    const struct kz_rules *r = node->rules;
    if (r->words != NULL)
        look_at_words(c, r->words, v, at);
    look_at_length(c, r, v, at);
    if (v->kind == KZ_MAP)
        look_at_required(c, node, v, at);
    for (size_t i = 0; i < r->all.n; i++)
        look(c, r->all.at[i], v, at, false);
    look_at_choice(c, &r->any, false, v, at);
    look_at_choice(c, &r->one, true, v, at);
    if (r->not != NULL && fits(c, r->not, v, at))
        mistake(c, true, at, "has a form that it may not have");
}

static void look(struct check *c, const struct kz_node *node, const struct kz_value *v, const struct place *at,
                 bool form)
{
    if (v->kind == KZ_NULL || ++c->steps > MAX_STEPS || c->nested >= MAX_NESTED || !has_type(c, node, v, at))
        return;
    c->nested++;
    if (v->kind == KZ_MAP)
        look_at_fields(c, node, v, at, form);
    else if (v->kind == KZ_LIST)
        look_at_items(c, node, v, at, form);
    else if (v->kind == KZ_STRING)
        look_at_string(c, node, v, at);
    else if (v->kind != KZ_BOOL)
        look_at_number(c, node, v, at);
    if (node->rules != NULL)
        look_at_rules(c, node, v, at);
    c->nested--;
}

void kz_schema_check(struct kz_mistakes *out, struct kz_arena *a, const struct kz_schema *s,
                     const struct kz_value *body, bool filled_in)
{
    struct check c = {.a = a, .out = out, .filled_in = filled_in};
    *out = (struct kz_mistakes){.n = 0};
    look(&c, s->root, body, NULL, true);
}
