/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to the API server that a command waits for, one after another. The loop turns meanwhile; a signal
 * that the command catches ends the wait with KZ_E_TIMEOUT "interrupted". */
#ifndef KZ_CLI_ASK_H
#define KZ_CLI_ASK_H

#include "cli/app.h"

/* What the cluster serves; before any other question. */
KZ_MUST_USE int kz_ask_discover(struct kz_app *app, struct kz_err *err);
/* All objects of the kind with this label, of one namespace or "" all: a list in the arena. */
KZ_MUST_USE int kz_ask_list(struct kz_value **out, struct kz_app *app, struct kz_arena *a, struct kz_str group,
                            struct kz_str kind, struct kz_str ns, struct kz_str selector, struct kz_err *err);
/* KZ_E_NOTFOUND when there is none. */
KZ_MUST_USE int kz_ask_get(struct kz_value **out, struct kz_app *app, struct kz_arena *a, const struct kz_id *id,
                           struct kz_err *err);
/* Makes it so, and takes fields from others. */
KZ_MUST_USE int kz_ask_apply(struct kz_app *app, const struct kz_id *id, struct kz_str version,
                             const struct kz_value *body, struct kz_err *err);
/* May this user do that? Needs the right to ask. ns "": cluster-wide. */
struct kz_ask_right {
    const char *verb, *group, *resource;
};
KZ_MUST_USE int kz_ask_allowed(bool *out, struct kz_app *app, struct kz_str user, const struct kz_ask_right *right,
                               struct kz_str ns, struct kz_err *err);
/* Lets time pass; false: a signal came. */
bool kz_ask_pause(struct kz_app *app, int64_t ns);

#endif
