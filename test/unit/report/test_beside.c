/* SPDX-License-Identifier: Apache-2.0 */
#include "report/beside.h"

#include "../kube/fake.h"

#include <criterion/criterion.h>

#define LIST "GET /api/v1/configmaps?limit=500&labelSelector=kubezero.com%2Fstatus%3Dp"
#define SEC  KZ_NS_PER_SEC

static struct fake f;
static struct kz_kube *k;
static struct kz_beside *b;

static void nothing(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err;
}

static int told;

static void on_told(void *arg)
{
    (void)arg;
    told++;
}

static void begin(void)
{
    fake_init(&f);
    k = kz_kube_new(&f.env, &f.http, &(struct kz_kube_options){0});
    kz_kube_discover(k, nothing, NULL);
    fake_discovery(&f);
    told = 0;
    b = kz_beside_new(&f.env, k, KZ_STR("kz"), on_told, NULL);
}

static void end(void)
{
    kz_beside_free(b);
    kz_kube_free(k);
    fake_done(&f);
}

static void answer(const char *items)
{
    fake_answer(&f, LIST, 200, kz_str_printf(f.arena, "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\"},"
                                                      "\"items\":[%s]}", items).ptr);
}

#define OWN   "{\"metadata\":{\"namespace\":\"kz\",\"name\":\"kzsync-status-p\"}}"
#define OTHER "{\"metadata\":{\"namespace\":\"tools\",\"name\":\"kzsync-status-p\"}}"

Test(beside, another_one_is_found_and_forgotten, .init = begin, .fini = end)
{
    kz_beside_look(b, KZ_STR("p"));
    kz_beside_look(b, KZ_STR("p"));
    cr_expect_eq(fake_open(&f), 1, "it is asked once");
    answer(OWN "," OTHER);
    cr_expect(kz_str_is(kz_beside_namespace(b), "tools"));
    cr_expect_eq(told, 1);
    kz_beside_look(b, KZ_STR("p"));
    fake_run(&f, 59 * SEC);
    cr_expect_eq(fake_open(&f), 0, "not before a minute is over");
    fake_run(&f, 2 * SEC);
    answer(OWN);
    cr_expect(kz_str_is(kz_beside_namespace(b), ""));
    cr_expect_eq(told, 2);
    fake_run(&f, 3598 * SEC);
    cr_expect_eq(fake_open(&f), 0, "not before an hour is over");
    fake_run(&f, 3 * SEC);
    cr_expect_eq(fake_open(&f), 1);
}

Test(beside, who_may_not_look_says_nothing, .init = begin, .fini = end)
{
    kz_beside_look(b, KZ_STR("p"));
    fake_answer(&f, LIST, 403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403}");
    cr_expect(kz_str_is(kz_beside_namespace(b), ""));
    cr_expect_eq(fake_open(&f), 0);
}

Test(beside, freed_while_it_asks, .init = begin, .fini = end)
{
    kz_beside_look(b, KZ_STR("p"));
    kz_beside_free(NULL);
}
