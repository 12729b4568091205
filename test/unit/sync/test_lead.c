/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine makes of its lease: who waits, gives up, asks, stops, and in which order it ends. */
#include "rig.h"

#include <criterion/criterion.h>

#define SEC KZ_NS_PER_SEC

static struct rig r;

static void begin(enum kz_mode mode, bool pause_run)
{
    rig_init(&r, &(struct kz_engine_options){.mode = mode, .pause_run = pause_run});
}

static void end(void)
{
    rig_done(&r);
}

static void run(void)
{
    begin(KZ_MODE_RUN, false);
}

static void apply(void)
{
    begin(KZ_MODE_APPLY, false);
}

static void plan(void)
{
    begin(KZ_MODE_PLAN, false);
}

/* The record of another one, as the watch sees it. */
static void see(const char *holder, int version, const char *role)
{
    char line[1200];
    (void)snprintf(line, sizeof line, "{\"type\":\"MODIFIED\",\"object\":%s}\n", rig_record(&r, holder, 4, version, role, ""));
    fake_data(&r.f, "watch=1", line, strlen(line));
}

/* Another one holds the lease; its record is watched. */
static void stand_by(const char *role)
{
    kz_lead_seek(r.e);
    fake_answer(&r.f, "GET " RIG_LEASE, 200, rig_record(&r, "other", 4, 7, role, ""));
    fake_run(&r.f, 0);
    fake_answer(&r.f, "limit=", 200, "{\"kind\":\"LeaseList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[]}");
    cr_assert_not(kz_engine_leads(r.e));
}

static bool says(const char *part)
{
    char line[KZ_ERR_TEXT * 2];
    (void)kz_err_line(line, sizeof line, &r.e->source_err);
    return strstr(line, part) != NULL || strstr(r.e->source_err.hint, part) != NULL;
}

/* ---- who may write ------------------------------------------------------------------------------------- */

static void on_write(void *arg, uint64_t id, const struct kz_result *res)
{
    (void)id;
    *(enum kz_outcome *)arg = res->outcome;
}

static void write_something(enum kz_outcome *out)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 12);
    struct kz_id id = {KZ_STR(""), KZ_STR("ConfigMap"), KZ_STR("kz"), KZ_STR("c")};
    (void)kz_kube_create(r.kube, &id, KZ_STR("v1"), kz_value_map(a), on_write, out);
    fake_run(&r.f, 0);
}

Test(lead, nothing_is_written_before_the_lease_is_asked_for, .init = run, .fini = end)
{
    enum kz_outcome got = KZ_DONE;
    cr_expect_not(kz_engine_may_write(r.e));
    cr_expect_not(kz_engine_leads(r.e));
    write_something(&got);
    cr_expect_not(fake_has(&r.f, "POST /api/v1/namespaces/kz/configmaps"));
    rig_lead(&r);
    cr_expect(kz_engine_may_write(r.e));
    fake_run(&r.f, 2 * SEC);
    fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "me", 1, 2, "run", ""));
    cr_expect(fake_has(&r.f, "POST /api/v1/namespaces/kz/configmaps"));
}

/* It reads only, and waits for nobody. */
Test(lead, a_plan_needs_no_lease, .init = plan, .fini = end)
{
    cr_expect(kz_engine_leads(r.e));
    cr_expect_not(kz_engine_may_write(r.e));
    rig_store(&r, NULL, 0);
    cr_expect_eq(fake_open(&r.f), 0, "nothing is written");
    kz_lead_end(r.e, rig_closed, &r);
    cr_expect_eq(r.closed, 1);
}

Test(lead, asked_for_once, .init = run, .fini = end)
{
    kz_lead_seek(r.e);
    kz_lead_seek(r.e);
    cr_expect_eq(fake_open(&r.f), 1);
}

/* ---- standing by ------------------------------------------------------------------------------------------ */

Test(lead, a_daemon_stands_by, .init = run, .fini = end)
{
    stand_by("run");
    see("other", 8, "run");
    see("third", 9, "");
    cr_expect_str_eq(r.e->leader, "third");
    cr_expect(r.e->stood_by);
    cr_expect_eq(r.e->source_err.code, KZ_OK);
    see("", 10, "");
    fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "me", 5, 11, "run", ""));
    cr_expect(kz_engine_leads(r.e));
    cr_expect_null(r.e->leader);
    cr_expect_not(r.e->stood_by);
}

/* What is not seen to be alive may be dead: that is waited for. What lives is a reason to give up. */
Test(lead, an_apply_beside_one_that_lives)
{
    static const struct {
        const char *role;
        bool pause_run;
        const char *want;
    } rows[] = {
        {"run",   false, "keeps platform p and would undo"},
        {"run",   false, "--pause-run"},
        {"apply", false, "another kzsync apply (other) is at work"},
        {"apply", true,  "another kzsync apply (other) is at work"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin(KZ_MODE_APPLY, rows[i].pause_run);
        stand_by(rows[i].role);
        cr_expect_eq(r.finished, 0);
        see("other", 8, rows[i].role);
        cr_expect_eq(r.finished, 1);
        cr_expect_eq(r.e->source_err.code, KZ_E_CONFLICT);
        cr_expect(says(rows[i].want), "%s: %s, %s", rows[i].want, r.e->source_err.frame[0], r.e->source_err.hint);
        see("third", 9, rows[i].role); /* it has given up: that is said once */
        see("third", 10, rows[i].role);
        cr_expect_eq(r.finished, 1);
        end();
    }
}

Test(lead, an_apply_that_asks)
{
    begin(KZ_MODE_APPLY, true);
    stand_by("run");
    see("other", 8, "run");
    fake_run(&r.f, 0);
    fake_answer(&r.f, "GET " RIG_LEASE, 200, rig_record(&r, "other", 4, 8, "run", ""));
    cr_expect(kz_str_has(fake_find(&r.f, "PUT " RIG_LEASE)->req.body, KZ_STR("\"kubezero.com/wanted-by\":\"me\"")));
    fake_answer(&r.f, "PUT " RIG_LEASE, 409, rig_conflict);
    fake_run(&r.f, 2 * SEC);
    fake_answer(&r.f, "GET " RIG_LEASE, 200, rig_record(&r, "third", 4, 9, "run", "\"kubezero.com/wanted-by\":\"me\","));
    see("third", 10, "run"); /* alive too, and asked as well: it is not asked for a second time */
    cr_expect_eq(r.finished, 0);
    fake_run(&r.f, 58 * SEC - 1);
    cr_expect_eq(r.finished, 0);
    fake_run(&r.f, 1);
    cr_expect_eq(r.finished, 1);
    cr_expect(says("still leads after 60 s"), "%s", r.e->source_err.frame[0]);
    end();
}

/* A kzsync apply asks the daemon that leads; an apply that leads is not to be asked, nor is who ends already. */
Test(lead, being_asked)
{
    static const struct {
        enum kz_mode mode;
        bool nobody_listens, stopped;
        int want;
    } rows[] = {
        {KZ_MODE_RUN, false, false, 1},
        {KZ_MODE_RUN, true, false, 0},
        {KZ_MODE_RUN, false, true, 0},
        {KZ_MODE_APPLY, false, false, 0},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin(rows[i].mode, false);
        rig_lead(&r);
        if (rows[i].nobody_listens)
            r.e->opt.wanted = NULL;
        r.e->stopped = rows[i].stopped;
        fake_run(&r.f, 2 * SEC);
        fake_answer(&r.f, "PUT " RIG_LEASE, 409, rig_conflict);
        fake_answer(&r.f, "GET " RIG_LEASE, 200, rig_record(&r, "me", 1, 2, "run", "\"kubezero.com/wanted-by\":\"other\","));
        cr_expect_eq(r.wanted, rows[i].want, "row %zu", i);
        end();
    }
}

/* ---- trouble --------------------------------------------------------------------------------------------- */

/* A daemon tries on; a command gives up: at once when it is refused, else after a while. */
Test(lead, patience_of_a_claim)
{
    static const struct {
        const char *name;
        enum kz_mode mode;
        int status; /* 0: no answer */
        int64_t gives_up; /* s, -1: never */
    } rows[] = {
        {"a daemon that is refused", KZ_MODE_RUN, 403, -1},
        {"a daemon without an answer", KZ_MODE_RUN, 0, -1},
        {"a command that is refused", KZ_MODE_APPLY, 403, 0},
        {"a command without an answer", KZ_MODE_APPLY, 0, 10},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        int64_t gave_up = -1;
        begin(rows[i].mode, false);
        kz_lead_seek(r.e);
        for (int64_t s = 0; s < 30; s++) {
            if (fake_has(&r.f, "GET " RIG_LEASE) && rows[i].status != 0)
                fake_answer(&r.f, "GET " RIG_LEASE, rows[i].status, rig_forbidden);
            else if (fake_has(&r.f, "GET " RIG_LEASE))
                fake_break(&r.f, "GET " RIG_LEASE, KZ_E_REMOTE, false);
            if (r.finished > 0 && gave_up < 0)
                gave_up = s;
            fake_run(&r.f, SEC);
        }
        cr_expect_eq(gave_up, rows[i].gives_up, "%s: after %d s", rows[i].name, (int)gave_up);
        cr_expect_eq(r.finished, rows[i].gives_up >= 0, "%s", rows[i].name);
        end();
    }
}

/* While it leads, its lease runs on: nothing is said of one renewal. When it is late, a command waits longer than
 * for a claim, since things are half done, and then stops at once. */
Test(lead, patience_of_a_leader)
{
    static const struct {
        enum kz_mode mode;
        int64_t stops; /* s, -1: never */
    } rows[] = {{KZ_MODE_RUN, -1}, {KZ_MODE_APPLY, 65}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        int64_t stopped = -1;
        begin(rows[i].mode, false);
        rig_lead(&r);
        for (int64_t s = 0; s < 90; s++) {
            fake_run(&r.f, SEC);
            if (fake_has(&r.f, " " RIG_LEASE))
                fake_break(&r.f, " " RIG_LEASE, KZ_E_REMOTE, false);
            if (s == 3)
                cr_expect_eq(r.e->trouble_since, 0, "one renewal is no trouble");
            if (r.e->halted && stopped < 0)
                stopped = s;
        }
        cr_expect_eq(stopped, rows[i].stops, "after %d s", (int)stopped);
        cr_expect_eq(r.finished, rows[i].stops >= 0);
        end();
    }
}

Test(lead, late_and_back, .init = run, .fini = end)
{
    rig_lead(&r);
    for (int i = 0; i < 4; i++) {
        fake_run(&r.f, 2 * SEC);
        fake_break(&r.f, "PUT " RIG_LEASE, KZ_E_REMOTE, false);
    }
    cr_expect_neq(r.e->trouble_since, 0);
    cr_expect(kz_engine_leads(r.e));
    cr_expect_not(kz_engine_may_write(r.e));
    fake_run(&r.f, 2 * SEC);
    fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "me", 1, 2, "run", ""));
    cr_expect_eq(r.e->trouble_since, 0);
    cr_expect(kz_engine_may_write(r.e));
}

/* It may not renew any more, but nobody else leads yet: that is told as late, not as a lead that is denied. */
Test(lead, a_late_renewal_that_is_refused, .init = run, .fini = end)
{
    rig_lead(&r);
    for (int i = 0; i < 4; i++) {
        fake_run(&r.f, 2 * SEC);
        fake_break(&r.f, "PUT " RIG_LEASE, KZ_E_REMOTE, false);
    }
    fake_run(&r.f, 2 * SEC);
    fake_answer(&r.f, "PUT " RIG_LEASE, 403, rig_forbidden);
    cr_expect_neq(r.e->trouble_since, 0);
    cr_expect_eq(r.e->lead_err.code, KZ_OK);
    cr_expect(kz_engine_leads(r.e));
    cr_expect_not(kz_engine_may_write(r.e));
    cr_expect_not(r.e->halted);
}

static void lose(void)
{
    fake_answer(&r.f, "PUT " RIG_LEASE, 409, rig_conflict);
    fake_answer(&r.f, "GET " RIG_LEASE, 200, rig_record(&r, "other", 2, 3, "run", ""));
}

Test(lead, taken_by_another, .init = run, .fini = end)
{
    rig_lead(&r);
    fake_run(&r.f, 2 * SEC);
    lose();
    cr_expect_eq(r.halted, 1);
    cr_expect(r.e->stopped);
    cr_expect_not(kz_engine_leads(r.e));
}

/* ---- the end ------------------------------------------------------------------------------------------------ */

static const struct rig_object one[] = {{"", "v1", "ConfigMap", "shop", "a"}};

/* Answers what the history wants to know: there is nothing kept. */
static void no_history(void)
{
    fake_run(&r.f, 2 * SEC);
    while (fake_has(&r.f, "/secrets?"))
        fake_answer(&r.f, "/secrets?", 200, "{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[]}");
}

static void given_back(void)
{
    cr_assert(kz_str_has(fake_find(&r.f, "PUT " RIG_LEASE)->req.body, KZ_STR("\"leaseDurationSeconds\":1")));
    fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "", 1, 2, "run", ""));
}

Test(lead, closed_before_anything, .init = run, .fini = end)
{
    kz_engine_close(r.e, rig_closed, &r);
    cr_expect_eq(r.closed, 1);
}

Test(lead, closed_on_standby, .init = run, .fini = end)
{
    stand_by("run");
    kz_engine_close(r.e, rig_closed, &r);
    cr_expect_eq(r.closed, 1);
}

Test(lead, closed_before_the_inventory_was_read, .init = run, .fini = end)
{
    rig_lead(&r);
    kz_engine_close(r.e, rig_closed, &r);
    given_back();
    cr_expect_eq(r.closed, 1);
}

Test(lead, what_is_on_its_way_is_waited_for, .init = run, .fini = end)
{
    enum kz_outcome got = KZ_REFUSED;
    rig_lead(&r);
    write_something(&got);
    kz_engine_close(r.e, rig_closed, &r);
    fake_run(&r.f, SEC);
    cr_expect_not(fake_has(&r.f, "PUT " RIG_LEASE));
    fake_answer(&r.f, "POST /api/v1/namespaces/kz/configmaps", 201, "{}");
    cr_expect_eq(got, KZ_DONE);
    fake_run(&r.f, SEC / 10);
    given_back();
    cr_expect_eq(r.closed, 1);
}

/* The inventory first, then the history, then the lease. */
Test(lead, closed_with_something_to_write_down, .init = run, .fini = end)
{
    rig_lead(&r);
    rig_store(&r, one, 1);
    no_history();
    kz_store_touch(r.e->store, kz_store_module(r.e->store, KZ_STR("m")));
    fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "me", 1, 2, "run", ""));
    kz_engine_close(r.e, rig_closed, &r);
    fake_run(&r.f, 0);
    cr_expect_not(fake_has(&r.f, "PUT " RIG_LEASE));
    fake_answer(&r.f, "PUT /api/v1/namespaces/kz/configmaps/kzsync-inventory-p-0", 200,
                "{\"metadata\":{\"resourceVersion\":\"8\"}}");
    fake_run(&r.f, 0);
    given_back();
    cr_expect_eq(r.closed, 1);
    cr_expect_eq(r.e->source_err.code, KZ_OK);
}

/* Written or not, the lease goes back: what was not written down is only never pruned. What went wrong before
 * stays what is told. */
Test(lead, an_inventory_that_cannot_be_written)
{
    for (int before = 0; before < 2; before++) {
        run();
        rig_lead(&r);
        rig_store(&r, one, 1);
        no_history();
        if (before)
            (void)kz_fail(&r.e->source_err, KZ_E_REMOTE, "git is away");
        kz_store_touch(r.e->store, kz_store_module(r.e->store, KZ_STR("m")));
        fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "me", 1, 2, "run", ""));
        kz_engine_close(r.e, rig_closed, &r);
        fake_run(&r.f, 0);
        fake_answer(&r.f, "PUT /api/v1/namespaces/kz/configmaps/kzsync-inventory-p-0", 403, rig_forbidden);
        fake_run(&r.f, 0);
        given_back();
        cr_expect_eq(r.closed, 1);
        cr_expect_eq(r.e->source_err.code, before ? KZ_E_REMOTE : KZ_E_DENIED);
        end();
    }
}

Test(lead, no_answer_to_giving_it_back, .init = run, .fini = end)
{
    rig_lead(&r);
    kz_engine_close(r.e, rig_closed, &r);
    fake_run(&r.f, 5 * SEC - 1);
    cr_expect_eq(r.closed, 0);
    fake_run(&r.f, 1);
    cr_expect_eq(r.closed, 1);
}

/* Another one took it while the inventory was being written: there is nothing to give. */
Test(lead, lost_at_the_end, .init = run, .fini = end)
{
    rig_lead(&r);
    rig_store(&r, one, 1);
    no_history();
    kz_store_touch(r.e->store, kz_store_module(r.e->store, KZ_STR("m")));
    kz_engine_close(r.e, rig_closed, &r);
    fake_run(&r.f, 0);
    lose();
    fake_answer(&r.f, "PUT /api/v1/namespaces/kz/configmaps/kzsync-inventory-p-0", 200,
                "{\"metadata\":{\"resourceVersion\":\"8\"}}");
    fake_run(&r.f, 0);
    cr_expect_eq(r.closed, 1);
    cr_expect_not(fake_has(&r.f, "PUT"));
}

/* A command that stopped because its renewals were not answered does not wait for one more. */
Test(lead, halted_and_closed, .init = apply, .fini = end)
{
    struct kz_err err;
    rig_lead(&r);
    rig_store(&r, one, 1);
    (void)kz_fail(&err, KZ_E_REMOTE, "no answer");
    kz_engine_halt(r.e, &err);
    kz_lead_end(r.e, rig_closed, &r);
    cr_expect_eq(r.closed, 1);
}

/* ---- too old --------------------------------------------------------------------------------------------- */

/* The lease is given back before the process ends: a newer one need not wait for it to run out. */
Test(lead, who_is_too_old_gives_the_lease_back, .init = run, .fini = end)
{
    struct kz_err err;
    rig_lead(&r);
    (void)kz_fail(&err, KZ_E_CONFLICT, "this is kzsync 0.1.0");
    kz_lead_refuse(r.e, &err);
    cr_expect_not(r.e->halted);
    cr_expect_not(kz_engine_may_write(r.e));
    cr_expect(kz_str_has(fake_find(&r.f, "PUT " RIG_LEASE)->req.body, KZ_STR("leaseTransitions")));
    cr_expect_not(kz_str_has(fake_find(&r.f, "PUT " RIG_LEASE)->req.body, KZ_STR("holderIdentity")));
    fake_answer(&r.f, "PUT " RIG_LEASE, 200, rig_record(&r, "", 1, 2, "run", ""));
    cr_expect(r.e->halted);
    cr_expect(says("this is kzsync 0.1.0"));
    cr_expect_eq(r.e->lead_err.code, KZ_E_CONFLICT, "people are told why");
}

Test(lead, a_plan_that_is_too_old_just_ends, .init = plan, .fini = end)
{
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_CONFLICT, "this is kzsync 0.1.0");
    kz_lead_refuse(r.e, &err);
    cr_expect(r.e->halted);
    cr_expect_eq(fake_open(&r.f), 0);
}
