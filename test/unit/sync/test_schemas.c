/* SPDX-License-Identifier: Apache-2.0
 *
 * The schemas of served kinds against a scripted API server: what is asked when, and what is known then. */
#include "../kube/fake.h"
#include "kube/client.h"
#include "sync/schemas.h"

#include <criterion/criterion.h>

#define INDEX "GET /openapi/v3"
#define APPS  "GET /openapi/v3/apis/apps/v1?hash="
#define CORE  "GET /openapi/v3/api/v1?hash="
#define PATHS(apps)                                                                                                    \
    "{\"paths\":{\"api/v1\":{\"serverRelativeURL\":\"/openapi/v3/api/v1?hash=C1\"},\"apis/apps/v1\":{\"serverRelativeURL\":"       \
    "\"/openapi/v3/apis/apps/v1?hash=" apps "\"},\"apis/evil/v1\":{\"serverRelativeURL\":\"/../secret\"}}}"
#define KIND(group, kind)                                                                                              \
    "\"x." kind "\":{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\"}},\"x-kubernetes-group-version-kind\":"      \
    "[{\"group\":\"" group "\",\"version\":\"v1\",\"kind\":\"" kind "\"}]}"
#define DOC(kinds) "{\"components\":{\"schemas\":{" kinds "}}}"

static const struct kz_gvk deployment = {KZ_STR_INIT("apps"), KZ_STR_INIT("v1"), KZ_STR_INIT("Deployment")};
static const struct kz_gvk replicas = {KZ_STR_INIT("apps"), KZ_STR_INIT("v1"), KZ_STR_INIT("ReplicaSet")};
static const struct kz_gvk config = {KZ_STR_INIT(""), KZ_STR_INIT("v1"), KZ_STR_INIT("ConfigMap")};
static const struct kz_gvk evil = {KZ_STR_INIT("evil"), KZ_STR_INIT("v1"), KZ_STR_INIT("E")};

static struct fake f;
static struct kz_kube *k;
static struct kz_schema_cache *c;
static int calls;

static void done(void *arg)
{
    (void)arg;
    calls++;
}

static void begin(void)
{
    fake_init(&f);
    calls = 0;
    k = kz_kube_new(&f.env, &f.http, &(struct kz_kube_options){0});
    c = kz_schema_cache_new(&f.env, k);
}

static void end(void)
{
    kz_schema_cache_free(c);
    kz_kube_free(k);
    fake_done(&f);
}

TestSuite(schemas, .init = begin, .fini = end);

Test(schemas, are_fetched_once)
{
    kz_schema_cache_need(c, &deployment, 1, done, NULL);
    cr_assert_null(kz_schema_cache_find(c, &deployment));
    fake_answer(&f, INDEX, 200, PATHS("A1"));
    cr_assert_eq(calls, 0);
    fake_answer(&f, APPS "A1", 200, DOC(KIND("apps", "Deployment") "," KIND("apps", "ReplicaSet")));
    cr_assert_eq(calls, 1);
    cr_assert_not_null(kz_schema_cache_find(c, &deployment));
    kz_schema_cache_need(c, &deployment, 1, done, NULL);
    cr_assert_eq(calls, 2, "at once");
    cr_assert_eq(fake_open(&f), 0);
    /* Another kind of the same document is another look at it. */
    kz_schema_cache_need(c, &replicas, 1, done, NULL);
    fake_answer(&f, INDEX, 200, PATHS("A1"));
    fake_answer(&f, APPS "A1", 200, DOC(KIND("apps", "Deployment") "," KIND("apps", "ReplicaSet")));
    cr_assert_eq(calls, 3);
    cr_assert(kz_schema_cache_find(c, &deployment) != NULL && kz_schema_cache_find(c, &replicas) != NULL);
}

Test(schemas, follow_their_hash)
{
    kz_schema_cache_need(c, &deployment, 1, done, NULL);
    fake_answer(&f, INDEX, 200, PATHS("A1"));
    fake_answer(&f, APPS "A1", 200, DOC(KIND("apps", "Deployment")));
    fake_run(&f, 61 * KZ_NS_PER_SEC);
    kz_schema_cache_need(c, &deployment, 1, done, NULL);
    fake_answer(&f, INDEX, 200, PATHS("A1"));
    cr_assert_eq(calls, 2, "the same content is not read again");
    fake_run(&f, 61 * KZ_NS_PER_SEC);
    kz_schema_cache_need(c, &deployment, 1, done, NULL);
    fake_answer(&f, INDEX, 200, PATHS("A2"));
    fake_answer(&f, APPS "A2", 200, DOC(KIND("apps", "Deployment")));
    cr_assert_eq(calls, 3);
}

/* Many modules ask while the first one's answers are on their way. */
Test(schemas, who_comes_late_waits_for_the_next_round)
{
    kz_schema_cache_need(c, &deployment, 1, done, NULL);
    fake_answer(&f, INDEX, 200, PATHS("A1"));
    kz_schema_cache_need(c, &config, 1, done, NULL);
    fake_answer(&f, APPS "A1", 200, DOC(KIND("apps", "Deployment")));
    cr_assert_eq(calls, 1);
    fake_answer(&f, INDEX, 200, PATHS("A1"));
    fake_answer(&f, CORE "C1", 200, DOC(KIND("", "ConfigMap")));
    cr_assert_eq(calls, 2);
    cr_assert_not_null(kz_schema_cache_find(c, &config));
    cr_assert_eq(fake_open(&f), 0);
}

/* Nothing is known then, and nobody waits for it. */
Test(schemas, what_cannot_be_had)
{
    static const struct {
        const char *name;
        int status;
        const char *index, *document; /* NULL: it is not asked for */
    } rows[] = {
        {"no index", 403, "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\"}", NULL},
        {"an index that is none", 200, "<html>", NULL},
        {"a group that it lacks", 200, "{\"paths\":{}}", NULL},
        {"a document that is none", 200, PATHS("A1"), "[]"},
        {"a document that is cut", 200, PATHS("A1"), "{\"components\":{\"schemas\":{\"a\":{"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_schema_cache_free(c);
        c = kz_schema_cache_new(&f.env, k);
        calls = 0;
        kz_schema_cache_need(c, &deployment, 1, done, NULL);
        fake_answer(&f, INDEX, rows[i].status, rows[i].index);
        if (rows[i].document != NULL)
            fake_answer(&f, APPS, 200, rows[i].document);
        cr_expect_eq(calls, 1, "%s", rows[i].name);
        cr_expect_null(kz_schema_cache_find(c, &deployment), "%s", rows[i].name);
        cr_expect_eq(fake_open(&f), 0, "%s", rows[i].name);
    }
}

Test(schemas, an_address_elsewhere_is_not_asked)
{
    kz_schema_cache_need(c, &evil, 1, done, NULL);
    fake_answer(&f, INDEX, 200, PATHS("A1"));
    cr_assert_eq(calls, 1);
    cr_assert_eq(fake_open(&f), 0);
}

/* What is on its way is taken back. */
Test(schemas, an_end_in_mid_round)
{
    kz_schema_cache_need(c, &deployment, 1, done, NULL);
    fake_answer(&f, INDEX, 200, PATHS("A1"));
    kz_schema_cache_free(c);
    c = NULL;
    cr_assert_eq(fake_open(&f), 0);
    cr_assert_eq(calls, 0);
}
