/* SPDX-License-Identifier: Apache-2.0
 *
 * Annotations of Module and Platform objects as commands to the engine (wishes.h has their form). Standing ones
 * (pause, approve, override-window) become wishes and are taken off when they are over; those that are meant once
 * (sync, rollback) are taken off first and done then, so that a crash in between loses a command rather than doing
 * it twice; only a sync that was taken and has not come to its end is done again by whoever leads next. Each is answered
 * in status.command of its object and by an Event; what cannot be understood is answered "refused" and taken off, but
 * for a pause, which stays where its author finds it.
 *
 * Who may write the annotation gives the command: the rights of the cluster are the access control. `by` is what a
 * client says of itself, for people. Works only while this replica leads, because only then anything is seen. */
#ifndef KZ_REPORT_COMMANDS_H
#define KZ_REPORT_COMMANDS_H

#include "report/mirror.h"
#include "report/wishes.h"

/* The engine's side (sync/steer.h, sync/engine.h); module "": the whole platform. */
struct kz_steering {
    void (*steer)(void *arg, struct kz_str module, const struct kz_wishes *wishes);
    int (*sync_now)(void *arg, struct kz_str module, struct kz_err *err);
    int (*go_back)(void *arg, struct kz_str module, struct kz_str revision,
                   void (*done)(void *arg, const struct kz_err *err), void *done_arg, struct kz_err *err);
    int (*sync_objects)(void *arg, struct kz_str module, const struct kz_str *words, size_t n,
                        void (*done)(void *arg, size_t n, size_t written, const struct kz_err *err), void *done_arg,
                        struct kz_err *err);
    /* Looks at the source that were answered so far, and whether one is under way. */
    unsigned (*looks)(void *arg, bool *looking);
    void *arg;
};

/* The answering side: kz_mirror_reply, kz_mirror_take_off, kz_mirror_look. */
struct kz_answering {
    void (*reply)(void *arg, bool platform, struct kz_str name, const struct kz_reply *reply);
    void (*take_off)(void *arg, bool platform, struct kz_str name, struct kz_str annotation, struct kz_str value,
                     void (*done)(void *arg, const struct kz_err *err), void *done_arg);
    void (*look)(void *arg);
    void *arg;
};

struct kz_commands;
/* env outlives it; the other two are copied. Freed after the engine and the mirror: both may still call back. */
struct kz_commands *kz_commands_new(const struct kz_env *env, const struct kz_steering *steering,
                                    const struct kz_answering *answering);
void kz_commands_free(struct kz_commands *c); /* NULL is fine */

/* As of struct kz_mirror_events. */
void kz_commands_seen(struct kz_commands *c, const struct kz_mirror_seen *seen);
void kz_commands_looked(struct kz_commands *c, const struct kz_engine_view *v);

#endif
