/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors and exit codes as people see them:
 *     error: web: source.path names 'apps/wbe', which is not in the repository, did you mean 'web'?
 *       clusters/eu/kubezero.yaml:14:20
 *       14 |     path: apps/wbe
 *          |           ^
 *       next: ...
 * The first line says what and why; the steps in between are for --verbose. */
#ifndef KZ_CLI_REPORT_H
#define KZ_CLI_REPORT_H

#include "cli/cli.h"

/* word: "error", "warning", "held". Appends lines, each with a newline. */
void kz_report_error(struct kz_buf *b, const char *word, const struct kz_err *err, bool verbose,
                     bool color);
/* As programs written in Go say it: "Error: outermost: ...: cause", then the same lines below. */
void kz_report_go(struct kz_buf *b, const struct kz_err *err);
/* The lines below the first: place, details, next. */
void kz_report_place(struct kz_buf *b, const struct kz_err *err);
int kz_report_exit(enum kz_code code); /* enum kz_exit */

#endif
