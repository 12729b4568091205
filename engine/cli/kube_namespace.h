/* SPDX-License-Identifier: Apache-2.0
 *
 * The namespace that kubectl and Helm would use, without a cluster: only names are read from the
 * kubeconfig, and a kubeconfig that can't be read is none. */
#ifndef KZ_CLI_KUBE_NAMESPACE_H
#define KZ_CLI_KUBE_NAMESPACE_H

#include "base/arena.h"

/* given (-n), else $HELM_NAMESPACE, else that of the context (given, $HELM_KUBECONTEXT, or the current
 * one) in the kubeconfig (given, else $KUBECONFIG, else ~/.kube/config), else "default". */
struct kz_str kz_kube_namespace(struct kz_arena *a, struct kz_str given, struct kz_str kubeconfig,
                                struct kz_str context);

#endif
