/* SPDX-License-Identifier: Apache-2.0
 *
 * One API server that is asked: the simulated one in its virtual time, or a real one. Both stand behind the HTTP
 * seam of base/env.h, so a request is the same to both. Knows requests and streams, not what they mean. */
#ifndef CONFORM_SIDE_H
#define CONFORM_SIDE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/env.h"
#include "base/vec.h"

struct conform_ask {
    enum kz_http_method method;
    struct kz_str path, body;
    const char *content_type, *accept; /* NULL: none, application/json */
};

struct conform_answer { /* in the arena that was given */
    int status;
    struct kz_str body;
    struct kz_str type; /* of the content */
};

struct conform_side;

struct conform_stream { /* stays where it is until it is closed */
    struct conform_side *side;
    uint64_t http;
    struct kz_buf text;
    bool ended;
};

struct conform_side *conform_side_fake(void);
/* As KUBECONFIG of the environment says; an error ends the program. */
struct conform_side *conform_side_real(void);
void conform_side_free(struct conform_side *s);
const char *conform_side_name(const struct conform_side *s);

void conform_ask(struct conform_answer *out, struct kz_arena *a, struct conform_side *s, const struct conform_ask *ask);
void conform_stream_open(struct conform_stream *out, struct conform_side *s, struct kz_str path);
void conform_stream_close(struct conform_stream *st);
/* Lets that much time pass, until *flag (NULL: all of it). */
void conform_wait(struct conform_side *s, int64_t ns, bool (*over)(void *arg), void *arg);
/* What is old now can no longer be listed in pages. */
void conform_compact(struct conform_side *s);

#endif
