/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what the API server serves: /api, /apis and /version at once, aggregated and with ETags, so
 * that an unchanged server answers with two 304s. A server that answers in the legacy form is asked
 * group by group. The tables change only when every answer is in: a run that fails changes nothing. */
#include "kube/api_table.h"
#include "kube/call.h"
#include "kube/path.h"

enum { CORE, GROUPS, HALVES, VERSION_MAX = 64 };
static const int64_t DISCOVERY_TIMEOUT = 20 * KZ_NS_PER_SEC;
static const char ACCEPT[] =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

struct waiter {
    void (*done)(void *arg, const struct kz_err *err);
    void *arg;
};

struct kz_discovery {
    struct kz_kube *k;
    struct kz_api_table *table[HALVES]; /* what is known; NULL before the first run */
    struct kz_api_table *fresh[HALVES]; /* of this run; NULL: unchanged or not answered yet */
    char version[VERSION_MAX];
    unsigned pending; /* requests of this run; 0: idle */
    bool failed;
    struct kz_err err;             /* of this run, the first */
    struct kz_arena *run;          /* the strings of legacy requests */
    KZ_VEC(struct waiter) waiters; /* of this run, or of the next while telling */
    KZ_VEC(struct waiter) telling; /* of the run that ended */
    bool *freed;                   /* while telling: set when a waiter frees the client */
};

/* One legacy group version on its way. */
struct legacy {
    struct kz_discovery *d;
    int half;
    struct kz_str group, version;
};

void kz_discovery_free(struct kz_discovery *d)
{
    if (d == NULL)
        return;
    for (int i = 0; i < HALVES; i++) {
        kz_api_table_free(d->table[i]);
        kz_api_table_free(d->fresh[i]);
    }
    if (d->freed != NULL)
        *d->freed = true;
    kz_vec_done(&d->waiters);
    kz_vec_done(&d->telling);
    kz_arena_free(d->run);
    free(d);
}

static void forget(struct waiter *at, size_t *len, const void *arg)
{
    size_t kept = 0;
    for (size_t i = 0; i < *len; i++)
        if (at[i].arg != arg)
            at[kept++] = at[i];
    *len = kept;
}

void kz_discovery_forget(struct kz_kube *k, const void *arg)
{
    if (k->discovery == NULL)
        return;
    forget(k->discovery->waiters.at, &k->discovery->waiters.len, arg);
    forget(k->discovery->telling.at, &k->discovery->telling.len, arg);
}

void kz_kube_discover_forget(struct kz_kube *k, const void *arg)
{
    kz_discovery_forget(k->base != NULL ? k->base : k, arg);
}

/* A waiter may start the next run, take back others, or free the client. */
static void tell(struct kz_discovery *d, const struct kz_err *err)
{
    bool freed = false;
    d->freed = &freed;
    for (size_t i = 0; i < d->waiters.len; i++)
        kz_vec_push(&d->telling, d->waiters.at[i]);
    d->waiters.len = 0;
    while (!freed && d->telling.len > 0) {
        struct waiter w = d->telling.at[--d->telling.len];
        w.done(w.arg, err);
    }
    if (!freed)
        d->freed = NULL;
}

/* All answers are in: swap the tables, then tell everyone. */
static void conclude(struct kz_discovery *d)
{
    struct kz_err err = d->err;
    bool failed = d->failed;
    for (int i = 0; i < HALVES; i++) {
        if (!failed && d->fresh[i] != NULL) {
            kz_api_table_free(d->table[i]);
            d->table[i] = d->fresh[i];
        } else {
            kz_api_table_free(d->fresh[i]);
        }
        d->fresh[i] = NULL;
    }
    kz_arena_free(d->run);
    d->run = NULL;
    tell(d, failed ? &err : NULL);
}

static void one_answer(struct kz_discovery *d)
{
    if (--d->pending == 0)
        conclude(d);
}

static void fail(struct kz_discovery *d, const struct kz_err *err)
{
    if (!d->failed)
        d->err = *err;
    d->failed = true;
}

static struct kz_call *
ask(struct kz_discovery *d,
    void (*on_reply)(void *, const struct kz_result *, const struct kz_http_reply *), void *arg)
{
    struct kz_call *c = kz_call_new(d->k, KZ_VERB_DISCOVER, &(struct kz_id){.kind = KZ_STR("")});
    c->method = KZ_HTTP_GET;
    c->timeout = DISCOVERY_TIMEOUT;
    c->on_reply = on_reply;
    c->arg = arg;
    d->pending++;
    return c;
}

/* ---- legacy ---------------------------------------------------------------------------------- */
static void on_legacy(void *arg, const struct kz_result *res, const struct kz_http_reply *reply)
{
    struct legacy *l = arg;
    struct kz_discovery *d = l->d;
    (void)reply;
    bool gone = res->status == 404; /* removed since the list of groups was made */
    if (!gone)
        kz_api_table_add_legacy(d->fresh[l->half], l->group, l->version,
                                res->outcome == KZ_DONE ? res->body : NULL, d->table[l->half]);
    one_answer(d);
}

static void ask_legacy(struct kz_discovery *d, int half, struct kz_str group, struct kz_str version)
{
    struct legacy *l = kz_new(d->run, struct legacy);
    *l = (struct legacy){d, half, kz_str_dup(d->run, group), kz_str_dup(d->run, version)};
    struct kz_call *c = ask(d, on_legacy, l);
    kz_buf_puts(&c->path, half == CORE ? "/api" : "/apis");
    if (half == GROUPS)
        kz_path_segment(&c->path, group);
    kz_path_segment(&c->path, version);
    (void)kz_call_submit(c);
}

/* The preferred version first: the first of a kind wins. */
static void ask_legacy_group(struct kz_discovery *d, const struct kz_value *group)
{
    struct kz_str name = kz_value_path_str(group, "name");
    struct kz_str preferred = kz_value_path_str(group, "preferredVersion.version");
    const struct kz_value *versions = kz_value_get(group, "versions");
    if (preferred.len > 0)
        ask_legacy(d, GROUPS, name, preferred);
    for (size_t i = 0; i < kz_value_len(versions); i++) {
        struct kz_str version = kz_value_path_str(kz_value_at(versions, i), "version");
        if (!kz_str_eq(version, preferred))
            ask_legacy(d, GROUPS, name, version);
    }
}

/* ---- aggregated ------------------------------------------------------------------------------ */
static void take_half(struct kz_discovery *d, int half, const struct kz_result *res,
                      const struct kz_http_reply *reply)
{
    struct kz_str kind = kz_value_path_str(res->body, "kind");
    const struct kz_value *core = kz_value_get(res->body, "versions");
    const struct kz_value *groups = kz_value_get(res->body, "groups");
    d->fresh[half] = kz_api_table_new();
    if (kz_str_is(kind, "APIGroupDiscoveryList")) {
        kz_api_table_add_groups(d->fresh[half], res->body, d->table[half]);
        d->fresh[half]->etag = kz_str_dup(d->fresh[half]->arena, reply->etag);
        return;
    }
    for (size_t i = 0; half == CORE && i < kz_value_len(core); i++)
        ask_legacy(d, CORE, KZ_STR(""), kz_value_as_str(kz_value_at(core, i)));
    for (size_t i = 0; half == GROUPS && i < kz_value_len(groups); i++)
        ask_legacy_group(d, kz_value_at(groups, i));
    if (!kz_str_is(kind, "APIVersions") && !kz_str_is(kind, "APIGroupList")) {
        struct kz_err err;
        (void)kz_fail(&err, KZ_E_REMOTE, "the answer to %s is not a discovery document",
                      half == CORE ? "/api" : "/apis");
        (void)kz_err_hint(&err, "check that the server address in the kubeconfig is an API server");
        fail(d, &err);
    }
}

static void on_half(struct kz_discovery *d, int half, const struct kz_result *res,
                    const struct kz_http_reply *reply)
{
    if (res->outcome != KZ_DONE)
        fail(d, res->err);
    else if (res->status != 304)
        take_half(d, half, res, reply);
    one_answer(d);
}

static void on_core(void *arg, const struct kz_result *res, const struct kz_http_reply *reply)
{
    on_half(arg, CORE, res, reply);
}

static void on_groups(void *arg, const struct kz_result *res, const struct kz_http_reply *reply)
{
    on_half(arg, GROUPS, res, reply);
}

/* Only informs: a proxy that hides /version does not stop the engine. */
static void on_version(void *arg, const struct kz_result *res, const struct kz_http_reply *reply)
{
    struct kz_discovery *d = arg;
    (void)reply;
    struct kz_str text = kz_value_path_str(res->body, "gitVersion");
    if (res->outcome == KZ_DONE && text.len > 0 && text.len < sizeof d->version) {
        memcpy(d->version, text.ptr, text.len);
        d->version[text.len] = '\0';
    }
    one_answer(d);
}

static struct kz_call *half_call(struct kz_discovery *d, int half)
{
    struct kz_call *c = ask(d, half == CORE ? on_core : on_groups, d);
    kz_buf_puts(&c->path, half == CORE ? "/api" : "/apis");
    c->flags = KZ_CALL_URGENT;
    c->accept = ACCEPT;
    if (d->table[half] != NULL)
        c->if_none_match = kz_str_dup(c->arena, d->table[half]->etag);
    return c;
}

static void run(struct kz_discovery *d)
{
    d->failed = false;
    d->run = kz_arena_new((size_t)16 << 20);
    struct kz_call *version = ask(d, on_version, d);
    kz_buf_puts(&version->path, "/version");
    version->flags = KZ_CALL_URGENT;
    struct kz_call *core = half_call(d, CORE);
    struct kz_call *groups = half_call(d, GROUPS);
    (void)kz_call_submit(version);
    (void)kz_call_submit(core);
    (void)kz_call_submit(groups);
}

/* ---- the contract ---------------------------------------------------------------------------- */
void kz_kube_discover(struct kz_kube *k, void (*done)(void *arg, const struct kz_err *err),
                      void *arg)
{
    k = k->base != NULL ? k->base : k;
    if (k->discovery == NULL) {
        k->discovery = calloc(1, sizeof *k->discovery);
        kz_assert(k->discovery != NULL);
        k->discovery->k = k;
    }
    struct waiter w = {done, arg};
    kz_vec_push(&k->discovery->waiters, w);
    if (k->discovery->pending == 0)
        run(k->discovery);
}

bool kz_kube_discovered(const struct kz_kube *k)
{
    return k->discovery != NULL && k->discovery->table[CORE] != NULL &&
           k->discovery->table[GROUPS] != NULL;
}

const struct kz_api *kz_kube_api(const struct kz_kube *k, struct kz_str group,
                                 struct kz_str version, struct kz_str kind)
{
    k = k->base != NULL ? k->base : k;
    if (k->discovery == NULL)
        return NULL;
    return kz_api_table_find(k->discovery->table[group.len == 0 ? CORE : GROUPS], group, version,
                             kind);
}

const struct kz_api *kz_kube_api_by_kind(const struct kz_kube *k, struct kz_str kind)
{
    const struct kz_api *core = kz_kube_api(k, KZ_STR(""), KZ_STR(""), kind);
    const struct kz_api_table *t = k->discovery == NULL ? NULL : k->discovery->table[GROUPS];
    if (core != NULL)
        return core;
    for (size_t i = 0; t != NULL && i < t->apis.len; i++)
        if (kz_str_eq(t->apis.at[i]->kind, kind))
            return t->apis.at[i];
    return NULL;
}

bool kz_discovery_is_stale(const struct kz_kube *k, struct kz_str group)
{
    const struct kz_api_table *t =
        k->discovery == NULL ? NULL : k->discovery->table[group.len == 0 ? CORE : GROUPS];
    for (size_t i = 0; t != NULL && i < t->versions.len; i++)
        if (t->versions.at[i].stale && kz_str_eq(t->versions.at[i].group, group))
            return true;
    return false;
}

struct kz_str kz_kube_version(const struct kz_kube *k)
{
    return k->discovery == NULL ? KZ_STR("") : kz_str(k->discovery->version);
}

void kz_kube_api_versions(const struct kz_kube *k, struct kz_arena *a, struct kz_value *list)
{
    k = k->base != NULL ? k->base : k;
    for (int i = 0; k->discovery != NULL && i < HALVES; i++)
        kz_api_table_names(k->discovery->table[i], a, list);
}
