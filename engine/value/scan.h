/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking at text many bytes at a time. Searches without a length have an end in the text itself, and
 * may look at up to KZ_SCAN_PAD bytes behind it; those with a length stay within it, and may answer less
 * than there is: the caller goes on byte by byte. */
#ifndef KZ_VALUE_SCAN_H
#define KZ_VALUE_SCAN_H

#include "base/def.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { KZ_SCAN_PAD = 32 };

#ifdef __SSE2__

/* The first byte at or behind p that is a, b or c. */
static inline char *kz_scan_find3(char *p, char a, char b, char c)
{
    const __m128i x = _mm_set1_epi8(a), y = _mm_set1_epi8(b), z = _mm_set1_epi8(c);
    for (;; p += sizeof(__m128i)) {
        __m128i v;
        memcpy(&v, p, sizeof v);
        const __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, x), _mm_cmpeq_epi8(v, y)),
                                         _mm_cmpeq_epi8(v, z));
        const unsigned bits = (unsigned)_mm_movemask_epi8(hit);
        if (bits != 0)
            return p + __builtin_ctz(bits);
    }
}

/* How many blanks stand at p. */
static inline size_t kz_scan_spaces(const char *p)
{
    const __m128i space = _mm_set1_epi8(' ');
    for (size_t n = 0;; n += sizeof(__m128i)) {
        __m128i v;
        memcpy(&v, p + n, sizeof v);
        const unsigned bits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, space)) ^ 0xFFFF;
        if (bits != 0)
            return n + (size_t)__builtin_ctz(bits);
    }
}

/* Of n bytes, how many at the start are from ' ' to '~', or line ends or tabs? */
static inline size_t kz_scan_printable(const char *p, size_t n)
{
    const __m128i below = _mm_set1_epi8(' ' - 1), del = _mm_set1_epi8(0x7F);
    const __m128i tab = _mm_set1_epi8('\t'), line = _mm_set1_epi8('\n');
    size_t at = 0;
    for (; n - at >= sizeof(__m128i); at += sizeof(__m128i)) {
        __m128i v;
        memcpy(&v, p + at, sizeof v);
        const __m128i good = _mm_andnot_si128(_mm_cmpeq_epi8(v, del), _mm_cmpgt_epi8(v, below));
        const __m128i white = _mm_or_si128(_mm_cmpeq_epi8(v, tab), _mm_cmpeq_epi8(v, line));
        if (_mm_movemask_epi8(_mm_or_si128(good, white)) != 0xFFFF)
            break;
    }
    return at;
}

/* Of n bytes, how many at the start stand for themselves in a JSON string? */
static inline size_t kz_scan_json(const char *p, size_t n)
{
    const __m128i below = _mm_set1_epi8(' ' - 1), del = _mm_set1_epi8(0x7F);
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    size_t at = 0;
    for (; n - at >= sizeof(__m128i); at += sizeof(__m128i)) {
        __m128i v;
        memcpy(&v, p + at, sizeof v);
        const __m128i bad =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)),
                         _mm_cmpeq_epi8(v, del));
        const unsigned good =
            (unsigned)_mm_movemask_epi8(_mm_andnot_si128(bad, _mm_cmpgt_epi8(v, below)));
        if (good != 0xFFFF)
            return at + (size_t)__builtin_ctz(~good);
    }
    return at;
}

/* Of n bytes, how many at the start are ASCII? All of them, this once. */
static inline size_t kz_scan_ascii(const char *p, size_t n)
{
    size_t at = 0;
    for (; n - at >= sizeof(__m128i); at += sizeof(__m128i)) {
        __m128i v;
        memcpy(&v, p + at, sizeof v);
        const unsigned bits = (unsigned)_mm_movemask_epi8(v);
        if (bits != 0)
            return at + (size_t)__builtin_ctz(bits);
    }
    while (at < n && (p[at] & 0x80) == 0)
        at++;
    return at;
}

#else

static inline char *kz_scan_find3(char *p, char a, char b, char c)
{
    while (*p != a && *p != b && *p != c)
        p++;
    return p;
}

static inline size_t kz_scan_spaces(const char *p)
{
    size_t n = 0;
    while (p[n] == ' ')
        n++;
    return n;
}

static inline size_t kz_scan_printable(const char *p, size_t n)
{
    size_t at = 0;
    while (at < n && ((p[at] >= ' ' && p[at] < 0x7F) || p[at] == '\t' || p[at] == '\n'))
        at++;
    return at;
}

static inline size_t kz_scan_json(const char *p, size_t n)
{
    (void)p, (void)n;
    return 0;
}

static inline size_t kz_scan_ascii(const char *p, size_t n)
{
    size_t at = 0;
    while (at < n && (p[at] & 0x80) == 0)
        at++;
    return at;
}

#endif
#endif
