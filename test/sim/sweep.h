/* SPDX-License-Identifier: Apache-2.0
 *
 * kill -9 at every point where something is awaited: one story, told once for each of its events, and in each the
 * process dies behind that event and is started again. Whatever it was, the story ends the same. */
#ifndef SIM_SWEEP_H
#define SIM_SWEEP_H

#include "schedule.h"

/* The story with a death behind the nth event, from 1. false: it has no so many events in the parts where something
 * happens, and *out is that of the story without a death. */
bool sim_sweep_run(struct sim_result *out, uint64_t n, bool trace);

#endif
