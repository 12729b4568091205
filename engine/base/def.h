/* SPDX-License-Identifier: Apache-2.0
 *
 * Words that every file uses: attributes, the string view, small helpers. Nothing here allocates. */
#ifndef KZ_BASE_DEF_H
#define KZ_BASE_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/banned.h"

#define KZ_MUST_USE     __attribute__((warn_unused_result))
#define KZ_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define KZ_CLEANUP(fn)  __attribute__((cleanup(fn)))
#define KZ_UNUSED       __attribute__((unused))
#define KZ_NORETURN     __attribute__((noreturn))

#define kz_countof(array) (sizeof(array) / sizeof((array)[0]))
#define kz_container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/* Durations and points in time are int64_t nanoseconds everywhere. */
#define KZ_NS_PER_MS  INT64_C(1000000)
#define KZ_NS_PER_SEC INT64_C(1000000000)

/* For bugs of ours only, never for input; stays on in release builds. */
KZ_NORETURN void kz_bug(const char *file, int line, const char *what);
#define kz_assert(cond) ((cond) ? (void)0 : kz_bug(__FILE__, __LINE__, #cond))

#endif
