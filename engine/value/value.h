/* SPDX-License-Identifier: Apache-2.0
 *
 * A document as a tree: what YAML and JSON both mean. Integers are exact, maps keep their order,
 * strings are views into the arena of the document. Knows documents, not Kubernetes objects.
 *
 * Trees are built once and then read: they live in one arena and hold no cycles (an alias in YAML is
 * expanded, with limits). Readers may share subtrees; who changes a tree copies first. */
#ifndef KZ_VALUE_VALUE_H
#define KZ_VALUE_VALUE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum kz_kind { KZ_NULL, KZ_BOOL, KZ_INT, KZ_UINT, KZ_FLOAT, KZ_STRING, KZ_LIST, KZ_MAP };

struct kz_value;

struct kz_pair {
    struct kz_str key;
    uint32_t line; /* of the key; 0: not from a text */
    uint32_t col;
    struct kz_value *val;
};

struct kz_value {
    enum kz_kind kind;
    uint32_t line, col; /* 1-based place in the text it was read from; 0: none */
    union {
        bool truth;
        int64_t num;       /* KZ_INT */
        uint64_t unum;     /* KZ_UINT: only above INT64_MAX */
        double real;
        struct kz_str str;
        struct {
            struct kz_value **at;
            size_t len, cap;
        } list;
        struct {
            struct kz_pair *at; /* in order of appearance */
            size_t len, cap;
            uint32_t *index;    /* open-addressing table of positions + 1 once len > 16, else NULL */
        } map;
    } as;
};

/* How deep a tree from YAML may be, and one from JSON (schemas of custom resources nest deeply):
 * readers refuse more, so that recursion over a tree is bounded. */
enum { KZ_VALUE_DEPTH = 100, KZ_VALUE_DEPTH_JSON = 512 };

/* ---- making -------------------------------------------------------------------------------- */
struct kz_value *kz_value_null(struct kz_arena *a);
struct kz_value *kz_value_bool(struct kz_arena *a, bool truth);
struct kz_value *kz_value_int(struct kz_arena *a, int64_t num);
struct kz_value *kz_value_uint(struct kz_arena *a, uint64_t num); /* KZ_INT where it fits */
struct kz_value *kz_value_float(struct kz_arena *a, double real); /* finite */
struct kz_value *kz_value_str(struct kz_arena *a, struct kz_str s);  /* not copied */
struct kz_value *kz_value_cstr(struct kz_arena *a, const char *s);   /* not copied */
struct kz_value *kz_value_list(struct kz_arena *a);
struct kz_value *kz_value_map(struct kz_arena *a);
void kz_value_push(struct kz_arena *a, struct kz_value *list, struct kz_value *item);
/* Appends a pair; the caller knows that the key is not there yet. Returns it to take its place in the
 * text; valid until the next change of the map. The key is not copied. */
struct kz_pair *kz_value_add(struct kz_arena *a, struct kz_value *map, struct kz_str key,
                             struct kz_value *val);
/* Makes room for n pairs or items in all, where the number is known beforehand. */
void kz_value_reserve(struct kz_arena *a, struct kz_value *v, size_t n);
/* Fills an empty map with n pairs, places included, or an empty list with their values; takes no more
 * room than they need. false: a key is there twice, unless last_wins: then the later pair takes the
 * earlier one's place. */
KZ_MUST_USE bool kz_value_fill(struct kz_arena *a, struct kz_value *v, const struct kz_pair *from,
                               size_t n, bool last_wins);
/* Sets or replaces; a new key goes to the end. The key is not copied. */
void kz_value_set(struct kz_arena *a, struct kz_value *map, struct kz_str key, struct kz_value *val);
bool kz_value_del(struct kz_value *map, struct kz_str key); /* keeps the order of the others */
struct kz_value *kz_value_child(struct kz_value *map, struct kz_str key); /* to be changed; or NULL */
/* Deep copy into another arena, strings included. */
struct kz_value *kz_value_copy(struct kz_arena *a, const struct kz_value *v);

/* ---- reading: all of these take NULL and wrong kinds and then answer NULL / empty / fallback ---- */
const struct kz_value *kz_value_find(const struct kz_value *map, struct kz_str key);
const struct kz_pair *kz_value_pair(const struct kz_value *map, struct kz_str key); /* or NULL */
const struct kz_value *kz_value_get(const struct kz_value *map, const char *key);
/* Walks maps by a dotted path of plain keys: "metadata.name". */
const struct kz_value *kz_value_path(const struct kz_value *v, const char *path);
const struct kz_value *kz_value_at(const struct kz_value *list, size_t i);
size_t kz_value_len(const struct kz_value *v); /* of a list or map; else 0 */
struct kz_str kz_value_as_str(const struct kz_value *v);                /* "" unless a string */
struct kz_str kz_value_path_str(const struct kz_value *v, const char *path);
int64_t kz_value_as_int(const struct kz_value *v, int64_t fallback);    /* exact numbers only */
int64_t kz_value_path_int(const struct kz_value *v, const char *path, int64_t fallback);
bool kz_value_as_bool(const struct kz_value *v, bool fallback);
bool kz_value_path_bool(const struct kz_value *v, const char *path, bool fallback);
static inline bool kz_value_is(const struct kz_value *v, enum kz_kind kind)
{
    return v != NULL && v->kind == kind;
}
/* Number of pairs of a map, else 0: what a loop over as.map.at needs (kz_value_len counts lists too). */
static inline size_t kz_value_pairs(const struct kz_value *v)
{
    return kz_value_is(v, KZ_MAP) ? v->as.map.len : 0;
}
const char *kz_kind_name(enum kz_kind kind); /* "null", "boolean", "integer", ... */

/* Equal as JSON: maps without regard to order, 1 equals 1.0. */
bool kz_value_eq(const struct kz_value *a, const struct kz_value *b);

#endif
