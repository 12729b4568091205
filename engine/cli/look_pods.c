/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/look_live.h"

/* Restarts before a crash counts as failing are a module's policy; people want to see each. */
enum { RESTARTS = 0 };

/* Did this container end badly, and does it run again? Of one that waits to be started the log is still that of
 * its last end. */
static bool has_crashed(const struct kz_value *pod, struct kz_str container)
{
    static const char *const lists[] = {"status.initContainerStatuses", "status.containerStatuses"};
    for (size_t i = 0; i < kz_countof(lists); i++) {
        const struct kz_value *list = kz_value_path(pod, lists[i]);
        for (size_t k = 0; k < kz_value_len(list); k++) {
            const struct kz_value *c = kz_value_at(list, k);
            if (kz_str_eq(kz_value_path_str(c, "name"), container))
                return kz_value_path(c, "lastState.terminated") != NULL &&
                       kz_value_path(c, "state.running") != NULL && !kz_value_path_bool(c, "ready", false);
        }
    }
    return false;
}

static void look_at(struct kz_pod_seen *p, const struct kz_value *pod, const struct kz_id *owner,
                    struct kz_str newest, int64_t now)
{
    *p = (struct kz_pod_seen){.pod = pod,
                              .owner = *owner,
                              .ns = kz_value_path_str(pod, "metadata.namespace"),
                              .name = kz_value_path_str(pod, "metadata.name")};
    p->verdict = kz_health_of_pod(&p->container, pod, now, RESTARTS);
    p->crashed = p->container.len > 0 && has_crashed(pod, p->container);
    p->old = kz_health_pod_is_old(pod, newest);
}

/* What hurts first; of equal ones the younger revision, then by name. */
static int by_hurt(const void *x, const void *y)
{
    static const int ranks[] = {
        [KZ_HEALTH_FAILED] = 0,  [KZ_HEALTH_FAILING] = 1,     [KZ_HEALTH_PROGRESSING] = 2, [KZ_HEALTH_UNKNOWN] = 3,
        [KZ_HEALTH_MISSING] = 3, [KZ_HEALTH_TERMINATING] = 4, [KZ_HEALTH_SUSPENDED] = 5,   [KZ_HEALTH_HEALTHY] = 6};
    const struct kz_pod_seen *a = x, *b = y;
    if (a->old != b->old)
        return a->old ? 1 : -1;
    if (ranks[a->verdict.health] != ranks[b->verdict.health])
        return ranks[a->verdict.health] - ranks[b->verdict.health];
    return kz_str_cmp(a->name, b->name);
}

int kz_look_pods(struct kz_pod_seen **out, size_t *n, struct kz_look *l, const struct kz_seen *workloads,
                 size_t n_workloads, struct kz_err *err)
{
    struct kz_query *queries = kz_new_n(l->arena, struct kz_query, n_workloads + 1);
    const struct kz_id **owners = kz_new_n(l->arena, const struct kz_id *, n_workloads + 1);
    const int64_t now = kz_env_wall(kz_app_env(l->app));
    size_t asked = 0, all = 0;
    for (size_t i = 0; i < n_workloads; i++) {
        struct kz_str selector;
        if (workloads[i].live == NULL || !kz_health_pod_selector(&selector, l->arena, workloads[i].live))
            continue;
        owners[asked] = &workloads[i].id;
        queries[asked++] = (struct kz_query){
            .verb = KZ_QUERY_LIST, .selector = selector, .id = {.kind = KZ_STR("Pod"), .ns = workloads[i].id.ns}};
    }
    int rc = kz_query_all(l->app, l->arena, queries, asked, 0, err);
    for (size_t i = 0; i < asked; i++)
        all += kz_value_len(queries[i].body);
    struct kz_pod_seen *at = kz_new_n(l->arena, struct kz_pod_seen, all + 1);
    *n = 0;
    for (size_t i = 0; rc >= 0 && i < asked; i++) {
        if (queries[i].err.code != KZ_OK) {
            *err = queries[i].err;
            rc = -(int)err->code;
        }
        struct kz_str newest = kz_health_newest_template(queries[i].body);
        for (size_t k = 0; k < kz_value_len(queries[i].body); k++)
            look_at(&at[(*n)++], kz_value_at(queries[i].body, k), owners[i], newest, now);
    }
    if (rc >= 0 && *n > 1)
        qsort(at, *n, sizeof *at, by_hurt);
    *out = at;
    return rc;
}

struct kz_query kz_look_log_query(const struct kz_pod_seen *pod, struct kz_str container, bool previous, int tail,
                                  int64_t since)
{
    return (struct kz_query){.verb = KZ_QUERY_LOGS,
                             .id = {.kind = KZ_STR("Pod"), .ns = pod->ns, .name = pod->name},
                             .container = container,
                             .previous = previous,
                             .tail = tail,
                             .since = since};
}

/* What the kubelet says in the place of a log that is gone. */
struct kz_str kz_look_log_text(const struct kz_query *q)
{
    struct kz_str text = q->err.code == KZ_OK ? kz_str_trim(q->text) : KZ_STR("");
    return kz_str_starts(text, KZ_STR("unable to retrieve container logs for ")) ? KZ_STR("") : text;
}
