/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of string literals that the lexer's numbers and printf's %q share. */
#ifndef KZ_TEMPLATE_QUOTE_H
#define KZ_TEMPLATE_QUOTE_H

#include "template/print.h"

/* One character as it stands inside a literal of that quote. */
void kz_quote_rune_body(struct kz_buf *b, uint32_t r, char quote, enum kz_quote how);
/* Can s stand between back quotes as it is? */
bool kz_quote_can_back(struct kz_str s);
/* Reads one character of a literal, escapes undone; returns the bytes taken, 0: not legal there.
 * is_byte: the escape means a byte, not a character. */
size_t kz_unquote_rune(uint32_t *rune, bool *is_byte, struct kz_str s, char quote);

#endif
