/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the history: what history.c (when, loads, telling) and history_round.c (writing and removing)
 * share. Nobody else includes this. */
#ifndef KZ_SYNC_HISTORY_INSIDE_H
#define KZ_SYNC_HISTORY_INSIDE_H

#include "base/backoff.h"
#include "sync/history.h"
#include "sync/shelf.h"

struct kz_owed {
    struct kz_want *w;
    int64_t wall;
};

struct kz_kept { /* one module */
    struct kz_shelf_pack *pack; /* that holds its sets, NULL none */
    struct kz_hash content;     /* of the newest */
    KZ_VEC(struct kz_owed) owed;
    int limit;                  /* -1: as many as there are */
    /* of the round that is written: */
    bool in_round, taken;
    size_t n_owed;              /* that go with it */
    char name[];
};

struct kz_load {
    char *module, *revision;
    struct kz_hash except;
    void (*done)(void *arg, struct kz_want *w, const struct kz_err *err);
    void *arg;
};

struct kz_waiter {
    void (*done)(void *arg);
    void *arg;
};

struct kz_history {
    const struct kz_env *env;
    struct kz_shelf *shelf;
    char *platform;
    bool (*is_gone)(void *arg, struct kz_str module);
    void *gone_arg;
    struct kz_map kept;      /* name -> struct kz_kept * */
    bool known;              /* the packs were listed */
    bool busy, stopped;
    bool due;                /* to write and to remove */
    bool looked;             /* something may have to go */
    int64_t since;           /* mono ns of what is owed longest, 0 nothing */
    uint64_t timer, kick;
    struct kz_backoff backoff;
    unsigned races;
    KZ_VEC(struct kz_load) loads;
    KZ_VEC(struct kz_waiter) waiters;
    struct kz_pack out;      /* of the round; arena NULL: none */
    struct kz_shelf_pack *reading; /* for it */
    void (*each)(void *arg, const struct kz_history_set *set);
    void (*each_done)(void *arg, const struct kz_err *err);
    void *each_arg;
    size_t each_next;
};

/* Goes on from the loop, so that steps do not nest; nothing while busy. */
void kz_history_step(struct kz_history *h);
/* What is under way cannot end; nobody waits in vain, and what is owed stays owed. */
void kz_history_fail(struct kz_history *h, const struct kz_err *err);
/* This pack holds the module's sets from now on; NULL: none does. */
void kz_history_put(struct kz_kept *k, struct kz_shelf_pack *p, struct kz_hash content);
/* The pack cannot be read: its modules have no history any more. */
void kz_history_lose(struct kz_history *h, const struct kz_shelf_pack *p);
void kz_history_drop_owed(struct kz_kept *k, size_t n); /* the oldest n */

/* history_round.c. Each begins one piece of work; false: there is none. */
bool kz_history_write_round(struct kz_history *h);
bool kz_history_remove_dead(struct kz_history *h);
void kz_history_leave_round(struct kz_history *h);

#endif
