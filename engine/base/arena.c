/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_BLOCK = 4 << 10, MAX_BLOCK = 1 << 20, LARGE_FROM = 128 << 10, HUGE = 2 << 20, ALIGN = 16 };

/* Blocks double from 4 KiB to 1 MiB; a piece larger than a block gets one of its own. Together they are
 * never larger than the limit, so that only a new block has to look at it. */
struct block {
    struct block *next;
    size_t size;
    bool mapped; /* of whole huge pages, by mmap */
    _Alignas(ALIGN) char data[];
};

struct kz_arena {
    struct block *head; /* the one that is being filled, then older ones */
    char *at, *end;     /* what is left of it */
    size_t limit, used; /* used: of the older ones */
    bool large;
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

struct kz_arena *kz_arena_new_large(size_t limit)
{
    struct kz_arena *a = kz_arena_new(limit);
#ifndef KZ_ARENA_DEBUG
    a->large = true;
#endif
    return a;
}

/* At least need bytes behind the head of a block, from an address that huge pages begin at; NULL: none. */
static struct block *map_block(size_t need)
{
    const size_t size = (sizeof(struct block) + need + HUGE - 1) & ~((size_t)HUGE - 1);
    char *const raw = mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED)
        return NULL;
    const size_t before = -(uintptr_t)raw & (HUGE - 1);
    if (before > 0)
        (void)munmap(raw, before);
    if (before < HUGE)
        (void)munmap(raw + before + size, HUGE - before);
    struct block *b = (void *)(raw + before);
    (void)madvise(b, size, MADV_HUGEPAGE);
    b->mapped = true;
    b->size = size - sizeof *b;
    return b;
}

static void free_block(struct block *b)
{
    if (b->mapped)
        (void)munmap(b, sizeof *b + b->size);
    else
        free(b);
}

static void free_blocks(struct block *b)
{
    while (b != NULL) {
        struct block *next = b->next;
        free_block(b);
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

static void fill(struct kz_arena *a, struct block *b)
{
    a->head = b;
    a->at = b == NULL ? NULL : b->data;
    a->end = b == NULL ? NULL : b->data + b->size;
}

void kz_arena_reset(struct kz_arena *a)
{
    struct block *keep = a->head;
    while (keep != NULL && keep->next != NULL) {
        struct block *next = keep->next;
        free_block(keep);
        keep = next;
    }
    if (keep != NULL && keep->size > FIRST_BLOCK) {
        free_block(keep);
        keep = NULL;
    }
    fill(a, keep);
    a->used = 0;
}

size_t kz_arena_used(const struct kz_arena *a)
{
    return a->used + (a->head == NULL ? 0 : (size_t)(a->at - a->head->data));
}

static void add_block(struct kz_arena *a, size_t need)
{
    const size_t used = kz_arena_used(a), left = a->limit - used;
    size_t size = a->head == NULL ? FIRST_BLOCK : a->head->size * 2;
    if (need > left)
        over_limit(a->limit);
    if (size > MAX_BLOCK)
        size = MAX_BLOCK;
#ifdef KZ_ARENA_DEBUG
    size = need;
#endif
    if (size < need)
        size = need;
    const bool huge = a->large && size > LARGE_FROM;
    struct block *b = huge ? map_block(need) : malloc(sizeof *b + size);
    if (b == NULL)
        over_limit(a->limit);
    if (!huge) {
        b->mapped = false;
        b->size = size;
    }
    b->next = a->head;
    a->used = used;
    fill(a, b);
    if (b->size > left)
        a->end = b->data + left;
}

static void *take(struct kz_arena *a, size_t size, size_t align)
{
    const size_t pad = -(uintptr_t)a->at & (align - 1), room = (size_t)(a->end - a->at);
#ifdef KZ_ARENA_DEBUG
    const bool fits = false;
    (void)room;
#else
    const bool fits = size < room && pad < room - size;
#endif
    if (!fits) {
        add_block(a, size);
        a->at += size;
        return a->head->data;
    }
    char *p = a->at + pad;
    a->at = p + size;
    return p;
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
