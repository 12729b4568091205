/* SPDX-License-Identifier: Apache-2.0
 *
 * Events of Kubernetes about some objects, pods and what stands between them, merged: the same said again of the
 * same thing is one, counted. */
#ifndef KZ_CLI_LOOK_EVENTS_H
#define KZ_CLI_LOOK_EVENTS_H

#include "cli/look_live.h"

struct kz_event_seen {
    struct kz_str kind, name;      /* of what it is about */
    struct kz_str reason, message; /* the message on one line */
    struct kz_str time;            /* of the last, RFC 3339 */
    int64_t wall;                  /* the same, ns */
    int64_t count;
    bool warning;
};

/* Those about the objects and the pods, and about the ReplicaSets and claims that are named like them; the oldest
 * first, none before `since` (wall ns, 0: all). One list for each namespace. */
KZ_MUST_USE int kz_look_events(struct kz_event_seen **out, size_t *n, struct kz_look *l, const struct kz_seen *objects,
                               size_t n_objects, const struct kz_pod_seen *pods, size_t n_pods, int64_t since,
                               struct kz_err *err);

#endif
