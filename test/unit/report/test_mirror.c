/* SPDX-License-Identifier: Apache-2.0 */
#include "report/mirror.h"
#include "rig.h"
#include "value/json.h"

#include <criterion/criterion.h>

#define AT "/apis/kubezero.com/v1beta1/namespaces/kz/"
#define LIST_MODULES "GET " AT "modules?limit"
#define LIST_PLATFORMS "GET " AT "platforms?limit"
#define WATCH_MODULES "GET " AT "modules?watch"
#define EMPTY "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[%s]}"
#define SPEC "{\"namespace\":\"web\",\"source\":{\"path\":\"web\"}}"
enum { MODULES = 100 };

static struct report_rig r;
static struct kz_mirror *m;
static struct kz_events *events;
static struct kz_engine_view view;
static struct kz_module_view modules[MODULES];
static struct kz_buf said;
static int ready;

static void look(void *arg, struct kz_engine_view *out, struct kz_arena *a)
{
    (void)arg;
    (void)a;
    *out = view;
}

static void on_ready(void *arg)
{
    (void)arg;
    ready++;
}

static void on_seen(void *arg, const struct kz_mirror_seen *seen)
{
    (void)arg;
    kz_buf_printf(&said, "%s" KZ_FMT " ", seen->obj == NULL ? "-" : "", KZ_ARG(seen->name));
}

static void begin_with(bool kinds)
{
    const struct kz_mirror_events ev = {.look = look, .seen = on_seen, .ready = on_ready};
    report_rig_init(&r, kinds);
    kz_buf_init(&said, 1 << 20);
    ready = 0;
    for (size_t i = 0; i < MODULES; i++)
        modules[i] = (struct kz_module_view){.name = kz_str_printf(r.arena, "m%02zu", i), .word = KZ_WORD_OK, .objects = 1,
                                             .healthy = 1, .revision = KZ_STR("4be91d2"), .shown = KZ_STR(SPEC),
                                             .file = KZ_STR("kubezero.yaml"), .line = 4};
    view = (struct kz_engine_view){.platform = KZ_STR("p"), .revision = KZ_STR("4be91d2"), .loaded = true, .settled = true,
                                   .complete = true, .leads = true, .modules = modules, .n_modules = 1, .shown = KZ_STR("{}"),
                                   .file = KZ_STR("kubezero.yaml")};
    view.words[KZ_WORD_OK] = 1;
    events = kz_events_new(&r.f.env, r.kube, KZ_STR("kz"), KZ_STR("pod-1"));
    m = kz_mirror_new(&r.f.env, r.kube, KZ_STR("kz"), events, &ev);
    fake_run(&r.f, 0);
}

static void begin(void)
{
    begin_with(true);
}

static void end(void)
{
    kz_mirror_free(m);
    kz_events_free(events);
    kz_buf_done(&said);
    report_rig_done(&r);
}

TestSuite(mirror, .init = begin, .fini = end);

static void found(const char *items)
{
    fake_answer(&r.f, LIST_MODULES, 200, kz_str_printf(r.arena, EMPTY, items).ptr);
    fake_answer(&r.f, LIST_PLATFORMS, 200, kz_str_printf(r.arena, EMPTY, "").ptr);
    fake_run(&r.f, 0);
}

static void event(const char *type, const char *object)
{
    struct kz_str line = kz_str_printf(r.arena, "{\"type\":\"%s\",\"object\":%s}\n", type, object);
    fake_data(&r.f, WATCH_MODULES, line.ptr, line.len);
    fake_run(&r.f, 0);
}

/* Takes everything that is written, as a server that changes nothing; the number of requests. */
static int accept_all(void)
{
    int n = 0;
    for (; fake_run(&r.f, 0), fake_has(&r.f, "PATCH " AT) || fake_has(&r.f, "POST "); n++) {
        if (fake_has(&r.f, "PATCH " AT))
            report_rig_accept(&r, "PATCH " AT, "\"uid\":\"u-1\",\"generation\":1,");
        else
            report_rig_accept(&r, "POST ", "");
        cr_assert_lt(n, 1000);
    }
    return n;
}

Test(mirror, an_object_is_made_and_its_status_written)
{
    found("");
    cr_expect_eq(ready, 1);
    const struct kz_value *o = report_rig_body(&r, "PATCH " AT "modules/m00?");
    cr_expect(kz_str_is(kz_value_path_str(o, "spec.namespace"), "web"));
    cr_expect(kz_str_has(fake_find(&r.f, "PATCH " AT "modules/m00?")->line, KZ_STR("fieldManager=kzsync-status")));
    report_rig_accept(&r, "PATCH " AT "modules/m00?", "\"uid\":\"u-1\",\"generation\":3,");
    o = report_rig_body(&r, "PATCH " AT "modules/m00/status?");
    cr_expect(kz_str_is(kz_value_path_str(o, "metadata.uid"), "u-1"));
    cr_expect(kz_str_is(kz_value_path_str(o, "status.state"), "ok"));
    cr_expect_eq(kz_value_path_int(o, "status.observedGeneration", 0), 3);
    (void)accept_all();
    fake_run(&r.f, 5 * KZ_NS_PER_SEC);
    cr_expect_eq(accept_all(), 0, "nothing is written twice");
    kz_mirror_poke(m, true);
    cr_expect_eq(accept_all(), 0);
    modules[0].note = KZ_STR("now");
    kz_mirror_poke(m, true);
    cr_expect_eq(accept_all(), 1, "a status alone");
}

Test(mirror, what_is_there_as_it_should_be_is_not_written)
{
    found("{\"metadata\":{\"name\":\"m00\",\"uid\":\"u-1\",\"generation\":2,\"labels\":{\"kubezero.com/platform\":\"p\"},"
          "\"annotations\":{\"kubezero.com/defined-at\":\"kubezero.yaml:4\"}},\"spec\":" SPEC ",\"status\":{\"state\":\"ok\","
          "\"revision\":\"4be91d2\",\"objects\":1,\"healthy\":1,\"class\":\"none\",\"since\":\"2020-01-01T00:00:00Z\","
          "\"observedGeneration\":2,\"conditions\":[]}}");
    cr_expect_str_eq(said.ptr, "m00 ");
    cr_expect_not(fake_has(&r.f, "modules/m00"));
    (void)accept_all();
    modules[0].note = KZ_STR("now");
    kz_mirror_poke(m, true);
    fake_run(&r.f, 0);
    const struct kz_value *o = report_rig_body(&r, "PATCH " AT "modules/m00/status?");
    cr_expect(kz_str_is(kz_value_path_str(o, "status.since"), "2020-01-01T00:00:00Z"), "the same word is as old as it was");
}

Test(mirror, an_object_without_a_spec_gets_one)
{
    found("{\"metadata\":{\"name\":\"m00\",\"uid\":\"u-1\",\"labels\":{\"kubezero.com/platform\":\"p\"}}}");
    cr_expect(fake_has(&r.f, "PATCH " AT "modules/m00?"));
    (void)accept_all();
}

Test(mirror, while_modules_work_few_are_written)
{
    view.settled = false;
    view.n_modules = MODULES;
    found("");
    cr_expect_not(fake_has(&r.f, "PATCH"), "what has just changed is not written");
    for (int i = 0; i < 4; i++) {
        fake_run(&r.f, KZ_NS_PER_SEC);
        cr_expect_not(fake_has(&r.f, "PATCH"), "%d s", i + 1);
    }
    fake_run(&r.f, 2 * KZ_NS_PER_SEC);
    cr_expect_eq(fake_open(&r.f), 3, "two watches and one write");
    cr_expect_leq(accept_all(), 2 * 4 + 4, "one batch with its Events");
    view.settled = true;
    kz_mirror_poke(m, true);
    fake_run(&r.f, 0);
    cr_expect_leq(fake_open(&r.f), 2 + 4 + 2);
    int written = 0;
    for (int n; (n = accept_all()) > 0; fake_run(&r.f, KZ_NS_PER_SEC))
        written += n;
    cr_expect_geq(written, 2 * (MODULES + 1 - 4));
}

Test(mirror, what_flaps_while_modules_work_is_not_written)
{
    found("");
    (void)accept_all();
    fake_run(&r.f, 2 * KZ_NS_PER_SEC);
    view.settled = false;
    for (int i = 0; i < 10; i++) {
        modules[0].word = i % 2 == 0 ? KZ_WORD_RUN : KZ_WORD_OK;
        kz_mirror_poke(m, false);
        fake_run(&r.f, 2 * KZ_NS_PER_SEC);
    }
    cr_expect_not(fake_has(&r.f, "modules/m00"));
}

Test(mirror, a_module_that_went_takes_its_object_along)
{
    view.n_modules = 2;
    found("");
    (void)accept_all();
    view.n_modules = 1;
    view.complete = false; /* the inventory is not read: what is missing may be there */
    kz_mirror_poke(m, true);
    fake_run(&r.f, 3 * KZ_NS_PER_SEC);
    cr_expect_not(fake_has(&r.f, "DELETE"));
    view.complete = true;
    kz_mirror_poke(m, true);
    fake_run(&r.f, 0);
    cr_expect(kz_str_has(fake_find(&r.f, "DELETE " AT "modules/m01")->req.body, KZ_STR("\"uid\":\"u-1\"")));
    fake_answer(&r.f, "DELETE", 200, "{}");
}

Test(mirror, an_edited_spec_is_put_right)
{
    found("");
    (void)accept_all();
    event("MODIFIED", "{\"apiVersion\":\"kubezero.com/v1beta1\",\"kind\":\"Module\",\"metadata\":{\"name\":\"m00\",\"uid\":\"u-1\",\"resourceVersion\":\"8\",\"generation\":2,"
                      "\"labels\":{\"kubezero.com/platform\":\"p\"},\"annotations\":{\"kubezero.com/defined-at\":\"kubezero.yaml:4\"},"
                      "\"managedFields\":[{\"manager\":\"kubectl-edit\",\"time\":\"2026-01-01T00:00:00Z\",\"fieldsV1\":{\"f:spec\":{}}}]},"
                      "\"spec\":{\"namespace\":\"web\",\"source\":{\"path\":\"web\"},\"retain\":true}}");
    /* an apply does not take out what somebody added */
    fake_answer(&r.f, "PATCH " AT "modules/m00?", 200,
                "{\"metadata\":{\"name\":\"m00\",\"uid\":\"u-1\",\"generation\":2,\"labels\":{\"kubezero.com/platform\":\"p\"},"
                "\"annotations\":{\"kubezero.com/defined-at\":\"kubezero.yaml:4\"}},\"spec\":{\"namespace\":\"web\",\"source\":{\"path\":\"web\"},\"retain\":true}}");
    struct kz_str body = fake_find(&r.f, "PATCH " AT "modules/m00?")->req.body;
    cr_expect(kz_str_is(body, "[{\"op\":\"add\",\"path\":\"/spec\",\"value\":" SPEC "}]"), KZ_FMT, KZ_ARG(body));
    fake_answer(&r.f, "PATCH " AT "modules/m00?", 200,
                "{\"metadata\":{\"name\":\"m00\",\"uid\":\"u-1\",\"generation\":3,\"labels\":{\"kubezero.com/platform\":\"p\"},"
                "\"annotations\":{\"kubezero.com/defined-at\":\"kubezero.yaml:4\"}},\"spec\":" SPEC "}");
    const struct kz_value *o = report_rig_body(&r, "PATCH " AT "modules/m00/status?");
    const struct kz_value *edited = kz_value_at(kz_value_path(o, "status.conditions"), 1);
    cr_expect(kz_str_is(kz_value_path_str(edited, "type"), "Edited"));
    cr_expect(kz_str_has(kz_value_path_str(edited, "message"), KZ_STR("edited by kubectl-edit")));
    cr_expect_eq(kz_value_path_int(o, "status.observedGeneration", 0), 3);
    cr_expect(fake_has(&r.f, "POST /apis/events.k8s.io"));
}

/* Anybody may make one, and the daemon itself has one of a module that is known from the inventory alone. */
Test(mirror, an_object_without_spec_is_put_right)
{
    found("{\"metadata\":{\"name\":\"m00\",\"uid\":\"u-1\",\"generation\":1,\"labels\":{\"kubezero.com/platform\":\"p\"},"
          "\"annotations\":{\"kubezero.com/defined-at\":\"kubezero.yaml:4\"}}}");
    const struct kz_value *o = report_rig_body(&r, "PATCH " AT "modules/m00?");
    cr_expect(kz_str_is(kz_value_path_str(o, "spec.namespace"), "web"));
    (void)accept_all();
    modules[0].shown = KZ_STR("");
    kz_mirror_poke(m, true);
    event("MODIFIED", "{\"apiVersion\":\"kubezero.com/v1beta1\",\"kind\":\"Module\",\"metadata\":{\"name\":\"m00\",\"uid\":\"u-1\",\"resourceVersion\":\"8\","
                      "\"generation\":2,\"labels\":{\"kubezero.com/platform\":\"p\"}}}");
    cr_expect_not(fake_has(&r.f, "PATCH " AT "modules/m00?"), "git says nothing of it");
}

Test(mirror, what_the_server_does_not_keep_is_given_up)
{
    found("");
    (void)accept_all();
    modules[0].shown = KZ_STR("{\"later\":1}");
    kz_mirror_poke(m, true);
    fake_run(&r.f, 0);
    for (int i = 0; i < 2; i++)
        fake_answer(&r.f, "PATCH " AT "modules/m00?", 200,
                    "{\"metadata\":{\"name\":\"m00\",\"uid\":\"u-1\",\"generation\":2,\"labels\":{\"kubezero.com/platform\":\"p\"},"
                    "\"annotations\":{\"kubezero.com/defined-at\":\"kubezero.yaml:4\"}},\"spec\":{}}");
    (void)accept_all();
    kz_mirror_poke(m, true);
    fake_run(&r.f, 20 * KZ_NS_PER_SEC);
    cr_expect_not(fake_has(&r.f, "PATCH"));
}

Test(mirror, an_object_of_others_is_left_alone)
{
    found("{\"metadata\":{\"name\":\"m00\",\"uid\":\"u-9\",\"labels\":{\"kubezero.com/platform\":\"theirs\"},"
          "\"annotations\":{\"kubezero.com/pause\":\"theirs\"}},\"spec\":{}}");
    cr_expect_str_eq(said.ptr, "", "nor are its annotations read");
    cr_expect_not(fake_has(&r.f, "modules/m00"));
    report_rig_accept(&r, "PATCH " AT "platforms/p?", "\"uid\":\"u-2\",\"generation\":1,");
    const struct kz_value *o = report_rig_body(&r, "PATCH " AT "platforms/p/status?");
    const struct kz_value *c = kz_value_at(kz_value_path(o, "status.conditions"), 1);
    cr_expect(kz_str_is(kz_value_path_str(c, "type"), "Conflict"));
    cr_expect(kz_str_has(kz_value_path_str(c, "message"), KZ_STR("Module m00 in namespace kz belongs to platform theirs")));
}

Test(mirror, who_does_not_lead_does_nothing)
{
    found("");
    (void)accept_all();
    view.leads = false;
    kz_mirror_poke(m, true);
    fake_run(&r.f, 5 * KZ_NS_PER_SEC);
    cr_expect_eq(fake_open(&r.f), 0, "no watch either");
}

Test(mirror, forbidden_writes_are_tried_a_minute_later)
{
    found("");
    for (; fake_has(&r.f, "PATCH"); fake_run(&r.f, 0))
        fake_answer(&r.f, "PATCH", 403,
                    "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"no\",\"reason\":\"Forbidden\",\"code\":403}");
    fake_run(&r.f, 30 * KZ_NS_PER_SEC);
    cr_expect_not(fake_has(&r.f, "PATCH"));
    fake_run(&r.f, 31 * KZ_NS_PER_SEC);
    kz_mirror_poke(m, true);
    fake_run(&r.f, 0);
    cr_expect(fake_has(&r.f, "PATCH"));
}

Test(mirror, an_answer_goes_out_at_once_and_stays)
{
    found("");
    (void)accept_all();
    view.settled = false;
    const struct kz_reply reply = {KZ_STR("sync"), KZ_STR("now"), 1, "taken", KZ_STR("looks")};
    kz_mirror_reply(m, false, KZ_STR("m00"), &reply);
    fake_run(&r.f, 0);
    const struct kz_value *o = report_rig_body(&r, "PATCH " AT "modules/m00/status?");
    cr_expect(kz_str_is(kz_value_path_str(o, "status.command.result"), "taken"));
    (void)accept_all();
    view.settled = true;
    modules[0].note = KZ_STR("now");
    kz_mirror_poke(m, true);
    fake_run(&r.f, KZ_NS_PER_SEC);
    o = report_rig_body(&r, "PATCH " AT "modules/m00/status?");
    cr_expect(kz_str_is(kz_value_path_str(o, "status.command.message"), "looks"));
}

static void on_off(void *arg, const struct kz_err *err)
{
    *(int *)arg = err == NULL ? 1 : -(int)err->code;
}

Test(mirror, an_annotation_is_taken_off_if_it_is_what_was_read)
{
    int got = 0;
    found("");
    (void)accept_all();
    kz_mirror_take_off(m, false, KZ_STR("m00"), KZ_STR("kubezero.com/sync"), KZ_STR("now"), on_off, &got);
    struct kz_str body = fake_find(&r.f, "PATCH " AT "modules/m00?")->req.body;
    cr_expect(kz_str_is(body, "[{\"op\":\"test\",\"path\":\"/metadata/annotations/kubezero.com~1sync\",\"value\":\"now\"},"
                              "{\"op\":\"remove\",\"path\":\"/metadata/annotations/kubezero.com~1sync\"}]"), KZ_FMT, KZ_ARG(body));
    fake_answer(&r.f, "PATCH", 200, "{}");
    cr_expect_eq(got, 1);
    kz_mirror_take_off(m, false, KZ_STR("m00"), KZ_STR("kubezero.com/sync"), KZ_STR("now"), on_off, &got);
    fake_answer(&r.f, "PATCH", 422, "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"the test failed\",\"reason\":\"Invalid\",\"code\":422}");
    cr_expect_eq(got, -KZ_E_CONFLICT);
}

TestSuite(mirror_bare, .fini = end);

Test(mirror_bare, without_the_kinds_it_waits_for_them)
{
    begin_with(false);
    cr_expect_eq(ready, 1, "nothing is to be read");
    cr_expect_eq(fake_open(&r.f), 0);
    for (int i = 0; i < 70 && fake_open(&r.f) == 0; i++)
        fake_run(&r.f, KZ_NS_PER_SEC);
    report_rig_discovery(&r, true);
    fake_run(&r.f, 0);
    found("");
    cr_expect(fake_has(&r.f, "PATCH " AT "modules/m00?"));
}

Test(mirror_bare, what_may_not_be_read_is_not_waited_for)
{
    begin_with(true);
    fake_answer(&r.f, LIST_MODULES, 403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"no\",\"reason\":\"Forbidden\",\"code\":403}");
    fake_run(&r.f, 0);
    cr_expect_eq(ready, 1);
    fake_run(&r.f, KZ_NS_PER_SEC);
    cr_expect_not(fake_has(&r.f, "PATCH"));
}

/* A pause may stand there. */
Test(mirror_bare, what_cannot_be_read_is_waited_for)
{
    begin_with(true);
    for (int i = 0; i < 30; i++) {
        if (fake_has(&r.f, LIST_MODULES))
            fake_answer(&r.f, LIST_MODULES, 500, "no");
        fake_run(&r.f, 5 * KZ_NS_PER_SEC);
    }
    cr_expect_eq(ready, 0);
    for (int i = 0; i < 100 && !fake_has(&r.f, LIST_MODULES); i++)
        fake_run(&r.f, KZ_NS_PER_SEC);
    found("");
    cr_expect_eq(ready, 1);
}
