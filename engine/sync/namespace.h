/* SPDX-License-Identifier: Apache-2.0
 *
 * A namespace as kzsync makes it where something of its own, or of a module, is to live: only the name,
 * no label, not in the inventory. So it is never pruned. */
#ifndef KZ_SYNC_NAMESPACE_H
#define KZ_SYNC_NAMESPACE_H

#include "kube/client.h"

/* flags: of kz_kube_apply. Applied, not created: the reply is the same whether it was there or not. */
uint64_t kz_namespace_apply(struct kz_kube *k, struct kz_str name, unsigned flags, kz_kube_done done, void *arg);

#endif
