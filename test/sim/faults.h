/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes wrong, by seed: for each request, and over spans of time. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "world.h"

enum sim_fault_kind {
    SIM_FAULT_NONE,
    SIM_FAULT_LOST,      /* done, but the reply is lost: the connection is reset */
    SIM_FAULT_LOST_504,  /* done, but answered 504 */
    SIM_FAULT_LOST_HANG, /* done, and never answered: the client's timeout ends it */
    SIM_FAULT_RESET,     /* reset before the server read it */
    SIM_FAULT_HANG,      /* not done, never answered */
    SIM_FAULT_429,
    SIM_FAULT_429_LATER, /* with Retry-After */
    SIM_FAULT_500,       /* a webhook is down */
    SIM_FAULT_503,
    SIM_FAULT_504,       /* not done */
    SIM_FAULT_409,       /* writes: another writer was faster */
    SIM_FAULT_CUT,       /* done; the body is cut in the middle */
    SIM_FAULT_TWICE,     /* writes: done twice, as when a client's library sends it again; the second answer counts */
    SIM_FAULT_422,       /* writes: an admission policy refuses */
    SIM_FAULT_SLOW,      /* writes: takes long, at most as long as the server was told */
    SIM_FAULT_410,       /* lists and watches */
    SIM_FAULT_SILENT,    /* watches: open, but nothing comes */
    SIM_FAULT_CLOSED,    /* watches: ends after a moment */
    SIM_FAULT_KINDS_,
};
const char *sim_fault_name(enum sim_fault_kind k);

struct sim_fault {
    enum sim_fault_kind kind;
    int64_t there, back; /* latencies, ns */
    size_t cut;          /* CUT: this many bytes of a thousand arrive */
};

/* How often what struck, over all schedules of a run: a fault that never does proves nothing. */
struct sim_strikes {
    uint64_t requests[SIM_FAULT_KINDS_];
    uint64_t spans[32]; /* in the order of faults.c */
};

struct sim_faults {
    struct sim_strikes *strikes; /* NULL: nobody counts */
    struct sim_rng rng;
    unsigned requests;   /* per mille of requests that go wrong */
    unsigned jobs;       /* per mille of source and worker jobs */
    bool on;
    bool down;           /* the API server refuses connections */
    bool branch_gone, source_down;
    bool cut_renders;    /* of every render only a part arrives */
    bool no_deletes;     /* a webhook refuses every DELETE */
    const char *silent_watch; /* watches of paths that end so are open, and nothing comes; NULL none */
    const char *slow_get; /* answers to GETs of paths that end so come 13 s later; NULL none */
    struct kz_str hole;  /* a group that discovery does not show; "" none */
    bool hole_stale;     /* it is shown as stale, without its resources, instead */
};

void sim_faults_init(struct sim_faults *f, uint64_t seed);
struct sim_fault sim_fault_draw(struct sim_faults *f, bool watch, bool list, bool write);
bool sim_fault_job(struct sim_faults *f);
/* Counts one that came over the world or a job; one of the names in faults.c. */
void sim_struck(struct sim_faults *f, const char *name);
void sim_struck_request(struct sim_faults *f, enum sim_fault_kind k);
/* Prints all, with their counts; how many of them never struck. */
unsigned sim_strikes_print(const struct sim_strikes *s);

#endif
