/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share. Outside of it the loop is opaque. */
#ifndef KZ_LOOP_LOOP_IMPL_H
#define KZ_LOOP_LOOP_IMPL_H

#include <ev.h>

#include "base/map.h"
#include "base/vec.h"
#include "loop/loop.h"

struct kz_child;
struct kz_signal;

struct kz_deferred {
    void (*fn)(void *arg);
    void *arg;
};

struct kz_loop {
    struct ev_loop *ev; /* not libev's default loop: that one would reap children behind our back */
    ev_prepare before_sleep;
    ev_check after_sleep;
    int64_t woke; /* mono; 0: asleep */
    struct kz_loop_stats stats;
    KZ_VEC(struct kz_deferred) deferred;
    struct kz_map timers;          /* id -> struct timer */
    struct kz_map children;        /* id -> struct kz_child that has a callback to come */
    struct kz_child *all_children; /* also those cancelled and not yet reaped */
    struct kz_signal *signals;
    uint64_t last_id;
    bool stopped;
};

/* Ids count up through timers, children and requests: an id never means two things. */
static inline uint64_t kz_loop_next_id(struct kz_loop *l)
{
    return ++l->last_id;
}

/* An id as key of a kz_map; the id must lie in the object that is mapped. */
static inline struct kz_str kz_id_key(const uint64_t *id)
{
    return kz_str_n((const char *)id, sizeof *id);
}

/* Zeroed heap memory; running out ends the process (base/vec.h). */
static inline void *kz_loop_alloc(size_t size)
{
    void *p = calloc(1, size);
    kz_assert(p != NULL);
    return p;
}

/* Brackets each callback: logs a warning when it took over 50 ms. */
int64_t kz_loop_enter(void);
void kz_loop_leave(int64_t entered, const char *what);

void kz_signals_free(struct kz_loop *l);
void kz_children_free(struct kz_loop *l); /* kills and reaps all; blocks until they are gone */

#endif
