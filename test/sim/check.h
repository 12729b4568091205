/* SPDX-License-Identifier: Apache-2.0
 *
 * The invariants of docs/internals/safety.md 6, checked as things happen. It sees what the engine was told
 * (definitions and renders that arrived whole), what it sends, and what the API server stores; it knows
 * nothing of the engine's inside, but for its own words at the end. Each process is told for itself.
 *
 *   I1   no DELETE of what the newest definition of any module, as far as the engine was told, holds
 *   I2   every DELETE names uid and version, of an object in the inventory
 *   I3   ... that we applied
 *   I3b  no DELETE before the whole module is applied in its newest version
 *   I4   when the faults end, every module comes to rest for a named reason, and what is well is ok
 *   I5   at rest nothing is written
 *   I6   only the process that holds the lease writes, from when that is stored until another's is
 *   I7   every live object with our label is in the inventory, at any moment
 *   I8   what a Secret holds goes out in Secrets only (check_secrets.h)
 *   I10  what did not render well reaches nothing in the cluster
 *   HOOK hooks run once, and in their order (check_hooks.h)
 *   LOOK, SEED  what renders ask of the cluster (asks.h)
 *   DEP  nothing of a module is changed before what it depends on is healthy
 *   ORDER, CTRL  in which order removed modules go (check_removal.h)
 *   RATE no storm of requests
 *   WINDOW, APPROVAL, PAUSE, STAND  policy (check_policy.h)
 *   HIST a Secret of the history is written once, and removed by uid and version
 *   BACK at rest, a module that went back stands on a set that was healthy, if the history has one */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "apiserver.h"
#include "health/rules.h"
#include "model.h"
#include "shards.h"
#include "sync/engine.h"

struct sim_seen { /* what the engine knows of one module */
    struct kz_str name;
    const struct sim_mdef *def, *before; /* rendered well: newest, and the one before */
    unsigned cycle, before_cycle;        /* of its render */
    bool failed;                         /* its newest render failed */
};

enum { SIM_SLOTS = 2 }; /* places where a kzsync may run */

struct sim_people;

struct sim_told { /* what the processes of one place were told */
    const struct sim_commit *loaded;
    int64_t loaded_at;
    unsigned cycle;              /* loads so far */
    KZ_VEC(struct sim_seen *) seen;
};

struct sim_leader { /* a life that once held the lease */
    struct kz_str identity;
    int64_t epoch;
};

enum { SIM_VARIANT_GOOD = 1, SIM_VARIANT_HEALTHY = 2 }; /* arrived in a whole render; was once healthy */

struct sim_check {
    struct sim_world *w;
    struct sim_api *api;
    struct sim_model *model;
    struct kz_rules *rules;
    struct sim_told told[SIM_SLOTS];
    KZ_VEC(struct sim_leader) lives; /* by life */
    int64_t epoch;               /* of the lease as it was stored last */
    unsigned leader;             /* the life that holds the lease; 0: none */
    KZ_VEC(unsigned char) variants; /* SIM_VARIANT_ flags by number */
    struct kz_map applied;       /* key -> variant + 1 as last stored by us */
    struct kz_map our_uids, hook_uids;
    struct kz_map runs;          /* key of a hook -> struct sim_run */
    struct kz_map deleted;       /* uids whose DELETE was sent: the client may send it again */
    struct kz_map ordered_back;  /* modules that a person sent back */
    const struct sim_people *people; /* NULL: nobody pauses, approves or overrides, and there are no windows */
    struct kz_map begun;         /* module -> struct sim_begun (check_policy.c) */
    struct sim_shards inventory;
    uint64_t writes, deletes, applies, requests, minute, in_minute; /* applies: sent, dry ones too */
    unsigned storm;              /* so many requests in a minute are too many; 0: no number is */
    char last_write[256];
    bool any_held;               /* at rest */
    struct {
        unsigned life;           /* that syncs one object for a person; 0: none does */
        struct kz_str module, key;
    } partial;
    unsigned quarantined;        /* modules whose newest revision is set aside, by the inventory */
    bool history_spoilt;         /* a stranger was at it */
};

void sim_check_init(struct sim_check *c, struct sim_world *w, struct sim_api *api, struct sim_model *m);
void sim_check_done(struct sim_check *c);

/* The engine is told: definitions, and the result of a render. */
void sim_check_loaded(struct sim_check *c, unsigned slot, const struct sim_commit *commit);
void sim_check_rendered(struct sim_check *c, unsigned slot, const struct sim_mdef *d, bool whole);

/* The version of an object that we stored last; 0: none. */
unsigned sim_check_applied(const struct sim_check *c, struct kz_str key);
/* The module's last healthy revision has the object in this version: it may be on its way back there. */
bool sim_check_goes_back(const struct sim_check *c, struct kz_str module, const struct sim_odef *o);
/* All objects of it but hooks were stored in its versions; NULL is whole. */
bool sim_check_whole(const struct sim_check *c, const struct sim_mdef *d);

/* That life syncs one object of a module, and of that module nothing else may be written but what it needs; 0: it has
 * ended. */
void sim_check_partial(struct sim_check *c, unsigned life, struct kz_str module, struct kz_str key);

/* A person wants this module to go back, whatever its newest revision is worth. */
void sim_check_ordered_back(struct sim_check *c, struct kz_str module);

/* Something is under way: an instant at which nobody can be asked to be at rest. */
bool sim_check_is_busy(const struct kz_engine *e);
bool sim_check_leads(const struct kz_engine *e); /* by its own word */
/* At rest: faults are over for long. e is the leader, in this slot. */
void sim_check_rest(struct sim_check *c, const struct kz_engine *e, unsigned slot, bool must_be_well);
void sim_check_quiet(struct sim_check *c, uint64_t writes_before);

#endif
