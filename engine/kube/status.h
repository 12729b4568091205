/* SPDX-License-Identifier: Apache-2.0
 *
 * What a reply of the API server means: outcome, whether the same request is worth sending again,
 * and one error that names the object and the reason. Pure: reply in, verdict out.
 *
 * The shapes are those of docs/internals/api-server.md 2.8: Status objects (also without kind),
 * plain texts, and answers of proxies. Texts about a Secret never quote the server: its messages
 * repeat values. */
#ifndef KZ_KUBE_STATUS_H
#define KZ_KUBE_STATUS_H

#include "kube/client.h"

enum kz_verb {
    KZ_VERB_APPLY,
    KZ_VERB_GET,
    KZ_VERB_DELETE,
    KZ_VERB_PATCH,
    KZ_VERB_CREATE,
    KZ_VERB_UPDATE,
    KZ_VERB_LIST,
    KZ_VERB_LOGS,
    KZ_VERB_WATCH,
    KZ_VERB_DISCOVER,
};

/* What was asked. */
struct kz_ask {
    enum kz_verb verb;
    struct kz_id id;  /* name "": a collection */
    bool guarded;     /* the request carried a uid or resourceVersion: its 409 is an answer */
};

struct kz_verdict {
    enum kz_outcome outcome;
    bool retry;          /* the same request may succeed soon */
    int64_t retry_after; /* ns, at most 60 s; -1: the server did not say */
    struct kz_err err;   /* when outcome is not KZ_DONE */
    const struct kz_conflict *conflicts;
    size_t n_conflicts;
};

/* body: the reply as JSON, NULL if it is none. conflicts are views into body, the array is in a. */
void kz_status_judge(struct kz_verdict *out, struct kz_arena *a, const struct kz_ask *ask,
                     const struct kz_http_reply *reply, const struct kz_value *body);

/* A Status object inside of a watch stream: judged as if it had come as an HTTP reply. */
void kz_status_judge_event(struct kz_verdict *out, struct kz_arena *a, const struct kz_ask *ask,
                           const struct kz_value *status);

bool kz_ask_is_secret(const struct kz_ask *ask); /* its texts are masked */
/* "apply Deployment shop/web", "list Pods in namespace shop". */
struct kz_str kz_ask_text(struct kz_arena *a, const struct kz_ask *ask);

/* ---- between status.c and status_text.c ------------------------------------------------------ */
/* The fields of a Status; all views, "" where absent. status is the HTTP status. */
struct kz_status {
    int http;
    struct kz_str message, reason, name, kind; /* name, kind: of details */
    const struct kz_value *causes;
    bool is_status; /* the body was a Status object */
};
/* Fills v->err with code and text; outcome and conflicts are decided already. */
void kz_status_explain(struct kz_verdict *v, struct kz_arena *a, const struct kz_ask *ask,
                       const struct kz_status *st, enum kz_code code);

#endif
