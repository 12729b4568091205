/* SPDX-License-Identifier: Apache-2.0
 *
 * One TLS connection on the loop, in either role, whose ciphertext can be interfered with: it ends after a
 * count of bytes, trickles, or falls silent. Knows nothing of HTTP.
 *
 * TLS runs over memory, so that the bytes on the wire can be counted and cut anywhere: in a handshake, in
 * the middle of a record. */
#ifndef FP_WIRE_H
#define FP_WIRE_H

#include "base/str.h"
#include "loop/loop.h"

#include <openssl/ssl.h>

struct fp_wire;

enum fp_end {
    FP_END_RESET, /* RST */
    FP_END_CUT,   /* FIN, without the close_notify of TLS */
    FP_END_DARK,  /* nothing is sent or read any more, the connection stays open */
};

/* The callbacks may close the wire. on_end comes once, unless the wire was closed before: the peer left, TLS
 * failed, or a limit ended the connection (not when it falls silent). */
struct fp_wire_ops {
    void (*on_ready)(void *arg); /* the handshake is done */
    void (*on_data)(void *arg, struct kz_str plain);
    void (*on_end)(void *arg);
};

/* Takes fd, which may still be connecting. */
struct fp_wire *fp_wire_open(struct kz_loop *l, int fd, SSL_CTX *tls, bool server,
                             const struct fp_wire_ops *ops, void *arg);
void fp_wire_send(struct fp_wire *w, struct kz_str plain);
/* Ends it as told, at once; no callback. The memory goes before the loop sleeps. NULL is fine. */
void fp_wire_close(struct fp_wire *w, enum fp_end how);
/* Ends it when all that was sent has left. */
void fp_wire_finish(struct fp_wire *w);

/* After n more bytes in this direction, on the wire, it ends as told. */
void fp_wire_limit_out(struct fp_wire *w, uint64_t n, enum fp_end how);
void fp_wire_limit_in(struct fp_wire *w, uint64_t n, enum fp_end how);
void fp_wire_trickle(struct fp_wire *w);     /* from here on one byte a second goes out */
bool fp_wire_is_h2(const struct fp_wire *w); /* what ALPN agreed on */

#endif
