/* SPDX-License-Identifier: Apache-2.0
 *
 * A parser by descent over the text, as Helm's: key = name ('.' name | '[' index ']')* '=' value. The
 * end of the text stops it at any depth (END), which is an error only in the middle of something. */
#include "helm/set.h"

#include "helm/text.h"
#include "value/json.h"

#include <stdarg.h>
#include <string.h>

enum { END = 1 }; /* beside 0 and negative codes */

struct set {
    struct kz_arena *a;
    enum kz_set_kind kind;
    struct kz_str rest;
    kz_set_read read;
    void *arg;
    unsigned brackets;
};

static int list_item(struct set *p, struct kz_value **list, int64_t i, unsigned level,
                     struct kz_err *err);

/* ---- pieces of text ---------------------------------------------------------------------------- */

/* Up to a byte of stop, which is taken and returned; 0 at the end of the text. A backslash takes the
 * next character as it is, but not for literals. A '\' at the end is dropped. */
static char until(struct kz_str *out, struct set *p, const char *stop)
{
    const bool escapes = p->kind != KZ_SET_LITERAL;
    size_t end = 0, n = 0;
    while (end < p->rest.len && (p->rest.ptr[end] == 0 || strchr(stop, p->rest.ptr[end]) == NULL))
        end += escapes && p->rest.ptr[end] == '\\' ? 2 : 1;
    const char last = end < p->rest.len ? p->rest.ptr[end] : 0;
    end = end < p->rest.len ? end : p->rest.len;
    char *text = kz_arena_bytes(p->a, end + 1);
    for (size_t i = 0; i < end; i++) {
        if (p->rest.ptr[i] != '\\' || !escapes)
            text[n++] = p->rest.ptr[i];
        else if (i + 1 < end)
            text[n++] = p->rest.ptr[++i];
    }
    p->rest = kz_str_skip(p->rest, end + (last != 0));
    *out = kz_str_n(text, n);
    return last;
}

static const char *go_type(const struct kz_value *v)
{
    switch (v->kind) {
    case KZ_NULL:
        return "nil";
    case KZ_BOOL:
        return "bool";
    case KZ_INT:
    case KZ_UINT:
        return "int64";
    case KZ_FLOAT:
        return "float64";
    case KZ_STRING:
        return "string";
    case KZ_LIST:
        return "[]interface {}";
    case KZ_MAP:
        return "map[string]interface {}";
    }
    return "";
}

static int wrong_kind(const struct kz_value *v, const char *want, struct kz_err *err)
{
    return kz_fail(err, KZ_E_INVALID,
                   "unable to parse key: interface conversion: interface {} is %s, not %s",
                   go_type(v), want);
}

static struct kz_value *find(const struct kz_value *map, struct kz_str key)
{
    const struct kz_pair *p = kz_value_pair(map, key);
    return p == NULL ? NULL : p->val;
}

static void set(struct set *p, struct kz_value *map, struct kz_str key, struct kz_value *val)
{
    if (key.len > 0)
        kz_value_set(p->a, map, key, val);
}

/* ---- values ------------------------------------------------------------------------------------ */

static struct kz_value *typed(struct set *p, struct kz_str s)
{
    int64_t num;
    if (kz_go_fold_eq(s, "true") || kz_go_fold_eq(s, "false"))
        return kz_value_bool(p->a, kz_go_fold_eq(s, "true"));
    if (kz_go_fold_eq(s, "null"))
        return kz_value_null(p->a);
    if (kz_str_is(s, "0"))
        return kz_value_int(p->a, 0);
    if (s.len > 0 && s.ptr[0] != '0') {
        struct kz_str digits = s.ptr[0] == '+' ? kz_str_skip(s, 1) : s;
        if (digits.len > 0 &&
            !(s.ptr[0] == '+' && (digits.ptr[0] == '-' || digits.ptr[0] == '+')) &&
            kz_str_i64(&num, digits))
            return kz_value_int(p->a, num);
    }
    return kz_value_str(p->a, s);
}

static int one_value(struct kz_value **out, struct set *p, struct kz_str s, struct kz_err *err)
{
    struct kz_str text;
    if (p->kind == KZ_SET_FILE) {
        if (p->read(&text, p->arg, s, err) < 0)
            return -(int)err->code;
        *out = kz_value_str(p->a, text);
        return 0;
    }
    *out = p->kind == KZ_SET_TYPED ? typed(p, s) : kz_value_str(p->a, s);
    return 0;
}

/* "{a,b}" behind its '{'. */
static int value_list(struct kz_value **out, struct set *p, struct kz_err *err)
{
    struct kz_value *list = kz_value_list(p->a), *item;
    for (;;) {
        struct kz_str s;
        const char last = until(&s, p, ",}");
        if (last == 0)
            return kz_fail(err, KZ_E_PARSE, "list must terminate with '}'");
        if (one_value(&item, p, s, err) < 0)
            return -(int)err->code;
        kz_value_push(p->a, list, item);
        if (last == '}')
            break;
    }
    if (p->rest.len > 0 && p->rest.ptr[0] == ',')
        p->rest = kz_str_skip(p->rest, 1);
    *out = list;
    return 0;
}

/* Skips blanks and one comma. true: nothing else stood before the comma or the end. */
static bool empty_value(struct set *p)
{
    while (p->rest.len > 0) {
        const char c = p->rest.ptr[0];
        if (c != ',' && kz_go_trim(kz_str_head(p->rest, 1)).len > 0)
            return false;
        p->rest = kz_str_skip(p->rest, 1);
        if (c == ',')
            return true;
    }
    return true;
}

static int json_value(struct kz_value **out, struct set *p, struct kz_err *err)
{
    if (empty_value(p)) {
        *out = kz_value_null(p->a);
        return 0;
    }
    const size_t len = kz_go_json_len(p->rest);
    struct kz_value *v;
    if (kz_json_read_last(&v, p->a, kz_str_head(p->rest, len), KZ_STR("--set-json"), err) < 0)
        return -(int)err->code;
    kz_go_floats(v);
    p->rest = kz_str_skip(p->rest, len);
    (void)empty_value(p);
    *out = v;
    return 0;
}

/* What follows '='. END: nothing did, *out is "". */
static int value(struct kz_value **out, struct set *p, struct kz_err *err)
{
    struct kz_str s;
    if (p->kind == KZ_SET_JSON)
        return json_value(out, p, err);
    if (p->kind == KZ_SET_LITERAL) {
        *out = kz_value_str(p->a, p->rest);
        p->rest = kz_str_skip(p->rest, p->rest.len);
        return 0;
    }
    if (p->rest.len == 0) {
        *out = kz_value_str(p->a, KZ_STR(""));
        return END;
    }
    if (p->rest.ptr[0] == '{') {
        p->rest = kz_str_skip(p->rest, 1);
        return value_list(out, p, err);
    }
    (void)until(&s, p, ",");
    return one_value(out, p, s, err);
}

/* ---- keys -------------------------------------------------------------------------------------- */

static int atoi_error(struct set *p, struct kz_str s, const char *why, struct kz_err *err)
{
    (void)kz_fail(err, KZ_E_INVALID, "strconv.Atoi: parsing " KZ_FMT ": %s",
                  KZ_ARG(kz_go_quote(p->a, s)), why);
    return kz_wrap(err, "error parsing index");
}

static int index_of(int64_t *out, struct set *p, struct kz_err *err)
{
    struct kz_str s;
    if (until(&s, p, "]") == 0) {
        (void)kz_fail(err, KZ_E_PARSE, "EOF");
        return kz_wrap(err, "error parsing index");
    }
    struct kz_str digits = s.len > 1 && s.ptr[0] == '+' && s.ptr[1] != '-' ? kz_str_skip(s, 1) : s;
    if (kz_str_i64(out, digits))
        return 0;
    for (size_t i = digits.len > 0 && digits.ptr[0] == '-'; i < digits.len; i++)
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return atoi_error(p, s, "invalid syntax", err);
    return atoi_error(
        p, s, digits.len == 0 || kz_str_is(digits, "-") ? "invalid syntax" : "value out of range",
        err);
}

static int set_index(struct set *p, struct kz_value **list, int64_t i, struct kz_value *val,
                     struct kz_err *err)
{
    if (i > KZ_SET_INDEX)
        return kz_fail(err, KZ_E_LIMIT,
                       "index of %lld is greater than maximum supported index of %d", (long long)i,
                       KZ_SET_INDEX);
    if (*list == NULL)
        *list = kz_value_list(p->a);
    if ((size_t)i >= (*list)->as.list.len) {
        struct kz_value *nothing = kz_value_null(p->a);
        kz_value_reserve(p->a, *list, (size_t)i + 1);
        while ((*list)->as.list.len <= (size_t)i)
            kz_value_push(p->a, *list, nothing);
    }
    (*list)->as.list.at[i] = val;
    return 0;
}

static int key(struct set *p, struct kz_value *map, unsigned level, struct kz_err *err)
{
    struct kz_str k;
    struct kz_value *val = NULL, *old;
    int rc;
    const char last = until(&k, p, p->kind == KZ_SET_LITERAL ? "=[." : "=[,.");
    switch (last) {
    case 0:
        if (k.len == 0)
            return END;
        return kz_fail(err, KZ_E_PARSE, "key " KZ_FMT " has no value",
                       KZ_ARG(kz_go_quote(p->a, k)));
    case '=':
        rc = value(&val, p, err);
        if (rc >= 0)
            set(p, map, k, val);
        return rc;
    case ',':
        set(p, map, k, kz_value_str(p->a, KZ_STR("")));
        return kz_fail(err, KZ_E_PARSE, "key " KZ_FMT " has no value (cannot end with ,)",
                       KZ_ARG(kz_go_quote(p->a, k)));
    case '[': {
        int64_t i;
        if (index_of(&i, p, err) < 0)
            return -(int)err->code;
        old = find(map, k);
        if (old != NULL && old->kind != KZ_LIST)
            return wrong_kind(old, "[]interface {}", err);
        struct kz_value *list = old == NULL ? kz_value_list(p->a) : old;
        rc = list_item(p, &list, i, level, err);
        set(p, map, k, list);
        return rc;
    }
    default: /* '.' */
        if (level + 1 > KZ_SET_NESTING)
            return kz_fail(
                err, KZ_E_LIMIT,
                "value name nested level is greater than maximum supported nested level of %d",
                KZ_SET_NESTING);
        old = find(map, k);
        if (old != NULL && old->kind != KZ_MAP)
            return wrong_kind(old, "map[string]interface {}", err);
        struct kz_value *inner = old == NULL ? kz_value_map(p->a) : old;
        rc = key(p, inner, level + 1, err);
        if (rc == 0 && inner->as.map.len == 0)
            return kz_fail(err, KZ_E_PARSE, "key map " KZ_FMT " has no value",
                           KZ_ARG(kz_go_quote(p->a, k)));
        if (inner->as.map.len > 0)
            set(p, map, k, inner);
        return rc;
    }
}

/* What follows the index i of a list: "=value", ".key..." or "[index]...". */
static int list_item(struct set *p, struct kz_value **list, int64_t i, unsigned level,
                     struct kz_err *err)
{
    struct kz_str k;
    struct kz_value *val = NULL;
    int rc;
    if (i < 0)
        return kz_fail(err, KZ_E_INVALID, "negative %lld index not allowed", (long long)i);
    if (++p->brackets > KZ_SET_BRACKETS)
        return kz_fail(err, KZ_E_LIMIT, "more than %d indexes in one argument", KZ_SET_BRACKETS);
    const char last = until(&k, p, "[.=");
    if (k.len > 0)
        return kz_fail(err, KZ_E_PARSE, "unexpected data at end of array index: " KZ_FMT,
                       KZ_ARG(kz_go_quote_runes(p->a, k)));
    if (last == 0)
        return END;
    if (last == '=') {
        rc = value(&val, p, err);
        return rc < 0 ? rc : set_index(p, list, i, val, err);
    }
    const bool there = *list != NULL && (size_t)i < (*list)->as.list.len;
    struct kz_value *old = there ? (*list)->as.list.at[i] : NULL;
    if (last == '[') {
        int64_t next;
        if (index_of(&next, p, err) < 0)
            return -(int)err->code;
        if (old != NULL && old->kind != KZ_NULL && old->kind != KZ_LIST)
            return wrong_kind(old, "[]interface {}", err);
        struct kz_value *inner = kz_value_is(old, KZ_LIST) ? old : NULL;
        rc = list_item(p, &inner, next, level, err);
        if (rc != 0)
            return rc;
        return set_index(p, list, i, inner, err);
    }
    struct kz_value *inner = kz_value_is(old, KZ_MAP) ? old : kz_value_map(p->a);
    if (there)
        (*list)->as.list.at[i] = inner;
    rc = key(p, inner, level, err);
    return rc != 0 ? rc : set_index(p, list, i, inner, err);
}

int kz_set_parse(struct kz_value *into, struct kz_arena *a, enum kz_set_kind kind,
                 struct kz_str text, kz_set_read read, void *arg, struct kz_err *err)
{
    struct set p = {.a = a, .kind = kind, .rest = text, .read = read, .arg = arg};
    for (;;) {
        const int rc = key(&p, into, 0, err);
        if (rc == END)
            return 0;
        if (rc < 0)
            return rc;
    }
}
