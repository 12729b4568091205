/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects as they are in the cluster now, beside what the inventory says of them; and the pods of workloads. */
#ifndef KZ_CLI_LOOK_LIVE_H
#define KZ_CLI_LOOK_LIVE_H

#include "cli/look_store.h"
#include "health/rules.h"

struct kz_seen {
    const struct kz_entry *entry; /* of the inventory; NULL: it is in none */
    struct kz_id id;
    const struct kz_value *live;  /* NULL: it is not there, or err says why it cannot be read */
    const struct kz_err *err;
    struct kz_verdict verdict;    /* of live; MISSING without */
};

/* Reads these objects, n of them, whose id is set, and fills in the rest. A list for each kind (and namespace, where
 * those are few), by the platform's label and the module's ("": any); then one by one what no list had, for its
 * label may be gone. What cannot be read has its own err. */
KZ_MUST_USE int kz_look_live(struct kz_look *l, struct kz_seen *at, size_t n, struct kz_str module, struct kz_err *err);
/* The same for all entries of a module; *out in the arena. Needs l->store. */
KZ_MUST_USE int kz_look_live_module(struct kz_seen **out, size_t *n, struct kz_look *l, struct kz_str module,
                                    struct kz_err *err);

/* ---- pods ------------------------------------------------------------------------------------------- */
struct kz_pod_seen {
    const struct kz_value *pod;
    struct kz_str ns, name;
    struct kz_id owner;       /* the workload */
    struct kz_str container;  /* to blame; "": none, or the pod as a whole */
    struct kz_verdict verdict;
    bool crashed;             /* the container ran before and ended badly: its previous log tells more */
    bool old;                 /* of an older revision of its Deployment: on its way out */
};

/* Pods of these live workloads, what hurts first; what is no workload has none. */
KZ_MUST_USE int kz_look_pods(struct kz_pod_seen **out, size_t *n, struct kz_look *l, const struct kz_seen *workloads,
                             size_t n_workloads, struct kz_err *err);

/* The question for the last lines of one container; since: seconds, 0: any age. */
struct kz_query kz_look_log_query(const struct kz_pod_seen *pod, struct kz_str container, bool previous, int tail,
                                  int64_t since);
/* The lines of its answer, trimmed; "": it said nothing, or what it said is gone, or err says why not. */
struct kz_str kz_look_log_text(const struct kz_query *q);

#endif
