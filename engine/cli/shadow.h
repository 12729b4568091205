/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync run --shadow: this version beside the one that is at work (docs/internals/self-upgrade.md). Of every module
 * that the other one says is in order, it plans the revision at which it is, and must find nothing to do: then it reads
 * the same out of the same repository and cluster. Reads only. */
#ifndef KZ_CLI_SHADOW_H
#define KZ_CLI_SHADOW_H

#include "cli/app.h"

/* Exit status: KZ_EXIT_OK, also when nobody is at work there yet; KZ_EXIT_FAILED with the differences on stdout. */
KZ_MUST_USE int kz_shadow_run(const struct kz_args *args, struct kz_err *err);

#endif
