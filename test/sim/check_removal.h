/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of the invariants that is about the order in which removed modules go (ORDER, CTRL). */
#ifndef SIM_CHECK_REMOVAL_H
#define SIM_CHECK_REMOVAL_H

#include "check.h"

/* A DELETE of this object is sent by a process that was told so. */
void sim_removal_sent(struct sim_check *c, const struct sim_told *t, struct kz_str key);

#endif
