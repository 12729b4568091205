/* SPDX-License-Identifier: Apache-2.0 */
#include "report/plaint.h"

#include "rig.h"

#include <criterion/criterion.h>

#define AT "PATCH /apis/kubezero.com/v1beta1/namespaces/kz/platforms/p"

static struct report_rig r;
static struct kz_plaint *p;
static int ended;

static int64_t closed(void *arg)
{
    (void)arg;
    return 0;
}

static void begin_with(bool kinds)
{
    report_rig_init(&r, kinds);
    kz_kube_fence(r.kube, closed, NULL); /* nobody leads */
    p = kz_plaint_new(&r.f.env, r.kube, KZ_STR("kz"));
    ended = 0;
}

static void begin(void)
{
    begin_with(true);
}

static void end(void)
{
    kz_plaint_free(p);
    report_rig_done(&r);
}

static void on_end(void *arg)
{
    (void)arg;
    ended++;
}

static void say(const char *what)
{
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_DENIED, "%s", what);
    kz_plaint_say(p, KZ_STR("p"), "LeaseDenied", &err, on_end, NULL);
}

TestSuite(plaint, .init = begin, .fini = end);

Test(plaint, it_is_said_past_the_fence)
{
    say("may not get leases");
    const struct kz_value *o = report_rig_body(&r, AT "?");
    cr_expect(kz_str_is(kz_value_as_str(kz_value_get(kz_value_path(o, "metadata.labels"), "kubezero.com/platform")), "p"));
    cr_expect_null(kz_value_get(o, "spec"), "the definition is not known");
    report_rig_accept(&r, AT "?", "");
    const struct kz_value *list = kz_value_path(report_rig_body(&r, AT "/status?"), "status.conditions");
    static const char *const want[][2] = {{"Ready", "False"}, {"Stalled", "True"}};
    cr_assert_eq(kz_value_len(list), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct kz_value *c = kz_value_at(list, i);
        cr_expect(kz_str_is(kz_value_path_str(c, "type"), want[i][0]) && kz_str_is(kz_value_path_str(c, "status"), want[i][1]));
        cr_expect(kz_str_is(kz_value_path_str(c, "reason"), "LeaseDenied"));
        cr_expect(kz_str_is(kz_value_path_str(c, "message"), "may not get leases"));
    }
    cr_expect_eq(ended, 0);
    report_rig_accept(&r, AT "/status?", "");
    cr_expect_eq(ended, 1);
    say("may not get leases");
    cr_expect_eq(ended, 2, "it was said");
    cr_expect_eq(fake_open(&r.f), 0);
    say("may not list leases");
    say("and more");
    cr_expect_eq(ended, 3, "one at a time");
    cr_expect_eq(fake_open(&r.f), 1);
}

Test(plaint, what_may_not_be_said)
{
    static const char refused[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403}";
    say("may not get leases");
    fake_answer(&r.f, AT "?", 403, refused);
    cr_expect_eq(ended, 1);
    say("may not get leases"); /* that right may have come meanwhile */
    report_rig_accept(&r, AT "?", "");
    fake_answer(&r.f, AT "/status?", 403, refused);
    cr_expect_eq(ended, 2);
}

Test(plaint_without_kinds, it_ends_at_once)
{
    begin_with(false);
    say("may not get leases");
    cr_expect_eq(ended, 1);
    cr_expect_eq(fake_open(&r.f), 0);
    kz_plaint_free(NULL);
    end();
}
