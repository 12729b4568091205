/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of one unit of work: pieces are taken, never given back singly, and die together with the
 * arena. What outlives the work is copied into the arena of its new owner.
 *
 * kz_arena_alloc never returns NULL. Past its limit an arena ends the process with
 * KZ_ARENA_EXIT_LIMIT: in a worker that is an ordinary error of one module; in the engine sizes are
 * checked at the edges (HTTP body, frame, file), so there it is a bug. With KZ_ARENA_DEBUG every piece
 * is a malloc of its own, so that ASan sees each overrun. */
#ifndef KZ_BASE_ARENA_H
#define KZ_BASE_ARENA_H

#include "base/str.h"

enum { KZ_ARENA_EXIT_LIMIT = 71 };

struct kz_arena;

struct kz_arena *kz_arena_new(size_t limit); /* limit in bytes of what is handed out */
/* For work that takes megabytes and ends soon, as a render: past the first 256 KiB in huge pages, where
 * the kernel gives them. Filling one costs an eighth of filling its small pages one by one (measured: 90
 * and 700 us); up to 2 MiB are taken more than needed. */
struct kz_arena *kz_arena_new_large(size_t limit);
void kz_arena_free(struct kz_arena *a);      /* NULL is fine */
void kz_arena_reset(struct kz_arena *a);     /* as new, keeps the first block */
size_t kz_arena_used(const struct kz_arena *a);

static inline void kz_arena_freep(struct kz_arena **a)
{
    kz_arena_free(*a);
}
#define kz_autoarena KZ_CLEANUP(kz_arena_freep)

void *kz_arena_alloc(struct kz_arena *a, size_t size);  /* zeroed, aligned for any type */
void *kz_arena_bytes(struct kz_arena *a, size_t size);  /* not zeroed, alignment 1: for text */

#define kz_new(a, type)           ((type *)kz_arena_alloc((a), sizeof(type)))
#define kz_new_n(a, type, n)      ((type *)kz_arena_array((a), (n), sizeof(type)))
void *kz_arena_array(struct kz_arena *a, size_t n, size_t size); /* zeroed; overflow ends as a limit */

/* Copies, NUL-terminated behind the length, so .ptr is also a C string. */
struct kz_str kz_str_dup(struct kz_arena *a, struct kz_str s);
struct kz_str kz_str_printf(struct kz_arena *a, const char *fmt, ...) KZ_PRINTF(2, 3);
const char *kz_cstr(struct kz_arena *a, struct kz_str s);

#endif
