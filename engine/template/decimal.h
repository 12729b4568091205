/* SPDX-License-Identifier: Apache-2.0
 *
 * Decimal numbers of any length, as sprig's addf, subf, mulf and divf compute with them: a float
 * enters by its shortest digits, so 0.1 + 0.2 is 0.3. Quotients have 16 digits behind the point,
 * rounded half away from zero. */
#ifndef KZ_TEMPLATE_DECIMAL_H
#define KZ_TEMPLATE_DECIMAL_H

#include "base/def.h"

struct kz_decimal; /* value * 10^exponent; on the heap */

struct kz_decimal *kz_decimal_new(double finite);
void kz_decimal_free(struct kz_decimal *d); /* NULL is fine */
bool kz_decimal_is_zero(const struct kz_decimal *d);
size_t
kz_decimal_size(const struct kz_decimal *d); /* bytes of its digits: what an operation costs */
double kz_decimal_float(const struct kz_decimal *d); /* the nearest */

/* d becomes d op by. */
void kz_decimal_add(struct kz_decimal *d, const struct kz_decimal *by);
void kz_decimal_sub(struct kz_decimal *d, const struct kz_decimal *by);
void kz_decimal_mul(struct kz_decimal *d, const struct kz_decimal *by);
void kz_decimal_div(struct kz_decimal *d, const struct kz_decimal *by); /* by is not zero */

#endif
