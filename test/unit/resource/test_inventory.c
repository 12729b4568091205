/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/inventory.h"

#include "fixture.h"

static struct kz_shard sample(struct kz_arena *a, size_t n)
{
    struct kz_shard s = {.generation = UINT64_C(1) << 40, .epoch = 57, .n_entries = n, .n_modules = 2};
    s.entries = kz_new_n(a, struct kz_entry, n);
    for (size_t i = 0; i < n; i++) {
        s.entries[i] = (struct kz_entry){
            .id = {KZ_STR("apps"),  KZ_STR("Deployment"),   KZ_STR("shop"),
                   kz_str_printf(a, "component-number-%zu", i)},
            .version = KZ_STR("v1"),
            .module = i % 2 == 0 ? KZ_STR("web") : KZ_STR("db"),
            .uid = KZ_STR("0f0e6a7c-2d68-4b16-9c1c-93ad5b4a2a53"),
            .desired = {i + 1, 2},
            .owned = {3,               i                                },
            .wave = (int)(i % 3),
        };
    }
    if (n > 1)
        s.entries[1] = (struct kz_entry){
            .id = {KZ_STR(""), KZ_STR("Namespace"), KZ_STR(""), KZ_STR("shop")},
            .version = KZ_STR("v1"),
            .module = KZ_STR("web"),
        };
    s.modules = kz_new_n(a, struct kz_inventory_module, 2);
    s.modules[0] = (struct kz_inventory_module){
        .name = KZ_STR("web"),
        .revision = KZ_STR("4be91d2"),
        .render = {1, 2},
        .bad = {3, 4},
        .release = {.key = {5, 6}, .number = 7, .time = 1700000000, .seeded = true},
    };
    s.modules[1] = (struct kz_inventory_module){.name = KZ_STR("db")};
    return s;
}

static void expect_entry(const struct kz_entry *a, const struct kz_entry *b)
{
    cr_expect(kz_id_eq(&a->id, &b->id));
    cr_expect(kz_str_eq(a->version, b->version) && kz_str_eq(a->module, b->module) &&
              kz_str_eq(a->uid, b->uid));
    cr_expect(kz_hash_eq(a->desired, b->desired) && kz_hash_eq(a->owned, b->owned));
    cr_expect_eq(a->wave, b->wave);
}

Test(inventory, reads_what_it_wrote)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const size_t sizes[] = {0, 1, 2, 3, 500};
    for (size_t i = 0; i < kz_countof(sizes); i++) {
        struct kz_shard s = sample(a, sizes[i]), back;
        struct kz_buf b;
        struct kz_err err = {0};
        kz_buf_init(&b, 1 << 20);
        kz_shard_write(&b, &s);
        cr_assert_not(kz_buf_bad(&b));
        cr_assert_eq(kz_shard_read(&back, a, kz_buf_str(&b), KZ_STR("kz-0"), &err), 0, "%s",
                     err.frame[0]);
        cr_expect_eq(back.generation, s.generation);
        cr_expect_eq(back.epoch, 57);
        cr_assert_eq(back.n_entries, s.n_entries);
        cr_assert_eq(back.n_modules, s.n_modules);
        for (size_t k = 0; k < s.n_entries; k++)
            expect_entry(&back.entries[k], &s.entries[k]);
        for (size_t k = 0; k < s.n_modules; k++) {
            cr_expect(kz_str_eq(back.modules[k].name, s.modules[k].name));
            cr_expect(kz_str_eq(back.modules[k].revision, s.modules[k].revision));
            cr_expect(kz_hash_eq(back.modules[k].render, s.modules[k].render));
            cr_expect(kz_hash_eq(back.modules[k].bad, s.modules[k].bad));
            cr_expect(kz_hash_eq(back.modules[k].release.key, s.modules[k].release.key));
            cr_expect_eq(back.modules[k].release.number, s.modules[k].release.number);
            cr_expect_eq(back.modules[k].release.time, s.modules[k].release.time);
            cr_expect_eq(back.modules[k].release.seeded, s.modules[k].release.seeded);
        }
        if (sizes[i] == 500)
            cr_expect_lt(b.len / 500, 160, "%zu bytes an entry", b.len / 500);
        kz_buf_done(&b);
    }
}

Test(inventory, every_changed_or_missing_byte_is_found)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    struct kz_shard s = sample(a, 3), back;
    struct kz_err err = {0};
    struct kz_buf b;
    kz_buf_init(&b, 1 << 20);
    kz_shard_write(&b, &s);
    for (size_t i = 0; i < b.len; i++) {
        cr_assert_eq(kz_shard_read(&back, a, kz_str_n(b.ptr, i), KZ_STR("x"), &err), -KZ_E_PARSE);
        b.ptr[i] ^= 1;
        cr_assert_eq(kz_shard_read(&back, a, kz_buf_str(&b), KZ_STR("x"), &err), -KZ_E_PARSE);
        b.ptr[i] ^= 1;
    }
    cr_assert_eq(kz_shard_read(&back, a, kz_buf_str(&b), KZ_STR("x"), &err), 0);
    kz_buf_done(&b);
}

/* Texts with a true hash whose content is not what kz_shard_write writes. */
Test(inventory, refuses_bad_content)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const char *table[] = {
        "{\"v\":2,\"generation\":1,\"strings\":[],\"kinds\":[],\"modules\":[],\"objects\":[]",
        "{\"v\":1,\"generation\":-1,\"strings\":[],\"kinds\":[],\"modules\":[],\"objects\":[]",
        "{\"v\":1,\"generation\":1,\"epoch\":-1,\"strings\":[],\"kinds\":[],\"modules\":[],\"objects\":[]",
        "{\"v\":1,\"generation\":1,\"strings\":[],\"kinds\":[],\"modules\":[]",
        "{\"v\":1,\"generation\":1,\"strings\":[],\"kinds\":[],\"modules\":[[0,\"\",\"\",\"\"]],"
        "\"objects\":[]",
        "{\"v\":1,\"generation\":1,\"strings\":[\"m\"],\"kinds\":[[\"\",\"v1\",\"A\"]],\"modules\":"
        "[],\"objects\":[[0,0,9,0,\"n\",\"\",\"\"]]",
        "{\"v\":1,\"generation\":1,\"strings\":[\"m\"],\"kinds\":[[\"\",\"v1\",\"A\"]],\"modules\":"
        "[],\"objects\":[[0,0,0,-1,\"n\",\"\",\"\"]]",
        "{\"v\":1,\"generation\":1,\"strings\":[\"m\"],\"kinds\":[[\"\",\"v1\",\"A\"]],\"modules\":"
        "[],\"objects\":[[0,0,0,0,\"\",\"\",\"\"]]",
        "{\"v\":1,\"generation\":1,\"strings\":[\"m\"],\"kinds\":[[\"\",\"v1\",\"A\"]],\"modules\":"
        "[],\"objects\":[[0,0,0,0,\"n\",\"\",\"12\"]]",
        "{\"v\":1,\"generation\":1,\"strings\":[\"m\"],\"kinds\":[[\"\",\"v1\",\"A\"]],\"modules\":"
        "[],\"objects\":[[0,0,0,0,\"n\",\"\",\"\"],[0,0,0,0,\"n\",\"\",\"\"]]",
        "[",
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_shard back;
        struct kz_err err = {0};
        char hash[KZ_HASH_TEXT];
        kz_hash_text(hash, kz_hash(kz_str(table[i])));
        struct kz_str text = kz_str_printf(a, "%s,\"hash\":\"%s\"}", table[i], hash);
        cr_expect_eq(kz_shard_read(&back, a, text, KZ_STR("x"), &err), -KZ_E_PARSE, "%s", table[i]);
        cr_expect_neq(err.depth, 0);
    }
}
