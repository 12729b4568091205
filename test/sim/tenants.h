/* SPDX-License-Identifier: Apache-2.0
 *
 * A tenant in the simulated platform: some modules are its own, and what it may have changes from commit to commit.
 * TENANT: no write in its name, dry or not, is about what the newest definitions, as far as the engine was told, do not
 * let it have; and nothing of its modules is written in another name. */
#ifndef SIM_TENANTS_H
#define SIM_TENANTS_H

#include "check.h"

/* A bit for each kind (enum sim_okind), and one for the namespace `default`. */
enum { SIM_RULE_DEFAULT = 1 << SIM_OKINDS_, SIM_RULES_ALL = (SIM_RULE_DEFAULT << 1) - 1 };

/* Into the reply of the task "load". */
void sim_tenants_put(struct kz_arena *a, struct kz_value *reply, unsigned rules);
/* A request that would change something is sent. label: the module that its object belongs to, "" none. */
void sim_tenants_sent(struct sim_check *c, const struct sim_request *r, const struct kz_id *id, struct kz_str label);

#endif
