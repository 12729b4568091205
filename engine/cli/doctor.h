/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync doctor: a list of checks, each of which adds lines of what it found and what to do about it. A check never
 * changes anything (a review of rights is asked about, nothing is stored). */
#ifndef KZ_CLI_DOCTOR_H
#define KZ_CLI_DOCTOR_H

#include "cli/look_store.h"

enum kz_doctor_word { KZ_DOCTOR_OK, KZ_DOCTOR_WARN, KZ_DOCTOR_FAIL, KZ_DOCTOR_SKIP, KZ_DOCTOR_WORDS_ };

struct kz_doctor_line {
    enum kz_doctor_word word;
    const char *check; /* "clock" */
    struct kz_str text, fix; /* fix "": nothing to do */
};

struct kz_doctor {
    struct kz_look *l;
    bool reachable;    /* the API server has answered; without, checks of the cluster are skipped */
    struct kz_doctor_line *lines;
    size_t n, cap;
};

/* Texts are copied. */
void kz_doctor_say(struct kz_doctor *d, enum kz_doctor_word word, const char *check, struct kz_str fix,
                   const char *fmt, ...) KZ_PRINTF(5, 6);
/* What went wrong, with the error's own hint as what to do. */
void kz_doctor_err(struct kz_doctor *d, enum kz_doctor_word word, const char *check, const struct kz_err *err);

/* ---- the checks -------------------------------------------------------------------------------------------- */
/* doctor_cluster.c */
void kz_doctor_server(struct kz_doctor *d);      /* reachable, version, clock */
void kz_doctor_rights(struct kz_doctor *d);
void kz_doctor_crds(struct kz_doctor *d);
/* doctor_engine.c */
void kz_doctor_status(struct kz_doctor *d);      /* the daemon: status, modules, source */
void kz_doctor_lease(struct kz_doctor *d);
void kz_doctor_inventory(struct kz_doctor *d);   /* readable; those of other platforms */
/* doctor_local.c */
void kz_doctor_sandbox(struct kz_doctor *d);
void kz_doctor_repository(struct kz_doctor *d);  /* git, and --repo */

#endif
