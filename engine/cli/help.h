/* SPDX-License-Identifier: Apache-2.0
 *
 * --help, the man page and the completions, from the tables. */
#ifndef KZ_CLI_HELP_H
#define KZ_CLI_HELP_H

#include "cli/cli.h"

/* cmd NULL: the overview. width: where lines break. */
void kz_help_print(struct kz_buf *b, const struct kz_cli *cli, const struct kz_command *cmd,
                   size_t width, bool color);

/* What it is, five examples, and where more is. */
void kz_help_short(struct kz_buf *b, const struct kz_cli *cli, bool color);

/* kzsync(1): all commands in one page, in roff. */
void kz_man_print(struct kz_buf *b, const struct kz_cli *cli);

enum kz_shell { KZ_SHELL_BASH, KZ_SHELL_ZSH, KZ_SHELL_FISH };
extern const char *const kz_shell_words[]; /* in the order of the enum, ends in NULL */
void kz_completion_print(struct kz_buf *b, const struct kz_cli *cli, enum kz_shell shell);

/* The exit codes for the man page; text NULL ends. */
struct kz_exit_text {
    int code;
    const char *text;
};
extern const struct kz_exit_text kz_exit_texts[];

#endif
