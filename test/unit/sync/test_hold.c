/* SPDX-License-Identifier: Apache-2.0
 *
 * A newer set before it may begin: when it is weighed and by what, what it waits for, and what the module does until
 * then. The clock begins at 1970-01-01T00:00:00Z; window `soon` opens at 00:01. */
#include "rig.h"
#include "sync/hold.h"
#include "value/json.h"
#include "value/yaml.h"

#include <criterion/criterion.h>

#define SEC KZ_NS_PER_SEC
#define WEB "/apis/apps/v1/namespaces/shop/deployments/web?"

static struct rig r;
static struct kz_module spec;
static struct kz_platform platform;
static struct kz_mod *m;

static const struct rig_object objects[] = {
    {"apps", "v1", "Deployment", "shop", "web"},
    {"", "v1", "ConfigMap", "shop", "a"},
};

/* ---- sets ------------------------------------------------------------------------------------------------------ */

static const char *web(const char *image, const char *meta)
{
    return kz_str_printf(r.f.arena, "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":"
                                    "\"shop\"%s},\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"%s\"}]}}}}",
                         meta, image).ptr;
}

static const char *map(const char *text)
{
    return kz_str_printf(r.f.arena, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\"},"
                                    "\"data\":{\"k\":\"%s\"}}", text).ptr;
}

static struct kz_want *set(const char *deployment, const char *config, uint64_t key)
{
    const struct kz_want_row rows[] = {{.json = kz_str(deployment)}, {.json = kz_str(config)}};
    struct kz_want *w = NULL;
    struct kz_err err;
    cr_assert_eq(kz_want_restore(&w, KZ_STR("9ac07e1"), KZ_STR(""), (struct kz_hash){key, 1}, rows, 2, &err), 0, "%s", err.frame[0]);
    return w;
}

static struct kz_want *with_image(const char *image, uint64_t key)
{
    return set(web(image, ""), map("1"), key);
}

static struct kz_store_module *record(void)
{
    return kz_store_module(r.e->store, KZ_STR("m"));
}

/* The inventory has these as applied, as they live. */
static void is_applied(const struct kz_want *w)
{
    for (size_t i = 0; i < w->n; i++)
        kz_store_confirm(r.e->store, record(), w->at[i].key, kz_str_printf(r.f.arena, "u-" KZ_FMT, KZ_ARG(w->at[i].id.name)),
                         w->at[i].hash, kz_lives_find(r.e->lives, w->at[i].key)->pub.owned);
}

static const char *live(const char *image)
{
    return web(image, ",\"uid\":\"u-web\",\"resourceVersion\":\"5\",\"labels\":{\"kubezero.com/platform\":\"p\",\"kubezero.com/module\":\"m\"}");
}

static void put_live(const char *json)
{
    struct kz_value *body = NULL;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&body, r.f.arena, kz_str(json), KZ_STR("live"), &err), 0);
    (void)kz_lives_put(r.e->lives, body);
}

/* At rest on image 1, with everything applied; "soon" is for restarts. */
static void begin(void)
{
    struct kz_value *schedule = NULL;
    struct kz_err err;
    rig_init(&r, &(struct kz_engine_options){.mode = KZ_MODE_RUN});
    rig_lead(&r);
    rig_store(&r, objects, kz_countof(objects));
    cr_assert_eq(kz_yaml_read(&schedule, r.f.arena, KZ_STR("{windows: [{name: soon, allow: '1 0 * * *', duration: 5m}], "
                                                           "default: {restart: [soon]}}"), KZ_STR("in"), &err), 0);
    platform = (struct kz_platform){.schedule = schedule};
    kz_map_init(&platform.by_name);
    r.e->platform = &platform;
    spec = (struct kz_module){.name = KZ_STR("m"), .prune = true, .enabled = true, .paused = KZ_STR(""), .approve = KZ_STR("")};
    m = rig_mod(&r, "m", &spec);
    m->want = with_image("1", 1);
    m->good = kz_want_ref(m->want);
    m->steps = calloc(m->want->n + 1, sizeof *m->steps);
    for (size_t i = 0; i < m->want->n; i++)
        m->steps[i].o = &m->want->at[i];
    m->state = KZ_MOD_OK;
    (void)snprintf(record()->revision, sizeof record()->revision, "4be91d2");
    record()->render = m->want->key;
    r.f.now = 0; /* however long that took */
    put_live(live("1"));
    put_live("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\",\"uid\":\"u-a\","
             "\"resourceVersion\":\"4\",\"labels\":{\"kubezero.com/platform\":\"p\",\"kubezero.com/module\":\"m\"}}}");
    is_applied(m->want);
}

static void end(void)
{
    rig_done(&r);
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

static void answers(const char *image)
{
    fake_answer(&r.f, "GET " WEB, 200, live("1"));
    fake_answer(&r.f, "PATCH " WEB, 200, live(image));
    fake_run(&r.f, 0);
}

static void is_let_in(enum kz_class cls)
{
    cr_expect_null(m->hold);
    cr_expect_eq(m->state, KZ_MOD_JOURNAL, "%s", kz_mod_state_name(m->state));
    cr_expect_eq(m->cls, cls, "%s", kz_class_name(m->cls));
    cr_expect_not(m->begun);
}

static const struct kz_stops *waits(enum kz_class cls)
{
    cr_assert_not_null(m->hold, "it does not wait");
    cr_expect(kz_hold_is_weighed(m));
    cr_expect_eq(kz_hold_class(m), cls, "%s", kz_class_name(kz_hold_class(m)));
    cr_expect_eq(m->state, KZ_MOD_OK, "%s", kz_mod_state_name(m->state));
    return kz_hold_stops(m);
}

static void wish(struct kz_wishes wishes)
{
    kz_engine_steer(r.e, KZ_STR("m"), &wishes);
}

static void expect_view(enum kz_word word, const char *note)
{
    struct kz_engine_view v;
    kz_engine_look(&v, r.f.arena, r.e);
    cr_assert_eq(v.n_modules, 1);
    cr_expect_eq(v.modules[0].word, word, "%s", kz_word_name(v.modules[0].word));
    cr_expect(kz_str_is(v.modules[0].note, note), "got '" KZ_FMT "', want '%s'", KZ_ARG(v.modules[0].note), note);
    if (m->hold != NULL)
        cr_expect(kz_hash_eq(v.modules[0].set, kz_want_content(kz_hold_want(m))) && kz_str_is(v.modules[0].target, "9ac07e1"));
}

static int64_t timer_at(void)
{
    for (size_t i = 0; i < r.f.timers.len; i++)
        if (r.f.timers.at[i].id == m->hold_timer)
            return r.f.timers.at[i].at;
    return -1;
}

/* ---- at once ----------------------------------------------------------------------------------------------------- */

Test(hold, without_policy_nothing_is_asked, .init = begin, .fini = end)
{
    platform.schedule = NULL;
    kz_hold_take(m, with_image("2", 2));
    is_let_in(KZ_CLASS_RESTART); /* by the sets themselves */
    cr_expect_not(fake_has(&r.f, WEB));
}

Test(hold, kinds_that_restart_nothing_are_not_asked_about, .init = begin, .fini = end)
{
    kz_hold_take(m, set(web("1", ""), map("2"), 2));
    is_let_in(KZ_CLASS_ROUTINE);
    cr_expect_not(fake_has(&r.f, WEB));
}

Test(hold, what_changes_nothing_passes_a_pause, .init = begin, .fini = end)
{
    spec.paused = KZ_STR("x");
    kz_hold_take(m, with_image("1", 2));
    is_let_in(KZ_CLASS_NONE);
}

Test(hold, what_was_healthy_last_is_no_change, .init = begin, .fini = end)
{
    struct kz_want *w = with_image("2", 2);
    record()->render = w->key;
    kz_hold_take(m, w);
    is_let_in(KZ_CLASS_NONE);
}

Test(hold, a_first_install_is_routine, .init = begin, .fini = end)
{
    record()->revision[0] = '\0';
    kz_hold_take(m, with_image("2", 2));
    is_let_in(KZ_CLASS_ROUTINE);
}

/* ---- by the server's word ---------------------------------------------------------------------------------------- */

Test(hold, a_restart_waits_for_its_window, .init = begin, .fini = end)
{
    struct kz_want *before = m->want;
    kz_hold_take(m, with_image("2", 2));
    expect_view(KZ_WORD_RUN, "what it changes is being looked at");
    answers("2");
    const struct kz_stops *s = waits(KZ_CLASS_RESTART);
    cr_expect(s->window && !s->approval && s->opens == 60 * SEC);
    cr_expect_eq(timer_at(), 60 * SEC, "exactly then");
    cr_expect_eq(m->want, before, "it stands on what it has");
    expect_view(KZ_WORD_HELD, "restart class, window soon opens in 1m (00:01 UTC)");
    r.f.now = 60 * SEC;
    kz_hold_look(m);
    cr_expect_not_null(m->hold, "what was found a minute ago is asked again");
    answers("2");
    is_let_in(KZ_CLASS_RESTART);
}

Test(hold, what_the_server_calls_equal_is_none, .init = begin, .fini = end)
{
    kz_hold_take(m, with_image("2", 2));
    answers("1"); /* it writes the same in another way */
    is_let_in(KZ_CLASS_ROUTINE); /* sent all the same */
}

Test(hold, replacing_is_destructive, .init = begin, .fini = end)
{
    spec.approve = KZ_STR("destructive");
    kz_hold_take(m, set(web("2", ",\"annotations\":{\"kubezero.com/recreate\":\"allowed\"}"), map("1"), 2));
    fake_answer(&r.f, "GET " WEB, 200, live("1"));
    fake_answer(&r.f, "PATCH " WEB, 422, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Invalid\",\"code\":422,"
                                         "\"message\":\"spec.selector: field is immutable\"}");
    fake_run(&r.f, 0);
    cr_expect(waits(KZ_CLASS_DESTRUCTIVE)->approval);
    expect_view(KZ_WORD_HELD, "destructive class needs approval: kzsync approve m");
}

Test(hold, what_may_not_be_read_may_be_anything, .init = begin, .fini = end)
{
    spec.approve = KZ_STR("destructive");
    kz_hold_take(m, with_image("2", 2));
    fake_answer(&r.f, "GET " WEB, 403, rig_forbidden);
    fake_run(&r.f, 0);
    cr_expect(waits(KZ_CLASS_DESTRUCTIVE)->approval);
}

/* It is not among the live objects, but we have applied it: a stranger may have taken its label away. */
Test(hold, what_lost_its_label_is_asked_for, .init = begin, .fini = end)
{
    kz_lives_gone(r.e->lives, m->want->at[0].key);
    kz_hold_take(m, with_image("2", 2));
    answers("2");
    (void)waits(KZ_CLASS_RESTART);
}

Test(hold, what_is_gone_is_created, .init = begin, .fini = end)
{
    kz_lives_gone(r.e->lives, m->want->at[0].key);
    kz_hold_take(m, with_image("2", 2));
    fake_answer(&r.f, "GET " WEB, 404, rig_missing);
    fake_run(&r.f, 0);
    is_let_in(KZ_CLASS_ROUTINE);
}

/* ---- wishes ------------------------------------------------------------------------------------------------------ */

Test(hold, an_approval_lets_exactly_this_set_in, .init = begin, .fini = end)
{
    platform.schedule = NULL;
    spec.approve = KZ_STR("restart");
    kz_hold_take(m, with_image("2", 2));
    answers("2");
    cr_expect(waits(KZ_CLASS_RESTART)->approval);
    const struct kz_hash approved = kz_want_content(kz_hold_want(m));
    kz_hold_take(m, with_image("3", 3)); /* a newer one, meanwhile */
    answers("3");
    wish((struct kz_wishes){.approval = {.set = approved}});
    (void)waits(KZ_CLASS_RESTART);
    wish((struct kz_wishes){.approval = {.set = kz_want_content(kz_hold_want(m))}});
    is_let_in(KZ_CLASS_RESTART);
    cr_expect_eq(m->want->key.hi, 3);
}

Test(hold, a_pause_by_people_ends_with_their_word, .init = begin, .fini = end)
{
    platform.schedule = NULL;
    wish((struct kz_wishes){.pause = {.reason = KZ_STR("es upgrade"), .by = KZ_STR("anna"), .until = 600 * SEC}});
    kz_hold_take(m, set(web("1", ""), map("2"), 2));
    cr_expect(waits(KZ_CLASS_ROUTINE)->paused);
    expect_view(KZ_WORD_PAUSED, "es upgrade, until 1970-01-01T00:10:00Z; a newer revision waits");
    wish((struct kz_wishes){.pause = {.until = 0}});
    is_let_in(KZ_CLASS_ROUTINE);
}

Test(hold, an_override_opens_the_window, .init = begin, .fini = end)
{
    kz_hold_take(m, with_image("2", 2));
    answers("2");
    (void)waits(KZ_CLASS_RESTART);
    wish((struct kz_wishes){.override = {.reason = KZ_STR("CVE"), .revision = KZ_STR("9ac07e1")}});
    is_let_in(KZ_CLASS_RESTART);
}

/* ---- what was let in, and did not begin ---------------------------------------------------------------------------- */

static void waits_for_others(void)
{
    platform.schedule = NULL;
    kz_hold_take(m, with_image("2", 2));
    is_let_in(KZ_CLASS_RESTART);
    m->state = KZ_MOD_WAIT;
}

Test(hold, a_pause_takes_it_back_before_it_begins, .init = begin, .fini = end)
{
    waits_for_others();
    wish((struct kz_wishes){.pause = {.reason = KZ_STR("stop")}});
    cr_expect_not_null(m->hold);
    cr_expect(m->standing && m->rolling_back && m->want == m->good, "and it stands on what was healthy");
    cr_expect_eq(m->state, KZ_MOD_JOURNAL);
}

Test(hold, what_has_begun_is_ended, .init = begin, .fini = end)
{
    waits_for_others();
    m->begun = true;
    wish((struct kz_wishes){.pause = {.reason = KZ_STR("stop")}});
    cr_expect_null(m->hold);
    cr_expect_eq(m->state, KZ_MOD_WAIT);
    cr_expect(kz_hold_lets_begin(m));
}

/* Nobody wants to begin with what is out of date. */
Test(hold, a_newer_set_takes_the_older_one_along, .init = begin, .fini = end)
{
    waits_for_others();
    spec.paused = KZ_STR("x");
    kz_hold_take(m, set(web("1", ""), map("3"), 3));
    cr_expect_eq(kz_hold_want(m)->key.hi, 3);
    cr_expect(m->standing && m->want == m->good);
}

Test(hold, what_failed_is_not_tried_again_outside_of_its_window, .init = begin, .fini = end)
{
    m->state = KZ_MOD_FAILED;
    m->cls = KZ_CLASS_RESTART;
    m->begun = true;
    kz_retry_now(m);
    cr_expect(m->state == KZ_MOD_FAILED && m->retry_held && timer_at() == 60 * SEC);
    r.f.now = 60 * SEC;
    kz_hold_look(m);
    cr_expect(m->state == KZ_MOD_JOURNAL && !m->retry_held);
}

Test(hold, a_way_back_waits_for_nothing, .init = begin, .fini = end)
{
    spec.paused = KZ_STR("x");
    m->state = KZ_MOD_FAILED;
    m->cls = KZ_CLASS_DESTRUCTIVE;
    m->rolling_back = true;
    kz_retry_now(m);
    cr_expect_eq(m->state, KZ_MOD_JOURNAL);
}

/* ---- the engine ---------------------------------------------------------------------------------------------------- */

Test(hold, nothing_begins_before_wishes_were_read, .init = begin, .fini = end)
{
    r.e->opt.steered = true;
    r.e->cycle = KZ_CYCLE_SETTLE;
    kz_cycle_lists_ready(r.e);
    cr_expect_eq(r.e->cycle, KZ_CYCLE_SETTLE);
    wish((struct kz_wishes){.pause = {.reason = KZ_STR("from before")}});
    kz_engine_steer_ready(r.e);
    if (r.e->cycle == KZ_CYCLE_SETTLE)
        kz_cycle_lists_ready(r.e); /* lists came later */
    cr_expect_eq(r.e->cycle, KZ_CYCLE_IDLE);
    cr_expect(kz_policy_paused(NULL, m));
}

Test(hold, now, .init = begin, .fini = end)
{
    struct kz_err err;
    cr_expect_lt(kz_engine_sync_now(r.e, KZ_STR("nobody"), &err), 0);
    cr_expect_eq(err.code, KZ_E_NOTFOUND);
    cr_expect_str_eq(err.frame[0], "there is no module 'nobody'");
    m->state = KZ_MOD_FAILED;
    r.e->cycle = KZ_CYCLE_LOAD; /* the poll is remembered */
    cr_expect_eq(kz_engine_sync_now(r.e, KZ_STR("m"), &err), 0);
    cr_expect_eq(m->state, KZ_MOD_JOURNAL);
    cr_expect(r.e->poll_again);
}
