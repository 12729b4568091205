/* SPDX-License-Identifier: Apache-2.0
 *
 * Pauses, windows and approvals: what stops which class of change, until when, and in which words. The clock
 * begins at 1970-01-01T00:00:00Z. */
#include "rig.h"
#include "sync/policy.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

#define MIN (60 * KZ_NS_PER_SEC)

static struct rig r;
static struct kz_module spec;
static struct kz_platform platform;
static struct kz_mod *m;
static struct kz_want *w;

static const struct kz_value *yaml(const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_yaml_read(&v, r.f.arena, kz_str(text), KZ_STR("in"), &err), 0, "%s", err.frame[0]);
    return v;
}

static void begin(void)
{
    rig_init(&r, &(struct kz_engine_options){.mode = KZ_MODE_RUN});
    spec = (struct kz_module){.name = KZ_STR("logging"), .paused = KZ_STR(""), .approve = KZ_STR("")};
    platform = (struct kz_platform){0};
    kz_map_init(&platform.by_name);
    platform.schedule = yaml("{timezone: UTC, windows: [{name: nightly, allow: '0 2 * * *', duration: 1h}, "
                             "{name: freeze, deny: '0 2 2 1 *', duration: 24h}], default: {restart: [nightly]}}");
    r.e->platform = &platform;
    r.e->revision = KZ_STR("9ac07e1d7f");
    r.f.now = 0;
    m = rig_mod(&r, "logging", &spec);
    w = kz_want_empty(KZ_STR("4be91d2aaa"), NULL);
}

static void end(void)
{
    kz_want_unref(w);
    rig_done(&r);
}

static void wish(const char *module, struct kz_wishes wishes)
{
    kz_engine_steer(r.e, kz_str(module), &wishes);
}

static bool stops(struct kz_stops *s, enum kz_class cls)
{
    return kz_policy_stops(s, m, cls, w);
}

/* ---- pauses ---------------------------------------------------------------------------------------------------- */

Test(policy, pauses_add_up, .init = begin, .fini = end)
{
    struct kz_wish_pause p;
    cr_expect_not(kz_policy_paused(&p, m));
    spec.paused = KZ_STR("es upgrade");
    spec.paused_until = 10 * MIN;
    cr_expect(kz_policy_paused(&p, m));
    cr_expect(kz_str_is(p.reason, "es upgrade") && kz_str_is(p.by, "git") && p.until == 10 * MIN && !p.drift);
    wish("", (struct kz_wishes){.pause = {.reason = KZ_STR("all stop"), .by = KZ_STR("bob"), .until = 5 * MIN, .drift = true}});
    cr_expect(kz_policy_paused(&p, m));
    cr_expect(kz_str_is(p.reason, "es upgrade") && p.drift, "the longest speaks, and any of them may leave drift alone");
    wish("logging", (struct kz_wishes){.pause = {.reason = KZ_STR("look"), .by = KZ_STR("anna")}});
    cr_expect(kz_policy_paused(&p, m));
    cr_expect(kz_str_is(p.reason, "look") && p.until == 0 && p.drift);
    r.f.now = 5 * MIN;
    cr_expect(kz_policy_paused(&p, m));
    cr_expect_not(p.drift, "that one is over");
    wish("logging", (struct kz_wishes){.pause = {.reason = KZ_STR("")}});
    cr_expect(kz_policy_paused(&p, m));
    r.f.now = 10 * MIN;
    cr_expect_not(kz_policy_paused(&p, m));
}

Test(policy, a_pause_stops_every_class_but_none, .init = begin, .fini = end)
{
    struct kz_stops s;
    platform.schedule = NULL;
    spec.paused = KZ_STR("x");
    spec.paused_until = 3 * MIN;
    for (enum kz_class c = KZ_CLASS_METADATA; c <= KZ_CLASS_DESTRUCTIVE; c++) {
        cr_expect(stops(&s, c) && s.paused && !s.window && !s.approval);
        cr_expect_eq(s.again, 3 * MIN);
    }
    cr_expect_not(stops(&s, KZ_CLASS_NONE));
}

/* ---- approvals ------------------------------------------------------------------------------------------------- */

Test(policy, approvals_by_class, .init = begin, .fini = end)
{
    static const struct {
        const char *approve;
        bool routine, restart, destructive;
    } rows[] = {
        {"", false, false, false},
        {"destructive", false, false, true},
        {"restart", false, true, true},
        {"routine", true, true, true},
    };
    struct kz_stops s;
    platform.schedule = NULL;
    for (size_t i = 0; i < kz_countof(rows); i++) {
        spec.approve = kz_str(rows[i].approve);
        cr_expect_eq(stops(&s, KZ_CLASS_METADATA), rows[i].routine, "%s", rows[i].approve);
        cr_expect_eq(stops(&s, KZ_CLASS_ROUTINE), rows[i].routine, "%s", rows[i].approve);
        cr_expect_eq(stops(&s, KZ_CLASS_RESTART), rows[i].restart, "%s", rows[i].approve);
        cr_expect_eq(stops(&s, KZ_CLASS_DESTRUCTIVE), rows[i].destructive, "%s", rows[i].approve);
    }
}

Test(policy, an_approval_is_bound_to_module_and_set, .init = begin, .fini = end)
{
    struct kz_stops s;
    spec.approve = KZ_STR("destructive");
    platform.schedule = NULL;
    cr_expect(stops(&s, KZ_CLASS_DESTRUCTIVE) && s.approval);
    wish("logging", (struct kz_wishes){.approval = {.set = {7, 7}}});
    cr_expect(stops(&s, KZ_CLASS_DESTRUCTIVE), "of another set");
    wish("logging", (struct kz_wishes){.approval = {.set = {0, 0}}});
    wish("metrics", (struct kz_wishes){.approval = {.set = kz_want_content(w)}});
    wish("", (struct kz_wishes){.approval = {.set = kz_want_content(w)}});
    cr_expect(stops(&s, KZ_CLASS_DESTRUCTIVE), "of another module, or of the platform");
    wish("logging", (struct kz_wishes){.approval = {.set = kz_want_content(w)}});
    cr_expect_not(stops(&s, KZ_CLASS_DESTRUCTIVE));
}

Test(policy, a_module_that_goes_needs_what_it_needed, .init = begin, .fini = end)
{
    struct kz_stops s;
    platform.schedule = NULL;
    spec.approve = KZ_STR("restart");
    kz_policy_note(m);
    m->spec = &kz_module_removed;
    kz_policy_note(m);
    cr_expect(stops(&s, KZ_CLASS_DESTRUCTIVE) && s.approval);
    m->approve = KZ_CLASS_NONE; /* nobody remembers */
    cr_expect_not(stops(&s, KZ_CLASS_DESTRUCTIVE));
}

/* ---- windows --------------------------------------------------------------------------------------------------- */

Test(policy, windows_by_class, .init = begin, .fini = end)
{
    struct kz_stops s;
    cr_expect_not(stops(&s, KZ_CLASS_ROUTINE));
    cr_expect_not(stops(&s, KZ_CLASS_METADATA));
    cr_expect_not(stops(&s, KZ_CLASS_DESTRUCTIVE), "the schedule's default names none for it");
    cr_expect(stops(&s, KZ_CLASS_RESTART) && s.window && !s.denied);
    cr_expect_str_eq(s.name, "nightly");
    cr_expect(s.opens == 120 * MIN && s.again == 120 * MIN);
    spec.windows = yaml("{restart: [], routine: [nightly]}");
    cr_expect_not(stops(&s, KZ_CLASS_RESTART), "the module's own, an empty list: any time");
    cr_expect(stops(&s, KZ_CLASS_ROUTINE));
    cr_expect(stops(&s, KZ_CLASS_METADATA), "what touches only metadata is routine");
    r.f.now = 120 * MIN;
    cr_expect_not(stops(&s, KZ_CLASS_ROUTINE));
    r.f.now = (24 + 2) * 60 * MIN; /* 2 January: a deny window beats it, and what has no window */
    cr_expect(stops(&s, KZ_CLASS_ROUTINE) && s.denied);
    cr_expect_str_eq(s.name, "freeze");
    cr_expect_eq(s.opens, (48 + 2) * 60 * MIN);
    cr_expect(stops(&s, KZ_CLASS_DESTRUCTIVE) && s.denied);
}

Test(policy, overrides, .init = begin, .fini = end)
{
    static const struct {
        const char *module, *revision;
        int64_t until;
        bool stops;
    } rows[] = {
        {"logging", "", 0, false},
        {"", "", 0, false},
        {"metrics", "", 0, true},
        {"logging", "9ac07e1", 0, false},      /* the newest commit */
        {"logging", "4be91d2", 0, false},      /* the one that the set is from */
        {"logging", "1234567", 0, true},
        {"logging", "", 30 * MIN, false},
        {"logging", "", 10 * MIN, true},       /* over */
    };
    struct kz_stops s;
    r.f.now = 20 * MIN;
    for (size_t i = 0; i < kz_countof(rows); i++) {
        wish(rows[i].module, (struct kz_wishes){.override = {.reason = KZ_STR("CVE"), .revision = kz_str(rows[i].revision),
                                                             .until = rows[i].until}});
        cr_expect_eq(stops(&s, KZ_CLASS_RESTART), rows[i].stops, "row %zu", i);
        wish(rows[i].module, (struct kz_wishes){.override = {.until = 0}});
    }
    spec.approve = KZ_STR("restart");
    wish("logging", (struct kz_wishes){.override = {.reason = KZ_STR("CVE")}});
    cr_expect(stops(&s, KZ_CLASS_RESTART) && s.approval && !s.window, "it opens windows, and approves nothing");
}

/* ---- words ----------------------------------------------------------------------------------------------------- */

Test(policy, text, .init = begin, .fini = end)
{
    static const struct {
        struct kz_stops s;
        const char *what, *want;
    } rows[] = {
        {{.window = true, .name = "nightly", .opens = 252 * MIN}, "restart class",
         "restart class, window nightly opens in 4h 12m (04:12 UTC)"},
        {{.window = true, .denied = true, .name = "freeze", .opens = 60 * 60 * MIN}, "routine class",
         "routine class, window freeze denies it, opens in 2d 12h (Sat 12:00 UTC)"},
        {{.window = true, .name = "never", .opens = KZ_WINDOW_NEVER}, "routine class", "routine class, window never never opens"},
        {{.window = true, .opens = KZ_WINDOW_NEVER}, "routine class", "routine class, no window of its class ever opens"},
        {{.approval = true}, "delete of 41 objects", "delete of 41 objects needs approval: kzsync approve logging"},
        {{.approval = true, .window = true, .name = "nightly", .opens = MIN / 2}, "restart class",
         "restart class needs approval: kzsync approve logging; window nightly opens in 30s (00:00 UTC)"},
        {{.paused = true}, "restart class", "restart class"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_str got = kz_policy_text(r.f.arena, m, &rows[i].s, kz_str(rows[i].what));
        cr_expect(kz_str_is(got, rows[i].want), "got '" KZ_FMT "', want '%s'", KZ_ARG(got), rows[i].want);
    }
    char text[KZ_WINDOW_NAME + 32];
    cr_expect_str_eq(kz_policy_brief(text, &rows[0].s), "waits for window nightly");
    cr_expect_str_eq(kz_policy_brief(text, &rows[4].s), "waits for approval");
    cr_expect_str_eq(kz_policy_brief(text, &rows[6].s), "is paused");
}
