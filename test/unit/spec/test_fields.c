/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/fields.h"

#include "spec/platform.h"
#include "value/json.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

enum { MEMORY = 32 << 20, TEXT_MAX = 4 << 20 };

static const struct kz_doc_kind *const docs[] = {&kz_doc_platform, &kz_doc_module};

/* Every row has help; every default and bound passes its own check. */
static void walk(const struct kz_spec_field *rows, struct kz_arena *a)
{
    struct kz_owner owner = {.file = KZ_STR("t"), .kind = "Module", .name = KZ_STR("t")};
    for (; rows->name != NULL; rows++) {
        struct kz_err err;
        cr_expect(rows->help != NULL && strlen(rows->help) > 4, "%s", rows->name);
        cr_expect(rows->min <= rows->max || rows->max == 0, "%s", rows->name);
        if (rows->fallback != NULL) {
            struct kz_value *v, *map = kz_value_map(a);
            struct kz_spec_field one[] = {*rows, {.name = NULL}};
            cr_assert_eq(kz_yaml_read(&v, a, kz_str(rows->fallback), KZ_STR("t"), &err), 0);
            kz_value_set(a, map, kz_str(rows->name), v);
            cr_expect_eq(kz_fields_check(one, map, &owner, &err), 0, "%s: %s", rows->name,
                         err.frame[0]);
        }
        if (rows->example != NULL && rows->later == NULL) {
            struct kz_value *v, *map = kz_value_map(a);
            struct kz_spec_field one[] = {*rows, {.name = NULL}};
            cr_assert_eq(kz_yaml_read(&v, a, kz_str(rows->example), KZ_STR("t"), &err), 0, "%s",
                         rows->name);
            kz_value_set(a, map, kz_str(rows->name), v);
            cr_expect_eq(kz_fields_check(one, map, &owner, &err), 0, "%s: %s", rows->name,
                         err.frame[0]);
        }
        if (rows->sub != NULL)
            walk(rows->sub, a);
    }
}

Test(fields, tables_keep_their_own_rules)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    for (size_t i = 0; i < kz_countof(docs); i++)
        walk(docs[i]->fields, a);
}

Test(fields, enums_have_the_order_of_the_words)
{
    static const struct {
        const char *path, *word;
        unsigned want;
    } rows[] = {
        {"sync.selfHeal", "always", KZ_HEAL_ALWAYS},      {"sync.selfHeal", "off", KZ_HEAL_OFF},
        {"sync.onFailure", "rollback", KZ_FAIL_ROLLBACK}, {"sync.onFailure", "hold", KZ_FAIL_HOLD},
        {"sync.onConflict", "take", KZ_CONFLICT_TAKE},    {"sync.onConflict", "yield", KZ_CONFLICT_YIELD},
        {"sync.onConflict", "fail", KZ_CONFLICT_FAIL},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_spec_field *f = kz_fields_find(kz_doc_module.spec, kz_str(rows[i].path));
        cr_assert_not_null(f);
        cr_expect_str_eq(f->words[rows[i].want], rows[i].word);
    }
}

Test(fields, find)
{
    static const struct {
        const char *path, *want; /* NULL: unknown */
    } rows[] = {
        {"health.timeout", "timeout"}, {"health.gates[0].kind", "kind"}, {"health.gates.kind", "kind"},
        {"dependsOn[3].object.name", "name"}, {"nope", NULL}, {"health.nope", NULL},
        {"health.timeout.x", NULL}, {"renderer.", "renderer"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_spec_field *f = kz_fields_find(kz_doc_module.spec, kz_str(rows[i].path));
        if (rows[i].want == NULL)
            cr_expect_null(f, "%s", rows[i].path);
        else
            cr_expect(f != NULL && strcmp(f->name, rows[i].want) == 0, "%s", rows[i].path);
    }
    cr_expect_not_null(kz_fields_find(kz_doc_platform.spec, KZ_STR("modules.web.health.soak")));
    cr_expect_null(kz_fields_find(kz_doc_platform.spec, KZ_STR("modules.web.nope.soak.x")));
}

Test(fields, explain)
{
    static const struct {
        const char *path;
        const char *has; /* in the text, or in the error */
        bool ok;
    } rows[] = {
        {"health.timeout", "Default: 10m", true},
        {"Module.spec.health.timeout", "1s to 86400s", true},
        {"Module", "serviceAccount", true},
        {"Platform", "edition", true},
        {"Platform.schedule", "timezone", true},
        {"Platform.modules.web.sync", "selfHeal", true},
        {"renderer", "exec:NAME", true},
        {"source.chart", "Not in this version", true},
        {"health.timout", "did you mean 'timeout'?", false},
        {"helth", "did you mean 'health'?", false},
        {"Platform.edtion", "did you mean 'edition'?", false},
        {".", "no field", false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_buf b;
        struct kz_err err;
        kz_buf_init(&b, TEXT_MAX);
        int rc = kz_fields_explain(&b, kz_str(rows[i].path), &err);
        cr_expect_eq(rc == 0, rows[i].ok, "%s", rows[i].path);
        cr_expect(kz_str_has(rc == 0 ? kz_buf_str(&b) : kz_str(err.frame[0]), kz_str(rows[i].has)),
                  "%s: %s", rows[i].path, rc == 0 ? b.ptr : err.frame[0]);
        kz_buf_done(&b);
    }
}

Test(fields, schema_and_crd_are_documents)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_buf b;
    struct kz_err err;
    struct kz_value *v;
    kz_buf_init(&b, TEXT_MAX);
    for (size_t i = 0; i < kz_countof(docs); i++) {
        kz_buf_clear(&b);
        kz_fields_json_schema(&b, docs[i]);
        cr_assert_eq(kz_json_read(&v, a, kz_buf_str(&b), KZ_STR("schema"), &err), 0, "%s", err.frame[0]);
        cr_expect(kz_str_is(kz_value_path_str(v, "title"), docs[i]->kind));
        kz_buf_clear(&b);
        kz_fields_crd(&b, docs[i]);
        cr_assert_eq(kz_yaml_read(&v, a, kz_buf_str(&b), KZ_STR("crd"), &err), 0, "%s", err.frame[0]);
        cr_expect(kz_str_is(kz_value_path_str(v, "spec.names.kind"), docs[i]->kind));
        const struct kz_value *version = kz_value_at(kz_value_path(v, "spec.versions"), 0);
        cr_expect_not_null(kz_value_path(version, "schema.openAPIV3Schema.properties.spec.properties"));
        cr_expect_not_null(kz_value_path(version, "schema.openAPIV3Schema.properties.status.properties.conditions"));
        cr_expect_not_null(kz_value_path(version, "subresources.status"));
        cr_expect(kz_str_is(kz_value_path_str(v, "spec.scope"), "Namespaced"));
    }
    kz_buf_done(&b);
}

/* "type" of what a JSON path of plain names leads to in a structural schema; NULL: the schema has no such field. */
static const char *type_at(struct kz_arena *a, const struct kz_value *schema, const char *path)
{
    struct kz_str rest = kz_str(path + 1), step;
    while (rest.len > 0) {
        rest = kz_str_cut(&step, rest, '.');
        schema = kz_value_find(kz_value_get(schema, "properties"), step);
    }
    return schema == NULL ? NULL : kz_cstr(a, kz_value_path_str(schema, "type"));
}

/* A column that leads nowhere is an empty column, and nobody would notice. */
Test(fields, each_column_shows_a_field)
{
    for (size_t i = 0; i < kz_countof(docs); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
        const struct kz_value *crd = kz_fields_crd_value(a, docs[i]);
        const struct kz_value *version = kz_value_at(kz_value_path(crd, "spec.versions"), 0);
        for (const struct kz_doc_column *c = docs[i]->columns; c->head != NULL; c++) {
            const char *type = type_at(a, kz_value_path(version, "schema.openAPIV3Schema"), c->path);
            if (strcmp(c->path, ".metadata.creationTimestamp") == 0)
                continue;
            cr_assert_not_null(type, "%s %s", docs[i]->kind, c->path);
            cr_expect_str_eq(type, strcmp(c->type, "integer") == 0 ? "integer" : "string", "%s", c->path);
        }
    }
}

/* Values of charts, options and bodies of patches may hold secrets. */
Test(fields, what_is_shown_of_a_definition)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_value *spec, *want;
    struct kz_err err;
    struct kz_str text = KZ_STR(
        "namespace: web\n"
        "values: {password: canary}\n"
        "options: {env: canary}\n"
        "release: null\n"
        "dependsOn: [base, {module: policy, optional: true}]\n"
        "patches:\n"
        "- target: {kind: Secret}\n"
        "  jsonPatch: [{op: add, path: /data/x, value: canary}]\n"
        "- {target: {kind: Secret}, merge: {data: {x: canary}}}\n"
        "health: {gates: [{kind: Deployment, name: web, field: status.phase, is: Up}]}\n");
    struct kz_str shown = KZ_STR(
        "namespace: web\n"
        "dependsOn: [base, {module: policy, optional: true}]\n"
        "patches:\n"
        "- {target: {kind: Secret}, jsonPatch: [{op: add, path: /data/x}]}\n"
        "- {target: {kind: Secret}}\n"
        "health: {gates: [{kind: Deployment, name: web, field: status.phase, is: Up}]}\n");
    cr_assert_eq(kz_yaml_read(&spec, a, text, KZ_STR("spec"), &err), 0, "%s", err.frame[0]);
    cr_assert_eq(kz_yaml_read(&want, a, shown, KZ_STR("want"), &err), 0, "%s", err.frame[0]);
    cr_expect(kz_value_eq(kz_fields_shown(a, kz_doc_module.spec, spec), want));
}

/* docs/module-reference.md is committed; it must be what the tables say. */
Test(fields, reference_page_is_current)
{
    struct kz_buf want, have;
    char piece[4096];
    size_t n;
    kz_buf_init(&want, TEXT_MAX);
    kz_buf_init(&have, TEXT_MAX);
    kz_fields_markdown(&want);
    const char *path = KZ_TEST_DIR "/../docs/module-reference.md";
    FILE *f = fopen(path, getenv("KZ_UPDATE") != NULL ? "we" : "re");
    cr_assert_not_null(f);
    if (getenv("KZ_UPDATE") != NULL) {
        cr_assert_eq(fwrite(want.ptr, 1, want.len, f), want.len);
    } else {
        while ((n = fread(piece, 1, sizeof piece, f)) > 0)
            kz_buf_add(&have, piece, n);
        cr_expect(kz_str_eq(kz_buf_str(&want), kz_buf_str(&have)), "write it again with KZ_UPDATE=1");
    }
    cr_assert_eq(fclose(f), 0);
    kz_buf_done(&want);
    kz_buf_done(&have);
}
