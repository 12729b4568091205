/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of the built-in kinds without asking a cluster. Internal to this layer. */
#ifndef KZ_RESOURCE_KINDS_H
#define KZ_RESOURCE_KINDS_H

#include "resource/id.h"

/* Is the group one of Kubernetes itself? CRDs don't count: they are data of their authors, and
 * groups of add-ons may also end in k8s.io (snapshots, gateways). */
bool kz_kind_is_builtin(struct kz_str group);

/* 1, 0, or -1: not a built-in kind. */
int kz_kind_namespaced(struct kz_str group, struct kz_str kind);

/* Has a pod template at spec.template (a CronJob deeper), and runs. */
bool kz_kind_is_workload(const struct kz_id *id);

/* The pod template of a workload, the object itself for a Pod, NULL for other kinds. */
const struct kz_value *kz_kind_pod_template(const struct kz_id *id, const struct kz_value *body);

#endif
