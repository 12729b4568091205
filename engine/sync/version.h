/* SPDX-License-Identifier: Apache-2.0
 *
 * Which kzsync may go on with what another one wrote. Within a major version each understands what the minor version
 * after it writes: so a new version that turns out bad can be taken back. What is older than that might take what it
 * does not understand for nothing (docs/internals/self-upgrade.md). */
#ifndef KZ_SYNC_VERSION_H
#define KZ_SYNC_VERSION_H

#include "base/err.h"

/* Order of semantic versions; what is none, "" too, is before all that are. */
int kz_version_cmp(struct kz_str a, struct kz_str b);

/* KZ_E_CONFLICT: own is too old for what writer wrote. Fine when one of them is no version. */
KZ_MUST_USE int kz_version_may_follow(struct kz_str own, struct kz_str writer, struct kz_str platform,
                                      struct kz_err *err);

#endif
