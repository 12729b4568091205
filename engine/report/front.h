/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's front: all that people see of it in the cluster and say to it there, in one piece for `kzsync run`.
 * The status document, the Module and Platform objects, Events, commands, and the CRDs of the two kinds. */
#ifndef KZ_REPORT_FRONT_H
#define KZ_REPORT_FRONT_H

#include "sync/engine.h"

struct kz_front_options {
    struct kz_str ns, instance; /* of kzsync's own objects; which process says what it says */
    bool crds;                  /* bring the CRDs into the cluster */
};

struct kz_front;
/* All outlive it, but for the engine: that is freed between kz_front_stop and kz_front_free. */
struct kz_front *kz_front_new(const struct kz_env *env, struct kz_kube *kube, struct kz_engine *e,
                              const struct kz_front_options *opt);
/* Of kz_engine_options.changed; rests: all has just come to rest. */
void kz_front_poke(struct kz_front *f, bool rests);
/* Of the same, with a look at the engine: is another one installed, may this one lead at all? */
void kz_front_look(struct kz_front *f, const struct kz_engine_view *v);
/* The engine has halted because of v->lead_err: that is said, then done. */
void kz_front_refused(struct kz_front *f, const struct kz_engine_view *v, void (*done)(void *arg), void *arg);
void kz_front_stop(struct kz_front *f); /* nothing is begun any more: before kz_engine_close */
void kz_front_free(struct kz_front *f); /* NULL is fine */

#endif
