/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: numbers. Integers wrap around, as Go's do; the "f" family computes in decimals. */
#include "template/funcs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "template/cast.h"
#include "template/decimal.h"
#include "template/print.h"

enum { MOST_ITEMS = 1 << 24 };  /* of a sequence */
enum { MOST_DIGITS = 1 << 14 }; /* bytes of a decimal */

/* ---- casts ----------------------------------------------------------------------------------- */

static struct kz_val to_int(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_int(kz_cast_int(argv[0]));
}

static struct kz_val to_int64(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_int64(kz_cast_int(argv[0]));
}

static struct kz_val to_float64(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_float(kz_cast_float(argv[0]));
}

static struct kz_val parse_int(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    int64_t n;
    (void)ev, (void)argc;
    (void)kz_parse_int(&n, argv[0].as.str, 10);
    return kz_val_int(n);
}

/* The number's decimal digits, read as octal ones. */
static struct kz_val to_decimal(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    int64_t n;
    (void)argc;
    if (kz_parse_int(&n, kz_val_text(kz_eval_arena(ev), argv[0]), 8) != KZ_PARSED)
        n = 0;
    return kz_val_int64(n);
}

/* ---- integers -------------------------------------------------------------------------------- */

static int64_t wrap_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t wrap_sub(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t wrap_mul(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static struct kz_val add(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    int64_t sum = 0;
    (void)ev;
    for (size_t i = 0; i < argc; i++)
        sum = wrap_add(sum, kz_cast_int(argv[i]));
    return kz_val_int64(sum);
}

static struct kz_val add1(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_int64(wrap_add(kz_cast_int(argv[0]), 1));
}

static struct kz_val sub(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_int64(wrap_sub(kz_cast_int(argv[0]), kz_cast_int(argv[1])));
}

static struct kz_val mul(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    int64_t product = kz_cast_int(argv[0]);
    (void)ev;
    for (size_t i = 1; i < argc; i++)
        product = wrap_mul(product, kz_cast_int(argv[i]));
    return kz_val_int64(product);
}

static struct kz_val div_(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const int64_t a = kz_cast_int(argv[0]), b = kz_cast_int(argv[1]);
    (void)argc;
    if (b == 0)
        return kz_eval_fail(ev, "runtime error: integer divide by zero");
    return kz_val_int64(b == -1 ? wrap_sub(0, a) : a / b);
}

static struct kz_val mod(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const int64_t a = kz_cast_int(argv[0]), b = kz_cast_int(argv[1]);
    (void)argc;
    if (b == 0)
        return kz_eval_fail(ev, "runtime error: integer divide by zero");
    return kz_val_int64(b == -1 ? 0 : a % b);
}

static struct kz_val max(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    int64_t best = kz_cast_int(argv[0]);
    (void)ev;
    for (size_t i = 1; i < argc; i++)
        if (kz_cast_int(argv[i]) > best)
            best = kz_cast_int(argv[i]);
    return kz_val_int64(best);
}

static struct kz_val min(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    int64_t best = kz_cast_int(argv[0]);
    (void)ev;
    for (size_t i = 1; i < argc; i++)
        if (kz_cast_int(argv[i]) < best)
            best = kz_cast_int(argv[i]);
    return kz_val_int64(best);
}

/* ---- floats ---------------------------------------------------------------------------------- */

/* math.Max and math.Min: an infinity that wins goes before NaN, NaN before all else, and 0 is more
 * than -0. */
static double pick(double a, double b, bool larger)
{
    const double winner = larger ? HUGE_VAL : -HUGE_VAL;
    if ((isinf(a) && a == winner) || (isinf(b) && b == winner))
        return winner;
    if (isnan(a) || isnan(b))
        return NAN;
    if (a == 0 && b == 0)
        return (signbit(a) != 0) == larger ? b : a;
    return (a > b) == larger ? a : b;
}

static struct kz_val pick_of(const struct kz_val *argv, size_t argc, bool larger)
{
    double best = kz_cast_float(argv[0]);
    for (size_t i = 1; i < argc; i++)
        best = pick(best, kz_cast_float(argv[i]), larger);
    return kz_val_float(best);
}

static struct kz_val maxf(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev;
    return pick_of(argv, argc, true);
}

static struct kz_val minf(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev;
    return pick_of(argv, argc, false);
}

static struct kz_val floor_(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_float(floor(kz_cast_float(argv[0])));
}

static struct kz_val ceil_(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_float(ceil(kz_cast_float(argv[0])));
}

/* math.Pow(10, places): by squaring the fraction 10 = 0.625 * 2^4, rounding as that does. */
static double power_of_ten(int64_t places)
{
    uint64_t left = places < 0 ? 0 - (uint64_t)places : (uint64_t)places;
    double out = 1, x = 0.625;
    int64_t out_exp = 0, x_exp = 4;
    if (places == 0 || places == 1)
        return places == 0 ? 1 : 10;
    if ((double)left >= 0x1p63)
        return places < 0 ? 0 : HUGE_VAL;
    for (; left != 0; left >>= 1) {
        if (x_exp > 1 << 12) {
            out_exp += x_exp;
            break;
        }
        if ((left & 1) != 0) {
            out *= x;
            out_exp += x_exp;
        }
        x *= x;
        x_exp *= 2;
        if (x < 0.5) {
            x += x;
            x_exp--;
        }
    }
    return places < 0 ? ldexp(1 / out, (int)-out_exp) : ldexp(out, (int)out_exp);
}

static struct kz_val round_(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const double on = argc > 2 ? argv[2].as.real : 0.5, power = power_of_ten(argv[1].as.num);
    const double digit = power * kz_cast_float(argv[0]);
    double whole;
    const double rest = isinf(digit) ? (double)NAN : modf(digit, &whole);
    (void)ev;
    return kz_val_float((rest >= on ? ceil(digit) : floor(digit)) / power);
}

/* ---- decimals -------------------------------------------------------------------------------- */

typedef void operation(struct kz_decimal *d, const struct kz_decimal *by);

static struct kz_decimal *decimal_of(struct kz_eval *ev, double real)
{
    if (isfinite(real))
        return kz_decimal_new(real);
    (void)kz_eval_fail(ev, "Cannot create a Decimal from %s",
                       isnan(real) ? "NaN"
                       : real > 0  ? "+Inf"
                                   : "-Inf");
    return NULL;
}

static struct kz_val compute(struct kz_eval *ev, double start, const struct kz_val *argv,
                             size_t argc, operation *op)
{
    struct kz_decimal *d = decimal_of(ev, start);
    if (d == NULL)
        return KZ_NIL;
    for (size_t i = 0; i < argc && !kz_eval_failed(ev); i++) {
        struct kz_decimal *by = decimal_of(ev, kz_cast_float(argv[i]));
        if (by != NULL && op == kz_decimal_div && kz_decimal_is_zero(by))
            (void)kz_eval_fail(ev, "decimal division by 0");
        else if (by != NULL && kz_decimal_size(d) > MOST_DIGITS)
            (void)kz_eval_limit(ev, "a decimal has more than %d bytes", MOST_DIGITS);
        else if (by != NULL)
            op(d, by);
        kz_decimal_free(by);
    }
    const double real = kz_eval_failed(ev) ? 0 : kz_decimal_float(d);
    kz_decimal_free(d);
    return kz_eval_failed(ev) ? KZ_NIL : kz_val_float(real);
}

static struct kz_val addf(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return compute(ev, 0, argv, argc, kz_decimal_add);
}

static struct kz_val add1f(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_val one = kz_val_int(1);
    (void)argc;
    return compute(ev, kz_cast_float(argv[0]), &one, 1, kz_decimal_add);
}

static struct kz_val subf(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return compute(ev, kz_cast_float(argv[0]), argv + 1, argc - 1, kz_decimal_sub);
}

static struct kz_val mulf(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return compute(ev, kz_cast_float(argv[0]), argv + 1, argc - 1, kz_decimal_mul);
}

static struct kz_val divf(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    return compute(ev, kz_cast_float(argv[0]), argv + 1, argc - 1, kz_decimal_div);
}

/* ---- sequences ------------------------------------------------------------------------------- */

/* start, start+step, ... before stop; a step in the wrong direction gives none. NULL: failed. */
static struct kz_list *steps(struct kz_eval *ev, int64_t start, int64_t stop, int64_t step)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const bool down = stop < start;
    if (start == stop || (down ? step >= 0 : step <= 0))
        return kz_list_new(a, 0);
    const uint64_t way = down ? (uint64_t)start - (uint64_t)stop : (uint64_t)stop - (uint64_t)start;
    const uint64_t stride = down ? 0 - (uint64_t)step : (uint64_t)step;
    const uint64_t n = (way - 1) / stride + 1;
    if (n > MOST_ITEMS) {
        (void)kz_eval_limit(ev, "a sequence of %" PRIu64 " numbers, more than %d", n, MOST_ITEMS);
        return NULL;
    }
    if (!kz_eval_spend(ev, n))
        return NULL;
    struct kz_list *list = kz_list_new(a, (size_t)n);
    for (uint64_t i = 0; i < n; i++)
        kz_list_push(a, list, kz_val_int((int64_t)((uint64_t)start + i * (uint64_t)step)));
    return list;
}

static struct kz_val until(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const int64_t n = argv[0].as.num;
    struct kz_list *list = steps(ev, 0, n, n < 0 ? -1 : 1);
    (void)argc;
    return list == NULL ? KZ_NIL : kz_val_obj(&kz_type_ints, list);
}

static struct kz_val until_step(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_list *list = steps(ev, argv[0].as.num, argv[1].as.num, argv[2].as.num);
    (void)argc;
    return list == NULL ? KZ_NIL : kz_val_obj(&kz_type_ints, list);
}

static struct kz_val seq(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    if (argc == 0 || argc > 3)
        return kz_val_str(KZ_STR(""));
    const int64_t start = argc == 1 ? 1 : argv[0].as.num, end = argv[argc - 1].as.num;
    const int64_t way = end < start ? -1 : 1;
    const int64_t step = argc == 3 ? argv[1].as.num : way;
    if (argc == 3 && way < 0 && step > 0)
        return kz_val_str(KZ_STR(""));
    const struct kz_list *list = steps(ev, start, wrap_add(end, way), step);
    if (list == NULL)
        return KZ_NIL;
    struct kz_buf *b = kz_eval_buf(ev);
    for (size_t i = 0; i < list->len; i++)
        kz_buf_printf(b, "%s%" PRId64, i == 0 ? "" : " ", list->at[i].as.num);
    return kz_val_str(kz_eval_text(ev, b));
}

const struct kz_func kz_funcs_numbers[] = {
    {"int",       "a", to_int, NULL},
    {"int64",     "a", to_int64, NULL},
    {"float64",           "a", to_float64, NULL},
    {"atoi",    "s", parse_int, NULL},
    {"toDecimal",       "a", to_decimal, NULL},
    {"add",   "a+", add, NULL},
    {"add1", "a", add1, NULL},
    {"sub",           "aa", sub, NULL},
    {"mul",     "aa+", mul, NULL},
    {"div",       "aa", div_, NULL},
    {"mod", "aa", mod, NULL},
    {"max", "aa+", max, NULL},
    {"biggest",           "aa+", max, NULL},
    {"min",     "aa+", min, NULL},
    {"maxf",       "aa+", maxf, NULL},
    {"minf",      "aa+", minf, NULL},
    {"floor",       "a", floor_, NULL},
    {"ceil",           "a", ceil_, NULL},
    {"round","aif+", round_, NULL},
    {"addf",       "a+", addf, NULL},
    {"add1f",       "a", add1f, NULL},
    {"subf",        "aa+", subf, NULL},
    {"mulf",           "aa+", mulf, NULL},
    {"divf", "aa+", divf, NULL},
    {"until",       "i", until, NULL},
    {"untilStep",       "iii", until_step, NULL},
    {"seq",        "i+", seq, NULL},
    {0          },
};
