/* SPDX-License-Identifier: Apache-2.0
 *
 * What charts look up in the cluster, in the worker. It has no network: the request brings answers, and
 * what they lack becomes a *need* of the reply, which the engine fetches before it renders again.
 *
 *     lookups: [{apiVersion, kind, namespace, name, object | error}]    live: the rest is needed
 *     snapshot: "YAML or JSON"                                          objects of a cluster, all there is
 *     neither                                                           offline: everything is empty
 *
 * An answer without object and error says that there is nothing. */
#ifndef KZ_RENDER_LOOKUP_H
#define KZ_RENDER_LOOKUP_H

#include "plugins/renderer.h"

enum {
    KZ_LOOKUPS = 256,        /* that one render may ask for */
    KZ_LOOKUP_TEXT = 512,    /* bytes of each of its four strings */
    KZ_LOOKUP_BYTES = 16 << 20, /* JSON of all answers to one render */
};

/* {apiVersion, kind, namespace, name}; strings are copied. */
struct kz_value *kz_lookup_value(struct kz_arena *a, const struct kz_lookup *what);
/* Views of such a map, or of an answer; false: it is none, or too long. */
KZ_MUST_USE bool kz_lookup_read(struct kz_lookup *out, const struct kz_value *v);
bool kz_lookup_eq(const struct kz_lookup *a, const struct kz_lookup *b);
/* "Secret shop/db" or "all Node"; for people. */
struct kz_str kz_lookup_text(struct kz_arena *a, const struct kz_lookup *what);

struct kz_lookups;

/* From the input of a task; both outlive it. Fails for a snapshot that is no list of objects. */
KZ_MUST_USE int kz_lookups_open(struct kz_lookups **out, struct kz_arena *a,
                                const struct kz_value *input, struct kz_err *err);
/* As kz_render.lookup. */
KZ_MUST_USE int kz_lookups_find(struct kz_lookups *l, const struct kz_value **out,
                                const struct kz_lookup *what, struct kz_err *err);
/* Lists of kz_lookup_value: what was asked and answered, what was asked and is not known. */
const struct kz_value *kz_lookups_used(const struct kz_lookups *l);
const struct kz_value *kz_lookups_missing(const struct kz_lookups *l);

/* There is an answer, or a snapshot that has all there is: nothing means absent. */
bool kz_lookups_knows(const struct kz_lookups *l, const struct kz_lookup *what);
/* A text that kz_lookups_mask replaces, too; a view. */
void kz_lookups_hide(struct kz_lookups *l, struct kz_str secret);

/* Replaces what Secrets among the answers hold, and pieces of it, in all texts of an error: templates can put
 * anything into their messages, and what they render is shown where it is no YAML. */
void kz_lookups_mask(const struct kz_lookups *l, struct kz_err *err);

#endif
