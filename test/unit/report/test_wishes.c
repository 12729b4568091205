/* SPDX-License-Identifier: Apache-2.0 */
#include "report/wishes.h"

#include <criterion/criterion.h>

enum { MEMORY = 8 << 20 };
static const int64_t NOW = 1790000000 * KZ_NS_PER_SEC; /* 2026-09-21 */

Test(wishes, what_is_understood)
{
    static const struct {
        const char *name;
        enum kz_order order;
        const char *text, *reason, *by, *revision;
        bool timed, drift;
    } rows[] = {
        {"plain pause", KZ_ORDER_PAUSE, "es upgrade", "es upgrade", "", "", false, false},
        {"a reason that looks like a word", KZ_ORDER_PAUSE, "true", "true", "", "", false, false},
        {"long pause", KZ_ORDER_PAUSE, "{\"reason\":\"r\",\"by\":\"ann\",\"until\":\"2030-01-02T03:04:05Z\",\"drift\":true}", "r",
         "ann", "", true, true},
        {"override", KZ_ORDER_OVERRIDE, "it burns", "it burns", "", "", false, false},
        {"long override", KZ_ORDER_OVERRIDE, "{\"reason\":\"r\",\"revision\":\"4be91d2\"}", "r", "", "4be91d2", false, false},
        {"approval", KZ_ORDER_APPROVE, "{\"set\":\"00000000000000000000000000000001\",\"revision\":\"4be\",\"by\":\"ann\",\"reason\":\"r\"}",
         "r", "ann", "4be", false, false},
        {"sync", KZ_ORDER_SYNC, "now", "", "", "", false, false},
        {"sync by somebody", KZ_ORDER_SYNC, "{\"by\":\"ann\"}", "", "ann", "", false, false},
        {"sync of objects", KZ_ORDER_SYNC, "{\"by\":\"ann\",\"objects\":[\"deploy/a\"]}", "", "ann", "", false, false},
        {"empty sync", KZ_ORDER_SYNC, "", "", "", "", false, false},
        {"rollback", KZ_ORDER_ROLLBACK, "4be91d2", "", "", "4be91d2", false, false},
        {"previous", KZ_ORDER_ROLLBACK, "previous", "", "", "", false, false},
        {"long rollback", KZ_ORDER_ROLLBACK, "{\"revision\":\"4be\",\"by\":\"ann\"}", "", "ann", "4be", false, false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
        struct kz_said s;
        struct kz_err err;
        cr_assert_eq(kz_said_read(&s, a, rows[i].order, kz_str(rows[i].text), NOW, &err), 0, "%s: %s", rows[i].name,
                     err.frame[0]);
        const struct kz_wish_pause *p = &s.pause;
        const struct kz_wish_override *o = &s.override;
        const struct kz_wish_approval *v = &s.approval;
        struct kz_str reason = p->reason.len > 0 ? p->reason : o->reason.len > 0 ? o->reason : v->reason;
        struct kz_str revision = s.revision.len > 0 ? s.revision : o->revision.len > 0 ? o->revision : v->revision;
        cr_expect(kz_str_is(reason, rows[i].reason), "%s", rows[i].name);
        cr_expect(kz_str_is(s.by, rows[i].by), "%s", rows[i].name);
        cr_expect(kz_str_is(revision, rows[i].revision), "%s", rows[i].name);
        cr_expect_eq(p->until + o->until != 0, rows[i].timed, "%s", rows[i].name);
        cr_expect_eq(p->drift, rows[i].drift, "%s", rows[i].name);
        cr_expect_eq(v->set.lo, rows[i].order == KZ_ORDER_APPROVE ? 1 : 0, "%s", rows[i].name);
    }
}

Test(wishes, what_is_not)
{
    static char large[5000];
    memset(large, 'x', sizeof large - 1);
    static const struct {
        const char *name;
        enum kz_order order;
        const char *text;
        enum kz_code code;
        const char *says;
    } rows[] = {
        {"no reason", KZ_ORDER_PAUSE, "", KZ_E_INVALID, "reason"},
        {"no reason in JSON", KZ_ORDER_PAUSE, "{\"by\":\"ann\"}", KZ_E_INVALID, "reason"},
        {"cut off", KZ_ORDER_PAUSE, "{\"reason\":\"r\"", KZ_E_PARSE, "kubezero.com/pause"},
        {"typo", KZ_ORDER_PAUSE, "{\"reason\":\"r\",\"untill\":\"x\"}", KZ_E_INVALID, "did you mean 'until'"},
        {"wrong type", KZ_ORDER_PAUSE, "{\"reason\":7}", KZ_E_INVALID, "reason"},
        {"no time", KZ_ORDER_PAUSE, "{\"reason\":\"r\",\"until\":\"tomorrow\"}", KZ_E_INVALID, "until"},
        {"over", KZ_ORDER_PAUSE, "{\"reason\":\"r\",\"until\":\"2020-01-01T00:00:00Z\"}", KZ_E_TIMEOUT, "over"},
        {"newline", KZ_ORDER_PAUSE, "a\nb", KZ_E_INVALID, "control"},
        {"too long", KZ_ORDER_PAUSE, large, KZ_E_INVALID, "longer than"},
        {"deep", KZ_ORDER_PAUSE, "{\"reason\":{\"reason\":{}}}", KZ_E_INVALID, "reason"},
        {"plain approval", KZ_ORDER_APPROVE, "yes", KZ_E_INVALID, "no JSON object"},
        {"short set", KZ_ORDER_APPROVE, "{\"set\":\"3f2a\"}", KZ_E_INVALID, "set"},
        {"no digits", KZ_ORDER_APPROVE, "{\"set\":\"zz000000000000000000000000000001\"}", KZ_E_INVALID, "hex"},
        {"zero set", KZ_ORDER_APPROVE, "{\"set\":\"00000000000000000000000000000000\"}", KZ_E_INVALID, "hex"},
        {"empty rollback", KZ_ORDER_ROLLBACK, "", KZ_E_INVALID, "revision"},
        {"sync that is cut off", KZ_ORDER_SYNC, "{\"objects\":[\"deploy/a\"", KZ_E_PARSE, "kubezero.com/sync"},
        {"sync with a typo", KZ_ORDER_SYNC, "{\"object\":[\"deploy/a\"]}", KZ_E_INVALID, "did you mean 'objects'"},
        {"sync of no objects", KZ_ORDER_SYNC, "{\"objects\":[]}", KZ_E_INVALID, "objects"},
        {"sync of a map", KZ_ORDER_SYNC, "{\"objects\":[{}]}", KZ_E_INVALID, "objects"},
        {"override without reason", KZ_ORDER_OVERRIDE, "{\"until\":\"2030-01-01T00:00:00Z\"}", KZ_E_INVALID, "reason"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
        struct kz_said s = {0};
        struct kz_err err;
        char line[KZ_ERR_TEXT * 2];
        cr_assert_eq(kz_said_read(&s, a, rows[i].order, kz_str(rows[i].text), NOW, &err), -(int)rows[i].code, "%s",
                     rows[i].name);
        cr_expect(kz_str_has(kz_str(kz_err_line(line, sizeof line, &err)), kz_str(rows[i].says)), "%s: %s", rows[i].name, line);
    }
}

Test(wishes, what_is_written_is_understood)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    static const struct kz_str objects[] = {KZ_STR_INIT("deploy/a"), KZ_STR_INIT("cm/shop/b")};
    struct kz_said want = {.by = KZ_STR("ann \"x\""), .revision = KZ_STR("4be91d2"), .objects = objects, .n_objects = 2}, s;
    struct kz_err err;
    want.pause = (struct kz_wish_pause){KZ_STR("r"), want.by, NOW + 60 * KZ_NS_PER_SEC, true};
    want.override = (struct kz_wish_override){KZ_STR("it burns"), want.by, KZ_STR("4be91d2"), NOW + KZ_NS_PER_SEC};
    want.approval = (struct kz_wish_approval){{1, 2}, KZ_STR("4be91d2"), want.by, KZ_STR("looked at it")};
    for (int o = 0; o < KZ_ORDERS_; o++) {
        struct kz_str text = kz_said_text(a, (enum kz_order)o, &want, NOW);
        cr_assert_eq(kz_said_read(&s, a, (enum kz_order)o, text, NOW, &err), 0, "%s: %s", kz_order_name((enum kz_order)o),
                     err.frame[0]);
        cr_expect(kz_str_eq(s.by, want.by), "%s", kz_order_name((enum kz_order)o));
        if (o == KZ_ORDER_PAUSE)
            cr_expect(s.pause.until == want.pause.until && s.pause.drift && kz_str_eq(s.pause.reason, want.pause.reason));
        if (o == KZ_ORDER_OVERRIDE)
            cr_expect(s.override.until == want.override.until && kz_str_eq(s.override.revision, want.override.revision));
        if (o == KZ_ORDER_APPROVE)
            cr_expect(kz_hash_eq(s.approval.set, want.approval.set) && kz_str_eq(s.approval.reason, want.approval.reason));
        if (o == KZ_ORDER_ROLLBACK)
            cr_expect(kz_str_eq(s.revision, want.revision));
        if (o == KZ_ORDER_SYNC)
            cr_expect(s.n_objects == 2 && kz_str_is(s.objects[0], "deploy/a") && kz_str_is(s.objects[1], "cm/shop/b"));
    }
    cr_expect_not(kz_str_eq(kz_said_text(a, KZ_ORDER_SYNC, &want, NOW), kz_said_text(a, KZ_ORDER_SYNC, &want, NOW + 1000)));
}
