/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

char kz_buf_empty_[1]; /* what ptr shows before the first allocation; never written */

void kz_buf_init(struct kz_buf *b, size_t max)
{
    *b = (struct kz_buf){.ptr = kz_buf_empty_, .max = max};
}

void kz_buf_done(struct kz_buf *b)
{
    if (b->cap > 0)
        free(b->ptr);
    kz_buf_init(b, b->max);
}

void kz_buf_clear(struct kz_buf *b)
{
    b->len = 0;
    b->bad = false;
    if (b->cap > 0)
        b->ptr[0] = '\0';
}

char *kz_buf_grow(struct kz_buf *b, size_t n)
{
    if (b->bad || n > b->max || b->len > b->max - n) {
        b->bad = true;
        return NULL;
    }
    if (b->len + n + 1 > b->cap) {
        size_t cap = b->cap == 0 ? 256 : b->cap;
        while (cap < b->len + n + 1)
            cap *= 2;
        char *p = realloc(b->cap == 0 ? NULL : b->ptr, cap);
        if (p == NULL) {
            b->bad = true;
            return NULL;
        }
        b->ptr = p;
        b->cap = cap;
    }
    return b->ptr + b->len;
}

void kz_buf_fill(struct kz_buf *b, char c, size_t n)
{
    char *at = kz_buf_reserve(b, n);
    if (at == NULL)
        return;
    memset(at, c, n);
    b->len += n;
    b->ptr[b->len] = '\0';
}

void kz_buf_printf(struct kz_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    kz_assert(n >= 0);
    char *at = kz_buf_reserve(b, (size_t)n);
    if (at == NULL)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(at, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

void kz_buf_drop(struct kz_buf *b, size_t n)
{
    kz_assert(n <= b->len);
    if (n == 0)
        return;
    memmove(b->ptr, b->ptr + n, b->len - n);
    b->len -= n;
    b->ptr[b->len] = '\0';
}
