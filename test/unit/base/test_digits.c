/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digits.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double value_of(const struct kz_digits *d, int bits)
{
    char text[48];
    (void)snprintf(text, sizeof text, "0.%se%d", d->n == 0 ? "0" : d->digit, d->point);
    return bits == 32 ? (double)strtof(text, NULL) : strtod(text, NULL);
}

static const struct {
    double real;
    int bits;
    const char *digits;
    int point;
} rows[] = {
    {0, 64, "", 0},
    {1, 64, "1", 1},
    {-1, 64, "1", 1},
    {100, 64, "1", 3},
    {0.1, 64, "1", 0},
    {1.5, 64, "15", 1},
    {0x1p-1074, 64, "5", -323},
    {0x1p-1022, 64, "22250738585072014", -307},
    {1.7976931348623157e308, 64, "17976931348623157", 309},
    {9007199254740993.0, 64, "9007199254740992", 16},
    {9007199254740994.0, 64, "9007199254740994", 16},
    {5e-324, 64, "5", -323},
    {1e21, 64, "1", 22},
    {1e22, 64, "1", 23},
    {1e23, 64, "1", 24},
    {0x1p-44, 64, "5684341886080802", -13}, /* the nearest of 16 digits, ...801, is another number */
    {536870912.00390625, 64, "5368709120039062", 9}, /* half way between two: to the even one */
    {123456.789, 64, "123456789", 6},
    {(double)0.1F, 32, "1", 0},
    {0x1p-149, 32, "1", -44},
    {(double)3.4028235e38F, 32, "34028235", 39},
    {0x1p87, 32, "15474251", 27}, /* the nearest of 8 digits, ...250, is another number */
    {16777216, 32, "16777216", 8},
};

Test(digits, table)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_digits d;
        kz_digits_shortest(&d, rows[i].real, rows[i].bits);
        cr_expect_str_eq(d.digit, rows[i].digits, "%a: %s", rows[i].real, d.digit);
        cr_expect_eq(d.point, rows[i].point, "%a: %d", rows[i].real, d.point);
        cr_expect_eq(d.n, (int)strlen(d.digit));
    }
}

/* Reads back; no number of fewer digits does: those are the nearest one and its two neighbours. */
static void check(double real, int bits)
{
    struct kz_digits d;
    kz_digits_shortest(&d, real, bits);
    cr_assert_eq(value_of(&d, bits), fabs(real), "%a: %s", real, d.digit);
    if (d.n < 2)
        return;
    char text[48];
    (void)snprintf(text, sizeof text, "%.*e", d.n - 2, fabs(real));
    const int exp = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    long long near = 0;
    for (const char *c = text; *c != 'e'; c++)
        if (*c != '.')
            near = near * 10 + (*c - '0');
    for (long long step = -1; step <= 1; step++) {
        (void)snprintf(text, sizeof text, "%llde%d", near + step, exp - (d.n - 2));
        const double other = bits == 32 ? (double)strtof(text, NULL) : strtod(text, NULL);
        cr_assert_neq(other, fabs(real), "%a: %s is shorter than %s", real, text, d.digit);
    }
}

Test(digits, powers_of_two)
{
    for (int k = -1074; k <= 1023; k++) {
        const double real = ldexp(1, k);
        check(real, 64);
        check(nextafter(real, 0), 64);
        check(nextafter(real, (double)INFINITY), 64);
    }
    for (int k = -149; k <= 127; k++) {
        const float real = ldexpf(1, k);
        check((double)real, 32);
        check((double)nextafterf(real, 0), 32);
        check((double)nextafterf(real, INFINITY), 32);
    }
}

Test(digits, many)
{
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double real;
        memcpy(&real, &bits, sizeof real);
        if (isfinite(real))
            check(real, 64);
        const float small = (float)(bits >> 40) / 1000;
        check((double)small, 32);
    }
}
