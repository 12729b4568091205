/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/map.h"

#include <criterion/criterion.h>

Test(map, put_find_del_keeps_every_other_key)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_map m;
    struct kz_str keys[600];
    kz_map_init(&m);
    for (size_t i = 0; i < kz_countof(keys); i++) {
        keys[i] = kz_str_printf(a, "key-%zu", i);
        cr_assert_null(kz_map_put(&m, keys[i], &keys[i]));
    }
    for (size_t i = 0; i < kz_countof(keys); i += 3)
        cr_assert_eq(kz_map_del(&m, keys[i]), (void *)&keys[i]);
    for (size_t i = 0; i < kz_countof(keys); i++)
        cr_assert_eq(kz_map_find(&m, keys[i]), i % 3 == 0 ? NULL : (void *)&keys[i]);
    cr_assert_eq(m.len, 400);
    kz_map_done(&m);
}

Test(map, put_replaces)
{
    int one = 1, two = 2;
    struct kz_map m;
    kz_map_init(&m);
    (void)kz_map_put(&m, KZ_STR("k"), &one);
    cr_assert_eq(kz_map_put(&m, KZ_STR("k"), &two), (void *)&one);
    cr_assert_eq(kz_map_find(&m, KZ_STR("k")), (void *)&two);
    cr_assert_eq(m.len, 1);
    kz_map_done(&m);
}
