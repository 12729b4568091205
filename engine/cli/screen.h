/* SPDX-License-Identifier: Apache-2.0
 *
 * A picture of lines on a terminal that is drawn again and again: only lines that differ are written. The last
 * picture stays in the scrollback. Pure: makes the bytes, writes none. */
#ifndef KZ_CLI_SCREEN_H
#define KZ_CLI_SCREEN_H

#include "base/buf.h"

struct kz_screen {
    struct kz_buf last; /* the picture, lines with their ends */
    size_t lines;       /* of it; the cursor stands below them */
};

void kz_screen_init(struct kz_screen *s);
void kz_screen_done(struct kz_screen *s);

/* Appends what turns the last picture into this one. height: lines of the terminal, 0: any; what does not fit
 * above the last line is counted there. anew: nothing of the last picture counts (the width changed). */
void kz_screen_draw(struct kz_buf *out, struct kz_screen *s, struct kz_str picture, size_t height, bool anew);

#endif
