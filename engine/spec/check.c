/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks a map beside its option table. The place of an error is the key for a name that is unknown
 * and the value for one that is wrong. */
#include "spec/fields.h"

#include "base/clock.h"
#include "spec/formats.h"
#include "base/near.h"

#include <stdarg.h>

/* How we got here, innermost first; the text is only made for an error. */
struct step {
    const struct step *up;
    struct kz_str name; /* "" : item of a list */
    size_t index;
};

struct walk {
    const struct kz_owner *owner;
    struct kz_err *err;
};

enum { TEXT_MAX_BYTES = 1024, PATH_TEXT = 160 };

/* "health.gates[0].kind". The leading "spec." says nothing and is left out. */
static const char *path_text(char out[PATH_TEXT], const struct step *at)
{
    const struct step *steps[16];
    size_t n = 0, len = 0;
    out[0] = '\0';
    for (; at != NULL && n < kz_countof(steps); at = at->up)
        steps[n++] = at;
    bool skip = n > 1 && kz_str_is(steps[n - 1]->name, "spec");
    for (size_t i = skip ? n - 1 : n; i > 0 && len < PATH_TEXT - 1; i--) {
        const struct step *s = steps[i - 1];
        int wrote = s->name.len == 0
                        ? snprintf(out + len, PATH_TEXT - len, "[%zu]", s->index)
                        : snprintf(out + len, PATH_TEXT - len, "%s%.*s", len == 0 ? "" : ".",
                                   s->name.len > 40 ? 40 : (int)s->name.len, s->name.ptr);
        len += wrote < 0 ? 0 : (size_t)wrote;
    }
    return out;
}

/* "Module web", or "Module" while its name is not known. */
static const char *owner_text(char out[PATH_TEXT], const struct kz_owner *o)
{
    int cut = o->name.len > 63 ? 63 : (int)o->name.len;
    (void)snprintf(out, PATH_TEXT, "%s%s%.*s", o->kind, cut > 0 ? " " : "", cut, o->name.ptr);
    return out;
}

/* "'health.timeout' of Module web <text>" at the value. */
KZ_PRINTF(4, 5)
static int bad(const struct walk *w, const struct step *at, const struct kz_value *v,
               const char *fmt, ...)
{
    char path[PATH_TEXT], owner[PATH_TEXT], text[KZ_ERR_TEXT];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    (void)path_text(path, at);
    (void)kz_fail(w->err, KZ_E_INVALID, "%s%s%s%s %s", path[0] != '\0' ? "'" : "", path,
                  path[0] != '\0' ? "' of " : "", owner_text(owner, w->owner), text);
    return kz_err_at(w->err, w->owner->file, v->line, v->col);
}

static int cut80(struct kz_str s)
{
    return s.len > 80 ? 80 : (int)s.len;
}

static int unknown(const struct walk *w, const struct kz_spec_field *table, const struct step *at,
                   const struct kz_pair *pair)
{
    char path[PATH_TEXT], owner[PATH_TEXT];
    struct kz_near near = kz_near(pair->key);
    for (const struct kz_spec_field *f = table; f->name != NULL; f++)
        kz_near_try(&near, kz_str(f->name));
    bool top = at != NULL && at->up == NULL && kz_str_is(at->name, "spec");
    (void)path_text(path, top ? NULL : at);
    (void)kz_fail(w->err, KZ_E_INVALID, "unknown field '%.*s' in %s%s%s" KZ_NEAR_FMT,
                  cut80(pair->key), pair->key.ptr, path, path[0] != '\0' ? " of " : "",
                  owner_text(owner, w->owner), KZ_NEAR_ARGS(near));
    (void)kz_err_at(w->err, w->owner->file, pair->line, pair->col);
    return kz_err_hint(w->err, "kzsync explain %s%s%s lists its fields", w->owner->kind,
                       path[0] != '\0' ? "." : "", path[0] != '\0' ? path : "");
}

/* ---- scalars ------------------------------------------------------------------------------- */

/* Texts with a grammar: what they are called and how one looks. */
static const struct {
    bool (*is)(struct kz_str s);
    const char *what, *hint;
} grammars[KZ_F_TYPES_] = {
    [KZ_F_LABEL] = {kz_is_label, "name", "lower-case letters, digits and '-' inside, at most 63"},
    [KZ_F_LABEL_OR_FIELDS] = {kz_is_label, "name",
                              "lower-case letters, digits and '-' inside, at most 63"},
    [KZ_F_DNS] = {kz_is_subdomain, "object name", "lower-case letters, digits, '-' and '.' inside"},
    [KZ_F_KIND] = {kz_is_kind, "kind", "kinds look like Deployment"},
    [KZ_F_PATH] = {kz_is_text, "path", "relative, with '/' between names"},
    [KZ_F_POINTER] = {kz_is_pointer, "JSON pointer", "pointers look like /spec/replicas"},
    [KZ_F_URL] = {kz_is_http_url, "URL", "write it like https://shop.example.com/ready"},
    [KZ_F_PEM] = {kz_is_pem, "certificate in PEM", "it begins with -----BEGIN CERTIFICATE-----"},
    [KZ_F_CRON] = {kz_is_cron, "cron schedule",
                   "five fields: minute hour day month weekday, for example \"0 2 * * 1-5\""},
    [KZ_F_ZONE] = {kz_is_zone, "time zone", "time zones look like Europe/Berlin"},
};

static int check_text(const struct walk *w, const struct kz_spec_field *f, const struct step *at,
                      const struct kz_value *v)
{
    size_t most = f->max > 0 ? (size_t)f->max : TEXT_MAX_BYTES;
    if (v->as.str.len < (size_t)f->min)
        return bad(w, at, v, "must not be empty");
    if (v->as.str.len > most)
        return bad(w, at, v, "has %zu bytes, limit %zu", v->as.str.len, most);
    if (!kz_is_text(v->as.str))
        return bad(w, at, v, "has control characters");
    return 0;
}

static int check_grammar(const struct walk *w, enum kz_field_type type, const struct step *at,
                         const struct kz_value *v)
{
    struct kz_str s = v->as.str;
    if (s.len > 0 || type == KZ_F_POINTER)
        if ((s.len <= 2048 || type == KZ_F_PEM) && grammars[type].is(s))
            return 0;
    (void)bad(w, at, v, "is no %s: '%.*s'", grammars[type].what, cut80(s), s.ptr);
    return kz_err_hint(w->err, "%s", grammars[type].hint);
}

static bool word_fits(const char *word, struct kz_str s)
{
    struct kz_str open = kz_str(word);
    if (!kz_str_ends(open, KZ_STR("*")))
        return kz_str_eq(open, s);
    open.len--;
    return kz_str_starts(s, open) && kz_is_label(kz_str_skip(s, open.len));
}

static int check_word(const struct walk *w, const struct kz_spec_field *f, const struct step *at,
                      const struct kz_value *v)
{
    char list[KZ_ERR_HINT];
    size_t len = 0;
    struct kz_str s = v->as.str;
    struct kz_near near = kz_near(s);
    list[0] = '\0';
    for (const char *const *word = f->words; *word != NULL; word++) {
        if (word_fits(*word, s))
            return 0;
        kz_near_try(&near, kz_str(*word));
        struct kz_str text = kz_str(*word);
        bool open = kz_str_ends(text, KZ_STR("*"));
        int n = snprintf(list + len, sizeof list - len, "%s" KZ_FMT "%s", len > 0 ? ", " : "",
                         KZ_ARG(kz_str_head(text, text.len - open)), open ? "NAME" : "");
        if (n > 0 && (size_t)n < sizeof list - len)
            len += (size_t)n;
    }
    (void)bad(w, at, v, "can't be '%.*s'" KZ_NEAR_FMT, cut80(s), s.ptr, KZ_NEAR_ARGS(near));
    return kz_err_hint(w->err, "one of: %s", list);
}

static int check_duration(const struct walk *w, const struct kz_spec_field *f,
                          const struct step *at, const struct kz_value *v)
{
    int64_t ns;
    char text[KZ_TIME_TEXT];
    struct kz_str s = v->as.str;
    if (!kz_duration_parse(&ns, s)) {
        (void)bad(w, at, v, "is no duration: '%.*s'", cut80(s), s.ptr);
        return kz_err_hint(w->err, "write it like 30s, 10m or 1h30m");
    }
    if (ns < f->min * KZ_NS_PER_SEC || (f->max > 0 && ns > f->max * KZ_NS_PER_SEC)) {
        bool low = ns < f->min * KZ_NS_PER_SEC;
        kz_duration_text(text, (low ? f->min : f->max) * KZ_NS_PER_SEC);
        return bad(w, at, v, "is %.*s, %s %s", cut80(s), s.ptr, low ? "least" : "limit", text);
    }
    return 0;
}

static int check_int(const struct walk *w, const struct kz_spec_field *f, const struct step *at,
                     const struct kz_value *v)
{
    if (f->min == f->max || (v->as.num >= f->min && v->as.num <= f->max))
        return 0;
    return bad(w, at, v, "is %lld, but must be %lld to %lld", (long long)v->as.num,
               (long long)f->min, (long long)f->max);
}

/* ---- maps and lists ------------------------------------------------------------------------ */

static int check_value(const struct walk *w, const struct kz_spec_field *f, enum kz_field_type type,
                       const struct step *at, const struct kz_value *v);

static int check_rule(const struct walk *w, const struct kz_spec_field *f, const struct step *at,
                      const struct kz_value *v)
{
    struct kz_err why;
    if (f->rule == NULL || f->rule(v, &why) == 0)
        return 0;
    return bad(w, at, v, "%s", why.frame[0]);
}

static int check_fields(const struct walk *w, const struct kz_spec_field *table,
                        const struct step *up, const struct kz_value *map)
{
    for (size_t i = 0; i < map->as.map.len; i++) {
        const struct kz_pair *pair = &map->as.map.at[i];
        const struct kz_spec_field *f = table;
        while (f->name != NULL && !kz_str_is(pair->key, f->name))
            f++;
        if (f->name == NULL)
            return unknown(w, table, up, pair);
        struct step at = {.up = up, .name = pair->key};
        if (pair->val->kind == KZ_NULL && f->type != KZ_F_ANY)
            continue;
        if (f->later != NULL) {
            (void)bad(w, &at, pair->val, "is not available in this version");
            return kz_err_hint(w->err, "%s", f->later);
        }
        int rc = check_value(w, f, f->type, &at, pair->val);
        if (rc < 0)
            return rc;
    }
    for (const struct kz_spec_field *f = table; f->name != NULL; f++) {
        const struct kz_value *v = kz_value_get(map, f->name);
        if ((f->flags & KZ_F_REQUIRED) && (v == NULL || v->kind == KZ_NULL))
            return bad(w, up, map, "needs the field '%s'", f->name);
    }
    return 0;
}

static int check_named(const struct walk *w, const struct kz_spec_field *f, const struct step *up,
                       const struct kz_value *map)
{
    if (f->max > 0 && map->as.map.len > (size_t)f->max)
        return bad(w, up, map, "has %zu entries, limit %lld", map->as.map.len, (long long)f->max);
    for (size_t i = 0; i < map->as.map.len; i++) {
        const struct kz_pair *pair = &map->as.map.at[i];
        struct step at = {.up = up, .name = pair->key};
        struct kz_value key = {.kind = KZ_STRING, .line = pair->line, .col = pair->col,
                               .as.str = pair->key};
        int rc = check_grammar(w, KZ_F_LABEL, up, &key);
        if (rc == 0 && pair->val->kind != KZ_NULL)
            rc = check_value(w, f, f->item, &at, pair->val);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int check_list(const struct walk *w, const struct kz_spec_field *f, const struct step *up,
                      const struct kz_value *list)
{
    static const struct kz_spec_field plain = {.name = ""};
    if (f->max > 0 && list->as.list.len > (size_t)f->max)
        return bad(w, up, list, "has %zu items, limit %lld", list->as.list.len, (long long)f->max);
    for (size_t i = 0; i < list->as.list.len; i++) {
        struct step at = {.up = up, .index = i};
        struct kz_spec_field item = plain;
        item.sub = f->sub;
        item.rule = f->rule;
        int rc = check_value(w, &item, f->item, &at, list->as.list.at[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- types --------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    enum kz_kind kind;
} types[KZ_F_TYPES_] = {
    [KZ_F_TEXT] = {"string", KZ_STRING},          [KZ_F_LABEL] = {"name", KZ_STRING},
    [KZ_F_DNS] = {"object name", KZ_STRING},      [KZ_F_KIND] = {"kind", KZ_STRING},
    [KZ_F_PATH] = {"path", KZ_STRING},            [KZ_F_POINTER] = {"JSON pointer", KZ_STRING},
    [KZ_F_URL] = {"URL", KZ_STRING},              [KZ_F_PEM] = {"certificates", KZ_STRING},
    [KZ_F_CRON] = {"cron schedule", KZ_STRING},
    [KZ_F_ZONE] = {"time zone", KZ_STRING},       [KZ_F_WORD] = {"word", KZ_STRING},
    [KZ_F_BOOL] = {"boolean", KZ_BOOL},           [KZ_F_INT] = {"integer", KZ_INT},
    [KZ_F_DURATION] = {"duration", KZ_STRING},    [KZ_F_TIME] = {"time", KZ_STRING},
    [KZ_F_FREE] = {"map", KZ_MAP},                [KZ_F_ANY] = {"any value", KZ_NULL},
    [KZ_F_FIELDS] = {"map", KZ_MAP},              [KZ_F_NAMED] = {"map by name", KZ_MAP},
    [KZ_F_LIST] = {"list", KZ_LIST},              [KZ_F_LABEL_OR_FIELDS] = {"name or map", KZ_STRING},
};

const char *kz_field_type_text(char *buf, size_t size, const struct kz_spec_field *f)
{
    if (f->type == KZ_F_LIST)
        (void)snprintf(buf, size, "list of %ss", types[f->item].text);
    else
        (void)snprintf(buf, size, "%s", types[f->type].text);
    return buf;
}

static int wrong_type(const struct walk *w, enum kz_field_type type, const struct step *at,
                      const struct kz_value *v)
{
    bool number = v->kind == KZ_INT || v->kind == KZ_UINT || v->kind == KZ_FLOAT || v->kind == KZ_BOOL;
    const char *want = types[type].text;
    (void)bad(w, at, v, "must be %s %s, not %s %s", want[0] == 'i' || want[0] == 'o' ? "an" : "a",
              want, v->kind == KZ_INT || v->kind == KZ_UINT ? "an" : "a", kz_kind_name(v->kind));
    if (types[type].kind == KZ_STRING && number)
        return type == KZ_F_DURATION ? kz_err_hint(w->err, "write it with a unit: 30s, 10m, 1h30m")
                                     : kz_err_hint(w->err, "put it in quotes");
    return -(int)w->err->code;
}

static int check_value(const struct walk *w, const struct kz_spec_field *f, enum kz_field_type type,
                       const struct step *at, const struct kz_value *v)
{
    int rc = 0;
    bool fields = type == KZ_F_FIELDS || (type == KZ_F_LABEL_OR_FIELDS && v->kind == KZ_MAP);
    int64_t ns;
    if (type == KZ_F_ANY)
        return check_rule(w, f, at, v);
    if (v->kind != types[type].kind && !fields)
        return wrong_type(w, type, at, v);
    if (fields && v->kind != KZ_MAP)
        return wrong_type(w, type, at, v);
    switch (type) {
    case KZ_F_TEXT:
        rc = check_text(w, f, at, v);
        break;
    case KZ_F_WORD:
        rc = check_word(w, f, at, v);
        break;
    case KZ_F_INT:
        rc = check_int(w, f, at, v);
        break;
    case KZ_F_DURATION:
        rc = check_duration(w, f, at, v);
        break;
    case KZ_F_TIME:
        if (!kz_time_parse(&ns, v->as.str)) {
            (void)bad(w, at, v, "is no time: '%.*s'", cut80(v->as.str), v->as.str.ptr);
            rc = kz_err_hint(w->err, "write it like 2026-12-10T00:00:00Z");
        }
        break;
    case KZ_F_FIELDS:
        rc = check_fields(w, f->sub, at, v);
        break;
    case KZ_F_LABEL_OR_FIELDS:
        rc = fields ? check_fields(w, f->sub, at, v) : check_grammar(w, type, at, v);
        break;
    case KZ_F_NAMED:
        rc = check_named(w, f, at, v);
        break;
    case KZ_F_LIST: /* the rule belongs to the items */
        return check_list(w, f, at, v);
    case KZ_F_LABEL:
    case KZ_F_DNS:
    case KZ_F_KIND:
    case KZ_F_PATH:
    case KZ_F_POINTER:
    case KZ_F_URL:
    case KZ_F_PEM:
    case KZ_F_CRON:
    case KZ_F_ZONE:
        rc = check_grammar(w, type, at, v);
        break;
    case KZ_F_BOOL:
    case KZ_F_FREE:
    case KZ_F_ANY:
    case KZ_F_TYPES_:
        break;
    }
    return rc < 0 ? rc : check_rule(w, f, at, v);
}

int kz_fields_check(const struct kz_spec_field *table, const struct kz_value *map,
                    const struct kz_owner *owner, struct kz_err *err)
{
    struct walk w = {.owner = owner, .err = err};
    if (!kz_value_is(map, KZ_MAP)) {
        static const struct kz_value none = {.kind = KZ_NULL};
        return wrong_type(&w, KZ_F_FIELDS, NULL, map == NULL ? &none : map);
    }
    return check_fields(&w, table, NULL, map);
}

/* ---- fields without effect ------------------------------------------------------------------- */

struct inert_walk {
    struct kz_value *warnings;
    struct kz_arena *a;
    const struct kz_owner *owner;
};

static void find_inert(const struct inert_walk *w, const struct kz_spec_field *table,
                       const struct step *up, const struct kz_value *map)
{
    for (size_t i = 0; kz_value_is(map, KZ_MAP) && i < map->as.map.len; i++) {
        const struct kz_pair *pair = &map->as.map.at[i];
        struct step at = {.up = up, .name = pair->key};
        const struct kz_spec_field *f = kz_fields_find(table, pair->key);
        if (f == NULL || pair->val->kind == KZ_NULL)
            continue;
        if (f->inert != NULL) {
            char path[PATH_TEXT], owner[PATH_TEXT];
            struct kz_str text = kz_str_printf(
                w->a, KZ_FMT ":%u: '%s' of %s has no effect in this version: %s",
                KZ_ARG(w->owner->file), pair->line, path_text(path, &at),
                owner_text(owner, w->owner), f->inert);
            kz_value_push(w->a, w->warnings, kz_value_str(w->a, text));
        } else if (f->type == KZ_F_FIELDS) {
            find_inert(w, f->sub, &at, pair->val);
        } else if (f->type == KZ_F_NAMED && f->item == KZ_F_FIELDS) {
            for (size_t j = 0; j < kz_value_len(pair->val); j++) {
                struct step entry = {.up = &at, .name = pair->val->as.map.at[j].key};
                find_inert(w, f->sub, &entry, pair->val->as.map.at[j].val);
            }
        }
    }
}

void kz_fields_inert(struct kz_value *warnings, struct kz_arena *a, const struct kz_spec_field *table,
                     const struct kz_value *map, const struct kz_owner *owner)
{
    struct inert_walk w = {.warnings = warnings, .a = a, .owner = owner};
    find_inert(&w, table, NULL, map);
}
