/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of new objects before the first write: which of them the API server can be asked about,
 * and their mistakes by the schema of their kind. Private to sync/. */
#ifndef KZ_SYNC_PREFLIGHT_H
#define KZ_SYNC_PREFLIGHT_H

#include "schema/schema.h"
#include "sync/module.h"

/* Gathers namespaces and schemas for the new objects of a module's steps, and for its hooks; done once, at once or from the loop,
 * unless the module has changed its state meanwhile. */
void kz_preflight_begin(struct kz_mod *m, void (*done)(struct kz_mod *m));
void kz_preflight_free(struct kz_preflight *p); /* NULL is fine */

/* To be sent, and not among the live objects that we know. */
bool kz_is_new(const struct kz_mod *m, const struct kz_step_now *s);
/* A hook that this sync will run, by what is known before it. After kz_hook_decide. */
bool kz_is_due_hook(const struct kz_mod *m, const struct kz_want_object *o);
/* Kind and namespace are there, as far as is known. */
bool kz_preflight_can_ask(const struct kz_mod *m, const struct kz_want_object *o);
/* Its kind is served, or something that goes before may make it so: a CRD of a module, pods of an earlier wave or
 * of a module that this one depends on; or the object says so. */
bool kz_kind_may_come(const struct kz_mod *m, const struct kz_want_object *o);
/* The stricter of what module and object say is not asked for: the laxer counts. */
enum kz_validate kz_validate_of(const struct kz_mod *m, const struct kz_want_object *o);

/* Mistakes of one object; none when its kind's schema is not known. Texts in the arena. */
void kz_preflight_look(struct kz_mistakes *out, struct kz_arena *a, const struct kz_mod *m,
                       const struct kz_want_object *o);
/* One error of them: the first is the cause, the others its detail. */
int kz_mistakes_error(struct kz_err *err, const struct kz_mistakes *found, const struct kz_want_object *o);
/* "spec.replica is no field of this kind, did you mean 'replicas'?; and 2 more" */
struct kz_str kz_mistakes_text(struct kz_arena *a, const struct kz_mistakes *found);
/* A log line for each. */
void kz_mistakes_log(struct kz_mod *m, const struct kz_mistakes *found, const struct kz_want_object *o,
                     const char *effect);
/* Of the custom resources of a module whose CRDs are not applied yet, by these CRDs alone: NULL when none has
 * a certain mistake, else *err is filled and it is the first of them. */
const struct kz_want_object *kz_preflight_customs(struct kz_mod *m, struct kz_err *err);

#endif
