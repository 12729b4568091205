/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines out of a stream that is cut at any byte. A line that lies whole in one piece is not copied;
 * only the open rest is kept, up to a limit. */
#ifndef KZ_KUBE_LINES_H
#define KZ_KUBE_LINES_H

#include "base/buf.h"

struct kz_lines {
    struct kz_buf rest;
    bool bad; /* a line was longer than the limit; nothing is handed out any more */
};

void kz_lines_init(struct kz_lines *l, size_t max_line);
void kz_lines_done(struct kz_lines *l);
void kz_lines_clear(struct kz_lines *l); /* a new stream begins; gives the memory back */

/* Hands out the next line (without "\n" and "\r\n", never empty) and moves *piece behind it; false:
 * the piece is used up or the stream is bad. The line is valid until the next call. */
KZ_MUST_USE bool kz_lines_next(struct kz_lines *l, struct kz_str *piece, struct kz_str *line);

#endif
