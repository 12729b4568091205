/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: what to take when something is empty. */
#include "template/funcs.h"
#include "template/texts.h"

static struct kz_val default_(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev;
    return argc < 2 || kz_val_empty(argv[1]) ? argv[0] : argv[1];
}

static struct kz_val empty(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return kz_val_bool(kz_val_empty(argv[0]));
}

static size_t first_full(const struct kz_val *argv, size_t argc)
{
    size_t i = 0;
    while (i < argc && kz_val_empty(argv[i]))
        i++;
    return i;
}

static struct kz_val coalesce(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const size_t i = first_full(argv, argc);
    (void)ev;
    return i < argc ? argv[i] : KZ_NIL;
}

static struct kz_val any(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev;
    return kz_val_bool(first_full(argv, argc) < argc);
}

static struct kz_val all(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev;
    for (size_t i = 0; i < argc; i++)
        if (kz_val_empty(argv[i]))
            return kz_val_bool(false);
    return kz_val_bool(true);
}

static struct kz_val ternary(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argc;
    return argv[2].as.truth ? argv[0] : argv[1];
}

const struct kz_func kz_funcs_defaults[] = {
    {"default",  "aa+", default_, NULL},
    {"empty",  "a", empty, NULL},
    {"coalesce",          "a+", coalesce, NULL},
    {"any",      "a+", any, NULL},
    {"all",      "a+", all, NULL},
    {"ternary", "aab", ternary, NULL},
    {0 },
};
