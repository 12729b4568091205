/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"
#include "kube/client.h"
#include "value/json.h"

#include "kube/status.h"

#include <criterion/criterion.h>

/* The last answer a test got. */
struct got {
    int calls;
    uint64_t id;
    enum kz_outcome outcome;
    int status;
    size_t items;
    char text[2048]; /* error, or the body's text */
    char conflict[128];
};

static void on_done(void *arg, uint64_t id, const struct kz_result *res)
{
    struct got *g = arg;
    g->calls++;
    g->id = id;
    g->outcome = res->outcome;
    g->status = res->status;
    g->items = kz_value_len(res->body);
    if (res->err != NULL)
        (void)kz_err_line(g->text, sizeof g->text, res->err);
    else
        (void)snprintf(g->text, sizeof g->text, KZ_FMT, KZ_ARG(res->text));
    if (res->n_conflicts > 0)
        (void)snprintf(g->conflict, sizeof g->conflict, KZ_FMT, KZ_ARG(res->conflicts[0].manager));
}

static void on_discovered(void *arg, const struct kz_err *err)
{
    struct got *g = arg;
    g->calls++;
    g->outcome = err == NULL ? KZ_DONE : KZ_TRANSIENT;
    g->text[0] = '\0';
    if (err != NULL)
        (void)kz_err_line(g->text, sizeof g->text, err);
}

static struct fake f;
static struct kz_kube *k;
static struct got got;
static struct kz_arena *arena;

static void begin_with(struct kz_kube_options opt)
{
    fake_init(&f);
    arena = kz_arena_new(1 << 20);
    got = (struct got){0};
    k = kz_kube_new(&f.env, &f.http, &opt);
    kz_kube_discover(k, on_discovered, &got);
    fake_discovery(&f);
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.outcome, KZ_DONE);
    got = (struct got){0};
}

static void begin(void)
{
    begin_with((struct kz_kube_options){0});
}

static void end(void)
{
    kz_kube_free(k);
    fake_done(&f);
    kz_arena_free(arena);
}

static const struct kz_id cm = {KZ_STR_INIT(""), KZ_STR_INIT("ConfigMap"), KZ_STR_INIT("shop"),
                                KZ_STR_INIT("web")};

static struct kz_value *json(const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert(kz_json_read(&v, arena, kz_str(text), KZ_STR("test"), &err) >= 0, "%s", err.frame[0]);
    return v;
}

static uint64_t apply(unsigned flags)
{
    return kz_kube_apply(
        k, &cm, KZ_STR(""),
        json("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"a\":\"1\"}}"), flags,
        on_done, &got);
}

/* ---- discovery ------------------------------------------------------------------------------- */
Test(discovery, aggregated, .init = begin, .fini = end)
{
    const struct kz_api *api = kz_kube_api(k, KZ_STR("batch"), KZ_STR(""), KZ_STR("Job"));
    cr_assert(kz_str_is(api->version, "v1"));
    api = kz_kube_api(k, KZ_STR("batch"), KZ_STR("v1beta1"), KZ_STR("Job"));
    cr_assert(kz_str_is(api->version, "v1beta1"));
    api = kz_kube_api(k, KZ_STR("batch"), KZ_STR(""), KZ_STR("CronJob"));
    cr_assert(kz_str_is(api->version, "v1beta1"));
    api = kz_kube_api(k, KZ_STR(""), KZ_STR("v1"), KZ_STR("Namespace"));
    cr_assert(!api->namespaced && api->can_watch);
    cr_assert_null(kz_kube_api(k, KZ_STR("apps"), KZ_STR("v2"), KZ_STR("Deployment")));
    cr_assert_null(kz_kube_api(k, KZ_STR(""), KZ_STR(""), KZ_STR("Deployment")));
    cr_assert(kz_str_is(kz_kube_version(k), "v1.32.0"));
    struct kz_value *list = kz_value_list(arena);
    kz_kube_api_versions(k, arena, list);
    cr_assert_eq(kz_value_len(list), 6 + 10);
    cr_assert(kz_str_is(kz_value_as_str(kz_value_at(list, 0)), "v1"));
    cr_assert(kz_str_is(kz_value_as_str(kz_value_at(list, 1)), "v1/ConfigMap"));
}

Test(discovery, unchanged_costs_two_304_and_callers_share, .init = begin, .fini = end)
{
    const struct kz_api *before = kz_kube_api(k, KZ_STR("apps"), KZ_STR(""), KZ_STR("Deployment"));
    kz_kube_discover(k, on_discovered, &got);
    kz_kube_discover(k, on_discovered, &got);
    cr_assert_eq(fake_open(&f), 3);
    fake_answer(&f, "GET /api [if-none-match: \"C1\"]", 304, "");
    fake_answer(&f, "GET /apis [if-none-match: \"G1\"]", 304, "");
    cr_assert_eq(got.calls, 0);
    fake_answer(&f, "/version", 403, "");
    cr_assert_eq(got.calls, 2);
    cr_assert_eq(got.outcome, KZ_DONE);
    cr_assert_eq(before, kz_kube_api(k, KZ_STR("apps"), KZ_STR(""), KZ_STR("Deployment")));
}

Test(discovery, stale_group_keeps_what_was_known, .init = begin, .fini = end)
{
    kz_kube_discover(k, on_discovered, &got);
    fake_answer(&f, "/version", 200, "{}");
    fake_answer(&f, "GET /api ", 304, "");
    fake_answer(&f, "GET /apis", 200,
                "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"apps\"},"
                "\"versions\":[{\"version\":\"v1\",\"freshness\":\"Stale\"}]}]}");
    cr_assert_eq(got.outcome, KZ_DONE);
    const struct kz_api *api = kz_kube_api(k, KZ_STR("apps"), KZ_STR(""), KZ_STR("Deployment"));
    cr_assert_not_null(api);
    cr_assert(api->stale);
    cr_assert_null(kz_kube_api(k, KZ_STR("batch"), KZ_STR(""), KZ_STR("Job")));
}

Test(discovery, failure_changes_nothing, .init = begin, .fini = end)
{
    kz_kube_discover(k, on_discovered, &got);
    fake_answer(&f, "/version", 200, "{}");
    fake_answer(&f, "GET /api ", 200, fake_core);
    fake_answer(&f, "GET /apis", 403, "");
    cr_assert_eq(got.outcome, KZ_TRANSIENT);
    cr_assert_not_null(kz_kube_api(k, KZ_STR("apps"), KZ_STR(""), KZ_STR("Deployment")));
}

Test(discovery, legacy)
{
    fake_init(&f);
    got = (struct got){0};
    k = kz_kube_new(&f.env, &f.http, &(struct kz_kube_options){0});
    kz_kube_discover(k, on_discovered, &got);
    fake_answer(&f, "/version", 200, "{\"gitVersion\":\"v1.20.1\"}");
    fake_answer(
        &f, "GET /apis", 200,
        "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"batch\",\"versions\":[{\"version\":"
        "\"v1beta1\"},{\"version\":\"v1\"}],\"preferredVersion\":{\"version\":\"v1\"}},"
        "{\"name\":\"metrics.k8s.io\",\"versions\":[{\"version\":\"v1\"}]}]}");
    fake_answer(&f, "GET /api", 200, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}");
    fake_answer(
        &f, "GET /api/v1", 200,
        "{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"pods\",\"kind\":\"Pod\","
        "\"namespaced\":true,\"verbs\":[\"list\",\"watch\"]},{\"name\":\"pods/log\",\"kind\":\"Pod\"}]}");
    fake_answer(
        &f, "/apis/batch/v1beta1", 200,
        "{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"jobs\",\"kind\":\"Job\"}]}");
    fake_answer(
        &f, "/apis/batch/v1", 200,
        "{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"jobs\",\"kind\":\"Job\"}]}");
    fake_answer(&f, "/apis/metrics.k8s.io/v1", 403, "");
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.outcome, KZ_DONE, "%s", got.text);
    cr_assert(kz_kube_discovered(k));
    cr_assert(kz_kube_api(k, KZ_STR(""), KZ_STR(""), KZ_STR("Pod"))->can_watch);
    cr_assert(!kz_kube_api(k, KZ_STR("batch"), KZ_STR(""), KZ_STR("Job"))->can_watch);
    kz_kube_free(k);
    fake_done(&f);
}

/* ---- requests -------------------------------------------------------------------------------- */
Test(client, requests, .init = begin, .fini = end)
{
    const struct kz_id lease = {KZ_STR("coordination.k8s.io"), KZ_STR("Lease"), KZ_STR("kz"),
                                KZ_STR("l")};
    (void)apply(KZ_APPLY_FORCE | KZ_APPLY_DRY_RUN);
    struct fake_request *r = fake_find(
        &f, "PATCH /api/v1/namespaces/shop/configmaps/"
            "web?timeout=15s&dryRun=All&fieldManager=kzsync&fieldValidation=Strict&force=true");
    cr_assert_str_eq(r->req.content_type, "application/apply-patch+yaml");
    cr_assert(kz_str_is(r->req.body,
                        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"a\":\"1\"}}"));
    cr_assert_eq(r->req.timeout, 20 * KZ_NS_PER_SEC);
    fake_answer(&f, "PATCH", 201, "{\"kind\":\"ConfigMap\"}");
    cr_assert_eq(got.outcome, KZ_DONE);
    cr_assert_eq(got.status, 201);

    (void)kz_kube_get(k, &cm, on_done, &got);
    fake_answer(&f, "GET /api/v1/namespaces/shop/configmaps/web?timeout=15s", 200, "{}");
    (void)kz_kube_delete(k, &cm, KZ_STR("u"), KZ_STR("7"), true, on_done, &got);
    r = fake_find(&f, "DELETE /api/v1/namespaces/shop/configmaps/web?timeout=15s&dryRun=All");
    cr_assert(kz_str_is(
        r->req.body, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\","
                     "\"propagationPolicy\":\"Background\",\"dryRun\":[\"All\"],\"preconditions\":{"
                     "\"uid\":\"u\",\"resourceVersion\":\"7\"}}"));
    fake_answer(&f, "DELETE", 200, "{\"kind\":\"Status\",\"status\":\"Success\"}");
    (void)kz_kube_patch(k, &cm, json("{\"x\":[]}"), on_done, &got);
    cr_assert_str_eq(fake_find(&f, "PATCH")->req.content_type, "application/json-patch+json");
    fake_answer(&f, "PATCH", 200, "{}");
    (void)kz_kube_create(k, &lease, KZ_STR("v1"), json("{}"), on_done, &got);
    fake_answer(&f, "POST /apis/coordination.k8s.io/v1/namespaces/kz/leases?timeout=4s", 201, "{}");
    (void)kz_kube_update(k, &lease, KZ_STR("v1"), json("{}"), on_done, &got);
    fake_answer(&f, "PUT /apis/coordination.k8s.io/v1/namespaces/kz/leases/l?", 200, "{}");
    (void)kz_kube_logs(k, KZ_STR("shop"), KZ_STR("p"), KZ_STR("c"), true, 20, 90, on_done, &got);
    fake_answer(&f, "GET /api/v1/namespaces/shop/pods/p/log?container=c&previous=true&tailLines=20&sinceSeconds=90",
                200, "{\"level\":\"x\"}\nline 2\n");
    cr_assert_str_eq(got.text, "{\"level\":\"x\"}\nline 2\n");
    cr_assert_eq(got.calls, 7);
}

/* ---- the fence -------------------------------------------------------------------------------- */
static int64_t time_left;

static int64_t left(void *arg)
{
    (void)arg;
    return time_left;
}

static void begin_fenced(void)
{
    begin();
    time_left = 0;
    kz_kube_fence(k, left, NULL);
}

Test(client, writes_wait_for_the_fence_and_reads_pass, .init = begin_fenced, .fini = end)
{
    (void)apply(0);
    (void)kz_kube_create(k, &cm, KZ_STR("v1"), json("{}"), on_done, &got);
    (void)kz_kube_patch(k, &cm, json("{\"x\":[]}"), on_done, &got);
    cr_assert_eq(fake_open(&f), 0);
    cr_assert_eq(kz_kube_writing(k), 3);
    (void)kz_kube_get(k, &cm, on_done, &got);
    fake_answer(&f, "GET", 200, "{}");
    (void)apply(KZ_APPLY_DRY_RUN);
    fake_answer(&f, "dryRun=All", 200, "{}");
    cr_assert_eq(fake_open(&f), 0);
    time_left = 12 * KZ_NS_PER_SEC;
    kz_kube_unfenced(k);
    cr_assert_eq(fake_open(&f), 3);
    fake_answer(&f, "POST", 201, "{}");
    fake_answer(&f, "PATCH", 200, "{}");
    fake_answer(&f, "PATCH", 200, "{}");
    cr_assert_eq(got.calls, 5);
    cr_assert_eq(kz_kube_writing(k), 0);
}

Test(client, a_write_gets_no_more_time_than_is_left, .init = begin_fenced, .fini = end)
{
    static const struct {
        int64_t left_ms, client_ms;
        const char *server;
    } rows[] = {{9500, 9500, "timeout=08s&"}, {14000, 14000, "timeout=13s&"}, {60000, 20000, "timeout=15s&"}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        time_left = rows[i].left_ms * KZ_NS_PER_MS;
        (void)apply(0);
        cr_assert_eq(fake_find(&f, rows[i].server)->req.timeout, rows[i].client_ms * KZ_NS_PER_MS);
        fake_answer(&f, rows[i].server, 200, "{}");
    }
    time_left = 1900 * KZ_NS_PER_MS; /* the server's limit is whole seconds */
    (void)apply(0);
    cr_assert_eq(fake_open(&f), 0);
    time_left = 9 * KZ_NS_PER_SEC;
    kz_kube_unfenced(k);
    fake_answer(&f, "timeout=08s", 200, "{}");
}

/* What was decided before a retry may not hold after it. */
Test(client, a_retry_asks_the_fence_again, .init = begin_fenced, .fini = end)
{
    time_left = 14 * KZ_NS_PER_SEC;
    (void)apply(0);
    fake_break(&f, "PATCH", KZ_E_REMOTE, true);
    time_left = 0;
    fake_run(&f, 60 * KZ_NS_PER_SEC);
    cr_assert_eq(fake_open(&f), 0);
    time_left = 14 * KZ_NS_PER_SEC;
    kz_kube_unfenced(k);
    fake_answer(&f, "PATCH", 200, "{}");
    cr_assert_eq(got.outcome, KZ_DONE);
}

Test(client, a_delete_does_not_wait_for_the_fence, .init = begin_fenced, .fini = end)
{
    (void)kz_kube_delete(k, &cm, KZ_STR("u"), KZ_STR("7"), false, on_done, &got);
    cr_assert_eq(got.calls, 0);
    fake_run(&f, 0);
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.outcome, KZ_TRANSIENT);
    cr_assert_not_null(strstr(got.text, "lease"));
}

/* Else nobody could ever lead; but a Lease that a module brings is a write like others. */
Test(client, the_election_passes_the_fence, .init = begin_fenced, .fini = end)
{
    const struct kz_id lease = {KZ_STR("coordination.k8s.io"), KZ_STR("Lease"), KZ_STR("kz"), KZ_STR("l")};
    const struct kz_id ns = {KZ_STR(""), KZ_STR("Namespace"), KZ_STR(""), KZ_STR("kz")};
    (void)kz_kube_update(k, &lease, KZ_STR("v1"), json("{}"), on_done, &got);
    fake_answer(&f, "PUT", 200, "{}");
    (void)kz_kube_apply(k, &ns, KZ_STR("v1"), json("{}"), KZ_APPLY_UNFENCED, on_done, &got);
    fake_answer(&f, "PATCH /api/v1/namespaces/kz?", 200, "{}");
    cr_assert_eq(got.calls, 2);
    (void)kz_kube_apply(k, &lease, KZ_STR("v1"), json("{}"), 0, on_done, &got);
    cr_assert_eq(fake_open(&f), 0);
}

Test(client, headers)
{
    begin_with((struct kz_kube_options){.impersonate_user = KZ_STR("system:serviceaccount:a:b"),
                                        .user_agent = KZ_STR("kzsync/9")});
    (void)apply(0);
    fake_answer(&f, "[user-agent: kzsync/9] [impersonate-user: system:serviceaccount:a:b]", 200,
                "{}");
    end();
}

/* One line, one fence and one discovery, but the rights of somebody else. */
Test(client, calls_as_another_user)
{
    begin_with((struct kz_kube_options){.impersonate_user = KZ_STR("admin"), .user_agent = KZ_STR("kzsync/9")});
    struct kz_kube *robot = kz_kube_as(k, KZ_STR("system:serviceaccount:a:robot"));
    cr_assert_eq(kz_kube_as(k, KZ_STR("")), k);
    cr_assert_eq(kz_kube_as(k, KZ_STR("system:serviceaccount:a:robot")), robot);
    cr_assert_neq(kz_kube_as(k, KZ_STR("system:serviceaccount:a:other")), robot);
    cr_assert_not_null(kz_kube_api(robot, KZ_STR(""), KZ_STR("v1"), KZ_STR("ConfigMap")));
    (void)kz_kube_get(robot, &cm, on_done, &got);
    fake_answer(&f, "[user-agent: kzsync/9] [impersonate-user: system:serviceaccount:a:robot]", 200, "{}");
    cr_assert_eq(got.outcome, KZ_DONE);
    (void)kz_kube_get(k, &cm, on_done, &got);
    fake_answer(&f, "[user-agent: kzsync/9] [impersonate-user: admin]", 200, "{}");
    cr_assert_eq(got.calls, 2);
    kz_kube_cancel(robot, kz_kube_get(robot, &cm, on_done, &got));
    (void)kz_kube_get(k, &cm, on_done, &got);
    fake_answer(&f, "[user-agent: kzsync/9] [impersonate-user: admin]", 200, "{}");
    cr_assert_eq(got.calls, 3);
    end();
}

static const char *only; /* the name that the gate lets through */

static int allows(void *arg, struct kz_str who, const struct kz_id *id, struct kz_err *err)
{
    cr_expect_eq(arg, (void *)&only);
    cr_expect(kz_str_is(who, "team-a"));
    return kz_str_is(id->name, only) ? 0 : kz_fail(err, KZ_E_DENIED, "not yours");
}

/* Nothing that would change something leaves the line without being asked about, and that when it leaves. */
Test(client, writes_are_asked_about_at_the_gate, .init = begin, .fini = end)
{
    const struct kz_kube_gate gate = {KZ_STR("team-a"), allows, &only};
    const struct kz_str user = KZ_STR("system:serviceaccount:a:robot");
    struct kz_kube *robot = kz_kube_gated(k, user, &gate);
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *body = kz_value_map(a), *ops = kz_value_list(a);
    cr_assert_eq(kz_kube_gated(k, user, &gate), robot);
    cr_assert_neq(kz_kube_as(k, user), robot);
    only = "nothing";
    int calls = got.calls;
    (void)kz_kube_apply(robot, &cm, KZ_STR("v1"), body, KZ_APPLY_DRY_RUN, on_done, &got);
    (void)kz_kube_apply(robot, &cm, KZ_STR("v1"), body, KZ_APPLY_FORCE, on_done, &got);
    (void)kz_kube_create(robot, &cm, KZ_STR("v1"), body, on_done, &got);
    (void)kz_kube_update(robot, &cm, KZ_STR("v1"), body, on_done, &got);
    (void)kz_kube_patch(robot, &cm, ops, on_done, &got);
    (void)kz_kube_delete(robot, &cm, KZ_STR("u"), KZ_STR("7"), 0, on_done, &got);
    (void)kz_kube_delete(robot, &cm, KZ_STR("u"), KZ_STR("7"), KZ_DELETE_DRY_RUN, on_done, &got);
    fake_run(&f, KZ_NS_PER_SEC);
    cr_assert_eq(got.calls, calls + 7);
    cr_expect_eq(got.outcome, KZ_REFUSED);
    cr_expect_not(fake_has(&f, "configmaps"), "a request was made all the same");
    (void)kz_kube_get(robot, &cm, on_done, &got); /* what is read is for who asks to judge */
    fake_answer(&f, "[impersonate-user: system:serviceaccount:a:robot]", 200, "{}");
    cr_expect_eq(got.outcome, KZ_DONE);
    (void)kz_kube_apply(kz_kube_as(k, user), &cm, KZ_STR("v1"), body, 0, on_done, &got);
    fake_answer(&f, "PATCH", 200, "{}");
    cr_expect_eq(got.outcome, KZ_DONE, "who has no gate is not asked");
    only = cm.name.ptr;
    (void)kz_kube_apply(robot, &cm, KZ_STR("v1"), body, 0, on_done, &got);
    only = "nothing"; /* the rule changes while it is tried again */
    fake_answer(&f, "PATCH", 503, "");
    fake_run(&f, 30 * KZ_NS_PER_SEC);
    cr_expect_eq(got.outcome, KZ_REFUSED);
    cr_expect_not(fake_has(&f, "PATCH"));
}

Test(client, how_a_delete_goes_on, .init = begin, .fini = end)
{
    static const struct {
        unsigned flags;
        const char *want;
    } rows[] = {
        {0, "\"propagationPolicy\":\"Background\""},
        {KZ_DELETE_FOREGROUND, "\"propagationPolicy\":\"Foreground\""},
        {KZ_DELETE_ORPHAN, "\"propagationPolicy\":\"Orphan\""},
        {KZ_DELETE_ORPHAN | KZ_DELETE_DRY_RUN, "\"propagationPolicy\":\"Orphan\",\"dryRun\":[\"All\"]"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        (void)kz_kube_delete(k, &cm, KZ_STR("u"), KZ_STR("7"), rows[i].flags, on_done, &got);
        const struct fake_request *r = fake_find(&f, "DELETE");
        cr_expect(kz_str_has(r->req.body, kz_str(rows[i].want)), "%zu: " KZ_FMT, i, KZ_ARG(r->req.body));
        fake_answer(&f, "DELETE", 200, "{\"kind\":\"Status\",\"status\":\"Success\"}");
    }
}

Test(client, texts_that_are_no_objects, .init = begin, .fini = end)
{
    (void)kz_kube_text(k, KZ_STR("/openapi/v3/apis/apps/v1?hash=AB"), on_done, &got);
    fake_answer(&f, "GET /openapi/v3/apis/apps/v1?hash=AB", 200, "any text");
    cr_assert_eq(got.outcome, KZ_DONE);
    (void)kz_kube_apply(k, &cm, KZ_STR("v1"), json("{}"), KZ_APPLY_LENIENT, on_done, &got);
    fake_answer(&f, "fieldValidation=Ignore", 200, "{}");
    cr_assert_eq(got.calls, 2);
}

Test(client, unknown_kind_answers_from_the_loop, .init = begin, .fini = end)
{
    const struct kz_id id = {KZ_STR("x.io"), KZ_STR("Thing"), KZ_STR("a"), KZ_STR("b")};
    cr_assert_neq(kz_kube_get(k, &id, on_done, &got), 0);
    (void)kz_kube_list(k, KZ_STR("x.io"), KZ_STR("Thing"), KZ_STR(""), KZ_STR(""), on_done, &got);
    uint64_t cancelled = kz_kube_get(k, &id, on_done, &got);
    kz_kube_cancel(k, cancelled);
    kz_kube_cancel(k, cancelled);
    kz_kube_cancel(k, 0);
    cr_assert_eq(got.calls, 0);
    fake_run(&f, 0);
    cr_assert_eq(got.calls, 2);
    cr_assert_eq(got.outcome, KZ_NO_KIND);
}

Test(client, too_large_is_not_sent, .init = begin, .fini = end)
{
    struct kz_value *body = kz_value_map(arena);
    size_t n = 3 << 20;
    char *big = malloc(n);
    memset(big, 'x', n);
    kz_value_set(arena, body, KZ_STR("a"), kz_value_str(arena, kz_str_n(big, n)));
    (void)kz_kube_apply(k, &cm, KZ_STR(""), body, 0, on_done, &got);
    free(big);
    fake_run(&f, 0);
    cr_assert_eq(got.outcome, KZ_REFUSED);
    cr_assert_str_eq(
        got.text,
        "apply ConfigMap shop/web: the object has 3145736 bytes, the API server takes 3145728");
}

/* ---- retries --------------------------------------------------------------------------------- */
Test(client, retries_then_gives_up, .init = begin, .fini = end)
{
    (void)apply(0);
    for (int i = 0; i < 4; i++) {
        fake_answer(&f, "PATCH", 503, "gone fishing");
        cr_assert_eq(fake_open(&f), 0);
        cr_assert_eq(got.calls, 0);
        fake_run(&f, 10 * KZ_NS_PER_SEC);
    }
    fake_answer(&f, "PATCH", 503, "gone fishing");
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.outcome, KZ_TRANSIENT);
    cr_assert_eq(kz_kube_stats(k)->retries, 4);
}

Test(client, lost_reply_of_an_apply_is_sent_again, .init = begin, .fini = end)
{
    (void)apply(0);
    fake_break(&f, "PATCH", KZ_E_REMOTE, true);
    fake_run(&f, KZ_NS_PER_SEC);
    fake_answer(&f, "PATCH", 200, "{\"kind\":\"ConfigMap\",\"metadata\":{\"na"); /* cut */
    fake_run(&f, KZ_NS_PER_SEC);
    fake_answer(&f, "PATCH", 200, "{}");
    cr_assert_eq(got.outcome, KZ_DONE);
}

Test(client, unguarded_delete_with_unknown_outcome_is_not_sent_again, .init = begin, .fini = end)
{
    (void)kz_kube_delete(k, &cm, KZ_STR(""), KZ_STR(""), false, on_done, &got);
    fake_break(&f, "DELETE", KZ_E_REMOTE, true);
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.outcome, KZ_TRANSIENT);
    (void)kz_kube_delete(k, &cm, KZ_STR(""), KZ_STR(""), false, on_done, &got);
    fake_break(&f, "DELETE", KZ_E_REMOTE, false); /* it never left */
    cr_assert_eq(got.calls, 1);
    fake_run(&f, KZ_NS_PER_SEC);
    fake_answer(&f, "DELETE", 404, "{\"status\":\"Failure\",\"details\":{\"name\":\"web\"}}");
    cr_assert_eq(got.outcome, KZ_NO_OBJECT);
    (void)kz_kube_delete(k, &cm, KZ_STR("u"), KZ_STR(""), false, on_done, &got);
    fake_break(&f, "DELETE", KZ_E_REMOTE, true);
    fake_run(&f, KZ_NS_PER_SEC);
    fake_answer(&f, "DELETE", 200, "{}");
    cr_assert_eq(got.outcome, KZ_DONE);
}

static bool right;

static bool is_right(void *arg)
{
    cr_assert_eq(arg, &got);
    return right;
}

/* In line behind others, and before another try. */
Test(client, a_delete_is_sent_while_it_is_right, .fini = end)
{
    struct got other = {0};
    begin_with((struct kz_kube_options){.max_parallel = 1});
    for (int now_wrong = 0; now_wrong < 2; now_wrong++) {
        got = (struct got){0};
        right = true;
        (void)kz_kube_get(k, &cm, on_done, &other);
        (void)kz_kube_delete_while(k, &cm, KZ_STR("u"), KZ_STR(""), 0, is_right, on_done, &got);
        right = now_wrong == 0;
        fake_answer(&f, "GET", 200, "{}");
        cr_assert_eq(fake_has(&f, "DELETE"), right);
        if (right)
            fake_break(&f, "DELETE", KZ_E_REMOTE, true);
        right = false;
        fake_run(&f, KZ_NS_PER_SEC);
        cr_assert_eq(fake_open(&f), 0);
        cr_assert(got.calls == 1 && got.outcome == KZ_TRANSIENT);
        cr_assert_not_null(strstr(got.text, "not right any more"));
    }
}

Test(client, retry_after_holds_everything_but_leases, .init = begin, .fini = end)
{
    const struct kz_id lease = {KZ_STR("coordination.k8s.io"), KZ_STR("Lease"), KZ_STR("kz"),
                                KZ_STR("l")};
    (void)apply(0);
    fake_answer_full(&f, "PATCH",
                     &(struct kz_http_reply){.status = 429,
                                             .retry_after = 5 * KZ_NS_PER_SEC,
                                             .body = KZ_STR("Too many requests")});
    (void)kz_kube_get(k, &cm, on_done, &got);
    cr_assert_eq(fake_open(&f), 0);
    fake_run(&f, KZ_NS_PER_SEC / 2);
    int64_t oldest;
    cr_assert_eq(kz_kube_line(&oldest, k), 1);
    cr_assert_eq(oldest, KZ_NS_PER_SEC / 2);
    (void)kz_kube_update(k, &lease, KZ_STR(""), json("{}"), on_done, &got);
    fake_answer(&f, "PUT", 200, "{}");
    fake_run(&f, 4 * KZ_NS_PER_SEC);
    cr_assert_eq(fake_open(&f), 0);
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    cr_assert_eq(fake_open(&f), 2);
    cr_assert_eq(kz_kube_line(&oldest, k), 0);
    cr_assert_eq(oldest, 0);
    fake_answer(&f, "GET", 200, "{}");
    fake_answer(&f, "PATCH", 200, "{}");
    cr_assert_eq(got.calls, 3);
    const struct kz_kube_stats *stats = kz_kube_stats(k);
    cr_assert_eq(stats->throttled, 1);
    cr_assert_eq(stats->held, 5 * KZ_NS_PER_SEC);
    cr_assert_eq(stats->by[KZ_VERB_APPLY][KZ_CODE_4XX][KZ_RESOURCE_CONFIG], 1);
    cr_assert_eq(stats->by[KZ_VERB_APPLY][KZ_CODE_2XX][KZ_RESOURCE_CONFIG], 1);
    cr_assert_eq(stats->by[KZ_VERB_UPDATE][KZ_CODE_2XX][KZ_RESOURCE_LEASES], 1);
}

Test(client, lease_is_tried_once, .init = begin, .fini = end)
{
    const struct kz_id lease = {KZ_STR("coordination.k8s.io"), KZ_STR("Lease"), KZ_STR("kz"),
                                KZ_STR("l")};
    (void)kz_kube_update(k, &lease, KZ_STR(""), json("{}"), on_done, &got);
    cr_assert_eq(fake_find(&f, "PUT")->req.timeout, 5 * KZ_NS_PER_SEC);
    fake_answer(&f, "PUT", 503, "");
    cr_assert_eq(got.calls, 1);
}

Test(client, slots_and_cancel)
{
    uint64_t ids[6];
    begin_with((struct kz_kube_options){.max_parallel = 2});
    for (size_t i = 0; i < 6; i++)
        ids[i] = apply(0);
    cr_assert_eq(fake_open(&f), 2);
    kz_kube_cancel(k, ids[0]); /* running: its slot goes to the next */
    cr_assert_eq(fake_open(&f), 2);
    kz_kube_cancel(k, ids[5]); /* waiting */
    for (size_t i = 1; i < 5; i++) {
        fake_answer(&f, "PATCH", 200, "{}");
        cr_assert_eq(got.id, ids[i]);
    }
    cr_assert_eq(fake_open(&f), 0);
    (void)apply(0);
    (void)apply(0);
    (void)apply(0);
    end(); /* freed in flight: no callback */
    cr_assert_eq(got.calls, 4);
}

Test(client, retry_budget, .init = begin, .fini = end)
{
    /* 32 retries are in hand; a hundred calls that all fail get little more. */
    for (int i = 0; i < 100; i++)
        (void)apply(0);
    for (int rounds = 0; rounds < 10000 && got.calls < 100; rounds++) {
        while (fake_has(&f, "PATCH"))
            fake_answer(&f, "PATCH", 500, "");
        fake_run(&f, 10 * KZ_NS_PER_MS);
    }
    cr_assert_eq(got.calls, 100);
    cr_assert_lt(kz_kube_stats(k)->retries, 60);
}

Test(client, secrets_text_is_withheld, .init = begin, .fini = end)
{
    const struct kz_id id = {KZ_STR(""), KZ_STR("Secret"), KZ_STR("shop"), KZ_STR("key")};
    (void)kz_kube_apply(k, &id, KZ_STR(""), json("{}"), 0, on_done, &got);
    fake_answer(
        &f, "PATCH", 422,
        "{\"status\":\"Failure\",\"reason\":\"Invalid\",\"message\":\"x hunter2\",\"details\":{"
        "\"causes\":[{\"reason\":\"FieldValueInvalid\",\"message\":\"Invalid value: hunter2\","
        "\"field\":\"data[a]\"}]},\"code\":422}");
    cr_assert_str_eq(got.text, "apply Secret shop/key: data[a]: FieldValueInvalid");
}

/* "Not changed" is an answer to who has asked whether it has; a log that is not there is no log. */
Test(client, answers_that_nobody_asked_for, .init = begin, .fini = end)
{
    (void)kz_kube_get(k, &cm, on_done, &got);
    fake_answer(&f, "GET", 304, "");
    cr_assert_neq(got.outcome, KZ_DONE);
    (void)kz_kube_logs(k, KZ_STR("shop"), KZ_STR("p"), KZ_STR("c"), true, 20, 0, on_done, &got);
    fake_answer(&f, "/log?", 400, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"BadRequest\",\"code\":400,"
                                  "\"message\":\"previous terminated container \\\"c\\\" not found\"}");
    cr_assert_eq(got.outcome, KZ_REFUSED);
    cr_assert_not_null(strstr(got.text, "previous terminated container"), "%s", got.text);
}

/* A reply that cannot be read is not quoted either: neither its text nor what the reader says of it. */
Test(client, a_secrets_unreadable_reply_is_withheld, .init = begin, .fini = end)
{
    const struct kz_id id = {KZ_STR(""), KZ_STR("Secret"), KZ_STR("shop"), KZ_STR("key")};
    (void)kz_kube_get(k, &id, on_done, &got);
    for (int i = 0; i < 20 && got.calls == 0; i++) {
        fake_answer(&f, "GET", 200, "{\"data\":{\"hunter2\":");
        fake_run(&f, 60 * KZ_NS_PER_SEC);
    }
    cr_assert_eq(got.calls, 1);
    cr_assert_str_eq(got.text, "read Secret shop/key: the reply of the API server can't be read");
}

/* ---- list ------------------------------------------------------------------------------------ */
#define PAGE(more, items)                                                                          \
    "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"9\","   \
    "\"continue\":\"" more "\"},\"items\":[" items "]}"

static void on_list(void *arg, uint64_t id, const struct kz_result *res)
{
    on_done(arg, id, res);
    for (size_t i = 0; res->outcome == KZ_DONE && i < kz_value_len(res->body); i++) {
        cr_assert(kz_str_is(kz_value_path_str(kz_value_at(res->body, i), "kind"), "ConfigMap"));
        cr_assert(kz_str_is(kz_value_path_str(kz_value_at(res->body, i), "apiVersion"), "v1"));
    }
}

Test(list, pages_and_410, .init = begin, .fini = end)
{
    (void)kz_kube_list(k, KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), KZ_STR("a=b"), on_list,
                       &got);
    fake_answer(&f, "GET /api/v1/namespaces/shop/configmaps?limit=500&labelSelector=a%3Db", 200,
                PAGE("t=1", "{\"metadata\":{\"name\":\"a\"}}"));
    fake_answer(
        &f, "labelSelector=a%3Db&continue=t%3D1", 410,
        "{\"metadata\":{\"continue\":\"zz\"},\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410}");
    fake_answer(&f, "labelSelector=a%3Db", 200,
                PAGE("t2", "{\"metadata\":{\"name\":\"a\"}},{\"kind\":\"ConfigMap\"}"));
    fake_answer(&f, "continue=t2", 503, "");
    fake_run(&f, KZ_NS_PER_SEC);
    fake_answer(&f, "continue=t2", 200, PAGE("", "{\"metadata\":{\"name\":\"c\"}}"));
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.outcome, KZ_DONE);
    cr_assert_eq(got.items, 3);
}

Test(list, gives_up_after_many_410, .init = begin, .fini = end)
{
    (void)kz_kube_list(k, KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR(""), KZ_STR(""), on_list, &got);
    for (int i = 0; i < 4; i++)
        fake_answer(&f, "GET /api/v1/configmaps", 410, "{\"status\":\"Failure\",\"code\":410}");
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.outcome, KZ_TRANSIENT);
}

/* Who asks by a version gets that one, or nothing; who sets a bound is told. */
Test(list, at_a_version, .init = begin, .fini = end)
{
    const struct kz_id job = {.group = KZ_STR("batch"), .kind = KZ_STR("Job"), .ns = KZ_STR("shop"),
                              .name = KZ_STR("j")};
    (void)kz_kube_get_at(k, &job, KZ_STR("v1beta1"), on_done, &got);
    fake_answer(&f, "GET /apis/batch/v1beta1/namespaces/shop/jobs/j", 200, "{\"a\":1}");
    cr_assert_eq(got.outcome, KZ_DONE);
    (void)kz_kube_list_at(k, &job, KZ_STR("v1beta1"), 0, on_done, &got);
    fake_answer(&f, "GET /apis/batch/v1beta1/namespaces/shop/jobs?limit=500", 200, PAGE("", "{}"));
    cr_assert_eq(got.outcome, KZ_DONE);
    (void)kz_kube_get_at(k, &job, KZ_STR("v9"), on_done, &got);
    (void)kz_kube_list_at(k, &job, KZ_STR("v9"), 0, on_done, &got);
    fake_run(&f, 1);
    cr_assert_eq(got.calls, 4);
    cr_assert_eq(got.outcome, KZ_NO_KIND);
}

Test(list, larger_than_its_bound, .init = begin, .fini = end)
{
    (void)kz_kube_list_at(k, &(struct kz_id){.kind = KZ_STR("ConfigMap")}, KZ_STR("v1"), 200, on_done, &got);
    fake_answer(&f, "GET /api/v1/configmaps?limit=500", 200, PAGE("t", "{\"metadata\":{\"name\":\"a\"}}"));
    cr_assert_eq(got.calls, 0);
    fake_answer(&f, "continue=t", 200,
                PAGE("t2", "{\"data\":{\"k\":\"0123456789012345678901234567890123456789012345678901234567890123456789"
                           "0123456789012345678901234567890123456789\"}}"));
    cr_assert_eq(got.calls, 1);
    cr_assert_eq(got.outcome, KZ_REFUSED);
    cr_assert_not_null(strstr(got.text, "the list is larger than"), "%s", got.text);
    cr_assert_eq(fake_open(&f), 0);
}

/* ---- the client goes in a callback ------------------------------------------------------------ */
static void free_it(void *arg, uint64_t id, const struct kz_result *res)
{
    (void)id;
    (void)res;
    kz_kube_free(k);
    k = NULL;
    (*(int *)arg)++;
}

static void free_it_plain(void *arg, const struct kz_err *err)
{
    (void)err;
    free_it(arg, 0, NULL);
}

Test(client, may_be_freed_in_any_callback)
{
    int freed = 0;
    for (int i = 0; i < 4; i++) {
        begin();
        (void)apply(0);
        if (i == 0)
            (void)kz_kube_get(k, &cm, free_it, &freed);
        if (i == 1)
            (void)kz_kube_list(k, KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR(""), KZ_STR(""), free_it,
                               &freed);
        if (i == 2)
            (void)kz_kube_get(k, &(struct kz_id){.kind = KZ_STR("None")}, free_it, &freed);
        if (i == 3) {
            kz_kube_discover(k, free_it_plain, &freed);
            kz_kube_discover(k, free_it_plain, &freed);
            fake_discovery(&f);
        } else if (i == 2) {
            fake_run(&f, 0);
        } else {
            fake_answer(&f, "GET", 200, "{}");
        }
        cr_assert_null(k);
        end();
        cr_assert_eq(got.calls, 0);
    }
    cr_assert_eq(freed, 4);
}

Test(client, kinds_have_classes)
{
    static const char *const rows[][3] = {
        {"", "ConfigMap", "config"},       {"", "Secret", "config"},        {"apps", "Deployment", "workloads"},
        {"batch", "CronJob", "workloads"}, {"", "Pod", "pods"},             {"", "", "none"},
        {"", "Node", "other"},             {"example.com", "Pod", "custom"}, {"policy", "PodDisruptionBudget", "other"},
        {"metrics.k8s.io", "PodMetrics", "other"}, {"coordination.k8s.io", "Lease", "leases"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_expect_str_eq(kz_resource_class_name(kz_resource_class(kz_str(rows[i][0]), kz_str(rows[i][1]))), rows[i][2]);
    static const int statuses[] = {0, 101, 200, 304, 404, 503, 600};
    static const char *const classes[] = {"none", "none", "2xx", "3xx", "4xx", "5xx", "none"};
    for (size_t i = 0; i < kz_countof(statuses); i++)
        cr_expect_str_eq(kz_code_class_name(kz_code_class(statuses[i])), classes[i]);
}
