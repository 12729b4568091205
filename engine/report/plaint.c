/* SPDX-License-Identifier: Apache-2.0 */
#include "report/plaint.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "report/manifest.h"
#include "report/put.h"
#include "spec/fields.h"

enum { ARENA = 1 << 20, MESSAGE_BYTES = 1024, FLAGS = KZ_APPLY_FORCE | KZ_APPLY_LENIENT | KZ_APPLY_UNFENCED };

static const struct kz_write of_object = {.manager = KZ_PLAINT_MANAGER};
static const struct kz_write of_status = {.manager = KZ_PLAINT_MANAGER, .subresource = "status"};

struct kz_plaint {
    const struct kz_env *env;
    struct kz_kube *kube;
    char *ns, *platform, *message;
    const char *reason;
    struct kz_hash said;
    uint64_t call;
    void (*done)(void *arg);
    void *arg;
};

struct kz_plaint *kz_plaint_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns)
{
    struct kz_plaint *p = calloc(1, sizeof *p);
    kz_assert(p != NULL);
    *p = (struct kz_plaint){.env = env, .kube = kube, .ns = strndup(ns.ptr, ns.len)};
    return p;
}

static void forget(struct kz_plaint *p)
{
    free(p->platform);
    free(p->message);
    p->platform = p->message = NULL;
}

void kz_plaint_free(struct kz_plaint *p)
{
    if (p == NULL)
        return;
    kz_kube_cancel(p->kube, p->call);
    forget(p);
    free(p->ns);
    free(p);
}

static struct kz_value *platform_object(struct kz_arena *a, const struct kz_id *id, bool labelled)
{
    struct kz_value *o = kz_value_map(a), *meta = kz_value_map(a), *labels = kz_value_map(a);
    put_str(a, o, "apiVersion", KZ_STR(KZ_API_VERSION));
    put_str(a, o, "kind", id->kind);
    put_str(a, meta, "name", id->name);
    put_str(a, meta, "namespace", id->ns);
    put_str(a, labels, KZ_PLATFORM_LABEL, id->name);
    if (labelled)
        kz_value_set(a, meta, KZ_STR("labels"), labels);
    kz_value_set(a, o, KZ_STR("metadata"), meta);
    return o;
}

static void end(struct kz_plaint *p)
{
    void (*done)(void *arg) = p->done;
    p->done = NULL;
    forget(p);
    if (done != NULL)
        done(p->arg);
}

static void on_status(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_plaint *p = arg;
    (void)id;
    p->call = 0;
    if (res->err != NULL)
        p->said = (struct kz_hash){0}; /* tried again the next time */
    end(p);
}

static void push_condition(struct kz_value *list, struct kz_arena *a, const struct kz_plaint *p, const char *type, const char *status)
{
    struct kz_value *c = kz_value_map(a);
    put_str(a, c, "type", kz_str(type));
    put_str(a, c, "status", kz_str(status));
    put_str(a, c, "reason", kz_str(p->reason));
    put_str(a, c, "message", kz_str(p->message));
    put_time(a, c, "lastTransitionTime", kz_env_wall(p->env));
    kz_value_push(a, list, c);
}

static void on_object(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_plaint *p = arg;
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    const struct kz_id who = kz_manifest_id("Platform", kz_str(p->ns), kz_str(p->platform));
    struct kz_value *o = platform_object(a, &who, false), *status = kz_value_map(a), *list = kz_value_list(a);
    (void)id;
    p->call = 0;
    if (res->err != NULL) {
        on_status(p, 0, res);
        return;
    }
    push_condition(list, a, p, "Ready", "False");
    push_condition(list, a, p, "Stalled", "True");
    kz_value_set(a, status, KZ_STR("conditions"), list);
    kz_value_set(a, o, KZ_STR("status"), status);
    p->call = kz_kube_apply_by(p->kube, &who, &of_status, o, FLAGS, on_status, p);
}

void kz_plaint_say(struct kz_plaint *p, struct kz_str platform, const char *reason, const struct kz_err *err,
                   void (*done)(void *arg), void *arg)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    char line[KZ_ERR_TEXT];
    const struct kz_str text = one_line(a, kz_utf8_cut(kz_str(kz_err_line(line, sizeof line, err)), MESSAGE_BYTES));
    const struct kz_hash now = kz_hash(text);
    const bool served = kz_kube_api(p->kube, KZ_STR("kubezero.com"), KZ_STR(""), KZ_STR("Platform")) != NULL;
    if (p->call != 0 || kz_hash_eq(now, p->said) || !served || platform.len == 0) {
        if (done != NULL)
            done(arg);
        return;
    }
    const struct kz_id id = kz_manifest_id("Platform", kz_str(p->ns), platform);
    p->said = now;
    p->platform = strndup(platform.ptr, platform.len);
    p->message = strndup(text.ptr, text.len);
    p->reason = reason;
    p->done = done;
    p->arg = arg;
    p->call = kz_kube_apply_by(p->kube, &id, &of_object, platform_object(a, &id, true), FLAGS, on_object, p);
}

uint64_t kz_plaint_take_back(struct kz_kube *kube, struct kz_arena *a, struct kz_str ns, struct kz_str platform,
                             kz_kube_done done, void *arg)
{
    const struct kz_id id = kz_manifest_id("Platform", ns, platform);
    return kz_kube_apply_by(kube, &id, &of_status, platform_object(a, &id, false), KZ_APPLY_FORCE | KZ_APPLY_LENIENT, done, arg);
}
