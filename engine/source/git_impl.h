/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of git.h: a request is what a caller waits for; a job answers all requests for one reference
 * of one repository; a mirror is that repository's folder, worked on by one job at a time.
 *
 *   kz_git -- mirrors by URL -- jobs, first is active -- requests */
#ifndef KZ_SOURCE_GIT_IMPL_H
#define KZ_SOURCE_GIT_IMPL_H

#include "base/map.h"
#include "source/git.h"
#include "source/git_run.h"
#include "source/ls_http.h"

enum { KZ_SUBJECT_MAX = 200 };

/* What one commit says of itself; for people only. */
struct kz_commit_info {
    char id[KZ_OID_TEXT];
    char subject[KZ_SUBJECT_MAX + 1], author[KZ_SUBJECT_MAX + 1];
    int64_t time;
};

/* What a request is told. */
struct kz_answer {
    struct kz_err err; /* code KZ_OK: none */
    struct kz_commit_info info;
    char *repo;
};

struct kz_request {
    struct kz_request *next;
    uint64_t id;
    char known[KZ_OID_TEXT]; /* "": none */
    kz_source_done done;
    void *arg;
    struct kz_answer *answer; /* once it is over */
    bool answered_descent, descends, descent_known;
};

enum kz_job_state {
    KZ_JOB_WAITING, /* another job of the mirror is at work */
    KZ_JOB_LS,      /* which commit is the reference at? */
    KZ_JOB_SHOW,    /* is it here, and what does it say? */
    KZ_JOB_INIT,    /* make an empty repository beside */
    KZ_JOB_FETCH,
    KZ_JOB_CHECK,    /* as SHOW, after a fetch: now it has to be here */
    KZ_JOB_DESCENT,  /* is known among its ancestors? */
    KZ_JOB_ROLLBACK, /* or it among known's? */
    KZ_JOB_DEEPEN,   /* the history is cut before the answer: take more, once */
    KZ_JOB_REDESCENT,
    KZ_JOB_DONE,
    KZ_JOB_STATES_
};

struct kz_mirror;
struct kz_job {
    struct kz_job *next;
    struct kz_mirror *m;
    enum kz_job_state state;
    struct kz_arena *arena;
    struct kz_str ref;
    struct kz_request *requests, **tail, *current; /* current: whose descent is being asked */
    uint64_t run;                                  /* of git, under way */
    char id[KZ_OID_TEXT];
    struct kz_commit_info info;
    const char *fresh;   /* the new repository beside the mirror; NULL: work in the mirror */
    bool anew;           /* the mirror was given up for this job */
    bool again;          /* restarted with a new credential */
    uint64_t credential; /* version that the job started with */
    struct kz_err err;   /* code KZ_OK: none */
};

struct kz_mirror {
    struct kz_git *g;
    struct kz_arena *arena;
    struct kz_url url;
    const char *dir;
    struct kz_ls_http *ls; /* NULL: not made yet */
    uint64_t ls_credential;
    bool old_protocol; /* no version 2: ask through git */
    bool distrusted;
    struct kz_commit_info last; /* of the last commit that was found here */
    struct kz_job *jobs;        /* the first is active */
    uint64_t tidy;              /* run of git that packs the mirror */
    unsigned tidy_step;
    void (*tidied)(struct kz_mirror *m);
};

struct kz_local;
struct kz_git {
    struct kz_loop *loop;
    struct kz_env env;
    struct kz_arena *arena;
    const char *cache, *run;
    int lock;
    struct kz_git_runner *runner;
    struct kz_credentials *credentials;
    struct kz_map mirrors;    /* by URL text */
    struct kz_request *ended; /* to be told, in order */
    uint64_t telling;         /* timer */
    struct kz_local *locals;
    uint64_t last_id;
};

/* ---- job.c: the machine ---------------------------------------------------------------------------- */
void kz_job_start(struct kz_job *j);
const char *kz_job_state_name(enum kz_job_state s);
bool kz_job_may_join(const struct kz_job *j); /* its question was not asked yet */

/* ---- git.c ------------------------------------------------------------------------------------------- */
struct kz_request *kz_request_new(struct kz_git *g, struct kz_str known, kz_source_done done,
                                  void *arg);
/* Tells r from the loop (takes it over). err NULL: the commit info in repo. */
void kz_request_end(struct kz_git *g, struct kz_request *r, const struct kz_err *err,
                    const struct kz_commit_info *info, const char *repo);
/* The job is over: tells the requests, frees it, starts the mirror's next. */
void kz_job_end(struct kz_job *j);
const struct kz_credential *kz_git_credential(const struct kz_git *g, const struct kz_url *u);

/* ---- mirror.c: the folder ------------------------------------------------------------------------- */
bool kz_mirror_exists(const struct kz_mirror *m);
/* Puts the new repository in the mirror's place, in one step; the old one is removed. */
KZ_MUST_USE int kz_mirror_exchange(struct kz_mirror *m, const char *fresh, struct kz_err *err);
/* true: history ends at one of these commits (newline separated ids) because the mirror is shallow. */
bool kz_mirror_is_cut(const char *dir, struct kz_str ids);
/* After a fetch: drops old references and packs when there are many packs. true: done is called from the
 * loop when the mirror is free for the next job; false: nothing to do. */
bool kz_mirror_tidy(struct kz_mirror *m, void (*done)(struct kz_mirror *m));

/* Parses "<id>\0<time>\0<author>\0<subject>\0"; control bytes go, long texts are cut. */
KZ_MUST_USE bool kz_commit_info_parse(struct kz_commit_info *out, struct kz_str text);
extern const char kz_commit_info_format[];

/* ---- local.c ---------------------------------------------------------------------------------------- */
void kz_local_cancel(struct kz_git *g, uint64_t id);
void kz_local_free_all(struct kz_git *g);

#endif
