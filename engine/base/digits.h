/* SPDX-License-Identifier: Apache-2.0
 *
 * The fewest decimal digits that read back as the same floating-point number, and of those the nearest,
 * as every writer of ours needs them. The C library rounds exactly; only the search is ours. */
#ifndef KZ_BASE_DIGITS_H
#define KZ_BASE_DIGITS_H

#include "base/str.h"

enum { KZ_DIGITS_MAX = 17 };

/* 0.d1 d2 ... * 10^point, without trailing zeros; 0 has no digits. */
struct kz_digits {
    char digit[KZ_DIGITS_MAX + 1]; /* n of them and a NUL */
    int n, point;
};

/* Of |real|, which is finite; as a number of 64 bits, or of 32 (it has the value of a float then). */
void kz_digits_shortest(struct kz_digits *d, double real, int bits);

#endif
