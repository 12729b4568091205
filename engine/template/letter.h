/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases and classes of characters as Go's unicode package has them (15.0), one character at a time:
 * no locale, no mapping to several characters. */
#ifndef KZ_TEMPLATE_LETTER_H
#define KZ_TEMPLATE_LETTER_H

#include "base/buf.h"

uint32_t kz_rune_upper(uint32_t r);
uint32_t kz_rune_lower(uint32_t r);
uint32_t kz_rune_title(uint32_t r);
bool kz_rune_is_upper(uint32_t r);
bool kz_rune_is_lower(uint32_t r);
bool kz_rune_is_title(uint32_t r);
bool kz_rune_is_punct(uint32_t r);
bool kz_rune_is_number(uint32_t r); /* Nd, Nl and No: more than kz_rune_is_digit */
bool kz_rune_is_space(uint32_t r);

void kz_rune_put(struct kz_buf *b, uint32_t r); /* a code point */

#endif
