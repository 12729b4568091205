/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of Go's pflag library about a wrong command line, for commands that stand in for a program
 * written with it (KZ_CMD_GO_FLAGS): scripts and people know these messages. */
#ifndef KZ_CLI_GOFLAGS_H
#define KZ_CLI_GOFLAGS_H

#include "base/arena.h"
#include "cli/cli.h"
#include "value/value.h"

int kz_goflags_unknown(struct kz_str name, struct kz_err *err); /* of a long option */
/* letter of cluster, what is left behind one '-'. */
int kz_goflags_unknown_letter(char letter, const char *cluster, struct kz_err *err);
/* cluster NULL: the long form was written. */
int kz_goflags_needs_value(const struct kz_opt *o, const char *cluster, struct kz_err *err);
int kz_goflags_invalid(const struct kz_opt *o, struct kz_str text, const char *why,
                       struct kz_err *err);

/* strconv.ParseBool: 1 or 0; -1: neither. */
int kz_goflags_bool(struct kz_str text);

/* What Go calls an error of the system: "no such file or directory". */
const char *kz_goflags_errno(struct kz_arena *a, int errnum);

/* What a flag of type "strings" holds: each time it is given one record of comma-separated values with
 * quotes, as encoding/csv reads it. */
KZ_MUST_USE int kz_goflags_strings(struct kz_value **out, struct kz_arena *a,
                                   const struct kz_args *args, const char *name,
                                   struct kz_err *err);

#endif
