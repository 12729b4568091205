/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for a million schedules in one process: what jansson takes for one text comes from a block that is used
 * again for the next, and the C library keeps what was given back (measured: 5.3 s of processor time for 200 schedules, 4.1 s so).
 * Does nothing under a sanitizer, which has to see every piece. */
#ifndef SIM_SCRATCH_H
#define SIM_SCRATCH_H

void sim_scratch_use(void); /* once, before the first text is read */

#endif
