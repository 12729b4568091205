/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync status --watch. */
#ifndef KZ_CLI_STATUS_WATCH_H
#define KZ_CLI_STATUS_WATCH_H

#include "cli/look.h"

/* Until it is interrupted, or its reader goes away. */
KZ_MUST_USE int kz_status_watch(struct kz_look *l, struct kz_err *err);

/* ---- of cmd_status.c, for it -------------------------------------------------------------------------- */
struct kz_page kz_status_paper(const struct kz_look *l);
bool kz_status_for_people(const struct kz_args *args); /* -o table or wide */
/* In the form that the options ask for. */
void kz_status_print(struct kz_buf *b, struct kz_arena *a, const struct kz_look *l, const struct kz_value *status,
                     struct kz_value *modules, const struct kz_page *page);

#endif
