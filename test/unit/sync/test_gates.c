/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/gates.h"

#include "base/clock.h"
#include "spec/fields.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

static struct kz_arena *arena;
static struct kz_rules *rules;
static struct kz_platform *platform;
static struct kz_buf why;

static void setup(void)
{
    struct kz_err err;
    arena = kz_arena_new(16 << 20);
    cr_assert_eq(kz_rules_new(&rules, NULL, &err), 0);
    kz_buf_init(&why, 4096);
}

static void teardown(void)
{
    kz_platform_done(platform);
    platform = NULL;
    kz_rules_free(rules);
    kz_buf_done(&why);
    kz_arena_free(arena);
}

TestSuite(gates, .init = setup, .fini = teardown);

static struct kz_value *yaml(const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read(&v, arena, kz_str(text), KZ_STR("in"), &err), 0, "%s: %s", text, err.frame[0]);
    return v;
}

/* The gate that a definition says. */
static const struct kz_gate *gate(const char *text)
{
    struct kz_err err;
    char line[KZ_ERR_TEXT];
    struct kz_str all = kz_str_printf(arena, "{name: p, file: f, modules: [{name: m, file: f, line: 1, path: m, treeId: x, "
                                             "spec: {namespace: shop, health: {gates: [%s]}}}]}", text);
    kz_platform_done(platform);
    platform = NULL;
    cr_assert_eq(kz_platform_decode(&platform, arena, yaml(all.ptr), &err), 0, "%s",
                 kz_err_line(line, sizeof line, &err));
    return &platform->modules[0].gates[0];
}

static const char *said(void)
{
    kz_buf_putc(&why, '\0');
    return why.ptr;
}

Test(gates, objects)
{
    static const struct {
        const char *gate, *live, *want; /* want "": it is open; live NULL: there is none */
    } rows[] = {
        {"{kind: ConfigMap, name: x}", NULL, "is not there"},
        {"{kind: ConfigMap, name: x}", "{apiVersion: v1, kind: ConfigMap}", ""},
        {"{kind: Service, name: x}", "{apiVersion: v1, kind: Service, spec: {type: LoadBalancer}}",
         "waits for the address of its load balancer"},
        {"{kind: CronJob, name: x}", "{apiVersion: batch/v1, kind: CronJob, spec: {suspend: true}}", ""},
        {"{kind: X, name: x, condition: Ready}", "{status: {conditions: [{type: Ready, status: 'True'}]}}", ""},
        {"{kind: X, name: x, condition: Ready}", "{status: {conditions: [{type: Ready, status: 'False', reason: Nope, message: not yet}]}}",
         "Ready is False (Nope: not yet), want True"},
        {"{kind: X, name: x, condition: Ready}", "{}", "Ready is not there, want True"},
        {"{kind: X, name: x, condition: Ready, is: False}", "{status: {conditions: [{type: Ready, status: 'False'}]}}", ""},
        {"{kind: X, name: x, condition: Ready, reason: Done}", "{status: {conditions: [{type: Ready, status: 'True', reason: Other}]}}",
         "Ready is True (Other), want reason Done"},
        {"{kind: X, name: x, field: status.phase, is: Running}", "{status: {phase: Running}}", ""},
        {"{kind: X, name: x, field: status.phase, is: Running}", "{status: {phase: Pending}}",
         "status.phase is Pending, want Running"},
        {"{kind: X, name: x, field: /status/phase, in: [A, B]}", "{status: {phase: C}}", "/status/phase is C, want one of A, B"},
        {"{kind: X, name: x, field: /status/phase, in: [A, B]}", "{status: {phase: B}}", ""},
        {"{kind: X, name: x, field: status.phase, isNot: A}", "{status: {}}", "status.phase is not there, want not A"},
        {"{kind: X, name: x, field: status.ready, atLeast: spec.replicas}", "{spec: {replicas: 3}, status: {ready: 2}}",
         "status.ready is 2, want at least spec.replicas (3)"},
        {"{kind: X, name: x, field: status.ready, atLeast: spec.replicas}", "{spec: {replicas: 3}, status: {ready: 3}}", ""},
        {"{kind: X, name: x, field: status.ready, atMost: 1}", "{status: {}}", "status.ready is not there, want at most 1"},
        {"{kind: X, name: x, field: status.ready, above: 1}", "{status: {ready: '2'}}", "status.ready is 2, want more than 1"},
        {"{kind: X, name: x, field: spec.paused, exists: false}", "{spec: {}}", ""},
        {"{kind: X, name: x, field: spec.paused, exists: false}", "{spec: {paused: true}}", "spec.paused is true, want it to be gone"},
        {"{kind: X, name: x, field: 'spec.sets[].count', is: 5}", "{spec: {sets: [{count: 2}, {count: 3}, {other: 1}]}}", ""},
        {"{kind: X, name: x, field: 'metadata.labels[\"a.b/c\"]', is: d}", "{metadata: {labels: {a.b/c: d}}}", ""},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_gate *g = gate(rows[i].gate);
        kz_buf_clear(&why);
        bool open = kz_gate_object_open(&why, g, rules, rows[i].live == NULL ? NULL : yaml(rows[i].live), 0);
        cr_expect_eq(open, rows[i].want[0] == '\0', "%s on %s", rows[i].gate, rows[i].live);
        cr_expect_str_eq(said(), rows[i].want);
        cr_expect(kz_str_is(g->object.ns, "shop"));
        cr_expect_eq(g->every, 2 * KZ_NS_PER_SEC);
    }
}

Test(gates, counts)
{
    static const char list[] = "[{apiVersion: v1, kind: Service, spec: {type: LoadBalancer}},"
                               " {apiVersion: v1, kind: Service}, {apiVersion: v1, kind: Service, spec: {type: NodePort}}]";
    static const struct {
        const char *count, *text, *want;
    } rows[] = {
        {"count: {atLeast: 3}", "count of Service", ""},
        {"count: {atLeast: 4}", "count of Service", "3 there, want at least 4"},
        {"count: {atMost: 2}", "count of Service", "3 there, want at most 2"},
        {"count: {exactly: 3, labels: a=b}", "count of Service with a=b", ""},
        {"count: {exactly: 0}", "count of Service", "3 there, want 0"},
        {"count: {atLeast: 1, atMost: 2}", "count of Service", "3 there, want 1 to 2"},
        {"count: {exactly: 2, healthy: true}", "count of Service", ""},
        {"count: {atLeast: 3, healthy: true}", "count of Service", "2 healthy, want at least 3"},
        {"count: {exactly: 1}, field: spec.type, is: NodePort", "count of Service", ""},
        {"count: {atLeast: 2}, field: spec.type, is: NodePort", "count of Service", "1 fit, want at least 2"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autobuf struct kz_buf text = KZ_BUF(1024);
        const struct kz_gate *g = gate(kz_str_printf(arena, "{kind: Service, %s}", rows[i].count).ptr);
        kz_buf_clear(&why);
        bool open = kz_gate_count_open(&why, g, rules, yaml(list), 0);
        cr_expect_eq(open, rows[i].want[0] == '\0', "%s", rows[i].count);
        cr_expect_str_eq(said(), rows[i].want);
        kz_gate_text(&text, g);
        cr_expect(kz_str_is(kz_buf_str(&text), rows[i].text), "%s", rows[i].count);
    }
}

Test(gates, answers)
{
    static const struct {
        const char *gate;
        int status;
        const char *body, *want;
    } rows[] = {
        {"", 200, "", ""},
        {"", 503, "secret", "got 503, want 200"},
        {"expect: 401", 401, "", ""},
        {"expect: 302", 302, "", ""},
        {"contains: ready", 200, "all is ready", ""},
        {"contains: ready", 200, "canary-4711", "got 200, but not the text 'ready'"},
        {"matches: '^up=[0-9]+$'", 200, "up=12", ""},
        {"matches: '^up=[0-9]+$'", 200, "canary-4711", "got 200, but nothing that matches '^up=[0-9]+$'"},
    };
    kz_autobuf struct kz_buf text = KZ_BUF(1024);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_str all = kz_str_printf(arena, "{http: {url: 'http://h/x?token=y', %s}}", rows[i].gate);
        const struct kz_gate *g = gate(all.ptr);
        const struct kz_http_reply reply = {.status = rows[i].status, .body = kz_str(rows[i].body)};
        kz_buf_clear(&why);
        cr_expect_eq(kz_gate_http_open(&why, g, &reply), rows[i].want[0] == '\0', "%s", rows[i].gate);
        cr_expect_str_eq(said(), rows[i].want);
    }
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_IO, "connection refused");
    const struct kz_http_reply reply = {.err = &err, .status = 200};
    kz_buf_clear(&why);
    const struct kz_gate *g = gate("{http: {url: 'http://h/x?token=y', timeout: 3s, redirects: 2}, every: 7s}");
    cr_expect_not(kz_gate_http_open(&why, g, &reply));
    cr_expect_str_eq(said(), "connection refused");
    kz_gate_text(&text, g);
    cr_expect(kz_str_is(kz_buf_str(&text), "http://h/x"));
    cr_expect(g->every == 7 * KZ_NS_PER_SEC && g->http.timeout == 3 * KZ_NS_PER_SEC && g->http.redirects == 2);
}

Test(gates, what_may_not_be_said)
{
    static const struct {
        const char *gate, *want;
    } rows[] = {
        {"{name: x}", "needs one of kind, http"},
        {"{kind: X, http: {url: 'http://h/'}}", "needs exactly one of kind, http"},
        {"{kind: X}", "needs the name of the X"},
        {"{kind: X, name: x, count: {atLeast: 1}}", "is either one object by name or a count of objects, not both"},
        {"{kind: X, count: {}}", "needs one of atLeast, atMost, exactly"},
        {"{kind: X, count: {exactly: 1, atMost: 2}}", "can't have exactly beside atLeast or atMost"},
        {"{kind: X, count: {atLeast: 3, atMost: 2}}", "has atLeast above atMost"},
        {"{kind: X, count: {atLeast: 1, healthy: true}, condition: Ready}", "counts either healthy objects"},
        {"{http: {url: 'http://h/'}, condition: Ready}", "is either an object or a request (http), not both"},
        {"{http: {url: 'http://h/'}, is: x}", "is either an object or a request (http), not both"},
        {"{http: {url: 'ftp://h/'}}", "is no URL"},
        {"{http: {url: 'http://u:p@h/'}}", "is no URL"},
        {"{http: {url: 'http://h/', matches: '['}}", "is no regular expression"},
        {"{http: {url: 'http://h/', ca: x}}", "is no certificate in PEM"},
        {"{kind: X, name: x, field: a}", "needs a word to compare with"},
        {"{kind: X, name: x, field: a, condition: b, is: c}", "needs exactly one of condition, field"},
        {"{kind: X, name: x, is: c}", "needs one of condition, field"},
        {"{kind: X, name: x, field: a, is: 1, isNot: 2}", "has both is and isNot"},
        {"{kind: X, name: x, field: a..b, is: 1}", "is no path: 'a..b'"},
        {"{kind: X, name: x, field: 'a[', is: 1}", "is no path: 'a['"},
        {"{kind: X, name: x, field: a, reason: b, is: c}", "has a reason, which"},
        {"{kind: X, name: x, field: a, below: true}", "an integer or the path of one"},
        {"{kind: X, name: x, field: a, in: []}", "needs a list of 1 to 64 values"},
        {"{kind: X, name: x, field: a, is: {b: c}}", "needs a text, number or boolean"},
        {"{kind: X, name: x, every: 0s}", "is 0s, least 1s"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_platform *p;
        struct kz_err err;
        struct kz_str all = kz_str_printf(arena, "{name: p, file: f, modules: [{name: m, file: f, line: 1, path: m, treeId: x, "
                                                 "spec: {health: {gates: [%s]}}}]}", rows[i].gate);
        cr_assert_eq(kz_platform_decode(&p, arena, yaml(all.ptr), &err), -KZ_E_INVALID, "%s", rows[i].gate);
        cr_expect(kz_str_has(kz_str(err.frame[0]), kz_str(rows[i].want)), "%s: %s", rows[i].gate, err.frame[0]);
    }
}
