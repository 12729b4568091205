/* SPDX-License-Identifier: Apache-2.0
 *
 * The windows of spec.schedule: is one open, when does one open, when does it close? Pure: the time is an argument.
 * A window opens at the local times of its cron schedule and stays open for its duration.
 *
 * When clocks are set, a local time that does not exist is taken with the offset before the change (02:30 is then
 * 03:30), and one that comes twice is the second, so that a window ends when its clock says. Where the hour of the
 * schedule is any ("*"), a window starts each time that its minute comes. */
#ifndef KZ_SPEC_WINDOW_H
#define KZ_SPEC_WINDOW_H

#include "value/value.h"

/* In all of these: schedule: checked, NULL is fine. names: a list of windows, one of which must be open; NULL or
 * empty: any time. A deny window of the schedule closes everything while it is open, named or not. A time zone that
 * nobody knows: nothing ever opens. Times are wall ns. Views live as long as schedule. */

/* Cost: one walk over the days of the longest duration. */
bool kz_window_is_open(const struct kz_value *schedule, const struct kz_value *names, int64_t now);

#define KZ_WINDOW_NEVER INT64_MAX

struct kz_window_turn {
    int64_t at;         /* KZ_WINDOW_NEVER: not within ten years, or not before a thousand spans are over */
    struct kz_str name; /* of the window that it is about, "" none */
    bool denied;        /* ... which is one that denies */
};

/* The first moment from `now` on at which it is open; `now` itself when it is open already. The name is that of the
 * window that opens then, or of the one that denies now. Cost: some walks over the days until then. */
struct kz_window_turn kz_window_opens(const struct kz_value *schedule, const struct kz_value *names, int64_t now);
/* The first moment from `now` on at which it is closed; `now` itself when it is closed already. The name is that of
 * the window that ends then, or of the one that begins to deny. */
struct kz_window_turn kz_window_closes(const struct kz_value *schedule, const struct kz_value *names, int64_t now);

/* For people, in the schedule's zone: "02:00 Europe/Berlin", "Sat 02:00 Europe/Berlin" from 20 hours after now on,
 * and "2026-12-10 02:00 Europe/Berlin" from six days on. */
enum { KZ_WINDOW_TEXT = 128 };
void kz_window_clock(char text[KZ_WINDOW_TEXT], const struct kz_value *schedule, int64_t at, int64_t now);

/* Windows for changes of this class ("restart"): the module's own (may be NULL), else those of schedule.default. */
const struct kz_value *kz_window_names(const struct kz_value *schedule, const struct kz_value *own, const char *cls);

#endif
