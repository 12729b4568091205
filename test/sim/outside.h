/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine asks besides the API server: the git source and the render workers, both answered
 * from the model, late and sometimes badly. */
#ifndef SIM_OUTSIDE_H
#define SIM_OUTSIDE_H

#include "asks.h"
#include "check.h"
#include "render/render.h"
#include "source/source.h"

struct sim_job;

struct sim_outside {
    struct sim_world *w;
    struct sim_model *model;
    struct sim_faults *faults;
    struct sim_check *check;
    struct sim_asks *asks;           /* of all processes */
    const struct sim_client *client; /* of the same process, as is env */
    const struct kz_env *env;
    struct sim_rng rng;
    struct kz_source source;
    struct kz_workers workers;
    KZ_VEC(struct sim_job *) jobs; /* by id - 1 */
};

void sim_outside_init(struct sim_outside *o, struct sim_world *w, struct sim_model *m, struct sim_faults *f,
                      struct sim_check *c, struct sim_asks *asks, const struct sim_client *client, const struct kz_env *env);
void sim_outside_done(struct sim_outside *o);

#endif
