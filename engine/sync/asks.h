/* SPDX-License-Identifier: Apache-2.0
 *
 * What the render of a module asked of the cluster (render/lookup.h), and what it was told. A worker that
 * lacks something says so; this fetches it with the engine's own rights, and the module is rendered
 * again, at most KZ_ASK_ROUNDS times. The answers are part of the render's input: as long as the cluster
 * gives the same ones, nothing is rendered, which each cycle looks up anew.
 *
 *     render -> needs -> fetch -> render ... -> done: kz_asks_keep
 *     cycle  -> kz_asks_refresh -> kz_asks_due? -> render */
#ifndef KZ_SYNC_ASKS_H
#define KZ_SYNC_ASKS_H

#include "base/hash.h"
#include "render/render.h"

enum { KZ_ASK_ROUNDS = 8 };

struct kz_engine;
struct kz_mod;

struct kz_asks {
    struct kz_arena *arena;   /* of answers; NULL: none */
    struct kz_value *answers; /* list as of render/lookup.h */
    struct kz_hash hash;      /* of the answers as they are now */
    struct kz_hash rendered;  /* of those that the last render had */
    bool seed;                /* generated values are made */
    int64_t until;            /* wall ns when the last render is due again; 0: never */
    bool denied;              /* one of the answers is that the module's tenant may not know */
    struct kz_hash sum;       /* of what the last render gave */

    struct kz_arena *fresh_arena; /* while requests are under way */
    struct kz_value *fresh;
    struct kz_err *err;       /* of these; NULL none */
    unsigned rounds;          /* of the render under way */
    size_t pending;
    bool refreshing;          /* for a cycle, not for a worker */
};

void kz_asks_done(struct kz_asks *q);
/* A worker is at it, or requests for one are under way: what it wants is not known. */
bool kz_mod_is_rendering(const struct kz_mod *m);

/* Adds answers and seed to the input of task "render" and its facts, as far as they are known. */
void kz_asks_add(struct kz_value *in, struct kz_value *facts, struct kz_arena *a, const struct kz_mod *m);
/* Fetches what a reply needs. done once, from the loop; err NULL: render again. */
void kz_asks_fetch(struct kz_mod *m, const struct kz_render_needs *needs);
void kz_cycle_fetched(struct kz_mod *m, const struct kz_err *err); /* cycle.c: the answer */
/* A render has given a checked reply: only what it asked for is remembered. */
void kz_asks_keep(struct kz_mod *m, const struct kz_value *reply);
void kz_asks_failed(struct kz_mod *m); /* or an error: other answers are worth another try */
/* The key of its desired set. A set that depends on the cluster is told from others by what it says, so
 * that an object which changes without effect makes no new one. */
struct kz_hash kz_asks_key(const struct kz_mod *m, struct kz_hash base);

/* Does any module depend on the cluster's objects or on time? */
bool kz_asks_any(const struct kz_engine *e);
/* Looks all of them up again; kz_cycle_refreshed once, from the loop or at once. What cannot be read now
 * stays as it was. */
void kz_asks_refresh(struct kz_engine *e);
void kz_cycle_refreshed(struct kz_engine *e);
/* A render now would have other answers, or its time has come. */
bool kz_asks_due(const struct kz_mod *m);

#endif
