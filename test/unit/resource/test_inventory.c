/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/inventory.h"

#include "fixture.h"

static struct kz_shard sample(struct kz_arena *a, size_t n)
{
    struct kz_shard s = {.generation = UINT64_C(1) << 40, .epoch = 57, .by = KZ_STR("1.2.3"), .n_entries = n, .n_modules = 4};
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
    s.modules = kz_new_n(a, struct kz_inventory_module, s.n_modules);
    s.modules[0] = (struct kz_inventory_module){
        .name = KZ_STR("web"),
        .revision = KZ_STR("4be91d2"),
        .render = {1, 2},
        .bad = {3, 4},
        .release = {.key = {5, 6}, .number = 7, .time = 1700000000, .seeded = true},
    };
    s.modules[0].after = KZ_STR("cache,db");
    s.modules[1] = (struct kz_inventory_module){.name = KZ_STR("db"), .after = KZ_STR("net")};
    s.modules[2] = s.modules[0];
    s.modules[2].name = KZ_STR("shop");
    s.modules[2].user = KZ_STR("system:serviceaccount:team-a:deployer");
    s.modules[2].tenant = KZ_STR("team-a");
    s.modules[3] = (struct kz_inventory_module){.name = KZ_STR("new"), .user = KZ_STR("robot")};
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
        cr_expect(kz_str_is(back.by, "1.2.3"));
        cr_assert_eq(back.n_entries, s.n_entries);
        cr_assert_eq(back.n_modules, s.n_modules);
        for (size_t k = 0; k < s.n_entries; k++)
            expect_entry(&back.entries[k], &s.entries[k]);
        for (size_t k = 0; k < s.n_modules; k++) {
            cr_expect(kz_str_eq(back.modules[k].name, s.modules[k].name));
            cr_expect(kz_str_eq(back.modules[k].revision, s.modules[k].revision));
            cr_expect(kz_str_eq(back.modules[k].after, s.modules[k].after));
            cr_expect(kz_str_eq(back.modules[k].user, s.modules[k].user));
            cr_expect(kz_str_eq(back.modules[k].tenant, s.modules[k].tenant));
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

/* A cluster-wide object whose namespace was never set, and one of which only the live hash is known. */
Test(inventory, what_is_not_set_stays_so)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_entry e = {.id = {.kind = KZ_STR("Node"), .name = KZ_STR("n")}, .version = KZ_STR("v1"),
                         .module = KZ_STR("m"), .owned = {0, 5}};
    struct kz_inventory_module m = {.name = KZ_STR("m"), .release = {.key = {5, 6}, .number = 1, .time = -1}};
    const struct kz_shard s = {.generation = INT64_MAX, .epoch = INT64_MAX, .entries = &e, .n_entries = 1,
                               .modules = &m, .n_modules = 1};
    struct kz_shard back;
    struct kz_err err = {0};
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    kz_shard_write(&b, &s);
    cr_assert_eq(kz_shard_read(&back, a, kz_buf_str(&b), KZ_STR("x"), &err), 0, "%s", err.frame[0]);
    cr_expect_eq(back.generation, INT64_MAX);
    cr_expect_eq(back.epoch, INT64_MAX);
    cr_expect_eq(back.modules[0].release.time, -1);
    cr_expect_not(back.modules[0].release.seeded);
    expect_entry(&back.entries[0], &e);
}

/* The writer's buffer is full: the caller sees it there. */
Test(inventory, a_text_that_became_too_long_is_no_inventory)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_shard s = sample(a, 3);
    kz_autobuf struct kz_buf b = KZ_BUF(200);
    kz_shard_write(&b, &s);
    cr_expect(kz_buf_bad(&b));
}

/* The members of a text whose hash is true; NULL: as it is written. */
static const struct content {
    const char *name, *head, *strings, *kinds, *modules, *objects;
    const char *want; /* of the error; NULL: it is read */
} contents[] = {
    {.name = "as it is written"},
    {.name = "no epoch, as before there was one", .head = "\"v\":1,\"generation\":1"},
    {.name = "another version", .head = "\"v\":2,\"generation\":1", .want = "version is not 1"},
    {.name = "no generation", .head = "\"v\":1", .want = "no generation"},
    {.name = "a generation below 0", .head = "\"v\":1,\"generation\":-1", .want = "no generation"},
    {.name = "an epoch below 0", .head = "\"v\":1,\"generation\":1,\"epoch\":-1", .want = "epoch is not a number"},
    {.name = "an epoch that is a text", .head = "\"v\":1,\"generation\":1,\"epoch\":\"1\"", .want = "epoch is not a number"},
    {.name = "strings are no list", .strings = "{}", .want = "a table is missing"},
    {.name = "kinds are no list", .kinds = "{}", .want = "a table is missing"},
    {.name = "modules are no list", .modules = "{}", .want = "a table is missing"},
    {.name = "objects are no list", .objects = "{}", .want = "a table is missing"},

    {.name = "a module with a release", .modules = "[[2,\"r\",\"\",\"\",\"0123456789abcdef0123456789abcdef\",1,5,true]]"},
    {.name = "a module without a name", .modules = "[[0,\"r\",\"\",\"\"]]", .want = "a module's entry"},
    {.name = "a module of no string", .modules = "[[9,\"r\",\"\",\"\"]]", .want = "a module's entry"},
    {.name = "a module's revision is no text", .modules = "[[2,1,\"\",\"\"]]", .want = "a module's entry"},
    {.name = "a module's render is no hash", .modules = "[[2,\"r\",\"12\",\"\"]]", .want = "a module's entry"},
    {.name = "a module's render is no text", .modules = "[[2,\"r\",1,\"\"]]", .want = "a module's entry"},
    {.name = "a module's quarantine is no hash", .modules = "[[2,\"r\",\"\",\"12\"]]", .want = "a module's entry"},
    {.name = "a module that depends on others", .modules = "[[2,\"r\",\"\",\"\",\"db\"]]"},
    {.name = "a module with a user", .modules = "[[2,\"r\",\"\",\"\",\"\",\"robot\",\"\"]]"},
    {.name = "a module with a user and a tenant", .modules = "[[2,\"r\",\"\",\"\",\"db\",\"robot\",\"team-a\"]]"},
    {.name = "a tenant without a user", .modules = "[[2,\"r\",\"\",\"\",\"db\",\"\",\"team-a\"]]", .want = "a module's entry"},
    {.name = "a user that is no text", .modules = "[[2,\"r\",\"\",\"\",\"db\",1,\"\"]]", .want = "a module's entry"},
    {.name = "a tenant that is no text", .modules = "[[2,\"r\",\"\",\"\",\"db\",\"robot\",1]]", .want = "a module's entry"},
    {.name = "what a module depends on is no text", .modules = "[[2,\"r\",\"\",\"\",1]]", .want = "a module's entry"},
    {.name = "what a module depends on is empty", .modules = "[[2,\"r\",\"\",\"\",\"\"]]", .want = "a module's entry"},
    {.name = "a writer that is no text", .head = "\"v\":1,\"generation\":1,\"by\":1", .want = "version of its writer"},
    {.name = "a number of shards below 0", .head = "\"v\":1,\"generation\":1,\"shards\":-1", .want = "number of shards"},
    {.name = "more shards than there can be", .head = "\"v\":1,\"generation\":1,\"shards\":1000000000", .want = "more shards"},
    {.name = "a module without a quarantine", .modules = "[[2,\"r\",\"\"]]", .want = "a module's entry"},
    {.name = "a module of too many columns",
     .modules = "[[2,\"r\",\"\",\"\",\"0123456789abcdef0123456789abcdef\",1,5,true,\"db\",\"robot\",\"team-a\",\"\"]]",
     .want = "a module's entry"},
    {.name = "half a release", .modules = "[[2,\"r\",\"\",\"\",\"\",1]]", .want = "a module's entry"},
    {.name = "a release that says neither yes nor no",
     .modules = "[[2,\"r\",\"\",\"\",\"0123456789abcdef0123456789abcdef\",1,5,\"true\"]]", .want = "a module's entry"},
    {.name = "a release whose key is no hash", .modules = "[[2,\"r\",\"\",\"\",\"12\",1,5,true]]", .want = "a module's entry"},
    {.name = "a release without a key", .modules = "[[2,\"r\",\"\",\"\",\"\",1,5,true]]", .want = "a module's entry"},
    {.name = "a release of number 0",
     .modules = "[[2,\"r\",\"\",\"\",\"0123456789abcdef0123456789abcdef\",0,5,true]]", .want = "a module's entry"},
    {.name = "a release with too large a number",
     .modules = "[[2,\"r\",\"\",\"\",\"0123456789abcdef0123456789abcdef\",4294967296,5,true]]", .want = "a module's entry"},
    {.name = "a release without a time",
     .modules = "[[2,\"r\",\"\",\"\",\"0123456789abcdef0123456789abcdef\",1,\"now\",true]]", .want = "a module's entry"},

    {.name = "an object of no kind", .objects = "[[1,1,2,0,\"n\",\"u\",\"\"]]", .want = "an object's entry"},
    {.name = "an object of kind -1", .objects = "[[-1,1,2,0,\"n\",\"u\",\"\"]]", .want = "an object's entry"},
    {.name = "an object of no namespace", .objects = "[[0,9,2,0,\"n\",\"u\",\"\"]]", .want = "an object's entry"},
    {.name = "an object of no module", .objects = "[[0,1,9,0,\"n\",\"u\",\"\"]]", .want = "an object's entry"},
    {.name = "a wave below 0", .objects = "[[0,1,2,-1,\"n\",\"u\",\"\"]]", .want = "an object's entry"},
    {.name = "too large a wave", .objects = "[[0,1,2,2147483648,\"n\",\"u\",\"\"]]", .want = "an object's entry"},
    {.name = "an object without a name", .objects = "[[0,1,2,0,\"\",\"u\",\"\"]]", .want = "an object's entry"},
    {.name = "a name that is no text", .objects = "[[0,1,2,0,1,\"u\",\"\"]]", .want = "an object's entry"},
    {.name = "a uid that is no text", .objects = "[[0,1,2,0,\"n\",1,\"\"]]", .want = "an object's entry"},
    {.name = "hashes that are no text", .objects = "[[0,1,2,0,\"n\",\"u\",1]]", .want = "an object's entry"},
    {.name = "hashes that are none", .objects = "[[0,1,2,0,\"n\",\"u\",\"12\"]]", .want = "an object's entry"},
    {.name = "one hash for two",
     .objects = "[[0,1,2,0,\"n\",\"u\",\"0123456789abcdef0123456789abcdef\"]]", .want = "an object's entry"},
    {.name = "too short a row", .objects = "[[0,1,2,0,\"n\",\"u\"]]", .want = "an object's entry"},
    {.name = "a bad row before a good one", .objects = "[[0],[0,1,2,0,\"n\",\"u\",\"\"]]", .want = "an object's entry"},
    {.name = "an object twice", .objects = "[[0,1,2,0,\"n\",\"u\",\"\"],[0,1,2,0,\"n\",\"v\",\"\"]]", .want = "two entries"},
    {.name = "an object of two modules", .objects = "[[0,1,2,0,\"n\",\"u\",\"\"],[0,1,1,0,\"n\",\"u\",\"\"]]"},

    {.name = "half a kind", .kinds = "[[\"apps\",\"v1\"]]", .want = "an object's entry"},
    {.name = "a group that is no text", .kinds = "[[1,\"v1\",\"A\"]]", .want = "an object's entry"},
    {.name = "a version that is no text", .kinds = "[[\"apps\",1,\"A\"]]", .want = "an object's entry"},
    {.name = "a kind that is no text", .kinds = "[[\"apps\",\"v1\",1]]", .want = "an object's entry"},
    {.name = "no version", .kinds = "[[\"apps\",\"\",\"A\"]]", .want = "an object's entry"},
    {.name = "no kind", .kinds = "[[\"apps\",\"v1\",\"\"]]", .want = "an object's entry"},
    {.name = "a namespace that is no text", .strings = "[\"\",1,\"m\"]", .want = "an object's entry"},
    {.name = "no JSON", .objects = "[", .want = "read inventory 'x'"},
};

/* With the hash of all that stands before it, as the writer adds it. */
static struct kz_str with_hash(struct kz_arena *a, struct kz_str text)
{
    char hash[KZ_HASH_TEXT];
    kz_hash_text(hash, kz_hash(text));
    return kz_str_printf(a, KZ_FMT ",\"hash\":\"%s\"}", KZ_ARG(text), hash);
}

static const char *or(const char *s, const char *usual)
{
    return s == NULL ? usual : s;
}

static bool has_frame(const struct kz_err *err, const char *part)
{
    for (unsigned i = 0; i < err->depth; i++)
        if (strstr(err->frame[i], part) != NULL)
            return true;
    return false;
}

Test(inventory, contents)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(contents); i++) {
        const struct content *c = &contents[i];
        struct kz_shard back;
        struct kz_err err = {0};
        struct kz_str text = kz_str_printf(
            a, "{%s,\"strings\":%s,\"kinds\":%s,\"modules\":%s,\"objects\":%s",
            or(c->head, "\"v\":1,\"generation\":1,\"epoch\":1"), or(c->strings, "[\"\",\"shop\",\"m\"]"),
            or(c->kinds, "[[\"apps\",\"v1\",\"Deployment\"]]"), or(c->modules, "[[2,\"r\",\"\",\"\"]]"),
            or(c->objects, "[[0,1,2,0,\"n\",\"u\",\"\"]]"));
        int rc = kz_shard_read(&back, a, with_hash(a, text), KZ_STR("x"), &err);
        if (c->want == NULL) {
            cr_expect_eq(rc, 0, "%s: %s", c->name, err.frame[0]);
            continue;
        }
        cr_expect_eq(rc, -KZ_E_PARSE, "%s", c->name);
        cr_expect(has_frame(&err, c->want), "%s: %s", c->name, err.frame[0]);
    }
}

/* A ConfigMap holds no more; its hash is not even asked for. */
Test(inventory, too_long_a_text)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(8 << 20);
    char *text = kz_arena_alloc(a, (1 << 20) + 1);
    struct kz_shard back;
    struct kz_err err = {0};
    memset(text, ' ', (1 << 20) + 1);
    cr_expect_eq(kz_shard_read(&back, a, kz_str_n(text, (1 << 20) + 1), KZ_STR("x"), &err), -KZ_E_PARSE);
    cr_expect(has_frame(&err, "larger than 1 MiB"));
}
