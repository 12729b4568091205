/* SPDX-License-Identifier: Apache-2.0
 *
 * Progress of a sync for people, on stderr: on a terminal a few lines that are redrawn at most ten times
 * a second and leave a complete last picture; otherwise one line per change of a module's state. */
#ifndef KZ_CLI_FOLLOW_H
#define KZ_CLI_FOLLOW_H

#include "cli/cli.h"
#include "sync/engine.h"

struct kz_follow;
struct kz_follow *kz_follow_new(const struct kz_args *args, int fd); /* obeys --progress and --color */
void kz_follow_free(struct kz_follow *f);
void kz_follow_show(struct kz_follow *f, const struct kz_engine *e, int64_t now);
/* The last picture: every module once. */
void kz_follow_end(struct kz_follow *f, const struct kz_engine *e, int64_t now);

#endif
