/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of the built-in kinds, as docs/internals/health.md section 2 lists them. */
#include <inttypes.h>

#include "base/clock.h"
#include "health/status.h"

static int64_t number(const struct kz_value *live, const char *path)
{
    return kz_value_path_int(live, path, 0);
}

static struct kz_verdict waiting(int64_t have, int64_t want, const char *what)
{
    return kz_verdict(KZ_HEALTH_PROGRESSING, "%" PRId64 " of %" PRId64 " %s", have, want, what);
}

static struct kz_verdict too_many(int64_t more)
{
    return kz_verdict(KZ_HEALTH_PROGRESSING, "%" PRId64 " old pod%s still there", more,
                      more == 1 ? " is" : "s are");
}

/* ---- workloads ------------------------------------------------------------------------------- */

static struct kz_verdict deployment(const struct kz_value *live, int64_t now)
{
    (void)now;
    int64_t want = kz_value_path_int(live, "spec.replicas", 1);
    int64_t all = number(live, "status.replicas"), ready = number(live, "status.readyReplicas");
    int64_t updated = number(live, "status.updatedReplicas");
    int64_t available = number(live, "status.availableReplicas");
    struct kz_condition progressing = kz_condition_of(live, "Progressing");
    struct kz_condition refused = kz_condition_of(live, "ReplicaFailure");
    struct kz_condition up = kz_condition_of(live, "Available");

    if (kz_value_path_bool(live, "spec.paused", false))
        return kz_verdict(KZ_HEALTH_SUSPENDED, "its rollout is paused");
    if (kz_str_is(progressing.reason, "ProgressDeadlineExceeded")) {
        struct kz_verdict v = kz_verdict(KZ_HEALTH_FAILED,
                                         "progress deadline exceeded: %" PRId64 " of %" PRId64
                                         " replicas updated, %" PRId64 " available",
                                         updated, want, available);
        v.overdue = true;
        return v;
    }
    if (kz_condition_is(&refused, "True"))
        return kz_verdict_of(KZ_HEALTH_FAILING, &refused);
    if (kz_value_path(live, "status.observedGeneration") == NULL)
        return kz_verdict(KZ_HEALTH_PROGRESSING, "its controller has not seen it yet");
    if (updated < want)
        return waiting(updated, want, "replicas updated");
    if (all > updated)
        return too_many(all - updated);
    if (available < want)
        return waiting(available, want, "replicas available");
    if (ready < want)
        return waiting(ready, want, "replicas ready");
    if (progressing.is_set && kz_value_path(live, "spec.progressDeadlineSeconds") != NULL &&
        kz_condition_is(&progressing, "True") &&
        !kz_str_is(progressing.reason, "NewReplicaSetAvailable"))
        return kz_verdict_of(KZ_HEALTH_PROGRESSING, &progressing);
    if (up.is_set && !kz_condition_is(&up, "True"))
        return kz_verdict_of(KZ_HEALTH_PROGRESSING, &up);
    return kz_verdict_ok();
}

static struct kz_verdict stateful_set(const struct kz_value *live, int64_t now)
{
    (void)now;
    int64_t want = kz_value_path_int(live, "spec.replicas", 1);
    int64_t all = number(live, "status.replicas"), ready = number(live, "status.readyReplicas");
    int64_t updated = number(live, "status.updatedReplicas");
    int64_t available = kz_value_path_int(live, "status.availableReplicas", ready);
    int64_t partition = number(live, "spec.updateStrategy.rollingUpdate.partition");
    bool same = kz_str_eq(kz_value_path_str(live, "status.currentRevision"),
                          kz_value_path_str(live, "status.updateRevision"));

    if (kz_value_path(live, "status.observedGeneration") == NULL)
        return kz_verdict(KZ_HEALTH_PROGRESSING, "its controller has not seen it yet");
    if (all < want)
        return waiting(all, want, "pods created");
    if (ready < want)
        return waiting(ready, want, "replicas ready");
    if (available < want)
        return waiting(available, want, "replicas available");
    if (all > want)
        return too_many(all - want);
    if (kz_str_is(kz_value_path_str(live, "spec.updateStrategy.type"), "OnDelete")) {
        if (same || updated >= want)
            return kz_verdict_ok();
        return kz_verdict(KZ_HEALTH_HEALTHY,
                          "%" PRId64 " pods run the old revision: updateStrategy is OnDelete",
                          want - updated);
    }
    if (partition > 0)
        return updated < want - partition ? waiting(updated, want - partition, "replicas updated")
                                          : kz_verdict_ok();
    if (!same || updated < want)
        return waiting(updated, want, "replicas updated");
    return kz_verdict_ok();
}

static struct kz_verdict daemon_set(const struct kz_value *live, int64_t now)
{
    (void)now;
    int64_t want = number(live, "status.desiredNumberScheduled");
    int64_t have = number(live, "status.currentNumberScheduled");
    int64_t updated = number(live, "status.updatedNumberScheduled");
    int64_t available = number(live, "status.numberAvailable");
    int64_t ready = number(live, "status.numberReady");

    if (kz_value_path(live, "status.desiredNumberScheduled") == NULL ||
        kz_value_path(live, "status.observedGeneration") == NULL)
        return kz_verdict(KZ_HEALTH_PROGRESSING, "its controller has not seen it yet");
    if (kz_str_is(kz_value_path_str(live, "spec.updateStrategy.type"), "OnDelete")) {
        if (updated >= want)
            return kz_verdict_ok();
        return kz_verdict(KZ_HEALTH_HEALTHY,
                          "%" PRId64 " pods run the old revision: updateStrategy is OnDelete",
                          want - updated);
    }
    if (have < want)
        return waiting(have, want, "pods created");
    if (updated < want)
        return waiting(updated, want, "pods updated");
    if (available < want)
        return waiting(available, want, "pods available");
    if (ready < want)
        return waiting(ready, want, "pods ready");
    return kz_verdict_ok();
}

static struct kz_verdict replica_set(const struct kz_value *live, int64_t now)
{
    (void)now;
    int64_t want = kz_value_path_int(live, "spec.replicas", 1);
    int64_t available = number(live, "status.availableReplicas");
    struct kz_condition refused = kz_condition_of(live, "ReplicaFailure");
    if (kz_condition_is(&refused, "True"))
        return kz_verdict_of(KZ_HEALTH_FAILING, &refused);
    if (available < want)
        return waiting(available, want, "replicas available");
    return kz_verdict_ok();
}

static struct kz_verdict pod(const struct kz_value *live, int64_t now)
{
    struct kz_str container;
    struct kz_verdict v = kz_health_of_pod(&container, live, now, 0);
    if (container.len == 0)
        return v;
    return kz_verdict(v.health, "container " KZ_FMT ": %s", KZ_ARG(container), v.why);
}

static struct kz_verdict job(const struct kz_value *live, int64_t now)
{
    (void)now;
    struct kz_condition failed = kz_condition_of(live, "Failed");
    struct kz_condition complete = kz_condition_of(live, "Complete");
    struct kz_condition suspended = kz_condition_of(live, "Suspended");
    if (kz_condition_is(&failed, "True"))
        return kz_verdict_of(KZ_HEALTH_FAILED, &failed);
    if (kz_condition_is(&complete, "True"))
        return kz_verdict_ok();
    if (kz_value_path_bool(live, "spec.suspend", false) && kz_condition_is(&suspended, "True"))
        return kz_verdict(KZ_HEALTH_SUSPENDED, "spec.suspend is set");
    int64_t bad = number(live, "status.failed");
    if (bad > 0)
        return kz_verdict(KZ_HEALTH_PROGRESSING, "runs, %" PRId64 " pod%s failed so far", bad,
                          bad == 1 ? "" : "s");
    return waiting(number(live, "status.succeeded"), kz_value_path_int(live, "spec.completions", 1),
                   "completions");
}

static struct kz_verdict cron_job(const struct kz_value *live, int64_t now)
{
    (void)now;
    int64_t scheduled, succeeded;
    if (kz_value_path_bool(live, "spec.suspend", false))
        return kz_verdict(KZ_HEALTH_SUSPENDED, "spec.suspend is set");
    if (kz_value_len(kz_value_path(live, "status.active")) > 0 ||
        !kz_time_parse(&scheduled, kz_value_path_str(live, "status.lastScheduleTime")))
        return kz_verdict_ok();
    if (!kz_time_parse(&succeeded, kz_value_path_str(live, "status.lastSuccessfulTime")) ||
        succeeded < scheduled)
        return kz_verdict(KZ_HEALTH_HEALTHY, "its last run did not succeed");
    return kz_verdict_ok();
}

/* ---- the others ------------------------------------------------------------------------------ */

/* Pending is done: a class that waits for the first consumer binds only when the pod is there, and
 * whether it waits is not written in the claim. A pod without its volume keeps its workload waiting. */
static struct kz_verdict claim(const struct kz_value *live, int64_t now)
{
    (void)now;
    struct kz_str phase = kz_value_path_str(live, "status.phase");
    if (kz_str_is(phase, "Lost"))
        return kz_verdict(KZ_HEALTH_FAILING, "its volume is lost");
    if (kz_str_is(phase, "Bound"))
        return kz_verdict_ok();
    return kz_verdict(KZ_HEALTH_HEALTHY, "is not bound yet: waits for its first pod or a volume");
}

static struct kz_verdict service(const struct kz_value *live, int64_t now)
{
    (void)now;
    if (kz_str_is(kz_value_path_str(live, "spec.type"), "LoadBalancer") &&
        kz_value_len(kz_value_path(live, "status.loadBalancer.ingress")) == 0)
        return kz_verdict(KZ_HEALTH_PROGRESSING, "waits for the address of its load balancer");
    return kz_verdict_ok();
}

/* A module that brings the metrics server can't wait for what needs it: said, never waited for. */
static struct kz_verdict autoscaler(const struct kz_value *live, int64_t now)
{
    (void)now;
    static const char *const types[] = {"AbleToScale", "ScalingActive"};
    for (size_t i = 0; i < kz_countof(types); i++) {
        struct kz_condition c = kz_condition_of(live, types[i]);
        if (kz_condition_is(&c, "False") && !kz_str_is(c.reason, "ScalingDisabled"))
            return kz_verdict_of(KZ_HEALTH_HEALTHY, &c);
    }
    return kz_verdict_ok();
}

static struct kz_verdict api_service(const struct kz_value *live, int64_t now)
{
    (void)now;
    struct kz_condition up = kz_condition_of(live, "Available");
    if (kz_condition_is(&up, "True"))
        return kz_verdict_ok();
    if (up.is_set)
        return kz_verdict_of(KZ_HEALTH_PROGRESSING, &up);
    return kz_verdict(KZ_HEALTH_PROGRESSING, "is not available yet");
}

static struct kz_verdict crd(const struct kz_value *live, int64_t now)
{
    (void)now;
    struct kz_condition names = kz_condition_of(live, "NamesAccepted");
    struct kz_condition established = kz_condition_of(live, "Established");
    struct kz_condition schema = kz_condition_of(live, "NonStructuralSchema");
    if (kz_condition_is(&names, "False"))
        return kz_verdict_of(KZ_HEALTH_FAILED, &names);
    if (kz_condition_is(&established, "True"))
        return kz_condition_is(&schema, "True") ? kz_verdict_of(KZ_HEALTH_HEALTHY, &schema)
                                                : kz_verdict_ok();
    if (kz_condition_is(&established, "False") && !kz_str_is(established.reason, "Installing"))
        return kz_verdict_of(KZ_HEALTH_FAILED, &established);
    return kz_verdict(KZ_HEALTH_PROGRESSING, "is not established yet");
}

static struct kz_verdict name_space(const struct kz_value *live, int64_t now)
{
    (void)now;
    struct kz_str phase = kz_value_path_str(live, "status.phase");
    if (phase.len == 0 || kz_str_is(phase, "Active"))
        return kz_verdict_ok();
    return kz_verdict(KZ_HEALTH_TERMINATING, "phase " KZ_FMT, KZ_ARG(phase));
}

/* Addresses of an Ingress are published by some controllers only: no reason to wait. */
static struct kz_verdict always(const struct kz_value *live, int64_t now)
{
    (void)live;
    (void)now;
    return kz_verdict_ok();
}

static const struct {
    const char *group, *kind;
    struct kz_verdict (*rule)(const struct kz_value *live, int64_t now);
} rules[] = {
    {"apps",                   "Deployment",               deployment  },
    {"apps",                   "StatefulSet",              stateful_set},
    {"apps",                   "DaemonSet",                daemon_set  },
    {"apps",                   "ReplicaSet",               replica_set },
    {"",                       "ReplicationController",    replica_set },
    {"",                       "Pod",                      pod         },
    {"batch",                  "Job",                      job         },
    {"batch",                  "CronJob",                  cron_job    },
    {"",                       "PersistentVolumeClaim",    claim       },
    {"",                       "Service",                  service     },
    {"",                       "Namespace",                name_space  },
    {"networking.k8s.io",      "Ingress",                  always      },
    {"autoscaling",            "HorizontalPodAutoscaler",  autoscaler  },
    {"apiregistration.k8s.io", "APIService",               api_service },
    {"apiextensions.k8s.io",   "CustomResourceDefinition", crd         },
};

bool kz_health_builtin(struct kz_verdict *out, struct kz_str group, struct kz_str kind,
                       const struct kz_value *live, int64_t now)
{
    for (size_t i = 0; i < kz_countof(rules); i++) {
        if (!kz_str_is(kind, rules[i].kind) || !kz_str_is(group, rules[i].group))
            continue;
        *out = rules[i].rule(live, now);
        return true;
    }
    return false;
}
