/* SPDX-License-Identifier: Apache-2.0
 *
 * A text in pieces that stay where they are, written without being joined: joining megabytes costs more
 * than to write them. The pieces must outlive it. */
#ifndef KZ_CLI_PIECES_H
#define KZ_CLI_PIECES_H

#include "base/arena.h"
#include "base/err.h"

struct kz_pieces {
    struct kz_str *at;
    size_t len, cap;
};

void kz_pieces_add(struct kz_pieces *p, struct kz_arena *a, struct kz_str s);
/* Takes blanks, as Go sees them, from the end. */
void kz_pieces_trim_end(struct kz_pieces *p);
/* To the standard output. EPIPE is success, as in kz_cli_out. */
KZ_MUST_USE int kz_pieces_out(const struct kz_pieces *p, struct kz_err *err);

#endif
