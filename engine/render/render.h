/* SPDX-License-Identifier: Apache-2.0
 *
 * Work on untrusted bytes, done in a child: reading a platform's definitions and rendering a module.
 * In: a tree, a task name and a JSON-like request; out: a reply value or an error. The child is forked
 * from a zygote that entered its sandbox before any credential was read; its death, timeout or limit
 * is an ordinary error of that one job. */
#ifndef KZ_RENDER_RENDER_H
#define KZ_RENDER_RENDER_H

#include "base/env.h"
#include "source/source.h"
#include "value/value.h"

/* Valid during the callback. */
struct kz_work_result {
    const struct kz_err *err; /* NULL: fine. Carries the place in the user's file */
    const struct kz_value *reply;
    struct kz_arena *arena; /* of the reply */
    int64_t took;           /* ns in the child */
};
typedef void (*kz_work_done)(void *arg, uint64_t id, const struct kz_work_result *res);

struct kz_work {
    const char *task;             /* name in the zygote's table: "load", "render" */
    struct kz_tree_at tree;       /* the only files the child can read */
    const struct kz_value *input; /* serialised before start returns */
    int64_t timeout;              /* ns; 0: 60 s */
    bool may_exec; /* the job starts programs (plugin exec): looser sandbox, no network */
};

/* The seam: a pool of children for real, a function call in the simulator. */
struct kz_worker_ops {
    uint64_t (*start)(void *impl, const struct kz_work *work, kz_work_done done, void *arg);
    void (*cancel)(void *impl, uint64_t id);
};
struct kz_workers {
    const struct kz_worker_ops *ops;
    void *impl;
};

/* ---- what runs in the child ------------------------------------------------------------------ */
struct kz_tree;
struct kz_task {
    const char *name;
    /* Reads input and tree, makes *reply in the arena. */
    int (*run)(struct kz_value **reply, struct kz_arena *a, struct kz_tree *tree,
               const struct kz_value *input, const char *scratch, struct kz_err *err);
};

/* The task "render". Input: {module, path, renderer ("auto" or a name, "exec:NAME"), release,
 * namespace, values, valueLayers (render/values.h), options, facts, clock, and for lookups what render/lookup.h
 * says}; facts:
 * {kubeVersion, apiVersions, revision, now, stable, seed (hex)}. clock is wall ns; all else decides about
 * the result together with the tree, clock only as `until` says.
 *
 * Reply: {renderer, objects: [{file, line, body, generated: [pointer]}], warnings: [{file, line, text}],
 * asked: {seed, once, until, lookups: [{apiVersion, kind, namespace, name}]}, count, sha256}. generated: what
 * comes from random values, or from a Secret of valueLayers, absent where nothing does. count and sha256 (over the canonical JSON of all
 * bodies) are the complete-trailer of docs/internals/safety.md, prune rule 1; kz_render_check verifies
 * all of it.
 *
 * Or {needs: {seed, lookups: [...]}}: nothing was made; the same request with what it needs added is to
 * be sent again. Only a request with `lookups` (an empty list will do) needs objects, only one that is
 * `stable` needs a seed. */
extern const struct kz_task kz_render_task;
KZ_MUST_USE int kz_render_check(const struct kz_value *reply, struct kz_err *err);

struct kz_render_needs {
    bool seed;
    const struct kz_value *lookups; /* list of kz_lookup_value; may be empty */
};
/* 1: the reply is such a request, and *out its content; 0: it is not; < 0: it is malformed. */
KZ_MUST_USE int kz_render_needs(struct kz_render_needs *out, const struct kz_value *reply,
                                struct kz_err *err);

/* What a checked reply depended on. */
struct kz_render_asked {
    bool seed;
    bool once;     /* the same render would give something else at once: nothing to keep */
    int64_t until; /* wall ns from which on the reply does not hold any more; 0: for ever */
    const struct kz_value *lookups;
};
struct kz_render_asked kz_render_asked(const struct kz_value *reply);
/* It may hold a secret: a Secret, a generated value, what was looked up in a Secret. */
bool kz_render_is_secret(const struct kz_value *reply);

#endif
