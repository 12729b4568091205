/* SPDX-License-Identifier: Apache-2.0
 *
 * The process that children are forked from. Started first thing in main(), before configuration,
 * kubeconfig or tokens are read and before libraries start threads; it closes everything it does not
 * need, drops its environment, enters the sandbox (no_new_privs, rlimits, seccomp, no network; landlock
 * and namespaces where the kernel has them) and then serves "fork one child for this job" on a
 * socketpair. Each child narrows its view to the job's tree before it reads the first byte. */
#ifndef KZ_RENDER_ZYGOTE_H
#define KZ_RENDER_ZYGOTE_H

#include "render/render.h"

struct kz_zygote; /* the parent's end */

/* tasks and renderers: tables that end in NULL, linked into the program. */
KZ_MUST_USE int kz_zygote_start(struct kz_zygote **out, const struct kz_task *const *tasks,
                                struct kz_err *err);
void kz_zygote_stop(struct kz_zygote *z); /* ends it and its children; waits at most a second */

/* The sandbox level that was reached, for reports: "seccomp+rlimits+landlock+netns". */
const char *kz_zygote_level(const struct kz_zygote *z);
unsigned kz_zygote_layers(const struct kz_zygote *z); /* enum kz_sandbox_layer of sandbox.h */

struct kz_loop;
/* A pool of at most max_parallel children over the zygote, driven by the loop; jobs beyond that wait
 * in line. Frees with kz_pool_free (cancels all). */
struct kz_pool;
struct kz_pool *kz_pool_new(struct kz_loop *loop, struct kz_zygote *z, int max_parallel);
void kz_pool_free(struct kz_pool *p);
struct kz_workers kz_pool_workers(struct kz_pool *p);
struct kz_pool_stats {
    bool alive;           /* else the zygote is gone, and no job will ever start again */
    size_t busy, idle;    /* places */
    size_t waiting;       /* jobs */
    int64_t oldest;       /* for how long the oldest of them has, ns; 0: none waits */
    uint64_t memory_peak; /* bytes: of the largest child so far */
};
struct kz_pool_stats kz_pool_stats(const struct kz_pool *p);

#endif
