/* SPDX-License-Identifier: Apache-2.0 */
#include "template/val.h"

#include "value/json.h"

#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>

/* Against the obvious: an array of flags. Crosses the border where the index begins. */
Test(template_val, dict)
{
    enum { KEYS = 100, STEPS = 5000 };
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
    struct kz_dict *d = kz_dict_new(a, 0);
    bool there[KEYS] = {false};
    unsigned seed = 7;
    for (int step = 0; step < STEPS; step++) {
        seed = seed * 1103515245 + 12345;
        const unsigned k = (seed >> 16) % KEYS;
        const struct kz_str key = kz_str_printf(a, "k%u", k);
        if ((seed >> 8) % 3 == 0) {
            cr_assert_eq(kz_dict_del(d, key), there[k]);
            there[k] = false;
        } else {
            kz_dict_set(a, d, key, kz_val_int(k));
            there[k] = true;
        }
        if (step % 97 == 0)
            kz_dict_sort(d);
    }
    size_t n = 0;
    for (unsigned k = 0; k < KEYS; k++) {
        const struct kz_val v = kz_dict_get(d, kz_str_printf(a, "k%u", k));
        cr_expect_eq(v.type != NULL, there[k]);
        n += there[k];
    }
    cr_expect_eq(d->len, n);
    kz_dict_sort(d);
    for (size_t i = 1; i < d->len; i++)
        cr_expect(kz_str_cmp(d->at[i - 1].key, d->at[i].key) < 0);
    struct kz_dict *copy = kz_dict_copy(a, d);
    kz_dict_set(a, copy, KZ_STR("new"), KZ_NIL);
    cr_expect_eq(d->len + 1, copy->len);
    cr_expect_null(kz_dict_find(d, KZ_STR("new")));
    cr_expect_not_null(kz_dict_find(copy, KZ_STR("new")));
}

static const char *to_json(struct kz_arena *a, struct kz_val v)
{
    struct kz_value *doc;
    struct kz_err err;
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    if (kz_val_to_value(&doc, a, v, &err) < 0)
        return kz_cstr(a, kz_str_printf(a, "! %.70s", err.frame[0]));
    kz_json_write(&b, doc, KZ_JSON_COMPACT);
    return kz_cstr(a, kz_buf_str(&b));
}

Test(template_val, documents)
{
    static const char text[] = "{\"b\":[1,2.5,\"x\",null,true,{}],\"a\":12345678901}";
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
    struct kz_value *doc;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&doc, a, kz_str(text), KZ_STR("d"), &err), 0);
    const struct kz_val v = kz_val_from_value(a, doc, KZ_VAL_FLOATS);
    cr_expect_eq(kz_dict_get(v.as.dict, KZ_STR("a")).type, &kz_type_float64);
    const struct kz_val exact = kz_val_from_value(a, doc, KZ_VAL_EXACT);
    cr_expect_eq(kz_dict_get(exact.as.dict, KZ_STR("a")).type, &kz_type_int64);
    cr_expect_str_eq(to_json(a, v), "{\"a\":12345678901,\"b\":[1,2.5,\"x\",null,true,{}]}");
    cr_expect(kz_val_deep_eq(v, kz_val_from_value(a, doc, KZ_VAL_FLOATS)));
    cr_expect(!kz_val_deep_eq(v, exact));
}

Test(template_val, no_documents)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 24);
    struct kz_dict *d = kz_dict_new(a, 1);
    kz_dict_set(a, d, KZ_STR("d"), kz_val_dict(d));
    cr_expect_str_eq(to_json(a, kz_val_dict(d)),
                     "! a value is nested deeper than 1000 levels or contains itself");
    cr_expect_str_eq(to_json(a, kz_val_float(NAN)), "! json: unsupported value: NaN");
    cr_expect_str_eq(to_json(a, kz_val_bytes(KZ_STR("ab"))), "\"YWI=\"");
    cr_expect_str_eq(to_json(a, (struct kz_val){.type = &kz_type_map}), "null");
}

Test(template_val, truth_and_names)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 20);
    struct kz_list *l = kz_list_new(a, 0);
    cr_expect(!kz_val_truth(KZ_NIL) && !kz_val_truth(kz_val_int(0)) &&
              !kz_val_truth(kz_val_float(0)));
    cr_expect(!kz_val_truth(kz_val_list(l)) && !kz_val_truth(kz_val_str(KZ_STR(""))));
    kz_list_push(a, l, KZ_NIL);
    cr_expect(kz_val_truth(kz_val_list(l)) && kz_val_truth(kz_val_float(NAN)));
    cr_expect_str_eq(kz_val_type_name(KZ_NIL), "<nil>");
    cr_expect_str_eq(kz_val_kind_name(KZ_NIL), "invalid");
    cr_expect_str_eq(kz_val_type_name(kz_val_list(l)), "[]interface {}");
    cr_expect_str_eq(kz_val_kind_name(kz_val_dict(NULL)), "map");
}
