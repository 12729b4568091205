/* SPDX-License-Identifier: Apache-2.0
 *
 * The class of what a set would create and change: routine, restart or destructive. By what the inventory and the
 * watches know, and where that does not tell, by the API server: the live object against its own answer to a dry-run.
 * What a set removes is not weighed: every removal is destructive. Drift is none of it, nor is what a rollback does.
 * Private to sync/. */
#ifndef KZ_SYNC_WEIGH_H
#define KZ_SYNC_WEIGH_H

#include "sync/module.h"

struct kz_weighing;

/* By what is known here. true: that is the class; else it is at least this one, and the server has to be asked. A
 * module that runs nowhere yet is installed, which is routine; one whose last healthy set this is
 * goes back at most, and its class is none. */
bool kz_weigh_known(enum kz_class *out, const struct kz_mod *m, const struct kz_want *w);

/* By the sets that this process has seen, for people only: no question is asked. */
enum kz_class kz_weigh_guess(const struct kz_mod *m, const struct kz_want *w);

/* Where a module stands, by the inventory alone: on `last`, the newest set of its history, or between that and the
 * newest one, which had begun then. CRDs do not count: they go ahead. Unknown: on another one, so the history was not
 * written in time. */
enum kz_stand { KZ_STAND_LAST, KZ_STAND_BEGUN, KZ_STAND_UNKNOWN };
enum kz_stand kz_weigh_stand(const struct kz_mod *m, const struct kz_want *last, const struct kz_want *newest);

/* What a set comes to, counted: for people, who are to approve it. Objects whose class the server was asked about
 * count as it answered (g), or as changes where it was not (NULL). */
void kz_weigh_count(struct kz_change_count *out, const struct kz_mod *m, const struct kz_want *w, const struct kz_weighing *g);

/* Asks the server. done, once, from the loop. Costs a GET and a dry-run for each object whose kind may have changes
 * beyond routine. */
struct kz_weighing *kz_weigh_begin(struct kz_mod *m, struct kz_want *w,
                                   void (*done)(struct kz_mod *m, const struct kz_weighing *g));
void kz_weigh_end(struct kz_weighing *g); /* at any time; NULL is fine */

enum kz_class kz_weigh_class(const struct kz_weighing *g);
/* Why the class is not known after all: the server did not answer. NULL: it is. */
const struct kz_err *kz_weigh_failed(const struct kz_weighing *g);
/* What the server has against an object, "" nothing; the class is then that of what would be sent. */
const char *kz_weigh_doubt(const struct kz_weighing *g);

#endif
