/* SPDX-License-Identifier: Apache-2.0
 *
 * Order in which the objects of one module are applied. A wave is a set whose members do not wait for
 * each other's health; waves run one after another and a wave ends when all its members are healthy.
 *
 * A wave costs a health gate, and each gate can wait for something that only a later wave brings. So
 * there are few, only where waiting is the point:
 *     1. Namespaces and CustomResourceDefinitions: nothing else can be, or can start, without them;
 *     2. everything else, workloads and custom resources together;
 *     3. APIServices, and webhook configurations that refuse writes (failurePolicy Fail), after the
 *        workload behind the Service that they name, if that Service is in the set; so do custom
 *        resources whose version is converted by a webhook of the set.
 * Wave annotations divide the set first (kubezero.com/wave, else argocd.argoproj.io/sync-wave, else
 * 0), the rules above hold inside each part. They win, except that a Namespace or CRD moves forward to
 * the first part that needs it: nothing could be applied otherwise. The rules lead from earlier kinds
 * to later ones only, so there are no circles.
 *
 * Inside a wave the set is sorted by tier: a ServiceAccount, ConfigMap, Secret, PVC, Role or Service
 * stands before the workload that may name it, a Role before its binding, webhooks and APIServices
 * last. Those are "healthy" once the API server has answered, so it is enough to have the answers of
 * one tier before the next is sent (kz_order_tier), and what a workload names needs no wave.
 *
 * Knows kinds and annotations only; never talks to a cluster. */
#ifndef KZ_RESOURCE_ORDER_H
#define KZ_RESOURCE_ORDER_H

#include "resource/object.h"

/* Sets .wave of each object (0-based, dense) and sorts the set by (wave, kind order, id). A wave
 * annotation that is not an integer is an error with its place. *n_waves gets the count. An object
 * gets the earliest wave that its edges allow. Cost: O(n log n), and O(workloads) for each Service
 * that a webhook, APIService or conversion names. */
KZ_MUST_USE int kz_order_waves(struct kz_set *s, int *n_waves, struct kz_err *err);

/* What the wave annotations of an object say, 0 without; an error as above. */
KZ_MUST_USE int kz_order_stage(int64_t *stage, const struct kz_object *o, struct kz_err *err);

/* Members of a wave with equal tiers may be sent at the same time; lower tiers are answered first. */
int kz_order_tier(const struct kz_id *id);

/* Rank for deletion: higher ranks are deleted first (custom resources, webhooks, workloads, config,
 * CRDs, namespaces last). */
int kz_order_delete_rank(const struct kz_id *id);

#endif
