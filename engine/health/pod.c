/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "health/status.h"

/* The scheduler tries for a moment before a new node is worth mentioning. */
#define UNSCHEDULABLE_AFTER (15 * KZ_NS_PER_SEC)

/* What the kubelet says of a container that it can't start: ErrImagePull, ImagePullBackOff,
 * InvalidImageName, CreateContainerConfigError, CrashLoopBackOff, RunContainerError, ... */
static bool is_trouble(struct kz_str reason)
{
    return kz_str_starts(reason, KZ_STR("Err")) || kz_str_ends(reason, KZ_STR("Error")) ||
           kz_str_ends(reason, KZ_STR("BackOff")) || kz_str_is(reason, "InvalidImageName") ||
           kz_str_is(reason, "RegistryUnavailable");
}

static const char *ended_as(char *buf, size_t size, const struct kz_value *terminated)
{
    struct kz_str reason = kz_value_path_str(terminated, "reason");
    int64_t code = kz_value_path_int(terminated, "exitCode", 0);
    if (kz_str_is(reason, "OOMKilled"))
        (void)snprintf(buf, size, "OOMKilled: needs more memory than its limit");
    else if (reason.len > 0 && !kz_str_is(reason, "Error"))
        (void)snprintf(buf, size, KZ_FMT ", exit code %" PRId64, KZ_ARG(reason), code);
    else
        (void)snprintf(buf, size, "exit code %" PRId64, code);
    return buf;
}

static bool has_failed(const struct kz_value *terminated)
{
    return terminated != NULL && kz_value_path_int(terminated, "exitCode", 0) != 0;
}

/* A crash may be the way to wait for a database that comes up at the same time. */
static enum kz_health after_ends(int64_t ends, int restarts)
{
    return ends > restarts ? KZ_HEALTH_FAILING : KZ_HEALTH_PROGRESSING;
}

/* The first container in trouble. */
static bool find_trouble(struct kz_verdict *out, struct kz_str *container,
                         const struct kz_value *statuses, int restarts_max)
{
    char ended[128];
    for (size_t i = 0; i < kz_value_len(statuses); i++) {
        const struct kz_value *c = kz_value_at(statuses, i);
        struct kz_str reason = kz_value_path_str(c, "state.waiting.reason");
        struct kz_str message = kz_value_path_str(c, "state.waiting.message");
        const struct kz_value *last = kz_value_path(c, "lastState.terminated");
        const struct kz_value *now = kz_value_path(c, "state.terminated");
        int64_t restarts = kz_value_path_int(c, "restartCount", 0);
        if (kz_str_is(reason, "CrashLoopBackOff") && last != NULL)
            *out = kz_verdict(after_ends(restarts, restarts_max), "CrashLoopBackOff after %" PRId64 " restart%s: %s",
                              restarts, restarts == 1 ? "" : "s", ended_as(ended, sizeof ended, last));
        else if (is_trouble(reason))
            *out = kz_verdict(KZ_HEALTH_FAILING, KZ_FMT "%s" KZ_FMT, KZ_ARG(reason),
                              message.len > 0 ? ": " : "", KZ_ARG(message));
        else if (has_failed(now))
            *out = kz_verdict(after_ends(restarts + 1, restarts_max), "ended: %s",
                              ended_as(ended, sizeof ended, now));
        else
            continue;
        *container = kz_value_path_str(c, "name");
        return true;
    }
    return false;
}

/* Runs again after an end that was no success, and is not ready. */
static bool find_restart(struct kz_verdict *out, struct kz_str *container,
                         const struct kz_value *statuses, int restarts_max)
{
    char ended[128];
    for (size_t i = 0; i < kz_value_len(statuses); i++) {
        const struct kz_value *c = kz_value_at(statuses, i);
        const struct kz_value *last = kz_value_path(c, "lastState.terminated");
        if (last == NULL || kz_value_path_bool(c, "ready", false))
            continue;
        int64_t restarts = kz_value_path_int(c, "restartCount", 0);
        *out = kz_verdict(after_ends(restarts, restarts_max), "restarted %" PRId64 " time%s: %s", restarts,
                          restarts == 1 ? "" : "s", ended_as(ended, sizeof ended, last));
        *container = kz_value_path_str(c, "name");
        return true;
    }
    return false;
}

/* First container that is not ready yet, and what it is doing. */
static struct kz_verdict still_starting(struct kz_str *container, const struct kz_value *status)
{
    static const char *const lists[] = {"initContainerStatuses", "containerStatuses"};
    for (size_t l = 0; l < kz_countof(lists); l++) {
        const struct kz_value *list = kz_value_get(status, lists[l]);
        for (size_t i = 0; i < kz_value_len(list); i++) {
            const struct kz_value *c = kz_value_at(list, i);
            struct kz_str reason = kz_value_path_str(c, "state.waiting.reason");
            if (kz_value_path_bool(c, "ready", false) ||
                kz_value_path(c, "state.terminated") != NULL)
                continue;
            *container = kz_value_path_str(c, "name");
            if (reason.len > 0)
                return kz_verdict(KZ_HEALTH_PROGRESSING, KZ_FMT, KZ_ARG(reason));
            return kz_verdict(KZ_HEALTH_PROGRESSING, "runs, is not ready yet");
        }
    }
    return kz_verdict(KZ_HEALTH_PROGRESSING, "is not ready yet");
}

static struct kz_verdict pending(struct kz_str *container, const struct kz_value *pod, int64_t now)
{
    struct kz_condition scheduled = kz_condition_of(pod, "PodScheduled");
    if (!kz_condition_is(&scheduled, "False"))
        return still_starting(container, kz_value_get(pod, "status"));
    bool for_long = scheduled.since > 0 && now - scheduled.since >= UNSCHEDULABLE_AFTER;
    if (kz_str_is(scheduled.reason, "Unschedulable") && for_long) { /* an autoscaler may bring a node */
        struct kz_verdict v = kz_verdict(KZ_HEALTH_PROGRESSING, "waits for capacity: " KZ_FMT,
                                         KZ_ARG(scheduled.message));
        v.capacity = true;
        return v;
    }
    return kz_verdict(KZ_HEALTH_PROGRESSING, "is not scheduled yet");
}

static struct kz_verdict failed(struct kz_str *container, const struct kz_value *pod)
{
    struct kz_str reason = kz_value_path_str(pod, "status.reason");
    struct kz_str message = kz_value_path_str(pod, "status.message");
    struct kz_verdict v;
    if (reason.len > 0 || message.len > 0)
        return kz_verdict(KZ_HEALTH_FAILED, KZ_FMT "%s" KZ_FMT, KZ_ARG(reason),
                          reason.len > 0 && message.len > 0 ? ": " : "", KZ_ARG(message));
    if (!find_trouble(&v, container, kz_value_path(pod, "status.initContainerStatuses"), 0) &&
        !find_trouble(&v, container, kz_value_path(pod, "status.containerStatuses"), 0))
        return kz_verdict(KZ_HEALTH_FAILED, "failed");
    v.health = KZ_HEALTH_FAILED;
    return v;
}

struct kz_verdict kz_health_of_pod(struct kz_str *container, const struct kz_value *pod,
                                   int64_t now, int restarts)
{
    struct kz_str phase = kz_value_path_str(pod, "status.phase");
    struct kz_condition ready = kz_condition_of(pod, "Ready");
    const struct kz_value *main = kz_value_path(pod, "status.containerStatuses");
    struct kz_verdict v;
    *container = KZ_STR("");
    if (kz_value_path_str(pod, "metadata.deletionTimestamp").len > 0)
        return kz_verdict(KZ_HEALTH_TERMINATING, "is being deleted");
    if (kz_str_is(phase, "Succeeded"))
        return kz_verdict_ok();
    if (kz_str_is(phase, "Failed"))
        return failed(container, pod);
    if (kz_condition_is(&ready, "True"))
        return kz_verdict_ok();
    if (find_trouble(&v, container, kz_value_path(pod, "status.initContainerStatuses"), restarts) ||
        find_trouble(&v, container, main, restarts) || find_restart(&v, container, main, restarts))
        return v;
    if (kz_str_is(phase, "Running"))
        return still_starting(container, kz_value_get(pod, "status"));
    return pending(container, pod, now);
}

/* ---- revisions of a Deployment --------------------------------------------------------------- */

static struct kz_str template_of(const struct kz_value *pod)
{
    return kz_value_as_str(kz_value_get(kz_value_path(pod, "metadata.labels"), "pod-template-hash"));
}

struct kz_str kz_health_newest_template(const struct kz_value *pods)
{
    struct kz_str newest = KZ_STR(""), time = KZ_STR("");
    for (size_t i = 0; i < kz_value_len(pods); i++) {
        const struct kz_value *pod = kz_value_at(pods, i);
        struct kz_str created = kz_value_path_str(pod, "metadata.creationTimestamp");
        if (template_of(pod).len == 0 || kz_str_cmp(created, time) < 0)
            continue;
        newest = template_of(pod);
        time = created;
    }
    return newest;
}

bool kz_health_pod_is_old(const struct kz_value *pod, struct kz_str newest)
{
    return template_of(pod).len > 0 && !kz_str_eq(template_of(pod), newest);
}
