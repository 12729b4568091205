/* SPDX-License-Identifier: Apache-2.0
 *
 * Is a window of spec.schedule open? Pure: the time is an argument. A window opens at the local times of its cron
 * schedule and stays open for its duration. */
#ifndef KZ_SPEC_WINDOW_H
#define KZ_SPEC_WINDOW_H

#include "value/value.h"

/* schedule: checked, NULL is fine. names: a list of windows, one of which must be open; NULL or empty: any time.
 * A deny window of the schedule closes everything while it is open, named or not. A local time that does not exist
 * (clocks go forward) is taken with the offset before the change; one that comes twice is the second.
 * now: wall ns. Cost: one walk over the days of the longest duration. */
bool kz_window_is_open(const struct kz_value *schedule, const struct kz_value *names, int64_t now);

/* Windows for changes of this class ("restart"): the module's own (may be NULL), else those of schedule.default. */
const struct kz_value *kz_window_names(const struct kz_value *schedule, const struct kz_value *own, const char *cls);

#endif
