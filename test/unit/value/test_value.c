/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json.h"
#include "value/value.h"

#include <criterion/criterion.h>

static struct kz_value *read_json(struct kz_arena *a, const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&v, a, kz_str(text), KZ_STR("t"), &err), 0, "%s", text);
    return v;
}

Test(value, eq)
{
    static const struct {
        const char *a, *b;
        bool want;
    } rows[] = {
        {"1",                   "1.0",                   true },
        {"1",                   "1.5",                   false},
        {"9007199254740993",    "9007199254740992.0",    false},
        {"9223372036854775807", "9223372036854775808.0", false},
        {"\"1\"",               "1",                     false},
        {"null",                "false",                 false},
        {"{\"a\":1,\"b\":[]}",  "{\"b\":[],\"a\":1}",    true },
        {"{\"a\":1}",           "{\"b\":1}",             false},
        {"{\"a\":1}",           "{\"a\":1,\"b\":1}",     false},
        {"[1,2]",               "[2,1]",                 false},
        {"[[1],{}]",            "[[1],{}]",              true },
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_value *x = read_json(a, rows[i].a), *y = read_json(a, rows[i].b);
        cr_assert_eq(kz_value_eq(x, y), rows[i].want, "%s %s", rows[i].a, rows[i].b);
        cr_assert_eq(kz_value_eq(y, x), rows[i].want, "%s %s", rows[i].b, rows[i].a);
        cr_assert(kz_value_eq(x, kz_value_copy(a, x)), "%s", rows[i].a);
    }
}

Test(value, map_of_any_size_finds_keeps_order_and_deletes)
{
    enum { N = 300 };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 22);
    struct kz_value *map = kz_value_map(a);
    for (int i = 0; i < N; i++) {
        struct kz_str key = kz_str_printf(a, "key%d", i);
        kz_value_set(a, map, key, kz_value_int(a, -1));
        kz_value_set(a, map, key, kz_value_int(a, i));
        cr_assert_eq(kz_value_len(map), (size_t)i + 1);
        for (int j = 0; j <= i; j++)
            cr_assert_eq(kz_value_as_int(kz_value_find(map, kz_str_printf(a, "key%d", j)), -2), j);
        cr_assert_null(kz_value_get(map, "absent"));
    }
    for (int i = 0; i < N; i += 2)
        cr_assert(kz_value_del(map, kz_str_printf(a, "key%d", i)));
    cr_assert_not(kz_value_del(map, KZ_STR("key0")));
    cr_assert_eq(kz_value_len(map), (size_t)N / 2);
    for (int i = 1; i < N; i += 2) {
        cr_assert(kz_str_eq(map->as.map.at[i / 2].key, kz_str_printf(a, "key%d", i)));
        cr_assert_eq(kz_value_as_int(kz_value_find(map, kz_str_printf(a, "key%d", i)), -2), i);
    }
}

Test(value, reading_answers_for_wrong_kinds)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_value *v =
        read_json(a, "{\"metadata\":{\"name\":\"x\",\"n\":3,\"f\":4.0,\"t\":true},\"l\":[7]}");
    cr_assert(kz_str_is(kz_value_path_str(v, "metadata.name"), "x"));
    cr_assert_eq(kz_value_path_int(v, "metadata.n", 0), 3);
    cr_assert_eq(kz_value_path_int(v, "metadata.f", 0), 4);
    cr_assert_eq(kz_value_path_int(v, "metadata.name", -5), -5);
    cr_assert(kz_value_path_bool(v, "metadata.t", false));
    cr_assert_null(kz_value_path(v, "metadata.name.x"));
    cr_assert_eq(kz_value_path_str(v, "absent.name").len, 0);
    cr_assert_eq(kz_value_as_int(kz_value_at(kz_value_get(v, "l"), 0), 0), 7);
    cr_assert_null(kz_value_at(kz_value_get(v, "l"), 1));
    cr_assert_null(kz_value_at(v, 0));
    cr_assert_null(kz_value_get(NULL, "x"));
    cr_assert_eq(kz_value_len(NULL), 0);
}
