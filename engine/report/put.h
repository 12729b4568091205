/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of the documents of this folder. Private to report/. */
#ifndef KZ_REPORT_PUT_H
#define KZ_REPORT_PUT_H

#include "base/clock.h"
#include "value/value.h"

#include <string.h>

/* Nothing when s is "". */
static inline void put_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str s)
{
    if (s.len > 0)
        kz_value_set(a, map, kz_str(key), kz_value_str(a, s));
}

static inline void put_int(struct kz_arena *a, struct kz_value *map, const char *key, size_t n)
{
    kz_value_set(a, map, kz_str(key), kz_value_int(a, (int64_t)n));
}

static inline void put_time(struct kz_arena *a, struct kz_value *map, const char *key, int64_t wall)
{
    char *text = kz_arena_bytes(a, KZ_TIME_TEXT);
    kz_time_text(text, wall);
    kz_value_set(a, map, kz_str(key), kz_value_cstr(a, text));
}

/* On the heap; never NULL. */
static inline char *heap_str(struct kz_str s)
{
    char *copy = strndup(s.len > 0 ? s.ptr : "", s.len);
    kz_assert(copy != NULL);
    return copy;
}

/* Text of others as one line: what the option tables call text has no control bytes. */
static inline struct kz_str one_line(struct kz_arena *a, struct kz_str s)
{
    struct kz_str copy = kz_str_dup(a, kz_str_trim(s));
    char *p = kz_arena_bytes(a, copy.len + 1);
    for (size_t i = 0; i < copy.len; i++)
        p[i] = (unsigned char)copy.ptr[i] < 0x20 || copy.ptr[i] == 0x7f ? ' ' : copy.ptr[i];
    return kz_str_n(p, copy.len);
}

#endif
