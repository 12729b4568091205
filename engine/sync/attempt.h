/* SPDX-License-Identifier: Apache-2.0
 *
 * One attempt of a module to reach its set: it has an id, which stands in each of its log lines, and one result,
 * which is counted. The way back after a failure belongs to the attempt that failed. What only looks again at
 * held removals is none. Private to sync/. */
#ifndef KZ_SYNC_ATTEMPT_H
#define KZ_SYNC_ATTEMPT_H

#include "sync/counts.h"

struct kz_mod;

enum kz_attempt_why { KZ_ATTEMPT_WANT, KZ_ATTEMPT_RETRY, KZ_ATTEMPT_DRIFT, KZ_ATTEMPT_BACK };

struct kz_attempt {
    bool open;
    enum kz_attempt_why why;
    int64_t began;     /* mono ns */
    char id[9];        /* 8 hex digits, of module, set and time */
    char revision[72]; /* of the set, as logs show it */
};

/* A new one, for m->want; one that is still open was superseded. BACK, while one is open, only turns it round. */
void kz_attempt_begin(struct kz_mod *m, enum kz_attempt_why why);
/* No attempt is open: nothing happens. */
void kz_attempt_end(struct kz_mod *m, enum kz_sync_result result);
/* It rests on the set that it went back to, or repaired that. */
void kz_attempt_end_back(struct kz_mod *m);
/* m leaves `gate`. */
void kz_attempt_gate_over(struct kz_mod *m);

#endif
