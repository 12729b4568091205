/* SPDX-License-Identifier: Apache-2.0
 *
 * One API server: typed calls over the HTTP seam, with retry and one clear error per failure.
 * Knows requests and replies, not modules: policy (which conflict to take, what to prune) is above.
 *
 * Rules taken from docs/internals/api-server.md: apply bodies are JSON that YAML reads alike; a 500
 * without reason that begins "failed to create typed patch object" ... is permanent; writes carry
 * timeout=15s and a longer client timeout; a lost reply of an apply is retried (idempotent), of a
 * delete too (uid precondition); Retry-After is obeyed up to 60 s; retries are jittered and stay
 * within a budget of 10 % of requests. */
#ifndef KZ_KUBE_CLIENT_H
#define KZ_KUBE_CLIENT_H

#include "base/env.h"
#include "kube/count.h"
#include "resource/id.h"
#include "value/value.h"

struct kz_kube;

struct kz_kube_options {
    int max_parallel;        /* requests in flight beside watches; 0: 16 */
    unsigned retries;        /* attempts after the first; default 4 when 0 */
    struct kz_str user_agent; /* default "kzsync/VERSION" is the HTTP client's */
    struct kz_str impersonate_user; /* "": none; "system:serviceaccount:NS:NAME" */
};

/* env and http outlive the client. */
struct kz_kube *kz_kube_new(const struct kz_env *env, const struct kz_http *http,
                            const struct kz_kube_options *opt);
void kz_kube_free(struct kz_kube *k); /* cancels what is in flight; no callback comes afterwards */

/* The same client, whose calls are made with the rights of another user (Impersonate-User;
 * "system:serviceaccount:NS:NAME" brings the groups of service accounts along). "": k itself. Lives as long as
 * k, and shares line, fence and discovery with it; for calls on objects only. One for each user. */
struct kz_kube *kz_kube_as(struct kz_kube *k, struct kz_str user);

/* The same for somebody whose every write is asked about when it leaves the line, dry runs too: allows returns 0, or
 * fills err, and the call ends as KZ_REFUSED without a request. who lives on here. One for each user and who. */
struct kz_kube_gate {
    struct kz_str who;
    int (*allows)(void *arg, struct kz_str who, const struct kz_id *id, struct kz_err *err);
    void *arg;
};
struct kz_kube *kz_kube_gated(struct kz_kube *k, struct kz_str user, const struct kz_kube_gate *gate);

/* ---- the fence --------------------------------------------------------------------------------
 * Who writes under a lease is asked before each request that changes something (no dry runs, no leases; also
 * before each retry): how long may it take, ns? The request gets no more time than that, here and at the
 * server, so it is over before another may lead. 0: not now; it stays in line, where reads pass it, but for
 * deletes, which fail at once. */
void kz_kube_fence(struct kz_kube *k, int64_t (*left)(void *arg), void *arg); /* NULL: none */
void kz_kube_unfenced(struct kz_kube *k);             /* the fence may have opened: looks at the line */
size_t kz_kube_writing(const struct kz_kube *k);      /* such requests that are not answered yet */

/* ---- discovery ------------------------------------------------------------------------------ */
struct kz_api {
    struct kz_str group, version, kind, plural; /* version: the server's preferred one for the kind */
    bool namespaced;
    bool stale;      /* its group did not answer discovery freshly: hold prune, go on applying */
    bool can_watch;  /* verbs list and watch */
};

/* (Re)reads discovery: aggregated v2, with fallback to legacy; ETag makes an unchanged one cheap.
 * done(arg, err): err NULL on success. Several calls at once share one request. */
void kz_kube_discover(struct kz_kube *k, void (*done)(void *arg, const struct kz_err *err), void *arg);
void kz_kube_discover_forget(struct kz_kube *k, const void *arg); /* no callback with this arg any more */
bool kz_kube_discovered(const struct kz_kube *k);
/* NULL: not served. version "" gives the preferred one; else exactly that version. Valid until the
 * next discovery that changes something; do not keep. */
const struct kz_api *kz_kube_api(const struct kz_kube *k, struct kz_str group, struct kz_str version,
                                 struct kz_str kind);
/* The same for a kind of which the group is not said: the core group's, else what the server lists first. Cost: one
 * walk over all kinds. */
const struct kz_api *kz_kube_api_by_kind(const struct kz_kube *k, struct kz_str kind);
/* Text of the server's version, "v1.32.0", "" before the first discovery. */
struct kz_str kz_kube_version(const struct kz_kube *k);
/* Every served "group/version" and "group/version/Kind" as Helm's Capabilities.APIVersions. */
void kz_kube_api_versions(const struct kz_kube *k, struct kz_arena *a, struct kz_value *list);

/* ---- calls ---------------------------------------------------------------------------------- */
enum kz_outcome {
    KZ_DONE,        /* 2xx */
    KZ_NO_OBJECT,   /* 404 about the object (Status with reason NotFound) or its namespace */
    KZ_NO_KIND,     /* 404 about the kind: discover again */
    KZ_TAKEN,       /* 409 FieldManagerConflict: see conflicts */
    KZ_MOVED_ON,    /* 409 uid / resourceVersion precondition, or AlreadyExists */
    KZ_IMMUTABLE,   /* 422 with an immutable field */
    KZ_REFUSED,     /* 400/403/413/415/422/permanent 500: the same request will fail again */
    KZ_TRANSIENT,   /* retries were used up: 429, 5xx, 401, transport, webhook down; or not tried
                     * again at once: 403 in a namespace that is being deleted (minutes) */
};

struct kz_conflict {
    struct kz_str manager, path, subresource; /* ".spec.replicas"; subresource "scale" or "" */
};

/* Valid during the callback. */
struct kz_result {
    enum kz_outcome outcome;
    int status;
    const struct kz_value *body;  /* the parsed reply, NULL if it was not JSON or not asked for */
    struct kz_str text;           /* its raw text */
    struct kz_arena *arena;       /* of this reply */
    const struct kz_err *err;     /* NULL when DONE; names object and reason, Secrets' texts masked */
    const struct kz_conflict *conflicts;
    size_t n_conflicts;
    int64_t retry_after;          /* ns, -1 absent */
};

typedef void (*kz_kube_done)(void *arg, uint64_t id, const struct kz_result *res);

enum kz_apply_flags {
    KZ_APPLY_FORCE = 1 << 0,   /* take fields from other managers */
    KZ_APPLY_DRY_RUN = 1 << 1, /* dryRun=All */
    KZ_APPLY_UNFENCED = 1 << 2, /* passes the fence: the namespace that the lease lives in */
    KZ_APPLY_LENIENT = 1 << 3, /* unknown fields of custom resources are dropped in silence, not refused */
};

enum kz_delete_flags {
    KZ_DELETE_DRY_RUN = 1 << 0,
    KZ_DELETE_FOREGROUND = 1 << 1, /* the object goes after what it owns */
    KZ_DELETE_ORPHAN = 1 << 2,     /* what it owns stays */
};

/* All return an id for kz_kube_cancel (never 0); a call waits in line when max_parallel are running.
 * body is serialised before the call returns. An unknown kind answers KZ_NO_KIND from the loop.
 * The callback may cancel other calls, start new ones, and free the client.
 * Leases are different: they pass the line, have 5 s, and are tried once; their owner tries again. */
uint64_t kz_kube_apply(struct kz_kube *k, const struct kz_id *id, struct kz_str version,
                       const struct kz_value *body, unsigned flags, kz_kube_done done, void *arg);
uint64_t kz_kube_get(struct kz_kube *k, const struct kz_id *id, kz_kube_done done, void *arg);
/* uid "" sends no precondition on it; the same for resource_version. Background propagation, if flags say
 * nothing else. */
uint64_t kz_kube_delete(struct kz_kube *k, const struct kz_id *id, struct kz_str uid,
                        struct kz_str resource_version, unsigned flags, kz_kube_done done, void *arg);
/* The same, while it is still right: a request may wait in line, or for another try, and what was decided about a
 * removal is not true for long. still is asked before each sending; false ends it as KZ_TRANSIENT. It calls nothing
 * of the client. */
uint64_t kz_kube_delete_while(struct kz_kube *k, const struct kz_id *id, struct kz_str uid,
                              struct kz_str resource_version, unsigned flags, bool (*still)(void *arg),
                              kz_kube_done done, void *arg);
/* JSON patch (RFC 6902) on an object, for ownership take-over. */
uint64_t kz_kube_patch(struct kz_kube *k, const struct kz_id *id, const struct kz_value *ops,
                       kz_kube_done done, void *arg);
/* What kzsync says about itself in objects of its own: whose fields those are, and which part of the object. */
struct kz_write {
    const char *manager;     /* field manager */
    const char *subresource; /* "status"; NULL: the object itself */
};
uint64_t kz_kube_apply_by(struct kz_kube *k, const struct kz_id *id, const struct kz_write *how,
                          const struct kz_value *body, unsigned flags, kz_kube_done done, void *arg);
uint64_t kz_kube_patch_by(struct kz_kube *k, const struct kz_id *id, const struct kz_write *how,
                          const struct kz_value *ops, kz_kube_done done, void *arg);
/* Merge patch (RFC 7386). */
uint64_t kz_kube_merge(struct kz_kube *k, const struct kz_id *id, const struct kz_write *how,
                       const struct kz_value *body, kz_kube_done done, void *arg);
/* PUT / POST of whole objects: leases, inventory shards. resourceVersion in body makes it a
 * compare-and-swap. */
uint64_t kz_kube_create(struct kz_kube *k, const struct kz_id *id, struct kz_str version,
                        const struct kz_value *body, kz_kube_done done, void *arg);
uint64_t kz_kube_update(struct kz_kube *k, const struct kz_id *id, struct kz_str version,
                        const struct kz_value *body, kz_kube_done done, void *arg);
/* One page after another until the end; body of the result is one list value with all items (each
 * with apiVersion and kind filled in). For small lists; what can be large is watched. */
uint64_t kz_kube_list(struct kz_kube *k, struct kz_str group, struct kz_str kind, struct kz_str ns,
                      struct kz_str label_selector, kz_kube_done done, void *arg);
/* The same for a few large objects: on_page has those of each page (4 at most) as soon as it is read, until it
 * returns; NULL when the list begins anew and what came so far does not count. It frees nothing. The result has
 * no items. */
typedef void (*kz_kube_page)(void *arg, const struct kz_value *items);
uint64_t kz_kube_list_each(struct kz_kube *k, struct kz_str group, struct kz_str kind, struct kz_str ns,
                           struct kz_str label_selector, kz_kube_page on_page, kz_kube_done done, void *arg);
/* Both at exactly this version ("": the preferred one), for who asked for it by name. A list of more than
 * max bytes of text ends in KZ_REFUSED; 0: no bound. */
uint64_t kz_kube_get_at(struct kz_kube *k, const struct kz_id *id, struct kz_str version,
                        kz_kube_done done, void *arg);
uint64_t kz_kube_list_at(struct kz_kube *k, const struct kz_id *kind, struct kz_str version, size_t max,
                         kz_kube_done done, void *arg);
/* The same, of each object only apiVersion, kind and metadata: for an index of what is large. */
uint64_t kz_kube_list_metadata(struct kz_kube *k, struct kz_str group, struct kz_str kind, struct kz_str ns,
                               struct kz_str label_selector, kz_kube_done done, void *arg);
/* Last lines of a container's log as text; previous: of the instance that ended before; since: no older than so
 * many seconds, 0: any. */
uint64_t kz_kube_logs(struct kz_kube *k, struct kz_str ns, struct kz_str pod, struct kz_str container,
                      bool previous, int tail, int64_t since, kz_kube_done done, void *arg);
/* A text of the server that is no object: an OpenAPI document. path is the server's own, as it is sent. */
uint64_t kz_kube_text(struct kz_kube *k, struct kz_str path, kz_kube_done done, void *arg);
void kz_kube_cancel(struct kz_kube *k, uint64_t id); /* 0 and finished ids are fine */

const struct kz_kube_stats *kz_kube_stats(const struct kz_kube *k); /* lives as long as k */
/* How many requests wait for their turn, and for how long the oldest has, ns; 0: none does. */
size_t kz_kube_line(int64_t *oldest, const struct kz_kube *k);

#endif
