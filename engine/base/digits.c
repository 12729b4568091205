/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void drop_zeros(struct kz_digits *d)
{
    while (d->n > 0 && d->digit[d->n - 1] == '0')
        d->n--;
    d->digit[d->n] = '\0';
}

/* The nearest of n digits. */
static void round_to(struct kz_digits *d, double real, int n)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.*e", n - 1, real);
    const char *exp = strchr(text, 'e');
    d->n = 0;
    for (const char *c = text; c < exp; c++)
        if (*c != '.')
            d->digit[d->n++] = *c;
    d->point = (int)strtol(exp + 1, NULL, 10) + 1;
    drop_zeros(d);
}

static bool reads_back(const struct kz_digits *d, double real, int bits)
{
    char text[48];
    (void)snprintf(text, sizeof text, "0.%se%d", d->digit, d->point);
    return bits == 32 ? strtof(text, NULL) == (float)real : strtod(text, NULL) == real;
}

/* Whole numbers, the most frequent by far, need no search. */
static bool whole(struct kz_digits *d, double real, int bits)
{
    char text[20];
    if (real >= (bits == 32 ? 1e6 : 1e15) || real != floor(real))
        return false;
    int n = 0;
    for (uint64_t u = (uint64_t)real; u > 0; u /= 10)
        text[n++] = (char)('0' + u % 10);
    d->point = n;
    d->n = 0;
    while (n > 0)
        d->digit[d->n++] = text[--n];
    drop_zeros(d);
    return true;
}

/* Adds one to the last of n digits, which keep their places; false: all were 9. */
static bool step_up(struct kz_digits *d, int n)
{
    while (d->n < n)
        d->digit[d->n++] = '0';
    while (d->n > 0 && d->digit[d->n - 1] == '9')
        d->n--;
    if (d->n == 0)
        return false;
    d->digit[d->n - 1]++;
    d->digit[d->n] = '\0';
    return true;
}

/* Below a power of two numbers lie closer than above it: there the nearest of n digits may be another
 * number, while the next one up, though farther away, is still the same. */
static bool power_of_two(struct kz_digits *d, double real, int bits, int n)
{
    int exp;
    if (frexp(real, &exp) != 0.5)
        return false;
    round_to(d, real, n);
    return step_up(d, n) && reads_back(d, real, bits);
}

/* Trailing zeros fall away by themselves. So for a normal number the search may start with as many digits
 * as always survive (15, or 6), as its first hit cannot be longer than needed; a subnormal one has fewer. */
void kz_digits_shortest(struct kz_digits *d, double real, int bits)
{
    const int most = bits == 32 ? 9 : KZ_DIGITS_MAX;
    real = fabs(real);
    if (whole(d, real, bits))
        return;
    int n = real < (bits == 32 ? 0x1p-126 : 0x1p-1022) ? 1 : bits == 32 ? 6 : 15;
    for (; n < most; n++) {
        round_to(d, real, n);
        if (reads_back(d, real, bits) || power_of_two(d, real, bits, n))
            return;
    }
    round_to(d, real, most);
}
