/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/lines.h"

enum { KEEP_MAX = 64 * 1024 };

void kz_lines_init(struct kz_lines *l, size_t max_line)
{
    *l = (struct kz_lines){.bad = false};
    kz_buf_init(&l->rest, max_line);
}

void kz_lines_done(struct kz_lines *l)
{
    kz_buf_done(&l->rest);
}

void kz_lines_clear(struct kz_lines *l)
{
    size_t max = l->rest.max;
    kz_buf_done(&l->rest);
    kz_lines_init(l, max);
}

static struct kz_str chomp(struct kz_str line)
{
    return line.len > 0 && line.ptr[line.len - 1] == '\r' ? kz_str_head(line, line.len - 1) : line;
}

/* One large object must not make its watch large for hours. */
static void forget(struct kz_buf *rest)
{
    if (rest->cap > KEEP_MAX)
        kz_buf_done(rest);
    else
        kz_buf_clear(rest);
}

bool kz_lines_next(struct kz_lines *l, struct kz_str *piece, struct kz_str *line)
{
    /* The line that the last call gave out may lie in rest: it goes now. */
    if (l->rest.len > 0 && l->rest.ptr[l->rest.len - 1] == '\n')
        forget(&l->rest);
    while (!l->bad && piece->len > 0) {
        size_t end = kz_str_index(*piece, '\n');
        if (end == piece->len) { /* no end yet */
            kz_buf_add_str(&l->rest, *piece);
            *piece = kz_str_skip(*piece, piece->len);
            l->bad = kz_buf_bad(&l->rest);
            return false;
        }
        struct kz_str head = kz_str_head(*piece, end);
        if (l->rest.len > 0) {
            kz_buf_add_str(&l->rest, kz_str_head(*piece, end + 1));
            l->bad = kz_buf_bad(&l->rest);
            if (l->bad)
                return false;
            head = kz_str_head(kz_buf_str(&l->rest), l->rest.len - 1);
        }
        *piece = kz_str_skip(*piece, end + 1);
        *line = chomp(head);
        if (line->len > 0)
            return true;
        forget(&l->rest);
    }
    return false;
}
