/* SPDX-License-Identifier: Apache-2.0
 *
 * The event loop: one thread, libev. It never blocks; a callback over 50 ms is logged. Gives the real
 * struct kz_env (timers, clocks, randomness), file descriptors, signals and children. A callback
 * finds its object, turns the fact into an event and returns; what must be freed is freed by
 * kz_loop_defer before the loop sleeps again. */
#ifndef KZ_LOOP_LOOP_H
#define KZ_LOOP_LOOP_H

#include "base/env.h"

struct kz_loop;

/* Also sets SIGPIPE to ignored and SIGCHLD to default for the process. */
KZ_MUST_USE int kz_loop_new(struct kz_loop **out, struct kz_err *err);
void kz_loop_free(struct kz_loop *l); /* runs what is deferred, drops timers, kills and reaps children */
struct kz_env kz_loop_env(struct kz_loop *l);
void kz_loop_run(struct kz_loop *l);  /* until kz_loop_stop, or nothing is left to wait for */
void kz_loop_stop(struct kz_loop *l);
void kz_loop_defer(struct kz_loop *l, void (*fn)(void *arg), void *arg);

/* A turn is what happens between two sleeps. */
struct kz_loop_stats {
    uint64_t turns, stalls; /* stalls: turns of over 50 ms */
    int64_t busy, longest;  /* ns: of all turns, of the longest one */
};
const struct kz_loop_stats *kz_loop_stats(const struct kz_loop *l); /* lives as long as l */

/* ---- descriptors: the watcher does not own fd -------------------------------------------------- */
struct kz_io;
enum { KZ_IO_READ = 1, KZ_IO_WRITE = 2 };
struct kz_io *kz_io_open(struct kz_loop *l, int fd, int events,
                         void (*fn)(void *arg, int fd, int events), void *arg);
void kz_io_set(struct kz_io *io, int events); /* 0 pauses */
void kz_io_close(struct kz_io *io);

/* ---- signals ----------------------------------------------------------------------------------- */
/* fn runs from the loop. A second call for the same signal replaces. Signals alone do not keep
 * kz_loop_run from returning. */
void kz_loop_on_signal(struct kz_loop *l, int signum, void (*fn)(void *arg, int signum), void *arg);

/* ---- programs ---------------------------------------------------------------------------------- */
/* A short-lived program: argv array, never a shell; environment exactly as given; own process group;
 * stdin empty or fed, stdout and stderr collected up to max_output; SIGTERM, and 2 s later SIGKILL, to
 * the group at timeout. When the program exits, what is left of its group is killed. done is called once,
 * from the loop. */
struct kz_child_spec {
    const char *const *argv; /* argv[0] without a slash is searched in the engine's own PATH */
    const char *const *envp;
    const char *cwd;        /* NULL: "/" */
    struct kz_str input;    /* copied */
    const int *inherit;     /* descriptors above 2 kept at their numbers, 16 at most; ends in -1; NULL */
    size_t max_output;      /* each of stdout and stderr; more ends the child with KZ_E_LIMIT */
    int64_t timeout;        /* ns; 0: none */
    uint64_t memory_limit;  /* RLIMIT_AS in bytes; 0: none */
};
struct kz_child_result {
    const struct kz_err *err; /* could not start, timeout, limit */
    int exit_code;            /* or 128 + signal */
    struct kz_str out, errout;
};
uint64_t kz_child_start(struct kz_loop *l, const struct kz_child_spec *spec,
                        void (*done)(void *arg, uint64_t id, const struct kz_child_result *res),
                        void *arg);
void kz_child_cancel(struct kz_loop *l, uint64_t id); /* kills the group; no callback */

#endif
