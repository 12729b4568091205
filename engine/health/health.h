/* SPDX-License-Identifier: Apache-2.0
 *
 * Is this object doing what it should? A pure function of the live object and the time: rules of
 * its own for each kind that needs them, those of kstatus for the rest (docs/internals/health.md).
 * Never talks to a cluster. */
#ifndef KZ_HEALTH_HEALTH_H
#define KZ_HEALTH_HEALTH_H

#include "value/value.h"

enum kz_health {
    KZ_HEALTH_HEALTHY,
    KZ_HEALTH_PROGRESSING, /* not yet; keep waiting */
    KZ_HEALTH_SUSPENDED,   /* paused on purpose: counts as done, and is shown */
    KZ_HEALTH_FAILING,     /* wrong now, may recover: becomes failed after the grace time */
    KZ_HEALTH_FAILED,      /* will not get better by waiting (Job failed, deadline exceeded) */
    KZ_HEALTH_TERMINATING,
    KZ_HEALTH_MISSING,
    KZ_HEALTH_UNKNOWN,     /* a rule could not decide: an error of the object's shape */
};

enum { KZ_HEALTH_TEXT = 160 };

struct kz_verdict {
    enum kz_health health;
    char why[KZ_HEALTH_TEXT]; /* "1 of 3 replicas updated". For people, one line; when healthy "" or a
                                 remark that nobody waits for ("its last run did not succeed") */
    bool capacity; /* of a pod: no node has room for it, and nothing else is wrong */
    bool overdue;  /* FAILED only because a controller's own deadline is over: its pods may know better */
};

struct kz_rules; /* of custom resources: rules.h */

/* live NULL gives MISSING. now: wall time in ns, for rules about how long something lasts. */
struct kz_verdict kz_health_of(const struct kz_rules *rules, const struct kz_value *live, int64_t now);

/* Does a gate that waits for this object need to look at its pods to say why? Then the label selector
 * of its pods ("app=web,tier=x") is made in the arena. Not before its controller has seen it: it has no pods then,
 * or those of before, and at the first sync of a large platform controllers are far behind. */
bool kz_health_pod_selector(struct kz_str *selector, struct kz_arena *a, const struct kz_value *live);

/* Verdict on one pod for a gate's message: FAILING with a permanent waiting reason
 * (ImagePullBackOff, ErrImagePull, InvalidImageName, CreateContainerConfigError, CrashLoopBackOff,
 * OOMKilled, ...) names container and reason; *container is "" when the pod as a whole is meant.
 * A container that has ended badly no more often than `restarts` is PROGRESSING: it may wait for another one.
 * A pod that finds no node is PROGRESSING, and after 15 s says so (capacity): an autoscaler may bring one. */
struct kz_verdict kz_health_of_pod(struct kz_str *container, const struct kz_value *pod, int64_t now, int restarts);

/* Of the ReplicaSets of a Deployment the one that made the youngest of these pods; "" for other pods. What pods of
 * an older revision lack is not the new one's fault, and they are on their way out. */
struct kz_str kz_health_newest_template(const struct kz_value *pods);
bool kz_health_pod_is_old(const struct kz_value *pod, struct kz_str newest);

const char *kz_health_name(enum kz_health h); /* "healthy", "progressing", ... */

#endif
