/* SPDX-License-Identifier: Apache-2.0
 *
 * RE2 as C functions: the only file beside regex_re2.cc that knows it is C++. For regex.c alone. */
#ifndef KZ_BASE_REGEX_RE2_H
#define KZ_BASE_REGEX_RE2_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kz_re2;
struct kz_re2_part {
    const char *ptr;
    size_t len;
};

/* NULL: a bad pattern; error (size bytes) then says why, in Go's form. */
struct kz_re2 *kz_re2_new(const char *pattern, size_t len, char *error, size_t size);
void kz_re2_free(struct kz_re2 *re);
int kz_re2_groups(const struct kz_re2 *re);
int kz_re2_group(const struct kz_re2 *re, const char *name, size_t len);
int kz_re2_find(const struct kz_re2 *re, const char *text, size_t len, size_t from,
                struct kz_re2_part *parts, int n);

#ifdef __cplusplus
}
#endif
#endif
