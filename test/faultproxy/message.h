/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/1.1 messages as the API server and libcurl write them: a head, then a body by length, in chunks, or
 * until the end of the connection. */
#ifndef FP_MESSAGE_H
#define FP_MESSAGE_H

#include "base/buf.h"

/* Bytes of the head with its blank line; 0: it is not complete. */
size_t fp_head_len(struct kz_str in);
/* Value of the first header of this name (lower case), or the empty string. */
struct kz_str fp_head_field(struct kz_str head, const char *name);

struct fp_body {
    bool chunked, until_end, done;
    uint64_t left;      /* of the body, or of the chunk */
    struct kz_buf line; /* of chunks: the open size line */
    enum { FP_CHUNK_SIZE, FP_CHUNK_DATA, FP_CHUNK_END, FP_CHUNK_TRAILER } at;
};

/* How the body behind this head ends. bodyless: there is none whatever the head says. */
void fp_body_init(struct fp_body *b, struct kz_str head, bool reply, bool bodyless);
void fp_body_done(struct fp_body *b);
/* Appends what `in` holds of the body to out; returns how much of `in` was used. */
size_t fp_body_take(struct fp_body *b, struct kz_str in, struct kz_buf *out);

#endif
