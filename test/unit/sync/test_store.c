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

/* A shard of this epoch with one ConfigMap `name` of module m. */
static struct kz_str shard(uint64_t epoch, const char *name, const char *version)
{
    struct kz_buf text, json;
    struct kz_entry e = {.id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("shop"), kz_str(name)},
                         .version = KZ_STR("v1"), .module = KZ_STR("m")};
    struct kz_inventory_module m = {.name = KZ_STR("m")};
    const struct kz_shard s = {.epoch = epoch, .entries = &e, .n_entries = 1, .modules = &m, .n_modules = 1};
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
