/* SPDX-License-Identifier: Apache-2.0
 *
 * Which modules a one-shot run is about: --module names one, --only patterns of names, with all that those
 * modules depend on. Private to sync/. */
#ifndef KZ_SYNC_SELECT_H
#define KZ_SYNC_SELECT_H

#include "sync/module.h"

bool kz_selects(const struct kz_engine *e, const struct kz_mod *m);
/* KZ_E_NOTFOUND: a pattern of --only that no module has. */
KZ_MUST_USE int kz_select_check(const struct kz_engine *e, struct kz_err *err);

#endif
