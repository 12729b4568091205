/* SPDX-License-Identifier: Apache-2.0
 *
 * The option tables: one row per field of Platform and Module. They are the only description of the
 * format: validation, `explain`, the reference page, the JSON Schemas and the CRDs are made from them.
 *
 * A row has a type; FIELDS, NAMED and LIST have rows below them (sub) or a type for what they hold
 * (item). Silence about a field that does nothing would be worse than an error: a row marked `later` is
 * part of the format that this version refuses; one marked `inert` is checked and kept, but the engine
 * does not act on it yet, and whoever uses it is warned. */
#ifndef KZ_SPEC_FIELDS_H
#define KZ_SPEC_FIELDS_H

#include "base/buf.h"
#include "value/value.h"

enum kz_field_type {
    KZ_F_TEXT,     /* string without control bytes; min and max are bytes */
    KZ_F_LABEL,    /* DNS label */
    KZ_F_DNS,      /* DNS subdomain */
    KZ_F_KIND,     /* Kubernetes kind */
    KZ_F_PATH,     /* file or folder, relative to the file that names it */
    KZ_F_POINTER,  /* JSON pointer */
    KZ_F_URL,      /* http or https */
    KZ_F_PEM,      /* certificates, one after another */
    KZ_F_CRON,
    KZ_F_ZONE,
    KZ_F_WORD,     /* one of words; a word "x:*" allows any label behind "x:" */
    KZ_F_BOOL,
    KZ_F_INT,      /* min..max */
    KZ_F_DURATION, /* "10m"; min and max in seconds */
    KZ_F_TIME,     /* RFC 3339 */
    KZ_F_FREE,     /* a map whose content is not ours */
    KZ_F_ANY,      /* any value */
    KZ_F_FIELDS,   /* a map with the fields of sub */
    KZ_F_NAMED,    /* a map from a label to item (or to FIELDS of sub) */
    KZ_F_LIST,     /* a list of item (or of FIELDS of sub); min and max are lengths */
    KZ_F_LABEL_OR_FIELDS, /* short form: a label; long form: the fields of sub */
    KZ_F_TYPES_,
};

enum {
    KZ_F_REQUIRED = 1 << 0,
    KZ_F_PRIVATE = 1 << 1, /* may hold what is not for everybody who may read a Module object: kz_fields_shown */
};

struct kz_spec_field {
    const char *name; /* NULL ends a table */
    enum kz_field_type type;
    enum kz_field_type item;
    unsigned flags;
    int64_t min, max; /* 0, 0: the type's own limits */
    const char *const *words;        /* ends in NULL */
    const struct kz_spec_field *sub; /* ends in a row without name */
    const char *key;                 /* of a LIST with sub: the field that tells items apart, for CRDs; NULL: none */
    const char *fallback;            /* default as the user would write it; NULL: none */
    const char *later;               /* what to do instead; NULL: the field works */
    const char *inert;               /* what happens all the same; NULL: the field works */
    const char *help;                /* one sentence */
    const char *example;             /* YAML on one line; NULL: none */
    /* Rules between fields; called when all of sub are fine. Sets no place: the caller does. */
    int (*rule)(const struct kz_value *v, struct kz_err *err);
};

/* A column of `kubectl get`. */
struct kz_doc_column {
    const char *head, *type, *path; /* head NULL ends; type: string, integer, date */
    bool wide;                      /* only with -o wide */
};

/* A kind of document. */
struct kz_doc_kind {
    const char *kind, *plural, *short_name, *help;
    const struct kz_spec_field *fields; /* of the whole document */
    const struct kz_spec_field *spec;   /* of its spec */
    const struct kz_spec_field *status; /* of the object that the daemon keeps in the cluster (status_fields.c) */
    const struct kz_doc_column *columns;
};
extern const struct kz_doc_kind kz_doc_platform, kz_doc_module;
extern const struct kz_spec_field kz_platform_status[], kz_module_status[];
extern const struct kz_doc_column kz_platform_columns[], kz_module_columns[];
#define KZ_API_VERSION "kubezero.com/v1beta1"

/* For messages: where v comes from and whose it is: {"clusters/eu/kubezero.yaml", "Module", "web"}. */
struct kz_owner {
    struct kz_str file;
    const char *kind;
    struct kz_str name;
};

/* Checks the fields of a map against a table: unknown names, types, bounds, words, rules. The error
 * has file, line and column, and the nearest known name. */
KZ_MUST_USE int kz_fields_check(const struct kz_spec_field *table, const struct kz_value *map,
                                const struct kz_owner *owner, struct kz_err *err);

/* A sentence with place for each inert field that the map gives, pushed to the list. The map was checked
 * before. */
void kz_fields_inert(struct kz_value *warnings, struct kz_arena *a, const struct kz_spec_field *table,
                     const struct kz_value *map, const struct kz_owner *owner);

/* A copy of a checked map without private fields: what a Module object shows of its definition. */
struct kz_value *kz_fields_shown(struct kz_arena *a, const struct kz_spec_field *table, const struct kz_value *map);

/* Row of a dotted path below a table, NULL: unknown. Positions in lists and names of entries may be
 * there or not: "health.gates[0].kind", "health.gates.kind", "modules.web.health". */
const struct kz_spec_field *kz_fields_find(const struct kz_spec_field *table, struct kz_str path);

/* For `kzsync explain`: path is "Module", "Module.spec.health" or short "health.timeout" (of a Module's
 * spec). Appends type, default, limits, help and the fields below. */
KZ_MUST_USE int kz_fields_explain(struct kz_buf *b, struct kz_str path, struct kz_err *err);

/* The reference page docs/module-reference.md. */
void kz_fields_markdown(struct kz_buf *b);

/* JSON Schema of one kind (draft 2020-12), and the same as a CustomResourceDefinition: as a tree, and as YAML. */
void kz_fields_json_schema(struct kz_buf *b, const struct kz_doc_kind *doc);
struct kz_value *kz_fields_crd_value(struct kz_arena *a, const struct kz_doc_kind *doc);
void kz_fields_crd(struct kz_buf *b, const struct kz_doc_kind *doc);

/* "duration", "list of strings", ...: into buf, which it returns. */
const char *kz_field_type_text(char *buf, size_t size, const struct kz_spec_field *f);

#endif
