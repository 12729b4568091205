/* SPDX-License-Identifier: Apache-2.0 */
#include "render.h"

#include "value/json.h"

#include <criterion/criterion.h>

const char *kz_test_render(struct kz_arena *a, const struct kz_render_case *c, const char *text)
{
    struct kz_err err;
    struct kz_value *data = NULL;
    const struct kz_template *t;
    kz_autobuf struct kz_buf out = KZ_BUF((size_t)1 << 24);
    struct kz_tset *set = kz_tset_new(a, KZ_STR("t"), c->tables, c->n_tables, c->missing);
    if (c->data != NULL)
        cr_assert_eq(kz_json_read(&data, a, kz_str(c->data), KZ_STR("data"), &err), 0);
    if (kz_tset_parse(&t, set, KZ_STR("t"), kz_str(text), &err) < 0)
        return kz_cstr(a, kz_str_printf(a, "! " KZ_FMT, KZ_ARG(kz_tset_error(set))));
    struct kz_eval *ev = kz_eval_new(a, c->limits, NULL);
    const struct kz_val dot = kz_val_from_value(a, data, KZ_VAL_FLOATS);
    const int rc = kz_eval_run(&out, ev, set, t, dot, NULL, &err);
    const char *text_out =
        rc < 0 ? kz_cstr(a, kz_str_printf(a, "! " KZ_FMT, KZ_ARG(kz_eval_error(ev))))
               : kz_cstr(a, kz_buf_str(&out));
    kz_eval_free(ev);
    return text_out;
}
