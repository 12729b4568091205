/* SPDX-License-Identifier: Apache-2.0
 *
 * Any template ends within its budget: with output, with a template error, or with a limit. The first
 * byte chooses what missing keys mean. */
#include "fuzz.h"

#include "template/template.h"
#include "value/json.h"

static const char data_text[] =
    "{\"i\":1000000,\"f\":1.5,\"z\":0,\"s\":\"str\",\"e\":\"\",\"b\":true,\"n\":null,"
    "\"l\":[1,2.5,\"x\",null,true,[1,[2]],{\"a\":\"b\"}],\"el\":[],"
    "\"m\":{\"b\":1,\"a\":\"2\",\"c\":null,\"d\":{\"e\":{\"f\":\"g\"}}},\"em\":{}}";

/* One function that changes data, so that cycles can be made, and one that runs a template. */
static struct kz_val set(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (argv[0].as.dict != NULL)
        kz_dict_set(kz_eval_arena(ev), argv[0].as.dict, argv[1].as.str, argv[2]);
    return argv[0];
}

static struct kz_val tpl(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_tset *over = kz_tset_overlay(kz_eval_arena(ev), kz_eval_set(ev), KZ_MISSING_ZERO);
    const struct kz_template *t;
    struct kz_err err;
    struct kz_str text;
    (void)argc;
    if (kz_tset_parse(&t, over, KZ_STR("tpl"), argv[0].as.str, &err) < 0)
        return kz_eval_fail_str(ev, kz_tset_error(over));
    if (!kz_eval_template(&text, ev, over, t, argv[1]))
        return kz_eval_wrap(ev, KZ_STR("tpl"));
    return kz_val_str(text);
}

static const struct kz_func table[] = {
    {"set", "msa", set,  NULL},
    {"tpl", "sa",  tpl,  NULL},
    {NULL,  NULL,  NULL, NULL}
};
static const struct kz_func *const tables[] = {table};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kz_limits limits = {
        .steps = 20000, .output = 1 << 16, .stack = 1 << 20, .depth = 200};
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    kz_autobuf struct kz_buf out = KZ_BUF(1 << 20);
    const struct kz_template *t;
    struct kz_value *doc;
    struct kz_err err;
    if (size == 0)
        return 0;
    struct kz_tset *s = kz_tset_new(a, KZ_STR("t"), tables, 1, (enum kz_missing)(data[0] % 3));
    const struct kz_str text = kz_str_n((const char *)data + 1, size - 1);
    if (kz_tset_parse(&t, s, KZ_STR("t"), text, &err) < 0)
        return 0;
    kz_assert(kz_json_read(&doc, a, kz_str(data_text), KZ_STR("data"), &err) == 0);
    struct kz_eval *ev = kz_eval_new(a, &limits, NULL);
    const struct kz_val dot = kz_val_from_value(a, doc, KZ_VAL_FLOATS);
    if (kz_eval_run(&out, ev, s, t, dot, NULL, &err) < 0)
        kz_assert(kz_eval_error(ev).len > 0 && err.frame[0][0] != '\0');
    kz_eval_free(ev);
    return 0;
}
