/* SPDX-License-Identifier: Apache-2.0
 *
 * Go's fmt on the values of templates: Print, Println, Printf with every verb and flag, and the parts
 * of strconv below it. Invalid formats give Go's marks in the text ("%!d(string=x)"), never an error.
 * Values that contain themselves are cut at KZ_VAL_DEPTH with "...": Go would not come back. */
#ifndef KZ_TEMPLATE_PRINT_H
#define KZ_TEMPLATE_PRINT_H

#include "base/buf.h"
#include "template/val.h"

/* %v of one value; no value and nil are "<nil>". The arena serves String() and sorting. */
void kz_print_value(struct kz_buf *b, struct kz_arena *a, struct kz_val v);
/* A blank goes between two operands when neither is a string. */
void kz_print(struct kz_buf *b, struct kz_arena *a, const struct kz_val *argv, size_t argc);
void kz_println(struct kz_buf *b, struct kz_arena *a, const struct kz_val *argv, size_t argc);
void kz_printf(struct kz_buf *b, struct kz_arena *a, struct kz_str format,
               const struct kz_val *argv, size_t argc);

/* What an action prints of v, and what html, js and urlquery escape. "<no value>" for no value. */
void kz_print_action(struct kz_buf *b, struct kz_arena *a, struct kz_val v);
struct kz_str kz_val_text(struct kz_arena *a,
                          struct kz_val v); /* %v, on the arena; a string: itself */

/* strconv.FormatFloat(real, verb, prec, 64) for verbs b e E f g G x X; prec -1: as many digits as are
 * needed to read the same number. */
void kz_print_float(struct kz_buf *b, double real, char verb, int prec);
/* strconv.Quote, QuoteToASCII. */
enum kz_quote { KZ_QUOTE_PLAIN, KZ_QUOTE_ASCII };
void kz_print_quoted(struct kz_buf *b, struct kz_str s, enum kz_quote how);
/* strconv.Unquote of a literal with its quotes, onto the arena. false: not a literal. */
bool kz_unquote(struct kz_str *out, struct kz_arena *a, struct kz_str literal);

/* As Go's unicode package has them (version 15.0). */
bool kz_rune_is_letter(uint32_t r);
bool kz_rune_is_digit(uint32_t r);
bool kz_rune_is_print(uint32_t r);
/* utf8.DecodeRune: what is no UTF-8 is U+FFFD and takes one byte; s not empty. */
size_t kz_rune_next(struct kz_str s, uint32_t *rune);

#endif
