/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client counts of its requests, for metrics. Retries are requests like others; a watch counts when it has
 * ended. Labels come from these enums only: kinds of custom resources are one class. */
#ifndef KZ_KUBE_COUNT_H
#define KZ_KUBE_COUNT_H

#include "base/measure.h"
#include "resource/id.h"

enum { KZ_VERB_COUNT_ = 10 }; /* of enum kz_verb, kube/status.h */
const char *kz_verb_name(unsigned verb); /* "apply", ..., "logs", "discover" */

enum kz_resource_class {
    KZ_RESOURCE_WORKLOADS, /* Deployment, StatefulSet, Job, ... */
    KZ_RESOURCE_PODS,
    KZ_RESOURCE_CONFIG,    /* ConfigMap, Secret */
    KZ_RESOURCE_NETWORK,   /* Service, Ingress, NetworkPolicy, ... */
    KZ_RESOURCE_STORAGE,
    KZ_RESOURCE_RBAC,      /* and ServiceAccount */
    KZ_RESOURCE_NAMESPACES,
    KZ_RESOURCE_CRDS,
    KZ_RESOURCE_LEASES,
    KZ_RESOURCE_CUSTOM,    /* groups that are not Kubernetes' own */
    KZ_RESOURCE_NONE,      /* discovery, OpenAPI */
    KZ_RESOURCE_OTHER,
    KZ_RESOURCE_CLASSES_,
};
enum kz_resource_class kz_resource_class(struct kz_str group, struct kz_str kind);
const char *kz_resource_class_name(enum kz_resource_class c);

/* Why a watch was begun anew. */
enum kz_watch_end { KZ_WATCH_END_TIME, KZ_WATCH_END_EXPIRED, KZ_WATCH_END_ERROR, KZ_WATCH_ENDS_ };
const char *kz_watch_end_name(enum kz_watch_end e); /* "time", "expired", "error" */

struct kz_kube_stats {
    uint64_t requests, retries, throttled; /* throttled: 429 answers */
    int64_t held; /* ns for which 429s have held everything back */
    uint64_t by[KZ_VERB_COUNT_][KZ_CODE_CLASSES_][KZ_RESOURCE_CLASSES_];
    struct kz_histogram took[KZ_VERB_COUNT_]; /* KZ_SCALE_REQUEST; not of watches */
    size_t watches; /* that are open */
    uint64_t watch_ends[KZ_WATCH_ENDS_];
};

#endif
