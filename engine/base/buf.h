/* SPDX-License-Identifier: Apache-2.0
 *
 * The only growing string. It states its maximum when it is made and goes sticky-bad when an append
 * would pass it (or memory ends): emitters append freely and check kz_buf_bad once at the end.
 * The content is always NUL-terminated; ptr is never NULL. */
#ifndef KZ_BASE_BUF_H
#define KZ_BASE_BUF_H

#include "base/str.h"

struct kz_buf {
    char *ptr;
    size_t len, cap, max;
    bool bad;
};

/* As an initialiser, so that a kz_autobuf is never undone before it was made. */
extern char kz_buf_empty_[1];
#define KZ_BUF(max_) {.ptr = kz_buf_empty_, .max = (max_)}

void kz_buf_init(struct kz_buf *b, size_t max); /* no allocation yet */
void kz_buf_done(struct kz_buf *b);             /* frees; b is as initialised afterwards */
void kz_buf_clear(struct kz_buf *b);            /* empty and good again, keeps the memory */
#define kz_autobuf KZ_CLEANUP(kz_buf_done)

static inline bool kz_buf_bad(const struct kz_buf *b)
{
    return b->bad;
}
static inline struct kz_str kz_buf_str(const struct kz_buf *b)
{
    return kz_str_n(b->ptr, b->len);
}

/* Room for at least n more bytes at b->ptr + b->len, for read(2); NULL if that would pass the
 * maximum. The caller adds what it wrote to b->len. */
char *kz_buf_grow(struct kz_buf *b, size_t n);
static inline char *kz_buf_reserve(struct kz_buf *b, size_t n)
{
    const bool fits = !b->bad && n < b->cap - b->len && n <= b->max - b->len;
    return fits ? b->ptr + b->len : kz_buf_grow(b, n);
}

static inline void kz_buf_add(struct kz_buf *b, const void *ptr, size_t len)
{
    char *at = kz_buf_reserve(b, len);
    if (at == NULL)
        return;
    if (len > 0)
        memcpy(at, ptr, len);
    b->len += len;
    b->ptr[b->len] = '\0';
}
static inline void kz_buf_add_str(struct kz_buf *b, struct kz_str s)
{
    kz_buf_add(b, s.ptr, s.len);
}
static inline void kz_buf_puts(struct kz_buf *b, const char *cstr)
{
    kz_buf_add(b, cstr, strlen(cstr));
}
static inline void kz_buf_putc(struct kz_buf *b, char c)
{
    kz_buf_add(b, &c, 1);
}
void kz_buf_fill(struct kz_buf *b, char c, size_t n);
void kz_buf_printf(struct kz_buf *b, const char *fmt, ...) KZ_PRINTF(2, 3);
void kz_buf_drop(struct kz_buf *b, size_t n); /* the first n bytes go, the rest moves up */

#endif
