/* SPDX-License-Identifier: Apache-2.0 */
#include "report/beside.h"

#include "base/clock.h"
#include "base/log.h"
#include "report/status.h"

enum { AGAIN_SEC = 3600, STILL_SEC = 60, NAME_MAX_BYTES = 254 };

struct kz_beside {
    const struct kz_env *env;
    struct kz_kube *kube;
    char *ns;
    char *platform;             /* NULL: it has not begun */
    uint64_t call, timer;
    void (*told)(void *arg);
    void *arg;
    char other[NAME_MAX_BYTES]; /* namespace */
};

struct kz_beside *kz_beside_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns, void (*told)(void *arg), void *arg)
{
    struct kz_beside *b = calloc(1, sizeof *b);
    kz_assert(b != NULL);
    *b = (struct kz_beside){.env = env, .kube = kube, .ns = strndup(ns.ptr, ns.len), .told = told, .arg = arg};
    return b;
}

void kz_beside_free(struct kz_beside *b)
{
    if (b == NULL)
        return;
    kz_kube_cancel(b->kube, b->call);
    kz_env_timer_stop(b->env, &b->timer);
    free(b->platform);
    free(b->ns);
    free(b);
}

static void look(struct kz_beside *b);

static void on_time(void *arg, uint64_t id)
{
    struct kz_beside *b = arg;
    (void)id;
    b->timer = 0;
    look(b);
}

static void look_after(struct kz_beside *b, int64_t seconds)
{
    b->timer = kz_env_timer(b->env, seconds * KZ_NS_PER_SEC, on_time, b);
}

static void on_listed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_beside *b = arg;
    const bool known = b->other[0] != '\0';
    (void)id;
    b->call = 0;
    if (res->err != NULL) {
        look_after(b, AGAIN_SEC);
        return;
    }
    b->other[0] = '\0';
    for (size_t i = 0; i < kz_value_len(res->body); i++) {
        const struct kz_str ns = kz_value_path_str(kz_value_at(res->body, i), "metadata.namespace");
        if (!kz_str_is(ns, b->ns))
            (void)snprintf(b->other, sizeof b->other, KZ_FMT, KZ_ARG(ns));
    }
    if (b->other[0] != '\0' && !known)
        kz_log(NULL, KZ_ERROR, "installed-twice", KZ_FS("namespace", b->other),
               KZ_FS("effect", "two of one platform undo each other's work: remove one, or the status that it left behind"));
    look_after(b, b->other[0] != '\0' ? STILL_SEC : AGAIN_SEC);
    b->told(b->arg);
}

static void look(struct kz_beside *b)
{
    char selector[NAME_MAX_BYTES];
    (void)snprintf(selector, sizeof selector, KZ_STATUS_LABEL "=%s", b->platform);
    b->call = kz_kube_list(b->kube, KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR(""), kz_str(selector), on_listed, b);
}

void kz_beside_look(struct kz_beside *b, struct kz_str platform)
{
    if (b->platform != NULL)
        return;
    b->platform = strndup(platform.ptr, platform.len);
    look(b);
}

struct kz_str kz_beside_namespace(const struct kz_beside *b)
{
    return kz_str(b->other);
}
