/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    FIRST_BLOCK = 4 << 10,
    TIGHT_BLOCK = 1 << 10,
    MAX_BLOCK = 1 << 20,
    LARGE_FROM = 128 << 10,
    HUGE = 2 << 20
};

/* Blocks double from 4 KiB to 1 MiB; a piece larger than a block gets one of its own. Together they are
 * never larger than the limit, so that only a new block has to look at it. Those of a tight arena grow by a quarter
 * of what it has. */
struct block {
    struct block *next;
    size_t size;
    bool mapped; /* of whole huge pages, by mmap */
    _Alignas(KZ_ARENA_ALIGN) char data[];
};

struct arena {
    struct kz_arena room; /* of the head */
    struct block *head;   /* the one that is being filled, then older ones */
    size_t limit, used;   /* used: of the older ones */
    bool large, tight;
};

static struct arena *impl(struct kz_arena *a)
{
    return kz_container_of(a, struct arena, room);
}

static struct { /* written once, before there is work */
    const char *word;
    int exit_code;
} ending = {"kzsync:", KZ_ARENA_EXIT_LIMIT};

static const struct arena *peek(const struct kz_arena *a)
{
    return (const void *)((const char *)a - offsetof(struct arena, room));
}

void kz_arena_ends_with(const char *word, int exit_code)
{
    ending.word = word;
    ending.exit_code = exit_code;
}

KZ_NORETURN static void over_limit(size_t limit)
{
    (void)dprintf(STDERR_FILENO, "%s memory limit of %zu MiB for one unit of work reached\n",
                  ending.word, limit >> 20);
    _exit(ending.exit_code);
}

struct kz_arena *kz_arena_new(size_t limit)
{
    struct arena *a = calloc(1, sizeof *a);
    if (a == NULL)
        over_limit(limit);
    a->limit = limit;
    return &a->room;
}

struct kz_arena *kz_arena_new_tight(size_t limit)
{
    struct kz_arena *a = kz_arena_new(limit);
    impl(a)->tight = true;
    return a;
}

struct kz_arena *kz_arena_new_large(size_t limit)
{
    struct kz_arena *a = kz_arena_new(limit);
#ifndef KZ_ARENA_DEBUG
    impl(a)->large = true;
#endif
    return a;
}

/* At least need bytes behind the head of a block, from an address that huge pages begin at; NULL: none. */
static struct block *map_block(size_t need)
{
    const size_t size = (sizeof(struct block) + need + HUGE - 1) & ~((size_t)HUGE - 1);
    char *const raw =
        mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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
    free_blocks(impl(a)->head);
    free(impl(a));
}

static void fill(struct arena *a, struct block *b)
{
    a->head = b;
    a->room.at = b == NULL ? NULL : b->data;
    a->room.end = b == NULL ? NULL : b->data + b->size;
}

void kz_arena_reset(struct kz_arena *room)
{
    struct arena *a = impl(room);
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

static size_t used_of_head(const struct arena *a)
{
    return a->head == NULL ? 0 : (size_t)(a->room.at - a->head->data);
}

size_t kz_arena_used(const struct kz_arena *room)
{
    const struct arena *a = peek(room);
    return a->used + used_of_head(a);
}

struct kz_arena_mark kz_arena_here(const struct kz_arena *room)
{
    const struct arena *a = peek(room);
    return (struct kz_arena_mark){.block = a->head, .block_used = used_of_head(a), .used = a->used};
}

void kz_arena_rewind(struct kz_arena *room, struct kz_arena_mark to)
{
    struct arena *a = impl(room);
    while (a->head != to.block) {
        struct block *next = a->head->next;
        free_block(a->head);
        a->head = next;
    }
    a->used = to.used;
    fill(a, a->head);
    if (a->head == NULL)
        return;
    a->room.at += to.block_used;
    if (a->head->size > a->limit - a->used)
        a->room.end = a->head->data + (a->limit - a->used);
}

static size_t tight_size(size_t used)
{
    return used / 4 > TIGHT_BLOCK ? used / 4 : TIGHT_BLOCK;
}

static void add_block(struct arena *a, size_t need)
{
    const size_t used = a->used + used_of_head(a), left = a->limit - used;
    size_t size = a->tight ? tight_size(used) : a->head == NULL ? FIRST_BLOCK : a->head->size * 2;
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
        a->room.end = b->data + left;
}

/* From a new block; its data are aligned. */
static void *take_new(struct kz_arena *room, size_t size)
{
    struct arena *a = impl(room);
    add_block(a, size);
    a->room.at += size;
    return a->head->data;
}

void *kz_arena_alloc_slowly(struct kz_arena *a, size_t size)
{
    return memset(take_new(a, size), 0, size);
}

void *kz_arena_bytes(struct kz_arena *a, size_t size)
{
#ifndef KZ_ARENA_DEBUG
    if (size < (size_t)(a->end - a->at)) {
        char *p = a->at;
        a->at = p + size;
        return p;
    }
#endif
    return take_new(a, size);
}

struct kz_str kz_str_dup(struct kz_arena *a, struct kz_str s)
{
    char *p = kz_arena_bytes(a, s.len + 1);
    if (s.len > 0)
        memcpy(p, s.ptr, s.len);
    p[s.len] = '\0';
    return kz_str_n(p, s.len);
}

static char *put(char *to, struct kz_str s)
{
    if (s.len > 0)
        memcpy(to, s.ptr, s.len);
    return to + s.len;
}

struct kz_str kz_str_concat(struct kz_arena *a, struct kz_str x, struct kz_str y, struct kz_str z)
{
    const size_t len = x.len + y.len + z.len;
    char *p = kz_arena_bytes(a, len + 1);
    *put(put(put(p, x), y), z) = '\0';
    return kz_str_n(p, len);
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
