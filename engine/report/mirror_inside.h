/* SPDX-License-Identifier: Apache-2.0
 *
 * Between mirror.c, which knows what there is and what there should be, and mirror_write.c, which writes it. */
#ifndef KZ_REPORT_MIRROR_INSIDE_H
#define KZ_REPORT_MIRROR_INSIDE_H

#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "kube/watch.h"
#include "report/mirror.h"

#define KZ_MIRROR_MANAGER "kzsync-status"
enum { KZ_MIRROR_BATCH = 64, KZ_MIRROR_BATCH_BUSY = 4 };

/* One object: as the cluster has it, as it should be, as it was written. On the heap. */
struct kz_mirror_entry {
    bool platform;
    char *name;

    /* in the cluster, by the watch and by answers */
    bool there, labelled;      /* labelled: with our platform's name */
    char *other;               /* whose label it has, if that is not ours; NULL none */
    char *uid;
    int64_t generation;
    struct kz_hash spec, at;   /* what stands there, and where it says it comes from */
    unsigned round;            /* of the list that had it last */

    /* wanted */
    unsigned look;             /* the last one that had it */
    unsigned queued;           /* the last one with a job for it */
    struct kz_hash shown;      /* text of the definition, of which the next two are */
    struct kz_hash want_spec, want_at;
    struct kz_hash want_status;
    int64_t dirty_since;       /* mono ns: since when something differs; 0: nothing does */
    bool hurts;                /* its word is one that people wait for */
    bool unknown;              /* its word says nothing */
    bool urgent;               /* somebody waits for an answer */
    bool plaint;               /* a process that could not lead has said why (plaint.h) */

    /* written */
    struct kz_hash put_status; /* none: nothing yet */
    int64_t try_at;            /* mono ns: not before */
    struct kz_hash given_up;   /* a spec that the API server does not keep as it is */
    char *edited;              /* who changed the spec, while it is worth saying */
    char *reply;               /* JSON of what became of the last command; NULL none */
    char *kept;                /* JSON of kz_manifest_kept, while `fresh` of the whole status; NULL nothing */
    bool fresh;                /* the status is the one that was found */
    struct kz_cond_memory conditions;
    enum kz_word told;         /* as the last Event said; KZ_WORD_COUNT_ none */
    struct kz_hash told_note;
};

struct kz_mirror_job;
struct take_off;

struct kz_mirror {
    const struct kz_env *env;
    struct kz_kube *kube;
    char *ns;
    struct kz_events *events;
    struct kz_mirror_events ev;
    char *platform;            /* name; NULL unknown */

    struct kz_watch *watches[2]; /* of Modules, of Platforms; NULL: not led, or not served */
    unsigned round[2];
    bool synced[2];
    bool ready;                /* that was said */
    struct kz_map entries[2];  /* name -> entry: of Modules, of Platforms */
    size_t n_modules;          /* as last seen */
    unsigned look;

    uint64_t timer;            /* of the next look */
    int64_t due;               /* mono ns: when it fires */
    int64_t discovered;        /* mono ns: when the kinds were asked for last */
    bool discovering;
    bool awaited;              /* the kinds are being installed */
    char *twin;                /* namespace of another kzsync at this platform; NULL none */
    struct kz_hash foreign;    /* what was said of names that others have taken */
    bool stopped, rests, missing_said, denied_said, unread_said;
    int64_t denied_until;      /* mono ns: writes are not tried */

    struct kz_arena *batch;    /* of the jobs; NULL none */
    KZ_VEC(struct kz_mirror_job *) jobs;
    size_t next_job, in_flight;
    bool pumping;
    bool more;                 /* the present look found more than one batch */
    KZ_VEC(struct take_off *) offs;
};

struct kz_mirror_entry *kz_mirror_entry(struct kz_mirror *m, bool platform, struct kz_str name); /* or NULL */
void kz_mirror_soon(struct kz_mirror *m, int64_t after); /* ns; an earlier look stays */
/* What a reply or an event says of the object. */
void kz_mirror_note(struct kz_mirror *m, struct kz_mirror_entry *e, const struct kz_value *obj);
void kz_mirror_denied(struct kz_mirror *m, const struct kz_err *err);
bool kz_mirror_spec_differs(const struct kz_mirror_entry *e);

/* ---- mirror_write.c ------------------------------------------------------------------------------ */
/* A look has found what differs: writes the most pressing, then looks again. Nothing while a batch is under way. */
void kz_mirror_write(struct kz_mirror *m, const struct kz_engine_view *v);
void kz_mirror_write_stop(struct kz_mirror *m);
/* What is at odds with another installation; "" nothing. *reason: in one word. */
struct kz_str kz_mirror_foreign(const char **reason, struct kz_arena *a, const struct kz_mirror *m);
bool kz_mirror_is_writing(const struct kz_mirror *m);
void kz_mirror_take_off_cancel(struct kz_mirror *m, struct take_off *t);

#endif
