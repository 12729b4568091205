/* SPDX-License-Identifier: Apache-2.0
 *
 * Why something is as it is: a document made of what the cluster knows, which is printed or given to machines.
 *
 *   {"v":1,"kind":"Why","platform":"prod","name":"istio-ingress","state":"wait","since":"...","note":"...",
 *    "chain":[{"depth":0,"what":"module","name":"istio-ingress","state":"wait","text":"after istio"},
 *             {"depth":1,"what":"module","name":"istio","state":"run","text":"..."},
 *             {"depth":2,"what":"object","name":"Deployment istio-system/istiod","state":"progressing","text":"..."},
 *             {"depth":3,"what":"pod","name":"Pod istio-system/istiod-7c9d","state":"failing","text":"...","log":[...]}],
 *    "facts":[{"label":"From","text":"modules/istio/deployment.yaml:12"}],
 *    "choices":[{"command":"kzsync logs istio","text":"events and last log lines"}]}
 *
 * Of an object the same, with "object" (apiVersion, kind, ...). The chain ends in a fact; choices are commands. */
#ifndef KZ_CLI_WHY_H
#define KZ_CLI_WHY_H

#include "cli/words.h"

/* ---- printing: why_page.c, pure -------------------------------------------------------------------------- */
void kz_why_page(struct kz_buf *b, struct kz_arena *a, const struct kz_value *doc, const struct kz_page *page);

/* ---- making it ------------------------------------------------------------------------------------------- */
struct kz_look;
struct kz_id;
struct kz_repo;

struct kz_why {
    struct kz_look *l;      /* with status, discovery and inventory */
    struct kz_repo *repo;   /* a repository on this machine; NULL: none */
    struct kz_value *doc, *chain, *facts, *choices;
};

void kz_why_begin(struct kz_why *w, struct kz_str name);
struct kz_value *kz_why_row(struct kz_why *w, int depth, const char *what, struct kz_str name, struct kz_str state,
                            struct kz_str text);
void kz_why_fact(struct kz_why *w, const char *label, struct kz_str text); /* "" is left out */
void kz_why_say(struct kz_why *w, const char *label, const char *fmt, ...) KZ_PRINTF(3, 4); /* the same, printed */
/* A command that may help, and what it is good for. */
void kz_why_choice(struct kz_why *w, const char *text, const char *command, ...) KZ_PRINTF(3, 4);

/* The module, what it waits for, and at its end what is wrong there. */
KZ_MUST_USE int kz_why_module(struct kz_why *w, const struct kz_value *module, struct kz_err *err);
KZ_MUST_USE int kz_why_object(struct kz_why *w, const struct kz_id *id, struct kz_err *err);

/* ---- between those: why_objects.c ------------------------------------------------------------------------ */
struct kz_seen;
/* Rows for what is not well of these, and for their pods; returns how many objects are not well, and the first of
 * them (NULL none). */
KZ_MUST_USE int kz_why_objects(struct kz_why *w, int depth, const struct kz_seen *at, size_t n,
                               const struct kz_seen **first, struct kz_err *err);
/* Where an object stands in the repository: facts From, Commit. */
KZ_MUST_USE int kz_why_origin(struct kz_why *w, struct kz_str module, const struct kz_id *id, struct kz_err *err);

#endif
