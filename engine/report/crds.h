/* SPDX-License-Identifier: Apache-2.0
 *
 * The CustomResourceDefinitions of Module and Platform: as text for people, and brought into a cluster. */
#ifndef KZ_REPORT_CRDS_H
#define KZ_REPORT_CRDS_H

#include "base/buf.h"
#include "kube/client.h"

void kz_crds_text(struct kz_buf *b); /* YAML, both */

/* Applies both, but for those that a newer kzsync has brought, and waits until their kinds are served. done, once:
 * err NULL they are. Both outlive it. */
struct kz_crds;
struct kz_crds *kz_crds_install(const struct kz_env *env, struct kz_kube *kube,
                                void (*done)(void *arg, const struct kz_err *err), void *arg);
void kz_crds_free(struct kz_crds *c); /* NULL is fine; at any time, no callback afterwards */

#endif
