/* SPDX-License-Identifier: Apache-2.0
 *
 * A sequence of requests as text (`cases/`, or made by generate.h), and its run against one server: what came back,
 * in normal form, step by step. The same script against two servers gives the same record, or they differ.
 *
 *   # a remark
 *   PATCH $v1/configmaps/a?fieldManager=kzsync apply     method, path, type of the content (json when a body follows)
 *   {apiVersion: v1, kind: ConfigMap, ...}               the body: YAML, sent as JSON; behind "raw " as it is
 *   = a                      keeps what came back: $a.uid, $a.rv, $a.more (token of the next page) from now on
 *   watch w PATH             opens a stream
 *   events w N               what the stream brought, once N events are there (bookmarks are not counted)
 *   last w NAME              the same, once an event of the object NAME is there
 *   bookmark w               waits for a bookmark
 *   end w                    waits for the stream's end
 *   compact                  the past can no longer be listed
 *   served PATH              asks until it is no 404
 *
 * $ns is the script's namespace, which exists; $v1, $apps, $batch, $lease and $sim begin paths in it. */
#ifndef CONFORM_SCRIPT_H
#define CONFORM_SCRIPT_H

#include "side.h"

struct conform_step {
    unsigned line;
    struct kz_str text; /* the step's first line */
    struct kz_str body; /* as written; "" none */
};

struct conform_script {
    struct kz_str name;
    KZ_VEC(struct conform_step) steps;
};

struct conform_record {
    KZ_VEC(struct kz_str) said; /* by step */
};

/* Steps are views into text. A mistake ends the program. */
void conform_script_read(struct conform_script *out, struct kz_str name, struct kz_str text);
void conform_script_done(struct conform_script *s);

/* run: makes namespaces of one program run differ from another's. */
void conform_script_run(struct conform_record *out, struct kz_arena *a, const struct conform_script *s,
                        struct conform_side *side, struct kz_str run);
void conform_record_done(struct conform_record *r);

#endif
