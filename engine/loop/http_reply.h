/* SPDX-License-Identifier: Apache-2.0
 *
 * The reply headers that callers use, taken from header lines as they come. Private to this folder. */
#ifndef KZ_LOOP_HTTP_REPLY_H
#define KZ_LOOP_HTTP_REPLY_H

#include "base/str.h"

struct kz_http_head {
    char content_type[128], etag[128]; /* "": absent, or longer than any that is worth keeping */
    int64_t retry_after;               /* ns, -1: absent */
    int64_t date;                      /* wall ns, 0: absent */
};

void kz_http_head_init(struct kz_http_head *h);

/* One line with or without its line end. A status line starts anew (100 Continue, then the answer).
 * wall: the present time, for a Retry-After that is a date. */
void kz_http_head_line(struct kz_http_head *h, struct kz_str line, int64_t wall);

#endif
