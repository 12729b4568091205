/* SPDX-License-Identifier: Apache-2.0
 *
 * One desired object and the ordered set of them that a module renders to. A set refuses duplicates:
 * two documents with one identity are an error, never "last wins". */
#ifndef KZ_RESOURCE_OBJECT_H
#define KZ_RESOURCE_OBJECT_H

#include "base/hash.h"
#include "base/map.h"
#include "resource/id.h"

/* Labels and annotations that kzsync puts on what it manages, and reads from what it renders. */
#define KZ_LABEL_PLATFORM  "kubezero.com/platform"  /* label: name of the Platform; watches select by it */
#define KZ_LABEL_MODULE    "kubezero.com/module"    /* label: name of the module */
#define KZ_ANNOT_WAVE      "kubezero.com/wave"
#define KZ_ANNOT_PRUNE     "kubezero.com/prune"     /* "never": keep; "confirm": wait for approval */
#define KZ_ANNOT_RECREATE  "kubezero.com/recreate" /* "allowed": delete and create when a field is immutable */
#define KZ_FIELD_MANAGER   "kzsync"

struct kz_origin {
    struct kz_str file; /* relative to the module's path */
    uint32_t line;
};

struct kz_object {
    struct kz_id id;
    struct kz_str version;
    struct kz_value *body;   /* as it will be sent: labels added, namespace filled in, data folded */
    struct kz_hash hash;     /* of the canonical JSON of body */
    struct kz_origin origin;
    int wave;                /* from kz_order_waves: 0 first; absolute within the module */
};

struct kz_set {
    struct kz_object **at; /* in order of appearance until kz_order_waves sorts them */
    size_t len, cap;
    struct kz_map by_key;  /* kz_id_key -> struct kz_object * */
    struct kz_arena *arena; /* where all of it lives; not owned */
};

void kz_set_init(struct kz_set *s, struct kz_arena *a);
void kz_set_done(struct kz_set *s); /* frees the index, not the arena */
struct kz_object *kz_set_find(const struct kz_set *s, const struct kz_id *id);

/* What the cluster says about a kind: is it namespaced? 1, 0, or -1 unknown. Then a table of the
 * built-in kinds answers, then the CustomResourceDefinitions that are in the set already; if these
 * don't know either, the namespace stays as it was written. */
struct kz_scope {
    int (*namespaced)(void *arg, struct kz_str group, struct kz_str kind);
    void *arg;
};

struct kz_set_rules {
    struct kz_str platform, module;
    struct kz_str ns; /* default namespace for namespaced objects without one; "" leaves it out */
    struct kz_scope scope;
};

/* Adds one rendered document. Flattens "List"; refuses: not a map, no apiVersion/kind/name,
 * generateName without name, a bad name or namespace, labels or annotations that are not strings, a
 * duplicate (both places are named).
 *
 * Normalises into what is sent: the labels of platform and module (a rule that is "" adds none; no
 * annotation is ever added), namespace (dropped on cluster-scoped kinds), Secret stringData folded
 * into data, status and server-owned metadata removed. A null in a built-in kind means "absent" to
 * every reader but takes ownership in an apply (docs/internals/api-server.md trap 6): it is left
 * out, in maps of strings it becomes "". Custom resources keep theirs: there null can be a value.
 *
 * Takes body as its own; parts of it that the document shares (YAML aliases) are not changed. */
KZ_MUST_USE int kz_set_add(struct kz_set *s, const struct kz_set_rules *rules, struct kz_value *body,
                           struct kz_origin origin, struct kz_err *err);

bool kz_object_is_secret(const struct kz_id *id); /* values of it are never shown */
bool kz_object_is_crd(const struct kz_id *id);

#endif
