/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/prober.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/http_server.h"
#include "loop/cidr.h"

#include <criterion/criterion.h>

/* ---- addresses ------------------------------------------------------------------------------------ */

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static union address address_of(const char *text)
{
    union address a = {.in.sin_family = AF_INET};
    if (inet_pton(AF_INET, text, &a.in.sin_addr) == 1)
        return a;
    a = (union address){.in6.sin6_family = AF_INET6};
    cr_assert_eq(inet_pton(AF_INET6, text, &a.in6.sin6_addr), 1, "%s", text);
    return a;
}

Test(cidr, inner_addresses)
{
    static const struct {
        const char *in;
        bool want;
    } rows[] = {
        {"127.0.0.1", true},           {"127.255.0.9", true},      {"0.0.0.0", true},
        {"169.254.169.254", true},     {"224.0.0.1", true},        {"255.255.255.255", true},
        {"100.100.100.200", true},     {"168.63.129.16", true},    {"::1", true},
        {"::", true},                  {"fe80::1", true},          {"ff02::1", true},
        {"fd00:ec2::254", true},       {"::ffff:127.0.0.1", true}, {"::ffff:169.254.1.1", true},
        {"64:ff9b::a9fe:a9fe", true},  {"10.0.0.1", false},        {"192.168.1.1", false},
        {"8.8.8.8", false},            {"100.100.100.201", false}, {"2001:db8::1", false},
        {"fd00::1", false},            {"126.255.255.255", false}, {"128.0.0.0", false},
        {"64:ff9b::808:808", false},   {"::2", false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        union address a = address_of(rows[i].in);
        cr_expect_eq(kz_cidr_is_inner(&a.any), rows[i].want, "%s", rows[i].in);
    }
    union address local = {.any.sa_family = AF_UNIX};
    cr_expect(kz_cidr_is_inner(&local.any));
}

Test(cidr, ranges)
{
    static const struct {
        const char *range, *in;
        bool want;
    } rows[] = {
        {"10.0.0.0/8", "10.255.0.1", true},  {"10.0.0.0/8", "11.0.0.1", false}, {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.4", false},     {"0.0.0.0/0", "9.9.9.9", true},    {"0.0.0.0/0", "2001:db8::1", false},
        {"172.16.0.0/12", "172.31.9.9", true}, {"172.16.0.0/12", "172.32.0.0", false},
        {"fd00::/8", "fd12::1", true},       {"fd00::/8", "fe00::1", false},    {"::/0", "1.2.3.4", true},
    };
    static const char *const wrong[] = {"", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "x", "1.2.3.4/", "1.2.3.4/8/8", "/8"};
    struct kz_cidr c;
    struct kz_err err;
    for (size_t i = 0; i < kz_countof(rows); i++) {
        union address a = address_of(rows[i].in);
        cr_assert_eq(kz_cidr_parse(&c, kz_str(rows[i].range), &err), 0, "%s", rows[i].range);
        cr_expect_eq(kz_cidr_has(&c, &a.any), rows[i].want, "%s in %s", rows[i].in, rows[i].range);
    }
    for (size_t i = 0; i < kz_countof(wrong); i++)
        cr_expect_eq(kz_cidr_parse(&c, kz_str(wrong[i]), &err), -KZ_E_INVALID, "%s", wrong[i]);
}

/* ---- probes ---------------------------------------------------------------------------------------- */

static struct kz_loop *loop;
static struct kz_probes *probes;
static struct test_server server;
static struct {
    unsigned calls;
    int status;
    enum kz_code code;
    char err[1024], body[256];
    size_t body_len;
} got;

static void setup(void)
{
    struct kz_err err;
    server = test_server_start(NULL, NULL, NULL);
    cr_assert_eq(kz_loop_new(&loop, &err), 0);
    cr_assert_eq(kz_probes_new(&probes, loop, KZ_STR("::1, 127.0.0.0/8"), &err), 0);
    memset(&got, 0, sizeof got);
}

static void teardown(void)
{
    kz_probes_free(probes);
    kz_loop_free(loop);
    test_server_stop(&server);
}

TestSuite(prober, .init = setup, .fini = teardown);

static void on_done(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    (void)arg;
    (void)id;
    got.calls++;
    got.status = reply->status;
    got.code = reply->err == NULL ? KZ_OK : reply->err->code;
    got.body_len = reply->body.len;
    (void)snprintf(got.body, sizeof got.body, KZ_FMT, KZ_ARG(kz_str_head(reply->body, 200)));
    if (reply->err != NULL)
        (void)kz_err_line(got.err, sizeof got.err, reply->err);
    kz_loop_stop(loop);
}

static uint64_t start(const char *path, unsigned redirects, int64_t timeout)
{
    char url[256];
    const struct kz_prober p = kz_probes_prober(probes);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server.port, path);
    return p.ops->start(p.impl, &(struct kz_probe){.url = kz_str(url), .ca_pem = KZ_STR(""), .redirects = redirects,
                                                   .timeout = timeout, .max_body = 1000, .on_done = on_done});
}

static void ask(const char *path, unsigned redirects)
{
    got.calls = 0;
    cr_assert_neq(start(path, redirects, 5 * KZ_NS_PER_SEC), 0);
    cr_assert_eq(got.calls, 0);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 1);
}

Test(prober, an_answer_is_handed_on)
{
    ask("/status/200", 0);
    cr_expect_eq(got.status, 200);
    cr_expect_str_eq(got.body, "status 200\n");
    ask("/status/503?token=x#fragment", 0);
    cr_expect_eq(got.status, 503);
    cr_expect_eq(got.code, KZ_OK);
}

Test(prober, no_credential_and_no_fragment_is_sent)
{
    ask("/echo?a=b#c", 0);
    cr_expect(kz_str_has(kz_str(got.body), KZ_STR("GET /echo?a=b HTTP/1.1")), "%s", got.body);
    cr_expect_not(kz_str_has(kz_str(got.body), KZ_STR("uthorization")), "%s", got.body);
    cr_expect(kz_str_has(kz_str(got.body), KZ_STR("kzsync-gate/")), "%s", got.body);
}

Test(prober, redirects_are_answers_unless_told_otherwise)
{
    ask("/redirect", 0);
    cr_expect_eq(got.status, 302);
    ask("/redirect", 1);
    cr_expect_eq(got.status, 200);
}

/* The address is looked at for every connection, not only for the first. */
Test(prober, a_redirect_to_an_inner_address_is_refused)
{
    char path[64];
    struct kz_err err;
    kz_probes_free(probes);
    cr_assert_eq(kz_probes_new(&probes, loop, KZ_STR("127.0.0.1"), &err), 0);
    (void)snprintf(path, sizeof path, "/away/127.0.0.1:%d/status/200", server.port);
    ask(path, 1);
    cr_expect_eq(got.status, 200, "%s", got.err);
    (void)snprintf(path, sizeof path, "/away/127.0.0.2:%d/status/200", server.port);
    ask(path, 1);
    cr_expect_eq(got.code, KZ_E_DENIED, "%s", got.err);
    cr_expect(kz_str_has(kz_str(got.err), KZ_STR("at 127.0.0.2, which gates may not ask")), "%s", got.err);
    ask("/away/localhost:1/", 0);
    cr_expect_eq(got.status, 302);
}

Test(prober, a_long_answer_is_cut)
{
    ask("/bytes/100000", 0);
    cr_expect_eq(got.status, 200);
    cr_expect_eq(got.code, KZ_OK);
    cr_expect_eq(got.body_len, 1000);
}

Test(prober, silence_ends_in_time)
{
    int64_t before = kz_clock_mono();
    (void)start("/hang", 0, 300 * KZ_NS_PER_MS);
    kz_loop_run(loop);
    cr_expect_eq(got.code, KZ_E_TIMEOUT);
    cr_expect_lt(kz_clock_mono() - before, 5 * KZ_NS_PER_SEC);
}

Test(prober, inner_addresses_are_refused)
{
    struct kz_err err;
    kz_probes_free(probes);
    cr_assert_eq(kz_probes_new(&probes, loop, KZ_STR(""), &err), 0);
    ask("/status/200?secret=1", 0);
    cr_expect_eq(got.code, KZ_E_DENIED);
    cr_expect_eq(got.status, 0);
    cr_expect(kz_str_has(kz_str(got.err), KZ_STR("is at 127.0.0.1, which gates may not ask")), "%s", got.err);
    cr_expect_not(kz_str_has(kz_str(got.err), KZ_STR("secret")), "%s", got.err);
}

Test(prober, a_bad_url_is_an_error_from_the_loop)
{
    const struct kz_prober p = kz_probes_prober(probes);
    (void)p.ops->start(p.impl, &(struct kz_probe){.url = KZ_STR("http://:x/"), .ca_pem = KZ_STR(""), .timeout = KZ_NS_PER_SEC,
                                                  .max_body = 10, .on_done = on_done});
    cr_assert_eq(got.calls, 0);
    kz_loop_run(loop);
    cr_assert_eq(got.calls, 1);
    cr_expect_eq(got.status, 0);
    cr_expect_neq(got.code, KZ_OK);
}

Test(prober, what_is_cancelled_says_nothing)
{
    const struct kz_prober p = kz_probes_prober(probes);
    uint64_t id = start("/hang", 0, 200 * KZ_NS_PER_MS), other = start("/status/200", 0, 5 * KZ_NS_PER_SEC);
    p.ops->cancel(p.impl, id);
    p.ops->cancel(p.impl, id);
    p.ops->cancel(p.impl, 0);
    cr_expect_neq(id, other);
    kz_loop_run(loop);
    cr_expect_eq(got.calls, 1);
    cr_expect_eq(got.status, 200);
    p.ops->cancel(p.impl, other);
    (void)start("/hang", 0, 5 * KZ_NS_PER_SEC); /* left to teardown */
}
