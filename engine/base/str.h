/* SPDX-License-Identifier: Apache-2.0
 *
 * A string view: pointer and length, never owning, not necessarily NUL-terminated. It lives as long
 * as what it points into. Comparisons are bytewise (the order of Kubernetes names and JSON keys). */
#ifndef KZ_BASE_STR_H
#define KZ_BASE_STR_H

#include "base/def.h"

#include <string.h>

struct kz_str {
    const char *ptr;
    size_t len;
};

#define KZ_STR(lit)      ((struct kz_str){.ptr = "" lit, .len = sizeof(lit) - 1})
#define KZ_STR_INIT(lit) {.ptr = "" lit, .len = sizeof(lit) - 1}
#define KZ_STR_NONE      ((struct kz_str){.ptr = NULL, .len = 0})
#define KZ_FMT           "%.*s"
#define KZ_ARG(s)        (int)(s).len, (s).ptr

static inline struct kz_str kz_str_n(const char *ptr, size_t len)
{
    return (struct kz_str){.ptr = ptr, .len = len};
}

/* View of a NUL-terminated string; NULL gives the empty view. */
static inline struct kz_str kz_str(const char *cstr)
{
    return kz_str_n(cstr, cstr == NULL ? 0 : strlen(cstr));
}

static inline bool kz_str_eq(struct kz_str a, struct kz_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool kz_str_is(struct kz_str a, const char *cstr)
{
    return kz_str_eq(a, kz_str(cstr));
}

/* Without the first n bytes (n may exceed). */
static inline struct kz_str kz_str_skip(struct kz_str s, size_t n)
{
    if (n > s.len)
        n = s.len;
    return n == 0 ? s : kz_str_n(s.ptr + n, s.len - n);
}

/* At most the first n bytes. */
static inline struct kz_str kz_str_head(struct kz_str s, size_t n)
{
    return kz_str_n(s.ptr, n < s.len ? n : s.len);
}

static inline bool kz_str_starts(struct kz_str s, struct kz_str prefix)
{
    return s.len >= prefix.len && kz_str_eq(kz_str_head(s, prefix.len), prefix);
}

static inline bool kz_str_ends(struct kz_str s, struct kz_str suffix)
{
    return s.len >= suffix.len && kz_str_eq(kz_str_skip(s, s.len - suffix.len), suffix);
}

int kz_str_cmp(struct kz_str a, struct kz_str b); /* <0, 0, >0 as memcmp, shorter first */
bool kz_str_has(struct kz_str s, struct kz_str part);

/* Index of the first / last byte c, or s.len when absent. */
static inline size_t kz_str_index(struct kz_str s, char c)
{
    const char *at = s.len == 0 ? NULL : (const char *)memchr(s.ptr, c, s.len);
    return at == NULL ? s.len : (size_t)(at - s.ptr);
}
size_t kz_str_rindex(struct kz_str s, char c);

struct kz_str kz_str_trim(struct kz_str s); /* without ASCII blanks at both ends */
bool kz_str_lists(struct kz_str list, struct kz_str word); /* "a, b": is word one of them? */

/* Cuts s at the first sep: *head gets what is before, the rest is returned; no sep: all is head. */
static inline struct kz_str kz_str_cut(struct kz_str *head, struct kz_str s, char sep)
{
    const size_t at = kz_str_index(s, sep);
    *head = kz_str_head(s, at);
    return kz_str_skip(s, at + 1);
}

/* Whole-string decimal numbers. false: empty, other bytes, or out of range; *out untouched. */
bool kz_str_i64(int64_t *out, struct kz_str s);
bool kz_str_u64(uint64_t *out, struct kz_str s);

/* A distance for near-miss suggestions: Damerau-Levenshtein, strings over 64 bytes give 64. */
unsigned kz_str_distance(struct kz_str a, struct kz_str b);

#endif
