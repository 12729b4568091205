/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates that use sprig's and Helm's functions end within their budget, whatever the arguments. */
#include "fuzz.h"

#include "template/funcs.h"
#include "template/template.h"
#include "value/json.h"

static const char data_text[] =
    "{\"i\":1000000,\"f\":1.5,\"s\":\"str\",\"e\":\"\",\"b\":true,\"n\":null,"
    "\"l\":[1,2.5,\"x\",null,true,[1,[2]],{\"a\":\"b\"}],\"m\":{\"b\":1,\"a\":{\"e\":{\"f\":\"g\"}}}}";

static const struct kz_func *const tables[] = {
    kz_funcs_case,    kz_funcs_defaults, kz_funcs_dicts, kz_funcs_flow,    kz_funcs_json,
    kz_funcs_layout,  kz_funcs_lists,    kz_funcs_merge, kz_funcs_numbers, kz_funcs_parts,
    kz_funcs_reflect, kz_funcs_strings,  kz_funcs_toml,  kz_funcs_yaml,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kz_limits limits = {
        .steps = 20000, .output = 1 << 16, .stack = 1 << 20, .depth = 200};
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 31);
    kz_autobuf struct kz_buf out = KZ_BUF(1 << 20);
    const struct kz_template *t;
    struct kz_value *doc;
    struct kz_err err;
    struct kz_tset *s = kz_tset_new(a, KZ_STR("t"), tables, kz_countof(tables), KZ_MISSING_ZERO);
    if (size > 1 << 14 ||
        kz_tset_parse(&t, s, KZ_STR("t"), kz_str_n((const char *)data, size), &err) < 0)
        return 0;
    kz_assert(kz_json_read(&doc, a, kz_str(data_text), KZ_STR("data"), &err) == 0);
    struct kz_eval *ev = kz_eval_new(a, &limits, NULL);
    const struct kz_val dot = kz_val_from_value(a, doc, KZ_VAL_FLOATS);
    const int rc = kz_eval_run(&out, ev, s, t, dot, NULL, &err);
    kz_assert(rc == 0 || kz_eval_error(ev).len > 0);
    kz_eval_free(ev);
    return 0;
}
