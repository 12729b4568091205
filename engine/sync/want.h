/* SPDX-License-Identifier: Apache-2.0
 *
 * A desired set: what one module shall be at one revision. Immutable once built and shared by
 * reference count: a module holds the one it makes true, a newer one, and the last healthy one. Bodies
 * are kept as the JSON text that is sent, which is also the smallest form. */
#ifndef KZ_SYNC_WANT_H
#define KZ_SYNC_WANT_H

#include "resource/hide.h"
#include "resource/hook.h"
#include "resource/inventory.h"
#include "resource/object.h"
#include "resource/options.h"
#include "spec/platform.h"

struct kz_want_object {
    struct kz_id id;
    struct kz_str key, version;
    struct kz_str json;       /* compact, as sent */
    struct kz_hash hash;      /* of a hook: without the label of its module */
    struct kz_origin origin;
    struct kz_options opt;
    const struct kz_str *generated; /* JSON pointers to what comes from random values */
    size_t n_generated;
    const struct kz_str *yields; /* paths that are left to others (resource/yield.h) and stood in the manifest */
    size_t n_yields;
    int64_t birth_replicas;   /* an autoscaler's object is created with so many; -1: it has none */
    int wave, tier;           /* kz_order_tier: lower tiers of a wave are answered first */
    bool crd;
    bool runs_pods;           /* a workload that is not scaled to zero: soak applies */
    const struct kz_hook *hook; /* NULL: an object that is kept */
};

struct kz_want {
    unsigned refs;
    struct kz_arena *arena;   /* holds everything here */
    struct kz_hash key;       /* render key */
    struct kz_str revision;
    struct kz_release release;
    struct kz_str subject;    /* of that commit, "" unknown */
    struct kz_want_object *at; /* n objects by wave, then tier; behind them n_hooks hooks by weight, tier, name */
    size_t n, n_hooks;
    struct kz_hash set;       /* of all objects but hooks */
    struct kz_hash content;   /* kz_want_content */
    struct kz_str *warnings;  /* of the render: "file:line: text" */
    size_t n_warnings;
    int n_waves;
    bool has_crds;
    bool removal;             /* of a module that was removed */
    bool forgotten;           /* ... before this process knew it: its hooks have to be asked for */
    struct kz_map by_key;     /* -> struct kz_want_object * */
};

/* From a checked reply of task "render": patches and ignored paths applied, normalised by
 * kz_set_add, ordered. *out has one reference. */
KZ_MUST_USE int kz_want_build(struct kz_want **out, const struct kz_module *spec,
                              struct kz_str platform, struct kz_str revision, struct kz_hash key,
                              struct kz_scope scope, const struct kz_value *reply,
                              struct kz_err *err);
/* Of a module that was removed: no objects, and of `last` (may be NULL) the hooks of deleting. */
struct kz_want *kz_want_empty(struct kz_str revision, const struct kz_want *last);
struct kz_want *kz_want_ref(struct kz_want *w);
void kz_want_unref(struct kz_want *w); /* NULL is fine */
struct kz_want_object *kz_want_find(const struct kz_want *w, struct kz_str key);

/* What of o is generated; body is that of o, and may be the tree in which it is hidden. */
struct kz_generated kz_want_generated(const struct kz_want_object *o, const struct kz_value *body);
/* One object of a set that was kept; see pack.h. */
struct kz_want_row {
    struct kz_str json;
    struct kz_origin origin;
    int wave;
    bool hook;
};
/* A set as it once was built, from its rows in order, hooks last. Everything is copied. KZ_E_PARSE: a row
 * is no object, one stands twice, or the waves do not ascend. */
KZ_MUST_USE int kz_want_restore(struct kz_want **out, struct kz_str revision, struct kz_str subject,
                                struct kz_hash key, const struct kz_want_row *rows, size_t n,
                                struct kz_err *err);
/* Over bodies and waves: equal for two sets that make the same of a cluster, of whatever revision. */
struct kz_hash kz_want_content(const struct kz_want *w);

/* Says in an error which object it is about, and where that stands. */
int kz_want_blame(struct kz_err *err, const struct kz_want_object *o);
/* The body of one object, parsed again. */
struct kz_value *kz_want_body(struct kz_arena *a, const struct kz_want_object *o);

#endif
