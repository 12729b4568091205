/* SPDX-License-Identifier: Apache-2.0
 *
 * Order in which the objects of one module are applied. A wave is a set whose members do not wait for
 * each other; waves run one after another and a wave ends when all its members are healthy.
 *
 * Edges come from the objects themselves (namespace -> content, CRD -> custom resource,
 * ServiceAccount/ConfigMap/Secret/PVC -> workload that names it, RBAC before workloads, webhook
 * configurations and APIServices last) and from wave annotations (kubezero.com/wave,
 * argocd.argoproj.io/sync-wave), which win over the computed order between different waves.
 * Knows kinds and annotations only; never talks to a cluster. */
#ifndef KZ_RESOURCE_ORDER_H
#define KZ_RESOURCE_ORDER_H

#include "resource/object.h"

/* Sets .wave of each object (0-based, dense) and sorts the set by (wave, kind order, id). A wave
 * annotation that is not an integer is an error with its place. *n_waves gets the count. Few waves
 * are better: an object gets the earliest wave that its edges allow. Cost: O(n + references). */
KZ_MUST_USE int kz_order_waves(struct kz_set *s, int *n_waves, struct kz_err *err);

/* Rank for deletion: higher ranks are deleted first (custom resources, workloads, config, CRDs,
 * namespaces last). */
int kz_order_delete_rank(const struct kz_id *id);

#endif
