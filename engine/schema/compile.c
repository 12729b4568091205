/* SPDX-License-Identifier: Apache-2.0
 *
 * From the document of a schema to nodes. References are read once and may be to what is still being read.
 *
 * Below allOf, anyOf, oneOf and not stand conditions on values; the form of an object (which fields it
 * may have) is said outside of them. Three habits of API servers are made simple on the way: a reference
 * in an allOf of its own, so that a default can stand beside it; "integer or string" as a choice; and
 * apiVersion, kind, metadata that a CustomResourceDefinition need not name. */
#include "base/vec.h"
#include "schema/schema_impl.h"
#include "value/json.h"

enum { MAX_NESTED = 400, MAX_TEXT = 4 << 20 };

static void fill(struct kz_compile *c, struct kz_node *node, const struct kz_value *schema);

static void fail(struct kz_compile *c, const char *what)
{
    if (!c->failed)
        (void)kz_fail(c->err, KZ_E_PARSE, "%s", what);
    c->failed = true;
}

const struct kz_node *kz_compile_schema(struct kz_compile *c, const struct kz_value *schema)
{
    struct kz_node *node = kz_new(c->to, struct kz_node);
    fill(c, node, schema);
    return c->failed ? NULL : node;
}

/* ---- references ------------------------------------------------------------------------------------ */

static const char quantity[] = "io.k8s.apimachinery.pkg.api.resource.Quantity";

const struct kz_node *kz_compile_named(struct kz_compile *c, struct kz_str name)
{
    struct kz_node *node = kz_map_find(&c->done, name);
    struct kz_value *schema;
    if (node != NULL || c->failed)
        return c->failed ? NULL : node;
    struct kz_str text = c->doc == NULL ? KZ_STR("") : kz_openapi_find(c->doc, name);
    node = kz_new(c->to, struct kz_node);
    (void)kz_map_put(&c->done, kz_str_dup(c->scratch, name), node);
    if (text.len == 0)
        return node; /* the document does not have it: anything */
    if (text.len > MAX_TEXT) {
        fail(c, "a schema is larger than 4 MiB");
        return NULL;
    }
    if (kz_json_read(&schema, c->scratch, text, KZ_STR("schema"), c->err) < 0) {
        c->failed = true;
        return NULL;
    }
    fill(c, node, schema);
    if (kz_str_is(name, quantity))
        node->flags |= KZ_NODE_QUANTITY;
    return c->failed ? NULL : node;
}

/* The name that a reference leads to, "" when it is none of ours. */
static struct kz_str target_of(const struct kz_value *schema)
{
    static const struct kz_str head = KZ_STR_INIT("#/components/schemas/");
    struct kz_str ref = kz_value_path_str(schema, "$ref");
    return kz_str_starts(ref, head) ? kz_str_skip(ref, head.len) : KZ_STR("");
}

static bool has_form(const struct kz_value *schema)
{
    static const char *const keys[] = {"type", "properties", "items", "additionalProperties", "required",
                                       "x-kubernetes-preserve-unknown-fields"};
    for (size_t i = 0; i < kz_countof(keys); i++)
        if (kz_value_get(schema, keys[i]) != NULL)
            return true;
    return false;
}

/* A schema that is nothing but a reference: its name, else "". */
static struct kz_str only_target(const struct kz_value *schema)
{
    const struct kz_value *all = kz_value_get(schema, "allOf");
    struct kz_str name = target_of(schema);
    if (name.len == 0 && kz_value_len(all) == 1 && !has_form(schema))
        name = target_of(kz_value_at(all, 0));
    return name;
}

/* One schema inside of another. */
static const struct kz_node *child(struct kz_compile *c, const struct kz_value *schema)
{
    struct kz_str name = only_target(schema);
    if (c->nested >= MAX_NESTED)
        fail(c, "a schema is nested too deeply");
    if (c->failed)
        return NULL;
    c->nested++;
    const struct kz_node *node = name.len > 0 ? kz_compile_named(c, name) : kz_compile_schema(c, schema);
    c->nested--;
    return node;
}

/* ---- types ----------------------------------------------------------------------------------------- */

static uint32_t type_bit(struct kz_str name)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } types[] = {
        {"string", KZ_NODE_STRING},
        {"integer", KZ_NODE_INTEGER},
        {"number", KZ_NODE_NUMBER},
        {"boolean", KZ_NODE_BOOL},
        {"object", KZ_NODE_OBJECT},
        {"array", KZ_NODE_LIST},
    };
    for (size_t i = 0; i < kz_countof(types); i++)
        if (kz_str_is(name, types[i].name))
            return types[i].bit;
    return 0;
}

/* The types of a choice that says nothing else, 0: it says more. */
static uint32_t types_of_choice(const struct kz_value *list)
{
    uint32_t types = 0;
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *one = kz_value_at(list, i);
        const uint32_t bit = type_bit(kz_value_path_str(one, "type"));
        const size_t known = 1 + (kz_value_get(one, "format") != NULL);
        if (bit == 0 || kz_value_pairs(one) != known)
            return 0;
        types |= bit;
    }
    return types;
}

static void fill_types(struct kz_node *node, const struct kz_value *schema)
{
    struct kz_str format = kz_value_path_str(schema, "format");
    node->flags |= type_bit(kz_value_path_str(schema, "type"));
    if (kz_value_path_bool(schema, "x-kubernetes-int-or-string", false) || kz_str_is(format, "int-or-string"))
        node->flags = (node->flags & ~(uint32_t)KZ_NODE_TYPES) | KZ_NODE_INTEGER | KZ_NODE_STRING;
    if (kz_str_is(format, "int32") && (node->flags & KZ_NODE_INTEGER) != 0)
        node->flags |= KZ_NODE_INT32;
    if (kz_str_is(format, "byte"))
        node->flags |= KZ_NODE_BASE64;
    if (kz_value_path_bool(schema, "x-kubernetes-preserve-unknown-fields", false))
        node->flags |= KZ_NODE_OPEN;
    if (kz_value_path_bool(schema, "x-kubernetes-embedded-resource", false))
        node->flags |= KZ_NODE_EMBEDDED;
    if (kz_str_is(kz_value_path_str(schema, "x-kubernetes-list-type"), "set"))
        node->flags |= KZ_NODE_SET;
}

/* ---- objects --------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return kz_str_cmp(((const struct kz_prop *)a)->name, ((const struct kz_prop *)b)->name);
}

static void fill_props(struct kz_compile *c, struct kz_node *node, const struct kz_value *props)
{
    const size_t n = kz_value_pairs(props);
    struct kz_prop *to = n == 0 ? NULL : kz_new_n(c->to, struct kz_prop, n);
    for (size_t i = 0; i < n && !c->failed; i++) {
        const struct kz_pair *p = &props->as.map.at[i];
        const struct kz_value *fallback = kz_value_get(p->val, "default");
        to[i] = (struct kz_prop){.name = kz_str_dup(c->to, p->key), .node = child(c, p->val)};
        if (fallback != NULL)
            to[i].fallback = kz_value_copy(c->to, fallback);
    }
    if (n > 0)
        qsort(to, n, sizeof *to, by_name);
    node->props = to;
    node->n_props = (uint32_t)n;
}

const struct kz_prop *kz_node_prop(const struct kz_node *node, struct kz_str name)
{
    const struct kz_prop key = {.name = name};
    return node->n_props == 0 ? NULL : bsearch(&key, node->props, node->n_props, sizeof key, by_name);
}

static void fill_object(struct kz_compile *c, struct kz_node *node, const struct kz_value *schema)
{
    const struct kz_value *others = kz_value_get(schema, "additionalProperties");
    fill_props(c, node, kz_value_get(schema, "properties"));
    if (kz_value_is(others, KZ_MAP))
        node->others = child(c, others);
    else if (kz_value_is(others, KZ_BOOL))
        node->flags |= others->as.truth ? KZ_NODE_OPEN : KZ_NODE_CLOSED;
    if (kz_value_is(kz_value_get(schema, "items"), KZ_MAP))
        node->items = child(c, kz_value_get(schema, "items"));
}

/* ---- rules ----------------------------------------------------------------------------------------- */

static struct kz_names names(struct kz_compile *c, const struct kz_value *list)
{
    struct kz_names out = {.n = kz_value_len(list)};
    out.at = out.n == 0 ? NULL : kz_new_n(c->to, struct kz_str, out.n);
    for (size_t i = 0; i < out.n; i++)
        out.at[i] = kz_str_dup(c->to, kz_value_as_str(kz_value_at(list, i)));
    return out;
}

static struct kz_nodes nodes(struct kz_compile *c, const struct kz_value *list)
{
    struct kz_nodes out = {.n = kz_value_is(list, KZ_LIST) ? list->as.list.len : 0};
    out.at = out.n == 0 ? NULL : kz_new_n(c->to, const struct kz_node *, out.n);
    for (size_t i = 0; i < out.n && !c->failed; i++)
        out.at[i] = child(c, kz_value_at(list, i));
    return out;
}

static const struct kz_value *number(struct kz_compile *c, const struct kz_value *v)
{
    const bool is = v != NULL && (v->kind == KZ_INT || v->kind == KZ_UINT || v->kind == KZ_FLOAT);
    return is ? kz_value_copy(c->to, v) : NULL;
}

static int64_t length(const struct kz_value *schema, const char *of_string, const char *of_list, const char *of_map)
{
    const char *const keys[] = {of_string, of_list, of_map};
    for (size_t i = 0; i < kz_countof(keys); i++) {
        int64_t n = kz_value_path_int(schema, keys[i], -1);
        if (n >= 0)
            return n;
    }
    return -1;
}

/* A choice that only says types becomes types. */
static struct kz_nodes choice(struct kz_compile *c, struct kz_node *node, const struct kz_value *list)
{
    const uint32_t types = types_of_choice(list);
    if (types == 0)
        return nodes(c, list);
    if ((node->flags & KZ_NODE_TYPES) == 0)
        node->flags |= types;
    return (struct kz_nodes){0};
}

static bool has_rules(const struct kz_rules *r)
{
    return r->required.n + r->keys.n + r->all.n + r->any.n + r->one.n > 0 || r->words != NULL || r->pattern.len > 0 ||
           r->min != NULL || r->max != NULL || r->min_len >= 0 || r->max_len >= 0 || r->not != NULL;
}

static void fill_rules(struct kz_compile *c, struct kz_node *node, const struct kz_value *schema)
{
    const struct kz_value *words = kz_value_get(schema, "enum"), *not = kz_value_get(schema, "not");
    struct kz_rules r = {
        .required = names(c, kz_value_get(schema, "required")),
        .keys = names(c, kz_value_get(schema, "x-kubernetes-list-map-keys")),
        .words = kz_value_is(words, KZ_LIST) ? kz_value_copy(c->to, words) : NULL,
        .pattern = kz_str_dup(c->to, kz_value_path_str(schema, "pattern")),
        .min = number(c, kz_value_get(schema, "minimum")),
        .max = number(c, kz_value_get(schema, "maximum")),
        .above = kz_value_path_bool(schema, "exclusiveMinimum", false),
        .below = kz_value_path_bool(schema, "exclusiveMaximum", false),
        .min_len = length(schema, "minLength", "minItems", "minProperties"),
        .max_len = length(schema, "maxLength", "maxItems", "maxProperties"),
        .all = nodes(c, kz_value_get(schema, "allOf")),
        .any = choice(c, node, kz_value_get(schema, "anyOf")),
        .one = choice(c, node, kz_value_get(schema, "oneOf")),
        .not = kz_value_is(not, KZ_MAP) ? child(c, not) : NULL,
    };
    if (!has_rules(&r))
        return;
    struct kz_rules *to = kz_new(c->to, struct kz_rules);
    *to = r;
    node->rules = to;
}

/* A node that is only a reference keeps it as a condition: what it leads to may be unfinished. */
static void fill(struct kz_compile *c, struct kz_node *node, const struct kz_value *schema)
{
    struct kz_str name = target_of(schema);
    if (c->failed || !kz_value_is(schema, KZ_MAP))
        return;
    if (name.len > 0) {
        struct kz_rules *r = kz_new(c->to, struct kz_rules);
        *r = (struct kz_rules){.min_len = -1, .max_len = -1, .all = {kz_new_n(c->to, const struct kz_node *, 1), 1}};
        if (c->nested++ >= MAX_NESTED)
            fail(c, "a schema is nested too deeply");
        r->all.at[0] = kz_compile_named(c, name);
        c->nested--;
        node->rules = r;
        return;
    }
    fill_types(node, schema);
    fill_object(c, node, schema);
    fill_rules(c, node, schema);
}
