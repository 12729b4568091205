/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions of Module and Platform objects in the words that other tools know (kstatus: Ready, Reconciling,
 * Stalled). Those that say something unusual are there only while they are True, so that a tool which knows none
 * of our words still tells current, in progress and failed. Pure. */
#ifndef KZ_REPORT_CONDITIONS_H
#define KZ_REPORT_CONDITIONS_H

#include "sync/engine.h"

enum kz_condition {
    KZ_COND_READY,       /* all is as git says, and healthy */
    KZ_COND_RECONCILING, /* at work, or waits for what comes by itself */
    KZ_COND_STALLED,     /* failed; git or the cluster has to change */
    KZ_COND_EDITED,      /* somebody changed the object by hand, and it was put right */
    KZ_COND_CONFLICT,    /* another installation has an object that this one wants to write */
    KZ_CONDS_,
};

/* What one object says at present; status 0: the condition is not there. */
struct kz_conditions {
    struct {
        char status; /* 'T', 'F', 'U' */
        const char *reason;
        struct kz_str message; /* a view of what it was made from */
    } at[KZ_CONDS_];
};

/* When each became what it is; of one object, kept between two writes. */
struct kz_cond_memory {
    char status[KZ_CONDS_];
    int64_t since[KZ_CONDS_]; /* wall ns */
};

/* doc: its entry in the status document (report/status.h). */
void kz_conditions_of_module(struct kz_conditions *out, const struct kz_value *doc);
void kz_conditions_of_platform(struct kz_conditions *out, const struct kz_engine_view *v);
enum kz_word kz_word_of(struct kz_str name); /* unknown for what is no word */
/* What is worst among the modules; *which the first module that is so, NULL: there are none. */
enum kz_word kz_platform_word(const struct kz_module_view **which, const struct kz_engine_view *v);

/* As a list for a status; the memory learns what changed at `now`. generation: of the object. */
struct kz_value *kz_conditions_list(struct kz_arena *a, const struct kz_conditions *c, struct kz_cond_memory *m,
                                    int64_t now, int64_t generation);
/* What a list that was read says of the times. */
void kz_cond_memory_read(struct kz_cond_memory *m, const struct kz_value *list);

#endif
