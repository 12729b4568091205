/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows, approvals and pauses, as they look from outside.
 *
 *   WINDOW  no set is begun, and nothing deleted, that restarts or deletes while no window of that class is open, by
 *           the clock of the process that does it
 *   APPROVAL  ... nor without somebody's word for it, where the definition asks for one
 *   PAUSE   no set is begun, and nothing deleted, of what git or people have paused; and nothing is written by who
 *           has not heard yet what people want
 *   STUCK   what waits for a window goes on when it opens
 *   STAND   what is held or paused stands, whole and healthy, on an older set
 *
 * To begin is the first write of something new of a set by one process. What a set does is taken from what stands in
 * the cluster then; what was never healthy as a whole is installed, and waits for nothing but pauses. */
#ifndef SIM_CHECK_POLICY_H
#define SIM_CHECK_POLICY_H

#include "check.h"

/* A write of an object in the newest version of its module, which the engine was told; before: the one before that,
 * or NULL. */
void sim_policy_apply(struct sim_check *c, const struct sim_request *r, const struct sim_mdef *d,
                      const struct sim_mdef *before, const struct sim_odef *o);
/* A removal of an object that is then created again. */
void sim_policy_recreate(struct sim_check *c, const struct sim_request *r, struct kz_str key, const struct sim_mdef *d,
                         const struct sim_mdef *before);
/* Any other removal. d: the newest version of its module, before: the one before that; NULL when it is gone. */
void sim_policy_delete(struct sim_check *c, const struct sim_request *r, struct kz_str key, const struct sim_mdef *d,
                       const struct sim_mdef *before);
/* At rest. */
void sim_policy_rest(struct sim_check *c, const struct kz_module_view *v, bool stands);
bool sim_policy_is_paused(const struct sim_check *c, unsigned slot, struct kz_str module);

#endif
