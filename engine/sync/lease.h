/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may write: one Lease `kzsync-PLATFORM` (coordination.k8s.io/v1) in kzsync's namespace, renewed by
 * compare-and-swap. Knows nothing of modules; docs/internals/safety.md 5 says why it is as it is.
 *
 *   standby ──free──> candidate ──granted──> leader <──granted── late
 *      ^                 │                     │ ──overdue──────> │
 *      └─────missed──────┘                     └──────────taken───┴──> lost
 *
 * No clock of another machine counts: a candidate measures by its own monotonic clock how long it has seen
 * the same record, and a leader counts from when it sent the renewal that was answered. The times in the
 * record are for people.
 *
 *     0 s    renewal sent (the next one 2 s later)
 *     5 s    no write goes out any more: `late`
 *    14 s    the last write that went out has ended, here and at the server
 *    15 s    somebody else may lead */
#ifndef KZ_SYNC_LEASE_H
#define KZ_SYNC_LEASE_H

#include "kube/client.h"

enum kz_lease_state {
    KZ_LEASE_STANDBY,   /* somebody else leads, or it is not known yet who does */
    KZ_LEASE_CANDIDATE, /* our claim is on its way */
    KZ_LEASE_LEADER,
    KZ_LEASE_LATE,      /* leader whose renewal is overdue: writes wait; nobody has taken it yet */
    KZ_LEASE_LOST,      /* somebody else leads: the process has to end */
    KZ_LEASE_RELEASED,  /* given back */
    KZ_LEASE_STATES_,
};

enum kz_lease_event {
    KZ_LEASE_FREE,    /* the record is nobody's, or has not changed for its duration */
    KZ_LEASE_MISSED,  /* the claim came too late, or its answer is not known */
    KZ_LEASE_GRANTED, /* a claim or renewal was stored */
    KZ_LEASE_OVERDUE,
    KZ_LEASE_TAKEN,   /* the record is somebody else's */
    KZ_LEASE_GIVEN,   /* the release was stored */
    KZ_LEASE_EVENTS_,
};
enum kz_lease_state kz_lease_next(enum kz_lease_state now, enum kz_lease_event ev);
const char *kz_lease_state_name(enum kz_lease_state s);

struct kz_lease_holder {
    struct kz_str identity;  /* "" nobody */
    struct kz_str role;      /* "run" or "apply", as its owner wrote it */
    bool alive;              /* it was seen to renew the lease */
};

struct kz_lease_events { /* all from the loop */
    void (*leads)(void *arg);
    /* Another one holds it: told when it is first seen, and again when it turns out to be alive. */
    void (*waits)(void *arg, const struct kz_lease_holder *holder);
    /* Somebody asks us, who lead, to give it back. Told again with each renewal that finds it asked anew. */
    void (*wanted)(void *arg, struct kz_str by);
    /* At once and once: no write goes out any more. */
    void (*lost)(void *arg, const struct kz_err *err);
    /* The API server refuses or does not answer; it is tried again. err NULL: that is over. */
    void (*trouble)(void *arg, const struct kz_err *err);
    void *arg;
};

struct kz_lease_options {
    struct kz_str ns, platform;
    struct kz_str identity;  /* unique among live processes; whoever comes later with the same one proves
                                thereby that its predecessor is dead, and goes on with its lease */
    struct kz_str role;
};

struct kz_lease;
/* Strings are copied; env and kube outlive it. The API must have been discovered. Starts at once. */
struct kz_lease *kz_lease_new(const struct kz_env *env, struct kz_kube *kube, const struct kz_lease_options *opt,
                              const struct kz_lease_events *events);
void kz_lease_free(struct kz_lease *l); /* NULL is fine; gives nothing back, no callback afterwards */

enum kz_lease_state kz_lease_state(const struct kz_lease *l);
/* How long a write that is sent now may take, ns; 0: none may be sent. */
int64_t kz_lease_left(const struct kz_lease *l);
/* Counts the changes of leadership (leaseTransitions): grows with each process that leads. */
uint64_t kz_lease_epoch(const struct kz_lease *l);
/* Somebody before us may still have a write on its way: it did not give the lease back. */
bool kz_lease_was_left(const struct kz_lease *l);
/* The epoch becomes at least `least`; no write goes out until that is stored. For a lease that somebody
 * deleted, and whose count began anew. */
void kz_lease_raise(struct kz_lease *l, uint64_t least);
/* Asks who leads to give it back, by a note in the record; until that happens or this one is freed. */
void kz_lease_want(struct kz_lease *l);
/* Gives it back; done from the loop when that is stored, at once when there is nothing to give. When
 * the API server does not answer it is not called: the owner has its own patience. */
void kz_lease_release(struct kz_lease *l, void (*done)(void *arg), void *arg);

#endif
