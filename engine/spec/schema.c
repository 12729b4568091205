/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Schema of the option tables, for editors and for the CRDs. Rules between fields stay with
 * kz_fields_check: a schema that says half of them would be trusted for the whole. */
#include "spec/fields.h"

#include "value/json.h"
#include "value/yaml.h"

enum { SCHEMA_MAX = 16 << 20 };

/* A CRD needs a structural schema: unknown content has to be named as such. */
enum flavour { JSON_SCHEMA, STRUCTURAL };

static void put(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_value *val)
{
    kz_value_set(a, map, kz_str(key), val);
}

static void put_str(struct kz_arena *a, struct kz_value *map, const char *key, const char *text)
{
    put(a, map, key, kz_value_cstr(a, text));
}

static struct kz_value *schema_of(struct kz_arena *a, const struct kz_spec_field *f,
                                  enum kz_field_type type, enum flavour flavour);

static const char *pattern_of(enum kz_field_type type)
{
    switch (type) {
    case KZ_F_LABEL:
        return "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
    case KZ_F_DNS:
        return "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    case KZ_F_KIND:
        return "^[A-Z][A-Za-z0-9]{0,62}$";
    case KZ_F_DURATION:
        return "^(0|([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+)$";
    case KZ_F_POINTER:
        return "^(/([^~]|~[01])*)?$";
    case KZ_F_URL:
        return "^https?://[^ ]+$";
    case KZ_F_PEM:
    case KZ_F_TEXT:
    case KZ_F_PATH:
    case KZ_F_CRON:
    case KZ_F_ZONE:
    case KZ_F_WORD:
    case KZ_F_BOOL:
    case KZ_F_INT:
    case KZ_F_TIME:
    case KZ_F_FREE:
    case KZ_F_ANY:
    case KZ_F_FIELDS:
    case KZ_F_NAMED:
    case KZ_F_LIST:
    case KZ_F_LABEL_OR_FIELDS:
    case KZ_F_TYPES_:
        return NULL;
    }
    return NULL;
}

static void put_words(struct kz_arena *a, struct kz_value *out, const struct kz_spec_field *f)
{
    struct kz_value *list = kz_value_list(a);
    bool open = false;
    for (size_t i = 0; f->words != NULL && f->words[i] != NULL; i++) {
        open = open || kz_str_ends(kz_str(f->words[i]), KZ_STR("*"));
        kz_value_push(a, list, kz_value_cstr(a, f->words[i]));
    }
    if (!open && f->words != NULL)
        put(a, out, "enum", list);
}

static void put_fields(struct kz_arena *a, struct kz_value *out, const struct kz_spec_field *rows,
                       enum flavour flavour)
{
    struct kz_value *properties = kz_value_map(a), *required = kz_value_list(a);
    for (; rows->name != NULL; rows++) {
        struct kz_value *v = schema_of(a, rows, rows->type, flavour);
        put_str(a, v, "description", rows->help);
        put(a, properties, rows->name, v);
        if (rows->flags & KZ_F_REQUIRED)
            kz_value_push(a, required, kz_value_cstr(a, rows->name));
    }
    put(a, out, "properties", properties);
    if (kz_value_len(required) > 0)
        put(a, out, "required", required);
    if (flavour == JSON_SCHEMA)
        put(a, out, "additionalProperties", kz_value_bool(a, false));
}

static void put_open(struct kz_arena *a, struct kz_value *out, enum flavour flavour)
{
    if (flavour == STRUCTURAL)
        put(a, out, "x-kubernetes-preserve-unknown-fields", kz_value_bool(a, true));
}

static void put_scalar(struct kz_arena *a, struct kz_value *out, const struct kz_spec_field *f,
                       enum kz_field_type type)
{
    const char *pattern = pattern_of(type);
    put_str(a, out, "type", type == KZ_F_BOOL ? "boolean" : type == KZ_F_INT ? "integer" : "string");
    if (pattern != NULL)
        put_str(a, out, "pattern", pattern);
    if (type == KZ_F_TIME)
        put_str(a, out, "format", "date-time");
    if (type == KZ_F_WORD)
        put_words(a, out, f);
    if (type == KZ_F_TEXT && f->max > 0)
        put(a, out, "maxLength", kz_value_int(a, f->max));
    if (type == KZ_F_INT && f->min < f->max) {
        put(a, out, "minimum", kz_value_int(a, f->min));
        put(a, out, "maximum", kz_value_int(a, f->max));
    }
    /* No defaults in the CRD: the API server would write them into what git said. */
}

static struct kz_value *words_list(struct kz_arena *a, const char *word)
{
    struct kz_value *list = kz_value_list(a);
    kz_value_push(a, list, kz_value_cstr(a, word));
    return list;
}

static struct kz_value *either(struct kz_arena *a, const struct kz_spec_field *f)
{
    struct kz_value *out = kz_value_map(a), *list = kz_value_list(a);
    kz_value_push(a, list, schema_of(a, f, KZ_F_LABEL, JSON_SCHEMA));
    kz_value_push(a, list, schema_of(a, f, KZ_F_FIELDS, JSON_SCHEMA));
    put(a, out, "oneOf", list);
    return out;
}

static struct kz_value *schema_of(struct kz_arena *a, const struct kz_spec_field *f,
                                  enum kz_field_type type, enum flavour flavour)
{
    struct kz_value *out = kz_value_map(a);
    if (type == KZ_F_LABEL_OR_FIELDS && flavour == JSON_SCHEMA)
        return either(a, f);
    if (type == KZ_F_ANY || type == KZ_F_LABEL_OR_FIELDS) {
        put_open(a, out, flavour);
    } else if (type == KZ_F_FREE) {
        put_str(a, out, "type", "object");
        put_open(a, out, flavour);
    } else if (type == KZ_F_FIELDS) {
        put_str(a, out, "type", "object");
        put_fields(a, out, f->sub, flavour);
    } else if (type == KZ_F_NAMED) {
        put_str(a, out, "type", "object");
        put(a, out, "additionalProperties", schema_of(a, f, f->item, flavour));
    } else if (type == KZ_F_LIST) {
        struct kz_spec_field item = {.name = f->name, .sub = f->sub};
        put_str(a, out, "type", "array");
        put(a, out, "items", schema_of(a, &item, f->item, flavour));
        if (f->max > 0)
            put(a, out, "maxItems", kz_value_int(a, f->max));
        if (f->key != NULL && flavour == STRUCTURAL) {
            put_str(a, out, "x-kubernetes-list-type", "map");
            put(a, out, "x-kubernetes-list-map-keys", words_list(a, f->key));
        }
    } else {
        put_scalar(a, out, f, type);
    }
    return out;
}

void kz_fields_json_schema(struct kz_buf *b, const struct kz_doc_kind *doc)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(SCHEMA_MAX);
    struct kz_value *out = kz_value_map(a);
    put_str(a, out, "$schema", "https://json-schema.org/draft/2020-12/schema");
    put_str(a, out, "title", doc->kind);
    put_str(a, out, "description", doc->help);
    put_str(a, out, "type", "object");
    put_fields(a, out, doc->fields, JSON_SCHEMA);
    kz_json_write(b, out, KZ_JSON_PRETTY);
}

static struct kz_value *names_of(struct kz_arena *a, const struct kz_doc_kind *doc)
{
    struct kz_value *names = kz_value_map(a);
    char *singular = kz_arena_bytes(a, strlen(doc->kind) + 1);
    for (size_t i = 0; i <= strlen(doc->kind); i++)
        singular[i] = (char)(doc->kind[i] >= 'A' && doc->kind[i] <= 'Z' ? doc->kind[i] - 'A' + 'a' : doc->kind[i]);
    put_str(a, names, "kind", doc->kind);
    put(a, names, "listKind", kz_value_str(a, kz_str_printf(a, "%sList", doc->kind)));
    put_str(a, names, "plural", doc->plural);
    put_str(a, names, "singular", singular);
    put(a, names, "shortNames", words_list(a, doc->short_name));
    put(a, names, "categories", words_list(a, "kubezero"));
    return names;
}

static struct kz_value *columns_of(struct kz_arena *a, const struct kz_doc_column *c)
{
    struct kz_value *list = kz_value_list(a);
    for (; c->head != NULL; c++) {
        struct kz_value *column = kz_value_map(a);
        put_str(a, column, "name", c->head);
        put_str(a, column, "type", c->type);
        put_str(a, column, "jsonPath", c->path);
        put(a, column, "priority", kz_value_int(a, c->wide ? 1 : 0));
        kz_value_push(a, list, column);
    }
    return list;
}

static struct kz_value *root_schema(struct kz_arena *a, const struct kz_doc_kind *doc)
{
    const struct kz_spec_field spec = {.sub = doc->spec}, status = {.sub = doc->status};
    struct kz_value *root = kz_value_map(a), *properties = kz_value_map(a), *schema = kz_value_map(a);
    put(a, properties, "spec", schema_of(a, &spec, KZ_F_FIELDS, STRUCTURAL));
    put(a, properties, "status", schema_of(a, &status, KZ_F_FIELDS, STRUCTURAL));
    put_str(a, root, "type", "object");
    put_str(a, root, "description", doc->help);
    put(a, root, "properties", properties);
    put(a, schema, "openAPIV3Schema", root);
    return schema;
}

struct kz_value *kz_fields_crd_value(struct kz_arena *a, const struct kz_doc_kind *doc)
{
    struct kz_value *crd = kz_value_map(a), *meta = kz_value_map(a), *spec = kz_value_map(a);
    struct kz_value *version = kz_value_map(a), *versions = kz_value_list(a), *subresources = kz_value_map(a);
    put(a, subresources, "status", kz_value_map(a));
    put_str(a, version, "name", "v1beta1");
    put(a, version, "served", kz_value_bool(a, true));
    put(a, version, "storage", kz_value_bool(a, true));
    put(a, version, "subresources", subresources);
    put(a, version, "additionalPrinterColumns", columns_of(a, doc->columns));
    put(a, version, "schema", root_schema(a, doc));
    kz_value_push(a, versions, version);
    put_str(a, spec, "group", "kubezero.com");
    put_str(a, spec, "scope", "Namespaced");
    put(a, spec, "names", names_of(a, doc));
    put(a, spec, "versions", versions);
    put(a, meta, "name", kz_value_str(a, kz_str_printf(a, "%s.kubezero.com", doc->plural)));
    put_str(a, crd, "apiVersion", "apiextensions.k8s.io/v1");
    put_str(a, crd, "kind", "CustomResourceDefinition");
    put(a, crd, "metadata", meta);
    put(a, crd, "spec", spec);
    return crd;
}

void kz_fields_crd(struct kz_buf *b, const struct kz_doc_kind *doc)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(SCHEMA_MAX);
    kz_yaml_write(b, kz_fields_crd_value(a, doc), KZ_YAML_ORDERED);
}
