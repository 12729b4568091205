/* SPDX-License-Identifier: Apache-2.0
 *
 * The inventory in the cluster and its epochs: whose text is taken over, and whose means that another leads. */
#include "sync/store.h"
#include "../kube/fake.h"
#include "resource/object.h"
#include "value/json.h"

#include <criterion/criterion.h>

#define SHARD "/api/v1/namespaces/kz/configmaps/kzsync-inventory-p-0?"

static struct fake f;
static struct kz_kube *k;
static struct kz_store *store;
static struct {
    int loads, flushes;
    enum kz_code code;
} got;

static void nothing(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err;
}

static void on_loaded(void *arg, const struct kz_err *err)
{
    (void)arg;
    cr_assert_null(err);
    got.loads++;
}

static void on_flushed(void *arg, const struct kz_err *err)
{
    (void)arg;
    got.flushes++;
    got.code = err == NULL ? KZ_OK : err->code;
}

/* A shard of this epoch with one ConfigMap `name` of a module; without_row: that is in no other table. */
static struct kz_str shard_of(const char *module, bool without_row, uint64_t epoch, const char *name, const char *version)
{
    struct kz_buf text, json;
    struct kz_entry e = {.id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), kz_str(name)},
                         .version = KZ_STR("v1"), .module = kz_str(module)};
    struct kz_inventory_module m = {.name = kz_str(module)};
    const struct kz_shard s = {.epoch = epoch, .entries = &e, .n_entries = 1, .modules = &m, .n_modules = !without_row};
    kz_buf_init(&text, 1 << 16);
    kz_buf_init(&json, 1 << 16);
    kz_shard_write(&text, &s);
    kz_buf_printf(&json, "{\"metadata\":{\"name\":\"kzsync-inventory-p-0\",\"resourceVersion\":\"%s\"},"
                         "\"data\":{\"inventory\":", version);
    kz_json_write_str(&json, kz_buf_str(&text));
    kz_buf_puts(&json, "}}");
    struct kz_str out = kz_str_dup(f.arena, kz_buf_str(&json));
    kz_buf_done(&text);
    kz_buf_done(&json);
    return out;
}

static struct kz_str shard(uint64_t epoch, const char *name, const char *version)
{
    return shard_of("m", false, epoch, name, version);
}

static void begin(void)
{
    memset(&got, 0, sizeof got);
    fake_init(&f);
    k = kz_kube_new(&f.env, &f.http, &(struct kz_kube_options){0});
    kz_kube_discover(k, nothing, NULL);
    fake_discovery(&f);
    store = kz_store_new(&f.env, k, KZ_STR("kz"), KZ_STR("p"), false);
    kz_store_load(store, on_loaded, NULL);
    fake_answer(&f, "GET /api/v1/namespaces/kz/configmaps?",
                200, kz_str_printf(f.arena, "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":["
                                            KZ_FMT "]}", KZ_ARG(shard(4, "a", "7"))).ptr);
    cr_assert_eq(got.loads, 1);
    cr_assert(kz_store_trusted(store));
    cr_assert_eq(kz_store_epoch(store), 4);
}

static void end(void)
{
    kz_store_free(store);
    kz_kube_free(k);
    fake_done(&f);
}

static void flush(void)
{
    kz_store_flush(store, on_flushed, NULL);
    fake_run(&f, 0);
}

static bool sends(const char *part)
{
    return kz_str_has(fake_find(&f, "PUT " SHARD)->req.body, kz_str(part));
}

static void lose_to(uint64_t epoch)
{
    fake_answer(&f, "PUT " SHARD, 409, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Conflict\",\"code\":409,"
                                       "\"message\":\"the object has been modified\"}");
    fake_answer(&f, "GET " SHARD, 200, shard(epoch, "b", "8").ptr);
}

Test(store, what_was_given_back_is_not_written_anew, .init = begin, .fini = end)
{
    kz_store_lead(store, 5, false);
    cr_assert(kz_store_clean(store));
    flush();
    cr_assert_eq(got.flushes, 1);
    cr_assert_eq(fake_open(&f), 0);
}

Test(store, what_was_left_is_fenced_with_the_next_flush, .init = begin, .fini = end)
{
    kz_store_lead(store, 5, true);
    flush();
    cr_assert(sends("\\\"epoch\\\":5"));
    cr_assert(sends("\"resourceVersion\":\"7\""));
    fake_answer(&f, "PUT " SHARD, 200, shard(5, "a", "8").ptr);
    cr_assert_eq(got.flushes, 1);
    cr_assert_eq(got.code, KZ_OK);
}

Test(store, a_text_of_an_older_leader_is_taken_over, .init = begin, .fini = end)
{
    kz_store_lead(store, 5, true);
    flush();
    lose_to(4);
    cr_assert(sends("\"resourceVersion\":\"8\""));
    const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), KZ_STR("b")};
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
    cr_assert_not_null(kz_store_owner(store, kz_id_key(a, &id)));
    lose_to(3); /* as often as it takes */
    fake_answer(&f, "PUT " SHARD, 200, shard(5, "a", "9").ptr);
    cr_assert_eq(got.code, KZ_OK);
    cr_assert_eq(got.flushes, 1);
}

Test(store, a_text_of_our_own_or_a_later_epoch_means_that_another_leads, .init = begin, .fini = end)
{
    for (uint64_t epoch = 5; epoch <= 6; epoch++) {
        kz_store_lead(store, 5, true);
        flush();
        lose_to(epoch);
        cr_assert_eq(got.code, KZ_E_CONFLICT, "epoch %d", (int)epoch);
        cr_assert_eq(fake_open(&f), 0);
    }
}

/* ---- rounds of writes ---------------------------------------------------------------------------------- */

static const char conflict[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Conflict\",\"code\":409,"
                               "\"message\":\"the object has been modified\"}";
static const char forbidden[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403,\"message\":\"no\"}";

static struct kz_store_module *module_m(void)
{
    return kz_store_module(store, KZ_STR("m"));
}

static void touch(void)
{
    kz_store_touch(store, module_m());
}

/* The ConfigMap with the text that is on its way just now. */
static const char *as_sent(const char *version)
{
    struct kz_value *body;
    struct kz_err err;
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    cr_assert_eq(kz_json_read(&body, f.arena, fake_find(&f, "PUT " SHARD)->req.body, KZ_STR("sent"), &err), 0);
    kz_buf_printf(&b, "{\"metadata\":{\"name\":\"kzsync-inventory-p-0\",\"resourceVersion\":\"%s\"},\"data\":", version);
    kz_json_write(&b, kz_value_get(body, "data"), KZ_JSON_COMPACT);
    kz_buf_puts(&b, "}");
    return kz_str_dup(f.arena, kz_buf_str(&b)).ptr;
}

Test(store, those_who_wait_share_a_round_or_get_the_next, .init = begin, .fini = end)
{
    kz_store_lead(store, 5, false);
    touch();
    kz_store_flush(store, on_flushed, NULL);
    kz_store_flush(store, on_flushed, NULL);
    fake_run(&f, 0);
    touch(); /* while the first is on its way */
    kz_store_flush(store, on_flushed, NULL);
    kz_store_flush_soon(store);
    kz_store_flush_now(store);
    fake_run(&f, 0);
    cr_assert_not(kz_store_clean(store));
    cr_assert_eq(fake_open(&f), 1);
    fake_answer(&f, "PUT " SHARD, 200, as_sent("8"));
    cr_assert_eq(got.flushes, 2);
    cr_assert(sends("\"resourceVersion\":\"8\""));
    fake_answer(&f, "PUT " SHARD, 200, as_sent("9"));
    cr_assert_eq(got.flushes, 3);
    cr_assert(kz_store_clean(store));
    kz_store_flush_now(store);
    kz_store_flush_soon(store);
    fake_run(&f, 5 * KZ_NS_PER_SEC);
    cr_assert_eq(fake_open(&f), 0, "nothing is dirty");
}

/* Asked for between the request for a round and its begin. */
Test(store, a_round_that_another_one_has_begun, .init = begin, .fini = end)
{
    kz_store_lead(store, 5, false);
    touch();
    kz_store_flush_soon(store);
    kz_store_flush_soon(store);
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    fake_answer(&f, "PUT " SHARD, 200, as_sent("8"));
    cr_assert(kz_store_clean(store));
}

Test(store, a_lost_reply_of_our_own_write, .init = begin, .fini = end)
{
    kz_store_lead(store, 5, true);
    flush();
    const char *ours = as_sent("8");
    fake_answer(&f, "PUT " SHARD, 409, conflict);
    fake_answer(&f, "GET " SHARD, 200, ours);
    cr_assert_eq(got.code, KZ_OK);
    cr_assert_eq(got.flushes, 1);
    touch();
    flush();
    cr_assert(sends("\"resourceVersion\":\"8\""));
}

/* One that was given up and stored late; however many there were, the last ones are known. */
Test(store, an_older_text_of_ours, .init = begin, .fini = end)
{
    const char *older = NULL;
    kz_store_lead(store, 5, true);
    for (int i = 0; i < 20; i++) {
        touch();
        flush();
        older = as_sent("8");
        fake_answer(&f, "PUT " SHARD, 200, older);
    }
    touch();
    flush();
    fake_answer(&f, "PUT " SHARD, 409, conflict);
    fake_answer(&f, "GET " SHARD, 200, older);
    cr_assert(fake_has(&f, "PUT " SHARD), "ours goes on top");
    for (int i = 0; fake_has(&f, "PUT " SHARD); i++) { /* not without end: somebody keeps putting it back */
        const char *latest = as_sent("8");
        cr_assert_lt(i, 20);
        fake_answer(&f, "PUT " SHARD, 409, conflict);
        fake_answer(&f, "GET " SHARD, 200, older);
        older = latest;
    }
    cr_assert_eq(got.code, KZ_E_CONFLICT);
    touch();
    flush();
    for (int i = 0; i < 20 && fake_has(&f, "PUT " SHARD); i++)
        lose_to(4);
    cr_assert_eq(got.code, KZ_E_CONFLICT, "nor by an older leader");
}

/* Of a module that we know nothing of, or know from elsewhere. */
Test(store, entries_of_another_module_are_taken_over, .init = begin, .fini = end)
{
    const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), KZ_STR("b")};
    kz_store_lead(store, 5, true);
    flush();
    fake_answer(&f, "PUT " SHARD, 409, conflict);
    fake_answer(&f, "GET " SHARD, 200, shard_of("n", false, 4, "b", "8").ptr);
    cr_assert_eq(kz_store_owner(store, kz_id_key(f.arena, &id)), kz_store_module(store, KZ_STR("n")));
    fake_answer(&f, "PUT " SHARD, 200, as_sent("9"));
    cr_assert_eq(got.code, KZ_OK);
}

/* What won can't be read, or is no text of an inventory. */
Test(store, a_winner_that_cannot_be_read, .init = begin, .fini = end)
{
    kz_store_lead(store, 5, true);
    flush();
    fake_answer(&f, "PUT " SHARD, 409, conflict);
    fake_answer(&f, "GET " SHARD, 403, forbidden);
    cr_assert_eq(got.code, KZ_E_DENIED);
    flush();
    fake_answer(&f, "PUT " SHARD, 409, conflict);
    fake_answer(&f, "GET " SHARD, 200, "{\"metadata\":{\"name\":\"kzsync-inventory-p-0\",\"resourceVersion\":\"8\"},"
                                       "\"data\":{\"inventory\":\"{}\"}}");
    cr_assert_eq(got.code, KZ_E_CONFLICT);
}

Test(store, a_write_that_is_refused_is_tried_with_the_next_flush, .init = begin, .fini = end)
{
    kz_store_lead(store, 5, true);
    flush();
    fake_answer(&f, "PUT " SHARD, 403, forbidden);
    cr_assert_eq(got.code, KZ_E_DENIED);
    cr_assert_not(kz_store_clean(store));
    flush();
    fake_answer(&f, "PUT " SHARD, 200, as_sent("8"));
    cr_assert_eq(got.code, KZ_OK);
}

static void add(const char *module, const char *prefix, int n)
{
    for (int i = 0; i < n; i++) {
        const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"),
                                 kz_str_printf(f.arena, "%s-%0200d", prefix, i)};
        (void)kz_store_add(store, kz_store_module(store, kz_str(module)), kz_id_key(f.arena, &id), &id, KZ_STR("v1"), 0);
    }
}

/* A text that does not fit is not sent: half an inventory would be worse than an old one. Also on top of another
 * one's, which is when it grows unseen, the round ends. */
Test(store, too_large_a_shard, .init = begin, .fini = end)
{
    kz_store_limit(store, 4 << 20);
    kz_store_lead(store, 5, true);
    flush();
    add("m", "big", 6000);
    lose_to(4);
    cr_assert_eq(got.flushes, 1);
    cr_assert_eq(got.code, KZ_E_LIMIT);
    cr_assert_not(fake_has(&f, "PUT"));
    flush();
    cr_assert_eq(got.flushes, 2);
    cr_assert_eq(got.code, KZ_E_LIMIT);
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

static void on_load_end(void *arg, const struct kz_err *err)
{
    (void)arg;
    got.loads++;
    got.code = err == NULL ? KZ_OK : err->code;
}

static void load_again(int status, const char *body)
{
    kz_store_free(store);
    store = kz_store_new(&f.env, k, KZ_STR("kz"), KZ_STR("p"), false);
    kz_store_load(store, on_load_end, NULL);
    fake_answer(&f, "GET /api/v1/namespaces/kz/configmaps?", status, body);
}

Test(store, lists_and_what_they_are_worth, .init = begin, .fini = end)
{
#define LIST(items) "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[" items "]}"
#define NAMED(name) "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"7\"},\"data\":{\"inventory\":\"{}\"}}"
    static const struct {
        const char *name;
        int status;
        const char *body;
        enum kz_code code;
        const char *distrust; /* NULL: it is trusted */
    } rows[] = {
        {"empty", 200, LIST(""), KZ_OK, NULL},
        {"no namespace yet", 404,
         "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404,\"details\":{\"name\":\"kz\",\"kind\":\"namespaces\"}}",
         KZ_OK, NULL},
        {"refused", 403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403,\"message\":\"no\"}",
         KZ_E_DENIED, NULL},
        {"no number", 200, LIST(NAMED("kzsync-inventory-p-x")), KZ_OK, "no shard number in its name"},
        {"too high a number", 200, LIST(NAMED("kzsync-inventory-p-99999999")), KZ_OK, "no shard number in its name"},
        {"one without a row of its module", 200, NULL, KZ_OK, NULL},
        {"damaged", 200, LIST(NAMED("kzsync-inventory-p-0")), KZ_OK, "the inventory is damaged"},
        {"one is missing", 200, LIST(NAMED("kzsync-inventory-p-1")), KZ_OK, "shard 0 of platform p is missing"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_str row = shard_of("n", true, 4, "a", "7");
        load_again(rows[i].status, rows[i].body != NULL ? rows[i].body : kz_str_printf(f.arena, LIST(KZ_FMT), KZ_ARG(row)).ptr);
        cr_expect_eq(got.code, rows[i].code, "%s", rows[i].name);
        cr_expect_eq(kz_store_trusted(store), rows[i].distrust == NULL, "%s: %s", rows[i].name, kz_store_distrust(store));
        if (rows[i].distrust != NULL)
            cr_expect_not_null(strstr(kz_store_distrust(store), rows[i].distrust), "%s: %s", rows[i].name, kz_store_distrust(store));
        kz_store_lead(store, 9, true);
        if (rows[i].distrust != NULL)
            cr_expect(kz_store_clean(store), "%s: what is not understood is not written over", rows[i].name);
    }
}

/* A plan writes nothing, whatever was changed. */
Test(store, read_only, .init = begin, .fini = end)
{
    kz_store_free(store);
    store = kz_store_new(&f.env, k, KZ_STR("kz"), KZ_STR("p"), true);
    touch();
    flush();
    cr_assert_eq(got.flushes, 1);
    cr_assert_eq(got.code, KZ_OK);
    cr_assert_eq(fake_open(&f), 0);
}

/* ---- entries ------------------------------------------------------------------------------------------------ */

Test(store, what_a_confirmation_changes, .init = begin, .fini = end)
{
    static const struct {
        const char *uid;
        struct kz_hash desired, owned;
        bool dirty;
    } rows[] = {
        {"u", {1, 2}, {3, 4}, true}, {"u", {1, 2}, {3, 4}, false}, {"v", {1, 2}, {3, 4}, true},
        {"v", {1, 5}, {3, 4}, true}, {"v", {1, 5}, {3, 6}, true},
    };
    static const struct kz_str key = KZ_STR_INIT("/ConfigMap/shop/a");
    kz_store_lead(store, 5, false);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_store_confirm(store, module_m(), key, kz_str(rows[i].uid), rows[i].desired, rows[i].owned);
        cr_expect_eq(kz_store_clean(store), !rows[i].dirty, "row %zu", i);
        const struct kz_store_entry *e = kz_store_find(module_m(), key);
        cr_expect(kz_str_is(e->pub.uid, rows[i].uid) && kz_hash_eq(e->pub.owned, rows[i].owned));
        flush();
        if (rows[i].dirty)
            fake_answer(&f, "PUT " SHARD, 200, as_sent("8"));
    }
    kz_store_confirm(store, module_m(), KZ_STR("/ConfigMap/shop/none"), KZ_STR("u"), rows[0].desired, rows[0].owned);
    kz_store_forget(store, module_m(), KZ_STR("/ConfigMap/shop/none"));
    cr_expect(kz_store_clean(store));
}

/* Of two modules that have it, the one that took it over is its owner, also when the other lets go. */
Test(store, an_object_that_moves, .init = begin, .fini = end)
{
    const struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), KZ_STR("a")};
    struct kz_store_module *other = kz_store_module(store, KZ_STR("other"));
    struct kz_str key = kz_id_key(f.arena, &id);
    size_t i = 0, n = 0;
    (void)kz_store_module(store, KZ_STR("empty"));
    (void)kz_store_add(store, other, key, &id, KZ_STR("v1"), 3);
    cr_expect_eq(kz_store_add(store, other, key, &id, KZ_STR("v1"), 4)->pub.wave, 4);
    cr_expect_eq(kz_store_owner(store, key), other);
    while (kz_store_next(store, &i) != NULL)
        n++;
    cr_expect_eq(n, 2, "those that have entries");
    kz_store_forget(store, module_m(), key);
    cr_expect_eq(kz_store_owner(store, key), other);
    kz_store_forget(store, other, key);
    cr_expect_null(kz_store_owner(store, key));
}

Test(store, it_is_signed_and_knows_who_signed_it, .init = begin, .fini = end)
{
    cr_expect(kz_str_is(kz_store_signed(store), ""));
    kz_store_sign(store, KZ_STR("0.2.0"));
    kz_store_lead(store, 5, true);
    flush();
    cr_expect(sends("\\\"by\\\":\\\"0.2.0\\\""));
    cr_expect(kz_str_is(kz_store_signed(store), ""), "what was read, not what is written");
}

Test(store, the_newest_that_signed_counts, .init = begin, .fini = end)
{
    static const char *const by[] = {"0.2.0", "0.10.0", "0.3.0"};
    struct kz_buf items, text;
    kz_buf_init(&items, 1 << 16);
    for (size_t i = 0; i < kz_countof(by); i++) {
        const struct kz_shard s = {.epoch = 1, .n_shards = 3, .by = kz_str(by[i])};
        kz_buf_init(&text, 1 << 12);
        kz_shard_write(&text, &s);
        kz_buf_printf(&items, "%s{\"metadata\":{\"name\":\"kzsync-inventory-p-%zu\",\"resourceVersion\":\"%zu\"},"
                              "\"data\":{\"inventory\":", i > 0 ? "," : "", i, i + 1);
        kz_json_write_str(&items, kz_buf_str(&text));
        kz_buf_puts(&items, "}}");
        kz_buf_done(&text);
    }
    struct kz_store *other = kz_store_new(&f.env, k, KZ_STR("kz"), KZ_STR("p"), true);
    kz_store_load(other, on_loaded, NULL);
    fake_answer(&f, "GET /api/v1/namespaces/kz/configmaps?", 200,
                kz_str_printf(f.arena, "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":["
                                       KZ_FMT "]}", KZ_ARG(kz_buf_str(&items))).ptr);
    cr_expect(kz_str_is(kz_store_signed(other), "0.10.0"));
    kz_store_free(other);
    kz_buf_done(&items);
}
