/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to the API server that a command asks and waits for: several at once, the answers kept in the
 * command's arena. For commands that look and then print; the engine never waits. */
#ifndef KZ_CLI_QUERY_H
#define KZ_CLI_QUERY_H

#include "cli/app.h"

enum kz_query_verb {
    KZ_QUERY_GET,
    KZ_QUERY_LIST,     /* body: one list of all objects of id.kind in id.ns ("": everywhere) */
    KZ_QUERY_METADATA, /* the same, of each object only its metadata */
    KZ_QUERY_TEXT,     /* path as it is sent; text: the answer */
    KZ_QUERY_LOGS,     /* of a pod; text: the lines */
    KZ_QUERY_CREATE,   /* of what is only asked about: body_in is an access review */
};

struct kz_query {
    enum kz_query_verb verb;
    struct kz_id id;
    struct kz_str version;  /* CREATE: of the kind; "": the preferred one */
    struct kz_str selector; /* of a list, by labels; "": none */
    struct kz_str path;     /* TEXT */
    struct kz_str container; /* LOGS */
    bool previous;
    int tail;
    int64_t since;          /* seconds; 0: any age */
    const struct kz_value *body_in;
    /* The answer: */
    enum kz_outcome outcome;
    const struct kz_value *body; /* NULL: see err */
    struct kz_str text;
    struct kz_err err;           /* code 0: none */
};

/* Asks all n and waits for all answers. KZ_E_TIMEOUT: a person has interrupted it (kz_app_interrupted), or
 * `until` (mono ns, 0: as long as it takes) has passed; what was not answered has that error too. What the
 * server refuses is in each query's err and no failure here. */
KZ_MUST_USE int kz_query_all(struct kz_app *app, struct kz_arena *a, struct kz_query *q, size_t n, int64_t until,
                             struct kz_err *err);

/* One, whose error is that of the call. */
KZ_MUST_USE int kz_query_one(struct kz_app *app, struct kz_arena *a, struct kz_query *q, int64_t until,
                             struct kz_err *err);

/* Reads what the server serves; before any GET, LIST or CREATE. */
KZ_MUST_USE int kz_query_discover(struct kz_app *app, int64_t until, struct kz_err *err);

/* Lets time pass; false: interrupted. */
bool kz_query_sleep(struct kz_app *app, int64_t ns);

#endif
