/* SPDX-License-Identifier: Apache-2.0 */
#include "report/events.h"
#include "rig.h"

#include <criterion/criterion.h>

#define POST "POST /apis/events.k8s.io/v1/namespaces/kz/events"
#define PATCH "PATCH /apis/events.k8s.io/v1/namespaces/kz/events"

static struct report_rig r;
static struct kz_events *v;
static const struct kz_about web = {"Module", KZ_STR_INIT("web"), KZ_STR_INIT("u-1")};

static void begin(void)
{
    report_rig_init(&r, true);
    v = kz_events_new(&r.f.env, r.kube, KZ_STR("kz"), KZ_STR("pod-1"));
}

static void end(void)
{
    kz_events_free(v);
    report_rig_done(&r);
}

TestSuite(events, .init = begin, .fini = end);

Test(events, one_is_whole)
{
    kz_events_say(v, &web, true, "Failed", "Sync", KZ_STR("it\nbroke"));
    fake_run(&r.f, 0);
    const struct kz_value *e = report_rig_body(&r, POST);
    static const struct {
        const char *path, *want;
    } rows[] = {
        {"reason", "Failed"},        {"action", "Sync"},          {"type", "Warning"},      {"note", "it broke"},
        {"reportingInstance", "pod-1"}, {"regarding.kind", "Module"}, {"regarding.name", "web"}, {"regarding.uid", "u-1"},
        {"regarding.namespace", "kz"}, {"metadata.namespace", "kz"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_expect(kz_str_is(kz_value_path_str(e, rows[i].path), rows[i].want), "%s", rows[i].path);
    cr_expect_null(kz_value_get(e, "series"));
    report_rig_accept(&r, POST, "");
}

Test(events, the_same_again_is_a_count)
{
    kz_events_say(v, &web, false, "Synced", "Sync", KZ_STR("ok"));
    fake_run(&r.f, 0);
    report_rig_accept(&r, POST, "");
    for (int i = 0; i < 5; i++)
        kz_events_say(v, &web, false, "Synced", "Sync", KZ_STR("ok"));
    fake_run(&r.f, 10 * KZ_NS_PER_SEC);
    cr_expect_eq(fake_open(&r.f), 0, "the count waits");
    fake_run(&r.f, 40 * KZ_NS_PER_SEC);
    cr_expect_eq(kz_value_path_int(report_rig_body(&r, PATCH), "series.count", 0), 6);
    fake_answer(&r.f, PATCH, 200, "{}");
    fake_run(&r.f, 700 * KZ_NS_PER_SEC);
    cr_expect_eq(fake_open(&r.f), 0);
    kz_events_say(v, &web, false, "Synced", "Sync", KZ_STR("ok")); /* after ten minutes it is another one */
    fake_run(&r.f, 0);
    cr_expect_null(kz_value_get(report_rig_body(&r, POST), "series"));
}

Test(events, an_object_has_ten_and_then_few)
{
    int sent = 0;
    for (int i = 0; i < 40; i++)
        kz_events_say(v, &web, false, "Note", "Sync", kz_str_printf(r.arena, "note %d", i));
    for (; fake_run(&r.f, 0), fake_has(&r.f, POST); sent++)
        report_rig_accept(&r, POST, "");
    cr_expect_eq(sent, 10);
    fake_run(&r.f, 31 * KZ_NS_PER_SEC);
    kz_events_say(v, &web, false, "Note", "Sync", KZ_STR("later"));
    fake_run(&r.f, 0);
    cr_expect(kz_str_is(kz_value_path_str(report_rig_body(&r, POST), "note"), "later (and 30 more, not shown)"));
}

Test(events, two_at_a_time)
{
    for (int i = 0; i < 6; i++) {
        const struct kz_about one = {"Module", kz_str_printf(r.arena, "m%d", i), KZ_STR("")};
        kz_events_say(v, &one, false, "Synced", "Sync", KZ_STR("ok"));
    }
    fake_run(&r.f, 0);
    cr_expect_eq(fake_open(&r.f), 2);
    report_rig_accept(&r, POST, "");
    fake_run(&r.f, 0);
    cr_expect_eq(fake_open(&r.f), 2);
}

Test(events, forbidden_is_said_once_and_tried_later)
{
    for (int i = 0; i < 6; i++) {
        const struct kz_about one = {"Module", kz_str_printf(r.arena, "m%d", i), KZ_STR("")};
        kz_events_say(v, &one, false, "Synced", "Sync", KZ_STR("ok"));
    }
    fake_run(&r.f, 0);
    fake_answer(&r.f, POST, 403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"no\",\"reason\":\"Forbidden\",\"code\":403}");
    fake_answer(&r.f, POST, 403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"no\",\"reason\":\"Forbidden\",\"code\":403}");
    fake_run(&r.f, KZ_NS_PER_SEC);
    kz_events_say(v, &web, false, "Synced", "Sync", KZ_STR("ok"));
    fake_run(&r.f, KZ_NS_PER_SEC);
    cr_expect_eq(fake_open(&r.f), 0);
    fake_run(&r.f, 700 * KZ_NS_PER_SEC);
    kz_events_say(v, &web, false, "Synced", "Sync", KZ_STR("ok"));
    fake_run(&r.f, 0);
    cr_expect(fake_has(&r.f, POST));
}
