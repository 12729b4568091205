/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate, rule by rule: what a tenant names it may have, and nothing else. */
#include "spec/tenant.h"

#include "spec/platform.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

enum { MEMORY = 16 << 20 };

#define RBAC  "rbac.authorization.k8s.io"
#define ADMIT "admissionregistration.k8s.io"
#define CRDS  "apiextensions.k8s.io"

static const char rules[] =
    "line: 7\n"
    "folders: [tenants/a]\n"
    "paths: [charts/web, shared/values.yaml]\n"
    "spec:\n"
    "  name: a\n"
    "  serviceAccount: {namespace: team-a, name: deployer}\n"
    "  repositories: ['https://git.example.com/team-a/*', 'oci://registry.example.com/a/**']\n"
    "  namespaces: [team-a, 'team-a-*']\n"
    "  urls: ['https://*.a.example.com/**']\n"
    "  kinds:\n"
    "  - {kinds: [ConfigMap, Secret, Namespace]}\n"
    "  - {group: apps, kinds: ['*']}\n"
    "  - {group: " RBAC ", kinds: [ClusterRole, ClusterRoleBinding], names: ['team-a:*']}\n"
    "  - {group: " CRDS ", kinds: [CustomResourceDefinition], names: ['*.a.example.com']}\n"
    "  - {group: '*', kinds: [Widget]}\n"
    "  - {group: batch, kinds: [Job], names: ['a-*']}\n"
    "  - {group: " ADMIT ", kinds: [ValidatingWebhookConfiguration]}\n";

static void read_rules(struct kz_tenant *t, struct kz_arena *a, const char *text)
{
    struct kz_value *v;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read(&v, a, kz_str(text), KZ_STR("rules"), &err), 0, "%s", err.frame[0]);
    kz_tenant_read(t, a, v, KZ_STR("kubezero.yaml"));
}

Test(tenant, reads)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_tenant t, moved, other;
    read_rules(&t, a, rules);
    cr_expect(kz_str_is(t.user, "system:serviceaccount:team-a:deployer"));
    cr_expect_eq(t.line, 7);
    cr_expect_eq(t.n_kinds, 7);
    read_rules(&moved, a, kz_str_printf(a, "line: 9%s", rules + 7).ptr);
    cr_expect(kz_hash_eq(t.hash, moved.hash), "a rule that moves is the same rule");
    read_rules(&other, a, kz_str_printf(a, "%s  - {kinds: [Pod]}\n", rules).ptr);
    cr_expect(!kz_hash_eq(t.hash, other.hash));
}

Test(tenant, objects)
{
    const enum kz_scope_word NS = KZ_SCOPE_NAMESPACED, WIDE = KZ_SCOPE_CLUSTER, UNKNOWN = KZ_SCOPE_UNKNOWN;
    const struct {
        const char *group, *kind, *ns, *name;
        enum kz_scope_word scope;
        const char *want; /* part of the cause; NULL: allowed */
    } rows[] = {
        {"", "ConfigMap", "team-a", "x", NS, NULL},
        {"", "ConfigMap", "team-a-test", "x", NS, NULL},
        {"", "ConfigMap", "team-a", "", NS, NULL}, /* all of a namespace */
        {"apps", "Deployment", "team-a", "x", NS, NULL},
        {"anything.example.com", "Widget", "team-a", "x", NS, NULL},
        {"batch", "Job", "team-a", "a-1", NS, NULL},
        {"", "Namespace", "", "team-a-new", WIDE, NULL},
        {RBAC, "ClusterRole", "", "team-a:read", WIDE, NULL},
        {CRDS, "CustomResourceDefinition", "", "things.a.example.com", WIDE, NULL},
        /* namespaces */
        {"", "ConfigMap", "team-b", "x", NS, "tenant a may not touch namespace 'team-b'"},
        {"", "ConfigMap", "kube-system", "x", NS, "namespace 'kube-system'"},
        {"", "ConfigMap", "team-aa", "x", NS, "namespace 'team-aa'"},
        {"", "ConfigMap", "", "x", NS, "may not look into all namespaces"},
        {"", "Secret", "", "", NS, "may not look into all namespaces"},
        {"", "Namespace", "", "team-b", WIDE, "namespace 'team-b'"},
        {"", "Namespace", "", "kube-system", WIDE, "namespace 'kube-system'"},
        /* kinds */
        {"", "Pod", "team-a", "x", NS, "tenant a may have no Pod"},
        {"", "Service", "team-a", "x", NS, "may have no Service"},
        {"", "Deployment", "team-a", "x", NS, "may have no Deployment"}, /* another group */
        {"apps.example.com", "Deployment", "team-a", "x", NS, "may have no Deployment.apps.example.com"},
        {RBAC, "RoleBinding", "team-a", "x", NS, "may have no RoleBinding." RBAC},
        {"batch", "Job", "team-a", "b-1", NS, "may have no Job named 'b-1'"},
        /* what is cluster-wide has to be named: kind, group and name */
        {RBAC, "ClusterRole", "", "cluster-admin", WIDE, "no cluster-wide ClusterRole named 'cluster-admin'"},
        {RBAC, "ClusterRoleBinding", "", "team-a", WIDE, "no cluster-wide ClusterRoleBinding named"},
        {RBAC, "ClusterRole", "", "", WIDE, "no cluster-wide ClusterRole named ''"}, /* list of all */
        {"", "Node", "", "n", WIDE, "may have no cluster-wide Node"},
        {"", "PersistentVolume", "", "p", WIDE, "may have no cluster-wide PersistentVolume"},
        {"apps", "Wide", "", "x", WIDE, "may have no cluster-wide Wide.apps"},                   /* a star of kinds */
        {"anything.example.com", "Widget", "", "x", WIDE, "may have no cluster-wide Widget."},   /* a star of groups */
        {ADMIT, "ValidatingWebhookConfiguration", "", "x", WIDE, "named 'x'"},                   /* no names: none */
        {CRDS, "CustomResourceDefinition", "", "things.b.example.com", WIDE, "named 'things.b.example.com'"},
        {"apiregistration.k8s.io", "APIService", "", "v1.a", WIDE, "may have no cluster-wide APIService"},
        /* a scope that nobody knows, whatever the manifest says */
        {"", "ConfigMap", "team-a", "x", UNKNOWN, "so its scope is not known"},
        {"new.example.com", "Widget", "team-a", "x", UNKNOWN, "nothing serves kind Widget.new.example.com"},
        /* a cluster-wide kind that claims a namespace, and the other way */
        {RBAC, "ClusterRole", "team-a", "x", WIDE, "named 'x'"},
        {"", "Namespace", "team-a", "kube-system", WIDE, "namespace 'kube-system'"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_tenant t;
    read_rules(&t, a, rules);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_id id = {.group = kz_str(rows[i].group), .kind = kz_str(rows[i].kind), .ns = kz_str(rows[i].ns),
                                 .name = kz_str(rows[i].name)};
        struct kz_err err = {0};
        int rc = kz_tenant_allows(&t, &id, rows[i].scope, &err);
        if (rows[i].want == NULL) {
            cr_expect_eq(rc, 0, "%s %s/%s: %s", rows[i].kind, rows[i].ns, rows[i].name, err.frame[0]);
            continue;
        }
        cr_assert_lt(rc, 0, "%s %s/%s", rows[i].kind, rows[i].ns, rows[i].name);
        cr_expect(kz_str_has(kz_str(err.frame[0]), kz_str(rows[i].want)), "%s: %s", rows[i].want, err.frame[0]);
        cr_expect_neq(err.hint[0], '\0', "%s", err.frame[0]);
        cr_expect_eq(err.code, rows[i].scope == UNKNOWN ? KZ_E_NOTFOUND : KZ_E_DENIED);
        cr_expect_eq(kz_tenant_allows(NULL, &id, rows[i].scope, &err), 0, "who has no tenant is not asked");
    }
}

/* Nothing is named, so nothing goes. */
Test(tenant, denies_by_default)
{
    static const struct {
        const char *kind;
        enum kz_scope_word scope;
    } rows[] = {{"ConfigMap", KZ_SCOPE_NAMESPACED}, {"Namespace", KZ_SCOPE_CLUSTER}, {"Node", KZ_SCOPE_CLUSTER}};
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_tenant t;
    struct kz_err err;
    read_rules(&t, a, "{line: 1, spec: {name: a, serviceAccount: {namespace: team-a, name: d}}}");
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_id id = {.kind = kz_str(rows[i].kind), .ns = KZ_STR("team-a"), .name = KZ_STR("team-a")};
        cr_expect_lt(kz_tenant_allows(&t, &id, rows[i].scope, &err), 0, "%s", rows[i].kind);
    }
    cr_expect_lt(kz_tenant_allows_namespace(&t, KZ_STR("team-a"), &err), 0);
    cr_expect_lt(kz_tenant_allows_path(&t, KZ_STR("x"), &err), 0);
    cr_expect_lt(kz_tenant_allows_path(&t, KZ_STR(""), &err), 0);
    cr_expect_lt(kz_tenant_allows_repository(&t, KZ_STR("https://x"), &err), 0);
    cr_expect_lt(kz_tenant_allows_url(&t, KZ_STR("https://x"), &err), 0);
}

static bool has_app(void *arg, const struct kz_id *id)
{
    (void)arg;
    return kz_str_is(id->group, "apps") && kz_str_is(id->kind, "Deployment") && kz_str_is(id->ns, "team-a") &&
           kz_str_is(id->name, "app");
}

Test(tenant, bodies)
{
#define OWNER(v, k, n) "{metadata: {ownerReferences: [{apiVersion: " v ", kind: " k ", name: " n ", uid: u}]}}"
    static const struct {
        const char *group, *kind, *ns, *name, *body, *want;
    } rows[] = {
        {"", "ConfigMap", "team-a", "x", "{metadata: {labels: {a: b}}}", NULL},
        {"", "ConfigMap", "team-a", "x", OWNER("apps/v1", "Deployment", "app"), NULL},
        {"", "ConfigMap", "team-a", "x", OWNER("apps/v1", "Deployment", "other"), "owner that is not of the module"},
        {"", "ConfigMap", "team-a-2", "x", OWNER("apps/v1", "Deployment", "app"), "owner that is not of the module"},
        {"", "ConfigMap", "team-a", "x", OWNER("v1", "Node", "node-1"), "Node 'node-1'"},
        {"", "ConfigMap", "team-a", "x", "{metadata: {generateName: x-}}", "let the server make names"},
        {RBAC, "ClusterRole", "", "team-a:r", "{rules: []}", NULL},
        {RBAC, "ClusterRole", "", "team-a:r", "{aggregationRule: {clusterRoleSelectors: []}}", "aggregated"},
        {RBAC, "ClusterRole", "", "team-a:r", "{metadata: {labels: {" RBAC "/aggregate-to-admin: 'true'}}}", "aggregated"},
        {RBAC, "ClusterRole", "", "team-a:r", "{metadata: {labels: {" RBAC "/aggregate-to-x: ''}}}", "aggregated"},
        {RBAC, "ClusterRole", "", "other", "{rules: []}", "named 'other'"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    const struct kz_tenant_set set = {.has = has_app};
    struct kz_tenant t;
    read_rules(&t, a, rules);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_id id = {.group = kz_str(rows[i].group), .kind = kz_str(rows[i].kind), .ns = kz_str(rows[i].ns),
                                 .name = kz_str(rows[i].name)};
        const enum kz_scope_word scope = id.ns.len > 0 ? KZ_SCOPE_NAMESPACED : KZ_SCOPE_CLUSTER;
        struct kz_value *body;
        struct kz_err err = {0};
        cr_assert_eq(kz_yaml_read(&body, a, kz_str(rows[i].body), KZ_STR("body"), &err), 0, "%s", err.frame[0]);
        int rc = kz_tenant_allows_object(&t, &id, scope, body, &set, &err);
        cr_expect_eq(rc < 0, rows[i].want != NULL, "%s: %s", rows[i].body, err.frame[0]);
        if (rc < 0)
            cr_expect(kz_str_has(kz_str(err.frame[0]), kz_str(rows[i].want)), "%s: %s", rows[i].body, err.frame[0]);
    }
}

Test(tenant, sources)
{
    static const struct {
        int (*ask)(const struct kz_tenant *t, struct kz_str what, struct kz_err *err);
        const char *what;
        bool want;
    } rows[] = {
        {kz_tenant_allows_path, "tenants/a", true},
        {kz_tenant_allows_path, "tenants/a/web", true},
        {kz_tenant_allows_path, "charts/web", true},
        {kz_tenant_allows_path, "shared/values.yaml", true},
        {kz_tenant_allows_path, "tenants/ab", false},
        {kz_tenant_allows_path, "tenants", false},
        {kz_tenant_allows_path, "charts/webapp", false},
        {kz_tenant_allows_path, "shared/values.yaml.bak", false},
        {kz_tenant_allows_path, "", false},
        {kz_tenant_allows_repository, "https://git.example.com/team-a/web.git", true},
        {kz_tenant_allows_repository, "https://git.example.com/team-a/../team-b/web.git", false},
        {kz_tenant_allows_repository, "https://git.example.com/team-b/web.git", false},
        {kz_tenant_allows_repository, "oci://registry.example.com/a/x/y", true},
        {kz_tenant_allows_repository, "http://git.example.com/team-a/web.git", false},
        {kz_tenant_allows_url, "https://web.a.example.com/ready", true},
        {kz_tenant_allows_url, "http://web.a.example.com/ready", false},
        {kz_tenant_allows_url, "https://web.b.example.com/ready", false},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_tenant t;
    read_rules(&t, a, rules);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_err err;
        cr_expect_eq(rows[i].ask(&t, kz_str(rows[i].what), &err) == 0, rows[i].want, "%s", rows[i].what);
    }
}
