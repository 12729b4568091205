/* SPDX-License-Identifier: Apache-2.0
 *
 * Kubernetes Events (events.k8s.io/v1) about Module and Platform objects: `kubectl describe` and `kubectl events`
 * show them. The same said again within ten minutes is one Event with a count. Of each object ten at once and one
 * every 30 s then; what is more is dropped and counted in the next one. At most two requests are under way, and
 * what waits is bounded: an Event is a courtesy, never a reason to wait. */
#ifndef KZ_REPORT_EVENTS_H
#define KZ_REPORT_EVENTS_H

#include "kube/client.h"

struct kz_events;

struct kz_about {
    const char *kind; /* "Module" */
    struct kz_str name, uid;
};

/* env and kube outlive it. instance: which process says it. */
struct kz_events *kz_events_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns,
                                struct kz_str instance);
void kz_events_free(struct kz_events *v); /* NULL is fine; what was not sent is lost */

/* reason and action are words in CamelCase; note is one line. */
void kz_events_say(struct kz_events *v, const struct kz_about *about, bool warning, const char *reason,
                   const char *action, struct kz_str note);

#endif
