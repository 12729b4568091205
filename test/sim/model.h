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

struct sim_mdef { /* immutable once it is in a commit */
    struct kz_str name;
    unsigned tree;       /* content number */
    KZ_VEC(struct sim_odef) objects;
    KZ_VEC(struct kz_str) depends;
    struct kz_str ns;
    bool render_fails, enabled, prune;
    const char *on_failure, *self_heal, *on_conflict, *soak;
    int concurrency;
};

struct sim_commit {
    unsigned number;
    char hex[41];
    const struct sim_commit *parent; /* NULL for the first */
    bool load_fails;
    KZ_VEC(struct sim_mdef *) modules; /* sorted by name */
};

struct sim_model {
    struct sim_world *w;
    struct sim_rng rng;
    KZ_VEC(struct sim_commit *) commits;
    struct sim_commit *head;
    KZ_VEC(struct sim_mdef *) defs; /* to free */
    unsigned trees, variants, names, crds;
};

void sim_model_init(struct sim_model *m, struct sim_world *w);
void sim_model_init_large(struct sim_model *m, struct sim_world *w, unsigned modules, unsigned objects); /* without mistakes */
void sim_model_done(struct sim_model *m);
void sim_model_change(struct sim_model *m, size_t i); /* a commit that changes one object of one module */
void sim_model_push(struct sim_model *m);   /* the next commit becomes the head */
void sim_model_repair(struct sim_model *m); /* ... one that is without mistakes */
const struct sim_commit *sim_model_find(const struct sim_model *m, struct kz_str hex);
bool sim_commit_descends(const struct sim_commit *c, const struct sim_commit *from);
struct sim_mdef *sim_commit_module(const struct sim_commit *c, struct kz_str name);
const struct sim_odef *sim_mdef_object(const struct sim_mdef *d, struct kz_str key);

/* What a renderer gives for one object; what the tasks "load" and "render" answer. */
struct kz_value *sim_model_body(struct kz_arena *a, const struct sim_odef *o);
struct kz_value *sim_model_load(struct kz_arena *a, const struct sim_commit *c);
/* looked: what it found in the cluster, as asks.h has it; NULL: nothing was looked up. */
enum sim_harm { SIM_WHOLE, SIM_CUT, SIM_EMPTY }; /* to a render's reply */
struct kz_value *sim_model_render(struct kz_arena *a, const struct sim_mdef *d, const char *looked, enum sim_harm harm);

#endif
