/* SPDX-License-Identifier: Apache-2.0
 *
 * A string view: pointer and length, never owning, not necessarily NUL-terminated. It lives as long
 * as what it points into. Comparisons are bytewise (the order of Kubernetes names and JSON keys). */
#ifndef KZ_BASE_STR_H
#define KZ_BASE_STR_H

#include "base/def.h"

struct kz_str {
    const char *ptr;
    size_t len;
};

#define KZ_STR(lit)      ((struct kz_str){.ptr = "" lit, .len = sizeof(lit) - 1})
#define KZ_STR_INIT(lit) {.ptr = "" lit, .len = sizeof(lit) - 1}
#define KZ_STR_NONE      ((struct kz_str){.ptr = NULL, .len = 0})
#define KZ_FMT           "%.*s"
#define KZ_ARG(s)        (int)(s).len, (s).ptr

/* View of a NUL-terminated string; NULL gives the empty view. */
struct kz_str kz_str(const char *cstr);
static inline struct kz_str kz_str_n(const char *ptr, size_t len)
{
    return (struct kz_str){.ptr = ptr, .len = len};
}

bool kz_str_eq(struct kz_str a, struct kz_str b);
bool kz_str_is(struct kz_str a, const char *cstr);
int kz_str_cmp(struct kz_str a, struct kz_str b); /* <0, 0, >0 as memcmp, shorter first */
bool kz_str_starts(struct kz_str s, struct kz_str prefix);
bool kz_str_ends(struct kz_str s, struct kz_str suffix);
bool kz_str_has(struct kz_str s, struct kz_str part);

/* Index of the first / last byte c, or s.len when absent. */
size_t kz_str_index(struct kz_str s, char c);
size_t kz_str_rindex(struct kz_str s, char c);

struct kz_str kz_str_skip(struct kz_str s, size_t n); /* without the first n bytes (n may exceed) */
struct kz_str kz_str_head(struct kz_str s, size_t n); /* at most the first n bytes */
struct kz_str kz_str_trim(struct kz_str s);           /* without ASCII blanks at both ends */

/* Cuts s at the first sep: *head gets what is before, the rest is returned; no sep: all is head. */
struct kz_str kz_str_cut(struct kz_str *head, struct kz_str s, char sep);

/* Whole-string decimal numbers. false: empty, other bytes, or out of range; *out untouched. */
bool kz_str_i64(int64_t *out, struct kz_str s);
bool kz_str_u64(uint64_t *out, struct kz_str s);

/* A distance for near-miss suggestions: Damerau-Levenshtein, strings over 64 bytes give 64. */
unsigned kz_str_distance(struct kz_str a, struct kz_str b);

#endif
