/* SPDX-License-Identifier: Apache-2.0
 *
 * People who pause, approve and override: what they wish is kept outside of all processes, as annotations of custom
 * resources are, and told to each engine a moment later; to a new one all of it, some time after its start. */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include "process.h"
#include "sync/steer.h"

struct sim_wish {
    struct kz_str module;        /* "" the platform */
    bool pauses, drift, approves, overrides;
    int64_t until, override_until; /* wall ns; 0: without an end */
    struct kz_hash set;          /* that is approved ... */
    int64_t told;                /* when a process heard first of this pause; ns of the world */
    const struct sim_mdef *def;  /* ... which was rendered from this; NULL: a removal */
};

struct sim_people {
    struct sim_world *w;
    struct sim_check *check;
    struct sim_process *processes;
    unsigned n;
    struct sim_rng rng;
    KZ_VEC(struct sim_wish *) wishes;
    struct {
        unsigned life; /* that was told all; 0: none */
        KZ_VEC(struct sim_wish) at;
    } told[SIM_SLOTS];
};

void sim_people_init(struct sim_people *p, struct sim_world *w, struct sim_check *c, struct sim_process *processes, unsigned n);
void sim_people_done(struct sim_people *p);

/* until 0: until they resume it */
void sim_people_pause(struct sim_people *p, struct kz_str module, int64_t until, bool drift);
void sim_people_resume(struct sim_people *p, struct kz_str module);
void sim_people_override(struct sim_people *p, struct kz_str module, int64_t until);
/* Approves what the engine says waits for it, of each module with this chance. */
void sim_people_approve(struct sim_people *p, const struct kz_engine *e, unsigned per_mille);

/* They have paused it once, or all; people NULL: there are none. */
bool sim_people_may_pause(const struct sim_people *p, unsigned slot, struct kz_str module);
/* What the process in that place knows of their wishes about a module; NULL: nothing. */
const struct sim_wish *sim_people_told(const struct sim_people *p, unsigned slot, struct kz_str module);

#endif
