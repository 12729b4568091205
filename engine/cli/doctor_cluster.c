/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor.h"
#include "base/clock.h"

#include <stdarg.h>

enum { ANSWER_SEC = 10, SKEW_WARN_SEC = 5, SKEW_FAIL_SEC = 60 };
enum {
    MINOR_TESTED = 32,
    MINOR_LEAST = 27
}; /* Kubernetes 1.x: aggregated discovery is served by itself from 1.27 on */

static int64_t until(struct kz_doctor *d)
{
    return kz_env_mono(kz_app_env(d->l->app)) + ANSWER_SEC * KZ_NS_PER_SEC;
}

/* ---- the server ------------------------------------------------------------------------------------------ */

struct clock_ask {
    struct kz_doctor *d;
    uint64_t timer;
    int64_t date, took, wall; /* date 0: not said; took: mono ns; wall: ours, in the middle */
};

static void on_date(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    struct clock_ask *q = arg;
    (void)id;
    q->date = reply->date;
    kz_loop_stop(kz_app_loop(q->d->l->app));
}

static void on_late(void *arg, uint64_t id)
{
    struct clock_ask *q = arg;
    (void)id;
    q->timer = 0;
    kz_loop_stop(kz_app_loop(q->d->l->app));
}

static void ask_clock(struct clock_ask *q)
{
    const struct kz_env *env = kz_app_env(q->d->l->app);
    const struct kz_http *http = kz_app_http(q->d->l->app);
    const struct kz_http_request req = {.method = KZ_HTTP_GET,
                                        .path = KZ_STR("/version"),
                                        .on_done = on_date,
                                        .arg = q,
                                        .timeout = ANSWER_SEC * KZ_NS_PER_SEC};
    const int64_t mono = kz_env_mono(env), wall = kz_env_wall(env);
    const uint64_t id = http->ops->start(http->impl, &req);
    q->timer = kz_env_timer(env, ANSWER_SEC * KZ_NS_PER_SEC, on_late, q);
    kz_loop_run(kz_app_loop(q->d->l->app));
    kz_env_timer_stop(env, &q->timer);
    http->ops->cancel(http->impl, id);
    q->took = kz_env_mono(env) - mono;
    q->wall = wall + q->took / 2;
}

/* The header has whole seconds: up to one of difference means nothing. */
static void check_clock(struct kz_doctor *d, const struct clock_ask *q)
{
    char text[KZ_TIME_TEXT];
    if (q->date == 0) {
        kz_doctor_say(d, KZ_DOCTOR_SKIP, "clock", KZ_STR(""), "the API server does not say its time");
        return;
    }
    int64_t skew = q->wall - q->date;
    const bool behind = skew < 0;
    skew = behind ? -skew : skew - KZ_NS_PER_SEC;
    if (skew <= KZ_NS_PER_SEC) {
        kz_doctor_say(d, KZ_DOCTOR_OK, "clock", KZ_STR(""), "the same as the API server's, within 2s");
        return;
    }
    kz_duration_text(text, skew);
    kz_doctor_say(d,
                  skew > SKEW_FAIL_SEC * KZ_NS_PER_SEC   ? KZ_DOCTOR_FAIL
                  : skew > SKEW_WARN_SEC * KZ_NS_PER_SEC ? KZ_DOCTOR_WARN
                                                         : KZ_DOCTOR_OK,
                  "clock",
                  skew > SKEW_WARN_SEC * KZ_NS_PER_SEC ? KZ_STR("set the clock: timedatectl set-ntp true")
                                                       : KZ_STR(""),
                  "this machine is %s %s the API server: ages and windows are told wrong by that", text,
                  behind ? "behind" : "ahead of");
}

static void check_version(struct kz_doctor *d, int64_t took)
{
    struct kz_str version = kz_kube_version(kz_app_kube(d->l->app)), minor, rest;
    char text[KZ_TIME_TEXT];
    int64_t n = 0;
    rest = kz_str_skip(version, kz_str_index(version, '.') + 1);
    (void)kz_str_cut(&minor, rest, '.');
    kz_duration_text(text, took < KZ_NS_PER_MS ? KZ_NS_PER_MS : took);
    if (!kz_str_i64(&n, minor))
        kz_doctor_say(d, KZ_DOCTOR_WARN, "server", KZ_STR("let /version through the proxy"),
                      KZ_FMT " does not say its version", KZ_ARG(kz_app_server(d->l->app)));
    else if (n < MINOR_LEAST)
        kz_doctor_say(d, KZ_DOCTOR_FAIL, "server", KZ_STR("upgrade the cluster"),
                      "Kubernetes " KZ_FMT " at " KZ_FMT " is older than 1.%d, which kzsync needs", KZ_ARG(version),
                      KZ_ARG(kz_app_server(d->l->app)), MINOR_LEAST);
    else if (n > MINOR_TESTED)
        kz_doctor_say(d, KZ_DOCTOR_WARN, "server", KZ_STR("look for a newer kzsync"),
                      "Kubernetes " KZ_FMT " at " KZ_FMT
                      " is newer than 1.%d, the newest this kzsync was tested with",
                      KZ_ARG(version), KZ_ARG(kz_app_server(d->l->app)), MINOR_TESTED);
    else
        kz_doctor_say(d, KZ_DOCTOR_OK, "server", KZ_STR(""), "Kubernetes " KZ_FMT " at " KZ_FMT " answers in %s",
                      KZ_ARG(version), KZ_ARG(kz_app_server(d->l->app)), text);
}

void kz_doctor_server(struct kz_doctor *d)
{
    struct clock_ask q = {.d = d};
    struct kz_err err;
    if (kz_query_discover(d->l->app, until(d), &err) < 0) {
        kz_doctor_err(d, KZ_DOCTOR_FAIL, "server", &err);
        return;
    }
    d->reachable = true;
    ask_clock(&q); /* a second request: the first paid for the connection */
    check_version(d, q.took);
    check_clock(d, &q);
}

/* ---- rights ---------------------------------------------------------------------------------------------- */

struct right {
    const char *group, *resource, *verbs; /* verbs by commas */
    bool own;                             /* in kzsync's namespace; else in all */
    bool people;                          /* what looking needs */
};
static const struct right rights[] = {
    {"", "configmaps", "get,list,watch", true, true},
    {"", "secrets", "get,list", true, true},
    {"coordination.k8s.io", "leases", "get", true, true},
    {"", "configmaps", "create,update,patch,delete", true, false},
    {"", "secrets", "create,update,patch,delete", true, false},
    {"coordination.k8s.io", "leases", "create,update", true, false},
    {"", "pods", "list", false, true},
    {"", "pods/log", "get", false, true},
    {"", "events", "list", false, true},
    {"", "namespaces", "list,watch,create,patch,delete", false, false},
    {"apiextensions.k8s.io", "customresourcedefinitions", "list,watch,create,patch,delete", false, false},
};

struct asked {
    const struct right *row;
    struct kz_str group, resource, sub, verb, ns;
    bool people;
};

static void put(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str s)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, s));
}

/* A SelfSubjectAccessReview, or of somebody else a SubjectAccessReview. */
static struct kz_query review(struct kz_arena *a, struct kz_str who, const struct asked *r)
{
    struct kz_value *body = kz_value_map(a), *spec = kz_value_map(a), *attr = kz_value_map(a),
                    *groups = kz_value_list(a);
    const bool self = who.len == 0;
    struct kz_str kind = self ? KZ_STR("SelfSubjectAccessReview") : KZ_STR("SubjectAccessReview");
    put(a, attr, "group", r->group);
    put(a, attr, "resource", r->resource);
    put(a, attr, "subresource", r->sub);
    put(a, attr, "verb", r->verb);
    put(a, attr, "namespace", r->ns);
    kz_value_set(a, spec, KZ_STR("resourceAttributes"), attr);
    if (!self) {
        put(a, spec, "user", who);
        kz_value_push(a, groups, kz_value_cstr(a, "system:authenticated"));
        if (kz_str_starts(who, KZ_STR("system:serviceaccount:"))) {
            struct kz_str ns;
            (void)kz_str_cut(&ns, kz_str_skip(who, sizeof "system:serviceaccount:" - 1), ':');
            kz_value_push(a, groups, kz_value_cstr(a, "system:serviceaccounts"));
            kz_value_push(a, groups, kz_value_str(a, kz_str_printf(a, "system:serviceaccounts:" KZ_FMT, KZ_ARG(ns))));
        }
        kz_value_set(a, spec, KZ_STR("groups"), groups);
    }
    put(a, body, "apiVersion", KZ_STR("authorization.k8s.io/v1"));
    put(a, body, "kind", kind);
    kz_value_set(a, body, KZ_STR("spec"), spec);
    return (struct kz_query){.verb = KZ_QUERY_CREATE,
                             .id = {.group = KZ_STR("authorization.k8s.io"), .kind = kind},
                             .version = KZ_STR("v1"),
                             .body_in = body};
}

static size_t plan_rights(struct asked *out, struct kz_doctor *d)
{
    size_t n = 0;
    for (size_t i = 0; i < kz_countof(rights); i++) {
        struct kz_str verb, sub = kz_str_cut(&(struct kz_str){0}, kz_str(rights[i].resource), '/');
        struct kz_str resource =
            kz_str_head(kz_str(rights[i].resource), kz_str_index(kz_str(rights[i].resource), '/'));
        for (struct kz_str rest = kz_str(rights[i].verbs); rest.len > 0;) {
            rest = kz_str_cut(&verb, rest, ',');
            out[n++] = (struct asked){.row = &rights[i],
                                      .group = kz_str(rights[i].group),
                                      .resource = resource,
                                      .sub = sub,
                                      .verb = verb,
                                      .people = rights[i].people,
                                      .ns = rights[i].own ? d->l->ns : KZ_STR("")};
        }
    }
    return n;
}

/* What is missing, in words: "create, update leases in kzsync-system; list pods". */
static struct kz_str missing(struct kz_arena *a, const struct asked *r, const struct kz_query *q, size_t n,
                             bool people)
{
    struct kz_str text = KZ_STR(""), verbs = KZ_STR("");
    for (size_t i = 0; i < n; i++) {
        if (r[i].people == people && !kz_value_path_bool(q[i].body, "status.allowed", false))
            verbs = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(verbs), verbs.len > 0 ? ", " : "", KZ_ARG(r[i].verb));
        const bool last = i + 1 == n || r[i + 1].row != r[i].row;
        if (!last || verbs.len == 0)
            continue;
        text = kz_str_printf(a, KZ_FMT "%s" KZ_FMT " %s%s" KZ_FMT, KZ_ARG(text), text.len > 0 ? "; " : "",
                             KZ_ARG(verbs), r[i].row->resource, r[i].ns.len > 0 ? " in " : "", KZ_ARG(r[i].ns));
        verbs = KZ_STR("");
    }
    return text;
}

void kz_doctor_rights(struct kz_doctor *d)
{
    struct kz_arena *a = d->l->arena;
    struct kz_str who = kz_args_str(d->l->args, "as"), subject = who.len > 0 ? who : KZ_STR("you");
    struct asked *r = kz_new_n(a, struct asked, kz_countof(rights) * 8);
    const size_t n = plan_rights(r, d);
    struct kz_query *q = kz_new_n(a, struct kz_query, n + 1);
    struct kz_err err;
    for (size_t i = 0; i < n; i++)
        q[i] = review(a, who, &r[i]);
    if (kz_query_all(d->l->app, a, q, n, until(d), &err) < 0 || q[0].err.code != KZ_OK) {
        kz_doctor_err(d, KZ_DOCTOR_WARN, "rights", q[0].err.code != KZ_OK ? &q[0].err : &err);
        return;
    }
    struct kz_str look = missing(a, r, q, n, true), work = missing(a, r, q, n, false);
    if (look.len > 0)
        kz_doctor_say(d, KZ_DOCTOR_WARN, "rights", KZ_STR("ask for a Role with these rights"),
                      KZ_FMT " may not " KZ_FMT ": commands that look will miss it", KZ_ARG(subject), KZ_ARG(look));
    else
        kz_doctor_say(d, KZ_DOCTOR_OK, "rights", KZ_STR(""), KZ_FMT " may read all that the commands look at",
                      KZ_ARG(subject));
    if (work.len > 0)
        kz_doctor_say(
            d, who.len > 0 || kz_app_in_pod(d->l->app) ? KZ_DOCTOR_FAIL : KZ_DOCTOR_WARN, "rights",
            KZ_STR(
                "for `kzsync run` and `kzsync apply` bind these rights to the account; kzsync doctor --as ACCOUNT looks at another"),
            KZ_FMT " may not " KZ_FMT ": kzsync cannot work with %s account", KZ_ARG(subject), KZ_ARG(work),
            who.len > 0 ? "that" : "your");
    else
        kz_doctor_say(d, KZ_DOCTOR_OK, "rights", KZ_STR(""), KZ_FMT " may do what kzsync itself needs",
                      KZ_ARG(subject));
}

/* ---- custom resources ------------------------------------------------------------------------------------ */

void kz_doctor_crds(struct kz_doctor *d)
{
    static const char *const kinds[] = {"Platform", "Module"};
    struct kz_kube *kube = kz_app_kube(d->l->app);
    for (size_t i = 0; i < kz_countof(kinds); i++)
        if (kz_kube_api(kube, KZ_STR("kubezero.com"), KZ_STR(""), kz_str(kinds[i])) == NULL) {
            kz_doctor_say(
                d, KZ_DOCTOR_WARN, "crds", KZ_STR("install charts/kzsync, which brings them"),
                "kind %s (kubezero.com) is not there: kubectl shows no modules, and pause, approve and the like have no "
                "place to be remembered",
                kinds[i]);
            return;
        }
    kz_doctor_say(d, KZ_DOCTOR_OK, "crds", KZ_STR(""), "Platform and Module are served");
}
