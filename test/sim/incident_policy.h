/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows, approvals and pauses as scripted schedules, on a stage with windows and people. Private to incident.c. */
#ifndef SIM_INCIDENT_POLICY_H
#define SIM_INCIDENT_POLICY_H

#include "stage.h"

void incident_window(struct sim_stage *s);
void incident_approval(struct sim_stage *s);
void incident_pause(struct sim_stage *s);
void incident_held_others(struct sim_stage *s);
void incident_held_removal(struct sim_stage *s);
void incident_crosswise(struct sim_stage *s);

#endif
