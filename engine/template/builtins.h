/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the built-in functions that have files of their own. */
#ifndef KZ_TEMPLATE_BUILTINS_H
#define KZ_TEMPLATE_BUILTINS_H

#include "template/func.h"

/* compare.c */
struct kz_val kz_builtin_eq(struct kz_eval *ev, const struct kz_val *argv, size_t argc);
struct kz_val kz_builtin_ne(struct kz_eval *ev, const struct kz_val *argv, size_t argc);
struct kz_val kz_builtin_lt(struct kz_eval *ev, const struct kz_val *argv, size_t argc);
struct kz_val kz_builtin_le(struct kz_eval *ev, const struct kz_val *argv, size_t argc);
struct kz_val kz_builtin_gt(struct kz_eval *ev, const struct kz_val *argv, size_t argc);
struct kz_val kz_builtin_ge(struct kz_eval *ev, const struct kz_val *argv, size_t argc);

/* escape.c: as they stand in HTML, in a JavaScript string, in the query of a URL. */
void kz_escape_html(struct kz_buf *b, struct kz_str s);
void kz_escape_js(struct kz_buf *b, struct kz_str s);
void kz_escape_query(struct kz_buf *b, struct kz_str s);

#endif
