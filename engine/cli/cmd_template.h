/* SPDX-License-Identifier: Apache-2.0
 *
 * `kzsync template` in two programs: what it says is one file, cmd_template.c, who renders differs. */
#ifndef KZ_CLI_CMD_TEMPLATE_H
#define KZ_CLI_CMD_TEMPLATE_H

#include "cli/cli.h"
#include "value/value.h"

/* Does the task of task_template.h on the chart folder (an absolute path). *reply lives in the arena.
 * template_alone.c: in this process, which is in the sandbox from then on, or, where more has to be done
 * afterwards than to print, by becoming the other program. template_pool.c: in a worker. */
KZ_MUST_USE int kz_template_answer(struct kz_value **reply, struct kz_arena *a, const struct kz_args *args,
                                   struct kz_str folder, const struct kz_value *input,
                                   struct kz_err *err);

extern const struct kz_command kz_cmd_template;

#endif
