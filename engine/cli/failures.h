/* SPDX-License-Identifier: Apache-2.0
 *
 * Why modules failed, as `plan` and `apply` tell it. */
#ifndef KZ_CLI_FAILURES_H
#define KZ_CLI_FAILURES_H

#include "cli/cli.h"
#include "sync/engine.h"

/* Appends one error for each cause, in colours for stderr, and returns how many modules have one. */
size_t kz_failures_add(struct kz_buf *b, const struct kz_args *args, const struct kz_engine_view *v);

#endif
