/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <stdlib.h>
#include <strings.h>

enum { LINE_MAX_ = 4096 };

size_t fp_head_len(struct kz_str in)
{
    for (size_t i = 0; i + 4 <= in.len; i++)
        if (memcmp(in.ptr + i, "\r\n\r\n", 4) == 0)
            return i + 4;
    return 0;
}

struct kz_str fp_head_field(struct kz_str head, const char *name)
{
    struct kz_str line, rest = head;
    size_t n = strlen(name);
    while (rest.len > 0) {
        rest = kz_str_cut(&line, rest, '\n');
        if (line.len > n && line.ptr[n] == ':' && strncasecmp(line.ptr, name, n) == 0)
            return kz_str_trim(kz_str_skip(line, n + 1));
    }
    return KZ_STR_NONE;
}

void fp_body_init(struct fp_body *b, struct kz_str head, bool reply, bool bodyless)
{
    struct kz_str length = fp_head_field(head, "content-length");
    *b =
        (struct fp_body){.chunked = kz_str_is(fp_head_field(head, "transfer-encoding"), "chunked")};
    kz_buf_init(&b->line, LINE_MAX_);
    bool counted = !b->chunked && kz_str_u64(&b->left, length);
    b->until_end = reply && !b->chunked && !counted;
    b->done = bodyless || (!b->chunked && !b->until_end && b->left == 0);
}

void fp_body_done(struct fp_body *b)
{
    if (b->line.ptr != NULL)
        kz_buf_done(&b->line);
}

/* One line without its end, or false while it is open. */
static bool take_line(struct fp_body *b, struct kz_str *in)
{
    struct kz_str line, rest = kz_str_cut(&line, *in, '\n');
    bool whole = line.len < in->len;
    kz_buf_add_str(&b->line, line);
    *in = rest;
    return whole;
}

static void on_line(struct fp_body *b)
{
    switch (b->at) {
    case FP_CHUNK_SIZE:
        b->left = strtoull(b->line.ptr, NULL, 16);
        b->at = b->left > 0 ? FP_CHUNK_DATA : FP_CHUNK_TRAILER;
        break;
    case FP_CHUNK_END:
        b->at = FP_CHUNK_SIZE;
        break;
    case FP_CHUNK_TRAILER:
        b->done = b->line.len <= 1; /* the blank line */
        break;
    case FP_CHUNK_DATA:
        break;
    }
    kz_buf_clear(&b->line);
}

static void take_counted(struct fp_body *b, struct kz_str *in, struct kz_buf *out)
{
    struct kz_str piece = kz_str_head(*in, b->left < in->len ? (size_t)b->left : in->len);
    kz_buf_add_str(out, piece);
    *in = kz_str_skip(*in, piece.len);
    b->left -= piece.len;
}

size_t fp_body_take(struct fp_body *b, struct kz_str in, struct kz_buf *out)
{
    size_t had = in.len;
    if (b->until_end) {
        kz_buf_add_str(out, in);
        return had;
    }
    while (in.len > 0 && !b->done) {
        if (!b->chunked) {
            take_counted(b, &in, out);
            b->done = b->left == 0;
        } else if (b->at == FP_CHUNK_DATA) {
            take_counted(b, &in, out);
            if (b->left == 0)
                b->at = FP_CHUNK_END;
        } else if (take_line(b, &in)) {
            on_line(b);
        }
    }
    return had - in.len;
}
