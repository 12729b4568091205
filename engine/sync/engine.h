/* SPDX-License-Identifier: Apache-2.0
 *
 * The reconciler: follows one source, makes one cluster match it, module by module in dependency
 * order. All policy lives in this folder. It reaches the world only through the seams of base/env.h,
 * source/source.h and render/render.h (plus kube/, which itself stands on base/env.h), so the whole
 * engine also runs in the simulator.
 *
 * One cycle: resolve the source -> load definitions -> render what changed -> settle (kinds, waves,
 * duplicates across modules) -> hand each module its new desired set. From there each module runs its
 * own machine (module.h); a failure stays in its branch of the graph. */
#ifndef KZ_SYNC_ENGINE_H
#define KZ_SYNC_ENGINE_H

#include "kube/client.h"
#include "plan/plan.h"
#include "render/render.h"
#include "source/source.h"
#include "spec/revision.h"
#include "sync/counts.h"

enum kz_mode {
    KZ_MODE_RUN,   /* follow the source until stopped */
    KZ_MODE_APPLY, /* once: until every module is healthy, failed or held */
    KZ_MODE_PLAN,  /* once: decide and dry-run, write nothing */
};

struct kz_module;
struct kz_render_cache;

struct kz_engine_options {
    enum kz_mode mode;
    struct kz_source_ref ref;     /* with a git source */
    struct kz_tree_at tree;       /* instead: a fixed tree (a folder or commit of this machine) */
    struct kz_str path;           /* of the platform in the tree; "" = root */
    struct kz_str ns;             /* of kzsync's own objects; "" = kzsync-system */
    struct kz_str identity;       /* as holder of the lease (sync/lease.h); "" = a random one */
    int64_t interval;             /* between polls, ns; 0: 30 s */
    struct kz_str only_module;    /* plan and apply: just this one; "" = all */
    struct kz_str only;           /* and apply: comma list of names or patterns; these modules and all that
                                     they depend on; "" = all */
    struct kz_render_cache *cache; /* NULL: render every time */
    const struct kz_prober *prober; /* asks for HTTP gates; outlives the engine. NULL: they never open */
    size_t inventory_shard;       /* bytes of a shard of the inventory at most; 0: KZ_INVENTORY_SHARD. For tests */
    unsigned sandbox;             /* of the workers (enum kz_sandbox_layer), for the view; 0: not told */
    struct kz_str version;        /* of this program, for the inventory; "": not told */
    bool any_version;             /* goes on with an inventory that a newer minor version wrote */
    bool retry_quarantined;       /* sets that failed before are tried again in this run */
    bool pause_run;               /* KZ_MODE_APPLY: a kzsync run that leads is asked to stand by for this run */
    bool confirm_delete;          /* removals above the blast limit are approved for this run */
    bool steered;                 /* nothing of a module is written before kz_engine_steer_ready (sync/steer.h) */
    /* Something in the view changed; called from the loop at most every 100 ms, and for a tenth of the time.
     * NULL: nobody looks. */
    void (*changed)(void *arg);
    /* KZ_MODE_RUN: another kzsync leads. The process has to end, without kz_engine_close. */
    void (*halted)(void *arg, const struct kz_err *err);
    /* KZ_MODE_RUN: a kzsync apply asks to lead. kz_engine_close lets it; a new engine stands by then. */
    void (*wanted)(void *arg);
    /* KZ_MODE_APPLY and KZ_MODE_PLAN, which must have it: all is settled. */
    void (*finished)(void *arg);
    void *arg;
};

struct kz_engine;

/* env, kube, source and workers outlive the engine. Strings are copied. Nothing starts yet. */
struct kz_engine *kz_engine_new(const struct kz_env *env, struct kz_kube *kube,
                                const struct kz_source *source, const struct kz_workers *workers,
                                const struct kz_engine_options *opt);
void kz_engine_start(struct kz_engine *e);
void kz_engine_poll_now(struct kz_engine *e); /* a webhook or a person says "look" */
/* An orderly end: nothing new is begun; done is called, at once or from the loop, when what was on its way
 * is answered, the inventory knows it, and the lease is given back. It may take as long as a write may.
 * Without it nothing is lost but uids, and objects whose uid is not known are never pruned; and the next
 * kzsync waits for the lease to run out. */
void kz_engine_close(struct kz_engine *e, void (*done)(void *arg), void *arg);
void kz_engine_free(struct kz_engine *e);     /* at any time; no callback afterwards */

/* ---- going back ------------------------------------------------------------------------------- */
/* Makes an older healthy revision of a module the one that is kept true: the newest whose name begins as
 * told, "" the newest that is not what it has. What is newest now is quarantined. KZ_E_NOTFOUND: no such module;
 * KZ_E_CONFLICT: it is at work just now. done, once, from the loop: err NULL when it is on its way back. */
KZ_MUST_USE int kz_engine_go_back(struct kz_engine *e, struct kz_str module, struct kz_str revision,
                                  void (*done)(void *arg, const struct kz_err *err), void *arg, struct kz_err *err);
/* The quarantined revision of a module is tried again with the next poll, which is asked for. false: none. */
bool kz_engine_release(struct kz_engine *e, struct kz_str module);

/* ---- what people see -------------------------------------------------------------------------- */
/* The same words everywhere: in tables, JSON, logs and status (docs/internals/sync.md 9). */
enum kz_word {
    KZ_WORD_OK, KZ_WORD_RUN, KZ_WORD_WAIT, KZ_WORD_HELD, KZ_WORD_FAIL, KZ_WORD_DRIFT,
    KZ_WORD_SKIP, KZ_WORD_BACK, KZ_WORD_UNKNOWN, KZ_WORD_PAUSED, KZ_WORD_COUNT_,
};
const char *kz_word_name(enum kz_word w);

/* What the newest set of a module waits for, as flags. */
enum kz_held_by {
    KZ_HELD_WINDOW = 1 << 0,
    KZ_HELD_APPROVAL = 1 << 1, /* a person can let it go on */
    KZ_HELD_PRUNE = 1 << 2,    /* all but its removals is done; alone: by a guard of docs/internals/safety.md */
};

struct kz_wish_pause;

enum { KZ_RESTARTS_NAMED = 512 };

struct kz_change_count { /* what a set that waits would do, in objects */
    size_t creates, changes, removes;
    size_t replaces;             /* deleted and made anew, because a field is immutable */
    size_t restarts;             /* of the changes: workloads whose pods are replaced */
    char named[KZ_RESTARTS_NAMED]; /* those by commas, "Deployment shop/web", as far as there is room */
};

struct kz_module_view { /* strings live until the engine next runs */
    struct kz_str name;
    enum kz_word word;
    struct kz_str revision;      /* last fully healthy commit, "" none */
    struct kz_str note;          /* why it is not ok, or what it does now; one line */
    const struct kz_err *err;    /* of the last failure, NULL none */
    size_t objects, healthy;
    size_t applied, removed;     /* writes in the present or last sync */
    int64_t since;               /* wall ns when the word last changed */
    int64_t took;                /* ns of the last finished sync */
    int64_t synced;              /* wall ns when that ended, if it wrote or failed; 0: none since the start */
    enum kz_word result;         /* how: ok, back, fail */
    bool fight;                  /* somebody undoes what is repaired: see note */
    struct kz_str tenant;        /* whose rules hold for it, "" nobody's */
    bool violates;               /* it has failed by one of them: see note */
    struct kz_str shown;         /* its definition as JSON without private fields; "" it is gone from git */
    struct kz_str file;          /* where that stands, "" unknown */
    unsigned line;
    const struct kz_plan *plan;  /* KZ_MODE_PLAN: its steps; else NULL */
    const struct kz_module *spec; /* what the newest definitions say; of a removed module its defaults */
    const struct kz_module_counts *counts;
    struct kz_str sync;          /* id of the present or last attempt, as in the log; "" none since the start */
    enum kz_class cls;           /* of the change that waits or runs; none: there is none */
    struct kz_hash set;          /* kz_want_content of the newest set, which an approval names; none: not known */
    struct kz_str target;        /* revision of that set, "" not known */
    unsigned held_by;            /* enum kz_held_by */
    const struct kz_change_count *change; /* of the change that waits; in the arena of the view; NULL: none, or not known yet */
    int64_t opens;               /* wall ns: when the window opens that it waits for; 0: none, or never */
    const struct kz_wish_pause *paused; /* sync/steer.h; in the arena of the view; NULL: it is not paused */
    struct kz_str after;         /* names of the modules that it depends on, by commas; "" none */
};

struct kz_engine_view {
    struct kz_str platform, revision, subject, author;
    bool loaded;                 /* definitions were read at least once */
    bool settled;                /* nothing is under way */
    bool complete;               /* modules are all there are: what is not among them is gone for good */
    struct kz_str shown, file;   /* the Platform's definition, as a module's */
    unsigned looks;              /* at the source, so many were answered */
    bool looking;                /* one more is under way */
    const char *generated;       /* KZ_MODE_PLAN: what is to be known of generated values, NULL nothing */
    bool leads;                  /* else it stands by and writes nothing */
    struct kz_str leader;        /* identity of who leads, "" unknown */
    const struct kz_err *lead_err; /* why it can never lead; NULL: it can, as far as is known */
    unsigned sandbox;            /* as in the options */
    const struct kz_err *source_err; /* why the source is stale or its definitions unreadable */
    struct kz_module_view *modules;  /* sorted by name, in the arena */
    size_t n_modules;
    size_t objects;
    size_t words[KZ_WORD_COUNT_];    /* modules by word */
};
void kz_engine_look(struct kz_engine_view *out, struct kz_arena *a, const struct kz_engine *e);

/* Definitions were read, so it works, or stands by knowing the cluster; false: *why is one line for people, what
 * it is at. Cheap. */
bool kz_engine_is_ready(struct kz_buf *why, const struct kz_engine *e);

#endif
