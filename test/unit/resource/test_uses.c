/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/buf.h"
#include "resource/uses.h"
#include "value/yaml.h"

static void on_found(void *arg, const struct kz_id *id)
{
    kz_buf_printf(arg, "%s" KZ_FMT "/" KZ_FMT "/" KZ_FMT, ((struct kz_buf *)arg)->len > 0 ? " " : "", KZ_ARG(id->kind),
                  KZ_ARG(id->ns), KZ_ARG(id->name));
}

Test(uses, what_is_named)
{
    static const struct {
        const char *name, *group, *kind, *plural, *yaml, *want;
    } rows[] = {
        {"nothing but its namespace", "", "ConfigMap", "", "data: {secretName2: x}", "Namespace//shop"},
        {"a custom resource", "example.com", "Thing", "things", "spec: {}",
         "Namespace//shop CustomResourceDefinition//things.example.com"},
        {"a pod template", "apps", "Deployment", "",
         "spec: {template: {spec: {serviceAccountName: sa, imagePullSecrets: [{name: pull}, {name: more}],"
         " containers: [{envFrom: [{configMapRef: {name: env}}, {secretRef: {name: senv}}],"
         " env: [{name: A, valueFrom: {secretKeyRef: {name: key, key: k}}}, {name: B, valueFrom: {configMapKeyRef: {name: ckey}}}]}],"
         " volumes: [{name: v, configMap: {name: files}}, {name: s, secret: {secretName: tls}},"
         " {name: p, projected: {sources: [{secret: {name: proj}}]}}, {name: d, persistentVolumeClaim: {claimName: data}}]}}}",
         "Namespace//shop ServiceAccount/shop/sa Secret/shop/pull Secret/shop/more ConfigMap/shop/env Secret/shop/senv "
         "Secret/shop/key ConfigMap/shop/ckey ConfigMap/shop/files Secret/shop/tls Secret/shop/proj PersistentVolumeClaim/shop/data"},
        {"a binding", "rbac.authorization.k8s.io", "RoleBinding", "",
         "roleRef: {kind: Role, name: r}\nsubjects: [{kind: User, name: u}, {kind: ServiceAccount, name: sa, namespace: other}]",
         "Namespace//shop Role/shop/r ServiceAccount/other/sa"},
        {"values of other types", "apps", "Deployment", "",
         "spec: {serviceAccountName: 3, secret: [x, {name: 4}], configMap: x, imagePullSecrets: {name: p}}",
         "Namespace//shop Secret/shop/p"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
        struct kz_value *docs;
        struct kz_err err;
        cr_assert_eq(kz_yaml_read_all(&docs, a, kz_str(rows[i].yaml), KZ_STR("t"), NULL, &err), 0, "%s", rows[i].name);
        const struct kz_id id = {kz_str(rows[i].group), kz_str(rows[i].kind), KZ_STR("shop"), KZ_STR("x")};
        kz_uses_each(&id, kz_str(rows[i].plural), kz_value_at(docs, 0), on_found, &b);
        cr_expect_str_eq(kz_buf_str(&b).ptr, rows[i].want, "%s", rows[i].name);
    }
}
