/* SPDX-License-Identifier: Apache-2.0
 *
 * Wanted x live -> steps that a person can read. Pure: no I/O, no time. */
#ifndef KZ_PLAN_PLAN_H
#define KZ_PLAN_PLAN_H

#include "resource/diff.h"
#include "resource/inventory.h"
#include "resource/object.h"

enum kz_step_kind { KZ_STEP_NOTHING, KZ_STEP_CREATE, KZ_STEP_CHANGE, KZ_STEP_REMOVE, KZ_STEP_KEEP, KZ_STEP_RUN };
/* What a change does to the cluster: largest wins for a module. */
enum kz_class { KZ_CLASS_NONE, KZ_CLASS_METADATA, KZ_CLASS_ROUTINE, KZ_CLASS_RESTART, KZ_CLASS_DESTRUCTIVE };

/* What the engine knows of a live object; made from watch events (docs/internals/sync.md 6). */
struct kz_live {
    struct kz_id id;
    struct kz_str uid, resource_version, module;
    struct kz_hash owned; /* kz_ownership_hash */
    bool deleting;
};

struct kz_step {
    enum kz_step_kind kind;
    enum kz_class cls;
    struct kz_id id;
    struct kz_str version;
    struct kz_origin origin;
    const struct kz_object *object; /* NULL for remove and keep */
    struct kz_diff diff;            /* filled by who has both trees; may be empty */
    bool drift;                     /* desired did not change, live did */
    const char *adopts;             /* tools that it is taken over from, "helm"; what only they have set goes */
    const char *phase;              /* of a hook that will run, "PreSync"; else NULL */
    const char *unknown;            /* why the server could not confirm it ("namespace is new"), or NULL */
};

struct kz_plan {
    struct kz_str module;
    struct kz_step *steps;
    size_t n_steps;
    size_t count[6];                /* by kz_step_kind */
    enum kz_class cls;
    const char *held;               /* what it would wait for, or NULL */
    const struct kz_str *warnings;  /* of the render, one line each */
    size_t n_warnings;
};

/* The decision for one wanted object: nothing, create or change (drift told apart).
 * live and entry may be NULL. What is being deleted counts as gone: it has to be created again. */
enum kz_step_kind kz_plan_decide(bool *drift, const struct kz_object *want, const struct kz_live *live,
                                 const struct kz_entry *entry);

/* Class of a change from its diff: pod template changed = restart, only labels/annotations outside the
 * template = metadata, an immutable field = destructive, a removal = destructive. */
enum kz_class kz_plan_class(const struct kz_id *id, const struct kz_diff *diff, enum kz_step_kind kind);
const char *kz_class_name(enum kz_class c);
/* No change of an object of this kind is more than routine, whatever it is. */
bool kz_plan_is_plain(const struct kz_id *id);

/* ---- prune guards: the prune rules of docs/internals/safety.md --------------------------------- */
struct kz_prune_facts {
    bool render_complete, source_fresh, applied_all; /* rules 1, 2, 3 */
    bool live_known;         /* the kind's list is complete and not being re-read */
    bool api_fresh;          /* rule 6 */
    bool elsewhere;          /* rule 5: another module wants it, or its wish is not known */
    bool module_enabled_prune; /* sync.prune, not paused, not retained */
    size_t removing, owned;  /* rule 7: of this module in this sync */
    bool approved;           /* by a person, for this run (--confirm-delete) */
    bool leads;              /* rule 8: the lease is held, for longer than a DELETE takes */
    bool first_cycle;        /* rule 8 */
    size_t instances;        /* of a CRD: custom resources that exist; SIZE_MAX: not known */
    bool content_foreign;    /* of a Namespace: something in it is not ours, or not known */
};
/* NULL: allowed, else the reason to hold, for people. */
const char *kz_plan_may_prune(const struct kz_prune_facts *f, const struct kz_entry *entry,
                              const struct kz_live *live, struct kz_str prune_annotation);

/* What kind of reason that is: too much at once, something that a person has to approve, or a fact that has to
 * change. Texts of other guards than those of kz_plan_may_prune are facts. */
enum kz_guard { KZ_GUARD_MASS, KZ_GUARD_APPROVAL, KZ_GUARD_FACT, KZ_GUARDS_ };
enum kz_guard kz_plan_guard(const char *why);
const char *kz_guard_name(enum kz_guard g); /* "mass", "approval", "fact" */

/* The object stays although nobody wants it any more, without anybody's approval: a word of
 * KZ_ANNOT_PRUNE ("" for none) or what Helm, Argo CD and Flux have for it. */
bool kz_plan_is_kept(struct kz_str prune_annotation);

/* ---- output ---------------------------------------------------------------------------------------- */
struct kz_plan_view {
    struct kz_str platform, revision_from, revision_to, cluster;
    struct kz_str subject, author;
    const struct kz_plan *plans;
    size_t n_plans;
    bool colour, details; /* details: every object and field */
    int width; /* of the terminal, taken as 60 to 160; 0: none, nothing is cut */
    struct kz_str only_module; /* "": all */
    const char *generated; /* what is to be known of generated values, or NULL */
};
void kz_plan_text(struct kz_buf *b, const struct kz_plan_view *v);
struct kz_value *kz_plan_json(struct kz_arena *a, const struct kz_plan_view *v); /* {"v":1,"kind":"Plan"} */

#endif
