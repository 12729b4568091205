/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages between the engine and a worker on a socketpair: a header of 8 bytes, then the payload.
 *
 *     'k' 'z' type version | length, little-endian 32 bit | payload
 *
 * What a worker sends is foreign input: a length is believed only up to a maximum and memory is taken
 * as bytes arrive; a stream that ends inside a frame is an error, never a short message. */
#ifndef KZ_RENDER_FRAME_H
#define KZ_RENDER_FRAME_H

#include "base/buf.h"
#include "base/err.h"

enum kz_frame_type { KZ_FRAME_REQUEST = 'Q', KZ_FRAME_REPLY = 'R', KZ_FRAME_ERROR = 'E' };
enum { KZ_FRAME_HEAD = 8 };
enum { KZ_FRAME_MAX_REQUEST = 64 << 20, KZ_FRAME_MAX_REPLY = 256 << 20 }; /* bytes of payload */

/* ---- writing --------------------------------------------------------------------------------- */
/* Begin, append the payload to b, end: end patches the length in. Returns where the frame starts. */
size_t kz_frame_begin(struct kz_buf *b, enum kz_frame_type type);
void kz_frame_end(struct kz_buf *b, size_t start);

/* Writes all of it to a blocking descriptor. */
KZ_MUST_USE int kz_frame_write(int fd, struct kz_str bytes, struct kz_err *err);

/* ---- reading --------------------------------------------------------------------------------- */
struct kz_frame_in {
    struct kz_buf buf;
    size_t max; /* largest payload that is taken */
    bool ended; /* the other side closed */
    bool more;  /* the last read stopped although bytes may be waiting */
};
void kz_frame_in_init(struct kz_frame_in *in, size_t max);
void kz_frame_in_done(struct kz_frame_in *in);

struct kz_frame { /* a view into the reader's buffer */
    enum kz_frame_type type;
    struct kz_str payload;
};

/* Looks at bytes: 1 and *out when they begin with a whole frame, 0 when more are needed. */
KZ_MUST_USE int kz_frame_parse(struct kz_frame *out, struct kz_str bytes, size_t max,
                               struct kz_err *err);

/* Reads what fd has, a few MiB at most so that a loop stays awake: 1 a frame is complete; 0 it is not
 * yet: call again when fd is readable, or at once if in->more or if fd blocks. The end of the stream
 * before a whole frame is KZ_E_IO with in->ended set. */
KZ_MUST_USE int kz_frame_in_read(struct kz_frame *out, struct kz_frame_in *in, int fd,
                                 struct kz_err *err);

/* ---- payload of a reply and of an error: 8 bytes of duration, then JSON or the error -------------- */
void kz_frame_put_took(struct kz_buf *b, int64_t took);
KZ_MUST_USE bool kz_frame_take_took(int64_t *took, struct kz_str *rest, struct kz_str payload);

/* A struct kz_err as it lies in memory: both ends are one program. The reader checks every field,
 * ends each text, and replaces control bytes. */
void kz_frame_put_err(struct kz_buf *b, const struct kz_err *e);
KZ_MUST_USE bool kz_frame_take_err(struct kz_err *out, struct kz_str payload);

#endif
