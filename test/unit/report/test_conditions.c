/* SPDX-License-Identifier: Apache-2.0 */
#include "report/conditions.h"
#include "value/json.h"

#include <criterion/criterion.h>

enum { MEMORY = 8 << 20 };
static const int64_t NOW = 1790000000 * KZ_NS_PER_SEC;

static struct kz_value *json(struct kz_arena *a, const char *text)
{
    struct kz_value *v;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&v, a, kz_str(text), KZ_STR("test"), &err), 0, "%s", err.frame[0]);
    return v;
}

static const char *shown(char out[256], const struct kz_conditions *c)
{
    static const char *const names[KZ_CONDS_] = {"Ready", "Reconciling", "Stalled", "Edited", "Conflict"};
    size_t n = 0;
    out[0] = '\0';
    for (int i = 0; i < KZ_CONDS_; i++)
        if (c->at[i].status != 0)
            n += (size_t)snprintf(out + n, 256 - n, "%s%s=%c/%s", n > 0 ? " " : "", names[i], c->at[i].status, c->at[i].reason);
    return out;
}

/* kstatus: Reconciling is in progress, Stalled has failed, else Ready True is current and all else in progress. */
Test(conditions, of_a_module)
{
    static const struct {
        const char *doc, *want;
    } rows[] = {
        {"{\"state\":\"ok\"}", "Ready=T/ReconciliationSucceeded"},
        {"{\"state\":\"run\"}", "Ready=U/Progressing Reconciling=T/Progressing"},
        {"{\"state\":\"wait\"}", "Ready=F/DependencyNotReady Reconciling=T/DependencyNotReady"},
        {"{\"state\":\"held\"}", "Ready=F/Held"},
        {"{\"state\":\"held\",\"heldBy\":[\"window\"]}", "Ready=F/WaitingForWindow"},
        {"{\"state\":\"held\",\"heldBy\":[\"window\",\"approval\"]}", "Ready=F/WaitingForApproval"},
        {"{\"state\":\"held\",\"heldBy\":[\"prune\"]}", "Ready=F/PruneHeld"},
        {"{\"state\":\"fail\"}", "Ready=F/ReconciliationFailed Stalled=T/ReconciliationFailed"},
        {"{\"state\":\"fail\",\"violates\":true}", "Ready=F/TenantViolation Stalled=T/TenantViolation"},
        {"{\"state\":\"back\"}", "Ready=F/RolledBack Stalled=T/RolledBack"},
        {"{\"state\":\"drift\"}", "Ready=F/Drifted"},
        {"{\"state\":\"skip\"}", "Ready=F/DependencyFailed"},
        {"{\"state\":\"unknown\"}", "Ready=U/Pending"},
        {"{\"state\":\"paused\",\"objects\":2,\"healthy\":2}", "Ready=F/Suspended"},
        {"{\"state\":\"paused\",\"revision\":\"a\",\"objects\":2,\"healthy\":1}", "Ready=F/Suspended"},
        {"{\"state\":\"paused\",\"revision\":\"a\",\"objects\":2,\"healthy\":2}", "Ready=T/Suspended"},
        {"{}", "Ready=U/Pending"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
        struct kz_conditions c;
        char text[256];
        kz_conditions_of_module(&c, json(a, rows[i].doc));
        cr_expect_str_eq(shown(text, &c), rows[i].want, "%s: %s", rows[i].doc, text);
    }
}

Test(conditions, of_a_platform)
{
    static const struct {
        const char *name;
        enum kz_word a, b;
        bool settled, source, placed;
        const char *want;
    } rows[] = {
        {"all is well", KZ_WORD_OK, KZ_WORD_OK, true, false, false, "Ready=T/ReconciliationSucceeded"},
        {"one is paused", KZ_WORD_OK, KZ_WORD_PAUSED, true, false, false, "Ready=T/Suspended"},
        {"a look at work", KZ_WORD_OK, KZ_WORD_OK, false, false, false, "Ready=U/Progressing Reconciling=T/Progressing"},
        {"at work", KZ_WORD_OK, KZ_WORD_RUN, false, false, false, "Ready=U/Progressing Reconciling=T/Progressing"},
        {"one failed", KZ_WORD_FAIL, KZ_WORD_OK, true, false, false, "Ready=F/ReconciliationFailed Stalled=T/ReconciliationFailed"},
        {"one failed, others work", KZ_WORD_FAIL, KZ_WORD_RUN, false, false, false,
         "Ready=F/ReconciliationFailed Reconciling=T/Progressing"},
        {"git does not answer", KZ_WORD_OK, KZ_WORD_OK, true, true, false, "Ready=F/SourceFailed"},
        {"definitions are wrong", KZ_WORD_OK, KZ_WORD_OK, true, true, true, "Ready=F/BuildFailed Stalled=T/BuildFailed"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_module_view m[] = {{.word = rows[i].a}, {.word = rows[i].b}};
        struct kz_engine_view v = {.modules = m, .n_modules = 2, .loaded = true, .settled = rows[i].settled};
        struct kz_err err;
        struct kz_conditions c;
        char text[256];
        (void)kz_fail(&err, KZ_E_REMOTE, "it does not answer");
        if (rows[i].placed)
            (void)kz_err_at(&err, KZ_STR("kubezero.yaml"), 1, 1);
        v.source_err = rows[i].source ? &err : NULL;
        v.words[rows[i].a]++;
        v.words[rows[i].b]++;
        kz_conditions_of_platform(&c, &v);
        cr_expect_str_eq(shown(text, &c), rows[i].want, "%s: %s", rows[i].name, text);
    }
}

Test(conditions, times_are_those_of_the_change)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    struct kz_cond_memory m = {0}, again = {0};
    struct kz_conditions c;
    kz_conditions_of_module(&c, json(a, "{\"state\":\"fail\"}"));
    (void)kz_conditions_list(a, &c, &m, NOW, 1);
    kz_conditions_of_module(&c, json(a, "{\"state\":\"drift\"}"));
    const struct kz_value *list = kz_conditions_list(a, &c, &m, NOW + 60 * KZ_NS_PER_SEC, 2);
    cr_assert_eq(kz_value_len(list), 1);
    cr_expect(kz_str_is(kz_value_path_str(kz_value_at(list, 0), "lastTransitionTime"), "2026-09-21T14:13:20Z"));
    cr_expect_eq(kz_value_path_int(kz_value_at(list, 0), "observedGeneration", 0), 2);
    kz_cond_memory_read(&again, list);
    cr_expect_eq(again.status[KZ_COND_READY], 'F');
    cr_expect_eq(again.since[KZ_COND_READY], NOW);
    cr_expect_eq(again.status[KZ_COND_STALLED], 0);
}
