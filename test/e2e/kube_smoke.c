/* SPDX-License-Identifier: Apache-2.0
 *
 * engine/kube against a real API server, as the environment's KUBECONFIG names it. Each step prints a
 * line; the first one that goes wrong ends the program with 1. Leaves its namespace behind: the server
 * is a test cluster.
 *
 * kube_smoke            every call once, lists and watches of 1000 objects, a kind that comes and goes
 * kube_smoke steady N   writes and watches one object for N seconds, whatever happens to the server
 *                       meanwhile; then the watch must show the last write */
#include "base/backoff.h"
#include "kube/credential.h"
#include "kube/watch.h"
#include "value/json.h"

#include <stdio.h>
#include <unistd.h>

static struct kz_loop *loop;
static struct kz_env env;
static struct kz_kube *kube;
static struct kz_arena *arena;

/* The last answer. */
static struct {
    bool came;
    enum kz_outcome outcome;
    int status;
    size_t n;
    char err[2048], rv[64], uid[64], kind[64], conflict[256];
} got;

static int64_t began;

static void fail(const char *what)
{
    printf("FAIL %s: outcome %d, HTTP %d, %s\n", what, (int)got.outcome, got.status, got.err);
    exit(1);
}

static void ok(const char *what)
{
    printf("ok   %-58s %6.1f ms  %s%s\n", what, (double)(kz_env_mono(&env) - began) / 1e6,
           got.err[0] != '\0' ? "| " : "", got.err);
    began = kz_env_mono(&env);
}

static void copy(char *dst, size_t size, struct kz_str s)
{
    (void)snprintf(dst, size, KZ_FMT, KZ_ARG(s));
}

static void on_done(void *arg, uint64_t id, const struct kz_result *res)
{
    (void)arg;
    (void)id;
    got.came = true;
    got.outcome = res->outcome;
    got.status = res->status;
    got.n = kz_value_len(res->body);
    got.err[0] = got.conflict[0] = '\0';
    if (res->err != NULL)
        (void)kz_err_line(got.err, sizeof got.err, res->err);
    copy(got.rv, sizeof got.rv, kz_value_path_str(res->body, "metadata.resourceVersion"));
    copy(got.uid, sizeof got.uid, kz_value_path_str(res->body, "metadata.uid"));
    copy(got.kind, sizeof got.kind, kz_value_path_str(res->body, "kind"));
    if (res->n_conflicts > 0)
        (void)snprintf(got.conflict, sizeof got.conflict, KZ_FMT "=" KZ_FMT " of %zu",
                       KZ_ARG(res->conflicts[0].manager), KZ_ARG(res->conflicts[0].path),
                       res->n_conflicts);
    kz_loop_stop(loop);
}

static void on_plain(void *arg, const struct kz_err *err)
{
    (void)arg;
    got.came = true;
    got.err[0] = '\0';
    got.outcome = err == NULL ? KZ_DONE : KZ_TRANSIENT;
    if (err != NULL)
        (void)kz_err_line(got.err, sizeof got.err, err);
    kz_loop_stop(loop);
}

static void late(void *arg, uint64_t id)
{
    (void)id;
    *(bool *)arg = true;
    kz_loop_stop(loop);
}

/* Runs the loop until *flag, at most 30 s. */
static void await(const bool *flag, const char *what)
{
    bool over = false;
    uint64_t timer = kz_env_timer(&env, 30 * KZ_NS_PER_SEC, late, &over);
    while (!*flag && !over)
        kz_loop_run(loop);
    if (over)
        fail(what);
    kz_env_timer_stop(&env, &timer);
}

static void expect(enum kz_outcome outcome, const char *what)
{
    await(&got.came, what);
    got.came = false;
    if (got.outcome != outcome)
        fail(what);
    ok(what);
}

static void expect_that(bool cond, const char *what)
{
    if (!cond)
        fail(what);
}

static void pause_for(int64_t ns)
{
    bool over = false;
    (void)kz_env_timer(&env, ns, late, &over);
    while (!over)
        kz_loop_run(loop);
    began = kz_env_mono(&env);
}

static struct kz_value *json(const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    if (kz_json_read(&v, arena, kz_str(text), KZ_STR("test"), &err) < 0) {
        printf("FAIL %s\n", text);
        exit(1);
    }
    return v;
}

static struct kz_str ns;

static struct kz_id id_of(const char *group, const char *kind, const char *name)
{
    return (struct kz_id){kz_str(group), kz_str(kind), ns, kz_str(name)};
}

static void apply(const struct kz_id *id, const char *text, unsigned flags)
{
    (void)kz_kube_apply(kube, id, KZ_STR(""), json(text), flags, on_done, NULL);
}

/* ---- watch ----------------------------------------------------------------------------------- */
static struct {
    bool synced, seen_change, seen_delete, gone;
    char want_rv[64];
    size_t objects, errors;
} eyes;

static void on_event(void *arg, struct kz_watch *w, enum kz_watch_event ev,
                     const struct kz_value *obj, const struct kz_err *err)
{
    char line[1024];
    struct kz_str rv = kz_value_path_str(obj, "metadata.resourceVersion");
    (void)arg;
    (void)w;
    switch (ev) {
    case KZ_WATCH_RESET:
        eyes.synced = false;
        return;
    case KZ_WATCH_OBJECT:
        eyes.objects++;
        eyes.seen_change = eyes.seen_change || (eyes.synced && kz_str_is(rv, eyes.want_rv));
        copy(eyes.want_rv, sizeof eyes.want_rv, rv);
        break;
    case KZ_WATCH_DELETED:
        eyes.seen_delete = true;
        break;
    case KZ_WATCH_SYNCED:
        eyes.synced = true;
        break;
    case KZ_WATCH_ERROR:
        eyes.errors++;
        printf("     watch: %s\n", kz_err_line(line, sizeof line, err));
        break;
    case KZ_WATCH_GONE:
        eyes.gone = true;
        break;
    }
    kz_loop_stop(loop);
}

/* ---- steps ----------------------------------------------------------------------------------- */
static void discovery(void)
{
    kz_kube_discover(kube, on_plain, NULL);
    expect(KZ_DONE, "discovery");
    kz_kube_discover(kube, on_plain, NULL);
    expect(KZ_DONE, "discovery again (304)");
    const struct kz_api *api =
        kz_kube_api(kube, KZ_STR("autoscaling"), KZ_STR(""), KZ_STR("HorizontalPodAutoscaler"));
    expect_that(api != NULL && kz_str_is(api->version, "v2"), "autoscaling prefers v2");
    struct kz_value *list = kz_value_list(arena);
    kz_kube_api_versions(kube, arena, list);
    printf("     server " KZ_FMT ", %zu API versions and kinds\n", KZ_ARG(kz_kube_version(kube)),
           kz_value_len(list));
}

static void applies(void)
{
    const struct kz_id space = {KZ_STR(""), KZ_STR("Namespace"), KZ_STR(""), ns};
    const struct kz_id cm = id_of("", "ConfigMap", "c1");
    const struct kz_id deploy = id_of("apps", "Deployment", "web");
    char text[512];
    char rv[64], uid[64];
    apply(&cm, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c1\"}}", 0);
    expect(KZ_NO_OBJECT, "apply into a namespace that is missing");
    (void)snprintf(text, sizeof text,
                   "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" KZ_FMT
                   "\"}}",
                   KZ_ARG(ns));
    apply(&space, text, 0);
    expect(KZ_DONE, "apply a namespace");
    (void)kz_kube_get(kube, &cm, on_done, NULL);
    expect(KZ_NO_OBJECT, "get what is not there");
    apply(
        &cm,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c1\"},\"data\":{\"x\":\"/\xf0\x9f\x98\x80\\u0001\\u2028\"}}",
        KZ_APPLY_DRY_RUN);
    expect(KZ_DONE, "apply dry run");
    (void)kz_kube_get(kube, &cm, on_done, NULL);
    expect(KZ_NO_OBJECT, "a dry run leaves nothing");
    apply(
        &cm,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c1\"},\"data\":{\"x\":\"/\xf0\x9f\x98\x80\\u0001\\u2028\"}}",
        0);
    expect(KZ_DONE, "apply creates");
    expect_that(got.status == 201, "201");
    copy(rv, sizeof rv, kz_str(got.rv));
    copy(uid, sizeof uid, kz_str(got.uid));
    apply(
        &cm,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c1\"},\"data\":{\"x\":\"/\xf0\x9f\x98\x80\\u0001\\u2028\"}}",
        0);
    expect(KZ_DONE, "apply of the same");
    expect_that(strcmp(rv, got.rv) == 0, "same resourceVersion");
    apply(
        &cm,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c1\"},\"data\":{\"x\":\"2\"}}",
        0);
    expect(KZ_DONE, "apply of a change");
    expect_that(strcmp(rv, got.rv) != 0, "new resourceVersion");
    (void)snprintf(
        text, sizeof text,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c1\",\"resourceVersion\":\"%s\"},\"data\":{\"x\":\"3\"}}",
        rv);
    apply(&cm, text, 0);
    expect(KZ_MOVED_ON, "apply with an old resourceVersion");
    apply(
        &cm,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c1\",\"uid\":\"6d2a1b1e-0000-0000-0000-000000000000\"},\"data\":{\"x\":\"3\"}}",
        0);
    expect(KZ_MOVED_ON, "apply with a wrong uid");
    apply(&cm,
          "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c1\"},\"foo\":1}",
          0);
    expect(KZ_REFUSED, "apply with an unknown field");
    (void)kz_kube_patch(kube, &cm, json("{\"bad\":1}"), on_done, NULL);
    expect(KZ_REFUSED, "a patch that is none");
    apply(
        &deploy,
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":-1,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\"}]}}}}",
        0);
    expect(KZ_REFUSED, "apply of an invalid Deployment");
    apply(
        &deploy,
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":0,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}",
        0);
    expect(KZ_DONE, "apply of a Deployment");
    apply(
        &deploy,
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":0,\"selector\":{\"matchLabels\":{\"a\":\"c\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"c\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}",
        0);
    expect(KZ_IMMUTABLE, "apply of another selector");
    (void)kz_kube_delete(kube, &cm, KZ_STR("6d2a1b1e-0000-0000-0000-000000000000"), KZ_STR(""),
                         false, on_done, NULL);
    expect(KZ_MOVED_ON, "delete with a wrong uid");
    (void)kz_kube_delete(kube, &cm, kz_str(uid), KZ_STR("1"), false, on_done, NULL);
    expect(KZ_MOVED_ON, "delete with an old resourceVersion");
    (void)kz_kube_delete(kube, &cm, kz_str(uid), KZ_STR(""), true, on_done, NULL);
    expect(KZ_DONE, "delete dry run");
    (void)kz_kube_delete(kube, &cm, kz_str(uid), KZ_STR(""), false, on_done, NULL);
    expect(KZ_DONE, "delete");
    (void)kz_kube_delete(kube, &cm, kz_str(uid), KZ_STR(""), false, on_done, NULL);
    expect(KZ_NO_OBJECT, "delete again");
}

/* A field that another manager owns: created by POST under kzsync's Update entry. */
static void conflicts(void)
{
    const struct kz_id cm = id_of("", "ConfigMap", "taken");
    (void)kz_kube_create(
        kube, &cm, KZ_STR(""),
        json(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"taken\"},\"data\":{\"x\":\"1\"}}"),
        on_done, NULL);
    expect(KZ_DONE, "create");
    (void)kz_kube_create(
        kube, &cm, KZ_STR(""),
        json("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"taken\"}}"),
        on_done, NULL);
    expect(KZ_MOVED_ON, "create again");
    (void)kz_kube_update(
        kube, &cm, KZ_STR(""),
        json(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"taken\",\"resourceVersion\":\"1\"}}"),
        on_done, NULL);
    expect(KZ_MOVED_ON, "update with an old resourceVersion");
    (void)kz_kube_patch(
        kube, &cm,
        json(
            "{\"x\":[{\"op\":\"replace\",\"path\":\"/metadata/managedFields/0/manager\",\"value\":\"kubectl-edit\"}]}")
            ->as.map.at[0]
            .val,
        on_done, NULL);
    expect(KZ_DONE, "patch: the field belongs to kubectl-edit now");
    apply(
        &cm,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"taken\"},\"data\":{\"x\":\"2\"}}",
        0);
    expect(KZ_TAKEN, "apply over it");
    expect_that(strcmp(got.conflict, "kubectl-edit=.data.x of 1") == 0, got.conflict);
    apply(
        &cm,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"taken\"},\"data\":{\"x\":\"2\"}}",
        KZ_APPLY_FORCE);
    expect(KZ_DONE, "apply with force");
}

static void lists(void)
{
    for (int i = 0; i < 3; i++) {
        const char *const names[] = {"l0", "l1", "l2"};
        const struct kz_id id = id_of("", "Secret", names[i]);
        apply(
            &id,
            "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"labels\":{\"l\":\"yes\"}},\"data\":{}}",
            0);
        expect(i < 3 ? KZ_REFUSED : KZ_DONE,
               "apply of a Secret without name is refused, text withheld");
        if (i == 0)
            break;
    }
    (void)kz_kube_list(kube, KZ_STR(""), KZ_STR("ServiceAccount"), KZ_STR("kube-system"),
                       KZ_STR(""), on_done, NULL);
    expect(KZ_DONE, "list ServiceAccounts");
    printf("     %zu items\n", got.n);
    (void)kz_kube_list(kube, KZ_STR("rbac.authorization.k8s.io"), KZ_STR("ClusterRole"), KZ_STR(""),
                       KZ_STR("kubernetes.io/bootstrapping"), on_done, NULL);
    expect(KZ_DONE, "list ClusterRoles by label");
    expect_that(got.n > 30, "many ClusterRoles");
}

static void watches(void)
{
    const struct kz_id cm = id_of("", "ConfigMap", "seen");
    struct kz_watch *w =
        kz_watch_open(kube, KZ_STR(""), KZ_STR("ConfigMap"), ns, KZ_STR(""), on_event, NULL);
    await(&eyes.synced, "watch: synced");
    ok("watch: list and sync");
    apply(
        &cm,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"seen\"},\"data\":{\"x\":\"1\"}}",
        0);
    size_t before = eyes.objects;
    while (eyes.objects == before || !got.came)
        kz_loop_run(loop);
    got.came = false;
    expect_that(strcmp(eyes.want_rv, got.rv) == 0, "the event has the version of the answer");
    ok("watch: sees our own write");
    (void)kz_kube_delete(kube, &cm, kz_str(got.uid), KZ_STR(""), false, on_done, NULL);
    expect(KZ_DONE, "watch: delete");
    await(&eyes.seen_delete, "watch: sees the delete");
    ok("watch: sees the delete");
    kz_watch_close(w);
}

static const char crd[] =
    "{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\",\"metadata\":{\"name\":"
    "\"things.smoke.example.com\"},\"spec\":{\"group\":\"smoke.example.com\",\"scope\":\"Namespaced\",\"names\":{"
    "\"plural\":\"things\",\"kind\":\"Thing\"},\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,"
    "\"schema\":{\"openAPIV3Schema\":{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\","
    "\"x-kubernetes-preserve-unknown-fields\":true}}}}}]}}";

static void custom_kinds(void)
{
    const struct kz_id def = {KZ_STR("apiextensions.k8s.io"), KZ_STR("CustomResourceDefinition"),
                              KZ_STR(""), KZ_STR("things.smoke.example.com")};
    const struct kz_id thing = id_of("smoke.example.com", "Thing", "one");
    const char *const one =
        "{\"apiVersion\":\"smoke.example.com/v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":\"one\"},\"spec\":{\"a\":1}}";
    apply(&thing, one, 0);
    expect(KZ_NO_KIND, "apply of a kind that is not served");
    apply(&def, crd, 0);
    expect(KZ_DONE, "apply of its CustomResourceDefinition");
    for (int i = 0; i < 100 && kz_kube_api(kube, thing.group, KZ_STR("v1"), thing.kind) == NULL;
         i++) {
        pause_for(20 * KZ_NS_PER_MS);
        kz_kube_discover(kube, on_plain, NULL);
        await(&got.came, "discover");
        got.came = false;
    }
    ok("the kind is in discovery");
    apply(&thing, one, 0);
    expect(KZ_DONE, "apply of the custom kind");
    eyes.synced = false;
    struct kz_watch *w =
        kz_watch_open(kube, thing.group, thing.kind, KZ_STR(""), KZ_STR(""), on_event, NULL);
    await(&eyes.synced, "watch of the custom kind");
    (void)kz_kube_delete(kube, &def, KZ_STR(""), KZ_STR(""), false, on_done, NULL);
    expect(KZ_DONE, "delete the CustomResourceDefinition");
    pause_for(3 * KZ_NS_PER_SEC);
    apply(&thing, one, 0);
    expect(KZ_NO_KIND, "apply after that");
    bool over = false;
    uint64_t timer = kz_env_timer(&env, 60 * KZ_NS_PER_SEC, late, &over);
    while (!eyes.gone && !over)
        kz_loop_run(loop);
    expect_that(eyes.gone, "the watch says that the kind is gone");
    ok("watch: the kind is gone");
    kz_env_timer_stop(&env, &timer);
    kz_watch_close(w);
}

/* Many writes at once: throughput, and one connection. */
static size_t landed;
static void on_many(void *arg, uint64_t id, const struct kz_result *res)
{
    (void)arg;
    (void)id;
    landed += res->outcome == KZ_DONE;
    if (res->outcome != KZ_DONE)
        printf("     %s\n", res->err->frame[0]);
    if (landed == 1000)
        kz_loop_stop(loop);
}

static void many(const char *what)
{
    landed = 0;
    for (int i = 0; i < 1000; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "m%d", i);
        const struct kz_id id = id_of("", "ConfigMap", name);
        struct kz_value *body = json(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{},\"data\":{\"x\":\"1\"}}");
        kz_value_set(arena, body->as.map.at[2].val, KZ_STR("name"),
                     kz_value_str(arena, kz_str_dup(arena, kz_str(name))));
        (void)kz_kube_apply(kube, &id, KZ_STR(""), body, 0, on_many, NULL);
    }
    kz_loop_run(loop);
    expect_that(landed == 1000, "all landed");
    ok(what);
}

static void pages(void)
{
    eyes.synced = false;
    eyes.objects = 0;
    struct kz_watch *w =
        kz_watch_open(kube, KZ_STR(""), KZ_STR("ConfigMap"), ns, KZ_STR(""), on_event, NULL);
    await(&eyes.synced, "watch in pages");
    printf("     %zu objects\n", eyes.objects);
    expect_that(eyes.objects >= 1000, "all pages");
    ok("watch: 1000 objects in pages");
    kz_watch_close(w);
    (void)kz_kube_list(kube, KZ_STR(""), KZ_STR("ConfigMap"), ns, KZ_STR(""), on_done, NULL);
    expect(KZ_DONE, "list of 1000");
    expect_that(got.n >= 1000, "all items");
}

/* ---- a server in trouble --------------------------------------------------------------------- */
static struct {
    int next, shown; /* data.n: last one written, last one that the watch showed */
    int done, transient, other, n_resets;
    bool busy;
} steady;

static void on_steady(void *arg, uint64_t id, const struct kz_result *res)
{
    (void)arg;
    (void)id;
    steady.busy = false;
    steady.done += res->outcome == KZ_DONE;
    steady.transient += res->outcome == KZ_TRANSIENT;
    steady.other += res->outcome != KZ_DONE && res->outcome != KZ_TRANSIENT;
    if (res->err != NULL) {
        char line[1024];
        printf("     %s\n", kz_err_line(line, sizeof line, res->err));
    }
}

static void on_steady_event(void *arg, struct kz_watch *w, enum kz_watch_event ev,
                            const struct kz_value *obj, const struct kz_err *err)
{
    int64_t n = 0;
    char line[1024];
    (void)arg;
    (void)w;
    steady.n_resets += ev == KZ_WATCH_RESET;
    if (ev == KZ_WATCH_ERROR)
        printf("     watch: %s\n", kz_err_line(line, sizeof line, err));
    if (ev == KZ_WATCH_OBJECT && kz_str_i64(&n, kz_value_path_str(obj, "data.n")))
        steady.shown = (int)n;
}

static void tick(void *arg, uint64_t id)
{
    const struct kz_id cm = id_of("", "ConfigMap", "steady");
    char text[256];
    (void)arg;
    (void)id;
    kz_loop_stop(loop);
    if (steady.busy)
        return;
    steady.busy = true;
    (void)snprintf(
        text, sizeof text,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"steady\"},\"data\":{\"n\":\"%d\"}}",
        ++steady.next);
    kz_arena_reset(arena);
    (void)kz_kube_apply(kube, &cm, KZ_STR(""), json(text), 0, on_steady, NULL);
}

static void hold_steady(int64_t seconds)
{
    const struct kz_id space = {KZ_STR(""), KZ_STR("Namespace"), KZ_STR(""), ns};
    char text[256];
    kz_kube_discover(kube, on_plain, NULL);
    expect(KZ_DONE, "discovery");
    (void)snprintf(text, sizeof text,
                   "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" KZ_FMT
                   "\"}}",
                   KZ_ARG(ns));
    apply(&space, text, 0);
    expect(KZ_DONE, "apply a namespace");
    struct kz_watch *w =
        kz_watch_open(kube, KZ_STR(""), KZ_STR("ConfigMap"), ns, KZ_STR(""), on_steady_event, NULL);
    int64_t end = kz_env_mono(&env) + seconds * KZ_NS_PER_SEC;
    while (kz_env_mono(&env) < end) {
        (void)kz_env_timer(&env, 50 * KZ_NS_PER_MS, tick, NULL);
        kz_loop_run(loop);
    }
    /* From here the server is well again. */
    end = kz_env_mono(&env) + 90 * KZ_NS_PER_SEC;
    while ((steady.busy || steady.shown != steady.next) && kz_env_mono(&env) < end)
        pause_for(100 * KZ_NS_PER_MS);
    const struct kz_kube_stats *stats = kz_kube_stats(kube);
    printf(
        "%s %d writes: %d done, %d given up, %d other; watch shows %d, %d lists; %llu requests, %llu retries\n",
        steady.shown == steady.next ? "ok  " : "FAIL", steady.next, steady.done, steady.transient,
        steady.other, steady.shown, steady.n_resets, (unsigned long long)stats->requests,
        (unsigned long long)stats->retries);
    if (steady.shown != steady.next || steady.other > 0)
        exit(1);
    kz_watch_close(w);
}

static void everything(void)
{
    discovery();
    applies();
    conflicts();
    lists();
    watches();
    many("1000 applies, creating");
    many("1000 applies, nothing to do");
    pages();
    custom_kinds();
}

int main(int argc, char **argv)
{
    struct kz_err err;
    struct kz_kube_config config;
    struct kz_http_client *client;
    char line[2048], name[64];
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    arena = kz_arena_new((size_t)1 << 30);
    kz_autoarena struct kz_arena *config_arena = kz_arena_new((size_t)64 << 20);
    const struct kz_kube_source source = {.environ = (const char *const *)environ};
    if (kz_kube_config_load(&config, config_arena, &source, &err) < 0 ||
        kz_loop_new(&loop, &err) < 0) {
        printf("FAIL %s\n", kz_err_line(line, sizeof line, &err));
        return 1;
    }
    env = kz_loop_env(loop);
    began = kz_env_mono(&env);
    (void)snprintf(name, sizeof name, "smoke-%d", (int)getpid());
    ns = kz_str(name);
    struct kz_kube_credential *credential = kz_kube_credential_new(loop, &config);
    kz_kube_credential_ready(credential, on_plain, NULL);
    expect(KZ_DONE, "credentials");
    struct kz_server server = kz_kube_credential_server(credential);
    server.user_agent = KZ_STR("kzsync/smoke");
    if (kz_http_client_new(&client, loop, &server, &err) < 0) {
        printf("FAIL %s\n", kz_err_line(line, sizeof line, &err));
        return 1;
    }
    struct kz_http http = kz_http_client_http(client);
    kube = kz_kube_new(&env, &http,
                       &(struct kz_kube_options){.impersonate_user = config.impersonate_user});
    int64_t seconds;
    if (argc == 3 && strcmp(argv[1], "steady") == 0 && kz_str_i64(&seconds, kz_str(argv[2])))
        hold_steady(seconds);
    else
        everything();
    const struct kz_kube_stats *stats = kz_kube_stats(kube);
    printf("ok   %llu requests, %llu retries, %llu throttled\n", (unsigned long long)stats->requests,
           (unsigned long long)stats->retries, (unsigned long long)stats->throttled);
    kz_kube_free(kube);
    kz_http_client_free(client);
    kz_kube_credential_free(credential);
    kz_loop_free(loop);
    kz_arena_free(arena);
    return 0;
}
