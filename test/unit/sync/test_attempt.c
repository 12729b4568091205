/* SPDX-License-Identifier: Apache-2.0
 *
 * Attempts: their ids, their one result each, and what gates and reasons are called. */
#include "rig.h"

#include <criterion/criterion.h>

static struct rig r;
static const struct kz_module spec = {.name = KZ_STR_INIT("m"), .enabled = true};
static struct kz_mod *m;

static struct kz_want *want_of(const char *revision)
{
    struct kz_want_row row = {.json = KZ_STR("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}")};
    struct kz_want *w = NULL;
    struct kz_err err;
    cr_assert_eq(kz_want_restore(&w, kz_str(revision), KZ_STR(""), (struct kz_hash){7, 7}, &row, 1, &err), 0);
    return w;
}

static void begin(void)
{
    rig_init(&r, &(struct kz_engine_options){.mode = KZ_MODE_RUN});
    m = rig_mod(&r, "m", &spec);
    m->want = want_of("4be91d20c8a3f5e6b7d8c9a0b1c2d3e4f5a6b7c8");
}

static void end(void)
{
    rig_done(&r);
}

TestSuite(attempt, .init = begin, .fini = end);

static void expect(uint64_t ok, uint64_t failed, uint64_t back, uint64_t superseded)
{
    const uint64_t *n = m->counts.syncs;
    cr_expect_eq(n[KZ_SYNC_OK], ok);
    cr_expect_eq(n[KZ_SYNC_FAILED], failed);
    cr_expect_eq(n[KZ_SYNC_ROLLEDBACK], back);
    cr_expect_eq(n[KZ_SYNC_SUPERSEDED], superseded);
    cr_expect_eq(n[KZ_SYNC_PARTIAL], 0);
}

Test(attempt, has_an_id_and_one_result)
{
    char first[9];
    kz_attempt_begin(m, KZ_ATTEMPT_WANT);
    (void)snprintf(first, sizeof first, "%s", m->attempt.id);
    cr_expect_eq(strspn(first, "0123456789abcdef"), 8);
    cr_expect_str_eq(m->log.fields[1].key, "revision");
    cr_expect(kz_str_is(m->log.fields[1].val, "4be91d2"));
    cr_expect_str_eq(m->log.fields[2].key, "sync");
    cr_expect(kz_str_is(m->log.fields[2].val, first));
    fake_run(&r.f, 2 * KZ_NS_PER_SEC);
    kz_attempt_end(m, KZ_SYNC_FAILED);
    kz_attempt_end(m, KZ_SYNC_OK); /* it has ended */
    expect(0, 1, 0, 0);
    cr_expect_eq(m->counts.last_took, 2 * KZ_NS_PER_SEC);
    cr_expect_eq(m->counts.last_result, KZ_SYNC_FAILED);
    cr_expect_eq(r.e->counts.syncs[KZ_SYNC_FAILED].sum, 2 * KZ_NS_PER_SEC);
    kz_attempt_begin(m, KZ_ATTEMPT_RETRY);
    cr_expect_str_neq(m->attempt.id, first);
    kz_attempt_end(m, KZ_SYNC_OK);
    expect(1, 1, 0, 0);
}

Test(attempt, a_newer_set_supersedes_it)
{
    kz_attempt_begin(m, KZ_ATTEMPT_WANT);
    fake_run(&r.f, KZ_NS_PER_SEC);
    kz_attempt_begin(m, KZ_ATTEMPT_WANT);
    expect(0, 0, 0, 1);
}

Test(attempt, the_way_back_belongs_to_the_one_that_failed)
{
    char id[9];
    kz_attempt_begin(m, KZ_ATTEMPT_WANT);
    (void)snprintf(id, sizeof id, "%s", m->attempt.id);
    fake_run(&r.f, KZ_NS_PER_SEC);
    kz_want_unref(m->want);
    m->want = want_of("0011223344556677889900112233445566778899");
    kz_attempt_begin(m, KZ_ATTEMPT_BACK);
    cr_expect_str_eq(m->attempt.id, id);
    cr_expect(kz_str_is(m->log.fields[1].val, "0011223"));
    kz_attempt_end_back(m);
    expect(0, 0, 1, 0);
    /* A repair of that set is a sync like any other. */
    kz_attempt_begin(m, KZ_ATTEMPT_DRIFT);
    kz_attempt_end_back(m);
    expect(1, 0, 1, 0);
    /* A person goes back from rest. */
    kz_attempt_begin(m, KZ_ATTEMPT_BACK);
    kz_attempt_end_back(m);
    expect(1, 0, 2, 0);
}

Test(attempt, gates_are_counted_by_what_they_wait_for)
{
    static const struct {
        const char *group, *kind, *name;
    } rows[] = {
        {"apps", "Deployment", "Deployment"}, {"other.io", "Deployment", "custom"}, {"batch", "Job", "Job"},
        {"", "ConfigMap", "other"},           {"cert-manager.io", "Certificate", "custom"},
        {"apiextensions.k8s.io", "CustomResourceDefinition", "CustomResourceDefinition"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_id id = {.group = kz_str(rows[i].group), .kind = kz_str(rows[i].kind)};
        cr_expect_str_eq(kz_waited_kind_name(kz_waited_kind(&id)), rows[i].name);
    }
    m->gate_since = kz_env_mono(r.e->env);
    m->gate_for = KZ_WAITED_JOB;
    fake_run(&r.f, 3 * KZ_NS_PER_SEC);
    kz_attempt_gate_over(m);
    cr_expect_eq(r.e->counts.gates[KZ_WAITED_JOB].sum, 3 * KZ_NS_PER_SEC);
}

Test(attempt, renderers_are_an_enum)
{
    static const char *const rows[][2] = {{"yaml", "yaml"}, {"helm", "helm"}, {"exec:kustomize", "exec"},
                                          {"auto", "auto"}, {"", "auto"},     {"what a user wrote", "auto"}};
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_expect_str_eq(kz_renderer_label_name(kz_renderer_label(kz_str(rows[i][0]))), rows[i][1]);
}
