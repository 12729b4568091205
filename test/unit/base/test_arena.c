/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <criterion/criterion.h>
#include <string.h>

/* What was taken before the mark stays as it is, whatever was taken and given back behind it. */
static void rewinds(struct kz_arena *(*make)(size_t limit))
{
    static const size_t sizes[] = {0, 1, 100, 4000, 5000, 300000, 3000000};
    for (size_t before = 0; before < kz_countof(sizes); before++)
        for (size_t behind = 0; behind < kz_countof(sizes); behind++) {
            kz_autoarena struct kz_arena *a = make(1 << 24);
            char *kept =
                before == 0 ? NULL : memset(kz_arena_bytes(a, sizes[before]), 'k', sizes[before]);
            const struct kz_arena_mark mark = kz_arena_here(a);
            const size_t used = kz_arena_used(a);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 3; i++)
                    memset(kz_arena_bytes(a, sizes[behind]), 'x', sizes[behind]);
                cr_assert_eq(kz_arena_used(a), used + 3 * sizes[behind]);
                kz_arena_rewind(a, mark);
                cr_assert_eq(kz_arena_used(a), used);
            }
            const char *zeroed = kz_arena_alloc(a, 64);
            for (size_t i = 0; i < 64; i++)
                cr_assert_eq(zeroed[i], 0);
            for (size_t i = 0; kept != NULL && i < sizes[before]; i++)
                cr_assert_eq(kept[i], 'k');
        }
}

Test(arena, rewind)
{
    rewinds(kz_arena_new);
    rewinds(kz_arena_new_tight);
    rewinds(kz_arena_new_large);
}
