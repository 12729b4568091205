/* SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong in other engines, played to ours: small scripted schedules, named after the report, with the
 * invariants of every schedule (check.h) and what the report missed. */
#ifndef SIM_INCIDENT_H
#define SIM_INCIDENT_H

#include <stddef.h>

#include "schedule.h"

/* The nth incident; NULL behind the last. */
const char *sim_incident_name(size_t n);
const char *sim_incident_what(size_t n);
void sim_incident_run(struct sim_result *out, size_t n, bool trace);

#endif
