/* SPDX-License-Identifier: Apache-2.0
 *
 * A module over many shards of the inventory: nothing is lost on the way to the cluster and back, and a shard that
 * is missing, damaged or double is noticed. */
#include "sync/store.h"
#include "../kube/fake.h"
#include "base/map.h"
#include "resource/object.h"
#include "value/json.h"

#include <criterion/criterion.h>

#define MAPS "/api/v1/namespaces/kz/configmaps"

enum { SMALL = 2048, MANY = 60, SHARDS = 96 };

static struct fake f;
static struct kz_kube *k;
static struct kz_arena *a;
static char *stored[SHARDS]; /* the texts in the cluster, by number; NULL: none */
static int loads, flushes;

static void nothing(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err;
}

static void on_loaded(void *arg, const struct kz_err *err)
{
    (void)arg;
    cr_assert_null(err);
    loads++;
}

static void on_flushed(void *arg, const struct kz_err *err)
{
    (void)arg;
    cr_assert_null(err, "%s", err == NULL ? "" : err->frame[0]);
    flushes++;
}

static void on_refused(void *arg, const struct kz_err *err)
{
    cr_assert_not_null(err);
    ++*(int *)arg;
}

static void begin(void)
{
    loads = flushes = 0;
    memset(stored, 0, sizeof stored);
    a = kz_arena_new(256 << 20);
    fake_init(&f);
    k = kz_kube_new(&f.env, &f.http, &(struct kz_kube_options){0});
    kz_kube_discover(k, nothing, NULL);
    fake_discovery(&f);
}

static void end(void)
{
    kz_kube_free(k);
    kz_arena_free(a);
    fake_done(&f);
}

/* ---- the cluster -------------------------------------------------------------------------------- */

static char *keep(struct kz_str text)
{
    char *copy = kz_arena_bytes(a, text.len + 1);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

/* Takes one write of shard n; what was sent is stored. */
static void take_write(const char *line, unsigned n)
{
    struct kz_value *body;
    struct kz_err err;
    char reply[64];
    int rc = kz_json_read(&body, a, fake_find(&f, line)->req.body, KZ_STR("write"), &err);
    cr_assert_eq(rc, 0);
    stored[n] = keep(kz_value_as_str(kz_value_get(kz_value_get(body, "data"), "inventory")));
    (void)snprintf(reply, sizeof reply, "{\"metadata\":{\"resourceVersion\":\"%u\"}}", 100 + n);
    fake_answer(&f, line, 200, reply);
}

static bool take_number(unsigned n)
{
    char put[128];
    (void)snprintf(put, sizeof put, "PUT " MAPS "/kzsync-inventory-p-%u?", n);
    if (fake_has(&f, put)) {
        take_write(put, n);
        return true;
    }
    char name[64];
    (void)snprintf(name, sizeof name, "\"kzsync-inventory-p-%u\"", n);
    if (!fake_has(&f, "POST " MAPS) || !kz_str_has(fake_find(&f, "POST " MAPS)->req.body, kz_str(name)))
        return false;
    take_write("POST " MAPS, n);
    return true;
}

/* Answers all writes; how many there were. */
static unsigned take_writes(void)
{
    unsigned n = 0;
    for (bool more = true; more;) {
        more = false;
        for (unsigned i = 0; i < SHARDS; i++)
            while (take_number(i)) {
                n++;
                more = true;
            }
    }
    return n;
}

static void flush(struct kz_store *s)
{
    int before = flushes;
    kz_store_flush(s, on_flushed, NULL);
    fake_run(&f, 0);
    (void)take_writes();
    cr_assert_eq(flushes, before + 1);
}

static void put_item(struct kz_buf *b, unsigned n, bool first)
{
    kz_buf_printf(b, "%s{\"metadata\":{\"name\":\"kzsync-inventory-p-%u\",\"resourceVersion\":\"%u\"},\"data\":{\"inventory\":",
                  first ? "" : ",", n, 100 + n);
    kz_json_write_str(b, kz_str(stored[n]));
    kz_buf_puts(b, "}}");
}

static void answer_page(unsigned from, unsigned to, const char *more)
{
    struct kz_buf b;
    bool first = true;
    kz_buf_init(&b, 16 << 20);
    kz_buf_printf(&b, "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"%s\"},\"items\":[", more);
    for (unsigned i = from; i < to; i++)
        if (stored[i] != NULL) {
            put_item(&b, i, first);
            first = false;
        }
    kz_buf_puts(&b, "]}");
    fake_answer(&f, "GET " MAPS "?", 200, kz_cstr(a, kz_buf_str(&b)));
    kz_buf_done(&b);
}

/* A store that has read what is stored. */
static struct kz_store *load(size_t limit)
{
    struct kz_store *s = kz_store_new(&f.env, k, KZ_STR("kz"), KZ_STR("p"), false);
    int before = loads;
    kz_store_limit(s, limit);
    kz_store_load(s, on_loaded, NULL);
    answer_page(0, SHARDS, "");
    cr_assert_eq(loads, before + 1);
    kz_store_lead(s, 1, false);
    return s;
}

/* ---- entries ------------------------------------------------------------------------------------ */

static struct kz_id id_of(unsigned i)
{
    return (struct kz_id){KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), kz_str_printf(a, "c%u", i)};
}

static struct kz_str key_of(unsigned i)
{
    struct kz_id id = id_of(i);
    return kz_id_key(a, &id);
}

static void add(struct kz_store *s, const char *module, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct kz_id id = id_of(i);
        (void)kz_store_add(s, kz_store_module(s, kz_str(module)), key_of(i), &id, KZ_STR("v1"), 0);
    }
}

static void confirm(struct kz_store *s, const char *module, unsigned i, const char *uid)
{
    kz_store_confirm(s, kz_store_module(s, kz_str(module)), key_of(i), kz_str(uid), (struct kz_hash){i + 1, 1},
                     (struct kz_hash){i + 1, 2});
}

static unsigned n_stored(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < SHARDS; i++)
        n += stored[i] != NULL;
    return n;
}

static void fill_cluster(void)
{
    struct kz_store *s = load(SMALL);
    add(s, "big", 0, MANY);
    flush(s);
    for (unsigned i = 0; i < MANY; i++)
        confirm(s, "big", i, "0f0e6a7c-2d68-4b16-9c1c-93ad5b4a2a53");
    flush(s);
    flush(s); /* the number of shards */
    kz_store_free(s);
}

static size_t known(struct kz_store *s, const char *module)
{
    return kz_store_module(s, kz_str(module))->entries.len;
}

/* ---- tests -------------------------------------------------------------------------------------- */

Test(store_shards, a_module_larger_than_a_shard_lies_in_many, .init = begin, .fini = end)
{
    fill_cluster();
    cr_assert_gt(n_stored(), 5);
    for (unsigned i = 0; i < n_stored(); i++)
        cr_expect_leq(strlen(stored[i]), SMALL, "shard %u has %zu bytes", i, strlen(stored[i]));
    struct kz_store *s = load(SMALL);
    cr_assert(kz_store_trusted(s), "%s", kz_store_distrust(s));
    cr_assert(kz_store_clean(s));
    cr_assert_eq(known(s, "big"), MANY);
    for (unsigned i = 0; i < MANY; i++) {
        const struct kz_store_entry *e = kz_store_find(kz_store_module(s, KZ_STR("big")), key_of(i));
        cr_assert_not_null(e);
        cr_expect(kz_str_is(e->pub.uid, "0f0e6a7c-2d68-4b16-9c1c-93ad5b4a2a53"));
        cr_expect(kz_hash_eq(e->pub.owned, (struct kz_hash){i + 1, 2}));
    }
    kz_store_free(s);
}

Test(store_shards, only_what_changed_is_written, .init = begin, .fini = end)
{
    fill_cluster();
    struct kz_store *s = load(SMALL);
    confirm(s, "big", MANY - 1, "another");
    kz_store_flush(s, on_flushed, NULL);
    fake_run(&f, 0);
    cr_assert_eq(take_writes(), 1);
    kz_store_forget(s, kz_store_module(s, KZ_STR("big")), key_of(0));
    kz_store_flush(s, on_flushed, NULL);
    fake_run(&f, 0);
    cr_assert_eq(take_writes(), 1);
    kz_store_free(s);
    s = load(SMALL);
    cr_assert_eq(known(s, "big"), MANY - 1);
    kz_store_free(s);
}

Test(store_shards, each_missing_shard_is_noticed_and_the_last_one_too, .init = begin, .fini = end)
{
    fill_cluster();
    for (unsigned i = 0, n = n_stored(); i < n; i++) {
        char *text = stored[i];
        stored[i] = NULL;
        struct kz_store *s = load(SMALL);
        cr_expect_not(kz_store_trusted(s), "shard %u is missing", i);
        cr_expect(known(s, "big") < MANY && known(s, "big") > 0);
        kz_store_free(s);
        stored[i] = text;
    }
}

Test(store_shards, each_damaged_shard_is_noticed, .init = begin, .fini = end)
{
    fill_cluster();
    for (unsigned i = 0, n = n_stored(); i < n; i++) {
        char *byte = &stored[i][strlen(stored[i]) / 2];
        *byte ^= 1;
        struct kz_store *s = load(SMALL);
        cr_expect_not(kz_store_trusted(s), "shard %u is damaged", i);
        kz_store_free(s);
        *byte ^= 1;
    }
}

/* Before its answer has come, a new shard is in no count: a crash must not make it look lost. */
Test(store_shards, a_crash_between_two_new_shards_keeps_the_trust, .init = begin, .fini = end)
{
    struct kz_store *s = load(SMALL);
    add(s, "big", 0, 20);
    kz_store_flush(s, on_flushed, NULL);
    fake_run(&f, 0);
    cr_assert(take_number(0));
    cr_assert(take_number(1));
    kz_store_free(s);
    cr_assert_eq(flushes, 0);
    s = load(SMALL);
    cr_expect(kz_store_trusted(s), "%s", kz_store_distrust(s));
    kz_store_free(s);
}

/* Nobody makes a lost one anew that has nothing to say; what is behind it does not wait for that. */
Test(store_shards, a_lost_shard_holds_up_no_new_one, .init = begin, .fini = end)
{
    fill_cluster();
    const unsigned n = n_stored();
    stored[n - 2] = NULL;
    struct kz_store *s = load(SMALL);
    cr_assert_not(kz_store_trusted(s));
    confirm(s, "big", 0, "another");
    kz_store_flush(s, on_flushed, NULL);
    fake_run(&f, 0);
    cr_assert_eq(take_writes(), 1);
    add(s, "more", 1000, 1000 + MANY);
    flush(s);
    cr_assert_gt(n_stored(), n);
    kz_store_free(s);
}

/* A gap means that one was lost. So none is made before those below it are there, wherever the crash comes. */
Test(store_shards, new_shards_are_made_one_after_another, .init = begin, .fini = end)
{
    struct kz_store *s = load(SMALL);
    add(s, "big", 0, MANY);
    kz_store_flush(s, on_flushed, NULL);
    fake_run(&f, 0);
    for (unsigned n = 0; flushes == 0; n++) {
        cr_assert_eq(fake_open(&f), 1);
        cr_assert(take_number(n));
    }
    cr_assert_gt(n_stored(), 5);
    kz_store_free(s);
}

Test(store_shards, who_waits_for_new_shards_hears_of_the_first_that_fails, .init = begin, .fini = end)
{
    struct kz_store *s = load(SMALL);
    int failed = 0;
    add(s, "big", 0, MANY);
    kz_store_flush(s, on_refused, &failed);
    fake_run(&f, 0);
    cr_assert(take_number(0));
    fake_answer(&f, "POST " MAPS, 403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403}");
    cr_assert_eq(failed, 1);
    cr_assert_eq(fake_open(&f), 0, "none behind it is made");
    flush(s);
    cr_assert_gt(n_stored(), 5);
    kz_store_free(s);
}

Test(store_shards, an_old_shard_above_the_limit_is_read_and_grows_no_more, .init = begin, .fini = end)
{
    struct kz_store *s = load(64 << 10);
    add(s, "big", 0, MANY);
    flush(s);
    cr_assert_eq(n_stored(), 1);
    kz_store_free(s);
    s = load(SMALL);
    cr_assert(kz_store_trusted(s));
    cr_assert_eq(known(s, "big"), MANY);
    add(s, "big", MANY, MANY + 5);
    flush(s);
    cr_assert_eq(n_stored(), 2);
    kz_store_free(s);
    s = load(SMALL);
    cr_assert_eq(known(s, "big"), MANY + 5);
    kz_store_free(s);
}

/* A text of before there were counts. */
Test(store_shards, a_shard_without_a_count_is_read, .init = begin, .fini = end)
{
    struct kz_buf b;
    struct kz_entry e = {.id = id_of(0), .version = KZ_STR("v1"), .module = KZ_STR("m")};
    struct kz_inventory_module m = {.name = KZ_STR("m")};
    kz_buf_init(&b, 1 << 16);
    kz_shard_write(&b, &(struct kz_shard){.epoch = 1, .entries = &e, .n_entries = 1, .modules = &m, .n_modules = 1});
    cr_assert_not(kz_str_has(kz_buf_str(&b), KZ_STR("\"shards\"")));
    stored[0] = keep(kz_buf_str(&b));
    kz_buf_done(&b);
    struct kz_store *s = load(KZ_INVENTORY_SHARD);
    cr_expect(kz_store_trusted(s));
    cr_expect_eq(known(s, "m"), 1);
    kz_store_free(s);
}

Test(store_shards, what_moves_is_in_the_cluster_all_the_time, .init = begin, .fini = end)
{
    struct kz_store *s = load(SMALL);
    add(s, "from", 0, 1);
    confirm(s, "from", 0, "uid");
    flush(s);
    add(s, "to", 0, 1);
    kz_store_hand_over(s, kz_store_module(s, KZ_STR("from")), key_of(0));
    cr_expect_eq(known(s, "from"), 0);
    cr_expect(kz_str_is(kz_str(kz_store_owner(s, key_of(0))->name), "to"));
    flush(s);
    cr_expect(kz_str_has(kz_str(stored[0]), KZ_STR("\"uid\"")), "both have it");
    fake_run(&f, 3 * KZ_NS_PER_SEC); /* by itself */
    cr_assert_eq(take_writes(), 1);
    cr_expect_not(kz_str_has(kz_str(stored[0]), KZ_STR("\"uid\"")));
    kz_store_free(s);
    s = load(SMALL);
    cr_expect_eq(known(s, "from"), 0);
    cr_expect_eq(known(s, "to"), 1);
    kz_store_free(s);
}

/* Handed over while a round is under way: that one may have been written without it. */
Test(store_shards, what_moves_during_a_round_waits_for_the_next, .init = begin, .fini = end)
{
    struct kz_store *s = load(SMALL);
    add(s, "from", 0, 1);
    confirm(s, "from", 0, "uid");
    flush(s);
    add(s, "to", 0, 1);
    add(s, "to", 1, 1);
    kz_store_flush_now(s);
    fake_run(&f, 0); /* its write is on its way */
    kz_store_hand_over(s, kz_store_module(s, KZ_STR("from")), key_of(0));
    kz_store_hand_over(s, kz_store_module(s, KZ_STR("from")), key_of(9)); /* which it never had */
    cr_assert_eq(take_writes(), 1);
    cr_expect(kz_str_has(kz_str(stored[0]), KZ_STR("\"uid\"")), "it is still there");
    flush(s);
    fake_run(&f, 3 * KZ_NS_PER_SEC);
    (void)take_writes();
    cr_expect_not(kz_str_has(kz_str(stored[0]), KZ_STR("\"uid\"")));
    kz_store_free(s);
}

/* Each round writes whole shards, so of many there is one now and then, but never seldom. */
Test(store_shards, many_shards_are_written_less_often, .init = begin, .fini = end)
{
    struct kz_store *s = load(SMALL);
    add(s, "m", 0, 420);
    flush(s);
    confirm(s, "m", 0, "uid");
    kz_store_flush_soon(s);
    fake_run(&f, 3 * KZ_NS_PER_SEC);
    cr_expect_eq(take_writes(), 0, "not after two seconds");
    fake_run(&f, 60 * KZ_NS_PER_SEC);
    cr_expect_geq(take_writes(), 1);
    kz_store_free(s);
}

Test(store_shards, what_moves_there_and_back_has_one_entry, .init = begin, .fini = end)
{
    struct kz_store *s = load(SMALL);
    add(s, "from", 0, 1);
    confirm(s, "from", 0, "uid");
    add(s, "to", 0, 1);
    kz_store_hand_over(s, kz_store_module(s, KZ_STR("from")), key_of(0));
    add(s, "from", 0, 1);
    kz_store_hand_over(s, kz_store_module(s, KZ_STR("to")), key_of(0));
    flush(s);
    flush(s);
    kz_store_free(s);
    s = load(SMALL);
    cr_assert(kz_store_trusted(s), "%s", kz_store_distrust(s));
    cr_expect_eq(known(s, "from"), 1);
    cr_expect_eq(known(s, "to"), 0);
    const struct kz_store_entry *e = kz_store_find(kz_store_module(s, KZ_STR("from")), key_of(0));
    cr_expect(kz_str_is(e->pub.uid, "uid"));
    kz_store_free(s);
}

/* Forgotten in one shard and made anew in another, and only one of the two was written. */
Test(store_shards, an_entry_in_two_shards_counts_as_not_confirmed, .init = begin, .fini = end)
{
    static const struct {
        const char *uid;
        uint64_t desired, owned;
        bool confirmed;
    } rows[] = {{"one", 1, 2, true}, {"two", 1, 2, false}, {"one", 3, 2, false}, {"one", 1, 3, false}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        for (unsigned n = 0; n < 2; n++) {
            struct kz_buf b;
            struct kz_entry e = {.id = id_of(0), .version = KZ_STR("v1"), .module = KZ_STR("m"),
                                 .uid = n == 0 ? KZ_STR("one") : kz_str(rows[i].uid),
                                 .desired = {1, n == 0 ? 1 : rows[i].desired}, .owned = {1, n == 0 ? 2 : rows[i].owned}};
            kz_buf_init(&b, 1 << 16);
            kz_shard_write(&b, &(struct kz_shard){.epoch = 1, .entries = &e, .n_entries = 1});
            stored[n] = keep(kz_buf_str(&b));
            kz_buf_done(&b);
        }
        struct kz_store *s = load(KZ_INVENTORY_SHARD);
        cr_expect(kz_store_trusted(s));
        cr_assert_eq(known(s, "m"), 1);
        const struct kz_store_entry *e = kz_store_find(kz_store_module(s, KZ_STR("m")), key_of(0));
        cr_expect_eq(e->pub.uid.len > 0, rows[i].confirmed, "%zu", i);
        cr_expect_eq(!kz_hash_is_none(e->pub.desired), rows[i].confirmed);
        flush(s);
        kz_store_free(s);
        s = load(KZ_INVENTORY_SHARD);
        cr_expect(kz_store_clean(s), "it stands in one now");
        kz_store_free(s);
    }
}

Test(store_shards, a_list_that_begins_anew_counts_once, .init = begin, .fini = end)
{
    fill_cluster();
    struct kz_store *s = kz_store_new(&f.env, k, KZ_STR("kz"), KZ_STR("p"), false);
    kz_store_limit(s, SMALL);
    kz_store_load(s, on_loaded, NULL);
    answer_page(0, 3, "next");
    fake_answer(&f, "continue=next", 410, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410}");
    answer_page(0, 4, "more");
    answer_page(4, SHARDS, "");
    cr_assert(kz_store_trusted(s), "%s", kz_store_distrust(s));
    cr_assert_eq(known(s, "big"), MANY);
    cr_assert(kz_store_clean(s));
    kz_store_free(s);
}

/* ---- rights ------------------------------------------------------------------------------------- */

/* What changed is told, so that it is written; the next leader reads the same. */
Test(store_shards, rights_of_a_module, .init = begin, .fini = end)
{
    static const struct {
        const char *user, *tenant;
        bool news;
    } rows[] = {
        {"", "", false},
        {"robot", "", true},
        {"robot", "", false},
        {"robot", "team-a", true},
        {"robot", "team-b", true},
        {"deployer", "team-b", true},
        {"", "", true},
        {"deployer", "team-a", true},
    };
    struct kz_store *s = load(SMALL);
    add(s, "m", 0, 1);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_store_module *m = kz_store_module(s, KZ_STR("m"));
        cr_expect_eq(kz_store_set_rights(s, m, kz_str(rows[i].user), kz_str(rows[i].tenant)), rows[i].news, "%zu", i);
        kz_store_touch(s, m);
        flush(s);
        kz_store_free(s);
        s = load(SMALL);
        cr_assert(kz_store_trusted(s), "%s", kz_store_distrust(s));
        m = kz_store_module(s, KZ_STR("m"));
        cr_expect_str_eq(m->user == NULL ? "" : m->user, rows[i].user, "%zu", i);
        cr_expect_str_eq(m->tenant == NULL ? "" : m->tenant, rows[i].tenant, "%zu", i);
    }
    kz_store_free(s);
}
