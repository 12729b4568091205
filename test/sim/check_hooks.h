/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of the invariants that is about hooks (HOOK). */
#ifndef SIM_CHECK_HOOKS_H
#define SIM_CHECK_HOOKS_H

#include "check.h"

struct sim_run { /* a hook that ended well */
    struct kz_str key, module;
    unsigned variant; /* 0: not known any more */
};

/* The server stored an object. */
void sim_hooks_stored(struct sim_check *c, const struct sim_object *o, const struct kz_value *before, bool by_us,
                      unsigned variant, bool healthy);
/* A process was told this definition. */
void sim_hooks_told(struct sim_check *c, const struct sim_mdef *d);
void sim_hooks_gone(struct sim_check *c, struct kz_str module); /* ... without this module */
/* The inventory in the cluster was read anew. */
void sim_hooks_inventory(struct sim_check *c);
/* o of d, the newest definition of its module, is sent in a version that the definition before lacks. */
void sim_hooks_sent(struct sim_check *c, const struct sim_mdef *d, const struct sim_odef *o);

#endif
