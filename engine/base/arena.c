/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { FIRST_BLOCK = 4 << 10, MAX_BLOCK = 1 << 20, ALIGN = 16 };

/* Blocks double from 4 KiB to 1 MiB; a piece larger than a block gets one of its own. */
struct block {
    struct block *next;
    size_t size, used;
    _Alignas(ALIGN) char data[];
};

struct kz_arena {
    struct block *head; /* the one that is being filled, then older ones */
    size_t limit, used;
};

KZ_NORETURN static void over_limit(size_t limit)
{
    (void)dprintf(STDERR_FILENO, "kzsync: memory limit of %zu MiB for one unit of work reached\n",
                  limit >> 20);
    _exit(KZ_ARENA_EXIT_LIMIT);
}

struct kz_arena *kz_arena_new(size_t limit)
{
    struct kz_arena *a = calloc(1, sizeof *a);
    if (a == NULL)
        over_limit(limit);
    a->limit = limit;
    return a;
}

static void free_blocks(struct block *b)
{
    while (b != NULL) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void kz_arena_free(struct kz_arena *a)
{
    if (a == NULL)
        return;
    free_blocks(a->head);
    free(a);
}

void kz_arena_reset(struct kz_arena *a)
{
    struct block *keep = a->head;
    while (keep != NULL && keep->next != NULL) {
        struct block *next = keep->next;
        free(keep);
        keep = next;
    }
    if (keep != NULL && keep->size > FIRST_BLOCK) {
        free(keep);
        keep = NULL;
    }
    if (keep != NULL)
        keep->used = 0;
    a->head = keep;
    a->used = 0;
}

size_t kz_arena_used(const struct kz_arena *a)
{
    return a->used;
}

struct kz_arena_mark kz_arena_here(const struct kz_arena *a)
{
    return (struct kz_arena_mark){
        .block = a->head, .block_used = a->head == NULL ? 0 : a->head->used, .used = a->used};
}

void kz_arena_rewind(struct kz_arena *a, struct kz_arena_mark to)
{
    while (a->head != to.block) {
        struct block *next = a->head->next;
        free(a->head);
        a->head = next;
    }
    if (a->head != NULL)
        a->head->used = to.block_used;
    a->used = to.used;
}

static struct block *add_block(struct kz_arena *a, size_t need)
{
    size_t size = a->head == NULL ? FIRST_BLOCK : a->head->size * 2;
    if (size > MAX_BLOCK)
        size = MAX_BLOCK;
#ifdef KZ_ARENA_DEBUG
    size = need;
#endif
    if (size < need)
        size = need;
    struct block *b = malloc(sizeof *b + size);
    if (b == NULL)
        over_limit(a->limit);
    b->size = size;
    b->used = 0;
    b->next = a->head;
    a->head = b;
    return b;
}

static void *take(struct kz_arena *a, size_t size, size_t align)
{
    if (size > a->limit || a->used > a->limit - size)
        over_limit(a->limit);
    a->used += size;
    struct block *b = a->head;
#ifdef KZ_ARENA_DEBUG
    b = NULL;
#endif
    size_t at = b == NULL ? 0 : (b->used + align - 1) & ~(align - 1);
    if (b == NULL || at > b->size || size > b->size - at) {
        b = add_block(a, size == 0 ? 1 : size);
        at = 0;
    }
    b->used = at + size;
    return b->data + at;
}

void *kz_arena_alloc(struct kz_arena *a, size_t size)
{
    return memset(take(a, size, ALIGN), 0, size);
}

void *kz_arena_bytes(struct kz_arena *a, size_t size)
{
    return take(a, size, 1);
}

void *kz_arena_array(struct kz_arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        over_limit(a->limit);
    return kz_arena_alloc(a, total);
}

struct kz_str kz_str_dup(struct kz_arena *a, struct kz_str s)
{
    char *p = kz_arena_bytes(a, s.len + 1);
    if (s.len > 0)
        memcpy(p, s.ptr, s.len);
    p[s.len] = '\0';
    return kz_str_n(p, s.len);
}

const char *kz_cstr(struct kz_arena *a, struct kz_str s)
{
    return kz_str_dup(a, s).ptr;
}

struct kz_str kz_str_printf(struct kz_arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    kz_assert(n >= 0);
    char *p = kz_arena_bytes(a, (size_t)n + 1);
    va_start(ap, fmt);
    (void)vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return kz_str_n(p, (size_t)n);
}
