/* SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of a set: found in a document by their mark, or read from a CustomResourceDefinition. */
#include "schema/schema.h"

#include "resource/object.h"
#include "schema/schema_impl.h"
#include "value/json.h"

enum { SET_BYTES = 512 << 20, WORK_BYTES = 512 << 20 };

static const struct kz_node anything = {.flags = 0};

struct kz_schemas *kz_schemas_new(void)
{
    struct kz_arena *a = kz_arena_new(SET_BYTES);
    struct kz_schemas *s = kz_new(a, struct kz_schemas);
    s->arena = a;
    kz_map_init(&s->kinds);
    return s;
}

void kz_schemas_free(struct kz_schemas *s)
{
    if (s == NULL)
        return;
    kz_map_done(&s->kinds);
    kz_arena_free(s->arena); /* s itself lies in it */
}

size_t kz_schemas_bytes(const struct kz_schemas *s)
{
    return kz_arena_used(s->arena);
}

static struct kz_str key_of(struct kz_arena *a, const struct kz_gvk *what)
{
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT "/" KZ_FMT, KZ_ARG(what->group), KZ_ARG(what->version),
                         KZ_ARG(what->kind));
}

void kz_schemas_put(struct kz_schemas *s, const struct kz_gvk *what, const struct kz_node *root)
{
    struct kz_schema *one = kz_new(s->arena, struct kz_schema);
    one->what = (struct kz_gvk){kz_str_dup(s->arena, what->group), kz_str_dup(s->arena, what->version),
                                kz_str_dup(s->arena, what->kind)};
    one->root = root;
    (void)kz_map_put(&s->kinds, key_of(s->arena, what), one);
}

const struct kz_schema *kz_schemas_find(const struct kz_schemas *s, const struct kz_gvk *what)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    return s == NULL ? NULL : kz_map_find(&s->kinds, key_of(a, what));
}

/* ---- OpenAPI --------------------------------------------------------------------------------------- */

static bool is_marked(const struct kz_value *schema, const struct kz_gvk *what)
{
    const struct kz_value *marks = kz_value_get(schema, "x-kubernetes-group-version-kind");
    for (size_t i = 0; i < kz_value_len(marks); i++) {
        const struct kz_value *m = kz_value_at(marks, i);
        if (kz_str_eq(kz_value_path_str(m, "group"), what->group) &&
            kz_str_eq(kz_value_path_str(m, "version"), what->version) &&
            kz_str_eq(kz_value_path_str(m, "kind"), what->kind))
            return true;
    }
    return false;
}

/* Schemas are named by package and kind, "io.k8s.api.apps.v1.Deployment": those of the right end are
 * read, and their mark decides. NULL: none. */
static const struct kz_node *find_kind(struct kz_compile *c, const struct kz_gvk *what)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&c->doc->names, &i)) != NULL;) {
        const size_t dot = kz_str_rindex(slot->key, '.');
        struct kz_str last = dot == slot->key.len ? slot->key : kz_str_skip(slot->key, dot + 1);
        struct kz_value *schema;
        struct kz_err err;
        if (kz_str_eq(last, what->kind) &&
            kz_json_read(&schema, c->scratch, *(const struct kz_str *)slot->val, KZ_STR("schema"), &err) == 0 &&
            is_marked(schema, what))
            return kz_compile_named(c, slot->key);
    }
    return NULL;
}

int kz_schemas_add_openapi(struct kz_schemas *s, struct kz_str text, struct kz_str group, struct kz_str version,
                           const struct kz_str *kinds, size_t n, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
    struct kz_openapi doc;
    int rc = kz_openapi_open(&doc, a, text, err);
    if (rc < 0)
        return rc;
    struct kz_compile c = {.to = s->arena, .scratch = a, .doc = &doc, .err = err};
    kz_map_init(&c.done);
    for (size_t i = 0; i < n && !c.failed; i++) {
        const struct kz_gvk what = {group, version, kinds[i]};
        const struct kz_node *root = find_kind(&c, &what);
        if (!c.failed)
            kz_schemas_put(s, &what, root == NULL ? &anything : root);
    }
    kz_map_done(&c.done);
    kz_openapi_done(&doc);
    return c.failed ? -(int)err->code : 0;
}

/* ---- CustomResourceDefinitions --------------------------------------------------------------------- */

/* What every object has, and no CRD says. */
static const struct kz_node *with_object_fields(struct kz_compile *c, const struct kz_node *root)
{
    struct kz_node *node = kz_new(c->to, struct kz_node);
    *node = *root;
    node->flags |= KZ_NODE_EMBEDDED;
    return node;
}

int kz_schemas_add_crd(struct kz_schemas *s, const struct kz_value *crd, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
    const struct kz_value *versions = kz_value_path(crd, "spec.versions");
    struct kz_compile c = {.to = s->arena, .scratch = a, .err = err};
    kz_map_init(&c.done);
    for (size_t i = 0; i < kz_value_len(versions) && !c.failed; i++) {
        const struct kz_value *v = kz_value_at(versions, i);
        const struct kz_value *schema = kz_value_path(v, "schema.openAPIV3Schema");
        const struct kz_gvk what = {kz_value_path_str(crd, "spec.group"), kz_value_path_str(v, "name"),
                                    kz_value_path_str(crd, "spec.names.kind")};
        const bool keeps = kz_value_path_bool(crd, "spec.preserveUnknownFields", false);
        if (!kz_value_path_bool(v, "served", false))
            continue;
        const struct kz_node *root = keeps || schema == NULL ? &anything : kz_compile_schema(&c, schema);
        if (root != NULL)
            kz_schemas_put(s, &what, with_object_fields(&c, root));
    }
    kz_map_done(&c.done);
    if (!c.failed)
        return 0;
    return kz_wrap(err, "schema of CustomResourceDefinition '" KZ_FMT "'",
                   KZ_ARG(kz_value_path_str(crd, "metadata.name")));
}
