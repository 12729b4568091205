/* SPDX-License-Identifier: Apache-2.0
 *
 * One Platform object and one Module object per module, kept like the engine is: made with the module, deleted with
 * it, put right when somebody edits their spec, their status written when something changed. Nothing in the engine
 * depends on them, so they come last: while modules are at work a few are written each second, and only those that
 * have been different for some seconds; at rest four at a time until all are right.
 *
 * It watches both kinds in kzsync's namespace and hands on what it sees: annotations are how people speak to the
 * daemon (commands.h). Only who leads watches or writes. Without the CRDs or without permission it says so once,
 * and tries again later; the engine does not notice.
 *
 * An object with the name of one of ours and another platform's label belongs to another installation: it is left
 * alone, and our Platform object says so. docs/internals/report.md. */
#ifndef KZ_REPORT_MIRROR_H
#define KZ_REPORT_MIRROR_H

#include "report/events.h"
#include "report/manifest.h"

struct kz_mirror;

struct kz_mirror_seen {
    bool platform;             /* else a Module */
    struct kz_str name;
    bool found;                /* it was there when we came: its status may have answered what it asks for */
    const struct kz_value *obj; /* valid during the call; NULL: it is gone */
};

struct kz_mirror_events {
    /* The engine as it is now: kz_engine_look. */
    void (*look)(void *arg, struct kz_engine_view *out, struct kz_arena *a);
    void (*leads)(void *arg); /* from here on it works; once */
    /* An object of ours, in its newest state. */
    void (*seen)(void *arg, const struct kz_mirror_seen *seen);
    /* All were read once, or there are none to be read. Once for each time of leading. */
    void (*ready)(void *arg);
    /* The engine was looked at; valid during the call. */
    void (*looked)(void *arg, const struct kz_engine_view *v);
    void *arg;
};

/* All but ev outlive it; ev is copied. Begins at once, from the loop. */
struct kz_mirror *kz_mirror_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns,
                                struct kz_events *events, const struct kz_mirror_events *ev);
void kz_mirror_free(struct kz_mirror *m); /* NULL is fine */
/* Something may have changed in the engine: looks at it within a second, now if it has come to rest. */
void kz_mirror_poke(struct kz_mirror *m, bool rests);
void kz_mirror_look(struct kz_mirror *m); /* now */
/* Nothing is begun any more; what is under way comes to its end. */
void kz_mirror_stop(struct kz_mirror *m);

/* While the kinds are being installed their absence is no news. */
/* Another kzsync is at this platform, in that namespace; "": none, as far as is known. */
void kz_mirror_twin(struct kz_mirror *m, struct kz_str ns);
void kz_mirror_await(struct kz_mirror *m, bool awaited);

/* What became of a command: into the status of the object as soon as possible, and an Event. name: as in seen. */
void kz_mirror_reply(struct kz_mirror *m, bool platform, struct kz_str name, const struct kz_reply *reply);
/* Takes an annotation off, if it still has this value. done, once and from the loop: err NULL it is off; KZ_E_CONFLICT it
 * changed or went meanwhile. */
void kz_mirror_take_off(struct kz_mirror *m, bool platform, struct kz_str name, struct kz_str annotation,
                        struct kz_str value, void (*done)(void *arg, const struct kz_err *err), void *arg);

#endif
