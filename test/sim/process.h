/* SPDX-License-Identifier: Apache-2.0
 *
 * One place where a kzsync runs, process after process: started, killed, asked to end, stopped for a while and
 * continued. Each has clocks of its own. */
#ifndef SIM_PROCESS_H
#define SIM_PROCESS_H

#include "outside.h"

struct sim_process {
    struct sim_world *w;
    struct sim_client client;
    struct sim_outside outside;
    struct sim_rng rng;
    struct kz_env env;
    int64_t mono_ahead, wall_ahead; /* of virtual time */
    bool same_identity;  /* the next process proves that the one before is dead, and is the same holder */
    size_t inventory_shard; /* bytes; 0: as large as in earnest */
    int64_t interval;
    unsigned *lives;     /* of all processes so far */
    void (*started)(void *arg, struct sim_process *p); /* of people, whose wishes it waits for; NULL: there are none */
    void *started_arg;
    struct kz_kube *kube;
    struct kz_engine *engine; /* NULL: none runs */
    uint64_t end, again; /* timers: the patience of an orderly end; the next start */
};

void sim_process_init(struct sim_process *p, struct sim_world *w, struct sim_api *api, struct sim_model *m,
                      struct sim_faults *f, struct sim_check *c, struct sim_asks *asks, unsigned slot, unsigned *lives);
void sim_process_done(struct sim_process *p); /* kills */

void sim_process_start(struct sim_process *p); /* one that runs already is left alone */
/* kill -9: nothing is cleaned up in the cluster; what was sent may still arrive. Started again later. */
void sim_process_kill(struct sim_process *p);
void sim_process_term(struct sim_process *p);  /* SIGTERM */
void sim_process_stop(struct sim_process *p, int64_t ns); /* SIGSTOP, and SIGCONT after that time */

#endif
