/* SPDX-License-Identifier: Apache-2.0
 *
 * argv against the tables. Long options as --name value and --name=value, short ones also in a
 * cluster (-yn, -ojson); "--" ends them; common options may stand before the command. Typos get one
 * suggestion and are never run. */
#ifndef KZ_CLI_OPTIONS_H
#define KZ_CLI_OPTIONS_H

#include "cli/cli.h"

/* out->command is NULL when argv names none. out points into argv; free with kz_args_done, also after
 * an error. --help ends the checks: what else is wrong does not matter then. */
KZ_MUST_USE int kz_args_parse(struct kz_args *out, struct kz_cli *cli, int argc, char **argv,
                              struct kz_err *err);
void kz_args_done(struct kz_args *args);

bool kz_args_in_go(const struct kz_args *args); /* KZ_CMD_GO_FLAGS */

const struct kz_command *kz_command_find(const struct kz_cli *cli, struct kz_str name);
const char *kz_opt_arg(const struct kz_opt *o); /* "DURATION"; "" for a flag */

#endif
