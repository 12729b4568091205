/* SPDX-License-Identifier: Apache-2.0
 *
 * Helm: TOML. Errors are the text, or stand under "Error". */
#include "template/funcs.h"
#include "template/gojson.h"
#include "template/toml.h"

static struct kz_val to_toml(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_str error;
    (void)argc;
    if (argv[0].type == NULL)
        return kz_eval_fail(ev, "reflect: call of reflect.Value.Type on zero Value");
    struct kz_buf *b = kz_eval_buf(ev);
    const bool good = kz_toml_write(b, &error, argv[0]);
    const struct kz_str text = kz_eval_text(ev, b);
    return kz_val_str(good ? text : error);
}

static struct kz_val from_toml(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_str error;
    struct kz_val v;
    (void)argc;
    return kz_toml_read(&v, &error, a, argv[0].as.str) ? v : kz_json_error(a, v, error);
}

const struct kz_func kz_funcs_toml[] = {
    {"toToml", "a", to_toml, NULL},
    {"fromToml", "s", from_toml, NULL},
    {0       },
};
