/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include "render/cache.h"
#include "value/json.h"

#include <dirent.h>
#include <fcntl.h>

static struct kz_value *reply_of(struct kz_arena *a, const char *kind, const char *text)
{
    struct kz_err err;
    struct kz_value *v = NULL;
    char sum[KZ_SHA256_TEXT];
    struct kz_str body = kz_str_printf(a, "{\"data\":\"%s\",\"kind\":\"%s\"}", text, kind);
    struct kz_str line = kz_str_printf(a, KZ_FMT "\n", KZ_ARG(body));
    kz_sha256_text(sum, line);
    struct kz_str json = kz_str_printf(
        a, "{\"renderer\":\"yaml\",\"objects\":[{\"file\":\"a\",\"line\":1,\"body\":" KZ_FMT "}],"
           "\"warnings\":[],\"count\":1,\"sha256\":\"%s\"}", KZ_ARG(body), sum);
    cr_assert_eq(kz_json_read(&v, a, json, KZ_STR("test"), &err), 0);
    return v;
}

static struct kz_hash key_of(const char *s)
{
    return kz_hash(kz_str(s));
}

static int files_in(const char *dir, bool damage)
{
    int n = 0;
    DIR *d = opendir(dir);
    const struct dirent *e;
    while (d != NULL && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        n++;
        int fd = damage ? openat(dirfd(d), e->d_name, O_WRONLY) : -1;
        if (fd >= 0) {
            (void)!pwrite(fd, "X", 1, 60);
            (void)close(fd);
        }
    }
    if (d != NULL)
        (void)closedir(d);
    return n;
}

static struct kz_render_cache *open_cache(const char *dir, uint64_t disk, size_t memory)
{
    struct kz_err err;
    struct kz_render_cache *c = NULL;
    cr_assert_eq(kz_render_cache_open(&c, dir, disk, memory, &err), 0);
    return c;
}

Test(cache, memory_disk_and_damage)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_render_cache_stats s;
    char dir[64];
    (void)make_dir(dir);
    struct kz_value *v = reply_of(a, "ConfigMap", "x");
    struct kz_render_cache *c = open_cache(dir, 1 << 20, 1 << 20);
    cr_assert_null(kz_render_cache_find(c, a, key_of("k")));
    kz_render_cache_put(c, key_of("k"), v);
    cr_assert(kz_value_eq(kz_render_cache_find(c, a, key_of("k")), v));
    cr_assert_null(kz_render_cache_find(c, a, key_of("other")));
    kz_render_cache_close(c);

    c = open_cache(dir, 1 << 20, 1 << 20); /* the next run reads it from disk */
    cr_assert(kz_value_eq(kz_render_cache_find(c, a, key_of("k")), v));
    kz_render_cache_stats(&s, c);
    cr_assert_eq(s.hits_disk, 1);
    kz_render_cache_close(c);

    cr_assert_eq(files_in(dir, true), 1);
    c = open_cache(dir, 1 << 20, 1 << 20);
    cr_assert_null(kz_render_cache_find(c, a, key_of("k")));
    kz_render_cache_stats(&s, c);
    cr_assert_eq(s.damaged, 1);
    cr_assert_eq(files_in(dir, false), 0, "a damaged file goes");
    kz_render_cache_close(c);
    scrap(dir);
}

Test(cache, secrets_stay_in_memory)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    char dir[64];
    (void)make_dir(dir);
    struct kz_render_cache *c = open_cache(dir, 1 << 20, 1 << 20);
    struct kz_value *v = reply_of(a, "Secret", "hunter2");
    kz_render_cache_put(c, key_of("k"), v);
    cr_assert_eq(files_in(dir, false), 0);
    cr_assert(kz_value_eq(kz_render_cache_find(c, a, key_of("k")), v));
    kz_render_cache_close(c);
    scrap(dir);
}

/* Generated values and what came from looked-up Secrets likewise; what is new in each render, nowhere. */
Test(cache, what_may_be_secret_stays_in_memory)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    char dir[64];
    (void)make_dir(dir);
    struct kz_render_cache *c = open_cache(dir, 1 << 20, 1 << 20);
    struct kz_value *seeded = reply_of(a, "ConfigMap", "x"), *once = reply_of(a, "ConfigMap", "y");
    struct kz_value *asked = kz_value_map(a), *fresh = kz_value_map(a);
    kz_value_set(a, asked, KZ_STR("seed"), kz_value_bool(a, true));
    kz_value_set(a, seeded, KZ_STR("asked"), asked);
    kz_value_set(a, fresh, KZ_STR("once"), kz_value_bool(a, true));
    kz_value_set(a, once, KZ_STR("asked"), fresh);
    kz_render_cache_put(c, key_of("seeded"), seeded);
    kz_render_cache_put(c, key_of("once"), once);
    cr_expect_eq(files_in(dir, false), 0);
    cr_expect_not_null(kz_render_cache_find(c, a, key_of("seeded")));
    cr_expect_null(kz_render_cache_find(c, a, key_of("once")));
    kz_render_cache_close(c);
    scrap(dir);
}

Test(cache, bounds)
{
    enum { N = 40 };
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_render_cache_stats s;
    char dir[64], name[16];
    (void)make_dir(dir);
    struct kz_render_cache *c = open_cache(dir, 4096, 2048);
    for (int i = 0; i < N; i++) {
        (void)snprintf(name, sizeof name, "k%d", i);
        kz_render_cache_put(c, key_of(name), reply_of(a, "ConfigMap", name));
        cr_assert_not_null(kz_render_cache_find(c, a, key_of("k0")), "the most used stays: %d", i);
        kz_render_cache_stats(&s, c);
        cr_assert_leq(s.bytes_memory, 2048);
        cr_assert_leq(s.bytes_disk, 4096);
    }
    cr_assert_null(kz_render_cache_find(c, a, key_of("k3")));
    cr_assert_not_null(kz_render_cache_find(c, a, key_of("k39")));
    cr_assert_leq(files_in(dir, false), 16);
    kz_render_cache_close(c);
    scrap(dir);
}

/* Change any one input and the key is another. */
Test(cache, key_depends_on_all)
{
    static const char *const inputs[] = {
        "{\"path\":\"a\",\"values\":{}}",          "{\"path\":\"b\",\"values\":{}}",
        "{\"path\":\"a\",\"values\":{\"x\":1}}",   "{\"path\":\"a\",\"values\":{\"x\":2}}",
        "{\"path\":\"a\",\"values\":{\"x\":\"1\"}}", "{\"path\":\"a\",\"values\":{},\"facts\":{\"now\":1}}",
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_hash keys[2 * kz_countof(inputs)];
    struct kz_err err;
    for (size_t i = 0; i < kz_countof(inputs); i++) {
        struct kz_value *v = NULL;
        cr_assert_eq(kz_json_read(&v, a, kz_str(inputs[i]), KZ_STR("t"), &err), 0);
        keys[2 * i] = kz_render_key(KZ_STR("tree1"), v);
        keys[2 * i + 1] = kz_render_key(KZ_STR("tree2"), v);
        cr_assert(kz_hash_eq(keys[2 * i], kz_render_key(KZ_STR("tree1"), v)));
    }
    for (size_t i = 0; i < kz_countof(keys); i++)
        for (size_t j = 0; j < i; j++)
            cr_assert(!kz_hash_eq(keys[i], keys[j]), "%zu %zu", i, j);
}
