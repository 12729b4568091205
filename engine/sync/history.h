/* SPDX-License-Identifier: Apache-2.0
 *
 * The last healthy sets of each module, kept in the cluster as rendered: going back needs neither git nor
 * a renderer, also after a restart. docs/internals/sync.md 10.
 *
 * Written in the background, a second after the last module became healthy, many modules in one Secret;
 * only when a set differs from the newest kept one. A module's sets always lie together in one pack: a
 * write takes the older ones along, and a pack that holds nobody's newest sets goes. In memory is one
 * hash per module, and that only once somebody asked; bodies are read when a set is asked for.
 *
 * What fails here never fails a module: without a history it has nothing to go back to, and the log says so. */
#ifndef KZ_SYNC_HISTORY_H
#define KZ_SYNC_HISTORY_H

#include "kube/client.h"
#include "sync/want.h"

#define KZ_HISTORY_LABEL "kubezero.com/history" /* of its Secrets; value: the platform's name */

struct kz_history;

/* is_gone: the module left the platform for good, and so do its sets; NULL: none does. env and kube
 * outlive it. */
struct kz_history *kz_history_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns,
                                  struct kz_str platform, bool (*is_gone)(void *arg, struct kz_str module),
                                  void *arg);
void kz_history_free(struct kz_history *h); /* no callback afterwards */
void kz_history_stop(struct kz_history *h); /* nothing is written any more */

/* This set is healthy; keeps a reference until it is written. At most `limit` sets of the module stay;
 * 0: none, not even older ones. */
void kz_history_keep(struct kz_history *h, struct kz_str module, struct kz_want *w, int limit);
/* A module went: looks in a moment what is_gone says of all. */
void kz_history_look(struct kz_history *h);
bool kz_history_owes(const struct kz_history *h, struct kz_str module); /* a set of it is not written yet */
/* Writes now; done, from the loop, when all is in the cluster or cannot be written just now. */
void kz_history_flush(struct kz_history *h, void (*done)(void *arg), void *arg);

/* The newest set of the module whose revision begins as told and whose kz_want_content is not `except`
 * ("" and none: any). w: NULL there is none, or err says why it cannot be read; else the callback gets
 * the reference. */
void kz_history_load(struct kz_history *h, struct kz_str module, struct kz_str revision, struct kz_hash except,
                     void (*done)(void *arg, struct kz_want *w, const struct kz_err *err), void *arg);

struct kz_history_set { /* views for the callback */
    struct kz_str module, revision, subject, time, hash;
    size_t objects;
};
/* Tells all sets, of each module the newest first, modules by name; then done, once. */
void kz_history_each(struct kz_history *h, void (*each)(void *arg, const struct kz_history_set *set),
                     void (*done)(void *arg, const struct kz_err *err), void *arg);

#endif
