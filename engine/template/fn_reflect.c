/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: the types of values. */
#include "template/funcs.h"

static struct kz_val type_of(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_str(kz_str(kz_val_type_name(argv[0])));
}

static struct kz_val kind_of(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_str(kz_str(kz_val_kind_name(argv[0])));
}

static struct kz_val type_is(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_bool(kz_str_is(argv[0].as.str, kz_val_type_name(argv[1])));
}

/* The type, or a pointer to it. */
static struct kz_val type_is_like(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const char *name = kz_val_type_name(argv[1]);
    (void)ev, (void)argc;
    return kz_val_bool(kz_str_is(argv[0].as.str, name) ||
                       (name[0] == '*' && kz_str_is(argv[0].as.str, name + 1)));
}

static struct kz_val kind_is(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_bool(kz_str_is(argv[0].as.str, kz_val_kind_name(argv[1])));
}

static struct kz_val deep_equal(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_bool(kz_val_deep_eq(argv[0], argv[1]));
}

const struct kz_func kz_funcs_reflect[] = {
    {"typeOf", "a", type_of, NULL},
    {"kindOf", "a", kind_of, NULL},
    {"typeIs",        "sa", type_is, NULL},
    {"typeIsLike",     "sa", type_is_like, NULL},
    {"kindIs",    "sa", kind_is, NULL},
    {"deepEqual", "aa", deep_equal, NULL},
    {0},
};
