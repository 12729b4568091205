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

enum { KZ_ARENA_EXIT_LIMIT = 71, KZ_ARENA_ALIGN = 16 };

/* What is left of the block that is being filled; everything else is arena.c's. It stands here so that taking
 * a piece of known size is a few instructions where it is taken: trees are made of millions of them. */
struct kz_arena {
    char *at, *end;
};

/* How a breach ends the process, where that is no worker: the first word of the message and the exit
 * status. Once, before there is work. Default: "kzsync:" and KZ_ARENA_EXIT_LIMIT. */
void kz_arena_ends_with(const char *word, int exit_code);

struct kz_arena *kz_arena_new(size_t limit); /* limit in bytes of what is handed out */
/* For what is small, many and kept: of what it takes from the heap at most a quarter, or 1 KiB, is not used. */
struct kz_arena *kz_arena_new_tight(size_t limit);
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

void *kz_arena_alloc_slowly(struct kz_arena *a, size_t size); /* from a new block: of kz_arena_alloc */

/* Zeroed, aligned for any type. */
static inline void *kz_arena_alloc(struct kz_arena *a, size_t size)
{
#ifndef KZ_ARENA_DEBUG
    const size_t pad = -(uintptr_t)a->at & (KZ_ARENA_ALIGN - 1), room = (size_t)(a->end - a->at);
    if (size < room && pad < room - size) {
        char *p = a->at + pad;
        a->at = p + size;
        return memset(p, 0, size);
    }
#endif
    return kz_arena_alloc_slowly(a, size);
}

void *kz_arena_bytes(struct kz_arena *a, size_t size); /* not zeroed, alignment 1: for text */

/* A point to go back to: what was taken behind it is given back at once, and nobody may still point
 * there. For work that is tried and, when it fails, done in another way. */
struct kz_arena_mark {
    const void *block;
    size_t block_used, used;
};
struct kz_arena_mark kz_arena_here(const struct kz_arena *a);
void kz_arena_rewind(struct kz_arena *a, struct kz_arena_mark to);

#define kz_new(a, type)           ((type *)kz_arena_alloc((a), sizeof(type)))
#define kz_new_n(a, type, n)      ((type *)kz_arena_array((a), (n), sizeof(type)))
static inline void *kz_arena_array(struct kz_arena *a, size_t n, size_t size) /* zeroed; overflow ends as a limit */
{
    size_t total;
    return kz_arena_alloc(a, __builtin_mul_overflow(n, size, &total) ? SIZE_MAX : total);
}

/* Copies, NUL-terminated behind the length, so .ptr is also a C string. */
struct kz_str kz_str_dup(struct kz_arena *a, struct kz_str s);
struct kz_str kz_str_printf(struct kz_arena *a, const char *fmt, ...) KZ_PRINTF(2, 3);
struct kz_str kz_str_concat(struct kz_arena *a, struct kz_str x, struct kz_str y, struct kz_str z);
const char *kz_cstr(struct kz_arena *a, struct kz_str s);

#endif
