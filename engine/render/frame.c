/* SPDX-License-Identifier: Apache-2.0 */
#include "render/frame.h"

#include <errno.h>
#include <unistd.h>

enum { VERSION = 1, PIECE = 256 << 10, PIECES_AT_ONCE = 16 };

size_t kz_frame_begin(struct kz_buf *b, enum kz_frame_type type)
{
    size_t start = b->len;
    const char head[KZ_FRAME_HEAD] = {'k', 'z', (char)type, VERSION};
    kz_buf_add(b, head, sizeof head);
    return start;
}

void kz_frame_end(struct kz_buf *b, size_t start)
{
    if (kz_buf_bad(b))
        return;
    size_t len = b->len - start - KZ_FRAME_HEAD;
    if (len > UINT32_MAX) {
        b->bad = true;
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        b->ptr[start + 4 + i] = (char)(unsigned char)(len >> (8 * i) & 0xFF);
}

int kz_frame_write(int fd, struct kz_str bytes, struct kz_err *err)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kz_fail_errno(err, errno, "send a message");
        bytes = kz_str_skip(bytes, (size_t)n);
    }
    return 0;
}

void kz_frame_in_init(struct kz_frame_in *in, size_t max)
{
    *in = (struct kz_frame_in){.max = max};
    kz_buf_init(&in->buf, max + KZ_FRAME_HEAD);
}

void kz_frame_in_done(struct kz_frame_in *in)
{
    kz_buf_done(&in->buf);
}

int kz_frame_parse(struct kz_frame *out, struct kz_str bytes, size_t max, struct kz_err *err)
{
    if (bytes.len < KZ_FRAME_HEAD)
        return 0;
    const char *p = bytes.ptr;
    if (p[0] != 'k' || p[1] != 'z' || p[3] != VERSION ||
        (p[2] != KZ_FRAME_REQUEST && p[2] != KZ_FRAME_REPLY && p[2] != KZ_FRAME_ERROR))
        return kz_fail(err, KZ_E_PARSE, "not a message of this program");
    size_t len = 0;
    for (unsigned i = 0; i < 4; i++)
        len |= (size_t)(unsigned char)p[4 + i] << (8 * i);
    if (len > max)
        return kz_fail(err, KZ_E_LIMIT,
                       "a message of %zu MiB is more than the %zu MiB that we take", len >> 20,
                       max >> 20);
    if (bytes.len - KZ_FRAME_HEAD < len)
        return 0;
    *out = (struct kz_frame){.type = (enum kz_frame_type)p[2],
                             .payload = kz_str_n(p + KZ_FRAME_HEAD, len)};
    return 1;
}

/* How much to read next: never past the frame, and no more memory at once than one piece. */
static size_t next_piece(const struct kz_buf *b)
{
    if (b->len < KZ_FRAME_HEAD)
        return KZ_FRAME_HEAD - b->len;
    size_t len = 0;
    for (unsigned i = 0; i < 4; i++)
        len |= (size_t)(unsigned char)b->ptr[4 + i] << (8 * i);
    size_t left = len + KZ_FRAME_HEAD - b->len;
    return left < PIECE ? left : PIECE;
}

int kz_frame_in_read(struct kz_frame *out, struct kz_frame_in *in, int fd, struct kz_err *err)
{
    in->more = false;
    for (unsigned pieces = 0;; pieces++) {
        int rc = kz_frame_parse(out, kz_buf_str(&in->buf), in->max, err);
        if (rc != 0)
            return rc;
        if (pieces > PIECES_AT_ONCE) {
            in->more = true;
            return 0;
        }
        size_t want = next_piece(&in->buf);
        char *at = kz_buf_reserve(&in->buf, want);
        if (at == NULL)
            return kz_fail(err, KZ_E_LIMIT, "no memory for a message");
        ssize_t n = read(fd, at, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n <= 0) {
            in->ended = true;
            return n == 0 || errno == ECONNRESET
                       ? kz_fail(err, KZ_E_IO, "the message ended after %zu bytes", in->buf.len)
                       : kz_fail_errno(err, errno, "read a message");
        }
        in->buf.len += (size_t)n;
    }
}

void kz_frame_put_took(struct kz_buf *b, int64_t took)
{
    kz_buf_add(b, &took, sizeof took);
}

bool kz_frame_take_took(int64_t *took, struct kz_str *rest, struct kz_str payload)
{
    if (payload.len < sizeof *took)
        return false;
    memcpy(took, payload.ptr, sizeof *took);
    if (*took < 0)
        *took = 0;
    *rest = kz_str_skip(payload, sizeof *took);
    return true;
}

void kz_frame_put_err(struct kz_buf *b, const struct kz_err *e)
{
    kz_buf_add(b, e, sizeof *e);
}

static void clean_text(char *text, size_t size)
{
    text[size - 1] = '\0';
    for (char *p = text; *p != '\0'; p++)
        if (((unsigned char)*p < 0x20 && *p != '\n') || *p == 0x7F)
            *p = '?';
}

bool kz_frame_take_err(struct kz_err *out, struct kz_str payload)
{
    struct kz_err e;
    unsigned code;
    if (payload.len != sizeof e)
        return false;
    memcpy(&e, payload.ptr, sizeof e);
    /* Read the code as a number: an enum that holds another value is undefined behaviour. */
    memcpy(&code, payload.ptr + offsetof(struct kz_err, code), sizeof code);
    if (code == KZ_OK || code > KZ_E_BUG || e.depth == 0 || e.depth > KZ_ERR_FRAMES)
        return false;
    clean_text(e.file, sizeof e.file);
    clean_text(e.hint, sizeof e.hint);
    clean_text(e.detail, sizeof e.detail);
    for (unsigned i = 0; i < KZ_ERR_FRAMES; i++)
        clean_text(e.frame[i], sizeof e.frame[i]);
    *out = e;
    return true;
}
