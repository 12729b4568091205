/* SPDX-License-Identifier: Apache-2.0
 *
 * Chart.yaml: from a document to a struct, and what Helm demands of it. */
#include "base/semver_range.h"
#include "base/utf8.h"
#include "helm/chart.h"
#include "helm/text.h"
#include "template/gotime.h"

#include <string.h>

/* ---- reading ----------------------------------------------------------------------------------- */

static int wrong_type(const struct kz_value *v, const char *where, const char *want,
                      struct kz_err *err)
{
    (void)kz_fail(err, KZ_E_INVALID, "json: cannot unmarshal %s into Go struct field %s of type %s",
                  kz_go_json_kind(v), where, want);
    return kz_wrap(err, "error unmarshaling JSON: while decoding JSON");
}

static int read_text(struct kz_str *out, struct kz_arena *a, const struct kz_value *doc,
                     const char *name, const char *in, struct kz_err *err)
{
    const struct kz_value *v = kz_go_field(doc, name);
    char where[64];
    if (v == NULL || v->kind == KZ_NULL || kz_go_as_text(out, a, v))
        return 0;
    (void)snprintf(where, sizeof where, "%s%s", in, name);
    return wrong_type(v, where, "string", err);
}

static int read_texts(struct kz_str **out, size_t *n, struct kz_arena *a,
                      const struct kz_value *doc, const char *name, const char *in,
                      struct kz_err *err)
{
    const struct kz_value *v = kz_go_field(doc, name);
    char where[64];
    (void)snprintf(where, sizeof where, "%s%s", in, name);
    if (v == NULL || v->kind == KZ_NULL)
        return 0;
    if (v->kind != KZ_LIST)
        return wrong_type(v, where, "[]string", err);
    struct kz_str *at = kz_new_n(a, struct kz_str, v->as.list.len + 1);
    for (size_t i = 0; i < v->as.list.len; i++) {
        const struct kz_value *item = v->as.list.at[i];
        if (item->kind != KZ_NULL && !kz_go_as_text(&at[i], a, item))
            return wrong_type(item, where, "string", err);
    }
    *out = at;
    *n = v->as.list.len;
    return 0;
}

static int read_bool(bool *out, const struct kz_value *doc, const char *name, const char *in,
                     struct kz_err *err)
{
    const struct kz_value *v = kz_go_field(doc, name);
    char where[64];
    (void)snprintf(where, sizeof where, "%s%s", in, name);
    if (v == NULL || v->kind == KZ_NULL)
        return 0;
    if (v->kind != KZ_BOOL)
        return wrong_type(v, where, "bool", err);
    *out = v->as.truth;
    return 0;
}

static int read_annotations(const struct kz_value **out, struct kz_arena *a,
                            const struct kz_value *doc, struct kz_err *err)
{
    const struct kz_value *v = kz_go_field(doc, "annotations");
    if (v == NULL || v->kind == KZ_NULL)
        return 0;
    if (v->kind != KZ_MAP)
        return wrong_type(v, "Metadata.annotations", "map[string]string", err);
    struct kz_value *map = kz_value_map(a);
    for (size_t i = 0; i < v->as.map.len; i++) {
        struct kz_str text = KZ_STR("");
        if (v->as.map.at[i].val->kind != KZ_NULL && !kz_go_as_text(&text, a, v->as.map.at[i].val))
            return wrong_type(v->as.map.at[i].val, "Metadata.annotations", "string", err);
        (void)kz_value_add(a, map, v->as.map.at[i].key, kz_value_str(a, text));
    }
    *out = map;
    return 0;
}

static int read_maintainers(struct kz_chart_meta *meta, struct kz_arena *a,
                            const struct kz_value *doc, struct kz_err *err)
{
    static const char in[] = "Maintainer.maintainers.";
    const struct kz_value *v = kz_go_field(doc, "maintainers");
    if (v == NULL || v->kind == KZ_NULL)
        return 0;
    if (v->kind != KZ_LIST)
        return wrong_type(v, "Metadata.maintainers", "[]*chart.Maintainer", err);
    struct kz_chart_maintainer *at = kz_new_n(a, struct kz_chart_maintainer, v->as.list.len + 1);
    for (size_t i = 0; i < v->as.list.len; i++) {
        const struct kz_value *m = v->as.list.at[i];
        at[i].is_null = m->kind == KZ_NULL;
        if (at[i].is_null)
            continue;
        if (m->kind != KZ_MAP)
            return wrong_type(m, "Metadata.maintainers", "chart.Maintainer", err);
        if (read_text(&at[i].name, a, m, "name", in, err) < 0 ||
            read_text(&at[i].email, a, m, "email", in, err) < 0 ||
            read_text(&at[i].url, a, m, "url", in, err) < 0)
            return -(int)err->code;
    }
    meta->maintainers = at;
    meta->n_maintainers = v->as.list.len;
    return 0;
}

static int read_dep(struct kz_chart_dep **out, struct kz_arena *a, const struct kz_value *v,
                    const char *where, struct kz_err *err)
{
    static const char in[] = "Dependency.dependencies.";
    struct kz_chart_dep *d = kz_new(a, struct kz_chart_dep);
    if (v->kind == KZ_NULL)
        return 0;
    if (v->kind != KZ_MAP)
        return wrong_type(v, where, "chart.Dependency", err);
    struct {
        struct kz_str *out;
        const char *name;
    } texts[] = {
        {&d->name,       "name"      },
        {&d->version,    "version"   },
        {&d->repository, "repository"},
        {&d->condition,  "condition" },
        {&d->alias,      "alias"     }
    };
    for (size_t i = 0; i < kz_countof(texts); i++)
        if (read_text(texts[i].out, a, v, texts[i].name, in, err) < 0)
            return -(int)err->code;
    if (read_texts(&d->tags, &d->n_tags, a, v, "tags", in, err) < 0 ||
        read_bool(&d->enabled, v, "enabled", in, err) < 0)
        return -(int)err->code;
    d->has_tags = d->tags != NULL;
    const struct kz_value *imports = kz_go_field(v, "import-values");
    if (imports != NULL && imports->kind != KZ_NULL && imports->kind != KZ_LIST)
        return wrong_type(imports, "Dependency.dependencies.import-values", "[]interface {}", err);
    d->import_values = kz_value_is(imports, KZ_LIST) ? imports : NULL;
    *out = d;
    return 0;
}

static int read_deps(struct kz_chart_dep ***out, size_t *n, struct kz_arena *a,
                     const struct kz_value *doc, const char *where, struct kz_err *err)
{
    const struct kz_value *v = kz_go_field(doc, "dependencies");
    if (v == NULL || v->kind == KZ_NULL)
        return 0;
    if (v->kind != KZ_LIST)
        return wrong_type(v, where, "[]*chart.Dependency", err);
    struct kz_chart_dep **at = kz_new_n(a, struct kz_chart_dep *, v->as.list.len + 1);
    for (size_t i = 0; i < v->as.list.len; i++)
        if (read_dep(&at[i], a, v->as.list.at[i], where, err) < 0)
            return -(int)err->code;
    *out = at;
    *n = v->as.list.len;
    return 0;
}

static int wrong_document(const struct kz_value *doc, const char *want, struct kz_err *err)
{
    (void)kz_fail(err, KZ_E_INVALID, "json: cannot unmarshal %s into Go value of type %s",
                  kz_go_json_kind(doc), want);
    return kz_wrap(err, "error unmarshaling JSON: while decoding JSON");
}

int kz_chart_meta_read(struct kz_chart_meta *meta, struct kz_arena *a, const struct kz_value *doc,
                       struct kz_err *err)
{
    static const char in[] = "Metadata.";
    if (doc->kind == KZ_NULL)
        return 0;
    if (doc->kind != KZ_MAP)
        return wrong_document(doc, "chart.Metadata", err);
    struct {
        struct kz_str *out;
        const char *name;
    } texts[] = {
        {&meta->name,         "name"       },
        {&meta->home,         "home"       },
        {&meta->version,      "version"    },
        {&meta->description,  "description"},
        {&meta->icon,         "icon"       },
        {&meta->api_version,  "apiVersion" },
        {&meta->condition,    "condition"  },
        {&meta->tags,         "tags"       },
        {&meta->app_version,  "appVersion" },
        {&meta->kube_version, "kubeVersion"},
        {&meta->type,         "type"       },
    };
    for (size_t i = 0; i < kz_countof(texts); i++)
        if (read_text(texts[i].out, a, doc, texts[i].name, in, err) < 0)
            return -(int)err->code;
    if (read_texts(&meta->sources, &meta->n_sources, a, doc, "sources", in, err) < 0 ||
        read_texts(&meta->keywords, &meta->n_keywords, a, doc, "keywords", in, err) < 0 ||
        read_bool(&meta->deprecated, doc, "deprecated", in, err) < 0 ||
        read_annotations(&meta->annotations, a, doc, err) < 0 ||
        read_maintainers(meta, a, doc, err) < 0 ||
        read_deps(&meta->deps, &meta->n_deps, a, doc, "Metadata.dependencies", err) < 0)
        return -(int)err->code;
    return 0;
}

/* A time as time.Time reads it from JSON. Go looks at it first of all: its error ends the decoding. */
static int check_generated(struct kz_arena *a, const struct kz_value *doc, struct kz_err *err)
{
    const struct kz_value *v = kz_go_field(doc, "generated");
    struct kz_time time;
    struct kz_str why;
    if (v == NULL || v->kind == KZ_NULL)
        return 0;
    if (v->kind != KZ_STRING)
        (void)kz_fail(err, KZ_E_INVALID, "Time.UnmarshalJSON: input is not a JSON string");
    else if (kz_time_scan(&time, &why, a, KZ_STR("2006-01-02T15:04:05Z07:00"), v->as.str, NULL))
        return 0;
    else
        (void)kz_fail(err, KZ_E_INVALID, KZ_FMT, KZ_ARG(why));
    return kz_wrap(err, "error unmarshaling JSON: while decoding JSON");
}

int kz_chart_lock_check(struct kz_arena *a, const struct kz_value *doc, struct kz_err *err)
{
    struct kz_chart_dep **deps;
    struct kz_str digest;
    size_t n;
    if (doc->kind == KZ_NULL)
        return 0;
    if (doc->kind != KZ_MAP)
        return wrong_document(doc, "chart.Lock", err);
    if (check_generated(a, doc, err) < 0 ||
        read_deps(&deps, &n, a, doc, "Lock.dependencies", err) < 0 ||
        read_text(&digest, a, doc, "digest", "Lock.", err) < 0)
        return -(int)err->code;
    return 0;
}

/* ---- checking ---------------------------------------------------------------------------------- */

/* Blanks become ' ', what can't be printed goes. */
static void sanitize(struct kz_str *s, struct kz_arena *a)
{
    bool odd = false;
    for (size_t i = 0; i < s->len; i++)
        odd = odd || (unsigned char)s->ptr[i] < 0x20 || s->ptr[i] == 0x7F ||
              (unsigned char)s->ptr[i] >= 0x80;
    if (!odd)
        return;
    char *out = kz_arena_bytes(a, s->len + 1);
    size_t n = 0;
    for (struct kz_str rest = *s; rest.len > 0;) {
        uint32_t r = 0;
        size_t len = kz_utf8_next(rest, &r);
        len = len == 0 ? 1 : len;
        if ((r >= '\t' && r <= '\r') || r == 0x85 ||
            (r >= 0x80 && kz_go_trim(kz_str_head(rest, len)).len == 0)) {
            out[n++] = ' ';
        } else if (r >= 0x20 && r != 0x7F && (r < 0x80 || r > 0xA0) && r != 0xAD && r != 0xFEFF &&
                   !(r >= 0x200B && r <= 0x200F) && !(r >= 0x202A && r <= 0x202E)) {
            memcpy(out + n, rest.ptr, len);
            n += len;
        }
        rest = kz_str_skip(rest, len);
    }
    *s = kz_str_n(out, n);
}

static bool good_alias(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i], low = (char)(c | 0x20);
        if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
            return false;
    }
    return true;
}

static int check_deps(struct kz_chart_meta *m, struct kz_arena *a, struct kz_err *err)
{
    for (size_t i = 0; i < m->n_deps; i++) {
        struct kz_chart_dep *d = m->deps[i];
        if (d == NULL)
            return kz_fail(err, KZ_E_INVALID,
                           "validation: dependencies must not contain empty or null nodes");
        sanitize(&d->name, a);
        sanitize(&d->version, a);
        sanitize(&d->repository, a);
        sanitize(&d->condition, a);
        for (size_t t = 0; t < d->n_tags; t++)
            sanitize(&d->tags[t], a);
        if (!good_alias(d->alias))
            return kz_fail(err, KZ_E_INVALID,
                           "validation: dependency " KZ_FMT
                           " has disallowed characters in the alias",
                           KZ_ARG(kz_go_quote(a, d->name)));
        struct kz_str key = d->alias.len > 0 ? d->alias : d->name;
        for (size_t j = 0; j < i; j++) {
            const struct kz_chart_dep *o = m->deps[j];
            if (kz_str_eq(key, o->alias.len > 0 ? o->alias : o->name))
                return kz_fail(err, KZ_E_INVALID,
                               "validation: more than one dependency with name or alias " KZ_FMT,
                               KZ_ARG(kz_go_quote(a, key)));
        }
    }
    return 0;
}

int kz_chart_meta_check(struct kz_chart_meta *m, struct kz_arena *a, struct kz_err *err)
{
    struct kz_semver v;
    struct kz_str *const texts[] = {&m->name,        &m->description, &m->home,
                                    &m->icon,        &m->condition,   &m->tags,
                                    &m->app_version, &m->kube_version};
    for (size_t i = 0; i < kz_countof(texts); i++)
        sanitize(texts[i], a);
    for (size_t i = 0; i < m->n_sources; i++)
        sanitize(&m->sources[i], a);
    for (size_t i = 0; i < m->n_keywords; i++)
        sanitize(&m->keywords[i], a);
    for (size_t i = 0; i < m->n_maintainers; i++) {
        sanitize(&m->maintainers[i].name, a);
        sanitize(&m->maintainers[i].email, a);
        sanitize(&m->maintainers[i].url, a);
    }
    if (m->api_version.len == 0)
        return kz_fail(err, KZ_E_INVALID, "validation: chart.metadata.apiVersion is required");
    if (m->name.len == 0)
        return kz_fail(err, KZ_E_INVALID, "validation: chart.metadata.name is required");
    /* Helm takes "." and ".."; as parts of paths they are a trap (reliability.md 1a). */
    if (kz_str_index(m->name, '/') < m->name.len || kz_str_is(m->name, ".") ||
        kz_str_is(m->name, ".."))
        return kz_fail(err, KZ_E_INVALID, "validation: chart.metadata.name " KZ_FMT " is invalid",
                       KZ_ARG(kz_go_quote(a, m->name)));
    if (m->version.len == 0)
        return kz_fail(err, KZ_E_INVALID, "validation: chart.metadata.version is required");
    if (!kz_semver_parse_loose(&v, m->version))
        return kz_fail(err, KZ_E_INVALID,
                       "validation: chart.metadata.version " KZ_FMT " is invalid",
                       KZ_ARG(kz_go_quote(a, m->version)));
    if (m->type.len > 0 && !kz_str_is(m->type, "application") && !kz_str_is(m->type, "library"))
        return kz_fail(err, KZ_E_INVALID,
                       "validation: chart.metadata.type must be application or library");
    for (size_t i = 0; i < m->n_maintainers; i++)
        if (m->maintainers[i].is_null)
            return kz_fail(err, KZ_E_INVALID,
                           "validation: maintainers must not contain empty or null nodes");
    return check_deps(m, a, err);
}
