/* SPDX-License-Identifier: Apache-2.0
 *
 * Who asks for what before the first write: four GETs, then one list for ten seconds. The server is the test. */
#include "rig.h"
#include "sync/presence.h"

#include <criterion/criterion.h>

#define LIST  "GET /api/v1/namespaces/shop/configmaps?"
#define SPACE "GET /api/v1/namespaces/shop"
#define FOUND(name)                                                                                                   \
    "{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[{\"metadata\":{\"name\":\"" name \
    "\",\"namespace\":\"shop\"}}]}"

enum { OBJECTS = 8 };

static struct rig r;
static struct kz_mod *m;
static struct kz_module spec;
static size_t again[OBJECTS];
static int there, missing;

static void on_again(struct kz_mod *mod, size_t step)
{
    cr_assert_eq(mod, m);
    again[step]++;
}

static void on_space(void *arg, struct kz_str ns, bool is_missing)
{
    (void)arg;
    cr_assert(kz_str_is(ns, "shop"));
    missing += is_missing;
    there += !is_missing;
}

static void begin(void)
{
    static char json[OBJECTS][128];
    struct kz_want_row rows[OBJECTS] = {0};
    struct kz_err err;
    rig_init(&r, &(struct kz_engine_options){.mode = KZ_MODE_PLAN});
    rig_store(&r, NULL, 0);
    spec = (struct kz_module){.name = KZ_STR("m"), .enabled = true, .concurrency = 4};
    m = rig_mod(&r, "m", &spec);
    for (int i = 0; i < OBJECTS; i++) {
        (void)snprintf(json[i], sizeof json[i], "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c%d\",\"namespace\":\"shop\"}}", i);
        rows[i].json = kz_str(json[i]);
    }
    cr_assert_eq(kz_want_restore(&m->want, KZ_STR("4be91d2"), KZ_STR(""), (struct kz_hash){7, 7}, rows, OBJECTS, &err), 0);
    m->steps = calloc(OBJECTS, sizeof *m->steps);
    for (size_t i = 0; i < OBJECTS; i++)
        m->steps[i].o = &m->want->at[i];
    memset(again, 0, sizeof again);
    there = missing = 0;
}

static void end(void)
{
    rig_done(&r);
}

static enum kz_presence_word look(size_t i)
{
    return kz_presence_look(r.e->presence, m, i, on_again);
}

static void look_at_four(void)
{
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(look(i), KZ_PRESENCE_UNKNOWN);
    cr_assert_eq(fake_open(&r.f), 0);
}

TestSuite(presence, .init = begin, .fini = end);

Test(presence, one_list_answers_from_the_fifth_on)
{
    look_at_four();
    cr_assert_eq(look(4), KZ_PRESENCE_WAIT);
    cr_assert_eq(look(5), KZ_PRESENCE_WAIT);
    cr_assert_eq(fake_open(&r.f), 1);
    fake_answer(&r.f, LIST, 200, FOUND("c6"));
    cr_assert(again[4] == 1 && again[5] == 1);
    cr_assert_eq(look(4), KZ_PRESENCE_ABSENT);
    cr_assert_eq(look(0), KZ_PRESENCE_ABSENT);
    cr_assert_eq(look(6), KZ_PRESENCE_UNKNOWN, "what is there is read");
    fake_run(&r.f, 11 * KZ_NS_PER_SEC);
    look_at_four();
    cr_assert_eq(look(7), KZ_PRESENCE_WAIT, "old news do not count");
}

Test(presence, who_may_not_list_asks_one_by_one)
{
    look_at_four();
    cr_assert_eq(look(4), KZ_PRESENCE_WAIT);
    fake_answer(&r.f, LIST, 403, rig_forbidden);
    cr_assert_eq(again[4], 1);
    cr_assert_eq(look(4), KZ_PRESENCE_UNKNOWN);
    fake_run(&r.f, 11 * KZ_NS_PER_SEC);
    for (size_t i = 0; i < OBJECTS; i++)
        cr_assert_eq(look(i), KZ_PRESENCE_UNKNOWN);
    fake_run(&r.f, 60 * KZ_NS_PER_SEC);
    look_at_four();
    cr_assert_eq(look(4), KZ_PRESENCE_WAIT);
}

Test(presence, a_module_that_went_on_is_not_told)
{
    look_at_four();
    cr_assert_eq(look(4), KZ_PRESENCE_WAIT);
    m->epoch++;
    fake_answer(&r.f, LIST, 200, FOUND("c6"));
    cr_assert_eq(again[4], 0);
    cr_assert_eq(look(4), KZ_PRESENCE_ABSENT);
}

Test(presence, nothing_is_forgotten_while_it_waits)
{
    look_at_four();
    cr_assert_eq(look(4), KZ_PRESENCE_WAIT);
    kz_presence_clear(r.e->presence);
    fake_answer(&r.f, LIST, 200, FOUND("c6"));
    cr_assert_eq(again[4], 1);
    kz_presence_clear(r.e->presence);
    cr_assert_eq(look(4), KZ_PRESENCE_UNKNOWN, "from the beginning");
}

Test(presence, a_namespace_is_asked_for_once)
{
    kz_presence_namespace(r.e->presence, m, KZ_STR("shop"), on_space, NULL);
    kz_presence_namespace(r.e->presence, m, KZ_STR("shop"), on_space, NULL);
    cr_assert_eq(fake_open(&r.f), 1);
    fake_answer(&r.f, SPACE, 404, rig_missing);
    cr_assert_eq(missing, 2);
    kz_presence_namespace(r.e->presence, m, KZ_STR("shop"), on_space, NULL);
    fake_answer(&r.f, SPACE, 200, "{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}}");
    cr_assert(there == 1 && missing == 2, "that it is missing is not kept");
    kz_presence_namespace(r.e->presence, m, KZ_STR("shop"), on_space, NULL);
    cr_assert_eq(there, 2, "at once");
    fake_run(&r.f, 11 * KZ_NS_PER_SEC);
    kz_presence_namespace(r.e->presence, m, KZ_STR("shop"), on_space, NULL);
    fake_answer(&r.f, SPACE, 200, "{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\",\"deletionTimestamp\":\"2026-11-22T12:00:00Z\"}}");
    cr_assert_eq(missing, 3, "it is going");
}
