/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"
#include "kube/watch.h"

#include <criterion/criterion.h>

static struct fake f;
static struct kz_kube *k;
static struct kz_watch *w;
static struct kz_buf seen;   /* one word per event: R o:NAME d:NAME S E G */
static const char *close_at; /* closes the watch at this word */

static void on_event(void *arg, struct kz_watch *watch, enum kz_watch_event ev,
                     const struct kz_value *obj, const struct kz_err *err)
{
    char word[128];
    struct kz_str name = kz_value_path_str(obj, "metadata.name");
    (void)arg;
    static const char *const marks[] = {"R", "o:", "d:", "S", "E", "G"};
    (void)snprintf(word, sizeof word, "%s" KZ_FMT, marks[ev], KZ_ARG(name));
    if (obj != NULL) {
        cr_assert(kz_str_is(kz_value_path_str(obj, "kind"), "ConfigMap"));
        cr_assert(kz_str_is(kz_value_path_str(obj, "apiVersion"), "v1"));
    }
    cr_assert_eq(err != NULL, ev == KZ_WATCH_ERROR);
    kz_buf_printf(&seen, "%s ", word);
    if (close_at != NULL && strcmp(close_at, word) == 0) {
        kz_watch_close(watch);
        w = NULL;
    }
}

static void nothing(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err;
}

static void begin(void)
{
    fake_init(&f);
    kz_buf_init(&seen, 1 << 20);
    close_at = NULL;
    k = kz_kube_new(&f.env, &f.http, &(struct kz_kube_options){0});
    kz_kube_discover(k, nothing, NULL);
    fake_discovery(&f);
    w = kz_watch_open(k, KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR(""), KZ_STR("a=b"), on_event,
                      NULL);
    cr_assert_eq(seen.len, 0);
    fake_run(&f, 0);
}

static void end(void)
{
    kz_watch_close(w);
    kz_kube_free(k);
    kz_buf_done(&seen);
    fake_done(&f);
}

#define PAGE(rv, more, items)                                                                      \
    "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" rv    \
    "\",\"continue\":\"" more "\"},\"items\":[" items "]}"
#define ITEM(name) "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"1\"}}"
#define EVENT(type, name, rv)                                                                      \
    "{\"type\":\"" type                                                                            \
    "\",\"object\":{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{"                   \
    "\"name\":\"" name "\",\"resourceVersion\":\"" rv "\"}}}\n"
#define ERROR_EVENT(reason, code)                                                                  \
    "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"   \
    "\"status\":\"Failure\",\"message\":\"m\",\"reason\":\"" reason "\",\"code\":" code "}}\n"

#define LIST_PATH  "GET /api/v1/configmaps?labelSelector=a%3Db&limit=500"
#define WATCH_PATH "GET /api/v1/configmaps?labelSelector=a%3Db&watch=1&resourceVersion="

static void see(const char *want)
{
    cr_assert_str_eq(seen.ptr, want);
    kz_buf_clear(&seen);
}

static void listed(void)
{
    fake_answer(&f, LIST_PATH, 200, PAGE("10", "", ITEM("a")));
    see("R o:a S ");
}

static void data(const char *text)
{
    fake_data(&f, "watch=1", text, strlen(text));
}

static void eof(void)
{
    fake_answer_full(&f, "watch=1", &(struct kz_http_reply){.status = 200, .retry_after = -1});
}

Test(watch, list_in_pages_then_events, .init = begin, .fini = end)
{
    fake_answer(&f, LIST_PATH, 200, PAGE("10", "t/1", ITEM("a") "," ITEM("b")));
    cr_assert(!kz_watch_synced(w));
    fake_answer(&f, LIST_PATH "&continue=t%2F1", 200, PAGE("10", "", ITEM("c")));
    cr_assert(kz_watch_synced(w));
    see("R o:a o:b o:c S ");
    struct fake_request *r =
        fake_find(&f, WATCH_PATH "10&allowWatchBookmarks=true&timeoutSeconds=");
    cr_assert_eq(r->req.timeout, 0);
    cr_assert_geq(r->req.idle_timeout, 320 * KZ_NS_PER_SEC);
    cr_assert_leq(r->req.idle_timeout, 620 * KZ_NS_PER_SEC);
    data(EVENT("ADDED", "d", "11") EVENT("MODIFIED", "a", "12") EVENT("DELETED", "b", "13"));
    see("o:d o:a d:b ");
}

Test(watch, cut_at_every_byte, .init = begin, .fini = end)
{
    static const char text[] =
        EVENT("ADDED", "d", "11") EVENT("BOOKMARK", "", "12") EVENT("DELETED", "d\xc3\xa9", "13");
    listed();
    for (size_t at = 0; at <= sizeof text - 1; at++) {
        fake_data(&f, "watch=1", text, at);
        fake_data(&f, "watch=1", text + at, sizeof text - 1 - at);
        see("o:d d:d\xc3\xa9 ");
    }
    for (size_t i = 0; i < sizeof text - 1; i++)
        fake_data(&f, "watch=1", text + i, 1);
    see("o:d d:d\xc3\xa9 ");
}

Test(watch, resumes_from_bookmark, .init = begin, .fini = end)
{
    listed();
    data(EVENT("ADDED", "d", "11") EVENT("BOOKMARK", "", "77"));
    fake_run(&f, 400 * KZ_NS_PER_SEC);
    eof();
    fake_run(&f, 0);
    cr_assert(fake_has(&f, WATCH_PATH "77&"));
    fake_run(&f, 400 * KZ_NS_PER_SEC);
    fake_break(&f, "watch=1", KZ_E_TIMEOUT, true); /* status 0: it never opened */
    see("o:d E ");
    cr_assert(kz_watch_synced(w));
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    cr_assert(fake_has(&f, WATCH_PATH "77&"));
}

Test(watch, reset_of_a_running_stream_is_an_end, .init = begin, .fini = end)
{
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_REMOTE, "reset");
    listed();
    data(EVENT("ADDED", "d", "11"));
    fake_run(&f, 10 * KZ_NS_PER_SEC);
    fake_answer_full(&f, "watch=1",
                     &(struct kz_http_reply){.status = 200, .err = &err, .retry_after = -1});
    fake_run(&f, 0);
    cr_assert(fake_has(&f, WATCH_PATH "11&"));
    see("o:d ");
}

Test(watch, expired_both_ways, .init = begin, .fini = end)
{
    listed();
    data(EVENT("ADDED", "d", "11") ERROR_EVENT("Expired", "410") EVENT("ADDED", "ignored", "12"));
    see("o:d ");
    eof();
    cr_assert(!kz_watch_synced(w));
    fake_run(&f, 0);
    fake_answer(&f, LIST_PATH, 200, PAGE("20", "", ITEM("z")));
    see("R o:z S ");
    fake_answer(&f, WATCH_PATH "20&", 410,
                "{\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410}");
    fake_run(&f, 3 * KZ_NS_PER_SEC);
    fake_answer(&f, LIST_PATH, 200, PAGE("30", "more", ITEM("y")));
    fake_answer(&f, "continue=more", 410, "{\"status\":\"Failure\",\"code\":410}");
    see("R o:y ");
    fake_run(&f, 9 * KZ_NS_PER_SEC);
    fake_answer(&f, LIST_PATH, 200, PAGE("31", "", ITEM("x")));
    see("R o:x S ");
    cr_expect_eq(kz_kube_stats(k)->watch_ends[KZ_WATCH_END_EXPIRED], 2);
    cr_expect_eq(kz_kube_stats(k)->watch_ends[KZ_WATCH_END_TIME], 0);
    cr_expect_eq(kz_kube_stats(k)->watches, 1);
}

Test(watch, storm_of_410_is_spaced_out, .init = begin, .fini = end)
{
    size_t before;
    listed();
    before = f.requests.len;
    for (int i = 0; i < 600; i++) {
        if (fake_has(&f, "watch=1"))
            fake_answer(&f, "watch=1", 410, "{\"code\":410}");
        if (fake_has(&f, LIST_PATH))
            fake_answer(&f, LIST_PATH, 200, PAGE("30", "", ""));
        fake_run(&f, KZ_NS_PER_SEC);
    }
    cr_assert_lt(f.requests.len - before, 60, "a list and a watch every 30 s");
}

Test(watch, errors_back_off_and_resume, .init = begin, .fini = end)
{
    listed();
    fake_answer(&f, "watch=1", 503, "");
    see("E ");
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    fake_answer_full(&f, WATCH_PATH "10&",
                     &(struct kz_http_reply){.status = 429, .retry_after = 7 * KZ_NS_PER_SEC});
    fake_run(&f, 6 * KZ_NS_PER_SEC);
    cr_assert_eq(fake_open(&f), 0);
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    data(ERROR_EVENT("InternalError", "500"));
    eof();
    see("E E ");
    fake_run(&f, 60 * KZ_NS_PER_SEC);
    data("{\"type\":\"ADDED\",\"obj\n"); /* not JSON */
    eof();
    see("E ");
    fake_run(&f, 60 * KZ_NS_PER_SEC);
    cr_assert(fake_has(&f, WATCH_PATH "10&"));
    fake_answer(&f, "watch=1", 500, "{\"message\":\"future\"}");
    fake_run(&f, 60 * KZ_NS_PER_SEC);
    cr_assert(fake_has(&f, LIST_PATH)); /* the fourth: list again */
}

Test(watch, unreachable_server_keeps_the_version, .init = begin, .fini = end)
{
    listed();
    for (int i = 0; i < 20; i++) {
        fake_break(&f, WATCH_PATH "10&", KZ_E_REMOTE, false);
        fake_run(&f, 61 * KZ_NS_PER_SEC);
    }
    cr_assert(kz_watch_synced(w));
}

Test(watch, list_errors, .init = begin, .fini = end)
{
    fake_answer(&f, LIST_PATH, 403, "{\"status\":\"Failure\",\"message\":\"no\",\"code\":403}");
    see("E ");
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    /* cut in the middle of the first page: begins anew */
    fake_data(&f, LIST_PATH, PAGE("10", "", ITEM("a")), 90);
    fake_answer(&f, LIST_PATH, 200, "");
    fake_run(&f, 9 * KZ_NS_PER_SEC);
    fake_answer(&f, LIST_PATH, 200, PAGE("10", "m", ITEM("a")));
    fake_data(&f, "continue=m", "{\"items\":[" ITEM("b") ",{\"metadata\":{", 70);
    fake_break(&f, "continue=m", KZ_E_REMOTE, true);
    fake_run(&f, 30 * KZ_NS_PER_SEC);
    fake_answer(&f, "continue=m", 200, PAGE("10", "", ITEM("b") "," ITEM("c")));
    see("R E R o:a o:b E o:b o:c S ");
}

Test(watch, object_that_cannot_be_read_hides_no_other, .init = begin, .fini = end)
{
    static const char page[] = PAGE(
        "10", "", ITEM("a") ",{\"metadata\":{\"name\":\"nul\"},\"data\":\"\\u0000\"}," ITEM("b"));
    static const char events[] =
        EVENT("ADDED", "c", "11") "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"nul\"},\"data\":\"\\u0000\"}}\n" EVENT(
            "ADDED", "d", "13");
    fake_answer(&f, LIST_PATH, 200, page);
    see("R o:a E ");
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    fake_answer(&f, LIST_PATH, 200, page);
    see("R o:a E o:b S ");
    data(events);
    see("o:c E o:d ");
    fake_run(&f, 300 * KZ_NS_PER_SEC);
    eof();
    fake_run(&f, 0);
    fake_run(&f, 300 * KZ_NS_PER_SEC); /* a stream without one: strict again */
    data(EVENT("ADDED", "e", "14"));
    eof();
    fake_run(&f, 0);
    data(events);
    eof();
    see("o:e o:c E ");
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    data(events);
    see("o:c E o:d ");
}

static void on_secret(void *arg, struct kz_watch *watch, enum kz_watch_event ev, const struct kz_value *obj,
                      const struct kz_err *err)
{
    char line[1024];
    (void)watch;
    (void)obj;
    if (ev == KZ_WATCH_ERROR)
        kz_buf_printf(arg, "%s\n", kz_err_line(line, sizeof line, err));
}

/* Which Secret it is may be told, nothing of what it holds. */
Test(watch, a_secret_that_cannot_be_read, .init = begin, .fini = end)
{
    static const char page[] = PAGE("10", "", "{\"metadata\":{\"name\":\"key\"},\"data\":{\"hunter2\":\"a\",\"hunter2\":\"b\"}}");
    kz_autobuf struct kz_buf said = KZ_BUF(1 << 16);
    struct kz_watch *secrets = kz_watch_open(k, KZ_STR(""), KZ_STR("Secret"), KZ_STR(""), KZ_STR(""), on_secret, &said);
    fake_run(&f, 0);
    fake_answer(&f, "GET /api/v1/secrets?limit", 200, page);
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    fake_answer(&f, "GET /api/v1/secrets?limit", 200, page);
    kz_buf_putc(&said, '\0');
    cr_expect_not_null(strstr(said.ptr, "object 'key' is left out: it can't be read"), "%s", said.ptr);
    cr_expect_null(strstr(said.ptr, "hunter2"), "%s", said.ptr);
    kz_watch_close(secrets);
}

Test(watch, kind_goes, .init = begin, .fini = end)
{
    static const char none[] = "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[]}";
    listed();
    fake_answer(&f, "watch=1", 404, "404 page not found\n");
    fake_answer(&f, "/version", 200, "{}");
    fake_answer(&f, "GET /apis", 304, "");
    fake_answer(&f, "GET /api ", 200, none);
    fake_run(&f, 29 * KZ_NS_PER_SEC);
    see("");
    cr_assert_eq(fake_open(&f), 0);
    fake_run(&f, 2 * KZ_NS_PER_SEC);
    fake_answer(&f, "/version", 200, "{}");
    fake_answer(&f, "GET /apis", 304, "");
    fake_answer(&f, "GET /api", 200, none);
    see("G ");
    fake_run(&f, 3600 * KZ_NS_PER_SEC);
    cr_assert_eq(fake_open(&f), 0);
}

Test(watch, stale_group_is_not_gone, .init = begin, .fini = end)
{
    static const char stale[] =
        "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"metrics.k8s.io\"},"
        "\"versions\":[{\"version\":\"v1\",\"freshness\":\"Stale\"}]}]}";
    kz_watch_close(w);
    w = kz_watch_open(k, KZ_STR("metrics.k8s.io"), KZ_STR("ConfigMap"), KZ_STR(""), KZ_STR(""),
                      on_event, NULL);
    fake_run(&f, 0);
    for (int i = 0; i < 5; i++) {
        fake_answer(&f, "/version", 200, "{}");
        fake_answer(&f, "GET /apis", 200, stale);
        fake_answer(&f, "GET /api", 304, "");
        fake_run(&f, 61 * KZ_NS_PER_SEC);
    }
    see("");
}

Test(watch, kind_comes_back, .init = begin, .fini = end)
{
    static const char none[] = "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[]}";
    listed();
    fake_answer(&f, "watch=1", 404, "404 page not found\n");
    fake_answer(&f, "/version", 200, "{}");
    fake_answer(&f, "GET /apis", 304, "");
    fake_answer(&f, "GET /api ", 200, none);
    fake_run(&f, 31 * KZ_NS_PER_SEC);
    fake_answer(&f, "/version", 200, "{}");
    fake_answer(&f, "GET /apis", 403, ""); /* says nothing about the kind */
    fake_answer(&f, "GET /api", 403, "");
    see("E ");
    fake_run(&f, 5 * KZ_NS_PER_SEC);
    fake_discovery(&f);
    fake_run(&f, 5 * KZ_NS_PER_SEC);
    cr_assert(fake_has(&f, WATCH_PATH "10&"));
}

Test(watch, idle_costs_one_watch_and_one_probe_per_turn, .init = begin, .fini = end)
{
    listed();
    size_t before = f.requests.len;
    for (int i = 0; i < 10; i++) {
        fake_run(&f, 300 * KZ_NS_PER_SEC);
        eof();
        fake_run(&f, 0);
        fake_answer(&f, "limit=1&resourceVersion=10&resourceVersionMatch=NotOlderThan", 200,
                    PAGE("10", "", ITEM("a")));
    }
    cr_assert_eq(f.requests.len - before, 20);
    see("");
}

Test(watch, version_in_the_future_is_listed_anew, .init = begin, .fini = end)
{
    listed();
    fake_run(&f, 300 * KZ_NS_PER_SEC);
    eof();
    fake_run(&f, 0);
    fake_answer(
        &f, "limit=1&", 504,
        "{\"status\":\"Failure\",\"message\":\"Timeout: Too large resource version: 10, current: 5\","
        "\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\","
        "\"message\":\"Too large resource version\"}],\"retryAfterSeconds\":1},\"code\":504}");
    fake_run(&f, 0);
    fake_answer(&f, LIST_PATH, 200, PAGE("5", "", ITEM("b")));
    see("R o:b S ");
}

Test(watch, may_be_closed_in_any_callback)
{
    static const char *const words[] = {"R", "o:a", "S", "o:d", "d:d", "E", "G"};
    static const char none[] = "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[]}";
    for (size_t i = 0; i < kz_countof(words); i++) {
        begin();
        close_at = words[i];
        for (int step = 0; step < 60 && w != NULL; step++) {
            if (fake_has(&f, LIST_PATH))
                fake_answer(&f, LIST_PATH, 200, PAGE("10", "", ITEM("a") "," ITEM("b")));
            else if (fake_has(&f, "watch=1") && step < 5)
                fake_answer(&f, "watch=1", 200,
                            EVENT("ADDED", "d", "11") EVENT("DELETED", "d", "12"));
            else if (fake_has(&f, "watch=1") && step < 10)
                fake_answer(&f, "watch=1", 500, "");
            else if (fake_has(&f, "watch=1"))
                fake_answer(&f, "watch=1", 404, "");
            else if (fake_has(&f, "/version"))
                fake_answer(&f, "/version", 200, "{}");
            else if (fake_has(&f, "GET /apis "))
                fake_answer(&f, "GET /apis ", 304, "");
            else if (fake_has(&f, "GET /api"))
                fake_answer(&f, "GET /api", 200, none);
            fake_run(&f, 31 * KZ_NS_PER_SEC);
        }
        cr_assert_null(w, "%s did not come: %s", words[i], seen.ptr);
        end();
    }
}
