/* SPDX-License-Identifier: Apache-2.0
 *
 * Values against a compiled schema. Mistakes come in the order of gojsonschema's walk, with its rule of
 * which branch of anyOf and oneOf is reported: the one that scored most. */
#include "helm/schema_impl.h"

#include "base/utf8.h"
#include "helm/text.h"
#include "value/yaml_scalar.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { MAX_NESTED = 2000, MAX_STEPS = 20000000, MAX_MISTAKES = 100000 };

__extension__ typedef __int128 wide;

struct place {              /* where in the values */
    const struct place *in; /* NULL: the root */
    struct kz_str name;
};
struct mistake {
    struct mistake *next;
    const struct place *at;
    struct kz_str text;
};
struct result {
    struct mistake *first, **end;
    size_t n;
    int64_t score;
};
struct check {
    struct kz_arena *a;
    unsigned steps, nested, mistakes;
    bool over;
};

static void apply(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                  struct result *r, const struct place *at);

/* ---- mistakes ---------------------------------------------------------------------------------- */

static void fresh(struct result *r)
{
    *r = (struct result){.end = &r->first};
}

static void mistake(struct check *c, struct result *r, const struct place *at, const char *fmt, ...)
    KZ_PRINTF(4, 5);
static void mistake(struct check *c, struct result *r, const struct place *at, const char *fmt, ...)
{
    char text[4096];
    va_list ap;
    if (++c->mistakes > MAX_MISTAKES) {
        c->over = true;
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct mistake *m = kz_new(c->a, struct mistake);
    *m = (struct mistake){.at = at, .text = kz_str_dup(c->a, kz_str(text))};
    *r->end = m;
    r->end = &m->next;
    r->n++;
}

static void merge(struct result *r, struct result *from)
{
    if (from->first != NULL) {
        *r->end = from->first;
        r->end = from->end;
        r->n += from->n;
    }
    r->score += from->score;
}

/* "a.b.0", or "(root)". */
static struct kz_str field(struct kz_arena *a, const struct place *at)
{
    if (at == NULL)
        return KZ_STR("(root)");
    if (at->in == NULL)
        return at->name;
    return kz_str_printf(a, KZ_FMT "." KZ_FMT, KZ_ARG(field(a, at->in)), KZ_ARG(at->name));
}

static const struct place *inner(struct check *c, const struct place *in, struct kz_str name)
{
    struct place *p = kz_new(c->a, struct place);
    *p = (struct place){.in = in, .name = name};
    return p;
}

static const struct place *nth(struct check *c, const struct place *in, size_t i)
{
    return inner(c, in, kz_str_printf(c->a, "%zu", i));
}

/* A result of its own; true: no mistake. */
static bool try(struct check *c, struct result *out, const struct kz_schema *s,
                const struct kz_value *v, const struct place *at)
{
    fresh(out);
    apply(c, s, v, out, at);
    return out->n == 0;
}

/* ---- combinations ------------------------------------------------------------------------------ */

static struct result *better(struct check *c, struct result *best, const struct result *r)
{
    if (best != NULL && r->score <= best->score)
        return best;
    struct result *out = kz_new(c->a, struct result);
    *out = *r;
    if (r->first == NULL)
        out->end = &out->first;
    return out;
}

static void any_of(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                   struct result *r, const struct place *at)
{
    struct result one, *best = NULL;
    for (size_t i = 0; i < s->any_of.n; i++) {
        if (try(c, &one, s->any_of.at[i], v, at))
            return;
        best = better(c, best, &one);
    }
    mistake(c, r, at, "Must validate at least one schema (anyOf)");
    if (best != NULL)
        merge(r, best);
}

static void one_of(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                   struct result *r, const struct place *at)
{
    struct result one, *best = NULL;
    size_t good = 0;
    for (size_t i = 0; i < s->one_of.n; i++) {
        if (try(c, &one, s->one_of.at[i], v, at))
            good++;
        else if (good == 0)
            best = better(c, best, &one);
    }
    if (good == 1)
        return;
    mistake(c, r, at, "Must validate one and only one schema (oneOf)");
    if (good == 0 && best != NULL)
        merge(r, best);
}

static void all_of(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                   struct result *r, const struct place *at)
{
    size_t good = 0;
    for (size_t i = 0; i < s->all_of.n; i++) {
        struct result one;
        good += try(c, &one, s->all_of.at[i], v, at);
        merge(r, &one);
    }
    if (good != s->all_of.n)
        mistake(c, r, at, "Must validate all the schemas (allOf)");
}

static void dependencies(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                         struct result *r, const struct place *at)
{
    for (size_t i = 0; v->kind == KZ_MAP && i < s->dependencies.n; i++) {
        const struct kz_named *d = &s->dependencies.at[i];
        if (kz_value_find(v, d->name) == NULL)
            continue;
        if (d->schema != NULL)
            apply(c, d->schema, v, r, at);
        for (size_t k = 0; k < kz_value_len(d->keys); k++) {
            const struct kz_str key = d->keys->as.list.at[k]->as.str;
            if (kz_value_find(v, key) == NULL)
                mistake(c, r, at, "Has a dependency on " KZ_FMT, KZ_ARG(key));
        }
    }
}

static void condition(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                      struct result *r, const struct place *at)
{
    struct result one;
    const bool holds = try(c, &one, s->if_, v, at);
    const struct kz_schema *next = holds ? s->then : s->else_;
    if (next == NULL || try(c, &one, next, v, at))
        return;
    mistake(c, r, at,
            holds ? "Must validate \"then\" as \"if\" was valid"
                  : "Must validate \"else\" as \"if\" was not valid");
    merge(r, &one);
}

static void combined(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                     struct result *r, const struct place *at)
{
    struct result one;
    if (s->any_of.n > 0)
        any_of(c, s, v, r, at);
    if (s->one_of.n > 0)
        one_of(c, s, v, r, at);
    if (s->all_of.n > 0)
        all_of(c, s, v, r, at);
    if (s->not_ != NULL && try(c, &one, s->not_, v, at))
        mistake(c, r, at, "Must not validate the schema (not)");
    dependencies(c, s, v, r, at);
    if (s->if_ != NULL)
        condition(c, s, v, r, at);
    r->score++;
}

/* ---- one kind of value each -------------------------------------------------------------------- */

static void common(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                   struct result *r, const struct place *at)
{
    if (s->const_text != NULL && !kz_str_eq(kz_schema_json(c->a, v), *s->const_text))
        mistake(c, r, at, KZ_FMT " does not match: " KZ_FMT, KZ_ARG(field(c->a, at)),
                KZ_ARG(*s->const_text));
    if (s->n_enums > 0) {
        const struct kz_str text = kz_schema_json(c->a, v);
        kz_autobuf struct kz_buf b = KZ_BUF(3000);
        bool found = false;
        for (size_t i = 0; i < s->n_enums && !found; i++) {
            found = kz_str_eq(s->enums[i], text);
            kz_buf_puts(&b, i > 0 ? ", " : "");
            kz_buf_add_str(&b, s->enums[i]);
        }
        if (!found)
            mistake(c, r, at, KZ_FMT " must be one of the following: " KZ_FMT,
                    KZ_ARG(field(c->a, at)), KZ_ARG(kz_buf_str(&b)));
    }
    r->score++;
}

/* The shortest decimal of a number as digits and a power of ten: what is exact in a text of JSON. */
static void decimal(wide *digits, int *exp10, double num)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.17e", num);
    for (int p = 0; p < 17; p++) {
        char shorter[40];
        (void)snprintf(shorter, sizeof shorter, "%.*e", p, num);
        if (strtod(shorter, NULL) == num) {
            memcpy(text, shorter, sizeof shorter);
            break;
        }
    }
    int frac = 0;
    bool dot = false;
    const char *at = text;
    *digits = 0;
    for (; *at != 'e' && *at != '\0'; at++) {
        if (*at == '.')
            dot = true;
        if (*at >= '0' && *at <= '9') {
            *digits = *digits * 10 + (*at - '0');
            frac += dot;
        }
    }
    *exp10 = (*at == 'e' ? (int)strtol(at + 1, NULL, 10) : 0) - frac;
}

static bool is_multiple(double num, double of)
{
    wide m, d;
    int em, ed;
    if (num == 0)
        return true;
    decimal(&m, &em, fabs(num));
    decimal(&d, &ed, of);
    for (; em > ed; em--) /* m * 10^(em-ed) mod d */
        m = m % d * 10;
    for (; ed > em && d <= m; ed--)
        d *= 10;
    return ed == em && m % d == 0;
}

static double as_number(const struct kz_value *v)
{
    return v->kind == KZ_INT    ? (double)v->as.num
           : v->kind == KZ_UINT ? (double)v->as.unum
                                : v->as.real;
}

static void numbers(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                    struct result *r, const struct place *at)
{
    const double num = as_number(v);
    char text[32];
    struct {
        const double *bound;
        bool broken;
        const char *what;
    } const rules[] = {
        {s->multiple, s->multiple != NULL && !is_multiple(num, *s->multiple),
         "Must be a multiple of"},
        {s->max,           s->max != NULL && num > *s->max,                                             "Must be less than or equal to"                },
        {s->under,           s->under != NULL && num >= *s->under,                                           "Must be less than"},
        {s->min,           s->min != NULL && num < *s->min,                                             "Must be greater than or equal to"                       },
        {s->above,           s->above != NULL && num <= *s->above,                                           "Must be greater than"},
    };
    for (size_t i = 0; i < kz_countof(rules); i++) {
        if (!rules[i].broken)
            continue;
        kz_yaml_float_text(text, *rules[i].bound, 64);
        mistake(c, r, at, "%s %s", rules[i].what, text);
    }
    if (kz_schema_format_known(s->format)) /* formats are of strings */
        mistake(c, r, at, "Does not match format '" KZ_FMT "'", KZ_ARG(s->format));
    r->score++;
}

static int64_t runes(struct kz_str s)
{
    int64_t n = 0;
    while (s.len > 0) {
        uint32_t r;
        const size_t len = kz_utf8_next(s, &r);
        s = kz_str_skip(s, len == 0 ? 1 : len);
        n++;
    }
    return n;
}

static void strings(struct check *c, const struct kz_schema *s, struct kz_str v, struct result *r,
                    const struct place *at)
{
    if (s->min_len != NULL && runes(v) < *s->min_len)
        mistake(c, r, at, "String length must be greater than or equal to %lld",
                (long long)*s->min_len);
    if (s->max_len != NULL && runes(v) > *s->max_len)
        mistake(c, r, at, "String length must be less than or equal to %lld",
                (long long)*s->max_len);
    if (s->pattern != NULL && !kz_regex_match(s->pattern, v))
        mistake(c, r, at, "Does not match pattern '" KZ_FMT "'", KZ_ARG(s->pattern_text));
    if (s->format.len > 0 && !kz_schema_format_ok(s->format, v))
        mistake(c, r, at, "Does not match format '" KZ_FMT "'", KZ_ARG(s->format));
    r->score++;
}

static void item(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                 struct result *r, const struct place *at, size_t i)
{
    struct result one;
    (void)try(c, &one, s, v->as.list.at[i], nth(c, at, i));
    merge(r, &one);
}

static void unique(struct check *c, const struct kz_value *v, struct result *r,
                   const struct place *at)
{
    size_t *index = kz_new_n(c->a, size_t, v->as.list.len + 1);
    struct kz_map seen;
    kz_map_init(&seen);
    for (size_t j = 0; j < v->as.list.len; j++) {
        const struct kz_str text = kz_schema_json(c->a, v->as.list.at[j]);
        const size_t *old = kz_map_find(&seen, text);
        if (old != NULL)
            mistake(c, r, at, "array items[%zu,%zu] must be unique", *old, j);
        index[j] = j;
        (void)kz_map_put(&seen, text, &index[j]);
    }
    kz_map_done(&seen);
}

static void contains(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                     struct result *r, const struct place *at)
{
    struct result one, *best = NULL;
    for (size_t i = 0; i < v->as.list.len; i++) {
        if (try(c, &one, s->contains, v->as.list.at[i], nth(c, at, i)))
            return;
        best = better(c, best, &one);
    }
    mistake(c, r, at, "At least one of the items must match");
    if (best != NULL)
        merge(r, best);
}

static void lists(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                  struct result *r, const struct place *at)
{
    const size_t n = v->as.list.len, known = s->items_single ? n : s->items.n;
    for (size_t i = 0; s->items.n > 0 && i < known && i < n; i++)
        item(c, s->items.at[s->items_single ? 0 : i], v, r, at, i);
    if (s->items.n > 0 && known < n && s->no_more_items)
        mistake(c, r, at, "No additional items allowed on array");
    for (size_t i = known; s->items.n > 0 && s->more_items != NULL && i < n; i++)
        item(c, s->more_items, v, r, at, i);
    if (s->min_items != NULL && (int64_t)n < *s->min_items)
        mistake(c, r, at, "Array must have at least %lld items", (long long)*s->min_items);
    if (s->max_items != NULL && (int64_t)n > *s->max_items)
        mistake(c, r, at, "Array must have at most %lld items", (long long)*s->max_items);
    if (s->unique_items)
        unique(c, v, r, at);
    if (s->contains != NULL)
        contains(c, s, v, r, at);
    r->score++;
}

static bool known_property(const struct kz_schema *s, struct kz_str key)
{
    for (size_t i = 0; i < s->properties.n; i++)
        if (kz_str_eq(s->properties.at[i].name, key))
            return true;
    return false;
}

/* true: a pattern speaks of the key. */
static bool patterns(struct check *c, const struct kz_schema *s, const struct kz_pair *p,
                     struct result *r, const struct place *at)
{
    bool any = false;
    for (size_t i = 0; i < s->patterns.n; i++) {
        struct result one;
        if (!kz_regex_match(s->patterns.at[i].re, p->key))
            continue;
        any = true;
        (void)try(c, &one, s->patterns.at[i].schema, p->val, inner(c, at, p->key));
        merge(r, &one);
    }
    r->score += any;
    return any;
}

static void maps(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                 struct result *r, const struct place *at)
{
    const size_t n = v->as.map.len;
    struct result one;
    if (s->min_props != NULL && (int64_t)n < *s->min_props)
        mistake(c, r, at, "Must have at least %lld properties", (long long)*s->min_props);
    if (s->max_props != NULL && (int64_t)n > *s->max_props)
        mistake(c, r, at, "Must have at most %lld properties", (long long)*s->max_props);
    for (size_t i = 0; i < kz_value_len(s->required); i++) {
        const struct kz_str key = s->required->as.list.at[i]->as.str;
        if (kz_value_find(v, key) != NULL)
            r->score++;
        else
            mistake(c, r, at, KZ_FMT " is required", KZ_ARG(key));
    }
    for (size_t i = 0; i < n; i++) {
        const struct kz_pair *p = &v->as.map.at[i];
        const bool found = known_property(s, p->key), pattern = patterns(c, s, p, r, at);
        if (found || pattern)
            continue;
        if (s->no_more_properties)
            mistake(c, r, at, "Additional property " KZ_FMT " is not allowed", KZ_ARG(p->key));
        if (s->more_properties == NULL)
            continue;
        (void)try(c, &one, s->more_properties, p->val, inner(c, at, p->key));
        merge(r, &one);
    }
    for (size_t i = 0; s->property_names != NULL && i < n; i++) {
        const struct kz_str key = v->as.map.at[i].key;
        if (try(c, &one, s->property_names, kz_value_str(c->a, key), at))
            continue;
        mistake(c, r, at, "Property name of \"" KZ_FMT "\" does not match", KZ_ARG(key));
        merge(r, &one);
    }
    r->score++;
}

/* ---- all --------------------------------------------------------------------------------------- */

static unsigned type_bit(const struct kz_value *v, const char **name)
{
    switch (v->kind) {
    case KZ_NULL:
        *name = "null";
        return KZ_TYPE_NULL;
    case KZ_BOOL:
        *name = "boolean";
        return KZ_TYPE_BOOLEAN;
    case KZ_INT:
    case KZ_UINT:
    case KZ_FLOAT: {
        const bool whole = as_number(v) == floor(as_number(v));
        *name = whole ? "integer" : "number";
        return whole ? KZ_TYPE_INTEGER | KZ_TYPE_NUMBER : KZ_TYPE_NUMBER;
    }
    case KZ_STRING:
        *name = "string";
        return KZ_TYPE_STRING;
    case KZ_LIST:
        *name = "array";
        return KZ_TYPE_ARRAY;
    case KZ_MAP:
        *name = "object";
        return KZ_TYPE_OBJECT;
    }
    return 0;
}

static void by_kind(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                    struct result *r, const struct place *at)
{
    const bool num = v->kind == KZ_INT || v->kind == KZ_UINT || v->kind == KZ_FLOAT;
    if (num)
        numbers(c, s, v, r, at);
    if (v->kind == KZ_LIST)
        lists(c, s, v, r, at);
    if (v->kind == KZ_MAP)
        maps(c, s, v, r, at);
    common(c, s, v, r, at);
    if (v->kind == KZ_STRING)
        strings(c, s, v->as.str, r, at);
    for (size_t i = 0; v->kind == KZ_MAP && i < s->properties.n; i++) {
        const struct kz_value *next = kz_value_find(v, s->properties.at[i].name);
        if (next != NULL)
            apply(c, s->properties.at[i].schema, next, r, inner(c, at, s->properties.at[i].name));
    }
}

static void apply(struct check *c, const struct kz_schema *s, const struct kz_value *v,
                  struct result *r, const struct place *at)
{
    const char *given = "";
    if (c->over || ++c->steps > MAX_STEPS || c->nested >= MAX_NESTED) {
        c->over = true;
        return;
    }
    if (s->is_bool) {
        if (!s->pass)
            mistake(c, r, at, "False always fails validation");
        return;
    }
    c->nested++;
    if (s->ref != NULL) {
        apply(c, s->ref, v, r, at);
    } else if ((type_bit(v, &given) & s->types) == 0 && s->types != 0) {
        mistake(c, r, at, "Invalid type. Expected: " KZ_FMT ", given: %s", KZ_ARG(s->types_text),
                given);
    } else {
        combined(c, s, v, r, at);
        by_kind(c, s, v, r, at);
        r->score++;
    }
    c->nested--;
}

bool kz_schema_apply(struct kz_buf *out, struct kz_arena *a, const struct kz_schema *s,
                     const struct kz_value *v)
{
    struct check c = {.a = a};
    struct result r;
    (void)try(&c, &r, s, v == NULL ? kz_value_map(a) : v, NULL);
    for (const struct mistake *m = r.first; m != NULL && !c.over; m = m->next)
        kz_buf_printf(out, "- " KZ_FMT ": " KZ_FMT "\n", KZ_ARG(field(a, m->at)), KZ_ARG(m->text));
    return !c.over && !kz_buf_bad(out);
}
