/* SPDX-License-Identifier: Apache-2.0
 *
 * The model as values: bodies of objects, and the replies of the tasks "load" and "render". */
#include "base/buf.h"
#include "base/hash.h"
#include "asks.h"
#include "base/clock.h"
#include "check_secrets.h"
#include "tenants.h"
#include "value/json.h"

static void put(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_value *v)
{
    kz_value_set(a, map, kz_str(key), v);
}

static void put_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str s)
{
    put(a, map, key, kz_value_str(a, s));
}

static struct kz_value *sub(struct kz_arena *a, struct kz_value *map, const char *key)
{
    struct kz_value *v = kz_value_map(a);
    put(a, map, key, v);
    return v;
}

/* Which keys there are depends on the version, so that versions also take fields away. */
static void fill_data(struct kz_arena *a, struct kz_value *data, const struct sim_odef *o, const char *text)
{
    for (unsigned i = 0; i <= o->size; i++)
        put_str(a, data, kz_str_printf(a, "k%u", (o->variant + i * 3) % 7).ptr, kz_str(text));
    put_str(a, data, "version", kz_str(text));
}

static void fill_pods(struct kz_arena *a, struct kz_value *template, const struct sim_odef *o, struct kz_str label)
{
    struct kz_value *spec = sub(a, template, "spec"), *list = kz_value_list(a), *c = kz_value_map(a);
    put_str(a, sub(a, sub(a, template, "metadata"), "labels"), "app", label);
    put_str(a, c, "name", KZ_STR("main"));
    put_str(a, c, "image", kz_str_printf(a, "registry.example.com/%s:%u", o->broken ? "broken" : "app",
                                         o->kind == SIM_JOB ? 1 : o->variant));
    if (o->size > 1) {
        struct kz_value *env = kz_value_list(a), *e = kz_value_map(a);
        put_str(a, e, "name", KZ_STR("SIZE"));
        put_str(a, e, "value", kz_str_printf(a, "%u", o->size));
        kz_value_push(a, env, e);
        if (o->kind != SIM_JOB)
            put(a, c, "env", env);
    }
    kz_value_push(a, list, c);
    put(a, spec, "containers", list);
}

static void fill_workload(struct kz_arena *a, struct kz_value *body, const struct sim_odef *o)
{
    struct kz_value *spec = sub(a, body, "spec");
    struct kz_str label = kz_str_printf(a, KZ_FMT "%s", KZ_ARG(o->id.name), o->selector % 2 == 1 ? "-new" : "");
    if (o->kind == SIM_DEPLOYMENT) {
        if (o->size > 0)
            put(a, spec, "replicas", kz_value_int(a, o->size));
        put_str(a, sub(a, sub(a, spec, "selector"), "matchLabels"), "app", label);
    }
    fill_pods(a, sub(a, spec, "template"), o, label);
}

static void fill_crd(struct kz_arena *a, struct kz_value *body, const struct sim_odef *o)
{
    struct kz_value *spec = sub(a, body, "spec"), *names = sub(a, spec, "names");
    put_str(a, spec, "group", KZ_STR("sim.example.com"));
    put_str(a, spec, "scope", KZ_STR("Namespaced"));
    put_str(a, names, "kind", kz_str_printf(a, "Thing%u", o->number));
    put_str(a, names, "plural", kz_str_printf(a, "things%u", o->number));
}

struct kz_value *sim_model_body(struct kz_arena *a, const struct sim_odef *o)
{
    static const char *const versions[SIM_OKINDS_] = {
        [SIM_NAMESPACE] = "v1", [SIM_CONFIGMAP] = "v1", [SIM_SECRET] = "v1", [SIM_SERVICE] = "v1",
        [SIM_ACCOUNT] = "v1", [SIM_DEPLOYMENT] = "apps/v1", [SIM_JOB] = "batch/v1",
        [SIM_CRD] = "apiextensions.k8s.io/v1", [SIM_CUSTOM] = "sim.example.com/v1"};
    struct kz_value *body = kz_value_map(a);
    const char *text = kz_str_printf(a, "%u", o->variant).ptr;
    put_str(a, body, "apiVersion", kz_str(versions[o->kind]));
    put_str(a, body, "kind", kz_str_dup(a, o->id.kind));
    struct kz_value *meta = sub(a, body, "metadata"), *notes = sub(a, meta, "annotations");
    put_str(a, meta, "name", kz_str_dup(a, o->id.name));
    if (o->id.ns.len > 0)
        put_str(a, meta, "namespace", kz_str_dup(a, o->id.ns));
    put_str(a, notes, SIM_VARIANT, kz_str(text));
    if (o->wave != 0)
        put_str(a, notes, "kubezero.com/wave", kz_str_printf(a, "%d", o->wave));
    if (o->recreate)
        put_str(a, notes, "kubezero.com/recreate", KZ_STR("allowed"));
    if (o->hook != NULL)
        put_str(a, notes, "argocd.argoproj.io/hook", kz_str(o->hook));
    if (o->hook_remove != NULL)
        put_str(a, notes, "argocd.argoproj.io/hook-delete-policy", kz_str(o->hook_remove));
    switch (o->kind) {
    case SIM_CONFIGMAP:
        fill_data(a, sub(a, body, "data"), o, text);
        break;
    case SIM_SECRET:
        fill_data(a, sub(a, body, "data"), o, SIM_CANARY64);
        break;
    case SIM_SERVICE:
        put_str(a, sub(a, sub(a, body, "spec"), "selector"), "app", kz_str(text));
        break;
    case SIM_DEPLOYMENT:
    case SIM_JOB:
        fill_workload(a, body, o);
        break;
    case SIM_CRD:
        fill_crd(a, body, o);
        break;
    case SIM_CUSTOM:
        fill_data(a, sub(a, body, "spec"), o, text);
        break;
    case SIM_NAMESPACE:
    case SIM_ACCOUNT:
    case SIM_OKINDS_:
        break;
    }
    return body;
}

/* ---- replies of the worker ------------------------------------------------------------------------------------------ */

/* A third of the contents have gates of their own: of an object that is there, and of somebody who says when. */
static void add_gates(struct kz_arena *a, struct kz_value *health, const struct sim_mdef *d)
{
    struct kz_value *gates = kz_value_list(a), *one = kz_value_map(a), *other = kz_value_map(a);
    struct kz_value *http = sub(a, other, "http");
    put_str(a, one, "kind", d->tenant ? KZ_STR("Service") : KZ_STR("Namespace")); /* a tenant may not list the latter */
    put(a, sub(a, one, "count"), "atMost", kz_value_int(a, 1000));
    put_str(a, http, "url", kz_str_printf(a, "http://gate.example.com/" KZ_FMT, KZ_ARG(d->name)));
    put_str(a, http, "timeout", KZ_STR("2s"));
    put_str(a, other, "every", KZ_STR("1s"));
    kz_value_push(a, gates, one);
    kz_value_push(a, gates, other);
    put(a, health, "gates", gates);
}

static struct kz_value *window(struct kz_arena *a, const char *name, const char *kind, const char *cron, const char *duration)
{
    struct kz_value *w = kz_value_map(a);
    put_str(a, w, "name", kz_str(name));
    put_str(a, w, kind, kz_str(cron));
    put_str(a, w, "duration", kz_str(duration));
    return w;
}

/* Short ones: a schedule lasts some minutes. */
struct kz_value *sim_model_schedule(struct kz_arena *a)
{
    struct kz_value *out = kz_value_map(a), *list = kz_value_list(a), *often = kz_value_list(a);
    kz_value_push(a, list, window(a, "often", "allow", "*/2 * * * *", "1m"));
    kz_value_push(a, list, window(a, "seldom", "allow", "1-59/5 * * * *", "1m"));
    kz_value_push(a, list, window(a, "freeze", "deny", "*/7 * * * *", "1m"));
    kz_value_push(a, often, kz_value_cstr(a, "often"));
    put_str(a, out, "timezone", KZ_STR("UTC"));
    put(a, out, "windows", list);
    put(a, sub(a, out, "default"), "restart", often);
    return out;
}

static const char *const classes[SIM_CLASSES_] = {
    [SIM_ROUTINE] = "routine", [SIM_RESTART] = "restart", [SIM_DESTRUCTIVE] = "destructive"};

struct kz_value *sim_model_windows(struct kz_arena *a, const struct sim_mdef *d, enum sim_class c)
{
    struct kz_value *list = kz_value_list(a);
    const char *name = d == NULL ? NULL : d->windows[c];
    if (name == NULL)
        name = c == SIM_RESTART ? "often" : "";
    if (name[0] != '\0')
        kz_value_push(a, list, kz_value_cstr(a, name));
    return list;
}

static void put_policy(struct kz_arena *a, struct kz_value *spec, const struct sim_mdef *d)
{
    struct kz_value *windows = kz_value_map(a);
    char until[KZ_TIME_TEXT];
    for (unsigned c = 0; c < SIM_CLASSES_; c++)
        if (d->windows[c] != NULL)
            put(a, windows, classes[c], sim_model_windows(a, d, (enum sim_class)c));
    if (kz_value_len(windows) > 0)
        put(a, spec, "windows", windows);
    if (d->approve != NULL)
        put_str(a, spec, "approve", kz_str(d->approve));
    if (!d->paused)
        return;
    struct kz_value *paused = sub(a, spec, "paused");
    put_str(a, paused, "reason", KZ_STR("git says so"));
    put(a, paused, "drift", kz_value_bool(a, d->paused_drift));
    kz_time_text(until, d->paused_until);
    if (d->paused_until != 0)
        put_str(a, paused, "until", kz_str_dup(a, kz_str(until)));
}

static struct kz_value *module_spec(struct kz_arena *a, const struct sim_mdef *d)
{
    struct kz_value *spec = kz_value_map(a), *deps = kz_value_list(a);
    struct kz_value *sync = sub(a, spec, "sync"), *retry = sub(a, sync, "retry"), *health = sub(a, spec, "health");
    put_str(a, spec, "namespace", d->ns);
    put(a, spec, "enabled", kz_value_bool(a, d->enabled));
    for (size_t i = 0; i < d->depends.len; i++)
        kz_value_push(a, deps, kz_value_str(a, d->depends.at[i]));
    put(a, spec, "dependsOn", deps);
    put(a, sync, "prune", kz_value_bool(a, d->prune));
    put_str(a, sync, "onFailure", kz_str(d->on_failure));
    put_str(a, sync, "selfHeal", kz_str(d->self_heal));
    put_str(a, sync, "onConflict", kz_str(d->on_conflict));
    put(a, sync, "concurrency", kz_value_int(a, d->concurrency));
    put_str(a, retry, "backoff", KZ_STR("2s"));
    put_str(a, retry, "max", KZ_STR("20s"));
    put_str(a, health, "timeout", KZ_STR("40s"));
    put_str(a, health, "grace", KZ_STR("4s"));
    put_str(a, health, "soak", kz_str(d->soak));
    if (d->tree % 3 == 0)
        add_gates(a, health, d);
    put_policy(a, spec, d);
    if (d->tenant)
        put_str(a, spec, "tenant", KZ_STR("t"));
    return spec;
}

struct kz_value *sim_model_load(struct kz_arena *a, const struct sim_commit *c)
{
    struct kz_value *out = kz_value_map(a), *list = kz_value_list(a);
    put_str(a, out, "name", KZ_STR("sim"));
    put_str(a, out, "file", KZ_STR("kubezero.yaml"));
    put(a, out, "warnings", kz_value_list(a));
    if (c->windows)
        put(a, out, "schedule", sim_model_schedule(a));
    for (size_t i = 0; i < c->modules.len; i++) {
        const struct sim_mdef *d = c->modules.at[i];
        struct kz_value *m = kz_value_map(a);
        put_str(a, m, "name", d->name);
        put_str(a, m, "file", KZ_STR("kubezero.yaml"));
        put(a, m, "line", kz_value_int(a, (int64_t)i + 1));
        put_str(a, m, "path", kz_str_printf(a, "modules/" KZ_FMT, KZ_ARG(d->name)));
        put_str(a, m, "treeId", kz_str_printf(a, "%040u", d->tree));
        put(a, m, "spec", module_spec(a, d));
        kz_value_push(a, list, m);
    }
    put(a, out, "modules", list);
    sim_tenants_put(a, out, c->rules);
    return out;
}

/* Cut: the stream ended before its last object, but the trailer speaks of all. Empty: it is whole, and says that
 * there is nothing. */
struct kz_value *sim_model_render(struct kz_arena *a, const struct sim_mdef *d, const char *looked, enum sim_harm harm)
{
    struct kz_value *out = kz_value_map(a), *list = kz_value_list(a);
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    char sum[KZ_SHA256_TEXT];
    const size_t n = harm == SIM_EMPTY ? 0 : d->objects.len;
    for (size_t i = 0; i < n; i++) {
        struct kz_value *body = sim_model_body(a, &d->objects.at[i]), *item = kz_value_map(a);
        if (looked != NULL && d->objects.at[i].hook == NULL)
            put_str(a, sim_child(a, sim_child(a, body, "metadata"), "annotations"), SIM_LOOKED, kz_str(looked));
        kz_json_write(&b, body, KZ_JSON_SORTED);
        kz_buf_putc(&b, '\n');
        put_str(a, item, "file", KZ_STR("all.yaml"));
        put(a, item, "line", kz_value_int(a, (int64_t)i + 1));
        put(a, item, "body", body);
        if (harm != SIM_CUT || i + 1 < n)
            kz_value_push(a, list, item);
    }
    kz_sha256_text(sum, kz_buf_str(&b));
    put_str(a, out, "renderer", KZ_STR("yaml"));
    put(a, out, "objects", list);
    put(a, out, "warnings", kz_value_list(a));
    put(a, out, "count", kz_value_int(a, (int64_t)n));
    put_str(a, out, "sha256", kz_str_dup(a, kz_str(sum)));
    return out;
}
