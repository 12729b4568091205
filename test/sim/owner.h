/* SPDX-License-Identifier: Apache-2.0
 *
 * Who owns which field (metadata.managedFields): server-side apply and plain updates on trees, as in
 * docs/internals/api-server.md 2.5 and 2.6. Pure. */
#ifndef SIM_OWNER_H
#define SIM_OWNER_H

#include "base/vec.h"
#include "value/value.h"

struct sim_clash { /* one field of another manager that an apply would change */
    struct kz_str manager, path, version;
    bool update; /* an Update entry: the message names its version */
};

struct sim_merge {
    struct kz_value *body;     /* with managedFields; the live tree is not touched */
    KZ_VEC(struct sim_clash) clashes; /* not forced: nothing was merged */
};

/* live NULL: the object is created. config is what was sent. custom: a kind without a Go type. */
void sim_owner_apply(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                     const struct kz_value *config, struct kz_str manager, bool force, bool custom);
/* A PUT, POST or patch: `to` replaces `live` (NULL: created), the manager owns what it changed. */
void sim_owner_update(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                      const struct kz_value *to, struct kz_str manager, bool custom);
/* A PUT of the status subresource, with `status` (NULL: none). */
void sim_owner_status(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                      const struct kz_value *status, struct kz_str manager, bool custom);

#endif
