/* SPDX-License-Identifier: Apache-2.0
 *
 * What renders of the model ask of the cluster, as charts do: some modules look up the ConfigMap
 * default/outside, and what that names; some generate values; some hold for a while only. What was looked
 * up stands in an annotation of their objects. Strangers change the ConfigMap.
 *
 *   LOOK  at rest, what a module looked up is what is there
 *   SEED  a module gets the same seed at all times */
#ifndef SIM_ASKS_H
#define SIM_ASKS_H

#include "apiserver.h"
#include "model.h"

#define SIM_LOOKED "sim.example.com/looked"

struct sim_asks {
    struct sim_world *w;
    struct sim_rng rng;
    unsigned changes;
    struct kz_map seeds; /* module -> the seed that it got first */
};

void sim_asks_init(struct sim_asks *s, struct sim_world *w);
void sim_asks_done(struct sim_asks *s);
/* A stranger makes, changes or deletes what modules look up. */
void sim_asks_change(struct sim_asks *s, struct sim_api *api);

/* What the render of d needs beyond its input, or NULL. */
struct kz_value *sim_asks_needs(struct kz_arena *a, const struct sim_mdef *d, const struct kz_value *input);
/* An answer that says no: the render fails by it, as in a chart. NULL: none does. */
const char *sim_asks_refused(struct kz_arena *a, const struct sim_mdef *d, const struct kz_value *input);
/* With nothing missing: what was looked up, as text for SIM_LOOKED; NULL: d looks nothing up. */
const char *sim_asks_looked(struct kz_arena *a, const struct sim_mdef *d, const struct kz_value *input);
/* Adds what the reply depends on, and checks the seed. wall: ns, as the process sees it. */
void sim_asks_finish(struct sim_asks *s, struct kz_value *reply, struct kz_arena *a, const struct sim_mdef *d,
                     const struct kz_value *input, int64_t wall);
/* LOOK, for a module that says ok. */
void sim_asks_check(struct sim_world *w, const struct sim_api *api, const struct sim_mdef *d);

#endif
