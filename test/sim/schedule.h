/* SPDX-License-Identifier: Apache-2.0
 *
 * One schedule: a platform, a history of commits, strangers, faults and kills, all from one seed; then
 * peace, in which the engine must come to rest. */
#ifndef SIM_SCHEDULE_H
#define SIM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct sim_result {
    unsigned violations;
    char first[512]; /* the first of them */
    uint64_t events, requests, deletes;
    double virtual_seconds;
};

struct sim_strikes;

/* strikes NULL: nobody counts what struck. */
void sim_schedule(struct sim_result *out, uint64_t seed, bool trace, struct sim_strikes *strikes);

#endif
