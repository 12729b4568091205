/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pieces.h"

#include "helm/text.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

enum { AT_ONCE = 512 };

void kz_pieces_add(struct kz_pieces *p, struct kz_arena *a, struct kz_str s)
{
    if (s.len == 0)
        return;
    if (p->len == p->cap) {
        p->cap = p->cap == 0 ? 256 : 2 * p->cap;
        struct kz_str *at = kz_new_n(a, struct kz_str, p->cap);
        if (p->len > 0)
            memcpy(at, p->at, p->len * sizeof *at);
        p->at = at;
    }
    p->at[p->len++] = s;
}

void kz_pieces_trim_end(struct kz_pieces *p)
{
    while (p->len > 0) {
        struct kz_str *last = &p->at[p->len - 1];
        const struct kz_str kept = kz_go_trim(*last);
        if (kept.len > 0) {
            last->len = (size_t)(kept.ptr + kept.len - last->ptr);
            return;
        }
        p->len--;
    }
}

static int write_some(struct iovec *v, size_t n, struct kz_err *err)
{
    while (n > 0) {
        ssize_t done = writev(STDOUT_FILENO, v, (int)n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return kz_fail_errno(err, errno, "write to the standard output");
        for (; n > 0 && (size_t)done >= v->iov_len; v++, n--)
            done -= (ssize_t)v->iov_len;
        if (n > 0) {
            v->iov_base = (char *)v->iov_base + done;
            v->iov_len -= (size_t)done;
        }
    }
    return 0;
}

int kz_pieces_out(const struct kz_pieces *p, struct kz_err *err)
{
    struct iovec v[AT_ONCE];
    for (size_t i = 0; i < p->len;) {
        size_t n = 0;
        for (; n < AT_ONCE && i < p->len; n++, i++)
            v[n] = (struct iovec){.iov_base = (void *)(uintptr_t)p->at[i].ptr, .iov_len = p->at[i].len};
        errno = 0;
        if (write_some(v, n, err) < 0)
            return errno == EPIPE ? 0 : -(int)err->code;
    }
    return 0;
}
