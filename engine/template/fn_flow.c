/* SPDX-License-Identifier: Apache-2.0
 *
 * Helm: what ends a render on purpose. The message stands between two marks, by which Helm finds
 * it in the chain of errors and shows nothing else; the plugin that runs the template does the
 * same. */
#include "template/funcs.h"

static struct kz_val stop(struct kz_eval *ev, struct kz_str text)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_buf_puts(b, KZ_STOP_MARK);
    kz_buf_add_str(b, text);
    kz_buf_puts(b, KZ_STOP_END);
    return kz_eval_fail_str(ev, kz_eval_text(ev, b));
}

static struct kz_val fail(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return stop(ev, argv[0].as.str);
}

static struct kz_val required(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (argv[1].type == NULL || (argv[1].type == &kz_type_string && argv[1].as.str.len == 0))
        return stop(ev, argv[0].as.str);
    return argv[1];
}

static struct kz_val hello(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return kz_val_str(KZ_STR("Hello!"));
}

const struct kz_func kz_funcs_flow[] = {
    {"fail", "s", fail, NULL},
    {"required",  "sa", required, NULL},
    {"hello",      "", hello, NULL},
    {0},
};
