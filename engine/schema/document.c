/* SPDX-License-Identifier: Apache-2.0
 *
 * An OpenAPI document has up to 1.4 MB, of which a kind needs a twentieth: so its text is only walked
 * here, and each schema is read when something refers to it. Strings, brackets and commas are all that
 * matters for that; whether what stands between them is JSON shows when it is read. */
#include "schema/schema_impl.h"

struct walk {
    const char *p, *end;
};

static void blanks(struct walk *w)
{
    while (w->p < w->end && (*w->p == ' ' || *w->p == '\n' || *w->p == '\t' || *w->p == '\r'))
        w->p++;
}

static bool take(struct walk *w, char c)
{
    blanks(w);
    if (w->p >= w->end || *w->p != c)
        return false;
    w->p++;
    return true;
}

/* Behind the quote that begins a string, to behind the one that ends it. */
static bool skip_string(struct walk *w)
{
    while (w->p < w->end && *w->p != '"')
        w->p += *w->p == '\\' && w->p + 1 < w->end ? 2 : 1;
    if (w->p >= w->end)
        return false;
    w->p++;
    return true;
}

/* The name of a member and the colon behind it; as it is written, since names that we look for have no
 * escapes. */
static bool take_name(struct kz_str *name, struct walk *w)
{
    if (!take(w, '"'))
        return false;
    const char *from = w->p;
    if (!skip_string(w))
        return false;
    *name = kz_str_n(from, (size_t)(w->p - from) - 1);
    return take(w, ':');
}

/* One value of any kind. */
static bool skip_value(struct walk *w)
{
    size_t depth = 0;
    blanks(w);
    do {
        if (w->p >= w->end)
            return false;
        char c = *w->p;
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            return true; /* behind a number or word */
        w->p++;
        if (c == '"' && !skip_string(w))
            return false;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth == 0 && (c == '"' || c == '}' || c == ']'))
            return true;
    } while (true);
}

/* Leaves w behind the brace that opens the object which is the member `name`. */
static bool enter(struct walk *w, const char *name)
{
    struct kz_str have;
    if (take(w, '}'))
        return false;
    do {
        if (!take_name(&have, w))
            return false;
        if (kz_str_is(have, name))
            return take(w, '{');
        if (!skip_value(w))
            return false;
    } while (take(w, ','));
    return false;
}

static bool index_all(struct kz_openapi *d, struct kz_arena *a, struct walk *w)
{
    if (take(w, '}'))
        return true;
    do {
        struct kz_str *text = kz_new(a, struct kz_str), name;
        if (!take_name(&name, w))
            return false;
        blanks(w);
        const char *from = w->p;
        if (!skip_value(w))
            return false;
        *text = kz_str_n(from, (size_t)(w->p - from));
        (void)kz_map_put(&d->names, name, text);
    } while (take(w, ','));
    return take(w, '}');
}

int kz_openapi_open(struct kz_openapi *d, struct kz_arena *a, struct kz_str text, struct kz_err *err)
{
    struct walk w = {.p = text.ptr, .end = text.ptr + text.len};
    kz_map_init(&d->names);
    if (text.len > 0 && take(&w, '{') && enter(&w, "components") && enter(&w, "schemas") && index_all(d, a, &w))
        return 0;
    kz_map_done(&d->names);
    return kz_fail(err, KZ_E_PARSE, "the schemas of the API server are no OpenAPI document");
}

void kz_openapi_done(struct kz_openapi *d)
{
    kz_map_done(&d->names);
}

struct kz_str kz_openapi_find(const struct kz_openapi *d, struct kz_str name)
{
    const struct kz_str *text = kz_map_find(&d->names, name);
    return text == NULL ? KZ_STR("") : *text;
}
