/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of sync/ share about the engine itself. Private to this folder. */
#ifndef KZ_SYNC_INTERNAL_H
#define KZ_SYNC_INTERNAL_H

#include "sync/lease.h"
#include "sync/module.h"
#include "sync/seed.h"

struct kz_presence;
struct kz_schema_cache;
struct kz_wishes;

enum kz_cycle_state {
    KZ_CYCLE_START,   /* discovery, inventory */
    KZ_CYCLE_IDLE,    /* waits for the next poll */
    KZ_CYCLE_RESOLVE, /* asks the source */
    KZ_CYCLE_LOOK,    /* nothing new there: asks the cluster what renders asked before */
    KZ_CYCLE_LOAD,    /* a child reads the definitions */
    KZ_CYCLE_STANDBY, /* waits for the lease */
    KZ_CYCLE_RENDER,  /* children render */
    KZ_CYCLE_SETTLE,  /* waits until the lists of all kinds are complete */
};

struct kz_engine {
    const struct kz_env *env;
    struct kz_kube *kube;
    const struct kz_source *source;
    const struct kz_workers *workers;
    struct kz_engine_options opt;
    struct kz_arena *arena;         /* of opt's strings */

    enum kz_cycle_state cycle;
    uint64_t timer;                 /* next poll, or retry of the present step */
    uint64_t job;                   /* source or worker job under way */
    struct kz_backoff backoff;
    bool poll_again;                /* asked for while a cycle was under way */
    bool loaded_revision;           /* definitions of `revision` were read */
    bool bad_revision;              /* or are wrong, as load_err says */
    struct kz_err load_err;
    unsigned resolves;              /* successful ones since the start: prune rule 8 */
    unsigned looks;                 /* all looks at the source that were answered, for people */
    unsigned fresh_since;           /* resolves when the source was last unreadable, 1 after the start */
    bool source_fresh;              /* the last resolve succeeded: prune rule 2 */
    struct kz_err source_err;       /* code 0: none */

    struct kz_arena *commit_arena;  /* of the strings below */
    struct kz_tree_at tree;
    struct kz_str revision, subject, author;
    int64_t commit_time;            /* wall ns; of a folder: when it was read */

    struct kz_platform *platform;   /* NULL before the first load */
    struct kz_arena *platform_arena;
    unsigned loads;                 /* definitions read so far: a gate's question is about one of them */
    char *platform_name;
    struct kz_map mods;             /* name -> struct kz_mod * */
    size_t n_waiting, n_crds;       /* modules in `wait`; modules with CRDs that have not passed `crds` */
    struct kz_map claims;           /* object key -> struct kz_mod *: who wants it in this generation */
    struct kz_map provided;         /* "group/Kind" -> "Namespaced"/"Cluster" by CRDs of this generation */
    struct kz_arena *claim_arena;
    size_t rendering;
    KZ_VEC(struct kz_mod *) due;    /* whose render this cycle has still to start, from due_at on */
    size_t due_at;
    bool starting;                  /* not all of them were started */
    uint64_t due_timer;
    size_t refreshing;              /* modules whose answers are looked up again */
    size_t rendered, cached;        /* modules of this cycle: by a child, from the render cache */
    struct kz_engine_counts counts;
    int64_t resolve_began;          /* mono */
    bool crds_changed;              /* discovery must be read again before modules go on */
    bool crds_reading;
    unsigned crds_tries;            /* discoveries in a row that lacked a kind of an established CRD */
    uint64_t crds_timer;            /* the next of them */

    struct kz_lease *lease;         /* NULL before the first load, and in KZ_MODE_PLAN */
    bool stood_by;                  /* somebody else led since the definitions were read */
    bool lease_said;                /* its present trouble was logged */
    int64_t trouble_since;          /* mono; 0: it has none */
    struct kz_err lead_err;         /* what keeps it from leading for good; code 0: nothing that is known */
    char *leader;                   /* who else leads; NULL nobody that is known */
    uint64_t closing;               /* timer of the orderly end, and of asking another to stand by */
    bool flush_failed, kept;        /* at the orderly end: the inventory was not written; the history was */
    unsigned settles;               /* cycles whose wants were handed over */

    struct kz_rules *rules;         /* of health: those of the platform, and the built-in ones */
    struct kz_schema_cache *schemas;
    struct kz_presence *presence;   /* NULL until the platform's name is known */
    struct kz_map wishes;           /* module, "" the platform -> struct kept_wishes * (steer.c) */
    bool steer_ready;               /* they were all read once */
    struct kz_lives *lives;         /* NULL until the platform's name is known */
    struct kz_store *store;
    struct kz_history *history;     /* lives as long as the store; NULL with KZ_MODE_PLAN */
    bool store_loaded;
    struct kz_seed *seed;           /* NULL until the platform's name is known */
    uint64_t kick;                  /* timer 0: look at waiters and tell the observer */
    uint64_t tell;                  /* rate-limits `changed` */
    int64_t tell_took;              /* the last one, ns */
    bool rested;                    /* as last seen: all modules were at rest */
    bool finished;
    bool stopped;                   /* nothing new is begun: another kzsync leads, or the end is near */
    bool halted;                    /* it is another kzsync */
    void (*closed)(void *arg);      /* of kz_engine_close */
    void *closed_arg;
};

extern const struct kz_module kz_module_removed; /* definition of a module that is gone */

/* Logs an error as one line; of a one-shot command the errors are its output, shown at its end. */
void kz_engine_log_error(const struct kz_engine *e, const struct kz_log *log, const char *event,
                         const char *step, const struct kz_err *err);
struct kz_mod *kz_engine_mod(struct kz_engine *e, struct kz_str name); /* NULL: none */
/* Something happened that others may wait for: looked at once, from the loop. */
void kz_engine_kick(struct kz_engine *e);
/* All modules with CRDs have passed `crds`. */
bool kz_engine_crds_done(const struct kz_engine *e);
/* Another kzsync leads: stop at once, say so. */
void kz_engine_halt(struct kz_engine *e, const struct kz_err *err);
/* This process must not lead: the lease is given back for another one, then as kz_engine_halt. */
void kz_lead_refuse(struct kz_engine *e, const struct kz_err *err);
/* From what the API server serves and the CRDs of this commit, and from nothing else. */
enum kz_scope_word kz_engine_scope(const struct kz_engine *e, struct kz_str group, struct kz_str kind);
/* Another module wants it in this generation: what an older set says of it does not count any more. */
bool kz_engine_claimed_elsewhere(const struct kz_engine *e, const struct kz_mod *m, struct kz_str key);
/* Rule 5: does another module of this generation want the object, or is a wish unknown? Not that of a module whose
 * tenant may not have it. id without kind: any object. */
bool kz_engine_wanted_elsewhere(const struct kz_engine *e, const struct kz_mod *m, struct kz_str key, const struct kz_id *id);

/* ---- steer.c --------------------------------------------------------------------------------------- */
/* What people want of that module, "" of the platform; NULL: nothing. Until the next kz_engine_steer. */
const struct kz_wishes *kz_steer_wishes(const struct kz_engine *e, struct kz_str module);
bool kz_steer_waits(const struct kz_engine *e); /* they were not all read yet, and nothing may be written before */
void kz_steer_done(struct kz_engine *e);

/* Between the definitions of a commit and the desired sets that come of them. */
bool kz_engine_is_reading(const struct kz_engine *e);

/* Watches all kinds of this want; NULL is fine. */
void kz_engine_need_kinds(struct kz_engine *e, const struct kz_want *w);
struct kz_lives *kz_engine_make_lives(struct kz_engine *e);

/* ---- lead.c ---------------------------------------------------------------------------------------- */
void kz_lead_begin(struct kz_engine *e); /* from here on writes need the lease, but for KZ_MODE_PLAN */
void kz_lead_free(struct kz_engine *e);
void kz_lead_seek(struct kz_engine *e);  /* ends in kz_cycle_lead */
void kz_lead_store(struct kz_engine *e); /* the inventory was read: it carries our epoch from now on */
bool kz_engine_leads(const struct kz_engine *e);
bool kz_engine_may_write(const struct kz_engine *e); /* the lease is held, with time left for a write */
/* Waits for what is on its way, flushes the inventory, gives the lease back. */
void kz_lead_end(struct kz_engine *e, void (*done)(void *arg), void *arg);

void kz_cycle_enter(struct kz_engine *e, enum kz_cycle_state s);
void kz_cycle_lead(struct kz_engine *e, bool anew); /* anew: the source is asked again */
void kz_cycle_rest(struct kz_engine *e, int64_t wait); /* idle; the next poll after wait ns */
void kz_cycle_look_at_held(struct kz_engine *e);       /* held removals: a guard may have opened */
void kz_cycle_settle(struct kz_engine *e);             /* all renders have answered; settle.c */
void kz_mod_render_failed(struct kz_mod *m, const struct kz_err *err);
void kz_cycle_start(struct kz_engine *e);
void kz_cycle_poll(struct kz_engine *e);
void kz_cycle_lists_ready(struct kz_engine *e);
void kz_cycle_stop(struct kz_engine *e);

#endif
