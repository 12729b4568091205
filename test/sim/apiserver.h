/* SPDX-License-Identifier: Apache-2.0
 *
 * An API server with its etcd and its controllers, in memory and in virtual time, behind the HTTP seam of base/env.h:
 * what docs/internals/api-server.md section 10 lists. One counter of resource versions, watches that resume, real
 * ownership of fields, preconditions, finalizers, namespaces and kinds that come late and go slowly. What strangers do
 * uses the functions below.
 *
 *   store        kinds, objects, history         http         requests, faults, routing
 *   verbs        apply, create, update, delete   stream       lists and watches
 *   discovery    what is served                  controllers  what makes Deployments ready */
#ifndef SIM_APISERVER_H
#define SIM_APISERVER_H

#include "base/map.h"
#include "faults.h"
#include "resource/id.h"
#include "world.h"

/* What Secrets of the model hold, quoted where the server refuses one (check_secrets.h). */
#define SIM_CANARY   "canary-of-a-secret"
#define SIM_CANARY64 "Y2FuYXJ5LW9mLWEtc2VjcmV0"

struct sim_kind {
    struct kz_str group, version, kind, plural;
    bool namespaced, custom;
    bool counts;  /* has metadata.generation */
    bool served;
    bool ends;    /* its CRD is being deleted: nothing new is taken */
};

struct sim_object {
    const struct sim_kind *kind;
    struct kz_id id;
    struct kz_str key, uid;
    struct kz_value *body; /* a new tree with each write; never changed */
    uint64_t version;
    bool gone;
    uint64_t controller;   /* timer of the next step of its controller */
    int stage;
};

struct sim_change {
    uint64_t version;
    const struct sim_kind *kind;
    const struct kz_value *before, *after; /* NULL: was not, is not */
};

enum sim_verb { SIM_GET, SIM_LIST, SIM_WATCH, SIM_APPLY, SIM_CREATE, SIM_UPDATE, SIM_PATCH, SIM_DELETE,
                SIM_OTHER };

/* Who sends requests: one process, which may be stopped for a while. */
struct sim_client {
    struct sim_api *api;
    unsigned slot;              /* of the places where kzsync runs */
    unsigned life;              /* number of this run, of all processes; never used again */
    int64_t asleep_until;       /* it sees and does nothing before */
    struct kz_http http;
};
void sim_client_init(struct sim_client *c, struct sim_api *api, unsigned slot);

struct sim_request {
    struct sim_api *api;
    struct sim_client *client;
    uint64_t id;
    enum kz_http_method method;
    struct kz_str path, query, body, etag, content_type;
    struct kz_str user;         /* whose rights it asks for, "" the client's own */
    int64_t timeout;
    void (*on_data)(void *arg, uint64_t id, struct kz_str piece);
    void (*on_done)(void *arg, uint64_t id, const struct kz_http_reply *reply);
    void *arg;
    bool alive;                 /* the client still listens */
    struct sim_fault fault;
    unsigned life;              /* of the client when it was sent */
    /* from the path */
    enum sim_verb verb;
    const struct sim_kind *kind;
    struct kz_str ns, name, sub;
    const char *no_kind;        /* why there is none, for the 404 */
    bool dry_run, force;
    bool metadata;              /* a list without spec, data and status was asked for */
    struct kz_value *config;    /* the parsed body */
    /* a watch */
    size_t cursor;              /* into the history */
    struct kz_str label, value; /* selector; value NULL: any */
    bool unlike;                /* objects without that label or with another value */
    uint64_t pump, end;         /* timers */
    bool open;
};

struct sim_reply {
    int status;
    struct kz_str body;
    const char *content_type;
    int64_t retry_after; /* ns, -1 */
    struct kz_str etag;
};

/* Who looks over the server's shoulder. */
struct sim_observer {
    void (*sent)(void *arg, const struct sim_request *r);  /* when the client sends it */
    void (*answered)(void *arg, const struct sim_request *r, int status); /* what the server says */
    void (*changed)(void *arg, const struct sim_object *o, const struct kz_value *before,
                    const char *by); /* o->body is the new state; o->gone */
    void *arg;
};

struct sim_snapshot { /* of a list that is read in pages */
    uint64_t version;
    KZ_VEC(const struct kz_value *) items;
};

struct sim_api {
    struct sim_world *w;
    struct sim_faults *faults;
    struct sim_observer observer;
    bool quotes;             /* texts about Secrets quote what they hold */
    struct sim_rng rng;
    const struct sim_request *acting; /* whose effect is being stored; NULL: not a client's */
    KZ_VEC(struct sim_kind *) kinds;
    struct kz_map by_key;
    KZ_VEC(struct sim_object *) objects; /* also those that are gone */
    KZ_VEC(struct sim_change) history;
    KZ_VEC(struct sim_request *) requests; /* by id - 1 */
    KZ_VEC(struct sim_request *) watches;
    KZ_VEC(struct sim_snapshot *) snapshots;
    uint64_t version, compacted, uids;
    unsigned quotas; /* ever made */
    KZ_VEC(struct kz_str) refused; /* modules, by the label of what a quota or policy refused */
    unsigned discovery_version;
    unsigned page; /* the server's own limit of a page */
    unsigned bookmarks; /* per mille of bunches of events that a bookmark follows */
    bool idle; /* no controllers but the one of CRDs */
};

void sim_api_init(struct sim_api *api, struct sim_world *w, struct sim_faults *faults);
void sim_api_done(struct sim_api *api);

/* ---- store ------------------------------------------------------------------------------------------ */
struct sim_kind *sim_kind_find(const struct sim_api *api, struct kz_str group, struct kz_str kind);
struct sim_object *sim_object_find(const struct sim_api *api, struct kz_str key); /* NULL: is not */
struct sim_object *sim_object_at(const struct sim_api *api, const struct sim_kind *kind, struct kz_str ns,
                                 struct kz_str name);
/* Fills in what the server says of an object: uid, times, generation. */
void sim_store_fill(struct sim_api *api, const struct sim_kind *kind, struct kz_str ns, struct kz_str name,
                    struct kz_value *body, const struct kz_value *before, struct kz_str uid);
/* Makes `body` the state: fills in uid, times, generation, version. Returns the object. */
struct sim_object *sim_store_put(struct sim_api *api, const struct sim_kind *kind, struct kz_str ns,
                                 struct kz_str name, struct kz_value *body, const char *by);
/* What a delete makes of it while finalizers or a namespace's content hold it; the body itself when it is being deleted
 * already; NULL: it goes at once. */
const struct kz_value *sim_store_deleting(struct sim_api *api, const struct sim_object *o);
/* Deletes: at once, or by deletionTimestamp when a finalizer is left. */
void sim_store_delete(struct sim_api *api, struct sim_object *o, const char *by);
void sim_store_drop(struct sim_api *api, struct sim_object *o, const char *by);

/* Of a CRD that is being deleted: its instances go first. */
#define SIM_CRD_FINALIZER "customresourcecleanup.apiextensions.k8s.io"
void sim_finalizer_add(struct kz_arena *a, struct kz_value *meta, const char *name);
void sim_finalizer_remove(struct kz_value *meta, const char *name); /* the list goes with the last */

/* ---- a stranger's hands ------------------------------------------------------------------------------ */
/* A writable copy of the object's state; sim_edit stores it in the name of a manager. */
struct kz_value *sim_edit_begin(struct sim_api *api, const struct sim_object *o);
void sim_edit(struct sim_api *api, struct sim_object *o, struct kz_value *body, const char *manager);
/* The child of a map for writing, made when it is missing. */
struct kz_value *sim_child(struct kz_arena *a, struct kz_value *map, const char *key);

/* ---- the other files ----------------------------------------------------------------------------------- */
void sim_verb_run(struct sim_reply *out, struct sim_request *r);
void sim_list_run(struct sim_reply *out, struct sim_request *r);
void sim_list_expired(struct sim_reply *out, struct sim_request *r); /* of a page */
void sim_discovery_run(struct sim_reply *out, struct sim_request *r, bool core);
bool sim_watch_begin(struct sim_reply *out, struct sim_request *r); /* true: the stream is open */
void sim_watch_end(struct sim_request *r);
void sim_watch_wake(struct sim_api *api, const struct sim_kind *kind);
void sim_watch_fade(struct sim_api *api, const struct sim_kind *kind); /* its watches end in a second */
void sim_watch_cut_all(struct sim_api *api);
void sim_compact(struct sim_api *api); /* what is older than now can no longer be watched or paged */
void sim_http_finish(struct sim_request *r, const struct sim_reply *rep, const struct kz_err *err,
                     bool maybe_sent);
void sim_note_refused(struct sim_request *r);
void sim_controller_see(struct sim_api *api, struct sim_object *o);
void sim_pods_run(struct sim_reply *out, struct sim_request *r);

bool sim_is_custom_kind(const struct sim_api *api, struct kz_str group);
struct kz_str sim_query(struct kz_arena *a, struct kz_str query, const char *key);
void sim_fail(struct sim_reply *out, struct sim_request *r, int code, const char *reason,
              const char *fmt, ...) KZ_PRINTF(5, 6);
void sim_text(struct sim_reply *out, int code, const char *text);
struct kz_str sim_json(struct kz_arena *a, const struct kz_value *v);
bool sim_selected(const struct sim_request *r, const struct kz_value *body);

#endif
