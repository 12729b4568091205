/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef KZ_BASE_UTF8_H
#define KZ_BASE_UTF8_H

#include "base/str.h"

/* Decodes the first character of s (s.len > 0) and returns how many bytes it takes: 1..4; 0 when the
 * bytes are not UTF-8. */
size_t kz_utf8_next(struct kz_str s, uint32_t *rune);

/* Offset of the first byte that is not UTF-8, or s.len when all is well. Cost: 8 bytes a step over
 * ASCII. */
size_t kz_utf8_bad(struct kz_str s);
static inline bool kz_utf8_valid(struct kz_str s)
{
    return kz_utf8_bad(s) == s.len;
}

/* At most max bytes from the start of s, never ending inside a character. */
struct kz_str kz_utf8_cut(struct kz_str s, size_t max);

/* Appends rune (a valid code point) to out; returns the bytes written. */
size_t kz_utf8_put(char out[4], uint32_t rune);

#endif
