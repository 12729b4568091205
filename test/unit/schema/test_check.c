/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/schema.h"

#include "../resource/fixture.h"

/* In the form of the API server's documents: references in an allOf of their own, defaults beside them. */
static const char document[] =
    "{'openapi': '3.0.0', 'info': {'title': 'a \\' } { ] [', 'n': [1, -2.5e3, true, null]}, 'components': {'schemas': {"
    "'io.k8s.api.apps.v1.Deployment': {'type': 'object', 'properties': {"
    "  'apiVersion': {'type': 'string'}, 'kind': {'type': 'string'},"
    "  'metadata': {'default': {}, 'allOf': [{'$ref': '#/components/schemas/meta.v1.ObjectMeta'}]},"
    "  'spec': {'default': {}, 'allOf': [{'$ref': '#/components/schemas/apps.v1.DeploymentSpec'}]}},"
    "  'x-kubernetes-group-version-kind': [{'group': 'apps', 'version': 'v1', 'kind': 'Deployment'}]},"
    "'apps.v1beta1.Deployment': {'type': 'string', 'x-kubernetes-group-version-kind': "
    "  [{'group': 'apps', 'version': 'v1beta1', 'kind': 'Deployment'}]},"
    "'meta.v1.ObjectMeta': {'type': 'object', 'properties': {'name': {'type': 'string'},"
    "  'labels': {'type': 'object', 'additionalProperties': {'type': 'string', 'default': ''}}}},"
    "'apps.v1.DeploymentSpec': {'type': 'object', 'required': ['selector'], 'properties': {"
    "  'replicas': {'type': 'integer', 'format': 'int32'}, 'paused': {'type': 'boolean'},"
    "  'selector': {'$ref': '#/components/schemas/free'},"
    "  'maxSurge': {'$ref': '#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString'},"
    "  'limits': {'type': 'object', 'additionalProperties': {'$ref': '#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity'}},"
    "  'blob': {'type': 'string', 'format': 'byte'}, 'raw': {'$ref': '#/components/schemas/missing'},"
    "  'tags': {'type': 'array', 'items': {'type': 'string'}, 'x-kubernetes-list-type': 'set'},"
    "  'child': {'$ref': '#/components/schemas/apps.v1.DeploymentSpec'},"
    "  'ports': {'type': 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['port', 'protocol'],"
    "    'items': {'default': {}, 'allOf': [{'$ref': '#/components/schemas/port'}]}}}},"
    "'port': {'type': 'object', 'properties': {'port': {'type': 'integer'}, 'protocol': {'type': 'string', 'default': 'TCP',"
    "  'enum': ['SCTP', 'TCP', 'UDP']}}},"
    "'free': {'type': 'object'},"
    "'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {'format': 'int-or-string', 'oneOf': [{'type': 'integer'}, {'type': 'string'}]},"
    "'io.k8s.apimachinery.pkg.api.resource.Quantity': {'oneOf': [{'type': 'string'}, {'type': 'number'}]}"
    "}}}";

static const char crd[] =
    "{'metadata': {'name': 'widgets.example.com'}, 'spec': {'group': 'example.com', 'names': {'kind': 'Widget', 'plural': 'widgets'},"
    "'versions': [{'name': 'v1', 'served': true, 'schema': {'openAPIV3Schema': {'type': 'object', 'required': ['spec'], 'properties': {"
    "  'spec': {'type': 'object', 'required': ['size', 'colour'], 'properties': {"
    "    'size': {'type': 'integer', 'minimum': 1, 'maximum': 9, 'exclusiveMaximum': true},"
    "    'colour': {'type': 'string', 'default': 'red', 'enum': ['red', 'green']},"
    "    'host': {'type': 'string', 'pattern': '^[a-z]+$', 'minLength': 2, 'maxLength': 4},"
    "    'either': {'x-kubernetes-int-or-string': true, 'anyOf': [{'type': 'integer'}, {'type': 'string'}]},"
    "    'any': {'type': 'object', 'x-kubernetes-preserve-unknown-fields': true},"
    "    'pod': {'type': 'object', 'x-kubernetes-embedded-resource': true, 'properties': {'spec': {'type': 'object'}}},"
    "    'list': {'type': 'array', 'minItems': 1, 'maxItems': 2, 'items': {'type': 'number'}},"
    "    'one': {'type': 'object', 'properties': {'a': {'type': 'string'}, 'b': {'type': 'string'}},"
    "      'oneOf': [{'required': ['a']}, {'required': ['b']}]},"
    "    'not': {'type': 'object', 'properties': {'a': {'type': 'string'}}, 'not': {'required': ['a']}}}}}}}},"
    "  {'name': 'v2', 'served': true}, {'name': 'v3', 'served': false}]}}";

static struct kz_str plain(struct kz_arena *a, const char *text)
{
    char *copy = kz_arena_bytes(a, strlen(text) + 1);
    memcpy(copy, text, strlen(text) + 1);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return kz_str(copy);
}

static struct kz_schemas *known(struct kz_arena *a)
{
    static const struct kz_str kinds[] = {KZ_STR_INIT("Deployment"), KZ_STR_INIT("Absent")};
    struct kz_schemas *s = kz_schemas_new();
    struct kz_err err = {0};
    cr_assert_eq(kz_schemas_add_openapi(s, plain(a, document), KZ_STR("apps"), KZ_STR("v1"), kinds, 2, &err), 0, "%s",
                 err.frame[0]);
    cr_assert_eq(kz_schemas_add_crd(s, doc(a, crd), &err), 0, "%s", err.frame[0]);
    return s;
}

/* One line per mistake, "?" before a doubtful one. */
static const char *lines(struct kz_arena *a, const struct kz_mistakes *m)
{
    struct kz_str out = KZ_STR("");
    for (size_t i = 0; i < m->n; i++)
        out = kz_str_printf(a, KZ_FMT "%s%s" KZ_FMT " " KZ_FMT, KZ_ARG(out), i > 0 ? "\n" : "",
                            m->at[i].doubtful ? "?" : "", KZ_ARG(m->at[i].path), KZ_ARG(m->at[i].text));
    return kz_cstr(a, out);
}

struct row {
    const char *in, *want;
};

static void check_all(const struct row *rows, size_t n, struct kz_str group, struct kz_str kind, bool builtin)
{
    for (size_t i = 0; i < n; i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
        struct kz_schemas *s = known(a);
        const struct kz_schema *schema = kz_schemas_find(s, &(struct kz_gvk){group, KZ_STR("v1"), kind});
        struct kz_mistakes m;
        cr_assert_not_null(schema);
        kz_schema_check(&m, a, schema, doc(a, rows[i].in), builtin);
        cr_expect_str_eq(lines(a, &m), rows[i].want, "%s:\n%s", rows[i].in, lines(a, &m));
        kz_schemas_free(s);
    }
}

#define SPEC(text) "{'metadata': {'name': 'x'}, 'spec': {'selector': {}, " text "}}"

Test(check, built_in_kinds)
{
    static const struct row rows[] = {
        {"{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'labels': {'a.b/c': 'd'}}, 'spec': {'selector': {'any': [1]}}}", ""},
        {SPEC("'replica': 3"), "spec.replica is no field of this kind, did you mean 'replicas'?"},
        {SPEC("'replicas': '3'"), "spec.replicas must be an integer, not a string"},
        {SPEC("'replicas': 3.5"), "spec.replicas must be an integer, not a number"},
        {SPEC("'replicas': 3.0"), ""},
        {SPEC("'replicas': 3000000000"), "spec.replicas must fit into 32 bits"},
        {SPEC("'replicas': null, 'paused': 'yes'"), "spec.paused must be true or false, not a string"},
        {SPEC("'maxSurge': 1"), ""},
        {SPEC("'maxSurge': '25%'"), ""},
        {SPEC("'maxSurge': {}"), "spec.maxSurge must be a string or an integer, not an object"},
        {SPEC("'limits': {'cpu': '500m', 'memory': 1, 'nvidia.com/gpu': '1Gi'}"), ""},
        {SPEC("'limits': {'cpu': '500mm'}"), "?spec.limits.cpu must be a quantity, as 500m or 1Gi"},
        {SPEC("'limits': {'x.y/z': true}"), "spec.limits['x.y/z'] must be a string or a number, not true or false"},
        {SPEC("'blob': 'YQ=='"), ""},
        {SPEC("'blob': 'YQ='"), "spec.blob must be base64"},
        {SPEC("'raw': {'anything': [{}]}"), ""},
        {SPEC("'tags': ['a', 'b', 'a']"), "spec.tags[2] is the same as item 0"},
        {SPEC("'child': {'selector': {}, 'child': {'selector': {}, 'nope': 1}}"), "spec.child.child.nope is no field of this kind"},
        {SPEC("'ports': [{'port': 1}, {'port': 1, 'protocol': 'UDP'}, {'protocol': 'TCP', 'port': 1}]"), "spec.ports[2] has the same key as item 0"},
        {SPEC("'ports': [{'port': 1, 'protocol': 'tcp'}]"), "spec.ports[0].protocol must be one of SCTP, TCP, UDP"},
        {SPEC("'ports': {'port': 1}"), "spec.ports must be a list, not an object"},
        {"{'spec': {}}", "?spec.selector is missing"},
        {"{'metadata': {'labels': {'a': 1}}}", "metadata.labels.a must be a string, not an integer"},
        {"{'metadata': {'lables': {}}, 'spec': []}", "metadata.lables is no field of this kind, did you mean 'labels'?\nspec must be an object, not a list"},
    };
    check_all(rows, kz_countof(rows), KZ_STR("apps"), KZ_STR("Deployment"), true);
}

#define WIDGET(text) "{'apiVersion': 'example.com/v1', 'kind': 'Widget', 'metadata': {'name': 'w'}, 'spec': {'size': 1, " text "}}"

Test(check, custom_kinds)
{
    static const struct row rows[] = {
        {WIDGET("'colour': 'red'"), ""},
        {"{'metadata': {}, 'spec': {'size': 1}}", ""}, /* colour has a default */
        {"{'metadata': {}, 'spec': {}}", "spec.size is missing"},
        {"{'metadata': {}}", "spec is missing"},
        {"{'metadata': {}, 'spec': {'size': 9}, 'more': 1}", "spec.size must be less than 9\nmore is no field of this kind"},
        {"{'metadata': {}, 'spec': {'size': 0}}", "spec.size must be at least 1"},
        {WIDGET("'colour': 'gren'"), "spec.colour must be one of red, green, did you mean 'green'?"},
        {WIDGET("'host': 'Ab1'"), "spec.host must match '^[a-z]+$'"},
        {WIDGET("'host': 'a'"), "spec.host must have at least 2 characters"},
        {WIDGET("'host': 'abcde'"), "spec.host must have at most 4 characters"},
        {WIDGET("'either': 1"), ""},
        {WIDGET("'either': true"), "spec.either must be a string or an integer, not true or false"},
        {WIDGET("'any': {'a': {'b': 1}}"), ""},
        {WIDGET("'pod': {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {}, 'spec': {'free': 1}, 'x': 1}"), "spec.pod.x is no field of this kind"},
        {WIDGET("'list': []"), "spec.list must have at least 1 items"},
        {WIDGET("'list': [1, 2.5, '3']"), "spec.list[2] must be a number, not a string\nspec.list must have at most 2 items"},
        {WIDGET("'one': {'a': 'x'}"), ""},
        {WIDGET("'one': {}"), "?spec.one needs one of a, b"},
        {WIDGET("'one': {'a': 'x', 'b': 'y'}"), "?spec.one may have only one of a, b"},
        {WIDGET("'not': {'a': 'x'}"), "?spec.not has a form that it may not have"},
    };
    check_all(rows, kz_countof(rows), KZ_STR("example.com"), KZ_STR("Widget"), false);
}

Test(check, what_no_document_tells_is_fine)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_schemas *s = known(a);
    static const struct {
        struct kz_gvk what;
        bool known;
    } rows[] = {
        {{KZ_STR_INIT("apps"), KZ_STR_INIT("v1"), KZ_STR_INIT("Absent")}, true},
        {{KZ_STR_INIT("apps"), KZ_STR_INIT("v1"), KZ_STR_INIT("Other")}, false},
        {{KZ_STR_INIT("example.com"), KZ_STR_INIT("v2"), KZ_STR_INIT("Widget")}, true},
        {{KZ_STR_INIT("example.com"), KZ_STR_INIT("v3"), KZ_STR_INIT("Widget")}, false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_schema *schema = kz_schemas_find(s, &rows[i].what);
        struct kz_mistakes m;
        cr_expect_eq(schema != NULL, rows[i].known, "row %zu", i);
        if (schema == NULL)
            continue;
        kz_schema_check(&m, a, schema, doc(a, "{'metadata': {}, 'whatever': [1, {'a': 2}]}"), false);
        cr_expect_eq(m.n, 0, "row %zu", i);
    }
    kz_schemas_free(s);
}

Test(check, many_mistakes_are_counted)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_schemas *s = known(a);
    struct kz_value *body = doc(a, SPEC("'tags': []"));
    struct kz_value *tags = kz_value_child(kz_value_child(body, KZ_STR("spec")), KZ_STR("tags"));
    struct kz_mistakes m;
    for (int i = 0; i < 20; i++)
        kz_value_push(a, tags, kz_value_int(a, i));
    kz_schema_check(&m, a, kz_schemas_find(s, &(struct kz_gvk){KZ_STR("apps"), KZ_STR("v1"), KZ_STR("Deployment")}), body, true);
    cr_expect_eq(m.n, KZ_MISTAKES);
    cr_expect_eq(m.n + m.more, 20);
    cr_expect(m.certain);
    kz_schemas_free(s);
}

Test(document, what_is_none)
{
    static const char *const rows[] = {
        "", "[]", "{", "{}", "{'components': []}", "{'components': {'schemas'", "{'components': {'schemas': {'a': {",
        "{'components': {'schemas': {'a': {}", "{'components': {'schemas': {'a' {}}}}", "{'a': 'b", "{'components': {}}",
        "{'components': {'schemas': {'x.K': {'x-kubernetes-group-version-kind': [{'group': 'g', 'version': 'v', 'kind': 'K'}], 'allOf': [1 2]}}}}",
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_schemas *s = kz_schemas_new();
        const struct kz_str kind = KZ_STR("K");
        struct kz_err err = {0};
        const int rc = kz_schemas_add_openapi(s, plain(a, rows[i]), KZ_STR("g"), KZ_STR("v"), &kind, 1, &err);
        /* A schema that cannot be read is not found by its mark either, and is anything. */
        cr_expect_eq(rc, i + 1 == kz_countof(rows) ? 0 : -KZ_E_PARSE, "%s: %d", rows[i], rc);
        kz_schemas_free(s);
    }
}

Test(document, a_cycle_without_an_object_ends)
{
    static const char text[] =
        "{'components': {'schemas': {'x.K': {'x-kubernetes-group-version-kind': [{'group': '', 'version': 'v', 'kind': 'K'}],"
        " 'properties': {'a': {'$ref': '#/components/schemas/l'}}}, 'l': {'$ref': '#/components/schemas/m'},"
        " 'm': {'oneOf': [{'$ref': '#/components/schemas/l'}, {'$ref': '#/components/schemas/l'}]}}}}";
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_schemas *s = kz_schemas_new();
    const struct kz_str kind = KZ_STR("K");
    struct kz_err err = {0};
    struct kz_mistakes m;
    cr_assert_eq(kz_schemas_add_openapi(s, plain(a, text), KZ_STR(""), KZ_STR("v"), &kind, 1, &err), 0, "%s", err.frame[0]);
    kz_schema_check(&m, a, kz_schemas_find(s, &(struct kz_gvk){KZ_STR(""), KZ_STR("v"), kind}), doc(a, "{'a': {'b': 1}}"), true);
    cr_expect(!m.certain);
    kz_schemas_free(s);
}
