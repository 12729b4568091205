/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the client: one request with its retries, and the line in which requests wait. Only files
 * of this folder include this.
 *
 *     new -> WAITING -> RUNNING -> done
 *               ^          |
 *               +- PAUSED -+   backoff or Retry-After; a paused call holds no slot
 *     new -> ANSWERED -> done    the answer is known without a request (unknown kind, too large)
 *
 * Sending is limited three ways: slots in flight (halved by a 429, grown again by successes), a pause
 * of everything while the server's Retry-After runs, and the retry budget. Urgent calls (leases,
 * discovery) pass by the first two: an apply wave must not cost the leader its lease. */
#ifndef KZ_KUBE_CALL_H
#define KZ_KUBE_CALL_H

#include "base/backoff.h"
#include "base/buf.h"
#include "base/vec.h"
#include "kube/status.h"

enum kz_call_flags {
    KZ_CALL_URGENT = 1 << 0,
    KZ_CALL_ONCE = 1 << 1,    /* no retries: the caller has its own */
    KZ_CALL_FRAGILE = 1 << 2, /* no retry when the first try may have had an effect */
    KZ_CALL_TEXT = 1 << 3,    /* a good reply is not JSON */
    KZ_CALL_WRITE = 1 << 4,   /* changes something: passes only where the fence lets it */
    KZ_CALL_GATED = 1 << 5,   /* would change something, or does: passes only where the gate lets it */
};

enum { KZ_CALL_SERVER_SEC = 15 }; /* after which the server gives a request up; two digits */

struct kz_call;
struct kz_discovery;

struct kz_call_queue {
    struct kz_call *head, *tail;
};

struct kz_kube {
    const struct kz_env *env;
    const struct kz_http *http;
    unsigned retries;
    struct kz_http_header headers[2]; /* of every request */
    size_t n_headers;
    char *header_text[2];

    struct kz_call_queue waiting, active; /* active: running, paused, answered */
    uint64_t last_id;
    int running;              /* without urgent ones */
    int64_t slots, max_slots; /* in thousandths */
    int64_t held_until;       /* mono; a 429 holds everything */
    uint64_t hold_timer;
    int64_t budget, budget_at; /* retries left, in thousandths; when it was filled last */
    struct kz_kube_stats stats;
    int64_t (*fence)(void *arg); /* NULL: none */
    void *fence_arg;

    struct kz_discovery *discovery;
    struct kz_arena *scratch; /* one watch event or list item at a time */

    struct kz_kube *base;      /* of kz_kube_as: who has all of the above; else NULL */
    struct kz_kube *next_face; /* the next one of base */
    char *as;                  /* of kz_kube_as: whose rights its calls have */
    struct kz_kube_gate gate;  /* of kz_kube_gated; allows NULL: none */
};

struct kz_call {
    struct kz_call *prev, *next;
    struct kz_kube *k;
    struct kz_arena *arena; /* of the request */
    uint64_t id;
    enum { KZ_CALL_WAITING, KZ_CALL_RUNNING, KZ_CALL_PAUSED, KZ_CALL_ANSWERED } state;
    int64_t since; /* mono: since when it waits, or was sent */
    unsigned flags;
    struct kz_ask ask;

    enum kz_http_method method;
    struct kz_buf path, body;
    size_t server_limit;      /* where the two digits of the server's timeout=15s stand in path */
    const char *content_type, *accept;
    const char *as; /* NULL: as all calls of the client */
    const struct kz_kube_gate *gate; /* NULL: none */
    struct kz_str if_none_match;
    int64_t timeout, idle_timeout;

    uint64_t http_id, timer;
    struct kz_backoff backoff;
    struct kz_verdict known; /* ANSWERED */

    /* Streams a good reply instead of collecting it. */
    void (*on_data)(void *arg, struct kz_str piece);
    /* The answer: exactly one of these. reply is NULL when no request was made. */
    kz_kube_done done;
    void (*on_reply)(void *arg, const struct kz_result *res, const struct kz_http_reply *reply);
    void *arg;
    bool (*still)(void *arg); /* asked before each sending; false: it is not sent. NULL: it is */

    /* A list goes on with the next page: true after it changed path; then res is not delivered. */
    bool (*next_page)(struct kz_call *c, struct kz_result *res);
    kz_kube_page on_page;   /* NULL: all pages together are the answer */
    struct kz_arena *pages; /* of the items so far */
    struct kz_value *items;
    size_t list_path_len;
    size_t list_bytes, list_max; /* text so far; list_max 0: any */
    struct kz_err list_err;
    unsigned restarts;
};

struct kz_call *kz_call_new(struct kz_kube *k, enum kz_verb verb, const struct kz_id *id);
void kz_call_free(struct kz_call *c); /* one that was not submitted */
/* Puts it in line; returns its id. The call frees itself. */
uint64_t kz_call_submit(struct kz_call *c);
/* Answers it from the loop without a request. */
uint64_t kz_call_answer(struct kz_call *c, enum kz_outcome outcome, const struct kz_err *err);

/* ---- discovery.c ----------------------------------------------------------------------------- */
void kz_discovery_free(struct kz_discovery *d); /* NULL is fine */
/* Takes back a kz_kube_discover whose owner goes away. */
void kz_discovery_forget(struct kz_kube *k, const void *arg);
/* Some version of the group did not answer discovery: a kind missing in it is unknown, not gone. */
bool kz_discovery_is_stale(const struct kz_kube *k, struct kz_str group);

#endif
