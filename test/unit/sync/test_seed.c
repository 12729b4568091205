/* SPDX-License-Identifier: Apache-2.0
 *
 * The key of generated values against a scripted API server. */
#include "../kube/fake.h"
#include "sync/seed.h"

#include <criterion/criterion.h>

/* 32 bytes of "k". */
#define KEY      "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
#define SECRET   "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"data\":{\"seed\":\"" KEY "\"}}"
#define NOT_FOUND "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"details\":{\"name\":\"kzsync-seed-p\",\"kind\":\"secrets\"},\"code\":404}"
#define FORBIDDEN "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"message\":\"secrets is forbidden\",\"code\":403}"
#define EXISTS   "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"AlreadyExists\",\"code\":409}"
#define GET      "GET /api/v1/namespaces/own/secrets/kzsync-seed-p"
#define POST     "POST /api/v1/namespaces/own/secrets"
#define NS       "PATCH /api/v1/namespaces/own"

static struct fake f;
static struct kz_kube *k;
static struct kz_seed *s;
static struct kz_arena *arena;
static int calls;
static char error[2048];

static void nobody(void *arg, const struct kz_err *err)
{
    (void)arg;
    cr_assert_null(err);
}

static void done(void *arg, const struct kz_err *err)
{
    (void)arg;
    calls++;
    error[0] = '\0';
    if (err != NULL)
        (void)kz_err_line(error, sizeof error, err);
}

static void begin_as(bool plan)
{
    fake_init(&f);
    arena = kz_arena_new(1 << 20);
    calls = 0;
    k = kz_kube_new(&f.env, &f.http, &(struct kz_kube_options){0});
    kz_kube_discover(k, nobody, NULL);
    fake_discovery(&f);
    s = kz_seed_new(&f.env, k, &(struct kz_seed_options){.ns = KZ_STR("own"), .platform = KZ_STR("p"),
                                                         .read_only = plan});
}

static void begin(void)
{
    begin_as(false);
}

static void begin_plan(void)
{
    begin_as(true);
}

static void end(void)
{
    kz_seed_free(s);
    kz_kube_free(k);
    fake_done(&f);
    kz_arena_free(arena);
}

static const char *text(const char *module)
{
    return kz_cstr(arena, kz_seed_text(s, arena, kz_str(module)));
}

static const char *body_of(const char *part)
{
    return kz_cstr(arena, fake_find(&f, part)->req.body);
}

Test(seed, is_made_once, .init = begin, .fini = end)
{
    kz_seed_want(s, false, done, NULL);
    kz_seed_want(s, false, done, NULL); /* shares the requests */
    fake_answer(&f, GET, 404, NOT_FOUND);
    fake_answer(&f, NS, 200, "{}");
    const char *body = body_of(POST);
    cr_expect_not_null(strstr(body, "\"immutable\":true"), "%s", body);
    cr_expect_not_null(strstr(body, "\"name\":\"kzsync-seed-p\""), "%s", body);
    cr_expect_eq(calls, 0, "the key is not used before it is stored");
    fake_answer(&f, POST, 201, "{}");
    cr_expect_eq(calls, 2);
    cr_expect_str_eq(error, "");
    cr_assert_eq(kz_seed_state(s), KZ_SEED_READY);
    cr_expect_eq(strlen(text("a")), 64);
    cr_expect_str_eq(text("a"), text("a"));
    cr_expect_str_neq(text("a"), text("b"));
    kz_seed_want(s, false, done, NULL); /* known: answered from the loop, without a request */
    cr_expect_eq(calls, 2);
    fake_run(&f, 1);
    cr_expect_eq(calls, 3);
    cr_expect_eq(fake_open(&f), 0);
}

Test(seed, is_taken_as_it_is, .init = begin, .fini = end)
{
    kz_seed_want(s, false, done, NULL);
    fake_answer(&f, GET, 200, SECRET);
    cr_expect_eq(calls, 1);
    cr_expect_eq(fake_open(&f), 0);
    /* for ever: HMAC-SHA-256 of "kzsync module 1 p/a" */
    cr_expect_str_eq(text("a"), "b19c1af7b3c3a3ac3061eafa3417dec0a9daaf1cd542f35a77c777937359c006");
}

Test(seed, the_first_of_two_wins, .init = begin, .fini = end)
{
    kz_seed_want(s, false, done, NULL);
    fake_answer(&f, GET, 404, NOT_FOUND);
    fake_answer(&f, NS, 200, "{}");
    fake_answer(&f, POST, 409, EXISTS);
    fake_answer(&f, GET, 200, SECRET);
    cr_expect_eq(calls, 1);
    cr_expect_str_eq(error, "");
    cr_expect_str_eq(text("a"), "b19c1af7b3c3a3ac3061eafa3417dec0a9daaf1cd542f35a77c777937359c006");
}

Test(seed, other_content_is_an_error, .init = begin, .fini = end)
{
    static const char *const rows[] = {"{\"kind\":\"Secret\",\"data\":{}}",
                                       "{\"kind\":\"Secret\",\"data\":{\"seed\":\"c2hvcnQ=\"}}",
                                       "{\"kind\":\"Secret\",\"data\":{\"seed\":\"!\"}}"};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_seed_want(s, false, done, NULL);
        fake_answer(&f, GET, 200, rows[i]);
        cr_expect_eq(calls, (int)i + 1);
        cr_expect_not_null(strstr(error, "Secret own/kzsync-seed-p does not hold 32 bytes"), "%s", error);
        cr_expect_null(strstr(error, "c2hvcn"), "%s", error);
        cr_expect_eq(kz_seed_state(s), KZ_SEED_NONE);
    }
    kz_seed_want(s, false, done, NULL);
    fake_answer(&f, GET, 403, FORBIDDEN);
    cr_expect_not_null(strstr(error, "the key of generated values"), "%s", error);
    kz_seed_want(s, false, done, NULL);
    fake_answer(&f, GET, 200, SECRET);
    cr_expect_str_eq(error, "");
}

Test(seed, a_plan_writes_nothing, .init = begin_plan, .fini = end)
{
    kz_seed_want(s, true, done, NULL);
    fake_answer(&f, GET, 404, NOT_FOUND);
    cr_expect_eq(calls, 1);
    cr_expect_eq(kz_seed_state(s), KZ_SEED_MISSING);
    cr_expect_eq(strlen(text("a")), 64);
    kz_seed_keep(s);
    cr_expect_eq(fake_open(&f), 0);
}

Test(seed, a_plan_without_the_right, .init = begin_plan, .fini = end)
{
    kz_seed_want(s, true, done, NULL);
    fake_answer(&f, GET, 403, FORBIDDEN);
    cr_expect_eq(calls, 1);
    cr_expect_str_eq(error, "");
    cr_expect_eq(kz_seed_state(s), KZ_SEED_FORBIDDEN);
    cr_expect_eq(fake_open(&f), 0);
}

Test(seed, is_put_back, .init = begin, .fini = end)
{
    kz_seed_keep(s); /* not known: nothing to keep */
    cr_expect_eq(fake_open(&f), 0);
    kz_seed_want(s, false, done, NULL);
    fake_answer(&f, GET, 200, SECRET);
    kz_seed_keep(s);
    kz_seed_keep(s);
    cr_expect_eq(fake_open(&f), 1);
    fake_answer(&f, GET, 404, NOT_FOUND);
    cr_expect_not_null(strstr(body_of(POST), KEY));
    fake_answer(&f, POST, 201, "{}");
    kz_seed_keep(s);
    fake_answer(&f, GET, 200, SECRET);
    cr_expect_eq(fake_open(&f), 0);
}
