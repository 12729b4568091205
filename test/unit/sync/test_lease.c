/* SPDX-License-Identifier: Apache-2.0
 *
 * The lease against an API server that is the test: the whole transition table, and what is sent and when. */
#include "sync/lease.h"
#include "../kube/fake.h"

#include <criterion/criterion.h>

#define SEC KZ_NS_PER_SEC
#define PATH "/apis/coordination.k8s.io/v1/namespaces/kz/leases"
#define ONE PATH "/kzsync-p?"

/* ---- the machine ----------------------------------------------------------------------------------- */

#define S KZ_LEASE_STANDBY
#define C KZ_LEASE_CANDIDATE
#define L KZ_LEASE_LEADER
#define A KZ_LEASE_LATE
#define X KZ_LEASE_LOST
#define R KZ_LEASE_RELEASED

/* Columns: free missed granted overdue taken given */
static const enum kz_lease_state table[KZ_LEASE_STATES_][KZ_LEASE_EVENTS_] = {
    [S] = {C, S, S, S, S, S}, [C] = {C, S, L, C, C, C}, [L] = {L, L, L, A, X, R},
    [A] = {A, A, L, A, X, R}, [X] = {X, X, X, X, X, X}, [R] = {R, R, R, R, R, R},
};

Test(lease, every_state_and_event)
{
    for (int s = 0; s < KZ_LEASE_STATES_; s++)
        for (int ev = 0; ev < KZ_LEASE_EVENTS_; ev++)
            cr_expect_eq(kz_lease_next((enum kz_lease_state)s, (enum kz_lease_event)ev), table[s][ev],
                         "%s on event %d", kz_lease_state_name((enum kz_lease_state)s), ev);
}

/* ---- a lease at work -------------------------------------------------------------------------------- */

static struct fake f;
static struct kz_kube *k;
static struct kz_lease *l;
static struct {
    int leads, lost, given, waits, troubles, wanted;
    bool alive;
    char holder[64], role[16], text[512];
    uint64_t raise; /* in the callback; 0: not */
} got;

static void on_leads(void *arg)
{
    (void)arg;
    got.leads++;
    if (got.raise > 0)
        kz_lease_raise(l, got.raise);
}

static void on_waits(void *arg, const struct kz_lease_holder *h)
{
    (void)arg;
    got.waits++;
    got.alive = h->alive;
    (void)snprintf(got.holder, sizeof got.holder, KZ_FMT, KZ_ARG(h->identity));
    (void)snprintf(got.role, sizeof got.role, KZ_FMT, KZ_ARG(h->role));
}

static void on_lost(void *arg, const struct kz_err *err)
{
    (void)arg;
    got.lost++;
    (void)kz_err_line(got.text, sizeof got.text, err);
}

static void on_trouble(void *arg, const struct kz_err *err)
{
    (void)arg;
    got.troubles += err != NULL;
    if (err != NULL)
        (void)kz_err_line(got.text, sizeof got.text, err);
}

static void on_wanted(void *arg, struct kz_str by)
{
    (void)arg;
    cr_assert(kz_str_is(by, "other"));
    got.wanted++;
}

static void on_given(void *arg)
{
    (void)arg;
    got.given++;
}

static void nothing(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err;
}

static void begin(void)
{
    const struct kz_lease_options opt = {.ns = KZ_STR("kz"), .platform = KZ_STR("p"), .identity = KZ_STR("me"),
                                         .role = KZ_STR("run")};
    const struct kz_lease_events ev = {.leads = on_leads, .waits = on_waits, .wanted = on_wanted,
                                      .lost = on_lost, .trouble = on_trouble};
    memset(&got, 0, sizeof got);
    fake_init(&f);
    f.now = 1000 * SEC;
    k = kz_kube_new(&f.env, &f.http, &(struct kz_kube_options){0});
    kz_kube_discover(k, nothing, NULL);
    fake_discovery(&f);
    l = kz_lease_new(&f.env, k, &opt, &ev);
}

static void end(void)
{
    kz_lease_free(l);
    kz_kube_free(k);
    fake_done(&f);
}

static const char *record(const char *holder, int epoch, const char *renewed, int version)
{
    static char text[1024];
    (void)snprintf(text, sizeof text,
                   "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"kzsync-p\","
                   "\"resourceVersion\":\"%d\",\"annotations\":{\"kubezero.com/role\":\"apply\"}},\"spec\":{"
                   "\"holderIdentity\":\"%s\",\"leaseDurationSeconds\":15,\"renewTime\":\"%s\",\"leaseTransitions\":%d}}",
                   version, holder, renewed, epoch);
    return text;
}

/* The same with `piece` in place of `was`, which stands in it once. */
static const char *record_with(const char *base, const char *was, const char *piece)
{
    const char *at = strstr(base, was);
    return kz_str_printf(f.arena, "%.*s%s%s", (int)(at - base), base, piece, at + strlen(was)).ptr;
}

static const char *asked_by(const char *who, const char *base)
{
    return record_with(
        base, "\"annotations\":{",
        kz_str_printf(f.arena, "\"annotations\":{\"kubezero.com/wanted-by\":\"%s\",", who).ptr);
}

static const char missing[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404,\"details\":{"
                              "\"name\":\"kzsync-p\",\"kind\":\"leases\"}}";
static const char no_namespace[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404,\"details\":{"
                                   "\"name\":\"kz\",\"kind\":\"namespaces\"}}";
static const char conflict[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Conflict\",\"code\":409,\"message\":"
                               "\"the object has been modified\"}";

static bool sends(const char *line, const char *part)
{
    return kz_str_has(fake_find(&f, line)->req.body, kz_str(part));
}

static void lead(void)
{
    fake_answer(&f, "GET " ONE, 404, missing);
    cr_assert(sends("POST " PATH, "\"holderIdentity\":\"me\""));
    fake_answer(&f, "POST " PATH, 201, record("me", 1, "t1", 7));
    cr_assert_eq(got.leads, 1);
}

static void see(const char *holder, int epoch, const char *renewed, int version)
{
    char line[1200];
    (void)snprintf(line, sizeof line, "{\"type\":\"MODIFIED\",\"object\":%s}\n",
                   record(holder, epoch, renewed, version));
    fake_data(&f, "watch=1", line, strlen(line));
}

/* Another one leads; its record is watched. */
static void stand_by_for(const char *text)
{
    char list[1200];
    fake_answer(&f, "GET " ONE, 200, text);
    cr_assert_eq(got.waits, 1);
    (void)snprintf(list, sizeof list, "{\"kind\":\"LeaseList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[%s]}", text);
    fake_run(&f, 0);
    fake_answer(&f, "limit=", 200, list);
}

static void stand_by(void)
{
    stand_by_for(record("other", 4, "t1", 7));
}

Test(lease, the_first_leads_at_once_and_renews, .init = begin, .fini = end)
{
    cr_assert_eq(kz_lease_left(l), 0);
    lead();
    cr_assert_eq(kz_lease_state(l), KZ_LEASE_LEADER);
    cr_assert_eq(kz_lease_epoch(l), 1);
    cr_assert_not(kz_lease_was_left(l));
    cr_assert_eq(kz_lease_left(l), 14 * SEC);
    fake_run(&f, 2 * SEC - 1);
    cr_assert_eq(fake_open(&f), 0);
    fake_run(&f, 1);
    cr_assert(sends("PUT " ONE, "\"resourceVersion\":\"7\""));
    cr_assert(sends("PUT " ONE, "\"leaseTransitions\":1"));
    cr_assert_eq(fake_find(&f, "PUT")->req.timeout, 5 * SEC);
    fake_run(&f, SEC);
    fake_answer(&f, "PUT", 200, record("me", 1, "t2", 8));
    cr_assert_eq(kz_lease_left(l), 13 * SEC, "it counts from when it was sent");
    fake_run(&f, SEC);
    cr_assert(sends("PUT " ONE, "\"resourceVersion\":\"8\""));
}

Test(lease, a_missing_namespace_is_made, .init = begin, .fini = end)
{
    fake_answer(&f, "GET " ONE, 404, no_namespace);
    fake_answer(&f, "POST " PATH, 404, no_namespace);
    fake_answer(&f, "PATCH /api/v1/namespaces/kz?", 201, "{\"kind\":\"Namespace\"}");
    lead();
}

Test(lease, no_write_when_the_renewal_is_overdue, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_break(&f, "PUT", KZ_E_REMOTE, true);
    fake_run(&f, 2 * SEC);
    fake_run(&f, SEC - 1);
    cr_assert_eq(kz_lease_left(l), 9 * SEC + 1);
    fake_run(&f, 1);
    cr_assert_eq(kz_lease_left(l), 0);
    cr_assert_eq(kz_lease_state(l), KZ_LEASE_LATE);
    fake_run(&f, 100 * SEC); /* nobody has taken it: it is still there */
    fake_answer(&f, "PUT " ONE, 200, record("me", 1, "t2", 8));
    cr_assert_eq(kz_lease_left(l), 0, "the answer came too late to lead by it");
    fake_run(&f, 0);
    cr_assert_eq(kz_lease_state(l), KZ_LEASE_LATE);
    cr_assert_eq(got.lost, 0);
}

Test(lease, late_and_back, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_break(&f, "PUT", KZ_E_REMOTE, false);
    fake_run(&f, 2 * SEC);
    fake_break(&f, "PUT", KZ_E_REMOTE, false);
    fake_run(&f, 2 * SEC);
    cr_assert_eq(kz_lease_state(l), KZ_LEASE_LATE);
    fake_answer(&f, "PUT", 200, record("me", 1, "t2", 8));
    cr_assert_eq(kz_lease_state(l), KZ_LEASE_LEADER);
    cr_assert_eq(kz_lease_left(l), 14 * SEC);
    cr_assert_eq(got.leads, 1);
}

Test(lease, a_lost_reply_is_found_out, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_break(&f, "PUT", KZ_E_REMOTE, true); /* it was stored */
    fake_run(&f, 2 * SEC);
    fake_answer(&f, "PUT", 409, conflict);
    fake_answer(&f, "GET " ONE, 200, record("me", 1, "t2", 8));
    cr_assert(sends("PUT " ONE, "\"resourceVersion\":\"8\""));
    fake_answer(&f, "PUT", 200, record("me", 1, "t3", 9));
    cr_assert_eq(kz_lease_left(l), 14 * SEC);
}

Test(lease, another_one_took_it, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_answer(&f, "PUT", 409, conflict);
    fake_answer(&f, "GET " ONE, 200, record("other", 2, "t2", 8));
    cr_assert_eq(got.lost, 1);
    cr_assert_not_null(strstr(got.text, "other leads platform p now"));
    cr_assert_eq(kz_lease_left(l), 0);
    fake_run(&f, 100 * SEC);
    cr_assert_eq(fake_open(&f), 0);
}

/* The same name in a later epoch is a successor, who has proved us dead. */
Test(lease, a_later_epoch_of_the_same_name_took_it, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_answer(&f, "PUT", 409, conflict);
    fake_answer(&f, "GET " ONE, 200, record("me", 2, "t2", 8));
    cr_assert_eq(got.lost, 1);
}

Test(lease, a_standby_takes_what_is_not_renewed, .init = begin, .fini = end)
{
    stand_by();
    cr_assert_str_eq(got.holder, "other");
    cr_assert_str_eq(got.role, "apply");
    cr_assert_not(got.alive);
    fake_run(&f, 14 * SEC);
    see("other", 4, "t2", 8);
    cr_assert(got.alive);
    fake_run(&f, 15 * SEC - 1);
    cr_assert_not(fake_has(&f, "PUT"));
    fake_run(&f, 1);
    cr_assert(sends("PUT " ONE, "\"resourceVersion\":\"8\""));
    cr_assert(sends("PUT " ONE, "\"leaseTransitions\":5"));
    cr_assert_eq(kz_lease_left(l), 0);
    fake_answer(&f, "PUT", 200, record("me", 5, "t3", 9));
    cr_assert_eq(got.leads, 1);
    cr_assert_eq(kz_lease_epoch(l), 5);
    cr_assert(kz_lease_was_left(l));
    cr_assert_not(fake_has(&f, "watch=1"), "a leader needs no watch");
}

/* Somebody who only touches the record does not keep it alive. */
Test(lease, a_label_is_no_renewal, .init = begin, .fini = end)
{
    stand_by();
    fake_run(&f, 10 * SEC);
    see("other", 4, "t1", 8);
    fake_run(&f, 5 * SEC);
    cr_assert(sends("PUT " ONE, "\"resourceVersion\":\"8\""));
}

Test(lease, a_standby_takes_what_is_given_back_at_once, .init = begin, .fini = end)
{
    stand_by();
    see("", 4, "t2", 8);
    fake_answer(&f, "PUT " ONE, 200, record("me", 5, "t3", 9));
    cr_assert_eq(got.leads, 1);
    cr_assert_not(kz_lease_was_left(l));
}

Test(lease, a_deleted_one_is_waited_for_all_the_same, .init = begin, .fini = end)
{
    char line[1200];
    stand_by();
    fake_run(&f, 5 * SEC);
    (void)snprintf(line, sizeof line, "{\"type\":\"DELETED\",\"object\":%s}\n", record("other", 4, "t1", 8));
    fake_data(&f, "watch=1", line, strlen(line));
    fake_answer(&f, "GET " ONE, 404, missing);
    fake_run(&f, 10 * SEC - 1);
    cr_assert_not(fake_has(&f, "POST"));
    fake_run(&f, 1);
    cr_assert(sends("POST " PATH, "\"leaseTransitions\":5"));
}

Test(lease, a_claim_that_comes_too_late, .init = begin, .fini = end)
{
    stand_by();
    fake_run(&f, 15 * SEC);
    fake_answer(&f, "PUT", 409, conflict);
    fake_answer(&f, "GET " ONE, 200, record("third", 5, "t1", 9));
    cr_assert_eq(got.leads, 0);
    cr_assert_str_eq(got.holder, "third");
    cr_assert_eq(kz_lease_state(l), KZ_LEASE_STANDBY);
}

/* Whoever has our name is dead: the name is proof (cli/identity.h). Its writes may still be on their way. */
Test(lease, the_same_name_goes_on_at_once, .init = begin, .fini = end)
{
    fake_answer(&f, "GET " ONE, 200, record("me", 4, "t1", 7));
    fake_answer(&f, "PUT " ONE, 200, record("me", 5, "t2", 8));
    cr_assert_eq(got.leads, 1);
    cr_assert_eq(kz_lease_epoch(l), 5);
    cr_assert(kz_lease_was_left(l));
}

Test(lease, giving_it_back, .init = begin, .fini = end)
{
    lead();
    kz_lease_release(l, on_given, NULL);
    cr_assert_eq(kz_lease_left(l), 0);
    cr_assert(sends("PUT " ONE, "\"leaseTransitions\":1"));
    cr_assert_not(sends("PUT " ONE, "holderIdentity"));
    fake_answer(&f, "PUT", 200, record("", 1, "t2", 8));
    cr_assert_eq(got.given, 1);
    fake_run(&f, 100 * SEC);
    cr_assert_eq(fake_open(&f), 0);
}

Test(lease, giving_it_back_waits_for_a_renewal, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    kz_lease_release(l, on_given, NULL);
    fake_answer(&f, "PUT", 200, record("me", 1, "t2", 8));
    cr_assert_eq(got.given, 0);
    cr_assert(sends("PUT " ONE, "\"resourceVersion\":\"8\""));
    cr_assert_not(sends("PUT " ONE, "holderIdentity"));
    fake_answer(&f, "PUT", 200, record("", 1, "t3", 9));
    cr_assert_eq(got.given, 1);
}

/* The note is written into the holder's own record, as it is: that is no renewal. */
Test(lease, asking_for_it, .init = begin, .fini = end)
{
    stand_by();
    kz_lease_want(l);
    fake_run(&f, 0);
    fake_answer(&f, "GET " ONE, 200, record("other", 4, "t1", 7));
    cr_assert(sends("PUT " ONE, "\"kubezero.com/wanted-by\":\"me\""));
    cr_assert(sends("PUT " ONE, "\"holderIdentity\":\"other\""));
    cr_assert(sends("PUT " ONE, "\"renewTime\":\"t1\""));
    cr_assert(sends("PUT " ONE, "\"leaseTransitions\":4"));
    cr_assert(sends("PUT " ONE, "\"resourceVersion\":\"7\""));
    fake_answer(&f, "PUT", 409, conflict); /* the holder was faster */
    fake_run(&f, 2 * SEC);
    fake_answer(&f, "GET " ONE, 200, record("other", 4, "t2", 8));
    fake_answer(&f, "PUT " ONE, 200, record("other", 4, "t2", 9));
    see("", 4, "t3", 10);
    fake_answer(&f, "PUT " ONE, 200, record("me", 5, "t4", 11));
    cr_assert_eq(got.leads, 1);
}

Test(lease, being_asked_for_it, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_answer(&f, "PUT", 409, conflict);
    fake_answer(&f, "GET " ONE, 200, asked_by("other", record("me", 1, "t1", 8)));
    cr_assert_eq(got.wanted, 1);
    cr_assert_eq(got.lost, 0);
    cr_assert_not(sends("PUT " ONE, "wanted-by"), "the renewal takes the note away");
    fake_answer(&f, "PUT", 200, record("me", 1, "t2", 9));
    cr_assert_eq(kz_lease_left(l), 14 * SEC, "who is asked decides when");
}

/* Who gives it back already is not asked again. */
Test(lease, being_asked_for_what_is_given, .init = begin, .fini = end)
{
    lead();
    kz_lease_release(l, on_given, NULL);
    fake_answer(&f, "PUT", 409, conflict);
    fake_answer(&f, "GET " ONE, 200, asked_by("other", record("me", 1, "t1", 8)));
    cr_assert_eq(got.wanted, 0);
    fake_answer(&f, "PUT", 200, record("", 1, "t2", 9));
    cr_assert_eq(got.given, 1);
}

/* It is given to who asked: the record says so, else the quickest to look would have it. */
Test(lease, giving_it_to_who_asked, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_answer(&f, "PUT", 409, conflict);
    fake_answer(&f, "GET " ONE, 200, asked_by("other", record("me", 1, "t1", 8)));
    fake_answer(&f, "PUT", 200, record("me", 1, "t2", 9));
    kz_lease_release(l, on_given, NULL);
    cr_assert(sends("PUT " ONE, "\"kubezero.com/wanted-by\":\"other\""));
    cr_assert_not(sends("PUT " ONE, "holderIdentity"));
}

Test(lease, what_is_kept_for_another, .init = begin, .fini = end)
{
    stand_by_for(asked_by("other", record("", 4, "t1", 7)));
    cr_assert_eq(got.leads, 0);
    fake_run(&f, 2 * SEC);
    cr_assert_not(fake_has(&f, "PUT"));
    see("other", 5, "t2", 8);
    fake_run(&f, 5 * SEC);
    cr_assert_not(fake_has(&f, "PUT"));
}

Test(lease, what_is_kept_for_another_who_does_not_come, .init = begin, .fini = end)
{
    fake_answer(&f, "GET " ONE, 200, asked_by("other", record("", 4, "t1", 7)));
    fake_run(&f, 3 * SEC);
    cr_assert(sends("PUT " ONE, "\"holderIdentity\":\"me\""));
    cr_assert_not(kz_lease_was_left(l), "it was given back");
}

Test(lease, what_is_kept_for_us, .init = begin, .fini = end)
{
    fake_answer(&f, "GET " ONE, 200, asked_by("me", record("", 4, "t1", 7)));
    cr_assert(sends("PUT " ONE, "\"holderIdentity\":\"me\""));
}

/* One note is enough, whoever wrote it; and it is not written over and over. */
Test(lease, asking_once, .init = begin, .fini = end)
{
    stand_by();
    kz_lease_want(l);
    fake_run(&f, 0);
    fake_answer(&f, "GET " ONE, 200, asked_by("third", record("other", 4, "t1", 7)));
    cr_assert_not(fake_has(&f, "PUT"));
    see("other", 4, "t2", 8);
    fake_answer(&f, "PUT " ONE, 200, record("other", 4, "t2", 9));
    fake_run(&f, SEC);
    see("other", 4, "t3", 10);
    cr_assert_not(fake_has(&f, "PUT"), "it was written a second ago");
}

/* There is no record to write into; its holder makes it anew. */
Test(lease, asking_for_a_deleted_one, .init = begin, .fini = end)
{
    stand_by();
    kz_lease_want(l);
    fake_run(&f, 0);
    fake_answer(&f, "GET " ONE, 404, missing);
    cr_assert_not(fake_has(&f, "PUT"));
    cr_assert_not(fake_has(&f, "POST"));
}

Test(lease, asking_when_there_is_nothing_to_ask, .init = begin, .fini = end)
{
    kz_lease_want(l);
    fake_run(&f, 0);
    cr_assert_eq(fake_open(&f), 1, "the first look is on its way");
    lead();
    kz_lease_want(l);
    fake_run(&f, 0);
    cr_assert_eq(fake_open(&f), 0);
}

Test(lease, nothing_to_give_back, .init = begin, .fini = end)
{
    stand_by();
    kz_lease_release(l, on_given, NULL);
    cr_assert_eq(got.given, 1);
}

Test(lease, a_raised_epoch_is_stored_before_a_write, .init = begin, .fini = end)
{
    lead();
    kz_lease_raise(l, 1);
    cr_assert_eq(kz_lease_left(l), 14 * SEC);
    kz_lease_raise(l, 57);
    cr_assert_eq(kz_lease_left(l), 0);
    cr_assert(sends("PUT " ONE, "\"leaseTransitions\":57"));
    fake_answer(&f, "PUT", 200, record("me", 57, "t2", 8));
    cr_assert_eq(kz_lease_left(l), 14 * SEC);
    cr_assert_eq(kz_lease_epoch(l), 57);
}

Test(lease, a_renewal_on_its_way_does_not_store_the_raised_epoch, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    kz_lease_raise(l, 57);
    fake_answer(&f, "PUT", 200, record("me", 1, "t2", 8));
    cr_assert_eq(kz_lease_left(l), 0);
    cr_assert(sends("PUT " ONE, "\"leaseTransitions\":57"));
    fake_answer(&f, "PUT", 200, record("me", 57, "t3", 9));
    cr_assert_eq(kz_lease_left(l), 14 * SEC);
}

Test(lease, refusals_are_told_and_tried_again, .init = begin, .fini = end)
{
    fake_answer(&f, "GET " ONE, 403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403,\"message\":"
                                     "\"leases.coordination.k8s.io is forbidden\"}");
    cr_assert_eq(got.troubles, 1);
    cr_assert_not_null(strstr(got.text, "forbidden"));
    fake_run(&f, 2 * SEC);
    lead();
}

/* ---- what the record says ---------------------------------------------------------------------------- */

/* How long a record that is not renewed is respected: what it says itself, within reason. */
Test(lease, durations)
{
    static const struct {
        const char *name, *seconds;
        int64_t want; /* s */
    } rows[] = {
        {"as we write it",               ":15",                   15  },
        {"longer",                       ":60",                   60  },
        {"the longest",                  ":3600",                 3600},
        {"beyond reason",                ":3601",                 15  },
        {"no number of nanoseconds",     ":9223372036854775807",  15  },
        {"shorter than our own margins", ":1",                    15  },
        {"none",                         ":null",                 15  },
        {"below 0",                      ":-9223372036854775807", 15  },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin();
        fake_answer(&f, "GET " ONE, 200,
                    record_with(record("other", 4, "t1", 7), ":15", rows[i].seconds));
        fake_run(&f, rows[i].want * SEC - 1);
        cr_expect_not(fake_has(&f, "PUT"), "%s: claimed too early", rows[i].name);
        fake_run(&f, 1);
        cr_expect(fake_has(&f, "PUT"), "%s: not claimed", rows[i].name);
        end();
    }
}

/* A count that is none begins anew. */
Test(lease, counts_of_leaders)
{
    static const struct {
        int count;
        const char *want;
    } rows[] = {
        {4,  ":5"},
        {0,  ":1"},
        {-7, ":1"}
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        begin();
        fake_answer(&f, "GET " ONE, 200, record("", rows[i].count, "t1", 7));
        cr_expect(
            sends("PUT " ONE, kz_str_printf(f.arena, "\"leaseTransitions\"%s}", rows[i].want).ptr),
            "%d", rows[i].count);
        end();
    }
}

/* Whoever took our name out of the record leads, or thinks so: we are not asked. */
Test(lease, the_record_became_nobodys, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_answer(&f, "PUT", 409, conflict);
    fake_answer(&f, "GET " ONE, 200, record("", 1, "t2", 8));
    cr_assert_eq(got.lost, 1);
    cr_assert_not_null(strstr(got.text, "somebody else leads platform p now"), "%s", got.text);
}

/* The same one with a later count was started anew; what it renews now counts from there. */
Test(lease, another_life_of_the_holder, .init = begin, .fini = end)
{
    stand_by();
    see("other", 4, "t2", 8);
    see("other", 4, "t3", 9);
    cr_assert(got.alive);
    cr_assert_eq(got.waits, 2, "it is told once that it is alive");
    see("other", 5, "t4", 10);
    cr_assert_eq(got.waits, 3);
    cr_assert_not(got.alive);
}

/* ---- trouble ------------------------------------------------------------------------------------------- */

static const char forbidden[] =
    "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403,"
    "\"message\":\"leases.coordination.k8s.io is forbidden\"}";

Test(lease, a_claim_that_is_refused, .init = begin, .fini = end)
{
    fake_answer(&f, "GET " ONE, 404, missing);
    fake_answer(&f, "POST " PATH, 403, forbidden);
    cr_assert_eq(got.troubles, 1);
    cr_assert_eq(kz_lease_state(l), KZ_LEASE_STANDBY);
    fake_run(&f, 2 * SEC);
    lead();
}

Test(lease, a_namespace_that_may_not_be_made, .init = begin, .fini = end)
{
    fake_answer(&f, "GET " ONE, 404, no_namespace);
    fake_answer(&f, "POST " PATH, 404, no_namespace);
    fake_answer(&f, "PATCH /api/v1/namespaces/kz?", 403, forbidden);
    cr_assert_eq(got.troubles, 1);
    cr_assert_not_null(strstr(got.text, "make sure that namespace kz exists"), "%s", got.text);
    fake_run(&f, 2 * SEC);
    lead();
}

/* Deleted under its leader, who still leads: it is made again before somebody could wait its time. */
Test(lease, a_deleted_one_is_made_again, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_answer(&f, "PUT", 404, missing);
    fake_answer(&f, "PATCH /api/v1/namespaces/kz?", 200, "{\"kind\":\"Namespace\"}");
    fake_answer(&f, "GET " ONE, 404, missing);
    cr_assert(sends("POST " PATH, "\"leaseTransitions\":1"));
    fake_answer(&f, "POST", 201, record("me", 1, "t2", 1));
    cr_assert_eq(got.lost, 0);
    cr_assert_eq(kz_lease_left(l), 14 * SEC);
}

/* Without the right to watch it goes by looking; the other errors of a watch are over by themselves. */
Test(lease, a_watch_that_is_refused, .init = begin, .fini = end)
{
    fake_answer(&f, "GET " ONE, 200, record("other", 4, "t1", 7));
    fake_run(&f, 0);
    fake_answer(&f, "limit=", 500,
                "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":500,\"message\":\"etcd\"}");
    cr_assert_eq(got.troubles, 0);
    fake_run(&f, 60 * SEC);
    end();
    begin();
    fake_answer(&f, "GET " ONE, 200, record("other", 4, "t1", 7));
    fake_run(&f, 0);
    fake_answer(&f, "limit=", 403, forbidden);
    cr_assert_eq(got.troubles, 1);
}

/* The label is all that the watch asks for: another record may have it too. */
Test(lease, a_foreign_record_with_our_label, .init = begin, .fini = end)
{
    static const char line[] =
        "{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\","
        "\"metadata\":{\"name\":\"kzsync-q\",\"resourceVersion\":\"8\"},\"spec\":{}}}\n";
    stand_by();
    fake_data(&f, "watch=1", line, strlen(line));
    cr_assert_eq(fake_open(&f), 1, "only the watch");
    cr_assert_eq(got.leads, 0);
}

/* While it is looked at, the answer counts, not what the watch says meanwhile. */
Test(lease, events_during_a_look, .init = begin, .fini = end)
{
    char line[1200];
    stand_by();
    (void)snprintf(line, sizeof line, "{\"type\":\"DELETED\",\"object\":%s}\n",
                   record("other", 4, "t1", 8));
    fake_data(&f, "watch=1", line, strlen(line));
    see("", 4, "t2", 9);
    cr_assert_not(fake_has(&f, "PUT"));
    fake_answer(&f, "GET " ONE, 200, record("", 4, "t2", 9));
    cr_assert(fake_has(&f, "PUT"));
}

/* The inventory may know a later epoch at once. */
Test(lease, raised_as_soon_as_it_leads, .init = begin, .fini = end)
{
    got.raise = 9;
    lead();
    cr_assert_eq(kz_lease_left(l), 0);
    cr_assert(sends("PUT " ONE, "\"leaseTransitions\":9"));
    fake_answer(&f, "PUT", 200, record("me", 9, "t2", 8));
    cr_assert_eq(kz_lease_left(l), 14 * SEC);
    fake_run(&f, 2 * SEC);
    cr_assert(fake_has(&f, "PUT"), "and it is renewed");
}

Test(lease, giving_it_back_late, .init = begin, .fini = end)
{
    lead();
    fake_run(&f, 2 * SEC);
    fake_break(&f, "PUT", KZ_E_IO, true);
    fake_run(&f, 3 * SEC);
    cr_assert_eq(kz_lease_state(l), KZ_LEASE_LATE);
    kz_lease_release(l, on_given, NULL);
    cr_assert_eq(got.given, 0);
}

Test(lease, none_to_free)
{
    kz_lease_free(NULL);
}
