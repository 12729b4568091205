/* SPDX-License-Identifier: Apache-2.0
 *
 * One module's way to its desired set: the state machine and what its states share. Private to sync/.
 *
 *   idle ──want──> journal ──> crds ──> wait ──> check ──> presync
 *      presync ──> apply ──> synchook ──> gate ──> postsync ──> prune ──> postdelete ──> ok
 *                    ^                      │                                            │
 *                    └──────── wave ────────┘                               drift ──> check
 *   any ──failed──> (syncfail) ──> failed ──retry──> journal
 *   presync to postsync, or at rest ──rollback──> journal (old set) ──> ... ──> gate ──> back
 *   crds, wait, check, failed ──held──> idle, then journal (old set) ──> ... ──> gate ──> back
 *
 *   journal  the keys of the set are written into the inventory before anything is created
 *   crds     CRDs of all modules go first and become Established; nobody passes `wait` before that
 *   wait     for the modules and objects it depends on
 *   check    what exists already is dry-run on the server: no first write that must fail
 *   presync, synchook, postsync, postdelete, syncfail    the hooks of that phase, one after another
 *   apply    one wave's objects, in parallel
 *   gate     the waves so far are healthy, for as long as `soak` says
 *   prune    what is not wanted any more, under guard, in reverse order
 *
 * Only kz_mod_on changes the state. A state's file holds its enter function and its callbacks; a
 * callback turns a fact into an event. A newer want is taken at the next safe point: at once in states
 * without requests under way, else when those have come back.
 *
 * A newer set that may not begin (a pause, a window, an approval: policy.h) is none of the machine's wants yet. It
 * waits beside it (hold.h), and the machine goes on with what it has: it ends what has begun, repairs drift, rolls
 * back. What was let in and may not begin any more before its first write goes back there: `held`. */
#ifndef KZ_SYNC_MODULE_H
#define KZ_SYNC_MODULE_H

#include "base/backoff.h"
#include "base/log.h"
#include "base/vec.h"
#include "sync/asks.h"
#include "sync/attempt.h"
#include "sync/counts.h"
#include "sync/engine.h"
#include "sync/history.h"
#include "sync/live.h"
#include "sync/store.h"
#include "sync/want.h"

enum kz_mod_state {
    KZ_MOD_IDLE, /* nothing wanted yet */
    KZ_MOD_JOURNAL,
    KZ_MOD_CRDS,
    KZ_MOD_WAIT,
    KZ_MOD_CHECK,
    KZ_MOD_PRESYNC,    /* of a removed module: hooks of PreDelete */
    KZ_MOD_APPLY,
    KZ_MOD_SYNCHOOK,   /* of the present wave */
    KZ_MOD_GATE,
    KZ_MOD_POSTSYNC,
    KZ_MOD_PRUNE,
    KZ_MOD_POSTDELETE, /* of a removed module */
    KZ_MOD_SYNCFAIL,   /* then failed or back, as was decided before */
    KZ_MOD_OK,
    KZ_MOD_BACK,   /* at rest on the last healthy set after a failure; the bad one is quarantined */
    KZ_MOD_FAILED, /* waits for a retry or a newer want */
    KZ_MOD_STATES_,
};

enum kz_mod_event {
    KZ_EV_WANT,     /* a new desired set, taken at a safe point */
    KZ_EV_DONE,     /* the state's work is done */
    KZ_EV_WAVE,     /* gate: healthy, and there is another wave */
    KZ_EV_FAILED,
    KZ_EV_ROLLBACK, /* a failure that is answered by the last healthy set */
    KZ_EV_RETRY,
    KZ_EV_DRIFT,
    KZ_EV_RESTED,   /* the work of a rollback is done */
    KZ_EV_FAIL_HOOKS, /* a failure that has hooks of its own */
    KZ_EV_HELD,       /* before the first write: it may not begin now */
};

struct kz_step_now { /* one object of the present want and what is to be done about it */
    struct kz_want_object *o;
    bool todo, drift, checked, done;
    uint64_t timer; /* while it is waited for to be gone */
    bool recreate; /* a field is immutable, and its owner allows to delete and create it */
    bool foreign;  /* to be applied once, and somebody else had made it: left alone from then on */
};

struct kz_takedown_edge {
    struct kz_mod *mod;
    bool resources; /* it has custom resources of our kinds; else it depended on us */
    bool crosswise; /* and waits for us for the same reason: custom resources first, then all else */
};

struct kz_engine;
struct kz_hold;
struct kz_partial;
struct kz_preflight;
struct probe;

struct kz_mod {
    struct kz_engine *e;
    struct kz_log log;
    char *name;
    const struct kz_module *spec; /* of the newest definitions; &removed when it is gone from them */
    bool removed;

    enum kz_mod_state state;
    unsigned epoch;               /* counts state changes: stale timers and replies are told by it */
    bool counted_waiting, counted_crds; /* it is in the engine's counts */
    struct kz_want *want;         /* being made true, or true */
    struct kz_want *next;         /* newer: taken at the next safe point */
    struct kz_hold *hold;         /* newer than these: may not begin yet, or it is not known whether it may. NULL: none */
    struct kz_partial *partial;   /* only some objects are synced just now (partial.h); NULL: as a whole */
    uint64_t hold_timer;          /* policy is looked at again */
    enum kz_class cls, next_cls;  /* of what want, and next, create and change */
    bool begun, next_begun;       /* want has begun to write: it is ended, whatever windows and pauses say */
    bool standing;                /* rolling back, or back, because the newest set is held, not because it failed */
    bool retry_held;              /* failed: may not be tried again now */
    enum kz_class approve;        /* least class that waits for approval, from when it was defined; none: not known */
    struct kz_want *aside;        /* the newest set when it is quarantined: nobody deletes what it holds. NULL: none */
    struct kz_want *good;         /* last fully healthy; what a rollback goes to */
    bool rolling_back;
    bool recalling;               /* the history is asked for `good` */
    struct kz_hash set_aside;     /* content of the quarantined set, as far as this process has seen it */
    bool left_said;               /* what a rollback leaves alone was logged */

    bool installs, upgrades;      /* what this sync does; neither: it repairs */
    size_t hook_next;             /* of the phase under way: the next to be looked at */
    char hook_uid[64];            /* of the object that is waited for */
    bool hook_failed;             /* the last failure is that of a hook: it is not run again without end */
    bool back_after;              /* syncfail: the last healthy set follows */

    uint64_t rendering;           /* job id */
    struct kz_hash rendering_base; /* of all that does not depend on what the render asks for */
    struct kz_hash rendering_key, cache_key;
    struct kz_release release;    /* that is rendered */
    struct kz_asks asks;
    struct kz_value *reply;       /* of the render, until the cycle settles */
    struct kz_arena *reply_arena;
    struct kz_want *built;        /* of this cycle, not handed over yet */
    struct kz_hash newest;        /* key of the newest set handed over, also when it was rolled back */
    struct kz_hash newest_base;
    bool quarantined;             /* the newest set failed before and is not tried again */
    struct kz_err *render_err;    /* of the newest definition; NULL none */
    bool clashes;                 /* that is an object which another module has, too */
    enum kz_violates {
        KZ_VIOLATES_NOTHING,
        KZ_VIOLATES,              /* its set or its definition breaks a rule of its tenant */
        KZ_VIOLATES_NOW,          /* the same, but that may end without a commit: looked at again */
    } violates;

    struct kz_step_now *steps;    /* want->n of them */
    size_t in_flight;
    size_t next_step;             /* apply: the next to be sent */
    int wave, tier;
    bool step_failed;
    bool hopeless;                /* it failed by what the object says: the same again fails again */
    struct kz_backoff backoff;
    uint64_t timer;               /* of the present state */
    uint64_t drift_timer;
    bool drift_starves;           /* that timer runs until a bucket is refilled */
    struct kz_map buckets;        /* repairs that an object may still have (drift.h) */

    int64_t gate_since, healthy_since, failing_since, pods_asked;
    int64_t reread;               /* gate, hooks: when what is waited for was read past the watch */
    int gate_from;                /* waves before it have failed their gate: onFailure continue */
    bool went_on;                 /* ... and the rest of the set is applied: dependents do not wait */
    int64_t soak_for;             /* so long shall all be healthy, by what was applied in this sync; ns */
    bool skipped;                 /* wait: on something that failed for good */
    bool parked;                  /* wait: on something that is held */
    int changes;                  /* wait: has the set changes of its own? -1: not looked yet */
    char *waiting_for;            /* gate, wait: for people; NULL none */
    char *pod_reason;             /* why the pods of an unready workload do not start */
    bool pod_failing, pod_capacity; /* the latter: no node has room for one, and nothing worse */
    const struct kz_want_object *pods_of; /* whose pods were asked for last; NULL none */
    int64_t gate_seen, gate_capacity; /* last look; how long pods have waited for a node */
    char pod_name[256], pod_container[256]; /* whose log tells more; "" none */
    size_t gate_next;             /* of spec->gates: the next that has to open */
    const char *overdue;          /* how the gate's patience ended, for people */
    bool gate_asking;
    bool gate_unknown;            /* the last time it could not be asked */
    int64_t gate_asked;
    unsigned gate_epoch, gate_loads; /* of the state and the definition that gate_next is about */
    uint64_t gate_probe;          /* a request under way to somebody else than the API server */

    KZ_VEC(struct kz_takedown_edge) first; /* of a removed module: those that go before it */
    unsigned guarded;             /* prune: the engine's settles when custom resources were looked for */
    char *needed;                 /* why nothing of it may go: a custom resource; NULL none */
    struct kz_err *err;           /* of the last failure; NULL: none */
    const char *held;             /* why removals wait, NULL: nothing held */
    unsigned held_by;             /* enum kz_held_by, of them all */
    bool held_policy;             /* some by pause, window or the class's approval */
    bool held_guarded;            /* some by a guard, which may open by itself: looked at again by and by */
    size_t held_n;
    const char *held_said;        /* the reason that was logged last: said once */
    struct kz_map prune_skip;     /* keys held or refused in this pass; the value is the key's memory */
    size_t applied, pruned;       /* writes in this sync */
    int64_t started, took;        /* mono ns */
    int64_t synced;               /* wall ns: end of the last sync that wrote or failed; 0 none */
    enum kz_word result;          /* of it */
    struct kz_attempt attempt;
    struct kz_module_counts counts;
    int64_t render_began;         /* mono */
    enum kz_waited_kind gate_for; /* what the open gate waits for, or waited for last */
    enum kz_word word;            /* as last shown */
    int64_t since;                /* wall ns */
    struct kz_plan *plan;         /* KZ_MODE_PLAN */
    struct kz_arena *plan_arena;
    struct probe **probes;        /* plan_only.c: by step */
    struct kz_preflight *preflight; /* of the present check; NULL none */
    const struct kz_want_object *kind_awaited; /* apply: its kind is not served yet; NULL none */
    int64_t kind_since;           /* mono: since when one is waited for; 0: none is */
    unsigned kind_epoch;          /* of the question about it */
    void (*kind_again)(struct kz_mod *m);
    bool planned;
};

/* The one way to change state. */
void kz_mod_on(struct kz_mod *m, enum kz_mod_event ev);
enum kz_mod_state kz_mod_next(enum kz_mod_state now, enum kz_mod_event ev);
const char *kz_mod_state_name(enum kz_mod_state s);

/* The hooks of SyncFail are done: what was decided when the module failed. */
void kz_mod_after_fail_hooks(struct kz_mod *m);
/* Why nothing of a removed module may be deleted now, whatever it is; NULL: it may. */
const char *kz_prune_held(struct kz_mod *m);
void kz_prune_forget(struct kz_mod *m); /* what was held: all of it is looked at again */

/* Fails the module: err is copied; event FAILED or ROLLBACK by policy. */
void kz_mod_fail(struct kz_mod *m, const struct kz_err *err);
/* Keeps a copy of err as m->err and returns it; NULL: there is nothing to blame any more. */
struct kz_err *kz_mod_blame(struct kz_mod *m, const struct kz_err *err);
/* What it shall be in the end, as far as that is known: the newest set, also when it is held. NULL: nothing yet. */
const struct kz_want *kz_mod_newest(const struct kz_mod *m);
/* A newer want that may begin: taken now or at the next safe point. Takes the reference. */
void kz_mod_want(struct kz_mod *m, struct kz_want *w);
/* At a safe point: takes `next` if there is one. true: the state has changed. */
bool kz_mod_safe_point(struct kz_mod *m);
/* The present wave's gate is decided: the next wave, or the end. */
void kz_mod_gate_over(struct kz_mod *m);
/* Makes an older set the one that is kept true; takes the reference. From a state without requests. */
void kz_mod_go_to(struct kz_mod *m, struct kz_want *w);
/* The same while the newest set is held: it was healthy, is what runs most likely, and is kept true. */
void kz_mod_stand_on(struct kz_mod *m, struct kz_want *w);
/* Its want is taken away from it, before anything of it was written; it is idle then. Gives the reference. */
struct kz_want *kz_mod_give_up(struct kz_mod *m);
/* The set that it was, or is, to make true fails: not tried again until it changes or is released. */
void kz_mod_quarantine(struct kz_mod *m, struct kz_hash key);
/* Keeps it as the newest set, which is not made true; takes the reference; NULL: there is none. */
void kz_mod_set_aside(struct kz_mod *m, struct kz_want *w);
void kz_held_again(struct kz_mod *m); /* at rest: what was held of the removals is looked at again */
void kz_retry_now(struct kz_mod *m);  /* in `failed`: unless it may not be tried again now (hold.h) */
bool kz_mod_at_rest(const struct kz_mod *m); /* ok, back, failed without retry, idle, held */

void kz_mod_say(struct kz_mod *m, const char *fmt, ...) KZ_PRINTF(2, 3); /* sets waiting_for */
void kz_mod_free(struct kz_mod *m);
/* For lines about the newest commit, which is not at work yet: that revision, and no sync. Valid until the next commit. */
struct kz_log kz_mod_log_newest(const struct kz_mod *m);

enum { KZ_REREAD_SEC = 30 }; /* a watch may have stalled: what is waited for is read so often all the same */

/* The API server, with the rights that this module's requests have. */
struct kz_kube *kz_mod_kube(const struct kz_mod *m);
/* Before its first write: remembers that user, and the tenant, in the inventory. The definition is gone when a removal
 * and its hooks run, which must have no other rights. */
void kz_mod_note_user(struct kz_mod *m);

/* A request about o failed; the first failure of a state speaks for it. */
/* The revision is to blame for it, and not the API server or the way to it. */
bool kz_mod_refused(const struct kz_result *res);
void kz_mod_step_failed(struct kz_mod *m, const struct kz_want_object *o, const struct kz_result *res);

/* Decides what is to be done about every object of the want; counts the todo. */
size_t kz_mod_decide(struct kz_mod *m);

/* ---- the states: entered by kz_mod_on ------------------------------------------------------------- */
void kz_enter_journal(struct kz_mod *m);
void kz_enter_crds(struct kz_mod *m);
void kz_enter_wait(struct kz_mod *m);
void kz_enter_check(struct kz_mod *m);
void kz_enter_apply(struct kz_mod *m);
void kz_enter_gate(struct kz_mod *m);
void kz_enter_prune(struct kz_mod *m);
void kz_enter_ok(struct kz_mod *m);
void kz_enter_back(struct kz_mod *m);
void kz_enter_failed(struct kz_mod *m);
void kz_enter_hooks(struct kz_mod *m); /* of the phase that the state stands for */

/* ---- rollback.c ---------------------------------------------------------------------------------- */
/* In `journal`: sends KZ_EV_DONE once the set that a failure would lead back to is in memory and in the
 * history, or cannot be. */
void kz_rollback_prepare(struct kz_mod *m);
/* The newest set is quarantined and none is kept true: the last healthy one is, if the history has it. What
 * was set aside may be in the history too: a person went back from it. */
void kz_rollback_recall(struct kz_mod *m);
/* A rollback leaves it as it is: a CRD or a volume claim that exists. */
bool kz_rollback_leaves(const struct kz_mod *m, const struct kz_want_object *o);
void kz_rollback_say_left(struct kz_mod *m); /* once per rollback */

/* ---- takedown.c ----------------------------------------------------------------------------------- */
/* All wishes are known: remembers what depends on what, and decides in which order the removed go. */
void kz_takedown_settle(struct kz_engine *e);
bool kz_takedown_ready(struct kz_mod *m); /* those that go before it are gone; else says what it waits for */
/* In `prune`: a module that goes crosswise with m and still has custom resources of m's kinds, for which all else of m
 * stays; NULL: none. And does an object of m go ahead of that, as a custom resource of such a module's kinds? */
struct kz_mod *kz_takedown_crossed(const struct kz_mod *m);
bool kz_takedown_goes_ahead(const struct kz_mod *m, const struct kz_id *id);
/* In `journal`: true when the hooks of a removed module have to be asked for first; then enters it again. */
bool kz_takedown_recall(struct kz_mod *m);

/* ---- crd_guard.c --------------------------------------------------------------------------------- */
/* In `prune`: asks for custom resources of the CRDs that are to go, as `goes` says of entries. done at once or
 * later, while m is in the state that asked: why nothing may go now, valid until the next call; NULL: nothing is
 * in the way. */
void kz_crd_guard(struct kz_mod *m, bool (*goes)(const struct kz_mod *m, struct kz_str key),
                  void (*done)(struct kz_mod *m, const char *why));

void kz_wait_look(struct kz_mod *m);  /* something that it may wait for has changed */
void kz_gate_look(struct kz_mod *m);  /* an object of it has changed */
void kz_crds_look(struct kz_mod *m);
void kz_hooks_look(struct kz_mod *m);
void kz_gate_extra_start(struct kz_mod *m);
void kz_gate_extra_stop(struct kz_mod *m); /* cancels a request to a stranger */
bool kz_gate_extra_pending(struct kz_mod *m); /* a gate of the definition is not open yet */
/* o is applied: the last gate soaks as long as its kind wants. */
void kz_gate_applied(struct kz_mod *m, const struct kz_want_object *o);
bool kz_mod_healthy(const struct kz_mod *m, size_t *healthy); /* all objects of its want, now */

/* Sends one object with the conflict policy; done is called once with the final outcome. */
struct kz_send {
    struct kz_mod *m;
    unsigned epoch;
    size_t step;                    /* of a hook: SIZE_MAX */
    const struct kz_want_object *o; /* valid while the epoch is the same */
    bool forced;
    void (*done)(struct kz_send *s, const struct kz_result *res); /* frees nothing; s dies after it */
};
void kz_mod_send(struct kz_mod *m, size_t step, bool dry_run,
                 void (*done)(struct kz_send *s, const struct kz_result *res));
/* The same for a hook, which gets this annotation. */
void kz_mod_send_hook(struct kz_mod *m, const struct kz_want_object *o, const char *annotation, struct kz_str text,
                      void (*done)(struct kz_send *s, const struct kz_result *res));

/* The pods of a workload, when it does not come up: keeps in m (pod_reason, pod_name, pod_container,
 * pod_failing) what the worst of them says. done only while m is in the state that asked. */
void kz_pods_ask(struct kz_mod *m, struct kz_str ns, const char *selector, void (*done)(struct kz_mod *m));
/* The last lines of that container's log, at once and "" when there is no such container. */
void kz_pods_log(struct kz_mod *m, struct kz_str ns, void (*done)(struct kz_mod *m, struct kz_str text));
void kz_pods_forget(struct kz_mod *m);

/* Removes a field path as conflicts name it (.spec.containers[name="c"].image) from a body. */
bool kz_conflict_remove(struct kz_value *body, struct kz_str path);

/* Prepares the plan of a module in KZ_MODE_PLAN from its steps; see plan_only.c. */
void kz_mod_plan(struct kz_mod *m);

#endif
