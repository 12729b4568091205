/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cluster holds of ours, kept small: identity, uid, versions, two hashes and a health verdict
 * per object that carries the platform's label. One watch per kind; objects are scanned as they
 * stream in and dropped.
 *
 * While a kind's list is being (re-)read its absences mean "unknown". */
#ifndef KZ_SYNC_LIVE_H
#define KZ_SYNC_LIVE_H

#include "health/rules.h"
#include "kube/watch.h"
#include "plan/plan.h"
#include "resource/options.h"

struct kz_live_rec {
    struct kz_live pub;       /* what plan/ reads */
    struct kz_str key;        /* kz_id_key */
    int64_t generation;       /* metadata.generation, 0: the kind has none */
    enum kz_health health;
    bool overdue;             /* as kz_verdict has it */
    char *why;                /* NULL when there is nothing to say */
    char *pods;               /* label selector of its pods, NULL: not a workload */
    struct kz_options opt;    /* what the live object says */
    bool swept;               /* not yet seen in the list that is being read */
};

struct kz_lives;

struct kz_lives_events {
    /* An object appeared, changed or went away (rec NULL). module is from its label. */
    void (*object)(void *arg, struct kz_str module, struct kz_str key, const struct kz_live_rec *rec);
    void (*synced)(void *arg); /* some kind's list became complete */
    void (*trouble)(void *arg, struct kz_str kind, const struct kz_err *err);
    void *arg;
};

/* rules outlive it, or are replaced by kz_lives_judge. */
struct kz_lives *kz_lives_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str platform,
                              const struct kz_rules *rules, const struct kz_lives_events *events);
/* From now on these rules; the old ones must still be there. Kinds with rules of the platform's own are listed
 * anew. */
void kz_lives_judge(struct kz_lives *l, const struct kz_rules *rules);
void kz_lives_free(struct kz_lives *l);

/* Keep this kind in view from now on; many calls, one watch. An unserved kind is not watched. */
void kz_lives_need(struct kz_lives *l, struct kz_str group, struct kz_str kind);
/* Lists of all needed kinds are complete, or in trouble. */
bool kz_lives_ready(const struct kz_lives *l);
/* Why this kind cannot be listed: refused, or failing again and again; such a kind does not hold up
 * kz_lives_ready. NULL: no such trouble. */
const struct kz_err *kz_lives_trouble(const struct kz_lives *l, struct kz_str group, struct kz_str kind);
/* The list of this kind is complete: absence means absence. */
bool kz_lives_known(const struct kz_lives *l, struct kz_str group, struct kz_str kind);

size_t kz_lives_count(const struct kz_lives *l); /* records */
struct kz_live_rec *kz_lives_find(const struct kz_lives *l, struct kz_str key);
/* Takes the reply of a write or a GET as news; older news than what is known is ignored. */
struct kz_live_rec *kz_lives_put(struct kz_lives *l, const struct kz_value *body);
void kz_lives_gone(struct kz_lives *l, struct kz_str key); /* a GET or DELETE said so */

#endif
