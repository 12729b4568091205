/* SPDX-License-Identifier: Apache-2.0
 *
 * What the user does: a random small platform and the history of commits on it. A commit shares the
 * definitions of modules that it does not change. Every version of an object has a number of its own,
 * its variant, which is also in an annotation: so anybody can tell which version a write carries. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "base/map.h"
#include "base/vec.h"
#include "resource/id.h"
#include "world.h"

#define SIM_VARIANT "sim.example.com/variant"

enum sim_okind { SIM_NAMESPACE, SIM_CONFIGMAP, SIM_SECRET, SIM_SERVICE, SIM_ACCOUNT, SIM_DEPLOYMENT, SIM_JOB,
                 SIM_CRD, SIM_CUSTOM, SIM_OKINDS_ };

struct sim_odef {
    enum sim_okind kind;
    struct kz_id id;
    struct kz_str key;
    unsigned variant, size;
    unsigned number;     /* CRD and its custom resources: which */
    unsigned selector;   /* changes when the immutable selector does */
    bool recreate;       /* a new selector may delete and create it */
    bool broken;         /* its image cannot be pulled */
    int wave;
    const char *hook, *hook_remove; /* phase, delete policy; NULL: none */
};

enum sim_class { SIM_ROUTINE, SIM_RESTART, SIM_DESTRUCTIVE, SIM_CLASSES_ };

struct sim_mdef { /* immutable once it is in a commit */
    struct kz_str name;
    unsigned tree;       /* content number */
    KZ_VEC(struct sim_odef) objects;
    KZ_VEC(struct kz_str) depends;
    struct kz_str ns;
    bool render_fails, enabled, prune;
    bool tenant;         /* it is the tenant's (tenants.h), from its first definition on */
    const char *on_failure, *self_heal, *on_conflict, *soak;
    int concurrency;
    const char *approve;               /* least class that waits for approval; NULL: none */
    const char *windows[SIM_CLASSES_]; /* name of one; "": any time; NULL: the platform's */
    bool paused, paused_drift;
    int64_t paused_until;              /* wall ns, 0: none */
};

struct sim_commit {
    unsigned number;
    char hex[41];
    const struct sim_commit *parent; /* NULL for the first */
    bool load_fails;
    bool windows; /* the platform has a schedule */
    unsigned rules; /* what the tenant may have, if there is one */
    KZ_VEC(struct sim_mdef *) modules; /* sorted by name */
};

struct sim_model {
    struct sim_world *w;
    struct sim_rng rng;
    KZ_VEC(struct sim_commit *) commits;
    struct sim_commit *head;
    KZ_VEC(struct sim_mdef *) defs; /* to free */
    unsigned trees, variants, names, crds;
    bool policy;         /* windows, approvals and pauses are a part of this history */
    struct sim_rng policy_rng;
    bool tenants;        /* there is a tenant, and its rules are a part of this history */
    struct sim_rng tenant_rng;
    int64_t wall;        /* what clocks say at the start, ns: for the ends of pauses */
};

void sim_model_init(struct sim_model *m, struct sim_world *w);
void sim_model_init_large(struct sim_model *m, struct sim_world *w, unsigned modules, unsigned objects); /* without mistakes */
void sim_model_done(struct sim_model *m);
void sim_model_change(struct sim_model *m, size_t i); /* a commit that changes one object of one module */
void sim_model_use_policy(struct sim_model *m, int64_t wall); /* from the first commit on */
void sim_model_use_tenants(struct sim_model *m); /* likewise */
void sim_model_push(struct sim_model *m);   /* the next commit becomes the head */
void sim_model_repair(struct sim_model *m); /* ... one that is without mistakes */
const struct sim_commit *sim_model_find(const struct sim_model *m, struct kz_str hex);
bool sim_commit_descends(const struct sim_commit *c, const struct sim_commit *from);
struct sim_mdef *sim_commit_module(const struct sim_commit *c, struct kz_str name);
const struct sim_odef *sim_mdef_object(const struct sim_mdef *d, struct kz_str key);

/* The platform's schedule, and the windows that a change of that class of that module has to wait for: a list of
 * names. d NULL: of a module that is gone. */
struct kz_value *sim_model_schedule(struct kz_arena *a);
struct kz_value *sim_model_windows(struct kz_arena *a, const struct sim_mdef *d, enum sim_class c);

/* What a renderer gives for one object; what the tasks "load" and "render" answer. */
struct kz_value *sim_model_body(struct kz_arena *a, const struct sim_odef *o);
struct kz_value *sim_model_load(struct kz_arena *a, const struct sim_commit *c);
/* looked: what it found in the cluster, as asks.h has it; NULL: nothing was looked up. */
enum sim_harm { SIM_WHOLE, SIM_CUT, SIM_EMPTY }; /* to a render's reply */
struct kz_value *sim_model_render(struct kz_arena *a, const struct sim_mdef *d, const char *looked, enum sim_harm harm);

#endif
