/* SPDX-License-Identifier: Apache-2.0
 *
 * Any value as a number, by the rules of spf13/cast: texts are read as Go literals ("0x1F", "012"
 * is octal, "1_000", "1.0" but not "1.5" as an integer), booleans are 0 and 1, what cannot be cast
 * is 0. And the parts of Go's strconv below it. */
#ifndef KZ_TEMPLATE_CAST_H
#define KZ_TEMPLATE_CAST_H

#include "template/val.h"

int64_t kz_cast_int(struct kz_val v);
double kz_cast_float(struct kz_val v);

enum kz_parsed { KZ_PARSED, KZ_PARSED_RANGE, KZ_PARSED_SYNTAX };
/* strconv.ParseInt: base 2..36, or 0 to go by the prefix. Out of range gives the nearest limit;
 * *out is 0 when the syntax is wrong. */
enum kz_parsed kz_parse_int(int64_t *out, struct kz_str s, unsigned base);
/* strconv.ParseFloat(s, 64); out of range gives an infinity. */
enum kz_parsed kz_parse_float(double *out, struct kz_str s);

#endif
