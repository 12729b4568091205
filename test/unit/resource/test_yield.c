/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/yield.h"

#include "value/json.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

static struct kz_arena *arena;

static void setup(void)
{
    arena = kz_arena_new(16 << 20);
}

static void teardown(void)
{
    kz_arena_free(arena);
}

TestSuite(yield, .init = setup, .fini = teardown);

static struct kz_value *yaml(const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read(&v, arena, kz_str(text), KZ_STR("in"), &err), 0, "%s: %s", text, err.frame[0]);
    return v;
}

static const char *json(const struct kz_value *v)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    kz_json_write(&b, v, KZ_JSON_COMPACT);
    return kz_cstr(arena, kz_buf_str(&b));
}

Test(yield, paths)
{
    static const struct {
        const char *path, *body, *want; /* want NULL: nothing was there */
    } rows[] = {
        {"/spec/replicas", "{spec: {replicas: 3, a: 1}}", "{\"spec\":{\"a\":1}}"},
        {"/spec/replicas", "{spec: {}}", NULL},
        {"/a~1b/c~0d", "{a/b: {c~d: 1, e: 2}}", "{\"a/b\":{\"e\":2}}"},
        {"/l/0", "{l: [1, 2]}", "{\"l\":[2]}"},
        {"/l/5", "{l: [1, 2]}", NULL},
        {"/l/*", "{l: [1, 2]}", "{\"l\":[]}"},
        {"/l/*/c", "{l: [{c: 1, d: 2}, {d: 3}, 7]}", "{\"l\":[{\"d\":2},{\"d\":3},7]}"},
        {"/l/[name=b]/c", "{l: [{name: a, c: 1}, {name: b, c: 2}]}", "{\"l\":[{\"name\":\"a\",\"c\":1},{\"name\":\"b\"}]}"},
        {"/l/[name=b]", "{l: [{name: a}, {name: b}]}", "{\"l\":[{\"name\":\"a\"}]}"},
        {"/m/*", "{m: {'*': 1, b: 2}}", "{\"m\":{\"b\":2}}"},
        {"/m/*", "{m: {b: 2}}", NULL},
        {"", "{m: 1}", NULL},
        {"/m~2", "{m: 1}", NULL},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_value *body = yaml(rows[i].body);
        const char *want = rows[i].want == NULL ? json(body) : rows[i].want;
        cr_expect_eq(kz_yield_take(body, arena, kz_str(rows[i].path)), rows[i].want != NULL, "%s", rows[i].path);
        cr_expect_str_eq(json(body), want);
    }
}

Test(yield, what_no_manifest_decides)
{
    static const char ca[] = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJkekNDQVIyZ0F3SUJBZ0lCQURBS0JnZ3Foa2pPUFFRREFq";
    static const struct {
        const char *body, *taken; /* %s: a certificate */
    } rows[] = {
        {"{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, rules: [1]}", "[]"},
        {"{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: x}, rules: []}", "[]"},
        {"{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: x}, aggregationRule: {}, rules: []}", "[\"/rules\"]"},
        {"{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: x}, spec: {caBundle: %s}}", "[]"},
        {"{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: x}, spec: {caBundle: Cg==}}", "[\"/spec/caBundle\"]"},
        {"{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: x, annotations: {cert-manager.io/inject-ca-from: a/b}}, "
         "spec: {caBundle: %s}}", "[\"/spec/caBundle\"]"},
        {"{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, metadata: {name: x}, "
         "webhooks: [{clientConfig: {caBundle: ''}}, {clientConfig: {caBundle: %s}}]}", "[\"/webhooks/*/clientConfig/caBundle\"]"},
        {"{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: x}, "
         "webhooks: [{clientConfig: {caBundle: %s}}]}", "[]"},
        {"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: x}, spec: {conversion: {webhook: "
         "{clientConfig: {caBundle: Cg==}}}}}", "[\"/spec/conversion/webhook/clientConfig/caBundle\"]"},
        {"{apiVersion: apps/v1, kind: Deployment, metadata: {name: x, annotations: {deployment.kubernetes.io/revision: '3', a: b}}}",
         "[\"/metadata/annotations/deployment.kubernetes.io~1revision\"]"},
        {"{apiVersion: v1, kind: PersistentVolume, metadata: {name: x}, spec: {claimRef: {name: c, uid: u}}}", "[\"/spec/claimRef/uid\"]"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_str text = kz_str(rows[i].body);
        size_t at = kz_str_index(text, '%');
        if (at < text.len)
            text = kz_str_printf(arena, KZ_FMT "%s" KZ_FMT, KZ_ARG(kz_str_head(text, at)), ca, KZ_ARG(kz_str_skip(text, at + 2)));
        struct kz_value *body = yaml(kz_cstr(arena, text)), *taken = kz_value_list(arena);
        struct kz_id id;
        struct kz_str version;
        cr_assert(kz_id_of(&id, &version, body));
        kz_yield_builtin(body, arena, &id, taken);
        cr_expect_str_eq(json(taken), rows[i].taken, "%s: %s", rows[i].body, json(taken));
        if (kz_str_has(text, KZ_STR("''")))
            cr_expect(kz_str_has(kz_str(json(body)), kz_str(ca)) && !kz_str_has(kz_str(json(body)), KZ_STR("\"\"")), "%s", json(body));
    }
}

static void add(struct kz_set *set, const char *text)
{
    const struct kz_set_rules rules = {.module = KZ_STR("m"), .ns = KZ_STR("shop")};
    struct kz_err err;
    cr_assert_eq(kz_set_add(set, &rules, yaml(text), (struct kz_origin){0}, &err), 0, "%s", err.frame[0]);
}

Test(yield, autoscalers)
{
    struct kz_set set;
    int64_t replicas = -1;
    kz_set_init(&set, arena);
    add(&set, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}");
    add(&set, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: none}, spec: {replicas: 0}}");
    add(&set, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: other, namespace: elsewhere}, spec: {replicas: 3}}");
    add(&set, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: keda}, spec: {replicas: 4}}");
    add(&set, "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}, spec: {replicas: 3}}");
    add(&set, "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {scaleTargetRef: {kind: Deployment, name: web}}}");
    add(&set, "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: b}, spec: {scaleTargetRef: {kind: Deployment, name: none}}}");
    add(&set, "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: c}, spec: {scaleTargetRef: {kind: Deployment, name: other}}}");
    add(&set, "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: d, namespace: shop}, spec: {scaleTargetRef: {name: keda}}}");
    cr_expect(kz_yield_scaled(&replicas, set.at[0], &set) && replicas == 3);
    cr_expect_not(kz_yield_scaled(&replicas, set.at[1], &set));
    cr_expect_not(kz_yield_scaled(&replicas, set.at[2], &set));
    cr_expect(kz_yield_scaled(&replicas, set.at[3], &set) && replicas == 4);
    cr_expect_not(kz_yield_scaled(&replicas, set.at[4], &set));
    cr_expect_not(kz_yield_scaled(&replicas, set.at[5], &set));
    kz_set_done(&set);
}

Test(yield, a_dry_run_keeps_what_is_there)
{
    static const struct {
        const char *path, *body, *live, *want;
    } rows[] = {
        {"/spec/replicas", "{spec: {a: 1}}", "{spec: {replicas: 5}}", "{\"spec\":{\"a\":1,\"replicas\":5}}"},
        {"/spec/replicas", "{spec: {a: 1}}", "{spec: {}}", "{\"spec\":{\"a\":1}}"},
        {"/l/*/c", "{l: [{d: 1}, {d: 2}]}", "{l: [{c: x}, {}]}", "{\"l\":[{\"d\":1,\"c\":\"x\"},{\"d\":2}]}"},
        {"/l/*/c", "{l: [{d: 1}]}", "{l: [{c: x}, {}]}", "{\"l\":[{\"d\":1}]}"},
        {"/a/b/c", "{}", "{a: {b: {c: 1}}}", "{}"},
        {"/a", "{b: 1}", "7", "{\"b\":1}"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_value *body = yaml(rows[i].body);
        kz_yield_keep(body, arena, yaml(rows[i].live), kz_str(rows[i].path));
        cr_expect_str_eq(json(body), rows[i].want);
    }
}

Test(yield, ownership_is_given_up)
{
    static const struct {
        const char *path, *fields, *want; /* want NULL: nothing of it is ours */
    } rows[] = {
        {"/spec/replicas", "{'f:spec': {'f:replicas': {}, 'f:a': {}}}", "{\"f:spec\":{\"f:a\":{}}}"},
        {"/spec/replicas", "{'f:metadata': {'f:labels': {}}, 'f:spec': {'f:replicas': {}}}", "{\"f:metadata\":{\"f:labels\":{}}}"},
        {"/spec/replicas", "{'f:spec': {'f:a': {}}}", NULL},
        {"/spec", "{'f:spec': {'f:a': {'f:b': {}}}}", "{}"},
        {"/spec/list/*/ca", "{'f:spec': {'f:list': {'k:{\"name\":\"x\"}': {'.': {}, 'f:name': {}, 'f:ca': {}}, "
                            "'k:{\"name\":\"z\"}': {'f:ca': {}}}}}",
         "{\"f:spec\":{\"f:list\":{\"k:{\\\"name\\\":\\\"x\\\"}\":{\".\":{},\"f:name\":{}}}}}"},
        {"/spec/list/[name=z]/ca", "{'f:spec': {'f:list': {'k:{\"name\":\"x\"}': {'f:ca': {}}, 'k:{\"name\":\"z\"}': {'f:ca': {}}}}}",
         "{\"f:spec\":{\"f:list\":{\"k:{\\\"name\\\":\\\"x\\\"}\":{\"f:ca\":{}}}}}"},
        {"/spec/list/1/ca", "{'f:spec': {'f:list': {'k:{\"name\":\"x\"}': {'f:ca': {}}, 'k:{\"name\":\"z\"}': {'f:ca': {}}}}}",
         "{\"f:spec\":{\"f:list\":{\"k:{\\\"name\\\":\\\"x\\\"}\":{\"f:ca\":{}}}}}"},
        {"/spec/list/*/ca", "{'f:spec': {'f:list': {}}}", NULL}, /* owned as a whole */
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_value *live = yaml("{spec: {replicas: 3, a: {b: 1}, list: [{name: x, ca: 1}, {name: z, ca: 2}]}}");
        struct kz_str text = kz_str_printf(arena, "[{manager: hpa, operation: Update, fieldsV1: {'f:spec': {'f:replicas': {}}}},"
                                                  " {manager: kzsync, operation: Apply, fieldsV1: %s}]", rows[i].fields);
        const struct kz_str paths[] = {KZ_STR(""), kz_str(rows[i].path)};
        struct kz_value *meta = kz_value_map(arena);
        kz_value_set(arena, meta, KZ_STR("managedFields"), yaml(text.ptr));
        kz_value_set(arena, live, KZ_STR("metadata"), meta);
        const char *before = json(live);
        struct kz_value *out = kz_yield_release(arena, live, KZ_STR("kzsync"), paths, 2);
        cr_expect_str_eq(json(live), before);
        cr_expect_eq(out != NULL, rows[i].want != NULL, "%s", rows[i].path);
        if (out == NULL || rows[i].want == NULL)
            continue;
        cr_expect_str_eq(json(kz_value_get(kz_value_at(out, 1), "fieldsV1")), rows[i].want);
        cr_expect_str_eq(json(kz_value_get(kz_value_at(out, 0), "fieldsV1")), "{\"f:spec\":{\"f:replicas\":{}}}");
    }
}
