/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine counts, for metrics: since the process began, except where it says otherwise. Labels come from
 * these enums and from the names of modules; nothing here is policy. */
#ifndef KZ_SYNC_COUNTS_H
#define KZ_SYNC_COUNTS_H

#include "base/err.h"
#include "base/measure.h"
#include "plan/plan.h"
#include "resource/id.h"

struct kz_engine;

/* How an attempt of a module to reach its set has ended. */
enum kz_sync_result {
    KZ_SYNC_OK,         /* all of it is healthy; also when there was nothing to do */
    KZ_SYNC_PARTIAL,    /* a gate failed, and the rest went on: onFailure continue */
    KZ_SYNC_FAILED,
    KZ_SYNC_ROLLEDBACK, /* the last healthy set is in place again */
    KZ_SYNC_SUPERSEDED, /* a newer set came first */
    KZ_SYNC_RESULTS_,
};
const char *kz_sync_result_name(enum kz_sync_result r);

/* What an object of a module's set is at. */
enum kz_object_state {
    KZ_OBJECT_OK,
    KZ_OBJECT_RUN,   /* on its way */
    KZ_OBJECT_WAIT,  /* not there yet, or going */
    KZ_OBJECT_FAIL,
    KZ_OBJECT_DRIFT, /* not as it was applied */
    KZ_OBJECT_UNKNOWN,
    KZ_OBJECT_STATES_,
};
const char *kz_object_state_name(enum kz_object_state s);

/* What a gate waited for at its end. */
enum kz_waited_kind {
    KZ_WAITED_NOTHING, KZ_WAITED_DEPLOYMENT, KZ_WAITED_STATEFULSET, KZ_WAITED_DAEMONSET, KZ_WAITED_JOB, KZ_WAITED_POD,
    KZ_WAITED_SERVICE, KZ_WAITED_INGRESS, KZ_WAITED_CLAIM, KZ_WAITED_CRD, KZ_WAITED_CUSTOM, KZ_WAITED_GATE, KZ_WAITED_OTHER,
    KZ_WAITED_KINDS_,
};
const char *kz_waited_kind_name(enum kz_waited_kind k); /* "Deployment"; "none", "custom", "gate", "other" */
enum kz_waited_kind kz_waited_kind(const struct kz_id *id);

enum kz_renderer_label { KZ_LABEL_YAML, KZ_LABEL_HELM, KZ_LABEL_EXEC, KZ_LABEL_AUTO, KZ_LABEL_RENDERERS_ };
const char *kz_renderer_label_name(enum kz_renderer_label r);
enum kz_renderer_label kz_renderer_label(struct kz_str renderer); /* "exec:kustomize" is exec; "" is auto */

enum kz_fetch_result { KZ_FETCH_CHANGED, KZ_FETCH_SAME, KZ_FETCH_ERROR, KZ_FETCH_RESULTS_ };
const char *kz_fetch_result_name(enum kz_fetch_result r);

enum { KZ_CODES_ = KZ_E_BUG + 1 };

struct kz_module_counts {
    uint64_t syncs[KZ_SYNC_RESULTS_];
    uint64_t applied, pruned;                /* objects */
    uint64_t prune_refused[KZ_GUARDS_];      /* each reason once, until another one comes */
    uint64_t fights;                         /* somebody who writes against us was named */
    uint64_t render_failures[KZ_CODES_];     /* by the error's code */
    int64_t last_took, last_at;              /* of the last attempt that ended: ns; wall ns, 0: none has */
    enum kz_sync_result last_result;
    int64_t behind_since;                    /* wall ns when the newest set was first seen not to be in place; 0: it is */
};

struct kz_engine_counts {
    struct kz_histogram syncs[KZ_SYNC_RESULTS_];          /* KZ_SCALE_SYNC */
    struct kz_histogram gates[KZ_WAITED_KINDS_];          /* KZ_SCALE_SYNC */
    struct kz_histogram renders[KZ_LABEL_RENDERERS_][2];  /* KZ_SCALE_WORK; [1]: from the cache */
    struct kz_histogram fetches;                          /* KZ_SCALE_WORK: from the question to the commit */
    uint64_t fetched[KZ_FETCH_RESULTS_];
    int64_t fetched_at;   /* wall ns of the last that went well, 0: none did */
    int64_t journal_at;   /* wall ns of the last write of the inventory, 0: none */
    size_t objects_known; /* live objects that are remembered */
    bool reads_source;    /* it has a source to fetch from, and no fixed folder */
};
/* Filled at once; a few KiB. */
void kz_engine_counts(struct kz_engine_counts *out, const struct kz_engine *e);

/* The objects of a module's set by state. Cost: a few look-ups for each object. */
void kz_engine_tally(size_t by[KZ_OBJECT_STATES_], const struct kz_engine *e, struct kz_str module);

#endif
