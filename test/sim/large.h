/* SPDX-License-Identifier: Apache-2.0
 *
 * A platform of many modules without faults: first sync, a restart with nothing to do, one more commit; with all
 * checks on. What it takes is measured: time of the processor, and the heap that an engine at rest has. */
#ifndef SIM_LARGE_H
#define SIM_LARGE_H

#include <stdbool.h>

/* Prints what it measured. false: a check failed, or it did not come to rest. */
bool sim_large(unsigned modules, unsigned objects);

#endif
