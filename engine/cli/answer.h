/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer to `kzsync template` as `helm template` prints it: on stdout, through a post-renderer, or as
 * files below --output-dir; and --source-map. */
#ifndef KZ_CLI_ANSWER_H
#define KZ_CLI_ANSWER_H

#include "base/arena.h"
#include "cli/cli.h"
#include "value/value.h"

/* reply: of task_template.h, without an error. */
KZ_MUST_USE int kz_answer_print(const struct kz_args *args, struct kz_arena *a,
                                  const struct kz_value *reply, struct kz_err *err);

/* --debug, of a reply with a late error: what the templates became, if that is no YAML. */
void kz_answer_debug(struct kz_buf *out, struct kz_arena *a, const struct kz_value *reply);

/* What goes to stdout without options; map may be NULL. */
struct kz_source_map;
void kz_answer_text(struct kz_buf *out, struct kz_arena *a, const struct kz_value *reply, bool crds,
                    struct kz_source_map *map);

#endif
