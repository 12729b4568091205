/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a workload does not come up: its worst pod, the container to blame, and what that said last. */
#include "sync/internal.h"

enum { LOG_LINES = 5, LOG_BYTES = 300 };

struct ask {
    struct kz_mod *m;
    unsigned epoch;
    void (*done)(struct kz_mod *m);
    void (*said)(struct kz_mod *m, struct kz_str text);
};

static struct ask *ask_new(struct kz_mod *m)
{
    struct ask *q = calloc(1, sizeof *q);
    kz_assert(q != NULL);
    *q = (struct ask){.m = m, .epoch = m->epoch};
    m->in_flight = 1;
    return q;
}

/* Takes a question that has been answered; false: of an older state, nobody waits for it. */
static bool ask_take(struct ask *out, void *arg)
{
    *out = *(struct ask *)arg;
    free(arg);
    if (out->m->epoch != out->epoch)
        return false;
    out->m->in_flight = 0;
    return true;
}

void kz_pods_forget(struct kz_mod *m)
{
    free(m->pod_reason);
    m->pod_reason = NULL;
    m->pod_failing = m->pod_capacity = false;
    m->pod_name[0] = m->pod_container[0] = '\0';
}

/* true: it is to blame, and no worse can come. */
static bool look_at(struct kz_mod *m, const struct kz_value *pod)
{
    struct kz_str container = KZ_STR("");
    struct kz_verdict v = kz_health_of_pod(&container, pod, kz_env_wall(m->e->env), m->spec->restarts);
    struct kz_str name = kz_value_path_str(pod, "metadata.name");
    bool failing = v.health == KZ_HEALTH_FAILING || v.health == KZ_HEALTH_FAILED;
    bool more = failing || m->pod_reason == NULL || (v.capacity && !m->pod_capacity);
    if (v.health == KZ_HEALTH_HEALTHY || v.health == KZ_HEALTH_TERMINATING || !more)
        return false;
    free(m->pod_reason);
    if (asprintf(&m->pod_reason, "pod " KZ_FMT "%s" KZ_FMT ": %s", KZ_ARG(name),
                 container.len > 0 ? ", container " : "", KZ_ARG(container), v.why) < 0)
        m->pod_reason = NULL;
    (void)snprintf(m->pod_name, sizeof m->pod_name, KZ_FMT, KZ_ARG(name));
    (void)snprintf(m->pod_container, sizeof m->pod_container, KZ_FMT, KZ_ARG(container));
    m->pod_failing = failing;
    m->pod_capacity = v.capacity;
    return failing;
}

static void on_pods(void *arg, uint64_t id, const struct kz_result *res)
{
    struct ask q;
    (void)id;
    if (!ask_take(&q, arg))
        return;
    q.m->pod_failing = q.m->pod_capacity = false;
    free(q.m->pod_reason);
    q.m->pod_reason = NULL;
    struct kz_str newest = kz_health_newest_template(res->err == NULL ? res->body : NULL);
    for (size_t i = 0; res->err == NULL && i < kz_value_len(res->body); i++) {
        const struct kz_value *pod = kz_value_at(res->body, i);
        if (!kz_health_pod_is_old(pod, newest) && look_at(q.m, pod))
            break;
    }
    q.done(q.m);
}

void kz_pods_ask(struct kz_mod *m, struct kz_str ns, const char *selector, void (*done)(struct kz_mod *m))
{
    struct ask *q = ask_new(m);
    q->done = done;
    (void)kz_kube_list(kz_mod_kube(m), KZ_STR(""), KZ_STR("Pod"), ns, kz_str(selector), on_pods, q);
}

static void on_log(void *arg, uint64_t id, const struct kz_result *res)
{
    struct ask q;
    (void)id;
    if (!ask_take(&q, arg))
        return;
    struct kz_str text = res->err == NULL ? kz_str_trim(res->text) : KZ_STR("");
    q.said(q.m, kz_str_skip(text, text.len > LOG_BYTES ? text.len - LOG_BYTES : 0));
}

void kz_pods_log(struct kz_mod *m, struct kz_str ns, void (*done)(struct kz_mod *m, struct kz_str text))
{
    if (m->pod_name[0] == '\0' || m->pod_container[0] == '\0') {
        done(m, KZ_STR(""));
        return;
    }
    struct ask *q = ask_new(m);
    q->said = done;
    (void)kz_kube_logs(kz_mod_kube(m), ns, kz_str(m->pod_name), kz_str(m->pod_container), false, LOG_LINES, 0, on_log,
                       q);
}
