/* SPDX-License-Identifier: Apache-2.0
 *
 * From a render's reply to the desired set: patches, ignored fields, order, what is refused. */
#include "sync/want.h"

#include "value/yaml.h"

#include <criterion/criterion.h>

#define OBJ(body) "- {file: f.yaml, line: 3, body: {" body "}}\n"
#define CM(name)  "apiVersion: v1, kind: ConfigMap, metadata: {name: " name "}"

static int unknown_scope(void *arg, struct kz_str group, struct kz_str kind)
{
    (void)arg;
    (void)group;
    (void)kind;
    return -1;
}

static int build(struct kz_want **w, struct kz_arena *a, const struct kz_module *spec, const char *objects,
                 struct kz_err *err)
{
    struct kz_value *list, *reply = kz_value_map(a);
    struct kz_scope scope = {.namespaced = unknown_scope};
    cr_assert_eq(kz_yaml_read(&list, a, kz_str(objects), KZ_STR("objects"), err), 0, "%s", err->frame[0]);
    kz_value_set(a, reply, KZ_STR("objects"), list);
    return kz_want_build(w, spec, KZ_STR("p"), KZ_STR("abc"), kz_hash(KZ_STR("key")), scope, reply, err);
}

static struct kz_value *yaml(struct kz_arena *a, const char *text)
{
    struct kz_value *v;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read(&v, a, kz_str(text), KZ_STR("test"), &err), 0);
    return v;
}

Test(want, is_ordered_labelled_and_found)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const struct kz_module spec = {.name = KZ_STR_INIT("m"), .ns = KZ_STR_INIT("shop")};
    struct kz_want *w;
    struct kz_err err;
    cr_assert_eq(build(&w, a, &spec,
                       OBJ("apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 0}")
                       OBJ(CM("c"))
                       OBJ("apiVersion: apps/v1, kind: Deployment, metadata: {name: e}")
                       OBJ("apiVersion: v1, kind: Namespace, metadata: {name: shop}"), &err), 0, "%s", err.frame[0]);
    cr_expect_eq(w->n, 4);
    cr_expect_eq(w->n_waves, 2);
    cr_expect(kz_str_is(w->at[0].id.kind, "Namespace"));
    cr_expect(kz_str_is(w->at[1].id.kind, "ConfigMap"));
    cr_expect_lt(w->at[1].tier, w->at[2].tier);
    cr_expect_not(w->has_crds);
    struct kz_want_object *d = kz_want_find(w, KZ_STR("apps/Deployment/shop/d"));
    struct kz_want_object *e = kz_want_find(w, KZ_STR("apps/Deployment/shop/e"));
    cr_assert(d != NULL && e != NULL);
    cr_expect_not(d->runs_pods, "it is scaled to zero");
    cr_expect(e->runs_pods);
    cr_expect_eq(e->origin.line, 3);
    const struct kz_value *labels = kz_value_path(kz_want_body(a, e), "metadata.labels");
    cr_expect(kz_str_is(kz_value_as_str(kz_value_get(labels, KZ_LABEL_PLATFORM)), "p"));
    cr_expect(kz_str_is(kz_value_as_str(kz_value_get(labels, KZ_LABEL_MODULE)), "m"));
    cr_expect_null(kz_want_find(w, KZ_STR("/ConfigMap/shop/no")));
    cr_expect_null(kz_want_find(NULL, KZ_STR("x")));
    kz_want_unref(kz_want_ref(w));
    kz_want_unref(w);
    kz_want_unref(NULL);
}

Test(want, patches_and_ignores)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    struct kz_str path = KZ_STR("/data/theirs");
    struct kz_patch patch = {.kind = KZ_STR("ConfigMap"), .merge = yaml(a, "data: {added: \"1\"}")};
    struct kz_ignore ignore = {.kind = KZ_STR("ConfigMap"), .name = KZ_STR("c"), .paths = &path, .n_paths = 1};
    const struct kz_module spec = {.name = KZ_STR_INIT("m"), .ns = KZ_STR_INIT("shop"), .patches = &patch, .n_patches = 1,
                                   .ignores = &ignore, .n_ignores = 1};
    const struct kz_module plain = {.name = KZ_STR_INIT("m"), .ns = KZ_STR_INIT("shop")};
    struct kz_want *w, *v;
    struct kz_err err;
    const char *objects = OBJ(CM("c") ", data: {ours: \"1\", theirs: \"2\"}") OBJ("apiVersion: v1, kind: Secret, metadata: {name: s}");
    cr_assert_eq(build(&w, a, &spec, objects, &err), 0, "%s", err.frame[0]);
    cr_assert_eq(build(&v, a, &plain, objects, &err), 0, "%s", err.frame[0]);
    struct kz_want_object *c = kz_want_find(w, KZ_STR("/ConfigMap/shop/c"));
    struct kz_want_object *before = kz_want_find(v, KZ_STR("/ConfigMap/shop/c"));
    struct kz_value *body = kz_want_body(a, c);
    cr_expect(kz_str_is(kz_value_path_str(body, "data.added"), "1"));
    cr_expect(kz_str_is(kz_value_path_str(body, "data.ours"), "1"));
    cr_expect_null(kz_value_path(body, "data.theirs"));
    cr_expect_not(kz_hash_eq(c->hash, before->hash), "the hash is of what is sent");
    cr_expect(kz_hash_eq(kz_want_find(w, KZ_STR("/Secret/shop/s"))->hash,
                         kz_want_find(v, KZ_STR("/Secret/shop/s"))->hash));
    kz_want_unref(w);
    kz_want_unref(v);
}

Test(want, refuses)
{
    struct kz_patch lost = {.kind = KZ_STR("Secret"), .name = KZ_STR("none")};
    static const struct {
        const char *in, *want;
        bool patched;
    } rows[] = {
        {OBJ(CM("c")) OBJ(CM("c")), "c", false},
        {OBJ("kind: ConfigMap, metadata: {name: c}"), "apiVersion", false},
        {OBJ("apiVersion: v1, kind: ConfigMap, metadata: {generateName: c}"), "name", false},
        {OBJ(CM("c")), "matches no object", true},
        {OBJ("apiVersion: v1, kind: ConfigMap, metadata: {name: c, annotations: {kubezero.com/wave: \"one\"}}"), "wave", false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
        const struct kz_module spec = {.name = KZ_STR_INIT("m"), .ns = KZ_STR_INIT("shop"), .file = KZ_STR_INIT("k.yaml"),
                                       .line = 1, .patches = &lost, .n_patches = rows[i].patched};
        struct kz_want *w;
        struct kz_err err;
        char line[4096];
        cr_assert_lt(build(&w, a, &spec, rows[i].in, &err), 0, "%s", rows[i].in);
        cr_expect(kz_str_has(kz_str(kz_err_line(line, sizeof line, &err)), kz_str(rows[i].want)), "%s", line);
        cr_expect_gt(err.line, 0, "no place: %s", line);
    }
}

static const struct kz_value *notes(struct kz_arena *a, const struct kz_want *w, const char *key)
{
    const struct kz_want_object *o = kz_want_find(w, kz_str(key));
    cr_assert_not_null(o, "%s", key);
    return kz_value_path(kz_want_body(a, o), "metadata.annotations");
}

/* The namespace becomes an object that is never pruned; what becomes of objects without their module is
 * written onto them, unless they say it themselves. */
Test(want, what_the_definition_adds)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const struct kz_module spec = {.name = KZ_STR_INIT("m"), .ns = KZ_STR_INIT("shop"),
                                   .on_delete = KZ_ON_DELETE_CONFIRM, .ns_labels = yaml(a, "{team: a}"),
                                   .ns_annotations = yaml(a, "{note: b}")};
    struct kz_want *w;
    struct kz_err err;
    cr_assert_eq(build(&w, a, &spec,
                       OBJ(CM("c"))
                       OBJ("apiVersion: v1, kind: ConfigMap, metadata: {name: own, annotations: {kubezero.com/on-delete: orphan}}")
                       OBJ("apiVersion: v1, kind: ConfigMap, metadata: {name: argo, annotations: {argocd.argoproj.io/sync-options: 'Delete=false,Odd=1'}}"),
                       &err), 0, "%s", err.frame[0]);
    const struct kz_want_object *ns = kz_want_find(w, KZ_STR("/Namespace//shop"));
    cr_assert_not_null(ns);
    cr_expect_eq(ns->opt.prune, KZ_PRUNE_NEVER);
    cr_expect(kz_str_is(kz_value_path_str(kz_want_body(a, ns), "metadata.labels.team"), "a"));
    cr_expect(kz_str_is(kz_value_path_str(kz_want_body(a, ns), "metadata.annotations.note"), "b"));
    cr_expect(kz_str_is(kz_value_as_str(kz_value_get(notes(a, w, "/ConfigMap/shop/c"), KZ_ANNOT_ON_DELETE)), "confirm"));
    cr_expect(kz_str_is(kz_value_as_str(kz_value_get(notes(a, w, "/ConfigMap/shop/own"), KZ_ANNOT_ON_DELETE)), "orphan"));
    cr_expect_null(kz_value_get(notes(a, w, "/ConfigMap/shop/argo"), KZ_ANNOT_ON_DELETE));
    cr_assert_eq(w->n_warnings, 1);
    cr_expect(kz_str_has(w->warnings[0], KZ_STR("'Odd=1'")));
    kz_want_unref(w);
    cr_expect_lt(build(&w, a, &spec, OBJ("apiVersion: v1, kind: Namespace, metadata: {name: shop}"), &err), 0);
    cr_expect_not_null(strstr(err.frame[0], "namespaceMetadata, too"), "%s", err.frame[0]);
}

Test(want, empty_is_of_a_removed_module)
{
    struct kz_want *w = kz_want_empty(KZ_STR("abc"), NULL);
    cr_expect_eq(w->n, 0);
    cr_expect_eq(w->n_waves, 0);
    cr_expect(kz_str_is(w->revision, "abc"));
    kz_want_unref(w);
}

/* Where generated values end up: in a Secret as the API server has it, in the objects of a list. */
Test(want, generated_values_are_followed)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const struct kz_module spec = {.name = KZ_STR_INIT("m"), .ns = KZ_STR_INIT("shop")};
    struct kz_want *w;
    struct kz_err err;
    cr_assert_eq(build(&w, a, &spec,
                       "- {file: f, line: 1, generated: [/stringData/p, /data/q], body: {apiVersion: v1, kind: Secret, "
                       "metadata: {name: s}, stringData: {p: hunter2}, data: {q: eA==}}}\n"
                       "- {file: f, line: 9, generated: [/items/1/data/a], body: {apiVersion: v1, kind: List, items: ["
                       "{" CM("c1") "}, {" CM("c2") ", data: {a: x}}]}}\n" OBJ(CM("plain")), &err), 0, "%s", err.frame[0]);
    static const struct {
        const char *key, *paths[3];
    } rows[] = {{"/Secret/shop/s", {"/data/p", "/data/q"}}, {"/ConfigMap/shop/c1", {NULL}},
                {"/ConfigMap/shop/c2", {"/data/a"}}, {"/ConfigMap/shop/plain", {NULL}}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_want_object *o = kz_want_find(w, kz_str(rows[i].key));
        cr_assert_not_null(o, "%s", rows[i].key);
        size_t n = 0;
        for (; rows[i].paths[n] != NULL; n++)
            cr_expect(n < o->n_generated && kz_str_is(o->generated[n], rows[i].paths[n]), "%s", rows[i].key);
        cr_expect_eq(o->n_generated, n, "%s", rows[i].key);
    }
    kz_want_unref(w);
}
