/* SPDX-License-Identifier: Apache-2.0
 *
 * Who owns which field (metadata.managedFields): server-side apply and plain updates on trees, as in
 * docs/internals/api-server.md 2.5 and 2.6. Maps merge by field; containers, volumes, env and ports are lists keyed by
 * name or port; finalizers are a set; everything else is atomic. Pure. */
#ifndef SIM_OWNER_H
#define SIM_OWNER_H

#include "base/vec.h"
#include "value/value.h"

struct sim_clash { /* one field of another manager that an apply would change */
    struct kz_str manager, path;
    bool update; /* an Update entry: the message names its version */
};

struct sim_merge {
    struct kz_value *body;     /* with managedFields; the live tree is not touched */
    bool changed;              /* false: a no-op, which keeps the resourceVersion */
    KZ_VEC(struct sim_clash) clashes; /* not forced: nothing was merged */
};

/* live NULL: the object is created. config is what was sent. */
void sim_owner_apply(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                     const struct kz_value *config, struct kz_str manager, bool force);
/* A PUT, POST or patch: `to` replaces `live` (NULL: created), the manager owns what it changed. */
void sim_owner_update(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                      const struct kz_value *to, struct kz_str manager);

#endif
