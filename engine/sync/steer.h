/* SPDX-License-Identifier: Apache-2.0
 *
 * What people want of a running engine beside git: pauses, approvals, overrides of windows, "sync now", going back.
 * They say it as annotations of the custom resources Module and Platform (report/commands.h reads those); this is
 * the engine's side: plain wishes in, words and facts out (engine.h: struct kz_module_view). Nothing of it is kept
 * by the engine: the annotations are the memory, and with kz_engine_options.steered no write is begun before
 * they were read once (kz_engine_steer_ready), so that a pause survives every restart.
 *
 * A pause stops new revisions. It never stops drift repair unless it says so, and never stops a sync between its
 * first write and its end: it takes hold at the next safe point. Only removals, which come last in a sync, wait for
 * its end. What git says (spec.paused) and what people say add up: either one pauses.
 *
 * Ends are timers on the wall clock, by this machine's own. Wishes that are over count no more, whether they are
 * taken back or not. */
#ifndef KZ_SYNC_STEER_H
#define KZ_SYNC_STEER_H

#include "plan/plan.h"
#include "sync/engine.h"

struct kz_wish_pause {
    struct kz_str reason;  /* "": there is none */
    struct kz_str by;      /* who asked for it, as the client says: for people, not for policy; "" unknown */
    int64_t until;         /* wall ns; 0: until it is resumed */
    bool drift;            /* drift is left alone too */
};

/* Allows one change: it counts while the newest set of the module is this one, whatever class it has. A newer
 * commit that renders the same set is the same change. It also opens those guards of removals that ask for approval
 * (docs/internals/safety.md 2, rules 7 and 8), and no window. */
struct kz_wish_approval {
    struct kz_hash set;    /* kz_module_view.set; all zero: there is none */
    struct kz_str revision, by, reason;
};

/* Windows are open for this module until then; approvals are still asked for. Bound to a commit unless revision is
 * "": the newest one, or the one that the newest set of the module is from; a prefix is enough. */
struct kz_wish_override {
    struct kz_str reason;  /* "": there is none */
    struct kz_str by, revision;
    int64_t until;         /* wall ns; 0: while that commit is the newest */
};

/* All that is wished of one module at present; a field at its zero value: nothing. Strings are copied. */
struct kz_wishes {
    struct kz_wish_pause pause;
    struct kz_wish_approval approval;
    struct kz_wish_override override;
};

/* Replaces the wishes of a module, "" those of the whole platform (which add to each module's own; an approval of
 * a platform means nothing). A module that does not exist (yet) is remembered. Takes effect at once: states may have
 * changed when it returns. Cost: looks at that module only. */
void kz_engine_steer(struct kz_engine *e, struct kz_str module, const struct kz_wishes *wishes);

/* All annotations were read once; also when there are no such resources. Idempotent. */
void kz_engine_steer_ready(struct kz_engine *e);

/* "Now": looks at the source, tries again what waits for a retry, releases what is quarantined. "": all modules.
 * KZ_E_NOTFOUND: there is no such module. */
KZ_MUST_USE int kz_engine_sync_now(struct kz_engine *e, struct kz_str module, struct kz_err *err);

/* Only these objects of a module's set, as people call them (resource/called.h), with those of the set that they cannot
 * begin without (resource/uses.h): partial.h says what that means. done, once and later, unless the engine ends first: so
 * many objects were looked at, so many of them written; err NULL: all of them are as the set says, and healthy.
 * KZ_E_NOTFOUND: no such module or object; KZ_E_INVALID: never in its present state; KZ_E_CONFLICT: not just now. */
KZ_MUST_USE int kz_engine_sync_objects(struct kz_engine *e, struct kz_str module, const struct kz_str *words, size_t n,
                                       void (*done)(void *arg, size_t n, size_t written, const struct kz_err *err),
                                       void *arg, struct kz_err *err);

#endif
