/* SPDX-License-Identifier: Apache-2.0
 *
 * The parent's side: replies that no worker of ours would send, the graph, decoded fields. */
#include "spec/platform.h"

#include "base/buf.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

enum { MEMORY = 64 << 20, TEXT_MAX = 4 << 20 };

static int decode(struct kz_platform **p, struct kz_arena *a, const char *text, struct kz_err *err)
{
    struct kz_value *v;
    cr_assert_eq(kz_yaml_read(&v, a, kz_str(text), KZ_STR("reply"), err), 0, "%s", err->frame[0]);
    return kz_platform_decode(p, a, v, err);
}

#define HEAD  "name: p\nfile: k.yaml\nmodules:\n"
#define M(n)  "- {name: " n ", file: f, line: 1, path: x, treeId: t, spec: "

Test(decode, refuses)
{
    static const struct {
        const char *in, *want; /* part of the cause */
    } rows[] = {
        {"[]", "must be a map"},
        {"{}", "needs the field 'name'"},
        {"{name: p, file: f, modules: {}}", "must be a list"},
        {"{name: P!, file: f, modules: []}", "is no name"},
        {"{name: p, file: f, modules: [], more: 1}", "unknown field 'more'"},
        {"{name: p, file: f, modules: [{}]}", "needs the field 'name'"},
        {HEAD M("a") "{}, extra: 1}", "unknown field 'extra'"},
        {HEAD M("a") "{sync: {concurrency: 100000}}}", "must be 1 to 256"},
        {HEAD M("a") "{health: {timeout: 100h}}}", "limit 24h"},
        {HEAD M("a") "{renderer: exec:../sh}}", "can't be 'exec:../sh'"},
        {HEAD M("b") "{}}\n" M("a") "{}}", "not in order"},
        {HEAD M("a") "{}}\n" M("a") "{}}", "not in order"},
        {HEAD "- {name: a, file: f, line: -1, path: x, treeId: t, spec: {}}", "must be 0 to"},
        {HEAD M("a") "{dependsOn: [b]}}", "does not exist"},
        {HEAD M("a") "{dependsOn: [b]}}\n" M("b") "{dependsOn: [a]}}", "a -> b -> a"},
        {HEAD M("a") "{windows: {restart: [x]}}}", "not in the schedule"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
        struct kz_platform *p;
        struct kz_err err;
        cr_assert_lt(decode(&p, a, rows[i].in, &err), 0, "%s", rows[i].in);
        cr_expect(kz_str_has(kz_str(err.frame[0]), kz_str(rows[i].want)), "%s: %s", rows[i].in,
                  err.frame[0]);
    }
}

Test(decode, defaults_and_fields)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_platform *p;
    struct kz_err err;
    int rc = decode(&p, a, HEAD
        M("a") "{}}\n"
        M("b") "{namespace: shop, enabled: false, approve: destructive, paused: {reason: r, until: "
               "2026-12-10T00:00:00Z}, sync: {auto: true, selfHeal: 'off', onFailure: hold, "
               "onConflict: yield, retry: {backoff: 250ms}}, dependsOn: [a, {object: {apiVersion: apps/v1, "
               "kind: Deployment, namespace: ns, name: web}}], health: {gates: [{kind: Service, name: s}, "
               "{http: {url: 'http://h/'}}]}, ignore: [{kind: Deployment, paths: [/spec/replicas]}], "
               "patches: [{target: {kind: Job}, merge: {spec: null}}]}}\n", &err);
    cr_expect_lt(rc, 0); /* 250ms is below the least backoff */
    cr_expect(kz_str_has(kz_str(err.frame[0]), KZ_STR("least 1s")), "%s", err.frame[0]);

    rc = decode(&p, a, HEAD
        M("a") "{}}\n"
        M("b") "{namespace: shop, enabled: false, approve: destructive, paused: {reason: r, until: "
               "2026-12-10T00:00:00Z}, sync: {auto: true, selfHeal: 'off', onFailure: hold, "
               "onConflict: yield, retry: {backoff: 2s}}, dependsOn: [a, {object: {apiVersion: apps/v1, "
               "kind: Deployment, namespace: ns, name: web}}], health: {gates: [{kind: Service, name: s}, "
               "{http: {url: 'http://h/'}}]}, ignore: [{kind: Deployment, paths: [/spec/replicas]}], "
               "patches: [{target: {kind: Job}, merge: {spec: null}}]}}\n", &err);
    cr_assert_eq(rc, 0, "%s", err.frame[0]);
    const struct kz_module *m = &p->modules[0], *b = &p->modules[1];
    cr_expect(m->enabled && m->automatic && m->prune && !m->retain);
    cr_expect(kz_str_is(m->ns, "default") && kz_str_is(m->release, "a") && kz_str_is(m->renderer, "auto"));
    cr_expect_eq(m->timeout, 600 * KZ_NS_PER_SEC);
    cr_expect_eq(m->grace, 30 * KZ_NS_PER_SEC);
    cr_expect_eq(m->soak, 10 * KZ_NS_PER_SEC);
    cr_expect_eq(m->concurrency, 16);
    cr_expect_eq(m->retry_limit, 5);
    cr_expect_eq(m->retry_backoff, 5 * KZ_NS_PER_SEC);
    cr_expect_eq(m->retry_max, 300 * KZ_NS_PER_SEC);
    cr_expect_eq(m->approve.len, 0);
    cr_expect(kz_value_is(m->values, KZ_MAP) && kz_value_is(m->options, KZ_MAP));

    cr_expect(!b->enabled && b->automatic);
    cr_expect_eq(b->self_heal, KZ_HEAL_OFF);
    cr_expect_eq(b->on_failure, KZ_FAIL_HOLD);
    cr_expect_eq(b->on_conflict, KZ_CONFLICT_YIELD);
    cr_expect_eq(b->paused_until, INT64_C(1796860800) * KZ_NS_PER_SEC);
    cr_expect(kz_str_is(b->approve, "destructive") && kz_str_is(b->paused, "r"));
    cr_expect_eq(b->n_depends, 2);
    cr_expect(kz_str_is(b->depends[0].module, "a") && b->depends[0].object.kind.len == 0);
    cr_expect(kz_str_is(b->depends[1].object.group, "apps") && b->depends[1].module.len == 0);
    cr_expect(kz_str_is(b->gates[0].object.ns, "shop"));
    cr_expect(kz_str_is(b->gates[1].http.url, "http://h/") && b->gates[1].http.expect == 200);
    cr_expect(kz_str_is(b->ignores[0].paths[0], "/spec/replicas"));
    cr_expect(b->patches[0].merge != NULL && b->patches[0].json_patch == NULL);
    kz_platform_done(p);
}

Test(decode, spec_hash_follows_content_and_not_place)
{
    static const struct {
        const char *in;
        bool same;
    } rows[] = {
        {"{name: p, file: k, modules: [{name: a, file: f, line: 1, path: x, treeId: t, spec: {release: r}}]}", true},
        {"{name: q, file: k, modules: [{name: a, file: g, line: 9, path: x, treeId: u, spec: {release: r}}]}", true},
        {"{name: p, file: k, modules: [{name: a, file: f, line: 1, path: other, treeId: t, spec: {release: r}}]}", false},
        {"{name: p, file: k, modules: [{name: a, file: f, line: 1, path: x, treeId: t, spec: {release: s}}]}", false},
        {"{name: p, file: k, modules: [{name: b, file: f, line: 1, path: x, treeId: t, spec: {release: r}}]}", false},
    };
    struct kz_hash first = {0};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
        struct kz_platform *p;
        struct kz_err err;
        cr_assert_eq(decode(&p, a, rows[i].in, &err), 0, "%s", err.frame[0]);
        if (i == 0)
            first = p->modules[0].spec_hash;
        cr_expect_eq(kz_hash_eq(first, p->modules[0].spec_hash), rows[i].same, "row %zu", i);
        kz_platform_done(p);
    }
}

/* n modules m0000.., each of which depends on the next; closed: the last on the first. */
static void chain(struct kz_buf *b, int n, bool closed)
{
    kz_buf_puts(b, HEAD);
    for (int i = 0; i < n; i++) {
        kz_buf_printf(b, "- {name: m%04d, file: f, line: 1, path: x, treeId: t, spec: {", i);
        if (i + 1 < n || closed)
            kz_buf_printf(b, "dependsOn: [m%04d]", (i + 1) % n);
        kz_buf_puts(b, "}}\n");
    }
}

Test(graph, long_chain_and_cycle)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_buf b;
    struct kz_platform *p;
    struct kz_err err;
    size_t n;
    kz_buf_init(&b, TEXT_MAX);
    chain(&b, 1000, false);
    cr_assert_eq(decode(&p, a, b.ptr, &err), 0, "%s", err.frame[0]);
    struct kz_module **order = kz_platform_order(&n, p, a);
    cr_assert_eq(n, 1000);
    cr_expect(kz_str_is(order[0]->name, "m0999"));
    cr_expect(kz_str_is(order[999]->name, "m0000"));
    kz_platform_done(p);
    kz_buf_clear(&b);
    chain(&b, 1000, true);
    cr_assert_lt(decode(&p, a, b.ptr, &err), 0);
    cr_expect(kz_str_has(kz_str(err.frame[0]), KZ_STR("m0005 -> ... (988 more) -> m0994")), "%s",
              err.frame[0]);
    kz_buf_done(&b);
}

Test(graph, optional_and_disabled)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_platform *p;
    struct kz_err err;
    size_t n;
    /* b is disabled: its own dependencies do not count, and the cycle through it is none. */
    int rc = decode(&p, a, HEAD
        M("a") "{dependsOn: [{module: b, optional: true}, {module: gone, optional: true}]}}\n"
        M("b") "{enabled: false, dependsOn: [a, nowhere]}}\n"
        M("c") "{dependsOn: [a]}}\n", &err);
    cr_assert_eq(rc, 0, "%s", err.frame[0]);
    struct kz_module **order = kz_platform_order(&n, p, a);
    cr_assert_eq(n, 2);
    cr_expect(kz_str_is(order[0]->name, "a") && kz_str_is(order[1]->name, "c"));
    kz_platform_done(p);
}
