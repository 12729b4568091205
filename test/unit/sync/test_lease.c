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
} got;

static void on_leads(void *arg)
{
    (void)arg;
    got.leads++;
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
static void stand_by(void)
{
    char list[1200];
    fake_answer(&f, "GET " ONE, 200, record("other", 4, "t1", 7));
    cr_assert_eq(got.waits, 1);
    (void)snprintf(list, sizeof list, "{\"kind\":\"LeaseList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[%s]}",
                   record("other", 4, "t1", 7));
    fake_run(&f, 0);
    fake_answer(&f, "limit=", 200, list);
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
    char noted[1200];
    lead();
    fake_run(&f, 2 * SEC);
    fake_answer(&f, "PUT", 409, conflict);
    (void)snprintf(noted, sizeof noted, "%s", record("me", 1, "t1", 8));
    const char *role = strstr(noted, "\"kubezero.com/role\":\"apply\"");
    kz_autobuf struct kz_buf b = KZ_BUF(2048);
    kz_buf_add_str(&b, kz_str_n(noted, (size_t)(role - noted)));
    kz_buf_puts(&b, "\"kubezero.com/wanted-by\":\"other\",");
    kz_buf_puts(&b, role);
    fake_answer(&f, "GET " ONE, 200, kz_str_dup(f.arena, kz_buf_str(&b)).ptr);
    cr_assert_eq(got.wanted, 1);
    cr_assert_eq(got.lost, 0);
    cr_assert_not(sends("PUT " ONE, "wanted-by"), "the renewal takes the note away");
    fake_answer(&f, "PUT", 200, record("me", 1, "t2", 9));
    cr_assert_eq(kz_lease_left(l), 14 * SEC, "who is asked decides when");
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
