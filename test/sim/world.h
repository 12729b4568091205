/* SPDX-License-Identifier: Apache-2.0
 *
 * The world of one simulated schedule: virtual time, an event queue ordered by (time, number), random
 * numbers from one seed. Nothing in it looks at a clock, a pointer's value or the environment, so a seed
 * replays to the byte.
 *
 * Memory of a schedule lives in `arena` and dies with the world. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/env.h"
#include "base/vec.h"
#include "value/value.h"

#define SIM_MS  KZ_NS_PER_MS
#define SIM_SEC KZ_NS_PER_SEC

/* An arbitrary moment at which time 0 is: 2030-01-01T00:00:00Z. */
#define SIM_EPOCH (INT64_C(1893456000) * KZ_NS_PER_SEC)

struct sim_rng {
    uint64_t state;
};
uint64_t sim_next(struct sim_rng *r);
uint64_t sim_below(struct sim_rng *r, uint64_t n);             /* 0..n-1; n 0 gives 0 */
int64_t sim_between(struct sim_rng *r, int64_t lo, int64_t hi); /* both included */
bool sim_chance(struct sim_rng *r, unsigned per_mille);

typedef void (*sim_fn)(void *arg, uint64_t id);

struct sim_timer {
    int64_t at;
    sim_fn fn; /* NULL: fired or cancelled */
    void *arg;
    const int64_t *hold; /* not before *hold, as it is then; NULL: nothing holds it */
};

struct sim_world {
    struct kz_arena *arena;
    uint64_t seed;
    int64_t now;                   /* ns since the start */
    struct sim_rng rng;            /* latencies and what the engine draws */
    KZ_VEC(struct sim_timer) timers; /* by id - 1 */
    KZ_VEC(uint64_t) heap;           /* ids, a binary heap by (at, id) */
    uint64_t events;
    bool trace;
    int log_fd;                    /* where the engine's log goes */
    long log_at;
    unsigned violations;
    char first[512];               /* the first violation */
};

void sim_world_init(struct sim_world *w, uint64_t seed, bool trace);
void sim_world_done(struct sim_world *w);

uint64_t sim_after(struct sim_world *w, int64_t ns, sim_fn fn, void *arg);
/* The same for what happens in a process that may be stopped until *hold. */
uint64_t sim_after_held(struct sim_world *w, int64_t ns, sim_fn fn, void *arg, const int64_t *hold);
void sim_cancel(struct sim_world *w, uint64_t id);
bool sim_step(struct sim_world *w, int64_t until); /* false: nothing happens before that time is over */

/* One line of the trace. Costs nothing when tracing is off. */
void sim_say(struct sim_world *w, const char *fmt, ...) KZ_PRINTF(2, 3);
/* An invariant is broken. */
void sim_violation(struct sim_world *w, const char *rule, const char *fmt, ...) KZ_PRINTF(3, 4);

#endif
