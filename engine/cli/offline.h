/* SPDX-License-Identifier: Apache-2.0
 *
 * A platform read and rendered without a cluster: what `render` and `lint` work on. */
#ifndef KZ_CLI_OFFLINE_H
#define KZ_CLI_OFFLINE_H

#include "cli/app.h"
#include "spec/platform.h"
#include "sync/want.h"

struct kz_offline_module {
    const struct kz_module *spec;
    struct kz_value *reply;  /* of task "render"; NULL: err says why */
    struct kz_want *want;    /* normalised and ordered; NULL: err says why */
    struct kz_err err;       /* code 0: none */
};

struct kz_offline {
    struct kz_arena *arena;
    struct kz_platform *platform;
    struct kz_offline_module *modules; /* enabled ones, in order of dependency */
    size_t n;
    struct kz_map scopes;    /* "group/Kind" -> "N" or "C": kinds that CRDs of the platform bring */
};

/* The definitions alone. *out lives until kz_platform_done; what it points to in the arena. */
KZ_MUST_USE int kz_offline_load(struct kz_platform **out, struct kz_arena *a, struct kz_app *app,
                                const struct kz_tree_at *tree, struct kz_str path, struct kz_err *err);

struct kz_charts;
struct kz_offline_ask {
    const struct kz_tree_at *tree;
    struct kz_str path;         /* of the platform in the tree */
    struct kz_str only;         /* just this module; "": all */
    struct kz_str kube_version; /* that templates are told */
    const struct kz_charts *charts;
};
/* Loads and renders; a module that cannot be rendered has its error, which is not an error here. */
KZ_MUST_USE int kz_offline_render(struct kz_offline **out, struct kz_app *app, const struct kz_offline_ask *ask,
                                  struct kz_err *err);

/* The same of what the options of a command say: all; a module that cannot be rendered has its error, which is not an error here. */
KZ_MUST_USE int kz_offline_open(struct kz_offline **out, struct kz_app *app, const struct kz_args *args,
                                struct kz_err *err);
void kz_offline_close(struct kz_offline *o); /* NULL is fine */

/* The body of a command: opens, calls work, closes. Returns what work returned, or why it was not called. */
typedef int kz_offline_work(const struct kz_args *args, const struct kz_offline *o, struct kz_err *err);
KZ_MUST_USE int kz_offline_run(const struct kz_args *args, kz_offline_work *work, struct kz_err *err);

#endif
