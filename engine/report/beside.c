/* SPDX-License-Identifier: Apache-2.0 */
#include "report/beside.h"

#include "base/clock.h"
#include "base/log.h"
#include "report/status.h"

enum { AGAIN_SEC = 3600, NAME_MAX_BYTES = 254 };

struct kz_beside {
    const struct kz_env *env;
    struct kz_kube *kube;
    char *ns;
    uint64_t call;
    int64_t next;               /* mono: when to look again */
    char other[NAME_MAX_BYTES]; /* namespace */
};

struct kz_beside *kz_beside_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns)
{
    struct kz_beside *b = calloc(1, sizeof *b);
    kz_assert(b != NULL);
    *b = (struct kz_beside){.env = env, .kube = kube, .ns = strndup(ns.ptr, ns.len)};
    return b;
}

void kz_beside_free(struct kz_beside *b)
{
    if (b == NULL)
        return;
    kz_kube_cancel(b->kube, b->call);
    free(b->ns);
    free(b);
}

static void on_listed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_beside *b = arg;
    (void)id;
    b->call = 0;
    if (res->err != NULL)
        return;
    b->other[0] = '\0';
    for (size_t i = 0; i < kz_value_len(res->body); i++) {
        const struct kz_str ns = kz_value_path_str(kz_value_at(res->body, i), "metadata.namespace");
        if (!kz_str_is(ns, b->ns))
            (void)snprintf(b->other, sizeof b->other, KZ_FMT, KZ_ARG(ns));
    }
    if (b->other[0] != '\0')
        kz_log(NULL, KZ_ERROR, "installed-twice", KZ_FS("namespace", b->other),
               KZ_FS("effect", "two of one platform undo each other's work: remove one, or the status that it left behind"));
}

void kz_beside_look(struct kz_beside *b, struct kz_str platform)
{
    char selector[NAME_MAX_BYTES];
    const int64_t now = kz_env_mono(b->env);
    if (b->call != 0 || (b->next != 0 && now < b->next))
        return;
    b->next = now + AGAIN_SEC * KZ_NS_PER_SEC;
    (void)snprintf(selector, sizeof selector, KZ_STATUS_LABEL "=" KZ_FMT, KZ_ARG(platform));
    b->call = kz_kube_list(b->kube, KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR(""), kz_str(selector), on_listed, b);
}

struct kz_str kz_beside_namespace(const struct kz_beside *b)
{
    return kz_str(b->other);
}
