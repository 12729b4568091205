/* SPDX-License-Identifier: Apache-2.0
 *
 * What the looking commands share: a cluster that was opened, and the status document in it. Everything that was
 * read lives in one arena until kz_look_end. Nothing here writes anything anywhere. */
#ifndef KZ_CLI_LOOK_H
#define KZ_CLI_LOOK_H

#include "cli/query.h"
#include "cli/words.h"
#include "sync/history.h"
#include "sync/store.h"

#define KZ_OPT_PLATFORM                                                                                              \
    {"platform", 0, KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "platform, where a cluster has several"}

struct kz_look {
    struct kz_app *app;
    const struct kz_args *args;
    struct kz_arena *arena;
    const struct kz_value *status; /* NULL: not read, or there is none */
    struct kz_str ns;              /* kzsync's own */
    struct kz_store *store;        /* look_store.h; NULL: not read */
    struct kz_history *history;    /* likewise */
};

/* parts: of kz_app_open; a cluster always. *l is filled in any case: kz_look_end is due. */
KZ_MUST_USE int kz_look_open(struct kz_look *l, const struct kz_args *args, unsigned parts, struct kz_err *err);
/* Frees all. Returns what the command shall: rc, or KZ_EXIT_INTERRUPTED. */
int kz_look_end(struct kz_look *l, int rc);

/* Reads the status of the platform that --platform names, or of the only one. One request, before which nothing
 * has to be discovered. KZ_E_NOTFOUND: there is none; until: as in kz_query_all. */
KZ_MUST_USE int kz_look_status(struct kz_look *l, int64_t until, struct kz_err *err);
/* The same out of a list of ConfigMaps. *doc in the arena. */
KZ_MUST_USE int kz_look_pick(const struct kz_value **doc, const struct kz_look *l, struct kz_arena *a,
                             const struct kz_value *list, struct kz_err *err);

struct kz_str kz_look_platform(const struct kz_look *l); /* of the status; "" without one */
const struct kz_value *kz_look_find(const struct kz_look *l, struct kz_str module); /* its entry, or NULL */
/* The entries of those modules that the positional arguments name, as a list; none: of all. */
KZ_MUST_USE int kz_look_choose(struct kz_value **out, const struct kz_look *l, struct kz_str states, struct kz_err *err);
/* One module's entry; KZ_E_NOTFOUND names the nearest. */
KZ_MUST_USE int kz_look_module(const struct kz_value **out, const struct kz_look *l, struct kz_str name,
                               struct kz_err *err);

/* ---- printing ---------------------------------------------------------------------------------------- */
/* How to print on the standard output. */
struct kz_page kz_look_page(const struct kz_look *l);

/* {"v":1,"kind":KIND,"platform":...}, for machines; and text into it, "" is left out. Nothing is copied. */
struct kz_value *kz_look_doc(const struct kz_look *l, const char *kind);
void kz_doc_put(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str text);
/* --output json or yaml: appends it and returns true. */
bool kz_look_add_doc(struct kz_buf *b, const struct kz_look *l, const struct kz_value *doc);
bool kz_look_wants_doc(const struct kz_look *l);

#endif
